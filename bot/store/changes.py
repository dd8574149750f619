"""What one process sets, told to the others on the same PostgreSQL (postgresql.org/docs/current/sql-notify.html).

Told of is what memory holds: chosen languages, and who is suspended. On SQLite there is nobody to tell.
"""

from collections.abc import Iterable

from sqlalchemy import func, select

from bot.delivery import Address
from bot.store.database import Database
from bot.store.engine import AsyncConnection

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
