"""Telegram's HTML as the preview shows it."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.platforms.web.app_markup import safe_telegram_html


class TestFaithful:
    """What Telegram formats is formatted, what it shows letter by letter is shown so."""

    @pytest.mark.parametrize(
        ("text", "shown"),
        [
            ("<b>bold</b> <i>i</i>\n<u>u</u> <s>s</s>", "<b>bold</b> <i>i</i>\n<u>u</u> <s>s</s>"),
            ("<code>a &lt; b</code>", "<code>a &lt; b</code>"),
            ("<tg-spoiler>x</tg-spoiler>", "<tg-spoiler>x</tg-spoiler>"),
            ('<span class="tg-spoiler">x</span>', '<span class="tg-spoiler">x</span>'),
            ("5 &gt; 4 &amp; 3", "5 &gt; 4 &amp; 3"),
            ("&nbsp;&copy;", "&amp;nbsp;&amp;copy;"),
        ],
    )
    def test_marks(self, text: str, shown: str) -> None:
        """Four entities have names on Telegram; the others are words."""
        assert safe_telegram_html(text) == shown

    def test_link_opens_apart_and_says_nothing_of_us(self) -> None:
        """The address is kept whole."""
        shown = safe_telegram_html('<a href="https://a.example/?x=1&amp;y=2">s</a>')
        assert 'href="https://a.example/?x=1&amp;y=2"' in shown
        assert 'target="_blank"' in shown
        assert 'rel="noopener noreferrer"' in shown

    def test_line_break_behind_a_quotation_ends_it(self) -> None:
        """One blank line stays between the quotation and what follows."""
        assert safe_telegram_html("a\n\n<blockquote>q</blockquote>\n\nb") == "a\n\n<blockquote>q</blockquote>\nb"

    @pytest.mark.parametrize(
        ("text", "commands"),
        [
            ("/fare and (/help), /a_1.", ["fare", "help", "a_1"]),
            ("<b>/fare</b>", ["fare"]),
            ("1/2 and/or &lt;/b&gt; @/x //x /x/y /кто /" + "x" * 65, []),
            ('<code>/fare</code> <a href="https://a.example/fare">/fare</a> <pre>/fare</pre>', []),
        ],
    )
    def test_commands_can_be_pressed(self, text: str, commands: list[str]) -> None:
        """Where Telegram finds them: not in code, links or other words."""
        assert re.findall(r'<button[^>]* value="/(\w+)"', safe_telegram_html(text)) == commands

    def test_bare_address_is_a_link(self) -> None:
        """Without the sign behind it; within a link, it is that link's words."""
        assert '<a href="https://a.example/x?y=1&amp;z=2" ' in safe_telegram_html("(https://a.example/x?y=1&amp;z=2)")
        assert safe_telegram_html('<a href="https://a.example">https://b.example</a>').count("<a ") == 1


class TestSafe:
    """Nothing but Telegram's own tags passes, whatever a text holds."""

    @pytest.mark.parametrize(
        "text",
        [
            "<script>alert(1)</script>",
            "<img src=x onerror=alert(1)>",
            '<b onclick="x()" style="position:fixed">b</b>',
            '<a href="javascript:alert(1)">a</a>',
            '<a href="data:text/html,x">a</a>',
            '<a href="/relative">a</a>',
            "<style>*{display:none}</style><svg onload=x><math><mtext></form>",
            '<span class="bar">x</span>',
        ],
    )
    def test_markup_of_others_is_gone(self, text: str) -> None:
        """Its words may stay."""
        shown = safe_telegram_html(text)
        for trace in ("<script", "<img", "<style", "<svg", "onclick", "style=", "javascript:", "data:", "/rel", "bar"):
            assert trace not in shown

    def test_signs_within_an_address_stay_within_it(self) -> None:
        """No link is made inside a tag."""
        shown = safe_telegram_html("<a href='https://a.example/?x=> /fare \" /help &lt;b'>x</a>")
        assert "<button" not in shown
        assert shown.count("<") == 2

    @given(st.text())
    def test_any_text_is_taken(self, text: str) -> None:
        """No text breaks it, and no foreign tag comes out."""
        assert "<script" not in safe_telegram_html(text + "<script>").lower()
