"""Protection against server-side request forgery: requests reach public addresses only.

A name is resolved once per connection, and each of its addresses is checked. Sockets are created for checked addresses only, so
a name is not resolved again between the check and the connection.
"""

import re
import socket
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.connector import AddrInfoType
from aiohttp.resolver import ThreadedResolver
from yarl import URL

IpAddress = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

PORTS = {"http": 80, "https": 443}
MAX_URL = 2048

_MAX_SCHEME = 20
"""The number of characters of a forbidden scheme in the reason."""

_CLOSED_V4 = tuple(
    IPv4Network(network)
    for network in (
        "0.0.0.0/8",  # this network
        "10.0.0.0/8",
        "100.64.0.0/10",  # carrier-grade NAT; a cloud's metadata at 100.100.100.200
        "127.0.0.0/8",
        "168.63.129.16/32",  # Azure's platform and metadata, in a public range (learn.microsoft.com, "IP 168.63.129.16")
        "169.254.0.0/16",  # link-local; most clouds' metadata
        "172.16.0.0/12",
        "192.0.0.0/24",  # protocol assignments; Oracle's metadata at 192.0.0.192
        "192.0.2.0/24",  # documentation
        "192.31.196.0/24",  # AS112
        "192.52.193.0/24",  # AMT
        "192.88.99.0/24",  # 6to4 relays
        "192.168.0.0/16",
        "192.175.48.0/24",  # AS112
        "198.18.0.0/15",  # benchmarks
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, and broadcast
    )
)
_OPEN_V6 = IPv6Network("2000::/3")
"""The only range of IPv6 from which public addresses are assigned."""

_CLOSED_V6 = tuple(
    IPv6Network(network)
    for network in (
        "2001::/23",  # protocol assignments, with Teredo, which tunnels to an IPv4 address
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4: contains an IPv4 address, reached through a relay
        "2620:4f:8000::/48",  # AS112
        "3fff::/20",  # documentation
    )
)
_NAT64 = IPv6Network("64:ff9b::/96")
"""RFC 6052: the last 32 bits are the IPv4 address that is reached."""

_NAME = re.compile(r"(?=.{1,254}\Z)[A-Za-z0-9_-]{1,63}(?:\.[A-Za-z0-9_-]{1,63})*\.?")
"""RFC 1035 §2.3.4, and the underscore that some hosts have."""

_NUMERAL = frozenset("0123456789abcdefx")


class Forbidden(Exception):
    """The request is forbidden. The message says why, and contains at most the host."""


def is_public(address: IpAddress) -> bool:
    """Whether the address is public; for mapped and NAT64 addresses, whether the IPv4 address inside is."""
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _CLOSED_V4)
    if address.ipv4_mapped is not None:
        return is_public(address.ipv4_mapped)
    if address in _NAT64:
        return is_public(IPv4Address(int(address) & 0xFFFFFFFF))
    return address in _OPEN_V6 and not any(address in network for network in _CLOSED_V6)


@dataclass(frozen=True, slots=True)
class Policy:
    """The addresses that may be requested: public ones, and those in the setting ``FEEDS_ALLOW``."""

    allowed: tuple[Network, ...] = ()

    def permits(self, address: IpAddress) -> bool:
        """Whether connections to the address are allowed."""
        return is_public(address) or any(address in network for network in self.allowed)

    def permits_any_port(self, host: str) -> bool:
        """Whether ``host`` is an address in ``FEEDS_ALLOW``, which may be requested on any port."""
        try:
            address = ip_address(host)
        except ValueError:
            return False
        return any(address in network for network in self.allowed)


def policy(allowed: Iterable[str]) -> Policy:
    """The policy that also permits these addresses and networks (``127.0.0.2``, ``10.1.0.0/16``).

    Raises:
        ValueError: one is neither an address nor a network.
    """
    return Policy(tuple(ip_network(network) for network in allowed))


@dataclass(frozen=True, slots=True)
class Target:
    """A URL that may be requested; ``host`` is in ASCII, an IPv6 address without brackets."""

    url: URL
    host: str
    port: int


def target(url: URL | str, policy: Policy, feed_port: int | None = None) -> Target:
    """Checks the URL. ``feed_port``: the port in the feed's own URL, or None.

    Names are not resolved here; :class:`GuardedResolver` checks their addresses.

    Raises:
        Forbidden: another scheme or port, credentials, an address that is not public, or one in an unusual spelling.
    """
    parsed = _parsed(url)
    host, port = parsed.raw_host or "", parsed.port or 0
    if parsed.scheme not in PORTS:
        raise Forbidden(f"{parsed.scheme[:_MAX_SCHEME] or 'no scheme'}: only http and https are fetched")
    if parsed.user is not None or parsed.password is not None:
        raise Forbidden("a user name or password in the address")
    if not host:
        raise Forbidden("no host in the address")
    _check_literal(host, policy)
    if port not in (*PORTS.values(), feed_port) and not policy.permits_any_port(host):
        raise Forbidden(f"port {port} of {host}: only 80 and 443, or the one that the feed's own address names")
    return Target(parsed, host, port)


def loses_protection(before: Target, here: Target) -> bool:
    """Whether a redirect leaves https. It is followed but not stored, so that a single answer cannot remove encryption for ever."""
    return before.url.scheme == "https" and here.url.scheme != "https"


def _parsed(url: URL | str) -> URL:
    if len(str(url)) > MAX_URL:
        raise Forbidden("an address of over 2,048 characters")
    try:
        return URL(url)
    except ValueError:
        raise Forbidden("not an address") from None


def _check_literal(host: str, policy: Policy) -> None:
    """Refuses an address that is not permitted, and spellings that only some resolvers take for an address."""
    try:
        address = ip_address(host)
    except ValueError:
        last = host.rstrip(".").rpartition(".")[2].lower()
        if last[:1].isdigit() and set(last) <= _NUMERAL:  # for example 2130706433, 0177.0.0.1, 127.1, 0x7f000001
            raise Forbidden(f"{host}: an address in an unusual spelling") from None
        if not _NAME.fullmatch(host):  # for example 127.0.0.1%00.example, which resolvers read differently
            raise Forbidden("an invalid host name in the address") from None
        return
    if not policy.permits(address):
        raise Forbidden(f"{host}: not a public address")


class GuardedResolver(AbstractResolver):
    """Resolves names with another resolver; refuses a name if one of its addresses is not permitted."""

    def __init__(self, names: AbstractResolver, policy: Policy) -> None:
        self._names = names
        self._policy = policy

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """The addresses of the name.

        Raises:
            Forbidden: one of them is not permitted.
            OSError: the name does not exist.
        """
        addresses = await self._names.resolve(host, port, family)
        for address in addresses:
            _check(address["host"], self._policy, host)
        return addresses

    async def close(self) -> None:
        await self._names.close()


@dataclass(frozen=True, slots=True)
class GuardedSockets:
    """Creates sockets for aiohttp's connector, which asks for one immediately before it connects."""

    policy: Policy

    def __call__(self, resolved: AddrInfoType) -> socket.socket:
        """A socket for the address, however it was resolved.

        Raises:
            Forbidden: the address is not permitted.
        """
        family, kind, protocol, _, address = resolved
        _check(str(address[0]), self.policy, str(address[0]))
        return socket.socket(family, kind, protocol)


def guarded_session(
    policy: Policy,
    resolver: AbstractResolver | None = None,
    headers: Mapping[str, str] | None = None,
    **connections: Any,
) -> aiohttp.ClientSession:
    """A session that connects to permitted addresses alone. It has no time limit of its own.

    Args:
        policy: the addresses that may be reached.
        resolver: resolves names; None: the system's resolver.
        headers: of every request.
        connections: arguments of aiohttp's connector.
    """
    guarded = GuardedResolver(resolver or ThreadedResolver(), policy)
    connector = aiohttp.TCPConnector(resolver=guarded, socket_factory=GuardedSockets(policy), **connections)
    jar, timeout = aiohttp.DummyCookieJar(), aiohttp.ClientTimeout(total=None)
    # a proxy (trust_env) would resolve names itself, unchecked
    return aiohttp.ClientSession(connector=connector, cookie_jar=jar, headers=headers, timeout=timeout, trust_env=False)


def _check(address: str, policy: Policy, host: str) -> None:
    try:
        permitted = policy.permits(ip_address(address))
    except ValueError:
        permitted = False
    if not permitted:
        raise Forbidden(f"{host}: not a public address")
