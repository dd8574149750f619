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

from bot.platforms import PLATFORMS
from bot.platforms.discord.look import discord_html, discord_line
from bot.platforms.email.look import linked
from bot.platforms.telegram.look import telegram_html
from bot.platforms.web.app_markup import pretty_json
from bot.platforms.web.preview import Preview, preview_page
from tests.tables import table


class TestTelegramText:
    """What Telegram formats is formatted, what it shows letter by letter is shown so."""

    @table("text, shown")
    def test_marks(self, text: str, shown: str) -> None:
        r"""Four entities have names on Telegram; the others are words.

        "<b>bold</b> <i>i</i>\na &lt; b" | "<b>bold</b> <i>i</i>\na &lt; b"
        <blockquote expandable>q</blockquote> | <blockquote expandable="">q</blockquote>
        5 &gt; 4 &amp; 3 | 5 &gt; 4 &amp; 3
        &nbsp;&copy; | &amp;nbsp;&amp;copy;
        """
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
            ('<a href="https://a.example/fare">/fare</a>', []),
        ],
    )
    def test_commands_can_be_pressed(self, text: str, commands: list[str]) -> None:
        """Where Telegram finds them: not in links or other words."""
        assert re.findall(r'<button[^>]* value="/(\w+)"', telegram_html(text)) == commands

    def test_bare_address_is_a_link(self) -> None:
        """Without the sign behind it; within a link, it is that link's words."""
        assert '<a href="https://a.example/x?y=1&amp;z=2" ' in telegram_html("(https://a.example/x?y=1&amp;z=2)")
        assert telegram_html('<a href="https://a.example">https://b.example</a>').count("<a ") == 1

    def test_a_bracket_of_a_pair_belongs_to_its_address(self) -> None:
        """In the preview of a mail, whose text has the address of a link in brackets."""
        shown = linked("the page (https://a.example/b_(c)).¹ and https://a.example/d_(e)")
        assert re.findall('href="([^"]*)"', shown) == ["https://a.example/b_(c)", "https://a.example/d_(e)"]


class TestTelegramTextIsSafe:
    """Nothing but Telegram's own tags passes, whatever a text holds."""

    @table("text")
    def test_markup_of_others_is_gone(self, text: str) -> None:
        """
        <script>alert(1)</script>
        <img src=x onerror=alert(1)>
        <b onclick="x()" style="position:fixed">b</b>
        <a href="javascript:alert(1)">a</a>
        <a href="data:text/html,x">a</a>
        <a href="/relative">a</a>
        <style>*{display:none}</style><svg onload=x><math><mtext></form>
        <span class="bar">x</span>
        """
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

    @table("text, shown")
    def test_marks(self, text: str, shown: str) -> None:
        r"""A list or small type ends with its line.

        **b** *i* ***x*** | <p><strong>b</strong> <em>i</em> <em><strong>x</strong></em></p>
        "one\ntwo" | <p>one<br>two</p>
        -# small | <small>small</small>
        "a\n-# small **b**\nc" | <p>a</p><small>small <strong>b</strong></small><p>c</p>
        "- a\n- b\nwords" | <ul><li>a</li><li>b</li></ul><p>words</p>
        "1. a\n2. b" | <ol><li>a</li><li>b</li></ol>
        "\\*as it is\\* 1\\. \\# x \\~\\~y\\~\\~ \\> \\`z\\`" | <p>*as it is* 1. # x ~~y~~ &gt; `z`</p>
        """
        assert flat(text) == shown

    def test_blank_line_is_seen(self) -> None:
        assert flat("a\n\nb\n- c") == '<p>a</p><p class="gap">b</p><ul><li>c</li></ul>'

    @pytest.mark.parametrize("text", ["[s](https://a.example/x)", "see https://a.example/x."])
    def test_links_in_each_of_their_forms(self, text: str) -> None:
        assert 'href="https://a.example/x"' in discord_html(text)

    def test_address_within_a_link_is_one_link(self) -> None:
        assert discord_html("[https://a.example](https://a.example)").count("<a ") == 1

    def test_line_has_its_inline_marks_alone(self) -> None:
        assert discord_line("# **b** <i>") == "# <strong>b</strong> &lt;i&gt;"


class TestDiscordTextIsSafe:
    """There is no HTML on Discord."""

    @table("text")
    def test_shown_as_words(self, text: str) -> None:
        r"""
        <script>alert(1)</script>
        <img src=x onerror=alert(1)>
        [a](javascript:alert(1))
        [a](data:text/html,x)
        <javascript:alert(1)>
        ![a](https://a.example/a.png)
        "```html\n</code></pre><script>\n```"
        """
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
    [record] = [each for each in PLATFORMS if each.name == platform]
    preview = replace(preview, platforms=[replace(record, payload=lambda _reply: payload)])
    chat = preview.chats.open(None)
    await preview.ask(chat, "/fare")
    return " ".join((await preview_page(preview, chat, "auto", for_editor=True, can_add_examples=False)).split())


class TestTelegramMessage:
    """A message with its inline keyboard."""

    async def test_photo_shows_its_caption(self, preview: Preview) -> None:
        assert "<i>c</i>" in await shown(preview, "telegram", {"caption": "<i>c</i>", "parse_mode": "HTML"})

    async def test_keyboard_keeps_its_rows(self, preview: Preview) -> None:
        """Buttons ask, links lead out."""
        rows = [
            [{"text": "Ask", "callback_data": "t/fare"}, {"text": "Go", "url": "https://a.example"}],
            [{"text": "Else", "callback_data": "t/pier"}],
        ]
        page = await shown(preview, "telegram", {"text": "x", "reply_markup": {"inline_keyboard": rows}})
        assert page.count('<div class="row">') == 2
        assert 'name="data" value="t/fare">Ask</button>' in page
        assert 'href="https://a.example" target="_blank" rel="noopener noreferrer">Go</a>' in page


def embedded(**embed: Any) -> Payload:
    """A message with one embed, as the renderer makes it."""
    return {"embeds": [{"title": "T", "description": "d", "color": 0x1F4E79} | embed], "components": []}


def with_parts(*parts: Mapping[str, Any]) -> Payload:
    """A message with one row of buttons, or with a menu."""
    return {**embedded(), "components": [{"type": 1, "components": list(parts)}]}


class TestDiscordMessage:
    """An embed, with buttons and menus."""

    async def test_embed_with_everything(self, preview: Preview) -> None:
        fields = [{"name": "N", "value": "**v**", "inline": False}]
        page = await shown(
            preview, "discord", embedded(title="**T**", description="-# small", fields=fields, footer={"text": "**F**"})
        )
        for part in ("<strong>T</strong></p>", "<small>small</small>", "<strong>v</strong>", "**F**"):
            assert part in page
        assert 'fill="#1f4e79"' in page

    async def test_buttons(self, preview: Preview) -> None:
        page = await shown(
            preview,
            "discord",
            with_parts(
                {"type": 2, "style": 1, "label": "Ask", "custom_id": "t/fare"},
                {"type": 2, "style": 5, "label": "Go", "url": "https://a.example"},
            ),
        )
        assert 'class="press style-1" name="data" value="t/fare"' in page
        assert 'href="https://a.example"' in page

    @pytest.mark.parametrize(("chosen", "closed"), [(True, "Two"), (False, "Choose…")])
    async def test_menu(self, preview: Preview, chosen: bool, closed: str) -> None:
        """Its options ask; the chosen one is shown closed."""
        options = [{"label": "One", "value": "t/one"}, {"label": "Two", "value": "t/two", "default": chosen}]
        page = await shown(preview, "discord", with_parts({"type": 3, "placeholder": "Choose…", "options": options}))
        assert f"<summary>{closed}</summary>" in page
        assert 'name="data" value="t/one"' in page


class TestHostilePayload:
    """Nothing in a payload reaches the page unescaped."""

    @pytest.mark.parametrize(
        ("platform", "payload"),
        [
            ("telegram", {"text": EVIL, "parse_mode": "HTML"}),
            ("telegram", {"text": "x", "reply_markup": {"inline_keyboard": [[{"text": EVIL, "callback_data": EVIL}]]}}),
            ("telegram", {"text": "x", "reply_markup": {"inline_keyboard": [[{"text": EVIL, "url": EVIL}]]}}),
            ("discord", embedded(title=EVIL, description=EVIL)),
            ("discord", embedded(fields=[{"name": EVIL, "value": EVIL}], footer={"text": EVIL})),
            ("discord", with_parts({"type": 2, "style": 2, "label": EVIL, "custom_id": EVIL})),
            ("discord", with_parts({"type": 3, "placeholder": EVIL, "options": [{"label": EVIL, "value": EVIL}]})),
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
        button = {"type": 2, "style": 5, "label": "x", "url": "data:text/html,x"}
        page = await shown(preview, "discord", with_parts(button))
        assert 'href="data' not in page


class TestPrettyJson:
    """The payload, to be read."""

    def test_is_the_very_json(self) -> None:
        payload = {"text": 'a "q" \\ <b>: 1', "n": [1, -2.5, True, None], "é": {"k": "v: 1"}}
        shown = str(pretty_json(payload))
        assert json.loads(html.unescape(re.sub(r"</?span[^>]*>", "", shown))) == payload
        assert shown.count('class="json-key"') == 4
        assert "<b>" not in shown
