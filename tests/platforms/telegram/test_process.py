"""Telegram in a real process, as an operator runs it."""

import asyncio
import signal
import socket
from pathlib import Path

import aiohttp
import pytest

from tests.app.test_main import errors_of, started
from tests.conftest import TINY
from tests.platforms.telegram.conftest import MODES
from tests.platforms.telegram.updates import message
from tests.servers.telegram import TOKEN, bot_api
from tests.test_health_of_a_process import until

WRONG = "123456789:AAE-wrong_token_but_well_formed000000000"


def free_port() -> int:
    """Nobody listens on it now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class TestToken:
    """A wrong token is reported, and not shown."""

    @pytest.mark.parametrize("public_url", ["", "https://nota.example"], ids=MODES)
    async def test_one_clear_line_and_the_page_goes_on(self, tmp_path: Path, public_url: str) -> None:
        """No traceback, no token. The process stays unready and names the setting; the page is served."""
        address = f"http://127.0.0.1:{(port := free_port())}"
        async with bot_api() as api, aiohttp.ClientSession() as session:
            settings = {"TELEGRAM_TOKEN": WRONG, "TELEGRAM_API_URL": api.url, "PUBLIC_URL": public_url}
            async with started(TINY, tmp_path, PORT=str(port), **settings) as process:
                _, health = await until(address, lambda _, found: "TELEGRAM_TOKEN" in found["platforms"]["detail"])
                assert health["platforms"]["detail"].startswith("telegram: Telegram does not know the token")
                await asyncio.sleep(1)
                async with session.get(f"{address}/en") as page, session.get(f"{address}/readyz") as ready:
                    assert (page.status, ready.status) == (200, 503)
                process.send_signal(signal.SIGTERM)
                output = await errors_of(process)
                assert await process.wait() == 0
        assert len([line for line in output.splitlines() if "TELEGRAM_TOKEN" in line]) == 1
        assert "Traceback" not in output
        assert WRONG not in output
        assert WRONG.partition(":")[2] not in output


class TestLife:
    """From the start to SIGTERM, without the token in the output."""

    @pytest.mark.parametrize("mode", MODES)
    async def test_answers_and_ends_well(self, tmp_path: Path, mode: str) -> None:
        port = str(free_port())
        settings = {"TELEGRAM_TOKEN": TOKEN, "PORT": port, "LOG_FORMAT": "json"}
        if mode == "webhook":
            settings["PUBLIC_URL"] = f"http://127.0.0.1:{port}"
        async with (
            bot_api() as api,
            aiohttp.ClientSession() as session,
            started(TINY, tmp_path, TELEGRAM_API_URL=api.url, **settings) as process,
        ):
            if mode == "webhook":
                await api.until("setWebhook", seconds=20)
                assert await api.bring(session, message("/fare")) == 200
            else:
                await api.feed(message("/fare"))
            [given] = await api.until("sendMessage", seconds=20)
            process.send_signal(signal.SIGTERM)
            output = await errors_of(process)
            assert await asyncio.wait_for(process.wait(), 10) == 0
        assert "4,500" in given["text"]
        assert TOKEN not in output
