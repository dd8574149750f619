"""What is in force, entry by entry, in the table that every process loads."""

import pytest

from bot.db.store import Store
from bot.dossier.entries import Content, Entry, Key, Unit
from tests.databases import reading

TERM, FARE, FERRY = Key("facts/term"), Key("facts/fare"), Key("bulletins/ferry")
FIVE: Content = {"type": "number", "value": 5}
SEVEN: Content = {"value": 7, "type": "number"}


async def put(store: Store, entries: dict[Key, Entry]) -> None:
    async with store.database.write() as connection:
        await store.contents.put(connection, await store.contents.read(connection), entries, tree="one")


async def read(store: Store) -> dict[Key, Entry]:
    return await reading(store, store.contents.read)


class TestPutting:
    @pytest.mark.parametrize("gone", [None, 2.0])
    async def test_in_their_order(self, store: Store, gone: float | None) -> None:
        """One that comes first moves the others, one that is another's name takes its place; the keys of an entry keep their order."""
        was = {Unit(""): ["abc"]}
        for entries in (
            {TERM: Entry(FIVE, FIVE), FERRY: Entry(SEVEN, None, gone, was)},
            {FARE: Entry(FIVE, FIVE), TERM: Entry(SEVEN, FIVE), FERRY: Entry(SEVEN)},
            {TERM: Entry(SEVEN, FIVE), FERRY: Entry(SEVEN)},
            {FERRY: Entry(SEVEN), FARE: Entry(FIVE)},
            {FERRY: Entry(SEVEN), TERM: Entry(FIVE), FARE: Entry(FIVE)},
            {TERM: Entry(SEVEN, FIVE), FARE: Entry(None, FIVE, 3.0), FERRY: Entry(SEVEN)},
            {},
        ):
            await put(store, entries)
            found = await read(store)
            assert list(found.items()) == list(entries.items())
            assert [list(each.content or ()) for each in found.values()] == [
                list(each.content or ()) for each in entries.values()
            ]

    async def test_under_another_stamp(self, store: Store) -> None:
        stamps = set[str]()
        for _ in range(2):
            await put(store, {TERM: Entry(FIVE, FIVE)})
            stamps.add(await reading(store, store.changes.stamp))
            assert await reading(store, store.contents.tree) == "one"
        assert len(stamps) == 2
