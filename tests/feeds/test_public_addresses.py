"""Which addresses are public: IANA's special-purpose registries, IPv4 inside IPv6 included."""

import sys
from ipaddress import IPv4Address, IPv6Address, ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.feeds.ssrf import is_public, policy


class TestPublic:
    """An address that belongs to somebody on the public net."""

    @pytest.mark.parametrize(
        "address", ["8.8.8.8", "93.184.216.34", "172.32.0.1", "100.128.0.1", "2001:4860:4860::8888", "2a02:6b8::1"]
    )
    def test_is_reached(self, address: str) -> None:
        """Ordinary hosts."""
        assert is_public(ip_address(address))

    @pytest.mark.parametrize(
        "address",
        [
            "0.0.0.0",
            "10.0.0.1",
            "100.64.0.1",
            "100.100.100.200",
            "127.0.0.1",
            "127.255.255.254",
            "168.63.129.16",
            "169.254.169.254",
            "169.254.170.2",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.192",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.1.1",
            "198.18.0.1",
            "198.51.100.1",
            "203.0.113.1",
            "224.0.0.1",
            "239.255.255.250",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "fe80::1",
            "fe80::1%eth0",
            "fc00::1",
            "fd00:ec2::254",
            "fec0::1",
            "ff02::1",
            "100::1",
            "2001:db8::1",
            "3fff::1",
            "5f00::1",
            "4000::1",
        ],
    )
    def test_is_not_reached(self, address: str) -> None:
        """Private, loopback, link-local, metadata, multicast, documentation, unspecified, never given out."""
        assert not is_public(ip_address(address))

    @pytest.mark.parametrize(
        ("address", "public"),
        [
            ("::ffff:10.0.0.1", False),
            ("::ffff:169.254.169.254", False),
            ("::ffff:8.8.8.8", True),
            ("64:ff9b::10.0.0.1", False),
            ("64:ff9b::127.0.0.1", False),
            ("64:ff9b::8.8.8.8", True),
            ("64:ff9b:1::8.8.8.8", False),
            ("2002:0a00:0001::1", False),
            ("2002:0808:0808::1", False),
            ("2001:0:4136:e378:8000:63bf:3fff:fdd2", False),
            ("::10.0.0.1", False),
            ("::8.8.8.8", False),
        ],
    )
    def test_ipv4_inside_ipv6_counts_as_itself(self, address: str, public: bool) -> None:
        """Mapped and NAT64 by what is inside; 6to4, Teredo and compatible ones lead through tunnels: never."""
        assert is_public(ip_address(address)) is public

    @given(st.integers(0, 2**32 - 1).map(IPv4Address))
    def test_never_wider_than_pythons_own_view(self, address: IPv4Address) -> None:
        """Whatever Python's own tables call not global, we do not reach."""
        assert address.is_global or not is_public(address)

    @given(st.integers(0x20 << 120, (0x40 << 120) - 1).map(IPv6Address))
    @pytest.mark.skipif(sys.version_info < (3, 13), reason="older Pythons know fewer ranges")
    def test_never_wider_than_pythons_own_view_of_ipv6(self, address: IPv6Address) -> None:
        """The same for the range that addresses are given out from."""
        assert address.is_global or not is_public(address)


class TestNamed:
    """What an operator names on purpose may be reached too, and nothing beside it."""

    def test_one_address(self) -> None:
        """127.0.0.2 opens no door to 127.0.0.1."""
        named = policy(["127.0.0.2"])
        assert named.permits(ip_address("127.0.0.2"))
        assert not named.permits(ip_address("127.0.0.1"))
        assert not named.permits(ip_address("::ffff:127.0.0.2"))

    def test_a_network(self) -> None:
        """By its prefix."""
        assert policy(["10.1.0.0/16"]).permits(ip_address("10.1.2.3"))

    def test_anything_else_is_said(self) -> None:
        """A name is no address."""
        with pytest.raises(ValueError, match="localhost"):
            policy(["localhost"])
