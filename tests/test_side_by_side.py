"""Telegram and Discord in one process: each goes on, whatever happens to the other."""

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.app.test_main import started
from tests.conftest import CONTENT
from tests.platforms.discord.conftest import until
from tests.platforms.telegram.updates import message
from tests.servers.discord import TOKEN as DISCORD_TOKEN
from tests.servers.discord import Discord, discord_api
from tests.servers.discord_people import Person, by_gateway
from tests.servers.telegram import TOKEN as TELEGRAM_TOKEN
from tests.servers.telegram import BotApi, bot_api


@asynccontextmanager
async def both(tmp_path: Path, **environment: str) -> AsyncIterator[tuple[BotApi, Discord, list[str]]]:
    """A process with both tokens, with servers of ours for both platforms, and the lines that it logs."""
    lines: list[str] = []
    async with bot_api() as telegram, discord_api() as discord:
        own = {"TELEGRAM_API_URL": telegram.url, "DISCORD_API_URL": discord.url, "LOG_FORMAT": "json"}
        tokens = {"TELEGRAM_TOKEN": TELEGRAM_TOKEN, "DISCORD_TOKEN": DISCORD_TOKEN}
        async with started(CONTENT, tmp_path, **own | tokens | environment) as process:
            assert process.stderr is not None
            reading = asyncio.create_task(_read(process.stderr, lines))
            yield telegram, discord, lines
            process.send_signal(signal.SIGTERM)
            assert await asyncio.wait_for(process.wait(), 10) == 0
            await reading
    assert not any(secret in line for line in lines for secret in (TELEGRAM_TOKEN, DISCORD_TOKEN))


async def _read(stream: asyncio.StreamReader, lines: list[str]) -> None:
    while line := await stream.readline():
        lines.append(line.decode())


async def _answers_on_telegram(telegram: BotApi) -> None:
    await telegram.feed(message("/duration"))
    await telegram.until("sendMessage", seconds=15)


async def _answers_on_discord(discord: Discord) -> None:
    await discord.gateway.until(connected=1)
    person = Person(discord, by_gateway(discord), discord.world.add(), id=7)
    async with asyncio.timeout(10):
        assert (await person.use("duration")).title == "⏳ How long it lasts"


class TestSideBySide:
    async def test_both_answer(self, tmp_path: Path) -> None:
        """Telegram by polling, Discord by the gateway."""
        async with both(tmp_path) as (telegram, discord, _):
            await _answers_on_discord(discord)
            await _answers_on_telegram(telegram)

    async def test_telegram_goes_on_if_discords_token_is_wrong(self, tmp_path: Path) -> None:
        """One line says which token."""
        async with both(tmp_path, DISCORD_TOKEN="MTIz.wrong.token-that-discord-does-not-know-of") as (
            telegram,
            _,
            lines,
        ):
            await _answers_on_telegram(telegram)
            await until(lambda: any("Discord refuses DISCORD_TOKEN" in line for line in lines))
        assert not [line for line in lines if "Traceback" in line]

    async def test_discord_goes_on_if_telegrams_token_is_wrong(self, tmp_path: Path) -> None:
        async with both(tmp_path, TELEGRAM_TOKEN="42:wrong") as (_, discord, _lines):
            await _answers_on_discord(discord)

    async def test_telegram_goes_on_while_discord_is_away(self, tmp_path: Path) -> None:
        """The outage is in the log."""
        async with both(tmp_path, DISCORD_API_URL="http://127.0.0.1:9/api/v10") as (telegram, _, lines):
            await _answers_on_telegram(telegram)
            await until(lambda: any("Discord cannot be reached" in line for line in lines))
