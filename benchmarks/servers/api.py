"""The loopback Bot API as a process: the least that answers, so that it is not what is measured. ``api.py PORT``.

``getUpdates`` gives one update a time, ``/programs`` in a chat of its own, so soon as the answer to the one before has
come; ``/times`` tells how long each took, in seconds.
"""

import asyncio
import sys
import time

from aiohttp import web

ME = {"id": 123456789, "is_bot": True, "first_name": "Nota", "username": "NotaBenchBot"}
SENT = {"message_id": 1, "date": 1780000000, "chat": {"id": 1, "type": "private"}, "text": "sent"}
RESULTS = {
    "getMe": ME,
    "sendMessage": SENT,
    "getWebhookInfo": {"url": "", "has_custom_certificate": False, "pending_update_count": 0},
    "getMyCommands": [],
    "getMyDescription": {"description": ""},
    "getMyShortDescription": {"short_description": ""},
}
GAP_SECONDS = 0.005
"""Between an answer and the next update, so that the two are not taken for one stream."""


class Clock:
    """Times from giving an update to getting its answer."""

    def __init__(self) -> None:
        self.times: list[float] = []
        self.given_at = 0.0
        self.answered = asyncio.Event()
        self.answered.set()

    async def method(self, request: web.Request) -> web.Response:
        name = request.match_info["method"]
        if name == "getUpdates":
            return await self.updates()
        if name == "sendMessage" and self.given_at:
            self.times.append(time.perf_counter() - self.given_at)
            self.given_at = 0.0
            self.answered.set()
        return web.json_response({"ok": True, "result": RESULTS.get(name, True)})

    async def updates(self) -> web.Response:
        await self.answered.wait()
        self.answered.clear()
        await asyncio.sleep(GAP_SECONDS)
        number = len(self.times) + 1
        who = {"id": 100000 + number, "is_bot": False, "first_name": "Reader", "language_code": "en"}
        chat = {"id": 100000 + number, "type": "private", "first_name": "Reader"}
        message = {"message_id": 1, "from": who, "chat": chat, "date": 1780000000, "text": "/programs"}
        self.given_at = time.perf_counter()
        return web.json_response({"ok": True, "result": [{"update_id": number, "message": message}]})

    async def taken(self, request: web.Request) -> web.Response:
        return web.json_response(self.times)


clock = Clock()
app = web.Application()
app.router.add_get("/times", clock.taken)
app.router.add_route("*", "/bot{token}/{method}", clock.method)
web.run_app(app, host="127.0.0.1", port=int(sys.argv[1]), access_log=None, print=None)
