"""A bare aiohttp handler that answers ``/`` with the same compressed page each time. ``bare_page.py PORT FILE``."""

import sys
from pathlib import Path

from aiohttp import web

PAGE = Path(sys.argv[2]).read_bytes()
HEADERS = {"Content-Type": "text/html; charset=utf-8", "Content-Encoding": "gzip"}


async def page(_request: web.Request) -> web.Response:
    return web.Response(body=PAGE, headers=HEADERS)


app = web.Application()
app.router.add_get("/", page)
web.run_app(app, host="127.0.0.1", port=int(sys.argv[1]), access_log=None, print=None)
