"""Settings come from the environment and from what a PaaS sets, invalid ones are named, and docs/operators.md lists all."""

import re
from pathlib import Path
from typing import ClassVar

import pytest

from bot.platforms.platform import SettingsGroup
from bot.reader import Address
from bot.settings import (
    HOSTS,
    InvalidSettings,
    Settings,
    forgets,
    host_of,
    misspelt_settings,
    public_url_of,
    read_settings,
    setting_names,
    settings_groups,
)
from tests.command import Run
from tests.tables import cases, table

DOCS = Path(__file__).parents[1] / "docs" / "operators.md"
CODE = Path(__file__).parents[1] / "bot"

FIELDS = {name: field for group in settings_groups() for name, field in group.model_fields.items()}

HEROKU = {"DYNO": "web.1", "HEROKU_APP_DEFAULT_DOMAIN_NAME": "nota-1a2b.herokuapp.com"}
RENDER = {"RENDER": "true", "RENDER_EXTERNAL_URL": "https://nota.onrender.com"}
RAILWAY = {"RAILWAY_PROJECT_ID": "f00d", "RAILWAY_PUBLIC_DOMAIN": "nota.up.railway.app"}
FLY = {"FLY_APP_NAME": "nota"}
KOYEB = {"KOYEB_SERVICE_NAME": "web", "KOYEB_PUBLIC_DOMAIN": "nota-org.koyeb.app"}


def groups(settings: Settings) -> list[SettingsGroup]:
    """The general settings and those of each platform."""
    return [settings, *map(settings.of, settings.platforms)]


class TestReading:
    """Settings are read once and immutable."""

    def test_nothing_set(self) -> None:
        """Everything has a default; nothing is exposed to the network."""
        settings = read_settings({})
        assert settings.listen_host == "127.0.0.1"
        assert settings.enabled == ()

    def test_port_given_as_a_paas_does(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """The PaaS's router connects from outside."""
        monkeypatch.setenv("PORT", "5000")
        assert read_settings().listen_host == "0.0.0.0"

    def test_empty_variable_is_unset(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("PUBLIC_URL", "")
        assert read_settings().public_url is None

    def test_owners(self) -> None:
        """Ids are separated by commas; without a platform they are Telegram's."""
        assert read_settings({"owners": "telegram:1, discord:2"}).owners == ("telegram:1", "discord:2")
        assert read_settings({"editors": "3, discord:4"}).editors == ("telegram:3", "discord:4")

    def test_roles(self) -> None:
        """The last part of an entry, if it is one of the two words; an editor without one is both."""
        settings = read_settings({"editors": "telegram:1:writer, discord:2:approver, 3, 4:writer"})
        assert settings.editors == ("telegram:1", "discord:2", "telegram:3", "telegram:4")
        assert settings.roles == {"telegram:1": "writer", "discord:2": "approver", "telegram:4": "writer"}

    @table("given")
    def test_roles_that_are_none(self, given: str) -> None:
        """
        telegram:1:boss
        writer
        :writer
        telegram:1:writer,1:approver
        1:writer,1
        """
        with pytest.raises(InvalidSettings, match="EDITORS: "):
            read_settings({"editors": given})

    @pytest.mark.parametrize(
        ("given", "address"),
        [
            ("telegram:-100123", Address("telegram", "-100123")),
            ("telegram:-100123/7", Address("telegram", "-100123", "7")),
            ("discord:42", Address("discord", "42")),
            ("-100123", Address("telegram", "-100123")),
            ("-100123/7", Address("telegram", "-100123", "7")),
        ],
    )
    def test_editors_chat(self, given: str, address: Address) -> None:
        """A chat, a forum topic or a channel, written as logs write it; as with owners, without a platform it is on Telegram."""
        settings = read_settings({"editors_chat": given})
        assert settings.editors_address == address
        assert settings.editors_kind == "group"
        assert settings.editors_chat == str(address) == (given if ":" in given else f"telegram:{given}")

    @table("given")
    def test_editors_chat_that_is_none(self, given: str) -> None:
        """In words, not by a pattern.

        @editors
        telegram:
        discord:-1
        discord:1/2
        matrix:1
        -100 123
        ٣
        """
        with pytest.raises(InvalidSettings) as refused:
            read_settings({"editors_chat": given})
        said = str(refused.value)
        assert said.startswith(f"EDITORS_CHAT: {given} is not the id of a chat on Telegram, ")
        assert ". Expected: Chat in which editors decide" in said


class TestEnvFile:
    """``.env`` in the working folder, as people write it."""

    @pytest.fixture(autouse=True)
    def here(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(tmp_path)

    def test_saved_by_windows(self) -> None:
        """With a mark at its beginning, and its line ends."""
        Path(".env").write_bytes(b"\xef\xbb\xbfOWNERS=7\r\nCONTENT_DIR=d\r\n")
        assert read_settings().owners == ("telegram:7",)

    @pytest.mark.parametrize("name", ["utf-16", "latin-1", "cp1251"])
    def test_not_utf8(self, name: str, run: Run) -> None:
        """One line for every command, and no traceback."""
        text = "OWNERS=7\n# редакция é\n" if name != "latin-1" else "OWNERS=7\n# rédaction\n"
        Path(".env").write_text(text, encoding=name, errors="ignore")
        line = 1 if name == "utf-16" else 2
        assert run("check", status=1).err == f".env:{line}: not UTF-8. Expected: a file saved as UTF-8\n"

    @pytest.mark.parametrize("command", [["check"], ["publish", "--dry-run"]])
    def test_a_line_that_sets_nothing(self, command: list[str], run: Run) -> None:
        """Said once for each, with its number; comments and empty lines are none."""
        text = "# settings\n\nOWNERS=7\nthis is wrong\nexport LOG_FORMAT='text'\nCONTENT_DIR=nowhere\n= 7\n"
        Path(".env").write_text(text, encoding="utf-8")
        said = run(*command, status=1)
        lines = [line for line in (said.err + said.out).splitlines() if line.startswith(".env")]
        assert lines == [f".env:{number}: passed over, expected NAME=value" for number in (4, 7)]
        assert "dotenv" not in said.err + said.out

    def test_a_folder(self, run: Run) -> None:
        """As Docker makes one for a file that is not there."""
        Path(".env").mkdir()
        assert run("check", status=1).err.startswith(".env: a folder. Expected: a file")

    @pytest.mark.parametrize("url", ["mysql://nota:sesame@db/x", "nota.sqlite3", "postgres://nota:ses/ame@db/x"])
    def test_what_is_no_address_of_a_database(self, url: str, run: Run) -> None:
        """A service that stops for it is not started again."""
        with pytest.MonkeyPatch.context() as environment:
            environment.setenv("DATABASE_URL", url)
            for command, status in (("run", 78), ("migrate", 78), ("check", 1)):
                said = run(command, status=status).err
                assert said.count("DATABASE_URL: ") == said.count("Expected: postgresql://") == 1
                assert "ses" not in said

    @cases("given, said")
    def test_what_is_certainly_no_token(self, given: dict[str, str], said: str) -> None:
        r"""Before anybody is asked, and without the value.

        {"telegram_token": "MTIzNDU2Nzg5MDEyMzQ1Njc4.GaBcDe.abcdefghijklmnopqrstuvwxyz0123456789ab"} | TELEGRAM_TOKEN: it looks like the value of DISCORD_TOKEN
        {"discord_token": "123456789:AAE-of_the_other_platform_000000000"} | DISCORD_TOKEN: it looks like the value of TELEGRAM_TOKEN
        {"telegram_token": "'123456789:AAE-sesame'"} | TELEGRAM_TOKEN: it has quotes around it
        {"metrics_token": "\"sixteen-characters\""} | METRICS_TOKEN: it has quotes around it
        {"public_url": "'https://nota.example'"} | PUBLIC_URL: it has quotes around it
        {"telegram_token": "123456789:AAE-sesame # of the desk"} | TELEGRAM_TOKEN: it has a space or a quote in it
        """
        with pytest.raises(InvalidSettings) as refused:
            read_settings(given)
        assert str(refused.value).startswith(f"{said}. Expected: ")
        assert not any(value in str(refused.value) for value in given.values())

    def test_what_may_be_one(self) -> None:
        """Which tokens there are the platform alone knows."""
        assert read_settings({"telegram_token": "5:sesame", "discord_token": "a.b.c"}).has_platform

    def test_misspelt(self) -> None:
        """What is nearly a setting; not what other programs need."""
        Path(".env").write_text("TELEGRAM_TOKN=1\nOWNER=7\nEDITOR=vi\nFOO=1\nPORT=0\n", encoding="utf-8")
        environment = {
            "TELEGRAM_BOT_TOKEN": "1",
            "HOSTNAME": "a",
            "DATABASE_PUBLIC_URL": "b",
            "PATH": "c",
            "HOST": "::",
        }
        assert misspelt_settings(environment) == {
            "OWNER": "OWNERS",
            "TELEGRAM_BOT_TOKEN": "TELEGRAM_TOKEN",
            "TELEGRAM_TOKN": "TELEGRAM_TOKEN",
        }


class TestPublicUrl:
    """PUBLIC_URL takes precedence over the address that the PaaS gives."""

    @pytest.fixture(autouse=True)
    def fly(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("FLY_APP_NAME", "nota")

    @cases("said, holds")
    def test_is_said_or_detected(self, monkeypatch: pytest.MonkeyPatch, said: str, holds: str | None) -> None:
        """``none`` means polling on every PaaS.

        "" | https://nota.fly.dev
        https://nota.example | https://nota.example
        none | null
        """
        monkeypatch.setenv("PUBLIC_URL", said)
        assert read_settings().public_url == holds


class TestAddresses:
    """Paths can be added to an address."""

    @pytest.mark.parametrize("name", ["public_url", "telegram_api_url", "discord_api_url"])
    def test_a_slash_at_the_end_counts_for_nothing(self, name: str) -> None:
        """The same for spaces and line ends around it, which dashboards and secret files leave."""
        found = [getattr(each, name, None) for each in groups(read_settings({name: " https://nota.example/base/\n"}))]
        assert "https://nota.example/base" in found

    @table("wrong")
    def test_what_is_none_is_refused(self, wrong: str) -> None:
        """An invalid address is refused before it is used.

        nota.example
        https://
        ftp://nota.example
        https://nota.example?a=1
        https://nota.example#a
        https://nota example
        https://nota.example:99999
        """
        for name in ("public_url", "telegram_api_url", "discord_api_url"):
            with pytest.raises(InvalidSettings, match=f"^{name.upper()}: "):
                read_settings({name: wrong})

    def test_no_password_is_shown_to_everybody(self) -> None:
        with pytest.raises(InvalidSettings, match=r"^PUBLIC_URL: it contains a password") as raised:
            read_settings({"public_url": "https://ada:sesame@nota.example"})
        assert "sesame" not in str(raised.value)

    @pytest.mark.parametrize("name", ["telegram_token", "discord_token"])
    def test_a_token_with_a_line_end(self, name: str) -> None:
        assert "123:abc" in [
            secret for settings in groups(read_settings({name: " 123:abc \n"})) for secret in settings.secrets
        ]


class TestPreview:
    """The preview is on if it is not public, and public only with a password."""

    def test_is_on_by_itself_on_ones_own_machine(self) -> None:
        assert read_settings({}).serves_preview
        assert not read_settings({"preview": "0"}).serves_preview

    def test_is_off_in_the_open(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """A PaaS counts as public even if it gives no address."""
        assert not read_settings({"public_url": "https://nota.example"}).serves_preview
        monkeypatch.setenv("DYNO", "web.1")
        assert not read_settings().serves_preview

    def test_in_the_open_needs_a_password(self) -> None:
        asked = {"public_url": "https://nota.example", "preview": "1"}
        for wrong in ({}, {"preview_password": "short"}):
            with pytest.raises(InvalidSettings, match=r"^PREVIEW"):
                read_settings(asked | wrong)
        assert read_settings(asked | {"preview_password": "open sesame, open"}).serves_preview


class TestMistakes:
    """Each invalid setting is one line: its name, what is wrong, and what is expected."""

    @cases("name, value")
    def test_names_the_variable(self, monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
        """
        PORT | http
        PORT | "70000"
        FEEDS | maybe
        LEDGER_DAYS | "3"
        METRICS_TOKEN | abc
        PREVIEW_PASSWORD | abc
        PUBLIC_URL | nota.example
        DISCORD_PUBLIC_KEY | abc
        LOG_FORMAT | xml
        TELEGRAM_MESSAGES_PER_SECOND | "0"
        """
        monkeypatch.setenv(name, value)
        with pytest.raises(InvalidSettings, match=f"^{name}: .*Expected: .") as refusal:
            read_settings()
        assert not re.search("Input should|Value should|abc", str(refusal.value))

    def test_secrets_are_stars(self) -> None:
        settings = read_settings({"telegram_token": "123:sesame-sesame", "discord_token": "x.sesame"})
        assert "sesame" not in repr(groups(settings))


class TestDocumentation:
    """The table of docs/operators.md lists every setting once, in the code's order, with its default."""

    TABLE: ClassVar = re.findall(r"^\| `([A-Z_]+)` \| (.*?) \| .+ \|$", DOCS.read_text(encoding="utf-8"), re.M)

    def test_names(self) -> None:
        assert [name for name, _ in self.TABLE] == setting_names()

    @pytest.mark.parametrize(("name", "default"), TABLE)
    def test_default(self, name: str, default: str) -> None:
        """A default value is written as code; words or a dash stand for unset."""
        value = FIELDS[name.lower()].default
        if isinstance(value, bool):
            value = int(value)
        assert default.startswith("`") == (value not in (None, ()))
        assert not default.startswith("`") or default == f"`{value}`"


class TestAddressOfThePaas:
    """A variable of the PaaS replaces PUBLIC_URL."""

    @pytest.mark.parametrize(
        ("environment", "address"),
        [
            (HEROKU, "https://nota-1a2b.herokuapp.com"),
            (RENDER, "https://nota.onrender.com"),
            (RAILWAY, "https://nota.up.railway.app"),
            (FLY, "https://nota.fly.dev"),
            (KOYEB, "https://nota-org.koyeb.app"),
        ],
    )
    def test_each_is_detected(self, environment: dict[str, str], address: str) -> None:
        assert public_url_of(environment) == address

    @table("environment")
    def test_without_one_there_is_none(self, environment: dict[str, str]) -> None:
        """Without dyno metadata, in a background worker, without a domain, or without a PaaS.

        {"DYNO": "web.1"}
        {"RENDER": "true", "RENDER_EXTERNAL_URL": ""}
        {"RAILWAY_PROJECT_ID": "f00d"}
        {}
        """
        assert public_url_of(environment) is None

    def test_a_stray_variable_is_no_sign(self) -> None:
        """The PaaS is recognised only by the variable that each of its processes has."""
        assert host_of({"RAILWAY_PUBLIC_DOMAIN": "other.up.railway.app"}) is None


class TestDisk:
    """Files on the disk of the code are lost with the next release; files on a volume are not."""

    def test_beside_the_code(self) -> None:
        """The folder need not exist yet."""
        assert forgets(HOSTS[0], CODE.parent / "data" / "not-there-yet")

    @pytest.mark.skipif(not Path("/dev/shm").is_dir(), reason="no second disk here")
    def test_on_a_volume(self) -> None:
        """/dev/shm is used as another disk."""
        assert not forgets(HOSTS[0], Path("/dev/shm"))

    def test_on_a_machine_of_ones_own(self) -> None:
        assert not forgets(None, CODE)
