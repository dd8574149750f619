"""A bare aiohttp handler that checks the signature and answers with the same bytes. ``bare_signed.py PORT FILE KEY``."""

import sys
from pathlib import Path

from aiohttp import web
from nacl.exceptions import BadSignatureError
from nacl.signing import VerifyKey

ANSWER = Path(sys.argv[2]).read_bytes()
KEY = VerifyKey(bytes.fromhex(sys.argv[3]))


async def answer(request: web.Request) -> web.Response:
    body = await request.read()
    headers = request.headers
    try:
        KEY.verify(headers["X-Signature-Timestamp"].encode() + body, bytes.fromhex(headers["X-Signature-Ed25519"]))
    except (BadSignatureError, ValueError, KeyError):
        return web.Response(status=401)
    return web.Response(body=ANSWER, headers={"Content-Type": "application/json"})


app = web.Application()
app.router.add_post("/discord/interactions", answer)
web.run_app(app, host="127.0.0.1", port=int(sys.argv[1]), access_log=None, print=None)
