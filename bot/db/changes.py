"""Changes, their entries, versions and decisions; and the content that they have put in force."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from secrets import token_hex
from typing import Any, Literal, NewType

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.db.contents import StoredContents
from bot.db.engine import AnyRow, Database, upsert
from bot.db.schema import change_decisions, change_entries, change_versions, changes, entries, safeguards
from bot.dossier.entries import Content, Edition, Field, Key, Stored, from_json, to_json
from bot.dossier.models import BulletinId, Language

ChangeId = NewType("ChangeId", int)

State = Literal["draft", "review", "approved", "in_force", "discarded"]

Gathered = Literal["examples", "claims"]
"""What a draft gathers, a sentence at each press: questions as examples, or what readers claim."""

Said = Literal["was_wrong", "has_changed"]
"""What an editor says of a figure (:mod:`bot.newsroom.figures`)."""

Action = Literal[
    "save",
    "ask",
    "return",
    "approve",
    "take_back",
    "discard",
    "was_wrong",
    "has_changed",
    "in_force",
    "overtaken",
    "comment",
]
"""A ``comment`` decides nothing; its words are the reason. ``was_wrong`` and ``has_changed`` say it of a figure (:mod:`bot.newsroom.figures`). The last two are nobody's decision: its time came,
or another change of the same entry came into force first."""


@dataclass(frozen=True, slots=True)
class Person:
    """An editor: the account, for example telegram:123, and the name that others read."""

    account: str
    name: str
    language: Language


@dataclass(frozen=True, slots=True)
class Change:
    """A titled set of entries with new content. Moments are seconds since 1970.

    Attributes:
        version: raised by each save. What is decided is decided on a version.
        changed_by: the account whose save or decision was the last.
        savers: the accounts that saved anything of it; of what was approved once, only those that saved since that approval ended.
        planned: when it is to come into force; None: as soon as it is approved.
        due: when it comes into force; None: it is not approved.
        edition: that it made; None: it never came into force.
        edits: the bulletins that it sent, edited or withdrew as it came into force.
        gathers: what is added to it, sentence by sentence, while it is a draft; None: nothing.
    """

    id: ChangeId
    title: str
    state: State
    version: int
    created: float
    changed: float
    changed_by: str
    savers: frozenset[str]
    planned: float | None
    due: float | None
    edition: int | None
    gathers: Gathered | None = None
    edits: tuple[BulletinId, ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """What an editor said of an altered figure. ``of``: the very alteration (:func:`bot.newsroom.figures.alteration`)."""

    said: Said
    of: str
    name: str
    moment: float


@dataclass(frozen=True, slots=True)
class ChangedEntry:
    """An entry of a change.

    Attributes:
        base: the content in force that it was made from; None: there was none.
        content: None: the change removes the entry.
        made_from: ``from`` and a field → digest of the default language's text that this text was made from; ``without`` and a
            language: the bulletin is sent without it for now.
        answer: of a fact that bulletins print; None: nobody said anything of it.
    """

    key: Key
    base: Content | None
    content: Content | None
    made_from: Mapping[str, str]
    answer: Answer | None = None


@dataclass(frozen=True, slots=True)
class Changes:
    """The changes. Every method runs in the transaction of its connection."""

    database: Database

    async def read(self, connection: AsyncConnection, change: ChangeId, *, lock: bool = False) -> Change | None:
        """A change; None if there is none. ``lock``: no other transaction writes it until this one ends."""
        statement = select(changes).where(changes.c.id == change)
        row = (await connection.execute(statement.with_for_update() if lock else statement)).one_or_none()
        return _change(row) if row else None

    async def all(
        self,
        connection: AsyncConnection,
        states: Collection[State],
        limit: int,
        before: tuple[float, ChangeId] | None = None,
    ) -> Sequence[Change]:
        """Changes in these states, the one that changed last first. ``before``: only those behind that moment and number."""
        statement = select(changes).where(changes.c.state.in_(states))
        if before is not None:
            moment, number = before
            is_same = (changes.c.changed == moment) & (changes.c.id < number)
            statement = statement.where((changes.c.changed < moment) | is_same)
        statement = statement.order_by(changes.c.changed.desc(), changes.c.id.desc()).limit(limit)
        return [_change(row) for row in await connection.execute(statement)]

    async def gathering(self, connection: AsyncConnection, gathers: Gathered) -> Change | None:
        """The draft that gathers these, the latest one; None: there is none."""
        wanted = (changes.c.gathers == gathers) & (changes.c.state == "draft")
        row = (
            await connection.execute(select(changes).where(wanted).order_by(changes.c.id.desc()).limit(1))
        ).one_or_none()
        return _change(row) if row else None

    async def of_entry(self, connection: AsyncConnection, key: Key) -> Sequence[Change]:
        """The changes that have an entry, discarded ones left out, the latest first."""
        statement = (
            select(changes)
            .join(change_entries)
            .where(change_entries.c.key == key, changes.c.state != "discarded")
            .order_by(changes.c.id.desc())
        )
        return [_change(row) for row in await connection.execute(statement)]

    async def entries(self, connection: AsyncConnection, change: ChangeId) -> dict[Key, ChangedEntry]:
        """The entries of a change."""
        statement = select(change_entries).where(change_entries.c.change_id == change).order_by(change_entries.c.key)
        rows = await connection.execute(statement)
        return {Key(row.key): _entry(row) for row in rows}

    async def keys(self, connection: AsyncConnection, kind: str) -> set[str]:
        """The names of all entries of a kind (``sources``) that any change ever had: no name is used again."""
        statement = select(change_entries.c.key).where(change_entries.c.key.startswith(f"{kind}/", autoescape=True))
        return {str(key).partition("/")[2] for key in (await connection.execute(statement)).scalars()}

    async def add(
        self,
        connection: AsyncConnection,
        person: Person,
        title: str,
        contents: Iterable[ChangedEntry],
        now: float,
        **also: Any,
    ) -> Change:
        """A new draft. ``also``: other columns."""
        by = {"changed": now, "changed_by": person.account, "savers": [person.account]}
        values = {"state": "draft", "version": 1, "title": title, "created": now, **by, **also}
        change = _change((await connection.execute(insert(changes).values(values).returning(changes))).one())
        for entry in contents:
            await self.put_entry(connection, change.id, entry)
        return change

    async def put_entry(self, connection: AsyncConnection, change: ChangeId, entry: ChangedEntry) -> None:
        """Stores an entry of a change."""
        values = {
            "base": entry.base,
            "content": entry.content,
            "made_from": dict(entry.made_from),
            "answer": asdict(entry.answer) if entry.answer else None,
        }
        identity = {"change_id": change, "key": entry.key}
        statement = upsert(self.database, change_entries, {**identity, **values}, ["change_id", "key"], values)
        await connection.execute(statement)

    async def drop_entry(self, connection: AsyncConnection, change: ChangeId, key: Key) -> None:
        """Takes an entry out of a change."""
        of_it = (change_entries.c.change_id == change) & (change_entries.c.key == key)
        await connection.execute(delete(change_entries).where(of_it))

    async def update(self, connection: AsyncConnection, change: Change, **values: Any) -> Change | None:
        """Changes columns if state and version are still those of ``change``, so that the first decision counts; else None."""
        still = (changes.c.id == change.id) & (changes.c.state == change.state) & (changes.c.version == change.version)
        statement = update(changes).where(still).values(**values).returning(changes)
        row = (await connection.execute(statement)).one_or_none()
        return _change(row) if row else None

    async def seal(
        self, connection: AsyncConnection, change: Change, contents: Mapping[Key, Content | None], now: float
    ) -> Change:
        """Keeps for good what a version says, and returns the change.

        Where its number is sealed with other contents, as when a change comes into force with what was merged into it or with the day of
        its bulletins, it gets the next one: nothing overwrites what somebody approved. The caller holds the change.
        """
        of_it = (change_versions.c.change_id == change.id) & (change_versions.c.version == change.version)
        sealed = (await connection.execute(select(change_versions.c.contents).where(of_it))).scalar_one_or_none()
        if sealed == contents:
            return change
        if sealed is not None:
            change = await self.update(connection, change, version=change.version + 1) or change
        values = {"change_id": change.id, "version": change.version, "title": change.title, "contents": contents}
        await connection.execute(insert(change_versions).values(**values, kept=now))
        return change

    async def versions(self, connection: AsyncConnection, change: ChangeId) -> Sequence[AnyRow]:
        """The sealed versions, the latest first, with ``version``, ``title``, ``contents`` and ``kept``."""
        statement = select(change_versions).where(change_versions.c.change_id == change)
        return (await connection.execute(statement.order_by(change_versions.c.version.desc()))).all()

    async def note(
        self,
        connection: AsyncConnection,
        change: Change,
        action: Action,
        person: Person | None,
        now: float,
        *,
        override: bool = False,
        reason: str | None = None,
    ) -> None:
        """Records a decision; ``person`` None: nobody's."""
        values = {
            "change_id": change.id,
            "version": change.version,
            "action": action,
            "decided": now,
            "decided_by": person.account if person else "",
            "name": person.name if person else "Nota",
            "override": override,
            "reason": reason,
        }
        await connection.execute(insert(change_decisions).values(values))

    async def decisions(self, connection: AsyncConnection, change: ChangeId) -> Sequence[AnyRow]:
        """The decisions on a change, the latest first, without comments."""
        is_decision = (change_decisions.c.change_id == change) & (change_decisions.c.action != "comment")
        statement = select(change_decisions).where(is_decision)
        return (await connection.execute(statement.order_by(change_decisions.c.id.desc()))).all()

    async def last_decisions(self, connection: AsyncConnection, of: Collection[ChangeId]) -> dict[ChangeId, AnyRow]:
        """The last decision on each of these changes that has one, without comments."""
        is_decision = change_decisions.c.change_id.in_(of) & (change_decisions.c.action != "comment")
        latest = select(func.max(change_decisions.c.id)).where(is_decision).group_by(change_decisions.c.change_id)
        rows = await connection.execute(select(change_decisions).where(change_decisions.c.id.in_(latest)))
        return {ChangeId(row.change_id): row for row in rows}

    async def comments(self, connection: AsyncConnection, change: ChangeId) -> Sequence[AnyRow]:
        """The comments on a change, the latest last."""
        is_comment = (change_decisions.c.change_id == change) & (change_decisions.c.action == "comment")
        statement = select(change_decisions).where(is_comment)
        return (await connection.execute(statement.order_by(change_decisions.c.id))).all()

    async def every_decision(self, connection: AsyncConnection) -> Sequence[AnyRow]:
        """The decisions and comments on all changes, the oldest first, with ``title`` and ``state`` of their change."""
        statement = select(change_decisions, changes.c.title, changes.c.state).join(changes)
        return (await connection.execute(statement.order_by(change_decisions.c.id))).all()

    # ---- What is in force

    async def stamp(self, connection: AsyncConnection) -> str:
        """The stamp of the edition; "" if no change ever came into force."""
        return (await connection.execute(select(safeguards.c.stamp))).scalar_one_or_none() or ""

    async def edition(self, connection: AsyncConnection) -> Edition:
        """What is in force."""
        row = (await connection.execute(select(safeguards.c.edition, safeguards.c.stamp))).one_or_none()
        rows = await connection.execute(select(entries).order_by(entries.c.edition, entries.c.key))
        stored = tuple(Stored(Key(each.key), from_json(each.touches), each.is_new) for each in rows)
        kept = StoredContents(self.database)
        every = await kept.read(connection) if await kept.tree(connection) else {}
        return Edition(row.edition, row.stamp or "", stored, every) if row else Edition(stored=stored)

    async def put_in_force(
        self, connection: AsyncConnection, change: ChangeId, before: Edition, stored: Iterable[Stored]
    ) -> int:
        """Makes the edition after ``before`` of what a change does to entries. Returns its number."""
        number = before.number + 1
        for each in stored:
            touched = {"touches": to_json(each.touches), "is_new": each.is_new, "change_id": change, "edition": number}
            await connection.execute(upsert(self.database, entries, {"key": each.key, **touched}, ["key"], touched))
        values = {"edition": number, "stamp": token_hex(8)}
        await connection.execute(upsert(self.database, safeguards, {"id": 1, **values}, ["id"], values))
        return number

    async def settle(self, connection: AsyncConnection, settled: Mapping[Key, Collection[Field]]) -> None:
        """Records that the files have these fields as changes made them: from then on they have the last word about it."""
        found = select(entries.c.key, entries.c.touches).where(entries.c.key.in_(list(settled)))
        for key, rows in (await connection.execute(found)).all():
            touched = from_json(rows)
            new = {each for each in settled[Key(key)] if each in touched and not touched[each].is_settled}
            if new:
                touched |= {each: replace(touched[each], is_settled=True) for each in new}
                statement = update(entries).where(entries.c.key == key)
                await connection.execute(statement.values(touches=to_json(touched)))

    async def due_keys(self, connection: AsyncConnection, now: float) -> frozenset[str]:
        """The keys of approved changes whose time has come."""
        statement = select(change_entries.c.key).join(changes)
        statement = statement.where(changes.c.state == "approved", changes.c.due <= now)
        return frozenset((await connection.execute(statement)).scalars())

    async def due(self, connection: AsyncConnection) -> Sequence[Change]:
        """The approved changes, the first to come into force first."""
        statement = select(changes).where(changes.c.state == "approved").order_by(changes.c.due, changes.c.id)
        return [_change(row) for row in await connection.execute(statement)]


def _entry(row: AnyRow) -> ChangedEntry:
    answer = Answer(**row.answer) if row.answer else None
    return ChangedEntry(Key(row.key), row.base, row.content, row.made_from, answer)


def _change(row: AnyRow) -> Change:
    values = {name: getattr(row, name) for name in Change.__slots__}
    return Change(**{**values, "savers": frozenset(row.savers), "edits": tuple(row.edits or ())})
