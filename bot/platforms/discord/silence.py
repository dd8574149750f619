"""Connections to the gateway that come to nothing. The library waits for Discord's first words for ever, and says nothing of it."""

import asyncio
from collections.abc import Coroutine
from typing import Any

from hikari.impl import GatewayBot

from bot.platforms.discord.trouble import Interrupted

SILENT_SECONDS = 120.0
"""How long a connection may be missing: the library, which tries again by itself, does so once a minute at the least."""

LOOKS = 8
"""How often we look within that time."""

START_SECONDS = 4.0
"""How long a start under way may go on once we are told to stop."""

_KEPT_ALIVE = "keep alive (shard"
"""Begins the name of the library's task for a connection."""


async def unless_silent(bot: GatewayBot, hearing: Coroutine[Any, Any, None], seconds: float) -> None:
    """Hears for as long as every connection is there, or is made within so many seconds.

    Raises:
        Interrupted: one was not.
    """
    clock, task = asyncio.get_running_loop().time, asyncio.ensure_future(hearing)
    begun, well_at = 0, clock()
    try:
        while not task.done():
            await asyncio.wait((task,), timeout=seconds / LOOKS)
            shards = bot.shards
            is_whole = 0 < bot.shard_count == sum(shard.is_connected for shard in shards.values())
            if is_whole or len(shards) > begun:
                begun, well_at = len(shards), clock()
            elif clock() - well_at > seconds:
                raise Interrupted(f"its gateway has been silent for {seconds:.0f} s")
        task.result()
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def whole(start: Coroutine[Any, Any, None]) -> None:
    """Waits for the start; cancelled meanwhile, for its end first.

    hikari 2.7 forgets a connection whose start is cut short, and leaves it open; so what it left is ended.
    """
    before, starting = asyncio.all_tasks(), asyncio.ensure_future(start)
    try:
        await asyncio.shield(starting)
    except asyncio.CancelledError:
        await asyncio.wait((starting,), timeout=START_SECONDS)
        if not starting.done():
            await _end({starting})
            await _end({task for task in asyncio.all_tasks() - before if task.get_name().startswith(_KEPT_ALIVE)})
        raise


async def _end(tasks: set[Any]) -> None:
    for task in tasks:
        task.cancel()
    if tasks:
        await asyncio.wait(tasks, timeout=START_SECONDS)
