"""What ``/readyz``, ``/metrics`` and the owners' desk look at: each thing, how it is now, in words without a secret."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic

import structlog

from bot import __version__
from bot.db.delivery_log import Gauges, Waiting, read_gauges, try_writing
from bot.db.engine import DATABASE_AWAY, Database, DatabaseUnavailable, folder_of
from bot.live_dossier import LiveDossier
from bot.metrics import Metrics
from bot.platforms.base import Report
from bot.platforms.web.app import CheckResult, HealthChecks
from bot.settings import Settings, forgets
from bot.status import SystemStatus

log = structlog.get_logger("bot")


PATIENCE_SECONDS = 3.0
"""A database that has not answered by then is not there."""


FRESH_SECONDS = 5.0
"""For so long a reading of the ledger serves everybody who asks."""


STALLED_SECONDS = 15 * 60.0
"""Where something has been due for longer, and nothing was delivered for as long, nobody sends."""


PROBE_SECONDS = 1.0
"""So long is waited for a row to be written; it goes on in the background."""


WRITE_SECONDS = 15.0
"""How long a row may wait to be written, as behind a large bulletin's readers, before the database takes no writes."""


LOOK_SECONDS = 300.0
"""The newsroom looks every ten seconds; one look may take minutes, where it writes a delivery for each of a million readers."""


@dataclass(slots=True)
class Readiness:
    """How we are.

    The details are for whoever asks /readyz, so they name no host, user or path of the database; the log does.

    ``platforms`` is filled in by whoever runs them; ``errors``: those of the last 24 hours, counted.
    """

    settings: Settings
    live: LiveDossier
    database: Database
    metrics: Metrics
    errors: Callable[[], Mapping[str, int]] = dict
    clock: Callable[[], float] = monotonic
    platforms: dict[str, CheckResult] = field(default_factory=dict)
    _gauges: Gauges | None = None
    _writing: asyncio.Task[None] | None = None
    _writing_since: float = 0.0
    _is_writable: bool = True
    _queues: set[str] = field(default_factory=set)
    _began: float = field(init=False)
    _looked_at: float = field(init=False)
    _read_at: float = float("-inf")
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    def __post_init__(self) -> None:
        self._began = self._looked_at = self.clock()

    @property
    def checks(self) -> HealthChecks:
        """What is looked at."""
        return {
            "content": self.content,
            "database": self.ledger,
            "disk": self.disk,
            "newsroom": self.newsroom,
            "queue": self.queue,
            "platforms": self.running,
        }

    async def content(self) -> CheckResult:
        """The last good dossier answers, whatever is on disk."""
        broken = [diagnostic for diagnostic in self.live.diagnostics if diagnostic.blocks]
        if not broken:
            return CheckResult(True)
        more = f" (and {len(broken) - 1} more)" if len(broken) > 1 else ""
        return CheckResult(True, f"the last good dossier answers, nothing is published: {broken[0]}{more}")

    async def ledger(self) -> CheckResult:
        """Whether the database answers, and takes what is written."""
        if await self._reading() is None:
            return CheckResult(False, "does not answer")
        return CheckResult(True) if self._is_writable else CheckResult(False, "takes no writes")

    async def newsroom(self) -> CheckResult:
        """Whether bulletins are still being published."""
        seconds = self.clock() - self._looked_at
        return CheckResult(seconds < LOOK_SECONDS, f"last look for bulletins: {seconds:.0f} s ago")

    def looked(self) -> None:
        """The newsroom has looked for what is to be published."""
        self._looked_at = self.clock()

    async def disk(self) -> CheckResult:
        """Whether what we write is still there after the next release."""
        return CheckResult(True, disk_warning(self.settings) or "")

    async def queue(self) -> CheckResult:
        """How much is due, for how long, and when something was last delivered; of each platform on which something waits.

        A platform that this process does not serve turns nothing red.
        """
        found = await self._reading()
        if found is None:
            return CheckResult(False, "unknown")
        stalled = [each for each in found.waiting if each.platform in self.platforms and _is_stalled(each, found)]
        return CheckResult(not stalled, "; ".join(_told(each, found) for each in stalled or found.waiting))

    async def running(self) -> CheckResult:
        """The platforms."""
        faults = [f"{name}: {each.detail}" for name, each in self.platforms.items() if not each.ok]
        return CheckResult(not faults, "; ".join(faults) or ", ".join(self.platforms))

    async def state(self) -> SystemStatus:
        """What the owners' status shows."""
        checked = {name: await check() for name, check in self.checks.items()}
        found = await self._reading() or Gauges(0, (), {})
        last_sent = max(found.last_sent.values(), default=None)
        return SystemStatus(
            __version__,
            self.clock() - self._began,
            tuple(f"{name}: {each.detail}" for name, each in checked.items() if not each.ok),
            tuple(f"{name}: {checked[name].detail}" for name in ("content", "disk") if checked[name].detail),
            sum(each.due for each in found.waiting),
            max((each.oldest_seconds for each in found.waiting), default=0.0),
            None if last_sent is None else found.now - last_sent,
            self.errors(),
        )

    def reporter(self, platform: str) -> Report:
        """What a platform tells of itself while it runs comes here, and into the log."""

        def report(fault: str) -> None:
            self.platforms[platform] = CheckResult(not fault, fault)
            if fault:
                log.error(fault, platform=platform)
            else:
                log.info("all is well", platform=platform)

        return report

    async def collect(self) -> Callable[[], bytes]:
        """Brings the gauges of the metrics up to date; what it returns writes everything out."""
        found = await self._reading()
        if found is None:
            self.metrics.forget_queues()
        else:
            waiting = {each.platform: each for each in found.waiting}
            self._queues.update(self.platforms, waiting)
            for name in self._queues:
                each = waiting.get(name, Waiting(name, 0, 0.0))
                self.metrics.queued(name, each.due, each.oldest_seconds)
        return self.metrics.text

    async def _reading(self) -> Gauges | None:
        """The ledger as it is, or was a few seconds ago; None where the database does not answer."""
        async with self._turn:
            if self.clock() - self._read_at >= FRESH_SECONDS:
                try:
                    async with asyncio.timeout(PATIENCE_SECONDS):
                        self._gauges = await read_gauges(self.database)
                except DATABASE_AWAY:
                    self._gauges = None
                else:
                    await self._try_writing()
                self._read_at = self.clock()
            return self._gauges

    async def _try_writing(self) -> None:
        """One attempt at a time; it may wait its turn behind others' transactions, though not for ever."""
        if self._writing is None:
            self._writing, self._writing_since = asyncio.create_task(try_writing(self.database)), self.clock()
        await asyncio.wait((self._writing,), timeout=PROBE_SECONDS)
        if not self._writing.done():
            self._is_writable = self.clock() - self._writing_since < WRITE_SECONDS
            return
        done, self._writing = self._writing, None
        try:
            done.result()
        except DatabaseUnavailable:
            self._is_writable = False
        else:
            self._is_writable = True


def _is_stalled(queue: Waiting, found: Gauges) -> bool:
    silence = found.now - found.last_sent.get(queue.platform, float("-inf"))
    return min(queue.oldest_seconds, silence) >= STALLED_SECONDS


def _told(queue: Waiting, found: Gauges) -> str:
    sent = found.last_sent.get(queue.platform)
    last = "never" if sent is None else f"{max(0.0, found.now - sent):.0f} s ago"
    return f"{queue.platform}: {queue.due} due, the oldest for {queue.oldest_seconds:.0f} s, last delivery: {last}"


def disk_warning(settings: Settings) -> str | None:
    """What an operator should know of a disk that is thrown away; None where all is well."""
    folder = folder_of(settings.database_url)
    if folder is None or settings.paas is None or not forgets(settings.paas, Path(folder)):
        return None
    return (
        f"{settings.paas.name} throws this disk away with the next release, and readers and subscriptions with it: "
        "set DATABASE_URL to a PostgreSQL, or to an SQLite file on a volume"
    )
