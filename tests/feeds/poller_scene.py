"""A publisher, a review and a poller."""

from dataclasses import dataclass, replace

from bot.db.feeds import Candidate, FeedState
from bot.dossier.loader import Loading
from bot.dossier.models import Feed, FeedId, Language, Match
from bot.feeds.documents import FeedDocument
from bot.feeds.parser import parse
from bot.feeds.poller import FeedChecker, Poller
from tests.conftest import not_none
from tests.feeds.hostile import item, rss
from tests.feeds.review_scene import ReviewScene
from tests.servers.publisher import Publisher

HOUR = 3600.0
HARBOUR = FeedId("harbour")


def ferry(number: int, title: str = "") -> str:
    """An item that concerns us."""
    words = title or f"Ferry number {number} sails tonight at eight"
    return item(words, f"<guid>f{number}</guid><link>https://harbour.example/{number}</link>")


class CountingParser:
    """Counts the bodies, and parses them in this process; :mod:`tests.feeds.test_parser_process` starts the child processes."""

    def __init__(self) -> None:
        self.bodies = 0

    async def __call__(self, body: bytes, media_type: str, address: str) -> FeedDocument:
        self.bodies += 1
        return parse(body, media_type, address)


@dataclass
class Scene:
    """A publisher, a review and a poller."""

    publisher: Publisher
    reviewing: ReviewScene
    checker: FeedChecker
    poller: Poller

    def brings(self, *items: str, path: str = "/feed", **headers: str) -> None:
        """What the feed holds from now on."""
        self.publisher.gives(path, rss("".join(items)), **headers)

    def watches(self, **feeds: Feed) -> None:
        """The dossier's feeds from now on."""
        live = self.reviewing.live
        named = {FeedId(name): feed for name, feed in feeds.items()}
        live.update(Loading(replace(live.dossier, feeds=named), ()))

    def feed(self, path: str = "/feed", host: str = "news", **more: object) -> Feed:
        """A feed of the publisher's."""
        url = f"http://{host}.example:{self.publisher.port}{path}"
        values = {"url": url, "publisher": "Harbour", "language": Language("en"), "match": Match(all=["ferry"]), **more}
        return Feed.model_validate(values)

    async def waiting(self) -> list[Candidate]:
        return list(await self.reviewing.store.candidates.in_state("waiting"))

    async def state(self, name: FeedId = HARBOUR) -> FeedState:
        return not_none(await self.reviewing.store.feeds.get(name))

    async def next_turn(self) -> float:
        """Moves the clock to when the next feed is due, and lets it be asked; returns how many hours that took."""
        clock, due = self.reviewing.clock, (await self.state()).due
        hours = max(0.0, due - clock.now) / HOUR
        clock.now = max(clock.now, due)
        await self.poller.poll_once()
        return hours
