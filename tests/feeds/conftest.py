"""What the wire's tests stand on: a publisher, a door that must stay shut, a fetcher that may go to the one only."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from bot.db.store import Store
from bot.delivery.worker import Outbox
from bot.dossier.loader import load
from bot.dossier.models import Feed, FeedId, Language, Match, TopicId
from bot.feeds.fetcher import Fetcher, Limits, fetcher
from bot.feeds.parser_process import Reader, reading_apart
from bot.feeds.poller import Intake, Watch
from bot.feeds.review import EditorsDesk, Publishing, Showing, editors_at
from bot.feeds.review_messages import WireCommands
from bot.feeds.ssrf import policy
from bot.live_dossier import Edition
from tests.audiences import subscribe_all
from tests.clocks import MovedClock
from tests.conftest import TINY, TODAY
from tests.databases import KINDS, PostgreSQL
from tests.delivery.platform import Platform
from tests.feeds.newsdesk import EDITORS, NEIGHBOUR, READER, Newsdesk
from tests.feeds.scene import Scene
from tests.servers.publisher import HOME, Door, Names, Publisher, publishing, watched_door


@pytest.fixture
async def publisher() -> AsyncIterator[Publisher]:
    """A publisher at :data:`HOME`."""
    async with publishing() as opened:
        yield opened


@pytest.fixture
async def door() -> AsyncIterator[Door]:
    """A door on 127.0.0.1."""
    async with watched_door() as opened:
        yield opened
        assert opened.knocks == 0


@pytest.fixture
def names() -> Names:
    """The only names there are."""
    return Names({"news.example": [[HOME]], "localhost": [["127.0.0.1", "::1"]]})


@pytest.fixture
async def fetching(names: Names) -> AsyncIterator[Fetcher]:
    """A fetcher that may go to :data:`HOME`, and has half a second for it."""
    async with fetcher(policy([HOME]), "https://nota.example", Limits(seconds=0.5), names) as opened:
        yield opened


@pytest.fixture
def database_kind(request: pytest.FixtureRequest) -> str | PostgreSQL:
    """SQLite in memory; every kind in turn where a test is marked with :data:`ON_EVERY_DATABASE`."""
    kind = getattr(request, "param", "sqlite-memory")
    return request.getfixturevalue("postgresql") if kind == "postgresql" else kind


ON_EVERY_DATABASE = pytest.mark.parametrize("database_kind", KINDS, indirect=True)


@pytest.fixture
def edition() -> Edition:
    """The tiny dossier, watching one feed."""
    dossier = load(TINY, TODAY).dossier
    assert dossier is not None
    match = Match(all=["ferry"])
    feed = Feed(
        url="http://news.example/feed",
        publisher="Harbour Office",
        language=Language("en"),
        topics=[TopicId("fare")],
        match=match,
    )
    return Edition(replace(dossier, feeds={FeedId("harbour"): feed}))


@pytest.fixture
async def newsdesk(store: Store, edition: Edition, clock: MovedClock) -> AsyncIterator[Newsdesk]:
    """A desk with an editors' chat and two subscribed readers, its outbox running."""
    await subscribe_all(store, [READER.chat_id], language="en")
    await subscribe_all(store, [NEIGHBOUR.chat_id], language="id")
    platform = Platform()
    outbox = Outbox(store, platform, "holder")
    showing = Showing(store, edition, await editors_at(store, EDITORS))
    desk = EditorsDesk(store, Publishing(store, edition), showing, outbox.nudge)
    sending = asyncio.create_task(outbox.run())
    yield Newsdesk(store, edition, clock, platform, outbox, desk, WireCommands(desk, EDITORS))
    sending.cancel()
    await asyncio.gather(sending, return_exceptions=True)


@pytest.fixture
async def reader() -> AsyncIterator[Reader]:
    """A reader in a process of its own."""
    async with reading_apart() as opened:
        yield opened


@pytest.fixture
async def scene(publisher: Publisher, newsdesk: Newsdesk, fetching: Fetcher, reader: Reader) -> Scene:
    """The tiny dossier watching the publisher's feed, and no jitter."""
    intake = Intake(newsdesk.store, newsdesk.edition, newsdesk.desk, fetching, reader, chance=lambda: 0.5)
    fetching.now = newsdesk.clock
    scene = Scene(publisher, newsdesk, intake, Watch(newsdesk.store, newsdesk.edition, intake, "one"))
    scene.watches(harbour=scene.feed())
    return scene
