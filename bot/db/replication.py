"""Takes over into memory what other processes on the same PostgreSQL set, within a fraction of a second."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from secrets import token_hex
from typing import TYPE_CHECKING, Protocol

import structlog
from sqlalchemy import delete, func, select

from bot.db.engine import LOST, AsyncConnection, Connect, Database, DatabaseUnavailable, upsert
from bot.db.schema import followers
from bot.reader import Address

if TYPE_CHECKING:
    from bot.db.engine import AsyncpgConnection


CHANNEL = "nota_readers"


EVERYTHING = ""
"""Told instead of an address: read everything again."""


MANY = 100
"""More changes at once than this are told of as :data:`EVERYTHING`."""


async def announce(database: Database, connection: AsyncConnection, addresses: Iterable[Address]) -> None:
    """Tells the others, once the transaction is committed, that what memory holds of these readers may have changed."""
    if database.is_sqlite:
        return
    words = [word_of(each) for each in addresses]
    for word in words if len(words) <= MANY else [EVERYTHING]:
        await connection.execute(select(func.pg_notify(CHANNEL, word)))


async def announce_everything(database: Database, connection: AsyncConnection) -> None:
    """Tells the others, once the transaction is committed, to read everything again."""
    if not database.is_sqlite:
        await connection.execute(select(func.pg_notify(CHANNEL, EVERYTHING)))


def word_of(address: Address) -> str:
    """An address as it is told."""
    return f"{address.platform} {address.chat_id} {address.thread_id or 0}"


def address_in(word: str) -> Address | None:
    """The address that was told; None for :data:`EVERYTHING`, and for what a newer release may tell instead."""
    match word.split(" "):
        case [platform, chat_id, thread_id] if chat_id.removeprefix("-").isdecimal() and thread_id.isdecimal():
            return Address(platform, int(chat_id), int(thread_id) or None)
        case _:
            return None


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


log = structlog.get_logger("bot.db")


PATIENCE_SECONDS = 2.0
"""Within which one process must see what another set."""


REMEDY = "give DATABASE_URL the server's direct address, or the pooler's session mode, where there are several replicas"


async def passes_notices(database: Database) -> bool:
    """Tells itself something and sees whether it comes. True on SQLite, which has nobody to tell.

    Raises:
        Any of :data:`LOST`: the database is away.
    """
    if database.connect is None:
        return True
    channel, heard = f"nota_{token_hex(8)}", asyncio.Event()
    connection = await database.connect()
    try:
        await connection.listen(channel, lambda _: heard.set(), lambda: None)
        async with database.write() as telling:
            await telling.execute(select(func.pg_notify(channel, "")))
        with suppress(TimeoutError):
            await asyncio.wait_for(heard.wait(), PATIENCE_SECONDS)
    finally:
        connection.terminate()
    return heard.is_set()


async def warn_of_none(database: Database) -> None:
    """Says so at a start; a database that is away is others' to tell of."""
    with suppress(*LOST):
        if not await passes_notices(database):
            log.warning(f"other replicas' changes are not told: {database.url} passes no LISTEN on, {REMEDY}")


AGAIN_SECONDS = 0.5
"""Before a lost connection is made anew."""


ALIVE_SECONDS = 5.0
"""How long nothing may be told before the connection must prove that it still is one, and how long that may take."""


class Readers(Protocol):
    """What is kept in memory of the readers, and follows their changes."""

    async def load(self) -> None:
        """Reads everything again."""

    async def refresh(self, addresses: Sequence[Address]) -> None:
        """Reads these readers again."""


Sleep = Callable[[float], Awaitable[None]]


async def follow_changes(database: Database, readers: Readers, sleep: Sleep = asyncio.sleep) -> None:
    """Runs until cancelled; on SQLite there is nothing to follow.

    After a lost connection everything is read again, since nobody keeps what was told meanwhile.
    """
    is_lost = False
    while database.connect is not None:
        try:
            async with _Told.to(database.connect) as told:
                await readers.load()
                if is_lost:
                    log.info("the database is back")
                is_lost = False
                while True:
                    await _take_over(readers, await told.next())
        except LOST as error:
            if not is_lost:
                log.warning("the database is gone: answers go on, settings wait", error=type(error).__name__)
            is_lost = True
            await sleep(AGAIN_SECONDS)


class _Told:
    """A connection on which the others' changes are told."""

    def __init__(self, connection: "AsyncpgConnection") -> None:
        self._connection = connection
        self._words: asyncio.Queue[str | None] = asyncio.Queue()

    @classmethod
    @asynccontextmanager
    async def to(cls, connect: Connect) -> AsyncIterator["_Told"]:
        connection = await connect()
        try:
            told = cls(connection)
            await connection.listen(CHANNEL, told._words.put_nowait, lambda: told._words.put_nowait(None))
            yield told
        finally:
            connection.terminate()

    async def next(self) -> list[str]:
        """What was told since the last time, one word at least.

        Raises:
            DatabaseUnavailable: the connection is no more.
        """
        while True:
            try:
                async with asyncio.timeout(ALIVE_SECONDS):
                    words = [await self._words.get()]
                break
            except TimeoutError:
                await self._connection.prove(ALIVE_SECONDS)
        while not self._words.empty():
            words.append(self._words.get_nowait())
        if None in words:
            raise DatabaseUnavailable("the connection has ended")
        return [word for word in words if word is not None]


async def _take_over(readers: Readers, words: list[str]) -> None:
    addresses = [address_in(word) for word in words]
    if None in addresses:
        await readers.load()
    else:
        await readers.refresh([address for address in addresses if address is not None])
