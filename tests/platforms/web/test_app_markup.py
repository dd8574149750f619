"""What the preview makes of Telegram's HTML, of Discord's Markdown, and of whole payloads."""

import html
import json
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.platforms.web.app_markup import discord_html, discord_line, pretty_json, telegram_html
from bot.platforms.web.preview import Preview, preview_page


class TestTelegramText:
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
        assert telegram_html(text) == shown

    def test_link_opens_apart_and_says_nothing_of_us(self) -> None:
        shown = telegram_html('<a href="https://a.example/?x=1&amp;y=2">s</a>')
        assert 'href="https://a.example/?x=1&amp;y=2"' in shown
        assert 'target="_blank"' in shown
        assert 'rel="noopener noreferrer"' in shown

    def test_line_break_behind_a_quotation_ends_it(self) -> None:
        """One blank line stays between the quotation and what follows."""
        assert telegram_html("a\n\n<blockquote>q</blockquote>\n\nb") == "a\n\n<blockquote>q</blockquote>\nb"

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
        assert re.findall(r'<button[^>]* value="/(\w+)"', telegram_html(text)) == commands

    def test_bare_address_is_a_link(self) -> None:
        """Without the sign behind it; within a link, it is that link's words."""
        assert '<a href="https://a.example/x?y=1&amp;z=2" ' in telegram_html("(https://a.example/x?y=1&amp;z=2)")
        assert telegram_html('<a href="https://a.example">https://b.example</a>').count("<a ") == 1


class TestTelegramTextIsSafe:
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
        shown = telegram_html(text)
        for trace in ("<script", "<img", "<style", "<svg", "onclick", "style=", "javascript:", "data:", "/rel", "bar"):
            assert trace not in shown

    def test_signs_within_an_address_stay_within_it(self) -> None:
        shown = telegram_html("<a href='https://a.example/?x=> /fare \" /help &lt;b'>x</a>")
        assert "<button" not in shown
        assert shown.count("<") == 2

    @given(st.text())
    def test_any_text_is_taken(self, text: str) -> None:
        assert "<script" not in telegram_html(text + "<script>").lower()


def flat(text: str) -> str:
    """The shown text with no line breaks of its source."""
    return discord_html(text).replace("\n", "")


class TestDiscordText:
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
        assert flat("a\n\nb\n- c") == '<p>a</p><p class="gap">b</p><ul><li>c</li></ul>'

    @pytest.mark.parametrize("text", ["[s](https://a.example/x)", "<https://a.example/x>", "see https://a.example/x."])
    def test_links_in_each_of_their_forms(self, text: str) -> None:
        assert 'href="https://a.example/x"' in discord_html(text)

    def test_address_within_a_link_is_one_link(self) -> None:
        assert discord_html("[https://a.example](https://a.example)").count("<a ") == 1

    def test_line_has_its_inline_marks_alone(self) -> None:
        assert discord_line("# **b** <i>") == "# <strong>b</strong> &lt;i&gt;"


class TestDiscordTextIsSafe:
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
        shown = discord_html(text)
        assert "<script" not in shown
        assert "<img" not in shown
        assert 'href="javascript' not in shown
        assert 'href="data' not in shown

    def test_entity_is_words(self) -> None:
        assert discord_html("&lt;b&gt;") == "<p>&amp;lt;b&amp;gt;</p>\n"

    @given(st.text(alphabet="ab \n*_~`>#-[]()<>|\\&1.:/h"))
    def test_any_text_is_taken(self, text: str) -> None:
        assert isinstance(discord_html(text), str)


Payload = Mapping[str, Any]
EVIL = '"><script>alert(1)</script>{{7*7}}'


async def shown(preview: Preview, platform: str, payload: Payload) -> str:
    """The page where the platform would be sent this payload for whatever is asked."""
    preview = replace(preview, renderers={platform: lambda _reply: payload})
    chat = preview.chats.open(None)
    await preview.ask(chat, "/fare")
    return " ".join((await preview_page(preview, chat, "auto", for_editor=True, can_add_examples=False)).split())


class TestTelegramMessage:
    """A message with its inline keyboard."""

    async def test_html_is_shown_as_html_and_plain_text_as_text(self, preview: Preview) -> None:
        assert "<b>x</b>" in await shown(preview, "telegram", {"text": "<b>x</b>", "parse_mode": "HTML"})
        assert '<div class="words">&lt;b&gt;x&lt;/b&gt;</div>' in await shown(preview, "telegram", {"text": "<b>x</b>"})

    async def test_photo_shows_its_caption(self, preview: Preview) -> None:
        assert "<i>c</i>" in await shown(preview, "telegram", {"caption": "<i>c</i>", "parse_mode": "HTML"})

    async def test_keyboard_keeps_its_rows(self, preview: Preview) -> None:
        """Buttons ask, links lead out, what we cannot do is greyed."""
        rows = [
            [{"text": "Ask", "callback_data": "t/fare"}, {"text": "Go", "url": "https://a.example"}],
            [{"text": "Pay", "pay": True, "style": "danger"}],
        ]
        page = await shown(preview, "telegram", {"text": "x", "reply_markup": {"inline_keyboard": rows}})
        assert page.count('<div class="row">') == 2
        assert 'name="data" value="t/fare">Ask</button>' in page
        assert 'href="https://a.example" target="_blank" rel="noopener noreferrer">Go</a>' in page
        assert 'class="key danger" name="data" value="" disabled>Pay' in page


class TestDiscordMessage:
    """A message with embeds or the newer components."""

    async def test_embed_with_everything(self, preview: Preview) -> None:
        embed = {
            "author": {"name": "By"},
            "title": "**T**",
            "url": "https://a.example",
            "description": "-# small",
            "color": 0x1F4E79,
            "fields": [{"name": "N", "value": "__v__", "inline": True}],
            "footer": {"text": "**F**"},
        }
        page = await shown(preview, "discord", {"content": "**C**", "embeds": [embed]})
        for part in ("<strong>C</strong>", "By", "<strong>T</strong></a>", "<small>small</small>", "<u>v</u>", "**F**"):
            assert part in page
        assert 'fill="#1f4e79"' in page
        assert "field inline" in page

    async def test_response_to_an_interaction_shows_its_message(self, preview: Preview) -> None:
        page = await shown(preview, "discord", {"type": 4, "data": {"content": "hello", "flags": 64}})
        assert "<p>hello</p>" in page
        assert "Only you can see this" in page

    async def test_buttons_and_menus(self, preview: Preview) -> None:
        """A menu's options ask; the chosen one is shown closed."""
        options = [
            {"label": "One", "value": "t/one", "emoji": {"name": "1️⃣"}},
            {"label": "Two", "value": "t/two", "description": "second", "default": True},
        ]
        buttons = [
            {"type": 2, "style": 1, "label": "Ask", "custom_id": "t/fare", "emoji": {"name": "🎫"}},
            {"type": 2, "style": 5, "label": "Go", "url": "https://a.example"},
            {"type": 2, "style": 4, "label": "Off", "custom_id": "x", "disabled": True},
        ]
        rows = [{"type": 1, "components": [{"type": 3, "options": options}]}, {"type": 1, "components": buttons}]
        page = await shown(preview, "discord", {"components": rows})
        assert "<summary>Two</summary>" in page
        assert 'name="data" value="t/one"' in page
        assert "<small>second</small>" in page
        assert 'class="press style-1" name="data" value="t/fare"' in page
        assert 'value="x" disabled>' in page
        assert 'href="https://a.example"' in page

    async def test_container_with_sections(self, preview: Preview) -> None:
        button = {"type": 2, "style": 2, "label": "Ask", "custom_id": "t/fare"}
        section = {"type": 9, "components": [{"type": 10, "content": "# T"}], "accessory": button}
        inside = [section, {"type": 14, "divider": False, "spacing": 2}, {"type": 10, "content": "words"}]
        page = await shown(
            preview, "discord", {"components": [{"type": 17, "accent_color": 255, "components": inside}]}
        )
        for part in ('fill="#0000ff"', "<h1>T</h1>", 'value="t/fare"', '<hr class="wide bare">', "<p>words</p>"):
            assert part in page

    @pytest.mark.parametrize("payload", [{}, {"components": [{"type": 99}]}, {"embeds": [{}]}])
    async def test_what_it_does_not_know_is_left_out(self, preview: Preview, payload: Payload) -> None:
        assert "Nota" in await shown(preview, "discord", payload)


class TestHostilePayload:
    """Nothing in a payload reaches the page unescaped."""

    @pytest.mark.parametrize(
        ("platform", "payload"),
        [
            ("telegram", {"text": EVIL, "parse_mode": "HTML"}),
            ("telegram", {"text": "x", "reply_markup": {"inline_keyboard": [[{"text": EVIL, "callback_data": EVIL}]]}}),
            ("telegram", {"text": "x", "reply_markup": {"inline_keyboard": [[{"text": EVIL, "url": EVIL}]]}}),
            ("discord", {"content": EVIL}),
            ("discord", {"embeds": [dict.fromkeys(("title", "url", "description"), EVIL)]}),
            ("discord", {"embeds": [{"author": {"name": EVIL}, "fields": [{"name": EVIL, "value": EVIL}]}]}),
            ("discord", {"embeds": [{"footer": {"text": EVIL}}]}),
            ("discord", {"components": [{"type": 2, "label": EVIL, "custom_id": EVIL, "emoji": {"name": EVIL}}]}),
            (
                "discord",
                {"components": [{"type": 3, "placeholder": EVIL, "options": [{"label": EVIL, "value": EVIL}]}]},
            ),
        ],
    )
    async def test_is_escaped(self, preview: Preview, platform: str, payload: Payload) -> None:
        page = (await shown(preview, platform, payload)).split("<body>")[1]
        assert "<script" not in page
        assert ">49<" not in page

    async def test_link_to_a_script_is_no_link(self, preview: Preview) -> None:
        keys = [[{"text": "x", "url": "javascript:alert(1)"}]]
        page = await shown(preview, "telegram", {"text": "x", "reply_markup": {"inline_keyboard": keys}})
        assert 'href="javascript' not in page
        embed = {"title": "t", "url": "javascript:alert(1)"}
        button = {"type": 2, "style": 5, "label": "x", "url": "data:text/html,x"}
        page = await shown(preview, "discord", {"embeds": [embed], "components": [button]})
        assert 'href="javascript' not in page
        assert 'href="data' not in page


class TestPrettyJson:
    """The payload, to be read."""

    def test_is_the_very_json(self) -> None:
        payload = {"text": 'a "q" \\ <b>: 1', "n": [1, -2.5, True, None], "é": {"k": "v: 1"}}
        shown = str(pretty_json(payload))
        assert json.loads(html.unescape(re.sub(r"</?span[^>]*>", "", shown))) == payload
        assert shown.count('class="json-key"') == 4
        assert "<b>" not in shown
