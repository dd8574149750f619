"""The settings: read once from the environment and a ``.env`` file, and immutable."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, PrivateAttr, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, DotEnvSettingsSource, NoDecode, SettingsConfigDict

from bot.reader import Address, ids_on, parse_address


@dataclass(frozen=True, slots=True)
class Host:
    """A PaaS: the environment variables that it sets, and the header in which its router names the client.

    Attributes:
        name: for messages.
        sign: a variable that every process there has.
        address: the variable from which our public address is made.
        client_header: the client is the last address in it. A router that replaces what the client sent has only one there; one
            that appends has the client's own forgeries before.
        form: the address, with ``{}`` for the value of that variable.
    """

    name: str
    sign: str
    address: str
    client_header: str
    form: str = "https://{}"


HOSTS = (
    # devcenter.heroku.com/articles/dyno-metadata, after `heroku labs:enable runtime-dyno-metadata`;
    # Dokku sets DYNO too, but no domain.
    # The router appends the client (devcenter.heroku.com/articles/http-routing, "Heroku headers");
    # on Dokku nginx writes it alone (dokku/dokku, plugins/nginx-vhosts/templates/nginx.conf.sigil)
    Host("Heroku or Dokku", "DYNO", "HEROKU_APP_DEFAULT_DOMAIN_NAME", "X-Forwarded-For"),
    # render.com/docs/environment-variables; empty unless the process is a web service.
    # Behind Cloudflare, which overwrites this header (developers.cloudflare.com/fundamentals/reference/http-headers);
    # X-Forwarded-For ends with Cloudflare's and Render's own addresses (github.com/arcjet/arcjet-js/issues/5411)
    Host("Render", "RENDER", "RENDER_EXTERNAL_URL", "CF-Connecting-IP", "{}"),
    # docs.railway.com/reference/variables; set once the service has a domain.
    # docs.railway.com/networking/public-networking/specs-and-limits, "Request Headers";
    # X-Forwarded-For ends with an address of Railway's (github.com/Crossbill-App/crossbill-web/pull/450)
    Host("Railway", "RAILWAY_PROJECT_ID", "RAILWAY_PUBLIC_DOMAIN", "X-Real-IP"),
    # fly.io/docs/machines/runtime-environment.
    # fly.io/docs/networking/request-headers: the last address in X-Forwarded-For is the app's own
    Host("Fly", "FLY_APP_NAME", "FLY_APP_NAME", "Fly-Client-IP", "https://{}.fly.dev"),
    # koyeb.com/docs/build-and-deploy/environment-variables.
    # koyeb.com/docs/reference/edge-network names only X-Forwarded-For, and no order; requests that were logged there came through
    # Cloudflare, with CF-Connecting-IP and two addresses in X-Forwarded-For
    Host("Koyeb", "KOYEB_SERVICE_NAME", "KOYEB_PUBLIC_DOMAIN", "CF-Connecting-IP"),
)


def host_of(environment: Mapping[str, str]) -> Host | None:
    """The PaaS that the process runs on; None if it is not one of :data:`HOSTS`."""
    return next((host for host in HOSTS if environment.get(host.sign)), None)


def public_url_of(environment: Mapping[str, str]) -> str | None:
    """Our public address as the PaaS gives it; None if it gives none."""
    host = host_of(environment)
    value = environment.get(host.address, "").strip() if host else ""
    return host.form.format(value).rstrip("/") if host and value else None


def forgets(host: Host | None, folder: Path) -> bool:
    """Whether the next release deletes the folder, because it is on the disk of the code and not on a volume.

    Always False without a PaaS (``host`` is None).
    """
    return host is not None and _disk_of(folder) == _disk_of(Path(__file__))


def _disk_of(path: Path) -> int:
    existing = next(each for each in (path.absolute(), *path.absolute().parents) if each.exists())
    return existing.stat().st_dev


LIKENESS = 0.8
"""How alike a name and a setting must be (:func:`difflib.get_close_matches`): TELEGRAM_TOKN and TELEGRAM_BOT_TOKEN are 0.96 and
0.88 like TELEGRAM_TOKEN, HOSTNAME 0.67 like HOST. A lower one warns of other programs' variables."""

EDITOR = "EDITOR"
"""Names the user's editor (POSIX, environ(7)), and is nearly EDITORS."""

POLLING = "none"
"""The value of PUBLIC_URL for polling even if the PaaS gives an address."""

OFF = "off"
"""The value of EMBEDDINGS for no embeddings, even if the local model is installed."""

ENV_FILE = Path(".env")

ALL_INTERFACES = "0.0.0.0"  # noqa: S104  a PaaS sets PORT and routes requests from outside


class InvalidSettings(Exception):
    """A setting cannot be used. The message names it and says what is expected."""


def _address(given: str) -> str:
    """Checks that paths can be added to the address; removes a slash at its end."""
    split = urlsplit(given)
    if split.scheme not in ("http", "https") or not split.hostname or re.search(r"\s", given) or split.port == 0:
        raise ValueError("not an http or https address")
    if "?" in given or "#" in given:
        raise ValueError("it contains ? or #")
    return given.rstrip("/")


def _own_address(given: str) -> str:
    """Like :func:`_address`; refuses a password, because the address is public."""
    if given == POLLING:
        return given
    if "@" in urlsplit(given).netloc:
        raise ValueError("it holds a password, which everybody would see")
    return _address(given)


def _off_or_address(given: str) -> str:
    return given if given == OFF else _address(given)


SiteAddress = Annotated[str, AfterValidator(_address)]
OwnAddress = Annotated[str, AfterValidator(_own_address)]
EmbeddingsAddress = Annotated[str, AfterValidator(_off_or_address)]


class Settings(BaseSettings):
    """Everything an operator can set. The names are those of the environment variables, in lower case."""

    model_config = SettingsConfigDict(
        frozen=True,
        env_file=ENV_FILE,
        env_file_encoding="utf-8-sig",  # Windows' editor begins a file with a mark
        extra="ignore",
        env_ignore_empty=True,
        str_strip_whitespace=True,
    )

    telegram_token: SecretStr | None = Field(default=None, description="The bot's token from @BotFather.")
    telegram_api_url: SiteAddress = Field(default="https://api.telegram.org", description="Address of the Bot API.")
    telegram_messages_per_second: float = Field(
        default=30, gt=0, le=1000, description="Maximum rate of bulletins (30; up to 1000 with paid broadcasts)."
    )
    discord_token: SecretStr | None = Field(default=None, description="The bot's token from the developer portal.")
    discord_public_key: str | None = Field(
        default=None, pattern=r"^[0-9a-fA-F]{64}$", description="The application's public key (64 hex digits)."
    )
    discord_api_url: SiteAddress = Field(default="https://discord.com/api/v10", description="Address of Discord's API.")
    discord_shards: int | None = Field(
        default=None, ge=1, description="Number of gateway shards; unset: as Discord recommends."
    )
    database_url: str | None = Field(default=None, description="PostgreSQL or SQLite; unset: a file under data/.")
    ledger_days: int = Field(
        default=400,
        ge=30,
        le=36500,
        description="Days that finished deliveries are kept after their last send and their bulletin's last change (30 or more).",
    )
    public_url: OwnAddress | None = Field(
        default=None,
        description=f"Public address (https://…), for webhooks; unset: as the PaaS gives it, else polling; {POLLING}: polling.",
    )
    host: str | None = Field(
        default=None, description="Interface to listen on; unset: 127.0.0.1, or all if PORT is set."
    )
    port: int = Field(default=8080, ge=0, le=65535, description="Port to listen on.")
    content_dir: Path = Field(default=Path("content"), description="The folder of the dossier.")
    log_format: Literal["text", "json"] = Field(default="text", description="text or json.")
    owners: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(),
        description="Ids of the owners, separated by commas (telegram:123, discord:456; without a platform: Telegram).",
    )
    feeds: bool = Field(default=False, description="1: fetch the feeds of feeds.yaml.")
    feeds_allow: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(),
        description="Addresses and networks, separated by commas, from which feeds may be fetched although they are not public.",
    )
    editors_chat: str | None = Field(
        default=None,
        description="Chat in which editors decide on candidates (telegram:-100…, a forum topic as telegram:-100…/7; discord:123…; without a platform: Telegram).",
    )
    editors: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(),
        description="Ids of editors who are not admins of EDITORS_CHAT, separated by commas (telegram:123, discord:456; without a platform: Telegram).",
    )
    store_questions: bool = Field(
        default=False, description="1: store the words of unanswered questions for 30 days, without the asker."
    )
    embeddings: EmbeddingsAddress | None = Field(
        default=None,
        description=f"Address of an OpenAI-compatible server (https://…/v1) that gets each question; {OFF}: no embeddings; unset: the local model, if installed.",
    )
    embeddings_model: str | None = Field(default=None, description="The server's model.")
    embeddings_key: SecretStr | None = Field(default=None, description="The server's key.")
    metrics_token: SecretStr | None = Field(
        default=None,
        min_length=16,
        description="Token for /metrics, 16 characters or more; needed if the bot is public.",
    )
    preview: bool | None = Field(
        default=None,
        description="1: serve /preview, if public only with PREVIEW_PASSWORD; 0: do not; unset: only if not public.",
    )
    preview_password: SecretStr | None = Field(
        default=None, min_length=12, description="Password of /preview, 12 characters or more."
    )
    _host: Host | None = PrivateAttr(default=None)

    @field_validator("owners", "editors", "feeds_allow", mode="before")
    @classmethod
    def _split(cls, given: object) -> object:
        return tuple(part.strip() for part in given.split(",") if part.strip()) if isinstance(given, str) else given

    @field_validator("owners", "editors")
    @classmethod
    def _with_platform(cls, given: tuple[str, ...]) -> tuple[str, ...]:
        """Puts ``telegram:`` before ids without a platform."""
        named = tuple(each if ":" in each else f"telegram:{each}" for each in given)
        for each in named:
            if not re.fullmatch(r"(telegram|discord):\d{1,20}", each):
                raise ValueError(f"{each} is not an id of Telegram or Discord")
        return named

    @field_validator("editors_chat")
    @classmethod
    def _chat(cls, given: str | None) -> str | None:
        """Puts ``telegram:`` before an id without a platform."""
        if given is None:
            return None
        named = given if ":" in given else f"telegram:{given}"
        if not re.fullmatch(r"telegram:-?[0-9]{1,20}(/[0-9]{1,20})?|discord:[0-9]{1,20}", named):
            raise ValueError(f"{given} is not the id of a chat on Telegram or Discord")
        return named

    def owners_on(self, platform: str) -> tuple[int, ...]:
        """The ids of the owners on a platform."""
        return ids_on(platform, self.owners)

    @field_validator("feeds_allow")
    @classmethod
    def _networks(cls, given: tuple[str, ...]) -> tuple[str, ...]:
        for each in given:
            ip_network(each)
        return given

    @property
    def editors_address(self) -> Address | None:
        """The address of EDITORS_CHAT; None if it is unset."""
        return parse_address(self.editors_chat) if self.editors_chat else None

    @property
    def paas(self) -> Host | None:
        """The PaaS that the process runs on; None if it is not one of :data:`HOSTS`."""
        return self._host

    @property
    def is_public(self) -> bool:
        """Whether the pages can be reached from the internet."""
        return self.public_url is not None or self._host is not None

    @property
    def has_platform(self) -> bool:
        """Whether there is a token of a platform."""
        return bool(self.telegram_token or self.discord_token)

    @property
    def serves_preview(self) -> bool:
        """Whether /preview is served: as PREVIEW says; if unset, only if the pages are not public."""
        return not self.is_public if self.preview is None else self.preview

    @property
    def secrets(self) -> tuple[str, ...]:
        """The values that logs and messages must not contain."""
        given = (
            self.telegram_token,
            self.discord_token,
            self.embeddings_key,
            self.metrics_token,
            self.preview_password,
        )
        return tuple(secret.get_secret_value() for secret in given if secret)

    @property
    def listen_host(self) -> str:
        """The interface to listen on: HOST, else all interfaces if PORT is set (as a PaaS does), else 127.0.0.1."""
        return self.host or (ALL_INTERFACES if "port" in self.model_fields_set else "127.0.0.1")


def read_settings(environment: Mapping[str, object] | None = None) -> Settings:
    """The settings in the process's environment, or in the mapping (names in lower case) if one is given.

    Raises:
        InvalidSettings: one line for each invalid setting.
    """
    try:
        given = Settings() if environment is None else Settings.model_validate(environment)
    except ValidationError as error:
        raise InvalidSettings("\n".join(_line(detail) for detail in error.errors())) from None
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise InvalidSettings(f"{ENV_FILE}:{line}: not UTF-8. Expected: a file saved as UTF-8") from None
    settings = _with_paas(given, os.environ if environment is None else {})
    if settings.preview and settings.is_public and settings.preview_password is None:
        raise InvalidSettings(
            "PREVIEW: the preview would be public. Expected: PREVIEW_PASSWORD as well, or PREVIEW unset."
        )
    return settings


def names_in_env_file() -> list[str]:
    """The names that ``.env`` sets, in its order."""
    return [name.upper() for name in DotEnvSettingsSource(Settings).env_vars]


def misspelt_settings(environment: Mapping[str, str]) -> dict[str, str]:
    """Names in the environment or in ``.env`` that are no setting but nearly one, and which one."""
    settings = {name.upper() for name in Settings.model_fields}
    found = dict[str, str]()
    for name in {*environment, *names_in_env_file()} - settings - {EDITOR}:
        if close := get_close_matches(name, settings, n=1, cutoff=LIKENESS):
            found[name] = close[0]
    return dict(sorted(found.items()))


def _with_paas(given: Settings, environment: Mapping[str, str]) -> Settings:
    """The settings with the PaaS; its public address is used if PUBLIC_URL is unset."""
    address = given.public_url or public_url_of(environment)
    settings = given.model_copy(update={"public_url": None if address == POLLING else address})
    settings._host = host_of(environment)
    return settings


def _line(detail: object) -> str:
    name = str(detail["loc"][0]).upper()  # type: ignore[index]
    hint = Settings.model_fields[name.lower()].description if name.lower() in Settings.model_fields else ""
    message = str(detail["msg"]).removeprefix("Value error, ")  # type: ignore[index]
    return f"{name}: {message}. Expected: {hint}"
