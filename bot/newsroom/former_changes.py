"""Moves what 0.8.0 had put in force to ``contents``: it computed that at each load, out of files and of what changes had done to fields."""

import asyncio
from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, date, datetime
from itertools import groupby
from operator import attrgetter
from typing import Any

from sqlalchemy import delete, select

from bot.db.changes import NOBODY, ChangedEntry
from bot.db.connection import AnyRow
from bot.db.engine import UnusableAddress, open_database
from bot.db.migrations import is_older
from bot.db.schema import BULLETIN_WITHDRAWN
from bot.db.schema import entries as former_entries
from bot.db.store import Store
from bot.dossier.entries import ABSENT, Content, Entry, Field, Key, content_of, contents_in_force, fields, with_former
from bot.dossier.loader import Loading, contents_of, load_contents
from bot.dossier.models import BulletinId, Dossier, Language
from bot.dossier.yaml_reader import Value
from bot.live_dossier import LiveDossier, compose, utc_now
from bot.newsroom.change_content import as_markdown, as_title
from bot.newsroom.ledger_diff import dossier_bulletin
from bot.newsroom.publisher import Newsroom
from bot.replies.bulletins import from_json, words_of
from bot.schedule import local_time


async def is_moved(store: Store) -> bool:
    """Whether 0.8.0 has left nothing to move."""
    async with store.database.read() as connection:
        is_new = await store.dossier_versions.latest(connection) is None
        has_changes = (await connection.execute(select(former_entries.c.key).limit(1))).first() is not None
        return (is_new and not has_changes) or bool(await store.contents.read(connection))


async def refusal_to_migrate(url: str | None, dossier: Dossier) -> str:
    """Why a start with these files leaves the tables of an older release alone: they belong to another dossier. "": it migrates them, or need not."""
    if not await is_older(url):
        return ""
    async with open_database(url, only_reads=True) as database:
        return await Newsroom(Store(database)).refusal(dossier)


async def in_force(store: Store, files: Loading) -> LiveDossier | None:
    """What is in force in the database; where no files were imported yet, these; None: they are broken, or not read.

    Raises:
        UnusableAddress: this release cannot read what is in force.
    """
    async with store.database.read() as connection:
        edition = await store.changes.edition(connection)
    live = LiveDossier.of(files, edition)
    if live is None and edition.entries:
        why = compose(edition, files, utc_now()).diagnostics[0]
        raise UnusableAddress(
            f"DATABASE_URL: this release cannot read what is in force ({why}), expected: deploy the release that put it in force; or an empty"
            ' database with the last backup (docs/runbook.md, "The database is gone")'
        )
    return live


async def move(store: Store, files: Loading) -> bool:
    """Moves it, once: what files change from then on is merged with it; False: it was moved, or these are another dossier's files.

    ``files``: those of the process, which are valid.

    Bulletins that the ledger does not know are left to the first import, which sends them; after the import of a backup they count as sent. Those that readers have otherwise
    keep the words that readers have. What 0.8.0 had set aside becomes a draft.
    """
    if await is_moved(store) or (files.dossier and await Newsroom(store).refusal(files.dossier)):
        return False
    async with store.database.write(is_long=True) as connection:
        now = await store.bulletins.lock_newsroom(connection)
        if await store.contents.read(connection):
            return False
        rows = (await connection.execute(select(former_entries))).all()
        known = {f"bulletins/{name}" for name in await store.bulletins.names(connection)}
        kept, aside = moved(contents_of(files), rows, known)
        assert files.dossier is not None  # noqa: S101  they are valid
        day = local_time(now, files.dossier.header.zone).date()
        kept |= await asyncio.to_thread(as_sent, kept, await store.bulletins.revisions(connection), day)
        await store.contents.put(connection, {}, kept)
        if aside:
            waiting = [ChangedEntry(key, kept[key].in_force if key in kept else None, aside[key], {}) for key in aside]
            await store.changes.add(connection, NOBODY, "Set aside by a deploy", waiting, now, savers=[])
        await connection.execute(delete(former_entries))
    return True


def moved(
    files: Mapping[Key, Content], rows: Collection[AnyRow], known: Collection[str]
) -> tuple[dict[Key, Entry], dict[Key, Content | None]]:
    """The entries, and what was set aside: the files had changed the same as a change.

    Args:
        files: what they say.
        rows: entries of changes, with ``key``, ``is_new`` (no file had it) and ``touches``: what changes did to each field, ``before`` and
            ``earlier`` being what the files had then.
        known: keys of bulletins that the ledger has.
    """
    touched = {Key(row.key): row for row in rows}
    is_known = {key: key in touched or key in known or not key.startswith("bulletins/") for key in files}
    entries = {key: Entry(content, content) for key, content in files.items() if is_known[key]}
    aside = dict[Key, Content | None]()
    for key, row in touched.items():
        file = files.get(key)
        content, is_aside = _merged(file, row.touches, is_new=row.is_new)
        if is_aside:
            aside[key] = _with(file, row.touches, "after")
            content = _with(file, [each for each in row.touches if _is_mark(each)], "after") if file else None
        was = with_former(key, {}, _with(content, row.touches, "before"), content)
        for number in range(max((len(each.get("earlier", ())) for each in row.touches), default=0)):
            was = with_former(key, was, _with(content, row.touches, number), content)
        if content is not None or file is not None:
            entries[key] = Entry(content or file, file, None if content is not None else 0.0, was)
    return entries, aside


def as_sent(kept: Mapping[Key, Entry], rows: Iterable[AnyRow], day: date) -> dict[Key, Entry]:
    """Bulletins of files that read otherwise than what readers have, in the words of that: the first import corrects them, as any deploy.

    Args:
        kept: the entries.
        rows: the ledger's, one for each language of each revision, in order.
        day: the office's.
    """
    dossier, found = load_contents(contents_in_force(kept), day).dossier, dict[Key, Entry]()
    for name, group in groupby(rows, key=attrgetter("id")):
        key, revisions = Key(f"bulletins/{name}"), list(group)
        content = kept[key].in_force if key in kept else None
        if dossier is None or content is None or content != kept[key].file:
            continue
        latest = [row for row in revisions if row.text_revision == revisions[-1].text_revision]
        texts = {Language(row.text_language): from_json(row.article) for row in latest}
        mark, bulletin = dict[str, Value](), dossier.bulletins.get(BulletinId(name))
        if latest[0].state == BULLETIN_WITHDRAWN:
            since = datetime.fromtimestamp(latest[0].since, UTC).date().isoformat()
            because: Value = {code: as_markdown(text.because) or as_title(text.title) for code, text in texts.items()}
            mark, is_other = {"withdrawn": {"date": since, "because": because}}, "withdrawn" not in content
        else:
            articles = dossier_bulletin(dossier, bulletin).articles if bulletin else {}
            own, theirs = ({code: words_of(each) for code, each in side.items()} for side in (articles, texts))
            is_other = own != theirs
        if is_other:
            title: Value = {code: as_title(text.title) for code, text in texts.items()}
            body: Value = {code: as_markdown(text.blocks) for code, text in texts.items()}
            rest = {field: value for field, value in content.items() if field != "withdrawn"}
            sent = rest | {"title": title, "body": body} | mark
            found[key] = Entry(sent, sent)
    return found


Touch = Mapping[str, Any]


def _merged(file: Content | None, touches: Collection[Touch], *, is_new: bool) -> tuple[Content | None, bool]:
    """What was in force of an entry, and whether it was set aside."""
    values, conflicts = fields(file), False
    has_file = is_new and file is not None
    is_another = has_file and not any(each.get("settled") or "before" in each for each in touches)
    for touch in touches:
        place = tuple(touch["field"])
        there, after = values.get(place, ABSENT), touch.get("after", ABSENT)
        is_dropped = has_file and touch.get("settled", False) and there is ABSENT
        if there == after:
            continue
        if _is_mark(touch) or (there in _before(touch) and not is_another and not is_dropped):
            _set(values, place, after)
        elif not touch.get("settled"):
            conflicts = True
    conflicts |= any(place[:end] in values for place in values for end in range(1, len(place)))
    conflicts |= file is None and bool(values) and not is_new  # a part of an entry whose file is gone
    return content_of(values) or None, conflicts


def _is_mark(touch: Touch) -> bool:
    """Of a withdrawal that a change made, which was never set aside."""
    return bool(touch["field"][0] == "withdrawn" and "after" in touch)


def _before(touch: Touch) -> list[Value]:
    return [touch.get("before", ABSENT), *(each[0] if each else ABSENT for each in touch.get("earlier", ()))]


def _with(content: Content | None, touches: Collection[Touch], which: str | int) -> Content | None:
    """The content with what its fields were ``before`` the last change, ``after`` it, or by their number before others."""
    values = fields(content)
    for touch in touches:
        earlier = _before(touch)[1:]
        if isinstance(which, str):
            _set(values, tuple(touch["field"]), touch.get(which, ABSENT))
        elif which < len(earlier):
            _set(values, tuple(touch["field"]), earlier[which])
    return content_of(values) or None


def _set(values: dict[Field, Value], place: Field, value: Value) -> None:
    if value is ABSENT:
        values.pop(place, None)
    else:
        values[place] = value
