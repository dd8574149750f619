"""Audiences: many subscribed readers at once."""

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import insert, select

from bot.db.schema import readers, subscriptions
from bot.db.store import Store
from bot.db.subscriptions import columns_of
from bot.schedule import Subscription


async def subscribe_all(
    store: Store,
    chat_ids: Iterable[int],
    *,
    platform: str = "telegram",
    language: str | None = None,
    kind: str = "private",
    wanted: Subscription | None = None,
    threads: Mapping[int, int] | None = None,
) -> None:
    """Makes a subscribed reader of each chat, all alike; of its thread, where ``threads`` names one."""
    values: list[dict[str, Any]] = [
        {
            "platform": platform,
            "chat": str(chat_id),
            "thread": str((threads or {}).get(chat_id, 0)),
            "kind": kind,
            "language": language,
            "first_seen": 0.0,
        }
        for chat_id in chat_ids
    ]
    columns = {**columns_of(wanted or Subscription()), "since": 0.0}
    async with store.database.write() as connection:
        for start in range(0, len(values), 20_000):
            await connection.execute(insert(readers), values[start : start + 20_000])
        known = select(subscriptions.c.reader_id)
        found = select(readers.c.id).where(readers.c.id.not_in(known))
        rows = [{"reader_id": row.id, **columns} for row in await connection.execute(found)]
        for start in range(0, len(rows), 20_000):
            await connection.execute(insert(subscriptions), rows[start : start + 20_000])
