"""Leaves out items that were seen before, and stories that another feed or the dossier's sources already have."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from rapidfuzz import fuzz

from bot.db.feeds import Story
from bot.dossier.models import Dossier, Feed, FeedId
from bot.feeds.dates import plausible
from bot.feeds.documents import FeedItem
from bot.feeds.matcher import FeedMatcher
from bot.feeds.text import canonical, same_page
from bot.languages import records

MAX_KEYS = 6000
"""The number of keys stored per feed: those of the latest document (at most two per item), then the latest older ones."""

MAX_AGE_SECONDS = 7 * 24 * 3600.0
"""An item with an older date is not new, even if the feed did not have it before; the same limit as for bulletins."""

DUPLICATE_RATIO = 88.0
"""The similarity (0 to 100), in any order of words, from which headlines may be duplicates. With a higher value, editors see some
stories twice."""

MIN_WORDS = 4
"""Shorter headlines are similar by chance."""

SAME_WORD_RATIO = 70.0
"""The similarity from which words count as forms of one word: "sign" and "signs", подписали and подписала."""

NEGATIONS = frozenset(word for each in records() for word in each.negations)
"""Words that turn a headline into its opposite."""

_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class NewItems:
    """The new items of a document.

    Attributes:
        items: the newest first, undated ones before all others; with plausible dates.
        known: the keys to compare the next document with, latest first.
    """

    items: tuple[FeedItem, ...]
    known: tuple[str, ...]


def new_items(items: Sequence[FeedItem], known: Sequence[str] | None, now: float) -> NewItems:
    """Compares a document with the keys of earlier ones. ``known`` is None for the first document: no item counts as new."""
    unknown = [] if known is None else list(_unknown(items, frozenset(known), now))
    keys = dict.fromkeys([*(key for item in items for key in item.keys), *(known or ())])
    newest_first = sorted(unknown, key=lambda item: -(item.published or float("inf")))
    return NewItems(tuple(newest_first), tuple(keys)[:MAX_KEYS])


def stories_of(feed_id: FeedId, feed: Feed, items: Sequence[FeedItem]) -> Iterator[Story]:
    """The items that match the feed's ``match`` and have a link, as stories."""
    matcher = FeedMatcher(feed.match, feed.language)
    for item in items:
        verdict = matcher.judge(item.title, item.line)
        if verdict.matches and item.link:
            of_feed = feed_id, feed.publisher, feed.language, tuple(feed.topics)
            page, headline = same_page(item.link), headline_key(item.title, feed.publisher)
            words = item.title, item.line, item.link
            yield Story(*of_feed, *words, page, headline, verdict.found, item.published)


def without_duplicates(stories: Sequence[Story], seen: Sequence[tuple[str, str]], dossier: Dossier) -> Iterator[Story]:
    """The stories whose page and headline are not among ``seen``, and whose page is not a source of the dossier."""
    links = (canonical(source.url) for source in dossier.sources.values()) if stories else ()
    pages = {same_page(link) for link in links if link} | {page for page, _ in seen}
    headlines = [headline for _, headline in seen]
    for story in stories:
        if story.page not in pages and not any(are_duplicates(story.headline, known) for known in headlines):
            pages.add(story.page)
            headlines.append(story.headline)
            yield story


def headline_key(title: str, publisher: str = "") -> str:
    """The words of a headline in small letters, without the publisher's name at the end, for comparisons."""
    bare = re.sub(rf"\s*[|–—-]\s*{re.escape(publisher)}$", "", title, flags=re.IGNORECASE) if publisher else title
    return " ".join(_WORD.findall(bare.casefold()))


def are_duplicates(one: str, other: str) -> bool:
    """Whether two headline keys tell the same story.

    A missed duplicate costs an editor a press, but a story wrongly taken for a duplicate is never seen. So two headlines are not
    duplicates if their numbers differ, if only one has a negation, or if a word is replaced by an unrelated one.
    """
    if one == other:
        return bool(one)
    words, others = one.split(), other.split()
    if min(len(words), len(others)) < MIN_WORDS or _numbers(words) != _numbers(others):
        return False
    return fuzz.token_sort_ratio(one, other) >= DUPLICATE_RATIO and _differ_in_forms_only(set(words), set(others))


def _unknown(items: Sequence[FeedItem], known: frozenset[str], now: float) -> Iterator[FeedItem]:
    for item in items:
        published = plausible(item.published, now)
        is_old = published is not None and published < now - MAX_AGE_SECONDS
        if known.isdisjoint(item.keys) and not is_old:
            yield replace(item, published=published)


def _differ_in_forms_only(words: set[str], others: set[str]) -> bool:
    removed, added = words - others, others - words
    if not NEGATIONS.isdisjoint(removed | added):
        return False
    fewer, more = sorted((removed, added), key=len)
    return all(any(fuzz.ratio(word, stem) >= SAME_WORD_RATIO for stem in more) for word in fewer)


def _numbers(words: list[str]) -> frozenset[str]:
    return frozenset(word for word in words if any(char.isdigit() for char in word))
