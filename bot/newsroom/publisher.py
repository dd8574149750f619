"""Publishes, corrects and withdraws bulletins: whenever the dossier changes, and when a scheduled bulletin is due."""

import asyncio
import hashlib
from collections.abc import Collection, Container, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from functools import partial
from secrets import token_hex
from typing import assert_never

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.db.engine import AnyRow
from bot.db.readers import Reader
from bot.db.safeguards import MOST_AT_ONCE
from bot.db.schema import BULLETIN_WITHDRAWN, GONE, REVIEW
from bot.db.store import Store
from bot.dossier.entries import Content, Edition, InForce, Key, in_force
from bot.dossier.loader import Loading, contents_of, in_force_of
from bot.dossier.markdown import citations
from bot.dossier.models import Bulletin, BulletinId, Dossier
from bot.live_dossier import NO_CHANGES
from bot.newsroom.deploy import Tree, may_import
from bot.newsroom.figures import with_computed
from bot.newsroom.ledger_diff import (
    Added,
    BulletinChange,
    Change,
    DossierBulletin,
    Gone,
    Rescheduled,
    Retargeted,
    Returned,
    Revised,
    Withdrawn,
    bulletin_changes,
    changes,
    dossier_bulletin,
    dossier_bulletins,
    fact_texts,
    id_of,
    ledger_bulletins,
    moves_known,
    topic_moves,
)
from bot.newsroom.messages import post
from bot.replies.bulletins import with_reason, withdrawal_reasons
from bot.replies.dossier_texts import facts_in
from bot.replies.i18n import phrases_in

log = structlog.get_logger("bot.newsroom")


@dataclass(frozen=True, slots=True)
class PublishReport:
    """The result of a comparison.

    Attributes:
        changes: the differences found.
        published: bulletin → number of readers that deliveries were written for.
        overtaken: the files are former ones, which are not imported yet.
        outdated: a change has come into force that this process does not have yet. Nothing was compared.
        refusal: why nothing was compared or published, such as a database of another dossier; "": nothing stood in the way.
        held: the changes that wait for a confirmation.
        changes_hash: identifies the held changes; "" if there are none. The command line calls it the changes_hash.
    """

    changes: tuple[Change, ...] = ()
    published: dict[BulletinId, int] = field(default_factory=dict)
    overtaken: bool = False
    outdated: bool = False
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
            return "about other topics" + ("" if is_news else ", sent to nobody else")
        case Withdrawn():
            return "withdrawn"
        case Gone(waits=True):
            return "a deploy has set aside what it prints: sent messages stay as they are until an editor chooses at the desk"
        case Gone(_, is_scheduled):
            return "not in force (its file is missing, or a deploy has set it aside): " + (
                "it is not sent until it is back" if is_scheduled else "sent messages stay, and it is not listed"
            )
        case Returned():
            return "it is back"


class NotHeld(Exception):
    """The confirmed changes do not wait for a confirmation. The message says what does."""


class OtherDossier(Exception):
    """The database belongs to another dossier. The message says what to do."""


@dataclass(frozen=True, slots=True)
class Holder:
    """A process with its files.

    Attributes:
        process: its id; "": it is a command, which others do not hear of.
        had: the files that it read before these; "": none.
        noted_since: since when it has noted without a gap that it runs.
    """

    process: str
    had: str
    noted_since: float


@dataclass(frozen=True, slots=True)
class Import:
    """Files that come into force.

    Attributes:
        files: what they say.
        changed: what each entry that changes have put in force is worth beside them.
    """

    files: Mapping[Key, Content]
    changed: Mapping[Key, InForce]

    @classmethod
    def of(cls, files: Loading, with_changes: Loading) -> "Import":
        """The files of a process, and what would be in force with them."""
        return cls(contents_of(files), with_changes.changed)


@dataclass(frozen=True, slots=True)
class Newsroom:
    """Publishes, corrects and withdraws bulletins. Any process may do so; a lock makes them take turns."""

    store: Store

    async def publish_changes(  # noqa: C901  one condition after the other
        self,
        dossier: Dossier,
        forced: Iterable[BulletinId] = (),
        holder: Holder | None = None,
        confirmed: str | None = None,
        edition: Edition = NO_CHANGES,
        waiting: Collection[BulletinId] = (),
        imported: Import | None = None,
    ) -> PublishReport:
        """Compares the dossier with the ledger, and publishes, corrects and withdraws until the ledger matches the dossier.

        In the same transaction the files come into force, in every process. If these files were compared last, only scheduled bulletins that are due are published: what changes do to the ledger is done
        when they come into force.

        Files that were imported before do not undo later ones (:func:`~bot.newsroom.deploy.may_import`): of several processes that see a
        file change, one may still have the old content, and an old release may restart while a new one rolls out.

        More than :data:`~bot.db.safeguards.MOST_AT_ONCE` bulletins that readers have are not corrected or withdrawn together, unless somebody has
        confirmed exactly these changes. All other changes are made.

        Args:
            dossier: the files with what changes have put in force.
            forced: bulletins to be sent although they are history.
            holder: the process that has these files; None: somebody said that they are to be imported, which makes them the newest.
            confirmed: the changes_hash of changes that may be made, however many they are; None: nobody confirms any with this call.
            edition: of the changes in the dossier. If it is not the database's, nothing is compared.
            waiting: bulletins that print what a deploy has set aside (:func:`waiting_bulletins`).
            imported: the files; None: the ledger alone is compared.

        Raises:
            NotHeld: the changes that wait are not the confirmed ones; nothing was changed.
        """
        rendered = await asyncio.to_thread(dossier_bulletins, dossier)
        bulletins, safeguards, is_paused = self.store.bulletins, self.store.safeguards, False
        async with self.store.database.write(is_long=True) as connection:
            now = await bulletins.lock_newsroom(connection)
            if refusal := await self._bind(connection, dossier):
                return PublishReport(refusal=refusal)
            if await self.store.changes.stamp(connection) != edition.stamp:
                return PublishReport(outdated=True)
            latest = await self.store.dossier_versions.latest(connection)
            if holder is not None and await self._is_overtaken(connection, dossier.tree, latest, holder, now):
                return PublishReport(overtaken=True)
            found: tuple[Change, ...] = ()
            held: tuple[Change, ...] = ()
            changes_hash, state = "", await safeguards.get(connection)
            await self.rename_topics(connection, dossier)
            compared = await self.store.contents.tree(connection) if imported else latest and latest.version
            if compared != dossier.tree or forced or confirmed is not None or state.held is not None:
                first = latest is None
                options = first, frozenset(forced), waiting
                found = await self._differences(connection, dossier, rendered, now, *options)
                held, changes_hash = (
                    ((), "") if first else await self.held(connection, found, dossier, state.held_changes or ())
                )
                if confirmed is not None and confirmed != (changes_hash or None):
                    waits = held_lines(PublishReport(held=held, changes_hash=changes_hash))
                    raise NotHeld("\n".join(waits) or "nothing waits for a confirmation")
                if changes_hash and changes_hash in (confirmed, state.confirmed):
                    held, changes_hash = (), ""
                found = tuple(each for each in found if each not in held)
                edits = [id_of(each) for each in found if isinstance(each, Revised | Withdrawn)]
                is_paused = await bulletins.pause(connection, edits)
                if not is_paused:
                    for change in found:
                        await self._apply(connection, change, now, first, dossier)
                    await self.store.dossier_versions.put(
                        connection, dossier.tree, fact_texts(dossier), now, is_newest=holder is None
                    )
                    if imported:
                        await self._import(connection, imported, edition, dossier.tree, now)
                    names = {id_of(each): describe(each) for each in held}
                    await safeguards.change(
                        connection, held=changes_hash or None, held_changes=names or None, confirmed=None
                    )
            published = {} if is_paused else await self.publish_in(connection, dossier, now)
        if is_paused:  # committed, so that nothing more is sent of what the next round corrects or withdraws
            return await self.publish_changes(dossier, forced, holder, confirmed, edition, waiting, imported)
        if published is None:
            published = await self.publish_rest(dossier)
        return PublishReport(found, published, held=held, changes_hash=changes_hash)

    async def _import(
        self, connection: AsyncConnection, imported: Import, edition: Edition, tree: str, now: float
    ) -> None:
        """Puts files in force. What they have as changes made it, they have the last word about from then on."""
        touched = {each.key: each.touches for each in edition.stored}
        settled = {
            key: [place for place in entry.settled if not touched[key][place].is_settled]
            for key, entry in imported.changed.items()
        }
        await self.store.changes.settle(connection, settled)
        is_changed = await self.store.contents.put(
            connection, imported.files, in_force_of(imported.files, imported.changed), now
        )
        is_new = is_changed or any(settled.values()) or not edition.stamp
        await self.store.contents.note(connection, tree=tree, **({"stamp": token_hex(8)} if is_new else {}))

    async def pause(self, edits: Iterable[BulletinChange]) -> None:
        """Stops the sending of what a change corrects or withdraws, until it has come into force."""
        names = {each.id for each in edits if each.edit not in ("replanned", "gone")}
        async with self.store.database.write() as connection:
            await self.store.bulletins.pause(connection, names)

    async def apply_difference(
        self,
        connection: AsyncConnection,
        edits: Sequence[BulletinChange],
        dossier: Dossier,
        now: float,
        freed: Set[BulletinId] = frozenset(),
        own: Collection[BulletinId] = (),
        waiting: Collection[BulletinId] = (),
    ) -> tuple[Change, ...]:
        """What a change does to the ledger when it comes into force, in its transaction, and nothing else.

        Bulletins that wait for a confirmation of what files would do to them go on waiting, unless they are the change's own.

        Args:
            connection: the transaction.
            edits: what it does to bulletins, by the dossiers without it and with it (:func:`bulletin_changes`).
            dossier: the dossier with it.
            now: the database's moment.
            freed: bulletins that waited (:func:`waiting_bulletins`) and do not any more: readers may have another text than without it.
            own: bulletins that are entries of the change: what it says of them was approved.
            waiting: bulletins that wait with it: a figure that it changes does not bring a text to readers that a deploy has set aside.
        """
        found, is_held = await self._made_by(connection, edits, dossier, now, freed, own, waiting, {})
        for change in found:
            await self._apply(connection, change, now, first=False, dossier=dossier)
        if is_held:
            await self.store.safeguards.change(connection, confirmed="")
        return found

    async def would_do(
        self, before: Loading, after: Loading, own: Collection[BulletinId], at: float = 0.0
    ) -> tuple[Change, ...]:
        """What :meth:`apply_difference` would do to the ledger at a moment, 0.0: now. Writes nothing. Both dossiers are valid."""
        assert before.dossier is not None  # noqa: S101
        assert after.dossier is not None  # noqa: S101
        edits = await asyncio.to_thread(bulletin_changes, before.dossier, after.dossier)
        waiting = waiting_bulletins(after)
        freed = waiting_bulletins(before) - waiting
        async with self.store.database.read() as connection:
            now = max(at, await self.store.database.moment(connection))
            moves = await self._topic_moves(connection, after.dossier)
            return (await self._made_by(connection, edits, after.dossier, now, freed, own, waiting, moves))[0]

    async def _made_by(
        self,
        connection: AsyncConnection,
        edits: Sequence[BulletinChange],
        dossier: Dossier,
        now: float,
        freed: Set[BulletinId],
        own: Collection[BulletinId],
        waiting: Collection[BulletinId],
        moves: Mapping[str, Collection[str]],
    ) -> tuple[tuple[Change, ...], bool]:
        """The differences that a change makes (:meth:`apply_difference`), and whether one is of a bulletin that waits for a confirmation."""
        found = {each.id: each.bulletin for each in reversed(edits) if each.bulletin}
        found |= {name: dossier_bulletin(dossier, dossier.bulletins[name]) for name in freed & dossier.bulletins.keys()}
        held = (await self.store.safeguards.get(connection)).held_changes or {}
        changed = [each for name, each in found.items() if name not in held or name in own]
        withdrawn = {each.id for each in edits if each.edit == "withdrawn"}
        names = {*(each.id for each in changed), *withdrawn}
        ledger = ledger_bulletins(await self.store.bulletins.comparable(connection, names), moves)
        new = frozenset(each.id for each in edits if each.edit in ("new", "restored") and each.id not in ledger)
        known = {name: each for name, each in ledger.items() if name in names}
        return tuple(changes(changed, known, now, False, new, withdrawn, waiting)), bool(names & held.keys())

    async def publish_due(self, dossier: Dossier, own: Dossier | None = None) -> PublishReport:
        """Publishes the scheduled bulletins whose time has come, of those only what this dossier has. ``own``: that of the process's files."""
        async with self.store.database.write(is_long=True) as connection:
            now = await self.store.bulletins.lock_newsroom(connection)
            if refusal := await self.refusal(own or dossier, connection):
                return PublishReport(refusal=refusal)
            published = await self.publish_in(connection, dossier, now)
        return PublishReport(published=await self.publish_rest(dossier) if published is None else published)

    async def sent_without_files(self, dossier: Dossier) -> list[BulletinId]:
        """The bulletins that were sent and are in no dossier; none if the database is another dossier's.

        ``dossier``: that in force, or the files alone, beside which a change may still have a bulletin in force.
        """
        async with self.store.database.read() as connection:
            if (await self.store.safeguards.get(connection)).dossier != dossier.header.id:
                return []
            sent = await self.store.bulletins.sent(connection)
            changed = await self.store.changes.edition(connection)
        there = dossier.bulletins.keys() | dossier.withdrawn.keys()
        stored = (each for each in changed.stored if each.key.startswith("bulletins/"))
        there |= {BulletinId(each.key.removeprefix("bulletins/")) for each in stored if in_force(each, None).content}
        return [BulletinId(name) for name in sent if name not in there]

    async def adopt(self, dossier: Dossier) -> bool:
        """Gives the database to this dossier, whatever dossier it belonged to; False: it belongs to this one already.

        The next comparison then counts all bulletins as history, and no message is edited.
        """
        async with self.store.database.write(is_long=True) as connection:
            await self.store.bulletins.lock_newsroom(connection)
            if (await self.store.safeguards.get(connection)).dossier == dossier.header.id:
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
        if refusal := await self.refusal(dossier, connection):
            return refusal
        bound = (await self.store.safeguards.get(connection)).dossier
        if bound is None:
            await self.store.safeguards.change(connection, dossier=dossier.header.id)
        elif bound != dossier.header.id:  # the database has no subscribers and no messages
            await self._give_to(connection, dossier)
        return ""

    async def refusal(self, dossier: Dossier, within: AsyncConnection | None = None) -> str:
        """Why the bulletins of this dossier would not be published; "": they would be."""
        async with self.store.database.read(within) as connection:
            bound, name = (await self.store.safeguards.get(connection)).dossier, dossier.header.id
            if bound == name or not await self.store.fan_out.has_readers(connection):
                return ""
            remedy = f"Expected CONTENT_DIR with the dossier that this database was used with, or `nota migrate --dossier {name}`"
            if bound is not None:
                return f"the database belongs to the dossier {bound}, and the files are those of {name}: nothing is published, corrected or withdrawn. {remedy}"
            latest = await self.store.dossier_versions.latest(connection)
            known = set(await self.store.bulletins.names(connection, of_dossier=True))
            is_same = latest is not None and latest.version == dossier.tree
            if (
                is_same
                or known & (dossier.bulletins.keys() | dossier.withdrawn.keys())
                or (latest is None and not known)
            ):
                return ""
            return f"the database has no bulletin of the dossier {name}, so it may be another's: nothing is published, corrected or withdrawn. {remedy}"

    async def check_own(self, connection: AsyncConnection, dossier: Dossier) -> None:
        """Checks the database's dossier. Call it before you send, correct or withdraw a bulletin that is not in a file.

        Raises:
            OtherDossier: the database belongs to another dossier than the files in force.
        """
        if refusal := await self.refusal(dossier, connection):
            raise OtherDossier(refusal)

    async def held(
        self, connection: AsyncConnection, found: Iterable[Change], dossier: Dossier, before: Container[str] = ()
    ) -> tuple[tuple[Change, ...], str]:
        """The changes that must be confirmed, with the changes_hash that names them; nothing if they are few.

        ``before``: bulletins that wait for a confirmation already, and go on waiting even if they are few by now.
        """
        edits = {id_of(each) for each in found if isinstance(each, Revised | Withdrawn)}
        names = await self.store.bulletins.with_messages(connection, edits) if edits else set()
        if len(names) <= MOST_AT_ONCE:
            names = {name for name in names if name in before}
        held = tuple(each for each in found if id_of(each) in names)
        return held, _changes_hash(held, dossier) if held else ""

    async def try_out(self, dossier: Dossier, name: BulletinId, reader: Reader) -> bool:
        """Sends a bulletin to one reader before its audience, labelled as a try-out; False: it is published already.

        It is a message of its own: that reader gets the bulletin again with its audience.

        Raises:
            OtherDossier: the database belongs to another dossier.
        """
        bulletin = dossier_bulletin(dossier, dossier.bulletins[name])
        articles = {
            language: replace(text, title=f"{phrases_in(language).say('Try-out')}: {text.title}", emoji="🧪")
            for language, text in bulletin.articles.items()
        }
        async with self.store.database.write() as connection:
            await self.store.bulletins.lock_newsroom(connection)
            if refusal := await self._bind(connection, dossier):
                raise OtherDossier(refusal)
            row = await self.store.bulletins.get(connection, name)
            if row is not None and row.published is not None:
                return False
            own_name = f"{REVIEW}-try-{reader.id}-{token_hex(4)}"
            await post(
                self.store,
                connection,
                own_name,
                articles,
                origin=REVIEW,
                language=bulletin.language,
                reader_id=reader.id,
            )
        return True

    async def differences(
        self, dossier: Dossier, forced: Iterable[BulletinId] = (), waiting: Collection[BulletinId] = ()
    ) -> tuple[Change, ...]:
        """What :meth:`publish_changes` would find. Writes nothing."""
        rendered = await asyncio.to_thread(dossier_bulletins, dossier)
        async with self.store.database.read() as connection:
            now = await self.store.database.moment(connection)
            first = await self.store.dossier_versions.latest(connection) is None
            return await self._differences(connection, dossier, rendered, now, first, frozenset(forced), waiting)

    async def must_compare(self, tree: str) -> bool:
        """Whether other files were imported last, or none, as after the import of a backup, or somebody confirmed what waits."""
        async with self.store.database.read() as connection:
            if await self.store.contents.tree(connection) != tree:
                return True
            return (await self.store.safeguards.get(connection)).confirmed is not None

    async def note_in_use(self, tree: str, process: str) -> None:
        """Records that the process still runs with these files."""
        async with self.store.database.write() as connection:
            await self.store.processes.note_version(connection, process, tree)

    async def _is_overtaken(
        self, connection: AsyncConnection, tree: str, latest: AnyRow | None, holder: Holder, now: float
    ) -> bool:
        """Whether these are former files, which this process does not import yet."""
        if latest is None or latest.version == tree:
            return False
        known = await self.store.dossier_versions.all(connection)
        trees = [Tree(version, *moments) for version, moments in known.items()]
        others_have_it = await self.store.processes.others_run(connection, holder.process, latest.version)
        had = "" if others_have_it else holder.had
        return not may_import(tree, latest.version, trees, had, holder.noted_since, now)

    async def _differences(
        self,
        connection: AsyncConnection,
        dossier: Dossier,
        rendered: list[DossierBulletin],
        now: float,
        first: bool,
        forced: frozenset[BulletinId],
        waiting: Collection[BulletinId],
    ) -> tuple[Change, ...]:
        moves = await self._topic_moves(connection, dossier)
        ledger = ledger_bulletins(await self.store.bulletins.comparable(connection), moves)
        return tuple(changes(rendered, ledger, now, first, forced, dossier.withdrawn.keys(), waiting))

    async def _apply(
        self, connection: AsyncConnection, change: Change, now: float, first: bool, dossier: Dossier
    ) -> None:
        """Stores the changed bulletin, and writes the deliveries that follow."""
        await self._store(connection, change, now, dossier)
        if first and not _is_under_embargo(change, now):
            await self._count_as_shown(connection, change, now)
        else:
            await self._write_deliveries(connection, change, now)

    async def _store(self, connection: AsyncConnection, change: Change, now: float, dossier: Dossier) -> None:
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
                reasons = withdrawal_reasons(dossier, dossier.withdrawn[name])
                await bulletins.withdraw(connection, name, revision, now, partial(with_reason, reasons))
            case Gone(_, True):
                await bulletins.change(
                    connection, name, state=BULLETIN_WITHDRAWN
                )  # unsent, so it starts over when it is back
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
                if former_not_before is not None and max(former_not_before, bulletin.not_before) > now:
                    await fan_out.set_embargo(connection, name, former_not_before, max(now, bulletin.not_before))
                if change.hastens:
                    await fan_out.hasten(connection, name, max(now, bulletin.not_before))
            case Retargeted(bulletin, revision, is_news):
                await fan_out.redirect(connection, name, bulletin.topics, bulletin.urgent, now)
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

    async def publish_in(
        self, connection: AsyncConnection, dossier: Dossier, now: float
    ) -> dict[BulletinId, int] | None:
        """Publishes due bulletins. Returns None if the audience is large and only the first deliveries were written.

        The bulletin stays scheduled until :meth:`publish_rest` has written the others, in this process or, if it dies, in
        the next one that polls.
        """
        due = await self._due(connection, dossier, now)
        if due:
            await self.rename_topics(connection, dossier, again=True)
            due = await self._due(connection, dossier, now)
        if not due or not await self.store.fan_out.is_large(connection):
            return await self._publish(connection, dossier, now)
        for row in due:
            await self.store.fan_out.begin(connection, row.id, row.revision, row.topics, row.urgent, now)
            await self.store.bulletins.change(
                connection, row.id, published=now
            )  # so a withdrawal now is one that readers saw
        return None

    async def publish_rest(self, dossier: Dossier) -> dict[BulletinId, int]:
        """Writes the deliveries that :meth:`publish_in` left out."""
        async with self.store.database.write(is_long=True) as connection:
            return await self._publish(connection, dossier, await self.store.bulletins.lock_newsroom(connection))

    async def _due(self, connection: AsyncConnection, dossier: Dossier, now: float) -> list[AnyRow]:
        """The bulletins that are due and in force. One that an approved change mends at the same moment waits for that."""
        due = await self.store.bulletins.due(connection, now)
        mended = await self.store.changes.due_keys(connection, now) if due else frozenset()
        return [row for row in due if row.id in dossier.bulletins and f"bulletins/{row.id}" not in mended]

    async def _topic_moves(self, connection: AsyncConnection, dossier: Dossier) -> Mapping[str, tuple[str, ...]]:
        known = (await self.store.safeguards.get(connection)).former_topics or {}
        return topic_moves(known, dossier.topics, dossier.former_ids)

    async def rename_topics(self, connection: AsyncConnection, dossier: Dossier, *, again: bool = False) -> None:
        """Moves followers, and bulletins of the ledger, to the present ids of topics; back, where a topic has its former id again.

        ``again``: also if that was done. A process that still has the former files subscribes readers to former ids.
        """
        known = (await self.store.safeguards.get(connection)).former_topics or {}
        moves = topic_moves(known, dossier.topics, dossier.former_ids)
        known_now = moves_known(known, dossier.topics, dossier.former_ids, moves)
        if moves and (again or known != known_now):
            await self.store.subscriptions.rename_topics(connection, moves)
            await self.store.bulletins.rename_topics(connection, moves)
        if known != known_now:
            await self.store.safeguards.change(connection, former_topics=known_now)

    async def _publish(self, connection: AsyncConnection, dossier: Dossier, now: float) -> dict[BulletinId, int]:
        published = {}
        for row in await self._due(connection, dossier, now):
            await self.store.fan_out.restore(connection, row.id, now)
            count = await self.store.fan_out.publish(connection, row.id, row.revision, row.topics, row.urgent, now)
            await self.store.bulletins.change(connection, row.id, state="published", published=row.published or now)
            published[BulletinId(row.id)] = count
        return published


def _is_under_embargo(change: Change, now: float) -> bool:
    return not isinstance(change, Withdrawn | Gone | Returned) and change.bulletin.not_before > now


def _changes_hash(held: Iterable[Change], dossier: Dossier) -> str:
    """A hash of the changes and of all that they bring to readers: the same in every process that finds the same ones."""
    state = hashlib.blake2b(digest_size=6)
    for change in held:
        said: object = None
        if isinstance(change, Withdrawn):
            said = sorted(withdrawal_reasons(dossier, dossier.withdrawn[change.id]).items())
        elif isinstance(change, Revised | Retargeted | Rescheduled | Added):
            new = change.bulletin
            said = sorted(new.text_hashes.items()), sorted(new.topics), new.urgent, new.not_before
        revision = change.revision if isinstance(change, Revised | Withdrawn) else 0
        state.update(repr((id_of(change), type(change).__name__, revision, said)).encode())
    return state.hexdigest()


def waiting_bulletins(loading: Loading) -> frozenset[BulletinId]:
    """Bulletins that are set aside, or print a fact or a source that is (:class:`~bot.dossier.entries.InForce`).

    A deploy changed what an editor's change had changed. Messages stay as they are until an editor decides.
    """
    dossier = loading.dossier
    aside = {key for key, each in loading.changed.items() if each.standing == "set aside"}
    if dossier is None or not aside:
        return frozenset()
    return frozenset(
        bulletin.id
        for bulletin in dossier.bulletins.values()
        if aside & {Key(f"bulletins/{bulletin.id}"), *printed_keys(dossier, bulletin)}
    )


def printed_keys(dossier: Dossier, bulletin: Bulletin) -> set[Key]:
    """The facts and sources that a bulletin prints, and the facts from which its days are computed."""
    texts = [*bulletin.title.values(), *bulletin.body.values()]
    facts = set(facts_in(dossier, *texts))
    cited = {source for text in bulletin.body.values() for _, source in citations(text)}
    sources = {*bulletin.sources, *cited, *(each for fact in facts for each in dossier.facts[fact].sources)}
    named = {Key(f"facts/{fact}") for fact in dossier.facts if with_computed(dossier, fact) & facts} if facts else set()
    return named | {Key(f"sources/{source}") for source in sources}
