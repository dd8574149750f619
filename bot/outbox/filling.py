"""Filling: claims what is due into the hand, and gives back what cannot go soon."""

from collections.abc import Callable
from dataclasses import dataclass

from bot.outbox.lane import Lane
from bot.outbox.parcels import Task
from bot.outbox.recording import Recording, until_done
from bot.outbox.sorting import Sorting
from bot.pacing.pacer import Pacer
from bot.store.records import Later
from bot.store.store import Store

IN_HAND = 400
"""Deliveries claimed at once; more are claimed when half of them are sent."""

HELD_SECONDS = 3.0
"""A chat that is held for longer gives its claims back, to be claimed again when it is free."""


@dataclass(frozen=True, slots=True)
class Filling:
    """Keeps the pacer supplied, for one platform."""

    store: Store
    platform: str
    lane: Lane
    pacer: Pacer[Task]
    sorting: Sorting
    recording: Recording
    clock: Callable[[], float]

    def is_low(self) -> bool:
        """Whether little is left that can go soon."""
        now = self.clock()
        return len(self.pacer) <= IN_HAND // 2 or self.pacer.next_moment(now) > now + HELD_SECONDS

    async def fill(self) -> bool:
        """Claims more; returns whether there was any."""
        await self._give_back_held()
        await self._make_up_for_clock()
        claims, limit = self.store.claims, IN_HAND - len(self.pacer)
        if limit <= 0 or not await claims.waits(self.platform):
            return False
        rows = await claims.claim(self.platform, self.lane.name, self.lane.holder, limit)
        found = await until_done(lambda: self.sorting.sort(rows, self.lane.moment()), self.lane.sleep)
        for parcel in found.parcels:
            self.pacer.put(parcel.address.chat_id, parcel)
        if found.records:
            await self.recording.write(found.records)
        return bool(rows)

    async def _give_back_held(self) -> None:
        now = self.clock()
        held = list(self.pacer.take_back(now + HELD_SECONDS))
        records = [Later(row, ready - now, parcel.delivery.attempts) for ready, parcel in held for row in parcel.rows]
        if records:
            await self.recording.write(records)

    async def _make_up_for_clock(self) -> None:
        before = self.lane.set_back_from()
        if before is not None:
            await self.store.claims.make_up_for(self.platform, before)
