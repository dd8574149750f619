"""An item of a feed: the headline, one line, the link and the date. A pointer, not a copy. PURE."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bot.wire.reading.cleaning import MAX_TITLE, shortened
from bot.wire.reading.links import same_page

MAX_ITEMS = 1000
"""How many items of one document are looked at: no publisher has more that are new."""


@dataclass(frozen=True, slots=True)
class Item:
    """One item, in plain words.

    Attributes:
        title: the headline, one line; the page's address where the publisher gives no words at all.
        line: the first words of what it says, at most 200 characters; "" where it says no more than its headline.
        link: the page, without tracking parameters; None where it leads nowhere.
        published: seconds since 1970 as the publisher says; None where it says nothing usable.
        keys: by any of these it is known again.
    """

    title: str
    line: str
    link: str | None
    published: float | None
    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Raw:
    """An item whose keys are not settled yet; ``identity`` is what the publisher calls it, "" where nothing."""

    identity: str
    title: str
    line: str
    link: str | None
    published: float | None


def settled(raws: Sequence[Raw]) -> tuple[Item, ...]:
    """The items, each with its keys, at most :data:`MAX_ITEMS` of them. One that neither says nor leads to anything is none.

    An identity or a link that several items of one document share tells none of them apart, and is no key.
    """
    raws = [raw for raw in raws if raw.title or raw.link]
    identities = Counter(raw.identity for raw in raws)
    links = Counter(same_page(raw.link) for raw in raws if raw.link)
    items = []
    for raw in _newest(raws):
        keys = []
        if raw.identity and identities[raw.identity] == 1:
            keys.append(_key("id", raw.identity))
        if raw.link and links[page := same_page(raw.link)] == 1:
            keys.append(_key("link", page))
        words = _key("words", raw.title, raw.link or "", str(raw.published or ""))
        title = raw.title or shortened((raw.link or "").partition("://")[2], MAX_TITLE)
        items.append(Item(title, raw.line, raw.link, raw.published, tuple(keys or [words])))
    return tuple(_once(items))


def _newest(raws: Sequence[Raw]) -> Sequence[Raw]:
    """The newest ones by date; where there are no dates, from both ends, for some feeds have the newest last."""
    if len(raws) <= MAX_ITEMS:
        return raws
    if any(raw.published for raw in raws):
        return sorted(raws, key=lambda raw: -(raw.published or 0))[:MAX_ITEMS]
    half = MAX_ITEMS // 2
    return [*raws[:half], *raws[-half:]]


def _once(items: Iterable[Item]) -> Iterable[Item]:
    seen: set[str] = set()
    for item in items:
        if seen.isdisjoint(item.keys):
            seen.update(item.keys)
            yield item


def _key(*parts: str) -> str:
    return hashlib.blake2b("\0".join(parts).encode(errors="replace"), digest_size=8).hexdigest()
