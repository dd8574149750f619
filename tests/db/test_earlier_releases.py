"""What releases before migration 5 write and read, who know the ids of chats and messages as numbers, beside this one.

Their statements stand here as they send them; tests/app/test_rolling.py runs their code.
"""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest
from sqlalchemy import text

from bot.db.delivery_queue import Done
from bot.db.store import Store, open_store
from bot.reader import Address
from tests.audiences import subscribe_all
from tests.databases import PostgreSQL
from tests.editor import bulletin, new_editor

GROUP, TOPIC = Address("telegram", "-100"), Address("telegram", "-100", "7")
THREAD = Address("discord", "1234567890123456789")

MEET = (
    "INSERT INTO readers (platform, chat_id, thread_id, parent_id, kind, first_seen)"
    " VALUES (:platform, :chat, :thread, :parent, 'group', 0)"
    " ON CONFLICT (platform, chat_id, thread_id) DO UPDATE SET kind = 'group', parent_id = :parent RETURNING id"
)
READDRESS = "UPDATE readers SET platform = :platform, chat_id = :chat, thread_id = :thread WHERE id = :id"


async def older(store: Store, statement: str, **values: Any) -> Sequence[Any]:
    """Executes a statement of an earlier release; returns the rows, if it has any."""
    async with store.database.write() as connection:
        found = await connection.execute(text(statement), values)
        return found.all() if found.returns_rows else ()


async def meet(store: Store, platform: str, chat: int, thread: int = 0, parent: int | None = None) -> int:
    """An earlier release meets a reader; returns its id."""
    [(found,)] = await older(store, MEET, platform=platform, chat=chat, thread=thread, parent=parent)
    return int(found)


async def numbers(store: Store) -> Sequence[Any]:
    """The addresses as an earlier release reads them, the oldest first."""
    return await older(store, "SELECT chat_id, thread_id, parent_id, moved_from FROM readers ORDER BY id")


class TestReaders:
    """One row for a reader, whichever release met it."""

    async def test_met_by_the_earlier_one_first(self, store: Store) -> None:
        known = [await meet(store, "telegram", -100), await meet(store, "telegram", -100, 7)]
        known.append(await meet(store, "discord", int(THREAD.chat_id), parent=5))
        ours = [await store.readers.meet(address, "group") for address in (GROUP, TOPIC, THREAD)]
        assert [reader.id for reader in ours] == known
        assert [reader.address for reader in ours] == [GROUP, TOPIC, THREAD]
        assert [reader.parent_id for reader in ours] == [None, None, "5"]

    async def test_met_by_this_one_first(self, store: Store) -> None:
        ours = [await store.readers.meet(address, "group") for address in (GROUP, TOPIC)]
        ours.append(await store.readers.meet(THREAD, "group", parent_id="5"))
        known = [await meet(store, "telegram", -100), await meet(store, "telegram", -100, 7)]
        known.append(await meet(store, "discord", int(THREAD.chat_id), parent=5))
        assert [reader.id for reader in ours] == known
        assert await numbers(store) == [(-100, 0, None, None), (-100, 7, None, None), (int(THREAD.chat_id), 0, 5, None)]

    async def test_moved_by_the_earlier_one(self, store: Store) -> None:
        """And back by ours, and once more: neither release holds on to what the other has changed."""
        known = await meet(store, "telegram", -100)
        for _ in range(2):
            await older(store, READDRESS, platform="telegram", chat=-200, thread=0, id=known)
            reader = await store.readers.get(Address("telegram", "-200"))
            assert (reader and reader.id, await store.readers.get(GROUP)) == (known, None)
            await store.readers.move("telegram", "-200", "-100")
            assert await numbers(store) == [(-100, 0, None, -200)]

    async def test_a_deleted_thread_falls_back(self, store: Store) -> None:
        """By ours, then a thread in the other by the earlier release."""
        known = await meet(store, "discord", 9, parent=5)
        await store.readers.fall_back(Address("discord", "9"), Address("discord", "5"))
        assert await numbers(store) == [(5, 0, None, 9)]
        await older(store, "UPDATE readers SET chat_id = 9, parent_id = 4 WHERE id = :id", id=known)
        await older(store, "UPDATE readers SET chat_id = 4, parent_id = NULL WHERE id = :id", id=known)
        reader = await store.readers.get(Address("discord", "4"))
        assert reader is not None
        assert (reader.id, reader.parent_id) == (known, None)

    @pytest.mark.slow
    @pytest.mark.postgres
    async def test_met_by_both_at_once(self, postgresql: PostgreSQL) -> None:
        """Each looks for the chat in an index of its own. SQLite writes one thing at a time."""
        async with postgresql.database() as url, open_store(url) as store:
            for number in range(1, 300):
                address = Address("telegram", str(number))
                theirs = (meet(store, "telegram", number) for _ in range(2))
                ours = (store.readers.meet(address, "group") for _ in range(2))
                found: list[Any] = await asyncio.gather(*theirs, *ours)
                assert len({reader if isinstance(reader, int) else reader.id for reader in found}) == 1


class TestIdsThatAreNoNumbers:
    """They stay as they are, and each has a number that no other has."""

    IDS = ("ann@example.org", "", "007", "+7", "-0", " 7", "7.0", "1e3", "٧", "9223372036854775808", "9" * 400, "-")

    @pytest.mark.slow
    async def test_each_is_its_own(self, store: Store) -> None:
        """Chats and threads, beside those whose ids are numbers."""
        addresses = [
            Address("post", chat, thread) for chat in (*self.IDS, "7", "0") for thread in (None, "7", "a", "b")
        ]
        known = [(await store.readers.meet(address, "private")).id for address in addresses]
        assert len(set(known)) == len(addresses)
        assert [(await store.readers.meet(address, "private")).id for address in addresses] == known
        for address, reader_id in zip(addresses, known, strict=True):
            reader = await store.readers.get(address)
            assert reader is not None
            assert (reader.id, reader.address) == (reader_id, address)
        found = [row[:2] for row in await numbers(store)]
        assert len(set(found)) == len(addresses)
        assert found[-8::4] == [(7, 0), (0, 0)]

    @pytest.mark.parametrize("id_", [str(2**63 - 1), str(-(2**63)), str(2**62), "1"])
    async def test_numbers_as_large_as_an_earlier_release_can_store(self, store: Store, id_: str) -> None:
        await store.readers.meet(Address("telegram", id_), "private")
        assert await numbers(store) == [(int(id_), 0, None, None)]

    async def test_renamed(self, store: Store) -> None:
        """From one name to another, to a number, and away from it."""
        for old, new in (("a", "b"), ("b", "5"), ("5", "c")):
            await store.readers.meet(Address("post", old), "group")
            await store.readers.move("post", old, new)
        [(chat, thread, _, moved_from)] = await numbers(store)
        assert (chat < -(2**62), thread, moved_from) == (True, 0, 5)
        assert await store.readers.get(Address("post", "c")) is not None


class TestMessages:
    """Each release edits what the other has sent."""

    SENT = "UPDATE deliveries SET state = 'delivered', message_id = :message WHERE reader_id = 1"
    MOVED = "UPDATE deliveries SET message_id = -message_id WHERE reader_id = 1 AND message_id > 0"
    READ = "SELECT message_id FROM deliveries WHERE reader_id = 1"

    @pytest.fixture
    async def waiting(self, store: Store) -> Store:
        """A bulletin that waits for two chats."""
        await subscribe_all(store, (-100, 5))
        await (await new_editor(store)).publish(bulletin("ferry"))
        return store

    async def test_sent_by_the_earlier_one(self, waiting: Store) -> None:
        await older(waiting, self.SENT, message=41)
        assert len(await waiting.queue.of_message(1, "41")) == 1
        await older(waiting, self.MOVED)
        assert len(await waiting.queue.of_message(1, "-41")) == 1
        await waiting.readers.move("telegram", "-100", "-200")
        assert await older(waiting, self.READ) == [(-41,)]

    async def test_sent_by_this_one(self, waiting: Store) -> None:
        [(row,)] = await older(waiting, "SELECT id FROM deliveries WHERE reader_id = 1")
        await waiting.queue.record("one", [Done(row, "41", 1, "en")])
        assert await older(waiting, self.READ) == [(41,)]
        await waiting.readers.move("telegram", "-100", "-200")
        assert await older(waiting, self.READ) == [(-41,)]
        await older(waiting, self.MOVED)
        assert len(await waiting.queue.of_message(1, "-41")) == 1

    async def test_an_id_that_is_no_number(self, waiting: Store) -> None:
        """The earlier release, which takes a delivery without a number for unsent, would never correct it."""
        [(row,)] = await older(waiting, "SELECT id FROM deliveries WHERE reader_id = 1")
        await waiting.queue.record("one", [Done(row, "<1@example.org>", 1, "en")])
        [(number,)] = await older(waiting, self.READ)
        assert number < -(2**62)
        assert len(await waiting.queue.of_message(1, "<1@example.org>")) == 1
