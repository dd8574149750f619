"""Parcels: the messages that carry deliveries, with what is to be recorded once they stand in the chat."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from functools import lru_cache

from bot.answers.bulletins import Article, Mark, Marked, digest_reply, from_json, sent_reply
from bot.answers.phrases import phrases
from bot.answers.reply import Card, Reply
from bot.delivery import Address, Delivery
from bot.dossier.model import BulletinId, Language
from bot.outbox.sender import Outgoing
from bot.schedule import Timing, awake_from
from bot.store.bulletins import DESK, Text
from bot.store.engine import AnyRow
from bot.store.readers import address_of
from bot.store.records import Done
from bot.store.subscriptions import timing_of

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
    mark: Mark
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
    message: Outgoing
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
        return awake_from(self.timing, now) - now

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
        message = Outgoing(reply, _key(parts), bool(row.silent), has_followers=has_followers, parent_id=row.parent_id)
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

    def anew(self, parcel: Parcel, answers: int) -> Parcel:
        """What could not be edited, as a message of its own that replies to the old one."""
        parts = tuple(replace(part, mark=_anew(part.mark)) for part in parcel.parts if part.wanted)
        reply = self._reply(parts, parcel.message.reply.language, "")
        key = f"{_key(parts)}c"[:25]
        message = replace(parcel.message, reply=reply, key=key, answers=answers)
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
    return phrases(language).say(
        "The topic in which bulletins came is gone, so they come here now. Admins can change that with /settings."
    )


def mark_of(row: AnyRow, text: Text) -> Mark:
    """What the row's message says of itself, once it shows what is wanted."""
    if text.retracted:
        return "retracted"
    if row.origin == DESK:
        return "none"
    seen_before = row.message_id is not None and (row.edited is not None or row.wanted > row.shown)
    return "corrected" if seen_before else "none"


def _anew(mark: Mark) -> Mark:
    return mark if mark in ("retracted", "none") else "correction"


def _composed(parts: tuple[Part, ...], language: Language, notice: str) -> Reply:
    marked = tuple(Marked(article(part.text.article), part.mark, _day(part.text)) for part in parts)
    if len(parts) == 1:
        card = Card(BulletinId(parts[0].bulletin), parts[0].revision)
        return sent_reply(marked[0], Language(parts[0].text.language), notice, card)
    return digest_reply(marked, language, notice)


@lru_cache(maxsize=512)
def article(kept: str) -> Article:
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
