"""Recording: what became of deliveries, written in as few transactions as there is time for."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TypeVar

import structlog

from bot.outbox.lane import Sleep
from bot.store.database import LOST
from bot.store.records import Record, Records

log = structlog.get_logger("bot.outbox")

FIRST_PAUSE_SECONDS = 0.2
LONGEST_PAUSE_SECONDS = 1.0
"""Shorter than another process watches a lease before it takes it: what was sent is in the ledger before that claims anew."""

APART_SECONDS = 0.004
"""Between the starts of two transactions, which cost as much as several records in one."""

Result = TypeVar("Result")


async def until_done(action: Callable[[], Awaitable[Result]], sleep: Sleep) -> Result:
    """Tries until the database does it: one that is away, locked or full is waited for, and nothing is forgotten."""
    pause = FIRST_PAUSE_SECONDS
    while True:
        try:
            return await action()
        except LOST as failure:
            log.warning("the database does not answer", failure=str(failure).splitlines()[0][:200])
        await sleep(pause)
        pause = min(LONGEST_PAUSE_SECONDS, pause * 2)


@dataclass(slots=True)
class Recording:
    """One transaction after the other, each for all who have come since the last began."""

    records: Records
    holder: str
    clock: Callable[[], float]
    sleep: Sleep
    _waiting: list[tuple[Sequence[Record], asyncio.Future[None]]] = field(default_factory=list)
    _writing: asyncio.Task[None] | None = None

    async def write(self, records: Sequence[Record]) -> None:
        """Returns once they are in the ledger."""
        done = asyncio.get_running_loop().create_future()
        self._waiting.append((records, done))
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write_all())
        await done

    async def _write_all(self) -> None:
        while self._waiting:
            began = self.clock()
            await self._write_waiting()
            if (rest := began + APART_SECONDS - self.clock()) > 0:
                await self.sleep(rest)

    async def _write_waiting(self) -> None:
        batch, self._waiting = self._waiting, []
        together = [record for records, _ in batch for record in records]
        try:
            await until_done(partial(self.records.write, self.holder, together), self.sleep)
        except Exception as error:
            for done in _open(batch):
                done.set_exception(error)
        except BaseException:
            for done in _open(batch + self._waiting):
                done.cancel()
            raise
        else:
            for done in _open(batch):
                done.set_result(None)


def _open(batch: Sequence[tuple[Sequence[Record], asyncio.Future[None]]]) -> list[asyncio.Future[None]]:
    """Those who still wait."""
    return [done for _, done in batch if not done.done()]
