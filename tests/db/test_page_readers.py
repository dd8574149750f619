"""Readers of the page, on both databases: one row each, links that are stored as checksums, and nothing left when they go."""

import asyncio

import pytest
from sqlalchemy import select

from bot.db.backup import export, import_backup
from bot.db.page_readers import Crowded
from bot.db.retention import READER_DAYS
from bot.db.schema import destinations, reader_links
from bot.db.store import Store, open_store
from bot.reader import Address
from bot.schedule import Subscription
from tests.clocks import MovedClock
from tests.conftest import not_none
from tests.databases import sqlite_url

NAME = "postcards"


async def met(store: Store, who: str = "a", street: str = "1 Quay Street") -> Address:
    return await store.page_readers.meet(NAME, who, {"street": street}, "id")


class TestMeeting:
    """One reader for one identity."""

    async def test_again(self, store: Store) -> None:
        """The destination is replaced, the language and the settings stay; on another platform it is another reader."""
        first = await met(store)
        await store.subscriptions.put(first, Subscription(silent=True))
        assert await store.page_readers.meet(NAME, "a", {"street": "2"}, "en") == first
        assert await store.page_readers.meet("pigeons", "a", {"street": "2"}, "en") != first
        assert not_none(await store.readers.get(first)).detected_language == "id"
        assert await store.subscriptions.get(first) == Subscription(silent=True)
        assert await store.page_readers.find(NAME, "a") == first
        assert await store.page_readers.find(NAME, "b") is None
        async with store.database.read() as connection:
            rows = (await connection.execute(select(destinations.c.destination))).scalars().all()
        assert rows == [{"street": "2"}, {"street": "2"}]

    async def test_two_at_once(self, store: Store) -> None:
        """A double press makes one reader, also by two processes."""
        found = await asyncio.gather(*(met(store) for _ in range(5)))
        assert len(set(found)) == 1

    async def test_another_identity(self, store: Store) -> None:
        one, two = await met(store), await met(store, "b")
        assert await store.page_readers.replace(NAME, "a", "c", {"street": "3"})
        assert await store.page_readers.find(NAME, "c") == one
        assert not await store.page_readers.replace(NAME, "a", "d", {})
        assert not await store.page_readers.replace(NAME, "c", "b", {})
        assert await store.page_readers.find(NAME, "b") == two


class TestRoom:
    """So many readers have an identity with the same first word, also if all come at once."""

    async def test_new_ones(self, store: Store) -> None:
        async def meet(who: str) -> Address:
            return await store.page_readers.meet(NAME, who, {}, "en", most=3)

        named = [f"endpoint key{number}" for number in range(12)]
        found = await asyncio.gather(*map(meet, named), return_exceptions=True)
        taken = [who for who, address in zip(named, found, strict=True) if isinstance(address, Address)]
        assert len(taken) == 3
        assert {type(refusal) for refusal in found} == {Address, Crowded}
        assert await meet(taken[0])  # who is stored comes again
        assert await meet("elsewhere key0")

    async def test_those_that_move_there(self, store: Store) -> None:
        for number in range(8):
            await met(store, f"former{number} key{number}")
        moves = (
            store.page_readers.replace(NAME, f"former{number} key{number}", f"endpoint key{number}", {}, most=3)
            for number in range(8)
        )
        found = await asyncio.gather(*moves, return_exceptions=True)
        assert [each for each in found if each is True] == [True] * 3
        assert len([each for each in found if isinstance(each, Crowded)]) == 5


class TestLinks:
    """Several for one reader; only checksums are stored."""

    async def test_they_lead_to_the_reader(self, store: Store) -> None:
        address = await met(store)
        tokens = [await store.page_readers.new_link(address) for _ in range(2)]
        for token in tokens:
            assert not_none(await store.page_readers.by_link(token)).address == address
        assert await store.page_readers.by_link("x") is None
        assert await store.page_readers.by_link("\udc80") is None
        async with store.database.read() as connection:
            stored = (await connection.execute(select(reader_links.c.digest))).scalars().all()
        assert not set(tokens) & set(stored)

    async def test_of_nobody(self, store: Store) -> None:
        assert await store.page_readers.new_link(Address(NAME, "nobody")) == ""


class TestEnd:
    """What was stored goes with the reader."""

    @pytest.mark.parametrize("was_subscribed", [True, False])
    async def test_without_a_subscription(self, store: Store, clock: MovedClock, was_subscribed: bool) -> None:
        address = await met(store)
        await store.page_readers.new_link(address)
        if was_subscribed:
            await store.subscriptions.put(address, Subscription())
            clock.forward(days=100)
            assert await store.page_readers.delete_ended() == 0
            await store.subscriptions.remove(address)
        clock.forward(-1, days=READER_DAYS)
        assert await store.page_readers.delete_ended() == 0
        clock.forward(seconds=2)
        assert await store.page_readers.delete_ended() == 1
        async with store.database.read() as connection:
            for table in (destinations, reader_links):
                assert (await connection.execute(select(table))).first() is None

    async def test_a_chat_stays(self, store: Store, clock: MovedClock) -> None:
        """Chats without a subscription are none of these."""
        await store.readers.meet(Address("telegram", "1"), "private")
        clock.forward(days=100)
        assert await store.page_readers.delete_ended() == 0


async def test_in_a_backup(store: Store) -> None:
    """A database made of it sends to the same places, and the links work."""
    address = await met(store)
    await store.subscriptions.put(address, Subscription())
    token = await store.page_readers.new_link(address)
    lines = [line async for line in export(store.database)]
    async with open_store(sqlite_url()) as other:
        await import_backup(other.database, lines)
        reader = not_none(await other.page_readers.by_link(token))
        assert await other.page_readers.find(NAME, "a") == reader.address == address
        assert await other.subscriptions.get(address) == Subscription()
