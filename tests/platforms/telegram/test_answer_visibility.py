"""Who reads an answer in a group: everybody, the asker alone, or the asker in private. Over real HTTP."""

from typing import Any

import pytest

from bot.platforms.telegram.answer_visibility import DONE, REFUSED_SECONDS, EphemeralRefusals
from bot.reader import Address
from bot.replies.question import Command, token
from tests.clocks import MovedClock
from tests.platforms.telegram.conftest import Talk
from tests.platforms.telegram.test_presses import pressed, sent
from tests.platforms.telegram.updates import ADA, ANONYMOUS_ADMIN, BUDI, GROUP, VERA, chat, member, message, press, user
from tests.servers.telegram import ME, Called

QUESTION = "/duration@NotaTestBot"


async def choose(talk: Talk, audience: str, *, bot_is_admin: bool = True) -> None:
    """An admin of the group chooses who reads answers; the panel shows the choice."""
    talk.api.state.members[GROUP, ADA] = "administrator"
    if bot_is_admin:
        talk.api.state.members[GROUP, int(str(ME["id"]))] = "administrator"
    under = await sent(talk, "/settings@NotaTestBot", GROUP)
    assert token(Command("settings", "answers")) in [
        key["callback_data"] for row in under["reply_markup"]["inline_keyboard"] for key in row
    ]
    _, panel = await pressed(talk, token(Command("settings", f"answers {audience}")), under)
    [chosen] = [
        key["text"] for row in panel.given["reply_markup"]["inline_keyboard"] for key in row if "✓" in key["text"]
    ]
    assert chosen == {"everybody": "✓ Everybody", "asker": "✓ Only the asker", "private": "✓ In private"}[audience]


async def ask(talk: Talk, who: int = BUDI, expect: int = 1, text: str = QUESTION, **more: Any) -> list[Called]:
    return await talk.tell(message(text, GROUP, user(who), **more), expect)


def receiver(call: Called) -> int | None:
    wanted = call.given.get("ephemeral_message_parameters")
    return wanted["receiver_user_id"] if wanted else None


def is_public(call: Called) -> bool:
    """Accepted, and seen by the whole group."""
    return isinstance(call.result, dict) and call.result["message_id"] > 0 and call.given["chat_id"] == GROUP


class TestChoice:
    """The group's admins choose; by default everybody reads answers."""

    async def test_by_default_everybody(self, talk: Talk) -> None:
        [answer] = await ask(talk)
        assert is_public(answer)

    async def test_it_is_stored_for_the_whole_group(self, talk: Talk) -> None:
        await choose(talk, "asker")
        assert talk.store.readers.of_group(Address("telegram", str(GROUP), "42")).audience == "asker"
        await talk.store.readers.load()
        assert talk.store.readers.of_group(Address("telegram", str(GROUP))).audience == "asker"
        await choose(talk, "everybody")
        [answer] = await ask(talk)
        assert is_public(answer)

    async def test_a_member_cannot_choose(self, talk: Talk) -> None:
        await choose(talk, "asker")
        panel = await sent(talk, "/settings@NotaTestBot", GROUP)
        [alert] = await talk.tell(press(token(Command("settings", "answers everybody")), panel, user(BUDI)))
        assert "admins" in alert.given["text"]
        [refusal] = await talk.tell(message("/settings@NotaTestBot answers everybody", GROUP, user(BUDI)))
        assert "admins" in refusal.given["text"]
        assert talk.store.readers.of_group(Address("telegram", str(GROUP))).audience == "asker"


class TestAsker:
    """The answer is an ephemeral message (core.telegram.org/bots/api#ephemeral-messages-and-commands)."""

    async def test_nobody_else_sees_the_answer(self, talk: Talk) -> None:
        await choose(talk, "asker")
        [answer] = await ask(talk)
        assert receiver(answer) == BUDI
        assert answer.result["ephemeral_message_id"]
        assert "reply_parameters" not in answer.given

    async def test_settings_come_for_everybody(self, talk: Talk) -> None:
        await choose(talk, "asker")
        for text in ("/subscribe@NotaTestBot", "/language@NotaTestBot", "/why@NotaTestBot", "/privacy@NotaTestBot"):
            [call] = await ask(talk, ADA, text=text)
            assert is_public(call), text

    async def test_where_the_bot_is_no_admin_everybody_sees_it(self, talk: Talk) -> None:
        """The refusal is remembered, so the next question costs no second call."""
        await choose(talk, "asker", bot_is_admin=False)
        refused, answer = await ask(talk, expect=2)
        assert str(refused.result) == "Bad Request: MESSAGE_NOT_COMMAND"
        assert is_public(answer)
        [next_answer] = await ask(talk)
        assert is_public(next_answer)

    async def test_new_rights_are_tried_at_once(self, talk: Talk) -> None:
        await choose(talk, "asker", bot_is_admin=False)
        await ask(talk, expect=2)
        talk.api.state.members[GROUP, int(str(ME["id"]))] = "administrator"
        await talk.give(member("administrator"))
        [answer] = await ask(talk)
        assert receiver(answer) == BUDI

    async def test_an_anonymous_admin_is_answered_for_everybody(self, talk: Talk) -> None:
        """Telegram takes people only."""
        await choose(talk, "asker")
        [answer] = await talk.tell(message(QUESTION, GROUP, ANONYMOUS_ADMIN, sender_chat=chat(GROUP)))
        assert is_public(answer)

    async def test_an_older_server_shows_it_to_everybody(self, talk: Talk) -> None:
        """It ignores the parameter that it does not know; nothing is sent twice."""
        await choose(talk, "asker")
        result = {"message_id": 5, "date": 1, "chat": chat(GROUP)}
        talk.api.answer("sendMessage", {"ok": True, "result": result})
        await ask(talk)
        [answer] = await ask(talk, VERA)
        assert receiver(answer) == VERA

    async def test_its_buttons_change_it_for_its_reader(self, talk: Talk) -> None:
        await choose(talk, "asker")
        [answer] = await ask(talk, text="/programs@NotaTestBot")
        under = answer.result | {"chat": chat(GROUP)}
        edit, acknowledgement = await talk.tell(press("t/program:talent", under, user(BUDI)), 2)
        assert edit.method == "editEphemeralMessageText"
        assert edit.given["ephemeral_message_id"] == under["ephemeral_message_id"]
        assert edit.result is True
        assert acknowledgement.method == "answerCallbackQuery"

    async def test_an_edit_that_is_too_long_is_a_new_one(self, talk: Talk) -> None:
        """An edit takes 1,024 characters only (github.com/tdlib/telegram-bot-api/issues/881)."""
        await choose(talk, "asker")
        [answer] = await ask(talk)
        talk.api.fault("editEphemeralMessageText", 400, "Bad Request: MEDIA_CAPTION_TOO_LONG")
        calls = await talk.tell(press("t/pricing", answer.result | {"chat": chat(GROUP)}, user(BUDI)), 3)
        assert [call.method for call in calls[1:]] == ["sendMessage", "answerCallbackQuery"]
        assert receiver(calls[1]) == BUDI

    async def test_one_that_is_gone_is_sent_again(self, talk: Talk) -> None:
        await choose(talk, "asker")
        [answer] = await ask(talk)
        talk.api.state.ephemeral.clear()
        calls = await talk.tell(press("t/pricing", answer.result | {"chat": chat(GROUP)}, user(BUDI)), 3)
        assert [call.method for call in calls] == ["editEphemeralMessageText", "sendMessage", "answerCallbackQuery"]
        assert receiver(calls[1]) == BUDI

    async def test_subscribing_from_it_is_said_to_everybody(self, talk: Talk) -> None:
        await choose(talk, "asker")
        [answer] = await ask(talk, ADA)
        calls = await talk.tell(press(token(Command("subscribe")), answer.result | {"chat": chat(GROUP)}), 2)
        [told] = [call for call in calls if call.method == "sendMessage"]
        assert is_public(told)

    async def test_others_get_a_copy_of_a_public_answer(self, talk: Talk) -> None:
        """Any bot may send one within 15 seconds of a press."""
        under = await sent(talk, "/programs@NotaTestBot", GROUP)
        await choose(talk, "asker", bot_is_admin=False)
        copy, _ = await talk.tell(press("t/program:talent", under, user(BUDI)), 2)
        assert receiver(copy) == BUDI
        assert copy.result["ephemeral_message_id"]

    async def test_a_press_that_came_late_gets_an_alert(self, talk: Talk) -> None:
        under = await sent(talk, "/programs@NotaTestBot", GROUP)
        await choose(talk, "asker", bot_is_admin=False)
        clock = MovedClock(1000.0)
        talk.api.state.now = lambda: clock() + 16 * len(talk.api.calls)
        refused, alert = await talk.tell(press("t/program:talent", under, user(BUDI)), 2)
        assert str(refused.result) == "Bad Request: MESSAGE_NOT_COMMAND"
        assert "belongs to whoever asked" in alert.given["text"]

    async def test_an_ephemeral_command_is_answered_unseen(self, talk: Talk) -> None:
        """A reply to it must be ephemeral, whatever the group chose, and needs no rights."""
        unseen = message("/duration", GROUP, user(BUDI))
        unseen["message"] |= {"message_id": 0, "ephemeral_message_id": 9}
        [answer] = await talk.tell(unseen)
        assert answer.given["reply_parameters"] == {"ephemeral_message_id": 9}
        assert answer.result["receiver_user"]["id"] == BUDI


def unseen(text: str, who: int = ADA, number: int = 9, **more: Any) -> dict[str, Any]:
    """An ephemeral message in the group, which nobody else sees."""
    update = message(text, GROUP, user(who), **more)
    update["message"] |= {"message_id": 0, "ephemeral_message_id": number}
    return update


class TestPanels:
    """Commands about settings, stored data and mistakes are ephemeral (``is_ephemeral``), and so is all that follows. The bot is no admin."""

    @pytest.mark.parametrize("text", ["/settings", "/why", "/privacy", "/language", "/settings zone Madrid"])
    async def test_nobody_else_sees_them(self, talk: Talk, text: str) -> None:
        talk.api.state.members[GROUP, ADA] = "administrator"
        await ask(talk, ADA, text="/subscribe@NotaTestBot")
        [shown] = await talk.tell(unseen(text))
        assert receiver(shown) == ADA
        assert shown.given["reply_parameters"] == {"ephemeral_message_id": 9}

    async def test_a_press_changes_the_panel_for_its_reader(self, talk: Talk) -> None:
        """Two admins at once, of whom both see what holds."""
        talk.api.state.members |= {(GROUP, ADA): "administrator", (GROUP, BUDI): "administrator"}
        await ask(talk, ADA, text="/subscribe@NotaTestBot")
        for who, argument, number in ((ADA, "sound off", 9), (BUDI, "languages own", 10)):
            [shown] = await talk.tell(unseen("/settings", who, number))
            under = shown.result | {"chat": chat(GROUP)}
            edit, _ = await talk.tell(press(token(Command("settings", argument)), under, user(who), id=f"p{who}"), 2)
            assert (edit.method, edit.given["receiver_user_id"]) == ("editEphemeralMessageText", who)
        assert "Sound: off" in edit.given["text"].replace("</b>", "").replace("<b>", "")
        subscription = await talk.store.subscriptions.get(Address("telegram", str(GROUP)))
        assert subscription is not None
        assert (subscription.silent, subscription.own_language) == (True, True)

    async def test_the_zone_is_answered_there_too(self, talk: Talk) -> None:
        """A reply to the panel that asks for a city is ephemeral as the panel is."""
        talk.api.state.members[GROUP, ADA] = "administrator"
        await ask(talk, ADA, text="/subscribe@NotaTestBot")
        [panel] = await talk.tell(unseen("/settings zone"))
        shown = panel.result | {"chat": chat(GROUP), "from": ME}
        [answer] = await talk.tell(unseen("Tokyo", number=10, reply_to_message=shown))
        assert receiver(answer) == ADA
        assert "Asia/Tokyo" in answer.given["text"]

    async def test_that_the_chat_subscribes_is_everybodys(self, talk: Talk) -> None:
        talk.api.state.members[GROUP, ADA] = "administrator"
        [panel] = await talk.tell(unseen("/settings"))
        under = panel.result | {"chat": chat(GROUP)}
        calls = await talk.tell(press(token(Command("subscribe")), under, user(ADA)), 2)
        assert [is_public(call) for call in calls if call.method == "sendMessage"] == [True]

    async def test_a_member_reads_alone_that_it_is_for_admins(self, talk: Talk) -> None:
        [refusal] = await talk.tell(unseen("/settings", BUDI))
        assert "admins" in refusal.given["text"]
        assert receiver(refusal) == BUDI

    async def test_a_mistake_goes_on_in_the_private_chat(self, talk: Talk) -> None:
        """Only there can the editors' answer come."""
        panel, told = await talk.tell(unseen("/mistake the fare is wrong", BUDI), 2)
        assert panel.given["chat_id"] == BUDI
        assert "the fare is wrong" in panel.given["text"]
        assert "It goes on in your private chat" in told.given["text"]
        assert receiver(told) == BUDI

    async def test_by_somebody_whose_private_chat_is_not_open(self, talk: Talk) -> None:
        talk.api.state.strangers.add(BUDI)
        refused, told = await talk.tell(unseen("/mistake the fare is wrong", BUDI), 2)
        assert "Forbidden" in str(refused.result)
        assert receiver(told) == BUDI
        assert "Open the private chat with me" in told.given["text"]
        assert told.given["reply_markup"]["inline_keyboard"][0][0]["url"] == "https://t.me/NotaTestBot"

    async def test_how_to_report_one_is_said_there(self, talk: Talk) -> None:
        [told] = await talk.tell(unseen("/mistake", BUDI))
        assert "what is wrong" in told.given["text"]
        assert receiver(told) == BUDI


class TestPrivate:
    """The answer comes in the private chat; the group sees a reaction."""

    async def test_the_group_sees_that_the_question_was_answered(self, talk: Talk) -> None:
        await choose(talk, "private")
        answer, reaction = await ask(talk, expect=2)
        assert answer.given["chat_id"] == BUDI
        assert "reply_parameters" not in answer.given
        assert reaction.method == "setMessageReaction"
        assert talk.api.state.reactions[GROUP, 77] == DONE

    @pytest.mark.parametrize("refusal", ["bot can't initiate conversation with a user", "bot was blocked by the user"])
    async def test_whoever_never_opened_it_is_answered_in_the_group(self, talk: Talk, refusal: str) -> None:
        """With a hint and a link that asks the question there."""
        await choose(talk, "private")
        talk.api.fault("sendMessage", 403, f"Forbidden: {refusal}")
        _, answer = await ask(talk, expect=2)
        assert is_public(answer)
        assert "Open the private chat with me once" in answer.given["text"]
        urls = [key["url"] for row in answer.given["reply_markup"]["inline_keyboard"] for key in row if "url" in key]
        assert urls[-1] == "https://t.me/NotaTestBot?start=duration"

    async def test_the_next_question_after_that_comes_in_private(self, talk: Talk) -> None:
        await choose(talk, "private")
        talk.api.state.strangers.add(BUDI)
        _, answer = await ask(talk, expect=2)
        assert is_public(answer)
        talk.api.state.strangers.clear()
        answer, _ = await ask(talk, expect=2)
        assert answer.given["chat_id"] == BUDI


def test_a_refusal_is_forgotten_after_an_hour() -> None:
    clock = MovedClock(0.0)
    refusals = EphemeralRefusals(clock)
    refusals.add(GROUP)
    clock.forward(REFUSED_SECONDS - 1)
    assert refusals.includes(GROUP)
    clock.forward(1)
    assert not refusals.includes(GROUP)
