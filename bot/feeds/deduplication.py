"""Items that are ours → stories for the desk, each told once. PURE."""

import re
from collections.abc import Iterator, Sequence

from rapidfuzz import fuzz

from bot.db.feeds import Story
from bot.dossier.models import Dossier, Feed, FeedId
from bot.feeds.matcher import Matcher, Verdict
from bot.feeds.parser import Item
from bot.feeds.text import canonical, same_page

ALIKE = 88.0
"""From which likeness (0 to 100, whatever the order of words) two headlines tell one story."""


MIN_WORDS = 4
"""Shorter headlines are alike too easily."""


FORMS = 70.0
"""From which likeness two words are forms of one, as "sign" and "signs", подписали and подписала."""


DENIALS = frozenset(
    {"no", "not", "never", "without", "cannot", "t"}  # as is left of "didn't"
    | {"tidak", "tak", "bukan", "belum", "batal", "tanpa", "jangan", "gagal"}
    | {"не", "нет", "ни", "без", "никогда", "отменили", "отменён", "отменена"}
)
"""Words of the three languages that turn a headline into its contrary."""


_WORD = re.compile(r"\w+")


def headline_key(title: str, publisher: str = "") -> str:
    """What is compared of a headline: its words, without the publisher's name that some put behind them."""
    bare = re.sub(rf"\s*[|–—-]\s*{re.escape(publisher)}$", "", title, flags=re.IGNORECASE) if publisher else title
    return " ".join(_WORD.findall(bare.casefold()))


def are_twins(one: str, other: str) -> bool:
    """Whether two keys tell the same story.

    A story told twice costs an editor a tap, one that is taken for another is never seen. So headlines never tell one
    story whose figures differ, of which one denies, or where a word stands in place of another that is no form of it.
    """
    if one == other:
        return bool(one)
    words, others = one.split(), other.split()
    if min(len(words), len(others)) < MIN_WORDS or _figures(words) != _figures(others):
        return False
    return fuzz.token_sort_ratio(one, other) >= ALIKE and _say_the_same(set(words), set(others))


def _say_the_same(words: set[str], others: set[str]) -> bool:
    gone, come = words - others, others - words
    if not DENIALS.isdisjoint(gone | come):
        return False
    fewer, more = sorted((gone, come), key=len)
    return all(any(fuzz.ratio(word, each) >= FORMS for each in more) for word in fewer)


def _figures(words: list[str]) -> frozenset[str]:
    return frozenset(word for word in words if any(char.isdigit() for char in word))


def stories_of(name: FeedId, feed: Feed, items: Sequence[Item]) -> Iterator[Story]:
    """The items that the feed's match takes and that lead somewhere, as stories."""
    matcher = Matcher(feed.match, feed.language)
    for item in items:
        verdict = matcher.judge(item.title, item.line)
        if verdict.taken and item.link:
            yield _story(name, feed, item, item.link, verdict)


def untold(stories: Sequence[Story], seen: Sequence[tuple[str, str]], dossier: Dossier) -> Iterator[Story]:
    """The stories that neither another feed nor the dossier's sources have told, by page or near-equal headline."""
    if not stories:
        return
    links = (canonical(source.url) for source in dossier.sources.values())
    pages = {same_page(link) for link in links if link} | {page for page, _ in seen}
    headlines = [headline for _, headline in seen]
    for story in stories:
        if story.page not in pages and not any(are_twins(story.headline, each) for each in headlines):
            pages.add(story.page)
            headlines.append(story.headline)
            yield story


def _story(name: FeedId, feed: Feed, item: Item, link: str, verdict: Verdict) -> Story:
    headline = headline_key(item.title, feed.publisher)
    return Story(
        name,
        feed.publisher,
        feed.language,
        tuple(feed.topics),
        item.title,
        item.line,
        link,
        same_page(link),
        headline,
        verdict.found,
        item.published,
    )
