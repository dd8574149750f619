"""Writes outcomes to the ledger: many in one transaction, repeated while the database is away."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Any, Generic, TypeVar

import structlog
from sqlalchemy.exc import SQLAlchemyError

from bot.db.delivery_queue import DeliveryQueue, Failed, Record
from bot.db.engine import DATABASE_AWAY, Sleep
from bot.delivery.outcomes import backoff

log = structlog.get_logger("bot.delivery")

FIRST_PAUSE_SECONDS = 0.2

LONGEST_PAUSE_SECONDS = 1.0
"""Shorter than :data:`~bot.delivery.leader_election.WATCH_SECONDS`, so that a sent message is recorded before another process takes
the lease and claims its delivery."""

BATCH_SECONDS = 0.004
"""The least time between the starts of two batches. Starting a transaction costs as much as writing several records."""

REFUSED = (SQLAlchemyError, UnicodeEncodeError)
"""Errors that mean that the database refuses a value. UnicodeEncodeError: SQLite's driver, for half of a surrogate pair in a message's id."""

Item = TypeVar("Item")

Result = TypeVar("Result")


async def until_database_answers(action: Callable[[], Awaitable[Result]], sleep: Sleep) -> Result:
    """Repeats the action while the database is away, locked or full. Others log the outage (:class:`~bot.db.outage.Outage`)."""
    attempts = 0
    while True:
        with suppress(*DATABASE_AWAY):
            return await action()
        await sleep(backoff(attempts, FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS))
        attempts += 1


Requests = Sequence[tuple[Item, asyncio.Future[Result]]]
"""The items of a batch, each with the future for its result."""


class Batcher(Generic[Item, Result]):
    """Collects items while a batch is processed, and processes them as the next batch.

    ``process`` sets the result of each future. If it raises, the futures without a result get the exception.
    """

    def __init__(
        self, process: Callable[[Requests[Item, Result]], Awaitable[None]], clock: Callable[[], float], sleep: Sleep
    ) -> None:
        self._process, self._clock, self._sleep = process, clock, sleep
        self._waiting: list[tuple[Item, asyncio.Future[Result]]] = []
        self._running: asyncio.Task[None] | None = None

    async def submit(self, item: Item) -> Result:
        """Adds the item to the next batch. Returns its result once the batch was processed."""
        result: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, result))
        if self._running is None or self._running.done():
            self._running = asyncio.create_task(self._run())
        return await result

    async def _run(self) -> None:
        while self._waiting:
            began = self._clock()
            batch, self._waiting = self._waiting, []
            try:
                await self._process(batch)
            except Exception as error:
                for future in pending(batch):
                    future.set_exception(error)
            except BaseException:
                for future in pending(batch + self._waiting):
                    future.cancel()
                raise
            if (seconds := began + BATCH_SECONDS - self._clock()) > 0:
                await self._sleep(seconds)


def pending(batch: Requests[Any, Result]) -> list["asyncio.Future[Result]"]:
    """The futures without a result."""
    return [future for _, future in batch if not future.done()]


class RecordWriter:
    """Writes the records of claimed deliveries. ``holder`` is the process that claimed them."""

    def __init__(self, queue: DeliveryQueue, holder: str, clock: Callable[[], float], sleep: Sleep) -> None:
        self._queue, self._holder, self._sleep = queue, holder, sleep
        self._batcher: Batcher[Sequence[Record], frozenset[int]] = Batcher(self._write_batch, clock, sleep)

    async def write(self, records: Sequence[Record]) -> None:
        """Returns once the records are in the ledger."""
        while locked := await self._batcher.submit(records):
            records = [record for record in records if record.id in locked]
            await self._sleep(LONGEST_PAUSE_SECONDS / 4)

    async def _write_batch(self, batch: Requests[Sequence[Record], frozenset[int]]) -> None:
        """Writes all records in one transaction. If the database refuses one, each is written alone."""
        together, locked = [record for records, _ in batch for record in records], frozenset[int]()
        try:
            locked = await self._write(together)
        except REFUSED:
            log.exception("the database refuses a batch of records: each is written alone", number=len(together))
            for records, future in batch:
                try:
                    for record in records:
                        locked |= await self._write_alone(record)
                except REFUSED as error:
                    if not future.done():
                        future.set_exception(error)
        for records, future in batch:
            if not future.done():
                future.set_result(locked & {record.id for record in records})

    async def _write_alone(self, record: Record) -> frozenset[int]:
        try:
            return await self._write([record])
        except REFUSED as error:
            log.exception("a delivery cannot be recorded", row=record.id)
            return await self._write([Failed(record.id, f"cannot be recorded: {type(error).__name__}, see the log")])

    async def _write(self, records: Sequence[Record]) -> frozenset[int]:
        return await until_database_answers(lambda: self._queue.record(self._holder, records), self._sleep)
