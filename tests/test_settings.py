"""Settings are read from the environment, invalid ones are named, and docs/operators.md lists all."""

import re
from pathlib import Path
from typing import ClassVar

import pytest

from bot.settings import InvalidSettings, Settings, read_settings

DOCS = Path(__file__).parents[1] / "docs" / "operators.md"


class TestReading:
    """Settings are read once and immutable."""

    def test_nothing_set(self) -> None:
        """Everything has a default; nothing is exposed to the network."""
        settings = read_settings({})
        assert settings.listen_host == "127.0.0.1"
        assert settings.telegram_token is None

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


class TestPublicUrl:
    """PUBLIC_URL takes precedence over the address that the PaaS gives."""

    @pytest.fixture(autouse=True)
    def fly(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("FLY_APP_NAME", "nota")

    @pytest.mark.parametrize(
        ("said", "holds"),
        [("", "https://nota.fly.dev"), ("https://nota.example", "https://nota.example"), ("none", None)],
    )
    def test_is_said_or_detected(self, monkeypatch: pytest.MonkeyPatch, said: str, holds: str | None) -> None:
        """``none`` means polling on every PaaS."""
        monkeypatch.setenv("PUBLIC_URL", said)
        assert read_settings().public_url == holds


class TestAddresses:
    """Paths can be added to an address."""

    @pytest.mark.parametrize("name", ["public_url", "telegram_api_url", "discord_api_url"])
    def test_a_slash_at_the_end_counts_for_nothing(self, name: str) -> None:
        """The same for spaces and line ends around it, which dashboards and secret files leave."""
        assert getattr(read_settings({name: " https://nota.example/base/\n"}), name) == "https://nota.example/base"

    @pytest.mark.parametrize(
        "wrong",
        ["nota.example", "https://", "ftp://nota.example", "https://nota.example?a=1", "https://nota.example#a",
         "https://nota example", "https://nota.example:99999"],
    )  # fmt: skip
    def test_what_is_none_is_refused(self, wrong: str) -> None:
        """An invalid address is refused before it is used."""
        for name in ("public_url", "telegram_api_url", "discord_api_url"):
            with pytest.raises(InvalidSettings, match=f"^{name.upper()}: "):
                read_settings({name: wrong})

    def test_no_password_is_shown_to_everybody(self) -> None:
        with pytest.raises(InvalidSettings, match=r"^PUBLIC_URL: it holds a password") as raised:
            read_settings({"public_url": "https://ada:sesame@nota.example"})
        assert "sesame" not in str(raised.value)

    @pytest.mark.parametrize("name", ["telegram_token", "discord_token"])
    def test_a_token_with_a_line_end(self, name: str) -> None:
        assert getattr(read_settings({name: " 123:abc \n"}), name).get_secret_value() == "123:abc"


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

    @pytest.mark.parametrize(
        ("name", "value"),
        [("PORT", "http"), ("PUBLIC_URL", "nota.example"), ("DISCORD_PUBLIC_KEY", "abc"), ("LOG_FORMAT", "xml"),
         ("TELEGRAM_MESSAGES_PER_SECOND", "0")],
    )  # fmt: skip
    def test_names_the_variable(self, monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
        monkeypatch.setenv(name, value)
        with pytest.raises(InvalidSettings, match=f"^{name}: .*Expected: ."):
            read_settings()

    def test_secrets_are_stars(self) -> None:
        assert "sesame" not in repr(read_settings({"telegram_token": "123:sesame-sesame", "discord_token": "x.sesame"}))


class TestDocumentation:
    """The table of docs/operators.md lists every setting once, in the code's order, with its default."""

    TABLE: ClassVar = re.findall(r"^\| `([A-Z_]+)` \| (.*?) \| .+ \|$", DOCS.read_text(encoding="utf-8"), re.M)

    def test_names(self) -> None:
        assert [name for name, _ in self.TABLE] == [name.upper() for name in Settings.model_fields]

    @pytest.mark.parametrize(("name", "default"), TABLE)
    def test_default(self, name: str, default: str) -> None:
        """A default value is written as code; words or a dash stand for unset."""
        value = Settings.model_fields[name.lower()].default
        if isinstance(value, bool):
            value = int(value)
        assert default.startswith("`") == (value not in (None, ()))
        assert not default.startswith("`") or default == f"`{value}`"
