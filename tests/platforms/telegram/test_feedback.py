"""Did this help? and Tell me when you know, in a private chat: over real HTTP, by polling and by webhook."""

import pytest

from bot.db.numbers import Rating
from bot.db.retention import QUESTION_DAYS
from bot.matching.tokenizer import wording
from tests.platforms.telegram.conftest import Talk
from tests.platforms.telegram.test_presses import pressed, sent, tokens
from tests.platforms.telegram.updates import ADA, BUDI, GROUP, message, press, user
from tests.servers.telegram_markup import parsed
from tests.tables import cases

QUESTION = "how long does it last"


class TestRating:
    """An answer in words has 👍 and 👎, which are counted once and then gone."""

    @pytest.mark.parametrize("helped", [True, False])
    async def test_is_counted_once_and_the_buttons_go(self, talk: Talk, helped: bool) -> None:
        under = await sent(talk, QUESTION)
        *rows, rating = under["reply_markup"]["inline_keyboard"]
        assert [key["text"] for key in rating] == ["👍 This helped", "👎 It did not"]
        data = rating[0 if helped else 1]["callback_data"]
        acknowledgement, edit = await pressed(talk, data, under)
        assert acknowledgement.given["text"].startswith("🙏 Thank you")
        assert acknowledgement.given["show_alert"] is False
        assert edit.method == "editMessageReplyMarkup"
        assert edit.given["reply_markup"] == {"inline_keyboard": rows}
        expected = [Rating("duration", "en", int(helped), int(not helped))]
        assert await talk.store.numbers.ratings(QUESTION_DAYS) == expected
        for number, other in enumerate(rating):
            await pressed(talk, other["callback_data"], under, id=f"again {number}")
        assert await talk.store.numbers.ratings(QUESTION_DAYS) == expected

    @cases("language, text")
    async def test_beside_the_bell_of_a_claim_without_a_verdict(self, talk: Talk, language: str, text: str) -> None:
        """The message has the very keyboard of the preview: each button once. The bell outlives the rating.

        en | /check Sberbank will build the 5G network in Papua
        en | /check the memorandum gives Russia access to Indonesian data
        id | /check Sberbank akan membangun jaringan 5G di Papua
        """
        who = user(language=language)
        under = await sent(talk, text, who=who)
        rows = under["reply_markup"]["inline_keyboard"]
        labels = [key["text"][0] for row in rows for key in row]
        assert [label for label in labels if label in "👍👎🔔"] == ["👍", "👎", "🔔"]
        helped = next(key for row in rows for key in row if key["text"][0] == "👍")
        _, edit = await pressed(talk, helped["callback_data"], under, who=who)
        left = [key["text"][0] for row in edit.given["reply_markup"]["inline_keyboard"] for key in row]
        assert [label for label in left if label in "👍👎🔔"] == ["🔔"]
        bell = next(key for row in rows for key in row if key["text"][0] == "🔔")
        await pressed(talk, bell["callback_data"], under, who=who)
        [awaited] = await talk.store.awaited.all()
        assert awaited.question == text.removeprefix("/check ")

    async def test_commands_and_groups_have_none(self, talk: Talk) -> None:
        """A command is what it says; in a group everybody reads the answer."""
        for text, where in (("/duration", ADA), (f"@NotaTestBot {QUESTION}", GROUP)):
            under = await sent(talk, text, where)
            keys = [key for row in under["reply_markup"]["inline_keyboard"] for key in row]
            assert not any(key.get("callback_data", "").startswith(("y/", "n/")) for key in keys)

    async def test_a_forged_rating_is_an_old_button(self, talk: Talk) -> None:
        under = await sent(talk, QUESTION)
        for data in ("y/12345678/nothing", "y/123456789/duration", "n/", "y/x"):
            [alert] = await talk.tell(press(data, under, id=f"press {data}"))
            assert alert.given["show_alert"] is True
        assert await talk.store.numbers.ratings(QUESTION_DAYS) == []


class TestChoices:
    """What a reader presses below a question without an answer is noted with the question, which the message holds."""

    @cases("language, question, none")
    async def test_by_two_readers(self, talk: Talk, language: str, question: str, none: str) -> None:
        """One presses a topic, and the other that none was meant; who pressed that can still ask to be told. An answer's buttons count nothing.

        en | How do people feel about the ports? | None of these
        ru | Что люди думают о портах? | Ничего из этого
        """
        noted: list[tuple[str, str | None, str]] = []
        talk.conversation.on_choice = lambda _, words, asker, choice: noted.append((words, asker, choice))
        ada, budi = user(ADA, language), user(BUDI, language)
        under = await sent(talk, question, ADA, who=ada)
        [_, answer] = await pressed(
            talk, under["reply_markup"]["inline_keyboard"][0][0]["callback_data"], under, who=ada
        )
        below = under | {"text": parsed(answer.given["text"])} | answer.result  # type: ignore[operator]
        await pressed(talk, tokens(answer)[0], below, who=ada)
        again = await sent(talk, question, BUDI, who=budi)
        keys = [key for row in again["reply_markup"]["inline_keyboard"] for key in row]
        data = next(key["callback_data"] for key in keys if key["text"] == none)
        [_, shown] = await pressed(talk, data, again, who=budi)
        assert none in shown.given["text"]
        words = question.lower().strip("?")
        [(first, account, topic), (second, other, choice)] = noted
        assert (first, second, account, other, choice) == (
            words,
            words,
            f"telegram:{ADA}",
            f"telegram:{BUDI}",
            "c/none-of-these/",
        )
        assert topic.startswith("t/")
        bell = next(data for data in tokens(shown) if data.startswith("c/tell-me"))
        await pressed(talk, bell, again | shown.result, who=budi)  # type: ignore[operator]
        assert [each.question for each in await talk.store.awaited.all()] == [question]

    async def test_a_sentence_that_was_heard(self, talk: Talk) -> None:
        """Its name is noted, without the value."""
        noted: list[tuple[str, str]] = []
        talk.conversation.on_choice = lambda _, words, asker, choice: noted.append((words, choice))
        claim = "Indonesia and Russia signed the memorandum on 19 June 2025. It lasts ten years."
        under = await sent(talk, claim)
        data = next(key["callback_data"] for row in under["reply_markup"]["inline_keyboard"] for key in row)
        assert data.startswith("h/")
        await pressed(talk, data, under)
        assert noted == [(wording(claim), data.split("|")[0])]

    async def test_in_a_group_the_message_holds_no_question(self, talk: Talk) -> None:
        noted: list[str] = []
        talk.conversation.on_choice = lambda *each: noted.append(each[-1])
        under = await sent(talk, "@NotaTestBot how do people feel about the ports", GROUP)
        await talk.tell(press(under["reply_markup"]["inline_keyboard"][0][0]["callback_data"], under))
        assert noted == []


class TestTellMe:
    """The bell below a question without an answer."""

    @cases("language, title")
    async def test_one_tap_asks_for_it_and_one_takes_it_back(self, talk: Talk, language: str, title: str) -> None:
        """
        en | I will tell you
        id | Nanti saya kabari
        ru | Я сообщу
        """
        [declined] = await talk.tell(message("🦒🦒🦒", who=user(language=language)))
        bell = tokens(declined)[-1]
        under = message("", ADA)["message"] | {"message_id": declined.result["message_id"]}
        _, noted = await pressed(talk, bell, under, who=user(language=language))
        assert noted.given["text"].startswith(f"<b>🔔 {title}</b>")
        assert len(await talk.store.awaited.all()) == 1
        await pressed(talk, tokens(noted)[0], under, who=user(language=language))
        assert await talk.store.awaited.all() == []
