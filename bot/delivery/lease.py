"""Work that one process alone may do, of those that share a database: polling, a gateway."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass, field
from time import monotonic
from typing import Any, TypeVar

import structlog

from bot.db.engine import LOST
from bot.db.leases import LEASE_SECONDS, Leases, Sight
from bot.delivery.sender import SEND_TIMEOUT_SECONDS

log = structlog.get_logger("bot.delivery")


LOOK_SECONDS = 1.0
"""Between two looks of one that stands by."""


RENEW_SECONDS = 1.5
"""Between two renewals."""


WATCH_SECONDS = 2.5
"""A lease that has ended is taken only after no renewal was seen for so long: a clock set forward ends none too soon."""


SET_BACK_SECONDS = 5.0
"""From which step on a clock counts as set back."""


Sleep = Callable[[float], Awaitable[None]]


Result = TypeVar("Result")


@dataclass(slots=True)
class _Watch:
    """How long the lease has been seen unchanged."""

    beat: int | None = None
    since: float = 0.0

    def unchanged(self, sight: Sight, now: float) -> float:
        if sight.beat != self.beat:
            self.beat, self.since = sight.beat, now
        return now - self.since


@dataclass(slots=True)
class Lane:
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
    _is_lost: bool = False
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
        while not await uninterrupted(self._try()):
            await self.sleep(LOOK_SECONDS)

    async def keep(self) -> None:
        """Renews until somebody else has it; a database that is away is waited for."""
        while True:
            await self.sleep(RENEW_SECONDS)
            if not await uninterrupted(self._renew()):
                return

    async def release(self) -> None:
        """Gives it up."""
        self._valid_until = float("-inf")
        await self.leases.release(self.name, self.holder, self.rest)

    async def _try(self) -> bool:
        asked = self.clock()
        try:
            sight = await self.leases.look(self.name)
            if not self._takeable(sight) or not await self.leases.take(self.name, self.holder, sight):
                return False
        except LOST as failure:
            self._note_lost(failure)
            return False
        self._valid_until = asked + LEASE_SECONDS
        return await self._renew()

    def _takeable(self, sight: Sight) -> bool:
        unchanged = self._watch.unchanged(sight, self.clock())
        watched = 0.0 if sight.holder is None else WATCH_SECONDS
        return (sight.left <= 0 and unchanged >= watched) or unchanged > LEASE_SECONDS

    async def _renew(self) -> bool:
        asked = self.clock()
        delivered, self._has_delivered = self._has_delivered, False
        try:
            async with asyncio.timeout(LEASE_SECONDS):
                moment = await self.leases.renew(self.name, self.holder, delivered=delivered)
        except LOST as failure:
            self._has_delivered |= delivered
            self._note_lost(failure)
            return True
        self._is_lost = False
        if moment is None:
            self._valid_until = float("-inf")
            return False
        self._valid_until = asked + LEASE_SECONDS
        self._note_clock(moment, asked)
        return True

    def _note_lost(self, failure: BaseException) -> None:
        """Said once, not with every look."""
        if not self._is_lost:
            log.warning("the database does not answer", lane=self.name, failure=type(failure).__name__)
        self._is_lost = True

    def _note_clock(self, moment: float, asked: float) -> None:
        ahead = moment - asked
        if self._ahead and ahead < self._ahead - SET_BACK_SECONDS:
            self._set_back = self.clock() + self._ahead
            log.warning("the database's clock was set back", seconds=round(self._ahead - ahead))
        self._ahead = ahead


async def uninterrupted(statements: Coroutine[Any, Any, Result]) -> Result:
    """Lets statements end before a cancellation goes on: one that is cancelled half-way costs its connection."""
    task = asyncio.create_task(statements)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait([task])
        raise


RELEASE_SECONDS = 1.0
"""How long a stop may wait for the database to learn that the lane is free."""


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
            log.warning("works no more: another process does", lane=lane)

    async def _worked(self, held: Lane, work: Work) -> bool:
        """Whether the work ended by itself; False where the lane was lost."""
        working, keeping = asyncio.ensure_future(work()), asyncio.create_task(held.keep())
        try:
            await asyncio.wait((working, keeping), return_when=asyncio.FIRST_COMPLETED)
            if working.done():
                working.result()
            else:
                keeping.result()
            return working.done()
        finally:
            working.cancel()
            keeping.cancel()
            await asyncio.wait((working, keeping), timeout=SEND_TIMEOUT_SECONDS)
            with suppress(*LOST):
                async with asyncio.timeout(RELEASE_SECONDS):
                    await held.release()
