"""Telegram brings an update again that it got no answer to; what it changes is changed once."""

from typing import Any

from bot.reader import Address
from bot.replies.question import Command, token
from tests.platforms.telegram.conftest import Talk
from tests.platforms.telegram.updates import ADA, message, press

CHAT = Address("telegram", ADA)


def pressed_sound() -> Any:
    """The button that turns the sound off, or on again."""
    under = {"message_id": 9, "date": 1, "chat": {"id": ADA, "type": "private"}, "text": "Settings"}
    return press(token(Command("settings", "sound")), under)


async def asks_again(talk: Talk) -> None:
    """By polling: until the bot has told Telegram what is done, and waits for what comes."""
    if talk.mode == "polling":
        await talk.api.when(lambda: not talk.api.pending)


class TestRepeats:
    """Under the same ``update_id``; in both modes."""

    async def test_a_switch_is_switched_once(self, talk: Talk) -> None:
        """And each time the press is answered, with the settings as they are."""
        await talk.tell(message("/subscribe"))
        for _ in range(3):
            await asks_again(talk)
            calls = await talk.tell(pressed_sound() | {"update_id": 4242}, expect=2)
            assert {call.method for call in calls} == {"answerCallbackQuery", "editMessageText"}
            current = await talk.store.subscriptions.get(CHAT)
            assert current is not None
            assert current.silent

    async def test_an_older_choice_does_not_come_back(self, talk: Talk) -> None:
        """Repeated after a newer one was made."""
        await talk.tell(message("/language id") | {"update_id": 51})
        await talk.tell(message("/language ru") | {"update_id": 52})
        await asks_again(talk)
        [shown] = await talk.tell(message("/language id") | {"update_id": 51})
        assert talk.store.readers.language(CHAT) == "ru"
        assert "Русский" in shown.given["text"]
