"""Work that one process alone may do, of those that share a database: polling, a gateway."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from time import monotonic

import structlog

from bot.outbox.lane import Lane, Sleep
from bot.outbox.sender import SEND_TIMEOUT_SECONDS
from bot.store.database import LOST, within
from bot.store.leases import Leases

log = structlog.get_logger("bot.outbox")

RELEASE_SECONDS = 1.0
"""How long a stop may wait for the database to learn that the lane is free."""

STOP_SECONDS = 3.0
"""How long before its lease ends the work is told to stop, where the database is away: a gateway takes its time to close."""

Work = Callable[[], Awaitable[None]]
Alone = Callable[[str, Work], Awaitable[None]]
"""Does the work of the lane of that name, by oneself: until it ends or raises, again and again where the lane is lost between."""


async def directly(_lane: str, work: Work) -> None:
    """Where nobody else could do it."""
    await work()


@dataclass(frozen=True, slots=True)
class Elected:
    """Stands by for the lane's lease, and works while it is ours. ``holder`` names this process."""

    leases: Leases
    holder: str
    clock: Callable[[], float] = monotonic
    sleep: Sleep = asyncio.sleep

    async def __call__(self, lane: str, work: Work) -> None:
        """As :data:`Alone`. Cancelled, it lets the work end and frees the lane."""
        held = Lane(self.leases, lane, self.holder, self.clock, self.sleep)
        while True:
            await held.hold()
            log.info("works", lane=lane)
            if await self._worked(held, work):
                return

    async def _worked(self, held: Lane, work: Work) -> bool:
        """Whether the work ended by itself; False where the lane was lost, or may be."""
        working, keeping = asyncio.ensure_future(work()), asyncio.create_task(held.keep(STOP_SECONDS))
        try:
            await asyncio.wait((working, keeping), return_when=asyncio.FIRST_COMPLETED)
            if working.done():
                working.result()
            else:
                why = (
                    "another process does" if keeping.result() else "the database is away, and another process may work"
                )
                log.warning(f"works no more: {why}", lane=held.name)
            return working.done()
        finally:
            working.cancel()
            keeping.cancel()
            await asyncio.wait((working, keeping), timeout=SEND_TIMEOUT_SECONDS)
            with suppress(*LOST):
                await within(RELEASE_SECONDS, held.release())
