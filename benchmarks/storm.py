"""Crowds that ask at once: 600 subscribe, 600 ask in words, 300 unsubscribe; by polling, by webhook and on Discord, on both databases.

``python -m benchmarks.storm [KIND…] [--busy N]``; kinds are ``polling``, ``webhook`` and ``discord``. ``--busy`` adds N processes that only count, on
all cores, once the bot has started. Times are counted from the moment at which all have asked until each is answered. An
*apology* says that something went wrong; *late* is an interaction whose callback came after Discord's three seconds.
"""

import argparse
import asyncio
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median, quantiles
from typing import Any

import aiohttp

from benchmarks.audience import database, with_store
from benchmarks.discord import PATH, nota_on
from benchmarks.nota import nota
from benchmarks.replica import KINDS
from bot.db.store import Store
from bot.platforms.discord.limits import ANSWER_SECONDS
from bot.platforms.telegram.webhook import CONNECTIONS
from tests.servers.discord import discord_api
from tests.servers.discord_people import MANAGER, PUBLIC_KEY, Deliver, Person, by_http
from tests.servers.telegram import BotApi, Called, bot_api

SUBSCRIBING, ASKING, UNSUBSCRIBING = 600, 600, 300
QUESTIONS = (
    "how long does it last",
    "how much will the internet cost",
    "berapa lama",
    "сколько стоит интернет",
    "who signed it",
    "is it true it lasts ten years",
    "when was it signed",
)
FIRST = 100_000
"""The first person's id."""

AT_ONCE = 50
"""New connections that are opened at once, before the crowds come."""

SECONDS = 300.0
"""After this time whoever has no answer counts as unanswered."""

APOLOGY = "Something went wrong"


@dataclass(slots=True)
class Storm:
    """What a crowd met: seconds until each answer, how many were apologies, and callbacks that came too late for Discord."""

    where: str
    what: str
    people: int
    seconds: list[float] = field(default_factory=list)
    apologies: int = 0
    late: int = 0

    def answered(self, seconds: float, text: str) -> None:
        self.seconds.append(seconds)
        self.apologies += APOLOGY in text


Ask = Callable[[Storm, Sequence[str]], Awaitable[None]]
"""Has one person for each text send it, all at once, and returns when they are answered."""


async def crowds(where: str, ask: Ask, load: int, command: str = "/") -> list[Storm]:
    """The three crowds, beside so many busy processes; ``command``: what a command begins with."""
    await ask(Storm(where, "warm up", 1), QUESTIONS[:1])
    with busy(load):
        return [storm async for storm in _crowds(where, ask, command)]


async def _crowds(where: str, ask: Ask, command: str) -> AsyncIterator[Storm]:
    for what, texts in (
        ("subscribe", [f"{command}subscribe"] * SUBSCRIBING),
        ("ask in words", [f"{QUESTIONS[number % len(QUESTIONS)]} {number}" for number in range(ASKING)]),
        ("unsubscribe", [f"{command}unsubscribe"] * UNSUBSCRIBING),
    ):
        storm = Storm(where, what, len(texts))
        await ask(storm, texts)
        yield storm


def update(person: int, text: str) -> dict[str, Any]:
    who = {"id": person, "is_bot": False, "first_name": "Reader", "language_code": "en"}
    chat = {"id": person, "type": "private", "first_name": "Reader"}
    return {"message": {"message_id": 1, "from": who, "chat": chat, "date": int(time.time()), "text": text}}


async def telegram(where: str, url: str, load: int) -> list[Storm]:
    """By polling or by webhook, over as many connections as Telegram opens."""
    async with bot_api() as api:
        with ExitStack() as stack:
            make = nota(api.url, webhook=where == "webhook", database_url=url)
            await asyncio.to_thread(stack.enter_context, make)
            await api.when(lambda: api.state.webhook or api.waits)

            async def ask(storm: Storm, texts: Sequence[str]) -> None:
                waiting = set(range(FIRST, FIRST + len(texts)))
                began = time.perf_counter()

                def answered(called: Called) -> None:
                    person = called.given.get("chat_id")
                    if called.method == "sendMessage" and person in waiting:
                        waiting.discard(person)
                        storm.answered(time.perf_counter() - began, called.given["text"])

                api.on_call = answered
                updates = [update(FIRST + number, text) for number, text in enumerate(texts)]
                await (_bring(api, updates) if where == "webhook" else api.feed(*updates))
                try:
                    await api.when(lambda: not waiting, SECONDS)
                except TimeoutError:
                    print(f"{len(waiting)} got no answer", file=sys.stderr)

            return await crowds(where, ask, load)


async def _bring(api: BotApi, updates: Sequence[dict[str, Any]]) -> None:
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=CONNECTIONS)) as session:
        statuses = await asyncio.gather(*(api.bring(session, each) for each in updates))
    if set(statuses) != {200}:
        print(f"statuses {sorted(set(statuses))}", file=sys.stderr)


async def discord(url: str, load: int) -> list[Storm]:
    """Signed interactions, each person in the bot's direct messages."""
    async with discord_api() as server, _on_discord(server.url, url) as deliver:
        people = [Person(server, deliver, server.world.direct(FIRST + n), id=FIRST + n) for n in range(SUBSCRIBING)]
        for person in people:
            person.permissions = MANAGER

        async def ask(storm: Storm, texts: Sequence[str]) -> None:
            began = time.perf_counter()

            async def one(person: Person, text: str) -> None:
                seen: list[float] = []

                async def timed(interaction: dict[str, Any]) -> dict[str, Any]:
                    sent = time.perf_counter()
                    callback = await deliver(interaction)
                    seen.append(time.perf_counter() - sent)
                    return callback

                person.deliver = timed
                is_command = text in ("subscribe", "unsubscribe")
                async with asyncio.timeout(SECONDS):
                    shown = await (person.use(text) if is_command else person.use("ask", question=text))
                storm.late += max(seen) > ANSWER_SECONDS
                storm.answered(time.perf_counter() - began, shown.title)

            await asyncio.gather(*(one(person, text) for person, text in zip(people, texts, strict=False)))

        # opens all connections, as a router in front of the bot has them: the bot closes one that sends no request for ten seconds
        for number in range(AT_ONCE, len(people) + 1, AT_ONCE):
            await asyncio.gather(*(person.use("programs") for person in people[:number]))
        return await crowds("discord", ask, load, command="")


@asynccontextmanager
async def _on_discord(api: str, database_url: str) -> AsyncIterator[Deliver]:
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        given = {"TELEGRAM_TOKEN": "", "DISCORD_PUBLIC_KEY": PUBLIC_KEY, "DATABASE_URL": database_url}
        port, _ = await asyncio.to_thread(stack.enter_context, nota_on(Path(folder), given, api))
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=SECONDS)) as session:
            yield by_http(session, f"http://127.0.0.1:{port}{PATH}")


@contextmanager
def busy(number: int) -> Iterator[None]:
    """Processes that only count, on all cores."""
    counting = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(number)]
    try:
        yield
    finally:
        for process in counting:
            process.kill()
            process.wait()


def measure(kinds: Sequence[str] = ("polling", "webhook", "discord"), load: int = 0) -> Iterator[tuple[str, Storm]]:
    """Kind of database and storm, one after the other, each kind on a new database."""
    for name in KINDS:
        for kind in kinds:
            with database(name) as url:
                with_store(url, _nothing)
                storms = asyncio.run(discord(url, load) if kind == "discord" else telegram(kind, url, load))
            yield from ((name, storm) for storm in storms)


async def _nothing(_store: Store) -> None:
    """Opening it migrates, as the release step does."""


def summary(name: str, storm: Storm) -> str:
    seconds = sorted(storm.seconds)
    return (
        f"{name:10} {storm.where:8} {storm.people} {storm.what:12} {len(seconds) / seconds[-1]:6.0f}/s  "
        f"median {median(seconds):5.2f} s  p99 {quantiles(seconds, n=100)[-1]:5.2f} s  "
        f"apologies {storm.apologies}  unanswered {storm.people - len(seconds)}  late {storm.late}"
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("kinds", nargs="*", default=["polling", "webhook", "discord"])
    parser.add_argument("--busy", type=int, default=0)
    given = parser.parse_args()
    for database_kind, storm in measure(given.kinds, given.busy):
        print(summary(database_kind, storm), flush=True)
