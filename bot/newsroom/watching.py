"""Watching: compares whenever the edition changes, publishes what was scheduled, forgets who left long ago."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

import structlog

from bot.edition import Edition
from bot.newsroom.changes import Appeared, Change, Rescheduled, Revised, Withdrawn
from bot.newsroom.comparing import Newsroom, Report
from bot.store.database import LOST

log = structlog.get_logger("bot.newsroom")

LOOK_SECONDS = 10.0
"""Between two looks for scheduled bulletins, which another process may have added."""

AGAIN_SECONDS = 2.0
"""After the database failed."""


@dataclass(slots=True)
class Watching:
    """Keeps the ledger to the edition in force. ``on_news`` is told when there is something to send."""

    newsroom: Newsroom
    edition: Edition
    on_news: Callable[[], None]
    _changed: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.edition.on_change(self._changed.set)

    async def run(self) -> None:
        """Runs until cancelled. Nothing is compared before the edition was proofread, nor while it has mistakes."""
        while True:
            seconds = await self._until_next()
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await self._changed.wait()
            await self._look()

    async def _until_next(self) -> float:
        try:
            soonest = await self.newsroom.soonest()
        except LOST:
            return AGAIN_SECONDS
        return LOOK_SECONDS if soonest is None else min(LOOK_SECONDS, max(0.05, soonest))

    async def _look(self) -> None:
        changed = self._changed.is_set()
        self._changed.clear()
        try:
            self._tell(await (self._compare() if changed else self._release()))
        except LOST as failure:
            log.warning("not compared yet, the database does not answer", failure=type(failure).__name__)
            if changed:
                self._changed.set()
            await asyncio.sleep(AGAIN_SECONDS)

    async def _compare(self) -> Report:
        if any(not mistake.warning for mistake in self.edition.mistakes):
            log.warning("nothing is published while the content has mistakes")
            return Report()
        return await self.newsroom.compare(self.edition.dossier)

    async def _release(self) -> Report:
        soonest = await self.newsroom.soonest()
        return await self.newsroom.release() if soonest is not None and soonest <= 0 else Report()

    def _tell(self, report: Report) -> None:
        for change in report.changes:
            log.info(_words(change), bulletin=change.id if isinstance(change, Withdrawn) else change.item.id)
        for name, count in report.published.items():
            log.info("a bulletin is published", bulletin=name, readers=count)
        if report:
            self.on_news()


def _words(change: Change) -> str:
    match change:
        case Appeared(_, "history"):
            return "a bulletin is history, and not sent"
        case Appeared():
            return "a bulletin is new"
        case Revised():
            return "a bulletin is corrected"
        case Rescheduled():
            return "a bulletin is rescheduled"
        case Withdrawn():
            return "a bulletin is withdrawn"
