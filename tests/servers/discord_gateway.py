"""Discord's gateway on loopback: hello, identify, heartbeats, resuming, reconnects, zlib (events/gateway).

It stores dispatched events for a bot that resumes.
"""

import asyncio
import importlib
import json
import zlib
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from aiohttp import web

from tests.servers.discord_world import APPLICATION_ID, BOT

DISPATCH, HEARTBEAT, IDENTIFY, RESUME, RECONNECT, INVALID, HELLO, ACK = 0, 1, 2, 6, 7, 9, 10, 11
GUILDS, GUILD_MESSAGES, DIRECT_MESSAGES, MESSAGE_CONTENT = 1 << 0, 1 << 9, 1 << 12, 1 << 15
PRIVILEGED = (1 << 1) | (1 << 8) | MESSAGE_CONTENT
"""Intents (events/gateway#list-of-intents)."""

HEARTBEAT_MILLISECONDS = 41_250


_WITHHELD: dict[str, Any] = {"content": "", "embeds": [], "attachments": [], "components": []}


@dataclass(eq=False)
class Connection:
    """One websocket: JSON, compressed as one stream if the bot asked for that."""

    socket: web.WebSocketResponse
    deflate: Any = None
    shard: tuple[int, int] = (0, 1)

    async def say(self, op: int, data: Any = None, **more: Any) -> None:
        text = json.dumps({"op": op, "d": data, "s": None, "t": None, **more})
        if self.deflate is None:
            await self.socket.send_str(text)
        else:
            packed = self.deflate.compress(text.encode()) + self.deflate.flush(_flush_mode(self.deflate))
            await self.socket.send_bytes(packed)


def _flush_mode(deflate: Any) -> int:
    return int(getattr(deflate, "FLUSH_BLOCK", zlib.Z_SYNC_FLUSH))


def _compressor(compression: str) -> Any:
    """The stream that all messages of a connection go through (events/gateway#transport-compression)."""
    if compression == "zlib-stream":
        return zlib.compressobj()
    if compression == "zstd-stream":  # what hikari asks for where Python (3.14) has it
        return importlib.import_module("compression.zstd").ZstdCompressor()
    return None


@dataclass
class Gateway:
    """The gateway's side. ``wrongs`` lists what a bot did against the documentation.

    Attributes:
        identified: the data of every identify, in order; ``resumed`` of every resume.
        refuse: close codes with which the next connections are closed at their identify.
        guilds: the servers the bot is in, each as GUILD_CREATE has it.
        role_id: of the role that Discord made for the bot.
        slow: while it is set, new connections get no HELLO.
        hesitates: while it is set, a bot that resumes gets the missed events, but not yet RESUMED.
    """

    token: str
    url: str = ""
    heartbeat_milliseconds: int = HEARTBEAT_MILLISECONDS
    identified: list[dict[str, Any]] = field(default_factory=list)
    resumed: list[dict[str, Any]] = field(default_factory=list)
    heartbeats: int = 0
    compressions: list[str] = field(default_factory=list)
    refuse: list[int] = field(default_factory=list)
    wrongs: list[str] = field(default_factory=list)
    guilds: list[dict[str, Any]] = field(default_factory=list)
    role_id: str = "1100000000000000009"
    slow: bool = False
    hesitates: bool = False
    connections: list[Connection] = field(default_factory=list)
    _events: list[dict[str, Any]] = field(default_factory=list)
    _session: str = "session-1"
    _intents: int = 0
    _changed: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def connect(self, request: web.Request) -> web.StreamResponse:
        """Serves a connection until it closes."""
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        compression = request.query.get("compress", "")
        self.compressions.append(compression)
        if (request.query.get("v"), request.query.get("encoding")) != ("10", "json"):
            self.wrongs.append(f"connected with {request.query_string}")
        connection = Connection(socket, _compressor(compression))
        while self.slow:  # noqa: ASYNC110  a test ends it
            await asyncio.sleep(0.005)
        await connection.say(HELLO, {"heartbeat_interval": self.heartbeat_milliseconds, "_trace": ["loopback"]})
        try:
            async for message in socket:
                if message.type in (aiohttp.WSMsgType.TEXT, aiohttp.WSMsgType.BINARY):
                    await self._hear(connection, json.loads(message.data))
        finally:
            if connection in self.connections:
                self.connections.remove(connection)
        return socket

    async def _hear(self, connection: Connection, said: dict[str, Any]) -> None:
        data = said["d"]
        if said["op"] == HEARTBEAT:
            self.heartbeats += 1
            await connection.say(ACK)
        elif said["op"] == IDENTIFY:
            await self._identify(connection, data)
        elif said["op"] == RESUME:
            await self._resume(connection, data)
        async with self._changed:
            self._changed.notify_all()

    async def _identify(self, connection: Connection, data: dict[str, Any]) -> None:
        self.identified.append(data)
        if data["token"] != self.token:
            await connection.socket.close(code=4004, message=b"Authentication failed.")
            return
        if self.refuse:
            await connection.socket.close(code=self.refuse.pop(0))
            return
        if data["intents"] & PRIVILEGED:
            self.wrongs.append("asked for privileged intents")
        self._intents = data["intents"]
        connection.shard = (data["shard"][0], data["shard"][1])
        self.connections.append(connection)
        listed = [{"id": guild["id"], "unavailable": True} for guild in self.guilds]
        ready = {"v": 10, "user": BOT | {"mfa_enabled": False, "verified": True, "flags": 0, "email": None}}
        ready |= {"locale": "en-US", "guilds": listed, "session_id": self._session, "resume_gateway_url": self.url}
        ready |= {"shard": data["shard"], "application": {"id": str(APPLICATION_ID), "flags": 0}}
        await self._dispatch(connection, "READY", ready)
        for guild in self.guilds:
            if self._intents & GUILDS:
                await self._dispatch(connection, "GUILD_CREATE", guild | {"unavailable": False})

    async def _resume(self, connection: Connection, data: dict[str, Any]) -> None:
        self.resumed.append(data)
        if data["token"] != self.token or data["session_id"] != self._session:
            await connection.say(INVALID, data=False)
            return
        self.connections.append(connection)
        for event in self._events:
            if event["s"] > data["seq"]:
                await connection.say(DISPATCH, **{key: event[key] for key in ("s", "t")}, data=event["d"])
        while self.hesitates:  # noqa: ASYNC110  a test ends it
            await asyncio.sleep(0.005)
        await self._dispatch(connection, "RESUMED", {"_trace": []})

    async def _dispatch(self, connection: Connection, name: str, data: Any) -> None:
        await connection.say(DISPATCH, data=data, **self._note(name, data))

    def _note(self, name: str, data: Any) -> dict[str, Any]:
        self._events.append({"s": len(self._events) + 1, "t": name, "d": data})
        return {"s": len(self._events), "t": name}

    async def dispatch(self, name: str, data: Any) -> None:
        """Sends an event to the first connection, if its intents include it, and stores it."""
        if (needed := _wanted(name, data)) and not self._intents & needed:
            return
        if name == "MESSAGE_CREATE":
            data = self._readable(data)
        numbered = self._note(name, data)
        for connection in self.connections[:1]:
            await connection.say(DISPATCH, data=data, **numbered)

    async def replay(self, count: int = 1) -> None:
        """Sends the last events again with their old sequence numbers, as may happen after a resume."""
        for event in self._events[-count:]:
            for connection in self.connections[:1]:
                await connection.say(DISPATCH, **{key: event[key] for key in ("s", "t")}, data=event["d"])

    def _readable(self, message: dict[str, Any]) -> dict[str, Any]:
        """The message as the bot gets it. What it replies to and what it forwards is given or withheld for itself."""
        server = {"guild_id": message["guild_id"]} if "guild_id" in message else {}
        if replied := message.get("referenced_message"):
            is_given = self._may_be_read(replied | server)
            message = message | {"referenced_message": replied if is_given else replied | _WITHHELD}
        if server and not self._intents & MESSAGE_CONTENT and (shots := message.get("message_snapshots")):
            message = message | {"message_snapshots": [{"message": shot["message"] | _WITHHELD} for shot in shots]}
        return message if self._may_be_read(message) else message | _WITHHELD

    def _may_be_read(self, message: dict[str, Any]) -> bool:
        """Whether the content is given (events/gateway#message-content-intent)."""
        if self._intents & MESSAGE_CONTENT or "guild_id" not in message or message["author"]["id"] == BOT["id"]:
            return True
        mentioned = [user["id"] for user in message.get("mentions", [])] + message.get("mention_roles", [])
        return BOT["id"] in mentioned or self.role_id in mentioned

    async def ask_to_reconnect(self) -> None:
        """As before a restart of Discord's."""
        for connection in list(self.connections):
            await connection.say(RECONNECT)

    async def invalidate(self, *, resumable: bool) -> None:
        """Sends INVALID_SESSION."""
        if not resumable:
            self._session += "x"
        for connection in list(self.connections):
            await connection.say(INVALID, data=resumable)

    async def drop(self, code: int = 4000) -> None:
        """Closes every connection."""
        for connection in list(self.connections):
            await connection.socket.close(code=code)

    async def until(self, connected: int = 1, *, identified: int = 0, resumed: int = 0) -> None:
        """Waits until so many are connected, have identified and resumed in all."""
        async with self._changed, asyncio.timeout(60):
            await self._changed.wait_for(
                lambda: (
                    len(self.connections) >= connected
                    and len(self.identified) >= identified
                    and len(self.resumed) >= resumed
                )
            )


def _wanted(name: str, data: Any) -> int:
    """The intent that the event needs; 0 for none."""
    if name in ("MESSAGE_CREATE", "MESSAGE_UPDATE", "MESSAGE_DELETE"):
        return GUILD_MESSAGES if "guild_id" in data else DIRECT_MESSAGES
    return GUILDS if name.startswith(("GUILD_", "CHANNEL_", "THREAD_")) else 0
