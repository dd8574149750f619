"""A feed tried out: what would be taken of it, and why. PURE."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from bot.dossier.models import Dossier, Feed, FeedId, Match
from bot.feeds.dates import believed
from bot.feeds.parser import Item
from bot.matching.stemmer import stem
from bot.matching.tokenizer import tidy, words

Stems = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Reason:
    """What one group made of an item.

    Attributes:
        group: the group; of ``all``, there is a reason for each entry.
        wanted: the entry as the editor wrote it; several phrases where one of them is enough.
        found: those of them that are there.
    """

    group: Literal["all", "any", "none"]
    wanted: tuple[str, ...]
    found: tuple[str, ...]

    @property
    def holds(self) -> bool:
        """Whether the group has what it asks for."""
        return bool(self.found) != (self.group == "none")


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether an item is taken, with the reasons for and against."""

    reasons: tuple[Reason, ...]

    @property
    def taken(self) -> bool:
        """Whether every group has what it asks for; where there is none, everything is taken."""
        return all(reason.holds for reason in self.reasons)

    @property
    def found(self) -> tuple[str, ...]:
        """The phrases that speak for it, each once."""
        return tuple(dict.fromkeys(each for reason in self.reasons if reason.group != "none" for each in reason.found))


class Matcher:
    """Judges items by one match, in one language."""

    def __init__(self, match: Match, language: str) -> None:
        self._language = language
        self._groups = [(group, [(each, self._stems(each)) for each in wanted]) for group, wanted in _groups(match)]

    def judge(self, *texts: str) -> Verdict:
        """What the match says of an item that consists of these texts."""
        stems = [self._stems(text) for text in texts]
        singles = frozenset(stem for text in stems for stem in text)
        return Verdict(tuple(self._reason(group, wanted, stems, singles) for group, wanted in self._groups))

    def _reason(
        self,
        group: Literal["all", "any", "none"],
        wanted: Sequence[tuple[str, Stems]],
        texts: Sequence[Stems],
        singles: frozenset[str],
    ) -> Reason:
        found = tuple(phrase for phrase, stems in wanted if _is_in(stems, texts, singles))
        return Reason(group, tuple(phrase for phrase, _ in wanted), found)

    def _stems(self, text: str) -> Stems:
        found = (word for word in words(tidy(text)) if word[:1].isalnum())
        return tuple(stem(word, self._language) for word in found)


def _groups(match: Match) -> Iterator[tuple[Literal["all", "any", "none"], Sequence[str]]]:
    yield from (("all", [entry] if isinstance(entry, str) else entry) for entry in match.all)
    if match.any:
        yield "any", match.any
    if match.none:
        yield "none", match.none


def _is_in(phrase: Stems, texts: Sequence[Stems], singles: frozenset[str]) -> bool:
    if not phrase or not singles.issuperset(phrase):
        return False
    return len(phrase) == 1 or any(
        text[start : start + len(phrase)] == phrase for text in texts for start in range(len(text) - len(phrase) + 1)
    )


MAX_KNOWN = 6000
"""Keys that are kept of one feed: those of the latest document (two of each item at most) and the last of those before."""


NEWS_SECONDS = 7 * 24 * 3600.0
"""An item dated earlier is no news, even where a publisher brings it out again; as for bulletins."""


@dataclass(frozen=True, slots=True)
class Sifted:
    """What came of it.

    Attributes:
        news: the items not seen before, newest first, dated as far as can be believed.
        known: the keys to know them by next time, the latest first.
    """

    news: tuple[Item, ...]
    known: tuple[str, ...]


def sift(items: Sequence[Item], known: Sequence[str] | None, now: float) -> Sifted:
    """The items not seen before. ``known`` is what the last sifting gave; None where there was none: then all is history."""
    before = frozenset(known or ())
    news = [] if known is None else list(_news(items, before, now))
    keys = dict.fromkeys([*(key for item in items for key in item.keys), *(known or ())])
    return Sifted(tuple(sorted(news, key=_newest_first)), tuple(keys)[:MAX_KNOWN])


def _news(items: Sequence[Item], before: frozenset[str], now: float) -> Iterator[Item]:
    for item in items:
        published = believed(item.published, now)
        late = published is not None and published < now - NEWS_SECONDS
        if before.isdisjoint(item.keys) and not late:
            yield replace(item, published=published)


def _newest_first(item: Item) -> float:
    return -(item.published or float("inf"))


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
