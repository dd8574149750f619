"""Items that are ours → stories for the desk, each told once. PURE."""

from collections.abc import Iterator, Sequence

from bot.dossier.model import Dossier, Feed, FeedId
from bot.store.candidates import Story
from bot.wire.matching import Matcher, Verdict
from bot.wire.reading.items import Item
from bot.wire.reading.links import canonical, same_page
from bot.wire.twins import are_twins, headline_key


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
