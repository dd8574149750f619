"""The database is away: questions are answered, changes are refused with an apology, and what chats do with us is noted once it is back."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from bot.dossier.models import Dossier
from bot.reader import Address
from bot.replies.question import Command, token
from tests.clocks import until
from tests.databases import Outages
from tests.platforms.telegram.conftest import QUICK_MODE_FIRST, Talk, talking_to
from tests.platforms.telegram.updates import ADA, BUDI, GROUP, member, message, press, user
from tests.servers.telegram import bot_api

CHAT = Address("telegram", str(ADA))
OLD_GROUP = Address("telegram", "-55")
OTHER_GROUP = -1001234567000
PANEL = {"message_id": 9, "date": 1, "chat": {"id": ADA, "type": "private"}, "text": "Settings"}


@pytest.fixture(params=QUICK_MODE_FIRST)
async def bot(request: pytest.FixtureRequest, dossier: Dossier, outages: Outages) -> AsyncIterator[Talk]:
    async with bot_api() as api, talking_to(api, request.param, dossier, database_url=outages.url) as running:
        yield running


APOLOGY = "Something went wrong"


class TestChanges:
    """Changes of settings are refused with an apology; questions are answered."""

    async def test_subscribing_is_refused_and_questions_are_answered(self, bot: Talk, outages: Outages) -> None:
        """Those of the same chat and those of others."""
        async with outages.away(bot.store):
            for update in (message("/subscribe"), message("/about"), message("/duration", BUDI, user(BUDI))):
                await bot.give(update)
            answers = await bot.api.until("sendMessage", 3)
            assert sorted(each["text"].partition(" ")[2].partition("<")[0] for each in answers) == [
                "About Nota",
                "How long it lasts",
                APOLOGY,
            ]
        assert await bot.store.subscriptions.get(CHAT) is None
        [later] = await bot.tell(message("/subscribe"))
        assert "Subscribed" in later.given["text"]

    async def test_a_press_changes_nothing(self, bot: Talk, outages: Outages) -> None:
        await bot.tell(message("/subscribe"))
        async with outages.away(bot.store):
            [answer] = await bot.tell(press(token(Command("settings", "sound")), PANEL))
            assert (answer.method, APOLOGY in answer.given["text"]) == ("answerCallbackQuery", True)
        current = await bot.store.subscriptions.get(CHAT)
        assert current is not None
        assert not current.silent


class TestChats:
    """Removals, returns and migrations are noted once the database is back: nobody would tell us of them again."""

    async def test_a_removal(self, bot: Talk, outages: Outages) -> None:
        """The chat is suspended."""
        await bot.tell(member("member"))
        async with outages.away(bot.store):
            await bot.give(member("kicked"))
            await bot.tell(message("/about"))
        await until(lambda: bot.store.readers.is_suspended(Address("telegram", str(GROUP))))
        await bot.conversation.membership.caught_up()

    async def test_the_latest_change_counts(self, bot: Talk, outages: Outages) -> None:
        """The bot is removed and added again: the settings count."""
        await bot.tell(member("member"))
        async with outages.away(bot.store):
            await bot.give(member("kicked"))
            await bot.give(member("member"))
            await bot.tell(message("/about"))
        await bot.give(member("kicked", OTHER_GROUP))
        await bot.conversation.membership.caught_up()
        assert not bot.store.readers.is_suspended(Address("telegram", str(GROUP)))

    async def test_a_greeting_whose_update_comes_again(self, bot: Talk) -> None:
        """It is not repeated."""
        added = bot.api.numbered(member("member"))
        await bot.tell(added)
        if bot.mode == "webhook":
            assert await bot.ignores(added)
        assert await bot.ignores(member("administrator"))

    @pytest.mark.parametrize("has_left", [False, True])
    async def test_a_migration(self, bot: Talk, outages: Outages, *, has_left: bool) -> None:
        """The new chat has the settings, also where Telegram says afterwards that the bot has left the old one."""
        await bot.store.readers.set_language(OLD_GROUP, "ru")
        moved = message("", int(OLD_GROUP.chat_id))
        del moved["message"]["text"]
        moved["message"]["migrate_to_chat_id"] = GROUP
        async with outages.away(bot.store):
            await bot.give(moved)
            if has_left:
                await bot.give(member("left", int(OLD_GROUP.chat_id)))
            await bot.tell(message("/about"))
        await until(lambda: bot.store.readers.language(Address("telegram", str(GROUP))) == "ru")
        await bot.conversation.membership.caught_up()


class TestReturned:
    """A chat in which somebody writes to the bot is not suspended any more."""

    @pytest.fixture
    async def suspended(self, bot: Talk) -> Talk:
        for address in (CHAT, Address("telegram", str(GROUP))):
            await bot.store.readers.meet(address, "private" if address is CHAT else "group")
            await bot.store.readers.suspend("telegram", address.chat_id, "blocked")
        return bot

    @pytest.mark.parametrize(
        "update",
        [
            message("/about"),
            message("hello there, how long does it last?"),
            press("t/duration", PANEL),
            message("not for the bot", GROUP),
            message("/about@NotaTestBot", GROUP),
        ],
        ids=["command", "words", "press", "text to others", "command in a group"],
    )
    async def test_by_any_message(self, suspended: Talk, update: dict[str, Any]) -> None:
        """Even one that asks nothing."""
        where = next(iter(update.values()))
        chat_id = where["message"]["chat"]["id"] if "message" in where else where["chat"]["id"]
        await suspended.give(update)
        await until(lambda: not suspended.store.readers.is_suspended(Address("telegram", str(chat_id))))
        kept = await suspended.store.readers.get(Address("telegram", str(chat_id)))
        assert kept is not None
        assert kept.suspended_since is None

    async def test_also_while_the_database_is_away(self, suspended: Talk, outages: Outages) -> None:
        """The question is answered at once, the chat is restored later."""
        async with outages.away(suspended.store):
            await suspended.tell(message("/about"))
            assert suspended.store.readers.is_suspended(CHAT)
        await until(lambda: not suspended.store.readers.is_suspended(CHAT))

    async def test_not_by_the_notice_of_our_removal(self, suspended: Talk) -> None:
        """The notice is a message in the group (#message, ``left_chat_member``)."""
        farewell = message("", GROUP)
        del farewell["message"]["text"]
        farewell["message"]["left_chat_member"] = suspended.api.state.me
        await suspended.give(farewell)
        await suspended.tell(message("/about", BUDI, user(BUDI)))
        assert suspended.store.readers.is_suspended(Address("telegram", str(GROUP)))
