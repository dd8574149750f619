"""Changes, their entries, versions and decisions; and the content that they have put in force."""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal, NewType

from sqlalchemy import delete, func, insert, select, update

from bot.db.connection import AnyRow, AsyncConnection
from bot.db.contents import StoredContents
from bot.db.engine import Database, upsert
from bot.db.schema import change_decisions, change_entries, change_versions, changes, safeguards
from bot.dossier.entries import Content, Edition, Key, digest
from bot.dossier.models import BulletinId, Language
from bot.dossier.yaml_reader import Value

ChangeId = NewType("ChangeId", int)

State = Literal["draft", "review", "approved", "in_force", "discarded"]

Gathered = Literal["examples", "claims", "deploy"]
"""What a draft gathers, a sentence at each press: questions as examples, or what readers claim; or what waits of a deploy."""

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


NOBODY = Person("", "Nota", Language("en"))
"""Who does what nobody decides."""


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

    @property
    def waits(self) -> str:
        """Of an entry of a deploy: why it waits (:data:`bot.newsroom.deploy.Reason`); "": it is of none."""
        return self.made_from.get(WAITS, "").partition(" ")[0]

    @property
    def said(self) -> Content | None:
        """Of an entry of a deploy: what the files say, whatever is typed into it."""
        said: Content | None = json.loads(self.made_from[WAITS].partition(" ")[2])
        return said


WAITS = "deploy"
"""In :attr:`ChangedEntry.made_from`: why an entry of a deploy waits, and what the files say, as JSON, whatever is typed into it."""


def confirmation_of(waiting: Mapping[Key, ChangedEntry]) -> str:
    """Names the bulletins of a deploy that an owner may take at once, as they wait; "": there are none."""
    many: dict[str, Value] = {key: dict(each.content or {}) for key, each in waiting.items() if each.waits == "many"}
    return digest(many)[:12] if many else ""


@dataclass(frozen=True, slots=True)
class Changes:
    """The changes. Every method runs in the transaction of its connection."""

    database: Database

    async def read(self, connection: AsyncConnection, change: ChangeId, *, lock: bool = False) -> Change | None:
        """A change; None if there is none. ``lock``: no other transaction writes it until this one ends."""
        statement = select(changes).where(changes.c.id == change)
        row = await connection.row(statement.with_for_update() if lock else statement)
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
        row = await connection.row(select(changes).where(wanted).order_by(changes.c.id.desc()).limit(1))
        return _change(row) if row else None

    async def of_deploys(self, connection: AsyncConnection) -> list[tuple[Change, dict[Key, ChangedEntry]]]:
        """The open changes with what waits of deploys, the latest first, and their entries."""
        wanted = (changes.c.gathers == "deploy") & changes.c.state.in_(("draft", "review", "approved"))
        rows = await connection.rows(select(changes).where(wanted).order_by(changes.c.id.desc()))
        return [(change := _change(row), await self.entries(connection, change.id)) for row in rows]

    async def many(self, connection: AsyncConnection) -> tuple[str, tuple[Key, ...]]:
        """The bulletins of a deploy that an owner may take at once, and what names them; "": there are none."""
        for change, waiting in await self.of_deploys(connection):
            if change.state == "draft" and (name := confirmation_of(waiting)):
                return name, tuple(key for key, each in waiting.items() if each.waits == "many")
        return "", ()

    async def put_deploy(
        self, connection: AsyncConnection, title: str, waiting: Iterable[ChangedEntry], now: float
    ) -> bool:
        """Makes what waits of a deploy the draft of deploys, as long as nobody has typed into that. Returns whether it is another one.

        What waits in a change that somebody has taken up is left to that.
        """
        found = await self.of_deploys(connection)
        draft = next((each for each in found if each[0].state == "draft" and not each[0].savers), None)
        others = (entry for each in found if each is not draft for entry in each[1].values())
        taken_up = {(entry.key, entry.made_from.get(WAITS)) for entry in others}
        wanted = {each.key: each for each in waiting if (each.key, each.made_from[WAITS]) not in taken_up}
        if wanted == (draft[1] if draft else {}):
            return False
        if draft is None:
            await self.add(connection, NOBODY, title, wanted.values(), now, savers=[], gathers="deploy")
            return True
        change, before = draft
        for key in before.keys() - wanted.keys():
            await self.drop_entry(connection, change.id, key)
        for entry in wanted.values():
            await self.put_entry(connection, change.id, entry)
        values = {"version": change.version + 1, "changed": now, "changed_by": "", "title": title}
        updated = await self.update(connection, change, state="draft" if wanted else "discarded", **values)
        if updated is not None and not wanted:
            await self.note(connection, updated, "overtaken", None, now)
        return bool(wanted)

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
        await connection.execute(*statement)

    async def drop_entry(self, connection: AsyncConnection, change: ChangeId, key: Key) -> None:
        """Takes an entry out of a change."""
        of_it = (change_entries.c.change_id == change) & (change_entries.c.key == key)
        await connection.execute(delete(change_entries).where(of_it))

    async def update(self, connection: AsyncConnection, change: Change, **values: Any) -> Change | None:
        """Changes columns if state and version are still those of ``change``, so that the first decision counts; else None."""
        still = (changes.c.id == change.id) & (changes.c.state == change.state) & (changes.c.version == change.version)
        statement = update(changes).where(still).values(**values).returning(changes)
        row = await connection.row(statement)
        return _change(row) if row else None

    async def seal(
        self, connection: AsyncConnection, change: Change, contents: Mapping[Key, Content | None], now: float
    ) -> Change:
        """Keeps for good what a version says, and returns the change.

        Where its number is sealed with other contents, as when a change comes into force with what was merged into it or with the day of
        its bulletins, it gets the next one: nothing overwrites what somebody approved. The caller holds the change.
        """
        of_it = (change_versions.c.change_id == change.id) & (change_versions.c.version == change.version)
        sealed = await connection.scalar(select(change_versions.c.contents).where(of_it))
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
        return await connection.rows(statement.order_by(change_versions.c.version.desc()))

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
        return await connection.rows(statement.order_by(change_decisions.c.id.desc()))

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
        return await connection.rows(statement.order_by(change_decisions.c.id))

    async def every_decision(self, connection: AsyncConnection) -> Sequence[AnyRow]:
        """The decisions and comments on all changes, the oldest first, with ``title`` and ``state`` of their change."""
        statement = select(change_decisions, changes.c.title, changes.c.state).join(changes)
        return await connection.rows(statement.order_by(change_decisions.c.id))

    # ---- What is in force

    async def stamp(self, connection: AsyncConnection) -> str:
        """The stamp of the edition; "" if no change ever came into force."""
        return await connection.scalar(select(safeguards.c.stamp)) or ""

    async def edition(self, connection: AsyncConnection) -> Edition:
        """What is in force."""
        row = await connection.row(select(safeguards.c.edition, safeguards.c.stamp))
        entries = await StoredContents(self.database).read(connection)
        return Edition(row.edition, row.stamp or "", entries) if row else Edition(entries=entries)

    async def put_in_force(
        self, connection: AsyncConnection, before: Edition, after: Edition, **columns: object
    ) -> int:
        """Makes the edition ``after`` of the one before it. Returns its number."""
        number = before.number + 1
        await StoredContents(self.database).put(connection, before.entries, after.entries, edition=number, **columns)
        return number

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
