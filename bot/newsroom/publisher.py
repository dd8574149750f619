"""Publishes, corrects and withdraws bulletins: whenever the dossier changes, and when a scheduled bulletin is due."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from secrets import token_hex
from typing import assert_never

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.db.engine import DATABASE_AWAY, AnyRow, Sleep, within
from bot.db.readers import Reader
from bot.db.schema import DESK
from bot.db.store import Store
from bot.dossier.models import BulletinId, Dossier
from bot.live_dossier import LiveDossier
from bot.newsroom.diff import (
    ORIGIN,
    Added,
    Change,
    DossierBulletin,
    Rescheduled,
    Retargeted,
    Revised,
    Withdrawn,
    changes,
    dossier_bulletin,
    dossier_bulletins,
    fact_texts,
    id_of,
    ledger_bulletins,
)
from bot.newsroom.draft_content import with_sent

log = structlog.get_logger("bot.newsroom")


@dataclass(frozen=True, slots=True)
class PublishReport:
    """What a comparison did.

    Attributes:
        changes: the differences found.
        published: bulletin → number of readers that deliveries were written for.
        overtaken: another process has a dossier that was compared after ours. It may be on our disk by now.
    """

    changes: tuple[Change, ...] = ()
    published: dict[BulletinId, int] = field(default_factory=dict)
    overtaken: bool = False

    def __bool__(self) -> bool:
        return bool(self.changes or self.published)


def report_lines(report: PublishReport) -> list[str]:
    """What a comparison did, one line each. Much history, as at a first start, is one line."""
    history = [each for each in report.changes if isinstance(each, Added) and each.state == "history"]
    changed = [
        f"{id_of(each)}: {describe(each)}" for each in report.changes if len(history) == 1 or each not in history
    ]
    many = [f"{len(history)} bulletins: history, not sent"] if len(history) > 1 else []
    published = (
        f"{name}: published, for {count} reader{'s' * (count != 1)}" for name, count in report.published.items()
    )
    return [*many, *changed, *published]


def describe(change: Change) -> str:
    """A change in a few words."""
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


@dataclass(frozen=True, slots=True)
class Newsroom:
    """Publishes, corrects and withdraws. Any process may; they take turns."""

    store: Store

    async def publish_changes(
        self, dossier: Dossier, forced: Iterable[BulletinId] = (), process: str | None = None
    ) -> PublishReport:
        """Compares the dossier with the ledger, and publishes, corrects and withdraws until the ledger matches the dossier.

        If this dossier was compared last, only scheduled bulletins that are due are published.

        A dossier that was compared before does not undo a later one that another process has: of several processes that see
        a file change, one may still have the old content, and an old release may restart while a new one rolls out.

        ``forced`` are bulletins to be sent although they are history. ``process`` names the process that has the dossier in
        force from now on; None: no process does, as on the command line.
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
            if latest is None or latest.version != dossier.version or forced:
                first = latest is None
                found = await self._differences(connection, dossier, now, first, frozenset(forced))
                for change in found:
                    await self._store(connection, change, now)
                    if first and not _is_under_embargo(change, now):
                        await self._count_as_shown(connection, change)
                    else:
                        await self._write_deliveries(connection, change, now)
                        await self._note_at_desk(connection, change, now)
                await self.store.dossier_versions.put(connection, dossier.version, fact_texts(dossier), now)
            published = await self._publish_first(connection, now)
        return PublishReport(found, await self._publish_rest() if published is None else published)

    async def publish_due(self) -> PublishReport:
        """Publishes the scheduled bulletins whose time has come."""
        async with self.store.database.write() as connection:
            published = await self._publish_first(connection, await self.store.bulletins.take_turn(connection))
        return PublishReport(published=await self._publish_rest() if published is None else published)

    async def publish_one(self, connection: AsyncConnection, bulletin: DossierBulletin, now: float) -> None:
        """Makes the ledger match one bulletin that is in no file: schedules it, or corrects it where it was sent."""
        ledger = ledger_bulletins(await self.store.bulletins.of_origin(connection, bulletin.origin, [bulletin.id]))
        stored = {name: each for name, each in ledger.items() if name == bulletin.id}
        for change in changes([bulletin], stored, now, False, frozenset()):
            await self._store(connection, change, now)
            await self._write_deliveries(connection, change, now)

    async def try_out(self, dossier: Dossier, name: BulletinId, reader: Reader) -> bool:
        """Sends a bulletin to one reader before its audience; False: it is published already.

        That reader gets no second message, but a correction if the text changes before the bulletin is published.
        """
        bulletin = next(bulletin for bulletin in dossier_bulletins(dossier) if bulletin.id == name)
        bulletins, fan_out = self.store.bulletins, self.store.fan_out
        async with self.store.database.write() as connection:
            now = await bulletins.take_turn(connection)
            found = ledger_bulletins(await bulletins.of_origin(connection, ORIGIN)).get(name)
            if found is not None and found.published:
                return False
            revision = found.revision + (found.fingerprints != bulletin.fingerprints) if found else 1
            state = found.state if found and found.state != "retracted" else "trial"
            columns = {**bulletin.columns, "state": state, "revision": revision}
            await bulletins.put(connection, name, columns, bulletin.texts, now)
            await fan_out.correct(connection, name, revision, bulletin.articles, now)
            await fan_out.try_out(connection, name, revision, reader.id, reader.address.platform, now)
        return True

    async def differences(self, dossier: Dossier, forced: Iterable[BulletinId] = ()) -> tuple[Change, ...]:
        """What :meth:`publish_changes` would find. Writes nothing."""
        async with self.store.database.read() as connection:
            now = await self.store.database.moment(connection)
            first = await self.store.dossier_versions.latest(connection) is None
            return await self._differences(connection, dossier, now, first, frozenset(forced))

    async def is_new(self, dossier: Dossier) -> bool:
        """Whether another dossier was compared last, or none."""
        async with self.store.database.read() as connection:
            latest = await self.store.dossier_versions.latest(connection)
        return latest is None or latest.version != dossier.version

    async def has_compared(self) -> bool:
        """Whether any dossier was compared, in this database or since a backup was imported."""
        async with self.store.database.read() as connection:
            return await self.store.dossier_versions.latest(connection) is not None

    async def soonest(self) -> float | None:
        """Seconds until the next scheduled bulletin is due; None: there is none."""
        return await self.store.bulletins.soonest()

    async def note_in_use(self, dossier: Dossier, process: str) -> None:
        """Notes that the process still runs with this dossier."""
        async with self.store.database.write() as connection:
            await self.store.processes.hold(connection, process, dossier.version)

    async def _is_overtaken(self, connection: AsyncConnection, dossier: Dossier, latest: AnyRow, process: str) -> bool:
        if latest.version == dossier.version:
            return False
        is_old = await self.store.dossier_versions.is_compared(connection, dossier.version)
        return is_old and await self.store.processes.others_hold(connection, process, latest.version)

    async def _differences(
        self, connection: AsyncConnection, dossier: Dossier, now: float, first: bool, forced: frozenset[BulletinId]
    ) -> tuple[Change, ...]:
        bulletins = dossier_bulletins(dossier)
        ledger = await self.store.bulletins.of_origin(connection, ORIGIN, [bulletin.id for bulletin in bulletins])
        of_files = changes(bulletins, ledger_bulletins(ledger), now, first, forced)
        return *of_files, *await self._corrections_of_desk(connection, dossier, now)

    async def _corrections_of_desk(self, connection: AsyncConnection, dossier: Dossier, now: float) -> list[Revised]:
        """Bulletins of the desk that print something else with this dossier, such as a fact that has changed.

        Their own topics and times stay: those are decided at the desk.
        """
        ledger = ledger_bulletins(await self.store.bulletins.of_origin(connection, DESK))
        whole, _ = with_sent(dossier, await self.store.drafts.read_sent(connection))
        bulletins = [
            replace(dossier_bulletin(whole, whole.bulletins[name], DESK), topics=tuple(sorted(ledger[name].topics)))
            for name in sorted(ledger.keys() & whole.bulletins.keys() - dossier.bulletins.keys())
        ]
        found = changes(bulletins, ledger, now, False, frozenset())
        return [change for change in found if isinstance(change, Revised) and not change.restored]

    async def _note_at_desk(self, connection: AsyncConnection, change: Change, now: float) -> None:
        """The desk says so of a bulletin of its own that readers had seen."""
        if isinstance(change, Revised) and change.bulletin.origin == DESK and change.state == "published":
            await self.store.drafts.note_correction(connection, change.bulletin.id, change.bulletin.language, now)

    async def _store(self, connection: AsyncConnection, change: Change, now: float) -> None:
        """Stores the changed bulletin."""
        bulletins, name = self.store.bulletins, id_of(change)
        match change:
            case Added(bulletin, state, revision) | Revised(bulletin, state, revision):
                columns = {**bulletin.columns, "state": state, "revision": revision}
                await bulletins.put(connection, name, columns, bulletin.texts, now)
            case Rescheduled(bulletin):
                columns = {key: bulletin.columns[key] for key in ("topics", "urgent", "not_before")}
                await bulletins.change(connection, name, **columns)
            case Retargeted(bulletin):
                await bulletins.change(connection, name, topics=list(bulletin.topics))
            case Withdrawn(_, revision):
                await bulletins.retract(connection, name, revision, now)
            case _:
                assert_never(change)

    async def _count_as_shown(self, connection: AsyncConnection, change: Change) -> None:
        """Counts the change as seen by readers: the database of which the backup was made was in use after the backup."""
        if not isinstance(change, Rescheduled):
            await self.store.fan_out.take_as_shown(connection, id_of(change), change.revision)

    async def _write_deliveries(self, connection: AsyncConnection, change: Change, now: float) -> None:
        """Writes the deliveries that follow from the change: messages to send, edit or drop."""
        fan_out, name = self.store.fan_out, id_of(change)
        match change:
            case Added(bulletin, _, revision):
                await fan_out.correct(connection, name, revision, bulletin.articles, now)
            case Revised(_, _, revision, languages, restored):
                await fan_out.correct(connection, name, revision, languages, now)
                if restored:
                    await fan_out.restore(connection, name, now)
            case Rescheduled(bulletin, former_not_before):
                if former_not_before is not None:
                    await fan_out.hold(connection, name, former_not_before, max(now, bulletin.not_before))
            case Retargeted(bulletin, revision, is_news):
                await fan_out.redirect(connection, name, bulletin.topics, now)
                if is_news:
                    await fan_out.add(connection, name, revision, bulletin.topics, bulletin.urgent, now)
            case Withdrawn(_, revision):
                await fan_out.withdraw(connection, name, revision, now)
            case _:
                assert_never(change)

    async def _publish_first(self, connection: AsyncConnection, now: float) -> dict[BulletinId, int] | None:
        """Publishes due bulletins. None: the audience is large, and only its first deliveries were written.

        The bulletin stays scheduled until :meth:`_publish_rest` has written the others, in this process or, if it dies, in
        the next one that polls.
        """
        due = await self.store.bulletins.ripe(connection, now)
        if not due or not await self.store.fan_out.is_large(connection):
            return await self._publish(connection, now)
        for row in due:
            await self.store.fan_out.begin(connection, row.id, row.revision, row.topics, row.urgent, now)
        return None

    async def _publish_rest(self) -> dict[BulletinId, int]:
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


def _is_under_embargo(change: Change, now: float) -> bool:
    return not isinstance(change, Withdrawn) and change.bulletin.not_before > now


POLL_SECONDS = 10.0
"""Between two queries for scheduled bulletins, which another process may have added. Each also notes that this process is
still running."""

RETRY_SECONDS = 2.0
"""After the database failed, or another process was ahead."""

LEAVE_SECONDS = 2.0
"""Time limit at a stop for noting that this process is gone. Without the note it counts as present a little longer."""


@dataclass(slots=True)
class NewsroomWorker:
    """Compares the dossier in force with the ledger whenever it changes, and publishes scheduled bulletins.

    Attributes:
        reload: reloads the content files and checks every reply for every platform.
        on_news: called when there is something to send.
        on_poll: called after each poll that the database answered.
        process: names this process; no other has or had the same name.
        poll_seconds: between two polls of the database.
        sleep: waits after a poll that failed.
    """

    newsroom: Newsroom
    live: LiveDossier
    reload: Callable[[], Awaitable[None]]
    on_news: Callable[[], None]
    on_poll: Callable[[], None] = lambda: None
    process: str = field(default_factory=partial(token_hex, 16))
    poll_seconds: float = POLL_SECONDS
    sleep: Sleep = asyncio.sleep
    _is_overtaken: bool = False
    _is_away_logged: bool = False
    _changed: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.live.on_change(self._changed.set)

    async def run(self) -> None:
        """Runs until cancelled. Content that is new to the database is checked first, and not compared while it has errors."""
        while not await self._check_new_content():
            await self.sleep(RETRY_SECONDS)
        try:
            while True:
                seconds = await self._seconds_until_next_poll()
                with suppress(TimeoutError):
                    async with asyncio.timeout(seconds):
                        await self._changed.wait()
                await self._poll()
        finally:
            with suppress(*DATABASE_AWAY):
                await within(LEAVE_SECONDS, self.newsroom.store.processes.leave(self.process))

    async def _check_new_content(self) -> bool:
        try:
            if await self.newsroom.is_new(self.live.complete.from_files):
                await self.reload()
                self._changed.set()
        except DATABASE_AWAY as failure:
            self._log_away(failure)
            return False
        return True

    def _log_away(self, failure: BaseException) -> None:
        """Logs an outage once, not at each poll."""
        if not self._is_away_logged:
            log.warning("bulletins are not published yet: the database does not answer", failure=type(failure).__name__)
        self._is_away_logged = True

    async def _seconds_until_next_poll(self) -> float:
        try:
            soonest = await self.newsroom.soonest()
        except DATABASE_AWAY:
            return RETRY_SECONDS
        return self.poll_seconds if soonest is None else min(self.poll_seconds, max(0.05, soonest))

    async def _poll(self) -> None:
        changed = self._changed.is_set() or self._is_overtaken
        self._changed.clear()
        try:
            report = await (self._publish_changes() if changed else self._publish_due())
            for line in report_lines(report):
                log.info(line)
            if report:
                self.on_news()
            self.on_poll()
            self._is_away_logged = False
            if changed:
                await self._catch_up(report.overtaken)
        except DATABASE_AWAY as failure:
            self._log_away(failure)
            if changed:
                self._changed.set()
            await self.sleep(RETRY_SECONDS)

    async def _catch_up(self, overtaken: bool) -> None:
        """If another process is ahead, reloads the content once: the newer dossier may be on our disk by now.

        From then on each poll compares again, until the other process is gone.
        """
        before, self._is_overtaken = self._is_overtaken, overtaken
        if overtaken and not before:
            log.warning("another process has a later dossier: this one publishes and withdraws nothing meanwhile")
            await self.sleep(RETRY_SECONDS)
            await self.reload()

    async def _publish_changes(self) -> PublishReport:
        if errors := self._errors:  # owners are alerted: whoever wrote the bulletin believes that it is published
            log.error("nothing is published while the content has errors", diagnostics=len(errors), first=errors[0])
            return PublishReport()
        return await self.newsroom.publish_changes(self.live.complete.from_files, process=self.process)

    @property
    def _errors(self) -> list[str]:
        return [str(diagnostic) for diagnostic in self.live.diagnostics if diagnostic.blocks]

    async def _publish_due(self) -> PublishReport:
        await self.newsroom.note_in_use(self.live.complete.from_files, self.process)
        if not self._errors and not await self.newsroom.has_compared():  # a backup was imported while we run
            return await self._publish_changes()
        soonest = await self.newsroom.soonest()
        return await self.newsroom.publish_due() if soonest is not None and soonest <= 0 else PublishReport()
