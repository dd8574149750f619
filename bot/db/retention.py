"""Drops, now and then, what nobody will ask for again."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from bot.db.engine import LOST
from bot.db.idempotency import Applied
from bot.db.questions import Unanswered
from bot.db.store import Store

log = structlog.get_logger("bot.db")


EVERY_SECONDS = 3600.0


async def tidy(store: Store, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
    """Runs until cancelled; several processes may do it at once."""
    while True:
        await sleep(EVERY_SECONDS)
        try:
            await Applied(store.database).forget_old()
            await Unanswered(store.database).forget_old()
            await store.chats.forget_lapsed()
            await store.bulletins.forget_old()
            await store.followers.forget_lapsed()
        except LOST as error:
            log.warning("nothing was tidied up", error=type(error).__name__)
