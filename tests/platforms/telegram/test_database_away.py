"""The database is away: updates that need it are done once it is back, in order; the others are answered meanwhile."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from bot.dossier.models import Dossier
from bot.reader import Address
from bot.replies.question import Command, token
from tests.clocks import until
from tests.databases import Outages
from tests.platforms.telegram.conftest import MODES, Talk, talking_to
from tests.platforms.telegram.updates import ADA, BUDI, GROUP, member, message, press, user
from tests.servers.telegram import bot_api

CHAT = Address("telegram", ADA)
OLD_GROUP = Address("telegram", -55)
PANEL = {"message_id": 9, "date": 1, "chat": {"id": ADA, "type": "private"}, "text": "Settings"}


@pytest.fixture(params=MODES)
async def bot(request: pytest.FixtureRequest, dossier: Dossier, outages: Outages) -> AsyncIterator[Talk]:
    async with bot_api() as api, talking_to(api, request.param, dossier, database_url=outages.url) as running:
        yield running


class Telegram:
    """Delivers updates as Telegram does: by webhook, again until they are accepted, in the order of a chat."""

    def __init__(self, bot: Talk) -> None:
        self.bot = bot
        self.refused: list[dict[str, Any]] = []

    async def give(self, *updates: dict[str, Any]) -> None:
        for update in updates:
            numbered = self.bot.api.numbered(update)
            if self.bot.mode == "polling":
                await self.bot.api.feed(numbered)
            elif await self._bring(numbered) != 200:
                self.refused.append(numbered)

    async def come_again(self) -> None:
        """By webhook, delivers each refused update until it is accepted. By polling, the bot fetches it."""
        for update in self.refused:
            async with asyncio.timeout(60):
                while await self._bring(update) != 200:  # noqa: ASYNC110  as Telegram does
                    await asyncio.sleep(0.05)
        self.refused.clear()

    async def _bring(self, update: dict[str, Any]) -> int:
        status = await self.bot.api.bring(self.bot.session, update)
        assert status in (200, 503)
        return status


@asynccontextmanager
async def outage(bot: Talk, outages: Outages) -> AsyncIterator[Telegram]:
    """Inside, the database is away; afterwards, the refused updates were delivered again."""
    telegram = Telegram(bot)
    async with outages.away(bot.store):
        yield telegram
    await telegram.come_again()


class TestChanges:
    """Changes of settings wait for the database; questions do not."""

    async def test_subscribing_waits_and_questions_do_not(self, bot: Talk, outages: Outages) -> None:
        """Neither those of the same chat nor those of others."""
        async with outage(bot, outages) as telegram:
            await telegram.give(message("/subscribe"), message("/about"), message("/duration", BUDI, user(BUDI)))
            given = await bot.api.until("sendMessage", 2)
            assert sorted(each["text"][:5] for each in given) == ["<b>⏳ ", "<b>🤖 "]
            if bot.mode == "polling":
                assert [each["message"]["text"] for each in bot.api.pending][:1] == ["/subscribe"]
        await bot.api.until("sendMessage", 3)
        assert "Subscribed" in bot.api.of("sendMessage")[2]["text"]
        assert await bot.store.subscriptions.get(CHAT) is not None
        if bot.mode == "polling":
            await bot.api.when(lambda: not bot.api.pending)

    async def test_the_response_says_when_to_come_again(self, dossier: Dossier, outages: Outages) -> None:
        """Else Telegram waits twice as long each time, up to two minutes."""
        async with bot_api() as api, talking_to(api, "webhook", dossier, database_url=outages.url) as bot:
            webhook = api.state.webhook
            headers = {"X-Telegram-Bot-Api-Secret-Token": webhook["secret_token"]}
            update = {"update_id": 1} | message("/subscribe")
            async with (
                outages.away(bot.store),
                bot.session.post(webhook["url"], json=update, headers=headers) as answer,
            ):
                assert answer.status == 503
                assert 1 <= int(answer.headers["Retry-After"]) <= 5
                assert await answer.read() == b""

    async def test_choices_are_made_in_their_order(self, bot: Talk, outages: Outages) -> None:
        """The last one counts, even if it comes when the database is back."""
        async with outage(bot, outages) as telegram:
            await telegram.give(*(message(f"/language {name}") for name in ("id", "ru", "en", "id")))
            await telegram.give(message("/about"))
            await bot.api.until("sendMessage")
        await telegram.give(message("/language ru"))
        await bot.api.until("sendMessage", 6)
        assert bot.store.readers.language(CHAT) == "ru"

    async def test_a_press_switches_once(self, bot: Talk, outages: Outages) -> None:
        """However often it is delivered."""
        await bot.tell(message("/subscribe"))
        async with outage(bot, outages) as telegram:
            await telegram.give(press(token(Command("settings", "sound")), PANEL), message("/about"))
            await bot.api.until("sendMessage", 2)
        await bot.api.until("answerCallbackQuery")
        current = await bot.store.subscriptions.get(CHAT)
        assert current is not None
        assert current.silent

    async def test_what_needs_no_database_is_answered_behind_hundreds_that_do(
        self, dossier: Dossier, outages: Outages
    ) -> None:
        """Telegram gives a hundred updates at a time (#getupdates); those behind them are fetched too."""
        people = range(3000, 3130)
        async with bot_api() as api, talking_to(api, "polling", dossier, database_url=outages.url) as bot:
            async with outages.away(bot.store):
                await api.feed(*(message("/language ru", number, user(number)) for number in people))
                await api.feed(message("/about"))
                await api.until("sendMessage", seconds=15)
            await api.until("sendMessage", 131, seconds=60)
            assert {bot.store.readers.language(Address("telegram", number)) for number in people} == {"ru"}

    async def test_the_next_process_does_it(self, dossier: Dossier, outages: Outages) -> None:
        """If this process ends, since the update was not confirmed."""
        async with bot_api() as api:
            async with (
                talking_to(api, "polling", dossier, database_url=outages.url) as bot,
                outages.away(bot.store),
            ):
                await api.feed(message("/language ru"), message("/about"))
                await api.until("sendMessage")
                await _stop(bot)
            async with talking_to(api, "polling", dossier, database_url=outages.url) as bot:
                await until(lambda: bot.store.readers.language(CHAT) == "ru")


class TestChats:
    """Removals, returns, greetings and migrations wait for the database."""

    async def test_a_removal(self, bot: Talk, outages: Outages) -> None:
        """The chat is suspended."""
        await bot.tell(member("member"))
        async with outage(bot, outages) as telegram:
            await telegram.give(member("kicked"))
        await until(lambda: bot.store.readers.is_suspended(Address("telegram", GROUP)))

    async def test_a_return(self, bot: Talk, outages: Outages) -> None:
        """The settings count again, and the chat is greeted."""
        bot.api.state.members[GROUP, ADA] = "creator"
        await bot.tell(member("member"))
        await bot.tell(message("/subscribe@NotaTestBot", GROUP))
        await bot.give(member("kicked"))
        await until(lambda: bot.store.readers.is_suspended(Address("telegram", GROUP)))
        start = len(bot.api.answers)
        async with outage(bot, outages) as telegram:
            await telegram.give(member("member"))
        await bot.api.until_answered(start + 1, 20)
        assert "Here again" in bot.api.answers[-1].given["text"]
        assert not bot.store.readers.is_suspended(Address("telegram", GROUP))

    async def test_a_greeting(self, bot: Talk, outages: Outages) -> None:
        async with outage(bot, outages) as telegram:
            await telegram.give(member("member"))
        await bot.api.until("sendMessage", seconds=60)
        await bot.tell(message("/about"))
        assert [each["chat_id"] for each in bot.api.of("sendMessage")] == [GROUP, ADA]

    async def test_a_greeting_whose_update_comes_again(self, bot: Talk) -> None:
        """It is not repeated."""
        added = bot.api.numbered(member("member"))
        await bot.tell(added)
        if bot.mode == "webhook":
            assert await bot.ignores(added)
        assert await bot.ignores(member("administrator"))

    async def test_a_migration(self, bot: Talk, outages: Outages) -> None:
        """The new chat has the settings."""
        await bot.store.readers.set_language(OLD_GROUP, "ru")
        moved = message("", OLD_GROUP.chat_id)
        del moved["message"]["text"]
        moved["message"]["migrate_to_chat_id"] = GROUP
        async with outage(bot, outages) as telegram:
            await telegram.give(moved)
        await until(lambda: bot.store.readers.language(Address("telegram", GROUP)) == "ru")


class TestReturned:
    """A chat in which somebody writes to the bot is not suspended any more."""

    @pytest.fixture
    async def suspended(self, bot: Talk) -> Talk:
        for address in (CHAT, Address("telegram", GROUP)):
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
        await until(lambda: not suspended.store.readers.is_suspended(Address("telegram", chat_id)))
        kept = await suspended.store.readers.get(Address("telegram", chat_id))
        assert kept is not None
        assert kept.suspended_since is None

    async def test_also_while_the_database_is_away(self, suspended: Talk, outages: Outages) -> None:
        """The question is answered at once, the chat is restored later."""
        async with outage(suspended, outages) as telegram:
            await telegram.give(message("/about"))
            await suspended.api.until("sendMessage")
            assert suspended.store.readers.is_suspended(CHAT)
        await until(lambda: not suspended.store.readers.is_suspended(CHAT))

    async def test_not_by_the_notice_of_our_removal(self, suspended: Talk) -> None:
        """The notice is a message in the group (#message, ``left_chat_member``)."""
        farewell = message("", GROUP)
        del farewell["message"]["text"]
        farewell["message"]["left_chat_member"] = suspended.api.state.me
        await suspended.give(farewell)
        await suspended.tell(message("/about", BUDI, user(BUDI)))
        assert suspended.store.readers.is_suspended(Address("telegram", GROUP))


async def _stop(bot: Talk) -> None:
    """As a process ends: nothing more is fetched."""
    bot.running.cancel()
    await asyncio.gather(bot.running, return_exceptions=True)
