"""Assistants that ask ``/mcp`` as fast as the page's limit allows, beside a broadcast.

Each assistant has an address of its own, which the bot takes from ``X-Forwarded-For`` as from an operator's router. It asks as many questions as
the limit allows at once, one after the other, and then one each time the limit gives one back. The broadcast runs alone first, then the assistants
for as long as that took, then both. The assistants share a core with the loopback Bot API, so what they wait includes their own side.
"""

import asyncio
import os
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from itertools import count
from random import Random
from statistics import quantiles
from typing import TypeVar

import aiohttp

from benchmarks.audience import database, subscribe
from benchmarks.delivery_bot import RunningBot, running_bot
from benchmarks.delivery_log import Row, Traffic, met_within, traffic
from benchmarks.matching import questions
from benchmarks.processes import LOAD_CORE
from bot.conversation import PUBLIC_AT_ONCE, PUBLIC_PER_SECOND
from tests.servers.rate_limits import RateLimits

Meanwhile = TypeVar("Meanwhile")

ASSISTANTS = 100
VERSION = "2025-11-25"
LONGEST_START_SECONDS = 120.0
SLOWER = 1.05
"""A broadcast that takes at most this many times as long as alone is unchanged: runs of the same kind differ by a few per cent."""


@dataclass(slots=True)
class Asked:
    """The questions, each with its language; what the assistants waited for each answer, in seconds; how many questions had none."""

    questions: list[tuple[str, str]]
    seconds: list[float] = field(default_factory=list)
    failed: int = 0

    def percentile(self, number: int) -> float:
        """In milliseconds."""
        return quantiles(self.seconds, n=100)[number - 1] * 1000


def assistants(readers: int = 10_000, per_second: int = 1000) -> Iterator[Row]:
    """The broadcast alone and beside the assistants; what they wait for an answer beside it and without it."""
    with database("sqlite") as url:
        subscribe(url, readers)
        with running_bot(RateLimits(((0.0, per_second),)), url, per_second) as bot:
            alone, _ = _broadcast(bot, 1, readers, per_second, nullcontext())
            _until_idle(bot)
            with _asking(bot.address, 0) as quiet:
                time.sleep(alone.seconds)
            beside, busy = _broadcast(bot, 2, readers, per_second, _asking(bot.address, ASSISTANTS))
    yield met_within(f"{readers:,} at {per_second:,}/s", alone, readers, round(readers / per_second * SLOWER, 2))
    yield met_within(f"  beside {ASSISTANTS} assistants", beside, readers, round(alone.seconds * SLOWER, 2))
    for title, asked in (("without the broadcast", quiet), ("beside it", busy)):
        words = f"{len(asked.seconds)} answers, p50 {asked.percentile(50):.1f} ms, p99 {asked.percentile(99):.1f} ms"
        yield Row(f"  questions {title}", f"{words}, {asked.failed} failed", "none failed", not asked.failed)
    yield Row("  p99 beside it against p99 without", f"{busy.percentile(99) / quiet.percentile(99):.2f}")


def _broadcast(
    bot: RunningBot, number: int, readers: int, per_second: int, meanwhile: AbstractContextManager[Meanwhile]
) -> tuple[Traffic, Meanwhile]:
    """A bulletin sent to all readers, with ``meanwhile`` from its first message to its last. ``number``: 1 for the first."""
    _until_idle(bot)
    sent = (number - 1) * readers
    before = len(bot.api.log())
    bot.publish(number)
    bot.api.until_taken(sent + 1, LONGEST_START_SECONDS)
    with meanwhile as entered:
        bot.api.until_taken(sent + readers, readers / per_second * 3 + 30)
    return traffic(bot.api.log()[before:]), entered


def _until_idle(bot: RunningBot) -> None:
    """Until the bot takes less than a twentieth of a processor. After a start or a reload it checks content for a while in the background."""
    deadline = time.monotonic() + LONGEST_START_SECONDS
    while time.monotonic() < deadline and bot.meter.process.cpu_percent(2.0) > 5:
        pass


@contextmanager
def _asking(address: str, first: int) -> Iterator[Asked]:
    """Asks in a thread of its own, on the load's core, until the block ends.

    ``first``: the number of the first assistant; an address that has asked before may ask less.
    """
    asked, ends, numbers = Asked(questions()), threading.Event(), range(first, first + ASSISTANTS)
    thread = threading.Thread(target=lambda: asyncio.run(_ask(address, numbers, asked, ends)))
    thread.start()
    try:
        yield asked
    finally:
        ends.set()
        thread.join()


async def _ask(address: str, numbers: Iterable[int], asked: Asked, ends: threading.Event) -> None:
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {int(LOAD_CORE)})  # this thread alone
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
        await asyncio.gather(*(_assistant(session, address, number, asked, ends) for number in numbers))


async def _assistant(
    session: aiohttp.ClientSession, address: str, number: int, asked: Asked, ends: threading.Event
) -> None:
    random = Random(number)
    headers = {"MCP-Protocol-Version": VERSION, "X-Forwarded-For": f"203.0.113.{number + 1}"}
    began = time.monotonic()
    for turn in count():
        due = began + max(0, turn + 1 - PUBLIC_AT_ONCE) / PUBLIC_PER_SECOND
        while (left := due - time.monotonic()) > 0 and not ends.is_set():  # noqa: ASYNC110  another thread ends it
            await asyncio.sleep(min(left, 0.1))
        if ends.is_set():
            return
        question, language = random.choice(asked.questions)
        params = {"name": "ask", "arguments": {"question": question, "language": language}}
        sent = time.monotonic()
        message = {"jsonrpc": "2.0", "id": turn, "method": "tools/call", "params": params}
        async with session.post(f"{address}/mcp", json=message, headers=headers) as response:
            answer = await response.json()
        if answer.get("result", {"isError": True}).get("isError"):
            asked.failed += 1
        else:
            asked.seconds.append(time.monotonic() - sent)
