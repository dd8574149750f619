"""``nota feeds``: the feeds that are watched, how they are, what they would bring, and lists of them in and out."""

import argparse
import asyncio
import json
import sys
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bot.cli import trying_feeds
from bot.cli.newsdesk import at_the_desk
from bot.dossier.loading import load
from bot.dossier.model import Dossier
from bot.rereading import today
from bot.settings import Settings
from bot.store.feeds import FeedState
from bot.wire.desk import EditorsDesk
from bot.wire.entries import entries
from bot.wire.intervals import FIRST_SECONDS
from bot.wire.opml import NotOpml, Outline, read_opml, write_opml


def add_to(commands: Any) -> None:
    """Adds the command to the parser."""
    parser = commands.add_parser("feeds", help="the wire's feeds: how they are, what they would bring, OPML")
    parser.set_defaults(run=run)
    parser.add_argument("--json", action="store_true", help="print one JSON object a feed")
    actions = parser.add_subparsers(dest="action", metavar="ACTION")
    trying_feeds.add_to(actions)
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
        return asyncio.run(trying_feeds.run(loading.dossier, given, settings))
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
