"""Links lead to the page, and tell nobody who followed them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.feeds.text import canonical, same_page


class TestCanonical:
    """One spelling for one page."""

    @pytest.mark.parametrize(
        ("link", "clean"),
        [
            ("https://A.Example/Path", "https://a.example/Path"),
            ("https://a.example", "https://a.example/"),
            ("https://a.example:443/x", "https://a.example/x"),
            ("http://a.example:8080/x", "http://a.example:8080/x"),
            ("https://a.example/x?utm_source=rss&id=3&fbclid=Y#top", "https://a.example/x?id=3"),
            ("https://a.example/x?UTM_Medium=a", "https://a.example/x"),
            ("https://a.example/x?a=%D0%B0&b=c+d", "https://a.example/x?a=%D0%B0&b=c+d"),
            ("https://a.example/#!/page", "https://a.example/#!/page"),
            ("//a.example/x", "https://a.example/x"),
            ("x?y=1", "https://base.example/dir/x?y=1"),
            (" https://a.example/x\n", "https://a.example/x"),
            ("https://user:secret@a.example/x", "https://a.example/x"),
            ('https://a.example/"<b>', "https://a.example/%22%3Cb%3E"),
            ("https://[2001:db8::1]/x", "https://[2001:db8::1]/x"),
            ("https://a.example/\u202egpj?a=\u200b", "https://a.example/%E2%80%AEgpj?a=%E2%80%8B"),
            ("https://a.example/\ud800", "https://a.example/%3F"),
        ],
    )
    def test_spelling(self, link: str, clean: str) -> None:
        """Host in lower case, no default port, no tracking, no fragment, no credentials."""
        assert canonical(link, "https://base.example/dir/feed") == clean

    @pytest.mark.parametrize(
        "link",
        [
            "javascript:alert(1)",
            "data:text/html,x",
            "mailto:a@b.example",
            "ftp://a.example/",
            "https://",
            "http://[x/",
            "http://a.e\x10xample/",
            "http://a.\u202eelpmaxe/",
            "",
        ],
    )
    def test_no_page(self, link: str) -> None:
        """Other schemes, no host, no sense."""
        assert canonical(link) is None

    def test_too_long(self) -> None:
        """No page's address is a thousand characters long."""
        assert canonical("https://a.example/" + "x" * 1000) is None

    @given(st.text(max_size=60))
    def test_anything(self, text: str) -> None:
        """A link to the web or none; canonical again is the same."""
        for link in (canonical(text), canonical(f"https://a.example/{text}"), canonical(text, "https://a.example/b")):
            if link is not None:
                assert link.startswith(("https://", "http://"))
                assert not set(link) & set(' <>"\\\n\r\t')
                assert canonical(link) == link


class TestSamePage:
    """What differs between two links to one page."""

    def test_same(self) -> None:
        """Scheme, www., last slash, order of parameters."""
        assert same_page("https://www.a.example/x/?b=2&a=1") == same_page("http://a.example/x?a=1&b=2")

    def test_other(self) -> None:
        """Path and parameters count."""
        assert len({same_page(f"https://a.example/{each}") for each in ("x", "y", "x?id=1", "x?id=2", "X")}) == 5
