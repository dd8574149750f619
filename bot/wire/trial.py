"""A feed tried out: what would be taken of it, and why. PURE."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from bot.dossier.model import Dossier, Feed, FeedId
from bot.wire.matching import Matcher, Verdict
from bot.wire.reading.items import Item


@dataclass(frozen=True, slots=True)
class Tried:
    """An item with what each match says of it; ``taken_by`` are the feeds whose match takes it."""

    item: Item
    taken_by: tuple[FeedId, ...]
    verdict: Verdict


def judges(dossier: Dossier, named: str, match_of: str | None = None) -> tuple[str, dict[FeedId, Feed]]:
    """The address that ``named`` (an address, or a feed's id) stands for, and the feeds by whose match it is judged.

    These are the feed itself where the dossier has it, the one called ``match_of`` where that is given, else all.

    Raises:
        LookupError: there is no feed called ``match_of``, or ``named`` is neither an address nor an id; with words.
    """
    own = {name: feed for name, feed in dossier.feeds.items() if named in (name, feed.url)}
    url = next((feed.url for feed in own.values()), named)
    if "://" not in url:
        raise LookupError(f"{named}: neither an address nor a feed of feeds.yaml")
    if match_of is not None:
        if match_of not in dossier.feeds:
            raise LookupError(f"{match_of}: no feed of feeds.yaml")
        return url, {FeedId(match_of): dossier.feeds[FeedId(match_of)]}
    return url, own or dict(dossier.feeds)


def tried(items: tuple[Item, ...], feeds: Mapping[FeedId, Feed]) -> Iterator[Tried]:
    """Each item with what the feeds' matches say; the verdict is that of the first that takes it, or comes nearest."""
    matchers = {name: Matcher(feed.match, feed.language) for name, feed in feeds.items()}
    for item in items:
        verdicts = {name: matcher.judge(item.title, item.line) for name, matcher in matchers.items()}
        taken_by = tuple(name for name, verdict in verdicts.items() if verdict.taken)
        yield Tried(item, taken_by, max(verdicts.values(), key=_nearness, default=Verdict(())))


def _nearness(verdict: Verdict) -> tuple[bool, float]:
    held = sum(reason.holds for reason in verdict.reasons)
    return verdict.taken, held / (len(verdict.reasons) or 1)


def because(verdict: Verdict) -> str:
    """The verdict in a few English words."""
    if verdict.taken:
        return ", ".join(verdict.found) or "everything is taken"
    missing = [" or ".join(reason.wanted) for reason in verdict.reasons if not reason.holds and reason.group != "none"]
    unwanted = [each for reason in verdict.reasons if reason.group == "none" for each in reason.found]
    parts = [f"has {', '.join(verdict.found)}" if verdict.found else ""]
    parts += [f"lacks {_short(each)}" for each in missing]
    parts += [f"has the unwanted {', '.join(unwanted)}" if unwanted else ""]
    return "; ".join(part for part in parts if part)


def _short(text: str) -> str:
    return text if len(text) <= 80 else text[:79] + "…"
