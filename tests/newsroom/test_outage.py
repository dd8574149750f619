"""An outage of the database is one line of the log, however many wait for its end."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

import structlog

from bot.db.engine import open_database
from bot.db.store import store_on
from bot.dossier.loader import load
from bot.feeds.poller import FeedChecker, Poller
from bot.feeds.published import PublishedNews
from bot.feeds.review import Review
from bot.live_dossier import LiveDossier
from bot.newsroom.desk_decisions import Desk
from bot.newsroom.editors_chat import EditorsChat
from bot.newsroom.publisher import Newsroom, NewsroomWorker
from bot.reader import Address
from tests.clocks import MovedClock, until
from tests.conftest import TINY, TODAY
from tests.newsroom.test_desk import TWO

TEN_MINUTES = 600.0


class Pauses:
    """Stands in for ``asyncio.sleep``: the clock goes on instead."""

    def __init__(self, clock: MovedClock) -> None:
        self.clock, self.number = clock, 0

    async def __call__(self, seconds: float) -> None:
        self.number += 1
        self.clock.forward(seconds / 4)  # four wait at the same time
        await asyncio.sleep(0)


async def test_of_ten_minutes() -> None:
    """Nobody listens at that port."""
    store = store_on(open_database("postgresql://user:secret@127.0.0.1:1/nota?sslmode=disable"))
    clock, dossier = MovedClock(), load(TINY, TODAY).dossier
    assert dossier is not None
    store.leases.outage.clock = clock
    news, pauses, chat = PublishedNews(store), Pauses(clock), EditorsChat(store, Address("telegram", -100))
    live, end = LiveDossier(dossier), clock.now + TEN_MINUTES

    async def reload() -> None:
        """Nothing has changed."""

    poller = Poller(FeedChecker(Review(store, live, chat, lambda: None), None), pauses)  # type: ignore[arg-type]
    work = (
        Desk(store, live, TWO, lambda *_: [], chat).watch(pauses),
        poller.run(),
        NewsroomWorker(Newsroom(store), live, reload, lambda: None, sleep=pauses).run(),
        news.run(live),
    )
    with structlog.testing.capture_logs() as said, running(*work):
        await until(lambda: news.nudge() or clock.now > end)  # type: ignore[func-returns-value]
    assert pauses.number > 50
    assert [each["event"] for each in said if each["log_level"] != "info"] == ["the database does not answer"]


@contextmanager
def running(*work: object) -> Iterator[None]:
    tasks = [asyncio.ensure_future(each) for each in work]  # type: ignore[call-overload]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
