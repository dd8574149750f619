"""What is asked of the ledger again and again is answered by an index, however much is held back or long done."""

import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import pytest
from sqlalchemy import Engine, event, select, text

from bot.db.delivery_reports import read_gauges
from bot.db.store import Store, open_store
from tests.audiences import subscribe_all
from tests.databases import PostgreSQL

pytestmark = pytest.mark.slow

HELD, DONE, DUE = 20_000, 20_000, 50

Asked = list[tuple[str, Any]]


@contextmanager
def asked() -> Iterator[Asked]:
    """The statements about deliveries that are executed in the block, with their values."""
    found: Asked = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if "deliveries" in statement and not statement.startswith("EXPLAIN"):
            found.append((statement, parameters))

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        event.remove(Engine, "before_cursor_execute", note)


@pytest.fixture
async def store(database_url: str) -> AsyncIterator[Store]:
    """Opened, and filled."""
    async with filled(database_url) as opened:
        yield opened


@asynccontextmanager
async def filled(database_url: str) -> AsyncIterator[Store]:
    """Many rows that are held until tomorrow, many that are done, a few that are due; by the database's own clock."""
    async with open_store(database_url) as opened:
        await subscribe_all(opened, range(1, HELD + DONE + DUE + 1))
        async with opened.database.write() as connection:
            bulletin = "INSERT INTO bulletins (id, revision, state, day, topics, urgent, changed) VALUES ('a', 1, 'published', '2026-11-23', '[]', false, 0)"
            await connection.execute(text(bulletin))
            moment = (await connection.execute(select(opened.database.now))).scalar_one()
            rows = text(
                "INSERT INTO deliveries (bulletin_id, reader_id, platform, state, due, wanted, created, sent) "
                "SELECT 'a', id, 'telegram',"
                " CASE WHEN id % 2 = 0 THEN 'delivered' ELSE 'due' END,"
                " CASE WHEN id <= :due THEN :now - id ELSE :now + 86400 END, 1, :now,"
                " CASE WHEN id % 2 = 0 THEN :now END FROM readers"
            )
            await connection.execute(rows, {"now": moment, "due": 2 * DUE})
        async with opened.database.write() as connection:
            await connection.execute(text("ANALYZE"))
        await opened.leases.read("telegram:1")
        yield opened


async def plans(store: Store, statements: Asked, setting: str = "SELECT 1") -> list[str]:
    """How the database goes about each, after the setting."""
    explain = "EXPLAIN QUERY PLAN " if store.database.is_sqlite else "EXPLAIN "
    async with store.database.read() as connection:
        await connection.execute(text(setting))
        return [
            "\n".join(
                str(row[-1])
                for row in await connection.run_sync(
                    lambda plain, each=each: plain.exec_driver_sql(explain + each[0], each[1]).all()
                )
            )
            for each in statements
        ]


async def gauges(store: Store) -> None:
    found = await read_gauges(store.database)
    assert [(each.platform, each.due) for each in found.waiting] == [("telegram", DUE)]


async def waits(store: Store) -> None:
    assert await store.queue.has_due("telegram")


@pytest.mark.parametrize("act", [gauges, waits])
async def test_by_an_index(store: Store, act: Callable[[Store], Awaitable[None]]) -> None:
    """Which ends at what is due: what is held for tomorrow is not gone through, nor what was sent."""
    with asked() as statements:
        await act(store)
    assert statements
    for plan in await plans(store, statements):
        assert not re.search(r"^SCAN deliveries|Seq Scan on deliveries", plan, re.MULTILINE), plan
        by_due = re.findall(r"ix_deliveries_due.*(?:\n.*Index Cond.*)?", plan)
        assert all(re.search(r"due ?<", each) for each in by_due), plan


async def corrects(store: Store) -> None:
    async with store.database.write() as connection:
        await store.fan_out.correct(connection, "a", 2, None, await store.database.moment(connection))


async def retargets(store: Store) -> None:
    async with store.database.write() as connection:
        await store.fan_out.redirect(connection, "a", ["fare"], False, await store.database.moment(connection))


@pytest.mark.postgres
@pytest.mark.parametrize("act", [corrects, retargets])
async def test_each_delivery_finds_its_reader_by_the_key(
    postgresql: PostgreSQL, act: Callable[[Store], Awaitable[None]]
) -> None:
    """Where a hash of all readers is larger than work_mem, PostgreSQL would go through all of them for each delivery."""
    async with postgresql.database() as url, filled(url) as store:
        with asked() as statements:
            await act(store)
        small = "SET LOCAL work_mem = '64kB'"
        for plan in await plans(store, [each for each in statements if each[0].startswith("UPDATE")], small):
            assert "Materialize" not in plan, plan
