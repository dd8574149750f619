"""The deliveries as a queue: a process claims what is due, sends it, and records the outcome."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import ceil
from typing import Any

from sqlalchemy import (
    BindParameter,
    Boolean,
    Case,
    ColumnElement,
    Select,
    Update,
    and_,
    bindparam,
    case,
    exists,
    func,
    literal,
    or_,
    select,
    update,
)
from sqlalchemy.sql.dml import ReturningUpdate
from sqlalchemy.types import TypeEngine

from bot.db.connection import AnyRow
from bot.db.engine import Database
from bot.db.readers import spoken
from bot.db.safeguards import MAY_SEND
from bot.db.schema import (
    CROSSPOST_DROPPED,
    CROSSPOST_DUE,
    CROSSPOST_REFUSED,
    IS_CORRECTION,
    OPEN,
    PERSONAL,
    SETTINGS,
    WITHDRAWN,
    bulletins,
    deliveries,
    destinations,
    leases,
    readers,
    subscriptions,
    unclaimed,
)
from bot.reader import FORMER, MAY_HAVE_ARRIVED


@dataclass(frozen=True, slots=True)
class Done:
    """The reader now sees revision ``shown`` in ``language``.

    ``to_crosspost``: the message still has to be crossposted. ``withdrawn``: it says that the bulletin is withdrawn. ``earlier``: the
    revision that a copy of it may show, of which the reader was told nothing. ``chat``: where the message was sent, None if it stands
    already.
    """

    id: int
    message_id: str
    shown: int
    language: str
    to_crosspost: bool = False
    withdrawn: bool = False
    earlier: int | None = None
    chat: str | None = None


@dataclass(frozen=True, slots=True)
class Sending:
    """The reader may see revision ``shown`` in ``language`` from now on: the message is about to be sent.

    ``message_id``: its id, or :data:`~bot.reader.FORMER` and its key where the platform gives it one.

    While the column ``sent`` is null it is not known whether it arrived.
    """

    id: int
    message_id: str
    shown: int
    language: str


@dataclass(frozen=True, slots=True)
class Unsent:
    """The message of a :class:`Sending` did not arrive. That counts also if a change has ended the claim meanwhile."""

    id: int
    message_id: str


@dataclass(frozen=True, slots=True)
class Crossposted:
    """The message was crossposted, or not, for a ``reason``; :data:`WITHDRAWN` counts until the bulletin is restored."""

    id: int
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Later:
    """The delivery is tried again after ``seconds``."""

    id: int
    seconds: float
    attempts: int
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Failed:
    """The delivery ended, and the reader does not see the wanted revision.

    ``tried``: the revision that failed; if a newer one is wanted by now, that one is due. None: a newer one would fail, too.
    """

    id: int
    reason: str
    tried: int | None = None


@dataclass(frozen=True, slots=True)
class Dropped:
    """The delivery is no longer wanted."""

    id: int
    reason: str


Record = Sending | Unsent | Done | Crossposted | Later | Failed | Dropped


def _its(name: str, type_: TypeEngine[Any] | None = None) -> BindParameter[Any]:
    """A field of the record. Names of columns alone SQLAlchemy keeps for the values of an UPDATE."""
    return bindparam(f"its_{name}", type_=type_)


_why = _its("reason", deliveries.c.reason.type)


_row = deliveries.c.id == _its("id")


_claimed = deliveries.c.holder == bindparam("claimer")


_WAITING = (OPEN["retry"], OPEN["due"])
"""The states of waiting deliveries."""


_RETRY, _DUE = (deliveries.c.state == state for state in _WAITING)


_TURNS = ((IS_CORRECTION, 0.75), (_RETRY, 1.0), (_DUE, 1.0))
"""The order in which waiting deliveries are claimed, and which share of the free places they may take. Corrections and withdrawals come
first, so that nobody who has a wrong text waits behind all who have none; the share is for an urgent bulletin beside a million corrections.
Then retries, then all by their due moment: messages to editors and single readers, urgent bulletins, the rest by the clock."""


@dataclass(frozen=True, slots=True)
class CurrentState:
    """A claimed delivery right before it is sent: the wanted revision, and whether its reader subscribes."""

    wanted: int
    subscribed: bool


@dataclass(slots=True)
class DeliveryQueue:
    """The deliveries. ``holder`` is the process that claims them; no other process takes them."""

    database: Database
    _statements: list[tuple[type[Record], Update]] = field(init=False)
    """Made once, because composing them took a fifth of a delivery's time."""
    _current: Select[*tuple[Any, ...]] = field(init=False)
    """Made once, because it runs before every send."""

    def __post_init__(self) -> None:
        self._current = (
            select(deliveries.c.id, deliveries.c.wanted, subscriptions.c.reader_id.is_not(None).label("subscribed"))
            .select_from(deliveries)
            .outerjoin(subscriptions, subscriptions.c.reader_id == deliveries.c.reader_id)
            .where(
                deliveries.c.id.in_(bindparam("ids", expanding=True)),
                deliveries.c.holder == bindparam("claimer"),
                deliveries.c.bulletin_id.not_in(self._paused),
                MAY_SEND,
            )
        )
        self._statements = [
            (Sending, self._sending()),
            (Unsent, self._unsent()),
            (Done, self._done()),
            (Crossposted, self._crossposted()),
            (Later, self._later()),
            (Failed, self._failed()),
            (Dropped, update(deliveries).where(_row, _claimed).values(unclaimed(state="dropped", reason=_why))),
        ]

    @property
    def _paused(self) -> Select[tuple[str]]:
        return select(bulletins.c.id).where(bulletins.c.paused > self.database.now)

    async def has_due(self, platform: str, bot: str = "") -> bool:
        """Whether a delivery is due on the platform, and the bot may send there."""
        in_states = (exists().where(_due(self.database, platform, state)) & MAY_SEND for state in (_RETRY, _DUE))
        return bool((await self.database.rows(select(or_(*in_states)), {"on": platform, "bot": bot}))[0][0])

    async def claim(self, platform: str, lease: str, holder: str, limit: int, bot: str = "") -> Sequence[AnyRow]:
        """Claims up to ``limit`` due deliveries, and the rest of each digest among them, if ``holder`` holds the lease.

        Nothing is claimed while ``bot`` may not send: two bots hold two leases.

        Deliveries that another transaction is changing are skipped until the next call, for example while a correction reaches a
        large audience.
        """
        by = {"on": platform, "bot": bot}
        ours = exists().where(leases.c.name == lease, leases.c.holder == holder, leases.c.until > self.database.now)
        async with self.database.write() as connection:
            taken: list[int] = []
            for turn, share in _TURNS:
                if places := ceil((limit - len(taken)) * share):
                    first = self._first(platform, turn, places)
                    taken += await connection.scalars(_claiming(first, holder).where(turn, ours, MAY_SEND), by)
            if taken:
                taken += await connection.scalars(_claiming(self._rest_of_digests(taken), holder))
            rows = await connection.execute(_described(self.database).where(deliveries.c.id.in_(taken)))
            return rows.all() if taken else ()

    async def checked(
        self, holder: str, rows: Sequence[int], platform: str = "", bot: str = ""
    ) -> Mapping[int, CurrentState]:
        """The current state of those deliveries that ``holder`` still has claimed.

        Those of a bulletin that is paused are left out; the mapping is empty while the bot may not send.
        """
        parameters = {"claimer": holder, "ids": rows, "on": platform, "bot": bot}
        current = await self.database.rows(self._current, parameters)
        return {row.id: CurrentState(row.wanted, row.subscribed) for row in current}

    async def release(self, platform: str, holder: str) -> None:
        """Releases the deliveries that the holder has claimed on the platform and not sent."""
        own = (deliveries.c.platform == platform) & (deliveries.c.holder == holder)
        await self.database.change(self._released().where(own))

    async def release_orphans(self, platform: str, sender: str) -> int:
        """Releases the claims of processes that hold no sender's lease on the platform any more; returns how many.

        The claims of the process ``sender`` stay.
        """
        senders = select(leases.c.holder).where(_is_of_sender(literal(platform)), leases.c.holder.is_not(None))
        of_others = (deliveries.c.platform == platform) & (deliveries.c.holder != sender)
        orphans = of_others & deliveries.c.holder.not_in(senders)
        return await self.database.change(self._released().where(orphans), is_long=True)

    async def adjust_to_clock(self, platform: str, before: float) -> None:
        """Repairs due moments after the database's clock was set back from ``before``: an hour back would delay what is due by an hour.

        Due deliveries stay due, retry delays keep their length, digests and deliveries for an hour of the day keep it. A delivery
        that was postponed before the step was noticed looks due: it is sent at once, and the platform refuses it once more.
        """
        now, due = self.database.now, deliveries.c.due
        on_platform = deliveries.c.platform == platform
        # An unsent digest waits for its hour once more: it may have been put off to it by the clock as it is now.
        has_no_hour = deliveries.c.state.in_(_WAITING) & ~_unsent_digest()
        was_due = update(deliveries).where(on_platform, has_no_hour, due > now, due <= before)
        pauses = update(deliveries).where(on_platform, deliveries.c.state == OPEN["retry"], due > before)
        async with self.database.write(is_long=True) as connection:
            await connection.execute(was_due.values(due=now))
            await connection.execute(pauses.values(due=due - (before - now)))

    async def of_message(self, reader_id: int, message_id: str) -> Sequence[AnyRow]:
        """The deliveries that one message carries, the oldest first."""
        in_message = (deliveries.c.reader_id == reader_id) & (deliveries.c.message == message_id)
        of_bulletin = (bulletins.c.origin, bulletins.c.not_before, for_audience(self.database).label("for_audience"))
        statement = select(deliveries, *of_bulletin).join(bulletins).where(in_message).order_by(deliveries.c.id)
        return await self.database.rows(statement)

    def _first(self, platform: str, turn: ColumnElement[bool], limit: int) -> Select[tuple[int]]:
        """Selects due deliveries that may be sent, in the order of sending."""
        may_be_sent = _due(self.database, platform, turn) & deliveries.c.bulletin_id.not_in(self._paused)
        return select(deliveries.c.id).where(may_be_sent).order_by(deliveries.c.due, deliveries.c.id).limit(limit)

    def _rest_of_digests(self, taken: Sequence[int]) -> Select[tuple[int]]:
        """Selects the rest of each digest, whatever the limit, except bulletins that are being corrected."""
        gathering = select(deliveries.c.reader_id).where(deliveries.c.id.in_(taken), _unsent_digest())
        is_due = deliveries.c.state.in_(_WAITING) & (deliveries.c.due <= self.database.now)
        return select(deliveries.c.id).where(deliveries.c.reader_id.in_(gathering), _unsent_digest(), is_due)

    def _released(self) -> Update:
        """An UPDATE that makes claimed deliveries due again. They may have been in flight, so an edit counts as attempted."""
        claimed = update(deliveries).where(deliveries.c.state == OPEN["claimed"])
        attempts = case((deliveries.c.message.is_not(None), deliveries.c.attempts + 1), else_=deliveries.c.attempts)
        reason = case((deliveries.c.sent.is_not(None), MAY_HAVE_ARRIVED), else_=deliveries.c.reason)
        return claimed.values(unclaimed(state="retry", due=self.database.now, attempts=attempts, reason=reason))

    async def record(self, holder: str, records: Sequence[Record]) -> frozenset[int]:
        """Writes the outcomes of deliveries that ``holder`` claimed, in one transaction. Returns the rows that another transaction is changing.

        It waits for none: a correction or withdrawal that changes many rows would wait for it in turn. A sent message is recorded even if the
        lease was lost meanwhile, so that it is not sent twice; but not if another process has claimed the delivery since.
        """
        async with self.database.write() as connection:
            locked = frozenset[int]()
            if not self.database.is_sqlite:  # which has one writer at a time
                these = select(deliveries.c.id).where(deliveries.c.id.in_({record.id for record in records}))
                free = these.with_for_update(skip_locked=True).cte("free")
                others = these.where(deliveries.c.id.not_in(select(free.c.id)))
                locked = frozenset(await connection.scalars(others))
            for kind, statement in self._statements:
                chosen = [record for record in records if isinstance(record, kind) and record.id not in locked]
                its = [{f"its_{name}": getattr(record, name) for name in kind.__slots__} for record in chosen]
                if values := [{"claimer": holder, **columns} for columns in its]:
                    await connection.execute(statement, values)
        return locked

    def _sending(self) -> Update:
        is_first = deliveries.c.sent.is_(None)
        sending = update(deliveries).where(_row, _claimed, is_first)
        return sending.values(message=_its("message_id"), shown=_its("shown"), language=_its("language"))

    def _unsent(self) -> Update:
        is_same = and_(deliveries.c.sent.is_(None), deliveries.c.message == _its("message_id"))
        # without a claim nobody else has tried it while the lease of the platform's sender is ours
        is_ours = (leases.c.holder == bindparam("claimer")) & (leases.c.until > self.database.now)
        has_lease = exists().where(_is_of_sender(deliveries.c.platform), is_ours)
        unsent = update(deliveries).where(_row, is_same, or_(_claimed, deliveries.c.holder.is_(None) & has_lease))
        return unsent.values(message=None, shown=0, language=None)

    def _done(self) -> Update:
        """An UPDATE for sent messages. A delivery that was corrected or withdrawn meanwhile, or is to be crossposted, is due again."""
        at_rest = or_(*(deliveries.c.state == state for state in ("due", "retry", "dropped", "failed")))
        # of another attempt at the same message nobody knows yet whether it arrived: this one did
        is_same = or_(deliveries.c.message == _its("message_id"), deliveries.c.message.startswith(FORMER))
        untried = at_rest & or_(deliveries.c.message.is_(None), deliveries.c.sent.is_(None) & is_same)
        shown = _its("shown", deliveries.c.shown.type)
        # a bulletin whose own edit failed is shown by the next edit of its digest
        failed_before = and_(deliveries.c.state == "failed", deliveries.c.message == _its("message_id"))
        newer = (deliveries.c.state == "delivered") & (deliveries.c.shown < shown)
        # the message is in the chat even if the claim was lost, for example because the reader has just unsubscribed or is suspended
        may_record = or_(_claimed, untried, failed_before, newer)
        # the first withdrawal follows a text; another one, whose text between them never came, follows a withdrawal
        followed = and_(deliveries.c.had.is_(None), deliveries.c.sent.is_not(None))
        had = case((followed, deliveries.c.shown), else_=deliveries.c.had)
        # the group has become another chat, or the bot another one, while the request was on its way
        former = literal(FORMER) + _its("message_id")
        moved = exists().where(readers.c.id == deliveries.c.reader_id, readers.c.chat != _its("chat"))
        message = case((or_(moved, deliveries.c.message == former), former), else_=_its("message_id"))
        crosspost = case((_its("to_crosspost", Boolean()), CROSSPOST_DUE), else_=deliveries.c.crosspost)
        earlier = _its("earlier", deliveries.c.earlier.type)
        values = unclaimed(
            state=_rests(crosspost, shown, earlier),
            crosspost=crosspost,
            earlier=earlier,
            message=message,
            shown=shown,
            had=case((_its("withdrawn", Boolean()), had), else_=None),
            language=_its("language"),
            sent=func.coalesce(deliveries.c.sent, self.database.now),
            edited=case((deliveries.c.sent.is_not(None), self.database.now), else_=None),
            attempts=0,
            reason=case((crosspost == CROSSPOST_REFUSED, deliveries.c.reason), else_=None),
        )
        return update(deliveries).where(_row, may_record).values(values)

    def _crossposted(self) -> Update:
        crosspost = case((_why == WITHDRAWN, CROSSPOST_DROPPED), (_why.is_not(None), CROSSPOST_REFUSED), else_="done")
        reason = case((_why != WITHDRAWN, _why), else_=None)
        values = unclaimed(state=_rests(crosspost), crosspost=crosspost, reason=reason, attempts=0)
        return update(deliveries).where(_row, _claimed).values(values)

    def _later(self) -> Update:
        due = self.database.now + _its("seconds")
        values = unclaimed(state="retry", due=due, attempts=_its("attempts"), reason=_why)
        return update(deliveries).where(_row, _claimed).values(values)

    def _failed(self) -> Update:
        """An UPDATE for failed deliveries. A delivery that was corrected or withdrawn meanwhile is due again."""
        is_newer = deliveries.c.wanted > _its("tried", deliveries.c.wanted.type)
        values = unclaimed(
            state=case((is_newer, "due"), else_="failed"),
            reason=case((is_newer, None), else_=_why),
            attempts=case((is_newer, 1), else_=deliveries.c.attempts),  # the failed attempt may have arrived
        )
        return update(deliveries).where(_row, _claimed).values(values)


def _is_of_sender(platform: ColumnElement[str]) -> ColumnElement[bool]:
    """The lease of a sender is named ``platform:bot``, the preview's ``preview``; ``telegram:1:updates`` is the lease for polling."""
    name = leases.c.name
    return or_(name == platform, name.like(platform + ":%")) & name.not_like(platform + ":%:%")


def _due(database: Database, platform: str, which: ColumnElement[bool]) -> ColumnElement[bool]:
    return and_(deliveries.c.platform == platform, which, deliveries.c.due <= database.now)


def _rests(crosspost: Any, shown: Any = deliveries.c.shown, earlier: Any = deliveries.c.earlier) -> Case[str]:
    """The state of a delivery whose message shows a revision; what is left to do with it makes it due."""
    left = or_(crosspost == CROSSPOST_DUE, earlier < shown)
    return case((deliveries.c.wanted > shown, "due"), (left, "retry"), else_="delivered")


def _claiming(these: Select[tuple[int]], holder: str) -> ReturningUpdate[tuple[int]]:
    """Claims those of the deliveries that no other transaction is changing."""
    # a CTE, so that SKIP LOCKED runs once (postgresql.org/docs/current/sql-select.html)
    free = these.with_for_update(skip_locked=True).cte("free")
    claims = update(deliveries).where(deliveries.c.id.in_(select(free.c.id)))
    return claims.values(state="claimed", holder=holder).returning(deliveries.c.id)


def _unsent_digest() -> ColumnElement[bool]:
    return deliveries.c.digest & deliveries.c.message.is_(None)


def for_audience(database: Database) -> ColumnElement[bool]:
    """Bulletins for subscribers: not messages to editors or to one asker, nor bulletins that are being tried out in one chat."""
    time_has_come = and_(bulletins.c.state == "scheduled", bulletins.c.not_before <= database.now)
    return and_(bulletins.c.origin.not_in(PERSONAL), or_(bulletins.c.published.is_not(None), time_has_come))


def _described(database: Database) -> Select[*tuple[Any, ...]]:
    """A SELECT of deliveries with everything that is needed to send them.

    ``reader_language`` is the language to send in, ``for_audience`` whether the bulletin is for subscribers only, ``bulletin_topics`` its topics,
    ``suspended_reason`` why the reader is suspended, ``destination`` where messages to a reader of the page go. ``every_topic`` is None if the reader does not subscribe.
    """
    return (
        select(
            deliveries,
            *(readers.c[name] for name in ("chat", "thread", "parent", "kind", "notice", "suspended_since")),
            readers.c.reason.label("suspended_reason"),
            spoken(bulletins.c.language).label("reader_language"),
            *(bulletins.c[name] for name in ("urgent", "origin", "not_before", "gone")),
            bulletins.c.topics.label("bulletin_topics"),
            bulletins.c.language.label("bulletin_language"),
            for_audience(database).label("for_audience"),
            *SETTINGS,
            destinations.c.destination,
        )
        .select_from(deliveries)
        .join(readers, readers.c.id == deliveries.c.reader_id)
        .join(bulletins, bulletins.c.id == deliveries.c.bulletin_id)
        .outerjoin(subscriptions, subscriptions.c.reader_id == deliveries.c.reader_id)
        .outerjoin(destinations, destinations.c.reader_id == deliveries.c.reader_id)
        .order_by(deliveries.c.due >= 0, deliveries.c.message.is_(None), deliveries.c.due, deliveries.c.id)
    )
