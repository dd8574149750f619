"""``nota doctor`` tests each setting and says how to fix each problem, without printing a secret."""

import asyncio
import resource
from functools import partial
from pathlib import Path
from uuid import uuid4

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.cli import doctor
from bot.cli.doctor import examine_roles
from bot.db.engine import UnusableDatabase, open_database
from bot.db.migrations import CURRENT, migrate
from bot.db.store import open_store
from bot.newsroom.publisher import Newsroom
from bot.platforms.base import clock_finding
from bot.settings import read_settings
from tests.conftest import TINY, Edit
from tests.databases import PostgreSQL, sqlite_url
from tests.servers.discord import TOKEN as DISCORD_TOKEN
from tests.servers.discord import discord_api
from tests.servers.embeddings import KEY as EMBEDDINGS_KEY
from tests.servers.embeddings import MODEL, embeddings_server
from tests.servers.telegram import TOKEN, bot_api
from tests.tables import cases, table

KEY = "0" * 64

OURS = "0a1b2c3d"
"""The last part of a process's id."""


async def examined(capsys: pytest.CaptureFixture[str], **given: object) -> tuple[int, str]:
    """The exit status and the output."""
    settings = read_settings(
        {"content_dir": TINY, "database_url": given.pop("database_url", None) or sqlite_url(), **given}
    )
    status = await doctor.examine(settings)
    shown = capsys.readouterr().out
    for secret in (TOKEN, DISCORD_TOKEN, "sesame"):
        assert secret not in shown
    return status, shown


class TestFirstRun:
    """What a new bot lacks is a note with where to get it, and no problem."""

    async def test_without_a_setting(self, capsys: pytest.CaptureFixture[str]) -> None:
        status, shown = await examined(capsys)
        assert status == 0
        assert "! TELEGRAM_TOKEN: is not set: no bot on Telegram\n    → send /newbot to @BotFather" in shown
        assert "! DISCORD_TOKEN" in shown
        assert "cp .env.example .env" in shown

    async def test_with_a_token(self, capsys: pytest.CaptureFixture[str]) -> None:
        """The other platform is not asked for; owners and an address are."""
        async with bot_api() as api:
            status, shown = await examined(capsys, telegram_token=TOKEN, telegram_api_url=api.url)
        assert status == 0
        assert "DISCORD_TOKEN" not in shown
        assert "! OWNERS: is not set" in shown
        assert "! PUBLIC_URL: is not set" in shown


class TestTelegram:
    """getMe, the webhook, the owners."""

    async def test_all_well(self, capsys: pytest.CaptureFixture[str]) -> None:
        async with bot_api() as api:
            status, shown = await examined(capsys, telegram_token=TOKEN, telegram_api_url=api.url)
        assert status == 0
        assert "✓ TELEGRAM_TOKEN: @NotaTestBot answers" in shown
        assert "✓ clock" in shown

    async def test_modes(self, capsys: pytest.CaptureFixture[str]) -> None:
        async with bot_api() as api:
            asked = {"telegram_token": TOKEN, "telegram_api_url": api.url}
            assert "mode is off" not in (await examined(capsys, **asked))[1]
            api.state.me |= {"supports_inline_queries": False, "supports_guest_queries": False}
            status, shown = await examined(capsys, **asked)
        assert status == 0
        for mode in ("inline mode", "guest mode"):
            assert f"! @BotFather: {mode} is off\n    → run `nota migrate`, or switch it on at @BotFather" in shown

    async def test_wrong_token(self, capsys: pytest.CaptureFixture[str]) -> None:
        """The message says where to get the right one."""
        async with bot_api() as api:
            status, shown = await examined(capsys, telegram_token="5:sesame", telegram_api_url=api.url)
        assert status == 1
        assert "✗ TELEGRAM_TOKEN" in shown
        assert "@BotFather" in shown

    async def test_nobody_there(self, capsys: pytest.CaptureFixture[str]) -> None:
        """The address is not printed, because it contains the token."""
        status, shown = await examined(capsys, telegram_token=TOKEN, telegram_api_url="http://127.0.0.1:1")
        assert status == 1
        assert "✗ TELEGRAM_API_URL: 127.0.0.1:1 does not answer" in shown

    async def test_webhook_elsewhere(self, capsys: pytest.CaptureFixture[str]) -> None:
        async with bot_api() as api:
            api.state.webhook = {"url": "https://other.example/hook"}
            status, shown = await examined(
                capsys, telegram_token=TOKEN, telegram_api_url=api.url, public_url="http://127.0.0.1:1"
            )
            assert status == 1
            assert "✗ PUBLIC_URL: Telegram brings updates other.example, not here\n    → run `nota migrate`" in shown
            status, shown = await examined(capsys, telegram_token=TOKEN, telegram_api_url=api.url)
            assert status == 0
            assert "! PUBLIC_URL: is not set, but a webhook is, at other.example" in shown

    @pytest.mark.parametrize("status", [429, 500, 502])
    async def test_a_bot_api_that_fails_says_nothing_of_the_token(
        self, capsys: pytest.CaptureFixture[str], status: int
    ) -> None:
        """The message must not suggest that the token is wrong."""
        async with bot_api() as api:
            api.fault("getMe", status)
            found, shown = await examined(capsys, telegram_token=TOKEN, telegram_api_url=api.url)
        assert found == 1
        assert "✗ TELEGRAM_API_URL: 127.0.0.1:" in shown
        assert "@BotFather" not in shown

    async def test_editors_chat(self, capsys: pytest.CaptureFixture[str]) -> None:
        async with bot_api() as api:
            asked = {"telegram_token": TOKEN, "telegram_api_url": api.url, "editors_chat": "telegram:-100123/7"}
            api.fault("getChat", 400, "Bad Request: chat not found")
            status, shown = await examined(capsys, **asked)
            assert status == 1
            assert "✗ EDITORS_CHAT: telegram:-100123 cannot be written to\n    → add the bot" in shown
            api.answer("getChat", {"ok": True, "result": {"id": -100123, "type": "supergroup"}})
            status, shown = await examined(capsys, **asked)
            assert status == 0
            assert "! EDITORS_CHAT: the Bot API's answer about telegram:-100123 lacks fields" in shown

    async def test_owner_who_never_wrote(self, capsys: pytest.CaptureFixture[str]) -> None:
        """A bot cannot write first."""
        async with bot_api() as api:
            api.fault("getChat", 400, "Bad Request: chat not found")
            _, shown = await examined(capsys, telegram_token=TOKEN, telegram_api_url=api.url, owners="5")
        assert "OWNERS: telegram:5 cannot be written to" in shown


class TestDiscord:
    """The application, its key, its endpoint."""

    async def test_all_well(self, capsys: pytest.CaptureFixture[str]) -> None:
        async with discord_api() as discord:
            status, shown = await examined(capsys, discord_token=DISCORD_TOKEN, discord_api_url=discord.url)
        assert status == 0
        assert "✓ DISCORD_TOKEN: Nota answers" in shown

    @pytest.mark.slow
    @pytest.mark.parametrize(
        ("given", "said"),
        [
            ({"discord_token": "a.b.sesame"}, "✗ DISCORD_TOKEN"),
            (
                {"public_url": "https://nota.invalid", "discord_public_key": "1" * 64},
                "✗ DISCORD_PUBLIC_KEY: is another",
            ),
            ({"public_url": "https://nota.invalid", "discord_public_key": KEY}, "✗ interactions endpoint: is not set"),
            ({"discord_api_url": "http://127.0.0.1:1"}, "✗ DISCORD_API_URL"),
        ],
    )
    async def test_faults(self, capsys: pytest.CaptureFixture[str], given: dict[str, object], said: str) -> None:
        async with discord_api() as discord:
            status, shown = await examined(
                capsys, **{"discord_token": DISCORD_TOKEN, "discord_api_url": discord.url} | given
            )
        assert status == 1
        assert said in shown
        assert "→" in shown.partition(said)[2]

    async def test_an_app_that_people_cannot_install(self, capsys: pytest.CaptureFixture[str]) -> None:
        """It works on servers."""
        async with discord_api() as discord:
            discord.application.installations = [0]
            status, shown = await examined(capsys, discord_token=DISCORD_TOKEN, discord_api_url=discord.url)
        assert status == 0
        assert "installation: by servers only" in shown
        assert "tick User Install" in shown

    async def test_people(self, capsys: pytest.CaptureFixture[str]) -> None:
        """Owners and the editors' channel, each by its id."""
        async with discord_api() as discord:
            channel = discord.world.add().id
            reached = {"discord_token": DISCORD_TOKEN, "discord_api_url": discord.url}
            there = {"owners": "discord:700000000000000042", "editors_chat": f"discord:{channel}"}
            status, shown = await examined(capsys, **reached | there)
            assert status == 0
            assert "✓ OWNERS: discord:700000000000000042 is there" in shown
            assert f"✓ EDITORS_CHAT: discord:{channel} is there" in shown
            status, shown = await examined(capsys, **reached, owners="discord:5", editors_chat="discord:6")
            assert status == 1
            assert "✗ OWNERS: discord:5 cannot be written to (HTTP 404)\n    → " in shown
            assert "✗ EDITORS_CHAT: discord:6 cannot be written to (HTTP 404)\n    → invite Nota" in shown

    async def test_an_outage_says_nothing_of_the_token(self, capsys: pytest.CaptureFixture[str]) -> None:
        async with discord_api() as discord:
            discord.fault("applications/@me", 503)
            status, shown = await examined(capsys, discord_token=DISCORD_TOKEN, discord_api_url=discord.url)
        assert status == 1
        assert "✗ DISCORD_API_URL" in shown
        assert "DISCORD_TOKEN" not in shown


class TestPeople:
    """Owners and editors on a platform that is not enabled."""

    @cases("name, whom")
    async def test_are_named(self, capsys: pytest.CaptureFixture[str], name: str, whom: str) -> None:
        """
        owners | discord:6
        editors | discord:6
        editors_chat | telegram:-1001
        """
        status, shown = await examined(capsys, **{name: whom})
        assert status == 1
        assert f"✗ {name.upper()}: {whom} cannot be written to" in shown
        assert f"→ set {whom.partition(':')[0].upper()}_TOKEN" in shown


class TestRoles:
    """A desk at which somebody writes what nobody can approve."""

    @table("editors, said")
    def test_are_named(self, editors: str, said: str) -> None:
        """
        1:writer | names writers only: nobody can approve a change
        1:writer,2:writer | names writers only: nobody can approve a change
        1:writer,2 | names one approver: nobody can approve what telegram:2 writes
        1:writer,2:approver,3 | ""
        1,2 | ""
        "1" | ""
        """
        settings = {"editors": editors}
        assert [each.message for each in examine_roles(read_settings(settings))] == [said][: bool(said)]
        for helps in ({"owners": "9"}, {"editors_chat": "-1001"}):
            assert not [*examine_roles(read_settings(settings | helps))]


async def _answer(found: object, _request: web.Request) -> web.Response:
    return web.json_response(found)


class TestPlace:
    """Database, content, the data folder, the address."""

    async def test_database_gone(self, capsys: pytest.CaptureFixture[str]) -> None:
        """The address is printed without its password."""
        url = "postgresql://nota:sesame@127.0.0.1:1/nota?sslmode=disable"
        status, shown = await examined(capsys, database_url=url)
        assert status == 1
        assert "✗ DATABASE_URL: 127.0.0.1:1/nota does not answer" in shown

    @pytest.mark.slow
    @pytest.mark.postgres
    async def test_database_that_refuses(self, capsys: pytest.CaptureFixture[str], postgresql: PostgreSQL) -> None:
        """The server's message says whether name, password or a parameter is wrong."""
        for url, said in (
            (postgresql.at("nobodys"), 'database "nobodys" does not exist'),
            (f"{postgresql.uri}&bogus=1", 'unrecognized configuration parameter "bogus"'),
        ):
            status, shown = await examined(capsys, database_url=url)
            assert status == 1
            assert f"cannot be used ({said})" in shown

    @pytest.mark.parametrize(("host", "grade"), [("127.0.0.1", "✓"), ("192.0.2.1", "✗")])
    async def test_host(self, capsys: pytest.CaptureFixture[str], host: str, grade: str) -> None:
        _, shown = await examined(capsys, host=host)
        assert f"{grade} HOST: {host} " in shown

    async def test_port(self, capsys: pytest.CaptureFixture[str]) -> None:
        """The bot may run already; another program may not be there, nor a bot on another database."""
        url = sqlite_url()
        async with open_store(url) as store:
            await Newsroom(store).note_in_use("", f"host-1-{OURS}")
        for told, mark, said in (
            ({"ready": False, "process": {"detail": OURS}}, "✓", "our bot answers at http://127.0.0.1:{port}"),
            (
                {"ready": True, "process": {"detail": "abcd"}, "release": "0.9"},
                "✗",
                "another deployment of Nota answers",
            ),
            ({"ready": True}, "!", "a Nota answers at"),  # of 0.8.0
            ({"healthy": False}, "✗", "{port} is taken by another program"),
            (["ready"], "✗", "{port} is taken by another program"),
        ):
            app = web.Application()
            app.router.add_get("/readyz", partial(_answer, told))
            async with TestServer(app) as server:
                own = {"host": "127.0.0.1", "port": server.port, "public_url": f"http://127.0.0.1:{server.port}"}
                status, shown = await examined(capsys, database_url=url, **own)
                assert f"{mark} PORT: {said.format(port=server.port)}" in shown
                assert ("ask again in a minute" in shown) == (said == "another deployment of Nota answers")
                assert f"{mark.replace('✗', '!')} PUBLIC_URL: " in shown  # DNS may lead here later
            assert status == (mark == "✗")

    async def test_settings_without_effect(self, capsys: pytest.CaptureFixture[str]) -> None:
        """They need another one, or a file."""
        given = {"feeds": "1", "embeddings_key": "sesame", "mail_from": "a@example.org", "discord_public_key": KEY}
        status, shown = await examined(capsys, **given)
        assert status == 0
        for name, needed in (
            ("EMBEDDINGS_KEY", "EMBEDDINGS"),
            ("MAIL_FROM", "SMTP_URL"),
            ("DISCORD_PUBLIC_KEY", "DISCORD_TOKEN"),
        ):
            assert f"! {name}: has no effect: {needed} is not set\n    → set {needed}, or remove it" in shown
        assert "! FEEDS: has no effect: feeds.yaml names no feed" in shown

    @pytest.mark.slow
    @pytest.mark.postgres
    async def test_user_without_rights(self, capsys: pytest.CaptureFixture[str], postgresql: PostgreSQL) -> None:
        """Since PostgreSQL 15 nobody but the owner creates tables in public. The doctor and the migration say what to grant."""
        role = f"new_{uuid4().hex[:8]}"
        async with postgresql.bare_database() as url:
            await postgresql.execute(f"CREATE ROLE {role} LOGIN")
            own = url.replace("://postgres:", f"://{role}:", 1).replace("://postgres@", f"://{role}@", 1)
            try:
                status, shown = await examined(capsys, database_url=own)
                assert status == 1
                grant = f"GRANT ALL ON SCHEMA public TO {role}"
                assert (
                    f"✗ tables: are not created yet, and {role} may make none in public\n    → its owner runs {grant}"
                    in shown
                )
                database = open_database(own)
                with pytest.raises(UnusableDatabase, match="GRANT ALL ON SCHEMA public TO the user"):
                    await migrate(database)
                await postgresql.execute(grant, at=url)
                assert await migrate(database) == (0, CURRENT)
                await database.close()
            finally:
                await postgresql.execute(f"DROP OWNED BY {role}", at=url)
                await postgresql.execute(f"DROP ROLE {role}")

    @pytest.mark.postgres
    async def test_database_there(self, capsys: pytest.CaptureFixture[str], postgresql: PostgreSQL) -> None:
        async with postgresql.database() as url:
            status, shown = await examined(capsys, database_url=url)
        assert status == 0
        assert "✓ tables: are at version" in shown

    async def test_tables_of_no_release_yet(self, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
        status, shown = await examined(capsys, database_url=f"sqlite:///{tmp_path}/nota.sqlite3")
        assert status == 0
        assert "→ run `nota migrate`" in shown

    async def test_disk_full(self, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
        """Here by a limit on the size of files. The runbook begins with this command."""
        url, (soft, hard) = sqlite_url(tmp_path), resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, hard))
        try:
            status, shown = await examined(capsys, database_url=url)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        assert status == 1
        assert f"✗ data folder: {tmp_path} cannot be written (File too large)\n    → make room" in shown
        status, shown = await examined(capsys, database_url=url)
        assert status == 0
        assert f"✓ data folder: {tmp_path} can be written, " in shown

    async def test_names_that_are_no_settings(
        self, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Nearly one, from anywhere; any other in .env, but for what compose.yaml takes from there."""
        monkeypatch.chdir(tmp_path)
        monkeypatch.setenv("DISCORD_TOKN", "sesame")
        env = "POSTGRES_PASSWORD=x\nCOMPOSE_PROJECT_NAME=n\nBOT_TOKEN=sesame\nEDITOR=1\nTELEGRAM_TOKENS=sesame\n"
        (tmp_path / ".env").write_text(env, encoding="utf-8")
        status, shown = await examined(capsys)
        assert status == 1  # no bot would run
        assert "✗ DISCORD_TOKN: is not a setting, so it is ignored\n    → DISCORD_TOKEN is one" in shown
        status, shown = await examined(capsys, telegram_token="5:sesame", telegram_api_url="http://127.0.0.1:1")
        assert "! TELEGRAM_TOKENS: is not a setting" in shown
        assert "! .env: has names that are not settings: BOT_TOKEN, EDITOR\n" in shown
        (tmp_path / ".env").write_text("LOG_FORMAT=text\nTELEGRAM_TOKEN: 5:sesame\n", encoding="utf-8")
        status, shown = await examined(capsys)
        assert (status, "✗ .env: line 2 sets nothing\n    → write NAME=value" in shown) == (1, True)

    @pytest.mark.slow
    async def test_file_that_all_can_read(self, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
        """The file contains chat ids and settings."""
        url = f"sqlite:///{tmp_path}/nota.sqlite3"
        database = open_database(url)
        await migrate(database)
        await database.close()
        await asyncio.to_thread((tmp_path / "nota.sqlite3").chmod, 0o644)
        _, shown = await examined(capsys, database_url=url)
        assert f"chmod 600 {tmp_path}/nota.sqlite3" in shown

    async def test_broken_content(self, capsys: pytest.CaptureFixture[str], folder: Path, edit: Edit) -> None:
        """The message refers to `nota check`."""
        edit("topics/fare.yaml", "{fare}", "{fair}")
        status, shown = await examined(capsys, content_dir=folder)
        assert status == 1
        assert f"✗ CONTENT_DIR: the bot cannot answer from {folder}: topics/fare.yaml:" in shown
        assert "→ run `nota check`" in shown

    async def test_address_without_certificate(self, capsys: pytest.CaptureFixture[str]) -> None:
        status, shown = await examined(capsys, public_url="http://nota.invalid")
        assert status == 1
        assert "✗ PUBLIC_URL: http://nota.invalid is not https://" in shown


class TestClock:
    """A wrong clock is reported."""

    @pytest.mark.parametrize(("ahead", "level"), [(0.4, "ok"), (-4, "ok"), (30, "note"), (-300, "problem")])
    def test_levels(self, ahead: float, level: str) -> None:
        """A small difference shows wrong times; a large one breaks certificates and signatures."""
        assert clock_finding("Bot API", ahead).level == level


class TestEmbeddings:
    """Whether the model answers in time, without a word of the key."""

    async def test_all_well(self, capsys: pytest.CaptureFixture[str]) -> None:
        async with embeddings_server() as server:
            given = {"embeddings": server.url, "embeddings_model": MODEL, "embeddings_key": EMBEDDINGS_KEY}
            status, shown = await examined(capsys, **given)
        assert status == 0
        assert "✓ EMBEDDINGS: a vector of 256 numbers in " in shown

    async def test_a_wrong_key(self, capsys: pytest.CaptureFixture[str]) -> None:
        async with embeddings_server() as server:
            given = {"embeddings": server.url, "embeddings_model": MODEL, "embeddings_key": "sk-sesame-wrong"}
            status, shown = await examined(capsys, **given)
        assert status == 1
        assert "✗ EMBEDDINGS: words alone decide: the server answers 401" in shown

    async def test_too_slow(self, capsys: pytest.CaptureFixture[str]) -> None:
        async with embeddings_server() as server:
            server.seconds = 0.35
            given = {"embeddings": server.url, "embeddings_model": MODEL, "embeddings_key": EMBEDDINGS_KEY}
            status, shown = await examined(capsys, **given)
        assert status == 1
        assert "words alone decide\n    → use a faster server" in shown
