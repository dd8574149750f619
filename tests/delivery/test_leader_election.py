"""A lease is held by one process at a time, and passes to another when its holder stops, dies or loses the database."""

import asyncio
from collections import Counter
from dataclasses import dataclass, field, replace
from functools import partial

import pytest
import structlog.testing
from sqlalchemy.exc import DBAPIError

from bot.db.engine import Database, open_database
from bot.db.leases import LEASE_SECONDS, Leases
from bot.db.outage import OUTAGE_SECONDS
from bot.db.store import Store, open_store
from bot.delivery.leader_election import WATCH_SECONDS, LeaderElection, Lease
from bot.delivery.worker import PAUSE_SECONDS
from tests.clocks import MovedClock, until
from tests.databases import PostgreSQL
from tests.servers.cable import cable


@dataclass
class Ticks:
    """Seconds that only go forward; a pause moves them, and the database's clock with them."""

    database: MovedClock
    now: float = 0.0
    ends: float = float("inf")
    over: asyncio.Event = field(default_factory=asyncio.Event)

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.now += seconds
        self.database.forward(seconds)
        if self.now > self.ends:
            self.over.set()
            await asyncio.get_running_loop().create_future()


def leases_of(store: Store, ticks: Ticks) -> tuple[Lease, Lease]:
    """The same lease, as two processes see it."""
    one, two = (Lease(store.leases, "telegram:1", name, ticks, ticks.sleep, PAUSE_SECONDS) for name in ("one", "two"))
    return one, two


class TestHandingOver:
    """The first one gives it up."""

    async def test_it_rests_for_a_second_and_is_taken_then(self, store: Store, clock: MovedClock) -> None:
        """The limits hold in any second, and the second process does not know what the first has sent."""
        ticks = Ticks(clock)
        one, two = leases_of(store, ticks)
        await one.acquire()
        await one.release()
        freed = ticks.now
        await two.acquire()
        assert PAUSE_SECONDS <= ticks.now - freed <= PAUSE_SECONDS + 1

    async def test_one_that_nobody_had_is_taken_at_once(self, store: Store, clock: MovedClock) -> None:
        ticks = Ticks(clock)
        one, _ = leases_of(store, ticks)
        await one.acquire()
        assert ticks.now == 0.0

    async def test_a_clock_set_back_holds_nobody_up(self, store: Store, clock: MovedClock) -> None:
        """An hour's rest is none: as long as a lease lasts it is watched, and then taken."""
        ticks = Ticks(clock)
        one, two = leases_of(store, ticks)
        await one.acquire()
        await one.release()
        clock.forward(hours=-1)
        freed = ticks.now
        await two.acquire()
        assert ticks.now - freed <= LEASE_SECONDS + 2

    async def test_a_clock_set_back_long_before_it_is_noticed(self, store: Store, clock: MovedClock) -> None:
        """A digest that was not due then does not count as due because an hour passed without the database."""
        ticks = Ticks(clock)
        one, _ = leases_of(store, ticks)
        await one.acquire()
        before = one.database_now()
        clock.forward(hours=-1)
        await ticks.sleep(3600)
        await one.acquire()
        found = one.clock_set_back_from()
        assert found is not None
        assert before <= found <= before + LEASE_SECONDS


class TestDying:
    """The first one is silent."""

    async def test_it_is_taken_when_the_lease_has_ended(self, store: Store, clock: MovedClock) -> None:
        ticks = Ticks(clock)
        one, two = leases_of(store, ticks)
        await one.acquire()
        await two.acquire()
        assert LEASE_SECONDS <= ticks.now <= 15
        assert one.seconds_left() <= 0


class TestAway:
    """The database is."""

    @pytest.fixture
    def database(self) -> Database:
        return open_database("postgresql://nota@127.0.0.1:1/nota?sslmode=disable")

    @pytest.mark.slow
    async def test_an_outage_is_an_error_once(self, database: Database) -> None:
        """However many wait for a lease, and however long; it is said with its reason."""
        leases = Leases(database)
        with structlog.testing.capture_logs() as said:
            await self._wait(leases, 300, "telegram:1", "telegram:1:updates", "discord:1")
        assert [(entry["event"], entry["log_level"]) for entry in said] == [("the database does not answer", "error")]
        assert said[0]["why"].startswith("DatabaseUnavailable: ")

    async def test_a_moment_is_no_outage(self, database: Database) -> None:
        with structlog.testing.capture_logs() as said:
            await self._wait(Leases(database), OUTAGE_SECONDS - 1, "telegram:1")
        assert said == []

    async def test_its_end_is_a_line(self, store: Store, clock: MovedClock, database: Database) -> None:
        with structlog.testing.capture_logs() as said:
            await self._wait(Leases(database), 60, "telegram:1")
            ticks = Ticks(clock, now=61)
            back = replace(store.database, outage=database.outage)
            await Lease(Leases(back), "telegram:1", "one", ticks, ticks.sleep).acquire()
        assert [entry["event"] for entry in said] == ["the database does not answer", "the database answers again"]

    async def test_the_holder_has_time_to_renew_afterwards(
        self, store: Store, clock: MovedClock, database: Database
    ) -> None:
        """Whoever waits for the lease may be the first whom the database answers; what the holder has sent is not recorded yet."""
        ticks = Ticks(clock)
        one, two = leases_of(store, ticks)
        await one.acquire()
        for leases, seconds in ((store.leases, 5), (Leases(database), 60)):
            two.leases, ticks.ends = leases, ticks.now + seconds
            ticks.over.clear()
            waiting = asyncio.create_task(two.acquire())
            await ticks.over.wait()
            waiting.cancel()
            await asyncio.wait([waiting])
        two.leases, ticks.ends, back = store.leases, float("inf"), ticks.now
        await two.acquire()
        assert WATCH_SECONDS <= ticks.now - back <= LEASE_SECONDS

    async def _wait(self, leases: Leases, seconds: float, *names: str) -> None:
        """So long, each for one."""
        all_ticks = [Ticks(MovedClock(), ends=seconds) for _ in names]
        leases.database.outage.clock = all_ticks[0]
        holding = [
            asyncio.create_task(Lease(leases, name, "one", ticks, ticks.sleep).acquire())
            for name, ticks in zip(names, all_ticks, strict=True)
        ]
        await asyncio.gather(*(ticks.over.wait() for ticks in all_ticks))
        for task in holding:
            task.cancel()
        await asyncio.wait(holding)


NAME = "telegram:1:updates"


class Process:
    """One of several: what it does while it is alone is counted. Its clock and pauses can be moved."""

    def __init__(self, store: Store, name: str, passes: float = 0.01) -> None:
        self.works = 0
        self.begun = 0
        self.now = 0.0
        self._passes = passes
        self.elected = LeaderElection(store.leases, name, lambda: self.now, self._sleep)
        self.task = asyncio.create_task(self.elected(NAME, self._work))

    async def _sleep(self, seconds: float) -> None:
        """A pause passes at once; nobody outruns anybody."""
        self.now += seconds
        await asyncio.sleep(self._passes)

    async def _work(self) -> None:
        self.begun += 1
        self.works += 1
        try:
            await asyncio.get_running_loop().create_future()
        finally:
            self.works -= 1

    async def stop(self) -> None:
        """As SIGTERM does."""
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)


@pytest.mark.postgres
class TestAlone:
    """Of two on one database."""

    async def test_one_works_and_hands_over_when_stopped(self, postgresql: PostgreSQL) -> None:
        async with postgresql.database() as url, open_store(url) as one, open_store(url) as two:
            first = Process(one, "first")
            await until(lambda: first.works == 1)
            second = Process(two, "second")
            await asyncio.sleep(0.2)
            assert (first.works, second.works) == (1, 0)
            await first.stop()
            freed = second.now
            await until(lambda: second.works == 1)
            assert second.now - freed < LEASE_SECONDS / 2
            await second.stop()

    async def test_work_that_fails_is_told_and_releases_the_lease(self, postgresql: PostgreSQL) -> None:
        async with postgresql.database() as url, open_store(url) as store:

            async def fail() -> None:
                raise ValueError("refused")

            with pytest.raises(ValueError, match="refused"):
                await LeaderElection(store.leases, "first")(NAME, fail)
            assert (await store.leases.read(NAME)).holder is None

    async def test_who_lost_the_lease_stops_and_stands_by(self, postgresql: PostgreSQL) -> None:
        """Somebody else took it while we were frozen; we work again when it is free."""
        async with postgresql.database() as url, open_store(url) as store:
            process = Process(store, "first")
            await until(lambda: process.works == 1)
            async with asyncio.timeout(60):
                while not await store.leases.take(NAME, "other", await store.leases.read(NAME)):
                    pass  # it was renewed in between
            await until(lambda: process.works == 0)
            await store.leases.release(NAME, "other")
            await until(lambda: process.works == 1)
            assert process.begun == 2
            await process.stop()

    async def test_a_fault_of_ours_is_no_rival(self, postgresql: PostgreSQL) -> None:
        """As a table that is not there: it ends the work and is raised, lest it be tried for ever."""
        async with postgresql.database() as url, open_store(url) as store:
            process = Process(store, "first")
            await until(lambda: process.works == 1)
            try:
                await postgresql.execute("ALTER TABLE leases RENAME TO others", at=url)
                with pytest.raises(DBAPIError, match="leases"):
                    await process.task
            finally:
                await postgresql.execute("ALTER TABLE others RENAME TO leases", at=url)
            assert process.works == 0


@pytest.mark.postgres
@pytest.mark.slow
class TestWithoutItsDatabase:
    """The others may still reach it, and take over when the lease has ended."""

    @pytest.mark.parametrize("trouble", ["pull", "die"])
    async def test_it_stops_before_another_may_start(self, postgresql: PostgreSQL, trouble: str) -> None:
        """Whether connections break, or nothing comes through any more. Afterwards it stands by."""
        working: Counter[str] = Counter()
        together: set[int] = set()

        async def work(name: str) -> None:
            working[name] += 1
            together.add(working.total())
            try:
                await asyncio.get_running_loop().create_future()
            finally:
                await asyncio.sleep(1)  # a gateway takes its time to be closed
                working[name] -= 1

        async with (
            postgresql.database() as url,
            cable(url) as way,
            open_store(way.url) as one,
            open_store(url) as two,
        ):
            first = asyncio.create_task(LeaderElection(one.leases, "first")(NAME, partial(work, "first")))
            await until(lambda: working["first"] == 1)
            second = asyncio.create_task(LeaderElection(two.leases, "second")(NAME, partial(work, "second")))
            getattr(way, trouble)()
            await until(lambda: working["second"] == 1, 30)
            way.mend()
            await asyncio.sleep(3)
            assert (working["first"], working["second"], together) == (0, 1, {1})
            for task in (first, second):
                task.cancel()
            await asyncio.gather(first, second, return_exceptions=True)
