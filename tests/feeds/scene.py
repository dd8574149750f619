"""A publisher, a desk, and somebody who watches: what the watch's tests play on."""

from dataclasses import dataclass, replace

from bot.db.feeds import Candidate, FeedState
from bot.dossier.loader import Loading
from bot.dossier.models import Feed, FeedId, Language, Match
from bot.feeds.poller import Intake, Watch
from tests.feeds.hostile import item, rss
from tests.feeds.newsdesk import Newsdesk
from tests.servers.publisher import Publisher

HOUR = 3600.0
HARBOUR = FeedId("harbour")


def ferry(number: int, title: str = "") -> str:
    """An item that concerns us."""
    words = title or f"Ferry number {number} sails tonight at eight"
    return item(words, f"<guid>f{number}</guid><link>https://harbour.example/{number}</link>")


@dataclass
class Scene:
    """A publisher, a desk, and somebody who watches."""

    publisher: Publisher
    newsdesk: Newsdesk
    intake: Intake
    watch: Watch

    def brings(self, *items: str, path: str = "/feed", **headers: str) -> None:
        """What the feed holds from now on."""
        self.publisher.gives(path, rss("".join(items)), **headers)

    def watches(self, **feeds: Feed) -> None:
        """The edition's feeds from now on."""
        edition = self.newsdesk.edition
        named = {FeedId(name): feed for name, feed in feeds.items()}
        edition.take(Loading(replace(edition.dossier, feeds=named), ()))

    def feed(self, path: str = "/feed", host: str = "news", **more: object) -> Feed:
        """A feed of the publisher's."""
        url = f"http://{host}.example:{self.publisher.port}{path}"
        values = {"url": url, "publisher": "Harbour", "language": Language("en"), "match": Match(all=["ferry"]), **more}
        return Feed.model_validate(values)

    async def waiting(self) -> list[Candidate]:
        return list(await self.newsdesk.store.candidates.in_state("waiting"))

    async def state(self, name: FeedId = HARBOUR) -> FeedState:
        state = await self.newsdesk.store.feeds.get(name)
        assert state is not None
        return state

    async def next_turn(self) -> float:
        """Moves the clock to when the next feed is due, and lets it be asked; returns how many hours that took."""
        clock, due = self.newsdesk.clock, (await self.state()).due
        hours = max(0.0, due - clock.now) / HOUR
        clock.now = max(clock.now, due)
        await self.watch.turn()
        return hours
