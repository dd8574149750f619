"""What one process sets, the others know within two seconds; PostgreSQL tells them."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest
from sqlalchemy import text

from bot.db.replication import MANY, address_in, follow_changes, word_of
from bot.db.store import Store, open_store
from bot.reader import Address
from tests.clocks import MovedClock
from tests.databases import PostgreSQL

GROUP = Address("telegram", -100)
TOPIC = Address("telegram", -100, 7)
WITHIN_SECONDS = 2.0


@asynccontextmanager
async def following(url: str) -> AsyncIterator[Store]:
    """Another process, here in the same one."""
    async with open_store(url) as store:
        task = asyncio.create_task(follow_changes(store.database, store.readers))
        try:
            await settled(store)
            yield store
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


async def settled(store: Store) -> None:
    """Until it listens: what it sets itself comes back to it."""
    probe = Address("telegram", 999)
    await store.readers.set_language(probe, "en")
    async with asyncio.timeout(5):
        while store.readers.language(probe) != "ru":
            async with store.database.write() as connection:
                await connection.execute(text("UPDATE readers SET language = 'ru' WHERE chat_id = 999"))
                await connection.execute(text("SELECT pg_notify('nota_readers', 'telegram 999 0')"))
            await asyncio.sleep(0.05)


async def until(holds: Callable[[], bool], seconds: float = WITHIN_SECONDS) -> None:
    async with asyncio.timeout(seconds):
        while not holds():  # noqa: ASYNC110  memory tells nobody when it changes
            await asyncio.sleep(0.01)


@pytest.mark.postgres
class TestOthers:
    """Every change of what is held in memory."""

    async def test_a_choice_is_known(self, postgresql: PostgreSQL) -> None:
        """Of a chat, and of a topic in it."""
        async with postgresql.database() as url, open_store(url) as one, following(url) as other:
            await one.readers.set_language(GROUP, "id")
            await one.readers.set_language(TOPIC, "ru")
            await until(lambda: other.readers.language(TOPIC) == "ru")
            assert other.readers.language(GROUP) == "id"

    async def test_a_move_is_known(self, postgresql: PostgreSQL) -> None:
        """The new id has it, the old one has it no more."""
        async with postgresql.database() as url, open_store(url) as one, following(url) as other:
            await one.readers.set_language(GROUP, "id")
            await until(lambda: other.readers.language(GROUP) == "id")
            await one.chats.move("telegram", -100, -200)
            await until(lambda: other.readers.language(GROUP) is None)
            assert other.readers.language(Address("telegram", -200)) == "id"

    async def test_many_at_once_are_known(self, postgresql: PostgreSQL, clock: MovedClock) -> None:
        """They are told of as one."""
        chats = [Address("telegram", number) for number in range(1, MANY + 20)]
        async with postgresql.database() as url, open_store(url, clock) as one, following(url) as other:
            for chat in chats:
                await one.readers.set_language(chat, "id")
                await one.chats.suspend("telegram", chat.chat_id, "blocked")
            await until(lambda: all(other.readers.language(chat) == "id" for chat in chats))
            clock.forward(days=31)
            assert await one.chats.forget_lapsed() == len(chats)
            await until(lambda: not any(other.readers.language(chat) for chat in chats))

    async def test_what_was_set_while_the_connection_was_lost(self, postgresql: PostgreSQL) -> None:
        """Nobody keeps what was told meanwhile, so everything is read again."""
        async with postgresql.database() as url, open_store(url) as one, following(url) as other:
            async with one.database.write() as connection:
                ends = (
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                    "WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )
                chooses = "INSERT INTO readers (platform, chat_id, kind, language, met) VALUES ('telegram', -300, 'group', 'id', 0)"
                await connection.execute(text(ends))
                await connection.execute(text(chooses))
            await until(lambda: other.readers.language(Address("telegram", -300)) == "id")


class TestWords:
    """What is told, and what a newer release may tell instead."""

    @pytest.mark.parametrize("address", [GROUP, TOPIC, Address("discord", 1 << 62)])
    def test_an_address_comes_back(self, address: Address) -> None:
        """The very same."""
        assert address_in(word_of(address)) == address

    @pytest.mark.parametrize("word", ["", "telegram", "telegram x 0", "telegram 1 -1", "a b c d"])
    def test_anything_else_means_everything(self, word: str) -> None:
        """Better read too much than miss something."""
        assert address_in(word) is None
