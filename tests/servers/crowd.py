"""Telegram or Discord with thousands of chats, as a process of its own: what it takes stands in its log.

``python -m tests.servers.crowd telegram [PORT [LIMITS]]`` prints where it listens; LIMITS are those of Telegram, as JSON
(:class:`~tests.servers.rate_limits.RateLimits`). What it answers one of the two loopback servers answers,
by its rules; added here are the log, the time that an answer takes, and the faults that a chat has in store. ``/control/…``
is for the test (:mod:`tests.servers.crowd_desk`).
"""

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import asdict, dataclass, field
from time import monotonic
from typing import Any

from aiohttp import web

from tests.servers.crowd_faults import Fault, fault_of
from tests.servers.discord import API, Discord
from tests.servers.discord_world import Channel
from tests.servers.rate_limits import RateCounter, RateLimits
from tests.servers.telegram import BotApi

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


TOO_MANY_REQUESTS = {
    "ok": False,
    "error_code": 429,
    "description": "Too Many Requests: retry after 1",
    "parameters": {"retry_after": 1},
}


@dataclass(slots=True)
class Entry:
    """A send or an edit. ``at`` and ``answered`` (0: never) are monotonic seconds; ``message_id`` 0: nothing was taken."""

    at: float
    chat_id: int
    is_edit: bool
    message_id: int = 0
    answered: float = 0.0
    text: str = ""
    status: int = 0
    fault: str = ""


@dataclass
class Recorder:
    """Stands before the real handler of sends and edits.

    ``latency`` is the time until the answer, ``travel`` that of the way, there and back together, in seconds.
    """

    platform: str
    latency: float = 0.0
    travel: float = 0.0
    rates: RateCounter | None = None
    entries: list[Entry] = field(default_factory=list)
    reached: dict[bool, set[int]] = field(default_factory=lambda: {False: set(), True: set()})
    faults: dict[int, list[str]] = field(default_factory=dict)
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    async def attempt(
        self, request: web.Request, entry: Entry, in_topic: bool, carry_out: Handler
    ) -> web.StreamResponse:
        """One send or edit, with the fault that the chat has in store next."""
        self.entries.append(entry)
        if self.travel:
            await asyncio.sleep(self.travel / 2)
        if self.rates and not self.rates.takes(entry.chat_id):
            entry.answered, entry.status = monotonic(), 429
            await asyncio.sleep(self.travel / 2)
            return web.json_response(TOO_MANY_REQUESTS, status=429)
        entry.at = monotonic()
        fault = self._fault(entry, in_topic)
        answer: web.StreamResponse = web.Response(status=0)
        if fault is None or fault.is_taken:
            answer = await carry_out(request)
            self._note(entry, answer)
        await asyncio.sleep(fault.seconds if fault and fault.seconds else self.latency + self.travel / 2)
        if fault and fault.breaks:
            if request.transport is not None:
                request.transport.abort()
            return web.Response()
        given = fault.answer(self.platform) if fault else answer
        entry.answered, entry.status = monotonic(), given.status
        return given

    def _fault(self, entry: Entry, in_topic: bool) -> Fault | None:
        names = self.faults.get(entry.chat_id)
        if not names:
            return None
        fault = fault_of(self.platform, names[0])
        if fault.in_topics and not in_topic:
            return None
        entry.fault = names[0]
        if not fault.lasts:
            names.pop(0)
        return fault

    def _note(self, entry: Entry, answer: web.StreamResponse) -> None:
        if answer.status != 200 or not isinstance(answer, web.Response):
            return
        entry.message_id, entry.text = _shown(self.platform, json.loads(answer.body))  # type: ignore[arg-type]
        self.reached[entry.is_edit].add(entry.chat_id)
        self.changed.set()


def _shown(platform: str, body: dict[str, Any]) -> tuple[int, str]:
    if platform == "telegram":
        return int(body["result"]["message_id"]), str(body["result"].get("text", ""))
    embed = (body["embeds"] or [{}])[0]
    return int(body["id"]), f"{embed.get('title', '')}\n{embed.get('description', '')}"


@dataclass
class Control:
    """What a test asks and orders."""

    recorder: Recorder
    discord: Discord | None

    async def until(self, request: web.Request) -> web.Response:
        """Returns once so many chats got something (``edit=1``: had something edited), or ten seconds have passed."""
        wanted, is_edit = int(request.query["chats"]), request.query.get("edit") == "1"
        reached, end = self.recorder.reached[is_edit], monotonic() + 10
        while len(reached) < wanted and monotonic() < end:
            self.recorder.changed.clear()
            try:
                await asyncio.wait_for(self.recorder.changed.wait(), 0.2)
            except TimeoutError:
                continue
        return web.json_response(len(reached))

    async def count(self, _: web.Request) -> web.Response:
        """How many sends and edits were taken."""
        return web.json_response(sum(1 for entry in self.recorder.entries if entry.message_id))

    async def log(self, request: web.Request) -> web.Response:
        """Everything so far, from an entry on."""
        entries = self.recorder.entries[int(request.query.get("since", 0)) :]
        broken = self.discord.limits.broken if self.discord else []
        return web.json_response({"entries": [asdict(entry) for entry in entries], "broken_limits": broken})

    async def order(self, request: web.Request) -> web.Response:
        """``faults`` by chat, and Discord's ``channels`` with what is particular about each."""
        given = json.loads(await request.read())
        self.recorder.faults |= {int(chat): names for chat, names in given.get("faults", {}).items()}
        self.recorder.latency = given.get("latency", self.recorder.latency)
        self.recorder.travel = given.get("travel", self.recorder.travel)
        for about in given.get("channels", ()):
            assert self.discord is not None
            self.discord.world.channels[about["id"]] = Channel(**about)
        return web.json_response(True)

    async def post(self, request: web.Request) -> web.Response:
        """A message of ours in each channel (Discord), as if it had been sent; returns its id by channel."""
        assert self.discord is not None
        world = self.discord.world
        return web.json_response({chat: int(world.put(chat, {"content": "…"})["id"]) for chat in world.channels})


def telegram_app(recorder: Recorder, api: BotApi) -> web.Application:
    """The Bot API's own handler, with the recorder before it."""

    async def respond(request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"]
        if method not in ("sendMessage", "editMessageText"):
            return await api.respond(request)
        is_json = request.content_type == "application/json"
        given = json.loads(await request.read()) if is_json else await request.post()
        entry = Entry(monotonic(), int(str(given["chat_id"])), method == "editMessageText")
        return await recorder.attempt(request, entry, "message_thread_id" in given, api.respond)

    app = web.Application()
    app.router.add_route("*", "/bot{token}/{method}", respond)
    return app


def discord_app(recorder: Recorder, discord: Discord) -> web.Application:
    """Discord's own routes, with the recorder before those of messages."""

    @web.middleware
    async def record(request: web.Request, handler: Handler) -> web.StreamResponse:
        is_message = "/messages" in request.path and not request.path.endswith("/crosspost")
        if request.path.startswith("/control/") or not is_message:
            return await handler(request)
        chat_id = int(request.path.removeprefix(f"{API}/channels/").partition("/")[0])
        entry = Entry(monotonic(), chat_id, request.method == "PATCH")
        return await recorder.attempt(request, entry, False, handler)

    app = discord.app()
    inner = app.middlewares[0]

    @web.middleware
    async def guarded(request: web.Request, handler: Handler) -> web.StreamResponse:
        return await handler(request) if request.path.startswith("/control/") else await inner(request, handler)

    app.middlewares[:] = [record, guarded]
    return app


async def serve(platform: str, port: int = 0, limits: str = "") -> None:
    """Serves until the process is ended."""
    recorder = Recorder(platform, rates=RateCounter(RateLimits(**json.loads(limits))) if limits else None)
    discord = Discord() if platform == "discord" else None
    app = discord_app(recorder, discord) if discord else telegram_app(recorder, BotApi())
    control = Control(recorder, discord)
    app.router.add_get("/control/until", control.until)
    app.router.add_get("/control/count", control.count)
    app.router.add_get("/control/log", control.log)
    app.router.add_post("/control/order", control.order)
    app.router.add_post("/control/post", control.post)
    async with AsyncExitStack() as stack:
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        stack.push_async_callback(runner.cleanup)
        await web.TCPSite(runner, "127.0.0.1", port, backlog=1024).start()
        host, port = runner.addresses[0][:2]
        print(f"http://{host}:{port}", flush=True)
        await asyncio.get_running_loop().create_future()


if __name__ == "__main__":
    asyncio.run(serve(sys.argv[1], *map(int, sys.argv[2:3]), *sys.argv[3:4]))
