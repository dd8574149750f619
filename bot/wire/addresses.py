"""Which addresses a feed may be fetched from: public ones, and nothing else. PURE.

The ranges are those of IANA's registries of special-purpose addresses (iana.org/assignments/iana-ipv4-special-registry and
iana-ipv6-special-registry), listed here because :mod:`ipaddress` knows them differently from one Python to the next.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_CLOSED_V4 = tuple(
    IPv4Network(each)
    for each in (
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
"""The only range of IPv6 from which addresses are given out for the public net."""

_CLOSED_V6 = tuple(
    IPv6Network(each)
    for each in (
        "2001::/23",  # protocol assignments, Teredo among them: it tunnels to an IPv4 address
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4: an IPv4 address inside, by way of somebody's relay
        "2620:4f:8000::/48",  # AS112
        "3fff::/20",  # documentation
    )
)

_TRANSLATED = IPv6Network("64:ff9b::/96")
"""NAT64 (RFC 6052): the last 32 bits are the IPv4 address that is really reached."""


def is_public(address: Address) -> bool:
    """Whether the address belongs to somebody on the public net; of mapped and translated ones, whether the IPv4 inside does."""
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _CLOSED_V4)
    if address.ipv4_mapped is not None:
        return is_public(address.ipv4_mapped)
    if address in _TRANSLATED:
        return is_public(IPv4Address(int(address) & 0xFFFFFFFF))
    return address in _OPEN_V6 and not any(address in network for network in _CLOSED_V6)


@dataclass(frozen=True, slots=True)
class Policy:
    """Where requests may go: to public addresses, and to those that somebody named on purpose (``FEEDS_ALLOW``)."""

    named: tuple[Network, ...] = ()

    def permits(self, address: Address) -> bool:
        """Whether a connection to the address may be made."""
        return is_public(address) or any(address in network for network in self.named)

    def permits_any_port(self, host: str) -> bool:
        """Whether ``host`` is written as an address that was named: then on whatever port."""
        try:
            address = ip_address(host)
        except ValueError:
            return False
        return any(address in network for network in self.named)


def policy(named: Iterable[str]) -> Policy:
    """The policy that also permits these addresses and networks (``127.0.0.2``, ``10.1.0.0/16``).

    Raises:
        ValueError: one is neither.
    """
    return Policy(tuple(ip_network(each) for each in named))
