"""Recording: what became of deliveries, written in as few transactions as there is time for."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Generic, TypeVar

import structlog

from bot.outbox.lane import Sleep
from bot.store.database import LOST
from bot.store.records import Failed, Record, Records

log = structlog.get_logger("bot.outbox")

FIRST_PAUSE_SECONDS = 0.2
LONGEST_PAUSE_SECONDS = 1.0
"""Shorter than another process watches a lease before it takes it: what was sent is in the ledger before that claims anew."""

APART_SECONDS = 0.004
"""Between the starts of two transactions, which cost as much as several records in one."""

Item = TypeVar("Item")
Result = TypeVar("Result")


async def until_done(action: Callable[[], Awaitable[Result]], sleep: Sleep) -> Result:
    """Tries until the database does it: one that is away, locked or full is waited for, and nothing is forgotten.

    That it is away is said by those who hold leases (:class:`~bot.store.leases.Outage`).
    """
    pause = FIRST_PAUSE_SECONDS
    while True:
        with suppress(*LOST):
            return await action()
        await sleep(pause)
        pause = min(LONGEST_PAUSE_SECONDS, pause * 2)


Waiting = Sequence[tuple[Item, asyncio.Future[Result]]]
"""What each asks for, and where its answer goes."""


@dataclass(slots=True)
class Together(Generic[Item, Result]):
    """Asks the database one thing after the other, each for all who have come since the last began.

    ``act`` answers those who wait; who has no answer when it returns or raises gets what it raised, or a cancellation.
    """

    act: Callable[[Waiting[Item, Result]], Awaitable[None]]
    clock: Callable[[], float]
    sleep: Sleep
    _waiting: list[tuple[Item, asyncio.Future[Result]]] = field(default_factory=list)
    _acting: asyncio.Task[None] | None = None

    async def ask(self, item: Item) -> Result:
        """The answer."""
        answer: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, answer))
        if self._acting is None or self._acting.done():
            self._acting = asyncio.create_task(self._act_for_all())
        return await answer

    async def _act_for_all(self) -> None:
        while self._waiting:
            began = self.clock()
            await self._act_for_waiting()
            if (rest := began + APART_SECONDS - self.clock()) > 0:
                await self.sleep(rest)

    async def _act_for_waiting(self) -> None:
        batch, self._waiting = self._waiting, []
        try:
            await self.act(batch)
        except Exception as error:
            for answer in _open(batch):
                answer.set_exception(error)
        except BaseException:
            for answer in _open(batch + self._waiting):
                answer.cancel()
            raise


def _open(batch: Waiting[Any, Result]) -> list["asyncio.Future[Result]"]:
    """Those who still wait."""
    return [answer for _, answer in batch if not answer.done()]


@dataclass(slots=True)
class Recording:
    """Writes what became of deliveries, many in a transaction."""

    records: Records
    holder: str
    clock: Callable[[], float]
    sleep: Sleep
    _together: Together[Sequence[Record], None] = field(init=False)

    def __post_init__(self) -> None:
        self._together = Together(self._write_all, self.clock, self.sleep)

    async def write(self, records: Sequence[Record]) -> None:
        """Returns once they are in the ledger."""
        await self._together.ask(records)

    async def _write_all(self, batch: Waiting[Sequence[Record], None]) -> None:
        """Where the database refuses one of the records, they are written one by one, and that one ends as failed."""
        together = [record for records, _ in batch for record in records]
        try:
            await self._write(together)
        except Exception:  # whatever is wrong with one record, the others are written
            log.exception("a record is refused: they are written one by one", number=len(together))
            for each in batch:
                await self._write_apart(*each)
        else:
            for answer in _open(batch):
                answer.set_result(None)

    async def _write_apart(self, records: Sequence[Record], answer: asyncio.Future[None]) -> None:
        try:
            for record in records:
                await self._write_one(record)
        except Exception as error:
            if not answer.done():
                answer.set_exception(error)
        else:
            if not answer.done():
                answer.set_result(None)

    async def _write_one(self, record: Record) -> None:
        try:
            await self._write([record])
        except Exception as error:
            log.exception("a delivery cannot be recorded", row=record.id)
            await self._write([Failed(record.id, f"cannot be recorded: {type(error).__name__}, see the log")])

    async def _write(self, records: Sequence[Record]) -> None:
        await until_done(partial(self.records.write, self.holder, records), self.sleep)
