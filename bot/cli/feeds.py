"""``nota feeds``: the feeds that are watched, how they are, what they would bring, and lists of them in and out."""

import argparse
import asyncio
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bot.app.reload import today
from bot.cli.wire import at_the_desk
from bot.db.feeds import FeedState
from bot.dossier.loader import load
from bot.dossier.models import Dossier
from bot.feeds.fetcher import Failed, Fetched, fetcher
from bot.feeds.matcher import Tried, because, judges, tried
from bot.feeds.opml import NotOpml, Outline, entries, read_opml, write_opml
from bot.feeds.parser import Document, NotAFeed
from bot.feeds.parser_process import reading_apart
from bot.feeds.poller import FIRST_SECONDS
from bot.feeds.review import EditorsDesk
from bot.feeds.ssrf import policy
from bot.settings import Settings

_SHOWN_IN_VAIN = 10


def add_try_to(actions: Any) -> None:
    """Adds the action to the command's parser."""
    parser = actions.add_parser("test", help="fetch a feed once and say what would match, and why")
    parser.add_argument("url", help="its address, or its id in feeds.yaml")
    parser.add_argument("--match", metavar="ID", help="judge by this feed's match (default: its own, else everyone's)")
    parser.add_argument("--all", action="store_true", help="show every item that does not match, too")
    parser.add_argument("--json", action="store_true", help="print one JSON object an item")


async def run_try(dossier: Dossier, given: argparse.Namespace, settings: Settings) -> int:
    """Exit 1 where the feed cannot be fetched or read, or is not known."""
    try:
        url, feeds = judges(dossier, given.url, given.match)
        document, where = await _read(url, settings)
    except LookupError as unknown:
        print(unknown.args[0], file=sys.stderr)
        return 1
    except NotAFeed as refusal:
        print(f"{url}: {refusal}", file=sys.stderr)
        return 1
    items = list(tried(document.items, feeds))
    lines = _trial_as_json(items) if given.json else _trial_as_text(document, where, items, show_all=given.all)
    print("\n".join(lines))
    return 0


async def _read(url: str, settings: Settings) -> tuple[Document, str]:
    """The document, and where it was in the end."""
    async with fetcher(policy(settings.feeds_allow), settings.public_url or "") as fetching, reading_apart() as reader:
        found = await fetching.fetch(url)
        if not isinstance(found, Fetched):
            raise NotAFeed(found.reason if isinstance(found, Failed) else "gone for good (HTTP 410)")
        return await reader.read(found.body, found.media_type, found.url), found.url


def _trial_as_text(document: Document, where: str, items: Sequence[Tried], *, show_all: bool) -> Iterator[str]:
    matching = [each for each in items if each.taken_by]
    others = [each for each in items if not each.taken_by]
    yield f"{document.title or where} ({document.kind}): {len(items)} items, {len(matching)} would be taken"
    for each in matching:
        yield from _lines("✔", each)
    shown = others if show_all else others[:_SHOWN_IN_VAIN]
    for each in shown:
        yield from _lines("✘", each)
    if len(shown) < len(others):
        yield f"… and {len(others) - len(shown)} more that would not (--all shows them)"


def _lines(sign: str, each: Tried) -> Iterator[str]:
    yield f"{sign} {_day(each.item.published)}  {each.item.title}"
    taken = f" [{', '.join(each.taken_by)}]" if each.taken_by else ""
    yield f"    {because(each.verdict)}{taken}"
    if each.taken_by:
        yield f"    {each.item.link or 'no link: it would be left out'}"


def _trial_as_json(items: Sequence[Tried]) -> Iterator[str]:
    for each in items:
        item = each.item
        fields = {"title": item.title, "line": item.line, "link": item.link, "published": item.published}
        yield json.dumps(fields | {"taken_by": each.taken_by, "why": because(each.verdict)}, ensure_ascii=False)


def _day(published: float | None) -> str:
    try:
        return f"{datetime.fromtimestamp(published, UTC):%Y-%m-%d}" if published is not None else "undated   "
    except (ValueError, OverflowError, OSError):
        return "undated   "


def add_to(commands: Any) -> None:
    """Adds the command to the parser."""
    parser = commands.add_parser("feeds", help="the wire's feeds: how they are, what they would bring, OPML")
    parser.set_defaults(run=run)
    parser.add_argument("--json", action="store_true", help="print one JSON object a feed")
    actions = parser.add_subparsers(dest="action", metavar="ACTION")
    add_try_to(actions)
    actions.add_parser("export", help="print the feeds as OPML")
    importing = actions.add_parser("import", help="print an OPML file's feeds as entries for feeds.yaml")
    importing.add_argument("file", type=Path)


def run(given: argparse.Namespace, settings: Settings) -> int:
    """Exit 1 where the content has mistakes, a feed cannot be read, a file is no OPML, the database cannot be used."""
    if given.action is None:
        return asyncio.run(at_the_desk(settings, lambda desk: _states(desk, as_json=given.json)))
    loading = load(settings.content_dir, today())
    if loading.dossier is None:
        print("\n".join(map(str, loading.mistakes)), file=sys.stderr)
        return 1
    if given.action == "test":
        return asyncio.run(run_try(loading.dossier, given, settings))
    return _export(loading.dossier) if given.action == "export" else _import(given.file, loading.dossier)


async def _states(desk: EditorsDesk, *, as_json: bool) -> int:
    """Each feed of the dossier, as it was left."""
    states = await desk.store.feeds.all()
    for name, feed in desk.showing.edition.dossier.feeds.items():
        state = states.get(name) or FeedState(name, feed.url, FIRST_SECONDS)
        print(_as_json(state) if as_json else _as_text(state))
    return 0


def _as_text(state: FeedState) -> str:
    trouble = f", {state.failures} failures in a row" if state.failures else ""
    moved = f"\n    now at {state.moved_to}" if state.moved_to else ""
    following = "never again" if state.ended else when(state.due)
    return (
        f"{state.id}  {state.status}{trouble}\n    last {when(state.asked)} · next {following}"
        f" · {state.items} items · {state.matches} matched so far{moved}"
    )


def _as_json(state: FeedState) -> str:
    fields = asdict(state)
    return json.dumps({key: value for key, value in fields.items() if key not in ("known", "digest", "turn")})


def when(moment: float) -> str:
    """A moment in seconds since 1970, 0 standing for none."""
    return f"{datetime.fromtimestamp(moment, UTC):%Y-%m-%d %H:%M} UTC" if moment else "–"


def _export(dossier: Dossier) -> int:
    outlines = [Outline(feed.publisher, feed.url, feed.language) for feed in dossier.feeds.values()]
    title = dossier.header.title[dossier.header.default_language]
    print(write_opml(title, outlines).decode(), end="")
    return 0


def _import(file: Path, dossier: Dossier) -> int:
    """Prints the feeds that the dossier does not have yet."""
    try:
        outlines = read_opml(file.read_bytes())
    except (OSError, NotOpml) as problem:
        print(f"{file}: {getattr(problem, 'strerror', None) or problem}", file=sys.stderr)
        return 1
    print(entries(outlines, dossier), end="")
    return 0
