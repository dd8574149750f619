"""Updates that a process has answered, so that an update which the platform delivers again is not answered again.

Replicas notify each other by NOTIFY, after the answer and in batches. Nothing is stored: an update comes again within minutes.
"""

import asyncio
from collections import OrderedDict
from dataclasses import dataclass, field

from sqlalchemy import func, select

from bot.db.engine import Database, Sleep

CHANNEL = "nota_answered"
"""The NOTIFY channel. A payload holds the names of updates, separated by spaces."""

MAX_KNOWN = 20_000
"""Names that are remembered."""

MAX_IN_NOTIFICATION = 150
"""PostgreSQL takes less than 8,000 bytes (postgresql.org/docs/current/sql-notify.html); an update's name has at most 48."""

GATHER_SECONDS = 0.05
"""How long updates are gathered for one notification. A platform waits for longer before it delivers an update again."""


@dataclass(slots=True)
class AnsweredUpdates:
    """An update is named as in :mod:`bot.db.applied_updates`, for example ``telegram:123:456``.

    A platform may note other things that must be answered once, under its own names without spaces.
    """

    database: Database
    _known: OrderedDict[str, None] = field(default_factory=OrderedDict)
    _unsent: list[str] = field(default_factory=list)
    _has_unsent: asyncio.Event = field(default_factory=asyncio.Event)

    def includes(self, cause: str) -> bool:
        """Whether a process has answered the update, as far as this one knows."""
        return cause in self._known

    def add(self, cause: str) -> None:
        """Remembers the update, and soon notifies the other processes."""
        self.note([cause])
        if self.database.connect is not None and len(self._unsent) < MAX_KNOWN:
            self._unsent.append(cause)
            self._has_unsent.set()

    def note(self, causes: list[str]) -> None:
        """Remembers updates that another process has answered."""
        self._known.update(dict.fromkeys(causes))
        while len(self._known) > MAX_KNOWN:
            self._known.popitem(last=False)

    async def tell_others(self, sleep: Sleep = asyncio.sleep) -> None:
        """Notifies the other processes until cancelled. While the database is away, each process knows only its own answers.

        On SQLite there is only one process, so it returns at once.
        """
        if self.database.is_sqlite:
            return

        async def tell() -> None:
            await sleep(GATHER_SECONDS)
            causes = self._unsent[:]
            if not causes:
                return
            async with self.database.write() as connection:
                for start in range(0, len(causes), MAX_IN_NOTIFICATION):
                    payload = " ".join(causes[start : start + MAX_IN_NOTIFICATION])
                    await connection.execute(select(func.pg_notify(CHANNEL, payload)))
            del self._unsent[: len(causes)]

        await self.database.repeat(tell, None, self._has_unsent, sleep)
