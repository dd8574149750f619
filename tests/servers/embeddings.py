"""An OpenAI-compatible server of embeddings on loopback, with the rules that OpenAI documents.

platform.openai.com/docs/api-reference/embeddings/create: a model and one or more texts are required, at most 2048, none empty; the
key is a bearer token. What a text means is told to it: texts of one meaning have the same vector.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from zlib import crc32

from aiohttp import web

MODEL, KEY = "word-meanings", "sk-sesame-sesame"

_MOST = 2048


@dataclass
class EmbeddingsServer:
    """Remembers each request's texts in ``asked``.

    Attributes:
        meanings: text → another one that means the same.
        size: the length of its vectors.
        status: of every answer, if not 200. ``seconds``: before every answer. ``body``: instead of every answer.
    """

    url: str = ""
    meanings: Mapping[str, str] = field(default_factory=dict)
    size: int = 256
    status: int = 200
    seconds: float = 0.0
    body: str | None = None
    asked: list[list[str]] = field(default_factory=list)

    async def answer(self, request: web.Request) -> web.Response:
        given = await request.json()
        texts = [given["input"]] if isinstance(given.get("input"), str) else given.get("input")
        self.asked.append(texts)
        await asyncio.sleep(self.seconds)
        if self.status != 200:
            return _error(self.status, "as the test wants it")
        if request.headers.get("Authorization") != f"Bearer {KEY}":
            return _error(401, "Incorrect API key provided")
        if given.get("model") != MODEL:
            return _error(404, "The model does not exist")
        if not texts or len(texts) > _MOST or not all(isinstance(text, str) and text for text in texts):
            return _error(400, "'$.input' is invalid")
        items = [
            {"object": "embedding", "index": index, "embedding": self.vector(text)} for index, text in enumerate(texts)
        ]
        usage = {"prompt_tokens": 1, "total_tokens": 1}
        found = {"object": "list", "data": items[::-1], "model": MODEL, "usage": usage}  # no order is promised
        return web.Response(text=self.body or json.dumps(found), content_type="application/json")

    def vector(self, text: str) -> list[float]:
        """Counts each word of the text at a place of its own, more or less."""
        vector = [0.01] * self.size
        for word in self.meanings.get(text, text).lower().split():
            vector[crc32(word.encode()) % self.size] += 1.0
        return vector


def _error(status: int, message: str) -> web.Response:
    return web.json_response({"error": {"message": message, "type": "invalid_request_error"}}, status=status)


@asynccontextmanager
async def embeddings_server() -> AsyncIterator[EmbeddingsServer]:
    """A server that ends with the block."""
    server = EmbeddingsServer()
    app = web.Application()
    app.router.add_post("/v1/embeddings", server.answer)
    runner = web.AppRunner(app, access_log=None, handler_cancellation=True, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    server.url = f"http://127.0.0.1:{runner.addresses[0][1]}/v1"
    try:
        yield server
    finally:
        await runner.cleanup()
