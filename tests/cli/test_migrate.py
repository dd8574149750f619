"""The release step, as a PaaS takes it."""

import asyncio
import json
import os
import subprocess
from asyncio.subprocess import PIPE
from dataclasses import replace
from pathlib import Path

import pytest

from bot.cli.migrate import StepResult, release
from bot.db.migrations import CURRENT
from bot.db.store import open_store
from bot.dossier.models import Dossier
from bot.newsroom.publisher import Newsroom
from bot.settings import Settings, read_settings
from tests.audiences import subscribe_all
from tests.bot_process import free_port, started, until_health
from tests.command import Run
from tests.conftest import TINY
from tests.databases import PostgreSQL, sqlite_url
from tests.editor import compare
from tests.fork_server import nota
from tests.servers.discord import TOKEN as DISCORD_TOKEN
from tests.servers.discord import discord_api
from tests.servers.telegram import TOKEN, BotApi, bot_api
from tests.tables import cases


def settings_for(api: BotApi, url: str, **others: object) -> Settings:
    given = {"telegram_token": TOKEN, "telegram_api_url": api.url, "database_url": url}
    return read_settings(given | {"public_url": "https://nota.example"} | others)


class TestRelease:
    """Sets the database, command menus and webhook, each only if it is needed."""

    async def test_says_what_was_done(self, tiny: Dossier, database_url: str) -> None:
        told: list[StepResult] = []
        async with bot_api() as api:
            assert await release(settings_for(api, database_url), tiny, told.append) == 0
        assert [each.of for each in told] == ["database", "telegram", "telegram"]
        assert f"at version {CURRENT}" in told[0].text
        assert TOKEN not in " ".join(map(str, told))

    async def test_switches_on_inline_and_guest_mode(self, tiny: Dossier, database_url: str) -> None:
        """Only what is off: what is on stays as it is, and so does what somebody else has chosen."""
        told: list[StepResult] = []
        async with bot_api() as api:
            settings = settings_for(api, database_url)
            await release(settings, tiny, told.append)
            assert not api.of("setMySettings")
            api.state.me |= {"supports_inline_queries": False, "supports_guest_queries": False}
            for _ in range(2):
                await release(settings, tiny, told.append)
            modes = {"supports_inline_queries": True, "supports_guest_queries": True}
            assert api.of("setMySettings") == [modes | {"inline_query_placeholder": "Your question or claim…"}]
            assert modes.items() <= api.state.me.items()
            assert [each.text for each in told if "mode" in each.text] == [
                "inline mode is on now",
                "guest mode is on now",
            ]
            api.state.me |= {"supports_inline_queries": False, "inline_query_placeholder": "Ask the ferry"}
            await release(settings, tiny, told.append)
            assert api.of("setMySettings")[1:] == [{"supports_inline_queries": True}]

    @cases("status, reason")
    async def test_says_where_a_mode_is_switched_on(self, tiny: Dossier, status: int, reason: str) -> None:
        """Where Telegram does not do it. The release goes on.

        404 | the Bot API server is older than 10.5
        400 | No
        200 | Telegram still says so
        """
        told: list[StepResult] = []
        async with bot_api() as api:
            api.state.me |= {"supports_guest_queries": False}
            if status == 200:
                api.answer("setMySettings", {"ok": True, "result": True})
            else:
                api.fault("setMySettings", status, "Bad Request: no" if status == 400 else "Not Found")
            assert await release(settings_for(api, sqlite_url()), tiny, told.append) == 0
        [line] = [each.text for each in told if "mode" in each.text]
        assert line == f"guest mode is off ({reason}): switch it on at @BotFather (Bot Settings)"
        assert "webhook is now" in told[-1].text

    async def test_a_server_that_knows_no_modes(self, tiny: Dossier) -> None:
        """Older servers do not say whether guest mode is on: nothing is asked of them."""
        async with bot_api() as api:
            del api.state.me["supports_guest_queries"]
            await release(settings_for(api, sqlite_url()), tiny, lambda _: None)
            assert not api.of("setMySettings")

    async def test_gives_the_database_to_another_dossier(self, tiny: Dossier, tmp_path: Path) -> None:
        """On purpose; without the word it only says that nothing will be published."""
        url = sqlite_url(tmp_path)
        async with open_store(url) as store, bot_api() as api:
            await compare(Newsroom(store), tiny)
            await subscribe_all(store, [1])
            other = replace(tiny, header=tiny.header.model_copy(update={"id": "museum"}))
            settings, told = settings_for(api, url), list[StepResult]()
            assert await release(settings, other, told.append) == 0
            assert "belongs to the dossier ferry" in told[1].text
            assert await release(settings, other, told.append, adopts=True) == 0
            assert await Newsroom(store).refusal(other) == ""
            assert await Newsroom(store).refusal(tiny)

    def test_another_id_than_that_of_the_files_is_refused(self, tmp_path: Path) -> None:
        """Nobody gives a database away by a slip."""
        environment = {**os.environ, "CONTENT_DIR": str(TINY), "DATABASE_URL": sqlite_url()}
        step = subprocess.run(
            nota("migrate", "--dossier", "zoo"), cwd=tmp_path, env=environment, capture_output=True, check=False
        )
        assert step.returncode == 1
        assert b"--dossier zoo: the dossier in CONTENT_DIR is ferry" in step.stderr

    def test_as_json(self, tmp_path: Path) -> None:
        """A line for each step, and no log among them."""
        environment = {**os.environ, "CONTENT_DIR": str(TINY), "DATABASE_URL": sqlite_url()}
        migrated = subprocess.run(
            nota("migrate", "--json"), cwd=tmp_path, env=environment, capture_output=True, check=True
        )
        assert [json.loads(line) for line in migrated.stdout.splitlines()] == [
            {"of": "database", "text": f"is at version {CURRENT}", "stops": False}
        ]

    @pytest.mark.slow
    @pytest.mark.postgres
    async def test_two_at_once(self, tiny: Dossier, postgresql: PostgreSQL) -> None:
        """On an empty database one creates the tables and the other finds them; both succeed."""
        async with postgresql.bare_database() as url, bot_api() as api:
            told: list[StepResult] = []
            settings = settings_for(api, url)
            assert await asyncio.gather(*(release(settings, tiny, told.append) for _ in range(3))) == [0, 0, 0]
        assert sorted(str(each) for each in told if each.of == "database")[:2] == [
            f"database: is at version {CURRENT}",
            f"database: is at version {CURRENT}",
        ]


class TestDiscord:
    """Discord's commands are written once per release."""

    async def test_twice_writes_once(self, tiny: Dossier) -> None:
        """Discord limits how often commands are written."""
        told: list[StepResult] = []
        async with discord_api() as discord:
            given = {"discord_token": DISCORD_TOKEN, "discord_api_url": discord.url, "database_url": sqlite_url()}
            for _ in range(2):
                assert await release(read_settings(given), tiny, told.append) == 0
            assert len(discord.of("PUT", "/commands")) == 1
        assert [str(each) for each in told if each.of == "discord"] == [
            "discord: the commands are now those of the dossier",
            "discord: the commands were already those of the dossier",
        ]

    @pytest.mark.slow
    async def test_a_wrong_token_stops_that_platform_alone(self, folder: Path, tmp_path: Path) -> None:
        """`nota migrate && nota run`, as units and manifests have it: both say it, and the other platform sends, answers and tells the owner."""
        async with bot_api() as api, discord_api() as discord:
            port = str(free_port())
            own = {"TELEGRAM_TOKEN": TOKEN, "TELEGRAM_API_URL": api.url, "DISCORD_API_URL": discord.url, "PORT": port}
            own |= {"DISCORD_TOKEN": "wrong.token.wrong", "DATABASE_URL": sqlite_url(tmp_path), "OWNERS": "telegram:5"}
            own |= {"CONTENT_DIR": str(folder), "HOST": "127.0.0.1", "PATH": os.environ["PATH"]}
            step = await asyncio.create_subprocess_exec(*nota("migrate"), env=own, cwd=tmp_path, stdout=PIPE)
            said = (await step.communicate())[0].decode()
            assert step.returncode == 0
            assert "discord: does not work, and Nota starts without it: Discord refuses DISCORD_TOKEN" in said
            async with started(folder, tmp_path, **own) as process:
                status, health = await until_health(
                    f"http://127.0.0.1:{port}", lambda _, found: "refuses" in found["platforms"]["detail"], process
                )
                assert (status, health["platforms"]["detail"][:8]) == (503, "discord:")
                [alarm] = await api.until("sendMessage", 1)
                assert "Discord refuses DISCORD_TOKEN" in alarm["text"]


class TestRefusal:
    """A release that cannot start is stopped; a platform that refuses its settings or is away does not stop it."""

    @cases("others, said_of, status")
    async def test_a_setting_that_cannot_be(
        self, tiny: Dossier, others: dict[str, object], said_of: str, status: int
    ) -> None:
        """That of a platform stops this platform alone.

        {"telegram_token": "1:wrong-wrong-wrong"} | TELEGRAM_TOKEN | 0
        {"public_url": "http://nota.example"} | PUBLIC_URL | 0
        {"database_url": "postgresql://u:sesame@127.0.0.1:1/nota?sslmode=disable"} | DATABASE_URL | 1
        """
        told: list[StepResult] = []
        async with bot_api() as api:
            settings = settings_for(api, sqlite_url(), **others)
            assert await release(settings, tiny, told.append) == status
        assert said_of in told[-1].text
        assert "sesame" not in told[-1].text

    async def test_a_platform_that_is_down(self, tiny: Dossier) -> None:
        told: list[StepResult] = []
        async with bot_api() as api:
            api.fault("getMyCommands", 403, "Forbidden: not now")
            assert await release(settings_for(api, sqlite_url()), tiny, told.append) == 0
        assert "the web process will try again" in told[-1].text


@pytest.mark.parametrize("bot", ["telegramm:1", "telegram:1", "1"])
def test_a_bot_of_a_platform_that_is_off(bot: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run: Run) -> None:
    """Nobody would be given to it: it is said, and no step is done."""
    monkeypatch.setenv("CONTENT_DIR", str(TINY))
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path}/nota.sqlite3")
    said = run("migrate", "--bot", bot, status=1)
    assert (said.out, said.err.startswith(f"--bot {bot}: expected PLATFORM:ID of a platform that is on (")) == (
        "",
        True,
    )
    assert not list(tmp_path.iterdir())
