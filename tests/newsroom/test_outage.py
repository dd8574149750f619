"""An outage of the database is one line of the log, and its end another, however much waits for it."""

import asyncio
from collections import Counter
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest
import structlog

from bot.db.engine import DatabaseUnavailable, open_database
from bot.db.notifications import follow_changes
from bot.db.questions import UnansweredCounter
from bot.db.store import TIDY_SECONDS, Store, open_store
from bot.delivery.leader_election import Lease
from bot.dossier.loader import load
from bot.dossier.models import Language
from bot.feeds.poller import FeedChecker, Poller
from bot.feeds.review import Review
from bot.live_dossier import LiveDossier
from bot.newsroom.correction_history import Corrections
from bot.newsroom.editors_chat import EditorsChat
from bot.reader import Address
from bot.replies.reply import Reply
from bot.subscriptions.awaited import AwaitedAnswers
from tests.clocks import MovedClock, until
from tests.conftest import TINY, TODAY, not_none
from tests.databases import PostgreSQL
from tests.desk_scene import desk_on, worker_on
from tests.servers.cable import cable

TEN_MINUTES = 600.0

ALL = 10
"""How many kinds of work are repeated."""


class Pauses:
    """Stand in for ``asyncio.sleep``: the clock goes on instead. How often each kind of work paused is counted."""

    def __init__(self, clock: MovedClock) -> None:
        self.clock, self.numbers = clock, Counter[str]()

    async def __call__(self, seconds: float) -> None:
        task = asyncio.current_task()
        self.numbers[task.get_name() if task else ""] += 1
        if seconds < TIDY_SECONDS:  # the hour before old rows are deleted first
            self.clock.forward(seconds / 4)  # several wait at the same time
        await asyncio.sleep(0)


@contextmanager
def working(store: Store, pauses: Pauses) -> Iterator[None]:
    """Whatever looks into the database as long as a process runs."""
    dossier = not_none(load(TINY, TODAY).dossier)
    live, chat = LiveDossier(dossier), EditorsChat(store, Address("telegram", "-100"))
    desk = desk_on(store, live, chat)

    async def ask(question: str, language: Language) -> Reply:
        raise AssertionError(question, language)

    poller = Poller(FeedChecker(Review(store, live, chat, desk, lambda: None), None), pauses)  # type: ignore[arg-type]
    asked = UnansweredCounter(store.unanswered, stores_words=True)
    asked.note("en", "the tide")
    store.answered.add("telegram:1:1")
    lease = Lease(store.leases, "telegram:1", "one", pauses.clock, pauses)

    async def lead() -> None:
        while True:
            await lease.acquire()
            await lease.keep()

    work: dict[str, Coroutine[Any, Any, object]] = {
        "desk": desk.watch(pauses),
        "feeds": poller.run(),
        "newsroom": worker_on(store, live, sleep=pauses).run(),
        "corrections": Corrections(store).run(),
        "awaited answers": AwaitedAnswers(live, store, ask, lambda: TODAY).follow(lambda: None, pauses),
        "retention": store.tidy(400, pauses),
        "unanswered questions": asked.run(pauses),
        "readers of other processes": follow_changes(store.database, store.readers, store.answered, pauses),
        "answered updates": store.answered.tell_others(pauses),
        "lease": lead(),
    }
    assert len(work) == ALL
    tasks = [asyncio.create_task(each, name=name) for name, each in work.items()]
    try:
        yield
        assert not [task for task in tasks if task.done()]
    finally:
        for task in tasks:
            task.cancel()


@pytest.mark.slow
async def test_of_ten_minutes() -> None:
    """Nobody listens at that port. Each kind of work tries again and again, and none says so."""
    store = Store(open_database("postgresql://user:secret@127.0.0.1:1/nota?sslmode=disable"))
    clock = store.database.outage.clock = MovedClock()
    pauses, end = Pauses(clock), clock.now + TEN_MINUTES
    with structlog.testing.capture_logs() as said, working(store, pauses):
        await until(lambda: clock.now > end)
    assert len(pauses.numbers) >= ALL - 4  # two take no other clock, and two may wait for a place among the connections
    assert pauses.numbers.total() > 100
    assert [each["event"] for each in said if each["log_level"] != "info"] == ["the database does not answer"]


@pytest.mark.postgres
@pytest.mark.slow
async def test_of_a_cable(postgresql: PostgreSQL) -> None:
    """It is pulled and mended, twice."""
    async with postgresql.database() as url, cable(url) as way, open_store(way.url) as store:
        clock = store.database.outage.clock = MovedClock()
        with structlog.testing.capture_logs() as said, working(store, Pauses(MovedClock())):
            for _ in range(2):
                for change, event in (
                    (way.pull, "the database does not answer"),
                    (way.mend, "the database answers again"),
                ):
                    change()
                    await until(lambda: clock.forward(0.05) or (said and said[-1]["event"] == event))  # type: ignore[func-returns-value]  # noqa: B023
        events = [each["event"] for each in said if each["event"].startswith("the database")]
        assert events == ["the database does not answer", "the database answers again"] * 2
        assert [each for each in said if each["log_level"] == "warning"] == []


async def test_work_is_woken_and_chooses_its_next_pause() -> None:
    database = open_database("postgresql://user:secret@127.0.0.1:1/nota?sslmode=disable")
    wake, runs = asyncio.Event(), 0

    async def work() -> float | None:
        nonlocal runs
        runs += 1
        match runs:
            case 1:
                return 0.0
            case 2:
                raise DatabaseUnavailable
            case 3:
                return None
            case _:
                raise KeyError

    paused = []

    async def sleep(seconds: float) -> None:
        paused.append(seconds)

    working = asyncio.create_task(database.repeat(work, None, wake, sleep))
    await until(lambda: runs == 3)
    wake.set()
    with suppress(KeyError):  # a bug is not an outage
        await working
    assert runs == 4
    assert paused == [2.0]
