"""What is in force, entry by entry, in the table that every process loads."""

from sqlalchemy import text

from bot.db.store import Store
from bot.dossier.entries import Content, Entry, Key

TERM, FARE, FERRY = Key("facts/term"), Key("facts/fare"), Key("bulletins/ferry")
FIVE: Content = {"type": "number", "value": 5}
SEVEN: Content = {"value": 7, "type": "number"}


async def put(store: Store, files: dict[Key, Content], in_force: dict[Key, Content], now: float = 1.0) -> bool:
    async with store.database.write() as connection:
        return await store.contents.put(connection, files, in_force, now)


async def read(store: Store) -> dict[Key, Entry]:
    async with store.database.read() as connection:
        return await store.contents.read(connection)


class TestPutting:
    async def test_in_the_order_of_the_files_and_what_none_has_behind(self, store: Store) -> None:
        """A file that comes first moves the others; the keys of an entry keep their order, too."""
        assert await put(store, {TERM: FIVE}, {FERRY: FIVE, TERM: SEVEN})
        assert await put(store, {FARE: FIVE, TERM: FIVE}, {FERRY: FIVE, TERM: SEVEN, FARE: FIVE})
        found = await read(store)
        assert list(found.items()) == [(FARE, Entry(FIVE, FIVE)), (TERM, Entry(SEVEN, FIVE)), (FERRY, Entry(FIVE))]
        assert list(found[TERM].content or ()) == ["value", "type"]

    async def test_the_same_once_more_changes_nothing(self, store: Store) -> None:
        assert await put(store, {TERM: FIVE}, {TERM: SEVEN, FERRY: FIVE})
        assert not await put(store, {TERM: FIVE}, {FERRY: FIVE, TERM: SEVEN}, now=2.0)

    async def test_what_leaves_force_keeps_its_content(self, store: Store) -> None:
        """Until it returns. Of two, the other stays."""
        await put(store, {TERM: FIVE, FARE: FIVE}, {TERM: FIVE, FARE: FIVE})
        await put(store, {FARE: FIVE}, {FARE: FIVE}, now=2.0)
        await put(store, {FARE: FIVE}, {FARE: SEVEN}, now=3.0)
        assert await read(store) == {FARE: Entry(SEVEN, FIVE), TERM: Entry(FIVE, None, gone=2.0)}
        await put(store, {TERM: SEVEN}, {TERM: SEVEN, FARE: SEVEN}, now=4.0)
        assert await read(store) == {TERM: Entry(SEVEN, SEVEN), FARE: Entry(SEVEN, None)}


class TestTheirTree:
    """They count as in force only if nothing has come into force beside them."""

    async def imported(self, store: Store) -> None:
        async with store.database.write() as connection:
            await store.dossier_versions.put(connection, "one", {}, 1.0)
            await store.contents.note(connection, tree="one", stamp="a")

    async def tree(self, store: Store) -> str:
        async with store.database.read() as connection:
            return await store.contents.tree(connection)

    async def test_is_that_of_the_last_import(self, store: Store) -> None:
        assert await self.tree(store) == ""
        await self.imported(store)
        assert await self.tree(store) == "one"

    async def test_0_8_0_put_a_change_in_force(self, store: Store) -> None:
        """It knows of no contents: another stamp, and no other word."""
        await self.imported(store)
        async with store.database.write() as connection:
            await connection.execute(text("UPDATE safeguards SET stamp = 'b'"))
        assert await self.tree(store) == ""

    async def test_0_8_0_compared_other_files(self, store: Store) -> None:
        await self.imported(store)
        async with store.database.write() as connection:
            await store.dossier_versions.put(connection, "two", {}, 2.0)
        assert await self.tree(store) == ""
