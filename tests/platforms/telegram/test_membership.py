"""Being added, removed and moved, as Telegram tells it; in both modes."""

import asyncio
from typing import Any

from bot.reader import Address
from tests.platforms.telegram.conftest import Talk
from tests.platforms.telegram.updates import ADA, GROUP, chat, message, user


def member(status: str, where: int = GROUP, **more: Any) -> dict[str, Any]:
    """Our own status in a chat changes."""
    me = {"user": {"id": 1, "is_bot": True, "first_name": "N"}, "status": status} | more
    return {
        "my_chat_member": {"chat": chat(where), "from": user(), "date": 1, "old_chat_member": me, "new_chat_member": me}
    }


async def removed(talk: Talk, update: dict[str, Any]) -> None:
    """A chat lets us out, of which nothing is said there."""
    chat_id, start = update["my_chat_member"]["chat"]["id"], len(talk.api.answers)
    await talk.give(update)
    async with asyncio.timeout(5):
        while not talk.store.readers.is_suspended(Address("telegram", chat_id)):  # noqa: ASYNC110  memory tells nobody
            await asyncio.sleep(0.01)
    assert len(talk.api.answers) == start


class TestGroups:
    """A group adds and removes us."""

    async def test_added_is_greeted_with_a_subscribe_button(self, talk: Talk) -> None:
        """One tap subscribes."""
        [greeting] = await talk.tell(member("member"))
        assert greeting.method == "sendMessage"
        [[subscribe, *_], *_] = greeting.given["reply_markup"]["inline_keyboard"]
        assert subscribe["callback_data"] == "c/subscribe/"

    async def test_removed_is_suspended_and_kept(self, talk: Talk) -> None:
        """Until it comes back."""
        await talk.tell(member("member"))
        await removed(talk, member("kicked"))
        kept = await talk.store.readers.get(Address("telegram", GROUP))
        assert kept is not None
        assert kept.reason == "left"
        await talk.tell(member("administrator"))
        kept = await talk.store.readers.get(Address("telegram", GROUP))
        assert kept is not None
        assert kept.suspended_since is None

    async def test_restricted_member_that_left(self, talk: Talk) -> None:
        """The status alone does not say it."""
        await talk.tell(member("member"))
        await removed(talk, member("restricted", is_member=False))
        kept = await talk.store.readers.get(Address("telegram", GROUP))
        assert kept is not None
        assert kept.suspended_since is not None

    async def test_supergroup_keeps_the_language(self, talk: Talk) -> None:
        """Told by the old group."""
        await talk.store.readers.set_language(Address("telegram", -55), "ru")
        update = message("", -55) | {}
        update["message"].pop("text")
        update["message"]["migrate_to_chat_id"] = -100777
        assert await talk.ignores(update)
        assert talk.store.readers.language(Address("telegram", -100777)) == "ru"


class TestPeople:
    """Somebody blocks us."""

    async def test_blocked_is_suspended_without_a_word(self, talk: Talk) -> None:
        """And unblocking brings no greeting."""
        await talk.tell(message("/subscribe"))
        await removed(talk, member("kicked", ADA))
        kept = await talk.store.readers.get(Address("telegram", ADA))
        assert kept is not None
        assert kept.reason == "blocked"
        assert await talk.ignores(member("member", ADA))
