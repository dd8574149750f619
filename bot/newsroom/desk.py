"""The desk: changes are written, saved field by field, and decided on, each step in one transaction with what follows from it."""

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from datetime import date
from types import MappingProxyType
from typing import Any, Protocol

import structlog

from bot.db.applied_updates import AlreadyApplied, apply_once
from bot.db.changes import (
    NOBODY,
    Action,
    Answer,
    Change,
    ChangedEntry,
    ChangeId,
    Gathered,
    Person,
    Said,
    State,
    confirmation_of,
)
from bot.db.connection import AnyRow, AsyncConnection
from bot.db.engine import Sleep
from bot.db.schema import MAX_FOREIGN_TEXT, REVIEW
from bot.db.store import Store
from bot.dossier.diagnostics import Diagnostic
from bot.dossier.entries import (
    ABSENT,
    HEADER,
    Content,
    Field,
    Key,
    Unit,
    bulletins_in,
    content_of,
    declined,
    fields,
    free_name,
    merge,
    slug,
    value_digest,
    without_empties,
)
from bot.dossier.entry_fields import Use, former_keys, references, topic_of, uses
from bot.dossier.markdown import PLACEHOLDER
from bot.dossier.models import BulletinId, FactId, Language
from bot.dossier.schema import KINDS
from bot.dossier.yaml_reader import Value
from bot.live_dossier import LiveDossier
from bot.newsroom.change_content import (
    MAX_BYTES,
    NEW,
    Contents,
    as_markdown,
    as_title,
    bytes_of,
    dated,
    is_withdrawal,
    problems,
    uncorrected,
    without_date,
)
from bot.newsroom.change_messages import mark_of, message, reminder
from bot.newsroom.change_rules import TAKE_BACK_SECONDS, Rules, next_step, possible
from bot.newsroom.editors_chat import EditorsChat
from bot.newsroom.figures import (
    Figure,
    alteration,
    answer_of,
    as_they_were,
    figures,
    figures_kept,
    figures_of,
    prints,
    undated,
    with_computed,
    with_figures,
)
from bot.newsroom.messages import has_texts, post
from bot.newsroom.publisher import Newsroom
from bot.newsroom.translation import (
    left_out_key,
    made_from_base,
    made_key,
    source_of,
    untranslated,
)
from bot.replies.bulletins import BulletinText, from_json
from bot.replies.language_panel import language_name
from bot.schedule import local_time

log = structlog.get_logger("bot.desk")

WATCH_SECONDS = 10.0
"""Between two looks at what is being sent, for the messages in the editors' chat."""

WATCHED_SECONDS = 2 * 24 * 3600.0
"""For how long after a change came into force its message follows what is sent."""

REMIND_SECONDS = 3600.0
"""After so long without a decision the editors' chat is reminded of a request for approval."""

PLAN_YEARS = 5
"""So far ahead a change may be planned. A later year is a slip of the finger."""

MAX_LISTED = 200

OPEN: tuple[State, ...] = ("draft", "review", "approved")

WAITING: tuple[State, ...] = ("review", "approved")

IN_REVIEW: tuple[State, ...] = ("review",)

IN_FORCE: tuple[State, ...] = ("in_force",)

OWNERS_ONLY = "Files would correct or withdraw many bulletins at once, or some after a restore: an owner approves that."

JUST_CHANGED = "Another change has just come into force. Try again in a moment."

APPROVERS_ONLY = "Only an approver may do that."

UNANSWERED = "Say of each figure that bulletins print whether it was wrong or has changed."

IN_USE = "It cannot be removed, because this refers to it: {what}"

NEEDED = "{key} cannot be removed, because a change that waits refers to it: {what}"

REMOVED_BY = "A change that waits removes {key}, to which this refers: {what}"

_ENDED: tuple[list[Action], ...] = (["take_back", "approve"], ["overtaken", "approve"])
"""The last two decisions, requests and returns apart, on a change whose approval has ended."""

FIGURES = "figures"
"""Where a change's page asks whether a figure was wrong or has changed."""

UNTRANSLATED = "There is no text yet in: {languages}. Write it, or tick that it is sent without it for now."

WITHOUT = "without"
"""The form's field for the languages without which a bulletin is sent for now."""

COMMENT = "comment"
"""The form's field for a comment."""

MAX_COMMENT = MAX_FOREIGN_TEXT
"""Characters of a comment, as the database keeps them."""

PLANNED = "change|planned"
"""The form's field for the time for which a change is planned."""


class Check(Protocol):
    """Everything that is wrong with the entries of a change, for the dossier and for the platforms."""

    def __call__(self, contents: Contents, day: date, *, alone: bool) -> list[Diagnostic]:
        """``alone``: without the other bulletins, in tenths of a second however many there are."""


class DeskError(Exception):
    """The desk cannot do what was asked. The message is a phrase for the editor, in English.

    ``field``: the name of the form's field that it is about; "": it is about none. ``values``: what the phrase names.
    """

    def __init__(self, message: str, field: str = "", **values: str) -> None:
        super().__init__(message)
        self.field, self.values = field, values


class NotAllowed(DeskError):
    """This person's role does not allow it; it never will while the role is theirs."""


class Overtaken(DeskError):
    """Somebody else has saved or decided meanwhile; nothing was changed."""


@dataclass(frozen=True, slots=True)
class Edit:
    """What a form has in one field of an entry.

    Attributes:
        seen: the digest of the value that the form was made from (:func:`~bot.dossier.entries.value_digest`).
        value: that it has now; :data:`~bot.dossier.entries.ABSENT`: it is empty.
    """

    key: Key
    field: Field
    seen: str
    value: Value


@dataclass(frozen=True, slots=True)
class Conflict:
    """A field that somebody else changed since the form was made: ``theirs`` is stored, ``ours`` was typed."""

    key: Key
    field: Field
    theirs: Value
    ours: Value


@dataclass(frozen=True, slots=True)
class Saved:
    """The change after a save. What is in ``conflicts`` was not saved, everything else was."""

    change: Change
    conflicts: tuple[Conflict, ...] = ()


@dataclass(frozen=True, slots=True)
class Item:
    """A change as an editor sees it now.

    Attributes:
        possible: what this editor may do.
        is_late: whether the time for which it is planned has passed: it counts as planned for none.
        bulletins: those that it made or changed, or whose messages it edits, once it is in force.
        has_approver: whether somebody can approve it.
    """

    change: Change
    entries: Mapping[Key, ChangedEntry]
    possible: frozenset[Action]
    is_late: bool = False
    bulletins: tuple[BulletinId, ...] = ()
    has_approver: bool = True

    @property
    def contents(self) -> dict[Key, Content | None]:
        """What its entries say; None: it removes the entry."""
        return entry_contents(self.entries)


def needed(removing: Mapping[Key, ChangedEntry], using: Mapping[Key, ChangedEntry]) -> list[Key]:
    """The entries that a change removes, not renames, and to which another one refers, withdrawals apart."""
    renamed = {key for each in removing.values() for key in former_keys(each.content)}
    gone = {key for key, each in removing.items() if each.content is None and each.base is not None} - renamed
    kept = [each for key, each in using.items() if gone and key not in removing and each.content is not None]
    changed = [each for each in kept if not is_withdrawal(each.base, each.content)]
    named = {key for each in changed for key, _ in references(each.key, each.content or {})}
    return sorted(gone & named)


def _reminder_name(asked: AnyRow) -> str:
    """Of the message that reminds of a request, the decision ``asked``: like those of changes, it is never deleted."""
    return f"{REVIEW}-change-{asked.change_id}-reminder-{asked.id}"


def _last_request(decisions: Iterable[AnyRow]) -> AnyRow | None:
    """The last time that somebody asked for approval. ``decisions``: the latest first."""
    return next((each for each in decisions if each.action == "ask"), None)


def _told_by(change: Change, entries: Iterable[Key]) -> tuple[BulletinId, ...]:
    """The bulletins whose messages a change in force sends or edits."""
    return tuple(dict.fromkeys([*bulletins_in(entries), *change.edits])) if change.state == "in_force" else ()


@dataclass(frozen=True, slots=True)
class Desk:
    """The desk.

    Attributes:
        rules: who decides.
        check: what is wrong with a change.
        editors_chat: gets the messages in which others decide.
        on_news: called when there may be something to send, or a change that is to come into force.
        address: the desk's, for buttons; None: it has none that others can open.
    """

    store: Store
    live: LiveDossier
    rules: Rules
    check: Check
    editors_chat: EditorsChat
    on_news: Callable[[], None] = lambda: None
    address: str | None = None

    @property
    def is_used(self) -> bool:
        """Whether somebody edits here: what files change in a fact has changed then, and was not wrong before."""
        return bool(self.editors_chat.deciding) or self.editors_chat.setting is not None

    # ---- Reading

    async def items(
        self, person: Person, states: Sequence[State] = OPEN, before: tuple[float, ChangeId] | None = None
    ) -> list[Item]:
        """At most :data:`MAX_LISTED` changes in these states, the one that changed last first.

        ``before``: the moment and number of the last one of the page before.
        """
        async with self.store.database.read() as connection:
            now = await self.store.database.moment(connection)
            found = await self.store.changes.all(connection, states, MAX_LISTED, before)
            return [await self._item(connection, each, person, now) for each in found]

    async def item(self, change_id: ChangeId, person: Person) -> Item | None:
        """A change; None if there is none."""
        async with self.store.database.read() as connection:
            now = await self.store.database.moment(connection)
            change = await self.store.changes.read(connection, change_id)
            return await self._item(connection, change, person, now) if change else None

    async def _item(self, connection: AsyncConnection, change: Change, person: Person, now: float) -> Item:
        entries = await self.store.changes.entries(connection, change.id)
        may = possible(change, person.account, self.rules, now)
        is_late = change.due is None and change.planned is not None and change.planned <= now
        return Item(change, entries, may, is_late, _told_by(change, entries), self.rules.has_approver(change))

    async def sent(self, name: BulletinId) -> Content | None:
        """A bulletin that was sent and is not in force any more, in the words of its messages; None: it is none of these."""
        complete, ledger, languages = self.live.complete, self.store.bulletins, self.live.complete.languages
        async with self.store.database.read() as connection:
            row = await ledger.get(connection, name) if name in await ledger.sent(connection) else None
        if row is None or name in complete.bulletins or name in complete.withdrawn:
            return None
        stored = [await ledger.text(name, row.revision, language) for language in languages]
        found = {each.language: from_json(each.article) for each in stored if each is not None}
        return without_empties(
            {
                "date": row.day,
                "title": {language: as_title(text.title) for language, text in found.items()},
                "body": {language: as_markdown(text.blocks) for language, text in found.items()},
            }
        )

    def day(self, change: Change | None, now: float) -> date:
        """The office's day on which the change comes into force, as far as is known."""
        moment = now if change is None else max(now, change.due or change.planned or 0.0)
        return local_time(moment, self.live.complete.header.zone).date()

    async def now(self) -> float:
        """The database's moment."""
        return await self.store.database.moment()

    async def today(self) -> date:
        """The office's day."""
        return self.day(None, await self.now())

    async def open_changes(self, key: Key) -> list[Change]:
        """The changes of an entry that are not in force yet, the latest first."""
        async with self.store.database.read() as connection:
            return [change for change in await self.store.changes.of_entry(connection, key) if change.state in OPEN]

    async def errors(self, change: Change | None, contents: Contents, *, alone: bool = True) -> list[Diagnostic]:
        """Everything that is wrong with contents, warnings included. Checked in a thread; ``alone``: without other bulletins."""
        found = await asyncio.to_thread(self.check, contents, self.day(change, await self.now()), alone=alone)
        return [*found, *undated(self.live.contents, contents)]

    # ---- Writing

    async def create(
        self, person: Person, title: str, contents: Contents, cause: str | None = None, planned: float | None = None
    ) -> Change:
        """A new draft with these entries. An entry that is in force is changed, any other is new.

        Raises:
            AlreadyApplied: the update ``cause`` has made one.
            DeskError: it is too large.
        """
        self._refuse_size(contents)
        made = [self._entry(key, content) for key, content in contents.items()]
        async with self.store.database.write() as connection:
            await apply_once(self.store.database, connection, cause)
            now = await self.store.database.moment(connection)
            return await self.store.changes.add(connection, person, title, made, now, planned=planned)

    async def open_entry(self, change_id: ChangeId, person: Person, key: Key) -> Change:
        """Takes an entry that is in force into a draft."""
        async with self._draft(change_id, person) as (connection, change, entries):
            if key in entries:
                return change
            await self.store.changes.put_entry(connection, change_id, self._entry(key, self.live.contents.get(key)))
            return await self._saved(connection, change, person)

    async def add_entry(self, change_id: ChangeId, person: Person, kind: str, content: Content, words: str = "") -> Key:
        """Takes a new entry into a draft. Returns its key, which none ever had: a bulletin's until its approval, else of ``words``."""
        async with self._draft(change_id, person, is_locked=True) as (connection, change, entries):
            if kind == "bulletins":
                key = next(each for n in range(1, len(entries) + 2) if (each := Key(f"{NEW}{n}")) not in entries)
            else:
                key = await self._free_key(connection, kind, words)
            if kind == "claims":
                day = self.day(change, await self.store.database.moment(connection))
                content = {**content, "date": day.isoformat()}  # of the review
            await self.store.changes.put_entry(connection, change_id, self._entry(key, content))
            await self._saved(connection, change, person)
        return key

    async def free_key(self, kind: str, words: str) -> Key:
        """A key for a new entry that none ever had, made of words."""
        async with self.store.database.read() as connection:
            return await self._free_key(connection, kind, words)

    async def _free_key(self, connection: AsyncConnection, kind: str, words: str) -> Key:
        used = await self.store.changes.keys(connection, kind)
        used |= {each.partition("/")[2] for each in self.live.contents if each.startswith(f"{kind}/")}
        name, sign = slug(words, 40) or kind.rstrip("s"), KINDS[kind].between
        return Key(f"{kind}/{free_name(name.replace('-', sign), used, sign)}")

    async def gathering(self, key: Key, gathers: Gathered) -> tuple[Change | None, dict[Key, ChangedEntry]]:
        """The draft to which a sentence of an entry would be added, and its entries."""
        async with self.store.database.read() as connection:
            change = await self._gathering(connection, key, gathers)
            return change, await self.store.changes.entries(connection, change.id) if change else {}

    async def _gathering(self, connection: AsyncConnection, key: Key, gathers: Gathered) -> Change | None:
        """The draft that has the entry, else the one that gathers these; None: there is neither.

        Raises:
            DeskError: the entry waits for approval, or for its time.
        """
        of_entry = [each for each in await self.store.changes.of_entry(connection, key) if each.state in OPEN]
        if any(each.state != "draft" for each in of_entry):
            raise DeskError("A change of this waits for approval or for its time. Approve it, or take it back, first.")
        return of_entry[0] if of_entry else await self.store.changes.gathering(connection, gathers)

    async def add_sentences(
        self, person: Person, key: Key, sentences: Mapping[Field, Sequence[str]], title: str, gathers: Gathered
    ) -> Change:
        """Adds sentences to lists of an entry, all or none, in one open change with others: the draft that has the entry, or that gathers these.

        ``sentences``: by the field of the list. ``title``: of that draft, if it is new.

        Raises:
            DeskError: the entry waits for approval, or for its time.
        """
        async with self.store.database.write() as connection:
            now = await self.store.bulletins.lock_newsroom(connection)  # so that no two such changes are made
            change = await self._gathering(connection, key, gathers)
            entries = await self.store.changes.entries(connection, change.id) if change else {}
            entry = entries.get(key) or self._entry(key, self.live.contents.get(key))
            if entry.content is None and entry.base is not None:
                raise DeskError("There is no such entry.")
            content = with_sentences(entry.content, sentences)
            if content == entry.content and change is None:
                raise DeskError("Nothing is changed yet.")  # they came into force since the page was loaded
            if change is None:
                change = await self.store.changes.add(connection, person, title, (), now, gathers=gathers)
            if content == entry.content:
                return change
            self._refuse_size({**entry_contents(entries), key: content})
            await self.store.changes.put_entry(connection, change.id, replace(entry, content=content))
            return await self._saved(connection, change, person)

    async def drop_entry(self, change_id: ChangeId, person: Person, key: Key) -> Change:
        """Takes an entry out of a draft: it stays as it is in force. What was typed into it is kept in a version.

        What waits of a deploy is declined by it: files do not bring it again.
        """
        async with self._draft(change_id, person, is_locked=True) as (connection, change, entries):
            kept = await self._keep_written(connection, change, person, entries, key)
            await self._decline(connection, {key: entries[key]} if key in entries else {})
            await self.store.changes.drop_entry(connection, change_id, key)
            is_over = change.gathers == "deploy" and not entries.keys() - {key}
            return await self._saved(connection, kept, person, state="discarded" if is_over else change.state)

    async def _decline(self, connection: AsyncConnection, entries: Mapping[Key, ChangedEntry]) -> None:
        """Declines what the files of a deploy say of these entries, of those that wait of one, whatever was typed into them."""
        said = {key: each.said for key, each in entries.items() if each.waits}
        if said:
            kept = await self.store.contents.read(connection)
            now = await self.store.database.moment(connection)
            await self.store.contents.put(connection, kept, declined(kept, said, now))

    async def take_many(self, owner: str, confirmation: str) -> Change | None:
        """An owner takes the bulletins of a deploy that wait because they are many; None: they do not wait as ``confirmation`` says.

        They come into force as a change of their own, at once; what else waits of the deploy goes on waiting.
        """
        changes, names = self.store.changes, await self.store.sign_ins.names({owner})
        person = Person(owner, names.get(owner, owner), Language("en"))
        async with self.store.database.write() as connection:
            now = await self.store.bulletins.lock_newsroom(connection)
            for draft, entries in await changes.of_deploys(connection):
                if draft.state == "draft" and confirmation_of(entries) == confirmation != "":
                    break
            else:
                return None
            many = {key: each for key, each in entries.items() if each.waits == "many"}
            for key in many:
                await changes.drop_entry(connection, draft.id, key)
            rest = "draft" if len(many) < len(entries) else "discarded"
            await changes.update(connection, draft, state=rest, version=draft.version + 1, changed=now)
            taken = await changes.add(connection, NOBODY, draft.title, many.values(), now, savers=[], gathers="deploy")
            taken = await changes.seal(connection, taken, entry_contents(many), now)
            decided = await changes.update(connection, taken, state="approved", due=now, changed_by=owner)
            if decided is not None:
                await changes.note(connection, decided, "approve", person, now)
                await self.show(connection, decided)
        self.on_news()
        return decided

    async def _keep_written(
        self, connection: AsyncConnection, change: Change, person: Person, entries: Mapping[Key, ChangedEntry], key: Key
    ) -> Change:
        """Keeps the version of a draft that has what was typed into an entry, before that is taken out.

        Raises:
            NotAllowed: others may have typed it, and this person may not discard what others wrote.
        """
        entry = entries.get(key)
        if entry is None or (entry.content or None) == entry.base:
            return change
        if not self.rules.allows(change, "discard", person.account):
            raise NotAllowed(APPROVERS_ONLY)
        now = await self.store.database.moment(connection)
        return await self.store.changes.seal(connection, change, entry_contents(entries), now)

    async def remove_entry(self, change_id: ChangeId, person: Person, key: Key) -> Change:
        """A draft removes an entry that is in force, and that it has. What something refers to stays."""
        if key.startswith("bulletins/"):
            raise DeskError("A bulletin is withdrawn, not removed.")
        async with self._draft(change_id, person) as (connection, change, entries):
            if key == HEADER or key not in self.live.contents or key not in entries:
                raise DeskError("There is no such entry.")
            if users := (await self.uses(entries)).get(key):
                raise DeskError(IN_USE, what=", ".join(dict.fromkeys(each.key for each in users)))
            kept = await self._keep_written(connection, change, person, entries, key)
            await self.store.changes.put_entry(connection, change_id, self._entry(key, None))
            return await self._saved(connection, kept, person)

    async def rename_topic(self, change_id: ChangeId, person: Person, key: Key, words: str) -> Key:
        """A draft gives a topic or a programme another id, made of words. Its followers, links and what names it stay with it.

        Returns the new entry's key: the draft has it, and removes the old one. No id is another's that was ever used; a former one of
        its own it may have again.
        """
        if not slug(words, 40):
            raise DeskError("Write the new id in Latin letters or digits.")
        kind = key.partition("/")[0]
        async with self._draft(change_id, person, is_locked=True) as (connection, change, entries):
            entry = entries.get(key) or self._entry(key, self.live.contents.get(key))
            if kind not in ("topics", "programs") or entry.content is None:
                raise DeskError("There is no such entry.")
            former = [each for each in (key, *former_keys(entry.content)) if each != key or entry.base is not None]
            own = (each for each in former if each != key and slug(each.partition("/")[2], 40) == slug(words, 40))
            new = next(own, None) or await self._free_key(connection, kind, words)
            was: list[Value] = [topic_of(each) for each in former if each != new]
            content = without_empties({**entry.content, "was": was})
            self._refuse_size({**entry_contents(entries), new: content})
            renamed = replace(self._entry(new, content), made_from=made_from_base(entry, self.live.complete.header))
            await self.store.changes.put_entry(connection, change_id, renamed)
            if entry.base is None:
                await self.store.changes.drop_entry(connection, change_id, key)
            else:
                await self.store.changes.put_entry(connection, change_id, replace(entry, content=None))
            await self._saved(connection, change, person)
        return new

    async def uses(self, entries: Mapping[Key, ChangedEntry] = MappingProxyType({})) -> Mapping[Key, Sequence[Use]]:
        """Where each entry is used, in what is in force with the entries of a change. Every text is read, so a thread does it."""
        contents = {**self.live.contents, **entry_contents(entries)}
        return await asyncio.to_thread(uses, contents, self.live.complete.feeds)

    async def save(
        self,
        change_id: ChangeId,
        person: Person,
        edits: Sequence[Edit],
        title: str | None = None,
        planned: tuple[float | None] | None = None,
    ) -> Saved:
        """Saves what was typed, field by field, so that two who type at once never overwrite each other.

        Args:
            change_id: of the change.
            person: who typed.
            edits: the fields of a form. A field that was not typed into keeps what is stored.
            title: of the change; None: as it is.
            planned: when it is to come into force; None: as it is, (None,): as soon as it is approved.

        Raises:
            DeskError: it is not a draft, or it is too large, or it is planned for a time that is not to come.
        """
        async with self._draft(change_id, person) as (connection, change, entries):
            changed, conflicts = self._edited(entries, edits)
            self._refuse_size(entry_contents({**entries, **changed}))
            for entry in changed.values():
                await self.store.changes.put_entry(connection, change_id, entry)
            columns: dict[str, Any] = {}
            if title is not None and title != change.title:
                columns["title"] = title
            if planned is not None and planned[0] != change.planned:
                _refuse_time(planned[0], await self.store.database.moment(connection))
                columns["planned"] = planned[0]
            saved = await self._saved(connection, change, person, **columns) if changed or columns else change
        return Saved(saved, tuple(conflicts))

    def _edited(
        self, entries: Mapping[Key, ChangedEntry], edits: Sequence[Edit]
    ) -> tuple[dict[Key, ChangedEntry], list[Conflict]]:
        """The entries that the edits change, and what somebody else changed in the meantime."""
        changed, conflicts = dict[Key, ChangedEntry](), list[Conflict]()
        for edit in edits:
            entry = changed.get(edit.key) or entries.get(edit.key)
            if entry is None:
                continue
            values = fields(entry.content)
            stored = values.get(edit.field, ABSENT)
            if edit.value == stored or value_digest(edit.value) == edit.seen:
                continue
            is_no_field = entry.content is None or (edit.field[0] == "withdrawn" and "withdrawn" not in entry.content)
            is_both = any(  # one text for all languages, and one of a language
                place != edit.field and all(map(str.__eq__, place, edit.field)) for place in values
            )
            if value_digest(stored) != edit.seen or is_both or is_no_field:
                conflicts.append(Conflict(edit.key, edit.field, stored, edit.value))
                continue
            if edit.value is ABSENT:
                values.pop(edit.field)
            else:
                values[edit.field] = edit.value
            content = content_of(values)
            is_list = list in (type(stored), type(edit.value))  # of examples: nobody translates them
            made_from = entry.made_from if is_list else self._made_from(entry, content, edit.field)
            changed[edit.key] = replace(entry, content=content, made_from=made_from)
        return changed, conflicts

    def _made_from(self, entry: ChangedEntry, content: Content, field: Field) -> Mapping[str, str]:
        """Of the text that was typed in: the digest of the default language's text."""
        dossier = self.live.complete
        default, language = dossier.header.default_language, field[-1]
        if len(field) < 2 or language == default or language not in dossier.languages:
            return entry.made_from
        original = fields(content).get(source_of(field, default), ABSENT)
        made = {made_key(field): value_digest(original)} if original is not ABSENT else {}
        return {**entry.made_from, **made}

    async def keep_translation(self, change_id: ChangeId, person: Person, key: Key, field: Field) -> None:
        """Notes that a text still says what its original says now. Nothing that readers get is changed by it."""
        default = self.live.complete.header.default_language
        async with self._draft(change_id, person) as (connection, _, entries):
            entry = entries.get(key)
            original = fields(entry.content).get(source_of(field, default), ABSENT) if entry else ABSENT
            if entry is None or original is ABSENT or field not in fields(entry.content):
                raise DeskError("There is no such entry.")
            entry = replace(entry, made_from={**entry.made_from, made_key(field): value_digest(original)})
            await self.store.changes.put_entry(connection, change_id, entry)

    def untranslated(self, entries: Iterable[ChangedEntry]) -> list[Language]:
        """The languages in which a bulletin of a change has no text, though readers would get one."""
        languages = self.live.complete.languages
        missing = {language for entry in entries for language in untranslated(entry, languages)}
        return [language for language in languages if language in missing]

    async def leave_out(self, change_id: ChangeId, person: Person, languages: Collection[str]) -> None:
        """Notes the languages without which the bulletins of a change are sent for now; a text that is written is sent all the same."""
        async with self._draft(change_id, person) as (connection, _, entries):
            for entry in entries.values():
                chosen = [each for each in untranslated(entry, self.live.complete.languages) if each in languages]
                kept = {key: each for key, each in entry.made_from.items() if not key.startswith(left_out_key(""))}
                made = {**kept, **dict.fromkeys(map(left_out_key, chosen), "1")}
                if made != entry.made_from:
                    await self.store.changes.put_entry(connection, change_id, replace(entry, made_from=made))

    def _refuse_untranslated(self, entries: Iterable[ChangedEntry]) -> None:
        languages = self.live.complete.languages
        missing = [(each, code) for each in entries for code in untranslated(each, languages)]
        open_ones = [code for each, code in missing if left_out_key(code) not in each.made_from]
        if open_ones:
            names = ", ".join(dict.fromkeys(map(language_name, open_ones)))
            raise DeskError(UNTRANSLATED, WITHOUT, languages=names)

    # ---- Comments

    async def comment(self, change_id: ChangeId, person: Person, text: str) -> None:
        """Keeps what an editor has to say about a change. It changes nothing in it. The same words a second time are a second press."""
        if not text:
            raise DeskError("Write the comment first.", COMMENT)
        if len(text) > MAX_COMMENT:
            raise DeskError("A comment may have 1,000 characters.", COMMENT)
        changes = self.store.changes
        async with self.store.database.write() as connection:
            change = await changes.read(connection, change_id, lock=True)
            if change is None:
                raise DeskError("There is no such change.")
            said = [each for each in await changes.comments(connection, change_id) if each.reason]
            last = [(each.decided_by, each.reason) for each in said][-1:]
            if last != [(person.account, text)]:
                now = await self.store.database.moment(connection)
                await changes.note(connection, change, "comment", person, now, reason=text)

    async def note_opening(self, change_id: ChangeId, guest: Person, cause: str) -> None:
        """Notes among the comments, by one without words, that a guest has opened a link; once in some days for each ``cause``."""
        with suppress(AlreadyApplied):
            async with self.store.database.write() as connection:
                await apply_once(self.store.database, connection, cause)
                if change := await self.store.changes.read(connection, change_id, lock=True):
                    now = await self.store.database.moment(connection)
                    await self.store.changes.note(connection, change, "comment", guest, now, reason="")

    # ---- Deciding

    async def decide(
        self, change_id: ChangeId, version: int, action: Action, person: Person, reason: str = "", mark: str = ""
    ) -> Change:
        """Does what an editor decided on a version. The first decision counts.

        ``mark``: of the version's contents (:func:`mark_of`), as a button in a chat carries it; "": it is not compared.

        Raises:
            Overtaken: somebody has saved or decided meanwhile.
            DeskError: it is not possible, or this person may not do it.
        """
        changes = self.store.changes
        seen, entries = await self._seen(change_id, version, mark)
        if not self.rules.allows(seen, action, person.account):
            raise NotAllowed(APPROVERS_ONLY)
        if action == "approve" and confirmation_of(entries) and person.account not in self.rules.owners:
            raise NotAllowed(OWNERS_ONLY)
        goes_on = action in ("ask", "approve")
        if goes_on:
            await self._refuse_mistakes(seen, entries)
        async with self.store.database.write() as connection:
            now = await self.store.bulletins.lock_newsroom(connection)
            change = await self._undecided(connection, seen, version)
            if goes_on:
                await self._refuse_elsewhere(connection)
                await self._refuse_outdated(connection, entries)
                await self._refuse_needed(connection, change, entries)
            step = next_step(change, action, person.account, self.rules, now)
            if step is None:
                raise DeskError(self._why_not(change, action, person))
            columns: dict[str, Any] = {"state": step.state, "changed": now, "changed_by": person.account}
            if goes_on:  # as the person saw it: without the day and the key that an approval gives to a new bulletin
                change = await changes.seal(connection, change, entry_contents(entries), now)
            if action == "approve":
                columns |= await self._approve(connection, change, entries, now)
            elif change.state == "approved":
                await self.undate(connection, change, entries)
                columns["due"] = None
            await self._decline(connection, entries if action == "discard" else {})
            decided = await changes.update(connection, change, **columns)
            if decided is None:
                raise Overtaken("Somebody else has decided meanwhile.")
            await changes.note(connection, decided, action, person, now, override=step.override, reason=reason or None)
            await self.show(connection, decided)
        self.on_news()
        return decided

    async def _seen(
        self, change_id: ChangeId, version: int | None = None, mark: str = ""
    ) -> tuple[Change, dict[Key, ChangedEntry]]:
        """A change and its entries, if they are still of the version and the mark (None, "": of any)."""
        async with self.store.database.read() as connection:
            seen = await self.store.changes.read(connection, change_id)
            entries = await self.store.changes.entries(connection, change_id)
        if seen is None:
            raise DeskError("There is no such change.")
        if version not in (None, seen.version) or (mark and mark != mark_of(entries)):
            raise Overtaken("Somebody else has changed this meanwhile.")
        return seen, entries

    async def _undecided(self, connection: AsyncConnection, seen: Change, version: int) -> Change:
        """The change in this transaction, as it was when its entries were read and checked."""
        change = await self.store.changes.read(connection, seen.id, lock=True)
        if change is None or change.version != version or seen.version != version:
            raise Overtaken("Somebody else has changed this meanwhile.")
        if change.state != seen.state:
            raise Overtaken("Somebody else has decided meanwhile.")
        return change

    async def _approve(
        self, connection: AsyncConnection, change: Change, entries: Mapping[Key, ChangedEntry], now: float
    ) -> dict[str, Any]:
        """Gives new bulletins their day and key. Returns the columns of an approved change."""
        changes = self.store.changes
        due = max(now if only_withdraws(entries) else now + TAKE_BACK_SECONDS, change.planned or 0.0)
        used = {*await self.store.bulletins.names(connection), *await changes.keys(connection, "bulletins")}
        used |= {key.removeprefix("bulletins/") for key in self.live.contents}
        contents = entry_contents(entries)
        day, language = self.day(replace(change, due=due), now), self.live.complete.header.default_language
        in_force = dated(contents, day, used, language, local_time(due, "UTC").date())
        for key, name in zip(contents, in_force.items(), strict=True):
            if name != (key, contents[key]):
                await changes.drop_entry(connection, change.id, key)
                await changes.put_entry(connection, change.id, replace(entries[key], key=name[0], content=name[1]))
        return {"due": due}

    async def undate(self, connection: AsyncConnection, change: Change, entries: Mapping[Key, ChangedEntry]) -> None:
        """New bulletins of a change that was taken back get their day and key anew, and corrections their day.

        One that the ledger has is not new.
        """
        names = [key for key, entry in entries.items() if key.startswith("bulletins/") and entry.base is None]
        ledger = self.store.bulletins
        new = [key for key in names if await ledger.get(connection, key.removeprefix("bulletins/")) is None]
        for number, key in enumerate(new, start=1):
            content = without_date(entries[key].content or {})
            await self.store.changes.drop_entry(connection, change.id, key)
            again = replace(entries[key], key=Key(f"{NEW}{number}"), content=content)
            await self.store.changes.put_entry(connection, change.id, again)
        corrected = local_time(change.due or 0.0, "UTC").date()
        for entry in entries.values():
            if entry.base is not None and entry.content is not None and entry.key.startswith("bulletins/"):
                again = replace(entry, content=uncorrected(entry.base, entry.content, corrected))
                if again != entry:
                    await self.store.changes.put_entry(connection, change.id, again)

    async def _refuse_mistakes(self, change: Change, entries: Mapping[Key, ChangedEntry]) -> None:
        contents = entry_contents(entries)
        if not any(entry.content != entry.base for entry in entries.values()):
            raise DeskError("Nothing is changed yet.")
        if any(_lacks_reason(entry.content) for entry in entries.values()):
            raise DeskError("Say why it is withdrawn.")
        if only_withdraws(entries):
            return  # it sends no text, so it needs no valid one
        self._refuse_untranslated(entries.values())
        if any(self.live.contents.get(key) != entry.base for key, entry in entries.items()):
            raise DeskError(await self._catch_up(change, entries))
        if any(not each.is_warning for each in await self.errors(change, contents, alone=False)):
            raise DeskError("There are mistakes in it. Fix them first.")
        if change.state == "draft" and any(each.is_open for each in await self.figures(change, entries)):
            raise DeskError(UNANSWERED, FIGURES)

    async def _catch_up(self, change: Change, entries: Mapping[Key, ChangedEntry]) -> str:
        """Merges a change with what is in force by now, for whoever looks at it once more; returns what to tell them.

        What waits for approval goes on waiting, with the writers that it had; if a field of it was changed by both, it is a draft again.
        """
        changes = self.store.changes
        caught = {key: caught_up(entry, self.live.contents.get(key)) for key, entry in entries.items()}
        conflicts = [each for key, (_, differing) in caught.items() for each in named(key, differing)]
        is_returned = change.state == "review" and bool(conflicts)
        async with self.store.database.write() as connection:
            now = await self.store.bulletins.lock_newsroom(connection)
            await self._refuse_elsewhere(connection)
            if await changes.stamp(connection) != self.live.edition.stamp:
                return JUST_CHANGED
            if await changes.read(connection, change.id, lock=True) != change:
                raise Overtaken("Somebody else has changed this meanwhile.")
            for entry, _ in caught.values():
                await changes.put_entry(connection, change.id, entry)
            values = {"version": change.version + 1, "changed": now, "state": "draft" if is_returned else change.state}
            merged = await changes.update(connection, change, **values)
            if merged is not None and change.state == "review":
                if is_returned:
                    reason = f"A deploy has changed the same: {', '.join(conflicts[:5])}"
                    await changes.note(connection, merged, "overtaken", None, now, reason=reason)
                await self.show(connection, merged)
        self.on_news()
        if is_returned:
            return "What is in force has changed meanwhile in the same part, so this is a draft again."
        if conflicts:
            return "Somebody else has changed the same text. Choose which one stays."
        return "What is in force has changed meanwhile, and was merged with this. Look at it once more."

    async def _refuse_elsewhere(self, connection: AsyncConnection) -> None:
        """Nobody asks or approves in a process with the files of another dossier."""
        if await Newsroom(self.store).refusal(self.live.own, connection):
            raise DeskError("This database belongs to another dossier: nothing is published, corrected or withdrawn.")

    async def _refuse_outdated(self, connection: AsyncConnection, entries: Mapping[Key, ChangedEntry]) -> None:
        """What was checked was checked beside what is in force. A withdrawal waits for nothing."""
        if only_withdraws(entries):
            return
        if await self.store.changes.stamp(connection) != self.live.edition.stamp:
            raise DeskError(JUST_CHANGED)

    async def _refuse_needed(
        self, connection: AsyncConnection, change: Change, entries: Mapping[Key, ChangedEntry]
    ) -> None:
        """A change does not remove what another one needs that waits for approval or for its time: that could not come into force."""
        for other, waiting in await self._waiting(connection, change.id):
            for words, found in ((NEEDED, needed(entries, waiting)), (REMOVED_BY, needed(waiting, entries))):
                if found:
                    what = ", ".join(filter(None, (str(other.id), other.title)))
                    raise DeskError(words, key=", ".join(found), what=what)

    async def needed_by(self, change: Change, entries: Mapping[Key, ChangedEntry]) -> dict[Key, list[Change]]:
        """The changes that wait for approval or for their time and refer to an entry of this one."""
        found = dict[Key, list[Change]]()
        removed = {key: replace(each, content=None) for key, each in entries.items()}
        async with self.store.database.read() as connection:
            for other, waiting in await self._waiting(connection, change.id):
                for key in needed(removed, waiting):
                    found.setdefault(key, []).append(other)
        return found

    async def _waiting(
        self, connection: AsyncConnection, but: ChangeId
    ) -> list[tuple[Change, dict[Key, ChangedEntry]]]:
        changes = self.store.changes
        others = [each for each in await changes.all(connection, WAITING, MAX_LISTED) if each.id != but]
        return [(each, await changes.entries(connection, each.id)) for each in others]

    def _why_not(self, change: Change, action: Action, person: Person) -> str:
        if action == "approve" and change.state == "review" and person.account in change.savers:
            return "Another editor must approve this."
        if change.state == "in_force":
            return "It is in force already. It can be corrected or withdrawn."
        return "That is not possible any more, or not yet."

    # ---- Messages in the editors' chat

    async def watch(self, sleep: Sleep = asyncio.sleep) -> None:
        """Keeps the messages in the editors' chat up to date with what is being sent, until cancelled."""
        if self.editors_chat.setting is not None:
            await self.store.database.repeat(self._watch, WATCH_SECONDS, sleep=sleep)

    async def _watch(self) -> None:
        await self.show_progress()
        await self.remind()

    async def remind(self) -> None:
        """Writes to the editors' chat, once for each request, that a change has waited for approval longer than an hour.

        The message itself is the note that it was sent: whoever looks next, another process too, finds it in the ledger.
        """
        async with self.store.database.read() as connection:
            now = await self.store.database.moment(connection)
            waiting = await self.store.changes.all(connection, IN_REVIEW, MAX_LISTED)
            late = [each for each in waiting if await self._late_request(connection, each, now) is not None]
        for change in late:
            async with self.store.database.write() as connection:
                await self.store.bulletins.lock_newsroom(connection)
                current = await self.store.changes.read(connection, change.id, lock=True)
                asked = await self._late_request(connection, current, now) if current is not None else None
                reader = await self.editors_chat.reader(connection)
                if asked is None or current is None or reader is None:
                    continue
                await self._post_reminder(connection, current, asked, asked, reader.id)
            self.on_news()

    async def _post_reminder(
        self, connection: AsyncConnection, change: Change, asked: AnyRow, last: AnyRow, reader_id: int
    ) -> bool:
        """Sends or edits the reminder of a request: that it waits, or what the ``last`` decision made of the change."""
        dossier, link = self.live.complete, f"{self.address}/{change.id}" if self.address else None
        texts = {code: reminder(change, last, dossier, code, link) for code in dossier.languages}
        default, name = dossier.header.default_language, _reminder_name(asked)
        return await post(self.store, connection, name, texts, origin=REVIEW, language=default, reader_id=reader_id)

    async def _late_request(self, connection: AsyncConnection, change: Change, now: float) -> AnyRow | None:
        """The request for approval of which editors are to be reminded; None: it is not, not yet, or was already."""
        decisions = await self.store.changes.decisions(connection, change.id) if change.state == "review" else ()
        asked = _last_request(decisions)
        if asked is None or asked.decided > now - REMIND_SECONDS:
            return None
        is_sent = await self.store.bulletins.get(connection, _reminder_name(asked)) is not None
        return None if is_sent else asked

    async def show_progress(self) -> None:
        """Edits the messages about what came into force lately, where the ledger says something new."""
        await self.editors_chat.refresh()
        async with self.store.database.read() as connection:
            now = await self.store.database.moment(connection)
            lately = await self.store.changes.all(connection, IN_FORCE, MAX_LISTED)
            changed = [
                change
                for change in lately
                if change.changed > now - WATCHED_SECONDS
                and (found := await self._message(connection, change)) is not None
                and await self.store.bulletins.get(connection, found[0]) is not None  # else an earlier release sent it
                and not await has_texts(self.store, connection, *found)
            ]
        shown = False
        for change in changed:
            async with self.store.database.write() as connection:
                await self.store.bulletins.lock_newsroom(connection)
                shown |= await self.show(connection, change)
        if shown:
            self.on_news()

    async def show(self, connection: AsyncConnection, change: Change) -> bool:
        """Sends or edits the message about a change, and edits its reminder; False if they say the same already."""
        found, reader = await self._message(connection, change), await self.editors_chat.reader(connection)
        if found is None or reader is None:
            return False
        language = self.live.complete.header.default_language
        shown = await post(self.store, connection, *found, origin=REVIEW, language=language, reader_id=reader.id)
        decisions = await self.store.changes.decisions(connection, change.id)
        asked = _last_request(decisions)
        if asked is None or change.state == "review":
            return shown
        if await self.store.bulletins.get(connection, _reminder_name(asked)) is None:
            return shown
        return await self._post_reminder(connection, change, asked, decisions[0], reader.id) or shown

    async def _message(
        self, connection: AsyncConnection, change: Change
    ) -> tuple[str, dict[Language, BulletinText]] | None:
        """The name and text of the message about a change; None: nobody decided. Each request for approval has one of its own."""
        decisions = await self.store.changes.decisions(connection, change.id)
        if not decisions:
            return None
        entries = await self.store.changes.entries(connection, change.id)
        asked = next((each.version for each in decisions if each.action in ("ask", "approve")), change.version)
        done = (await self.store.deliveries.progress(connection, _told_by(change, entries))).values()
        # the bulletins of which a change edits messages, as far as its entries say
        corrected = [key for key, each in entries.items() if each.base is not None and not figures_kept(each)]
        said = {key: answer_of(each) for key, each in entries.items()}
        wrong = [key for key, answer in said.items() if answer is not None and answer.said == "was_wrong"]
        for key in wrong:
            facts = with_computed(self.live.complete, FactId(key.partition("/")[2]))
            corrected += [each for each in self.live.contents if prints(self.live.contents[each], facts)]
        told = await self.store.deliveries.progress(connection, bulletins_in(dict.fromkeys(corrected)))
        chats = sum(each.counts.get("delivered", 0) + each.counts.get("crosspost", 0) for each in told.values())
        link, dossier = f"{self.address}/{change.id}" if self.address else None, self.live.complete
        texts = {
            code: message(change, entries, done, dossier, code, decisions[0], link, self.live.contents, chats)
            for code in dossier.languages
        }
        return f"{REVIEW}-change-{change.id}-{asked}", texts

    # ---- Figures that were right then

    async def figures(
        self, change: Change, entries: Mapping[Key, ChangedEntry], contents: Contents | None = None
    ) -> list[Figure]:
        """The facts of a change of which somebody must say, or has said, whether they were wrong or have changed.

        ``contents``: what the form has; None: what is stored.
        """
        typed = {key: replace(each, content=(contents or {}).get(key, each.content)) for key, each in entries.items()}
        if not any(key.startswith("facts/") for key in typed):
            return []
        async with self.store.database.read() as connection:
            now = await self.store.database.moment(connection)
            read = await self.read_bulletins(connection, typed)
        return await asyncio.to_thread(self._figures, typed, self.day(change, now), read)

    async def read_bulletins(self, connection: AsyncConnection, entries: Collection[Key]) -> frozenset[Key]:
        """The bulletins in force that readers have and that may print a fact of these entries."""
        if not any(key.startswith("facts/") for key in entries):
            return frozenset()
        names = [each.removeprefix("bulletins/") for each in filter(self._prints, self.live.contents)]
        return frozenset(Key(f"bulletins/{each}") for each in await self.store.bulletins.seen(connection, names))

    def _prints(self, key: Key) -> bool:
        values = fields(self.live.contents[key]).values() if key.startswith("bulletins/") else ()
        return any(PLACEHOLDER.search(str(each)) for each in values)

    def _figures(self, entries: Mapping[Key, ChangedEntry], day: date, read: Collection[Key]) -> list[Figure]:
        """Beside the dossier with the change as far as it is valid, without bulletins."""
        contents = {key: each.content for key, each in entries.items() if not key.startswith("bulletins/")}
        _, loading = problems(self.live.loading, contents, day, alone=True)
        after = loading.dossier or loading.valid_part or self.live.complete
        return figures(self.live.complete, after, self.live.contents, entries, read)

    async def answer(self, change_id: ChangeId, person: Person, key: Key, answer: Said) -> Change:
        """Notes in a draft what somebody says of an altered figure.

        It was wrong: sent bulletins that print it are corrected with it. It has changed: they are entries of the change, which keep it as
        it was; where it was wrong after all they keep it no more. What an editor typed stays.
        Either holds for this alteration alone.
        """
        seen, entries = await self._seen(change_id)
        figure = next((each for each in await self.figures(seen, entries) if each.key == key), None)
        if figure is None:
            raise DeskError("There is no such entry.")
        written = self._keeping(entries, figure, answer)
        self._refuse_size(entry_contents({**entries, **written}))
        async with self.store.database.write() as connection:
            change = await self._writable(connection, change_id, person)
            if change != seen:
                raise Overtaken("Somebody else has changed this meanwhile.")
            for entry in written.values():
                if entry.content == entry.base:
                    await self.store.changes.drop_entry(connection, change_id, entry.key)
                else:
                    await self.store.changes.put_entry(connection, change_id, entry)
            saved = await self._saved(connection, change, person)
            altered = alteration(entries[key])
            said = Answer(answer, altered, person.name, saved.changed)
            await self.store.changes.put_entry(connection, change_id, replace(entries[key], answer=said))
            await self.store.changes.note(connection, saved, answer, person, saved.changed, reason=altered)
        return saved

    async def still_kept(self, change: Change, entries: Mapping[Key, ChangedEntry]) -> dict[Key, ChangedEntry]:
        """The bulletins that were sent since it was said that a figure they print has changed, which then keep it as it was.

        What was approved stays as it is.

        Raises:
            DeskError: of a figure that bulletins print by now, nobody was asked; or an approved one would have to be written anew.
        """
        altered = [each for each in await self.figures(change, entries) if each.is_open]
        found = dict[Key, ChangedEntry]()
        if any(each.answer is None or not entries.keys().isdisjoint(each.printing) for each in altered):
            raise DeskError(UNANSWERED, FIGURES)
        for figure in altered:
            found |= self._keeping({**entries, **found}, replace(figure, kept=()), "has_changed")
        return found

    def _keeping(self, entries: Mapping[Key, ChangedEntry], figure: Figure, answer: Said) -> dict[Key, ChangedEntry]:
        """The bulletins that print a figure, as entries that keep it as it was, or do not any more."""
        live, found = self.live, dict[Key, ChangedEntry]()
        for key in (*figure.printing, *figure.kept):
            entry = entries.get(key) or self._entry(key, live.contents[key])
            content, own = entry.content or {}, figures_of(entry.content)
            if answer == "has_changed":
                own = {**own, **as_they_were(live.complete, live.contents, content, figure.facts)}
            else:
                own = {name: own[name] for name in own if name not in figure.facts or name in figures_of(entry.base)}
            if key in entries or answer == "has_changed":
                found[key] = replace(entry, content=with_figures(content, own))
        return found

    # ---- Parts

    def _entry(self, key: Key, content: Content | None) -> ChangedEntry:
        return ChangedEntry(key, self.live.contents.get(key), content, {})

    async def _writable(self, connection: AsyncConnection, change_id: ChangeId, person: Person) -> Change:
        change = await self.store.changes.read(connection, change_id, lock=True)
        if change is None:
            raise DeskError("There is no such change.")
        now = await self.store.database.moment(connection)
        if next_step(change, "save", person.account, self.rules, now) is None:
            raise DeskError("It cannot be changed any more, or not now: somebody has asked for its approval.")
        return change

    @asynccontextmanager
    async def _draft(
        self, change_id: ChangeId, person: Person, *, is_locked: bool = False
    ) -> AsyncIterator[tuple[AsyncConnection, Change, dict[Key, ChangedEntry]]]:
        """A transaction, and a change in it that this person may write, with its entries.

        ``is_locked``: nothing else comes into force meanwhile, and no other entry gets a key.
        """
        async with self.store.database.write() as connection:
            if is_locked:
                await self.store.bulletins.lock_newsroom(connection)
            change = await self._writable(connection, change_id, person)
            yield connection, change, await self.store.changes.entries(connection, change_id)

    async def _saved(self, connection: AsyncConnection, change: Change, person: Person, **columns: Any) -> Change:
        now = await self.store.database.moment(connection)
        decisions = await self.store.changes.decisions(connection, change.id)
        last = [each for each in decisions if each.action not in ("ask", "return")]
        # two have seen what was approved: whoever changes it then, others may approve it. A writer may discard what is his own
        # alone, and one letter does not make it that
        is_approved_text = [each.action for each in last[:2]] in _ENDED and last[0].version == change.version
        starts_anew = is_approved_text and self.rules.decides(person.account)
        savers = {person.account} if starts_anew else {*change.savers, person.account}
        by = {"changed": now, "changed_by": person.account, "savers": sorted(savers)}
        saved = await self.store.changes.update(connection, change, version=change.version + 1, **by, **columns)
        if saved is None:
            raise Overtaken("Somebody else has changed this meanwhile.")
        return saved

    def _refuse_size(self, contents: Contents) -> None:
        if bytes_of(contents.values()) > MAX_BYTES:
            raise DeskError("That is too long: a change holds one megabyte.")


def _refuse_time(planned: float | None, now: float) -> None:
    if planned is not None and planned <= now:
        raise DeskError("This time has passed. Leave the field empty for a minute after its approval.", PLANNED)
    if planned is not None and planned > now + PLAN_YEARS * 366 * 86400.0:
        raise DeskError("This time is more than five years ahead.", PLANNED)


def _lacks_reason(content: Content | None) -> bool:
    mark = (content or {}).get("withdrawn")
    return mark is not None and not (isinstance(mark, dict) and mark.get("because"))


def only_withdraws(entries: Mapping[Key, ChangedEntry]) -> bool:
    """Whether a change sends no text: it does nothing but withdraw bulletins."""
    return all(is_withdrawal(each.base, each.content) for each in entries.values())


def entry_contents(entries: Mapping[Key, ChangedEntry]) -> dict[Key, Content | None]:
    return {key: entry.content for key, entry in entries.items()}


def with_sentences(content: Content | None, sentences: Mapping[Field, Sequence[str]]) -> Content:
    """The content with these sentences in its lists, each once."""
    values = fields(content)
    for field, texts in sentences.items():
        known = values.get(field, [])
        if not isinstance(known, list):
            raise DeskError("There is no such entry.")
        values[field] = [*known, *(text for text in texts if text not in known)]
    return content_of(values)


def caught_up(entry: ChangedEntry, current: Content | None) -> tuple[ChangedEntry, tuple[Unit, ...]]:
    """The entry made from ``current``, what is in force now, and the units that both changed, in which it keeps its own."""
    merged = merge(entry.key, entry.base, entry.content or None, current)
    return replace(entry, base=current, content=merged.content), merged.differing


def named(key: Key, differing: Iterable[Unit]) -> list[str]:
    """The units of an entry as people read them."""
    return [f"{key}: {unit}" if unit else key for unit in differing]
