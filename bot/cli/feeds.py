"""``nota feeds``: the state of each feed, what a feed would bring and why, OPML import and export."""

import argparse
import asyncio
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bot.app.reload import today
from bot.cli.wire import with_review
from bot.db.feeds import FeedState
from bot.dossier.loader import load
from bot.dossier.models import Dossier, Feed, FeedId
from bot.feeds.fetcher import Failed, Fetched, open_fetcher
from bot.feeds.matcher import Matcher, Verdict
from bot.feeds.opml import NotOpml, Outline, entries, read_opml, write_opml
from bot.feeds.parser import Document, Item, NotAFeed
from bot.feeds.parser_process import parse_in_child
from bot.feeds.poller import FIRST_SECONDS
from bot.feeds.review import Review
from bot.feeds.ssrf import policy
from bot.settings import Settings

_MAX_MISSES = 10
"""Items that do not match which ``nota feeds test`` shows without ``--all``."""


@dataclass(frozen=True, slots=True)
class Trial:
    """An item and the feeds whose match takes it; the verdict is of the first of them, or of the match that comes nearest."""

    item: Item
    taken_by: tuple[FeedId, ...]
    verdict: Verdict


def add_to(commands: Any) -> None:
    """Adds the command to the parser."""
    parser = commands.add_parser("feeds", help="feeds: their state, what they would bring, OPML")
    parser.set_defaults(run=run)
    parser.add_argument("--json", action="store_true", help="print one JSON object a feed")
    actions = parser.add_subparsers(dest="action", metavar="ACTION")
    test = actions.add_parser("test", help="fetch a feed once and say what would match, and why")
    test.add_argument("url", help="its address, or its id in feeds.yaml")
    test.add_argument("--match", metavar="ID", help="use this feed's match (default: its own, else all)")
    test.add_argument("--all", action="store_true", help="show every item that does not match, too")
    test.add_argument("--json", action="store_true", help="print one JSON object an item")
    actions.add_parser("export", help="print the feeds as OPML")
    importing = actions.add_parser("import", help="print an OPML file's feeds as entries for feeds.yaml")
    importing.add_argument("file", type=Path)


def run(given: argparse.Namespace, settings: Settings) -> int:
    """Exit 1 if the content has errors, or a feed, a file or the database cannot be read."""
    if given.action is None:
        return asyncio.run(with_review(settings, lambda review: _print_states(review, as_json=given.json)))
    loading = load(settings.content_dir, today())
    if loading.dossier is None:
        print("\n".join(map(str, loading.diagnostics)), file=sys.stderr)
        return 1
    if given.action == "test":
        return asyncio.run(_test(loading.dossier, given, settings))
    return _export(loading.dossier) if given.action == "export" else _import(given.file, loading.dossier)


async def _print_states(review: Review, *, as_json: bool) -> int:
    states = await review.store.feeds.all()
    for name, feed in review.live.dossier.feeds.items():
        state = states.get(name) or FeedState(name, feed.url, FIRST_SECONDS)
        print(_as_json(state) if as_json else _as_text(state))
    return 0


def _as_text(state: FeedState) -> str:
    trouble = f", {state.failures} failures in a row" if state.failures else ""
    moved = f"\n    now at {state.moved_to}" if state.moved_to else ""
    following = "never again" if state.ended else _time(state.due)
    return (
        f"{state.id}  {state.status}{trouble}\n    last {_time(state.fetched)} · next {following}"
        f" · {state.items} items · {state.matches} matched so far{moved}"
    )


def _as_json(state: FeedState) -> str:
    fields = asdict(state)
    return json.dumps({key: value for key, value in fields.items() if key not in ("known", "digest", "turn")})


def _time(moment: float) -> str:
    return f"{datetime.fromtimestamp(moment, UTC):%Y-%m-%d %H:%M} UTC" if moment else "–"


async def _test(dossier: Dossier, given: argparse.Namespace, settings: Settings) -> int:
    try:
        url, feeds = _feeds_to_try(dossier, given.url, given.match)
        document, address = await _read(url, settings)
    except LookupError as unknown:
        print(unknown.args[0], file=sys.stderr)
        return 1
    except NotAFeed as refusal:
        print(f"{url}: {refusal}", file=sys.stderr)
        return 1
    trials = list(_trials(document.items, feeds))
    lines = _trials_as_json(trials) if given.json else _trials_as_text(document, address, trials, show_all=given.all)
    print("\n".join(lines))
    return 0


def _feeds_to_try(dossier: Dossier, named: str, match_of: str | None) -> tuple[str, dict[FeedId, Feed]]:
    """The address of ``named`` (an address, or a feed's id), and the feeds whose match is used.

    These are the feed called ``match_of``, else the feed itself if it is in the dossier, else all feeds.

    Raises:
        LookupError: ``named`` or ``match_of`` is not known; with a message.
    """
    own = {name: feed for name, feed in dossier.feeds.items() if named in (name, feed.url)}
    url = next((feed.url for feed in own.values()), named)
    if "://" not in url:
        raise LookupError(f"{named}: neither an address nor a feed of feeds.yaml")
    if match_of is None:
        return url, own or dict(dossier.feeds)
    if match_of not in dossier.feeds:
        raise LookupError(f"{match_of}: no feed of feeds.yaml")
    return url, {FeedId(match_of): dossier.feeds[FeedId(match_of)]}


async def _read(url: str, settings: Settings) -> tuple[Document, str]:
    """The document, and its address after redirects."""
    async with open_fetcher(policy(settings.feeds_allow), settings.public_url or "") as fetcher:
        found = await fetcher.fetch(url)
    if not isinstance(found, Fetched):
        raise NotAFeed(found.reason if isinstance(found, Failed) else "gone for good (HTTP 410)")
    return await parse_in_child(found.body, found.media_type, found.url), found.url


def _trials(items: Sequence[Item], feeds: Mapping[FeedId, Feed]) -> Iterator[Trial]:
    matchers = {name: Matcher(feed.match, feed.language) for name, feed in feeds.items()}
    for item in items:
        verdicts = {name: matcher.judge(item.title, item.line) for name, matcher in matchers.items()}
        taken_by = tuple(name for name, verdict in verdicts.items() if verdict.matches)
        yield Trial(item, taken_by, max(verdicts.values(), key=_nearness, default=Verdict(())))


def _nearness(verdict: Verdict) -> tuple[bool, float]:
    return verdict.matches, sum(reason.holds for reason in verdict.reasons) / (len(verdict.reasons) or 1)


def _trials_as_text(document: Document, address: str, trials: Sequence[Trial], *, show_all: bool) -> Iterator[str]:
    matching = [each for each in trials if each.taken_by]
    others = [each for each in trials if not each.taken_by]
    yield f"{document.title or address} ({document.kind}): {len(trials)} items, {len(matching)} would be taken"
    for each in matching:
        yield f"✔ {_day(each.item.published)}  {each.item.title}"
        yield f"    {_reason(each.verdict)} [{', '.join(each.taken_by)}]"
        yield f"    {each.item.link or 'no link: it would be left out'}"
    shown = others if show_all else others[:_MAX_MISSES]
    for each in shown:
        yield f"✘ {_day(each.item.published)}  {each.item.title}"
        yield f"    {_reason(each.verdict)}"
    if len(shown) < len(others):
        yield f"… and {len(others) - len(shown)} more that would not (--all shows them)"


def _trials_as_json(trials: Sequence[Trial]) -> Iterator[str]:
    for each in trials:
        item = each.item
        fields = {"title": item.title, "line": item.line, "link": item.link, "published": item.published}
        yield json.dumps(fields | {"taken_by": each.taken_by, "why": _reason(each.verdict)}, ensure_ascii=False)


def _reason(verdict: Verdict) -> str:
    if verdict.matches:
        return ", ".join(verdict.found) or "every item matches"
    missing = [" or ".join(reason.wanted) for reason in verdict.reasons if not reason.holds and reason.group != "none"]
    unwanted = [each for reason in verdict.reasons if reason.group == "none" for each in reason.found]
    parts = [f"has {', '.join(verdict.found)}"] if verdict.found else []
    parts += [f"lacks {each if len(each) <= 80 else each[:79] + '…'}" for each in missing]
    parts += [f"has the unwanted {', '.join(unwanted)}"] if unwanted else []
    return "; ".join(parts)


def _day(published: float | None) -> str:
    try:
        return f"{datetime.fromtimestamp(published, UTC):%Y-%m-%d}" if published is not None else "undated   "
    except (ValueError, OverflowError, OSError):  # a year that Python does not have
        return "undated   "


def _export(dossier: Dossier) -> int:
    outlines = [Outline(feed.publisher, feed.url, feed.language) for feed in dossier.feeds.values()]
    title = dossier.header.title[dossier.header.default_language]
    print(write_opml(title, outlines).decode(), end="")
    return 0


def _import(file: Path, dossier: Dossier) -> int:
    """Prints entries for the feeds that the dossier does not have yet."""
    try:
        outlines = read_opml(file.read_bytes())
    except (OSError, NotOpml) as problem:
        print(f"{file}: {getattr(problem, 'strerror', None) or problem}", file=sys.stderr)
        return 1
    print(entries(outlines, dossier), end="")
    return 0
