"""What ``/readyz``, ``/metrics`` and the owners' desk look at: each thing, how it is now, in words without a secret."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic

import structlog

from bot import __version__
from bot.desk import State
from bot.edition import Edition
from bot.hosting import forgets
from bot.metrics import Metrics
from bot.platforms import Report
from bot.platforms.web.health import Checks, Condition
from bot.settings import Settings
from bot.store.database import LOST, Database, folder_of
from bot.store.gauges import Gauges, Waiting, read_gauges

log = structlog.get_logger("bot")

PATIENCE_SECONDS = 3.0
"""A database that has not answered by then is not there."""

FRESH_SECONDS = 5.0
"""For so long a reading of the ledger serves everybody who asks."""

LATE_SECONDS = 15 * 60.0
"""A delivery that has been due for longer says that nobody sends."""


@dataclass(slots=True)
class Readiness:
    """How we are. ``platforms`` is filled in by whoever runs them; ``errors``: those of the last 24 hours, counted."""

    settings: Settings
    edition: Edition
    database: Database
    metrics: Metrics
    errors: Callable[[], Mapping[str, int]] = dict
    clock: Callable[[], float] = monotonic
    platforms: dict[str, Condition] = field(default_factory=dict)
    _gauges: Gauges | None = None
    _queues: set[str] = field(default_factory=set)
    _began: float = field(init=False)
    _read_at: float = float("-inf")
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    def __post_init__(self) -> None:
        self._began = self.clock()

    @property
    def checks(self) -> Checks:
        """What is looked at."""
        return {
            "content": self.content,
            "database": self.ledger,
            "disk": self.disk,
            "queue": self.queue,
            "platforms": self.running,
        }

    async def content(self) -> Condition:
        """The last good edition answers, whatever is on disk."""
        broken = sum(not mistake.warning for mistake in self.edition.mistakes)
        return Condition(True, f"{broken} mistakes on disk, the last good edition answers" if broken else "")

    async def ledger(self) -> Condition:
        """Whether the database answers."""
        found = await self._reading()
        return Condition(True) if found else Condition(False, f"{self.database.url} does not answer")

    async def disk(self) -> Condition:
        """Whether what we write is still there after the next release."""
        return Condition(True, disk_warning(self.settings) or "")

    async def queue(self) -> Condition:
        """How long the oldest delivery has been due, and when the last one was made."""
        found = await self._reading()
        if found is None:
            return Condition(False, "unknown")
        oldest = max((each.oldest_seconds for each in found.waiting), default=0.0)
        due = sum(each.due for each in found.waiting)
        last = "never" if found.last_sent is None else f"{found.now - found.last_sent:.0f} s ago"
        return Condition(oldest < LATE_SECONDS, f"due: {due}, oldest: {oldest:.0f} s, last successful send: {last}")

    async def running(self) -> Condition:
        """The platforms."""
        faults = [f"{name}: {each.detail}" for name, each in self.platforms.items() if not each.ok]
        return Condition(not faults, "; ".join(faults) or ", ".join(self.platforms))

    async def state(self) -> State:
        """What the owners' desk shows."""
        checked = {name: await check() for name, check in self.checks.items()}
        found = await self._reading() or Gauges(0, (), None)
        return State(
            __version__,
            self.clock() - self._began,
            tuple(f"{name}: {each.detail}" for name, each in checked.items() if not each.ok),
            sum(each.due for each in found.waiting),
            max((each.oldest_seconds for each in found.waiting), default=0.0),
            None if found.last_sent is None else found.now - found.last_sent,
            self.errors(),
        )

    def reporter(self, platform: str) -> Report:
        """What a platform tells of itself while it runs comes here, and into the log."""

        def report(fault: str) -> None:
            self.platforms[platform] = Condition(not fault, fault)
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
                except LOST:
                    self._gauges = None
                self._read_at = self.clock()
            return self._gauges


def disk_warning(settings: Settings) -> str | None:
    """What an operator should know of a disk that is thrown away; None where all is well."""
    folder = folder_of(settings.database_url)
    if folder is None or settings.paas is None or not forgets(settings.paas, Path(folder)):
        return None
    return (
        f"{settings.paas.name} throws this disk away with the next release, and readers and subscriptions with it: "
        "set DATABASE_URL to a PostgreSQL, or to an SQLite file on a volume"
    )
