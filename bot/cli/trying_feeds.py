"""``nota feeds test``: a feed fetched once; what would match, and why."""

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from bot.dossier.model import Dossier
from bot.settings import Settings
from bot.wire.addresses import policy
from bot.wire.fetches import Failed, Fetched
from bot.wire.fetching import fetcher
from bot.wire.reading.apart import reading_apart
from bot.wire.reading.document import Document, NotAFeed
from bot.wire.trial import Tried, because, judges, tried

_SHOWN_IN_VAIN = 10


def add_to(actions: Any) -> None:
    """Adds the action to the command's parser."""
    parser = actions.add_parser("test", help="fetch a feed once and say what would match, and why")
    parser.add_argument("url", help="its address, or its id in feeds.yaml")
    parser.add_argument("--match", metavar="ID", help="judge by this feed's match (default: its own, else everyone's)")
    parser.add_argument("--all", action="store_true", help="show every item that does not match, too")
    parser.add_argument("--json", action="store_true", help="print one JSON object an item")


async def run(dossier: Dossier, given: argparse.Namespace, settings: Settings) -> int:
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
    lines = _as_json(items) if given.json else _as_text(document, where, items, show_all=given.all)
    print("\n".join(lines))
    return 0


async def _read(url: str, settings: Settings) -> tuple[Document, str]:
    """The document, and where it was in the end."""
    async with fetcher(policy(settings.feeds_allow), settings.public_url or "") as fetching, reading_apart() as reader:
        found = await fetching.fetch(url)
        if not isinstance(found, Fetched):
            raise NotAFeed(found.reason if isinstance(found, Failed) else "gone for good (HTTP 410)")
        return await reader.read(found.body, found.media_type, found.url), found.url


def _as_text(document: Document, where: str, items: Sequence[Tried], *, show_all: bool) -> Iterator[str]:
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


def _as_json(items: Sequence[Tried]) -> Iterator[str]:
    for each in items:
        item = each.item
        fields = {"title": item.title, "line": item.line, "link": item.link, "published": item.published}
        yield json.dumps(fields | {"taken_by": each.taken_by, "why": because(each.verdict)}, ensure_ascii=False)


def _day(published: float | None) -> str:
    try:
        return f"{datetime.fromtimestamp(published, UTC):%Y-%m-%d}" if published is not None else "undated   "
    except (ValueError, OverflowError, OSError):
        return "undated   "
