"""Buttons pressed: each case over real HTTP, by polling and by webhook."""

from typing import Any

import pytest

from bot.reader import Address
from tests.platforms.telegram.conftest import Talk
from tests.platforms.telegram.updates import ADA, BUDI, CHANNEL, GROUP, chat, message, press, topic, user
from tests.servers.telegram import Called


def place(call: Called) -> dict[str, Any]:
    """Where a call puts its words, and whatever else it says besides them."""
    return {key: call.given[key] for key in ("chat_id", "message_id", "message_thread_id") if key in call.given}


async def shown(talk: Talk, text: str = "/programs", where: int = ADA, **more: Any) -> dict[str, Any]:
    """A message of ours, as Telegram has it."""
    [call] = await talk.tell(message(text, where, **more))
    sent = call.result
    return sent | {"chat": chat(where)} if isinstance(sent, dict) else {}


class TestInPlace:
    """The message with the button becomes the answer, and the query is answered."""

    async def test_a_programme_opens_and_leads_back(self, talk: Talk) -> None:
        """As /programs promises."""
        under = await shown(talk)
        answered, edited = _sorted(await talk.tell(press("t/program:talent", under), expect=2))
        assert answered.given == {"callback_query_id": "query-t/program:talent"}
        assert edited.method == "editMessageText"
        assert place(edited) == {"chat_id": ADA, "message_id": under["message_id"]}
        assert edited.given["text"].startswith("<b>🎓")
        ways = [key["callback_data"] for row in edited.given["reply_markup"]["inline_keyboard"] for key in row]
        assert "t/programs" in ways
        _, back = _sorted(await talk.tell(press("t/programs", under), expect=2))
        assert back.given["text"] == under["text"] or back.given["text"].startswith("<b>🧭")

    async def test_by_webhook_the_query_is_answered_in_the_response(self, talk: Talk) -> None:
        """The edit may fail, and then wants another call."""
        answered, edited = _sorted(await talk.tell(press("t/duration", await shown(talk)), expect=2))
        assert answered.in_webhook == (talk.mode == "webhook")
        assert not edited.in_webhook

    async def test_the_same_button_twice_does_no_harm(self, talk: Talk) -> None:
        """Telegram says that nothing is modified; nobody needs to know."""
        under = await shown(talk)
        await talk.tell(press("t/duration", under), expect=2)
        await talk.tell(press("t/duration", under, id="again"), expect=2)
        assert talk.api.of("sendMessage")[1:] == []

    async def test_a_message_deleted_meanwhile_is_sent_anew(self, talk: Talk) -> None:
        """In the same topic."""
        under = await shown(talk, "/programs@NotaTestBot", GROUP, **topic(42))
        talk.api.state.messages.clear()
        calls = await talk.tell(press("t/duration", under), expect=3)
        assert calls[-1].method == "sendMessage"
        assert place(calls[-1]) == {"chat_id": GROUP, "message_thread_id": 42}

    async def test_a_message_no_longer_accessible_is_sent_anew_at_once(self, talk: Talk) -> None:
        """Its date is 0 then (core.telegram.org/bots/api#inaccessiblemessage)."""
        gone = {"message_id": 7, "date": 0, "chat": chat(ADA)}
        answered, sent = _sorted(await talk.tell(press("t/duration", gone), expect=2))
        assert (answered.method, sent.method) == ("answerCallbackQuery", "sendMessage")

    async def test_an_article_of_inline_mode_is_edited_by_its_own_id(self, talk: Talk) -> None:
        """We are not in its chat."""
        update = press("t/duration", None, inline_message_id="inline-7")
        _, edited = _sorted(await talk.tell(update, expect=2))
        assert edited.given["inline_message_id"] == "inline-7"
        assert "chat_id" not in edited.given

    async def test_pages_of_a_list(self, talk: Talk) -> None:
        """Older news, and back."""
        _, edited = _sorted(await talk.tell(press("t/news:2", await shown(talk, "/news")), expect=2))
        ways = [key["callback_data"] for row in edited.given["reply_markup"]["inline_keyboard"] for key in row]
        assert "t/news" in ways


class TestMessagesThatStay:
    """A bulletin's button leaves the bulletin as it is."""

    async def test_the_answer_is_a_message_of_its_own(self, talk: Talk) -> None:
        """Whoever reads the chat later finds the bulletin."""
        under = await shown(talk)
        answered, sent = _sorted(await talk.tell(press("+t/duration", under), expect=2))
        assert (answered.method, sent.method) == ("answerCallbackQuery", "sendMessage")


class TestRefusals:
    """What a press cannot do is said to whoever pressed, and to nobody else."""

    @pytest.mark.parametrize(
        "data",
        ["a", "thedata", "c=uud&pid=1", "t/gone", "t/program:gone", "b/2001-01-01-gone", "x" * 64, "+", "t/", "\u202e"],
    )
    async def test_a_button_of_another_release_or_a_forged_one(self, talk: Talk, data: str) -> None:
        """A polite word, and the message stays."""
        [answered] = await talk.tell(press(data, await shown(talk)))
        assert answered.method == "answerCallbackQuery"
        assert "older edition" in answered.given["text"]
        assert answered.given["show_alert"] is True

    async def test_a_press_without_data_or_message_is_answered(self, talk: Talk) -> None:
        """A game's button; a message Telegram does not tell us."""
        [nothing] = await talk.tell(press(None, None))
        assert nothing.method == "answerCallbackQuery"
        [nowhere] = await talk.tell(press("t/duration", None))
        assert nowhere.method == "answerCallbackQuery"

    async def test_who_may_not_change_the_group_sees_it_alone(self, talk: Talk) -> None:
        """The panel stays for the others."""
        talk.api.state.members[GROUP, ADA] = "administrator"
        under = await shown(talk, "/language@NotaTestBot", GROUP)
        [answered] = await talk.tell(press("c/language/ru", under, user(BUDI)))
        assert "admins" in answered.given["text"]
        assert talk.store.readers.language(Address("telegram", GROUP)) is None

    async def test_who_may_does_it_in_place(self, talk: Talk) -> None:
        """The panel answers in the new language."""
        talk.api.state.members[GROUP, ADA] = "administrator"
        under = await shown(talk, "/language@NotaTestBot", GROUP)
        _, edited = _sorted(await talk.tell(press("c/language/ru", under), expect=2))
        assert "Язык" in edited.given["text"]

    async def test_a_channels_readers_are_not_the_channel(self, talk: Talk) -> None:
        """Its posts may be pressed by anybody."""
        under = {"message_id": 7, "date": 1, "chat": chat(CHANNEL), "text": "x"}
        [answered] = await talk.tell(press("c/language/ru", under, user(BUDI)))
        assert "admins" in answered.given["text"]

    async def test_a_flood_of_presses_is_answered_but_not_shown(self, talk: Talk) -> None:
        """Every query, since the app waits for it; one notice."""
        under = await shown(talk)
        for number in range(60):
            await talk.give(press("t/duration", under, id=f"flood-{number}"))
        await talk.api.until("answerCallbackQuery", 60)
        told = [given for given in talk.api.of("answerCallbackQuery") if "text" in given]
        assert len(told) == 1
        assert "One moment" in told[0]["text"]


def _sorted(calls: list[Called]) -> list[Called]:
    """The answer to the query, then the rest: by polling they go out together."""
    return sorted(calls, key=lambda call: call.method != "answerCallbackQuery")
