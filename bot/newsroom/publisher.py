"""Publishes, corrects and withdraws bulletins: whenever the dossier changes, and when a scheduled bulletin is due."""

import asyncio
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from secrets import token_hex
from types import MappingProxyType
from typing import Literal, assert_never

import structlog

from bot.db.changes import NOBODY, WAITS, ChangedEntry, confirmation_of
from bot.db.connection import AnyRow, AsyncConnection
from bot.db.readers import Reader
from bot.db.safeguards import HELD, MOST_AT_ONCE
from bot.db.schema import BULLETIN_WITHDRAWN, GONE, REVIEW
from bot.db.store import Store
from bot.dossier.entries import LOGO, Content, Edition, Key, as_text, bulletins_in
from bot.dossier.loader import contents_of, load_contents
from bot.dossier.models import BulletinId, Dossier
from bot.live_dossier import LiveDossier
from bot.newsroom.deploy import Deploy, Plan, Reason, Tree, Waiting, may_import
from bot.newsroom.ledger_diff import (
    Added,
    BulletinChange,
    Change,
    DossierBulletin,
    Gone,
    LedgerBulletin,
    Rescheduled,
    Retargeted,
    Returned,
    Revised,
    Withdrawn,
    bulletin_changes,
    changes,
    dossier_bulletin,
    dossier_bulletins,
    id_of,
    ledger_bulletins,
    moves_known,
    topic_moves,
)
from bot.newsroom.messages import post
from bot.replies.bulletins import as_try_out, with_reason, withdrawal_reasons
from bot.replies.i18n import counted
from bot.schedule import local_time

log = structlog.get_logger("bot.newsroom")


@dataclass(frozen=True, slots=True)
class PublishReport:
    """The result of a comparison.

    Attributes:
        changes: the differences found.
        published: bulletin → number of readers that deliveries were written for.
        overtaken: the files are former ones, which are not imported yet.
        outdated: something has come into force that this process does not have yet. Nothing was compared.
        refusal: why nothing was compared or published, such as a database of another dossier; "": nothing stood in the way.
        waiting: what of the files waits for an editor, since this comparison.
        confirmation: names the bulletins among it that an owner may take all at once; "": there are none.
    """

    changes: tuple[Change, ...] = ()
    published: dict[BulletinId, int] = field(default_factory=dict)
    overtaken: bool = False
    outdated: bool = False
    refusal: str = ""
    waiting: Mapping[Key, Waiting] = field(default_factory=dict)
    confirmation: str = ""

    def __bool__(self) -> bool:
        return bool(self.changes or self.published)


def report_lines(report: PublishReport) -> list[str]:
    """The report in lines. Many bulletins that are history, as at a first start, are one line."""
    history = [change for change in report.changes if isinstance(change, Added) and change.state == "history"]
    told = [each for each in report.changes if len(history) == 1 or each not in history]
    changed = [f"{id_of(each)}: {describe(each)}" for each in told]
    many = [f"{len(history)} bulletins: history, not sent"] if len(history) > 1 else []
    published = (f"{name}: published, for {counted(count, 'reader')}" for name, count in report.published.items())
    return [*many, *changed, *published, *waiting_lines(report.waiting, report.confirmation)]


WHY: Mapping[Reason, str] = {
    "differs": "a decision has changed the same",
    "clashes": "it does not stand beside what is in force",
    "many": "an owner takes it: files would correct or withdraw many bulletins at once, or some after a restore",
    "figures": "the bulletin keeps a figure as it was, unless that was wrong",
    "former": "a decision has replaced this before",
}


def waiting_lines(waiting: Mapping[Key, Waiting], confirmation: str) -> list[str]:
    """What of a deploy waits for an editor, why, and how an owner takes many bulletins at once."""
    lines = [
        f"{key}: waits at the desk: {WHY[each.why]}" + (f" ({each.because.message})" if each.because else "")
        for key, each in waiting.items()
    ]
    number = sum(each.why == "many" for each in waiting.values())
    return [*lines, *([many_notice(number, confirmation)] if confirmation else [])]


def many_notice(number: int, confirmation: str) -> str:
    """Why the bulletins wait, and how an owner takes them. A few wait after a restore, or are left of many."""
    why = "at once" if number > MOST_AT_ONCE else "after a restore, or as the rest of many"
    return (
        f"{counted(number, 'bulletin')} that readers have would be corrected or withdrawn {why}. An owner takes what waits"
        f" at the desk, with /status or with `nota publish --confirm {confirmation}`"
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
        case Gone(_, is_scheduled):
            return "not in force (its file is missing): " + (
                "it is not sent until it is back" if is_scheduled else "sent messages stay, and it is not listed"
            )
        case Returned():
            return "it is back"


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
    """Files that are imported, as they would come into force.

    Attributes:
        tree: the files.
        before: what was in force when that was found.
        after: what is in force then.
        plan: what of the files waits, and what has another name.
        seen: the bulletins that readers had.
        former: what was in force, as a dossier.
        dossier: that in force then.
        edits: what happens to bulletins; None: the whole dossier is compared with the ledger.
    """

    tree: str
    before: Edition
    after: Edition
    plan: Plan
    seen: frozenset[Key]
    former: Dossier
    dossier: Dossier
    edits: Sequence[BulletinChange] | None

    @property
    def draft(self) -> dict[Key, ChangedEntry]:
        """What waits for an editor, as entries of a change."""
        in_force = self.after.contents
        return {
            key: ChangedEntry(key, in_force.get(key), each.content, {WAITS: f"{each.why} {as_text(each.content)}"})
            for key, each in self.plan.draft.items()
        }

    @property
    def altered(self) -> dict[Key, tuple[Content | None, Content | None]]:
        """What reads otherwise after it: former and new content. Of a database that has nothing yet, nothing."""
        before, after = self.before.contents, self.after.contents
        sides = {key: (before.get(key), after.get(key)) for key in ({**before, **after} if before else ())}
        return {key: (former, new) for key, (former, new) in sides.items() if former != new}

    def made(self, found: Iterable[Change]) -> tuple[Change, ...]:
        """Of the differences to the ledger those that these files make: of what readers have, a first import edits what it alters."""
        others = self.seen - self.altered.keys() if self.edits is None else frozenset()
        named = [(each, f"bulletins/{id_of(each)}") for each in found]
        return tuple(each for each, key in named if key not in others or not isinstance(each, Revised | Withdrawn))


@dataclass(frozen=True, slots=True)
class Newsroom:
    """Publishes, corrects and withdraws bulletins. Any process may do so; a lock makes them take turns."""

    store: Store

    # ---- A deploy

    async def plan_import(
        self, live: LiveDossier, holder: Holder | None, *, is_desk_used: bool = False
    ) -> Import | None:
        """What the import of a process's files would put in force. Writes nothing. None: they are former ones, which wait.

        Args:
            live: what is in force, with the files.
            holder: the process that has them; None: an owner said that they are to be imported.
            is_desk_used: whether somebody edits at a desk.
        """
        # they may change meanwhile
        edition, complete, loaded, tree = live.edition, live.complete, live.files, live.tree
        async with self.store.database.read() as connection:
            now = await self.store.database.moment(connection)
            latest = await self.store.dossier_versions.latest(connection)
            if holder is not None and await self._is_overtaken(connection, tree, latest, holder, now):
                return None
            known = await self.store.dossier_versions.all(connection)
            seen = await self._seen(connection, edition)
            waiting = await self.store.changes.of_deploys(connection)
            has_imported = latest is not None and bool(await self.store.contents.tree(connection))
        many = {key for _, entries in waiting for key, entry in entries.items() if entry.waits == "many"}
        guarded = many if latest else seen
        kind: Literal["new", "former", "confirmed"] = (
            "confirmed" if holder is None else "former" if tree in known else "new"
        )
        day = local_time(now, live.own.header.zone).date()

        def plan() -> Import:
            files = contents_of(loaded)
            found = Deploy(edition.entries, files, kind, seen, day, now, is_desk_used, guarded).plan()
            after = replace(edition, entries=found.entries)
            if [*after.contents.items()] == [*edition.contents.items()]:
                # of what 0.8.0 had put in force the ledger alone knows the words
                compared = () if has_imported or not latest else None
                return Import(tree, edition, after, found, seen, complete, complete, compared)
            dossier = load_contents(after.contents, day).dossier
            assert dossier is not None  # noqa: S101  the files are valid, or what is in force was
            edits = bulletin_changes(complete, dossier, renamed_bulletins(found)) if has_imported else None
            return Import(tree, edition, after, found, seen, complete, dossier, edits)

        return await asyncio.to_thread(plan)

    async def _seen(self, connection: AsyncConnection, edition: Edition) -> frozenset[Key]:
        """The bulletins that readers have, of those that are in force or were."""
        names = bulletins_in(edition.entries)
        return frozenset(Key(f"bulletins/{each}") for each in await self.store.bulletins.seen(connection, names))

    async def publish_changes(  # noqa: C901  one condition after the other
        self, imported: Import, forced: Iterable[BulletinId] = (), holder: Holder | None = None
    ) -> PublishReport:
        """Puts files in force, and publishes, corrects and withdraws until the ledger is as they say, in the same transaction.

        If these files were imported last, only scheduled bulletins that are due are published: what changes do to the ledger is done
        when they come into force. If what they were planned for is not in force any more, nothing is done.

        Files that were imported before do not undo later ones (:func:`~bot.newsroom.deploy.may_import`): of several processes that see a
        file change, one may still have the old content, and an old release may restart while a new one rolls out.

        Args:
            imported: the files (:meth:`plan_import`).
            forced: bulletins to be sent although they are history.
            holder: the process that has these files; None: somebody said that they are to be imported, which makes them the newest.
        """
        chosen, tree, dossier = frozenset(forced), imported.tree, imported.dossier
        rendered, names = await asyncio.to_thread(_compared, imported, chosen)
        bulletins, is_paused, found = self.store.bulletins, False, tuple[Change, ...]()
        waiting, confirmation = dict[Key, Waiting](), ""
        async with self.store.database.write(is_long=True) as connection:
            now = await bulletins.lock_newsroom(connection)
            if refusal := await self._bind(connection, dossier):
                return PublishReport(refusal=refusal)
            if await self.store.changes.stamp(connection) != imported.before.stamp:
                return PublishReport(outdated=True)
            if holder and holder.process and (await self.store.safeguards.get(connection)).stopped_by == HELD:
                return PublishReport(outdated=True)  # held since the process looked
            if await self._seen(connection, imported.before) != imported.seen:
                return PublishReport(outdated=True)  # of what was sent meanwhile figures may have to stay as they were
            latest = await self.store.dossier_versions.latest(connection)
            if holder is not None and await self._is_overtaken(connection, tree, latest, holder, now):
                return PublishReport(overtaken=True)
            await self.rename_topics(connection, dossier)
            is_new = await self.store.contents.tree(connection) != tree
            if is_new or forced:
                first, renames = latest is None, renamed_bulletins(imported.plan) if is_new else {}
                ledger = await self._ledger(connection, dossier, names, renames)
                found = imported.made(changes(rendered, ledger, now, first, chosen, dossier.withdrawn.keys()))
                edited = {id_of(each) for each in found if isinstance(each, Revised | Withdrawn)}
                edited |= {former for former, present in renames.items() if present in edited}
                is_paused = await bulletins.pause(connection, edited)
                if not is_paused:
                    for former, present in renames.items():
                        await self.store.fan_out.rename(connection, former, present)
                    for change in found:
                        await self._apply(connection, change, now, first, dossier)
                    await self.store.dossier_versions.put(connection, tree, now, is_newest=holder is None)
                if is_new and not is_paused:
                    waiting, confirmation = await self._import(connection, imported, sorted(map(id_of, found)), now)
            published = {} if is_paused else await self.publish_in(connection, dossier, now)
        if is_paused:  # committed, so that nothing more is sent of what the next round corrects or withdraws
            return await self.publish_changes(imported, forced, holder)
        if published is None:
            published = await self.publish_rest(dossier)
        return PublishReport(found, published, waiting=waiting, confirmation=confirmation)

    async def _import(
        self, connection: AsyncConnection, imported: Import, edits: Sequence[BulletinId], now: float
    ) -> tuple[dict[Key, Waiting], str]:
        """Puts files in force, and what waits of them into a draft. Returns what waits, if that is new, and the name of its many."""
        before, after, tree = imported.before.entries, imported.after.entries, imported.tree
        title = f"Deploy {tree[:4]}"
        changes = self.store.changes
        if before != after or [*before] != [*after]:
            # no change has a logo or a feed
            changed = imported.altered.items()
            altered = {key: each for key, each in changed if key != LOGO and not key.startswith("feeds/")}
            number = {"edition": imported.before.number + 1} if altered else {}
            await self.store.contents.put(connection, before, after, tree=tree, **number)
            if number:
                entries = [ChangedEntry(key, *both, {}) for key, both in altered.items()]
                values = {"state": "in_force", "savers": [], "gathers": "deploy", "edits": list(edits), **number}
                change = await changes.add(connection, NOBODY, title, entries, now, **values)
                change = await changes.seal(connection, change, {key: new for key, (_, new) in altered.items()}, now)
                await changes.note(connection, change, "in_force", None, now)
        else:
            await self.store.safeguards.change(connection, tree=tree)
        if not await changes.put_deploy(connection, title, imported.draft.values(), now):
            return {}, ""
        return dict(imported.plan.draft), confirmation_of(imported.draft)

    async def apply_difference(
        self, connection: AsyncConnection, edits: Sequence[BulletinChange], dossier: Dossier, now: float
    ) -> tuple[Change, ...]:
        """What a change does to the ledger when it comes into force, in its transaction, and nothing else.

        Args:
            connection: the transaction.
            edits: what it does to bulletins, by the dossiers without it and with it (:func:`bulletin_changes`).
            dossier: the dossier with it.
            now: the database's moment.
        """
        found = await self.made_by(connection, edits, dossier, now)
        for change in found:
            await self._apply(connection, change, now, first=False, dossier=dossier)
        return found

    async def made_by(
        self, connection: AsyncConnection, edits: Sequence[BulletinChange], dossier: Dossier, now: float
    ) -> tuple[Change, ...]:
        """The differences that a change makes: what is new at the desk is sent, whatever its day."""
        ledger = await self._ledger(connection, dossier, {each.id for each in edits})
        new = frozenset(each.id for each in edits if each.edit in ("new", "restored") and each.id not in ledger)
        bulletins = [each.bulletin for each in reversed(edits) if each.bulletin]
        return tuple(changes(bulletins, ledger, now, False, new, dossier.withdrawn.keys()))

    async def publish_due(self, dossier: Dossier, own: Dossier | None = None) -> PublishReport:
        """Publishes the scheduled bulletins whose time has come, of those only what this dossier has. ``own``: that of the process's files."""
        async with self.store.database.write(is_long=True) as connection:
            now = await self.store.bulletins.lock_newsroom(connection)
            if refusal := await self.refusal(own or dossier, connection):
                return PublishReport(refusal=refusal)
            published = await self.publish_in(connection, dossier, now)
        return PublishReport(published=await self.publish_rest(dossier) if published is None else published)

    async def sent_without_files(self, dossier: Dossier) -> list[BulletinId]:
        """The bulletins that were sent and are neither in ``dossier`` nor in force without a file; none if the database is another dossier's."""
        async with self.store.database.read() as connection:
            if await self.store.safeguards.dossier(connection) != dossier.header.id:
                return []
            sent = await self.store.bulletins.sent(connection)
            edition = await self.store.changes.edition(connection)
        of_desk = (key for key, each in edition.entries.items() if each.file is None and each.in_force is not None)
        there = {*dossier.bulletins, *dossier.withdrawn, *bulletins_in(of_desk)}
        return [BulletinId(name) for name in sent if name not in there]

    async def adopt(self, dossier: Dossier) -> bool:
        """Gives the database to this dossier, whatever dossier it belonged to; False: it belongs to this one already.

        The next comparison then counts all bulletins as history, and no message is edited.
        """
        async with self.store.database.write(is_long=True) as connection:
            await self.store.bulletins.lock_newsroom(connection)
            if await self.store.safeguards.dossier(connection) == dossier.header.id:
                return False
            await self._give_to(connection, dossier)
        return True

    async def _give_to(self, connection: AsyncConnection, dossier: Dossier) -> None:
        await self.store.dossier_versions.forget(connection)
        await self.store.contents.put(connection, await self.store.contents.read(connection), {}, tree=None)
        await self.store.safeguards.change(connection, dossier=dossier.header.id)

    async def _bind(self, connection: AsyncConnection, dossier: Dossier) -> str:
        """Binds a database without a dossier to this one. Returns why nothing may be published; "": it may be."""
        if refusal := await self.refusal(dossier, connection):
            return refusal
        bound = await self.store.safeguards.dossier(connection)
        if bound is None:
            await self.store.safeguards.change(connection, dossier=dossier.header.id)
        elif bound != dossier.header.id:  # the database has no subscribers and no messages
            await self._give_to(connection, dossier)
        return ""

    async def refusal(
        self, dossier: Dossier, within: AsyncConnection | None = None, *, also_unused: bool = False
    ) -> str:
        """Why the bulletins of this dossier would not be published; "": they would be.

        ``also_unused``: also if the database, which is another dossier's, would be given to this one because it has no readers.
        """
        async with self.store.database.read(within) as connection:
            bound, name = await self.store.safeguards.dossier(connection), dossier.header.id
            if bound == name:
                return ""
            is_used = await self.store.fan_out.has_readers(connection)
            if not is_used and (bound is None or not also_unused):
                return ""
            remedy = f"Expected CONTENT_DIR with the dossier that this database was used with, or `nota migrate --dossier {name}`"
            if bound is not None:
                unused = "it has no readers, so `nota run` and `nota publish` give it to these"
                does = "nothing is published, corrected or withdrawn" if is_used else unused
                return f"the database belongs to the dossier {bound}, and the files are of {name}: {does}. {remedy}"
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

    async def try_out(self, dossier: Dossier, name: BulletinId, reader: Reader) -> bool:
        """Sends a bulletin to one reader before its audience, labelled as a try-out; False: it is published already.

        It is a message of its own: that reader gets the bulletin again with its audience.

        Raises:
            OtherDossier: the database belongs to another dossier.
        """
        bulletin = dossier_bulletin(dossier, dossier.bulletins[name])
        articles = {language: as_try_out(text, language) for language, text in bulletin.articles.items()}
        async with self.store.database.write() as connection:
            await self.store.bulletins.lock_newsroom(connection)
            if refusal := await self._bind(connection, dossier):
                raise OtherDossier(refusal)
            row = await self.store.bulletins.get(connection, name)
            if row is not None and row.published is not None:
                return False
            own_name = f"{REVIEW}-try-{reader.id}-{token_hex(4)}"
            where, language = (self.store, connection, own_name), bulletin.language
            await post(*where, articles, origin=REVIEW, language=language, reader_id=reader.id)
        return True

    async def differences(self, imported: Import, forced: Iterable[BulletinId] = ()) -> tuple[Change, ...]:
        """What :meth:`publish_changes` would find. Writes nothing."""
        chosen = frozenset(forced)
        rendered, names = await asyncio.to_thread(_compared, imported, chosen)
        async with self.store.database.read() as connection:
            now = await self.store.database.moment(connection)
            first = await self.store.dossier_versions.latest(connection) is None
            ledger = await self._ledger(connection, imported.dossier, names, renamed_bulletins(imported.plan))
            return imported.made(changes(rendered, ledger, now, first, chosen, imported.dossier.withdrawn.keys()))

    async def must_compare(self, tree: str) -> bool:
        """Whether other files were imported last, or none, as after the import of a backup."""
        async with self.store.database.read() as connection:
            return await self.store.contents.tree(connection) != tree

    async def is_first(self) -> bool:
        """Whether nothing was compared yet, so that all bulletins are history."""
        async with self.store.database.read() as connection:
            return await self.store.dossier_versions.latest(connection) is None

    async def hold(self, tree: str) -> bool:
        """Stops all sending and keeps processes from importing files; False: these were imported last, so nothing waits."""
        async with self.store.database.write(is_long=True) as connection:
            now = await self.store.bulletins.lock_newsroom(connection)
            if await self.store.contents.tree(connection) == tree:
                return False
            since = (await self.store.safeguards.get(connection)).stopped
            await self.store.safeguards.change(connection, stopped=now if since is None else since, stopped_by=HELD)
        return True

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

    async def _ledger(
        self,
        connection: AsyncConnection,
        dossier: Dossier,
        names: Collection[BulletinId] | None,
        renames: Mapping[BulletinId, BulletinId] = MappingProxyType({}),
    ) -> dict[BulletinId, LedgerBulletin]:
        """``names``: the bulletins that are compared; None: all. ``renames``: former id → id, as they will be (:meth:`FanOut.rename`)."""
        known = (await self.store.safeguards.get(connection)).former_topics or {}
        moves = topic_moves(known, dossier.topics, dossier.former_ids)
        names = names and {*names, *renames}
        ledger = ledger_bulletins(await self.store.bulletins.comparable(connection, names), moves)
        return {name: each for name, each in ledger.items() if name not in renames} | {
            present: ledger[former] for former, present in renames.items() if former in ledger and present not in ledger
        }

    async def _apply(
        self, connection: AsyncConnection, change: Change, now: float, first: bool, dossier: Dossier
    ) -> None:
        """Stores the changed bulletin, and writes the deliveries that follow."""
        await self._store(connection, change, now, dossier)
        is_open = isinstance(change, Withdrawn | Gone | Returned) or change.bulletin.not_before <= now
        if first and is_open:  # counts as seen by readers: the database behind an imported backup may have sent it
            if isinstance(change, Gone | Returned):
                await self._write_deliveries(connection, change, now)
            elif not isinstance(change, Rescheduled):
                await self.store.fan_out.take_as_shown(connection, id_of(change), change.revision)
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
                # unsent, so it starts over when it is back
                await bulletins.change(connection, name, state=BULLETIN_WITHDRAWN)
            case Gone():
                await bulletins.change(connection, name, gone=now)
            case Returned():
                await bulletins.change(connection, name, gone=None)
            case _:
                assert_never(change)

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
            # so a withdrawal now is one that readers saw
            await self.store.bulletins.change(connection, row.id, published=now)
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


def _compared(imported: Import, forced: Collection[BulletinId]) -> tuple[list[DossierBulletin], set[BulletinId] | None]:
    """What is compared with the ledger, the oldest first, and its names; None: everything."""
    dossier = imported.dossier
    if imported.edits is None:
        return dossier_bulletins(dossier), None
    changed = {each.id: each.bulletin for each in imported.edits}
    changed |= {name: dossier_bulletin(dossier, dossier.bulletins[name]) for name in forced if name not in changed}
    return [each for each in reversed(changed.values()) if each], set(changed)


def renamed_bulletins(plan: Plan) -> dict[BulletinId, BulletinId]:
    """Former id → id, of bulletins whose files have another name."""
    return {
        BulletinId(old.removeprefix("bulletins/")): BulletinId(new.removeprefix("bulletins/"))
        for old, new in plan.renamed.items()
        if old.startswith("bulletins/")
    }
