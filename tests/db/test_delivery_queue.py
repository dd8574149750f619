"""The queue of deliveries: claims, an index for each question, and turns of comparing processes."""

import asyncio
from time import monotonic

import pytest
from sqlalchemy import delete, select, update

from bot.db.bulletins import PAUSE_SECONDS
from bot.db.delivery_queue import Failed, Later, Sending, Unsent
from bot.db.schema import bulletins, deliveries, dossier_versions
from bot.db.store import Store, open_store
from bot.delivery.records import RecordWriter
from bot.dossier.models import Bulletin
from bot.reader import Address
from tests.audiences import subscribe_all
from tests.clocks import MovedClock
from tests.databases import PostgreSQL
from tests.editor import bulletin, new_editor, withdrawn


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


class TestUnsent:
    """What is recorded before a send is taken back if nothing was sent, so that nobody is told of the end of what never came."""

    @pytest.mark.parametrize("between", ["", "suspended", "unsubscribed", "tried by another"])
    async def test_also_if_a_change_has_ended_the_claim(self, store: Store, clock: MovedClock, between: str) -> None:
        """Not what another process has tried meanwhile, although the first still gets the updates: of that nobody knows."""
        await waiting(store, clock, ("due", 0.0))
        assert await store.leases.take("telegram:1", "one", await store.leases.read("telegram:1"))

        await store.queue.claim("telegram", "telegram:1", "one", 10)
        await store.queue.record("one", [Sending(1, "m1", 1, "en")])
        if between == "suspended":
            await store.readers.suspend("telegram", "1", "blocked")
            await store.readers.restore("telegram", "1")
        elif between == "unsubscribed":
            await store.subscriptions.remove(Address("telegram", "1"))
        elif between:
            clock.forward(hours=1)
            for lease, holder in (("telegram:1", "two"), ("telegram:1:updates", "one")):
                assert await store.leases.take(lease, holder, await store.leases.read(lease))
            await store.queue.release_orphans("telegram", "two")
            await store.queue.claim("telegram", "telegram:1", "two", 10)
            await store.queue.record("two", [Sending(1, "m1", 1, "en")])
            await store.queue.record("two", [Later(1, 60.0, 1, "no answer")])
        await store.queue.record("one", [Unsent(1, "m1")])
        async with store.database.read() as connection:
            row = (await connection.execute(select(deliveries))).one()
        expected = ("m1", 1) if between == "tried by another" else (None, 0)
        assert (row.message, row.shown) == expected


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


class TestTheOrder:
    """What is claimed first where more is due than there are places."""

    async def claimed(self, store: Store, limit: int) -> list[int]:
        seen = await store.leases.read("telegram:1")
        await store.leases.take("telegram:1", "one", seen)
        return [row.id for row in await store.queue.claim("telegram", "telegram:1", "one", limit)]

    async def test_corrections_get_most_of_the_places(self, store: Store, clock: MovedClock) -> None:
        """Whoever has the wrong text does not wait for all who have none; the urgent and editors' requests do not wait for corrections."""
        await waiting(store, clock, *[("due", -60.0)] * 6, *[("due", 0.0)] * 6)
        async with store.database.write() as connection:
            sent = update(deliveries).where(deliveries.c.id > 6)
            await connection.execute(sent.values(message="7", sent=1.0, shown=1, wanted=2))
            urgent = update(deliveries).where(deliveries.c.id.in_([5, 6]))
            await connection.execute(urgent.values(due=0.0))
        assert await self.claimed(store, 4) == [7, 8, 9, 5]
        assert await self.claimed(store, 4) == [10, 11, 12, 6]
        assert await self.claimed(store, 6) == [1, 2, 3, 4]

    async def test_where_nothing_else_is_due_they_get_all(self, store: Store, clock: MovedClock) -> None:
        await waiting(store, clock, *[("due", 0.0)] * 5)
        async with store.database.write() as connection:
            await connection.execute(update(deliveries).values(message="7", sent=1.0, shown=1, wanted=2))
        assert await self.claimed(store, 4) == [1, 2, 3, 4]

    async def test_a_message_to_one_person_comes_before_an_urgent_bulletin(
        self, store: Store, clock: MovedClock
    ) -> None:
        """A request to editors is made after a million deliveries of an urgent bulletin."""
        await waiting(store, clock, ("due", 0.0), ("due", 0.0), ("due", 0.0))
        async with store.database.write() as connection:
            await connection.execute(update(deliveries).values(due=0.0))
            await connection.execute(delete(deliveries).where(deliveries.c.id == 3))
            [name] = (await connection.execute(select(deliveries.c.bulletin_id).distinct())).scalars()
            await store.fan_out.add_reader(connection, name, 1, 3, clock.now)
        assert await self.claimed(store, 1) == [4]


class TestRecords:
    """Another transaction changes many deliveries, and waits for none that the sender records."""

    async def test_what_is_locked_is_recorded_later_and_all_else_now(
        self, store: Store, clock: MovedClock, database_url: str
    ) -> None:
        if store.database.is_sqlite:
            pytest.skip("one writer at a time")
        await waiting(store, clock, *[("claimed", 0.0)] * 3)
        async with store.database.write() as connection:
            await connection.execute(update(deliveries).values(holder="one"))
            await connection.execute(delete(deliveries).where(deliveries.c.id == 3))
        records = [Failed(number, "x") for number in (1, 2, 3)]
        async with open_store(database_url) as another, another.database.write() as connection:
            await connection.execute(update(deliveries).where(deliveries.c.id == 2).values(wanted=2))
            async with asyncio.timeout(30):
                assert await store.queue.record("one", records) == {2}
                writer = RecordWriter(store.queue, "one", monotonic, asyncio.sleep)
                rest = asyncio.create_task(writer.write(records))
                await asyncio.sleep(0.1)
                assert not rest.done()
        await rest
        async with store.database.read() as connection:
            assert set((await connection.execute(select(deliveries.c.state))).scalars()) == {"failed"}


class TestPaused:
    """A bulletin that is about to be corrected or withdrawn: its own row says so before its deliveries do."""

    async def test_nothing_of_it_is_claimed_or_sent(self, store: Store, clock: MovedClock) -> None:
        """What was claimed before is not sent either. Should the process die, sending goes on some minutes later."""
        await waiting(store, clock, ("due", 0.0), ("due", 0.0))
        seen = await store.leases.read("telegram:1")
        assert await store.leases.take("telegram:1", "one", seen)
        [row] = await store.queue.claim("telegram", "telegram:1", "one", 1)
        async with store.database.write() as connection:
            assert await store.bulletins.pause(connection, [row.bulletin_id, "another"])
            assert not await store.bulletins.pause(connection, [row.bulletin_id])
        for forward, expected in ((0, []), (PAUSE_SECONDS + 1, [row.id])):
            clock.forward(seconds=forward)
            assert list(await store.queue.checked("one", [row.id])) == expected
            await store.leases.take("telegram:1", "one", await store.leases.read("telegram:1"))
            claimed = await store.queue.claim("telegram", "telegram:1", "one", 1)
            assert [each.id != row.id for each in claimed] == [True for _ in expected]

    async def test_one_of_which_nothing_waits_needs_none(self, store: Store, clock: MovedClock) -> None:
        await waiting(store, clock, ("delivered", 0.0))
        async with store.database.write() as connection:
            names = (await connection.execute(select(deliveries.c.bulletin_id))).scalars().all()
            assert not await store.bulletins.pause(connection, names)

    @pytest.mark.parametrize("change", [withdrawn(bulletin("ferry")), bulletin("ferry", "Second")])
    async def test_it_is_so_before_its_deliveries_are_changed(
        self, store: Store, clock: MovedClock, database_url: str, change: Bulletin
    ) -> None:
        """While another transaction has one of them locked, which may take as long as changing a million."""
        if store.database.is_sqlite:
            pytest.skip("one writer at a time")
        await subscribe_all(store, range(1, 4))
        editor = await new_editor(store)
        await editor.publish(bulletin("ferry"))
        async with open_store(database_url) as another, another.database.write() as connection:
            await connection.execute(update(deliveries).where(deliveries.c.id == 2).values(attempts=1))
            publishing = asyncio.create_task(editor.publish(change))
            async with asyncio.timeout(30):
                while not await self.paused(store):  # noqa: ASYNC110  the database tells nobody
                    await asyncio.sleep(0.01)
            assert not publishing.done()
            await store.leases.take("telegram:1", "one", await store.leases.read("telegram:1"))
            assert not await store.queue.claim("telegram", "telegram:1", "one", 10)
        await publishing
        assert not await self.paused(store)

    async def paused(self, store: Store) -> bool:
        async with store.database.read() as connection:
            return bool((await connection.execute(select(bulletins.c.paused))).scalars().one())
