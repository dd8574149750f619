"""Watching: compares whenever the edition changes, publishes what was scheduled, forgets who left long ago."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from secrets import token_hex
from typing import assert_never

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.db.engine import DATABASE_AWAY, AnyRow, within
from bot.db.readers import Reader
from bot.db.store import Store
from bot.dossier.models import BulletinId, Dossier
from bot.live_dossier import LiveDossier
from bot.newsroom.diff import (
    ORIGIN,
    Added,
    Change,
    Rescheduled,
    Retargeted,
    Revised,
    Withdrawn,
    changes,
    columns_of,
    dossier_bulletins,
    fact_texts,
    ledger_bulletins,
    texts_of,
)


@dataclass(frozen=True, slots=True)
class PublishReport:
    """What a comparison came to.

    Attributes:
        changes: what differed.
        published: bulletin → for how many readers deliveries were written.
        overtaken: another process holds an edition that was compared after ours: it may be what lies on our disk by now.
    """

    changes: tuple[Change, ...] = ()
    published: dict[BulletinId, int] = field(default_factory=dict)
    overtaken: bool = False

    def __bool__(self) -> bool:
        return bool(self.changes or self.published)


@dataclass(frozen=True, slots=True)
class Releasing:
    """Writes the deliveries of scheduled bulletins whose time has come."""

    store: Store

    async def begin(self, connection: AsyncConnection, now: float) -> dict[BulletinId, int] | None:
        """Publishes what is ripe; None where the audience is so large that only a head start was written.

        The bulletin stays scheduled until :meth:`complete` has written the rest, in this process or, should it die, in the
        next that looks.
        """
        ripe = await self.store.bulletins.ripe(connection, now)
        if not ripe or not await self.store.fan_out.is_large(connection):
            return await self._publish(connection, now)
        for row in ripe:
            await self.store.fan_out.begin(connection, row.id, row.revision, row.topics, row.urgent, now)
        return None

    async def complete(self) -> dict[BulletinId, int]:
        """Publishes what is ripe to all whom it concerns: bulletin → to how many."""
        async with self.store.database.write() as connection:
            return await self._publish(connection, await self.store.bulletins.take_turn(connection))

    async def _publish(self, connection: AsyncConnection, now: float) -> dict[BulletinId, int]:
        published = {}
        for row in await self.store.bulletins.ripe(connection, now):
            await self.store.fan_out.restore(connection, row.id, now)
            count = await self.store.fan_out.publish(connection, row.id, row.revision, row.topics, row.urgent, now)
            await self.store.bulletins.change(connection, row.id, state="published", published=now)
            published[BulletinId(row.id)] = count
        return published


@dataclass(frozen=True, slots=True)
class Newsroom:
    """Publishes, corrects and withdraws. Any process may; they take turns."""

    store: Store

    @property
    def _releasing(self) -> Releasing:
        return Releasing(self.store)

    async def compare(
        self, dossier: Dossier, told: Iterable[BulletinId] = (), process: str | None = None
    ) -> PublishReport:
        """Brings the ledger to what the dossier says. An edition that was compared last is not compared again.

        ``process`` is who holds the edition from now on; None where nobody does, as on the command line. An edition that
        was compared before undoes no later one that another process holds: of several that see a file change one may
        still have what it read before, and one of an old release may start again while a new one rolls out.

        ``told`` are bulletins to be sent although they are history.
        """
        bulletins = self.store.bulletins
        async with self.store.database.write() as connection:
            now = await bulletins.take_turn(connection)
            latest = await self.store.dossier_versions.latest(connection)
            if process is not None:
                await self.store.processes.hold(connection, process, dossier.version)
                if latest is not None and await self._is_overtaken(connection, dossier, latest, process):
                    return PublishReport(overtaken=True)
            found: tuple[Change, ...] = ()
            first = latest is None
            if latest is None or latest.version != dossier.version or told:
                found = await self._differences(connection, dossier, now, first, frozenset(told))
                for change in found:
                    await self._record(connection, change, now)
                    is_sent = first and (isinstance(change, Withdrawn) or change.item.not_before <= now)
                    await (
                        self._take_as_shown(connection, change) if is_sent else self._deliver(connection, change, now)
                    )
                await self.store.dossier_versions.put(connection, dossier.version, fact_texts(dossier), now)
            published = await self._releasing.begin(connection, now)
        return PublishReport(found, await self._releasing.complete() if published is None else published)

    async def follow(self, dossier: Dossier, process: str) -> None:
        """Says that the process still holds the edition."""
        async with self.store.database.write() as connection:
            await self.store.processes.hold(connection, process, dossier.version)

    async def _is_overtaken(self, connection: AsyncConnection, dossier: Dossier, latest: AnyRow, process: str) -> bool:
        if latest.version == dossier.version:
            return False
        is_old = await self.store.dossier_versions.is_compared(connection, dossier.version)
        return is_old and await self.store.processes.others_hold(connection, process, latest.version)

    async def try_out(self, dossier: Dossier, name: BulletinId, reader: Reader) -> bool:
        """Sends a bulletin to one reader alone, before its audience; False where it is published already.

        Who got it in the trial gets no second message, but a correction where the words change before it is published.
        """
        item = next(item for item in dossier_bulletins(dossier) if item.id == name)
        bulletins = self.store.bulletins
        async with self.store.database.write() as connection:
            now = await bulletins.take_turn(connection)
            found = ledger_bulletins(await bulletins.of_origin(connection, ORIGIN)).get(name)
            if found is not None and found.published:
                return False
            revision = found.revision + (found.digests != item.digests) if found else 1
            state = found.state if found and found.state != "retracted" else "trial"
            await bulletins.put(
                connection, name, {**columns_of(item), "state": state, "revision": revision}, texts_of(item), now
            )
            await self.store.fan_out.correct(connection, name, revision, item.articles, now)
            platform = reader.address.platform
            await self.store.fan_out.try_out(connection, name, revision, reader.id, platform, now)
        return True

    async def publish_due(self) -> PublishReport:
        """Publishes the scheduled bulletins whose time has come."""
        async with self.store.database.write() as connection:
            now = await self.store.bulletins.take_turn(connection)
            published = await self._releasing.begin(connection, now)
        return PublishReport(published=await self._releasing.complete() if published is None else published)

    async def is_new(self, dossier: Dossier) -> bool:
        """Whether the edition is another than the one compared last."""
        async with self.store.database.read() as connection:
            latest = await self.store.dossier_versions.latest(connection)
        return latest is None or latest.version != dossier.version

    async def has_compared(self) -> bool:
        """Whether any edition was compared, in this database or since a backup was imported into it."""
        async with self.store.database.read() as connection:
            return await self.store.dossier_versions.latest(connection) is not None

    async def soonest(self) -> float | None:
        """In how many seconds the next scheduled bulletin is to be published; None where none is."""
        return await self.store.bulletins.soonest()

    async def differences(self, dossier: Dossier, told: Iterable[BulletinId] = ()) -> tuple[Change, ...]:
        """What :meth:`compare` would find, with nothing written."""
        async with self.store.database.read() as connection:
            now = await self.store.bulletins.moment(connection)
            first = await self.store.dossier_versions.latest(connection) is None
            return await self._differences(connection, dossier, now, first, frozenset(told))

    async def _differences(
        self, connection: AsyncConnection, dossier: Dossier, now: float, first: bool, told: frozenset[BulletinId]
    ) -> tuple[Change, ...]:
        items = dossier_bulletins(dossier)
        known = ledger_bulletins(await self.store.bulletins.of_origin(connection, ORIGIN, [item.id for item in items]))
        return tuple(changes(items, known, now, first, told))

    async def _record(self, connection: AsyncConnection, change: Change, now: float) -> None:
        """The bulletin as it is now."""
        bulletins = self.store.bulletins
        match change:
            case Added(item, state, revision) | Revised(item, state, revision):
                columns = {**columns_of(item), "state": state, "revision": revision}
                await bulletins.put(connection, item.id, columns, texts_of(item), now)
            case Rescheduled(item):
                columns = {name: columns_of(item)[name] for name in ("topics", "urgent", "not_before")}
                await bulletins.change(connection, item.id, **columns)
            case Retargeted(item):
                await bulletins.change(connection, item.id, topics=list(item.topics))
            case Withdrawn(name, revision):
                await bulletins.retract(connection, name, revision, now)
            case _:
                assert_never(change)

    async def _deliver(self, connection: AsyncConnection, change: Change, now: float) -> None:
        """What readers see of it."""
        fan_out = self.store.fan_out
        match change:
            case Added(item, _, revision):
                await fan_out.correct(connection, item.id, revision, item.articles, now)
            case Revised(item, _, revision, languages, restored):
                await fan_out.correct(connection, item.id, revision, languages, now)
                if restored:
                    await fan_out.restore(connection, item.id, now)
            case Rescheduled(item, held_until):
                if held_until is not None:
                    await fan_out.hold(connection, item.id, held_until, max(now, item.not_before))
            case Retargeted(item, revision, is_news):
                await fan_out.redirect(connection, item.id, item.topics, now)
                if is_news:
                    await fan_out.add(connection, item.id, revision, item.topics, item.urgent, now)
            case Withdrawn(name, revision):
                await fan_out.withdraw(connection, name, revision, now)
            case _:
                assert_never(change)

    async def _take_as_shown(self, connection: AsyncConnection, change: Change) -> None:
        """Readers have seen it: the database that a backup was made of went on after that."""
        match change:
            case Added(item, _, revision) | Revised(item, _, revision) | Retargeted(item, revision):
                await self.store.fan_out.take_as_shown(connection, item.id, revision)
            case Rescheduled():
                pass
            case Withdrawn(name, revision):
                await self.store.fan_out.take_as_shown(connection, name, revision)
            case _:
                assert_never(change)


log = structlog.get_logger("bot.newsroom")


LOOK_SECONDS = 10.0
"""Between two looks for scheduled bulletins, which another process may have added, and two words that we are still here."""


AGAIN_SECONDS = 2.0
"""After the database failed, or another process was ahead of us."""


LEAVE_SECONDS = 2.0
"""How long the word that we are gone may take; without it we are believed to be there a little longer."""


@dataclass(slots=True)
class NewsroomWorker:
    """Keeps the ledger to the edition in force.

    Attributes:
        proofread: has the edition take the content anew, proofread for every platform.
        on_news: told when there is something to send.
        on_look: told of each look that came to its end.
        process: this one, unlike any other that is or was.
        look_seconds: between two looks at the database.
    """

    newsroom: Newsroom
    live: LiveDossier
    proofread: Callable[[], Awaitable[None]]
    on_news: Callable[[], None]
    on_look: Callable[[], None] = lambda: None
    process: str = field(default_factory=partial(token_hex, 16))
    look_seconds: float = LOOK_SECONDS
    _is_overtaken: bool = False
    _is_waiting: bool = False
    _changed: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.live.on_change(self._changed.set)

    async def run(self) -> None:
        """Runs until cancelled. Content that is new to the database is proofread first, and not compared while it has errors."""
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
            with suppress(*DATABASE_AWAY):
                await within(LEAVE_SECONDS, self.newsroom.store.processes.leave(self.process))

    async def _started(self) -> bool:
        try:
            if await self.newsroom.is_new(self.live.complete.from_files):
                await self.proofread()
                self._changed.set()
        except DATABASE_AWAY as failure:
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
        except DATABASE_AWAY:
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
        except DATABASE_AWAY as failure:
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

    async def _compare(self) -> PublishReport:
        if errors := self._errors:  # owners are alerted: whoever wrote the bulletin believes that it is published
            log.error("nothing is published while the content has errors", diagnostics=len(errors), first=errors[0])
            return PublishReport()
        return await self.newsroom.compare(self.live.complete.from_files, process=self.process)

    @property
    def _errors(self) -> list[str]:
        return [str(diagnostic) for diagnostic in self.live.diagnostics if diagnostic.blocks]

    async def _release(self) -> PublishReport:
        await self.newsroom.follow(self.live.complete.from_files, self.process)
        if not self._errors and not await self.newsroom.has_compared():  # a backup was imported while we run
            return await self._compare()
        soonest = await self.newsroom.soonest()
        return await self.newsroom.publish_due() if soonest is not None and soonest <= 0 else PublishReport()

    def _tell(self, report: PublishReport) -> None:
        for line in report_lines(report):
            log.info(line)
        if report:
            self.on_news()


def report_lines(report: PublishReport) -> list[str]:
    """What a comparison came to, a line each; much history, as of a first start, in one."""
    history = [each for each in report.changes if isinstance(each, Added) and each.state == "history"]
    changes = [
        f"{each.id if isinstance(each, Withdrawn) else each.item.id}: {describe(each)}"
        for each in report.changes
        if len(history) == 1 or each not in history
    ]
    many = [f"{len(history)} bulletins: history, not sent"] if len(history) > 1 else []
    published = (
        f"{name}: published, for {count} reader{'s' * (count != 1)}" for name, count in report.published.items()
    )
    return [*many, *changes, *published]


def describe(change: Change) -> str:
    """What a change is, in a few words."""
    match change:
        case Added(_, "history"):
            return "history, not sent"
        case Added():
            return "new"
        case Revised(_, _, _, languages):
            return f"corrected, in {', '.join(sorted(languages))}"
        case Rescheduled():
            return "rescheduled"
        case Retargeted(_, _, is_news):
            return "about other topics" + ("" if is_news else ", too old to be sent to anybody else")
        case Withdrawn():
            return "withdrawn"
