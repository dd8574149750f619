"""Another bot on the database of a bot in use, beside it and in its place: it sends nothing, suspends nobody, and says whose it is."""

import asyncio
import contextlib
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
import pytest
from sqlalchemy import func, select

from bot.db.schema import readers
from bot.db.store import Store, open_store
from bot.platforms.webpush.api import new_private_key, public_key
from tests.audiences import subscribe_all
from tests.bot_process import free_port, started, until_health
from tests.databases import sqlite_url
from tests.editor import is_compared
from tests.fork_server import ROOT
from tests.platforms.web.site import status_of, text_of
from tests.platforms.webpush.process import Deployment
from tests.servers.discord import TOKEN as DISCORD_TOKEN
from tests.servers.discord import discord_api
from tests.servers.push_service import push_service
from tests.servers.telegram import TOKEN as TELEGRAM_TOKEN
from tests.servers.telegram import bot_api
from tests.servers.telegram_methods import Refused

pytestmark = pytest.mark.slow

OTHER = "987654321:AAE-another_bot_on_the_same_database000000"


def write(folder: Path, name: str) -> None:
    today = datetime.now(UTC).date()
    text = f"date: {today}\ntitle: {{en: {name}, id: {name}}}\nbody: {{en: {name}, id: {name}}}\nsources: [harbour]\n"
    (folder / "bulletins" / f"{today}-{name}.yaml").write_text(text, "utf-8")


async def suspended(store: Store) -> int:
    number = select(func.count()).where(readers.c.suspended_since.is_not(None))
    async with store.database.read() as connection:
        return int((await connection.execute(number)).scalar_one())


async def compared(store: Store) -> None:
    async with asyncio.timeout(60):
        while not await is_compared(store):  # noqa: ASYNC110  the database tells nobody
            await asyncio.sleep(0.05)


@asynccontextmanager
async def running(folder: Path, tmp_path: Path, **environment: str) -> AsyncIterator[tuple[str, Process]]:
    """A process and its address; ended by SIGTERM."""
    port = str(free_port())
    async with started(folder, tmp_path, PORT=port, EMBEDDINGS="off", **environment) as process:
        yield f"http://127.0.0.1:{port}", process
        process.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(process.wait(), 15) == 0


async def nota(tmp_path: Path, *words: str, **environment: str) -> tuple[int, str]:
    """The status of a command, and what it prints."""
    own = {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT), "EMBEDDINGS": "off", **environment}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot", *words, env=own, cwd=tmp_path, stdout=PIPE, stderr=PIPE
    )
    out, _ = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode is not None
    return process.returncode, out.decode()


class TestTelegram:
    """Staging and production swapped, or a new bot made instead of a new token."""

    async def test_beside_it_and_alone(self, folder: Path, tmp_path: Path) -> None:
        url = sqlite_url(tmp_path)
        async with open_store(url) as store, bot_api() as own, bot_api(token=OTHER) as other:
            await subscribe_all(store, range(1, 31))
            other.state.strangers |= set(range(1, 31))
            first = {"TELEGRAM_TOKEN": TELEGRAM_TOKEN, "TELEGRAM_API_URL": own.url, "DATABASE_URL": url}
            second = {**first, "TELEGRAM_TOKEN": OTHER, "TELEGRAM_API_URL": other.url}
            async with running(folder, tmp_path, **first) as (address, _):
                await until_health(address, lambda status, _: status == 200)
                await compared(store)
                async with running(folder, tmp_path, **second) as (there, _):
                    await self._says_whose_it_is(there)
                    write(folder, "both")
                    await own.until("sendMessage", 30)
            async with running(folder, tmp_path, **second) as (there, _):
                await self._says_whose_it_is(there)
                write(folder, "alone")
                status, shown = await nota(tmp_path, "doctor", CONTENT_DIR=str(folder), **second)
                assert status == 1
                assert "✗ TELEGRAM_TOKEN: the database belongs to the bot 123456789 on telegram" in shown
                await asyncio.sleep(1.5)
            assert (len(other.of("sendMessage")), await suspended(store)) == (0, 0)
            renewed = {**first, "TELEGRAM_TOKEN": own.token.replace("loopback", "a_renewed")}
            own.token = renewed["TELEGRAM_TOKEN"]
            async with running(folder, tmp_path, **renewed):
                await own.until("sendMessage", 60)
        assert len(own.of("sendMessage")) == 60

    async def test_on_purpose(self, folder: Path, tmp_path: Path) -> None:
        """A command gives it the readers, while it runs; who does not know it keeps what they chose."""
        url = sqlite_url(tmp_path)
        async with open_store(url) as store, bot_api(token=OTHER) as other:
            await subscribe_all(store, range(1, 5))
            assert await store.safeguards.bind("telegram", "123456789") == ""
            other.state.strangers |= {3, 4}
            settings = {"TELEGRAM_TOKEN": OTHER, "TELEGRAM_API_URL": other.url, "DATABASE_URL": url}
            settings["CONTENT_DIR"] = str(folder)
            async with running(
                folder, tmp_path, **{key: settings[key] for key in settings if key != "CONTENT_DIR"}
            ) as (
                there,
                _,
            ):
                await self._says_whose_it_is(there)
                before = len(other.calls)
                status, shown = await nota(tmp_path, "migrate", **settings)
                assert status == 0
                assert "Nota starts without it: the database belongs to the bot 123456789" in shown
                done = [each.method for each in other.calls[before:]]
                assert not [each for each in done if each.startswith("set")]  # menus may be of another deployment
                assert (await nota(tmp_path, "migrate", "--bot", "telegram:5", **settings))[0] == 1
                _, shown = await nota(tmp_path, "migrate", "--bot", "telegram:987654321", **settings)
                assert "telegram: the database belongs to 987654321 from now on" in shown
                assert "tries 4 readers" in shown
                await until_health(there, lambda status, _: status == 200)
                await compared(store)
                write(folder, "news")
                await other.until("sendMessage", 4)
                async with asyncio.timeout(30):
                    while await suspended(store) != 2:  # noqa: ASYNC110  the database tells nobody
                        await asyncio.sleep(0.05)
            refused = [called for called in other.calls if isinstance(called.result, Refused)]
            assert {int(called.given["chat_id"]) for called in refused} == {3, 4}

    async def _says_whose_it_is(self, address: str) -> None:
        status, health = await until_health(address, lambda _, found: "belongs" in found["platforms"]["detail"])
        assert status == 503
        detail = (
            "telegram: the database belongs to the bot 123456789 on telegram, and the settings are those of 987654321"
        )
        assert health["platforms"]["detail"].startswith(detail)
        assert "`nota migrate --bot telegram:987654321`" in health["platforms"]["detail"]


class TestDiscord:
    """Another application, which is in none of the servers."""

    async def test_beside_it_and_alone(self, folder: Path, tmp_path: Path) -> None:
        url = sqlite_url(tmp_path)
        async with open_store(url) as store, discord_api() as own, discord_api() as other:
            channels = [own.world.add().id for _ in range(5)]
            await subscribe_all(store, channels, platform="discord", kind="group")
            other.application.id += 1
            first = {"DISCORD_TOKEN": DISCORD_TOKEN, "DISCORD_API_URL": own.url, "DATABASE_URL": url}
            async with running(folder, tmp_path, **first) as (address, _):
                await until_health(address, lambda status, _: status == 200)
                await compared(store)
                async with running(folder, tmp_path, **{**first, "DISCORD_API_URL": other.url}) as (there, _):
                    found = await until_health(there, lambda _, health: "belongs" in health["platforms"]["detail"])
                    assert f"`nota migrate --bot discord:{other.application.id}`" in found[1]["platforms"]["detail"]
                    write(folder, "both")
                    await own.until("POST", "messages", 5)
            write(folder, "alone")
            async with running(folder, tmp_path, **{**first, "DISCORD_API_URL": other.url}) as (there, _):
                await until_health(there, lambda _, health: "belongs" in health["platforms"]["detail"])
                await asyncio.sleep(1.5)
            assert (other.of("POST", "/messages"), await suspended(store)) == ([], 0)
            async with running(folder, tmp_path, **first):
                await own.until("POST", "messages", 10)


class TestWebPush:
    """Another VAPID_KEY, with which no browser subscribed."""

    async def test_beside_it_and_alone(self, folder: Path, tmp_path: Path) -> None:
        """Nobody can subscribe there meanwhile, because that subscription would end with the key."""
        sqlite_url(tmp_path)
        async with push_service() as service, aiohttp.ClientSession() as session:
            own = Deployment(folder, tmp_path, service)
            other = Deployment(folder, tmp_path, service, key=new_private_key())
            async with own.running(), contextlib.AsyncExitStack() as stack:
                browser, _ = await own.subscribe(session)
                process = await asyncio.create_subprocess_exec(
                    sys.executable, "-m", "bot", "run", env=other.environment, cwd=tmp_path
                )
                stack.callback(process.kill)
                found = await until_health(other.address, lambda _, health: "belongs" in health["platforms"]["detail"])
                assert f"`nota migrate --bot webpush:{public_key(other.key)}`" in found[1]["platforms"]["detail"]
                form = {"platform": "webpush", "pace": "at_once", **service.subscribe(public_key(other.key)).fields}
                assert "That is not possible any more, or not yet." in await text_of(
                    session.post(f"{other.address}/en/subscribe", data=form), 400
                )
                assert await status_of(session.post(f"{other.address}/webpush/renew", json={})) == 503
                own.write("Both")
                await own.when(browser, 1)
            async with own.running():
                own.write("Again")
                await own.when(browser, 2)
            async with open_store(f"sqlite:///{tmp_path}/nota.sqlite3") as store:
                assert await suspended(store) == 0
            assert set(service.requests) == {201}
