"""Many readers who confirmed an address."""

from sqlalchemy import insert, select

from bot.db.page_readers import identity_of
from bot.db.schema import destinations, readers
from bot.db.store import Store
from tests.audiences import subscribe_all

FIRST = 0x5F << 88
"""Of the numbers that stand in place of addresses: 24 hexadecimal digits."""


def address_of(number: int) -> str:
    return f"reader{number}@example.net"


async def subscribe_addresses(store: Store, number: int) -> list[str]:
    """Subscribes so many addresses. Returns them."""
    await subscribe_all(store, range(number), platform="mail", language="en")
    async with store.database.write() as connection:
        rows = (await connection.execute(select(readers.c.id, readers.c.chat))).all()
        stored = [
            {
                "reader_id": row.id,
                "digest": identity_of("mail", address_of(int(row.chat))),
                "destination": {"address": address_of(int(row.chat)), "link": f"link-of-{row.chat}"},
            }
            for row in rows
        ]
        for start in range(0, number, 10_000):
            await connection.execute(insert(destinations), stored[start : start + 10_000])
    return [address_of(each) for each in range(number)]
