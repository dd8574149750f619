"""The guard at the door: no name is looked up and no socket opened but to an address that may be reached.

A name is looked up once for each connection, every address found is checked, and a socket is made for a checked address
only: between the check and the connection nothing is looked up again.
"""

import socket
from dataclasses import dataclass
from ipaddress import ip_address

from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.connector import AddrInfoType

from bot.wire.addresses import Policy
from bot.wire.targets import Forbidden


class GuardedResolver(AbstractResolver):
    """Looks names up with another resolver; a name with even one address that is not permitted is not reached at all."""

    def __init__(self, names: AbstractResolver, policy: Policy) -> None:
        self._names = names
        self._policy = policy

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """The addresses of a name.

        Raises:
            Forbidden: one of them is not permitted.
            OSError: the name is not known.
        """
        found = await self._names.resolve(host, port, family)
        for each in found:
            _check(each["host"], self._policy, host)
        return found

    async def close(self) -> None:
        await self._names.close()


@dataclass(frozen=True, slots=True)
class GuardedSockets:
    """Makes sockets for a connector, which asks for one right before it connects."""

    policy: Policy

    def __call__(self, found: AddrInfoType) -> socket.socket:
        """A socket for an address, whoever found it.

        Raises:
            Forbidden: the address is not permitted.
        """
        family, kind, protocol, _, address = found
        _check(str(address[0]), self.policy, str(address[0]))
        return socket.socket(family, kind, protocol)


def _check(address: str, policy: Policy, host: str) -> None:
    try:
        permitted = policy.permits(ip_address(address))
    except ValueError:
        permitted = False
    if not permitted:
        raise Forbidden(f"{host}: not a public address")
