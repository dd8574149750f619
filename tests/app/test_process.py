"""The real process as operators run it: both platforms side by side, its output, and what ``/readyz`` says of faults."""

import asyncio
import os
import re
import resource
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import aiohttp
import pytest

from bot.db.store import open_store
from tests.audiences import subscribe_all
from tests.bot_process import Health, errors_of, free_port, line_of, started, until_health
from tests.clocks import until
from tests.conftest import TINY, Edit
from tests.databases import sqlite_url
from tests.editor import is_compared
from tests.fork_server import ROOT, nota
from tests.platforms.telegram.updates import message
from tests.platforms.web.site import text_of
from tests.servers.discord import TOKEN as DISCORD_TOKEN
from tests.servers.discord import Discord, discord_api
from tests.servers.discord_people import Person, by_gateway
from tests.servers.telegram import TOKEN as TELEGRAM_TOKEN
from tests.servers.telegram import BotApi, bot_api

WRONG = "123456789:AAE-wrong_token_but_well_formed000000000"


@asynccontextmanager
async def both(folder: Path, tmp_path: Path, **environment: str) -> AsyncIterator[tuple[BotApi, Discord, list[str]]]:
    """A process with both tokens, our servers for both platforms, and the lines that it logs. No line shows a token."""
    lines: list[str] = []
    async with bot_api() as telegram, discord_api() as discord:
        own = {"TELEGRAM_API_URL": telegram.url, "DISCORD_API_URL": discord.url, "LOG_FORMAT": "json"}
        tokens = {"TELEGRAM_TOKEN": TELEGRAM_TOKEN, "DISCORD_TOKEN": DISCORD_TOKEN}
        async with started(folder, tmp_path, **own | tokens | environment) as process:
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
    await telegram.feed(message("/fare"))
    await telegram.until("sendMessage")


async def _answers_on_discord(discord: Discord) -> None:
    await discord.gateway.until(connected=1)
    person = Person(discord, by_gateway(discord), discord.world.add(), id=7)
    async with asyncio.timeout(30):
        assert (await person.use("fare")).title == "🎫 The fare"


class TestSideBySide:
    """Each platform goes on, whatever happens to the other."""

    async def test_both_answer(self, tmp_path: Path) -> None:
        """Telegram by polling, Discord by the gateway; SIGTERM ends both with status 0."""
        async with both(TINY, tmp_path) as (telegram, discord, _):
            await _answers_on_discord(discord)
            await _answers_on_telegram(telegram)

    @pytest.mark.slow
    async def test_telegram_goes_on_if_discords_token_is_wrong(self, tmp_path: Path) -> None:
        """One line says which token."""
        wrong = "MTIz.wrong.token-that-discord-does-not-know-of"
        async with both(TINY, tmp_path, DISCORD_TOKEN=wrong) as (telegram, _, lines):
            await _answers_on_telegram(telegram)
            await until(lambda: any("Discord refuses DISCORD_TOKEN" in line for line in lines))
        assert not [line for line in lines if "Traceback" in line]

    @pytest.mark.slow
    async def test_discord_goes_on_if_telegrams_token_is_wrong(self, tmp_path: Path) -> None:
        """And is named with what to do; neither the log nor the page shows the token."""
        address = f"http://127.0.0.1:{(port := free_port())}"
        async with both(TINY, tmp_path, TELEGRAM_TOKEN=WRONG, PORT=str(port)) as (_, discord, lines):
            _, health = await until_health(address, lambda _, found: "TELEGRAM_TOKEN" in found["platforms"]["detail"])
            assert health["platforms"]["detail"].startswith("telegram: Telegram does not know the token")
            await _answers_on_discord(discord)
        assert len([line for line in lines if "TELEGRAM_TOKEN" in line]) == 1
        assert not [line for line in lines if "Traceback" in line or WRONG.partition(":")[2] in line]

    @pytest.mark.slow
    async def test_telegram_goes_on_while_discord_is_away(self, tmp_path: Path) -> None:
        """The outage is in the log."""
        async with both(TINY, tmp_path, DISCORD_API_URL="http://127.0.0.1:9/api/v10") as (telegram, _, lines):
            await _answers_on_telegram(telegram)
            await until(lambda: any("Discord cannot be reached" in line for line in lines))

    @pytest.mark.slow
    async def test_a_token_is_revoked_while_it_runs(self, folder: Path, tmp_path: Path) -> None:
        """Its platform ends and is named with what to do; the page and the other platform go on."""
        address = f"http://127.0.0.1:{(port := free_port())}"
        async with both(folder, tmp_path, PORT=str(port)) as (telegram, discord, _):
            await until_health(address, lambda status, _: status == 200)
            telegram.fault("getUpdates", 401, "Unauthorized")
            await telegram.feed(message("/fare"))  # ends the poll before it
            _, health = await until_health(address, lambda status, _: status == 503)
            detail = "telegram: Telegram no longer accepts the token in TELEGRAM_TOKEN: copy it again from @BotFather"
            assert health["platforms"] == {"ok": False, "detail": detail}
            async with aiohttp.ClientSession() as session, session.get(f"{address}/en") as page:
                assert page.status == 200
            person = Person(discord, by_gateway(discord), discord.world.add(), id=7)
            assert "4,500" in (await person.use("fare")).text


async def test_telegram_by_webhook(tmp_path: Path) -> None:
    """From the start to SIGTERM, without the token in the output."""
    port = str(free_port())
    settings = {"TELEGRAM_TOKEN": TELEGRAM_TOKEN, "PORT": port, "PUBLIC_URL": f"http://127.0.0.1:{port}"}
    async with (
        bot_api() as api,
        aiohttp.ClientSession() as session,
        started(TINY, tmp_path, TELEGRAM_API_URL=api.url, **settings) as process,
    ):
        await api.until("setWebhook")
        assert await api.bring(session, message("/fare")) == 200
        [given] = await api.until("sendMessage")
        process.send_signal(signal.SIGTERM)
        output = await errors_of(process)
        assert await asyncio.wait_for(process.wait(), 10) == 0
    assert "4,500" in given["text"]
    assert TELEGRAM_TOKEN not in output


class TestHealth:
    """``/readyz`` tells the truth."""

    @pytest.mark.slow
    async def test_disk_full(self, folder: Path, tmp_path: Path) -> None:
        """SQLite's file cannot grow, here by a limit on the size of files: 503 until there is room, and the process goes on."""
        address = f"http://127.0.0.1:{(port := free_port())}"
        async with started(folder, tmp_path, PORT=str(port), forked=False) as process:
            await until_health(address, lambda status, _: status == 200)
            resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))
            _, health = await until_health(address, lambda status, _: status == 503)
            assert health["database"] == {"ok": False, "detail": "refuses writes"}
            assert health["newsroom"]["ok"]
            resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
            await until_health(address, lambda status, _: status == 200)


@pytest.mark.slow
class TestAnotherDossier:
    """A process with the wrong CONTENT_DIR meets the database of a bot in use."""

    async def test_withdraws_nothing_and_says_so(self, tmp_path: Path, folder: Path, edit: Edit) -> None:
        """In the log, which alarms the owners, and at /readyz; with the right files it goes on by itself."""
        today = datetime.now(UTC).date()
        text = f"date: {today}\ntitle: {{en: Night, id: Malam}}\nbody: {{en: Night, id: Malam}}\nsources: [harbour]\n"
        file = folder / "bulletins" / f"{today}-night.yaml"
        url, address = sqlite_url(tmp_path), f"http://127.0.0.1:{(port := free_port())}"
        async with open_store(url) as store:
            await subscribe_all(store, [7])
            async with both(folder, tmp_path, PORT=str(port), DATABASE_URL=url) as (telegram, _, _):
                await until_health(address, lambda _, health: bool(health["platforms"]["ok"]))
                async with asyncio.timeout(60):
                    while not await is_compared(store):  # noqa: ASYNC110  the database tells nobody
                        await asyncio.sleep(0.05)
                file.write_text(text, "utf-8")
                await telegram.until("sendMessage")
            edit("dossier.yaml", "id: ferry", "id: museum")
            file.write_text(text.replace("Night", "Day").replace("Malam", "Siang"), "utf-8")
            async with both(folder, tmp_path, PORT=str(port), DATABASE_URL=url) as (telegram, _, lines):
                status, health = await until_health(address, lambda _, health: not health["newsroom"]["ok"])
                assert status == 503
                assert "belongs to the dossier ferry" in health["newsroom"]["detail"]
                assert any("nota migrate --dossier museum" in line and '"error"' in line for line in lines)
                edit("dossier.yaml", "id: museum", "id: ferry")
                await telegram.until("editMessageText")
            assert [call["text"] for call in telegram.of("sendMessage")] == []


@pytest.mark.slow
class TestAlerts:
    """What docs/alerts.yml asks for moves in the /metrics of a bot that lives."""

    async def test_each_trouble_is_counted(self, tmp_path: Path, folder: Path) -> None:
        """A reader who is gone, a platform that answers 502, a mail server and a feed that do not answer, sending that was stopped."""
        address, today = f"http://127.0.0.1:{(port := free_port())}", datetime.now(UTC).date()
        own = {"DATABASE_URL": sqlite_url(tmp_path), "EMBEDDINGS": "off", "PORT": str(port), "PUBLIC_URL": address}
        own |= {"TELEGRAM_TOKEN": TELEGRAM_TOKEN, "METRICS_TOKEN": "sesame-sesame-sesame", "CONTENT_DIR": str(folder)}
        own |= {"SMTP_URL": f"smtp://127.0.0.1:{free_port()}", "MAIL_FROM": "a@example.org"}
        own |= {"FEEDS": "1", "FEEDS_ALLOW": "127.0.0.1"}
        (folder / "feeds.yaml").write_text(FEED.format(port=free_port()), "utf-8")
        async with open_store(own["DATABASE_URL"]) as store, bot_api() as telegram:
            own |= {"TELEGRAM_API_URL": telegram.url}
            await subscribe_all(store, [7, 8])
            telegram.state.strangers.add(8)
            async with started(folder, tmp_path, **own) as process, aiohttp.ClientSession(address) as session:

                async def until_shown(*lines: str) -> None:
                    async with asyncio.timeout(60):
                        while True:
                            headers = {"Authorization": f"Bearer {own['METRICS_TOKEN']}"}
                            shown = (await text_of(session.get("/metrics", headers=headers))).splitlines()
                            if set(lines) <= {re.sub(r" (?!0\.0$)\S+$", " 1", line) for line in shown}:
                                return
                            await asyncio.sleep(0.1)

                await until_health(address, lambda _, found: bool(found["platforms"]["detail"]), process)
                await until_shown(
                    'nota_platform_up{platform="telegram"} 1',
                    'nota_platform_up{platform="mail"} 0.0',
                    'nota_feed_failures{feed="harbour"} 1',
                )
                async with asyncio.timeout(60):
                    while not await is_compared(store):  # noqa: ASYNC110  the database tells nobody
                        await asyncio.sleep(0.05)
                telegram.fault("sendMessage", 502)
                text = f"date: {today}\ntitle: {{en: Night, id: Malam}}\nbody: {{en: Night, id: Malam}}\nsources: [harbour]\n"
                (folder / "bulletins" / f"{today}-night.yaml").write_text(text, "utf-8")
                attempts = 'nota_delivery_attempts_total{outcome="%s",platform="telegram"} 1'
                await until_shown(attempts % "Unreachable", attempts % "Gone")
                await store.safeguards.stop("telegram:1")
                await until_shown('nota_sending_stopped_seconds{what="all sending"} 1')
                process.send_signal(signal.SIGTERM)
                assert await asyncio.wait_for(process.wait(), 15) == 0


FEED = """harbour:
  url: http://127.0.0.1:{port}/feed
  publisher: Harbour Office
  language: en
  topics: [fare]
  match: {{all: [ferry]}}
"""


@pytest.mark.slow
class TestPulledDossier:
    """The folder is a clone that cron pulls: docs/operators.md, "Where the dossier goes"."""

    async def test_what_checks_comes_into_force(self, tmp_path: Path, folder: Path, edit: Edit) -> None:
        """Without a restart. What does not check changes nothing, and is named; the next pull mends it."""
        address, clone = f"http://127.0.0.1:{(port := free_port())}", tmp_path / "clone"
        own = {"DATABASE_URL": sqlite_url(tmp_path), "EMBEDDINGS": "off", "PORT": str(port)}
        _git(folder, "init", "--quiet", "--initial-branch=live")
        _commit(folder)
        _git(tmp_path, "clone", "--quiet", str(folder), str(clone))
        async with started(clone, tmp_path, **own) as process, aiohttp.ClientSession() as session:
            await until_health(address, lambda status, _: status == 200, process)
            for old, new, shown in (
                ("The fare", "The price", "The price"),
                ("{fare}", "{fair}", "The price"),
                ("{fair}", "{fare}", "The price"),
            ):
                edit("topics/fare.yaml", old, new)
                _commit(folder)
                _git(clone, "pull", "--quiet", "--ff-only")
                is_broken = new == "{fair}"
                await until_health(address, partial(_names, "unknown fact 'fair'", is_broken), process)
                async with asyncio.timeout(30):
                    while shown not in await _page(session, address):  # noqa: ASYNC110  the page tells nobody
                        await asyncio.sleep(0.05)
            process.send_signal(signal.SIGTERM)
            assert await asyncio.wait_for(process.wait(), 15) == 0


def _git(folder: Path, *words: str) -> None:
    subprocess.run(["git", "-c", "user.name=CI", "-c", "user.email=ci@example.org", *words], cwd=folder, check=True)


def _commit(folder: Path) -> None:
    _git(folder, "add", "--all")
    _git(folder, "commit", "--quiet", "--message=content")


def _names(words: str, expected: bool, _: int, found: Health) -> bool:
    return (words in found["content"].get("detail", "")) == expected


async def _page(session: aiohttp.ClientSession, address: str) -> str:
    return await text_of(session.get(f"{address}/en/topics/fare"))


@pytest.mark.slow
class TestHeld:
    """``nota run --held`` sends nothing of new files before an owner says so."""

    async def test_until_sending_is_started(self, tmp_path: Path, folder: Path) -> None:
        """It prints what they would do, and waits; ``nota deliveries --start`` is the word. A start without new files holds nothing."""
        address, today = f"http://127.0.0.1:{(port := free_port())}", datetime.now(UTC).date()
        text = f"date: {today}\ntitle: {{en: Night, id: Malam}}\nbody: {{en: Night, id: Malam}}\nsources: [harbour]\n"
        own = {"DATABASE_URL": sqlite_url(tmp_path), "TELEGRAM_TOKEN": TELEGRAM_TOKEN, "CONTENT_DIR": str(folder)}
        async with open_store(own["DATABASE_URL"]) as store, bot_api() as telegram:
            own |= {"TELEGRAM_API_URL": telegram.url, "EMBEDDINGS": "off", "PORT": str(port)}
            await subscribe_all(store, [7])
            assert (
                await asyncio.to_thread(subprocess.run, nota("publish"), env=environment(own), check=True)
            ).returncode == 0
            (folder / "bulletins" / f"{today}-night.yaml").write_text(text, "utf-8")
            for held in (True, False):
                async with started(folder, tmp_path, "--held", **own) as process:
                    ready = partial(_is_held, held)
                    _, health = await until_health(address, ready, process)
                    assert ("by nota run --held" in health["queue"]["detail"]) == held
                    assert await line_of(process) == (f"{today}-night: new\n" if held else "nothing has changed\n")
                    if held:
                        assert telegram.of("sendMessage") == []
                        await asyncio.to_thread(
                            subprocess.run, nota("deliveries", "--start"), env=environment(own), check=True
                        )
                        await telegram.until("sendMessage")
                    process.send_signal(signal.SIGTERM)
                    assert await asyncio.wait_for(process.wait(), 15) == 0


def _is_held(held: bool, _: int, found: Health) -> bool:
    return found["platforms"]["ok"] and held == ("wait for an owner" in found["newsroom"]["detail"])


def environment(own: dict[str, str]) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)} | own


def test_what_is_off_is_not_imported() -> None:
    """The libraries of platforms without a token, of the other database, of migrations that were made, of mails, feeds, pictures and passports take no memory."""
    of_platforms = ("telegram", "httpx", "hikari", "nacl", "aiosmtplib", "css_inline", "pywebpush", "py_vapid")
    others = (
        "asyncpg",
        "alembic",
        "sqlalchemy.orm",
        "feedparser",
        "nh3",
        "resvg_py",
        "cryptography",
    )
    code = f"""
import sys, bot.cli.run
found = [each for each in {of_platforms + others!r} if each in sys.modules]
from bot.platforms.telegram.platform import TELEGRAM
TELEGRAM._module("bot")
print(found, [each for each in {of_platforms[2:] + others!r} if each in sys.modules])
if sys.platform == "linux":
    resident = int(open("/proc/self/statm").read().split()[1]) * 4096 / 1e6
    assert resident < 122, resident  # megabytes; it was 114
import cryptography
"""
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert found.stdout.strip() == "[] []"
