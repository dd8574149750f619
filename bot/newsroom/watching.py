"""Watching: compares whenever the edition changes, publishes what was scheduled, forgets who left long ago."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from secrets import token_hex

import structlog

from bot.edition import Edition
from bot.newsroom.changes import Appeared, Change, Redirected, Rescheduled, Revised, Withdrawn
from bot.newsroom.comparing import Newsroom, Report
from bot.store.database import LOST, within

log = structlog.get_logger("bot.newsroom")

LOOK_SECONDS = 10.0
"""Between two looks for scheduled bulletins, which another process may have added, and two words that we are still here."""

AGAIN_SECONDS = 2.0
"""After the database failed, or another process was ahead of us."""

LEAVE_SECONDS = 2.0
"""How long the word that we are gone may take; without it we are believed to be there a little longer."""


@dataclass(slots=True)
class Watching:
    """Keeps the ledger to the edition in force.

    Attributes:
        is_right: whether there is nothing wrong with the content on any platform, at no cost that stays.
        proofread: has the edition take the content anew, proofread for every platform.
        on_news: told when there is something to send.
        on_look: told of each look that came to its end.
        process: this one, unlike any other that is or was.
        look_seconds: between two looks at the database.
    """

    newsroom: Newsroom
    edition: Edition
    is_right: Callable[[], Awaitable[bool]]
    proofread: Callable[[], Awaitable[None]]
    on_news: Callable[[], None]
    on_look: Callable[[], None] = lambda: None
    process: str = field(default_factory=partial(token_hex, 16))
    look_seconds: float = LOOK_SECONDS
    _is_overtaken: bool = False
    _is_waiting: bool = False
    _changed: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.edition.on_change(self._changed.set)

    async def run(self) -> None:
        """Runs until cancelled. Nothing is compared before the edition was proofread, nor while it has mistakes.

        At the start an edition is looked at only where it is a new one, and by this process only where it is not right: what
        proofreads takes memory for good.
        """
        while not await self._started():  # noqa: ASYNC110  what is waited for is the database
            await asyncio.sleep(AGAIN_SECONDS)
        try:
            while True:
                seconds = await self._until_next()
                with suppress(TimeoutError):
                    async with asyncio.timeout(seconds):
                        await self._changed.wait()
                await self._look()
        finally:
            with suppress(*LOST):
                await within(LEAVE_SECONDS, self.newsroom.store.followers.leave(self.process))

    async def _started(self) -> bool:
        try:
            if await self.newsroom.is_new(self.edition.complete.as_read):
                if not await self.is_right():
                    await self.proofread()
                self._changed.set()
        except LOST as failure:
            self._wait_for_database(failure)
            return False
        return True

    def _wait_for_database(self, failure: BaseException) -> None:
        """Said once, not with every look."""
        if not self._is_waiting:
            log.warning("not compared yet, the database does not answer", failure=type(failure).__name__)
        self._is_waiting = True

    async def _until_next(self) -> float:
        try:
            soonest = await self.newsroom.soonest()
        except LOST:
            return AGAIN_SECONDS
        return self.look_seconds if soonest is None else min(self.look_seconds, max(0.05, soonest))

    async def _look(self) -> None:
        changed = self._changed.is_set() or self._is_overtaken
        self._changed.clear()
        try:
            report = await (self._compare() if changed else self._release())
            self._tell(report)
            self.on_look()
            self._is_waiting = False
            if changed:
                await self._note(report.overtaken)
        except LOST as failure:
            self._wait_for_database(failure)
            if changed:
                self._changed.set()
            await asyncio.sleep(AGAIN_SECONDS)

    async def _note(self, overtaken: bool) -> None:
        """Where another process is ahead, the disk is read once more: its edition may have come there meanwhile.

        From then on every look compares again, until the other has gone.
        """
        before, self._is_overtaken = self._is_overtaken, overtaken
        if overtaken and not before:
            log.warning("another process holds a later edition: ours publishes and withdraws nothing while it does")
            await asyncio.sleep(AGAIN_SECONDS)
            await self.proofread()

    async def _compare(self) -> Report:
        if faults := self._faults:  # an error, which owners are told of: whoever wrote it believes it published
            log.error("nothing is published while the content has mistakes", mistakes=len(faults), first=faults[0])
            return Report()
        return await self.newsroom.compare(self.edition.complete.as_read, process=self.process)

    @property
    def _faults(self) -> list[str]:
        return [str(mistake) for mistake in self.edition.mistakes if not mistake.warning]

    async def _release(self) -> Report:
        await self.newsroom.follow(self.edition.complete.as_read, self.process)
        if not self._faults and not await self.newsroom.has_compared():  # a backup was imported while we run
            return await self._compare()
        soonest = await self.newsroom.soonest()
        return await self.newsroom.release() if soonest is not None and soonest <= 0 else Report()

    def _tell(self, report: Report) -> None:
        for line in said(report):
            log.info(line)
        if report:
            self.on_news()


def said(report: Report) -> list[str]:
    """What a comparison came to, a line each; much history, as of a first start, in one."""
    history = [each for each in report.changes if isinstance(each, Appeared) and each.state == "history"]
    changes = [
        f"{each.id if isinstance(each, Withdrawn) else each.item.id}: {words(each)}"
        for each in report.changes
        if len(history) == 1 or each not in history
    ]
    many = [f"{len(history)} bulletins: history, not sent"] if len(history) > 1 else []
    published = (
        f"{name}: published, for {count} reader{'s' * (count != 1)}" for name, count in report.published.items()
    )
    return [*many, *changes, *published]


def words(change: Change) -> str:
    """What a change is, in a few words."""
    match change:
        case Appeared(_, "history"):
            return "history, not sent"
        case Appeared():
            return "new"
        case Revised(_, _, _, languages):
            return f"corrected, in {', '.join(sorted(languages))}"
        case Rescheduled():
            return "rescheduled"
        case Redirected(_, _, is_news):
            return "about other topics" + ("" if is_news else ", too old to be sent to anybody else")
        case Withdrawn():
            return "withdrawn"
