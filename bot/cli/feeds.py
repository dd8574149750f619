"""``nota feeds``: the state of each feed, tests of a feed, candidates and decisions on them."""

import argparse
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from bot.app.desk import desk_of_shell
from bot.cli import CommandError, in_force, run_async, show, valid_dossier, valid_files, with_store
from bot.db.changes import Person
from bot.db.feeds import Candidate, CandidateId, FeedState
from bot.db.store import Store
from bot.dossier.models import Dossier, Feed, FeedId
from bot.feeds.documents import FeedDocument, FeedItem, NotAFeed
from bot.feeds.fetcher import Fetched, FetchFailed, open_fetcher
from bot.feeds.matcher import FeedMatcher, FeedVerdict
from bot.feeds.parser_process import parse_in_child
from bot.feeds.poller import FIRST_SECONDS
from bot.feeds.review import Review
from bot.feeds.review_messages import CandidateMessage
from bot.feeds.ssrf import policy
from bot.newsroom.publisher import OtherDossier
from bot.replies.i18n import counted
from bot.settings import Settings

_MAX_REJECTED = 10
"""The number of items without a match that ``nota feeds test`` prints without ``--all``."""

_DECISIONS = {
    "take": "make a change of a candidate: with a bulletin and a source",
    "reject": "reject a candidate",
    "later": "ask again about a candidate in four hours",
}


@dataclass(frozen=True, slots=True)
class ItemMatch:
    """An item and the feeds whose match accepts it; the verdict is that of the first of them, or of the nearest match."""

    item: FeedItem
    taken_by: tuple[FeedId, ...]
    verdict: FeedVerdict


EXAMPLES = (
    "nota feeds",
    "nota feeds test https://www.antaranews.com/rss/terkini.xml",
    "nota feeds candidates --json",
    "nota feeds take 7",
)


def add_to(commands: Any) -> None:
    """Adds the command to the parser."""
    parser = commands.add_parser("feeds", help="show the state of the feeds, decide on candidates, test a feed")
    parser.add_argument("--json", action="store_true", help="print one JSON object per feed")
    actions = parser.add_subparsers(dest="action", metavar="ACTION")
    test = actions.add_parser("test", help="fetch a feed once and print which items match, and why")
    test.add_argument("url", help="address of the feed, or its id in feeds.yaml")
    test.add_argument("--match", metavar="ID", help="use the match of this feed (default: its own, else of all feeds)")
    test.add_argument("--all", action="store_true", help="print every item that does not match, too")
    test.add_argument("--json", action="store_true", help="print one JSON object per item")
    waiting = actions.add_parser("candidates", help="list the candidates that wait for a decision")
    waiting.add_argument("--json", action="store_true", help="print one JSON object per candidate")
    for name, text in _DECISIONS.items():
        decision = actions.add_parser(name, help=text)
        decision.add_argument("id", type=int, help="number of the candidate")


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Exits with 1 if content, database or feed cannot be read, or if the decision came too late."""
    files = valid_files(settings)
    if args.action == "test":
        return run_async(_test(valid_dossier(settings), args, settings))
    looking = {None: _print_states, "candidates": _print_candidates}
    work = looking.get(args.action, _decide)

    async def reviewing(store: Store) -> int:
        """What is decided here comes into force in the bot that runs."""
        live = await in_force(store, files, only_reads=args.action in looking)
        desk, person = desk_of_shell(settings, store, live)
        return await work(Review(store, live, desk.editors_chat, desk, lambda: None), args, person)

    return with_store(settings, reviewing, only_reads=args.action in looking)


async def _print_states(review: Review, args: argparse.Namespace, _: Person) -> int:
    states = await review.store.feeds.all()
    for name, feed in review.live.dossier.feeds.items():
        state = states.get(name) or FeedState(name, feed.url, FIRST_SECONDS)
        show(_state_fields(state), _state_as_text(state), args.json)
    if not review.live.dossier.feeds and not args.json:
        print(
            "no feeds are configured, expected: an entry for each in feeds.yaml beside dossier.yaml, and FEEDS=1;"
            " `nota feeds test URL` tries one"
        )
    return 0


def _state_as_text(state: FeedState) -> str:
    failures = f", {state.failures} failures in a row" if state.failures else ""
    moved = f"\n    now at {state.moved_to}" if state.moved_to else ""
    following = "never again" if state.ended else _time(state.due)
    return (
        f"{state.id}  {state.status}{failures}\n    last {_time(state.fetched)} · next {following}"
        f" · {state.items} items · {state.matches} matched so far{moved}"
    )


def _state_fields(state: FeedState) -> dict[str, Any]:
    return {key: value for key, value in asdict(state).items() if key not in ("seen_keys", "digest", "fetches")}


def _time(moment: float) -> str:
    return f"{datetime.fromtimestamp(moment, UTC):%Y-%m-%d %H:%M} UTC" if moment else "–"


async def _message(review: Review) -> CandidateMessage:
    return await review.message(review.live.dossier.header.default_language)


async def _print_candidates(review: Review, args: argparse.Namespace, _: Person) -> int:
    waiting = await review.store.candidates.in_state("waiting")
    for candidate in waiting:
        show(_candidate_fields(candidate), _candidate_as_text(candidate, await _message(review)), args.json)
    if not waiting and not args.json:
        print("no candidates wait for a decision")
    return 0


def _candidate_as_text(candidate: Candidate, message: CandidateMessage) -> str:
    story = candidate.story
    lines = [
        f"{candidate.id}  {story.publisher} ({story.language}): {story.title}",
        story.line,
        story.link,
        f"matched: {', '.join(story.why) or 'every item matches'}; topics: {', '.join(story.topics) or 'none'}",
        message.state(candidate),
    ]
    return "\n    ".join(line for line in lines if line)


def _candidate_fields(candidate: Candidate) -> dict[str, Any]:
    fields = asdict(candidate)
    story = {key: value for key, value in fields.pop("story").items() if key not in ("page", "headline")}
    return {**fields, **story}


async def _decide(review: Review, args: argparse.Namespace, person: Person) -> int:
    decide = {"take": review.take, "reject": review.reject, "later": review.put_off}[args.action]
    try:
        decision = await decide(CandidateId(args.id), person)
    except OtherDossier as refusal:
        raise CommandError(str(refusal)) from refusal
    if decision is None:
        raise CommandError(f"candidate {args.id} does not exist; `nota feeds candidates` lists the waiting ones")
    print(f"{decision.candidate.story.title}\n  {(await _message(review)).state(decision.candidate)}")
    if decision.change is not None:
        asked = {"review": "another editor is asked for approval"}
        waits = decision.refusal or asked.get(decision.change.state, "approved")
        print(f"  change {decision.change.id}: {waits}")
    return 0 if decision.counted else 1


async def _test(dossier: Dossier, args: argparse.Namespace, settings: Settings) -> int:
    url, feeds = _feeds_to_try(dossier, args.url, args.match)
    try:
        document, address = await _read(url, settings)
    except NotAFeed as refusal:
        raise CommandError(f"{url}: {refusal}") from refusal
    item_matches = list(_item_matches(document.items, feeds))
    lines = _item_matches_as_text(document, address, item_matches, show_all=args.all)
    print("\n".join(_item_matches_as_json(item_matches) if args.json else lines))
    return 0


def _feeds_to_try(dossier: Dossier, named: str, match_of: str | None) -> tuple[str, dict[FeedId, Feed]]:
    """The address of ``named`` (an address, or a feed's id), and the feeds whose match is used.

    That is the feed ``match_of``, else the feed itself if it is in the dossier, else all feeds.

    Raises:
        CommandError: ``named`` or ``match_of`` is not known.
    """
    own = {name: feed for name, feed in dossier.feeds.items() if named in (name, feed.url)}
    url = next((feed.url for feed in own.values()), named)
    if "://" not in url:
        raise CommandError(f"{named}: neither an address nor a feed of feeds.yaml")
    if match_of is None:
        return url, own or dict(dossier.feeds)
    if match_of not in dossier.feeds:
        raise CommandError(f"{match_of}: not a feed of feeds.yaml")
    return url, {FeedId(match_of): dossier.feeds[FeedId(match_of)]}


async def _read(url: str, settings: Settings) -> tuple[FeedDocument, str]:
    """The document, and its address after redirects."""
    async with open_fetcher(policy(settings.feeds_allow), settings.public_url or "") as fetcher:
        result = await fetcher.fetch(url)
    if not isinstance(result, Fetched):
        raise NotAFeed(result.reason if isinstance(result, FetchFailed) else "gone for good (HTTP 410)")
    return await parse_in_child(result.body, result.media_type, result.url), result.url


def _item_matches(items: Sequence[FeedItem], feeds: Mapping[FeedId, Feed]) -> Iterator[ItemMatch]:
    matchers = {name: FeedMatcher(feed.match, feed.language) for name, feed in feeds.items()}
    for item in items:
        verdicts = {name: matcher.judge(item.title, item.line) for name, matcher in matchers.items()}
        taken_by = tuple(name for name, verdict in verdicts.items() if verdict.matches)
        yield ItemMatch(item, taken_by, max(verdicts.values(), key=_nearness, default=FeedVerdict(())))


def _nearness(verdict: FeedVerdict) -> tuple[bool, float]:
    return verdict.matches, sum(reason.holds for reason in verdict.reasons) / (len(verdict.reasons) or 1)


def _item_matches_as_text(
    document: FeedDocument, address: str, item_matches: Sequence[ItemMatch], *, show_all: bool
) -> Iterator[str]:
    matching = [item_match for item_match in item_matches if item_match.taken_by]
    others = [item_match for item_match in item_matches if not item_match.taken_by]
    yield f"{document.title or address} ({document.kind}): {counted(len(item_matches), 'item')}, {len(matching)} would be taken"
    for item_match in matching:
        yield f"✔ {_day(item_match.item.published)}  {item_match.item.title}"
        yield f"    {_reason(item_match)} [{', '.join(item_match.taken_by)}]"
        yield f"    {item_match.item.link or 'no link: it would be left out'}"
    shown = others if show_all else others[:_MAX_REJECTED]
    for item_match in shown:
        yield f"✘ {_day(item_match.item.published)}  {item_match.item.title}"
        yield f"    {_reason(item_match)}"
    if len(shown) < len(others):
        yield f"… and {len(others) - len(shown)} more that would not (--all shows them)"


def _item_matches_as_json(item_matches: Sequence[ItemMatch]) -> Iterator[str]:
    for item_match in item_matches:
        item = item_match.item
        fields = {"title": item.title, "line": item.line, "link": item.link, "published": item.published}
        yield json.dumps(fields | {"taken_by": item_match.taken_by, "why": _reason(item_match)}, ensure_ascii=False)


def _reason(item_match: ItemMatch) -> str:
    verdict = item_match.verdict
    if verdict.matches and not item_match.taken_by:
        return "no feeds are configured whose match could take it"
    if verdict.matches:
        return ", ".join(verdict.found) or "every item matches"
    missing = [" or ".join(reason.wanted) for reason in verdict.reasons if not reason.holds and reason.group != "none"]
    unwanted = [phrase for reason in verdict.reasons if reason.group == "none" for phrase in reason.found]
    parts = [f"has {', '.join(verdict.found)}"] if verdict.found else []
    parts += [f"lacks {phrase if len(phrase) <= 80 else phrase[:79] + '…'}" for phrase in missing]
    parts += [f"has the unwanted {', '.join(unwanted)}"] if unwanted else []
    return "; ".join(parts)


def _day(published: float | None) -> str:
    try:
        return f"{datetime.fromtimestamp(published, UTC):%Y-%m-%d}" if published is not None else "undated   "
    except (ValueError, OverflowError, OSError):  # a year that Python does not have
        return "undated   "
