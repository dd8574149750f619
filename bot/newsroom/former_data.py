"""Drafts and published stories of 0.5.0 and earlier releases become changes and entries.

The newsroom calls it while there is anything to move: after an upgrade, after the import of an older backup, and again when an older
release that still runs has written something. What was sent comes into force as it was sent. What was to be sent is approved for its time.
Everything else is a draft. Nothing is deleted: moved drafts and stories stay where they were, so that the older release finds nothing
that it could correct or withdraw.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import structlog
from sqlalchemy import delete, func, insert, or_, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.db.changes import Action, ChangedEntry, ChangeId, State
from bot.db.engine import AnyRow, count_on
from bot.db.feeds import candidate_of
from bot.db.migrations.former_tables import UNMOVED, draft_decisions, draft_versions, drafts
from bot.db.schema import (
    BULLETIN_WITHDRAWN,
    DESK,
    FORMER_STORIES,
    GONE,
    MOVED,
    WIRE,
    bulletin_texts,
    change_decisions,
    change_versions,
    changes,
    feed_candidates,
)
from bot.db.store import Store
from bot.dossier.entries import Content, Edition, Key, Stored, changed, in_force, without_empties
from bot.dossier.markdown import CITATION
from bot.dossier.models import Dossier
from bot.newsroom.change_content import NEW, free_name, title_of
from bot.newsroom.story_content import contents_of, day_of
from bot.replies.formatting import day as written_day
from bot.replies.i18n import phrases_in

log = structlog.get_logger("bot.newsroom")

_ACTIONS: Mapping[str, Action] = {
    "submit": "ask",
    "return": "return",
    "approve": "approve",
    "send": "in_force",
    "take_back": "take_back",
    "discard": "discard",
    "delete": "discard",
    "withdraw": "ask",
    "files": "in_force",
}
"""A decision of an earlier release → what it is called now."""

_Contents = dict[Key, Content | None]

AT_ONCE = 200
"""Drafts or stories that are moved in one transaction, which takes a second or two: so long nobody else writes."""


async def waits(connection: AsyncConnection) -> bool:
    """Whether there is anything to move."""
    found = select(
        or_(select(drafts.c.id).where(UNMOVED).exists(), select(feed_candidates.c.id).where(FORMER_STORIES).exists())
    )
    return bool((await connection.execute(found)).scalar_one())


async def move(
    store: Store, connection: AsyncConnection, dossier: Dossier, files: Mapping[Key, Content], now: float
) -> None:
    """Moves some of what waits, drafts first, in a transaction that holds the newsroom's lock.

    Args:
        store: the store.
        connection: the transaction.
        dossier: the files in force.
        files: their entries.
        now: the database's moment.
    """
    if not store.database.is_sqlite:  # numbers are given here that the sequence does not know
        await connection.execute(text("LOCK TABLE changes IN EXCLUSIVE MODE"))
    edition = await store.changes.edition(connection)
    names = await store.changes.keys(connection, "sources")
    work = _Move(store, connection, dossier, files, now, edition.number, {each.key: each for each in edition.stored})
    work.sources = {**dict.fromkeys(names), **work.sources_in_force()}
    found = (await connection.execute(select(drafts).where(UNMOVED).order_by(drafts.c.id).limit(AT_ONCE))).all()
    for row in found:
        await work.draft(row)
    stories = (
        await connection.execute(
            select(feed_candidates).where(FORMER_STORIES).order_by(feed_candidates.c.id).limit(AT_ONCE - len(found))
        )
    ).all()
    for row in stories:
        await work.story(row)
    await count_on(store.database, connection, [changes])
    log.info("what an earlier release stored was moved", drafts=len(found), stories=len(stories))


@dataclass(slots=True)
class _Move:
    """One move.

    Attributes:
        number: of the latest edition.
        stored: the entries of which changes are in force.
        sources: the names of sources that were ever used, with the content that each has; None: unknown, or none any more.
    """

    store: Store
    connection: AsyncConnection
    dossier: Dossier
    files: Mapping[Key, Content]
    now: float
    number: int
    stored: dict[Key, Stored]
    sources: dict[str, Content | None] = field(default_factory=dict)

    def sources_in_force(self) -> dict[str, Content | None]:
        """The sources of the files and of changes."""
        contents: dict[Key, Content | None] = dict(self.files)
        contents |= {key: in_force(each, self.files.get(key)).content for key, each in self.stored.items()}
        return {key.partition("/")[2]: content for key, content in contents.items() if key.startswith("sources/")}

    # ---- Drafts

    async def draft(self, row: AnyRow) -> None:
        """A draft: one change, or two if a correction or a withdrawal of what was sent was under way."""
        versions = await self._rows(draft_versions, row.id, draft_versions.c.version)
        decisions = await self._rows(draft_decisions, row.id, draft_decisions.c.id)
        ledger = await self.store.bulletins.get(self.connection, row.bulletin_id) if row.bulletin_id else None
        known = {version.version: version for version in versions}
        sent = known.get(row.sent_version or 0) or (known.get(row.version) if row.state == "withdrawn" else None)
        key = Key(f"bulletins/{row.bulletin_id}") if row.bulletin_id else Key(f"{NEW}1")
        if sent is None or (ledger is None and row.state != "withdrawn"):
            if ledger is not None:
                key = Key(f"{NEW}1")  # the ledger has this id, so it is not used again
            state: State = "discarded" if row.state == "deleted" else "draft"
            number = await self._free_number(row.id)
            await self._draft_change(number, row, state, key, None, versions, decisions)
        else:
            number = await self._sent(row, key, ledger, sent, versions, decisions)
        neutral = {"state": "deleted", "bulletin_id": None, "sent_version": None, "change_id": number}
        await self.connection.execute(update(drafts).where(drafts.c.id == row.id).values(neutral))

    async def _sent(
        self,
        row: AnyRow,
        key: Key,
        ledger: AnyRow | None,
        sent: AnyRow,
        versions: Sequence[AnyRow],
        decisions: Sequence[AnyRow],
    ) -> ChangeId:
        names = self._source_names(sent.content)
        contents = _contents(sent.content, key, names)
        contents[key] = {"date": row.day or row.bulletin_id[:10], **(contents[key] or {})}
        is_withdrawn = row.state == "withdrawn" or (ledger is not None and ledger.state == BULLETIN_WITHDRAWN)
        was_in_force = dict(contents)
        if is_withdrawn:
            contents[key] = self._withdrawn(contents[key], row.reason, row.changed)
        number = await self._free_number(row.id)
        is_scheduled = ledger is not None and ledger.state == "scheduled" and ledger.published is None
        by = {
            "title": title_of(sent.content, self.dossier.header.default_language),
            "version": sent.version,
            "created": row.created,
            "changed_by": row.changed_by,
            "savers": [],
        }
        if is_scheduled:
            due = row.send_at or ledger.not_before  # type: ignore[union-attr]
            await self._add(number, contents, state="approved", due=due, planned=due, changed=row.changed, **by)
            await self.store.bulletins.change(self.connection, row.bulletin_id, state=BULLETIN_WITHDRAWN, origin=DESK)
            await self.store.fan_out.drop(self.connection, row.bulletin_id, GONE)
        else:
            await self._add(number, contents, state="in_force", changed=row.changed, **by)
            await self._put_in_force(number, key, contents, ledger)
        is_pending = row.state not in ("sent", "withdrawn") and not is_withdrawn
        earlier = [each for each in versions if each.version <= sent.version or not is_pending]
        await self._versions(number, earlier, key, names, row.title)
        of_earlier = [each for each in decisions if each.version <= sent.version or not is_pending]
        asked = [each for each in of_earlier if each.action == "withdraw"][-1:] if row.state == "withdrawal" else []
        await self._decisions(number, [each for each in of_earlier if each not in asked])
        if not is_pending:
            return number
        pending = await self._free_number(None)
        if row.state == "withdrawal":
            base = was_in_force[key]
            entry = ChangedEntry(key, base, self._withdrawn(base, row.reason, row.changed), {})
            await self._add(
                pending,
                {},
                state="draft",
                changed=row.changed,
                **{**by, "version": 1, "created": row.changed, "savers": [row.changed_by]},
            )
            await self.store.changes.put_entry(self.connection, pending, entry)
            await self._decisions(pending, asked, version=1)
        else:
            later = [each for each in versions if each.version > sent.version]
            of_later = [each for each in decisions if each.version > sent.version]
            await self._draft_change(pending, row, "draft", key, was_in_force, later or versions[-1:], of_later)
        return number

    async def _draft_change(
        self,
        number: ChangeId,
        row: AnyRow,
        state: State,
        key: Key,
        base: _Contents | None,
        versions: Sequence[AnyRow],
        decisions: Sequence[AnyRow],
    ) -> None:
        """A draft that was not sent. ``base``: what was sent of it before; None: nothing was."""
        latest = versions[-1].content if versions else {}
        names = self._source_names(latest)
        contents = _contents(latest, key, names)
        if not key.startswith(NEW):
            contents[key] = {"date": key.removeprefix("bulletins/")[:10], **(contents[key] or {})}
        savers = {each.saved_by for each in versions if each.saved > (row.approved or 0.0)} | {row.changed_by}
        planned = _moment(latest)
        await self._add(
            number,
            contents,
            base or {},
            title=row.title,
            state=state,
            version=row.version,
            created=row.created,
            changed=row.changed,
            changed_by=row.changed_by,
            savers=sorted(savers),
            planned=planned if planned is not None and planned > self.now else None,
        )
        await self._versions(number, versions, key, names, row.title)
        await self._decisions(number, decisions)

    def _source_names(self, content: Mapping[str, Any]) -> dict[str, str]:
        """The new sources of a draft, each with the name that it gets: its own, unless another source has that."""
        found = {}
        for name, source in _new_sources(content).items():
            own = name
            if name in self.sources and self.sources[name] != source:
                own = free_name(name, self.sources)
            found[name] = own
            self.sources[own] = source
        return found

    # ---- Stories

    async def story(self, row: AnyRow) -> None:
        """A story of a feed that was published, and may have been withdrawn."""
        candidate = candidate_of(row)
        name = row.bulletin_id or f"{day_of(candidate)}-wire-{row.id}"
        key = Key(f"bulletins/{name}")
        ledger = await self.store.bulletins.get(self.connection, name)
        made = contents_of(candidate, self.dossier, self.sources)
        contents: _Contents = {each: content for each, content in made.items() if each != f"{NEW}1"}
        contents[key] = {"date": day_of(candidate).isoformat(), **(made[Key(f"{NEW}1")] or {})}
        if key in self.files:
            contents = {key: contents[key]}
        self.sources |= {each.partition("/")[2]: content for each, content in contents.items() if each != key}
        decided = row.decided or row.found
        is_withdrawn = row.state == "withdrawn" or (ledger is not None and ledger.state == BULLETIN_WITHDRAWN)
        if is_withdrawn:
            contents[key] = self._withdrawn(contents[key], None, decided)
        number = await self._free_number(None)
        is_in_force = ledger is not None or is_withdrawn
        by = {"title": row.title, "version": 1, "created": row.found, "changed": decided, "savers": []}
        state: State = "in_force" if is_in_force else "draft"
        await self._add(number, contents, state=state, changed_by=row.decided_by or "", **by)
        if is_in_force:
            await self._put_in_force(number, key, contents, ledger)
            await self._forget_frames(ledger, contents[key])
            kept = {"change_id": number, "version": 1, "title": row.title, "contents": contents, "kept": decided}
            await self.connection.execute(insert(change_versions).values(kept))
            said = {"change_id": number, "version": 1, "action": "approve", "decided": decided, "override": False}
            said |= {"decided_by": "", "name": row.decided_by or "Nota", "reason": None}
            await self.connection.execute(insert(change_decisions).values(said))
        taken = update(feed_candidates).where(feed_candidates.c.id == row.id)
        await self.connection.execute(taken.values(change_id=number, bulletin_id=name))

    async def _forget_frames(self, ledger: AnyRow | None, content: Content | None) -> None:
        """Earlier releases stored a story in every language, with its words in its own. Whoever gets it from now on gets it in that one."""
        titles = (content or {}).get("title")
        if ledger is None or not isinstance(titles, dict) or ledger.origin != WIRE:
            return
        of_it = (bulletin_texts.c.bulletin_id == ledger.id) & (bulletin_texts.c.revision == ledger.revision)
        await self.connection.execute(
            delete(bulletin_texts).where(of_it, bulletin_texts.c.language.not_in(list(titles)))
        )
        await self.store.bulletins.change(self.connection, ledger.id, language=next(iter(titles)))

    # ---- Both

    async def _put_in_force(self, number: ChangeId, key: Key, contents: _Contents, ledger: AnyRow | None) -> None:
        """Puts in force what no file has. A bulletin that has become a file is changed there alone, also if that is missing."""
        if key in self.files or (ledger is not None and ledger.origin not in (DESK, WIRE)):
            return
        stored = [
            changed(self.stored.get(each), each, None, content)
            for each, content in contents.items()
            if each not in self.files
        ]
        before = Edition(self.number, "", ())
        self.number = await self.store.changes.put_in_force(self.connection, number, before, stored)
        self.stored |= {each.key: each for each in stored}
        in_edition = update(changes).where(changes.c.id == number).values(edition=self.number)
        await self.connection.execute(in_edition)
        if ledger is not None:
            origin = DESK if ledger.state == BULLETIN_WITHDRAWN else MOVED
            await self.store.bulletins.change(self.connection, ledger.id, origin=origin)

    async def _free_number(self, wanted: int | None) -> ChangeId:
        """The draft's own number, which links have; else one behind all."""
        taken = select(changes.c.id).where(changes.c.id == wanted)
        if wanted is not None and (await self.connection.execute(taken)).first() is None:
            return ChangeId(wanted)
        highest = select(func.max(changes.c.id)).scalar_subquery(), select(func.max(drafts.c.id)).scalar_subquery()
        row = (await self.connection.execute(select(*highest))).one()
        return ChangeId(max(row[0] or 0, row[1] or 0) + 1)

    async def _add(
        self,
        number: ChangeId,
        contents: _Contents,
        base: Mapping[Key, Content | None] | None = None,
        **columns: Any,
    ) -> None:
        await self.connection.execute(insert(changes).values(id=number, **columns))
        for key, content in contents.items():
            entry = ChangedEntry(key, (base or {}).get(key), content, {})
            await self.store.changes.put_entry(self.connection, number, entry)

    async def _rows(self, table: Any, draft: int, order: Any) -> Sequence[AnyRow]:
        return (await self.connection.execute(select(table).where(table.c.draft_id == draft).order_by(order))).all()

    async def _versions(
        self, number: ChangeId, versions: Iterable[AnyRow], key: Key, names: Mapping[str, str], title: str
    ) -> None:
        for each in versions:
            values = {"change_id": number, "version": each.version, "title": title, "kept": each.saved}
            contents = _contents(each.content, key, names)
            await self.connection.execute(insert(change_versions).values(**values, contents=contents))

    async def _decisions(self, number: ChangeId, decisions: Iterable[AnyRow], version: int | None = None) -> None:
        for each in decisions:
            values = {name: getattr(each, name) for name in ("decided", "decided_by", "name", "override", "reason")}
            values |= {"version": version or each.version, "action": _ACTIONS.get(each.action, "save")}
            await self.connection.execute(insert(change_decisions).values(change_id=number, **values))

    def _withdrawn(self, content: Content | None, reason: str | None, moment: float) -> Content:
        """The content, withdrawn, with the reason in the default language."""
        language, on = self.dossier.header.default_language, datetime.fromtimestamp(moment, UTC).date()
        because = reason or phrases_in(language).say("Withdrawn on {day}.", day=written_day(on, language))
        return {**(content or {}), "withdrawn": {"date": on.isoformat(), "because": {language: because}}}


def _new_sources(content: Mapping[str, Any]) -> dict[str, Content]:
    entries: Mapping[str, Mapping[str, Any]] = content.get("new_sources") or {}
    return {name: without_empties(dict(source)) for name, source in entries.items() if source}


def _contents(content: Mapping[str, Any], key: Key, names: Mapping[str, str]) -> _Contents:
    """The entries that a draft's content makes: the bulletin without a date, and its new sources by their names."""
    named = [names.get(each, each) for each in content.get("sources") or ()]
    body = {language: _renamed(str(words or ""), names) for language, words in (content.get("body") or {}).items()}
    bulletin: dict[str, Any] = {
        "title": content.get("title"),
        "short": content.get("short"),
        "body": body,
        "topics": list(content.get("topics") or ()),
        "sources": named,
        "urgent": bool(content.get("urgent")),
        "picture": content.get("picture"),
    }
    made: _Contents = {key: without_empties({name: each for name, each in bulletin.items() if each})}
    return made | {Key(f"sources/{names.get(name, name)}"): each for name, each in _new_sources(content).items()}


def _renamed(words: str, names: Mapping[str, str]) -> str:
    """A text that cites sources by their new names."""
    if all(name == own for name, own in names.items()):
        return words

    def cited(match: Any) -> str:
        ids = [" ".join(part.split()).removeprefix("@") for part in match[1].split(";")]
        return f"[{'; '.join(f'@{names.get(each, each)}' for each in ids)}]"

    return CITATION.sub(cited, words)


def _moment(content: Mapping[str, Any]) -> float | None:
    try:
        moment = datetime.fromisoformat(str(content.get("not_before") or ""))
    except ValueError:
        return None
    return moment.timestamp() if moment.tzinfo else None
