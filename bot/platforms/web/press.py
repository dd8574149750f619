"""Pages and feeds made once, kept in memory, and answered from there: whole, compressed, or as not modified."""

import gzip
import hashlib
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, field
from datetime import date

from aiohttp import web

from bot.dossier.model import Dossier

MOST_KEPT = 256
"""Prints kept at once: more than a dossier's pages in all languages, and a bound for whoever invents addresses."""

_LEAST_COMPRESSED = 600


@dataclass(frozen=True, slots=True)
class Print:
    """A page as it goes out; ``compressed`` is None where that would not be shorter."""

    body: bytes
    compressed: bytes | None
    etag: str
    content_type: str
    language: str
    status: int = 200

    def answer(self, request: web.Request) -> web.Response:
        """The page for this request (RFC 9110: 304 in 15.4.5, Accept-Encoding in 12.5.3)."""
        headers = {
            "ETag": self.etag,
            "Cache-Control": "public, max-age=60",
            "Vary": "Accept-Language, Accept-Encoding",
            "Content-Language": self.language,
            "Content-Type": self.content_type,
        }
        if self.etag in _etags(request) or "*" in _etags(request):
            return web.Response(status=304, headers=headers)
        if self.compressed is not None and _takes_gzip(request.headers.get("Accept-Encoding", "")):
            return web.Response(
                status=self.status, body=self.compressed, headers={**headers, "Content-Encoding": "gzip"}
            )
        return web.Response(status=self.status, body=self.body, headers=headers)


def printed(text: str, content_type: str, language: str, status: int = 200) -> Print:
    """A text made ready to go out."""
    body = text.encode()
    shorter = gzip.compress(body, 9, mtime=0) if len(body) >= _LEAST_COMPRESSED else None
    digest = hashlib.blake2b(body, digest_size=12).hexdigest()
    return Print(body, shorter, f'"{digest}"', content_type, language, status)


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


def _etags(request: web.Request) -> Iterable[str]:
    return [tag.strip().removeprefix("W/") for tag in request.headers.get("If-None-Match", "").split(",")]


def _takes_gzip(accepted: str) -> bool:
    codings = [part.split(";") for part in accepted.lower().replace(" ", "").split(",")]
    return any(coding[0] in ("gzip", "*") and "q=0" not in coding[1:] for coding in codings)
