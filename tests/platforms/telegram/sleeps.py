"""Pauses that are recorded instead of waited for."""

import asyncio
from dataclasses import dataclass, field


@dataclass
class Sleeps:
    """Stands in for ``asyncio.sleep``."""

    seconds: list[float] = field(default_factory=list)
    _began: asyncio.Event = field(default_factory=asyncio.Event)

    async def begin(self) -> None:
        """Returns after the first pause has begun."""
        async with asyncio.timeout(5):
            await self._began.wait()

    async def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)
        self._began.set()
        await asyncio.sleep(0)
