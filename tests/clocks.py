"""Time in tests: a clock that tests move, pauses that are recorded instead of slept, and waiting for a condition."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

MONDAY_NOON = 1795435200.0
"""23 November 2026, 12:00 UTC."""


@dataclass
class MovedClock:
    """Seconds since 1970."""

    now: float = MONDAY_NOON

    def __call__(self) -> float:
        return self.now

    def forward(self, seconds: float = 0, *, hours: float = 0, days: float = 0) -> None:
        self.now += seconds + hours * 3600 + days * 86400


@dataclass
class Sleeps:
    """Stands in for ``asyncio.sleep``: takes next to no time, and records the seconds."""

    seconds: list[float] = field(default_factory=list)
    _began: asyncio.Event = field(default_factory=asyncio.Event)

    async def begin(self) -> None:
        """Returns after the first pause has begun."""
        async with asyncio.timeout(60):
            await self._began.wait()

    async def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)
        self._began.set()
        await asyncio.sleep(0)


async def until(condition: Callable[[], object], seconds: float = 60) -> None:
    """Polls until the condition holds, for what nothing announces."""
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110  nothing announces it
            await asyncio.sleep(0.005)
