"""A lane goes from one process to the next: after a rest, whatever the wall clock does."""

import asyncio
from dataclasses import dataclass, field

import pytest
import structlog.testing

from bot.db.engine import Database, open_database
from bot.db.leases import LEASE_SECONDS, OUTAGE_SECONDS, Leases, Outage
from bot.db.store import Store
from bot.delivery.lease import Lease
from bot.delivery.worker import REST_SECONDS
from tests.clocks import MovedClock


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


def lanes(store: Store, ticks: Ticks) -> tuple[Lease, Lease]:
    """The same lane, as two processes see it."""
    one, two = (Lease(store.leases, "telegram:1", name, ticks, ticks.sleep, REST_SECONDS) for name in ("one", "two"))
    return one, two


class TestHandingOver:
    """The first one gives it up."""

    async def test_it_rests_for_a_second_and_is_taken_then(self, store: Store, clock: MovedClock) -> None:
        """The limits hold in any second, and the second process does not know what the first has sent."""
        ticks = Ticks(clock)
        one, two = lanes(store, ticks)
        await one.hold()
        await one.release()
        freed = ticks.now
        await two.hold()
        assert REST_SECONDS <= ticks.now - freed <= REST_SECONDS + 1

    async def test_one_that_nobody_had_is_taken_at_once(self, store: Store, clock: MovedClock) -> None:
        """There is nothing to rest from."""
        ticks = Ticks(clock)
        one, _ = lanes(store, ticks)
        await one.hold()
        assert ticks.now == 0.0

    async def test_a_clock_set_back_holds_nobody_up(self, store: Store, clock: MovedClock) -> None:
        """An hour's rest is none: as long as a lease lasts it is watched, and then taken."""
        ticks = Ticks(clock)
        one, two = lanes(store, ticks)
        await one.hold()
        await one.release()
        clock.forward(hours=-1)
        freed = ticks.now
        await two.hold()
        assert ticks.now - freed <= LEASE_SECONDS + 2


class TestDying:
    """The first one is silent."""

    async def test_it_is_taken_when_the_lease_has_ended(self, store: Store, clock: MovedClock) -> None:
        """Within 15 seconds, and not before."""
        ticks = Ticks(clock)
        one, two = lanes(store, ticks)
        await one.hold()
        await two.hold()
        assert LEASE_SECONDS <= ticks.now <= 15
        assert one.seconds_left() <= 0


class TestAway:
    """The database is."""

    @pytest.fixture
    def database(self) -> Database:
        return open_database("postgresql://nota@127.0.0.1:1/nota?sslmode=disable")

    async def test_an_outage_is_an_error_once(self, database: Database) -> None:
        """However many wait for a lease, and however long; it is said with its reason."""
        leases = Leases(database)
        with structlog.testing.capture_logs() as said:
            await self._wait(leases, 300, "telegram:1", "telegram:1:updates", "discord:1")
        assert [(entry["event"], entry["log_level"]) for entry in said] == [("the database does not answer", "error")]
        assert said[0]["why"].startswith("DatabaseUnavailable: ")

    async def test_a_moment_is_no_outage(self, database: Database) -> None:
        """As where a server is started anew."""
        with structlog.testing.capture_logs() as said:
            await self._wait(Leases(database), OUTAGE_SECONDS - 1, "telegram:1")
        assert said == []

    async def test_its_end_is_a_line(self, store: Store, clock: MovedClock, database: Database) -> None:
        """For whoever looks at the log afterwards."""
        outage = Outage()
        with structlog.testing.capture_logs() as said:
            await self._wait(Leases(database, outage), 60, "telegram:1")
            ticks = Ticks(clock, now=61)
            await Lease(Leases(store.database, outage), "telegram:1", "one", ticks, ticks.sleep).hold()
        assert [entry["event"] for entry in said] == ["the database does not answer", "the database answers again"]

    async def _wait(self, leases: Leases, seconds: float, *names: str) -> None:
        """So long, each for one."""
        all_ticks = [Ticks(MovedClock(), ends=seconds) for _ in names]
        holding = [
            asyncio.create_task(Lease(leases, name, "one", ticks, ticks.sleep).hold())
            for name, ticks in zip(names, all_ticks, strict=True)
        ]
        await asyncio.gather(*(ticks.over.wait() for ticks in all_ticks))
        for task in holding:
            task.cancel()
        await asyncio.wait(holding)
