"""A page or feed as it is cached, and the responses made from it: whole, compressed, or 304 Not Modified."""

import gzip
import hashlib
from dataclasses import dataclass
from functools import lru_cache

from aiohttp import web
from multidict import CIMultiDict

from bot.platforms.web.auth import SECURITY_HEADERS

_MIN_COMPRESSED = 600
"""Bytes below which compression gains nothing."""

_MAX_ACCEPT_ENCODING = 200
"""Characters of the header that are parsed. Browsers send about thirty."""


@dataclass(frozen=True, slots=True)
class CachedPage:
    """A page's bytes with all its headers; ``compressed`` is None if that would not be shorter.

    The headers are built once, because building them took longer than the rest of a response.
    """

    body: bytes
    compressed: bytes | None
    etag: str
    headers: CIMultiDict[str]
    compressed_headers: CIMultiDict[str]
    status: int = 200

    def response(self, request: web.Request) -> web.Response:
        """The response to a request (RFC 9110: 304 in 15.4.5, Accept-Encoding in 12.5.3)."""
        if_none_match = request.headers.get("If-None-Match")
        if if_none_match is not None and _matches(if_none_match, self.etag):
            return web.Response(status=304, headers=self.headers)
        accepted = request.headers.get("Accept-Encoding", "")[:_MAX_ACCEPT_ENCODING]
        if self.compressed is not None and _accepts_gzip(accepted):
            return web.Response(status=self.status, body=self.compressed, headers=self.compressed_headers)
        return web.Response(status=self.status, body=self.body, headers=self.headers)


def make_page(text: str, content_type: str, language: str, status: int = 200) -> CachedPage:
    body = text.encode()
    compressed = gzip.compress(body, 9, mtime=0) if len(body) >= _MIN_COMPRESSED else None
    etag = f'"{hashlib.blake2b(body, digest_size=12).hexdigest()}"'
    headers = CIMultiDict(
        {
            "ETag": etag,
            "Cache-Control": "public, max-age=60",
            "Vary": "Accept-Language, Accept-Encoding",
            "Content-Language": language,
            "Content-Type": content_type,
            **SECURITY_HEADERS,
        }
    )
    return CachedPage(body, compressed, etag, headers, CIMultiDict(headers, **{"Content-Encoding": "gzip"}), status)


def _matches(if_none_match: str, etag: str) -> bool:
    """Whether an ``If-None-Match`` names the tag, by weak comparison (RFC 9110, 13.1.2)."""
    tags = [tag.strip().removeprefix("W/") for tag in if_none_match.split(",")]
    return etag in tags or "*" in tags


@lru_cache(64)
def _accepts_gzip(accept_encoding: str) -> bool:
    codings = [part.split(";") for part in accept_encoding.lower().replace(" ", "").split(",")]
    return any(coding[0] in ("gzip", "*") and "q=0" not in coding[1:] for coding in codings)
