"""How many wrong passwords may be tried: a person mistypes a few, a machine tries thousands a second."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from ipaddress import IPv6Address, ip_address, ip_network
from time import monotonic

from aiohttp import web

from bot.platforms.web.forwarded import own_address_of

WINDOW_SECONDS = 60.0
EACH, ALL = 10, 300
"""Wrong passwords in a window: of one client, and of all, since addresses are cheap."""


@dataclass(slots=True)
class Guesses:
    """Wrong passwords of the last minute, counted from its first; ``clock`` gives seconds."""

    clock: Callable[[], float] = monotonic
    _wrong: Counter[str] = field(default_factory=Counter)
    _since: float = float("-inf")

    def wait_seconds(self, client: str) -> float:
        """How long the client must wait before its next one is looked at; 0 where it need not."""
        left = self._since + WINDOW_SECONDS - self.clock()
        if left <= 0:
            self._wrong.clear()
            return 0.0
        return left if self._wrong[client] >= EACH or self._wrong.total() >= ALL else 0.0

    def count(self, client: str) -> None:
        """That was a wrong one."""
        if not self._wrong:
            self._since = self.clock()
        self._wrong[client] += 1


def client_of(request: web.Request) -> str:
    """Who asks: what the router next to us saw, which is the last that ``X-Forwarded-For`` names, else the connection's end.

    Who comes from the internet directly, and so through no router, may say there what he likes; it is not believed. Of an
    IPv6 address the network, of which everybody has as many addresses as they like.
    """
    direct = request.remote or ""
    forwarded = request.headers.get("X-Forwarded-For", "").rpartition(",")[2].strip()
    is_routed = own_address_of(request).behind_router or not _is_global(direct)
    said = (forwarded if is_routed else "") or direct
    try:
        address = ip_address(said)
    except ValueError:
        return said[:64]
    if isinstance(address, IPv6Address) and address.ipv4_mapped is None:
        return str(ip_network((int(address), 64), strict=False))
    return said


def _is_global(address: str) -> bool:
    try:
        there = ip_address(address.partition("%")[0])
    except ValueError:  # a socket that is a file
        return False
    return (there.ipv4_mapped or there if isinstance(there, IPv6Address) else there).is_global
