"""A push service that takes everything unread. ``push_service.py PORT``; ``GET /count`` says how many there were."""

import sys

from aiohttp import web

count = 0


async def push(request: web.Request) -> web.Response:
    global count  # noqa: PLW0603  a process that does nothing else
    await request.read()
    count += 1
    return web.Response(status=201)


async def said(_request: web.Request) -> web.Response:
    return web.Response(text=str(count))


app = web.Application()
app.router.add_post("/push/{id}", push)
app.router.add_get("/count", said)
web.run_app(app, host="127.0.0.1", port=int(sys.argv[1]), print=None, access_log=None)
