"""How many wrong passwords may be tried: a person mistypes a few, a machine tries thousands a second."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from ipaddress import IPv6Address, ip_address, ip_network
from time import monotonic

from aiohttp import web

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

    The network of an IPv6 address, of which everybody has as many as they like.
    """
    said = request.headers.get("X-Forwarded-For", "").rpartition(",")[2].strip() or request.remote or ""
    try:
        address = ip_address(said)
    except ValueError:
        return said[:64]
    if isinstance(address, IPv6Address) and address.ipv4_mapped is None:
        return str(ip_network((int(address), 64), strict=False))
    return said
