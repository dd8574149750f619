"""SQLite on the event loop: nothing that takes long, and nothing that waits, keeps the loop."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from sqlalchemy import text

from bot.db.sqlite import LOG_BYTES, Connection
from bot.db.store import Store, open_store
from tests.databases import sqlite_url

ALARM = text("INSERT INTO done_once (name, done) VALUES (:kind, 1)")
MANY = "WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < {}) "
COUNT = text(MANY.format(300_000) + "SELECT count(*) FROM n")
"""Takes tens of milliseconds."""


@pytest.fixture
async def file() -> Path:
    return Path(sqlite_url().removeprefix("sqlite:///"))


@pytest.fixture
async def store(file: Path) -> AsyncIterator[Store]:
    async with open_store(f"sqlite:///{file}") as opened:
        yield opened


async def turns_beside(work: Awaitable[object]) -> int:
    """How often somebody else had the loop before the work ended."""
    task, turns = asyncio.ensure_future(work), 0
    while not task.done():
        await asyncio.sleep(0.001)
        turns += 1
    await task
    return turns


@asynccontextmanager
async def locked(file: Path) -> AsyncIterator[None]:
    """Another process writes."""
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    yield
    other.execute("ROLLBACK")
    other.close()


async def write(store: Store, kind: str) -> None:
    async with store.database.write() as connection:
        await connection.execute(ALARM, {"kind": kind})


async def count(store: Store) -> int:
    async with store.database.read() as connection:
        return int((await connection.execute(text("SELECT count(*) FROM done_once"))).scalar_one())


async def test_who_waits_for_a_lock_lets_others_go_on(store: Store, file: Path) -> None:
    async with locked(file):
        waiting = [asyncio.create_task(write(store, kind)) for kind in "ab"]
        for _ in range(20):
            await asyncio.sleep(0.001)
        assert not any(task.done() for task in waiting)
        assert await count(store) == 0
    await asyncio.gather(*waiting)
    assert await count(store) == 2


async def test_a_long_read_goes_on_in_a_thread(store: Store) -> None:
    """Its result is that of one statement; a short one needs no turn."""

    async def read() -> None:
        async with store.database.read() as connection:
            assert (await connection.execute(COUNT)).scalar_one() == 300_000

    assert await turns_beside(read()) >= 3


async def test_a_long_read_in_the_middle_of_others_sees_what_they_see(store: Store) -> None:
    """It does not begin the transaction anew."""
    async with store.database.read() as connection:
        assert (await connection.execute(text("SELECT count(*) FROM done_once"))).scalar_one() == 0
        await write(store, "later")
        assert (await connection.execute(COUNT)).scalar_one() == 300_000
        assert (await connection.execute(text("SELECT count(*) FROM done_once"))).scalar_one() == 0
    assert await count(store) == 1


async def test_a_long_write_is_beside_the_loop(store: Store) -> None:
    async def fill() -> None:
        async with store.database.write(is_long=True) as connection:
            await connection.execute(text(MANY.format(100_000) + "INSERT INTO done_once SELECT 'x' || n, 1 FROM n"))

    assert await turns_beside(fill()) >= 3
    assert await count(store) == 100_000
    await write(store, "after")


@pytest.mark.parametrize("is_long", [False, True])
async def test_rows_come_in_pieces(store: Store, is_long: bool) -> None:
    async with store.database.write(is_long=is_long) as connection:
        await connection.execute(text(MANY.format(3000) + "INSERT INTO done_once SELECT 'x' || n, n FROM n"))
    async with store.database.snapshot() as connection:
        seen = [row.done async for row in connection.stream(text("SELECT done FROM done_once ORDER BY done"))]
    assert seen == list(range(1, 3001))


async def test_a_read_that_is_cancelled_leaves_its_connection_free(store: Store) -> None:
    """More often than there are connections."""
    endless = text(MANY.format(10**9) + "SELECT count(*) FROM n")

    async def read() -> None:
        async with store.database.read() as connection:
            await connection.execute(endless)

    for _ in range(6):
        task = asyncio.create_task(read())
        await asyncio.sleep(0.01)
        task.cancel()
        await asyncio.wait((task,))
        assert task.cancelled()
    assert await count(store) == 0


async def test_the_log_does_not_grow(store: Store, file: Path) -> None:
    """Nor while somebody reads, once that is over."""
    log = Path(f"{file}-wal")
    async with store.database.read() as reading:
        await reading.execute(text("SELECT 1 FROM done_once"))
        for number in range(4):
            async with store.database.write() as connection:
                statement = text(MANY.format(40_000) + "INSERT INTO done_once SELECT :kind || n, 1 FROM n")
                await connection.execute(statement, {"kind": f"{number}-"})
        assert log.stat().st_size > LOG_BYTES  # noqa: ASYNC240
    await write(store, "one more")
    assert log.stat().st_size < LOG_BYTES  # noqa: ASYNC240
    assert await count(store) == 160_001


class TestABusyMachine:
    """Where others have the processor, even a BEGIN may end later than a statement may keep the loop."""

    async def test_a_transaction_that_began_late_has_begun(self, file: Path) -> None:
        """SQLite looks at the time after so many steps of a statement, which are counted over all its runs, and also when it has ended."""
        connection = sqlite3.connect(file, isolation_level=None, check_same_thread=False, factory=Connection)
        connection.interrupt_long_reads()

        def begin_late() -> None:
            connection._end[0] = 0.0
            connection.execute("BEGIN").close()

        for _ in range(1000):
            if not connection.is_done_at_once(begin_late):
                await connection.do(begin_late)
            assert connection.in_transaction
            connection.rollback()
        connection.close()
