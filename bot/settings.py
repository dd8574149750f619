"""The settings: read once from the environment and a ``.env`` file, and immutable."""

import logging
import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Any, Literal, cast
from urllib.parse import urlsplit

from dotenv.parser import parse_stream
from pydantic import AfterValidator, Field, PrivateAttr, SecretStr, ValidationError
from pydantic_core import ErrorDetails
from pydantic_settings import DotEnvSettingsSource

from bot.db.engine import known_address
from bot.logs import Redaction
from bot.newsroom.change_rules import Role
from bot.platforms import PLATFORMS
from bot.platforms.platform import (
    ENV_FILE,
    Deployment,
    Group,
    Listed,
    Networks,
    Platform,
    SettingsGroup,
    address_in,
    site_address,
)
from bot.reader import Address, ChatKind, ids_on


@dataclass(frozen=True, slots=True)
class Host:
    """A PaaS: the environment variables that it sets, and the header in which its router names the client.

    Attributes:
        name: used in messages.
        sign: a variable that every process on the PaaS has.
        address: the variable that holds our public address, or a part of it.
        client_header: the header whose last address is the client. Some routers replace what the client sent; others append to it,
            and the addresses before the last may be forged.
        form: the public address, with ``{}`` for the value of the variable.
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
    """Our public address according to the PaaS; None: unknown."""
    host = host_of(environment)
    value = environment.get(host.address, "").strip() if host else ""
    return host.form.format(value).rstrip("/") if host and value else None


def forgets(host: Host | None, folder: Path) -> bool:
    """Whether the next release deletes the folder, because it is on the disk of the code and not on a volume.

    Always False without a PaaS (``host`` is None).
    """
    return host is not None and _disk_of(folder) == _disk_of(Path(__file__))


def _disk_of(path: Path) -> int:
    existing = next(parent for parent in (path.absolute(), *path.absolute().parents) if parent.exists())
    return existing.stat().st_dev


LIKENESS = 0.8
"""How alike a name and a setting must be (:func:`difflib.get_close_matches`): TELEGRAM_TOKN and TELEGRAM_BOT_TOKEN are 0.96 and
0.88 like TELEGRAM_TOKEN, HOSTNAME 0.67 like HOST. A lower value would warn of other programs' variables."""

EDITOR = "EDITOR"
"""The variable of the user's text editor (POSIX, environ(7)). It is not a misspelt EDITORS."""

POLLING = "none"
"""The value of PUBLIC_URL for polling even if the PaaS gives an address."""

OFF = "off"
"""The value of EMBEDDINGS for no embeddings, even if the local model is installed."""

_NEEDED = {"embeddings_model": "EMBEDDINGS", "embeddings_key": "EMBEDDINGS", "feeds_allow": "FEEDS"}
"""Settings that do nothing without another one. Those of a platform need the one that enables it."""

ROLES: tuple[Role, ...] = ("writer", "approver")
"""What may stand behind an id in EDITORS."""

ALL_INTERFACES = "0.0.0.0"  # noqa: S104  a PaaS sets PORT and routes requests from outside


class InvalidSettings(Exception):
    """A setting cannot be used. The message names it and says what is expected."""


def _own_address(text: str) -> str:
    """Checks the address like any site's, and refuses a password, because the address is public."""
    if text == POLLING:
        return text
    if "@" in urlsplit(text).netloc:
        raise ValueError("it contains a password, which everybody would see")
    return site_address(text)


def _off_or_address(text: str) -> str:
    return text if text == OFF else site_address(text)


OwnAddress = Annotated[str, AfterValidator(_own_address)]
EmbeddingsAddress = Annotated[str, AfterValidator(_off_or_address)]


class Settings(SettingsGroup):
    """The general settings. Those of the platforms are in :meth:`of`."""

    database_url: Annotated[str, AfterValidator(known_address)] | None = Field(
        default=None,
        description="postgresql://user:password@host/name or sqlite:///path/to/file; unset: a file under data/.",
    )
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
    owners: Listed = Field(default=(), description="Ids of the owners, separated by commas ({accounts}).")
    feeds: bool = Field(default=False, description="1: fetch the feeds of feeds.yaml.")
    feeds_allow: Networks = Field(
        default=(),
        description="Addresses and networks, separated by commas, from which feeds may be fetched although they are not public.",
    )
    editors_chat: str | None = Field(default=None, description="Chat in which editors decide on candidates ({chats}).")
    editors: Listed = Field(
        default=(),
        description="Ids of editors who are not admins of EDITORS_CHAT, separated by commas ({accounts}); "
        "behind an id :writer (cannot approve) or :approver, neither: both.",
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
    _platforms: dict[Platform[Any], SettingsGroup] = PrivateAttr(default_factory=dict)
    _roles: dict[str, Role] = PrivateAttr(default_factory=dict)

    @property
    def platforms(self) -> tuple[Platform[Any], ...]:
        """All platforms, enabled or not."""
        return tuple(self._platforms)

    @property
    def answering(self) -> tuple[Platform[Any], ...]:
        """The platforms on which people ask."""
        return tuple(platform for platform in self.platforms if platform.answers)

    def of(self, platform: Platform[Group]) -> Group:
        """The settings of a platform."""
        return cast(Group, self._platforms[platform])

    @property
    def enabled(self) -> tuple[Platform[Any], ...]:
        """The enabled platforms."""
        return tuple(platform for platform, group in self._platforms.items() if platform.is_enabled(group))

    def deployment(self, platform: Platform[Any]) -> Deployment:
        """The settings for a platform's doctor and release step."""
        chat = self.editors_address
        is_there = chat is not None and chat.platform == platform.name
        return Deployment(self.public_url, self.owners_on(platform.name), chat if is_there else None)

    @property
    def roles(self) -> Mapping[str, Role]:
        """The account of an editor in EDITORS → the role behind it; without one it is not here."""
        return self._roles

    def owners_on(self, platform: str) -> tuple[str, ...]:
        """The ids of the owners on a platform."""
        return ids_on(platform, self.owners)

    @property
    def is_desk_used(self) -> bool:
        """Whether somebody edits at a desk: what files change in a fact has changed then, and was not wrong before."""
        return bool(self.editors or self.editors_chat)

    @property
    def editors_address(self) -> Address | None:
        """The address of EDITORS_CHAT; None if it is unset."""
        return address_in(self.editors_chat, self.platforms) if self.editors_chat else None

    @property
    def editors_kind(self) -> ChatKind:
        """The kind of EDITORS_CHAT, if it is not stored yet."""
        address = self.editors_address
        kinds = [each.kind_of(address) for each in self.platforms if address and each.name == address.platform]
        return kinds[0] if kinds else "group"

    @property
    def paas(self) -> Host | None:
        """The PaaS that the process runs on; None if it is not one of :data:`HOSTS`."""
        return self._host

    @property
    def is_public(self) -> bool:
        """Whether the pages can be reached from the internet."""
        return self.public_url is not None or self._host is not None

    @property
    def without_effect(self) -> dict[str, str]:
        """Settings that are set and do nothing → the setting that each needs."""
        off = [(platform, group) for platform, group in self._platforms.items() if platform not in self.enabled]
        needs = {name: platform.enabled_by for platform, group in off for name in group.model_fields_set}
        needs |= {name: needed for name, needed in _NEEDED.items() if name in self.model_fields_set}
        return {name.upper(): needed for name, needed in needs.items() if not getattr(self, needed.lower(), None)}

    @property
    def has_platform(self) -> bool:
        """Whether any platform is enabled."""
        return bool(self.enabled)

    @property
    def serves_preview(self) -> bool:
        """Whether /preview is served: as PREVIEW says; if unset, only if the pages are not public."""
        return not self.is_public if self.preview is None else self.preview

    @property
    def redaction(self) -> Redaction:
        """Removes the secrets of all settings from logs and messages."""
        secrets = [secret for group in (self, *self._platforms.values()) for secret in group.secrets]
        return Redaction(secrets, (platform.token_shape for platform in self.platforms if platform.token_shape))

    @property
    def askers_key(self) -> bytes:
        """Keys the marks of askers, so that who reads the database alone cannot compute whose mark one is."""
        secrets = sorted(str(secret) for group in (self, *self._platforms.values()) for secret in group.secrets)
        return sha256("\0".join(secrets).encode()).digest()

    @property
    def listen_host(self) -> str:
        """The interface to listen on: HOST, else all interfaces if PORT is set (as a PaaS does), else 127.0.0.1."""
        return self.host or (ALL_INTERFACES if "port" in self.model_fields_set else "127.0.0.1")


def read_settings(
    environment: Mapping[str, object] | None = None, platforms: Sequence[Platform[Any]] = PLATFORMS
) -> Settings:
    """The settings in the process's environment, or in the mapping (names in lower case) if it is not None.

    Raises:
        InvalidSettings: one line for each invalid setting.
    """
    problems, read = list[str](), dict[type[SettingsGroup], Any]()
    for group in settings_groups(platforms):
        try:
            read[group] = group() if environment is None else group.model_validate(environment)
        except ValidationError as error:
            problems += (_problem(group, each["loc"][0], _words(each), platforms) for each in error.errors())
        except UnicodeDecodeError as error:
            line = error.object[: error.start].count(b"\n") + 1
            raise InvalidSettings(f"{ENV_FILE}:{line}: not UTF-8. Expected: a file saved as UTF-8") from None
    for platform in platforms:
        if fault := _token_fault(read.get(platform.settings), platform, platforms):
            problems.append(_problem(platform.settings, platform.enabled_by, fault, platforms))
    general = read.get(Settings)
    if general is not None:
        general, others = _with_platforms(general, platforms)
        problems += others
    if general is None or problems:
        raise InvalidSettings("\n".join(problems))
    settings = _with_paas(general, os.environ if environment is None else {})
    settings._platforms = {platform: read[platform.settings] for platform in platforms}
    if settings.preview and settings.is_public and settings.preview_password is None:
        raise InvalidSettings(
            "PREVIEW: the preview would be public. Expected: PREVIEW_PASSWORD as well, or PREVIEW unset."
        )
    return settings


def _token_fault(group: SettingsGroup | None, platform: Platform[Any], platforms: Sequence[Platform[Any]]) -> str:
    """What is certainly wrong with the token of a platform, or "". Which tokens there are the platform alone knows."""
    if group is None or not platform.answers or not platform.is_enabled(group):
        return ""
    token = group.required(platform.enabled_by.lower())
    if re.search(r"[\s\"']", token):
        return "it has a space or a quote in it"
    likely = (each for each in platforms if each.answers and each.token_shape and each.token_shape.fullmatch(token))
    other = next(likely, platform)
    return "" if other is platform else f"it looks like the value of {other.enabled_by}"


_PHRASES = {
    "int_parsing": "not a whole number",
    "float_parsing": "not a number",
    "bool_parsing": "neither 1 nor 0",
    "greater_than": "not more than {gt}",
    "greater_than_equal": "less than {ge}",
    "less_than_equal": "more than {le}",
    "literal_error": "not {expected}",
    "too_short": "shorter than {min_length} characters",
}
"""Kinds of errors of pydantic (docs.pydantic.dev/latest/errors/validation_errors) → what is wrong in our words."""


def _words(detail: ErrorDetails) -> str:
    """What is wrong with a value, without the value: it may be a secret."""
    phrase = _PHRASES.get(detail["type"])
    return phrase.format(**detail.get("ctx", {})) if phrase else detail["msg"].removeprefix("Value error, ")


def wrong_lines() -> list[int]:
    """The numbers of the lines of ``.env`` that set nothing and are no comment: they are passed over.

    Raises:
        InvalidSettings: it is no file, or cannot be read.
    """
    if ENV_FILE.is_dir():
        raise InvalidSettings(
            f"{ENV_FILE}: a folder. Expected: a file with a line NAME=value for each setting, or none"
        )
    logging.getLogger("dotenv.main").setLevel(logging.ERROR)  # it warns of them once for each group of settings
    try:
        with ENV_FILE.open(encoding="utf-8-sig", errors="replace") as file:
            return [binding.original.line for binding in parse_stream(file) if binding.error]
    except FileNotFoundError:
        return []


def setting_names(platforms: Sequence[Platform[Any]] = PLATFORMS) -> list[str]:
    """The names of all settings, those of the platforms first."""
    return [name.upper() for group in settings_groups(platforms) for name in group.model_fields]


def settings_groups(platforms: Sequence[Platform[Any]] = PLATFORMS) -> list[type[SettingsGroup]]:
    """The groups of settings: those of the platforms, then the general one."""
    return [*(platform.settings for platform in platforms), Settings]


def names_in_env_file() -> list[str]:
    """The names that ``.env`` sets, in its order."""
    return [name.upper() for name in DotEnvSettingsSource(Settings).env_vars]


def misspelt_settings(environment: Mapping[str, str], platforms: Sequence[Platform[Any]] = PLATFORMS) -> dict[str, str]:
    """Names in the environment or in ``.env`` that are nearly settings → the setting."""
    settings = set(setting_names(platforms))
    misspelt = dict[str, str]()
    for name in {*environment, *names_in_env_file()} - settings - {EDITOR}:
        if close := get_close_matches(name, settings, n=1, cutoff=LIKENESS):
            misspelt[name] = close[0]
    return dict(sorted(misspelt.items()))


def _with_platforms(general: Settings, platforms: Sequence[Platform[Any]]) -> tuple[Settings, list[str]]:
    """Puts the first platform's name before ids without a platform. Also returns the problems of invalid ids."""
    problems = list[str]()

    names = [platform.label for platform in platforms if platform.account_example]
    labels = " or ".join(filter(None, (", ".join(names[:-1]), names[-1])))

    def named(setting: str, text: str, is_known: Callable[[str, Platform[Any]], bool], what: str) -> str:
        full = text if ":" in text else f"{platforms[0].name}:{text}"
        name, _, rest = full.partition(":")
        typed = next((platform.typed_account for platform in platforms if platform.name == name), None)
        if typed is not None and (account := typed(rest)) is not None:
            full, rest = f"{name}:{account}", account  # one person, however the address is written
        if not any(platform.name == name and is_known(rest, platform) for platform in platforms):
            problems.append(_problem(Settings, setting, f"{text} is not {what} {labels}", platforms))
        return full

    def is_account(text: str, platform: Platform[Any]) -> bool:
        return platform.accounts.fullmatch(text) is not None

    def is_chat(text: str, platform: Platform[Any]) -> bool:
        return platform.address(text) is not None

    editors, roles = list[str](), dict[str, Role]()
    for text in general.editors:
        account, _, word = text.rpartition(":")
        role = next((each for each in ROLES if each == word), None) if account else None
        editor = named("editors", account if role else text, is_account, "an id of")
        if editor in editors and roles.get(editor) != role:
            problems.append(_problem(Settings, "editors", f"{editor} has two roles", platforms))
        editors.append(editor)
        if role is not None:
            roles[editor] = role
    changes: dict[str, object] = {
        "owners": tuple(named("owners", account, is_account, "an id of") for account in general.owners),
        "editors": tuple(dict.fromkeys(editors)),
    }
    if general.editors_chat is not None:
        changes["editors_chat"] = named("editors_chat", general.editors_chat, is_chat, "the id of a chat on")
    settings = general.model_copy(update=changes)
    settings._roles = roles
    return settings, problems


def _with_paas(general: Settings, environment: Mapping[str, str]) -> Settings:
    """The settings with the PaaS; its public address is used if PUBLIC_URL is unset."""
    address = general.public_url or public_url_of(environment)
    settings = general.model_copy(update={"public_url": None if address == POLLING else address})
    settings._host = host_of(environment)
    return settings


def _problem(group: type[SettingsGroup], setting: int | str, message: str, platforms: Sequence[Platform[Any]]) -> str:
    """A problem with a setting in one line, with the expected value."""
    name = str(setting).lower()
    hint = (group.model_fields[name].description or "") if name in group.model_fields else ""
    default = f"without a platform: {platforms[0].label}"
    examples = {
        "{accounts}": "; ".join(
            [", ".join(platform.account_example for platform in platforms if platform.account_example), default]
        ),
        "{chats}": "; ".join([*(platform.chat_example for platform in platforms if platform.chat_example), default]),
    }
    for mark, example in examples.items():
        hint = hint.replace(mark, example)
    return f"{name.upper()}: {message}. Expected: {hint}"
