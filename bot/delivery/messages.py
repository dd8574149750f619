"""Builds messages from claimed rows of the ledger, and records for rows that need no message."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from functools import lru_cache

import structlog

from bot.db.bulletins import StoredText
from bot.db.connection import AnyRow
from bot.db.delivery_queue import Crossposted, Done, Dropped, Failed, Later, Record
from bot.db.engine import DATABASE_AWAY
from bot.db.readers import address_of
from bot.db.schema import CROSSPOST_DUE, GONE, PERSONAL, WIRE, WITHDRAWN
from bot.db.store import Store
from bot.db.subscriptions import UNSUBSCRIBED, subscription_of, timing_of
from bot.delivery.outcomes import Delivery, NotEditable, Outcome, Retry, Unreachable, next_step
from bot.delivery.sender import Changes, OutgoingMessage, Sender
from bot.dossier.models import BulletinId, Language, TopicId
from bot.reader import FORMER, MAY_HAVE_ARRIVED, PASSING, Address
from bot.replies.bulletins import (
    BulletinText,
    Label,
    LabelledBulletin,
    corrected,
    digest_reply,
    from_json,
    single_reply,
    split_into_digests,
    to_json,
)
from bot.replies.i18n import phrases_in
from bot.replies.reply import Reply, TitleCard
from bot.schedule import Timing, Traits, end_of_quiet_hours, unwanted

log = structlog.get_logger("bot.delivery")


@dataclass(frozen=True, slots=True)
class Part:
    """One bulletin in a message.

    Attributes:
        row: its row in the ledger.
        revision: the bulletin's revision that the message shows.
        label: how the message marks it.
        is_due: whether the message is sent or edited because of this bulletin; False: it is only in the same message.
        earlier: as in the ledger.
    """

    row: int
    bulletin: str
    revision: int
    text: StoredText
    label: Label
    is_due: bool = True
    earlier: int | None = None


@dataclass(frozen=True, slots=True)
class Job:
    """One message to send, edit or crosspost for one reader.

    Attributes:
        is_group: whether the platform's limits for groups apply.
        revisions: row and revision of each bulletin that is due.
        message: the message to send, or the new content of ``delivery.message_id``; None: that message is up to date and is to
            be published to the followers of its announcement channel.
        parts: the bulletins in ``message``.
        notice: the id of a notice that the message also shows (:func:`notice_text`); "" without one.
        was_suspended: whether the reader is suspended; a delivery shows that the chat can be reached again.
        for_audience: whether its bulletins are for subscribers, not for editors, one asker or a try-out in one chat.
        timing: the reader's timing with its quiet hours; None: the message may come at any hour.
        is_correction: whether it is sent because an earlier message cannot be edited.
        stands: the id of the up-to-date message, if it only says that an earlier copy no longer holds.
        shown: of an edit, the bulletins that are due as the reader sees them.
    """

    reader_id: int
    delivery: Delivery
    is_group: bool
    revisions: tuple[tuple[int, int], ...]
    message: OutgoingMessage | None = None
    parts: tuple[Part, ...] = ()
    notice: str = ""
    was_suspended: bool = False
    for_audience: bool = False
    timing: Timing | None = None
    is_correction: bool = False
    stands: str = ""
    shown: tuple[Part, ...] = ()

    @property
    def address(self) -> Address:
        return self.delivery.address

    @property
    def rows(self) -> list[int]:
        return [row for row, _ in self.revisions]

    @property
    def needs_subscription(self) -> bool:
        """Whether only a subscriber may get it. An edit is for every reader who has the message."""
        return self.for_audience and self.delivery.message_id is None

    def quiet_seconds(self, now: float) -> float:
        """Seconds until quiet hours end; ``now`` is the database's time. An edit makes no sound, so it does not wait."""
        if self.timing is None or self.delivery.message_id is not None:
            return 0.0
        return end_of_quiet_hours(self.timing, now) - now

    async def attempt(self, sender: Sender) -> Outcome:
        message_id = self.delivery.message_id
        if self.message is None:
            return await sender.crosspost(self.address, message_id or "")
        if message_id is None:
            return await sender.send(self.address, self.message)
        if message_id.startswith(FORMER):
            return NotEditable("the message has no id in this chat")
        return await sender.edit(self.address, message_id, self.message)

    def done(self, message_id: str, to_crosspost: bool, again: bool) -> list[Record]:
        """Records of every bulletin in the message: one that was not due may have failed before, and is shown now."""
        if self.message is None:
            return [Crossposted(row) for row in self.rows]
        known, chat = (self.stands, None) if self.stands else (message_id, self.address.chat_id)
        parts = [(part, part.revision if again else part.earlier) for part in self.parts]
        return [
            Done(part.row, known, part.revision, part.text.language, to_crosspost, part.text.withdrawn, earlier, chat)
            for part, earlier in parts
        ]

    def failed(self, reason: str) -> list[Record]:
        if self.message is None:
            return [Crossposted(row, reason) for row in self.rows]
        if self.stands:
            return self.done("", to_crosspost=False, again=False)
        return [Failed(row, reason, revision) for row, revision in self.revisions]


NOT_BUILT = "the message cannot be built, see the log"

MAX_CACHED = 512
"""The number of texts (one for each revision and language) kept in memory, and of replies."""


@dataclass(slots=True)
class BuildResult:
    """The jobs and records made from claimed rows."""

    jobs: list[Job] = field(default_factory=list)
    records: list[Record] = field(default_factory=list)


@dataclass(slots=True)
class MessageBuilder:
    """Builds messages from claimed rows. All readers that get the same words get the same :class:`Reply` value."""

    store: Store
    _texts: dict[tuple[str, int, str], StoredText] = field(default_factory=dict)
    _replies: dict[object, Reply] = field(default_factory=dict)

    async def build(self, rows: Sequence[AnyRow], now: float) -> BuildResult:
        """Jobs in the order of the rows. ``now`` is the database's time."""
        result = BuildResult()
        by_message: dict[object, list[AnyRow]] = {}
        for row in await self._wanted(rows, now, result):
            key = (row.reader_id, row.message, row.digest and _is_to_send(row), _may_be_shown(row))
            by_message.setdefault(key, []).append(row)
        for group in by_message.values():
            try:
                if _is_to_send(group[0]):
                    await self._build_new(group, now, result)
                else:
                    await self._build_edit(group, now, result)
            except DATABASE_AWAY:
                raise
            except Exception:  # an error in one message does not stop the others
                log.exception("a message cannot be built", rows=[row.id for row in group])
                result.records += [_not_built(row) for row in group]
        return result

    async def _wanted(self, rows: Sequence[AnyRow], now: float, result: BuildResult) -> list[AnyRow]:
        """The rows to send now. Other rows get a record in ``result``, or are rescheduled for a digest."""
        topical = [row for row in rows if _is_new(row) and row.bulletin_topics and row.every_topic is False]
        chosen = await self.store.subscriptions.topics({row.reader_id for row in topical}) if topical else {}
        wanted = []
        for row in rows:
            is_new = _is_new(row)
            language = row.reader_language if _is_to_send(row) else row.language
            text = await self._text(row.bulletin_id, row.wanted, language)
            if text is None:  # its bulletin has another id since it was claimed
                result.records.append(_not_built(row))
            elif is_new and (record := _unwanted(row, chosen.get(row.reader_id, frozenset()), text, now)):
                if isinstance(record, Dropped) and _may_be_shown(row):
                    # nobody knows whether it arrived; its correction comes all the same (FAILED_EDIT)
                    record = Failed(row.id, record.reason, row.shown)
                result.records.append(record)
            elif is_new and _waits_for_digest(row):
                await self.store.subscriptions.reschedule(row.reader_id, timing_of(row))
            elif (seconds := _quiet_seconds(row, now)) > 0:
                result.records.append(Later(row.id, seconds, row.attempts))
            else:
                wanted.append(row)
        return wanted

    async def _build_new(self, rows: Sequence[AnyRow], now: float, result: BuildResult) -> None:
        """Adds one message for each bulletin; for a digest, as many messages as its bulletins need."""
        parts: dict[int, tuple[AnyRow, Part]] = {}
        for row in rows:
            part = await self._part(row, row.reader_language, now)
            if part is not None and part.text.withdrawn:
                result.records.append(Dropped(row.id, WITHDRAWN))
            elif part is not None:
                parts[row.id] = row, part
            else:
                result.records.append(_not_built(row))
        groups: Iterable[tuple[int, ...]] = ((number,) for number in parts)
        if rows[0].digest:
            groups = split_into_digests((number, _article(part.text.article)) for number, (_, part) in parts.items())
        for numbers in groups:
            first, _ = parts[numbers[0]]
            result.jobs.append(self._job(first, tuple(parts[number][1] for number in numbers)))

    async def _build_edit(  # noqa: C901, PLR0912  one case a row
        self, rows: Sequence[AnyRow], now: float, result: BuildResult
    ) -> None:
        """Adds one edit for all changes in a message, unless no text has changed. A message that is up to date is crossposted."""
        changed, to_crosspost, shown_parts = set(), [], list[Part]()
        for row in rows:
            before = await self._text(row.bulletin_id, row.shown, row.language)
            if row.shown == row.wanted and row.earlier is not None and row.earlier < row.shown:
                await self._build_word(row, now, result)
                continue
            if row.crosspost == CROSSPOST_DUE and row.shown == row.wanted:
                if before is not None and before.withdrawn:
                    result.records.append(Crossposted(row.id, WITHDRAWN))
                else:
                    to_crosspost.append(row)
                continue
            after = await self._text(row.bulletin_id, row.wanted, row.language)
            if after is None:
                result.records.append(_not_built(row))
            # after an attempt with an unknown outcome the reader may see another text than the ledger says
            elif before is not None and _looks(before) == _looks(after) and not row.attempts:
                is_withdrawn = after.withdrawn
                done = Done(row.id, row.message, row.wanted, row.language, withdrawn=is_withdrawn, earlier=row.earlier)
                result.records.append(done)
            elif _is_under_embargo(row, after, now):
                result.records.append(Later(row.id, row.not_before - now, row.attempts))
            else:
                changed.add(row.id)
                read = await self._read(row, row.language)
                if read is not None and not read.withdrawn:
                    shown_parts.append(Part(row.id, row.bulletin_id, _read_revision(row), read, "none"))
        if changed:
            first = next(row for row in rows if row.id in changed)
            shown = await self.store.queue.of_message(first.reader_id, first.message) if first.digest else rows
            parts = [await self._part(row, row.language, now, is_due=row.id in changed) for row in shown]
            if shown:
                job = self._job(first, tuple(part for part in parts if part is not None))
                result.jobs.append(replace(job, shown=tuple(shown_parts)))
            else:  # since the claim the reader was deleted, or its chat has another id
                to_crosspost += [row for row in rows if row.id in changed]
            result.records += [Later(row.id, 0.0, row.attempts) for row in to_crosspost]
        elif to_crosspost:
            first = to_crosspost[0]
            revisions = tuple((row.id, row.wanted) for row in to_crosspost)
            result.jobs.append(Job(first.reader_id, _delivery(first), first.kind != "private", revisions))

    async def _build_word(self, row: AnyRow, now: float, result: BuildResult) -> None:
        """Adds the message that says that an earlier copy no longer holds, unless it says the same: then it holds until the next correction."""
        earlier = await self._text(row.bulletin_id, row.earlier, row.language)
        part = await self._part(row, row.language, now)
        if part is None or earlier is None or _looks(earlier) == _looks(part.text):
            is_withdrawn = part is not None and part.text.withdrawn
            holds = None if part is None or earlier is None else row.shown
            done = Done(row.id, row.message, row.shown, row.language, withdrawn=is_withdrawn, earlier=holds)
            result.records.append(done)
            return
        job = self._job(row, (replace(part, text=_heading(part.text, earlier), label="none", earlier=None),))
        result.jobs.append(replace(self.correction(job, row.message, "earlier_copy"), stands=row.message))

    async def _part(self, row: AnyRow, language: str, now: float, *, is_due: bool = True) -> Part | None:
        """The part for a row. If it is not due and its correction is under embargo, it stays as the message shows it."""
        revision, text = row.wanted, await self._text(row.bulletin_id, row.wanted, language)
        if not is_due and text is not None and _is_under_embargo(row, text, now):
            revision, text = row.shown, await self._text(row.bulletin_id, row.shown, language)
        if text is not None and text.withdrawn:
            # it names what the reader has read: a correction that never came may have another headline
            read = await self._read(row, language) or text
            text = _withdrawn(read, await self._text(row.bulletin_id, revision, read.language) or text)
        label = label_of(row, text, revision) if text else "none"
        if text is not None and label == "corrected":
            former, shown = await self._read(row, language), await self._text(row.bulletin_id, row.shown, language)
            text = text if former is None else _corrected(text, former, shown is not None and shown.withdrawn)
        return Part(row.id, row.bulletin_id, revision, text, label, is_due, row.earlier) if text else None

    async def _read(self, row: AnyRow, language: str) -> StoredText | None:
        """The text that the reader has read last. Withdrawn: an earlier release wrote the row, and it is not known; None: none."""
        return await self._text(row.bulletin_id, _read_revision(row), language)

    async def _text(self, bulletin: str, revision: int, language: str) -> StoredText | None:
        key = (bulletin, revision, language)
        if key not in self._texts:
            if len(self._texts) >= MAX_CACHED:
                self._texts.clear()
            text = await self.store.bulletins.text(bulletin, revision, language)
            if text is None:  # the bulletin has another id, and may have this one again
                return None
            self._texts[key] = text
        return self._texts[key]

    def _job(self, row: AnyRow, parts: tuple[Part, ...]) -> Job:
        """The message with these parts for the row's reader."""
        is_former = row.message is not None and row.message.startswith(FORMER)
        notice = row.notice or "" if _is_to_send(row) or is_former else ""
        message = OutgoingMessage(
            self._reply(parts, Language(row.reader_language), notice),
            _key(parts),
            bool(row.silent),
            has_followers=row.kind == "channel" and row.origin not in PERSONAL,
            parent_id=row.parent,
            urgent=row.urgent,
            bulletins=tuple(part.bulletin for part in parts),
            destination=row.destination,
        )
        return Job(
            row.reader_id,
            _delivery(row),
            row.kind != "private",
            tuple((part.row, part.revision) for part in parts if part.is_due),
            message,
            parts,
            notice,
            was_suspended=row.suspended_since is not None,
            for_audience=row.for_audience,
            timing=_quiet_timing(row),
        )

    def correction(self, job: Job, reply_to: str, notice: str = "") -> Job:
        """The correction of a message that cannot be edited: a separate message, which replies to it if it is in the same chat."""
        if job.message is None:
            raise TypeError("the message of a crosspost is not edited")
        due = (part for part in job.parts if part.is_due)
        keep = ("withdrawn", "none")
        parts = tuple(part if part.label in keep else replace(part, label="correction") for part in due)
        reply = self._reply(parts, job.message.reply.language, notice or job.notice)
        is_former = reply_to.startswith(FORMER)
        message = replace(
            job.message,
            reply=reply,
            key=f"{_key(parts, is_correction=True)}{'e' if notice else 'c'}",
            reply_to=None if is_former else reply_to,
            replaces=reply_to.removeprefix(FORMER) if is_former else "",
            bulletins=tuple(part.bulletin for part in parts),
            changes=self._changes(job, parts),
        )
        delivery = replace(job.delivery, message_id=None)
        return replace(job, parts=parts, message=message, delivery=delivery, is_correction=True)

    def _changes(self, job: Job, parts: tuple[Part, ...]) -> Changes | None:
        """What a correction changes; None: it withdraws."""
        if any(part.text.withdrawn for part in parts):
            return None
        language = Language(parts[0].text.language)
        is_known = [part.row for part in job.shown] == [part.row for part in parts]
        after = tuple(replace(part, label="none") for part in parts)
        before = self._reply(job.shown, language, "") if is_known else None
        return Changes(before, self._reply(after, language, ""))

    def _reply(self, parts: tuple[Part, ...], language: Language, notice: str) -> Reply:
        shown = tuple((part.bulletin, part.revision, part.text, part.label) for part in parts)
        key = shown, language, notice
        if key not in self._replies:
            if len(self._replies) >= MAX_CACHED:
                self._replies.clear()
            self._replies[key] = _compose(parts, language, notice_text(notice, language))
        return self._replies[key]


def _read_revision(row: AnyRow) -> int:
    """The revision whose text the reader has read last, where the message may say by now that it is withdrawn; 0: none."""
    return int(row.shown if row.had is None else row.had)


@lru_cache(maxsize=MAX_CACHED)
def _heading(text: StoredText, earlier: StoredText) -> StoredText:
    """The text with nothing but the headline of an earlier one, which later corrections leave true."""
    article = BulletinText(from_json(earlier.article).title, from_json(earlier.article).day, (), emoji="✏️")
    return replace(text, text_hash=earlier.text_hash, article=to_json(article))


@lru_cache(maxsize=MAX_CACHED)
def _corrected(text: StoredText, read: StoredText, was_withdrawn: bool) -> StoredText:
    """The correction of a bulletin for a reader who has read this text of it, and maybe since that it is withdrawn."""
    before = None if read.withdrawn or read.language != text.language else from_json(read.article)
    language = Language(text.language)
    article = corrected(from_json(text.article), before, _day(text), language, was_withdrawn=was_withdrawn)
    return replace(text, article=to_json(article))


@lru_cache(maxsize=MAX_CACHED)
def _withdrawn(read: StoredText, withdrawal: StoredText) -> StoredText:
    """The withdrawal of a bulletin for a reader who has read this text of it."""
    article = replace(from_json(read.article), because=from_json(withdrawal.article).because)
    return replace(read, article=to_json(article), withdrawn=True, since=withdrawal.since)


def _looks(text: StoredText) -> tuple[str, bool]:
    return text.text_hash, text.withdrawn


def notice_text(notice: str, language: str) -> str:
    """The text of a notice."""
    say = phrases_in(language).say
    if notice == "earlier_copy":
        return say("If this message came twice, the earlier copy, above, no longer holds.")
    if notice != "thread_gone":
        return ""
    return say(
        "The topic in which bulletins came is gone, so they come here now. Admins can change that with /settings."
    )


def label_of(row: AnyRow, text: StoredText, revision: int) -> Label:
    """How the message marks a bulletin: as corrected, as withdrawn or not at all."""
    if text.withdrawn:
        return "withdrawn"
    if row.origin in PERSONAL:
        return "none"
    seen_before = row.message is not None and (row.edited is not None or revision > row.shown)
    return "corrected" if seen_before else "none"


def _compose(parts: tuple[Part, ...], language: Language, notice: str) -> Reply:
    labelled = tuple(LabelledBulletin(_article(part.text.article), part.label, _day(part.text)) for part in parts)
    if len(parts) == 1:
        card = TitleCard(BulletinId(parts[0].bulletin), parts[0].revision)
        return single_reply(labelled[0], Language(parts[0].text.language), notice, card)
    return digest_reply(labelled, language, notice)


@lru_cache(maxsize=MAX_CACHED)
def _article(stored: str) -> BulletinText:
    return from_json(stored)


def _day(text: StoredText) -> date:
    return datetime.fromtimestamp(text.since, UTC).date()


def _key(parts: Iterable[Part], *, is_correction: bool = False) -> str:
    """20 characters: the same for each attempt to send the same words, also after a withdrawal that was taken back.

    A withdrawal has another key: a platform that remembers keys would take it for the withdrawn words. So has each correction, for
    one that brings back words of a former one says something new.
    """
    names = [f"{part.row} {part.text.text_hash} {part.text.withdrawn}" for part in parts]
    if is_correction:
        names += [str(part.revision) for part in parts]
    return hashlib.blake2b(" ".join(names).encode(), digest_size=10).hexdigest()


def _delivery(row: AnyRow) -> Delivery:
    is_repeat = _may_be_shown(row) or (row.reason or "").startswith(MAY_HAVE_ARRIVED)
    return Delivery(address_of(row), None if _is_to_send(row) else row.message, row.attempts, is_repeat)


def _may_be_shown(row: AnyRow) -> bool:
    """Whether the reader may have the wanted revision: it was sent, and nobody knows whether it arrived."""
    return row.message is not None and row.sent is None and bool(row.shown == row.wanted)


def _is_to_send(row: AnyRow) -> bool:
    """Whether a message is to be sent, for the first time or once more, and not edited."""
    return row.message is None or _may_be_shown(row)


def _is_new(row: AnyRow) -> bool:
    """Whether the delivery is for subscribers and not sent yet."""
    return bool(row.for_audience) and _is_to_send(row)


def _unwanted(row: AnyRow, chosen: frozenset[TopicId], text: StoredText | None, now: float) -> Record | None:
    """The record of a new delivery that the reader does not want, or does not want yet; None: send it. ``text``: what would be sent."""
    if row.every_topic is None:
        return Dropped(row.id, UNSUBSCRIBED)
    if row.suspended_since is not None and row.suspended_reason not in PASSING:
        return Failed(row.id, row.suspended_reason or "suspended")
    language = row.bulletin_language if row.origin == WIRE or text is None else text.language
    bulletin = Traits(frozenset(row.bulletin_topics), row.urgent, frozenset([language]))
    if reason := unwanted(subscription_of(row, chosen), bulletin, row.reader_language):
        return Dropped(row.id, reason)
    if row.gone is not None:
        return Dropped(row.id, GONE)
    if row.not_before > now:
        return Later(row.id, row.not_before - now, row.attempts)
    return None


def _waits_for_digest(row: AnyRow) -> bool:
    """Whether the reader has chosen digests since the row was written."""
    return row.message is None and not (row.urgent or row.digest) and timing_of(row).pace != "at_once"


def _is_under_embargo(row: AnyRow, text: StoredText, now: float) -> bool:
    """Whether the edit of a message is under embargo. A withdrawal never is, and neither is a try-out in one chat."""
    return bool(row.for_audience and row.wanted > row.shown and row.not_before > now and not text.withdrawn)


def _quiet_seconds(row: AnyRow, now: float) -> float:
    """Seconds until quiet hours end. An edit makes no sound, so it does not wait for them."""
    timing = _quiet_timing(row) if _is_to_send(row) else None
    return end_of_quiet_hours(timing, now) - now if timing else 0.0


def _quiet_timing(row: AnyRow) -> Timing | None:
    """The timing with the quiet hours; None: the bulletin is urgent, or the reader does not subscribe."""
    return None if row.urgent or row.zone is None else timing_of(row)


def _not_built(row: AnyRow) -> Later | Failed:
    """The record of a row for which no message could be built."""
    step = next_step(_delivery(row), Unreachable(NOT_BUILT, is_bug=True, is_unsent=True))
    if isinstance(step, Retry):
        return Later(row.id, step.seconds, row.attempts + 1, step.reason)
    return Failed(row.id, NOT_BUILT, row.wanted)
