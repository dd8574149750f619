"""Drops, now and then, what nobody will ask for again."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from bot.store.applied import Applied
from bot.store.database import LOST
from bot.store.store import Store
from bot.store.unanswered import Unanswered

log = structlog.get_logger("bot.store")

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
