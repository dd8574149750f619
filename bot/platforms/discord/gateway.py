"""Discord's gateway (events/gateway): messages, servers, and interactions if they do not come by HTTP.

Nota does not use privileged intents, so a message has content only if it is for the bot (#message-content-intent). hikari maintains each
connection: heartbeats, resuming, reconnecting. Our own client requests the gateway's address.
"""

import asyncio
from asyncio import FIRST_COMPLETED
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NoReturn, TypeVar, cast

import hikari
import structlog
from hikari.api import EventFactory, EventManager
from hikari.impl import GatewayShardImpl, HTTPSettings, HTTPTimeoutSettings, ProxySettings

from bot.platforms.discord.api import DiscordClient, DiscordError, TokenRefused
from bot.platforms.discord.guilds import GuildHandler
from bot.platforms.discord.handlers import InteractionHandler, MessageHandler
from bot.platforms.discord.types import (
    Channel,
    DiscordMessage,
    DiscordObject,
    GatewayInfo,
    Guild,
    GuildChange,
    Interaction,
    NewRole,
    Ready,
)

log = structlog.get_logger("bot.discord")

INTENTS = hikari.Intents.GUILDS | hikari.Intents.GUILD_MESSAGES | hikari.Intents.DM_MESSAGES
"""Servers with their languages and roles, and messages (#list-of-intents)."""

SILENT_SECONDS = 120.0
"""How long a connection may be missing. hikari tries to reconnect at least once a minute."""

CHECKS = 8
"""The number of checks of a connection within that time."""

IDENTIFY_SECONDS = 5.0
"""The pause between two groups of connections that identify (#identifying, max_concurrency)."""

STOP_SECONDS = 4.0
"""How long a connection may take to close."""

FINAL_CLOSE_CODES = {
    4004: "the token is refused",
    4010: "no such shard",
    4011: "too many servers for so few shards; expected DISCORD_SHARDS unset, or a higher number",
    4012: "no such version of the gateway",
    4013: "no such intents",
    4014: "intents that the developer portal does not allow to this application",
}
"""Close codes after which a client must not reconnect (topics/opcodes-and-status-codes#gateway-gateway-close-event-codes)."""

_INVALID_PAYLOAD = (AssertionError, AttributeError, LookupError, TypeError, ValueError)
"""The errors of hikari's shard for an undocumented payload. Our own code does not run in its tasks."""

_HTTP = HTTPSettings(timeouts=HTTPTimeoutSettings(total=6.0))

Model = TypeVar("Model", bound=DiscordObject)


class GatewayFailure(DiscordError):
    """The gateway cannot be used."""

    def __init__(self, reason: str, *, may_pass: bool = True) -> None:
        super().__init__(reason)
        self.may_pass = may_pass


@dataclass(slots=True)
class Gateway:
    """Receives events and passes them to their handlers. ``silent_seconds``: how long a connection may be missing."""

    token: str
    client: DiscordClient
    interactions: InteractionHandler
    messages: MessageHandler
    guilds: GuildHandler
    silent_seconds: float = SILENT_SECONDS
    _bot_id: int = 0
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    async def run(self, shards: int | None, on_connected: Callable[[], None]) -> None:
        """Receives events until cancelled.

        ``shards``: the number of connections; None: the number that Discord recommends. ``on_connected``: called once all are established.

        Raises:
            TokenRefused: Discord does not accept the token.
            DiscordError: Discord cannot be reached, or has ended a connection.
        """
        info = await self.client.gateway()
        count = shards or info.shards
        if info.remaining < count:
            raise GatewayFailure("its gateway allows no more sessions for now")
        try:
            async with asyncio.TaskGroup() as group:
                connections = [_Shard(self._receive, self.token, info.url, index, count) for index in range(count)]
                await self._connect(group, connections, info)
                log.info("connected to the gateway", shards=count)
                on_connected()
        except ExceptionGroup as failures:
            raise failures.exceptions[0] from None

    async def _connect(self, group: asyncio.TaskGroup, shards: list["_Shard"], info: GatewayInfo) -> None:
        """Starts the connections, in groups as large as Discord allows."""
        at_once = max(1, info.max_concurrency)
        for start in range(0, len(shards), at_once):
            if start:
                await asyncio.sleep(IDENTIFY_SECONDS)
            starting = shards[start : start + at_once]
            for shard in starting:
                group.create_task(self._run_shard(shard))
            await asyncio.gather(*(shard.ready.wait() for shard in starting))

    async def _run_shard(self, shard: "_Shard") -> None:
        """Runs a connection until it ends or is missing for too long. It always raises."""
        clock = asyncio.get_running_loop().time
        task, seen_at = asyncio.create_task(shard.run()), clock()
        ends: list[asyncio.Future[Any]] = [task, shard.end]
        try:
            while not task.done() and not shard.end.done():
                await asyncio.wait(ends, timeout=self.silent_seconds / CHECKS, return_when=FIRST_COMPLETED)
                if shard.is_connected:
                    seen_at = clock()
                elif clock() - seen_at > self.silent_seconds:
                    raise GatewayFailure(f"its gateway has been silent for {self.silent_seconds:.0f} s")
            _raise_end(shard.end.result() if shard.end.done() else task.exception())
        finally:
            task.cancel()
            await asyncio.wait({task}, timeout=STOP_SECONDS)

    def _receive(self, name: str, payload: Any) -> None:
        """Handles an event in a task of its own, so that the connection is not blocked."""
        task = asyncio.create_task(self._handle(name, payload))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _handle(self, name: str, payload: Any) -> None:
        try:
            await self._dispatch(name, payload)
        except Exception:
            log.exception("an event was not handled", type=name)

    async def _dispatch(self, name: str, payload: Any) -> None:
        match name:
            case "READY" if ready := _parse(Ready, payload):
                self._bot_id = ready.user.id
                self.guilds.cache.add_listed(guild.id for guild in ready.guilds)
            case "INTERACTION_CREATE" if interaction := _parse(Interaction, payload):
                await self.client.respond(interaction, await self.interactions.respond(interaction))
            case "MESSAGE_CREATE" if message := _parse(DiscordMessage, payload):
                await self.messages.handle(message, self._bot_id)
            case "MESSAGE_UPDATE" if (message := _parse(DiscordMessage, payload)) and message.edited_timestamp:
                await self.messages.handle(message, self._bot_id, is_edit=True)
            case _:
                await self._dispatch_of_server(name, payload)

    async def _dispatch_of_server(self, name: str, payload: Any) -> None:
        match name:
            case "GUILD_CREATE" if guild := _parse(Guild, payload):
                await self.guilds.joined(guild, self._bot_id)
            case "GUILD_DELETE" if guild := _parse(Guild, payload):
                await self.guilds.left(guild)
            case "GUILD_UPDATE" if guild := _parse(Guild, payload):
                self.guilds.cache.update(guild, self._bot_id)
            case "GUILD_ROLE_CREATE" if (new := _parse(NewRole, payload)) and new.role.bot_id == self._bot_id:
                self.guilds.cache.set_role(new.guild_id, new.role.id)
            case "GUILD_ROLE_UPDATE" | "GUILD_ROLE_DELETE" | "GUILD_MEMBER_UPDATE":
                if change := _parse(GuildChange, payload):
                    await self.guilds.changed(change, self._bot_id)
            case "CHANNEL_CREATE" | "CHANNEL_UPDATE" if channel := _parse(Channel, payload):
                await self.guilds.channel_changed(channel, self._bot_id)
            case "THREAD_UPDATE" if thread := _parse(Channel, payload):
                await self.guilds.thread_changed(thread)


class _Shard(GatewayShardImpl):
    """One connection of hikari's, in one task that may be cancelled at any time.

    hikari 2.7 has ``start`` and ``join`` for this, but a ``start`` that is cancelled leaves its connection open. Its
    ``GatewayBot`` would also ask ``/gateway/bot`` itself, and repeat that without a pause after a 429.

    It uses private parts of hikari's class: ``_handshake_event``, ``_keep_alive`` and ``_poll_events``. They were checked in 2.7.0, and
    pyproject.toml pins 2.7. Check them again before it allows another version.
    """

    __slots__ = ("end", "ready")

    def __init__(self, receive: Callable[[str, Any], None], token: str, url: str, index: int, count: int) -> None:
        self.ready = asyncio.Event()
        self.end: asyncio.Future[Exception] = asyncio.get_running_loop().create_future()
        events = _Events(receive, self.ready)
        super().__init__(
            token=token,
            url=url,
            shard_id=index,
            shard_count=count,
            intents=INTENTS,
            http_settings=_HTTP,
            proxy_settings=ProxySettings(),
            event_manager=cast("EventManager", events),
            event_factory=cast("EventFactory", events),
        )

    async def run(self) -> None:
        self._handshake_event = asyncio.Event()
        await self._keep_alive()

    async def _poll_events(self) -> None:
        """Never raises: hikari waits for this task in two places, and asyncio logs an error that one of them does not retrieve.

        After a normal return hikari reconnects and resumes, as it does after a broken connection.
        """
        try:
            await super()._poll_events()
        except (hikari.GatewayConnectionError, hikari.GatewayTransportError, ConnectionError) as error:
            log.info("a connection to the gateway broke", error=type(error).__name__)
        except hikari.GatewayServerClosedConnectionError as closed:
            if not closed.can_reconnect:
                self._end_with(closed)
        except (hikari.GatewayError, *_INVALID_PAYLOAD) as error:
            self._end_with(error)

    def _end_with(self, error: Exception) -> None:
        if not self.end.done():
            self.end.set_result(error)


@dataclass(frozen=True, slots=True)
class _Events:
    """Replaces hikari's event manager and event factory, and passes on raw events.

    A shard calls only ``consume_raw_event`` and ``dispatch`` of the manager and the other two methods of the factory.
    """

    receive: Callable[[str, Any], None]
    ready: asyncio.Event

    def consume_raw_event(self, name: str, _shard: object, payload: Any) -> None:
        self.receive(name, payload)

    def deserialize_connected_event(self, _shard: object) -> None:
        self.ready.set()

    def deserialize_disconnected_event(self, _shard: object) -> None:
        """Does nothing: the shard's ``is_connected`` shows it."""

    async def dispatch(self, _event: None, *, return_tasks: bool) -> None:
        """Does nothing: hikari's own events are not used."""


def _raise_end(end: BaseException | None) -> NoReturn:
    """Raises the reason why a connection ended: hikari's errors as a Discord error, other errors unchanged."""
    try:
        if end is not None:
            raise end
    except hikari.GatewayServerClosedConnectionError as closed:
        code = int(closed.code or 0)
        if code == hikari.ShardCloseCode.AUTHENTICATION_FAILED:
            raise TokenRefused from None
        meaning = f": {FINAL_CLOSE_CODES[code]}" if code in FINAL_CLOSE_CODES else ""
        may_pass = code not in FINAL_CLOSE_CODES
        raise GatewayFailure(f"closed with {code or 'no code'}{meaning}", may_pass=may_pass) from None
    except hikari.GatewayError as error:
        raise GatewayFailure(type(error).__name__) from None
    except _INVALID_PAYLOAD as error:
        raise GatewayFailure(f"its gateway cannot be followed: {type(error).__name__}") from error
    raise GatewayFailure("its gateway has ended the connection")


def _parse(model: type[Model], payload: Any) -> Model | None:
    """The payload as the model; None if it does not match, which is logged without the content."""
    try:
        return model.model_validate(payload)
    except ValueError as error:
        log.info("an event was skipped", reason=f"no {model.__name__}: {str(error).splitlines()[0]}")
        return None
