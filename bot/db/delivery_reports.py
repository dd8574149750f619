"""Reports on deliveries: by bulletin, by reader, and as figures for monitoring."""

from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, Select, String, and_, case, func, literal, or_, select, union_all

from bot.db.changes import Changes
from bot.db.connection import AnyRow, AsyncConnection
from bot.db.engine import Database, upsert
from bot.db.readers import ADDRESS, address_of, at, in_chat
from bot.db.safeguards import Safeguards, SafeguardState
from bot.db.schema import (
    CROSSPOST_DUE,
    CROSSPOST_REFUSED,
    IS_OPEN,
    OPEN,
    OUT,
    PERSONAL,
    REVIEW,
    WIRE,
    bulletin_texts,
    bulletins,
    deliveries,
    feeds,
    leases,
    readers,
    subscriptions,
)
from bot.dossier.models import BulletinId, TopicId
from bot.reader import Address
from bot.schedule import Traits

SLOWEST = 5
"""How many of the slowest deliveries are listed."""


@dataclass(frozen=True, slots=True)
class Progress:
    """The state of a bulletin's deliveries.

    Attributes:
        is_published: whether its deliveries were written.
        counts: the deliveries in each of :data:`STATES`.
        reasons: why deliveries failed, and how many failed for each reason.
    """

    is_published: bool = False
    counts: Mapping[str, int] = field(default_factory=dict)
    reasons: Sequence[tuple[str, int]] = ()

    @property
    def waiting(self) -> int:
        """Deliveries that are not finished."""
        return sum(number for state, number in self.counts.items() if state in ("due", "held", "retry", "claimed"))


@dataclass(frozen=True, slots=True)
class DeliveryLog:
    """The deliveries of each bulletin, for the desk and ``nota deliveries``."""

    database: Database

    async def bulletins(self) -> Sequence[AnyRow]:
        """Every bulletin for readers, newest first, with the number of its deliveries in each state, for example ``n_due``."""
        number = {state: func.sum(case((_state(self.database) == state, 1), else_=0)) for state in STATES}
        statement = (
            select(bulletins, *(func.coalesce(count, 0).label(f"n_{state}") for state, count in number.items()))
            .outerjoin(deliveries)
            .where(bulletins.c.origin.not_in(PERSONAL))
            .group_by(bulletins.c.id)
            .order_by(bulletins.c.day.desc(), bulletins.c.id.desc())
        )
        return await self.database.rows(statement)

    async def bulletin(self, name: str) -> AnyRow | None:
        """The bulletin; None if the id is unknown."""
        return await self.database.row(select(bulletins).where(bulletins.c.id == name))

    async def counts(self, name: str) -> Sequence[AnyRow]:
        """A bulletin's deliveries by platform, language and state."""
        state = _state(self.database).label("state")
        spoken = func.coalesce(deliveries.c.language, readers.c.language, readers.c.detected_language).label("language")
        statement = (
            select(deliveries.c.platform, spoken, state, func.count().label("number"))
            .join(readers)
            .where(deliveries.c.bulletin_id == name)
            .group_by(deliveries.c.platform, spoken, state)
            .order_by(deliveries.c.platform, spoken, state)
        )
        return await self.database.rows(statement)

    async def failures(self, name: str) -> Sequence[AnyRow]:
        """The reasons why deliveries failed, were dropped or are retried, each with its number and an example chat."""
        state = _state(self.database).label("state")
        statement = (
            select(state, deliveries.c.reason, func.count().label("number"), func.min(readers.c.chat).label("chat_id"))
            .join(readers)
            .where(deliveries.c.bulletin_id == name, deliveries.c.reason.is_not(None))
            .group_by(state, deliveries.c.reason)
            .order_by(func.count().desc(), deliveries.c.reason)
        )
        return await self.database.rows(statement)

    async def progress(self, connection: AsyncConnection, names: Sequence[BulletinId]) -> dict[BulletinId, Progress]:
        """The progress of bulletins."""
        published = select(bulletins.c.id, bulletins.c.published, bulletins.c.state).where(bulletins.c.id.in_(names))
        rows = await connection.execute(published)
        are_out = {BulletinId(row.id): row.published is not None or row.state in OUT for row in rows}
        state = _state(self.database).label("state")
        theirs = select(deliveries.c.bulletin_id, state, deliveries.c.reason)
        reported = theirs.where(deliveries.c.bulletin_id.in_(names)).subquery()
        number = func.count()
        grouped = select(*reported.c, number.label("number")).group_by(*reported.c)
        counts, reasons = defaultdict[str, Counter[str]](Counter), defaultdict[str, list[tuple[str, int]]](list)
        for row in await connection.execute(grouped.order_by(number.desc())):
            counts[row.bulletin_id][row.state] += row.number
            if row.state == "failed":
                reasons[row.bulletin_id].append((row.reason or "", row.number))
        return {name: Progress(is_out, counts[name], reasons[name]) for name, is_out in are_out.items()}

    async def latest_request_in(self, chat: Address) -> Address | None:
        """Where in the chat, itself or one of its topics, the latest message for editors is; None if there is none."""
        statement = (
            select(*ADDRESS)
            .select_from(deliveries)
            .join(readers)
            .join(bulletins)
            .where(
                in_chat(chat.platform, chat.chat_id), bulletins.c.origin == REVIEW, deliveries.c.message.is_not(None)
            )
            .order_by(deliveries.c.id.desc())
            .limit(1)
        )
        row = await self.database.row(statement)
        return address_of(row) if row is not None else None

    async def delivered_to(self, name: str, wanted: str, limit: int = 100) -> Sequence[AnyRow]:
        """A bulletin's deliveries to chats whose title contains ``wanted``, or whose id is ``wanted``; waiting ones first."""
        statement = (
            select(
                _state(self.database).label("state"),
                *(deliveries.c[name] for name in ("reason", "sent", "edited", "language")),
                readers.c.platform,
                readers.c.chat.label("chat_id"),
                readers.c.title,
            )
            .join(readers)
            .where(deliveries.c.bulletin_id == name)
            .order_by(IS_OPEN.desc(), deliveries.c.id.desc())
            .limit(limit)
        )
        if wanted:
            named = func.lower(readers.c.title).contains(wanted.lower(), autoescape=True)
            statement = statement.where(named | (readers.c.chat == wanted))
        return await self.database.rows(statement)

    async def slowest(self, name: str) -> Sequence[AnyRow]:
        """The deliveries that took longest from when they were due until they were sent; none that a correction has made due again."""
        # the due moment of an urgent one is before it was created
        since = case((deliveries.c.due > deliveries.c.created, deliveries.c.due), else_=deliveries.c.created)
        took = (deliveries.c.sent - since).label("seconds")
        statement = (
            select(deliveries.c.platform, readers.c.chat.label("chat_id"), took)
            .join(readers)
            .where(deliveries.c.bulletin_id == name, deliveries.c.sent >= since)
            .order_by(took.desc())
            .limit(SLOWEST)
        )
        return await self.database.rows(statement)

    async def rows(self, name: str | None) -> AsyncIterator[AnyRow]:
        """Yields the deliveries of a bulletin (None: of all bulletins) without loading them all into memory."""
        columns = [column for column in deliveries.c if column.name not in ("holder", "reader_id", "message")]
        ids = {"chat_id": readers.c.chat, "thread_id": readers.c.thread, "message_id": deliveries.c.message}
        named = (column.label(name) for name, column in ids.items())
        statement = select(*columns, *named, readers.c.title).join(readers)
        if name is not None:
            statement = statement.where(deliveries.c.bulletin_id == name)
        statement = statement.order_by(deliveries.c.id)
        async with self.database.snapshot() as connection:
            async for row in connection.stream(statement):
                yield row


STATES = ("due", "held", "retry", "claimed", "delivered", "crosspost", "failed", "dropped")
"""The states in reports. ``held``: due later. ``crosspost``: the message is in the channel, but its followers do not have it,
because the crosspost waits or was refused."""


def _state(database: Database) -> ColumnElement[str]:
    later = (deliveries.c.state == "due") & (deliveries.c.due > database.now)
    uncrossposted = deliveries.c.crosspost.in_((CROSSPOST_DUE, CROSSPOST_REFUSED)) & (
        deliveries.c.state.in_(("due", "retry", "claimed", "delivered")) & (deliveries.c.shown == deliveries.c.wanted)
    )
    return case((uncrossposted, "crosspost"), (later, "held"), else_=deliveries.c.state)


MOST_COUNTED = 100_000
"""Due deliveries in a state are counted up to this number, because counting millions takes seconds (docs/scale.md)."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """The number of due deliveries on a platform; from :data:`MOST_COUNTED` on there may be more.

    ``oldest_seconds``: how long the oldest of them has been due.
    """

    platform: str
    due: int
    oldest_seconds: float


@dataclass(frozen=True, slots=True)
class Gauges:
    """Figures for monitoring.

    Attributes:
        now: the database's moment, in seconds since 1970.
        waiting: platforms on which deliveries are due.
        last_sent: platform → when a message was last sent or edited there, to a second or two. Platforms without one are missing.
        safeguards: whether sending is stopped.
        many: the number of bulletins of a deploy that wait for an owner.
        confirmation: names them; "": there are none.
        feeds: feed → its failures in a row; inf: it is gone for good.
    """

    now: float
    waiting: tuple[Waiting, ...]
    last_sent: Mapping[str, float]
    safeguards: SafeguardState = field(default_factory=SafeguardState)
    many: int = 0
    confirmation: str = ""
    feeds: Mapping[str, float] = field(default_factory=dict)


async def try_writing(database: Database) -> None:
    """Writes a row of its own, to find out whether the disk is full or the database is read-only.

    Raises:
        DATABASE_AWAY: nothing can be written.
    """
    values = {"name": "probe", "until": 0.0, "renewals": 0}
    statement = upsert(database, leases, values, ["name"], {"renewals": leases.c.renewals + 1})
    await database.change(*statement)


async def read_gauges(database: Database) -> Gauges:
    """Reads the figures through the queue's indexes. A platform is included if a lease names it and a bot.

    Raises:
        DATABASE_AWAY: the database is away.
    """
    async with database.read() as connection:
        now = await database.moment(connection)
        bots = select(leases.c.name, leases.c.delivered).where(leases.c.name.contains(":"))
        rows_of_bots = await connection.rows(bots)
        platforms = {row.name.partition(":")[0] for row in rows_of_bots}
        queues = [_queue(database, platform, state) for platform in platforms for state in OPEN.values()]
        rows: Sequence[AnyRow] = await connection.rows(union_all(*queues)) if queues else []
        state = await Safeguards(database).get(connection)
        confirmation, many = await Changes(database).many(connection)
        fetched = await connection.rows(select(feeds.c.id, feeds.c.failures, feeds.c.ended))
    number, since, last_sent = dict.fromkeys(platforms, 0), dict.fromkeys(platforms, now), dict[str, float]()
    for platform, due, timed, at_once in rows:
        number[platform] += due
        since[platform] = min(moment for moment in (since[platform], timed, at_once) if moment is not None)
    for row in rows_of_bots:
        if row.delivered is not None:
            platform = row.name.partition(":")[0]
            last_sent[platform] = max(row.delivered, last_sent.get(platform, row.delivered))
    busy = sorted(platform for platform in platforms if number[platform])
    waiting = [Waiting(platform, number[platform], now - since[platform]) for platform in busy]
    failures = {row.id: float("inf") if row.ended else float(row.failures) for row in fetched}
    return Gauges(now, tuple(waiting), last_sent, state, len(many), confirmation, failures)


def _queue(database: Database, platform: str, state: ColumnElement[str]) -> Select[tuple[str, int, float, float]]:
    """How many deliveries in a state are due, and since when: those with a due moment, and those that are due at once."""
    in_state = (deliveries.c.platform == platform) & (deliveries.c.state == state)
    due = deliveries.c.due <= database.now
    counted = select(deliveries.c.id).where(in_state, due).limit(MOST_COUNTED)
    return select(
        literal(platform, String),
        select(func.count()).select_from(counted.subquery()).scalar_subquery(),
        select(func.min(deliveries.c.due)).where(in_state, due, deliveries.c.due > 0).scalar_subquery(),
        select(func.min(deliveries.c.created)).where(in_state, deliveries.c.due <= 0).scalar_subquery(),
    )


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """A bulletin and its delivery to one reader. Moments are seconds since 1970.

    Attributes:
        published: None if the bulletin was never sent to its audience.
        subscribed: since when the reader is subscribed; None: not subscribed.
        state: of the delivery; None: no delivery exists.
        traits: by which readers choose.
        due: when the delivery is due, or is tried again, and no moment of the past.
        crosspost: to the followers of an announcement channel: ``due``, ``refused``; any other value needs no mention.
        is_current: whether the message shows the bulletin's latest revision, a withdrawal included.
        articles: language → the latest text, as the ledger stores it.
    """

    bulletin: BulletinId
    bulletin_state: str
    traits: Traits
    published: float | None
    subscribed: float | None
    state: str | None
    due: float | None
    sent: float | None
    edited: float | None
    reason: str | None
    crosspost: str | None = None
    is_current: bool = True
    articles: Mapping[str, str] = field(default_factory=dict)


async def delivery_history(database: Database, address: Address, most: int = 6) -> Sequence[HistoryEntry]:
    """The last bulletins, each with its delivery to the address: that which was published, or planned for here, last stands first.

    A bulletin that was never published, or is under embargo, is listed only if it was tried out there. A bulletin whose old
    deliveries were deleted is listed only if a delivery is left.
    """
    reader = select(readers.c.id).where(at(address)).scalar_subquery()
    since = select(subscriptions.c.since).where(subscriptions.c.reader_id == reader).scalar_subquery()
    here = and_(deliveries.c.bulletin_id == bulletins.c.id, deliveries.c.reader_id == reader)
    is_out = bulletins.c.not_before <= database.now
    was_seen = or_(bulletins.c.published.is_not(None), bulletins.c.state.in_(("history", "published")))
    is_complete = bulletins.c.pruned.is_(None)
    began = func.coalesce(deliveries.c.created, bulletins.c.published, 0)
    statement = (
        select(
            bulletins.c.state.label("bulletin_state"),
            *(bulletins.c[name] for name in ("id", "topics", "urgent", "origin", "language", "published", "revision")),
            since.label("subscribed"),
            case((deliveries.c.due < database.now, database.now), else_=deliveries.c.due).label("due"),
            *(deliveries.c[name] for name in ("state", "sent", "edited", "reason", "crosspost", "shown")),
        )
        .select_from(bulletins.outerjoin(deliveries, here))
        .where(
            bulletins.c.origin.not_in(PERSONAL), or_(deliveries.c.id.is_not(None), and_(is_out, was_seen, is_complete))
        )
        .order_by(began.desc(), bulletins.c.day.desc(), bulletins.c.id.desc())
        .limit(most)
    )
    async with database.read() as connection:
        rows = await connection.rows(statement)
        articles = await _latest_articles(connection, [row.id for row in rows])
    own = ("bulletin", "traits", "is_current", "articles")
    found = []
    for row in rows:
        texts, is_current = articles.get(row.id, {}), row.shown == row.revision
        columns: dict[str, Any] = {name: getattr(row, name) for name in HistoryEntry.__slots__ if name not in own}
        traits = _traits(row, texts)
        found.append(HistoryEntry(BulletinId(row.id), traits=traits, is_current=is_current, articles=texts, **columns))
    return found


def _traits(row: AnyRow, articles: Mapping[str, str]) -> Traits:
    languages = frozenset([row.language]) if row.origin == WIRE else frozenset(articles)
    return Traits(frozenset(map(TopicId, row.topics)), row.urgent, languages)


async def _latest_articles(connection: AsyncConnection, names: list[str]) -> Mapping[str, dict[str, str]]:
    """Bulletin → language → its latest text."""
    is_latest = (bulletin_texts.c.bulletin_id == bulletins.c.id) & (bulletin_texts.c.revision == bulletins.c.revision)
    columns = (bulletin_texts.c.bulletin_id, bulletin_texts.c.language, bulletin_texts.c.article)
    statement = select(*columns).join(bulletins, is_latest).where(bulletins.c.id.in_(names))
    articles: dict[str, dict[str, str]] = {}
    for row in await connection.execute(statement):
        articles.setdefault(row.bulletin_id, {})[row.language] = row.article
    return articles
