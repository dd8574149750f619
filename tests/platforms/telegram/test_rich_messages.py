"""Rich messages as text (core.telegram.org/bots/api#richmessage)."""

from typing import Any

import pytest

from bot.platforms.telegram.rich_messages import MAX_CHARACTERS, text_of


def paragraph(text: Any) -> dict[str, Any]:
    return {"type": "paragraph", "text": text}


def quoted(block: dict[str, Any], times: int) -> dict[str, Any]:
    """The block in so many lists and quotations."""
    for _ in range(times):
        block = {"type": "list", "items": [{"label": "•", "blocks": [block]}]}
    return block


class TestText:
    """What a reader sees of it as words, a block a line."""

    @pytest.mark.parametrize(
        ("block", "text"),
        [
            (paragraph(["a ", {"type": "bold", "text": ["b", {"type": "italic", "text": "c"}]}]), "a bc"),
            (paragraph(["to ", {"type": "custom_emoji", "custom_emoji_id": "1", "alternative_text": "🚢"}]), "to 🚢"),
            (paragraph([{"type": "strikethrough", "text": ["b", {"type": "bold", "text": "c"}]}, "d"]), "~~bc~~d"),
            (paragraph(["x", {"type": "anchor", "name": "top"}, {"type": "button", "button": {"text": "Open"}}]), "x"),
            ({"type": "heading", "text": "News", "size": 2}, "News"),
            ({"type": "mathematical_expression", "expression": "1+1"}, "1+1"),
            (quoted(paragraph("item"), 1), "item"),
            ({"type": "blockquote", "blocks": [paragraph("said")], "credit": "Somebody"}, "said"),
            ({"type": "expandable_blockquote", "text": "said"}, "said"),
            ({"type": "expandable_blockquote", "blocks": [paragraph("said")]}, "said"),
            ({"type": "details", "summary": "More", "blocks": [paragraph("here")]}, "More\nhere"),
            ({"type": "table", "cells": [[{"text": "Fare"}, {}, {"text": "5,000"}], [{}]]}, "Fare, 5,000"),
            ({"type": "photo", "photo": [], "caption": {"text": "A pier", "credit": "Somebody"}}, "A pier"),
            ({"type": "collage", "blocks": [{"type": "photo", "caption": {"text": "A pier"}}]}, "A pier"),
        ],
    )
    def test_block(self, block: dict[str, Any], text: str) -> None:
        assert text_of({"blocks": [block]}) == text

    @pytest.mark.parametrize(
        "block",
        [
            {"type": "divider"},
            {"type": "thinking", "text": "hm"},
            {"type": "hologram", "text": "hm", "blocks": [paragraph("hm")]},
            {"type": "table", "cells": 5},
            {"type": "list", "items": [5, {"blocks": {"type": "paragraph"}}]},
            {"type": ["paragraph"], "text": "hm"},
            paragraph(5),
            paragraph(None),
            "hm",
        ],
    )
    def test_what_it_does_not_know_is_skipped(self, block: Any) -> None:
        assert text_of({"blocks": [block, paragraph("read")]}) == "read"

    @pytest.mark.parametrize("value", [None, 5, "text", [], {"file_id": "1"}, {"blocks": 5}])
    def test_no_rich_message(self, value: Any) -> None:
        assert text_of(value) == ""


class TestLimits:
    """Depth and size are bounded."""

    def test_the_deepest_that_telegram_allows(self) -> None:
        assert text_of({"blocks": [quoted(paragraph("deep"), 15)]}) == "deep"

    def test_deeper(self) -> None:
        formatted: Any = "deep"
        for _ in range(10_000):
            formatted = [formatted]
        deep = [quoted(paragraph("deep"), 10_000), paragraph(formatted)]
        assert text_of({"blocks": [*deep, paragraph("read")]}) == "read"

    def test_length(self) -> None:
        assert len(text_of({"blocks": [paragraph("word " * 1000)] * 500})) == MAX_CHARACTERS
