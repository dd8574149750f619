"""Discord's Markdown as the preview shows it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.platforms.web.app_markup import safe_discord_html, safe_line


def flat(text: str) -> str:
    """The shown text with no line breaks of its source."""
    return safe_discord_html(text).replace("\n", "")


class TestFaithful:
    """What Discord formats is formatted, line by line as there."""

    @pytest.mark.parametrize(
        ("text", "shown"),
        [
            ("**b** *i* _i_ __u__ ~~s~~", "<p><strong>b</strong> <em>i</em> <em>i</em> <u>u</u> <s>s</s></p>"),
            ("one\ntwo", "<p>one<br>two</p>"),
            ("-# small", "<small>small</small>"),
            ("a\n-# small **b**\nc", "<p>a</p><small>small <strong>b</strong></small><p>c</p>"),
            ("# big\nwords", "<h1>big</h1><p>words</p>"),
            ("- a\n- b\nwords", "<ul><li>a</li><li>b</li></ul><p>words</p>"),
            ("1. a\n2. b", "<ol><li>a</li><li>b</li></ol>"),
            ("> q\nwords", "<blockquote><p>q</p></blockquote><p>words</p>"),
            (r"\*as it is\* 1\. \# x", "<p>*as it is* 1. # x</p>"),
            ("`**code**`", "<p><code>**code**</code></p>"),
            ("```\na\n\nb\n```", "<pre><code>a\n\nb\n</code></pre>".replace("\n", "")),
        ],
    )
    def test_marks(self, text: str, shown: str) -> None:
        """Underline is two underscores; a list, a quotation or small type ends with its line."""
        assert flat(text) == shown

    def test_blank_line_is_seen(self) -> None:
        """And a mere change of kind is not one."""
        assert flat("a\n\nb\n- c") == '<p>a</p><p class="gap">b</p><ul><li>c</li></ul>'

    @pytest.mark.parametrize("text", ["[s](https://a.example/x)", "<https://a.example/x>", "see https://a.example/x."])
    def test_links_in_each_of_their_forms(self, text: str) -> None:
        """A bare address too, without the full stop behind it."""
        assert 'href="https://a.example/x"' in safe_discord_html(text)

    def test_address_within_a_link_is_one_link(self) -> None:
        """Not a link inside a link."""
        assert safe_discord_html("[https://a.example](https://a.example)").count("<a ") == 1

    def test_line_has_its_inline_marks_alone(self) -> None:
        """A title is no paragraph."""
        assert safe_line("# **b** <i>") == "# <strong>b</strong> &lt;i&gt;"


class TestSafe:
    """There is no HTML on Discord."""

    @pytest.mark.parametrize(
        "text",
        [
            "<script>alert(1)</script>",
            "<img src=x onerror=alert(1)>",
            "[a](javascript:alert(1))",
            "[a](data:text/html,x)",
            "<javascript:alert(1)>",
            "![a](https://a.example/a.png)",
            "```html\n</code></pre><script>\n```",
        ],
    )
    def test_shown_as_words(self, text: str) -> None:
        """No tag but our own, no link but to the web."""
        shown = safe_discord_html(text)
        assert "<script" not in shown
        assert "<img" not in shown
        assert 'href="javascript' not in shown
        assert 'href="data' not in shown

    def test_entity_is_words(self) -> None:
        """``&lt;`` stays what it is."""
        assert safe_discord_html("&lt;b&gt;") == "<p>&amp;lt;b&amp;gt;</p>\n"

    @given(st.text(alphabet="ab \n*_~`>#-[]()<>|\\&1.:/h"))
    def test_any_text_is_taken(self, text: str) -> None:
        """No text breaks it."""
        assert isinstance(safe_discord_html(text), str)
