"""What one PostgreSQL carries: fan-out, claims, gauges, sizes and a correction half-way, for readers by the million.

``python -m benchmarks.scale 1000000 10000000`` measures each number of readers in a database of its own and prints a line for each figure.
No bot runs: the statements are those of the bot, and nothing else uses the database. docs/scale.md says what follows from the figures.
"""

import asyncio
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import asyncpg
from sqlalchemy import text

from benchmarks.audience import database
from bot.db.bulletins import StoredText
from bot.db.delivery_queue import Done
from bot.db.delivery_reports import read_gauges
from bot.db.store import Store, open_store
from bot.db.subscriptions import columns_of
from bot.dossier.loader import load
from bot.newsroom.publisher import Newsroom
from bot.schedule import Subscription

LEASE, HOLDER = "telegram:1", "benchmark"
AT_ONCE = 400
"""Deliveries in one claim, as the worker keeps in memory at most."""
CLAIMS = 20
READERS_AT_ONCE = 500_000
"""Rows in one statement: those of ten millions would take longer than the bot allows a statement."""


@dataclass(slots=True)
class Figures:
    """The figures of one number of readers, printed as they come."""

    readers: int
    found: dict[str, str] = field(default_factory=dict)

    def add(self, name: str, value: str) -> None:
        """Notes a figure."""
        self.found[name] = value
        print(f"{self.readers:>10,}  {name:<46} {value}", flush=True)

    @asynccontextmanager
    async def timed(self, name: str) -> AsyncIterator[None]:
        """Notes how long the block takes."""
        began = time.monotonic()
        try:
            yield
        except Exception as error:
            self.add(name, f"{type(error).__name__} after {time.monotonic() - began:.1f} s: {error}")
            raise
        self.add(name, f"{time.monotonic() - began:.2f} s")


async def measure(url: str, readers: int) -> Figures:
    """The figures, taken one after the other."""
    figures = Figures(readers)
    async with open_store(url) as store:
        async with figures.timed("readers and subscriptions written"):
            await _subscribe(url, readers)
        await _fan_out(store, figures)
        await _sizes(store, figures)
        await _gauges(store, figures, "gauges, all of it due")
        await _claims(store, figures, "claimed and recorded a second, all of it due")
        async with figures.timed("half of it delivered (by one statement)"):
            await _deliver_half(url)
        await _gauges(store, figures, "gauges, half of it due")
        await _correction(store, figures)
        await _claims(store, figures, "claimed and recorded a second, after the correction")
        await _sizes(store, figures)
        async with figures.timed("VACUUM ANALYZE of the ledger"):
            await _execute(url, "VACUUM ANALYZE deliveries")
        await _claims(store, figures, "claimed and recorded a second, after VACUUM")
    return figures


async def _subscribe(url: str, readers: int) -> None:
    """Subscribed private chats of Telegram, all of them at once and for every topic."""
    columns = columns_of(Subscription())
    values = ", ".join(f"'{value}'" if isinstance(value, str) else str(value) for value in columns.values())
    for start in range(1, readers + 1, READERS_AT_ONCE):
        end = min(readers, start + READERS_AT_ONCE - 1)
        chats = f"SELECT 'telegram', CAST(i AS text), '0', 'private', 0 FROM generate_series({start}, {end}) i"
        await _execute(url, f"INSERT INTO readers (platform, chat, thread, kind, first_seen) {chats}")
    rows = f"SELECT id, {values}, 0 FROM readers"
    await _execute(url, f"INSERT INTO subscriptions (reader_id, {', '.join(columns)}, since) {rows}")
    await _execute(url, "VACUUM ANALYZE readers", "VACUUM ANALYZE subscriptions")


async def _fan_out(store: Store, figures: Figures) -> None:
    """A bulletin for everybody. The first deliveries are committed, and could be sent, before the others are written."""
    dossier = load(Path(__file__).parents[1] / "content", date(2026, 11, 28)).dossier
    assert dossier is not None
    columns = {"origin": "wire", "revision": 1, "state": "scheduled", "language": "en", "day": "2026-11-26"}
    async with store.database.write() as connection:
        now = await store.database.moment(connection)
        text_of_it = StoredText("en", "digest", "{}")
        rest = {"topics": [], "urgent": False, "not_before": now - 1}
        await store.bulletins.put(connection, "bench", columns | rest, [text_of_it], now)
    publishing = asyncio.create_task(Newsroom(store).publish_due(dossier))
    began = time.monotonic()
    while not await store.queue.has_due("telegram") and not publishing.done():  # noqa: ASYNC110  the database tells nobody
        await asyncio.sleep(0.01)
    figures.add("first deliveries can be claimed after", f"{time.monotonic() - began:.2f} s")
    async with figures.timed("all deliveries written after"):
        report = await publishing
    figures.add("deliveries", f"{sum(report.published.values()):,}")


async def _claims(store: Store, figures: Figures, name: str) -> None:
    """As the worker does, without sending: claim, check each before its send, record."""
    await _take_lease(store)
    began, done, slowest = time.monotonic(), 0, 0.0
    for _ in range(CLAIMS):
        before = time.monotonic()
        rows = await store.queue.claim("telegram", LEASE, HOLDER, AT_ONCE)
        slowest = max(slowest, time.monotonic() - before)
        await store.queue.record(HOLDER, [Done(row.id, str(row.id), row.wanted, "en") for row in rows])
        await store.leases.renew(LEASE, HOLDER)
        done += len(rows)
    seconds = time.monotonic() - began
    figures.add(name, f"{done / seconds:,.0f} (slowest claim of {AT_ONCE}: {slowest * 1000:.0f} ms)")


async def _take_lease(store: Store) -> None:
    if await store.leases.renew(LEASE, HOLDER) is None:
        assert await store.leases.take(LEASE, HOLDER, await store.leases.read(LEASE))


async def _gauges(store: Store, figures: Figures, name: str) -> None:
    """What /metrics and /readyz ask, at most every five seconds."""
    await _take_lease(store)
    async with figures.timed(name):
        await read_gauges(store.database)


async def _deliver_half(url: str) -> None:
    half = "SELECT id FROM deliveries WHERE state = 'due' ORDER BY id LIMIT (SELECT count(*) / 2 FROM deliveries)"
    sent = "state = 'delivered', message_id = id, shown = 1, language = 'en', sent = 0"
    await _execute(url, f"UPDATE deliveries SET {sent} WHERE id IN ({half})", "VACUUM ANALYZE deliveries")


async def _correction(store: Store, figures: Figures) -> None:
    """The second revision: half is due for an edit, the other half gets the new text. Claims go on meanwhile."""

    async def correct() -> None:
        async with store.database.write() as connection:
            now = await store.database.moment(connection)
            await store.fan_out.correct(connection, "bench", 2, None, now)

    correcting = asyncio.create_task(correct())
    await asyncio.sleep(0.5)
    before = time.monotonic()
    rows = await store.queue.claim("telegram", LEASE, HOLDER, AT_ONCE)
    waited = time.monotonic() - before
    async with figures.timed("correction half-way, written after 0.5 s and"):
        await correcting
    figures.add("a claim meanwhile", f"{len(rows)} deliveries in {waited:.2f} s")
    await store.queue.release("telegram", HOLDER)


async def _sizes(store: Store, figures: Figures) -> None:
    sizes = "SELECT pg_total_relation_size(CAST(:name AS regclass)), pg_relation_size(CAST(:name AS regclass))"
    async with store.database.read() as connection:
        for name in ("deliveries", "readers", "subscriptions"):
            whole, rows = (await connection.execute(text(sizes), {"name": name})).one()
            value = f"{whole / 1e9:.2f} GB, {whole / figures.readers:.0f} bytes a reader ({rows / 1e9:.2f} GB without indexes)"
            figures.add(f"size of {name}", value)


async def _execute(url: str, *statements: str) -> None:
    """Outside the bot's connections, which allow a statement two minutes."""
    connection = await asyncpg.connect(url)
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


def main() -> None:
    """Measures each number of readers that the command line names, one million if none."""
    for readers in map(int, sys.argv[1:] or ["1000000"]):
        with database("postgresql") as url:
            asyncio.run(measure(url, readers))


if __name__ == "__main__":
    main()
