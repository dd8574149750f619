"""A Bot API on loopback that enforces the documented rules (core.telegram.org/bots/api)."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from aiohttp import web

from tests.servers.telegram_methods import Refused, State, method_of

TOKEN = "123456789:AAE-loopback_token_for_tests_only000000"
VISIBLE_METHODS = frozenset({"sendMessage", "editMessageText", "answerCallbackQuery", "answerInlineQuery"}).union(
    {
        "sendPhoto",
        "editMessageMedia",
        "deleteMessage",
        "editMessageReplyMarkup",
        "setMessageReaction",
        "editEphemeralMessageText",
        "answerGuestQuery",
    }
)
ME = {
    "id": 123456789,
    "is_bot": True,
    "first_name": "Nota",
    "username": "NotaTestBot",
    "can_join_groups": True,
    "can_read_all_group_messages": False,
    "supports_inline_queries": True,
    "supports_guest_queries": True,
}


@dataclass
class Called:
    """A method call, made by a request or in the response of a webhook."""

    method: str
    given: dict[str, Any]
    in_webhook: bool = False
    result: Any = None


@dataclass
class BotApi:
    """The pending updates, all calls that were made, and the errors to answer with (once each, in order).

    ``waits``: the ``timeout`` of each accepted ``getUpdates``, in seconds.
    """

    url: str = ""
    token: str = TOKEN
    state: State = field(default_factory=lambda: State(dict(ME)))
    calls: list[Called] = field(default_factory=list)
    faults: dict[str, list[Callable[[], web.Response]]] = field(default_factory=dict)
    held: dict[str, asyncio.Event] = field(default_factory=dict)
    pending: list[dict[str, Any]] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)
    on_call: Callable[[Called], None] = lambda called: None
    _changed: asyncio.Condition = field(default_factory=asyncio.Condition)
    _polls: int = 0
    _last_update: int = 0

    def of(self, method: str) -> list[dict[str, Any]]:
        """The parameters of every call of the method, successful or refused."""
        return [called.given for called in self.calls if called.method == method]

    @property
    def answers(self) -> list[Called]:
        """The calls that show something in a chat."""
        return [called for called in self.calls if called.method in VISIBLE_METHODS]

    def fault(self, method: str, code: int, description: str = "", **parameters: int) -> None:
        """Answers the next call of the method with this error."""
        answer = {"ok": False, "error_code": code, "description": description or f"Error {code}"}
        body = answer | ({"parameters": parameters} if parameters else {})
        self.faults.setdefault(method, []).append(lambda: web.json_response(body, status=code))

    def answer(self, method: str, body: Any) -> None:
        """Answers the next call of the method with this JSON and status 200."""
        self.faults.setdefault(method, []).append(lambda: web.json_response(body))

    @asynccontextmanager
    async def holding(self, method: str) -> AsyncIterator[None]:
        """Inside, calls of the method get no answer."""
        self.held[method] = asyncio.Event()
        try:
            yield
        finally:
            self.held.pop(method).set()

    async def feed(self, *updates: dict[str, Any]) -> None:
        """Adds updates for ``getUpdates``, with the next ids unless they have ids."""
        async with self._changed:
            self.pending += [self.numbered(update) for update in updates]
            self._changed.notify_all()

    def numbered(self, update: dict[str, Any]) -> dict[str, Any]:
        self._last_update += 1
        match update:
            case {"message": {"chat": {"id": int(chat_id)}, "ephemeral_message_id": int(number)}}:
                self.state.unseen[chat_id, number] = self.state.now()
            case {"message": {"chat": {"id": int(chat_id)}, "message_id": int(message_id)} as heard}:
                self.state.heard[chat_id, message_id] = heard
            case {"callback_query": {"id": str(press)}}:
                self.state.pressed[press] = self.state.now()
        return {"update_id": self._last_update} | update

    async def bring(self, session: aiohttp.ClientSession, update: dict[str, Any], secret: str | None = None) -> int:
        """Delivers an update to the webhook and makes the call in its response; returns the HTTP status."""
        headers = {"X-Telegram-Bot-Api-Secret-Token": secret or self.state.webhook["secret_token"]}
        async with session.post(self.state.webhook["url"], json=self.numbered(update), headers=headers) as answer:
            body = await answer.read()
            if answer.status == 200 and body:
                given = json.loads(body)
                await self._carry_out(given.pop("method"), given, in_webhook=True)
            return answer.status

    async def when(self, is_so: Callable[[], object], seconds: float = 60) -> None:
        """Waits for a condition, which is checked after each call."""
        async with asyncio.timeout(seconds), self._changed:
            await self._changed.wait_for(is_so)

    async def until(self, method: str, times: int = 1, seconds: float = 60) -> list[dict[str, Any]]:
        """Waits for that many calls of the method."""
        await self.when(lambda: len(self.of(method)) >= times, seconds)
        return self.of(method)

    async def until_answered(self, total: int, seconds: float = 60) -> None:
        """Waits for that many calls that show something."""
        await self.when(lambda: len(self.answers) >= total, seconds)

    async def respond(self, request: web.Request) -> web.Response:
        """One request to ``/bot<token>/<method>``."""
        method = request.match_info["method"]
        if request.match_info["token"] != self.token:
            return _refusal(Refused(401, "Unauthorized"))
        given = await _parameters(request)
        if method in self.held:
            await self.held[method].wait()
        if self.faults.get(method):
            self.calls.append(Called(method, given))
            async with self._changed:
                self._changed.notify_all()
            return self.faults[method].pop(0)()
        if method == "getUpdates":
            return await self._get_updates(given)
        return await self._carry_out(method, given)

    async def _carry_out(self, method: str, given: dict[str, Any], in_webhook: bool = False) -> web.Response:
        called = Called(method, given, in_webhook)
        self.calls.append(called)
        self.on_call(called)
        carry_out = method_of(method)
        try:
            if carry_out is None:
                raise Refused(404, "Not Found")
            called.result = carry_out(self.state, given)
        except Refused as refused:
            called.result = refused
        async with self._changed:
            self._changed.notify_all()
        if isinstance(called.result, Refused):
            return _refusal(called.result)
        return web.json_response({"ok": True, "result": called.result})

    async def _get_updates(self, given: dict[str, Any]) -> web.Response:
        if self.state.webhook:
            return _refusal(Refused(409, "Conflict: can't use getUpdates method while webhook is active"))
        self.waits.append(float(given.get("timeout") or 0))
        self._polls += 1
        own = self._polls
        async with self._changed:
            offset = int(given.get("offset") or 0)
            self.pending = [update for update in self.pending if _number(update) >= offset]
            self._changed.notify_all()
            try:
                async with asyncio.timeout(float(given.get("timeout") or 0)):
                    await self._changed.wait_for(lambda: self.pending or self._polls != own)
            except TimeoutError:
                pass
            if self._polls != own:
                return _refusal(Refused(409, "Conflict: terminated by other getUpdates request"))
            batch = self.pending[: int(given.get("limit") or 100)]
        return web.Response(text=json.dumps({"ok": True, "result": batch}), content_type="application/json")


def _number(update: dict[str, Any]) -> int:
    number = update.get("update_id")
    return number if isinstance(number, int) else 1 << 62


def _refusal(refused: Refused) -> web.Response:
    body = {"ok": False, "error_code": refused.code, "description": refused.description}
    return web.json_response(
        body | ({"parameters": refused.parameters} if refused.parameters else {}), status=refused.code
    )


async def _parameters(request: web.Request) -> dict[str, Any]:
    """JSON, a form or a query string, as the Bot API accepts them; JSON in a form's value is parsed."""
    given: dict[str, Any] = dict(request.query)
    if request.content_type == "application/json":
        return given | json.loads(await request.read() or b"{}")
    for key, value in (await request.post()).items():
        given[key] = json.loads(value) if isinstance(value, str) and value[:1] in "[{" and value else value
    return given


@asynccontextmanager
async def bot_api(port: int = 0, token: str = TOKEN) -> AsyncIterator[BotApi]:
    """A running server, which knows the bot with this token."""
    api = BotApi(token=token)
    api.state.me["id"] = int(token.partition(":")[0])
    app = web.Application()
    app.router.add_route("*", "/bot{token}/{method}", api.respond)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    api.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield api
    finally:
        await runner.cleanup()
