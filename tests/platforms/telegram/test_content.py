"""Every reply of the dossier, in every language, as Telegram would get it."""

import pytest

from bot.dossier.models import Dossier
from bot.platforms.telegram.content_check import check_commands, check_reply
from bot.platforms.telegram.limits import CALLBACK_BYTES, ENTITIES, MESSAGE_UNITS
from bot.platforms.telegram.render import NEW_MESSAGE, PrivateLink, length, new_message, render, text_of
from bot.replies.answer import answer
from bot.replies.question import ROLES, AboutBulletin, AboutTopic, Command, Question, from_token
from bot.replies.reply import Reply
from tests.conftest import TODAY
from tests.platforms.telegram.oracle import needs_tdlib, parsed_by_telegram
from tests.servers.telegram_markup import parsed, units

MOST_PAGES = 30


def questions(dossier: Dossier) -> list[Question]:
    """Every topic, every bulletin, every page of every list, and what the bot says of itself."""
    pages = [AboutTopic(role, page) for role in sorted(ROLES) for page in range(1, MOST_PAGES)]
    bulletins = [AboutBulletin(each) for each in dossier.bulletins]
    own = [Command("start"), Command("ask"), Command("nonsense"), Command("pricign")]
    return [*map(AboutTopic, dossier.topics), *bulletins, *pages, *own]


@pytest.fixture(scope="session")
def replies(dossier: Dossier) -> list[Reply]:
    """All of them, in every language."""
    return [answer(dossier, each, language, TODAY) for each in questions(dossier) for language in dossier.languages]


class TestEveryReply:
    """Nothing the dossier can say is refused by Telegram."""

    def test_is_valid_and_short_enough(self, replies: list[Reply]) -> None:
        """By the documented grammar; one screen is a small part of 4096."""
        for reply in replies:
            assert units(parsed(render(reply)["text"])) == length(text_of(reply)) <= MESSAGE_UNITS
            assert sum(len(run.styles) for run in text_of(reply)) <= ENTITIES

    @needs_tdlib
    def test_is_valid_to_telegram_itself(self, replies: list[Reply]) -> None:
        """And says to its readers what it says to us."""
        for reply in replies:
            text = render(reply)["text"]
            assert parsed_by_telegram(text) == parsed(text)

    def test_has_no_fault_that_check_would_name(self, dossier: Dossier, replies: list[Reply]) -> None:
        """``nota check`` asks the same."""
        assert [fault for reply in replies for fault in check_reply(reply)] == []
        assert list(check_commands(dossier)) == []

    @pytest.mark.parametrize("target", [new_message, PrivateLink("NotaTestBot")], ids=["new message", "in private"])
    def test_fits_with_any_button_target(self, replies: list[Reply], target: PrivateLink) -> None:
        """A mark before a token, or a link, takes none of them away."""
        for reply in replies:
            rows = render(reply, target).get("reply_markup", {}).get("inline_keyboard", [])
            assert sum(map(len, rows)) == len(reply.buttons)


class TestEveryButton:
    """A button leads where it says."""

    def test_comes_back_as_the_question_it_carries(self, dossier: Dossier, replies: list[Reply]) -> None:
        """In 64 bytes."""
        for reply in replies:
            rows = render(reply).get("reply_markup", {}).get("inline_keyboard", [])
            data = [key["callback_data"] for row in rows for key in row]
            assert all(len(each.encode()) <= CALLBACK_BYTES for each in data)
            assert [from_token(each, dossier) for each in data] == [button.question for button in reply.buttons]

    def test_of_a_message_that_stays_carries_the_same(self, dossier: Dossier, replies: list[Reply]) -> None:
        """Behind the mark."""
        for reply in replies:
            for row in render(reply, new_message).get("reply_markup", {}).get("inline_keyboard", []):
                assert all(from_token(key["callback_data"].removeprefix(NEW_MESSAGE), dossier) for key in row)

    def test_into_the_private_chat_leads_to_the_same_reply(self, dossier: Dossier, replies: list[Reply]) -> None:
        """What the link's parameter says, ``/start`` answers."""
        for reply in replies:
            for button in reply.buttons:
                if not isinstance(button.question, AboutTopic | AboutBulletin):
                    continue
                target = PrivateLink("NotaTestBot")(button.question)
                if "url" in target:
                    parameter = target["url"].partition("?start=")[2]
                    opened = answer(dossier, Command("start", parameter), reply.language, TODAY)
                    assert opened == answer(dossier, button.question, reply.language, TODAY)
