"""Presses of buttons: over real HTTP, by polling and by webhook."""

from typing import Any

import pytest

from bot.platforms.telegram.answer_visibility import GROUP_BURST
from bot.reader import Address
from tests.platforms.telegram.conftest import IN_EACH_MODE, Talk
from tests.platforms.telegram.updates import ADA, BUDI, CHANNEL, GROUP, chat, message, press, topic, user
from tests.servers.telegram import Called


def destination(call: Called) -> dict[str, Any]:
    return {key: call.given[key] for key in ("chat_id", "message_id", "message_thread_id") if key in call.given}


def tokens(call: Called) -> list[str]:
    return [key["callback_data"] for row in call.given["reply_markup"]["inline_keyboard"] for key in row]


async def sent(talk: Talk, text: str = "/programs", where: int = ADA, **more: Any) -> dict[str, Any]:
    """The bot's answer to a message, as Telegram has it."""
    [call] = await talk.tell(message(text, where, **more))
    return call.result | {"chat": chat(where)} if isinstance(call.result, dict) else {}


async def pressed(talk: Talk, data: str, under: dict[str, Any] | None, **more: Any) -> tuple[Called, Called]:
    """The acknowledgement and the answer to a press; by polling they go out together."""
    calls = await talk.tell(press(data, under, **more), expect=2)
    acknowledgement, answer = sorted(calls, key=lambda call: call.method != "answerCallbackQuery")
    assert acknowledgement.method == "answerCallbackQuery"
    return acknowledgement, answer


class TestManyAtOnce:
    """Many people press one button of somebody else's answer, or of a bulletin: Telegram is not asked about each of them."""

    @pytest.mark.parametrize(("data", "where"), [("t/renewal", GROUP), ("c/subscribe/", GROUP), ("t/renewal", CHANNEL)])
    async def test_who_is_no_admin(self, talk: Talk, data: str, where: int) -> None:
        """Nothing changes for them; an admin among them is asked about, and so is one who is none any more."""
        talk.api.state.members |= {(where, BUDI): "administrator", (where, ADA): "member"}
        under = {"message_id": 77, "date": 1, "chat": chat(where), "text": "x", "from": talk.api.state.me}
        many = [press(data, under, user(number), id=f"press {number}") for number in range(5000, 5040)]
        acknowledged = [(await talk.tell(each))[0] for each in many]
        assert {each.method for each in acknowledged} == {"answerCallbackQuery"}
        assert talk.api.of("editMessageText") == []
        assert len(talk.api.of("getChatAdministrators")) < len(many) / 4
        assert talk.api.of("getChatMember") == []
        await talk.tell(press(data, under, user(BUDI), id="an admin"), expect=2)
        assert len(talk.api.of("editMessageText")) == 1
        talk.api.state.members[where, BUDI] = "member"
        await talk.tell(press(data, under, user(BUDI), id="no admin any more"))
        assert len(talk.api.of("editMessageText")) == 1


class TestInPlace:
    """The message with the button is edited into the answer, and the query is acknowledged."""

    @IN_EACH_MODE
    async def test_a_programme_opens_and_leads_back(self, talk: Talk) -> None:
        under = await sent(talk)
        acknowledgement, edit = await pressed(talk, "t/program:talent", under)
        assert acknowledgement.given == {"callback_query_id": "query-t/program:talent"}
        assert edit.method == "editMessageText"
        assert destination(edit) == {"chat_id": ADA, "message_id": under["message_id"]}
        assert edit.given["text"].startswith("<b>🎓")
        assert "t/programs" in tokens(edit)
        _, back = await pressed(talk, "t/programs", under)
        assert back.given["text"].startswith("<b>🧭")

    async def test_edits_in_a_group_do_not_count_as_messages(self, talk: Talk) -> None:
        """A group gets few answers a minute, so that bulletins still go out; an admin may press through all settings."""
        under = await sent(talk, "/programs@NotaTestBot", GROUP)
        for number in range(GROUP_BURST + 2):
            _, edit = await pressed(talk, "t/duration", under, id=f"press {number}")
            assert edit.method == "editMessageText"
        texts = [(await sent(talk, "/programs@NotaTestBot", GROUP))["text"] for _ in range(GROUP_BURST)]
        assert "One moment" not in texts[-2]
        assert "One moment" in texts[-1]

    async def test_talk_the_response_acknowledges_the_query(self, talk: Talk) -> None:
        """The edit may fail and need a fallback, so it is a call of its own."""
        acknowledgement, edit = await pressed(talk, "t/duration", await sent(talk))
        assert acknowledgement.in_webhook == (talk.mode == "webhook")
        assert not edit.in_webhook

    async def test_the_same_button_twice_does_no_harm(self, talk: Talk) -> None:
        """Telegram answers that nothing is modified."""
        under = await sent(talk)
        await pressed(talk, "t/duration", under)
        await pressed(talk, "t/duration", under, id="again")
        assert talk.api.of("sendMessage")[1:] == []

    @IN_EACH_MODE
    async def test_a_report_that_is_pressed_often_is_answered_in_one_message(self, talk: Talk) -> None:
        """Every press edits the message with the button, into the same words; one report is passed on."""
        under = await sent(talk, "/mistake the term is six years")
        [[button]] = under["reply_markup"]["inline_keyboard"]
        answers = [
            (await pressed(talk, button["callback_data"], under, id=f"press {number}"))[1] for number in range(3)
        ]
        assert {answer.method for answer in answers} == {"editMessageText"}
        assert [destination(answer) for answer in answers] == [{"chat_id": ADA, "message_id": under["message_id"]}] * 3
        [words] = {answer.given["text"] for answer in answers}
        assert "Passed on" in words

    async def test_a_deleted_message_is_sent_again(self, talk: Talk) -> None:
        """In the same topic."""
        under = await sent(talk, "/programs@NotaTestBot", GROUP, **topic(42))
        talk.api.state.messages.clear()
        *_, last = await talk.tell(press("t/duration", under), expect=3)
        assert last.method == "sendMessage"
        assert destination(last) == {"chat_id": GROUP, "message_thread_id": 42}

    async def test_an_inaccessible_message_is_not_edited(self, talk: Talk) -> None:
        """Its date is 0 (core.telegram.org/bots/api#inaccessiblemessage)."""
        _, answer = await pressed(talk, "t/duration", {"message_id": 7, "date": 0, "chat": chat(ADA)})
        assert answer.method == "sendMessage"

    async def test_pages_of_a_list(self, talk: Talk) -> None:
        _, edit = await pressed(talk, "t/news:2", await sent(talk, "/news"))
        assert "t/news" in tokens(edit)

    async def test_below_a_bulletin_the_answer_is_a_new_message(self, talk: Talk) -> None:
        """The bulletin stays as it is."""
        _, answer = await pressed(talk, "+t/duration", await sent(talk))
        assert answer.method == "sendMessage"


class TestRefusals:
    """What a press cannot do is said to whoever pressed, and to nobody else."""

    @pytest.mark.parametrize(
        "data",
        ["a", "thedata", "c=uud&pid=1", "t/gone", "t/program:gone", "b/2001-01-01-gone", "x" * 64, "+", "t/", "\u202e"],
    )
    async def test_an_outdated_or_forged_button(self, talk: Talk, data: str) -> None:
        [alert] = await talk.tell(press(data, await sent(talk)))
        assert alert.method == "answerCallbackQuery"
        assert "older version" in alert.given["text"]
        assert alert.given["show_alert"] is True

    @pytest.mark.parametrize("data", [None, "t/duration"])
    async def test_without_a_message(self, talk: Talk, data: str | None) -> None:
        """A game's button, or a message that Telegram does not name."""
        [acknowledgement] = await talk.tell(press(data, None))
        assert acknowledgement.method == "answerCallbackQuery"

    async def test_only_admins_change_the_group(self, talk: Talk) -> None:
        """The panel stays for the others."""
        talk.api.state.members[GROUP, ADA] = "administrator"
        under = await sent(talk, "/language@NotaTestBot", GROUP)
        [alert] = await talk.tell(press("c/language/ru", under, user(BUDI)))
        assert "admins" in alert.given["text"]
        assert talk.store.readers.language(Address("telegram", str(GROUP))) is None
        _, edit = await pressed(talk, "c/language/ru", under)
        assert "Язык" in edit.given["text"]

    async def test_a_channels_readers_do_not_change_it(self, talk: Talk) -> None:
        under = {"message_id": 7, "date": 1, "chat": chat(CHANNEL), "text": "x"}
        [alert] = await talk.tell(press("c/language/ru", under, user(BUDI)))
        assert "admins" in alert.given["text"]

    async def test_a_flood_gets_one_notice(self, talk: Talk) -> None:
        """Every query is acknowledged, since the app waits for it."""
        under = await sent(talk)
        for number in range(60):
            await talk.give(press("t/duration", under, id=f"flood-{number}"))
        await talk.api.until("answerCallbackQuery", 60)
        [notice] = [parameters for parameters in talk.api.of("answerCallbackQuery") if "text" in parameters]
        assert "One moment" in notice["text"]
