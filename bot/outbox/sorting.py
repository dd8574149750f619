"""Sorting: claimed rows → parcels, and records for those that need no message."""

from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import groupby

import structlog

from bot.answers.bulletins import gathered
from bot.delivery import MUTED, Delivery, RetryAt, Unreachable, next_step
from bot.outbox.parcels import Packing, Part, Task, article, crosspost_of, mark_of
from bot.schedule import awake_from
from bot.store.bulletins import Text
from bot.store.database import LOST
from bot.store.engine import AnyRow
from bot.store.fanout import OTHER_TOPICS
from bot.store.readers import address_of
from bot.store.records import WITHDRAWN, Crossposted, Done, Dropped, Failed, Later, Record
from bot.store.store import Store
from bot.store.subscriptions import UNSUBSCRIBED, timing_of
from bot.store.tables import CROSSPOST_DUE

log = structlog.get_logger("bot.outbox")

UNMADE = "the message cannot be made, see the log"

KEPT_TEXTS = 512
"""Wordings held in memory: revisions times languages."""


@dataclass(slots=True)
class Sorted:
    """What claimed rows come to."""

    parcels: list[Task] = field(default_factory=list)
    records: list[Record] = field(default_factory=list)


@dataclass(slots=True)
class Sorting:
    """Reads the wordings that rows want, and packs them."""

    store: Store
    packing: Packing
    _texts: dict[tuple[str, int, str], Text | None] = field(default_factory=dict)

    async def sort(self, rows: Sequence[AnyRow], now: float) -> Sorted:
        """Parcels in the order of the rows. ``now`` is the database's moment."""
        result = Sorted()
        wanted = await self._still_wanted(rows, now, result)
        for _, group in groupby(_in_messages(wanted), key=_message):
            awake = [row for row in group if not self._rests(row, now, result)]
            try:
                await self._sort_message(awake, result)
            except LOST:
                raise
            except Exception:  # whatever is wrong with one message, the others go out
                log.exception("a message cannot be made")
                result.records += [_fault(row, now) for row in awake]
        return result

    async def _still_wanted(self, rows: Sequence[AnyRow], now: float, result: Sorted) -> list[AnyRow]:
        """Those that are for somebody who wants them now, whatever held when the ledger was written."""
        choosy = {row.reader_id for row in rows if _is_new(row) and row.about and row.every_topic is False}
        chosen = await self.store.subscriptions.topics(choosy) if choosy else {}
        wanted = []
        for row in rows:
            if not _is_new(row):
                wanted.append(row)
            elif row.every_topic is None:
                result.records.append(Dropped(row.id, UNSUBSCRIBED))
            elif row.suspended_since is not None and row.away != MUTED:
                result.records.append(Failed(row.id, row.away or "suspended"))
            elif row.about and row.reader_id in choosy and not chosen.get(row.reader_id, frozenset()) & set(row.about):
                result.records.append(Dropped(row.id, OTHER_TOPICS))
            elif row.not_before > now:
                result.records.append(Later(row.id, row.not_before - now, row.attempts))
            elif not row.urgent and not row.digest and timing_of(row).pace != "at_once":
                await self.store.subscriptions.reschedule(row.reader_id, timing_of(row))
            else:
                wanted.append(row)
        return wanted

    async def _sort_message(self, rows: Sequence[AnyRow], result: Sorted) -> None:
        if rows and rows[0].message_id is not None:
            await self._edit(rows, result)
        elif rows and rows[0].digest:
            await self._digest(rows, result)
        else:
            for row in rows:
                await self._single(row, result)

    async def text(self, name: str, revision: int, language: str) -> Text | None:
        """What a revision says, from memory where it was read lately."""
        key = (name, revision, language)
        if key not in self._texts:
            if len(self._texts) >= KEPT_TEXTS:
                self._texts.clear()
            self._texts[key] = await self.store.bulletins.text(name, revision, language)
        return self._texts[key]

    def _rests(self, row: AnyRow, now: float, result: Sorted) -> bool:
        """Whether the reader's quiet hours have begun meanwhile, so that it waits again. An edit makes no sound."""
        if row.message_id is not None or row.urgent or row.zone is None:
            return False
        awake = awake_from(timing_of(row), now)
        if awake > now:
            result.records.append(Later(row.id, awake - now, row.attempts))
        return awake > now

    async def _single(self, row: AnyRow, result: Sorted) -> None:
        part = await self._part(row, row.tongue)
        if part is None or part.text.retracted:
            result.records.append(_unshown(row, part))
        else:
            result.parcels.append(self.packing.parcel(row, (part,)))

    async def _digest(self, rows: Sequence[AnyRow], result: Sorted) -> None:
        """As many messages as the bulletins that were gathered need."""
        parts = {}
        for row in rows:
            part = await self._part(row, row.tongue)
            if part is None or part.text.retracted:
                result.records.append(_unshown(row, part))
            else:
                parts[row.id] = part
        for numbers in gathered((number, article(part.text.article)) for number, part in parts.items()):
            first = next(row for row in rows if row.id == numbers[0])
            result.parcels.append(self.packing.parcel(first, tuple(parts[number] for number in numbers)))

    async def _edit(self, rows: Sequence[AnyRow], result: Sorted) -> None:
        """One edit for all that is to change in a message; none where the words stay the same.

        A message is crossposted once it says what it should.
        """
        changed, uncrossposted = set(), []
        for row in rows:
            before = await self.text(row.bulletin_id, row.shown, row.language)
            if row.crosspost == CROSSPOST_DUE and row.shown == row.wanted:
                if before is not None and before.retracted:
                    result.records.append(Crossposted(row.id, WITHDRAWN))
                else:
                    uncrossposted.append(row)
                continue
            after = await self.text(row.bulletin_id, row.wanted, row.language)
            if after is None or (before and (before.digest, before.retracted) == (after.digest, after.retracted)):
                result.records.append(Done(row.id, row.message_id, row.wanted, row.language))
            else:
                changed.add(row.id)
        if changed:
            first = next(row for row in rows if row.id in changed)
            beside = await self.store.claims.siblings(first.reader_id, first.message_id) if first.digest else rows
            parts = [part async for part in self._shown(beside, changed)]
            result.parcels.append(self.packing.parcel(first, tuple(parts)))
            result.records += [Later(row.id, 0.0, row.attempts) for row in uncrossposted]
        elif uncrossposted:
            result.parcels.append(crosspost_of(uncrossposted))

    async def _shown(self, rows: Iterable[AnyRow], changed: set[int]) -> AsyncIterator[Part]:
        for row in rows:
            part = await self._part(row, row.language, wanted=row.id in changed)
            if part is not None:
                yield part

    async def _part(self, row: AnyRow, language: str, *, wanted: bool = True) -> Part | None:
        text = await self.text(row.bulletin_id, row.wanted, language)
        return Part(row.id, row.bulletin_id, row.wanted, text, mark_of(row, text), wanted) if text else None


def _unshown(row: AnyRow, part: Part | None) -> Dropped | Failed:
    return Dropped(row.id, WITHDRAWN) if part else Failed(row.id, "no text in any language")


def _fault(row: AnyRow, now: float) -> Later | Failed:
    """What is recorded of a row for which no message could be made."""
    delivery = Delivery(address_of(row), row.message_id, row.attempts)
    step = next_step(delivery, Unreachable(UNMADE, is_fault=True), now)
    if isinstance(step, RetryAt):
        return Later(row.id, step.moment - now, row.attempts + 1, step.reason)
    return Failed(row.id, UNMADE)


def _is_new(row: AnyRow) -> bool:
    """Whether it is for those who subscribe, and still to be sent."""
    return row.for_audience and row.message_id is None


def _message(row: AnyRow) -> tuple[int, int | None, bool]:
    """Rows of the same reader that go in the same message have the same."""
    return (row.reader_id, row.message_id, row.digest if row.message_id is None else False)


def _in_messages(rows: Sequence[AnyRow]) -> list[AnyRow]:
    """Rows of one message side by side, messages in the order of their first row."""
    places: dict[object, int] = {}
    for place, row in enumerate(rows):
        places.setdefault(_message(row), place)
    return sorted(rows, key=lambda row: places[_message(row)])
