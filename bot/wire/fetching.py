"""Asking publishers for their feeds: politely, briefly, and never anybody who is not on the public net."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from weakref import WeakValueDictionary

import aiohttp
from aiohttp.abc import AbstractResolver
from aiohttp.resolver import ThreadedResolver
from yarl import URL

from bot import __version__
from bot.wire.addresses import Policy
from bot.wire.fetches import Ended, Failed, Fetch, Fetched, NotModified, Validators
from bot.wire.freshness import fresh_seconds, retry_after_seconds
from bot.wire.guard import GuardedResolver, GuardedSockets
from bot.wire.targets import Forbidden, Target, loses_protection, target
from bot.wire.unpacking import ACCEPTED, Damaged, TooLarge, Unpacking

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
