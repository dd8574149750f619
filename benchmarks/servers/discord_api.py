"""Our Discord as a process. ``python -m benchmarks.servers.discord_api PORT TOKEN``."""

import asyncio
import sys

from tests.servers.discord import discord_api


async def main() -> None:
    async with discord_api(int(sys.argv[1])) as discord:
        discord.token = discord.gateway.token = sys.argv[2]
        await asyncio.get_running_loop().create_future()


asyncio.run(main())
