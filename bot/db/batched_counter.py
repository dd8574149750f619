"""Counts that are kept in memory and added to the database every few seconds, so that no answer waits for the database."""

import asyncio
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from bot.db.engine import DATABASE_AWAY, Database, Sleep, uninterrupted, within

LAST_SECONDS = 2.0
"""Time limit of the last write."""


Key = TypeVar("Key")


@dataclass(slots=True)
class BatchedCounter(Generic[Key]):
    """Counts by key. A process that is killed loses what it counted since the last write."""

    _waiting: Counter[Key] = field(default_factory=Counter, init=False)
    _writing: asyncio.Lock = field(default_factory=asyncio.Lock, init=False)

    async def repeat(self, database: Database, seconds: float, sleep: Sleep) -> None:
        """Writes every few seconds until cancelled, and then once more."""
        try:
            await database.repeat(self.flush, seconds, sleep=sleep)
        finally:
            with suppress(*DATABASE_AWAY):
                await within(LAST_SECONDS, self.flush())

    async def flush(self) -> None:
        """Writes the counts. If that fails, they are kept for the next write."""
        await uninterrupted(self._flush())

    async def _flush(self) -> None:
        async with self._writing:  # the last write waits for one that a stop has interrupted
            waiting, self._waiting = self._waiting, Counter()
            try:
                if waiting:
                    await self.write(waiting)
            except DATABASE_AWAY:
                self._waiting.update(waiting)
                raise

    async def write(self, waiting: Counter[Key]) -> None:
        """Adds the counts to those in the database."""
        raise NotImplementedError
