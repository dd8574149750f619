"""URLs that are refused before a connection is made."""

import pytest

from bot.feeds.ssrf import Forbidden, loses_protection, policy, target

PUBLIC = policy([])


class TestSpelling:
    """An address in disguise is still not public; one that only some resolvers would read is not asked for at all."""

    @pytest.mark.parametrize(
        "url",
        [
            "http://2130706433/",
            "http://0x7f000001/",
            "http://0X7F.1/",
            "http://017700000001/",
            "http://0177.0.0.1/",
            "http://127.1/",
            "http://127.0.0.1./",
            "http://127.0.0.01/",
            "http://0/",
            "http://１２７.0.0.1/",
            "http://127。0。0。1/",
            "http://①②⑦.0.0.1/",
            "http://[::ffff:10.0.0.1]/",
            "http://[::ffff:a00:1]/",
            "http://[0:0:0:0:0:ffff:7f00:1]/",
            "http://[::]/",
            "http://[fe80::1%25lo]/",
            "http://169.254.169.254/latest/meta-data/",
            "http://0x8.8.8.8/",
            "http://127.0.0.1.:80/",
            "http://[::ffff:7f00:1]/",
            "http://[::127.0.0.1]/",
            "http://[64:ff9b::a9fe:a9fe]/",
            "http://[2002:7f00:1::]/",
            "http://[2001:0:7f00:1::1]/",
            "http://[::1]:443/",
            "http://127.0.0.1%2f@8.8.8.8/",
            "http://0x7f.0x0.0x0.0x1/",
            "http://0o177.0.0.1/",
            "http://3232235777/",
            "http://000000.0.0.0/",
            "http://127.0.0.1%00.example/",
            "http://127.0.0.1\x00.example/",
            "http://localhost%23.example/",
            "http://a b.example/",
            "http://a..example/",
            "http://.example/",
            f"http://{'a' * 64}.example/",
            f"http://{'a.' * 130}example/",
            "http://\u2460\u2461\u2466.\u24ea.\u24ea.\u2460/",
        ],
    )
    def test_refused(self, url: str) -> None:
        """Decimal, octal, hexadecimal, short, full-width, bracketed."""
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
