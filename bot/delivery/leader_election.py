"""Leader election: of all processes that share a database, one sends for a bot, polls, or keeps a gateway open."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from time import monotonic
from typing import Any

import structlog

from bot.db.engine import DATABASE_AWAY, Sleep, within
from bot.db.leases import LEASE_SECONDS, Leases, LeaseState
from bot.delivery.sender import SEND_TIMEOUT_SECONDS

log = structlog.get_logger("bot.delivery")

POLL_SECONDS = 1.0
"""Between two attempts to take the lease."""

RENEW_SECONDS = 1.5
"""Between two renewals."""

ATTEMPT_SECONDS = 3.0
"""Time limit of one attempt to take or renew the lease. A dead connection is given up then; another one may work."""

WATCH_SECONDS = RENEW_SECONDS + ATTEMPT_SECONDS + 0.5
"""An expired lease is taken only if no renewal was seen for this long while the database answered, so that neither a clock set forward
nor an outage ends it too early: its holder renews it within this time, even if one attempt gets no answer."""

RELEASE_SECONDS = 0.5
"""Time limit for releasing a lease at a stop."""

SET_BACK_SECONDS = 5.0
"""The database's clock counts as set back if it jumps by more than this."""


@dataclass(slots=True)
class Lease:
    """A lease, as this process knows it.

    Attributes:
        holder: the process id, which no other process has or had.
        clock: seconds that only go forward.
        pause_seconds: how long the lease cannot be taken after its release.
    """

    leases: Leases
    name: str
    holder: str
    clock: Callable[[], float]
    sleep: Sleep = asyncio.sleep
    pause_seconds: float = 0.0
    _valid_until: float = float("-inf")
    _clock_offset: float = 0.0
    _renewed_at: float = float("-inf")
    _set_back_from: float | None = None
    _has_delivered: bool = False
    _seen_renewals: int | None = None
    _unchanged_since: float = 0.0

    def seconds_left(self) -> float:
        """How long this process certainly holds the lease; 0 or negative: it may have lost it."""
        return self._valid_until - self.clock()

    def database_now(self) -> float:
        """The database's time, as of the last renewal, in seconds since 1970."""
        return self.clock() + self._clock_offset

    def note_delivery(self) -> None:
        """Records a delivery; the next renewal stores its time."""
        self._has_delivered = True

    def clock_set_back_from(self) -> float | None:
        """The moment from which the database's clock was set back since the last call; None: it was not set back."""
        moment, self._set_back_from = self._set_back_from, None
        return moment

    async def acquire(self) -> None:
        """Returns once this process holds the lease."""
        while not (is_taken := await self._attempt(self._take())):
            if is_taken is None:  # nobody could renew it either: the watch begins anew with the next answer
                self._seen_renewals = None
            await self.sleep(POLL_SECONDS)

    async def keep(self, margin: float = float("-inf")) -> bool:
        """Renews the lease until it is lost.

        Returns True if another process has it, and False once it is valid for ``margin`` seconds or less, which happens while
        the database is away. Without a margin it tries until the database answers.
        """
        while (left := self.seconds_left() - margin) > 0:
            await self.sleep(min(RENEW_SECONDS, left))
            left = self.seconds_left() - margin
            if left > 0 and await self._attempt(self._renew(), left) is False:
                return True
        return False

    @asynccontextmanager
    async def held(self, margin: float = float("-inf")) -> AsyncIterator[asyncio.Task[bool]]:
        """Runs the block while this process holds the lease, and releases the lease after it.

        Yields the task of :meth:`keep`. When the task is done the lease is lost, or may be lost, and the block has to end.
        """
        try:
            await self.acquire()
            log.info("took the lease", lease=self.name)
            keeping = asyncio.create_task(self.keep(margin))
            try:
                yield keeping
            finally:
                keeping.cancel()
                await asyncio.gather(keeping, return_exceptions=True)
        finally:  # also if a stop comes right after the lease was taken
            with suppress(*DATABASE_AWAY):
                await within(RELEASE_SECONDS, self.release())

    async def release(self) -> None:
        """Gives up the lease."""
        self._valid_until = float("-inf")
        await self.leases.release(self.name, self.holder, self.pause_seconds)

    async def _attempt(self, statements: Coroutine[Any, Any, bool], seconds: float = ATTEMPT_SECONDS) -> bool | None:
        """The result of the statements; None: the database is away."""
        try:
            return await within(min(seconds, ATTEMPT_SECONDS), statements)
        except DATABASE_AWAY as failure:
            self.leases.database.outage.failed(failure)
            return None

    async def _take(self) -> bool:
        state = await self.leases.read(self.name)
        is_ours = state.holder == self.holder
        if not is_ours and self._is_free(state):
            is_ours = await self.leases.take(self.name, self.holder, state)
        return is_ours and await self._renew()

    def _is_free(self, state: LeaseState) -> bool:
        """Whether the lease has expired, or was not renewed for the length of a lease, whatever the database's clock says."""
        now = self.clock()
        if state.renewals != self._seen_renewals:
            self._seen_renewals, self._unchanged_since = state.renewals, now
        unchanged = now - self._unchanged_since
        watched = 0.0 if state.holder is None else WATCH_SECONDS
        return (state.left <= 0 and unchanged >= watched) or unchanged > LEASE_SECONDS

    async def _renew(self) -> bool:
        asked, delivered = self.clock(), self._has_delivered
        moment = await self.leases.renew(self.name, self.holder, delivered=delivered)
        if moment is None:
            self._valid_until = float("-inf")
            return False
        self._has_delivered = False
        self._valid_until = asked + LEASE_SECONDS
        offset = moment - asked
        if self._clock_offset and offset < self._clock_offset - SET_BACK_SECONDS:
            # When is unknown. What this process postponed by the clock as it was, it postponed while it held the lease.
            self._set_back_from = min(self.clock(), self._renewed_at + LEASE_SECONDS) + self._clock_offset
            log.warning("the database's clock was set back", seconds=round(self._clock_offset - offset))
        self._clock_offset, self._renewed_at = offset, asked
        return True


STOP_SECONDS = 3.0
"""While the database is away, the work is stopped this long before the lease ends, because closing a gateway takes time."""

Work = Callable[[], Awaitable[None]]

RunAsLeader = Callable[[str, Work], Awaitable[None]]
"""Runs the work while this process holds the lease of that name; repeats it after each loss until the work ends or raises."""


@dataclass(frozen=True, slots=True)
class LeaderElection:
    """Waits for a lease and works while this process holds it. ``process`` is its id, which no other process has or had."""

    leases: Leases
    process: str
    clock: Callable[[], float] = monotonic
    sleep: Sleep = asyncio.sleep

    async def __call__(self, name: str, work: Work) -> None:
        """See :data:`RunAsLeader`. When cancelled, it waits for the end of the work and releases the lease."""
        # only one process uses the file: it need not wait for its predecessor's lease
        if self.leases.database.is_sqlite:
            return await work()
        lease = Lease(self.leases, name, self.process, self.clock, self.sleep)
        while True:
            async with lease.held(STOP_SECONDS) as keeping:
                working = asyncio.ensure_future(work())
                try:
                    await asyncio.wait((working, keeping), return_when=asyncio.FIRST_COMPLETED)
                    if working.done():
                        return working.result()
                    if keeping.result():
                        log.warning("lost the lease: another process holds it", lease=name)
                    else:
                        log.warning("gave up the lease: the database is away, so it cannot be renewed", lease=name)
                finally:
                    working.cancel()
                    await asyncio.wait((working,), timeout=SEND_TIMEOUT_SECONDS)
