"""Work side by side, but in order within a chat."""

import asyncio
from collections.abc import Coroutine, Hashable
from typing import Any

import structlog

log = structlog.get_logger("bot.lanes")

WIDTH = 64
"""How many answers may be under way at once."""


class Lanes:
    """Each piece of work waits for the one before it in its lane, and for nobody else's."""

    def __init__(self, width: int = WIDTH) -> None:
        self._free = asyncio.Semaphore(width)
        self._last: dict[Hashable, asyncio.Task[None]] = {}
        self._running: set[asyncio.Task[None]] = set()

    async def put(self, lane: Hashable, work: Coroutine[Any, Any, None]) -> None:
        """Starts the work, or puts it behind that of its lane; waits while too much is under way."""
        await self._free.acquire()
        task = asyncio.create_task(_after(self._last.get(lane), work))
        self._last[lane] = task
        self._running.add(task)
        task.add_done_callback(lambda done: self._done(lane, done))

    async def drain(self, seconds: float) -> None:
        """Lets what is under way end, for so long at most; then stops it."""
        if self._running:
            await asyncio.wait(self._running, timeout=seconds)
        for task in self._running:
            task.cancel()

    def _done(self, lane: Hashable, task: asyncio.Task[None]) -> None:
        self._free.release()
        self._running.discard(task)
        if self._last.get(lane) is task:
            del self._last[lane]
        if not task.cancelled() and (fault := task.exception()):
            log.error("something under way failed", exc_info=fault)


async def _after(before: asyncio.Task[None] | None, work: Coroutine[Any, Any, None]) -> None:
    if before is not None:
        await asyncio.wait([before])
    await work
