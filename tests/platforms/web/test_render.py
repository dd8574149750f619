"""What the page makes of a platform's payload."""

import html
import json
import re
from collections.abc import Mapping
from typing import Any

import pytest

from bot.platforms.web.app_markup import pretty_json
from bot.platforms.web.preview import Preview, preview_page

Payload = Mapping[str, Any]
EVIL = '"><script>alert(1)</script>{{7*7}}'


async def shown(preview: Preview, platform: str, payload: Payload) -> str:
    """The page where the platform would be sent this payload for whatever is asked."""
    preview.payloads = {platform: lambda _reply: payload}
    room = preview.rooms.enter(None)
    await preview.hear(room, "/fare")
    return " ".join((await preview_page(preview, room, "auto")).split())


class TestTelegram:
    """A message with its inline keyboard."""

    async def test_html_is_shown_as_html_and_plain_text_as_text(self, preview: Preview) -> None:
        """By parse_mode."""
        assert "<b>x</b>" in await shown(preview, "telegram", {"text": "<b>x</b>", "parse_mode": "HTML"})
        assert '<div class="words">&lt;b&gt;x&lt;/b&gt;</div>' in await shown(preview, "telegram", {"text": "<b>x</b>"})

    async def test_photo_shows_its_caption(self, preview: Preview) -> None:
        """Where there is no text."""
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


class TestDiscord:
    """A message with embeds or the newer components."""

    async def test_embed_with_everything(self, preview: Preview) -> None:
        """The colour is the payload's."""
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
        """And for whom it is."""
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
        """Components V2 (components/reference)."""
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
        """The payload behind it has it all."""
        assert "Nota" in await shown(preview, "discord", payload)


class TestHostile:
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
        """In every place that a payload fills."""
        page = (await shown(preview, platform, payload)).split("<body>")[1]
        assert "<script" not in page
        assert ">49<" not in page

    async def test_link_to_a_script_is_no_link(self, preview: Preview) -> None:
        """Only addresses of the web may be pressed."""
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
        """Its signs coloured, none changed."""
        payload = {"text": 'a "q" \\ <b>: 1', "n": [1, -2.5, True, None], "é": {"k": "v: 1"}}
        shown = str(pretty_json(payload))
        assert json.loads(html.unescape(re.sub(r"</?span[^>]*>", "", shown))) == payload
        assert shown.count('class="json-key"') == 4
        assert "<b>" not in shown
