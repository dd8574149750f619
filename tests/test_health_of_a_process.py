"""/readyz of a real process tells the truth: a disk that is full, a file that cannot be read, a token that was revoked."""

import asyncio
import resource
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp

from tests.app.test_main import started
from tests.conftest import Edit
from tests.deployment.test_procfile import free_port
from tests.platforms.telegram.updates import message
from tests.servers.discord import TOKEN as DISCORD_TOKEN
from tests.servers.discord import discord_api
from tests.servers.discord_people import Person, by_gateway
from tests.servers.telegram import TOKEN as TELEGRAM_TOKEN
from tests.servers.telegram import bot_api

Health = dict[str, Any]


@asynccontextmanager
async def watched(
    folder: Path, tmp_path: Path, *, forked: bool = True, **settings: str
) -> AsyncIterator[tuple[Process, str]]:
    """The process and its address."""
    port = free_port()
    async with started(folder, tmp_path, PORT=str(port), forked=forked, **settings) as process:
        yield process, f"http://127.0.0.1:{port}"


async def until(address: str, holds: Callable[[int, Health], bool], seconds: float = 30) -> tuple[int, Health]:
    """What /readyz says once that holds."""
    async with aiohttp.ClientSession() as session, asyncio.timeout(seconds):
        while True:
            try:
                async with session.get(f"{address}/readyz") as answer:
                    found = answer.status, await answer.json()
                if holds(*found):
                    return found
            except aiohttp.ClientConnectionError:
                pass
            await asyncio.sleep(0.2)


class TestDisk:
    """SQLite's file cannot grow."""

    async def test_full(self, folder: Path, tmp_path: Path) -> None:
        """Here by a limit on the size of files; it is red until there is room again, and the process goes on."""
        async with watched(folder, tmp_path, forked=False) as (process, address):
            await until(address, lambda status, _: status == 200)
            resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))
            _, health = await until(address, lambda status, _: status == 503)
            assert health["database"] == {"ok": False, "detail": "refuses writes"}
            assert health["newsroom"]["ok"]
            resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
            await until(address, lambda status, _: status == 200)


class TestContent:
    """A file that was broken after the start."""

    async def test_broken(self, folder: Path, edit: Edit, tmp_path: Path) -> None:
        """The last good dossier answers, so it stays green, and says which file it is."""
        async with watched(folder, tmp_path) as (_, address):
            _, health = await until(address, lambda status, _: status == 200)
            assert health["content"] == {"ok": True, "detail": ""}
            edit("topics/fare.yaml", "{fare}", "{fair}")
            status, health = await until(address, lambda _, found: bool(found["content"]["detail"]))
            assert status == 200
            assert "topics/fare.yaml:10: unknown fact 'fair'" in health["content"]["detail"]


class TestToken:
    """It was revoked while the bot ran."""

    async def test_revoked(self, folder: Path, tmp_path: Path) -> None:
        """Its platform ends; it is named with what to do, while the page and the other platform go on."""
        async with bot_api() as telegram, discord_api() as discord, aiohttp.ClientSession() as session:
            settings = {"TELEGRAM_TOKEN": TELEGRAM_TOKEN, "TELEGRAM_API_URL": telegram.url}
            settings |= {"DISCORD_TOKEN": DISCORD_TOKEN, "DISCORD_API_URL": discord.url}
            async with watched(folder, tmp_path, **settings) as (_, address):
                await until(address, lambda status, _: status == 200)
                telegram.fault("getUpdates", 401, "Unauthorized")
                await telegram.feed(message("/fare"))  # ends the poll before it
                _, health = await until(address, lambda status, _: status == 503)
                said = "telegram: Telegram no longer accepts the token in TELEGRAM_TOKEN: copy it again from @BotFather"
                assert health["platforms"] == {"ok": False, "detail": said}
                async with session.get(f"{address}/en") as page:
                    assert page.status == 200
                person = Person(discord, by_gateway(discord), discord.world.add(), id=7)
                assert "4,500" in (await person.use("fare")).text
