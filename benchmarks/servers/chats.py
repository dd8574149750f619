"""A Bot API on loopback with many chats, which counts strictly and logs every message. ``chats.py PORT LIMITS``.

LIMITS is JSON, see :class:`Limits`. A message counts when it arrives; one too many in any second is answered with 429 and
``retry_after`` 1. ``GET /count`` tells how many calls were taken, ``GET /log`` every call: when (monotonic seconds),
method, chat, status.
"""

import asyncio
import json
import sys
import time
from collections import defaultdict, deque
from dataclasses import dataclass, field
from itertools import count

from aiohttp import web

ME = {"id": 123456789, "is_bot": True, "first_name": "Nota", "username": "NotaBenchBot"}
RESULTS = {
    "getMe": ME,
    "getWebhookInfo": {"url": "", "has_custom_certificate": False, "pending_update_count": 0},
    "getMyCommands": [],
    "getMyDescription": {"description": ""},
    "getMyShortDescription": {"short_description": ""},
}
COUNTED = ("sendMessage", "editMessageText")
POLL_SECONDS = 50

PerSecond = tuple[tuple[float, int], ...]


@dataclass(frozen=True)
class Limits:
    """What is taken (core.telegram.org/bots/faq#my-bot-is-hitting-limits), or some other truth behind it.

    Attributes:
        per_second: (from how many seconds after the first message on, messages in any second), the latest first.
        chat_seconds: between two messages to a chat.
        group_messages: to a group in any minute.
        penalty_seconds: how long everything is refused after one too many in a second.
        travel_seconds: on the way, there and back together.
    """

    per_second: PerSecond = ((0.0, 30),)
    chat_seconds: float = 1.0
    group_messages: int = 20
    penalty_seconds: float = 0.0
    travel_seconds: float = 0.0


@dataclass
class Chats:
    """What was taken when, by chat and in all."""

    limits: Limits
    log: list[tuple[float, str, int, int]] = field(default_factory=list)
    taken: int = 0
    began: float | None = None
    _lately: deque[float] = field(default_factory=deque)
    _minutes: dict[int, deque[float]] = field(default_factory=lambda: defaultdict(deque))
    _closed_until: float = 0.0
    _ids: "count[int]" = field(default_factory=lambda: count(1))

    def take(self, method: str, chat: int) -> int:
        """The status with which a message is answered."""
        now = time.monotonic()
        self.began = self.began or now
        status = 429 if self._is_too_much(chat, now) else 200
        if status == 200:
            self._lately.append(now)
            self._minutes[chat].append(now)
            self.taken += 1
        self.log.append((now, method, chat, status))
        return status

    def _is_too_much(self, chat: int, now: float) -> bool:
        if now < self._closed_until:
            return True
        while self._lately and self._lately[0] <= now - 1.0:
            self._lately.popleft()
        if len(self._lately) >= self._limit(now):
            self._closed_until = now + self.limits.penalty_seconds
            return True
        minute = self._minutes[chat]
        while minute and minute[0] <= now - 60.0:
            minute.popleft()
        too_soon = bool(minute) and minute[-1] > now - self.limits.chat_seconds
        return too_soon or (chat < 0 and len(minute) >= self.limits.group_messages)

    def _limit(self, now: float) -> int:
        since = now - (self.began or now)
        return next(limit for start, limit in self.limits.per_second if since >= start)

    async def method(self, request: web.Request) -> web.Response:
        name = request.match_info["method"]
        if name == "getUpdates":
            await asyncio.sleep(POLL_SECONDS)
            return web.json_response({"ok": True, "result": []})
        if name not in COUNTED:
            return web.json_response({"ok": True, "result": RESULTS.get(name, True)})
        given = json.loads(await request.read()) if request.content_type == "application/json" else await request.post()
        await self._travel()
        answer = self._answer(name, int(str(given["chat_id"])), given.get("message_id"))
        await self._travel()
        return answer

    async def _travel(self) -> None:
        if self.limits.travel_seconds:
            await asyncio.sleep(self.limits.travel_seconds / 2)

    def _answer(self, name: str, chat: int, message_id: object) -> web.Response:
        if self.take(name, chat) == 429:
            body = {"ok": False, "error_code": 429, "description": "Too Many Requests: retry after 1"}
            return web.json_response(body | {"parameters": {"retry_after": 1}}, status=429)
        kind = {"id": chat, "type": "private" if chat > 0 else "supergroup", "title": "A chat"}
        message = {"message_id": int(str(message_id or next(self._ids))), "date": 1780000000, "chat": kind, "text": "."}
        return web.json_response({"ok": True, "result": message})

    async def told(self, request: web.Request) -> web.Response:
        return web.json_response(self.log)

    async def counted(self, request: web.Request) -> web.Response:
        return web.json_response(self.taken)


def main() -> None:
    given = json.loads(sys.argv[2])
    chats = Chats(Limits(**given))
    app = web.Application()
    app.router.add_get("/log", chats.told)
    app.router.add_get("/count", chats.counted)
    app.router.add_route("*", "/bot{token}/{method}", chats.method)
    web.run_app(app, host="127.0.0.1", port=int(sys.argv[1]), access_log=None, print=None)


if __name__ == "__main__":
    main()
