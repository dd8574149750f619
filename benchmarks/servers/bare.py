"""A bare aiohttp handler: reads the update, answers with the same bytes each time. ``bare.py PORT FILE [uvloop]``."""

import asyncio
import sys
from pathlib import Path

from aiohttp import web

ANSWER = Path(sys.argv[2]).read_bytes()


async def answer(request: web.Request) -> web.Response:
    await request.read()
    return web.Response(body=ANSWER, content_type="application/json")


app = web.Application()
app.router.add_post("/webhook", answer)
if sys.argv[3:] == ["uvloop"]:
    import uvloop

    loop = uvloop.new_event_loop()
else:
    loop = asyncio.new_event_loop()
web.run_app(app, host="127.0.0.1", port=int(sys.argv[1]), access_log=None, print=None, loop=loop)
