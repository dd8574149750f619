"""What editors do at the desk: saving drafts, and decisions on them, each in one transaction with what follows from it."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.db.applied_updates import apply_once
from bot.db.delivery_reports import Progress
from bot.db.desk import Action, Draft, DraftId, DraftState, Person
from bot.db.engine import Sleep
from bot.db.schema import DESK, REVIEW
from bot.db.store import Store
from bot.dossier.diagnostics import Diagnostic
from bot.dossier.models import BulletinId, Dossier, Language
from bot.live_dossier import LiveDossier
from bot.newsroom.desk_messages import message
from bot.newsroom.desk_rules import Rules, actions, next_step, stage
from bot.newsroom.diff import dossier_bulletin
from bot.newsroom.draft_content import Content, bulletin_id, moment_of, timed, title_of, with_draft
from bot.newsroom.editors_chat import EditorsChat
from bot.newsroom.messages import has_texts, post
from bot.newsroom.publisher import Newsroom, OtherDossier
from bot.replies.bulletins import BulletinText

log = structlog.get_logger("bot.desk")

WATCH_SECONDS = 10.0
"""Between two looks at what is being sent, for the messages in the editors' chat."""

WATCHED_SECONDS = 2 * 24 * 3600.0
"""For how long after a bulletin was sent its message follows."""

TAKE_BACK_SECONDS = 60.0
"""From the decision to send until the bulletin goes out: so long it can be taken back."""

Check = Callable[[Dossier, Content, BulletinId, date], list[Diagnostic]]
"""Everything that is wrong with a draft, for the dossier and for the platforms. Takes tenths of a second."""


class DeskError(Exception):
    """The desk cannot do what was asked. The message is a phrase for the editor, in English."""


class Overtaken(DeskError):
    """Somebody else has saved or decided meanwhile; nothing was changed."""


@dataclass(frozen=True, slots=True)
class Item:
    """A draft as an editor sees it now.

    Attributes:
        draft: the draft.
        stage: its state, with what the ledger says.
        progress: what became of it in the ledger; None if it was never sent.
        possible: what this editor may do.
        is_file: whether its bulletin has become a file, where it is changed from then on.
    """

    draft: Draft
    stage: DraftState
    progress: Progress | None
    possible: frozenset[Action]
    is_file: bool = False


@dataclass(frozen=True, slots=True)
class Desk:
    """The desk.

    Attributes:
        rules: who decides.
        check: what is wrong with a draft.
        editors_chat: gets each bulletin first, before its audience, and the messages in which others decide.
        on_news: called when there may be something to send.
        address: the desk's, for buttons; None: it has none that others can open.
    """

    store: Store
    live: LiveDossier
    rules: Rules
    check: Check
    editors_chat: EditorsChat
    on_news: Callable[[], None] = lambda: None
    address: str | None = None

    async def items(self, person: Person) -> list[Item]:
        """The drafts, the one that changed last first."""
        drafts = await self.store.drafts.all()
        async with self.store.database.read() as connection:
            names = [each.bulletin_id for each in drafts if each.bulletin_id]
            progress = await self.store.deliveries.progress(connection, names)
        return [self._item(each, progress.get(each.bulletin_id or BulletinId("")), person) for each in drafts]

    async def item(self, draft_id: DraftId, person: Person) -> Item | None:
        """A draft; None if there is none."""
        async with self.store.database.read() as connection:
            draft = await self.store.drafts.read(connection, draft_id)
            return self._item(draft, await self._progress(connection, draft), person) if draft else None

    def _item(self, draft: Draft, progress: Progress | None, person: Person) -> Item:
        now = _stage(draft, progress)
        is_file = draft.bulletin_id is not None and draft.bulletin_id in self.live.complete.from_files.bulletins
        possible = frozenset[Action]() if is_file else actions(draft, now, person.account, self.rules)
        return Item(draft, now, progress, possible, is_file)

    async def create(
        self, person: Person, content: Content, name: BulletinId | None = None, cause: str | None = None
    ) -> Draft:
        """A new draft; ``name``: the id that its bulletin gets, if that is known.

        Raises:
            AlreadyApplied: the update ``cause`` has made one.
        """
        async with self.store.database.write() as connection:
            await apply_once(self.store.database, connection, cause)
            now = await self.store.database.moment(connection)
            also = {"bulletin_id": name, "day": name[:10]} if name else {}
            return await self.store.drafts.add(connection, person, self._title(content), content, now, **also)

    async def save(self, draft_id: DraftId, version: int, person: Person, content: Content) -> Draft:
        """Saves a new version, if there is anything new in it: a save whose answer was lost can be repeated.

        Raises:
            Overtaken: ``version`` is not the latest any more.
            DeskError: it can no longer be changed.
        """
        drafts = self.store.drafts
        async with self.store.database.write() as connection:
            now = await self.store.database.moment(connection)
            stored = await drafts.read(connection, draft_id)
            latest = await drafts.read_version(connection, draft_id, stored.version) if stored else None
            if stored is not None and latest is not None and dict(latest.content) == dict(content):
                return stored
            draft = await self._draft(connection, draft_id, version)
            self._next(draft, await self._progress(connection, draft), "save", person)
            saved = await drafts.save(connection, draft, person, self._title(content), content, now)
            if saved is None:
                raise Overtaken("Somebody else has changed this draft meanwhile.")
        return saved

    async def decide(self, draft_id: DraftId, version: int, action: Action, person: Person, reason: str = "") -> Draft:
        """Does what an editor decided, and whatever follows from it. The first decision counts.

        Raises:
            Overtaken: somebody has saved or decided meanwhile.
            DeskError: it is not possible, or this person may not do it.
        """
        drafts, bulletins = self.store.drafts, self.store.bulletins
        saved = await drafts.version(draft_id, version)
        if saved is None:
            raise DeskError("There is no such draft.")
        seen = await drafts.get(draft_id)
        if action in ("submit", "approve", "send") and seen is not None and seen.state != "withdrawal":
            await self._refuse_errors(draft_id, saved.content)  # a withdrawal sends no text, so it needs no valid one
        async with self.store.database.write() as connection:
            now = await bulletins.lock_newsroom(connection)
            draft = await self._draft(connection, draft_id, version, seen)
            progress = await self._progress(connection, draft)
            state, override = self._next(draft, progress, action, person)
            approved = now if action in ("approve", "send") else draft.approved
            changes: dict[str, Any] = {"state": state, "changed": now, "approved": approved}
            match action, state:
                case "send", _:
                    changes |= await self._sending(connection, draft, progress, saved.content, now)
                case "take_back", _:
                    changes |= await self._taking_back(connection, draft, now)
                case "discard", _:
                    draft = await self._as_sent(connection, draft, person, now)
                    changes["sent_version"] = draft.version
                case "return", _ if draft.state == "withdrawal":
                    changes |= {"changed_by": saved.saved_by}
                case "withdraw", "withdrawal":
                    changes |= {"reason": reason, "changed_by": person.account}
                case _, "withdrawn":
                    await self._refuse_another_dossier(connection)
                    changes |= {"reason": reason or draft.reason}
                    await self._withdraw(connection, draft, now)
                case _:
                    pass
            decided = await self._change(connection, draft, changes)
            await drafts.note(connection, decided, action, person, now, override=override, reason=reason or None)
            if action == "send":
                await self._send(connection, decided, saved.content, now)
            await self._show(connection, decided)
        self.on_news()
        return decided

    async def watch(self, sleep: Sleep = asyncio.sleep) -> None:
        """Keeps the messages in the editors' chat up to date with what is being sent, until cancelled."""
        if self.editors_chat.setting is not None:
            await self.store.database.repeat(self.show_progress, WATCH_SECONDS, sleep=sleep)

    async def show_progress(self) -> None:
        """Edits the messages about what was sent lately, where the ledger says something new."""
        await self.editors_chat.refresh()
        drafts, shown = await self.store.drafts.all(), False
        async with self.store.database.read() as connection:
            now = await self.store.database.moment(connection)
            changed = [
                draft
                for draft in drafts
                if draft.sent_version is not None
                and max(draft.changed, draft.send_at or 0.0) > now - WATCHED_SECONDS
                and (found := await self._message(connection, draft)) is not None
                and not await has_texts(self.store, connection, *found)
            ]
        for draft in changed:
            async with self.store.database.write() as connection:
                await self.store.bulletins.lock_newsroom(connection)
                current = await self.store.drafts.read(connection, draft.id)
                shown |= current is not None and await self._show(connection, current)
        if shown:
            self.on_news()

    async def _show(self, connection: AsyncConnection, draft: Draft) -> bool:
        """Sends or edits the message about a draft; False if it says the same already."""
        found, reader = await self._message(connection, draft), await self.editors_chat.reader(connection)
        if found is None or reader is None:
            return False
        return await post(
            self.store,
            connection,
            *found,
            origin=REVIEW,
            language=self.live.complete.header.default_language,
            reader_id=reader.id,
        )

    async def _message(
        self, connection: AsyncConnection, draft: Draft
    ) -> tuple[str, dict[Language, BulletinText]] | None:
        """The name and text of the message about a draft; None: nobody decided. Each request for approval has a message of its own."""
        decisions = await self.store.drafts.read_decisions(connection, draft.id)
        version = await self.store.drafts.read_version(connection, draft.id, draft.version)
        if not decisions or version is None:
            return None
        rounds = sum(each.action in ("submit", "withdraw") for each in decisions)
        progress = await self._progress(connection, draft)
        dossier, link = self.live.complete, f"{self.address}/{draft.id}" if self.address else None
        stage_, by = _stage(draft, progress), decisions[0].name
        return f"{REVIEW}-desk-{draft.id}-{rounds}", {
            language: message(draft, version.content, stage_, progress, dossier, language, by, link)
            for language in dossier.languages
        }

    async def errors(self, draft_id: DraftId, content: Content) -> list[Diagnostic]:
        """Everything that is wrong with the content of a draft, warnings included. Checked in a thread."""
        draft = await self.store.drafts.get(draft_id)
        day = datetime.now(UTC).date() if draft is None or draft.day is None else date.fromisoformat(draft.day)
        name = draft.bulletin_id if draft and draft.bulletin_id else BulletinId(f"{day}-draft-{draft_id}")
        return await asyncio.to_thread(self.check, self.live.complete, content, name, day)

    async def _refuse_errors(self, draft_id: DraftId, content: Content) -> None:
        if any(not each.is_warning for each in await self.errors(draft_id, content)):
            raise DeskError("There are mistakes in the draft. Fix them first.")

    async def _refuse_another_dossier(self, connection: AsyncConnection) -> None:
        try:
            await Newsroom(self.store).check_own(connection, self.live.complete)
        except OtherDossier as refusal:
            words = "This database belongs to another dossier: nothing is published, corrected or withdrawn."
            raise DeskError(words) from refusal

    def _title(self, content: Content) -> str:
        return title_of(content, self.live.dossier.header.default_language)

    async def _draft(
        self, connection: AsyncConnection, draft_id: DraftId, version: int, seen: Draft | None = None
    ) -> Draft:
        """The draft in this transaction. ``seen``: as it was read before; its state must not have changed."""
        draft = await self.store.drafts.read(connection, draft_id)
        if draft is None:
            raise DeskError("There is no such draft.")
        if draft.version != version:
            raise Overtaken("Somebody else has changed this draft meanwhile.")
        if seen is not None and draft.state != seen.state:
            raise Overtaken("Somebody else has decided meanwhile.")
        return draft

    async def _progress(self, connection: AsyncConnection, draft: Draft) -> Progress | None:
        if draft.bulletin_id is None:
            return None
        return (await self.store.deliveries.progress(connection, [draft.bulletin_id])).get(draft.bulletin_id)

    def _next(self, draft: Draft, progress: Progress | None, action: Action, person: Person) -> tuple[DraftState, bool]:
        if action in ("submit", "send") and draft.version == draft.sent_version:
            raise DeskError("The text is the one that was sent: change something first.")
        now = _stage(draft, progress)
        step = next_step(draft, now, action, person.account, self.rules)
        if step is None:
            if action == "approve" and draft.changed_by == person.account:
                raise DeskError("Another editor must approve this.")
            raise DeskError("That is not possible any more, or not yet.")
        return step.state, step.override

    async def _sending(
        self, connection: AsyncConnection, draft: Draft, progress: Progress | None, content: Content, now: float
    ) -> dict[str, Any]:
        """The columns of a draft that is sent, or sent as a correction."""
        if draft.bulletin_id is not None and draft.bulletin_id in self.live.complete.from_files.bulletins:
            raise DeskError("A file of the dossier has this bulletin: change it there.")
        if draft.sent_version is not None and progress is not None and progress.is_published:
            return {"sent_version": draft.version, "corrected": now}
        planned = moment_of(content)
        send_at = max(now + TAKE_BACK_SECONDS, planned.timestamp() if planned else 0.0)
        day, name = datetime.fromtimestamp(send_at, UTC).date(), draft.bulletin_id
        if name is None:
            taken = [*self.live.complete.bulletins, *await self.store.bulletins.names(connection)]
            name = bulletin_id(day, content, self.live.dossier.header.default_language, taken)
        return {"sent_version": draft.version, "bulletin_id": name, "day": name[:10], "send_at": send_at}

    async def _send(self, connection: AsyncConnection, draft: Draft, content: Content, now: float) -> None:
        await self._refuse_another_dossier(connection)
        name, timely = BulletinId(draft.bulletin_id or ""), timed(content, draft.send_at)
        dossier, bulletin, _ = with_draft(self.live.complete, timely, name, date.fromisoformat(name[:10]))
        if bulletin is None:
            raise DeskError("There are mistakes in the draft. Fix them first.")
        await Newsroom(self.store).publish_one(connection, dossier_bulletin(dossier, bulletin, DESK), now)
        row = await self.store.bulletins.get(connection, name)
        reader = await self.editors_chat.reader(connection)
        if row is not None and reader is not None and row.published is None:
            await self.store.fan_out.add_reader(connection, name, row.revision, reader.id, now)

    async def _change(self, connection: AsyncConnection, draft: Draft, changes: Mapping[str, Any]) -> Draft:
        changed = await self.store.drafts.change(connection, draft, **changes)
        if changed is None:
            raise Overtaken("Somebody else has decided meanwhile.")
        return changed

    async def _as_sent(self, connection: AsyncConnection, draft: Draft, person: Person, now: float) -> Draft:
        """The draft whose latest version has the text that was sent. The correction stays among the versions."""
        sent = await self.store.drafts.read_version(connection, draft.id, draft.sent_version or 0)
        content = sent.content if sent else {}
        saved = await self.store.drafts.save(connection, draft, person, self._title(content), content, now)
        if saved is None:
            raise Overtaken("Somebody else has changed this draft meanwhile.")
        return saved

    async def _taking_back(self, connection: AsyncConnection, draft: Draft, now: float) -> dict[str, Any]:
        row = await self.store.bulletins.get(connection, draft.bulletin_id or "")
        if row is None or row.state != "scheduled" or row.not_before <= now:
            raise DeskError("It has gone out already. It can be corrected or withdrawn.")
        await self._withdraw(connection, draft, now)
        return {"bulletin_id": None, "day": None, "sent_version": None, "send_at": None}

    async def _withdraw(self, connection: AsyncConnection, draft: Draft, now: float) -> None:
        row = await self.store.bulletins.get(connection, draft.bulletin_id or "")
        if row is None or row.origin != DESK or row.id in self.live.complete.from_files.bulletins:
            raise DeskError("A file of the dossier has this bulletin: change it there.")
        await self.store.bulletins.withdraw(connection, row.id, row.revision + 1, now)
        await self.store.fan_out.withdraw(connection, row.id, row.revision + 1, now)


def _stage(draft: Draft, progress: Progress | None) -> DraftState:
    is_published = progress is not None and progress.is_published
    return stage(draft, is_published=is_published, is_open=progress is not None and progress.waiting > 0)
