"""Takes over into memory what other processes on the same PostgreSQL set, within a fraction of a second."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import structlog

from bot.store.changes import CHANNEL, address_in
from bot.store.database import LOST, Connect, Database
from bot.store.engine import DatabaseUnavailable
from bot.store.readers import Readers

if TYPE_CHECKING:
    from bot.store.postgresql import Connection

log = structlog.get_logger("bot.store")

AGAIN_SECONDS = 0.5
"""Before a lost connection is made anew."""

ALIVE_SECONDS = 5.0
"""How long nothing may be told before the connection must prove that it still is one, and how long that may take."""

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

    def __init__(self, connection: "Connection") -> None:
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
