"""Two and four processes on one PostgreSQL: one sends; it is killed, frozen, stopped, and another takes over."""

import asyncio
import signal
from itertools import pairwise
from pathlib import Path
from time import monotonic

import pytest

from bot.db.store import Store, open_store
from tests.bot_process import until_up
from tests.chaos.fleet import Replica
from tests.chaos.scene import IN_FLIGHT, STOP_SECONDS, Scene, all_delivered, scene, table
from tests.chaos.test_kills import ON_ITS_WAY_SECONDS
from tests.databases import PostgreSQL
from tests.servers.crowd_desk import Log

pytestmark = [pytest.mark.chaos, pytest.mark.postgres]

READERS, PER_SECOND = 10_000, 200
LATENCY_SECONDS = 0.05
FROZEN_SECONDS = 20.0
TAKEOVER_SECONDS = 15.0
AT_ONCE_SECONDS = 4.0
"""A lease that is given back is looked at each second, and rests for one, so that no second sees two senders."""

KILLED_AT, FROZEN_AT, STOPPED_AT = 2000, 4000, 6000
STOPS = 3

LONGEST_SECONDS = 300
"""For what a loaded machine may take its time: starting processes, sending. What is promised is measured by the sends' own times."""


async def sender(at: Scene, store: Store) -> Replica:
    """The process that holds the lease."""
    async with asyncio.timeout(LONGEST_SECONDS):
        while (holder := await at.holder(store)) is None:  # noqa: ASYNC110  the database tells nobody
            await asyncio.sleep(0.05)
    pid = int(holder.split("-")[-2])
    return next(each for each in at.replicas if each.process.pid == pid)


async def reach(at: Scene, chats: int) -> None:
    assert await at.crowd.until(chats, LONGEST_SECONDS) >= chats, at.said()


async def stopped_one(at: Scene, store: Store) -> float:
    """The one that sends is stopped, after another was started and is ready, as in a rolling deploy; returns when."""
    fresh = await at.start()
    await until_up(fresh.url, fresh.process)
    victim = await sender(at, store)
    moment = monotonic()
    assert await at.stop(victim) < STOP_SECONDS
    return moment


def pause_after(log: Log, moment: float) -> float:
    """Seconds from the last message of the one that is gone to the first of its successor."""
    longest = 0.0
    for one, two in pairwise([entry.at for entry in log.entries]):
        if moment - 1 <= two and one <= moment + TAKEOVER_SECONDS + 5:
            longest = max(longest, two - max(one, moment))
    return longest


@pytest.mark.parametrize("replicas", [2, 4])
class TestLanes:
    """A bulletin to 10,000 readers at 200 a second."""

    async def test_killed_frozen_and_stopped(self, replicas: int, postgresql: PostgreSQL, tmp_path: Path) -> None:
        """Nobody misses it, none gets it twice but by the sends under way, and no second sees more than the limit."""
        settings = {"TELEGRAM_MESSAGES_PER_SECOND": str(PER_SECOND)}
        async with (
            scene("telegram", postgresql, tmp_path, latency=LATENCY_SECONDS, **settings) as at,
            open_store(at.database_url) as store,
        ):
            for _ in range(replicas):
                await at.start()
            await sender(at, store)
            at.write("Ferry")
            await reach(at, KILLED_AT)
            killed = await at.kill(await sender(at, store))
            await at.start()
            await reach(at, FROZEN_AT)
            victim = await sender(at, store)
            victim.process.send_signal(signal.SIGSTOP)
            frozen = monotonic()
            await asyncio.sleep(FROZEN_SECONDS)
            victim.process.send_signal(signal.SIGCONT)
            revived = monotonic()
            await reach(at, STOPPED_AT)
            stops = [await stopped_one(at, store) for _ in range(STOPS)]
            reached = await at.crowd.until(READERS, LONGEST_SECONDS)
            counts = await at.settled(all_delivered)
            log = await at.log()
        moments = {"killed": killed, "frozen": frozen} | {f"stopped {place}": at for place, at in enumerate(stops, 1)}
        pauses = {name: pause_after(log, moment) for name, moment in moments.items()}
        twice = {
            name: len([each for each in log.doubled() if moment - 9 < each.at <= moment + ON_ITS_WAY_SECONDS])
            for name, moment in moments.items()
        }
        late = [each for each in log.doubled() if revived - 1 < each.at < revived + 9]
        table(
            f"{replicas} replicas on PostgreSQL, one bot, {PER_SECOND} a second",
            [
                ("", *moments, "all"),
                ("seconds until another sends", *(f"{each:.1f}" for each in pauses.values()), ""),
                ("sends under way", *map(log.under_way, moments.values()), ""),
                ("chats that got it twice", *twice.values(), len(log.doubled())),
                ("chats that got nothing", *[""] * len(moments), READERS - len(log.messages())),
                ("most in any second", *[""] * len(moments), log.most_in_a_second()),
            ],
        )
        assert reached == len(log.messages()) == READERS
        assert counts == {"delivered": READERS}
        assert max(twice.values()) <= IN_FLIGHT
        assert len(log.doubled()) == twice["killed"] + twice["frozen"]
        assert late == []
        assert log.most_in_a_second() <= PER_SECOND
        assert max(pauses["killed"], pauses["frozen"]) <= TAKEOVER_SECONDS
        assert max(pause for name, pause in pauses.items() if name.startswith("stopped")) <= AT_ONCE_SECONDS
