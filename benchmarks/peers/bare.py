"""A bare aiohttp handler that answers with the same bytes each time.

``bare.py PORT FILE [KEY] [uvloop]`` answers any request; a FILE that ends with ``.gz`` is sent as a compressed page. With KEY it checks
Discord's signature first.
"""

import asyncio
import sys
from pathlib import Path

from aiohttp import web
from nacl.exceptions import BadSignatureError
from nacl.signing import VerifyKey

FILE, OPTIONS = Path(sys.argv[2]), sys.argv[3:]
ANSWER = FILE.read_bytes()
PAGE = {"Content-Type": "text/html; charset=utf-8", "Content-Encoding": "gzip"}
HEADERS = PAGE if FILE.suffix == ".gz" else {"Content-Type": "application/json"}
KEY = next((VerifyKey(bytes.fromhex(option)) for option in OPTIONS if option != "uvloop"), None)


async def answer(request: web.Request) -> web.Response:
    body = await request.read()
    if KEY is not None:
        headers = request.headers
        try:
            KEY.verify(headers["X-Signature-Timestamp"].encode() + body, bytes.fromhex(headers["X-Signature-Ed25519"]))
        except (BadSignatureError, ValueError, KeyError):
            return web.Response(status=401)
    return web.Response(body=ANSWER, headers=HEADERS)


app = web.Application()
app.router.add_route("*", "/{path:.*}", answer)
if "uvloop" in OPTIONS:
    import uvloop

    loop = uvloop.new_event_loop()
else:
    loop = asyncio.new_event_loop()
web.run_app(app, host="127.0.0.1", port=int(sys.argv[1]), access_log=None, print=None, loop=loop)
