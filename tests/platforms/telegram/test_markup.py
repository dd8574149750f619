"""Styled text: escaped, counted and cut as Telegram does."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.dossier.markdown import Span
from bot.platforms.telegram.render import BOLD, ITALIC, QUOTE, Run, html, length, link, plain, run, runs, split, trim
from tests.platforms.telegram.oracle import needs_tdlib, parsed_by_telegram
from tests.servers.telegram_markup import parsed
from tests.servers.telegram_markup import units as units_of_telegram

STYLES = [
    (),
    (BOLD,),
    (ITALIC,),
    (BOLD, ITALIC),
    (QUOTE,),
    (QUOTE, BOLD),
    (QUOTE, link('https://a.example/?a=1&b="<2>')),
]
RUNS = st.lists(st.builds(lambda text, styles: run(text, *styles), st.text(max_size=60), st.sampled_from(STYLES)))


class TestHtml:
    """Whatever a text holds, its HTML is valid and says the same."""

    @pytest.mark.parametrize(
        ("given", "expected"),
        [
            ([Run('a < b & c > "d"')], "a &lt; b &amp; c &gt; &quot;d&quot;"),
            ([Run("bold", (BOLD,)), Run(" both", (BOLD, ITALIC))], "<b>bold<i> both</i></b>"),
            (
                [Run("x", (QUOTE,)), Run("\n"), Run("y", (QUOTE,))],
                "<blockquote>x</blockquote>\n<blockquote>y</blockquote>",
            ),
            (
                [Run("page", (link('https://a.example/?b=1&c="2"'),))],
                '<a href="https://a.example/?b=1&amp;c=&quot;2&quot;">page</a>',
            ),
            ([Run("", (BOLD,)), Run("a")], "a"),
        ],
        ids=["escaped", "nested", "two quotations", "link", "nothing"],
    )
    def test_is(self, given: list[Run], expected: str) -> None:
        """By example."""
        assert html(given) == expected

    @given(RUNS)
    def test_of_anything_is_valid_and_loses_nothing(self, text: list[Run]) -> None:
        """By the documented grammar: parsed, it is the plain text again."""
        assert parsed(html(text)) == plain(text)

    @needs_tdlib
    @given(RUNS)
    def test_of_anything_is_valid_to_telegram_itself(self, text: list[Run]) -> None:
        """Telegram trims spaces at the ends, no more."""
        words = plain(text)
        if words.strip():
            assert parsed_by_telegram(html(text)).split() == "".join(words).split()

    @pytest.mark.parametrize("unseen", ["\x00", "\x1b", "\u202e", "\u2066", "\x7f", "\ud800"])
    def test_what_nobody_can_see_is_left_out(self, unseen: str) -> None:
        """Control characters, and marks that would turn the rest of the message around."""
        assert html([run(f"a{unseen}b", BOLD)]) == "<b>ab</b>"

    def test_spans_keep_their_styles(self) -> None:
        """Inside whatever stands around them."""
        spans = (Span("a", bold=True), Span("b", italic=True), Span("c", url="https://a.example"))
        assert html(runs(spans, QUOTE)) == (
            '<blockquote><b>a</b><i>b</i><a href="https://a.example">c</a></blockquote>'
        )


class TestLength:
    """Counted in UTF-16 units after parsing (core.telegram.org/bots/api#messageentity)."""

    @given(RUNS)
    def test_is_that_of_the_parsed_text(self, text: list[Run]) -> None:
        """Tags and escapes count nothing."""
        assert length(text) == units_of_telegram(parsed(html(text)))


class TestSplit:
    """A text is cut where it does no harm."""

    @given(RUNS, st.integers(0, 200))
    def test_both_parts_make_the_whole(self, text: list[Run], limit: int) -> None:
        """Nothing is lost, the first part fits, and both are valid."""
        head, rest = split(text, limit)
        assert plain(head) + plain(rest) == plain(text)
        assert length(head) <= limit
        assert parsed(html(head)) == plain(head)
        assert parsed(html(rest)) == plain(rest)

    @given(RUNS, st.integers(1, 200))
    def test_goes_as_far_as_it_can(self, text: list[Run], limit: int) -> None:
        """At least half of what would fit is used, unless it all fits."""
        head, rest = split(text, limit)
        assert not plain(rest) or length(head) >= limit // 2 - 1

    def test_is_between_words(self) -> None:
        """Rather than inside one."""
        head, rest = split([Run("one two three", (BOLD,))], 10)
        assert (plain(head), plain(rest)) == ("one two ", "three")

    def test_is_never_inside_a_character(self) -> None:
        """An emoji is two units, and stays whole."""
        head, _ = split([Run("👥👥")], 3)
        assert plain(head) == "👥"


class TestTrim:
    """A text too long is shortened so that one sees it."""

    @given(RUNS, st.integers(1, 200))
    def test_fits(self, text: list[Run], limit: int) -> None:
        """And ends in an ellipsis only where something is missing."""
        trimmed = trim(text, limit)
        assert length(trimmed) <= limit
        assert plain(trimmed) == plain(text) or plain(trimmed).endswith("…")
