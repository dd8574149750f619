"""What is new in a document, by what was seen before. PURE."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from bot.wire.dating import believed
from bot.wire.reading.items import Item

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
