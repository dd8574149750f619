"""Many browsers at once, subscribed in few statements."""

from hashlib import sha256
from secrets import token_hex

from sqlalchemy import insert, select

from bot.db.schema import destinations, readers, subscriptions
from bot.db.store import Store
from bot.db.subscriptions import columns_of
from bot.platforms.webpush.types import PLATFORM
from bot.schedule import Subscription
from tests.servers.push_service import Browser, PushService


async def subscribe_all(
    store: Store, service: PushService, server_key: str, number: int, at: str | None = None
) -> list[Browser]:
    """Stores browsers as the page stores them, all alike. ``at``: the address of another push service to which their messages go."""
    browsers = [service.subscribe(server_key) for _ in range(number)]
    chats = [token_hex(12) for _ in browsers]
    rows = [
        {"platform": PLATFORM, "chat": chat, "kind": "private", "detected_language": "en", "first_seen": 0.0}
        for chat in chats
    ]
    columns = {**columns_of(Subscription()), "since": 0.0}
    async with store.database.write() as connection:
        for start in range(0, number, 5000):
            await connection.execute(insert(readers), [{**row, "thread": "0"} for row in rows[start : start + 5000]])
        ids = {row.chat: row.id for row in await connection.execute(select(readers.c.chat, readers.c.id))}
        known = [
            {
                "reader_id": ids[chat],
                "digest": sha256(browser.endpoint.encode()).hexdigest(),
                "destination": {
                    **browser.fields,
                    "endpoint": browser.endpoint.replace(service.address, at or service.address),
                    "server_key": server_key,
                },
            }
            for chat, browser in zip(chats, browsers, strict=True)
        ]
        for start in range(0, number, 5000):
            await connection.execute(insert(destinations), known[start : start + 5000])
        await connection.execute(insert(subscriptions), [{"reader_id": ids[chat], **columns} for chat in chats])
    return browsers
