"""hikari's own interaction server on aiohttp, answering ``/programs`` with a fixed embed. ``hikari_server.py PORT FILE KEY``."""

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

import hikari
from aiohttp import web
from hikari.impl import InteractionMessageBuilder

EMBED = json.loads(Path(sys.argv[2]).read_bytes())["data"]["embeds"][0]


async def main() -> None:
    bot = hikari.RESTBot("MTEw.bench.token", hikari.TokenType.BOT, public_key=bytes.fromhex(sys.argv[3]), banner=None)
    embed = hikari.Embed(title=EMBED["title"], description=EMBED["description"], color=EMBED["color"])

    async def answer(_interaction: hikari.CommandInteraction) -> Any:
        return InteractionMessageBuilder(hikari.ResponseType.MESSAGE_CREATE).add_embed(embed)

    bot.interaction_server.set_listener(hikari.CommandInteraction, answer)
    app = web.Application()
    app.router.add_post("/discord/interactions", bot.interaction_server.aiohttp_hook)  # type: ignore[attr-defined]
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", int(sys.argv[1])).start()
    await asyncio.get_running_loop().create_future()


asyncio.run(main())
