"""Follows what other processes change and answer, within a fraction of a second, by LISTEN and NOTIFY."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, suppress
from secrets import token_hex
from typing import TYPE_CHECKING, TypeAlias

import structlog
from sqlalchemy import func, select

from bot.db import answered_updates
from bot.db.answered_updates import AnsweredUpdates
from bot.db.connection import AsyncConnection
from bot.db.engine import DATABASE_AWAY, Connect, Database, DatabaseUnavailable, Sleep, translated_errors
from bot.db.schema import NO_THREAD
from bot.reader import Address

if TYPE_CHECKING:
    import asyncpg

    from bot.db.readers import Readers

log = structlog.get_logger("bot.db")


CHANNEL = "nota_readers"
"""The NOTIFY channel for changed readers. During a rolling deploy an older release listens to it, too."""


EVERYTHING = ""
"""Sent instead of an address: read everything again."""


MANY = 100
"""More changes than this at once are announced as :data:`EVERYTHING`."""


NOTIFICATION_SECONDS = 2.0
"""Time limit for a notification to come back."""


REMEDY = "give DATABASE_URL the server's direct address, or the pooler's session mode, where there are several replicas"


RECONNECT_SECONDS = 0.5


ALIVE_SECONDS = 5.0
"""After this long without a notification the connection is tested, and the test may take as long."""


async def announce(database: Database, connection: AsyncConnection, addresses: Iterable[Address]) -> None:
    """Notifies the other processes, when the transaction is committed, that these readers may have changed."""
    if database.is_sqlite:
        return
    payloads = [payload_of(address) for address in addresses]
    for payload in payloads if len(payloads) <= MANY else [EVERYTHING]:
        await connection.execute(select(func.pg_notify(CHANNEL, payload)))


async def announce_everything(database: Database, connection: AsyncConnection) -> None:
    """Notifies the other processes, when the transaction is committed, to read everything again."""
    if not database.is_sqlite:
        await connection.execute(select(func.pg_notify(CHANNEL, EVERYTHING)))


def payload_of(address: Address) -> str:
    """An address as a notification's payload, as releases before migration 5 read it too where the ids are numbers."""
    return f"{address.platform} {address.chat_id} {address.thread_id or NO_THREAD}"


def address_in(payload: str) -> Address | None:
    """The address in a payload; None for :data:`EVERYTHING`, for an id with a space, and for payloads that only a newer release knows."""
    match payload.split(" "):
        case [platform, chat_id, thread_id]:
            return Address(platform, chat_id, thread_id if thread_id != NO_THREAD else None)
        case _:
            return None


async def follow_changes(
    database: Database, readers: "Readers", answered: AnsweredUpdates, sleep: Sleep = asyncio.sleep
) -> None:
    """Follows the other processes until cancelled. On SQLite there is only one process, so it returns at once."""
    connect = database.connect
    if connect is None:
        return

    async def listen() -> None:
        async with _listening(connect, CHANNEL, answered_updates.CHANNEL) as (connection, notifications):
            await readers.load()  # PostgreSQL keeps no notifications from before the connection
            while True:
                await _apply(readers, answered, await _next(connection, notifications))

    await database.repeat(listen, RECONNECT_SECONDS, sleep=sleep)


async def passes_notifications(database: Database) -> bool:
    """Whether a notification that we send comes back to us. True on SQLite, which needs none.

    Raises:
        DATABASE_AWAY: the database is away.
    """
    if database.connect is None:
        return True
    channel = f"nota_{token_hex(8)}"
    async with _listening(database.connect, channel) as (_, notifications):
        async with database.write() as sending:
            await sending.execute(select(func.pg_notify(channel, "")))
        with suppress(TimeoutError):
            return await asyncio.wait_for(notifications.get(), NOTIFICATION_SECONDS) is not None
    return False


async def warn_of_missing_notifications(database: Database) -> None:
    """Logs a warning if notifications do not arrive. An outage is logged elsewhere."""
    with suppress(*DATABASE_AWAY):
        if not await passes_notifications(database):
            why = f"{database.url} delivers no notifications (LISTEN), {REMEDY}"
            log.warning(f"changes by other replicas do not arrive: {why}")


Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"


Notification = tuple[str, str]
"""Channel and payload."""

Notifications = asyncio.Queue[Notification | None]
"""None when the connection has ended."""


@asynccontextmanager
async def _listening(connect: Connect, *channels: str) -> AsyncIterator[tuple[Connection, Notifications]]:
    connection = await connect()
    notifications: Notifications = asyncio.Queue()
    try:
        connection.add_termination_listener(lambda _: notifications.put_nowait(None))
        with translated_errors():
            for name in channels:
                await connection.add_listener(
                    name, lambda _connection, _pid, channel, payload: notifications.put_nowait((channel, payload))
                )
        yield connection, notifications
    finally:
        connection.terminate()


async def _next(connection: Connection, notifications: Notifications) -> list[Notification]:
    """The notifications since the last call, at least one.

    Raises:
        DatabaseUnavailable: the connection has ended.
    """
    received: list[Notification | None] = []
    while not received:
        try:
            async with asyncio.timeout(ALIVE_SECONDS):
                received = [await notifications.get()]
        except TimeoutError:
            with translated_errors():
                await connection.execute("SELECT 1", timeout=ALIVE_SECONDS)
    while not notifications.empty():
        received.append(notifications.get_nowait())
    if None in received:
        raise DatabaseUnavailable("the connection has ended")
    return [notification for notification in received if notification is not None]


async def _apply(readers: "Readers", answered: AnsweredUpdates, notifications: list[Notification]) -> None:
    for channel, payload in notifications:
        if channel == answered_updates.CHANNEL:
            answered.note(payload.split())
    addresses = [address_in(payload) for channel, payload in notifications if channel == CHANNEL]
    if None in addresses:
        await readers.load()
    elif addresses:
        await readers.refresh([address for address in addresses if address is not None])
