"""A publisher, a port that nobody may reach, a fetcher that may go to the publisher only, the review and the poller."""

import asyncio
from collections.abc import AsyncIterator
from functools import partial

import pytest

from bot.app.content_check import check_change
from bot.db.store import Store
from bot.delivery.worker import DeliveryWorker
from bot.dossier.loader import checked, load
from bot.dossier.yaml_reader import YamlDocument
from bot.feeds.fetcher import Fetcher, FetchLimits, open_fetcher
from bot.feeds.poller import FeedChecker, Poller
from bot.feeds.review import Review, ReviewCommands
from bot.feeds.ssrf import policy
from bot.live_dossier import LiveDossier
from bot.newsroom.change_rules import Rules
from bot.newsroom.desk import Desk
from bot.newsroom.editors_chat import EditorsChat
from bot.newsroom.publisher import Newsroom
from bot.newsroom.worker import NewsroomWorker
from tests.audiences import subscribe_all
from tests.clocks import MovedClock
from tests.conftest import TINY, TODAY
from tests.databases import KINDS, PostgreSQL
from tests.delivery.scene import Platform
from tests.feeds.poller_scene import CountingParser, Scene
from tests.feeds.review_scene import EDITORS, NEIGHBOUR, READER, ReviewScene
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
async def fetching(names: Names, clock: MovedClock) -> AsyncIterator[Fetcher]:
    """A fetcher that may go to :data:`HOME`, and has two seconds for it."""
    async with open_fetcher(policy([HOME]), "https://nota.example", FetchLimits(seconds=2), names, clock) as opened:
        yield opened


@pytest.fixture
def database_kind(request: pytest.FixtureRequest) -> str | PostgreSQL:
    """A file of SQLite; every kind in turn where a test is marked with :data:`ON_EVERY_DATABASE`."""
    kind = getattr(request, "param", "sqlite-file")
    return request.getfixturevalue("postgresql") if kind == "postgresql" else kind


ON_EVERY_DATABASE = pytest.mark.parametrize("database_kind", KINDS, indirect=True)


@pytest.fixture
def live() -> LiveDossier:
    """The tiny dossier, watching one feed."""
    feed = {
        "url": "http://news.example/feed",
        "publisher": "Harbour Office",
        "language": "en",
        "topics": ["fare"],
        "match": {"all": ["ferry"]},
    }
    documents = {**load(TINY, TODAY).documents, "feeds.yaml": YamlDocument({"harbour": feed}, {(): 1})}
    files = checked(documents, TODAY)
    assert files.dossier is not None
    live = LiveDossier(files.dossier)
    live.update(files)
    return live


@pytest.fixture
async def reviewing(store: Store, live: LiveDossier, clock: MovedClock) -> AsyncIterator[ReviewScene]:
    """A review with an editors' chat and two subscribed readers; the worker runs."""
    await subscribe_all(store, [READER.chat_id], language="en")
    await subscribe_all(store, [NEIGHBOUR.chat_id], language="id")
    platform = Platform()
    worker = DeliveryWorker(store, platform, "holder")
    chat = EditorsChat(store, EDITORS)
    desk = Desk(store, live, Rules(needs_two=False), partial(check_change, live.loading), chat, worker.nudge)
    review = Review(store, live, chat, desk, worker.nudge)

    async def reload() -> None:
        pass

    newsroom = NewsroomWorker(Newsroom(store), live, desk, reload, worker.nudge, "one")
    await newsroom.look()
    sending = asyncio.create_task(worker.run())
    yield ReviewScene(store, live, clock, platform, worker, review, ReviewCommands(review), newsroom)
    sending.cancel()
    await asyncio.gather(sending, return_exceptions=True)


@pytest.fixture
def parser() -> CountingParser:
    """Counts the bodies."""
    return CountingParser()


@pytest.fixture
async def scene(publisher: Publisher, reviewing: ReviewScene, fetching: Fetcher, parser: CountingParser) -> Scene:
    """The tiny dossier with the publisher's feed, and no jitter."""
    checker = FeedChecker(reviewing.review, fetching, parser, chance=lambda: 0.5)
    scene = Scene(publisher, reviewing, checker, Poller(checker))
    scene.watches(harbour=scene.feed())
    return scene
