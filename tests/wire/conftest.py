"""What the wire's tests stand on: a publisher, a door that must stay shut, a fetcher that may go to the one only."""

from collections.abc import AsyncIterator

import pytest

from bot.wire.addresses import policy
from bot.wire.fetching import Fetcher, Limits, fetcher
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
    return Names({"news.example": [[HOME]]})


@pytest.fixture
async def fetching(names: Names) -> AsyncIterator[Fetcher]:
    """A fetcher that may go to :data:`HOME`, and has half a second for it."""
    async with fetcher(policy([HOME]), "https://nota.example", Limits(seconds=0.5), names) as opened:
        yield opened
