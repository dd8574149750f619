"""The one loop over what is in force: files are compared with the ledger, changes come into force, scheduled bulletins are published."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, field, replace

import structlog

from bot.db.changes import Change, ChangedEntry
from bot.db.connection import AsyncConnection
from bot.db.engine import Sleep
from bot.db.safeguards import HELD
from bot.db.store import Store
from bot.dossier.entries import Key, bulletins_in
from bot.live_dossier import LiveDossier
from bot.newsroom.desk import MAX_LISTED, WAITING, Desk, DeskError, caught_up, entry_contents, only_withdraws
from bot.newsroom.former_changes import move
from bot.newsroom.ledger_diff import bulletin_changes, id_of
from bot.newsroom.publisher import Holder, Newsroom, PublishReport, report_lines

log = structlog.get_logger("bot.newsroom")

FORMER_FILES = (
    "these files are former ones: they are imported when no process has had later ones for ten minutes, or at once with"
    " `nota publish --rollback`"
)

HELD_FILES = "these files wait for an owner: they are imported when sending is started again; `nota publish --dry-run` prints what they change"

LOOK_SECONDS = 1.0
"""Between two looks at the database for what another process put in force, and for what is due."""

POLL_SECONDS = 10.0
"""How often this process notes in the database that it is still running."""

GAP_SECONDS = 30.0
"""If this process has noted nothing for so long, as in an outage, others may have noted nothing although they run."""

PREPARE_SECONDS = 60.0
"""For so long before its time a change is prepared."""

OVERDUE_SECONDS = 24 * 3600.0
"""A change whose time passed longer ago than this, while Nota was not running, is approved anew before it comes into force."""

MERGED = "Something else has come into force in a part of this, and was merged with it. Look at it once more."


async def follow_changes(store: Store, live: LiveDossier) -> None:
    """Puts into force what another process has put in force since the last look."""
    async with store.database.read() as connection:
        is_new = await store.changes.stamp(connection) != live.edition.stamp
        edition = await store.changes.edition(connection) if is_new else live.edition
    await live.switch(edition)


@dataclass(slots=True)
class NewsroomWorker:
    """Keeps the ledger, and the dossier in force in this process, up to date with the files and with the changes.

    Attributes:
        reload: reloads the content files and checks every reply for every platform.
        on_news: called when there is something to send.
        process: names this process; no other has or had the same id.
        on_poll: called after each look that the database answered, with what keeps the newsroom from publishing, or "", and with a note, or "".
        sleep: waits after a look that failed.
    """

    newsroom: Newsroom
    live: LiveDossier
    desk: Desk
    reload: Callable[[], Awaitable[None]]
    on_news: Callable[[], None]
    process: str
    on_poll: Callable[[str, str], None] = lambda problem, note: None
    look_seconds: float = LOOK_SECONDS
    sleep: Sleep = asyncio.sleep
    _is_overtaken: bool = False
    _is_held: bool = False
    _refusal: str = ""
    _errors: tuple[str, ...] = ()
    _is_checked: bool = False
    """Whether the content was checked for every platform, which the start leaves out."""
    _noted_since: float = float("inf")
    _noted: tuple[str, float] = ("", float("-inf"))
    """The files with which this process was noted to run last, and when."""
    _returned_for: str | None = None
    """The stamp of what is in force by which overtaken changes were returned last."""
    _changed: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.live.on_change(self._changed.set)

    def nudge(self) -> None:
        """This process has decided something."""
        self._changed.set()

    async def run(self) -> None:
        """Runs until cancelled. Content that is new to the database is checked first, and not compared while it has errors."""
        store = self.newsroom.store
        await store.database.repeat(self.look, self.look_seconds, self._changed, self.sleep)

    async def look(self) -> float | None:
        """Does what there is to do; returns the seconds until the next look, None: as usual."""
        newsroom, changes = self.newsroom, self.newsroom.store.changes
        must_compare = self.live.tree != "" and await newsroom.must_compare(self.live.tree)
        # the first files are history, of which nothing is sent; those that are saved while they are checked are news
        is_first = must_compare and not self._is_checked and await newsroom.is_first()
        if must_compare and not (is_first or (self._is_checked and self.live.files.documents)):
            await self.reload()
        elif not must_compare:
            self.live.drop_documents()
        self._is_checked = True
        async with newsroom.store.database.read() as connection:
            now = await newsroom.store.database.moment(connection)
            waiting = await changes.due(connection)
        await follow_changes(newsroom.store, self.live)
        report = await self._publish(must_compare, now)
        await follow_changes(newsroom.store, self.live)
        if is_first:
            await self.reload()
        self._log(report)
        if report:
            self.on_news()
        self.on_poll(self._refusal, HELD_FILES if self._is_held else FORMER_FILES if self._is_overtaken else "")
        if not self._refusal:
            for change in waiting:
                if change.due is not None and change.due <= now:
                    await self.come_into_force(change)
        await self._return_overtaken()
        soon = [each for each in waiting if each.due is not None and now < each.due <= now + PREPARE_SECONDS]
        if soon:
            await self._prepare(soon[0])
        if report or report.outdated:
            return 0.0  # what was just scheduled may be due in a moment
        soonest = [each.due - now for each in waiting if each.due is not None and each.due > now]
        scheduled = await newsroom.store.bulletins.seconds_until_next()
        soonest += [scheduled] if scheduled is not None and scheduled > 0 else []
        return min([self.look_seconds, *(max(0.05, seconds) for seconds in soonest)])

    async def _publish(self, must_compare: bool, now: float) -> PublishReport:
        newsroom, live = self.newsroom, self.live
        errors = tuple(str(diagnostic) for diagnostic in self.live.diagnostics if diagnostic.blocks)
        if errors and errors != self._errors:
            # owners are alerted: whoever wrote the bulletin believes that it is published
            log.error("nothing is published while the content has errors", diagnostics=len(errors), first=errors[0])
        self._errors = errors
        tree, noted = self._noted
        if tree != live.tree or not noted <= now < noted + POLL_SECONDS:  # also before others import former files
            await newsroom.note_in_use(live.tree, self.process)
            if not noted <= now < noted + GAP_SECONDS:
                self._noted_since = now
            self._noted = live.tree, now
        report = PublishReport()
        is_held = must_compare and (await newsroom.store.safeguards.get()).stopped_by == HELD
        if is_held and not self._is_held:
            log.error(HELD_FILES)  # owners are alerted
        self._is_held = is_held
        if must_compare and not self._errors and not self._is_held:
            report = await self._import(Holder(self.process, live.had, self._noted_since))
            if not report.overtaken:
                return report
        soonest = await newsroom.store.bulletins.seconds_until_next()
        if must_compare or (soonest is not None and soonest <= 0):
            report = replace(await newsroom.publish_due(live.complete, live.own), overtaken=report.overtaken)
        return report

    async def _import(self, holder: Holder) -> PublishReport:
        newsroom, live = self.newsroom, self.live
        if refusal := await newsroom.refusal(live.own):
            return PublishReport(refusal=refusal)
        if not live.edition.entries:  # a new database, or one into which a backup of 0.8.0 was imported
            await move(newsroom.store, live.files)
            await follow_changes(newsroom.store, live)
        imported = await newsroom.plan_import(live, holder, is_desk_used=self.desk.is_used)
        if imported is None:
            return PublishReport(overtaken=True)
        async with live.reloading:
            await live.prepare(imported.after.contents)
        return await newsroom.publish_changes(imported, holder=holder)

    def _log(self, report: PublishReport) -> None:
        """What was done; once, what stands in the way, of which owners are told."""
        if report.refusal and report.refusal != self._refusal:
            log.error(report.refusal)
        elif self._refusal and not report.refusal:
            log.info("the database belongs to this dossier")
        self._refusal = report.refusal
        if report.overtaken and not self._is_overtaken:
            log.error(FORMER_FILES)  # owners are alerted
        self._is_overtaken = report.overtaken
        waiting = [each for each in report.waiting.values() if each.why != "figures"]
        if waiting:  # owners are alerted: whoever deployed it believes that it is in force
            log.error("a part of the files waits for an editor at the desk", entries=len(waiting))
        for line in report_lines(report):
            log.info(line)

    # ---- A change comes into force

    async def come_into_force(self, change: Change) -> bool:
        """Puts an approved change in force whose time has come; False: it did not come into force, or another process was quicker.

        What is to be loaded, checked and rendered is so before the transaction, which changes nothing if anything is different by then.
        """
        store, stamp, in_force = self.newsroom.store, self.live.edition.stamp, self.live.contents
        async with store.database.read() as connection:
            now = await store.database.moment(connection)
            entries = await store.changes.entries(connection, change.id)
            read = await self.desk.read_bulletins(connection, entries)
        if change.due is None or change.due < now - OVERDUE_SECONDS:
            late = "Its time passed while Nota was not running."
            return await self._send_back(change, entries, "review", late, stamp)
        is_altered = any(in_force.get(key) != each.base for key, each in entries.items())
        entries = {key: caught_up(entry, in_force.get(key))[0] for key, entry in entries.items()}
        if is_altered and not only_withdraws(entries):
            return await self._send_back(change, entries, "draft", MERGED, stamp)
        try:
            entries |= await self.desk.still_kept(change, entries)
        except DeskError as refusal:
            return await self._send_back(change, entries, "draft", str(refusal), stamp)
        if wrong := await self._mistake(change, entries):
            return await self._send_back(change, entries, "draft", wrong, stamp)
        return await self._put(change, entries, read, stamp)

    async def _mistake(self, change: Change, entries: Mapping[Key, ChangedEntry]) -> str:
        """What is wrong with a change, or ""; a withdrawal sends no text, so it needs no valid one."""
        if only_withdraws(entries):
            return ""
        errors = await self.desk.errors(change, entry_contents(entries), alone=False)
        return next((f"{each.path}: {each.message}" for each in errors if not each.is_warning), "")

    async def _put(
        self, change: Change, entries: Mapping[Key, ChangedEntry], read: Collection[Key], stamp: str
    ) -> bool:
        store, live, contents = self.newsroom.store, self.live, entry_contents(entries)
        async with live.reloading:
            before = live.edition
            if before.stamp != stamp:
                return False  # the next look merges it with what is in force by now
            said = {key for key, each in entries.items() if each.waits and each.content == each.said}
            after = live.edition_with(contents, said)
            loading = await live.prepare(after.contents)
            if (dossier := loading.dossier) is None:
                return False
            changed = await asyncio.to_thread(bulletin_changes, live.complete, dossier)
            # what another process has just put in force is not paused again
            async with store.database.write() as connection:
                now = await store.bulletins.lock_newsroom(connection)
                if not await self._is_still_due(connection, change, now):
                    return False
                edited = [each.id for each in changed if each.edit in ("corrected", "withdrawn", "restored")]
                await store.bulletins.pause(connection, edited)
            async with store.database.write(is_long=True) as connection:
                now = await store.bulletins.lock_newsroom(connection)
                if not await self._is_still_due(connection, change, now):
                    return False
                if await self.desk.read_bulletins(connection, entries) != read:
                    return False  # what was sent meanwhile may print a figure that has changed: the next look asks
                number = await store.changes.put_in_force(connection, before, after)
                for entry in entries.values():
                    await store.changes.put_entry(connection, change.id, entry)
                sealed = await store.changes.seal(connection, change, contents, now)
                decided = await store.changes.update(connection, sealed, state="in_force", edition=number, changed=now)
                if decided is None:
                    return False
                await store.changes.note(connection, decided, "in_force", None, now)
                await self.newsroom.rename_topics(connection, dossier)
                done = await self.newsroom.apply_difference(connection, changed, dossier, now)
                edits = sorted({*bulletins_in(contents), *map(id_of, done)})
                decided = await store.changes.update(connection, decided, edits=edits) or decided
                published = await self.newsroom.publish_in(connection, dossier, now)
                await self.desk.show(connection, decided)
        await follow_changes(store, live)
        if published is None:
            await self.newsroom.publish_rest(dossier)
        log.info("a change came into force", change=change.id, title=change.title, edition=number)
        self.on_news()
        return True

    async def _is_still_due(self, connection: AsyncConnection, change: Change, now: float) -> bool:
        """Whether everything is as it was when the change was prepared."""
        changes, live = self.newsroom.store.changes, self.live
        row = await changes.read(connection, change.id, lock=True)
        is_due = row == change and row.due is not None and row.due <= now
        return is_due and await changes.stamp(connection) == live.edition.stamp

    async def _prepare(self, change: Change) -> None:
        """Loads what will be in force with a change whose time comes soon, so that every replica can switch at once.

        Nothing of it leaves this process: neither pictures are drawn nor vectors asked for.
        """
        async with self.newsroom.store.database.read() as connection:
            entries = await self.newsroom.store.changes.entries(connection, change.id)
        async with self.live.reloading:
            await self.live.prepare(self.live.edition_with(entry_contents(entries)).contents)

    async def _return_overtaken(self) -> None:
        """Returns changes that wait to draft, of which something else has come into force, merged with that. Their approval ends.

        A withdrawal goes on: it holds for whatever text is in force.
        """
        store, stamp, contents = self.newsroom.store, self.live.edition.stamp, self.live.contents
        if self._returned_for == stamp:
            return
        async with store.database.read() as connection:
            waiting = await store.changes.all(connection, WAITING, MAX_LISTED)
            entries = {each.id: await store.changes.entries(connection, each.id) for each in waiting}
        for change in waiting:
            own = entries[change.id]
            is_altered = any(contents.get(key) != each.base for key, each in own.items())
            if is_altered and not only_withdraws(own):
                caught = {key: caught_up(each, contents.get(key))[0] for key, each in own.items()}
                await self._send_back(change, caught, "draft", MERGED, stamp)
        self._returned_for = stamp

    async def _send_back(
        self, change: Change, entries: Mapping[Key, ChangedEntry], state: str, reason: str, stamp: str
    ) -> bool:
        """Returns a change, unless it or what is in force, under ``stamp`` when it was looked at, is another by now."""
        store = self.newsroom.store
        async with store.database.write(is_long=True) as connection:
            now = await store.bulletins.lock_newsroom(connection)
            row = await store.changes.read(connection, change.id, lock=True)
            if row != change or await store.changes.stamp(connection) != stamp:
                return False
            for entry in entries.values():
                await store.changes.put_entry(connection, change.id, entry)
            if change.state == "approved" and state == "draft":
                await self.desk.undate(connection, change, entries)
            values = {"state": state, "due": None, "changed": now, "version": change.version + 1}
            returned = await store.changes.update(connection, change, **values)
            if returned is not None:
                await store.changes.note(connection, returned, "overtaken", None, now, reason=reason)
                await self.desk.show(connection, returned)
                log.warning("a change was returned", change=change.id, title=change.title, reason=reason)
        self.on_news()
        return False
