"""Pages and feeds made once, kept in memory, and answered from there: whole, compressed, or as not modified."""

import gzip
import hashlib
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache

from aiohttp import web
from multidict import CIMultiDict

from bot.dossier.models import Dossier
from bot.platforms.web.auth import HEADERS

MOST_KEPT = 256
"""Prints kept at once: more than a dossier's pages in all languages, and a bound for whoever invents addresses."""


_LEAST_COMPRESSED = 600


_READ = 200
"""Characters of an ``Accept-Encoding`` that are read; browsers send about thirty."""


_REMEMBERED = 64


@dataclass(frozen=True, slots=True)
class Print:
    """A page as it goes out: its bytes and all its headers; ``compressed`` is None where that would not be shorter.

    The headers stand ready because putting them together took longer than all the rest of an answer.
    """

    body: bytes
    compressed: bytes | None
    etag: str
    headers: CIMultiDict[str]
    headers_of_compressed: CIMultiDict[str]
    status: int = 200

    def answer(self, request: web.Request) -> web.Response:
        """The page for this request (RFC 9110: 304 in 15.4.5, Accept-Encoding in 12.5.3)."""
        known = request.headers.get("If-None-Match")
        if known is not None and _names(known, self.etag):
            return web.Response(status=304, headers=self.headers)
        if self.compressed is not None and _takes_gzip(request.headers.get("Accept-Encoding", "")[:_READ]):
            return web.Response(status=self.status, body=self.compressed, headers=self.headers_of_compressed)
        return web.Response(status=self.status, body=self.body, headers=self.headers)


def printed(text: str, content_type: str, language: str, status: int = 200) -> Print:
    """A text made ready to go out."""
    body = text.encode()
    shorter = gzip.compress(body, 9, mtime=0) if len(body) >= _LEAST_COMPRESSED else None
    etag = f'"{hashlib.blake2b(body, digest_size=12).hexdigest()}"'
    headers = CIMultiDict(
        {
            "ETag": etag,
            "Cache-Control": "public, max-age=60",
            "Vary": "Accept-Language, Accept-Encoding",
            "Content-Language": language,
            "Content-Type": content_type,
            **HEADERS,
        }
    )
    return Print(body, shorter, etag, headers, CIMultiDict(headers, **{"Content-Encoding": "gzip"}), status)


@dataclass(slots=True)
class Press:
    """Keeps prints of one edition and day."""

    today: Callable[[], date]
    _kept: dict[Hashable, Print] = field(default_factory=dict)
    _kept_for: tuple[Dossier, date] | None = None

    def print(self, dossier: Dossier, key: Hashable, make: Callable[[], Print]) -> Print:
        """The print that the key stands for, made where it is not kept."""
        today = self.today()
        if self._kept_for is None or self._kept_for[0] is not dossier or self._kept_for[1] != today:
            self._kept, self._kept_for = {}, (dossier, today)
        found = self._kept.get(key)
        if found is None:
            if len(self._kept) >= MOST_KEPT:
                self._kept.clear()
            found = self._kept[key] = make()
        return found

    def forget(self) -> None:
        """Makes everything anew, for when something beside the dossier has changed."""
        self._kept_for = None


def _names(known: str, etag: str) -> bool:
    """Whether an ``If-None-Match`` names the tag, weakly compared (RFC 9110, 13.1.2)."""
    tags = [tag.strip().removeprefix("W/") for tag in known.split(",")]
    return etag in tags or "*" in tags


@lru_cache(_REMEMBERED)
def _takes_gzip(accepted: str) -> bool:
    codings = [part.split(";") for part in accepted.lower().replace(" ", "").split(",")]
    return any(coding[0] in ("gzip", "*") and "q=0" not in coding[1:] for coding in codings)
