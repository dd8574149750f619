"""Sorting: claimed rows → parcels, and records for those that need no message."""

import hashlib
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from functools import lru_cache
from itertools import groupby

import structlog

from bot.db.bulletins import OTHER_TOPICS, Text
from bot.db.engine import DATABASE_AWAY, AnyRow
from bot.db.queue import Crossposted, Done, Dropped, Failed, Later, Record
from bot.db.readers import address_of
from bot.db.schema import CROSSPOST_DUE, DESK, WITHDRAWN
from bot.db.store import Store
from bot.db.subscriptions import UNSUBSCRIBED, timing_of
from bot.delivery.outcomes import Delivery, RetryAt, Unreachable, next_step
from bot.delivery.sender import OutgoingMessage
from bot.dossier.models import BulletinId, Language
from bot.reader import MUTED, Address
from bot.replies.bulletins import (
    BulletinText,
    Label,
    LabelledBulletin,
    digest_reply,
    from_json,
    single_reply,
    split_into_digests,
)
from bot.replies.i18n import phrases_in
from bot.replies.reply import Reply, TitleCard
from bot.schedule import Timing, end_of_quiet_hours

KEPT_REPLIES = 512


@dataclass(frozen=True, slots=True)
class Part:
    """A bulletin in a message.

    Attributes:
        row: of the ledger.
        revision: of the bulletin, that the message will show.
        wanted: whether the message is for its sake; False where it only stands in the same message.
    """

    row: int
    bulletin: str
    revision: int
    text: Text
    mark: Label
    wanted: bool = True


@dataclass(frozen=True, slots=True)
class Parcel:
    """One message for one reader.

    Attributes:
        is_group: whether the platform's limits for groups hold.
        notice: what it tells the chat besides; "" for nothing.
        was_suspended: whether it shows, if it arrives, that the chat can be reached again.
        for_audience: whether its bulletins go to those who subscribe, and not to editors or to one chat before all others.
        timing: whose quiet hours it waits for; None where it may come at any hour.
    """

    reader_id: int
    delivery: Delivery
    is_group: bool
    parts: tuple[Part, ...]
    message: OutgoingMessage
    notice: str = ""
    was_suspended: bool = False
    for_audience: bool = False
    timing: Timing | None = None

    @property
    def address(self) -> Address:
        return self.delivery.address

    @property
    def rows(self) -> list[int]:
        """The ledger's rows that it is for."""
        return [part.row for part in self.parts if part.wanted]

    @property
    def revisions(self) -> list[tuple[int, int]]:
        """Row and revision of each bulletin that it is for."""
        return [(part.row, part.revision) for part in self.parts if part.wanted]

    @property
    def for_subscribers(self) -> bool:
        """Whether only a subscriber may get it; an edit is for whoever has the message."""
        return self.for_audience and self.delivery.message_id is None

    def rests(self, now: float) -> float:
        """For how many seconds it must wait for quiet hours to end; ``now`` is the database's moment. An edit makes no sound."""
        if self.timing is None or self.delivery.message_id is not None:
            return 0.0
        return end_of_quiet_hours(self.timing, now) - now

    def done(self, message_id: int, to_crosspost: bool) -> list[Done]:
        """The records of its rows, once it stands in the chat."""
        wanted = (part for part in self.parts if part.wanted)
        return [Done(part.row, message_id, part.revision, part.text.language, to_crosspost) for part in wanted]


@dataclass(frozen=True, slots=True)
class Crosspost:
    """A message that stands in an announcement channel as it should, and is to be published to the channel's followers."""

    delivery: Delivery
    message_id: int
    revisions: list[tuple[int, int]]
    is_group: bool

    @property
    def address(self) -> Address:
        return self.delivery.address

    @property
    def rows(self) -> list[int]:
        return [row for row, _ in self.revisions]


def crosspost_of(rows: Sequence[AnyRow]) -> Crosspost:
    """The crosspost of the message that the rows share."""
    first = rows[0]
    delivery = Delivery(address_of(first), first.message_id, first.attempts)
    return Crosspost(delivery, first.message_id, [(row.id, row.wanted) for row in rows], first.kind != "private")


Task = Parcel | Crosspost
"""What the pacer holds until it may start."""


@dataclass(slots=True)
class Packing:
    """Makes parcels. The reply is the very same value for all that get the same words."""

    _replies: dict[object, Reply] = field(default_factory=dict)

    def parcel(self, row: AnyRow, parts: tuple[Part, ...]) -> Parcel:
        """The message with these parts for the reader of the row."""
        notice = row.notice or "" if row.message_id is None else ""
        reply = self._reply(parts, Language(row.tongue), notice)
        delivery = Delivery(address_of(row), row.message_id, row.attempts)
        has_followers = row.kind == "channel" and row.origin != DESK
        message = OutgoingMessage(
            reply, _key(parts), bool(row.silent), has_followers=has_followers, parent_id=row.parent_id
        )
        return Parcel(
            row.reader_id,
            delivery,
            row.kind != "private",
            parts,
            message,
            notice,
            was_suspended=row.suspended_since is not None,
            for_audience=row.for_audience,
            timing=None if row.urgent or row.zone is None else timing_of(row),
        )

    def anew(self, parcel: Parcel, reply_to: int) -> Parcel:
        """What could not be edited, as a message of its own that replies to the old one."""
        parts = tuple(replace(part, mark=_anew(part.mark)) for part in parcel.parts if part.wanted)
        reply = self._reply(parts, parcel.message.reply.language, "")
        key = f"{_key(parts)}c"[:25]
        message = replace(parcel.message, reply=reply, key=key, reply_to=reply_to)
        return replace(parcel, parts=parts, message=message, delivery=replace(parcel.delivery, message_id=None))

    def _reply(self, parts: tuple[Part, ...], language: Language, notice: str) -> Reply:
        key = (tuple((part.bulletin, part.revision, part.text.language, part.mark) for part in parts), language, notice)
        if key not in self._replies:
            if len(self._replies) >= KEPT_REPLIES:
                self._replies.clear()
            self._replies[key] = _composed(parts, language, notice_words(notice, language))
        return self._replies[key]


def notice_words(notice: str, language: str) -> str:
    """A notice as the chat reads it."""
    if notice != "thread_gone":
        return ""
    return phrases_in(language).say(
        "The topic in which bulletins came is gone, so they come here now. Admins can change that with /settings."
    )


def mark_of(row: AnyRow, text: Text) -> Label:
    """What the row's message says of itself, once it shows what is wanted."""
    if text.retracted:
        return "retracted"
    if row.origin == DESK:
        return "none"
    seen_before = row.message_id is not None and (row.edited is not None or row.wanted > row.shown)
    return "corrected" if seen_before else "none"


def _anew(mark: Label) -> Label:
    return mark if mark in ("retracted", "none") else "correction"


def _composed(parts: tuple[Part, ...], language: Language, notice: str) -> Reply:
    marked = tuple(LabelledBulletin(article(part.text.article), part.mark, _day(part.text)) for part in parts)
    if len(parts) == 1:
        card = TitleCard(BulletinId(parts[0].bulletin), parts[0].revision)
        return single_reply(marked[0], Language(parts[0].text.language), notice, card)
    return digest_reply(marked, language, notice)


@lru_cache(maxsize=512)
def article(kept: str) -> BulletinText:
    """The article that the ledger keeps so."""
    return from_json(kept)


def _day(text: Text) -> date:
    return datetime.fromtimestamp(text.since, UTC).date()


def _key(parts: Iterable[Part]) -> str:
    """The same whenever this message is tried again; at most 24 characters."""
    names = [f"{part.row}.{part.revision}" for part in parts]
    if len(names) == 1:
        return names[0][:24]
    return "d" + hashlib.blake2b(" ".join(names).encode(), digest_size=10).hexdigest()


log = structlog.get_logger("bot.delivery")


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
            except DATABASE_AWAY:
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
        awake = end_of_quiet_hours(timing_of(row), now)
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
        for numbers in split_into_digests((number, article(part.text.article)) for number, part in parts.items()):
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
            beside = await self.store.queue.of_message(first.reader_id, first.message_id) if first.digest else rows
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
    step = next_step(delivery, Unreachable(UNMADE, is_bug=True), now)
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
