"""From the test's side: a crowd's process, and what its log says."""

import asyncio
import sys
from asyncio.subprocess import PIPE
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import aiohttp

from tests.servers.crowd import Entry

ROOT = Path(__file__).parents[2]
WINDOW_SECONDS = 1.0
TOO_FAST = 429


@dataclass
class Log:
    """What the platform took, by its own word."""

    entries: list[Entry]
    broken_limits: list[str] = field(default_factory=list)

    @property
    def taken(self) -> list[Entry]:
        """New messages, in order."""
        return [entry for entry in self.entries if entry.message_id and not entry.is_edit]

    @property
    def edits(self) -> list[Entry]:
        """Changes that were taken, in order."""
        return [entry for entry in self.entries if entry.message_id and entry.is_edit]

    def messages(self) -> dict[int, list[Entry]]:
        """By chat, each message once, as it was when it was taken first."""
        found: dict[int, dict[int, Entry]] = defaultdict(dict)
        for entry in self.taken:
            found[entry.chat_id].setdefault(entry.message_id, entry)
        return {chat: list(each.values()) for chat, each in found.items()}

    def doubled(self) -> list[Entry]:
        """Each message that its chat got once more: what was under way when it was lost that it had been sent."""
        return [before for before, _ in self.repeats()]

    def repeats(self) -> list[tuple[Entry, Entry]]:
        """Each message that its chat got once more, and that other one; both, where it came a third time."""
        return [pair for each in self.messages().values() for pair in pairwise(each)]

    def under_way(self, moment: float) -> int:
        """Sends that had no answer yet."""
        return sum(1 for each in self.entries if each.at <= moment and (each.answered or float("inf")) > moment)

    def most_in_a_second(self) -> int:
        """Of sends and edits, in whichever second there were most of them; what was refused as too fast does not count."""
        moments = sorted(entry.at for entry in self.entries if entry.status != TOO_FAST)
        most = first = 0
        for last, moment in enumerate(moments):
            while moments[first] <= moment - WINDOW_SECONDS:
                first += 1
            most = max(most, last - first + 1)
        return most

    def faults(self) -> Counter[str]:
        """How often each was answered."""
        return Counter(entry.fault for entry in self.entries if entry.fault)


@dataclass
class Crowd:
    """A platform full of chats."""

    platform: str
    url: str
    _session: aiohttp.ClientSession

    async def order(
        self,
        *,
        latency: float | None = None,
        faults: Mapping[int, list[str]] | None = None,
        channels: Iterable[Mapping[str, Any]] = (),
    ) -> None:
        """How long an answer takes in seconds, what goes wrong in which chat, and which channels there are (Discord)."""
        given: dict[str, Any] = {"faults": dict(faults or {}), "channels": list(channels)}
        given |= {} if latency is None else {"latency": latency}
        async with self._session.post(f"{self.url}/control/order", json=given) as answer:
            assert answer.status == 200

    async def post(self) -> dict[int, int]:
        """A message of ours in each channel (Discord), as if it had been sent; its id by channel."""
        async with self._session.post(f"{self.url}/control/post") as answer:
            return {int(chat): number for chat, number in (await answer.json()).items()}

    async def until(self, chats: int, seconds: float, *, edited: bool = False) -> int:
        """Waits until so many chats got something (or had something edited), or time is up; returns how many did."""
        loop, count = asyncio.get_running_loop(), 0
        end = loop.time() + seconds
        while count < chats and loop.time() < end:
            url = f"{self.url}/control/until?chats={chats}&edit={int(edited)}"
            async with self._session.get(url) as answer:
                count = await answer.json()
        return count

    async def log(self) -> Log:
        async with self._session.get(f"{self.url}/control/log") as answer:
            given = await answer.json()
        return Log([Entry(**each) for each in given["entries"]], given["broken_limits"])


@asynccontextmanager
async def crowd(platform: str, *, latency: float = 0.0) -> AsyncIterator[Crowd]:
    """The process, running; ``latency`` is how long an answer takes, in seconds."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.servers.crowd", platform, cwd=ROOT, stdout=PIPE
    )
    assert process.stdout is not None
    try:
        url = (await asyncio.wait_for(process.stdout.readline(), 20)).decode().strip()
        async with aiohttp.ClientSession() as session:
            ours = Crowd(platform, url, session)
            await ours.order(latency=latency)
            yield ours
    finally:
        process.kill()
        await process.wait()
