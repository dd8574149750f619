"""Fetches feeds: conditionally, within limits of time and size, one request at a time per host, from public addresses only."""

import asyncio
import re
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC
from email.utils import parsedate_to_datetime
from weakref import WeakValueDictionary

import aiohttp
from aiohttp.abc import AbstractResolver
from yarl import URL

from bot import __version__
from bot.feeds.ssrf import Forbidden, Policy, Target, guarded_session, loses_protection, target
from bot.replies.question import is_number

ACCEPT = "application/atom+xml, application/rss+xml, application/feed+json, application/rdf+xml, application/xml;q=0.9, */*;q=0.5"
ACCEPT_ENCODING = "gzip, deflate"

MAX_VALIDATOR = 500
"""The length of an ETag; publishers send about 40 characters."""

_CHUNK = 64 * 1024
_REDIRECTS = {301: True, 302: False, 303: False, 307: False, 308: True}
"""Status → whether the redirect is permanent (RFC 9110 §15.4)."""

_MAX_AGE = re.compile(r"(?:^|[\s,])max-age\s*=\s*\"?(\d{1,10})", re.IGNORECASE)
_NOT_CACHED = re.compile(r"(?:^|[\s,])no-(?:cache|store)(?:$|[\s,=])", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class FetchLimits:
    """The limits for one feed. ``body_bytes``: the size of the decompressed body."""

    seconds: float = 20.0
    body_bytes: int = 2 * 1024 * 1024
    redirects: int = 5


@dataclass(frozen=True, slots=True)
class Validators:
    """The validators for the next conditional request (RFC 9110 §8.8); None if the publisher sent none."""

    etag: str | None = None
    last_modified: str | None = None


@dataclass(frozen=True, slots=True)
class Fetched:
    """A fetched body.

    Attributes:
        url: its address after all redirects.
        media_type: the Content-Type header, or "".
        fresh_seconds: how long it stays valid, according to the publisher.
        moved_to: the last address if all redirects were permanent, else None.
    """

    body: bytes
    url: str
    media_type: str
    validators: Validators
    fresh_seconds: float = 0.0
    moved_to: str | None = None


@dataclass(frozen=True, slots=True)
class NotModified:
    """The feed has not changed since the validators were sent (304)."""

    fresh_seconds: float = 0.0
    moved_to: str | None = None


@dataclass(frozen=True, slots=True)
class FeedGone:
    """The feed no longer exists (410)."""


@dataclass(frozen=True, slots=True)
class FetchFailed:
    """The fetch failed. ``retry_after_seconds`` is 0 if the publisher does not ask to wait."""

    reason: str
    retry_after_seconds: float = 0.0


FetchResult = Fetched | NotModified | FeedGone | FetchFailed


class TooLarge(Exception):
    """The body has more bytes than the limit."""


@dataclass(frozen=True, slots=True)
class _Redirect:
    location: str
    permanent: bool


@asynccontextmanager
async def open_fetcher(
    policy: Policy,
    contact: str = "",
    limits: FetchLimits | None = None,
    resolver: AbstractResolver | None = None,
    now: Callable[[], float] = time.time,
) -> AsyncIterator["Fetcher"]:
    """A fetcher that is closed at the end of the block.

    Args:
        policy: the addresses that may be requested.
        contact: our own address, for publishers; "" if unknown.
        limits: the limits for one feed.
        resolver: resolves names; None: the system's resolver.
        now: seconds since 1970, for dates in headers.
    """
    headers = {"User-Agent": _user_agent(contact), "Accept": ACCEPT, "Accept-Encoding": ACCEPT_ENCODING}
    async with guarded_session(policy, resolver, headers, use_dns_cache=False, force_close=True) as session:
        yield Fetcher(session, policy, limits or FetchLimits(), now)


@dataclass(slots=True)
class Fetcher:
    """Fetches feeds. Created by :func:`open_fetcher`."""

    session: aiohttp.ClientSession
    policy: Policy
    limits: FetchLimits
    now: Callable[[], float]
    _turns: WeakValueDictionary[str, asyncio.Lock] = field(default_factory=WeakValueDictionary)

    async def fetch(self, url: str, validators: Validators | None = None) -> FetchResult:
        """Fetches a feed. It does not raise for errors of the publisher or the network.

        Requests to one host are sent one after the other. Waiting for the turn does not count towards the time limit.
        """
        try:
            return await self._follow(url, validators or Validators())
        except Forbidden as forbidden:
            return FetchFailed(str(forbidden))
        except TimeoutError:
            return FetchFailed(f"no complete answer within {self.limits.seconds:g} s")
        except TooLarge:
            return FetchFailed(f"larger than {self.limits.body_bytes:,} bytes")
        except (aiohttp.ClientError, OSError) as error:
            return FetchFailed(_reason(error))

    async def _follow(self, url: str, validators: Validators) -> FetchResult:
        """Follows redirects; each address is checked like the first."""
        port = _port_of(url)
        here, permanent, left = target(url, self.policy, port), True, self.limits.seconds
        for hop in range(self.limits.redirects + 1):
            async with self._turns.setdefault(here.host, asyncio.Lock()), asyncio.timeout(left) as deadline:
                step = await self._ask(here, validators)
            if not isinstance(step, _Redirect):
                return _redirected(step, here, permanent=permanent) if hop else step
            left = (deadline.when() or 0.0) - asyncio.get_running_loop().time()
            before, here = here, target(_joined(here.url, step.location), self.policy, port)
            permanent = permanent and step.permanent and not loses_protection(before, here)
        return FetchFailed(f"more than {self.limits.redirects} redirects")

    async def _ask(self, here: Target, validators: Validators) -> FetchResult | _Redirect:
        conditions = {"If-None-Match": validators.etag, "If-Modified-Since": validators.last_modified}
        headers = {name: value for name, value in conditions.items() if value}
        async with self.session.get(here.url, headers=headers, allow_redirects=False) as response:
            status, received, now = response.status, response.headers, self.now()
            if status == 200:
                return await self._read(response, here)
            if status == 304 and headers:
                return NotModified(fresh_seconds(received, now))
            if status == 410:
                return FeedGone()
            if status in _REDIRECTS and received.get("Location"):
                return _Redirect(received["Location"], _REDIRECTS[status])
            return FetchFailed(f"HTTP {status}", retry_after_seconds(received, now))

    async def _read(self, response: aiohttp.ClientResponse, here: Target) -> Fetched:
        headers = response.headers
        body = bytearray()
        async for chunk in response.content.iter_chunked(_CHUNK):  # aiohttp bounds what it decompresses ahead of us
            body += chunk
            if len(body) > self.limits.body_bytes:
                raise TooLarge
        validators = Validators(_usable(headers.get("ETag")), _usable(headers.get("Last-Modified")))
        fresh = fresh_seconds(headers, self.now())
        return Fetched(bytes(body), str(here.url), headers.get("Content-Type", ""), validators, fresh)


def fresh_seconds(headers: Mapping[str, str], now: float) -> float:
    """How long the answer stays valid (RFC 9111 §4.2.1); 0 if it does not say so, or must not be cached."""
    control = headers.get("Cache-Control", "")
    if _NOT_CACHED.search(control):
        return 0.0
    if max_age := _MAX_AGE.search(control):
        return max(0.0, float(max_age[1]) - _seconds(headers.get("Age", "")))
    expires = _moment(headers.get("Expires", ""))
    return max(0.0, expires - (_moment(headers.get("Date", "")) or now)) if expires else 0.0


def retry_after_seconds(headers: Mapping[str, str], now: float) -> float:
    """How long the publisher asks to wait (RFC 9110 §10.2.3), in seconds or until a date; 0 if it does not ask."""
    value = headers.get("Retry-After", "").strip()
    return _seconds(value) or max(0.0, (_moment(value) or now) - now)


def _seconds(text: str) -> float:
    return float(text) if is_number(text, 10) else 0.0


def _moment(text: str) -> float | None:
    """An HTTP date in seconds since 1970; None for any other text."""
    try:
        moment = parsedate_to_datetime(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def _user_agent(contact: str) -> str:
    return f"Nota/{__version__} (news desk; reads feeds{f'; +{contact}' if contact else ''})"


def _usable(validator: str | None) -> str | None:
    """The validator if it can be stored and sent again: short and printable ASCII."""
    if validator and len(validator) <= MAX_VALIDATOR and validator.isascii() and validator.isprintable():
        return validator
    return None


def _port_of(url: str) -> int | None:
    try:
        return URL(url).explicit_port
    except ValueError:
        return None


def _joined(base: URL, location: str) -> URL:
    try:
        return base.join(URL(location))
    except ValueError:
        raise Forbidden("redirected to an invalid address") from None


def _redirected(result: FetchResult, here: Target, *, permanent: bool) -> FetchResult:
    """The result after redirects. Only permanent ones show the feed's new address, or that it no longer exists."""
    match result:
        case Fetched() | NotModified() if permanent:
            return replace(result, moved_to=str(here.url))
        case FeedGone() if not permanent:
            return FetchFailed("HTTP 410 after a temporary redirect")
        case _:
            return result


def _reason(error: Exception) -> str:
    match error:
        case aiohttp.ClientConnectorDNSError():
            return "no such host"
        case aiohttp.ClientSSLError():
            return "no valid certificate"
        case aiohttp.ClientPayloadError():
            return "the answer is damaged or incomplete"
        case aiohttp.ClientConnectorError():
            return "no connection"
        case _:
            return f"not an HTTP answer ({type(error).__name__})"
