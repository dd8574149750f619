"""The record by which the rest of Nota knows a platform. Each platform's folder makes one, in a module named ``platform``.

:data:`bot.platforms.PLATFORMS` lists the records. Nothing else outside a platform's folder names the platform. A record imports the modules that
run the platform when it starts, so that a platform that is off takes no memory.
"""

import re
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from importlib.util import find_spec
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Any, Generic, Protocol, TypeVar
from urllib.parse import urlsplit

from aiohttp import ClientSession, web
from pydantic import AfterValidator, BeforeValidator, SecretStr, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from bot.conversation import Conversation
from bot.delivery.leader_election import RunAsLeader
from bot.delivery.outcomes import Outcome
from bot.delivery.rate_limiter import Limits
from bot.delivery.sender import Sender
from bot.dossier.diagnostics import Diagnostic
from bot.dossier.models import Dossier, Language
from bot.pictures.service import PictureService
from bot.pictures.theme import Theme
from bot.platforms.base import Finding, Report
from bot.reader import Address, ChatKind
from bot.replies.reply import Reply, ReplyProblem
from bot.schedule import Subscription

# ---- Settings

ENV_FILE = Path(".env")


def site_address(address: str) -> str:
    """Checks that paths can be added to the address; removes a slash at its end."""
    split = urlsplit(address)
    if split.scheme not in ("http", "https") or not split.hostname or re.search(r"\s", address) or split.port == 0:
        raise ValueError("not an http or https address")
    if "?" in address or "#" in address:
        raise ValueError("it contains ? or #")
    return address.rstrip("/")


SiteAddress = Annotated[str, AfterValidator(site_address)]
"""An http or https address to which paths are added."""


class SettingsGroup(BaseSettings):
    """Settings that belong together. The names are those of the environment variables, in lower case."""

    model_config = SettingsConfigDict(
        frozen=True,
        env_file=ENV_FILE,
        env_file_encoding="utf-8-sig",  # Windows' editor begins a file with a mark
        extra="ignore",
        env_ignore_empty=True,
        str_strip_whitespace=True,
    )

    @field_validator("*", mode="before")
    @classmethod
    def _has_no_quotes(cls, value: object) -> object:
        """``docker --env-file`` keeps them as a part of the value, unlike a shell, systemd and ``.env``."""
        if isinstance(value, str) and re.fullmatch(r"""(["']).*\1""", value.strip(), re.S):
            raise ValueError("it has quotes around it")
        return value

    def required(self, name: str) -> str:
        """The value of a setting, which a platform that is on has."""
        value = getattr(self, name)
        if value is None:
            raise ValueError(f"{name.upper()} is not set")
        return value.get_secret_value() if isinstance(value, SecretStr) else str(value)

    @property
    def secrets(self) -> tuple[str, ...]:
        """The values that logs and messages must not contain."""
        values = (getattr(self, name) for name in type(self).model_fields)
        return tuple(value.get_secret_value() for value in values if isinstance(value, SecretStr))


def _split(value: object) -> object:
    return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value


def _check_networks(networks: tuple[str, ...]) -> tuple[str, ...]:
    for network in networks:
        ip_network(network)
    return networks


Listed = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_split)]
"""The value of a setting that has several, separated by commas."""

Networks = Annotated[Listed, AfterValidator(_check_networks)]
"""Addresses and networks, as :func:`bot.feeds.ssrf.policy` takes them."""

Group = TypeVar("Group", bound=SettingsGroup)

# ---- A platform that runs


@dataclass(frozen=True, slots=True)
class Deployment:
    """The general settings for a platform's doctor and release step.

    Attributes:
        public_url: our own address; None: we cannot be reached from outside.
        owners: the ids of the owners on this platform.
        editors_chat: the editors' chat; None if it is not on this platform.
    """

    public_url: str | None = None
    owners: tuple[str, ...] = ()
    editors_chat: Address | None = None


@dataclass(frozen=True, slots=True)
class Surroundings:
    """The objects that a platform needs to run.

    Attributes:
        public_url: our own address; None: we cannot be reached from outside.
        session: makes HTTP requests.
        conversation: answers messages.
        pictures: draws the pictures of replies; None: replies have none.
        on_rate_limit: called with the platform's name for each request that it refused because of its rate limit.
        client_of: returns who sends a request to us, for limits.
    """

    public_url: str | None
    session: ClientSession
    conversation: Conversation
    pictures: PictureService | None = None
    on_rate_limit: Callable[[str], None] = lambda _platform: None
    client_of: Callable[[web.Request], str] = lambda request: request.remote or ""


class Bot(Protocol):
    """A platform as the app runs it."""

    @property
    def sender(self) -> Sender:
        """Sends bulletins."""

    def add_routes(self, app: web.Application) -> None:
        """Adds the routes for the platform's requests, before the app starts."""

    async def write_to(self, user_id: str, reply: Reply) -> Outcome:
        """Writes to a person unasked."""

    async def run(self, report: Report, run_as_leader: RunAsLeader) -> None:
        """Runs until cancelled. Reports outages to ``report``, and "" once it serves.

        Raises:
            PlatformFailure: it cannot run with these settings.
        """


# ---- Subscribing on the page


class NotAccepted(Exception):
    """What a reader of the page sent cannot be used. The message says why, in the reader's language."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PageForm:
    """How readers of the page subscribe on a platform, at ``/<language>/subscribe``.

    Attributes:
        template: a Jinja template with the macro ``fields(say, values)``: what the form asks for besides topics and times, and its button, whose
            name is "platform" and whose value is the platform's name; a script may send these instead.
        title: what readers call it, in the language; None: the platform's label.
        values: for the template, the same for every reader.
        script: a script for the page, served as ``/static/<its name>``; None: it needs none. The form must not need it to tell people what they can do.
        without: the names of :data:`~bot.schedule.SWITCHES` that change nothing there, and are not offered.
        stored: what is stored of a reader besides what is stored of all of them, in sentences of the language.
        ends: how a subscription ends besides the reader's own wish, in sentences of the language.
        subscribe: called with the form's fields (the first value of each), the subscription that the reader wants, and the page's language. It
            returns the stored and subscribed reader, whose settings are then shown; or what to tell somebody who has to do something else first.
            It raises :class:`NotAccepted`.
    """

    template: Path
    title: Callable[[Language], str] | None = None
    values: Mapping[str, str] = field(default_factory=dict)
    script: Path | None = None
    without: frozenset[str] = frozenset()
    stored: Callable[[Language], Sequence[str]]
    ends: Callable[[Language], Sequence[str]]
    subscribe: Callable[[Mapping[str, str], Subscription, Language], Awaitable[Address | str]]


# ---- The record


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """The files that show a message in the browser as the platform's app does.

    Attributes:
        folder: the folder of the files.
        template: a Jinja template with the macros ``head(name, label, say)`` and ``exchange(exchange, say)``.
        style: a style sheet for the content of ``.chat.<name>``.
        filters: the template's own filters.
    """

    folder: Path
    template: str
    style: str
    filters: Mapping[str, Callable[..., object]] = field(default_factory=dict)


_NOBODY = re.compile(r"(?!)")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Platform(Generic[Group]):
    """A platform. What has a default here may be left out; what is not in the folder is not done: its ``doctor``, ``look`` and ``page_form``.

    Attributes:
        name: its name in addresses, in the database and in metrics; at most 16 characters of a–z, 0–9 and -.
        label: its name for people.
        settings: its settings, in the folder's module ``platform``.
        enabled_by: the setting that switches the platform on.
        how_to_enable: how an operator gets the value of that setting.

        payload: sending: renders a reply as the payload that is sent.
        words: what a reader reads of a payload: its texts and the labels of its buttons.
        limits: the documented limits.
        check_reply: the parts of a reply that the platform would refuse or cut.

        answers: asking: whether people ask there; False: it only brings bulletins.
        kind_of: the kind of a chat that nobody has told us about yet; by default every reader is one person.
        check_dossier: the parts of a dossier, besides replies, that it would refuse.
        webhook: the path of the platform's requests; None: it sends none.

        chats: operators: what stands behind ``<name>:`` in the address of a chat, with the groups ``chat`` and, where there are threads, ``thread``.
        accounts: what stands behind ``<name>:`` in the name of a person's account; by default nobody has one.
        chat_example, account_example: one of each, for messages about the settings; "": an operator never names one.
        own_account: how people find the id of their account; "": there are no accounts.
        token_shape: matches its tokens, which are removed from logs; None: they have no recognisable shape.
        makes: what ``nota new <name>`` makes for its settings: name → a function that returns a line for the environment.

        theme: preview, page and desk: the theme that most of its readers use.
        share: an address that opens a message with a link in the platform's app, with ``{url}`` and ``{title}``; None: there is none.
        typed_account: turns an address that an editor types at the desk's sign-in into the account, the same however it is written, or None; None: a
            person is not written to unasked there, so signs in by the bot's link.

        unused: packages that its library imports, where they are installed, for what Nota does not do: they take no memory.
    """

    name: str
    label: str
    settings: type[Group]
    enabled_by: str
    how_to_enable: str

    payload: Callable[[Reply], dict[str, Any]]
    words: Callable[[Mapping[str, Any]], str]
    limits: Callable[[Group], Limits]
    check_reply: Callable[[Reply], Iterable[ReplyProblem]] = lambda _: ()

    answers: bool = True
    kind_of: Callable[[Address], ChatKind] = lambda _: "private"
    check_dossier: Callable[[Dossier], Iterable[Diagnostic]] = lambda _: ()
    webhook: str | None = None

    chats: re.Pattern[str]
    accounts: re.Pattern[str] = _NOBODY
    chat_example: str = ""
    account_example: str = ""
    own_account: str = ""
    token_shape: re.Pattern[str] | None = None
    makes: Mapping[str, Callable[[], str]] = field(default_factory=dict)

    theme: Theme = "light"
    share: str | None = None
    typed_account: Callable[[str], str | None] | None = None
    unused: Sequence[str] = ()

    def _module(self, name: str) -> Any:
        """A module of the platform's folder, imported when it is needed, so that a platform that is off takes no memory; None: there is none."""
        path = f"{self.settings.__module__.rpartition('.')[0]}.{name}"
        if find_spec(path) is None:
            return None
        hidden = [package for package in self.unused if package not in sys.modules]
        sys.modules.update(dict.fromkeys(hidden))  # type: ignore[arg-type]  # None: cannot be imported (docs.python.org/3/reference/import.html#the-module-cache)
        try:
            return import_module(path)
        finally:
            for package in hidden:
                del sys.modules[package]

    def start(self, settings: Group, surroundings: Surroundings) -> Bot:
        """Makes the bot, which does nothing before its ``run``: ``start`` of the folder's ``bot``."""
        bot: Bot = self._module("bot").start(settings, surroundings)
        return bot

    async def identify(self, settings: Group, report: Report) -> str:
        """The id of the bot that its readers know, the same with a new token, at most 128 characters; "": any sender reaches them.

        ``identify`` of ``bot``, if it has one. It waits while the platform is away, and raises PlatformFailure for settings that are refused.
        """
        bot = self._module("bot")
        return str(await bot.identify(settings, report)) if hasattr(bot, "identify") else ""

    def release(self, settings: Group, deployment: Deployment, dossier: Dossier) -> Awaitable[list[str]] | None:
        """Sets up what all processes share, such as command menus; returns lines for the operator. ``release`` of ``bot``; None: it has none."""
        bot = self._module("bot")
        return bot.release(settings, deployment, dossier) if hasattr(bot, "release") else None

    async def doctor(self, settings: Group, deployment: Deployment) -> AsyncIterator[Finding]:
        """Tests the settings, in the order in which an operator would mend them: ``diagnose`` of ``doctor``."""
        if doctor := self._module("doctor"):
            async for finding in doctor.diagnose(settings, deployment):
                yield finding

    def look(self) -> Look | None:
        """Shows its messages in the preview and at the desk: ``LOOK`` of ``look``; None: they show the payload."""
        look = self._module("look")
        return look.LOOK if look else None

    @property
    def has_page_form(self) -> bool:
        """Whether readers of the page can subscribe."""
        return self._module("page_form") is not None

    def page_form(self, settings: Group, surroundings: Surroundings, bot: Bot) -> PageForm | None:
        """The form by which readers of the page subscribe: ``page_form`` of ``page_form``.

        None: they are sent to the bot by the links of :meth:`~bot.conversation.Conversation.on_connected`, or cannot subscribe there.
        """
        form = self._module("page_form")
        return form.page_form(settings, surroundings, bot) if form else None

    def is_enabled(self, settings: Group) -> bool:
        """Whether the platform is on."""
        return getattr(settings, self.enabled_by.lower()) is not None

    def address(self, text: str) -> Address | None:
        """The address of a chat as an operator writes it behind ``<name>:``; None if it is not one."""
        match = self.chats.fullmatch(text)
        if match is None:
            return None
        parts = match.groupdict()
        return Address(self.name, parts["chat"], parts.get("thread"))


def address_in(text: str, platforms: Sequence[Platform[Any]]) -> Address | None:
    """The address of a chat, written as ``<platform>:<chat>``; None if it is not one of these platforms'."""
    name, colon, rest = text.partition(":")
    platform = next((platform for platform in platforms if platform.name == name), None)
    return platform.address(rest) if platform and colon else None
