"""Asking publishers for their feeds: politely, briefly, and never anybody who is not on the public net."""

import asyncio
import re
import time
import zlib
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Literal
from weakref import WeakValueDictionary

import aiohttp
from aiohttp.abc import AbstractResolver
from aiohttp.resolver import ThreadedResolver
from yarl import URL

from bot import __version__
from bot.feeds.ssrf import Forbidden, GuardedResolver, GuardedSockets, Policy, Target, loses_protection, target


@dataclass(frozen=True, slots=True)
class Validators:
    """What a publisher gave us to ask with next time (RFC 9110 §8.8); None where it gave none."""

    etag: str | None = None
    last_modified: str | None = None


@dataclass(frozen=True, slots=True)
class Fetched:
    """A body.

    Attributes:
        url: where it was in the end.
        media_type: the Content-Type header; "" where there was none.
        fresh_seconds: for how long it says that it holds.
        moved_to: where every redirect on the way was a permanent one, its end; else None.
    """

    body: bytes
    url: str
    media_type: str
    validators: Validators
    fresh_seconds: float = 0.0
    moved_to: str | None = None


@dataclass(frozen=True, slots=True)
class NotModified:
    """Nothing new since the validators were given (304)."""

    fresh_seconds: float = 0.0
    moved_to: str | None = None


@dataclass(frozen=True, slots=True)
class Ended:
    """Gone for good (410)."""


@dataclass(frozen=True, slots=True)
class Failed:
    """Nothing usable: ``reason`` in a few English words; ``retry_after_seconds`` as the publisher asks, 0 where it does not."""

    reason: str
    retry_after_seconds: float = 0.0


Fetch = Fetched | NotModified | Ended | Failed


_MAX_AGE = re.compile(r"(?:^|[\s,])max-age\s*=\s*\"?(\d{1,10})", re.IGNORECASE)


_NOT_KEPT = re.compile(r"(?:^|[\s,])no-(?:cache|store)(?:$|[\s,=])", re.IGNORECASE)


def fresh_seconds(headers: Mapping[str, str], now: float) -> float:
    """For how long the answer says that it holds; 0 where it does not say, or must not be kept."""
    control = headers.get("Cache-Control", "")
    if _NOT_KEPT.search(control):
        return 0.0
    if found := _MAX_AGE.search(control):
        return max(0.0, float(found[1]) - _seconds(headers.get("Age", "")))
    expires = _moment(headers.get("Expires", ""))
    return max(0.0, expires - (_moment(headers.get("Date", "")) or now)) if expires else 0.0


def retry_after_seconds(headers: Mapping[str, str], now: float) -> float:
    """How long a publisher asks to be left alone, in seconds or until a date; 0 where it does not ask."""
    given = headers.get("Retry-After", "").strip()
    return _seconds(given) or max(0.0, (_moment(given) or now) - now)


def _seconds(text: str) -> float:
    return float(text) if text.isascii() and text.isdigit() and len(text) <= 10 else 0.0


def _moment(text: str) -> float | None:
    """An HTTP date in seconds since 1970; None where it is none."""
    try:
        moment = parsedate_to_datetime(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


ACCEPTED = "gzip, deflate"
"""What we ask for in Accept-Encoding, and all that we can read."""


_STEP = 64 * 1024


_GZIP = b"\x1f\x8b"


_AS_IT_IS = frozenset({"", "identity", "none", "utf-8", "utf8"})
"""Content-Encodings that leave the body as it is; some servers put a charset there."""


How = Literal["plain", "packed"]


class TooLarge(Exception):
    """More bytes than the limit."""


class Damaged(Exception):
    """Not packed as the header says, or cut off."""


class Unpacking:
    """Takes pieces of a body, keeps what they unpack to."""

    def __init__(self, encoding: str, limit: int) -> None:
        """``encoding``: the Content-Encoding header; ``limit``: in bytes, unpacked.

        Raises:
            Damaged: an encoding that was not asked for.
        """
        self._encoding = encoding.strip().lower()
        if self._encoding not in (*_AS_IT_IS, "gzip", "x-gzip", "deflate"):
            raise Damaged(f"encoded as {self._encoding[:20]!r}, which was not asked for")
        self._limit = limit
        self._arrived = 0
        self._waiting = b""
        self._body = bytearray()
        self._unpacker: zlib._Decompress | None = None
        self._how: How | None = None

    def add(self, piece: bytes) -> None:
        """Takes the next piece.

        Raises:
            TooLarge, Damaged
        """
        self._arrived += len(piece)
        if self._arrived > 2 * self._limit:  # of nothing, packed: it never ends either
            raise TooLarge
        self._waiting += piece
        for part in self._unpacked():
            if len(self._body) + len(part) > self._limit:
                raise TooLarge
            self._body += part

    def done(self) -> bytes:
        """The whole body.

        Raises:
            Damaged: it ends in the middle.
        """
        if self._unpacker is not None:
            raise Damaged("cut off in the middle")
        return bytes(self._body) if self._how else self._waiting

    def _unpacked(self) -> Iterator[bytes]:
        """What can be unpacked of what waits."""
        while self._begun():
            if self._unpacker is None:
                part, self._waiting = self._waiting, b""
            else:
                part = self._inflated(self._unpacker)
            yield part
            if not self._waiting and len(part) < _STEP:
                return

    def _begun(self) -> bool:
        """Whether it is known how to go on: by the first two bytes, of the body or of gzip's next member (RFC 1952 §2.2)."""
        if self._unpacker is not None or self._how == "plain":
            return True
        if len(self._waiting) < len(_GZIP):
            return False
        if self._how == "packed" and not self._waiting.startswith(_GZIP):
            self._waiting = b""  # rubbish behind the end
            return False
        self._unpacker = None if self._encoding in _AS_IT_IS else _unpacker_for(self._encoding, self._waiting)
        self._how = "packed" if self._unpacker else "plain"
        return True

    def _inflated(self, unpacker: "zlib._Decompress") -> bytes:
        try:
            part = unpacker.decompress(self._waiting, _STEP)
        except zlib.error as error:
            raise Damaged("not packed as it says") from error
        self._waiting = unpacker.unused_data if unpacker.eof else unpacker.unconsumed_tail
        self._unpacker = None if unpacker.eof else unpacker
        return part


def _unpacker_for(encoding: str, start: bytes) -> "zlib._Decompress | None":
    """By how the body begins: gzip or zlib, deflate without its wrapper as some servers send it, None where it is not packed."""
    if start.startswith(_GZIP):
        return zlib.decompressobj(zlib.MAX_WBITS | 16)
    if encoding == "deflate":
        wrapped = start[0] & 0x0F == zlib.DEFLATED and int.from_bytes(start[:2]) % 31 == 0  # RFC 1950 §2.2
        return zlib.decompressobj(zlib.MAX_WBITS if wrapped else -zlib.MAX_WBITS)
    return None


ACCEPT = "application/atom+xml, application/rss+xml, application/feed+json, application/rdf+xml, application/xml;q=0.9, */*;q=0.5"


MAX_VALIDATOR = 500
"""Characters of an ETag; those that publishers give have some forty."""


_MOVED = {301: True, 302: False, 303: False, 307: False, 308: True}
"""Status → whether it moved for good (RFC 9110 §15.4)."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one feed may cost."""

    seconds: float = 20.0
    body_bytes: int = 2 * 1024 * 1024
    redirects: int = 5


@dataclass(slots=True)
class Fetcher:
    """Fetches feeds. Made by :func:`fetcher`."""

    session: aiohttp.ClientSession
    policy: Policy
    limits: Limits = field(default_factory=Limits)
    now: Callable[[], float] = time.time
    _turns: WeakValueDictionary[str, asyncio.Lock] = field(default_factory=WeakValueDictionary)

    async def fetch(self, url: str, validators: Validators | None = None) -> Fetch:
        """What a publisher answers. Raises nothing for what a publisher or the network does.

        A host is asked one thing at a time; waiting for one's turn does not count against the seconds.
        """
        try:
            return await self._follow(url, validators or Validators())
        except Forbidden as forbidden:
            return Failed(str(forbidden))
        except TimeoutError:
            return Failed(f"no whole answer within {self.limits.seconds:g} s")
        except TooLarge:
            return Failed(f"larger than {self.limits.body_bytes:,} bytes")
        except Damaged as damaged:
            return Failed(str(damaged))
        except (aiohttp.ClientError, OSError) as error:
            return Failed(_reason(error))

    async def _follow(self, url: str, validators: Validators) -> Fetch:
        """Asks, and goes where the answers send us, each place checked like the first."""
        port = _port_of(url)
        here, permanent, left = target(url, self.policy, port), True, self.limits.seconds
        for hop in range(self.limits.redirects + 1):
            async with self._turn(here.host), asyncio.timeout(left) as deadline:
                step = await self._ask(here, validators)
            if not isinstance(step, _Redirect):
                return _at_the_end(step, here, permanent=permanent) if hop else step
            left = (deadline.when() or 0.0) - asyncio.get_running_loop().time()
            before, here = here, target(_joined(here.url, step.location), self.policy, port)
            permanent = permanent and step.permanent and not loses_protection(before, here)
        return Failed(f"more than {self.limits.redirects} redirects")

    @asynccontextmanager
    async def _turn(self, host: str) -> AsyncIterator[None]:
        async with self._turns.setdefault(host, asyncio.Lock()):
            yield

    async def _ask(self, here: Target, validators: Validators) -> "Fetch | _Redirect":
        headers = _conditions(validators)
        async with self.session.get(here.url, headers=headers, allow_redirects=False) as response:
            status, given, now = response.status, response.headers, self.now()
            if status == 200:
                return await self._read(response, here)
            if status == 304 and headers:
                return NotModified(fresh_seconds(given, now))
            if status == 410:
                return Ended()
            if status in _MOVED and given.get("Location"):
                return _Redirect(given["Location"], _MOVED[status])
            return Failed(f"HTTP {status}", retry_after_seconds(given, now))

    async def _read(self, response: aiohttp.ClientResponse, here: Target) -> Fetched:
        given = response.headers
        unpacking = Unpacking(given.get("Content-Encoding", ""), self.limits.body_bytes)
        async for piece in response.content.iter_any():
            unpacking.add(piece)
        found = Validators(_usable(given.get("ETag")), _usable(given.get("Last-Modified")))
        fresh = fresh_seconds(given, self.now())
        return Fetched(unpacking.done(), str(here.url), given.get("Content-Type", ""), found, fresh)


@dataclass(frozen=True, slots=True)
class _Redirect:
    location: str
    permanent: bool


@asynccontextmanager
async def fetcher(
    policy: Policy, about_us: str = "", limits: Limits | None = None, names: AbstractResolver | None = None
) -> AsyncIterator[Fetcher]:
    """A fetcher that ends with the block.

    Args:
        policy: where requests may go.
        about_us: our own address, for publishers who wonder; "" where we have none.
        limits: what one feed may cost.
        names: looks names up; the system does where it is None.
    """
    connector = aiohttp.TCPConnector(
        resolver=GuardedResolver(names or ThreadedResolver(), policy),
        socket_factory=GuardedSockets(policy),
        use_dns_cache=False,
        force_close=True,
    )
    session = aiohttp.ClientSession(
        connector=connector,
        auto_decompress=False,
        cookie_jar=aiohttp.DummyCookieJar(),
        headers={"User-Agent": user_agent(about_us), "Accept": ACCEPT, "Accept-Encoding": ACCEPTED},
        timeout=aiohttp.ClientTimeout(total=None),  # ours holds for the whole way, redirects included
        trust_env=False,  # a proxy would look names up itself, unchecked
    )
    async with session:
        yield Fetcher(session, policy, limits or Limits())


def user_agent(about_us: str) -> str:
    """Who we say we are."""
    return f"Nota/{__version__} (news desk; reads feeds{f'; +{about_us}' if about_us else ''})"


def _usable(validator: str | None) -> str | None:
    """The validator where it can be kept and said again; a longer one, or one of other than ASCII, is as good as none."""
    if validator and len(validator) <= MAX_VALIDATOR and validator.isascii() and validator.isprintable():
        return validator
    return None


def _conditions(validators: Validators) -> dict[str, str]:
    given = {"If-None-Match": validators.etag, "If-Modified-Since": validators.last_modified}
    return {name: value for name, value in given.items() if value}


def _port_of(url: str) -> int | None:
    try:
        return URL(url).explicit_port
    except ValueError:
        return None


def _joined(base: URL, location: str) -> URL:
    try:
        return base.join(URL(location))
    except ValueError:
        raise Forbidden("redirected to what is not an address") from None


def _at_the_end(fetch: Fetch, here: Target, *, permanent: bool) -> Fetch:
    """What is said where redirects led; only permanent ones carry over that the feed is there now, or is no more."""
    match fetch:
        case Fetched() | NotModified() if permanent:
            return replace(fetch, moved_to=str(here.url))
        case Ended() if not permanent:
            return Failed("HTTP 410, where it sent us for now")
        case _:
            return fetch


def _reason(error: Exception) -> str:
    match error:
        case aiohttp.ClientConnectorDNSError():
            return "no such host"
        case aiohttp.ClientSSLError():
            return "no valid certificate"
        case aiohttp.ClientPayloadError():
            return "the answer broke off"
        case aiohttp.ClientConnectorError():
            return "cannot be reached"
        case _:
            return f"not an HTTP answer ({type(error).__name__})"
