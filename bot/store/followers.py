"""Followers: which process holds which edition, so that one with an older edition knows whether a newer is in force elsewhere."""

from dataclasses import dataclass

from sqlalchemy import delete, select

from bot.store.database import Database
from bot.store.engine import AsyncConnection
from bot.store.tables import followers
from bot.store.upserts import upsert

FOLLOWS_SECONDS = 30.0
"""For so long a process is believed to go on with its edition after it said so last."""


@dataclass(frozen=True, slots=True)
class Followers:
    """The processes. One that died without a word is forgotten when its time is over."""

    database: Database

    async def follow(self, connection: AsyncConnection, process: str, version: str) -> None:
        """The process, unlike any other that is or was, holds the edition now and for a while."""
        values = {"process": process, "version": version, "until": self.database.now + FOLLOWS_SECONDS}
        await connection.execute(upsert(self.database, followers, values, ["process"], values))

    async def others_follow(self, connection: AsyncConnection, process: str, version: str) -> bool:
        """Whether another process holds the edition."""
        of_others = (followers.c.version == version) & (followers.c.process != process)
        statement = select(followers.c.process).where(of_others, followers.c.until > self.database.now).limit(1)
        return (await connection.execute(statement)).one_or_none() is not None

    async def forget_lapsed(self) -> int:
        """Drops those whose time is over, in a transaction of its own, so that no two wait for each other; returns how many."""
        async with self.database.write() as connection:
            return await connection.affect(delete(followers).where(followers.c.until <= self.database.now))

    async def leave(self, process: str) -> None:
        """The process ends, and holds none any more."""
        async with self.database.write() as connection:
            await connection.execute(delete(followers).where(followers.c.process == process))
