"""Work that one process alone may do, of those that share a database: polling, a gateway."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

import structlog

from bot.db.engine import DATABASE_AWAY, within
from bot.db.leases import LEASE_SECONDS, Leases, LeaseState
from bot.delivery.sender import SEND_TIMEOUT_SECONDS

log = structlog.get_logger("bot.delivery")


LOOK_SECONDS = 1.0
"""Between two looks of one that stands by."""


RENEW_SECONDS = 1.5
"""Between two renewals."""


ATTEMPT_SECONDS = 3.0
"""How long a look or a renewal may take: a connection that is dead is given up, and another one may do."""


WATCH_SECONDS = 2.5
"""A lease that has ended is taken only after no renewal was seen for so long: a clock set forward ends none too soon."""


SET_BACK_SECONDS = 5.0
"""From which step on a clock counts as set back."""


Sleep = Callable[[float], Awaitable[None]]


@dataclass(slots=True)
class _Watch:
    """How long the lease has been seen unchanged."""

    beat: int | None = None
    since: float = 0.0

    def unchanged(self, sight: LeaseState, now: float) -> float:
        if sight.renewals != self.beat:
            self.beat, self.since = sight.renewals, now
        return now - self.since


@dataclass(slots=True)
class Lease:
    """A lane and who we are in it.

    Attributes:
        name: the sender's lane.
        holder: this process, unlike any other that is or was.
        clock: seconds that only go forward.
        rest: for how many seconds nobody may have it after we gave it up.
    """

    leases: Leases
    name: str
    holder: str
    clock: Callable[[], float]
    sleep: Sleep = asyncio.sleep
    rest: float = 0.0
    _valid_until: float = float("-inf")
    _ahead: float = 0.0
    _set_back: float | None = None
    _has_delivered: bool = False
    _watch: _Watch = field(default_factory=_Watch)

    def seconds_left(self) -> float:
        """For how long the lane is surely ours; negative where it is not."""
        return self._valid_until - self.clock()

    def moment(self) -> float:
        """The database's moment, as far as the last renewal tells."""
        return self.clock() + self._ahead

    def note_delivery(self) -> None:
        """Something was delivered, of which the lease tells with its next renewal."""
        self._has_delivered = True

    def set_back_from(self) -> float | None:
        """Where the database's clock was set back since this was asked last: from which moment."""
        moment, self._set_back = self._set_back, None
        return moment

    async def hold(self) -> None:
        """Returns once the lane is ours."""
        while not await self._attempt(self._take()):
            await self.sleep(LOOK_SECONDS)

    async def keep(self, margin: float = float("-inf")) -> bool:
        """Renews until somebody else has it, or it is surely ours for no more than ``margin`` seconds: the database is away.

        Without a margin that is waited for. Returns whether somebody else has it.
        """
        while (left := self.seconds_left() - margin) > 0:
            await self.sleep(min(RENEW_SECONDS, left))
            left = self.seconds_left() - margin
            if left > 0 and await self._attempt(self._renew(), left) is False:
                return True
        return False

    async def release(self) -> None:
        """Gives it up."""
        self._valid_until = float("-inf")
        await self.leases.release(self.name, self.holder, self.rest)

    async def _attempt(self, statements: Coroutine[Any, Any, bool], seconds: float = ATTEMPT_SECONDS) -> bool | None:
        """What came of it; None where the database is away."""
        try:
            return await within(min(seconds, ATTEMPT_SECONDS), statements)
        except DATABASE_AWAY as failure:
            self.leases.outage.failed(failure, self.clock())
            return None

    async def _take(self) -> bool:
        sight = await self.leases.read(self.name)
        ours = sight.holder == self.holder
        if not ours and self._takeable(sight):
            ours = await self.leases.take(self.name, self.holder, sight)
        return ours and await self._renew()

    def _takeable(self, sight: LeaseState) -> bool:
        unchanged = self._watch.unchanged(sight, self.clock())
        watched = 0.0 if sight.holder is None else WATCH_SECONDS
        return (sight.left <= 0 and unchanged >= watched) or unchanged > LEASE_SECONDS

    async def _renew(self) -> bool:
        asked, delivered = self.clock(), self._has_delivered
        moment = await self.leases.renew(self.name, self.holder, delivered=delivered)
        self.leases.outage.answered(self.clock())
        if moment is None:
            self._valid_until = float("-inf")
            return False
        self._has_delivered = False
        self._valid_until = asked + LEASE_SECONDS
        self._note_clock(moment, asked)
        return True

    def _note_clock(self, moment: float, asked: float) -> None:
        ahead = moment - asked
        if self._ahead and ahead < self._ahead - SET_BACK_SECONDS:
            self._set_back = self.clock() + self._ahead
            log.warning("the database's clock was set back", seconds=round(self._ahead - ahead))
        self._ahead = ahead


RELEASE_SECONDS = 1.0
"""How long a stop may wait for the database to learn that the lane is free."""


STOP_SECONDS = 3.0
"""How long before its lease ends the work is told to stop, where the database is away: a gateway takes its time to close."""


Work = Callable[[], Awaitable[None]]


RunAsLeader = Callable[[str, Work], Awaitable[None]]
"""Does the work of the lane of that name, by oneself: until it ends or raises, again and again where the lane is lost between."""


async def run_directly(_lane: str, work: Work) -> None:
    """Where nobody else could do it."""
    await work()


@dataclass(frozen=True, slots=True)
class LeaderElection:
    """Stands by for the lane's lease, and works while it is ours. ``holder`` names this process."""

    leases: Leases
    holder: str
    clock: Callable[[], float] = monotonic
    sleep: Sleep = asyncio.sleep

    async def __call__(self, lane: str, work: Work) -> None:
        """As :data:`RunAsLeader`. Cancelled, it lets the work end and frees the lane."""
        held = Lease(self.leases, lane, self.holder, self.clock, self.sleep)
        while True:
            await held.hold()
            log.info("works", lease=lane)
            if await self._worked(held, work):
                return

    async def _worked(self, held: Lease, work: Work) -> bool:
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
                log.warning(f"works no more: {why}", lease=held.name)
            return working.done()
        finally:
            working.cancel()
            keeping.cancel()
            await asyncio.wait((working, keeping), timeout=SEND_TIMEOUT_SECONDS)
            with suppress(*DATABASE_AWAY):
                await within(RELEASE_SECONDS, held.release())
