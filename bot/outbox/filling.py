"""Filling: claims what is due into the hand, and gives back what cannot go soon."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from bot.outbox.lane import Lane
from bot.outbox.parcels import Parcel, Task
from bot.outbox.recording import Recording, Together, Waiting, until_done
from bot.outbox.sorting import Sorting
from bot.pacing.pacer import Pacer
from bot.store.claims import Standing
from bot.store.records import Failed, Later
from bot.store.store import Store
from bot.store.subscriptions import UNSUBSCRIBED

IN_HAND = 400
"""Deliveries claimed at once; more are claimed when half of them are sent."""

ORPHANS_SECONDS = 30.0
"""Between two looks for what dead processes have claimed: a transaction of theirs can end after we took over."""

HELD_SECONDS = 3.0
"""A chat that is held for longer gives its claims back, to be claimed again when it is free."""


@dataclass(slots=True)
class Filling:
    """Keeps the pacer supplied, for one platform, and says right before each send whether it is still wanted.

    Whatever changes what a delivery is, or whether there is one, takes it from us in the ledger
    (:data:`~bot.store.claims.UNSENT`), or wants another revision of its bulletin; both are seen there.
    """

    store: Store
    platform: str
    lane: Lane
    pacer: Pacer[Task]
    sorting: Sorting
    recording: Recording
    clock: Callable[[], float]
    _looking: Together[Sequence[int], Mapping[int, Standing]] = field(init=False)
    _next_orphans: float = float("-inf")
    _latest: dict[int, Task] = field(default_factory=dict)
    """Row → what was made of it last: a row that was taken from us may be claimed again while what was made of it before
    is still in the pacer. Rows that are missing have nothing older there."""

    def __post_init__(self) -> None:
        self._looking = Together(self._look, self.clock, self.lane.sleep)

    def is_low(self) -> bool:
        """Whether little is left that can go soon."""
        now = self.clock()
        return len(self.pacer) <= IN_HAND // 2 or self.pacer.next_moment(now) > now + HELD_SECONDS

    async def fill(self) -> bool:
        """Claims more; returns whether there was any."""
        await self._give_back_held()
        await self._make_up_for_clock()
        await self._free_orphans()
        claims, limit = self.store.claims, IN_HAND - len(self.pacer)
        if limit <= 0 or not await claims.waits(self.platform):
            return False
        rows = await claims.claim(self.platform, self.lane.name, self.lane.holder, limit)
        found = await until_done(lambda: self.sorting.sort(rows, self.lane.moment()), self.lane.sleep)
        if not self.pacer:
            self._latest.clear()
        for due in found.parcels:
            self._latest |= dict.fromkeys(due.rows, due)
            self.pacer.put(due.address.chat_id, due)
        if found.records:
            await self.recording.write(found.records)
        return bool(rows)

    async def may_go(self, due: Task) -> bool:
        """Whether it is wanted as it is, at this moment; if not, it is given back, to be claimed as it is by then."""
        if any(self._latest.get(row, due) is not due for row in due.rows):
            return False
        parcel = due if isinstance(due, Parcel) else None
        if parcel and (rests := parcel.rests(self.lane.moment())) > 0:
            return await self._give_back(due, rests)
        now = await self._looking.ask(due.rows)
        if not all(row in now and now[row].wanted == revision for row, revision in due.revisions):
            return await self._give_back(due)
        if parcel and parcel.for_subscribers and not all(now[row].subscribed for row in due.rows):
            if parcel.message.answers is None:
                return await self._give_back(due)
            await self.recording.write([Failed(row, UNSUBSCRIBED) for row in due.rows])
            return False
        return True

    def forget(self, due: Task) -> None:
        """It is over with it, or goes on as another message."""
        for row in due.rows:
            if self._latest.get(row) is due:
                del self._latest[row]

    async def _give_back(self, due: Task, seconds: float = 0.0) -> Literal[False]:
        await self.recording.write([Later(row, seconds, due.delivery.attempts) for row in due.rows])
        return False

    async def _look(self, batch: Waiting[Sequence[int], Mapping[int, Standing]]) -> None:
        """Answers before the connection is given back, so that no time goes by between the look and the request."""
        rows = [row for rows, _ in batch for row in rows]

        async def look() -> None:
            async with self.store.claims.looked_at(self.lane.holder, rows) as found:
                for _, answer in batch:
                    if not answer.done():
                        answer.set_result(found)

        await until_done(look, self.lane.sleep)

    async def _give_back_held(self) -> None:
        now = self.clock()
        held = list(self.pacer.take_back(now + HELD_SECONDS))
        records = [Later(row, ready - now, parcel.delivery.attempts) for ready, parcel in held for row in parcel.rows]
        if records:
            await self.recording.write(records)

    async def _free_orphans(self) -> None:
        if (now := self.clock()) >= self._next_orphans:
            self._next_orphans = now + ORPHANS_SECONDS
            await self.store.claims.free_orphans(self.platform)

    async def _make_up_for_clock(self) -> None:
        before = self.lane.set_back_from()
        if before is not None:
            await self.store.claims.make_up_for(self.platform, before)
