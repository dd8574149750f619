"""Publishes, corrects and withdraws bulletins: whenever the dossier changes, and when a scheduled bulletin is due."""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import assert_never

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.db.engine import DATABASE_AWAY, AnyRow, Sleep, within
from bot.db.readers import Reader
from bot.db.schema import BULLETIN_WITHDRAWN, DESK, GONE
from bot.db.store import Store
from bot.dossier.models import BulletinId, Dossier
from bot.live_dossier import LiveDossier
from bot.newsroom.diff import (
    ORIGIN,
    Added,
    Change,
    DossierBulletin,
    Gone,
    Rescheduled,
    Retargeted,
    Returned,
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
    """The result of a comparison.

    Attributes:
        changes: the differences that were applied.
        published: bulletin → the number of readers that deliveries were written for.
        overtaken: whether another process has a dossier that was compared after ours. It may be on our disk by now.
        refusal: why nothing was compared or published, such as a database of another dossier; "": it was not refused.
        held: the changes that wait for a confirmation.
        changes_hash: identifies the held changes; "" if there are none. The command line calls it the digest.
    """

    changes: tuple[Change, ...] = ()
    published: dict[BulletinId, int] = field(default_factory=dict)
    overtaken: bool = False
    refusal: str = ""
    held: tuple[Change, ...] = ()
    changes_hash: str = ""

    def __bool__(self) -> bool:
        return bool(self.changes or self.published)


def report_lines(report: PublishReport) -> list[str]:
    """The report in lines. Many bulletins that are history, as at a first start, are one line."""
    history = [change for change in report.changes if isinstance(change, Added) and change.state == "history"]
    changed = [
        f"{id_of(change)}: {describe(change)}"
        for change in report.changes
        if len(history) == 1 or change not in history
    ]
    many = [f"{len(history)} bulletins: history, not sent"] if len(history) > 1 else []
    published = (
        f"{name}: published, for {count} reader{'s' * (count != 1)}" for name, count in report.published.items()
    )
    return [*many, *changed, *published, *held_lines(report)]


def held_lines(report: PublishReport) -> list[str]:
    """The held changes, and how to confirm them."""
    if not report.held:
        return []
    waiting = [f"{id_of(change)}: waits for a confirmation: {describe(change)}" for change in report.held]
    return [*waiting, held_notice(len({id_of(change) for change in report.held}), report.changes_hash)]


def held_notice(number: int, changes_hash: str) -> str:
    """Why the bulletins wait, and how to confirm them."""
    return (
        f"{number} bulletins that readers have would be corrected or withdrawn at once. They wait until an owner confirms it,"
        f" at the desk, with /status or with `nota publish --confirm {changes_hash}`"
    )


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
        case Gone(_, is_scheduled):
            return "its file is missing: " + (
                "it is not sent until the file is back" if is_scheduled else "sent messages stay, and it is not listed"
            )
        case Returned():
            return "its file is back"


MOST_AT_ONCE = 3
"""The number of bulletins in messages that files may correct, withdraw or restore at once. More wait for a confirmation: the
cause is more likely a wrong folder or branch than a decision."""


class OtherDossier(Exception):
    """The database belongs to another dossier. The message says what to do."""


@dataclass(frozen=True, slots=True)
class Newsroom:
    """Publishes, corrects and withdraws bulletins. Any process may do so; a lock makes them take turns."""

    store: Store

    async def publish_changes(
        self, dossier: Dossier, forced: Iterable[BulletinId] = (), process: str | None = None, confirmed: str = ""
    ) -> PublishReport:
        """Compares the dossier with the ledger, and publishes, corrects and withdraws until the ledger matches the dossier.

        If this dossier was compared last, only scheduled bulletins that are due are published.

        A dossier that was compared before does not undo a later one that another process has: one of several processes that see a
        file change may still have the old content, and an old release may restart during a rolling deploy.

        More than :data:`MOST_AT_ONCE` bulletins that readers have are not corrected or withdrawn together, unless somebody has
        confirmed exactly these changes. All other changes are made.

        Args:
            dossier: the content.
            forced: bulletins that are sent although they are history.
            process: the id of the process that has the dossier in force from now on; None: no process, as on the command line.
            confirmed: the ``changes_hash`` of changes that may be made, however many they are.
        """
        bulletins, safeguards = self.store.bulletins, self.store.safeguards
        async with self.store.database.write() as connection:
            now = await bulletins.lock_newsroom(connection)
            if refusal := await self._bind(connection, dossier):
                return PublishReport(refusal=refusal)
            latest = await self.store.dossier_versions.latest(connection)
            if process is not None:
                await self.store.processes.note_version(connection, process, dossier.version)
                if latest is not None and await self._is_overtaken(connection, dossier, latest, process):
                    return PublishReport(overtaken=True)
            applied: tuple[Change, ...] = ()
            held: tuple[Change, ...] = ()
            changes_hash, state = "", await safeguards.read(connection)
            if latest is None or latest.version != dossier.version or forced or state.held is not None:
                first = latest is None
                differences = await self._differences(connection, dossier, now, first, frozenset(forced))
                held, changes_hash = ((), "") if first else await self.held(connection, differences)
                if changes_hash and changes_hash in (confirmed, state.confirmed):
                    held, changes_hash = (), ""
                applied = tuple(change for change in differences if change not in held)
                for change in applied:
                    await self._store(connection, change, now)
                    if first and not _is_under_embargo(change, now):
                        await self._count_as_shown(connection, change, now)
                    else:
                        await self._write_deliveries(connection, change, now)
                        await self._note_at_desk(connection, change, now)
                await self.store.dossier_versions.put(connection, dossier.version, fact_texts(dossier), now)
                waiting = {id_of(change): describe(change) for change in held}
                await safeguards.change(
                    connection, held=changes_hash or None, held_changes=waiting or None, confirmed=None
                )
            published = await self._publish_first(connection, dossier, now)
        if published is None:
            published = await self._publish_rest(dossier)
        return PublishReport(applied, published, held=held, changes_hash=changes_hash)

    async def publish_due(self, dossier: Dossier) -> PublishReport:
        """Publishes the scheduled bulletins whose time has come; those from files only if this dossier has them."""
        async with self.store.database.write() as connection:
            now = await self.store.bulletins.lock_newsroom(connection)
            if refusal := await self.read_refusal(connection, dossier):
                return PublishReport(refusal=refusal)
            published = await self._publish_first(connection, dossier, now)
        return PublishReport(published=await self._publish_rest(dossier) if published is None else published)

    async def refusal(self, dossier: Dossier) -> str:
        """Why the bulletins of this dossier would not be published; "": they would be."""
        async with self.store.database.read() as connection:
            return await self.read_refusal(connection, dossier)

    async def sent_without_files(self, dossier: Dossier) -> list[BulletinId]:
        """The sent bulletins whose files this dossier does not have; empty if the database belongs to another dossier."""
        async with self.store.database.read() as connection:
            if (await self.store.safeguards.read(connection)).dossier != dossier.header.id:
                return []
            sent = await self.store.bulletins.sent(connection, ORIGIN)
        in_files = dossier.bulletins.keys() | dossier.withdrawn.keys()
        return [BulletinId(name) for name in sent if name not in in_files]

    async def adopt(self, dossier: Dossier) -> bool:
        """Gives the database to this dossier, whatever dossier it belonged to; False: it belongs to this one already.

        The next comparison then counts all bulletins as history, and no message is edited.
        """
        async with self.store.database.write() as connection:
            await self.store.bulletins.lock_newsroom(connection)
            if (await self.store.safeguards.read(connection)).dossier == dossier.header.id:
                return False
            await self._give_to(connection, dossier)
        return True

    async def _give_to(self, connection: AsyncConnection, dossier: Dossier) -> None:
        await self.store.dossier_versions.forget(connection)
        await self.store.safeguards.change(
            connection, dossier=dossier.header.id, held=None, held_changes=None, confirmed=None
        )

    async def _bind(self, connection: AsyncConnection, dossier: Dossier) -> str:
        """Binds a database without a dossier to this one. Returns why nothing may be published; "": it may be."""
        if refusal := await self.read_refusal(connection, dossier):
            return refusal
        bound = (await self.store.safeguards.read(connection)).dossier
        if bound is None:
            await self.store.safeguards.change(connection, dossier=dossier.header.id)
        elif bound != dossier.header.id:  # the database has no subscribers and no messages
            await self._give_to(connection, dossier)
        return ""

    async def read_refusal(self, connection: AsyncConnection, dossier: Dossier) -> str:
        """As :meth:`refusal`."""
        bound, name = (await self.store.safeguards.read(connection)).dossier, dossier.header.id
        if bound == name or not await self.store.fan_out.has_readers(connection):
            return ""
        remedy = f"Expected CONTENT_DIR with the dossier that this database was used with, or `nota migrate --dossier {name}`"
        if bound is not None:
            return f"the database belongs to the dossier {bound}, and the files are those of {name}: nothing is published, corrected or withdrawn. {remedy}"
        latest = await self.store.dossier_versions.latest(connection)
        known = {row.id for row in await self.store.bulletins.of_origin(connection, ORIGIN)}
        is_same = latest is not None and latest.version == dossier.version
        if is_same or known & (dossier.bulletins.keys() | dossier.withdrawn.keys()) or (latest is None and not known):
            return ""
        return f"the database has no bulletin of the dossier {name}, so it may be another's: nothing is published, corrected or withdrawn. {remedy}"

    async def check_own(self, connection: AsyncConnection, dossier: Dossier) -> None:
        """Checks the database's dossier. Call it before you send, correct or withdraw a bulletin that is not in a file.

        Raises:
            OtherDossier: the database belongs to another dossier than the files in force.
        """
        if refusal := await self.read_refusal(connection, dossier.from_files):
            raise OtherDossier(refusal)

    async def held(self, connection: AsyncConnection, differences: Iterable[Change]) -> tuple[tuple[Change, ...], str]:
        """The changes that must be confirmed, and their hash; empty if they are few."""
        edits = {id_of(change) for change in differences if isinstance(change, Revised | Withdrawn)}
        names = await self.store.bulletins.with_messages(connection, edits) if len(edits) > MOST_AT_ONCE else set()
        if len(names) <= MOST_AT_ONCE:
            return (), ""
        held = tuple(change for change in differences if id_of(change) in names)
        return held, _changes_hash(held)

    async def publish_one(self, connection: AsyncConnection, bulletin: DossierBulletin, now: float) -> None:
        """Makes the ledger match one bulletin that is not in a file: schedules it, or corrects it where it was sent."""
        ledger = ledger_bulletins(await self.store.bulletins.of_origin(connection, bulletin.origin, [bulletin.id]))
        stored = {name: known for name, known in ledger.items() if name == bulletin.id}
        for change in changes([bulletin], stored, now, False, frozenset()):
            await self._store(connection, change, now)
            await self._write_deliveries(connection, change, now)

    async def try_out(self, dossier: Dossier, name: BulletinId, reader: Reader) -> bool:
        """Sends a bulletin to one reader before its audience; False: it is published already.

        That reader gets no second message, but an edit if the text changes before the bulletin is published.

        Raises:
            OtherDossier: the database belongs to another dossier.
        """
        bulletin = next(bulletin for bulletin in dossier_bulletins(dossier) if bulletin.id == name)
        bulletins, fan_out = self.store.bulletins, self.store.fan_out
        async with self.store.database.write() as connection:
            now = await bulletins.lock_newsroom(connection)
            if refusal := await self._bind(connection, dossier):
                raise OtherDossier(refusal)
            stored = ledger_bulletins(await bulletins.of_origin(connection, ORIGIN)).get(name)
            if stored is not None and stored.published:
                return False
            is_new = stored is None or stored.state == BULLETIN_WITHDRAWN or stored.text_hashes != bulletin.text_hashes
            revision = (stored.revision if stored else 0) + is_new
            state = stored.state if stored and stored.state != BULLETIN_WITHDRAWN else "trial"
            columns = {**bulletin.columns, "state": state, "revision": revision}
            await bulletins.put(connection, name, columns, bulletin.texts if is_new else (), now)
            await fan_out.correct(connection, name, revision, bulletin.articles, now)
            await fan_out.add_reader(connection, name, revision, reader.id, now)
        return True

    async def differences(self, dossier: Dossier, forced: Iterable[BulletinId] = ()) -> tuple[Change, ...]:
        """The differences that :meth:`publish_changes` would find. Writes nothing."""
        async with self.store.database.read() as connection:
            now = await self.store.database.moment(connection)
            first = await self.store.dossier_versions.latest(connection) is None
            return await self._differences(connection, dossier, now, first, frozenset(forced))

    async def must_compare(self, dossier: Dossier) -> bool:
        """Whether :meth:`publish_changes` has work: this dossier was not compared last, or held changes were confirmed."""
        async with self.store.database.read() as connection:
            latest = await self.store.dossier_versions.latest(connection)
            if latest is None or latest.version != dossier.version:
                return True
            return (await self.store.safeguards.read(connection)).confirmed is not None

    async def seconds_until_next(self) -> float | None:
        """Seconds until the next scheduled bulletin is due; None: no bulletin is scheduled."""
        return await self.store.bulletins.seconds_until_next()

    async def note_in_use(self, dossier: Dossier, process: str) -> None:
        """Records that the process still runs with this dossier."""
        async with self.store.database.write() as connection:
            await self.store.processes.note_version(connection, process, dossier.version)

    async def _is_overtaken(self, connection: AsyncConnection, dossier: Dossier, latest: AnyRow, process: str) -> bool:
        if latest.version == dossier.version:
            return False
        is_old = await self.store.dossier_versions.is_compared(connection, dossier.version)
        return is_old and await self.store.processes.others_run(connection, process, latest.version)

    async def _differences(
        self, connection: AsyncConnection, dossier: Dossier, now: float, first: bool, forced: frozenset[BulletinId]
    ) -> tuple[Change, ...]:
        bulletins = dossier_bulletins(dossier)
        ledger = await self.store.bulletins.of_origin(connection, ORIGIN, [bulletin.id for bulletin in bulletins])
        of_files = changes(bulletins, ledger_bulletins(ledger), now, first, forced, dossier.withdrawn.keys())
        return *of_files, *await self._corrections_of_desk(connection, dossier, now)

    async def _corrections_of_desk(self, connection: AsyncConnection, dossier: Dossier, now: float) -> list[Revised]:
        """Corrections of desk bulletins whose text this dossier changes, for example by another value of a fact."""
        ledger = ledger_bulletins(await self.store.bulletins.of_origin(connection, DESK))
        whole, _ = with_sent(dossier, await self.store.drafts.read_sent(connection))
        bulletins = [
            replace(dossier_bulletin(whole, whole.bulletins[name], DESK), topics=tuple(sorted(ledger[name].topics)))
            for name in sorted(ledger.keys() & whole.bulletins.keys() - dossier.bulletins.keys())
        ]
        differences = changes(bulletins, ledger, now, False, frozenset())
        # topics and times stay: they are decided at the desk
        return [change for change in differences if isinstance(change, Revised) and not change.restored]

    async def _note_at_desk(self, connection: AsyncConnection, change: Change, now: float) -> None:
        """Records the correction of a published desk bulletin on its draft."""
        if isinstance(change, Revised) and change.bulletin.origin == DESK and change.state == "published":
            await self.store.drafts.note_correction(connection, change.bulletin.id, change.bulletin.language, now)

    async def _store(self, connection: AsyncConnection, change: Change, now: float) -> None:
        """Writes the changed bulletin to the ledger."""
        bulletins, name = self.store.bulletins, id_of(change)
        match change:
            case Added(bulletin, state, revision) | Revised(bulletin, state, revision):
                columns = {**bulletin.columns, "state": state, "revision": revision, "gone": None}
                await bulletins.put(connection, name, columns, bulletin.texts, now)
            case Rescheduled(bulletin):
                columns = {key: bulletin.columns[key] for key in ("topics", "urgent", "not_before")}
                await bulletins.change(connection, name, **columns)
            case Retargeted(bulletin):
                await bulletins.change(connection, name, topics=list(bulletin.topics))
            case Withdrawn(_, revision):
                await bulletins.withdraw(connection, name, revision, now)
            case Gone(_, True):
                await bulletins.change(connection, name, state="trial")  # it starts over when the file is back
            case Gone():
                await bulletins.change(connection, name, gone=now)
            case Returned():
                await bulletins.change(connection, name, gone=None)
            case _:
                assert_never(change)

    async def _count_as_shown(self, connection: AsyncConnection, change: Change, now: float) -> None:
        """Counts the change as seen by readers: the database behind an imported backup may have sent it."""
        if isinstance(change, Gone | Returned):
            await self._write_deliveries(connection, change, now)
        elif not isinstance(change, Rescheduled):
            await self.store.fan_out.take_as_shown(connection, id_of(change), change.revision)

    async def _write_deliveries(self, connection: AsyncConnection, change: Change, now: float) -> None:  # noqa: C901  one case a change
        """Writes or changes deliveries for the change: messages are sent, edited or dropped."""
        fan_out, name = self.store.fan_out, id_of(change)
        match change:
            case Added(bulletin, _, revision):
                await fan_out.correct(connection, name, revision, bulletin.articles, now)
            case Revised(bulletin, _, revision, languages, restored):
                spoken = bulletin.articles.keys() if bulletin.language in languages else None
                await fan_out.correct(connection, name, revision, languages, now, spoken=spoken)
                if restored:
                    await fan_out.restore(connection, name, now)
            case Rescheduled(bulletin, former_not_before):
                if former_not_before is not None:
                    await fan_out.set_embargo(connection, name, former_not_before, max(now, bulletin.not_before))
            case Retargeted(bulletin, revision, is_news):
                await fan_out.redirect(connection, name, bulletin.topics, now)
                if is_news:
                    await fan_out.add(connection, name, revision, bulletin.topics, bulletin.urgent, now)
            case Withdrawn(_, revision):
                await fan_out.withdraw(connection, name, revision, now)
            case Gone():
                await fan_out.drop(connection, name, GONE)
            case Returned():
                await fan_out.restore(connection, name, now)
            case _:
                assert_never(change)

    async def _publish_first(
        self, connection: AsyncConnection, dossier: Dossier, now: float
    ) -> dict[BulletinId, int] | None:
        """Publishes due bulletins. Returns None if the audience is large and only the first deliveries were written.

        The bulletin stays scheduled until :meth:`_publish_rest` has written the others, in this process or, if it dies, in the
        next one that polls.
        """
        due = await self._due(connection, dossier, now)
        if not due or not await self.store.fan_out.is_large(connection):
            return await self._publish(connection, dossier, now)
        for row in due:
            await self.store.fan_out.begin(connection, row.id, row.revision, row.topics, row.urgent, now)
        return None

    async def _publish_rest(self, dossier: Dossier) -> dict[BulletinId, int]:
        async with self.store.database.write() as connection:
            return await self._publish(connection, dossier, await self.store.bulletins.lock_newsroom(connection))

    async def _due(self, connection: AsyncConnection, dossier: Dossier, now: float) -> list[AnyRow]:
        """The due bulletins; those from files only if the dossier in force has them."""
        due = await self.store.bulletins.due(connection, now)
        return [row for row in due if row.origin != ORIGIN or row.id in dossier.bulletins]

    async def _publish(self, connection: AsyncConnection, dossier: Dossier, now: float) -> dict[BulletinId, int]:
        published = {}
        for row in await self._due(connection, dossier, now):
            await self.store.fan_out.restore(connection, row.id, now)
            count = await self.store.fan_out.publish(connection, row.id, row.revision, row.topics, row.urgent, now)
            await self.store.bulletins.change(connection, row.id, state="published", published=now)
            published[BulletinId(row.id)] = count
        return published


def _is_under_embargo(change: Change, now: float) -> bool:
    return not isinstance(change, Withdrawn | Gone | Returned) and change.bulletin.not_before > now


def _changes_hash(held: Iterable[Change]) -> str:
    """A hash of the changes: the same in every process that finds the same ones."""
    state = hashlib.blake2b(digest_size=6)
    for change in held:
        texts = sorted(change.bulletin.text_hashes.items()) if isinstance(change, Revised) else []
        revision = change.revision if isinstance(change, Revised | Withdrawn) else 0
        state.update(repr((id_of(change), type(change).__name__, revision, texts)).encode())
    return state.hexdigest()


POLL_SECONDS = 10.0
"""Between two queries for scheduled bulletins, which another process may have added. Each query also records that this process
is still running."""

CATCH_UP_SECONDS = 2.0
"""Pause before the content is loaded again after another process was found ahead."""

LEAVE_SECONDS = 2.0
"""Time limit at a stop for deleting the record of this process, which otherwise expires a little later."""


@dataclass(slots=True)
class NewsroomWorker:
    """Compares the dossier in force with the ledger whenever it changes, and publishes scheduled bulletins.

    Attributes:
        reload: reloads the content files and checks every reply for every platform.
        on_news: called when there are messages to send.
        process: the id of this process, which no other process has or had.
        on_poll: called after each poll that the database answered, with the reason why nothing may be published, or "".
        poll_seconds: between two polls of the database.
        sleep: waits after a poll that failed, or found another process ahead.
    """

    newsroom: Newsroom
    live: LiveDossier
    reload: Callable[[], Awaitable[None]]
    on_news: Callable[[], None]
    process: str
    on_poll: Callable[[str], None] = lambda problem: None
    poll_seconds: float = POLL_SECONDS
    sleep: Sleep = asyncio.sleep
    _is_overtaken: bool = False
    _refusal: str = ""
    _held: str = ""
    _errors: tuple[str, ...] = ()
    _is_checked: bool = False
    """Whether the content was checked for every platform. The start of the process does not do it."""
    _changed: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.live.on_change(self._changed.set)

    async def run(self) -> None:
        """Runs until cancelled. Content that is new to the database is checked first, and not published while it has errors."""
        store = self.newsroom.store
        try:
            await store.database.repeat(self._poll, self.poll_seconds, self._changed, self.sleep)
        finally:
            with suppress(*DATABASE_AWAY):
                await within(LEAVE_SECONDS, store.processes.leave(self.process))

    async def _poll(self) -> float | None:
        """Compares, publishes and corrects. Returns the seconds until the next poll; None: as usual."""
        newsroom = self.newsroom
        must_compare = await newsroom.must_compare(self.live.complete.from_files)
        if must_compare and not self._is_checked:
            await self.reload()
        self._is_checked = True
        files = self.live.complete.from_files
        errors = tuple(str(diagnostic) for diagnostic in self.live.diagnostics if diagnostic.blocks)
        # an alarm to the owners, because the author expects that the bulletin is published
        if errors and errors != self._errors:
            log.error("nothing is published while the content has errors", diagnostics=len(errors), first=errors[0])
        self._errors = errors
        await newsroom.note_in_use(files, self.process)
        seconds, report = await newsroom.seconds_until_next(), PublishReport()
        if must_compare and not errors:
            report = await newsroom.publish_changes(files, process=self.process)
        elif must_compare or (seconds is not None and seconds <= 0):
            report = await newsroom.publish_due(files)
        self._log(report)
        if report:
            self.on_news()
        self.on_poll(self._refusal)
        await self._catch_up(report.overtaken)
        if report:
            return 0.0  # a bulletin that was just scheduled may be due
        return None if seconds is None or seconds <= 0 else min(self.poll_seconds, max(0.05, seconds))

    def _log(self, report: PublishReport) -> None:
        """Logs what was done. A refusal and held changes are logged once, as errors, so that owners get an alarm."""
        if report.refusal and report.refusal != self._refusal:
            log.error(report.refusal)
        elif self._refusal and not report.refusal:
            log.info("the database belongs to this dossier")
        self._refusal = report.refusal
        if report.changes_hash and report.changes_hash != self._held:
            log.error("corrections and withdrawals wait for a confirmation", digest=report.changes_hash)
        if report.changes_hash or report.changes:
            self._held = report.changes_hash
        for line in report_lines(report):
            log.info(line)

    async def _catch_up(self, overtaken: bool) -> None:
        """Reloads the content once if another process is ahead: the newer dossier may be on our disk by now.

        Each poll compares again, until the other process has ended.
        """
        before, self._is_overtaken = self._is_overtaken, overtaken
        if overtaken and not before:
            log.warning("another process has a later dossier: this one does not publish meanwhile")
            await self.sleep(CATCH_UP_SECONDS)
            await self.reload()
