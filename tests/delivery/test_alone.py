"""One process polls, or holds the gateway; another takes over when it dies, at once when it is stopped."""

import asyncio
from collections import Counter
from collections.abc import Callable
from functools import partial

import pytest
from sqlalchemy.exc import DBAPIError

from bot.db.leases import LEASE_SECONDS
from bot.db.store import Store, open_store
from bot.delivery.lease import LeaderElection
from tests.databases import PostgreSQL
from tests.servers.cable import cable

LANE = "telegram:1:updates"


class Process:
    """One of several: what it does while it is alone is counted. Its clock and pauses can be moved."""

    def __init__(self, store: Store, name: str, passes: float = 0.01) -> None:
        self.works = 0
        self.begun = 0
        self.now = 0.0
        self._passes = passes
        self.elected = LeaderElection(store.leases, name, lambda: self.now, self._sleep)
        self.task = asyncio.create_task(self.elected(LANE, self._work))

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


async def until(holds: Callable[[], bool], seconds: float = 10) -> None:
    async with asyncio.timeout(seconds):
        while not holds():  # noqa: ASYNC110  a counter tells nobody
            await asyncio.sleep(0.01)


@pytest.mark.postgres
class TestAlone:
    """Of two on one database."""

    async def test_one_works_and_hands_over_when_stopped(self, postgresql: PostgreSQL) -> None:
        """At once: the lease is given back."""
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

    async def test_work_that_fails_is_told_and_frees_the_lane(self, postgresql: PostgreSQL) -> None:
        """As a token that is refused."""
        async with postgresql.database() as url, open_store(url) as store:

            async def fail() -> None:
                raise ValueError("refused")

            with pytest.raises(ValueError, match="refused"):
                await LeaderElection(store.leases, "first")(LANE, fail)
            assert (await store.leases.read(LANE)).holder is None

    async def test_who_lost_the_lane_stops_and_stands_by(self, postgresql: PostgreSQL) -> None:
        """Somebody else took it while we were frozen; we work again when it is free."""
        async with postgresql.database() as url, open_store(url) as store:
            process = Process(store, "first")
            await until(lambda: process.works == 1)
            async with asyncio.timeout(10):
                while not await store.leases.take(LANE, "other", await store.leases.read(LANE)):
                    pass  # it was renewed in between
            await until(lambda: process.works == 0)
            await store.leases.release(LANE, "other")
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
            first = asyncio.create_task(LeaderElection(one.leases, "first")(LANE, partial(work, "first")))
            await until(lambda: working["first"] == 1)
            second = asyncio.create_task(LeaderElection(two.leases, "second")(LANE, partial(work, "second")))
            getattr(way, trouble)()
            await until(lambda: working["second"] == 1, 30)
            way.mend()
            await asyncio.sleep(3)
            assert (working["first"], working["second"], together) == (0, 1, {1})
            for task in (first, second):
                task.cancel()
            await asyncio.gather(first, second, return_exceptions=True)
