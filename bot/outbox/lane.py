"""Holding a lane: standing by for its lease, keeping it, knowing at every moment whether it is still ours."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

import structlog

from bot.store.database import LOST, within
from bot.store.leases import LEASE_SECONDS, Leases, Sight

log = structlog.get_logger("bot.outbox")

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
        except LOST as failure:
            self.leases.outage.failed(failure, self.clock())
            return None

    async def _take(self) -> bool:
        sight = await self.leases.look(self.name)
        ours = sight.holder == self.holder
        if not ours and self._takeable(sight):
            ours = await self.leases.take(self.name, self.holder, sight)
        return ours and await self._renew()

    def _takeable(self, sight: Sight) -> bool:
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
