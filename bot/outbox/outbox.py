"""The outbox of one bot: while it holds the lane, it claims, paces, sends and records."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from time import monotonic

import structlog

from bot.delivery import CrosspostOutcome, Delivered, Outcome, RetryAfter, Unreachable
from bot.outbox.filling import Filling
from bot.outbox.lane import Lane, Sleep
from bot.outbox.parcels import Crosspost, Packing, Parcel, Task
from bot.outbox.recording import Recording, until_done
from bot.outbox.sender import SEND_TIMEOUT_SECONDS, Sender
from bot.outbox.settling import Settling
from bot.outbox.sorting import Sorting
from bot.pacing.pacer import Pacer, pacer_for
from bot.store.database import LOST, within
from bot.store.store import Store

log = structlog.get_logger("bot.outbox")

POLL_SECONDS = 0.4
"""Between two looks for what other processes published, and for what has become due."""

SAFETY_SECONDS = 1.0
"""How much longer than a send may take the lane must still be ours when it starts."""

DRAIN_SECONDS = SEND_TIMEOUT_SECONDS - 0.5
"""How long a stop waits for what is under way; PaaSes kill ten seconds after SIGTERM."""

LATE_SECONDS = 0.3
"""How long what is called off then may take to end."""

FREE_SECONDS = 30.0
"""How long it may take to free what was claimed before."""

REST_SECONDS = 1.1
"""How long the lane rests between two senders: the limits hold in any second, and the second does not know of the first."""


@dataclass(slots=True)
class Outbox:
    """Sends what is due through one sender.

    Attributes:
        holder: this process, unlike any other that is or was.
        on_outcome: told each outcome, for the metrics.
    """

    store: Store
    sender: Sender
    holder: str
    clock: Callable[[], float] = monotonic
    sleep: Sleep = asyncio.sleep
    on_outcome: Callable[[Outcome], None] = lambda outcome: None
    _pacer: Pacer[Task] = field(init=False)
    _lane: Lane = field(init=False)
    _filling: Filling = field(init=False)
    _settling: Settling = field(init=False)
    _sends: set[asyncio.Task[None]] = field(default_factory=set)
    _fill: asyncio.Task[None] | None = None
    _wake: asyncio.Event = field(default_factory=asyncio.Event)
    _next_look: float = float("-inf")
    _is_unsure: bool = False
    _is_stopping: bool = False

    def __post_init__(self) -> None:
        packing, recording = Packing(), Recording(self.store.records, self.holder, self.clock, self.sleep)
        pacer: Pacer[Task] = pacer_for(self.sender.limits)
        lane = Lane(self.store.leases, self.sender.lane, self.holder, self.clock, self.sleep, REST_SECONDS)
        sorting = Sorting(self.store, packing)
        self._pacer, self._lane = pacer, lane
        self._filling = Filling(self.store, self.sender.platform, lane, pacer, sorting, recording, self.clock)
        self._settling = Settling(self.store, pacer, packing, recording, lane.moment, self.sleep)

    @property
    def holds_lane(self) -> bool:
        """Whether this process is the one that sends."""
        return self._lane.seconds_left() > 0

    def nudge(self) -> None:
        """Something was published: look at once."""
        self._next_look = float("-inf")
        self._wake.set()

    async def run(self) -> None:
        """Stands by for the lane, works while it is ours, for ever.

        Cancelled, it finishes what is under way, gives back the rest and frees the lane.
        """
        while True:
            try:
                await self._lane.hold()
                log.info("sends", lane=self.sender.lane)
                await self._work()
                await self._finish()
            finally:
                await self._stop()
            log.warning("sends no more", lane=self.sender.lane)

    async def _work(self) -> None:
        """Returns when the lane is lost, or when it is not known any more what we have claimed."""
        keeping = asyncio.create_task(self._lane.keep())
        self._is_unsure = self._is_stopping = False
        try:
            await until_done(lambda: within(FREE_SECONDS, self._free_left_over()), self.sleep)
            while not keeping.done() and not self._is_unsure:
                self._wake.clear()
                self._start_ready()
                self._fill_if_low()
                await self._pause()
            if keeping.done():
                keeping.result()
        finally:
            keeping.cancel()
            await asyncio.gather(keeping, return_exceptions=True)

    async def _finish(self) -> None:
        """What stands in a chat is in the ledger, however long the database is away, before anything is claimed anew."""
        while tasks := self._under_way():
            await asyncio.wait(tasks)

    def _under_way(self) -> Sequence[asyncio.Task[None]]:
        return [*self._sends, *([self._fill] if self._fill and not self._fill.done() else [])]

    async def _free_left_over(self) -> None:
        """What a process that died had claimed is due again, and what we had in an earlier turn."""
        await self.store.claims.free(self.holder)
        await self.store.claims.free_orphans(self.sender.platform)

    def _start_ready(self) -> None:
        while self._may_start() and self._pacer.next_moment(now := self.clock()) <= now:
            chat_id, due = self._pacer.start(now)
            task = asyncio.create_task(self._deliver(chat_id, due))
            self._sends.add(task)
            task.add_done_callback(self._finished)

    def _may_start(self) -> bool:
        """A send must be over well before the lane can be another's."""
        return len(self._sends) < self.sender.limits.in_flight and self._has_time()

    def _has_time(self) -> bool:
        return self._lane.seconds_left() > SEND_TIMEOUT_SECONDS + SAFETY_SECONDS

    async def _pause(self) -> None:
        """Until something happens, a chat may get its message, or it is time to look again."""
        now = self.clock()
        moment = self._pacer.next_moment(now) if self._may_start() else float("inf")
        look = self._next_look if self._may_look() else float("inf")
        with suppress(TimeoutError):
            async with asyncio.timeout(max(0.0, min(moment - now, look - now, POLL_SECONDS))):
                await self._wake.wait()

    def _may_look(self) -> bool:
        return (self._fill is None or self._fill.done()) and self._filling.is_low()

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._sends.discard(task)
        self._wake.set()
        if not task.cancelled() and task.exception():
            log.error("a delivery failed", exc_info=task.exception())

    async def _deliver(self, chat_id: int, due: Task) -> None:
        """One attempt, from looking whether it is still wanted to the ledger; only then may another take its place."""
        try:
            if await self._may_go(chat_id, due):
                await self._send(chat_id, due)
        except Exception as error:  # whatever is wrong with one delivery, the others go out
            log.exception("a delivery failed", lane=self.sender.lane)
            await self._settling.note_fault(due, _fault(error))
        finally:
            self._filling.forget(due)
            self._pacer.settled(chat_id)

    async def _may_go(self, chat_id: int, due: Task) -> bool:
        """Whether the request starts, in this very turn of the loop."""
        if not await self._filling.may_go(due):
            return False
        if self._is_stopping or not self._has_time():
            self._pacer.put(chat_id, due, first=True)
            return False
        return True

    async def _send(self, chat_id: int, due: Task) -> None:
        self._pacer.leaves(chat_id, self.clock())
        if isinstance(due, Crosspost):
            published = await self._attempt_crosspost(due)
            self._answered(chat_id, due, published)
            await self._settling.settle_crosspost(due, published)
        else:
            outcome = await self._attempt(due)
            self._answered(chat_id, due, outcome)
            self.on_outcome(outcome)
            await self._settling.settle(due, outcome)
            if isinstance(outcome, Delivered):
                self._lane.note_delivery()

    def _answered(self, chat_id: int, due: Task, outcome: Outcome) -> None:
        refusal = outcome if isinstance(outcome, RetryAfter) else None
        self._pacer.answered(chat_id, due.is_group, self.clock(), refusal)
        self._wake.set()

    async def _attempt_crosspost(self, crosspost: Crosspost) -> CrosspostOutcome:
        try:
            return await self.sender.crosspost(crosspost.address, crosspost.message_id)
        except Exception as error:
            log.exception("a sender raised what it should have told", lane=self.sender.lane)
            return _fault(error)

    async def _attempt(self, parcel: Parcel) -> Outcome:
        try:
            if parcel.delivery.message_id is None:
                return await self.sender.send(parcel.address, parcel.message)
            return await self.sender.edit(parcel.address, parcel.delivery.message_id, parcel.message)
        except Exception as error:
            log.exception("a sender raised what it should have told", lane=self.sender.lane)
            return _fault(error)

    def _fill_if_low(self) -> None:
        if self._may_look() and self.clock() >= self._next_look:
            if self._fill is not None:
                self._fill.result()  # a fault of ours: the outbox ends by it, and starts again
            self._fill = asyncio.create_task(self._look())

    async def _look(self) -> None:
        self._next_look = self.clock() + POLL_SECONDS
        try:
            if await self._filling.fill():
                self._next_look = float("-inf")
        except LOST as failure:
            log.warning("the database does not answer", failure=type(failure).__name__)
            self._is_unsure = True  # the last claim may have been made or not
        self._wake.set()

    async def _stop(self) -> None:
        """Finishes what is under way, gives back what is not, frees the lane."""
        self._is_stopping = True
        ends = self.clock() + DRAIN_SECONDS + SAFETY_SECONDS
        if tasks := self._under_way():
            _, late = await asyncio.wait(tasks, timeout=DRAIN_SECONDS)
            for task in late:
                task.cancel()
            if late:
                await asyncio.wait(late, timeout=LATE_SECONDS)
        self._pacer.take_all()
        with suppress(*LOST):
            await within(ends - self.clock(), self._give_back())

    async def _give_back(self) -> None:
        await self.store.claims.free(self.holder)
        await self._lane.release()


def _fault(error: Exception) -> Unreachable:
    return Unreachable(f"{type(error).__name__}, see the log", is_fault=True)
