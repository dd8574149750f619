"""The settings, read once from the environment (and a ``.env`` file) and passed down frozen."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, PrivateAttr, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from bot.reader import Address


@dataclass(frozen=True, slots=True)
class Host:
    """A PaaS.

    Attributes:
        name: as people call it.
        sign: a variable that every process there has.
        address: the variable that holds our public address, or what ``form`` makes one of.
        form: how the address is made of it.
    """

    name: str
    sign: str
    address: str
    form: str = "https://{}"


HOSTS = (
    # devcenter.heroku.com/articles/dyno-metadata, once `heroku labs:enable runtime-dyno-metadata` was said;
    # Dokku sets DYNO too, but no domain
    Host("Heroku or Dokku", "DYNO", "HEROKU_APP_DEFAULT_DOMAIN_NAME"),
    # render.com/docs/environment-variables; empty for what is no web service
    Host("Render", "RENDER", "RENDER_EXTERNAL_URL", "{}"),
    # docs.railway.com/reference/variables; there once a domain was generated or set
    Host("Railway", "RAILWAY_PROJECT_ID", "RAILWAY_PUBLIC_DOMAIN"),
    # fly.io/docs/machines/runtime-environment
    Host("Fly", "FLY_APP_NAME", "FLY_APP_NAME", "https://{}.fly.dev"),
    # koyeb.com/docs/build-and-deploy/environment-variables
    Host("Koyeb", "KOYEB_SERVICE_NAME", "KOYEB_PUBLIC_DOMAIN"),
)


CODE = Path(__file__).parent


def host_of(environment: Mapping[str, str]) -> Host | None:
    """The PaaS that we run on; None where it is none that we know."""
    return next((host for host in HOSTS if environment.get(host.sign)), None)


def public_url_of(environment: Mapping[str, str]) -> str | None:
    """Our address as the PaaS tells it; None where it does not."""
    host = host_of(environment)
    value = environment.get(host.address, "").strip() if host else ""
    return host.form.format(value).rstrip("/") if host and value else None


def forgets(host: Host | None, folder: Path) -> bool:
    """Whether what is written into the folder is gone with the next release: it lies on the disk that the code is on.

    A volume is a disk of its own. Always False on a machine of one's own (``host`` is None).
    """
    return host is not None and _disk_of(folder) == _disk_of(CODE)


def _disk_of(path: Path) -> int:
    there = next(each for each in (path.absolute(), *path.absolute().parents) if each.exists())
    return there.stat().st_dev


NOWHERE = "none"
"""As PUBLIC_URL: no webhooks, whatever address the PaaS gives us."""


EVERYWHERE = "0.0.0.0"  # noqa: S104  where a PaaS sets PORT


class InvalidSettings(Exception):
    """The environment holds a setting that cannot be used. The message names it and what is expected."""


def _address(given: str) -> str:
    """A web address to which paths may be added."""
    split = urlsplit(given)
    if split.scheme not in ("http", "https") or not split.hostname or re.search(r"\s", given) or split.port == 0:
        raise ValueError("no web address")
    if "?" in given or "#" in given:
        raise ValueError("it has a part that no path can be added to")
    return given.rstrip("/")


def _own_address(given: str) -> str:
    """Ours, which is shown to everybody."""
    if given == NOWHERE:
        return given
    if "@" in urlsplit(given).netloc:
        raise ValueError("it holds a password that everybody would see")
    return _address(given)


SiteAddress = Annotated[str, AfterValidator(_address)]


OwnAddress = Annotated[str, AfterValidator(_own_address)]


class Settings(BaseSettings):
    """Everything an operator can set; the names are the environment's, in lower case."""

    model_config = SettingsConfigDict(
        frozen=True, env_file=".env", extra="ignore", env_ignore_empty=True, str_strip_whitespace=True
    )

    telegram_token: SecretStr | None = Field(default=None, description="The bot's token from @BotFather.")
    telegram_api_url: SiteAddress = Field(default="https://api.telegram.org", description="Where the Bot API is.")
    telegram_messages_per_second: float = Field(
        default=30, gt=0, le=1000, description="Ceiling for bulletins (30; up to 1000 with paid broadcasts)."
    )
    discord_token: SecretStr | None = Field(default=None, description="The bot's token from the developer portal.")
    discord_public_key: str | None = Field(
        default=None, pattern=r"^[0-9a-fA-F]{64}$", description="The application's public key (64 hex digits)."
    )
    discord_api_url: SiteAddress = Field(default="https://discord.com/api/v10", description="Where Discord's API is.")
    discord_shards: int | None = Field(default=None, ge=1, description="Gateway shards; unset: as Discord advises.")
    database_url: str | None = Field(default=None, description="PostgreSQL or SQLite; unset: a file under data/.")
    ledger_days: int = Field(
        default=400,
        ge=30,
        le=36500,
        description="Days that finished deliveries are kept after their last send and their bulletin's last change (30 or more).",
    )
    public_url: OwnAddress | None = Field(
        default=None,
        description=f"Our own address (https://…); set: webhooks; unset: as the PaaS tells, else polling; {NOWHERE}: polling.",
    )
    host: str | None = Field(
        default=None, description="Interface to listen on; 127.0.0.1, or all, IPv4 and IPv6, where PORT is set."
    )
    port: int = Field(default=8080, ge=0, le=65535, description="Port to listen on.")
    content_dir: Path = Field(default=Path("content"), description="The folder of the dossier.")
    log_format: Literal["text", "json"] = Field(default="text", description="text for people, json for machines.")
    owners: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(), description="Ids of the owners, parted by commas (telegram:123, discord:456; bare: Telegram)."
    )
    feeds: bool = Field(default=False, description="1: watch the feeds of content/feeds.yaml.")
    feeds_allow: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(),
        description="Addresses and networks, parted by commas, that feeds may be fetched from though not public.",
    )
    editors_chat: str | None = Field(
        default=None,
        pattern=r"^(telegram:-?\d{1,20}(/\d{1,20})?|discord:\d{1,20})$",
        description="Where the wire's candidates go (telegram:-100…, a forum topic behind a slash; discord:123…).",
    )
    editors: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(),
        description="Ids of who decides on news besides the admins of EDITORS_CHAT (telegram:123, discord:456; bare: Telegram).",
    )
    store_questions: bool = Field(
        default=False, description="1: keep the words of unanswered questions for 30 days, without who asked."
    )
    metrics_token: SecretStr | None = Field(
        default=None, min_length=16, description="What opens /metrics: 16 characters or more; needed in the open."
    )
    preview: bool | None = Field(
        default=None, description="1: /preview, in the open with PREVIEW_PASSWORD; 0: none; unset: where only we come."
    )
    preview_password: SecretStr | None = Field(
        default=None, min_length=12, description="What opens /preview: 12 characters or more."
    )
    _host: Host | None = PrivateAttr(default=None)

    @field_validator("owners", "editors", "feeds_allow", mode="before")
    @classmethod
    def _split(cls, given: object) -> object:
        return tuple(part.strip() for part in given.split(",") if part.strip()) if isinstance(given, str) else given

    @field_validator("owners", "editors")
    @classmethod
    def _with_platform(cls, given: tuple[str, ...]) -> tuple[str, ...]:
        """Each as platform and id; a bare id is Telegram's."""
        named = tuple(each if ":" in each else f"telegram:{each}" for each in given)
        for each in named:
            if not re.fullmatch(r"(telegram|discord):\d{1,20}", each):
                raise ValueError(f"{each} is no person")
        return named

    def owners_on(self, platform: str) -> tuple[int, ...]:
        """The ids of the owners on a platform."""
        split = (each.partition(":") for each in self.owners)
        return tuple(int(number) for name, _, number in split if name == platform)

    @field_validator("feeds_allow")
    @classmethod
    def _networks(cls, given: tuple[str, ...]) -> tuple[str, ...]:
        for each in given:
            ip_network(each)
        return given

    @property
    def desk(self) -> Address | None:
        """The editors' chat."""
        if self.editors_chat is None:
            return None
        platform, _, place = self.editors_chat.partition(":")
        chat_id, _, thread_id = place.partition("/")
        return Address(platform, int(chat_id), int(thread_id) if thread_id else None)

    @property
    def paas(self) -> Host | None:
        """The PaaS that we run on; None where it is none that we know."""
        return self._host

    @property
    def is_public(self) -> bool:
        """Whether strangers can reach our pages."""
        return self.public_url is not None or self._host is not None

    @property
    def serves_preview(self) -> bool:
        """Where only we can reach it; in the open only when that was asked for."""
        return not self.is_public if self.preview is None else self.preview

    @property
    def secrets(self) -> tuple[str, ...]:
        """What must never be shown."""
        given = (self.telegram_token, self.discord_token, self.metrics_token, self.preview_password)
        return tuple(secret.get_secret_value() for secret in given if secret)

    @property
    def listen_host(self) -> str:
        """A PaaS that sets PORT routes from outside; a person's own machine stays private."""
        return self.host or (EVERYWHERE if "port" in self.model_fields_set else "127.0.0.1")


def read_settings(environment: Mapping[str, object] | None = None) -> Settings:
    """The settings of the process's environment, or of the mapping given (names in lower case) instead.

    Raises:
        InvalidSettings: one line for each setting that is wrong.
    """
    try:
        given = Settings() if environment is None else Settings.model_validate(environment)
    except ValidationError as error:
        raise InvalidSettings("\n".join(_line(detail) for detail in error.errors())) from None
    settings = _placed(given, os.environ if environment is None else {})
    if settings.preview and settings.is_public and settings.preview_password is None:
        raise InvalidSettings("PREVIEW: strangers could use it. Expected: PREVIEW_PASSWORD as well, or PREVIEW unset.")
    return settings


def _placed(given: Settings, environment: Mapping[str, str]) -> Settings:
    """With what the PaaS says: its word for our address counts where the operator said none."""
    said = given.public_url or public_url_of(environment)
    settings = given.model_copy(update={"public_url": None if said == NOWHERE else said})
    settings._host = host_of(environment)
    return settings


def _line(detail: object) -> str:
    name = str(detail["loc"][0]).upper()  # type: ignore[index]
    hint = Settings.model_fields[name.lower()].description if name.lower() in Settings.model_fields else ""
    said = str(detail["msg"]).removeprefix("Value error, ")  # type: ignore[index]
    return f"{name}: {said}. Expected: {hint}"
