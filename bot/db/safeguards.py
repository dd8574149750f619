"""Safeguards against mistakes: the database's dossier and bots, and the stop of sending."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import structlog
from sqlalchemy import ColumnElement, bindparam, exists, or_, select, update

from bot.db.connection import AsyncConnection
from bot.db.engine import Database, upsert
from bot.db.schema import awaited_questions, bots, deliveries, readers, safeguards, subscriptions

log = structlog.get_logger("bot.db")

MOST_AT_ONCE = 3
"""The number of bulletins in messages that files may correct, withdraw or restore at once. More wait for an owner: the
cause is more likely a wrong folder or branch than a decision."""

HELD = "nota run --held"
"""Who stopped all sending if no files are imported, either, until somebody starts it again."""


@dataclass(frozen=True, slots=True)
class SafeguardState:
    """The row. Moments are seconds since 1970.

    Attributes:
        dossier: the id of the dossier that the database belongs to; None: none yet.
        stopped: since when nothing is sent; None: messages are sent.
        stopped_by: the account, or the command.
        former_topics: former id of a topic → a later id of it, as far as was ever known; None: no topic ever had a former id.
        platforms: platform on which nothing is sent → since when, and who stopped it.
    """

    dossier: str | None = None
    stopped: float | None = None
    stopped_by: str | None = None
    former_topics: Mapping[str, str] | None = None
    platforms: Mapping[str, tuple[float, str]] = field(default_factory=dict)

    @property
    def stops(self) -> Mapping[str, tuple[float, str]]:
        """What is stopped: "all sending" or "sending on <platform>" → since when, and who stopped it."""
        everywhere = {} if self.stopped is None else {"all sending": (self.stopped, self.stopped_by or "")}
        return everywhere | {f"sending on {name}": stop for name, stop in self.platforms.items()}


_refused = bots.c.stopped.is_not(None) | bots.c.bot.not_in(("", bindparam("bot")))
_is_refused = exists().where(bots.c.platform == bindparam("on"), _refused)
MAY_SEND: ColumnElement[bool] = ~exists().where(safeguards.c.stopped.is_not(None)) & ~_is_refused
"""Whether the bot ``bot`` may send on the platform ``on``, for the statements that claim deliveries and check them."""


@dataclass(frozen=True, slots=True)
class Safeguards:
    """The safeguards. All processes obey them: each reads the database right before it acts.

    ``foreign``: platform → why this process's bot may not send there, by the last :meth:`bind`; "": it may.
    """

    database: Database
    foreign: dict[str, str] = field(default_factory=dict)

    async def get(self, within: AsyncConnection | None = None) -> SafeguardState:
        """The row, or that of a new database."""
        columns = (safeguards.c[name] for name in SafeguardState.__slots__ if name in safeguards.c)
        halted = select(bots.c.platform, bots.c.stopped, bots.c.stopped_by).where(bots.c.stopped.is_not(None))
        async with self.database.read(within) as connection:
            row = await connection.row(select(*columns))
            platforms = {name: (since, by) for name, since, by in await connection.execute(halted)}
        return replace(SafeguardState(*row) if row is not None else SafeguardState(), platforms=platforms)

    async def dossier(self, within: AsyncConnection | None = None) -> str | None:
        """The id of the dossier that the database belongs to; None: none yet. The tables of 0.8.0 tell it, too."""
        row = await self.database.row(select(safeguards.c.dossier), within=within)
        return row.dossier if row else None

    async def stops_on(self, platform: str) -> bool:
        """Whether nothing is sent on a platform, by the database or by the last :meth:`bind`."""
        state = await self.get()
        return state.stopped is not None or platform in state.platforms or bool(self.foreign.get(platform))

    async def refusal(self, platform: str, bot: str, within: AsyncConnection | None = None) -> str:
        """Why this bot may not send to the platform's readers; "": it may, as "" may everywhere.

        Readers of a platform without subscriptions, messages and awaited answers belong to whoever comes.
        """
        theirs = (subscriptions, deliveries, awaited_questions)
        in_use = or_(*(exists().where(table.c.reader_id == readers.c.id) for table in theirs))
        bound = select(bots.c.bot).where(bots.c.platform == platform, bots.c.bot.not_in(("", bot)))
        is_other = bound.where(exists().where(readers.c.platform == platform, in_use))
        other = await self.database.row(is_other, within=within) if bot else None
        if not other:
            return ""
        remedy = f"Expected the token or key of {other.bot}, or `nota migrate --bot {platform}:{bot}`"
        return f"the database belongs to the bot {other.bot} on {platform}, and the settings are those of {bot}: nothing is sent, and no reader is suspended. {remedy}"

    async def bind(self, platform: str, bot: str) -> str:
        """Binds the platform's readers to this bot, and returns ""; or why they stay bound to another."""
        async with self.database.write() as connection:
            if not (refusal := await self.refusal(platform, bot, connection)):
                values = {"platform": platform, "bot": bot}
                await connection.execute(*upsert(self.database, bots, values, ["platform"], {"bot": bot}))
        if refusal not in ("", self.foreign.get(platform)):
            log.error(refusal)
        self.foreign[platform] = refusal
        return refusal

    async def halt(self, platform: str, bot: str, by: str) -> None:
        """Stops sending on a platform, in every process, as :meth:`stop` everywhere."""
        stop = {"stopped": self.database.now, "stopped_by": by}
        halted = upsert(self.database, bots, {"platform": platform, "bot": bot, **stop}, ["platform"], stop)
        await self.database.change(*halted)

    async def change(self, connection: AsyncConnection, **values: object) -> None:
        """Changes columns of the row."""
        await connection.execute(*upsert(self.database, safeguards, {"id": 1, **values}, ["id"], values))

    async def stop(self, by: str) -> None:
        """Stops all sending, in every process. What is in flight arrives; what is due stays due."""
        async with self.database.write() as connection:
            if (await self.get(connection)).stopped is None:
                await self.change(connection, stopped=await self.database.moment(connection), stopped_by=by)

    async def start(self) -> None:
        """Starts sending again, everywhere."""
        async with self.database.write() as connection:
            await self.change(connection, stopped=None, stopped_by=None)
            await connection.execute(update(bots).values(stopped=None, stopped_by=None))
