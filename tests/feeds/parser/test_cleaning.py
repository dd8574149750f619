"""Whatever a publisher writes, a reader gets plain words."""

import html
import re

import nh3
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.feeds.text import MAX_LINE, MAX_TITLE, line_of, title_of, words_of


class TestWords:
    """HTML and what pretends to be plain."""

    @pytest.mark.parametrize(
        ("text", "words"),
        [
            ("<p>One</p><p>two<br>three</p>", "One two three"),
            ("a<b>b</b>c", "abc"),
            ("R&amp;D &lt; 5 &euro;", "R&D < 5 €"),
            ("<script>alert(1)</script>x<style>p{}</style>", "x"),
            ("<img src=x onerror=alert(1)>x", "x"),
            ("&lt;b&gt;twice&lt;/b&gt; packed &amp;amp; sent", "twice packed & sent"),
            ("<a href='javascript:alert(1)'>link</a>", "link"),
            ("<!-- hidden -->seen<!DOCTYPE x>", "seen"),
            ("broken <b unclosed", "broken"),
            ("non\u00a0breaking\n\tspaces", "non breaking spaces"),
            ("x\u202ey\u2066z\u200b\u00adw\x07", "xyzw"),
            ("👩\u200d🚀 rises", "👩\u200d🚀 rises"),
            ("safe<object data='x'> words in its stead</object>", "safe words in its stead"),
            ("", ""),
        ],
    )
    def test_html(self, text: str, words: str) -> None:
        """Tags out, entities read, nothing hidden."""
        assert words_of(text, is_html=True) == words

    @pytest.mark.parametrize(
        ("text", "words"),
        [
            ("a < b and c > d", "a < b and c > d"),
            ("x <3 y", "x <3 y"),
            ("AT&amp;T", "AT&T"),
            ("<b>not plain</b> at all", "not plain at all"),
            ("R&D; now", "R&D; now"),
        ],
    )
    def test_plain(self, text: str, words: str) -> None:
        """Signs stay signs; tags that were called plain go all the same."""
        assert words_of(text, is_html=False) == words

    @given(st.text(st.sampled_from("<>&;/ab\"'!-=scriptlt#60\u202e\x00 "), max_size=80))
    def test_no_tag_survives(self, text: str) -> None:
        """Whatever is thrown together, packed or not."""
        for given_text in (text, html.escape(text)):
            words = words_of(given_text, is_html=True)
            assert not nh3.is_html(words)
            assert not re.search(r"[\x00-\x1f\u202e]", words)

    @pytest.mark.parametrize("times", range(8))
    def test_packed_over_and_over(self, times: int) -> None:
        """However often a tag was written out, none comes out in the end."""
        text = "<script>alert(1)</script><b>seen</b>"
        for _ in range(times):
            text = html.escape(text)
        assert not nh3.is_html(words_of(text, is_html=True))
        assert "seen" in words_of(text, is_html=False)


class TestLengths:
    """At most a headline and one line: a pointer, not a copy."""

    def test_title_is_cut_between_words(self) -> None:
        """With an ellipsis."""
        title = title_of("word " * 60)
        assert len(title) <= MAX_TITLE
        assert title.endswith("word…")

    def test_line_ends_with_a_sentence_where_it_can(self) -> None:
        """If that fills half of the space."""
        words = "The first sentence is a fairly long one, so that it fills more than half of the space there is for a line. "
        assert line_of(words + "second " * 40, "Title") == words.strip()

    def test_line_does_not_repeat_the_headline(self) -> None:
        """Many publishers begin with it."""
        assert line_of("Ferry sails - on time", "Ferry sails") == "on time"
        assert line_of("Ferry sails", "Ferry sails") == ""

    @given(st.text(max_size=600), st.text(max_size=40))
    def test_never_longer(self, words: str, title: str) -> None:
        """Not by a sign."""
        assert len(title_of(words)) <= MAX_TITLE
        assert len(line_of(words, title)) <= MAX_LINE
