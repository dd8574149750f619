"""Keeps the edition to what was published from the wire, by this process or another."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial

import structlog

from bot.edition import Edition
from bot.store.candidates import Candidate
from bot.store.database import LOST
from bot.store.store import Store
from bot.wire.listing import with_stories

log = structlog.get_logger("bot.wire")

LOOK_SECONDS = 15.0
"""How long a story that another process published may be missing from the lists of this one."""

MOST = 100
"""How many of the latest stories are listed."""


@dataclass(slots=True)
class Following:
    """Brings published stories into the edition."""

    store: Store
    edition: Edition
    _told: Sequence[Candidate] = ()
    _nudged: asyncio.Event = field(default_factory=asyncio.Event)

    def nudge(self) -> None:
        """Something was published or changed here."""
        self._nudged.set()

    async def run(self) -> None:
        """Runs until cancelled; a database that is away is waited for."""
        while True:
            self._nudged.clear()
            try:
                await self.look()
            except LOST as failure:
                log.warning("the database does not answer", failure=type(failure).__name__)
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_SECONDS):
                    await self._nudged.wait()

    async def look(self) -> None:
        """Brings what differs from the last look."""
        published = await self.store.candidates.in_state("published", MOST)
        if list(published) != list(self._told):
            self._told = published
            self.edition.enrich(partial(with_stories, published=published))
