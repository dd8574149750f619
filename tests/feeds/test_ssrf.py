"""No request reaches an address that is not public: which addresses are, and URLs that are refused before a connection."""

import sys
from ipaddress import IPv4Address, IPv6Address, ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.feeds.ssrf import Forbidden, is_public, loses_protection, policy, target
from tests.tables import table

PUBLIC = policy([])

CLOSED = [
    "0.0.0.0", "10.0.0.1", "100.64.0.1", "100.100.100.200", "127.0.0.1", "127.255.255.254", "168.63.129.16",
    "169.254.169.254", "169.254.170.2", "172.16.0.1", "172.31.255.255", "192.0.0.192", "192.0.2.1", "192.88.99.1",
    "192.168.1.1", "198.18.0.1", "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.250", "240.0.0.1",
    "255.255.255.255", "::", "::1", "fe80::1", "fe80::1%eth0", "fc00::1", "fd00:ec2::254", "fec0::1", "ff02::1",
    "100::1", "2001:db8::1", "3fff::1", "5f00::1", "4000::1",
]  # fmt: skip
"""Private, loopback, link-local, metadata, multicast, documentation, unspecified, never given out."""

DISGUISED = [
    "http://2130706433/", "http://0x7f000001/", "http://0X7F.1/", "http://017700000001/", "http://0177.0.0.1/",
    "http://127.1/", "http://127.0.0.1./", "http://127.0.0.01/", "http://0/", "http://１２７.0.0.1/",
    "http://127。0。0。1/", "http://①②⑦.0.0.1/", "http://[::ffff:10.0.0.1]/", "http://[::ffff:a00:1]/",
    "http://[0:0:0:0:0:ffff:7f00:1]/", "http://[::]/", "http://[fe80::1%25lo]/",
    "http://169.254.169.254/latest/meta-data/", "http://0x8.8.8.8/", "http://127.0.0.1.:80/",
    "http://[::ffff:7f00:1]/", "http://[::127.0.0.1]/", "http://[64:ff9b::a9fe:a9fe]/", "http://[2002:7f00:1::]/",
    "http://[2001:0:7f00:1::1]/", "http://[::1]:443/", "http://127.0.0.1%2f@8.8.8.8/", "http://0x7f.0x0.0x0.0x1/",
    "http://0o177.0.0.1/", "http://3232235777/", "http://000000.0.0.0/", "http://127.0.0.1%00.example/",
    "http://localhost%23.example/", "http://a..example/", "http://.example/",
]  # fmt: skip
DISGUISED += [
    "http://127.0.0.1\x00.example/",
    "http://a b.example/",
    f"http://{'a' * 64}.example/",
    f"http://{'a.' * 130}example/",
    "http://\u2460\u2461\u2466.\u24ea.\u24ea.\u2460/",
]
"""Addresses that are not public in decimal, octal, hexadecimal, short, full-width or bracketed spelling, and names that are none."""


class TestPublic:
    """An address that belongs to somebody on the public net."""

    @table("address")
    def test_is_reached(self, address: str) -> None:
        """Ordinary hosts.

        8.8.8.8
        93.184.216.34
        172.32.0.1
        100.128.0.1
        2001:4860:4860::8888
        2a02:6b8::1
        """
        assert is_public(ip_address(address))

    @pytest.mark.parametrize("address", CLOSED)
    def test_is_not_reached(self, address: str) -> None:
        assert not is_public(ip_address(address))

    @table("address, public")
    def test_ipv4_inside_ipv6_counts_as_itself(self, address: str, public: bool) -> None:
        """Mapped and NAT64 by what is inside; 6to4, Teredo and compatible ones lead through tunnels: never.

        ::ffff:10.0.0.1 | false
        ::ffff:169.254.169.254 | false
        ::ffff:8.8.8.8 | true
        64:ff9b::10.0.0.1 | false
        64:ff9b::127.0.0.1 | false
        64:ff9b::8.8.8.8 | true
        64:ff9b:1::8.8.8.8 | false
        2002:0a00:0001::1 | false
        2002:0808:0808::1 | false
        2001:0:4136:e378:8000:63bf:3fff:fdd2 | false
        ::10.0.0.1 | false
        ::8.8.8.8 | false
        """
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


class TestSpelling:
    """An address in disguise is still not public; one that only some resolvers would read is not asked for at all."""

    @pytest.mark.parametrize("url", DISGUISED)
    def test_refused(self, url: str) -> None:
        with pytest.raises(Forbidden, match="address"):
            target(url, PUBLIC)

    @pytest.mark.parametrize("url", ["https://8.8.8.8/", "http://[2001:4860:4860::8888]/x", "https://4.example/"])
    def test_plain_ones_pass(self, url: str) -> None:
        """Canonical public addresses, and names that merely hold digits."""
        assert target(url, PUBLIC).port in (80, 443)


class TestParts:
    """Only what a feed needs."""

    @pytest.mark.parametrize(
        ("url", "why"),
        [
            ("ftp://x.example/", "only http and https"),
            ("file:///etc/passwd", "only http and https"),
            ("gopher://x.example:80/", "only http and https"),
            ("/feed.xml", "only http and https"),
            ("http:///x", "not an address|no host"),
            ("http://user:secret@x.example/", "name or password"),
            ("http://x.example:22/", "port 22"),
            ("http://x.example:8080/", "port 8080"),
            ("http://x.example:99999/", "not an address"),
            ("http://x.example/" + "a" * 3000, "over 2,048"),
        ],
    )
    def test_refused(self, url: str, why: str) -> None:
        """Schemes, credentials, ports, length; the reason never repeats a secret."""
        with pytest.raises(Forbidden, match=why) as caught:
            target(url, PUBLIC)
        assert "secret" not in str(caught.value)

    def test_port_that_the_feed_names(self) -> None:
        """Its own, and no other."""
        assert target("https://x.example:8443/", PUBLIC, feed_port=8443).port == 8443
        with pytest.raises(Forbidden, match="port 8444"):
            target("https://x.example:8444/", PUBLIC, feed_port=8443)

    def test_international_name(self) -> None:
        """As it goes on the line."""
        assert target("https://пример.example/", PUBLIC).host == "xn--e1afmkfd.example"


def test_from_https_to_http() -> None:
    """Protection is lost that way alone."""
    secure, plain = target("https://a.example/", PUBLIC), target("http://a.example/", PUBLIC)
    assert loses_protection(secure, plain)
    assert not any(loses_protection(*way) for way in ((plain, secure), (plain, plain), (secure, secure)))
