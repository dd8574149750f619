"""``python -m tests.chaos.watcher DATABASE URL``: watches one feed by a clock on which a second is an hour, until killed."""

import asyncio
import sys
import time
from dataclasses import replace
from functools import partial

from bot.delivery import Address
from bot.dossier.feeds import Match
from bot.dossier.loading import load
from bot.dossier.model import Feed, FeedId, Language
from bot.edition import Edition
from bot.store.store import open_store
from bot.wire.addresses import policy
from bot.wire.fetching import fetcher
from bot.wire.intake import Intake
from bot.wire.opening import open_wire
from bot.wire.reading.apart import reading_apart
from bot.wire.watching import Watch
from tests.clocks import MONDAY_NOON
from tests.conftest import TINY, TODAY
from tests.servers.publisher import HOME

EDITORS = Address("telegram", -100)


def fast(since: float) -> float:
    """A second is an hour."""
    return MONDAY_NOON + (time.time() - since) * 3600


async def watch(database: str, url: str, since: float) -> None:
    dossier = load(TINY, TODAY).dossier
    assert dossier is not None
    feed = Feed(url=url, publisher="Harbour", language=Language("en"), match=Match(any=["ferry"]))
    edition = Edition(replace(dossier, feeds={FeedId("harbour"): feed}))
    async with (
        open_store(database, partial(fast, since)) as store,
        fetcher(policy([HOME])) as fetching,
        reading_apart() as reader,
    ):
        desk = (await open_wire(store, edition, EDITORS, lambda: None)).desk
        watch = Watch(store, edition, Intake(store, edition, desk, fetching, reader), "watcher")
        while True:
            await watch.turn()
            await asyncio.sleep(0.02)


if __name__ == "__main__":
    asyncio.run(watch(sys.argv[1], sys.argv[2], float(sys.argv[3])))
