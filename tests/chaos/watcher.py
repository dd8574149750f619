"""``python -m tests.chaos.watcher DATABASE URL SINCE``: watches one feed by a clock on which a second is an hour, until killed.

An editor takes each third story as a change at once.
"""

import asyncio
import sys
import time
from dataclasses import replace
from functools import partial

from bot.db.store import open_store
from bot.dossier.loader import load
from bot.dossier.models import Feed, FeedId, Language, Match
from bot.feeds.fetcher import open_fetcher
from bot.feeds.poller import FeedChecker, Poller
from bot.feeds.review import Review
from bot.feeds.ssrf import policy
from bot.live_dossier import LiveDossier
from bot.newsroom.editors_chat import EditorsChat
from bot.reader import Address
from tests.clocks import MONDAY_NOON
from tests.conftest import TINY, TODAY
from tests.desk_scene import ANNA, desk_on
from tests.servers.publisher import HOME

EDITORS = Address("telegram", "-100")


def fast(since: float) -> float:
    """A second is an hour."""
    return MONDAY_NOON + (time.time() - since) * 3600


async def watch(database: str, url: str, since: float) -> None:
    dossier = load(TINY, TODAY).dossier
    assert dossier is not None
    feed = Feed(url=url, publisher="Harbour", language=Language("en"), match=Match(any=["ferry"]))
    live = LiveDossier(replace(dossier, feeds={FeedId("harbour"): feed}))
    async with (
        open_store(database, partial(fast, since)) as store,
        open_fetcher(policy([HOME])) as fetcher,
    ):
        chat = EditorsChat(store, EDITORS)
        review = Review(store, live, chat, desk_on(store, live, chat), lambda: None)
        poller = Poller(FeedChecker(review, fetcher))
        while True:
            await poller.poll_once()
            for candidate in await store.candidates.in_state("waiting"):
                if candidate.id % 3 == 0:
                    await review.take(candidate.id, ANNA)
            await asyncio.sleep(0.02)


if __name__ == "__main__":
    asyncio.run(watch(sys.argv[1], sys.argv[2], float(sys.argv[3])))
