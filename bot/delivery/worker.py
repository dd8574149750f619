"""The delivery worker of one bot: claims due deliveries, checks, paces and sends them, and records the outcome."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from time import monotonic
from typing import Any, TypeVar, assert_never

import structlog

from bot.db.delivery_queue import CurrentState, Later, Sending, Unsent
from bot.db.engine import DATABASE_AWAY, Sleep, within
from bot.db.store import Store
from bot.db.subscriptions import UNSUBSCRIBED
from bot.delivery.leader_election import RELEASE_SECONDS, Lease
from bot.delivery.messages import Job, MessageBuilder
from bot.delivery.outcomes import (
    ChatGone,
    Delivered,
    GiveUp,
    Move,
    Outcome,
    Retry,
    RetryAfter,
    SendAsReply,
    Unreachable,
    backoff,
    may_have_arrived,
    next_step,
)
from bot.delivery.rate_limiter import RateLimiter
from bot.delivery.records import Batcher, RecordWriter, Requests, pending, until_database_answers
from bot.delivery.sender import SEND_TIMEOUT_SECONDS, Sender
from bot.reader import FORMER, PASSING

log = structlog.get_logger("bot.delivery")

Result = TypeVar("Result")

CLAIM_LIMIT = 400
"""The largest number of deliveries in memory. More are claimed when half of them are sent."""

POLL_SECONDS = 0.4
"""Between two queries for deliveries that are due or that other processes have written."""

LONG_WAIT_SECONDS = 3.0
"""Deliveries to a chat that must wait longer than this are released, and claimed again when they may be sent."""

ORPHANS_SECONDS = 30.0
"""Between two releases of the claims of dead processes, whose transactions may end after this process took the lease."""

BOUND_SECONDS = 5.0
"""Between two looks whether the database belongs to this bot by now."""

RELEASE_CLAIMS_SECONDS = 30.0
"""Time limit for releasing earlier claims at the start."""

SAFETY_SECONDS = 1.0
"""A send starts only if the lease is valid for ``SEND_TIMEOUT_SECONDS`` plus this."""

GONE_IN_A_ROW, GONE_OF = 20, (50, 100)
"""So many readers gone in a row, or of so many sends, are likelier a fault of ours than their wish. After a long silence perhaps a third
is gone: then twenty in a row are less likely than one in a thousand million."""

UNKNOWN_IN_A_ROW, FIRST_UNKNOWN_SECONDS, LONGEST_UNKNOWN_SECONDS = 5, 5.0, 60.0
"""After so many answers in a row that leave open what became of the message, the platform is away: one message at a time tries it, after pauses
that double up to the longest. Each is tried twice at most (:func:`~bot.delivery.outcomes.next_step`), so an outage would cost all readers theirs."""

PAUSE_SECONDS = 1.1
"""How long the lease cannot be taken after a stop: the platform counts messages by the second, and the next sender does not
know which ones this one sent."""

DRAIN_SECONDS = SEND_TIMEOUT_SECONDS - 0.5
"""How long a stop waits for sends in flight. A PaaS kills the process ten seconds after SIGTERM."""

CANCEL_SECONDS = 0.3
"""How long cancelled sends may take to end."""


class DeliveryWorker:
    """Sends the due deliveries of one bot.

    A change of a delivery, by this process or another, either ends this worker's claim in the ledger
    (:data:`~bot.db.schema.UNSENT`) or sets another wanted revision. The check right before each send sees both.

    Args:
        process: the process id, which no other process has or had.
        clock: seconds that only go forward.
        on_outcome: called with each outcome of a send or an edit, for the metrics.
    """

    def __init__(
        self,
        store: Store,
        sender: Sender,
        process: str,
        clock: Callable[[], float] = monotonic,
        sleep: Sleep = asyncio.sleep,
        on_outcome: Callable[[Outcome], None] = lambda outcome: None,
    ) -> None:
        self.store, self.sender, self.process = store, sender, process
        self.clock, self.sleep, self.on_outcome = clock, sleep, on_outcome
        self._lease = Lease(store.leases, sender.lease_name, process, clock, sleep, PAUSE_SECONDS)
        self._limiter: RateLimiter[Job] = RateLimiter(sender.limits)
        self._messages = MessageBuilder(store)
        self._records = RecordWriter(store.queue, process, clock, sleep)
        self._checks: Batcher[Sequence[int], Mapping[int, CurrentState]] = Batcher(self._look_up, clock, sleep)
        self._latest: dict[int, Job] = {}
        """Row → its latest job. A row may be claimed again while an older job for it waits in the rate limiter."""
        self._bot = ""
        self._gone: deque[bool] = deque(maxlen=GONE_OF[1])
        """Of the latest sends, whether the reader was gone."""
        self._unknown = 0
        """Of the latest sends and edits in a row, those of which nobody knows what became."""
        self._allowed: set[str] = set()
        """Bulletins for which sending was stopped once: an owner who starts it again is obeyed."""
        self._sends: set[asyncio.Task[None]] = set()
        self._claiming: asyncio.Task[None] | None = None
        self._wake = asyncio.Event()
        self._next_claim = self._next_orphans = float("-inf")
        self._is_claim_unknown = self._is_stopping = False

    @property
    def is_leader(self) -> bool:
        """Whether this process holds the lease, so sends."""
        return self._lease.seconds_left() > 0

    async def until_bound(self, bot: str) -> None:
        """Returns once the database belongs to this bot. "" needs no database of its own."""
        self._bot = bot
        while await self._until_database_answers(self._bind):
            await self.sleep(BOUND_SECONDS)

    async def _bind(self) -> str:
        return await self.store.safeguards.bind(self.sender.platform, self._bot) if self._bot else ""

    def nudge(self) -> None:
        """Makes the worker claim at once, because something was published."""
        self._next_claim = float("-inf")
        self._wake.set()

    async def run(self) -> None:
        """Waits for the lease and works while this process holds it, until cancelled.

        When cancelled, it finishes the sends in flight, releases its other claims and then the lease.
        """
        while True:
            async with self._lease.held() as keeping:
                try:
                    await self._work(keeping)
                    # so that a sent message is recorded before its delivery can be claimed again
                    while tasks := self._in_flight():
                        await asyncio.wait(tasks)
                finally:
                    await self._stop()
            log.warning("delivery stopped until this process takes the lease again", lease=self._lease.name)

    async def _work(self, keeping: asyncio.Task[bool]) -> None:
        """Works until the lease is lost, or until it is unknown which deliveries were claimed."""
        self._is_claim_unknown = self._is_stopping = False
        await self._until_database_answers(lambda: within(RELEASE_CLAIMS_SECONDS, self._release_old_claims()))
        while not keeping.done() and not self._is_claim_unknown:
            self._wake.clear()
            self._start_sends()
            if self._may_claim() and self.clock() >= self._next_claim:
                if self._claiming is not None:
                    self._claiming.result()  # a bug ends this run, and the worker starts again
                self._claiming = asyncio.create_task(self._claim_and_set_next())
            # until the worker is woken, a chat may get its message, or it is time to claim again
            now = self.clock()
            moment = self._limiter.next_moment(now) if self._may_start() else float("inf")
            claim = self._next_claim if self._may_claim() else float("inf")
            with suppress(TimeoutError):
                async with asyncio.timeout(max(0.0, min(moment - now, claim - now, POLL_SECONDS))):
                    await self._wake.wait()
        if keeping.done():
            keeping.result()

    async def _stop(self) -> None:
        """Finishes the sends in flight, and releases all other claims."""
        self._is_stopping = True
        end = self.clock() + DRAIN_SECONDS + SAFETY_SECONDS - RELEASE_SECONDS
        if tasks := self._in_flight():
            _, late = await asyncio.wait(tasks, timeout=DRAIN_SECONDS)
            for task in late:
                task.cancel()
            if late:
                await asyncio.wait(late, timeout=CANCEL_SECONDS)
        self._limiter.remove()
        with suppress(*DATABASE_AWAY):
            await within(end - self.clock(), self.store.queue.release(self.sender.platform, self.process))

    def _in_flight(self) -> list[asyncio.Task[None]]:
        return [*self._sends, *([self._claiming] if self._claiming and not self._claiming.done() else [])]

    # Claim

    def _may_claim(self) -> bool:
        """Whether no claim is under way, and few messages are left that may be sent soon. Others go back to the ledger, and hold nobody up."""
        if self._claiming is not None and not self._claiming.done():
            return False
        soon = (now := self.clock()) + LONG_WAIT_SECONDS
        return self._limiter.ready_by(soon) <= CLAIM_LIMIT // 2 or self._limiter.next_moment(now) > soon

    async def _claim_and_set_next(self) -> None:
        self._next_claim = self.clock() + POLL_SECONDS
        try:
            if await self._claim():
                self._next_claim = float("-inf")
        except DATABASE_AWAY as failure:
            self.store.database.outage.failed(failure)
            self._is_claim_unknown = True  # the transaction may have been committed
        self._wake.set()

    async def _claim(self) -> bool:
        """Claims due deliveries and builds their messages. Returns whether any were due."""
        await self._release_long_waits()
        if (before := self._lease.clock_set_back_from()) is not None:
            await self.store.queue.adjust_to_clock(self.sender.platform, before)
        if (now := self.clock()) >= self._next_orphans:
            self._next_orphans = now + ORPHANS_SECONDS
            await self.store.queue.release_orphans(self.sender.platform, self.process)
            await self._bind()  # another bot may have got the database
        limit = CLAIM_LIMIT - len(self._limiter)
        if limit <= 0 or not await self.store.queue.has_due(self.sender.platform, self._bot):
            return False
        rows = await self.store.queue.claim(self.sender.platform, self._lease.name, self.process, limit, self._bot)
        result = await self._until_database_answers(lambda: self._messages.build(rows, self._lease.database_now()))
        if not self._limiter:
            self._latest.clear()
        for job in result.jobs:
            self._latest |= dict.fromkeys(job.rows, job)
            self._limiter.put(job.address.chat_id, job)
        if result.records:
            await self._records.write(result.records)
        return bool(rows)

    async def _release_old_claims(self) -> None:
        """Releases the claims of dead processes, and those that this one made while it last held the lease."""
        await self.store.queue.release(self.sender.platform, self.process)
        await self.store.queue.release_orphans(self.sender.platform, self.process)

    async def _release_long_waits(self) -> None:
        now = self.clock()
        late = list(self._limiter.remove_later_than(now + LONG_WAIT_SECONDS))
        records = [Later(row, moment - now, job.delivery.attempts) for moment, job in late for row in job.rows]
        if records:
            await self._records.write(records)

    # Pace

    def _start_sends(self) -> None:
        while self._may_start() and self._limiter.next_moment(now := self.clock()) <= now:
            chat_id, job = self._limiter.start(now)
            if (seconds := self.sender.limits.gate.enter(job.message)) > 0:
                self._limiter.postpone(chat_id, job, now + seconds)
                continue
            task = asyncio.create_task(self._deliver(chat_id, job))
            self._sends.add(task)
            task.add_done_callback(self._finished)

    def _may_start(self) -> bool:
        return len(self._sends) < (1 if self._is_away else self.sender.limits.in_flight) and self._has_time()

    @property
    def _is_away(self) -> bool:
        """Whether the platform is taken to be away: one message at a time tries it, since none is tried more than twice."""
        return self._unknown >= UNKNOWN_IN_A_ROW and self.sender.limits.gate.is_one_service

    def _has_time(self) -> bool:
        """Whether a send would be over well before another process can take the lease."""
        return self._lease.seconds_left() > SEND_TIMEOUT_SECONDS + SAFETY_SECONDS

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._sends.discard(task)
        self._wake.set()
        if not task.cancelled() and task.exception():
            log.error("the outcome of a delivery was not recorded", lease=self._lease.name, exc_info=task.exception())

    async def _deliver(self, chat_id: str, job: Job) -> None:
        """Checks, sends and records one message. Only then may the chat get its next message."""
        try:
            if not await self._is_wanted(job):
                return
            if self._is_stopping or not self._has_time():
                await self._note_unsent(job)
                self._limiter.put(chat_id, job, first=True)
                return
            # between the check and the request nothing else is awaited
            outcome = await self._send(chat_id, job)
            await self._stop_if_all_are_gone(job, outcome)
            await self._act_on(job, outcome)
        except Exception as error:  # an error in one delivery does not stop the others
            log.exception("a delivery failed", lease=self._lease.name, chat=chat_id, rows=job.rows)
            await self._act_on(job, _bug(error))
        finally:
            for row in job.rows:
                if self._latest.get(row) is job:
                    del self._latest[row]
            self._limiter.finish(chat_id)
            self.sender.limits.gate.leave(job.message)

    def _id_before(self, job: Job) -> str | None:
        """The id under which a message is recorded before it is sent for the first time, so that its reader gets what corrects it."""
        if job.message is None or job.delivery.message_id is not None or job.is_correction or job.delivery.is_repeat:
            return None
        return self.sender.known_id(job.message) or FORMER + job.message.key

    async def _note_unsent(self, job: Job) -> None:
        """Takes back what was recorded before the send."""
        if (message_id := self._id_before(job)) is not None:
            await self._records.write([Unsent(row, message_id) for row in job.rows])

    # Check

    async def _is_wanted(self, job: Job) -> bool:
        """Whether the message is still wanted as it is. If not, its rows are released, to be claimed in their new state."""
        own = [row for row in job.rows if self._latest.get(row, job) is job]
        if len(own) < len(job.rows):
            # one of a digest was claimed again for a newer job, which does not have the others
            await self._records.write([Later(row, 0.0, job.delivery.attempts) for row in own])
            return False
        if (seconds := job.quiet_seconds(self._lease.database_now())) > 0:
            await self._put_off(job, seconds, job.delivery.attempts)
            return False
        if (message_id := self._id_before(job)) is not None:
            sending = [Sending(part.row, message_id, part.revision, part.text.language) for part in job.parts]
            await self._records.write(sending)
        current = await self._checks.submit(job.rows)
        is_current = all(row in current and current[row].wanted == revision for row, revision in job.revisions)
        if is_current and (not job.needs_subscription or all(current[row].subscribed for row in job.rows)):
            return True
        if is_current and job.is_correction:
            await self._records.write(job.failed(UNSUBSCRIBED))
        else:
            await self._note_unsent(job)
            await self._put_off(job, 0.0, job.delivery.attempts)
        return False

    async def _look_up(self, batch: Requests[Sequence[int], Mapping[int, CurrentState]]) -> None:
        """Looks up the deliveries. Requests start right after it."""
        rows = [row for rows, _ in batch for row in rows]
        look_up = partial(self.store.queue.checked, self.process, rows, self.sender.platform, self._bot)
        current = await self._until_database_answers(look_up)
        for future in pending(batch):
            future.set_result(current)

    # Send

    async def _send(self, chat_id: str, job: Job) -> Outcome:
        self._limiter.request_starts(chat_id, self.clock())
        try:
            outcome = await job.attempt(self.sender)
        except Exception as error:
            log.exception("a sender raised an exception", lease=self._lease.name, chat=chat_id, rows=job.rows)
            outcome = _bug(error)
        refusal = outcome if isinstance(outcome, RetryAfter) else None
        self._limiter.answered(chat_id, job.is_group, now := self.clock(), refusal)
        if not isinstance(outcome, Unreachable):
            self._unknown = 0
        elif not outcome.is_bug and not outcome.is_unsent:
            self._unknown += 1
            if self._is_away:
                if self._unknown == UNKNOWN_IN_A_ROW:
                    log.warning(
                        "the platform leaves open what became of messages; one at a time tries it",
                        platform=self.sender.platform,
                    )
                pause = backoff(self._unknown - UNKNOWN_IN_A_ROW, FIRST_UNKNOWN_SECONDS, LONGEST_UNKNOWN_SECONDS)
                self._limiter.bot.pause(now + pause)
        self._wake.set()
        if job.message is not None:
            self.on_outcome(outcome)
        return outcome

    async def _stop_if_all_are_gone(self, job: Job, outcome: Outcome) -> None:
        """Stops sending on this platform if most readers of bulletins are gone."""
        message, readers, gone = job.message, self.store.readers, self._gone
        if message is None or not job.for_audience or job.was_suspended or self._allowed.issuperset(message.bulletins):
            return
        if not isinstance(outcome, ChatGone) or outcome.reason in PASSING:
            gone.extend([False] * isinstance(outcome, Delivered))
            return
        # strangers can name places on the page that do not exist: who never got a message says nothing
        has_received = partial(readers.has_received, job.reader_id)
        is_known = message.destination is None or await self._until_database_answers(has_received)
        gone.extend([True] * is_known)
        if is_known and (sum(gone) >= GONE_OF[0] or sum(list(gone)[-GONE_IN_A_ROW:]) == GONE_IN_A_ROW):
            why = f"{sum(gone)} of the last {len(gone)} readers are gone for the platform ({outcome.reason})"
            self._allowed.update(message.bulletins)
            gone.clear()
            remedy = "see docs/runbook.md, All readers are gone"
            log.error(f"sending is stopped, {why}; {remedy}", platform=self.sender.platform)
            halt = partial(self.store.safeguards.halt, self.sender.platform, self._bot, f"Nota: {why}")
            await self._until_database_answers(halt)

    # Record

    async def _act_on(self, job: Job, outcome: Outcome) -> None:
        """Takes the next step after the outcome. Returns once the step is in the ledger."""
        step, address = next_step(job.delivery, outcome), job.address
        if isinstance(step, GiveUp) and step.suspends and not await self._suspend(job, step.reason):
            step = Retry(0.0, step.reason)
        if not may_have_arrived(outcome):
            await self._note_unsent(job)
        match step:
            case Delivered(message_id, to_crosspost, is_known):
                is_copy = job.message is not None and not is_known and self.sender.known_id(job.message) is None
                again = is_copy and not job.stands and job.delivery.message_id is None and job.delivery.is_repeat
                await self._records.write(job.done(message_id, to_crosspost, again))
                await self._note_delivery(job)
            case Retry(seconds, reason):
                await self._put_off(job, seconds, job.delivery.attempts + 1, reason)
            case GiveUp(reason, suspends):
                what = "not crossposted" if job.message is None else "not delivered"
                write = log.error if isinstance(outcome, Unreachable) else log.warning  # owners are told of an error
                write(what, platform=address.platform, chat=address.chat_id, reason=reason)
                if not suspends:
                    await self._records.write(job.failed(reason))
            case SendAsReply(reply_to):
                self._limiter.put(address.chat_id, self._messages.correction(job, reply_to), first=True)
            case Move() as move:
                await self._move(job, move)
            case _:
                assert_never(step)

    async def _suspend(self, job: Job, reason: str) -> bool:
        """Whether the reader is suspended now.

        Not while the database is away: until it answers the chat may come back, so the platform is asked again.
        """
        address = job.address
        try:
            await self.store.readers.suspend(address.platform, address.chat_id, reason, address.thread_id)
        except DATABASE_AWAY:
            return False
        return True

    async def _note_delivery(self, job: Job) -> None:
        address, readers = job.address, self.store.readers
        if job.notice:
            await self._until_database_answers(lambda: readers.clear_notice(job.reader_id))
        if job.was_suspended:
            log.info("a chat takes messages again", platform=address.platform, chat=address.chat_id)
            restore = partial(readers.restore, address.platform, address.chat_id, address.thread_id)
            await self._until_database_answers(restore)
        self._lease.note_delivery()

    async def _move(self, job: Job, move: Move) -> None:
        """Moves the reader, and releases the chat's deliveries, which are claimed again with the new address."""
        old, new, readers = job.address, move.address, self.store.readers
        log.info(
            "a chat has a new address", platform=old.platform, chat=old.chat_id, now=new.chat_id, reason=move.reason
        )
        if move.loses_thread:
            await self._until_database_answers(lambda: readers.fall_back(old, new))
        else:
            await self._until_database_answers(lambda: readers.move(old.platform, old.chat_id, new.chat_id))
        for waiting in self._limiter.remove(old.chat_id):
            await self._put_off(waiting, 0.0, waiting.delivery.attempts)
        await self._put_off(job, 0.0, job.delivery.attempts + 1, move.reason)

    async def _put_off(self, job: Job, seconds: float, attempts: int, reason: str | None = None) -> None:
        await self._records.write([Later(row, seconds, attempts, reason) for row in job.rows])

    async def _until_database_answers(self, action: Callable[[], Awaitable[Result]]) -> Result:
        return await until_database_answers(action, self.sleep)


def _bug(error: Exception) -> Unreachable:
    return Unreachable(f"{type(error).__name__}, see the log", is_bug=True)


RESTART_SECONDS = 5.0
"""Pause before a worker that ended by a bug starts again."""

Run = Coroutine[Any, Any, None]

Report = Callable[[str], None]
"""Called with a platform's problem, and with "" when the platform serves."""

RunPlatform = Callable[[Report], Run]

Identify = Callable[[Report], Awaitable[str]]
"""Returns the id of a platform's bot, once the platform can be reached."""


@dataclass(frozen=True, slots=True)
class DeliveryWorkers:
    """The workers of a process, one for each bot. ``on_outcome`` is called with the platform and each outcome."""

    store: Store
    process: str
    on_outcome: Callable[[str, Outcome], None]
    _workers: list[DeliveryWorker] = field(default_factory=list)

    def run_beside(self, sender: Sender, run_platform: RunPlatform, report: Report, identify: Identify) -> Run:
        """Runs a platform and the deliveries through its sender, once the database belongs to its bot."""
        return run_with_worker(run_platform, report, self._worker(sender), identify)

    def run_alone(self, sender: Sender) -> Run:
        """Runs the deliveries of a platform that needs nothing else to run."""
        return _run_with_restarts(self._worker(sender))

    def nudge(self) -> None:
        """Makes all workers claim at once, because something was published."""
        for worker in self._workers:
            worker.nudge()

    def _worker(self, sender: Sender) -> DeliveryWorker:
        on_outcome = partial(self.on_outcome, sender.platform)
        worker = DeliveryWorker(self.store, sender, self.process, on_outcome=on_outcome)
        self._workers.append(worker)
        return worker


async def run_with_worker(
    run_platform: RunPlatform, report: Report, worker: DeliveryWorker, identify: Identify
) -> None:
    """Runs a platform, which may raise, and the worker once the platform serves, until the platform ends."""
    await worker.until_bound(await identify(report))
    serves = asyncio.Event()

    def note(problem: str) -> None:
        report(problem)
        if not problem:
            serves.set()

    platform = asyncio.create_task(run_platform(note))
    sending = asyncio.create_task(_run_with_restarts(worker, serves))
    try:
        await asyncio.wait((platform, sending), return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in (sending, platform):  # the worker first: the platform may close what it sends through
            task.cancel()
            await asyncio.wait((task,))
    if not platform.cancelled() and (error := platform.exception()) is not None:
        raise error


async def _run_with_restarts(worker: DeliveryWorker, serves: asyncio.Event | None = None) -> None:
    if serves is not None:
        await serves.wait()
    while True:
        try:
            await worker.run()
        except Exception:
            log.exception("the worker ended by a bug, and starts again", lease=worker.sender.lease_name)
        await worker.sleep(RESTART_SECONDS)
