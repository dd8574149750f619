"""Cached pages and feeds, and the responses made from them: whole, compressed, or 304 Not Modified."""

import gzip
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from aiohttp import web
from multidict import CIMultiDict

from bot.platforms.web.languages import accepts
from bot.platforms.web.security_headers import SECURITY_HEADERS

_MIN_COMPRESSED = 600
"""Shorter bodies are not compressed."""

_WORTH = 0.95
"""A body whose compressed size is a larger share than this is sent uncompressed. Typefaces and icons are compressed already."""


@dataclass(frozen=True, slots=True)
class CachedPage:
    """A page's bytes with all its headers. ``compressed``: None if compression gains too little.

    The headers are built once, because that took longer than the rest of a response.
    """

    body: bytes
    compressed: bytes | None
    etag: str
    headers: CIMultiDict[str]
    compressed_headers: CIMultiDict[str]
    status: int = 200

    def response(self, request: web.Request) -> web.Response:
        """The response to a request (RFC 9110: 304 in 15.4.5, Accept-Encoding in 12.5.3)."""
        # compared weakly (13.1.2)
        tags = {tag.strip().removeprefix("W/") for tag in request.headers.get("If-None-Match", "").split(",")}
        if tags & {self.etag, "*"}:
            return web.Response(status=304, headers=self.headers)
        if self.compressed is not None and accepts(request.headers.get("Accept-Encoding", ""), "gzip", "*"):
            return web.Response(status=self.status, body=self.compressed, headers=self.compressed_headers)
        return web.Response(status=self.status, body=self.body, headers=self.headers)


def make_page(
    content: str | bytes,
    content_type: str,
    language: str | None,
    status: int = 200,
    *,
    max_age: int = 60,
    headers: Mapping[str, str] = SECURITY_HEADERS,
) -> CachedPage:
    """A page that is the same for all clients.

    Args:
        content: the body.
        content_type: its media type.
        language: the language of the text, which then depends on Accept-Language; None: it has none.
        status: the status of the response.
        max_age: the seconds that browsers keep it without asking.
        headers: say what other sites may do with it.
    """
    body = content.encode() if isinstance(content, str) else content
    compressed = gzip.compress(body, 9, mtime=0) if len(body) >= _MIN_COMPRESSED else None
    if compressed is not None and len(compressed) > _WORTH * len(body):
        compressed = None
    etag = f'"{hashlib.blake2b(body, digest_size=12).hexdigest()}"'
    all_headers = CIMultiDict(
        {
            "ETag": etag,
            "Cache-Control": f"public, max-age={max_age}",
            "Vary": "Accept-Language, Accept-Encoding" if language else "Accept-Encoding",
            "Content-Type": content_type,
            **headers,
        }
    )
    if language:
        all_headers["Content-Language"] = language
    compressed_headers = CIMultiDict(all_headers, **{"Content-Encoding": "gzip"})
    return CachedPage(body, compressed, etag, all_headers, compressed_headers, status)
