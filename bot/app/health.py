"""The state of the process for ``/readyz``, ``/metrics`` and ``/status``. Their texts contain no secrets."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic

import structlog

from bot.db.delivery_reports import MOST_COUNTED, Gauges, Waiting, read_gauges, try_writing
from bot.db.engine import DATABASE_AWAY, DatabaseUnavailable, folder_of, within
from bot.db.safeguards import SafeguardState
from bot.db.store import Store
from bot.embeddings import Embeddings
from bot.live_dossier import LiveDossier
from bot.metrics import Metrics
from bot.newsroom.publisher import many_notice
from bot.platforms.base import Report
from bot.platforms.web.app import CheckResult, HealthChecks
from bot.release import release
from bot.settings import Settings, forgets
from bot.status import SystemStatus

log = structlog.get_logger("bot")

READ_SECONDS = 1.9
"""If the database has not answered by then, it counts as away. With :data:`PROBE_SECONDS`, ``/readyz`` answers within 3 s."""

FRESH_SECONDS = 5.0
"""How long gauges that were read from the ledger are used again."""

STALLED_SECONDS = 15 * 60.0
"""The queue is stalled if something has been due, and nothing was delivered, for this long."""

PROBE_SECONDS = 1.0
"""How long a check waits for its write probe, which then continues in the background."""

WRITE_SECONDS = 15.0
"""How long the write probe may take, such as behind a large fan-out, before the database counts as refusing writes."""

MAX_COMPARISON_AGE_SECONDS = 300.0
"""The newsroom counts as stopped if its last comparison of content and ledger is older.

It compares every ten seconds, and fan-out to a million readers takes minutes.
"""


@dataclass(slots=True)
class Readiness:
    """The state of this process.

    ``/readyz`` is public, so the details do not contain the host, user or path of the database. The log does.

    Attributes:
        errors: returns how often each kind of error was logged in the last 24 hours.
        embeddings: compares questions by meaning; None: words alone decide.
        process: the id of this process, whose last part names it without its host.
        clock: seconds that only go forward.
        platforms: the state of each platform that this process runs, written by the code that runs it.
    """

    settings: Settings
    live: LiveDossier
    store: Store
    metrics: Metrics
    errors: Callable[[], Mapping[str, int]] = dict
    embeddings: Embeddings | None = None
    process: str = ""
    clock: Callable[[], float] = monotonic
    platforms: dict[str, CheckResult] = field(default_factory=dict)
    _gauges: Gauges | None = None
    _write_probe: asyncio.Task[None] | None = None
    _probe_started_at: float = 0.0
    _is_writable: bool = True
    _refusal: str = ""
    _note: str = ""
    _queue_names: set[str] = field(default_factory=set)
    _started_at: float = field(init=False)
    _compared_at: float = field(init=False)
    _read_at: float = float("-inf")
    _read_lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    def __post_init__(self) -> None:
        self._started_at = self._compared_at = self.clock()

    @property
    def checks(self) -> HealthChecks:
        """The checks of ``/readyz`` by name."""
        return {
            "content": self.check_content,
            "database": self.check_database,
            "disk": self.check_disk,
            "embeddings": self.check_embeddings,
            "newsroom": self.check_newsroom,
            "queue": self.check_queue,
            "platforms": self.check_platforms,
            "process": self.check_process,
        }

    async def check_content(self) -> CheckResult:
        """Always passes, because the last good dossier stays in force; the detail names an error on disk."""
        broken = [diagnostic for diagnostic in self.live.diagnostics if diagnostic.blocks]
        if not broken:
            return CheckResult(True)
        more = f" (and {len(broken) - 1} more)" if len(broken) > 1 else ""
        return CheckResult(True, f"the last good dossier answers, nothing new is published: {broken[0]}{more}")

    async def check_database(self) -> CheckResult:
        """Whether the database answers and accepts writes, and its file is still there."""
        if self.store.database.is_replaced:
            return CheckResult(False, "its file was deleted or replaced")
        if await self._read_gauges() is None:
            return CheckResult(False, "does not answer")
        refused = self.store.database.refused
        if not self._is_writable:
            return CheckResult(False, "refuses writes")
        note = f"has refused {refused} connections of this process, which waited: see docs/operators.md"
        return CheckResult(True, note if refused else "")

    async def check_newsroom(self) -> CheckResult:
        """Whether the newsroom compares content and ledger. The detail names former files, or changes that wait for a confirmation."""
        seconds = self.clock() - self._compared_at
        if seconds >= MAX_COMPARISON_AGE_SECONDS or self._refusal:
            return CheckResult(False, self._refusal or f"last comparison: {seconds:.0f} s ago")
        gauges = await self._read_gauges() or Gauges(0, (), {})
        many = many_notice(gauges.many, gauges.confirmation) if gauges.many else ""
        notes = "; ".join(filter(None, (self._note, many)))
        return CheckResult(True, notes or f"last comparison: {seconds:.0f} s ago")

    def record_comparison(self, refusal: str = "", note: str = "") -> None:
        """Records that the newsroom has compared content and ledger, or why it may not."""
        self._compared_at, self._refusal, self._note = self.clock(), refusal, note

    async def check_disk(self) -> CheckResult:
        """Always passes; the detail warns of a disk that the next release erases."""
        return CheckResult(True, disk_warning(self.settings) or "")

    async def check_embeddings(self) -> CheckResult:
        """Always passes, because words alone decide without embeddings; the detail says why they are missing."""
        fault = self.embeddings.fault if self.embeddings else ""
        return CheckResult(True, f"words alone decide: {fault}" if fault else "")

    async def check_queue(self) -> CheckResult:
        """Whether the queues of this process's platforms make progress. The detail describes each queue that is not empty."""
        gauges = await self._read_gauges()
        if gauges is None:
            return CheckResult(False, "unknown")
        if stopped := stopped_notice(gauges.safeguards):
            return CheckResult(True, stopped)
        stalled = [queue for queue in gauges.waiting if queue.platform in self.platforms and _is_stalled(queue, gauges)]
        return CheckResult(not stalled, "; ".join(_description(queue, gauges) for queue in stalled or gauges.waiting))

    async def check_platforms(self) -> CheckResult:
        """Whether each platform runs."""
        faults = {name: is_ready.detail for name, is_ready in self.platforms.items() if not is_ready.ok}
        faults |= {name: refusal for name, refusal in self.store.safeguards.foreign.items() if refusal}
        problems = [f"{name}: {detail}" for name, detail in faults.items()]
        return CheckResult(not problems, "; ".join(problems) or ", ".join(self.platforms))

    async def check_process(self) -> CheckResult:
        """Always passes; by the detail `nota doctor` tells whether the process that answers is on the same database."""
        return CheckResult(True, self.process.rpartition("-")[2])

    async def status(self) -> SystemStatus:
        """The status for the owners' ``/status``."""
        self._read_at = float("-inf")  # not a cached state: an owner may just have stopped the sending
        checked = {name: await check() for name, check in self.checks.items()}
        gauges = await self._read_gauges() or Gauges(0, (), {})
        state = gauges.safeguards
        with_warning = ["content", "database", "disk", "embeddings"]
        with_warning += ["queue"] * bool(state.stops) + ["newsroom"] * bool(gauges.many or self._note)
        warnings = [name for name in with_warning if checked[name].ok and checked[name].detail]
        last_sent = max(gauges.last_sent.values(), default=None)
        return SystemStatus(
            release(),
            self.clock() - self._started_at,
            tuple(f"{name}: {result.detail}" for name, result in checked.items() if not result.ok),
            tuple(f"{name}: {checked[name].detail}" for name in warnings),
            sum(queue.due for queue in gauges.waiting),
            max((queue.oldest_seconds for queue in gauges.waiting), default=0.0),
            None if last_sent is None else gauges.now - last_sent,
            self.errors(),
            bool(state.stops),
            state.stopped is not None,
            gauges.confirmation,
            len(self.live.edited),
        )

    def reporter(self, platform: str) -> Report:
        """The function by which a platform reports a fault, or an empty text when it works. Both are logged."""

        def report(fault: str) -> None:
            self.platforms[platform] = CheckResult(not fault, fault)
            if fault:
                log.error(fault, platform=platform)
            else:
                log.info("the platform works", platform=platform)

        return report

    async def collect(self) -> Callable[[], bytes]:
        """Updates the gauges, and returns the function that writes all metrics as text."""
        gauges = await self._read_gauges()
        for name, result in self.platforms.items():
            self.metrics.works(name, result.ok and not self.store.safeguards.foreign.get(name))
        if gauges is None:
            self.metrics.forget_ledger()
        else:
            stopped = {what: gauges.now - since for what, (since, _) in gauges.safeguards.stops.items()}
            fetched = self.live.dossier.feeds if self.settings.feeds else {}
            self.metrics.observed(stopped, {name: gauges.feeds.get(name, 0.0) for name in fetched})
            waiting = {queue.platform: queue for queue in gauges.waiting}
            self._queue_names.update(self.platforms, waiting)
            for name in self._queue_names:
                queue = waiting.get(name, Waiting(name, 0, 0.0))
                self.metrics.queued(name, queue.due, queue.oldest_seconds)
        return self.metrics.text

    async def _read_gauges(self) -> Gauges | None:
        """The gauges, at most :data:`FRESH_SECONDS` old; None if the database does not answer."""
        async with self._read_lock:
            if self.clock() - self._read_at >= FRESH_SECONDS:
                try:
                    self._gauges = await within(READ_SECONDS, read_gauges(self.store.database))
                except DATABASE_AWAY:
                    self._gauges = None
                else:
                    await self._try_writing()
                self._read_at = self.clock()
            return self._gauges

    async def _try_writing(self) -> None:
        """Runs one write probe at a time. It may wait behind other transactions for :data:`WRITE_SECONDS`."""
        if self._write_probe is None:
            self._write_probe = asyncio.create_task(try_writing(self.store.database))
            self._probe_started_at = self.clock()
        await asyncio.wait((self._write_probe,), timeout=PROBE_SECONDS)
        if not self._write_probe.done():
            self._is_writable = self.clock() - self._probe_started_at < WRITE_SECONDS
            return
        done, self._write_probe = self._write_probe, None
        try:
            done.result()
        except DatabaseUnavailable:
            self._is_writable = False
        else:
            self._is_writable = True


def stopped_notice(state: SafeguardState) -> str:
    """Says what is stopped, since when and by whom, and how to start it again; "" if nothing is."""
    stops = "; ".join(
        f"{what} was stopped on {datetime.fromtimestamp(since, UTC):%Y-%m-%d at %H:%M} UTC by {by}"
        for what, (since, by) in state.stops.items()
    )
    how = "; nothing is lost. An owner starts it again with /status, at the desk or with `nota deliveries --start`"
    return stops and stops + how


def _is_stalled(queue: Waiting, gauges: Gauges) -> bool:
    since_last_sent = gauges.now - gauges.last_sent.get(queue.platform, float("-inf"))
    return min(queue.oldest_seconds, since_last_sent) >= STALLED_SECONDS


def _description(queue: Waiting, gauges: Gauges) -> str:
    sent = gauges.last_sent.get(queue.platform)
    last = "never" if sent is None else f"{max(0.0, gauges.now - sent):.0f} s ago"
    more = " or more" if queue.due >= MOST_COUNTED else ""
    oldest = f"{queue.oldest_seconds:.0f} s"
    return f"{queue.platform}: {queue.due}{more} due, the oldest for {oldest}, last delivery: {last}"


def disk_warning(settings: Settings) -> str | None:
    """A warning if the database is on a disk that the PaaS erases with each release; None: it is not."""
    folder = folder_of(settings.database_url)
    if folder is None or settings.paas is None or not forgets(settings.paas, Path(folder)):
        return None
    return (
        f"{settings.paas.name} erases this disk with each release, including readers and subscriptions: "
        "set DATABASE_URL to a PostgreSQL, or to an SQLite file on a volume"
    )
