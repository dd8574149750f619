"""What the wire's tests stand on: a publisher, a door that must stay shut, a fetcher that may go to the one only."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace

import pytest

from bot.answers.reply import Reply
from bot.delivery import Address
from bot.dossier.feeds import Match
from bot.dossier.loading import load
from bot.dossier.model import Feed, FeedId, Language, TopicId
from bot.edition import Edition
from bot.outbox.outbox import Outbox
from bot.platforms.text.render import render
from bot.store.candidates import Story
from bot.store.store import Store
from bot.wire.addresses import policy
from bot.wire.commands import WireCommands
from bot.wire.desk import EditorsDesk
from bot.wire.fetching import Fetcher, Limits, fetcher
from bot.wire.publishing import Publishing
from bot.wire.showing import Showing, editors_at
from tests.audiences import subscribe_all
from tests.clocks import MovedClock
from tests.conftest import TINY, TODAY
from tests.databases import KINDS, PostgreSQL
from tests.outbox.platform import Platform
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

EDITORS = Address("telegram", -100, None)
READER = Address("telegram", 7)
"""A reader of English, subscribed to all topics; his Indonesian neighbour is 8."""

NEIGHBOUR = Address("telegram", 8)


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


@dataclass
class Newsdesk:
    """A desk whose messages go out, to the editors' chat and to readers."""

    store: Store
    edition: Edition
    clock: MovedClock
    platform: Platform
    outbox: Outbox
    desk: EditorsDesk
    commands: WireCommands

    async def put(self, *stories: Story, auto: bool = False) -> None:
        """Stories come to the desk."""
        async with self.store.database.write() as connection:
            await self.desk.take_in(connection, stories, auto=auto, now=self.clock.now)
        await self.desk.release()

    async def press(self, argument: str, asker: str = "Anna", where: Address = EDITORS) -> Reply:
        """Somebody presses a button of the wire, or types the command."""
        return await self.commands.respond(argument, where, Language("en"), asker)

    async def stands(self, where: Address, *titles: str) -> list[Reply]:
        """What stands in a chat, once these are the headings there."""
        for _ in range(500):
            replies = self.platform.messages(where)
            if [reply.heading for reply in replies] == list(titles):
                return replies
            await asyncio.sleep(0.01)
        raise AssertionError([reply.heading for reply in self.platform.messages(where)])

    async def says(self, where: Address, words: str) -> Reply:
        """The last message of a chat, once it holds the words."""
        for _ in range(500):
            replies = self.platform.messages(where)
            if replies and words in render(replies[-1]):
                return replies[-1]
            await asyncio.sleep(0.01)
        raise AssertionError([render(reply) for reply in self.platform.messages(where)])


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
