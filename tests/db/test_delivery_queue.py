"""The queue of deliveries: claims, an index for each question, and turns of comparing processes."""

import asyncio

import pytest
from sqlalchemy import delete, select, update

from bot.db.schema import deliveries, dossier_versions
from bot.db.store import Store, open_store
from tests.audiences import subscribe_all
from tests.clocks import MovedClock
from tests.databases import PostgreSQL
from tests.editor import bulletin, new_editor


async def waiting(store: Store, clock: MovedClock, *rows: tuple[str, float]) -> None:
    """A delivery for each: its state, and in how many seconds it is due."""
    await subscribe_all(store, range(1, len(rows) + 1))
    await (await new_editor(store)).publish(bulletin("ferry"))
    async with store.database.write() as connection:
        for number, (state, seconds) in enumerate(rows, 1):
            changes = update(deliveries).where(deliveries.c.id == number)
            await connection.execute(changes.values(state=state, due=clock.now + seconds))


async def due_in(store: Store, clock: MovedClock) -> list[float]:
    """In how many seconds each is due."""
    async with store.database.read() as connection:
        rows = await connection.execute(select(deliveries.c.due).order_by(deliveries.c.id))
        return [round(row.due - clock.now, 3) for row in rows]


class TestSetBack:
    """The clock goes back an hour."""

    @pytest.mark.parametrize(
        ("rows", "expected"),
        [
            ([("due", 0.0), ("retry", -5.0)], [0.0, 0.0]),  # what was due is due, not an hour later
            ([("retry", 20.0)], [20.0]),  # a pause that a platform asked for lasts no longer
            ([("due", 600.0)], [4200.0]),  # a digest at eight comes at eight
        ],
    )
    async def test_deliveries_are_due_as_before(
        self, store: Store, clock: MovedClock, rows: list[tuple[str, float]], expected: list[float]
    ) -> None:
        await waiting(store, clock, *rows)
        before = clock.now
        clock.forward(hours=-1)
        await store.queue.adjust_to_clock("telegram", before)
        assert await due_in(store, clock) == expected

    async def test_a_digest_that_is_put_off_before_it_is_noticed(self, store: Store, clock: MovedClock) -> None:
        """It comes at its hour, which is past by the clock as it was. The correction of a digest that was sent is due at once."""
        before = clock.now
        clock.forward(hours=-1)
        await waiting(store, clock, ("due", 3000.0), ("due", 3000.0))
        async with store.database.write() as connection:
            await connection.execute(update(deliveries).values(digest=True))
            await connection.execute(update(deliveries).where(deliveries.c.id == 2).values(message="7"))
        await store.queue.adjust_to_clock("telegram", before)
        assert await due_in(store, clock) == [3000.0, 0.0]


class TestLocked:
    """Another transaction is changing deliveries, as one that corrects a large audience does for a while."""

    @pytest.mark.parametrize("digest", [False, True])
    async def test_the_others_are_claimed_meanwhile(
        self, store: Store, clock: MovedClock, database_url: str, digest: bool
    ) -> None:
        """None waits for its end. SQLite has one writer at a time anyhow."""
        if store.database.is_sqlite:
            pytest.skip("one writer at a time")
        await waiting(store, clock, ("due", 0.0), ("due", 0.0), ("retry", 0.0))
        async with store.database.write() as connection:
            await connection.execute(update(deliveries).values(digest=digest))
        seen = await store.leases.read("telegram:1")
        assert await store.leases.take("telegram:1", "one", seen)
        async with open_store(database_url) as another, another.database.write() as connection:
            await connection.execute(update(deliveries).where(deliveries.c.id == 1).values(wanted=2))
            async with asyncio.timeout(30):
                rows = await store.queue.claim("telegram", "telegram:1", "one", 10)
        assert [row.id for row in rows] == [2, 3]
        assert [row.id for row in await store.queue.claim("telegram", "telegram:1", "one", 10)] == [1]


async def compare(store: Store, turns: list[str], name: str) -> None:
    async with store.database.write() as connection:
        await store.bulletins.lock_newsroom(connection)
        turns.append(f"{name} begins")
        await asyncio.sleep(0.05)
        turns.append(f"{name} ends")


class TestTurns:
    """Two processes at once."""

    async def test_one_after_the_other(self, database_url: str) -> None:
        """The second sees what the first has written."""
        turns: list[str] = []
        async with open_store(database_url) as one, open_store(database_url) as two:
            await asyncio.gather(compare(one, turns, "one"), compare(two, turns, "two"))
        assert turns in (
            ["one begins", "one ends", "two begins", "two ends"],
            ["two begins", "two ends", "one begins", "one ends"],
        )

    @pytest.mark.postgres
    async def test_whatever_the_tables_hold(self, postgresql: PostgreSQL) -> None:
        """A row that is not there cannot be locked, and who reads the version with a lock holds nobody up."""
        turns: list[str] = []
        async with postgresql.database() as url, open_store(url) as one, open_store(url) as two:
            async with one.database.write() as reading, asyncio.timeout(30):
                await reading.execute(select(dossier_versions).with_for_update())
                await compare(two, turns, "two")
            async with one.database.write() as connection:
                await connection.execute(delete(dossier_versions))
            turns.clear()
            await asyncio.gather(compare(one, turns, "one"), compare(two, turns, "two"))
        assert [turn.split()[1] for turn in turns] == ["begins", "ends", "begins", "ends"]
