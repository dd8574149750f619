"""Texts become plain words, and links lose tracking parameters."""

import html
import re

import nh3
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.feeds.text import MAX_SUMMARY, MAX_TITLE, canonical, plain_text, same_page, shortened, summary_of
from tests.tables import table


class TestWords:
    """HTML and what pretends to be plain."""

    @table("text, words")
    def test_html(self, text: str, words: str) -> None:
        r"""Tags out, entities read, nothing hidden.

        <p>One</p><p>two<br>three</p> | One two three
        a<b>b</b>c | abc
        R&amp;D &lt; 5 &euro; | R&D < 5 €
        <script>alert(1)</script>x<style>p{}</style> | x
        <img src=x onerror=alert(1)>x | x
        &lt;b&gt;twice&lt;/b&gt; packed &amp;amp; sent | twice packed & sent
        <a href='javascript:alert(1)'>link</a> | link
        <!-- hidden -->seen<!DOCTYPE x> | seen
        broken <b unclosed | broken
        "non\u00a0breaking\n\tspaces" | non breaking spaces
        "x\u202ey\u2066z\u200b\u00adw\u0007" | xyzw
        "👩\u200d🚀 rises" | "👩\u200d🚀 rises"
        safe<object data='x'> words in its stead</object> | safe words in its stead
        "" | ""
        """
        assert plain_text(text) == words

    @table("text, words")
    def test_plain(self, text: str, words: str) -> None:
        """Signs stay signs; tags that were called plain go all the same.

        a < b and c > d | a < b and c > d
        x <3 y | x <3 y
        AT&amp;T | AT&T
        <b>not plain</b> at all | not plain at all
        R&D; now | R&D; now
        """
        assert plain_text(text) == words

    @given(st.text(st.sampled_from("<>&;/ab\"'!-=scriptlt#60\u202e\x00 "), max_size=80))
    def test_no_tag_survives(self, text: str) -> None:
        """Whatever is thrown together, packed or not."""
        for given_text in (text, html.escape(text)):
            words = plain_text(given_text)
            assert not nh3.is_html(words)
            assert not re.search(r"[\x00-\x1f\u202e]", words)

    @pytest.mark.parametrize("times", range(8))
    def test_packed_over_and_over(self, times: int) -> None:
        """However often a tag was written out, none comes out in the end."""
        text = "<script>alert(1)</script><b>seen</b>"
        for _ in range(times):
            text = html.escape(text)
        assert not nh3.is_html(plain_text(text))
        assert "seen" in plain_text(text)


class TestLengths:
    """At most a headline and one line: a pointer, not a copy."""

    def test_title_is_cut_between_words(self) -> None:
        """With an ellipsis."""
        title = shortened("word " * 60)
        assert len(title) <= MAX_TITLE
        assert title.endswith("word…")

    def test_line_ends_with_a_sentence_where_it_can(self) -> None:
        """If that fills half of the space."""
        words = "The first sentence is a fairly long one, so that it fills more than half of the space there is for a line. "
        assert summary_of(words + "second " * 40, "Title") == words.strip()

    def test_line_does_not_repeat_the_headline(self) -> None:
        """Many publishers begin with it."""
        assert summary_of("Ferry sails - on time", "Ferry sails") == "on time"
        assert summary_of("Ferry sails", "Ferry sails") == ""

    @given(st.text(max_size=600), st.text(max_size=40))
    def test_never_longer(self, words: str, title: str) -> None:
        """Not by a sign."""
        assert len(shortened(words)) <= MAX_TITLE
        assert len(summary_of(words, title)) <= MAX_SUMMARY


class TestCanonical:
    """One spelling for one page."""

    @table("link, clean")
    def test_spelling(self, link: str, clean: str) -> None:
        r"""Host in lower case, no default port, no tracking, no fragment, no credentials.

        https://A.Example/Path | https://a.example/Path
        https://a.example | https://a.example/
        https://a.example:443/x | https://a.example/x
        http://a.example:8080/x | http://a.example:8080/x
        https://a.example/x?utm_source=rss&id=3&fbclid=Y#top | https://a.example/x?id=3
        https://a.example/x?UTM_Medium=a | https://a.example/x
        https://a.example/x?a=%D0%B0&b=c+d | https://a.example/x?a=%D0%B0&b=c+d
        https://a.example/#!/page | https://a.example/#!/page
        //a.example/x | https://a.example/x
        x?y=1 | https://base.example/dir/x?y=1
        " https://a.example/x\n" | https://a.example/x
        https://user:secret@a.example/x | https://a.example/x
        https://a.example/"<b> | https://a.example/%22%3Cb%3E
        https://[2001:db8::1]/x | https://[2001:db8::1]/x
        "https://a.example/\u202egpj?a=\u200b" | https://a.example/%E2%80%AEgpj?a=%E2%80%8B
        "https://a.example/\ud800" | https://a.example/%3F
        """
        assert canonical(link, "https://base.example/dir/feed") == clean

    @table("link")
    def test_no_page(self, link: str) -> None:
        r"""Other schemes, no host, no sense.

        javascript:alert(1)
        data:text/html,x
        mailto:a@b.example
        ftp://a.example/
        https://
        http://[x/
        "http://a.e\u0010xample/"
        "http://a.\u202eelpmaxe/"
        ""
        """
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
