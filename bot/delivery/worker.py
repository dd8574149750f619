"""An outbox beside the platform that it sends to: both run, and both end, together."""

import asyncio
import secrets
import socket
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from os import getpid
from time import monotonic
from typing import Any, Generic, Literal, TypeVar, assert_never

import structlog

from bot.db.engine import DATABASE_AWAY, within
from bot.db.queue import Crossposted, CurrentState, DeliveryQueue, Failed, Later, Record
from bot.db.store import Store
from bot.db.subscriptions import UNSUBSCRIBED
from bot.delivery.lease import LeaderElection, Lease, RunAsLeader, Sleep, run_directly
from bot.delivery.messages import Crosspost, Packing, Parcel, Sorting, Task
from bot.delivery.outcomes import (
    CrosspostOutcome,
    Delivered,
    Done,
    GiveUp,
    Move,
    Outcome,
    RetryAfter,
    RetryAt,
    SendAsReply,
    Unreachable,
    next_crosspost_step,
    next_step,
)
from bot.delivery.rate_limiter import RateLimiter, pacer_for
from bot.delivery.sender import SEND_TIMEOUT_SECONDS, Sender
from bot.reader import Address

log = structlog.get_logger("bot.delivery")


FIRST_PAUSE_SECONDS = 0.2


LONGEST_PAUSE_SECONDS = 1.0
"""Shorter than another process watches a lease before it takes it: what was sent is in the ledger before that claims anew."""


APART_SECONDS = 0.004
"""Between the starts of two transactions, which cost as much as several records in one."""


Item = TypeVar("Item")


Result = TypeVar("Result")


async def until_done(action: Callable[[], Awaitable[Result]], sleep: Sleep) -> Result:
    """Tries until the database does it: one that is away, locked or full is waited for, and nothing is forgotten.

    That it is away is said by those who hold leases (:class:`~bot.db.leases.Outage`).
    """
    pause = FIRST_PAUSE_SECONDS
    while True:
        with suppress(*DATABASE_AWAY):
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

    records: DeliveryQueue
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
        await until_done(partial(self.records.record, self.holder, records), self.sleep)


IN_HAND = 400
"""Deliveries claimed at once; more are claimed when half of them are sent."""


ORPHANS_SECONDS = 30.0
"""Between two looks for what dead processes have claimed: a transaction of theirs can end after we took over."""


HELD_SECONDS = 3.0
"""A chat that is held for longer gives its claims back, to be claimed again when it is free."""


@dataclass(slots=True)
class Filling:
    """Keeps the pacer supplied, for one platform, and says right before each send whether it is still wanted.

    Whatever changes what a delivery is, or whether there is one, takes it from us in the ledger
    (:data:`~bot.db.schema.UNSENT`), or wants another revision of its bulletin; both are seen there.
    """

    store: Store
    platform: str
    lane: Lease
    rate_limiter: RateLimiter[Task]
    sorting: Sorting
    recording: Recording
    clock: Callable[[], float]
    _looking: Together[Sequence[int], Mapping[int, CurrentState]] = field(init=False)
    _next_orphans: float = float("-inf")
    _latest: dict[int, Task] = field(default_factory=dict)
    """Row → what was made of it last: a row that was taken from us may be claimed again while what was made of it before
    is still in the pacer. Rows that are missing have nothing older there."""

    def __post_init__(self) -> None:
        self._looking = Together(self._look, self.clock, self.lane.sleep)

    def is_low(self) -> bool:
        """Whether little is left that can go soon."""
        now = self.clock()
        return len(self.rate_limiter) <= IN_HAND // 2 or self.rate_limiter.next_moment(now) > now + HELD_SECONDS

    async def fill(self) -> bool:
        """Claims more; returns whether there was any."""
        await self._give_back_held()
        await self._make_up_for_clock()
        await self._free_orphans()
        queue, limit = self.store.queue, IN_HAND - len(self.rate_limiter)
        if limit <= 0 or not await queue.has_due(self.platform):
            return False
        rows = await queue.claim(self.platform, self.lane.name, self.lane.holder, limit)
        found = await until_done(lambda: self.sorting.sort(rows, self.lane.moment()), self.lane.sleep)
        if not self.rate_limiter:
            self._latest.clear()
        for due in found.parcels:
            self._latest |= dict.fromkeys(due.rows, due)
            self.rate_limiter.put(due.address.chat_id, due)
        if found.records:
            await self.recording.write(found.records)
        return bool(rows)

    async def may_go(self, due: Task) -> bool:
        """Whether it is wanted as it is, at this moment; if not, it is given back, to be claimed as it is by then."""
        if any(self._latest.get(row, due) is not due for row in due.rows):
            return False
        parcel = due if isinstance(due, Parcel) else None
        if parcel and (rests := parcel.rests(self.lane.moment())) > 0:
            return await self._give_back(due, rests)
        now = await self._looking.ask(due.rows)
        if not all(row in now and now[row].wanted == revision for row, revision in due.revisions):
            return await self._give_back(due)
        if parcel and parcel.for_subscribers and not all(now[row].subscribed for row in due.rows):
            if parcel.message.reply_to is None:
                return await self._give_back(due)
            await self.recording.write([Failed(row, UNSUBSCRIBED) for row in due.rows])
            return False
        return True

    def forget(self, due: Task) -> None:
        """It is over with it, or goes on as another message."""
        for row in due.rows:
            if self._latest.get(row) is due:
                del self._latest[row]

    async def _give_back(self, due: Task, seconds: float = 0.0) -> Literal[False]:
        await self.recording.write([Later(row, seconds, due.delivery.attempts) for row in due.rows])
        return False

    async def _look(self, batch: Waiting[Sequence[int], Mapping[int, CurrentState]]) -> None:
        """Answers before the connection is given back, so that no time goes by between the look and the request."""
        rows = [row for rows, _ in batch for row in rows]

        async def look() -> None:
            async with self.store.queue.checked(self.lane.holder, rows) as found:
                for _, answer in batch:
                    if not answer.done():
                        answer.set_result(found)

        await until_done(look, self.lane.sleep)

    async def _give_back_held(self) -> None:
        now = self.clock()
        held = list(self.rate_limiter.take_back(now + HELD_SECONDS))
        records = [Later(row, ready - now, parcel.delivery.attempts) for ready, parcel in held for row in parcel.rows]
        if records:
            await self.recording.write(records)

    async def _free_orphans(self) -> None:
        if (now := self.clock()) >= self._next_orphans:
            self._next_orphans = now + ORPHANS_SECONDS
            await self.store.queue.release_orphans(self.platform)

    async def _make_up_for_clock(self) -> None:
        before = self.lane.set_back_from()
        if before is not None:
            await self.store.queue.adjust_to_clock(self.platform, before)


@dataclass(frozen=True, slots=True)
class Settling:
    """Carries out the step that follows from an outcome. ``moment`` tells the database's moment."""

    store: Store
    rate_limiter: RateLimiter[Task]
    packing: Packing
    recording: Recording
    moment: Callable[[], float]
    sleep: Sleep = asyncio.sleep

    async def settle(self, parcel: Parcel, outcome: Outcome) -> None:
        """Returns once it is in the ledger."""
        now = self.moment()
        match next_step(parcel.delivery, outcome, now):
            case Done(message_id, to_crosspost):
                await self.recording.write(parcel.done(message_id, to_crosspost))
                if parcel.notice:
                    await until_done(lambda: self.store.readers.clear_notice(parcel.reader_id), self.sleep)
                if parcel.was_suspended:
                    await self._restore(parcel.address)
            case RetryAt(moment, reason):
                await self._later(parcel, moment - now, reason)
            case SendAsReply(reply_to):
                self.rate_limiter.put(parcel.address.chat_id, self.packing.anew(parcel, reply_to), first=True)
            case Move() as move:
                await self._move(parcel, move)
            case GiveUp(reason, suspends):
                await self._give_up(parcel, reason, suspends)
            case step:
                assert_never(step)

    async def settle_crosspost(self, crosspost: Crosspost, outcome: CrosspostOutcome) -> None:
        """Returns once it is in the ledger. Nothing that becomes of a crosspost has the message sent again."""
        now = self.moment()
        match next_crosspost_step(crosspost.delivery, outcome, now):
            case Done():
                await self.recording.write([Crossposted(row) for row in crosspost.rows])
            case RetryAt(moment, reason):
                await self._later(crosspost, moment - now, reason)
            case GiveUp(reason):
                address = crosspost.address
                log.warning("not crossposted", platform=address.platform, chat=address.chat_id, reason=reason)
                await self.recording.write([Crossposted(row, reason) for row in crosspost.rows])
            case step:
                assert_never(step)

    async def note_fault(self, due: Task, fault: Unreachable) -> None:
        """An error of our own stopped it, before or after it was sent. Returns once it is in the ledger."""
        await (self.settle(due, fault) if isinstance(due, Parcel) else self.settle_crosspost(due, fault))

    async def _restore(self, address: Address) -> None:
        log.info("a chat takes messages again", platform=address.platform, chat=address.chat_id)
        await until_done(lambda: self.store.readers.restore(address.platform, address.chat_id), self.sleep)

    async def _later(self, parcel: Task, seconds: float, reason: str) -> None:
        attempts = parcel.delivery.attempts + 1
        await self.recording.write([Later(row, seconds, attempts, reason) for row in parcel.rows])

    async def _move(self, parcel: Parcel, move: Move) -> None:
        """The chat's messages are claimed anew, under the address that holds now."""
        log.info("a chat goes on elsewhere", chat=parcel.address.chat_id, now=move.address.chat_id, reason=move.reason)
        await until_done(lambda: self._readdress(parcel.address, move), self.sleep)
        for waiting in self.rate_limiter.take_all(parcel.address.chat_id):
            await self.recording.write([Later(row, 0.0, waiting.delivery.attempts) for row in waiting.rows])
        await self._later(parcel, 0.0, move.reason)

    async def _readdress(self, old: Address, move: Move) -> None:
        if move.loses_thread:
            await self.store.readers.fall_back(old, move.address)
        else:
            await self.store.readers.move(old.platform, old.chat_id, move.address.chat_id)

    async def _give_up(self, parcel: Parcel, reason: str, suspends: bool) -> None:
        address = parcel.address
        log.warning("not delivered", platform=address.platform, chat=address.chat_id, reason=reason)
        if suspends:
            self.rate_limiter.take_all(address.chat_id)
            await until_done(lambda: self.store.readers.suspend(address.platform, address.chat_id, reason), self.sleep)
        else:
            await self.recording.write([Failed(row, reason) for row in parcel.rows])


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
class DeliveryWorker:
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
    _pacer: RateLimiter[Task] = field(init=False)
    _lane: Lease = field(init=False)
    _filling: Filling = field(init=False)
    _settling: Settling = field(init=False)
    _sends: set[asyncio.Task[None]] = field(default_factory=set)
    _fill: asyncio.Task[None] | None = None
    _wake: asyncio.Event = field(default_factory=asyncio.Event)
    _next_look: float = float("-inf")
    _is_unsure: bool = False
    _is_stopping: bool = False

    def __post_init__(self) -> None:
        packing, recording = Packing(), Recording(self.store.queue, self.holder, self.clock, self.sleep)
        rate_limiter: RateLimiter[Task] = pacer_for(self.sender.limits)
        lane = Lease(self.store.leases, self.sender.lease_name, self.holder, self.clock, self.sleep, REST_SECONDS)
        sorting = Sorting(self.store, packing)
        self._pacer, self._lane = rate_limiter, lane
        self._filling = Filling(self.store, self.sender.platform, lane, rate_limiter, sorting, recording, self.clock)
        self._settling = Settling(self.store, rate_limiter, packing, recording, lane.moment, self.sleep)

    @property
    def is_leader(self) -> bool:
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
                log.info("sends", lease=self.sender.lease_name)
                await self._work()
                await self._finish()
            finally:
                await self._stop()
            log.warning("sends no more", lease=self.sender.lease_name)

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
        await self.store.queue.release(self.holder)
        await self.store.queue.release_orphans(self.sender.platform)

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
            log.exception("a delivery failed", lease=self.sender.lease_name)
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
            log.exception("a sender raised what it should have told", lease=self.sender.lease_name)
            return _fault(error)

    async def _attempt(self, parcel: Parcel) -> Outcome:
        try:
            if parcel.delivery.message_id is None:
                return await self.sender.send(parcel.address, parcel.message)
            return await self.sender.edit(parcel.address, parcel.delivery.message_id, parcel.message)
        except Exception as error:
            log.exception("a sender raised what it should have told", lease=self.sender.lease_name)
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
        except DATABASE_AWAY as failure:
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
        with suppress(*DATABASE_AWAY):
            await within(ends - self.clock(), self._give_back())

    async def _give_back(self) -> None:
        await self.store.queue.release(self.holder)
        await self._lane.release()


def _fault(error: Exception) -> Unreachable:
    return Unreachable(f"{type(error).__name__}, see the log", is_bug=True)


Part = Coroutine[Any, Any, None]


Report = Callable[[str], None]


AGAIN_SECONDS = 5.0
"""After a fault of the outbox's own."""


@dataclass(frozen=True, slots=True)
class DeliveryWorkers:
    """The outboxes of this process, one for each bot. ``attempted`` is told each outcome, with its platform."""

    store: Store
    attempted: Callable[[str, Outcome], None]
    _all: list[DeliveryWorker] = field(default_factory=list)

    def run_beside(self, sender: Sender, answering_of: Callable[[Report], Part], report: Report) -> Part:
        """A platform's part, with the bulletins that go out through its sender.

        ``report`` is told what the part reports: an empty text when it serves.
        """
        return run_with_worker(answering_of, report, self._outbox(sender))

    def run_alone(self, sender: Sender) -> Part:
        """The bulletins of a platform of which nothing else needs to be run."""
        return _kept_up(self._outbox(sender))

    def _outbox(self, sender: Sender) -> DeliveryWorker:
        worker = DeliveryWorker(self.store, sender, holder(), on_outcome=partial(self.attempted, sender.platform))
        self._all.append(worker)
        return worker

    @property
    def run_as_leader(self) -> RunAsLeader:
        """What is done by one process alone; an SQLite file has one anyhow, which need not wait for its lease."""
        return run_directly if self.store.database.is_sqlite else LeaderElection(self.store.leases, holder())

    def nudge(self) -> None:
        """There is something to send."""
        for worker in self._all:
            worker.nudge()


def holder() -> str:
    """Names this process as no other is, was or will be."""
    return f"{socket.gethostname()[:32]}-{getpid()}-{secrets.token_hex(4)}"


async def run_with_worker(answering_of: Callable[[Report], Part], report: Report, worker: DeliveryWorker) -> None:
    """Runs a platform's part, which may raise, and once it serves the outbox, until it ends or all are cancelled.

    The outbox ends first, since the part may take along what is sent with.
    """
    serves = asyncio.Event()

    def note(trouble: str) -> None:
        report(trouble)
        if not trouble:
            serves.set()

    answering = asyncio.create_task(answering_of(note))
    sending = asyncio.create_task(_kept_up(worker, serves))
    try:
        await asyncio.wait((answering, sending), return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in (sending, answering):
            task.cancel()
            await asyncio.wait((task,))
    if not answering.cancelled() and (fault := answering.exception()) is not None:
        raise fault


async def _kept_up(worker: DeliveryWorker, serves: asyncio.Event | None = None) -> None:
    if serves is not None:
        await serves.wait()
    while True:
        try:
            await worker.run()
        except Exception:
            log.exception("the outbox ended by a fault, and starts again", lease=worker.sender.lease_name)
        await worker.sleep(AGAIN_SECONDS)
