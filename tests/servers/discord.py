"""Our own Discord on loopback: HTTP API and gateway, with the documented rules (docs.discord.com/developers)."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from aiohttp import web

from tests.servers.discord_application import Application
from tests.servers.discord_gateway import Gateway
from tests.servers.discord_limits import RateLimits
from tests.servers.discord_uploads import callback_of
from tests.servers.discord_world import Refused, World

TOKEN = "MTEwMDAwMDAwMDAwMDAwMDAwMQ.Gloopb.loopback_token_for_tests_only_0000000"
API = "/api/v10"

Fault = Callable[[], web.Response] | None
"""What to answer instead; None: the request is carried out, but the connection breaks before the answer."""

Handler = Callable[[web.Request], Awaitable[web.Response]]


_NO_FAULT = object()


@dataclass
class Requested:
    """A request: method and path as in ``POST /channels/1/messages``, and its JSON."""

    route: str
    given: Any


@dataclass
class Discord:
    """Channels and messages, the gateway, all requests, and faults to answer with (once each, in order).

    ``guilds``, ``guild_members``: what REST says of a server and its members, by their ids.
    """

    token: str = TOKEN
    url: str = ""
    world: World = field(default_factory=World)
    limits: RateLimits = field(default_factory=RateLimits)
    gateway: Gateway = field(default_factory=lambda: Gateway(TOKEN))
    application: Application = field(default_factory=Application)
    requests: list[Requested] = field(default_factory=list)
    faults: dict[str, list[Fault]] = field(default_factory=dict)
    held: dict[str, list[asyncio.Event]] = field(default_factory=dict)
    garbled: list[str] = field(default_factory=list)
    callbacks: dict[str, asyncio.Future[dict[str, Any]]] = field(default_factory=dict)
    late: dict[str, asyncio.Queue[tuple[bool, dict[str, Any]]]] = field(default_factory=dict)
    guilds: dict[int, dict[str, Any]] = field(default_factory=dict)
    guild_members: dict[tuple[int, int], dict[str, Any]] = field(default_factory=dict)
    shards: int = 1
    sessions_left: int = 999
    _answered: list[str] = field(default_factory=list)
    _changed: asyncio.Condition = field(default_factory=asyncio.Condition)

    def of(self, method: str, ending: str) -> list[Any]:
        """The JSON of each request with the method to a path with that ending."""
        return [each.given for each in self.requests if each.route.startswith(method) and each.route.endswith(ending)]

    async def until(self, method: str, last: str, times: int = 1) -> None:
        """Waits until so many requests to paths with that last segment were answered."""
        async with self._changed, asyncio.timeout(60):
            await self._changed.wait_for(lambda: self._answered.count(f"{method} {last}") >= times)

    def fault(self, ending: str, status: int, body: Any = None, headers: dict[str, str] | None = None) -> None:
        """The next request to a path with that ending is answered so."""
        shown = {"message": f"{status}", "code": 0} if body is None else body
        answer = partial(web.json_response, shown, status=status, headers=headers)
        self.faults.setdefault(ending, []).append(answer)

    def hold(self, ending: str) -> asyncio.Event:
        """The next request to a path with that ending is not answered before the event is set."""
        held = asyncio.Event()
        self.held.setdefault(ending, []).append(held)
        return held

    def keep_out(self, ending: str, headers: dict[str, str] | None = None) -> None:
        """The next request to a path with that ending is blocked before the API (topics/rate-limits#invalid-request-limit)."""
        page = "<html><title>Error 1015</title></html>"
        answer = partial(web.Response, text=page, content_type="text/html", status=429, headers=headers)
        self.faults.setdefault(ending, []).append(answer)

    def lose(self, ending: str) -> None:
        """The next request to a path with that ending is carried out, but its answer is lost."""
        self.faults.setdefault(ending, []).append(None)

    def garble(self, ending: str) -> None:
        """The next request to a path with that ending is carried out, but the answer cannot be read."""
        self.garbled.append(ending)

    def callback(self, interaction_id: str) -> asyncio.Future[dict[str, Any]]:
        """The callback that will be posted for the interaction."""
        return self.callbacks.setdefault(interaction_id, asyncio.get_running_loop().create_future())

    def deferred(self, token: str) -> asyncio.Queue[tuple[bool, dict[str, Any]]]:
        """The messages that fill in a deferred callback: whether it is a new one, and its JSON."""
        return self.late.setdefault(token, asyncio.Queue())

    @web.middleware
    async def _guard(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Authorization, faults, limits and errors of all routes."""
        path = request.path.removeprefix(API)
        if path == "/gateway-socket":
            return await handler(request)
        if not request.headers.get("User-Agent", "").startswith("DiscordBot ("):  # reference#user-agent
            return web.Response(status=403, text="<html>blocked</html>", content_type="text/html")
        body = await request.read()
        is_callback = path.endswith("/callback") or path.startswith("/webhooks/")  # the token in the path is enough
        is_file = is_callback and not path.startswith("/webhooks/")
        given = callback_of(request.headers["Content-Type"], body) if is_file else json.loads(body or b"null")
        self.requests.append(Requested(f"{request.method} {path}", given))
        if not is_callback and request.headers.get("Authorization") != f"Bot {self.token}":
            return web.json_response({"message": "401: Unauthorized", "code": 0}, status=401)
        if held := next((events for end, events in self.held.items() if events and path.endswith(end)), []):
            await held.pop(0).wait()
        faults = next((faults for end, faults in self.faults.items() if faults and path.endswith(end)), [])
        fault: Any = faults.pop(0) if faults else _NO_FAULT
        if fault is not None and fault is not _NO_FAULT:
            return fault()
        answer = await self._limited(request, handler, is_free=is_callback)
        async with self._changed:
            self._answered.append(f"{request.method} {path.rpartition('/')[2]}")
            self._changed.notify_all()
        if ending := next((end for end in self.garbled if path.endswith(end)), None):
            self.garbled.remove(ending)
            return web.json_response({"id": None})
        if fault is None and request.transport is not None:
            request.transport.close()
        return answer

    async def _limited(self, request: web.Request, handler: Handler, *, is_free: bool) -> web.StreamResponse:
        """Callbacks have no limit (topics/rate-limits#global-rate-limit)."""
        headers: dict[str, str] = {}
        if not is_free:
            resource = request.match_info.route.resource
            route = f"{request.method} {resource.canonical if resource else request.path}"
            refused, headers = self.limits.check(route, request.match_info.get("channel", ""))
            if refused is not None:
                return refused
        try:
            answer = await handler(request)
        except Refused as refusal:
            shown = {"message": refusal.message, "code": refusal.code}
            answer = web.json_response(shown, status=refusal.status)
        answer.headers.update(headers)
        return answer

    def app(self) -> web.Application:
        """The routes."""
        app = web.Application(middlewares=[self._guard])
        app.router.add_get(f"{API}/oauth2/applications/@me", self.application.show)
        app.router.add_get(f"{API}/applications/@me", self.application.show)
        app.router.add_patch(f"{API}/applications/@me", self.application.edit)
        app.router.add_get(f"{API}/gateway/bot", self._gateway)
        app.router.add_get(f"{API}/gateway-socket", self.gateway.connect)
        app.router.add_get(f"{API}/applications/{{application}}/commands", self.application.show_commands)
        app.router.add_put(f"{API}/applications/{{application}}/commands", self.application.set_commands)
        in_guild = f"{API}/applications/{{application}}/guilds/{{guild}}/commands"
        app.router.add_get(in_guild, self.application.show_commands)
        app.router.add_put(in_guild, self.application.set_commands)
        app.router.add_post(f"{API}/users/@me/channels", self._direct)
        app.router.add_get(f"{API}/users/{{user}}", self._user)
        app.router.add_get(f"{API}/channels/{{channel}}", self._channel)
        app.router.add_patch(f"{API}/channels/{{channel}}", self._modify)
        app.router.add_get(f"{API}/guilds/{{guild}}", self._guild)
        app.router.add_get(f"{API}/guilds/{{guild}}/members/{{user}}", self._member)
        app.router.add_post(f"{API}/channels/{{channel}}/messages", self._send)
        app.router.add_patch(f"{API}/channels/{{channel}}/messages/{{message}}", self._edit)
        app.router.add_post(f"{API}/channels/{{channel}}/messages/{{message}}/crosspost", self._publish)
        app.router.add_post(f"{API}/interactions/{{interaction}}/{{token}}/callback", self._callback)
        app.router.add_post(f"{API}/webhooks/{{application}}/{{token}}", self._fill_in)
        app.router.add_patch(f"{API}/webhooks/{{application}}/{{token}}/messages/@original", self._fill_in)
        return app

    async def _gateway(self, request: web.Request) -> web.Response:
        limit = {"total": 1000, "remaining": self.sessions_left, "reset_after": 14400000, "max_concurrency": 16}
        return web.json_response({"url": self.gateway.url, "shards": self.shards, "session_start_limit": limit})

    async def _guild(self, request: web.Request) -> web.Response:
        """resources/guild#get-guild."""
        guild = self.guilds.get(int(request.match_info["guild"]))
        if guild is None:
            raise Refused(404, 10004, "Unknown Guild")
        return web.json_response(guild)

    async def _member(self, request: web.Request) -> web.Response:
        """resources/guild#get-guild-member."""
        member = self.guild_members.get((int(request.match_info["guild"]), int(request.match_info["user"])))
        if member is None:
            raise Refused(404, 10007, "Unknown Member")
        return web.json_response(member)

    async def _direct(self, request: web.Request) -> web.Response:
        return web.json_response(self.world.direct(int((await request.json())["recipient_id"])).payload())

    async def _user(self, request: web.Request) -> web.Response:
        """A user; an id with fewer digits than Discord's is unknown."""
        number = request.match_info["user"]
        if len(number) < 17:
            return web.json_response({"code": 10013, "message": "Unknown User"}, status=404)
        return web.json_response({"id": number, "username": "somebody", "discriminator": "0", "avatar": None})

    async def _channel(self, request: web.Request) -> web.Response:
        return web.json_response(self.world.channel(int(request.match_info["channel"])).payload())

    async def _modify(self, request: web.Request) -> web.Response:
        return web.json_response(self.world.modify(int(request.match_info["channel"]), await request.json()))

    async def _send(self, request: web.Request) -> web.Response:
        return web.json_response(self.world.send(int(request.match_info["channel"]), await request.json()))

    async def _edit(self, request: web.Request) -> web.Response:
        channel, message = int(request.match_info["channel"]), int(request.match_info["message"])
        return web.json_response(self.world.edit(channel, message, await request.json()))

    async def _publish(self, request: web.Request) -> web.Response:
        channel, message = int(request.match_info["channel"]), int(request.match_info["message"])
        found = self.world.to_publish(channel, message)
        return self.limits.crosspost(channel) or web.json_response(self.world.publish(found))

    async def _fill_in(self, request: web.Request) -> web.Response:
        """interactions/receiving-and-responding#followup-messages: unknown before the callback that defers has arrived."""
        given = await request.json()
        if request.match_info["token"] not in self.late:
            raise Refused(404, 10015, "Unknown Webhook")
        self.deferred(request.match_info["token"]).put_nowait((request.method == "POST", given))
        return web.json_response({"id": "1"})

    async def _callback(self, request: web.Request) -> web.Response:
        interaction = request.match_info["interaction"]
        expected = self.callback(interaction)
        if expected.done():
            raise Refused(400, 40060, "Interaction has already been acknowledged.")
        expected.set_result(callback_of(request.headers["Content-Type"], await request.read()))
        if request.query.get("with_response", "").lower() != "true":
            return web.Response(status=204)
        return web.json_response({"interaction": {"id": interaction, "type": 2}})


@asynccontextmanager
async def discord_api(port: int = 0) -> AsyncIterator[Discord]:
    """Our Discord, on a free port unless one is given."""
    discord = Discord()
    runner = web.AppRunner(discord.app(), access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", port).start()
        host, port = runner.addresses[0][:2]
        discord.url = f"http://{host}:{port}{API}"
        discord.gateway.url = f"ws://{host}:{port}{API}/gateway-socket"
        yield discord
    finally:
        await runner.cleanup()
