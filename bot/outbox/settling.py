"""Settling: what an outcome means for the ledger and for what waits behind it."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import assert_never

import structlog

from bot.delivery import (
    Address,
    CrosspostOutcome,
    Done,
    GiveUp,
    Move,
    Outcome,
    RetryAt,
    SendAnew,
    Unreachable,
    next_crosspost_step,
    next_step,
)
from bot.outbox.lane import Sleep
from bot.outbox.parcels import Crosspost, Packing, Parcel, Task
from bot.outbox.recording import Recording, until_done
from bot.pacing.pacer import Pacer
from bot.store.records import Crossposted, Failed, Later
from bot.store.store import Store

log = structlog.get_logger("bot.outbox")


@dataclass(frozen=True, slots=True)
class Settling:
    """Carries out the step that follows from an outcome. ``moment`` tells the database's moment."""

    store: Store
    pacer: Pacer[Task]
    packing: Packing
    recording: Recording
    moment: Callable[[], float]
    sleep: Sleep = asyncio.sleep

    async def settle(self, parcel: Parcel, outcome: Outcome) -> None:
        """Returns once it is in the ledger."""
        now = self.moment()
        match next_step(parcel.delivery, outcome, now):
            case Done(message_id, to_crosspost):
                await self.recording.write(parcel.done(message_id, to_crosspost))
                if parcel.notice:
                    await until_done(lambda: self.store.chats.told(parcel.reader_id), self.sleep)
                if parcel.was_suspended:
                    await self._restore(parcel.address)
            case RetryAt(moment, reason):
                await self._later(parcel, moment - now, reason)
            case SendAnew(answers):
                self.pacer.put(parcel.address.chat_id, self.packing.anew(parcel, answers), first=True)
            case Move() as move:
                await self._move(parcel, move)
            case GiveUp(reason, suspends):
                await self._give_up(parcel, reason, suspends)
            case step:
                assert_never(step)

    async def settle_crosspost(self, crosspost: Crosspost, outcome: CrosspostOutcome) -> None:
        """Returns once it is in the ledger. Nothing that becomes of a crosspost has the message sent again."""
        now = self.moment()
        match next_crosspost_step(crosspost.delivery, outcome, now):
            case Done():
                await self.recording.write([Crossposted(row) for row in crosspost.rows])
            case RetryAt(moment, reason):
                await self._later(crosspost, moment - now, reason)
            case GiveUp(reason):
                address = crosspost.address
                log.warning("not crossposted", platform=address.platform, chat=address.chat_id, reason=reason)
                await self.recording.write([Crossposted(row, reason) for row in crosspost.rows])
            case step:
                assert_never(step)

    async def note_fault(self, due: Task, fault: Unreachable) -> None:
        """An error of our own stopped it, before or after it was sent. Returns once it is in the ledger."""
        await (self.settle(due, fault) if isinstance(due, Parcel) else self.settle_crosspost(due, fault))

    async def _restore(self, address: Address) -> None:
        log.info("a chat takes messages again", platform=address.platform, chat=address.chat_id)
        await until_done(lambda: self.store.chats.restore(address.platform, address.chat_id), self.sleep)

    async def _later(self, parcel: Task, seconds: float, reason: str) -> None:
        attempts = parcel.delivery.attempts + 1
        await self.recording.write([Later(row, seconds, attempts, reason) for row in parcel.rows])

    async def _move(self, parcel: Parcel, move: Move) -> None:
        """The chat's messages are claimed anew, under the address that holds now."""
        log.info("a chat goes on elsewhere", chat=parcel.address.chat_id, now=move.address.chat_id, reason=move.reason)
        await until_done(lambda: self._readdress(parcel.address, move), self.sleep)
        for waiting in self.pacer.take_all(parcel.address.chat_id):
            await self.recording.write([Later(row, 0.0, waiting.delivery.attempts) for row in waiting.rows])
        await self._later(parcel, 0.0, move.reason)

    async def _readdress(self, old: Address, move: Move) -> None:
        if move.loses_thread:
            await self.store.chats.fall_back(old, move.address)
        else:
            await self.store.chats.move(old.platform, old.chat_id, move.address.chat_id)

    async def _give_up(self, parcel: Parcel, reason: str, suspends: bool) -> None:
        address = parcel.address
        log.warning("not delivered", platform=address.platform, chat=address.chat_id, reason=reason)
        if suspends:
            self.pacer.take_all(address.chat_id)
            await until_done(lambda: self.store.chats.suspend(address.platform, address.chat_id, reason), self.sleep)
        else:
            await self.recording.write([Failed(row, reason) for row in parcel.rows])
