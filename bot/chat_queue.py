"""Work side by side, but in order within a chat."""

import asyncio
from collections.abc import Coroutine, Hashable
from typing import Any, TypeVar

import structlog

log = structlog.get_logger("bot.chat_queue")


Result = TypeVar("Result")


WIDTH = 64
"""How many pieces of work may be done at once."""


BACKLOG = 2048
"""How many may be under way, those included that wait for their turn: a chat that a platform holds back has many of those,
and others shall not wait for it. Each takes a few kilobytes."""


class ChatQueue:
    """Each piece of work waits for the one before it in its lane, and for nobody else's."""

    def __init__(self, width: int = WIDTH, backlog: int = BACKLOG) -> None:
        self._free = asyncio.Semaphore(width)
        self._room = asyncio.Semaphore(backlog)
        self._last: dict[Hashable, asyncio.Task[Any]] = {}
        self._running: set[asyncio.Task[Any]] = set()

    def is_busy(self, lane: Hashable) -> bool:
        """Whether work of the lane is under way or waits."""
        return lane in self._last

    async def put(self, lane: Hashable, work: Coroutine[Any, Any, Result]) -> asyncio.Task[Result]:
        """Starts the work, or puts it behind that of its lane; waits while too much is under way.

        Returns the task that does it. What it raises is logged, too.
        """
        try:
            await self._room.acquire()
        except asyncio.CancelledError:
            work.close()
            raise
        task = asyncio.create_task(self._in_turn(self._last.get(lane), work))
        self._last[lane] = task
        self._running.add(task)
        task.add_done_callback(lambda done: self._done(lane, work, done))
        return task

    async def drain(self, seconds: float) -> None:
        """Lets what is under way end, for so long at most; then stops it."""
        if self._running:
            await asyncio.wait(self._running, timeout=seconds)
        for task in self._running:
            task.cancel()

    async def _in_turn(self, before: asyncio.Task[Any] | None, work: Coroutine[Any, Any, Result]) -> Result:
        if before is not None:
            await asyncio.wait([before])
        async with self._free:
            return await work

    def _done(self, lane: Hashable, work: Coroutine[Any, Any, Any], task: asyncio.Task[Any]) -> None:
        work.close()  # where it was stopped before its turn
        self._room.release()
        self._running.discard(task)
        if self._last.get(lane) is task:
            del self._last[lane]
        if not task.cancelled() and (fault := task.exception()):
            log.error("something under way failed", exc_info=fault)
