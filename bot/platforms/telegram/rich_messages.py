"""Rich message → plain text, as much as can be read as a question or a claim. PURE.

The fields are those of core.telegram.org/bots/api#richmessage, #richblock and #richtext up to Bot API 10.5. Nota sends no rich messages.
"""

from collections.abc import Iterator
from typing import Any

MAX_CHARACTERS = 4096
"""The text is cut at this length, that of the longest plain message. A rich message may have 32,768 characters (#rich-message-limits)."""

MAX_LEVELS = 64
"""What is nested deeper is skipped. Telegram allows 16 levels of blocks and formatting; one level of a list is four of JSON."""

_BLOCKS: dict[str, tuple[str, ...]] = {
    "paragraph": ("text",),
    "heading": ("text",),
    "pre": ("text",),
    "footer": ("text",),
    "pullquote": ("text",),
    "mathematical_expression": ("expression",),
    "blockquote": ("blocks",),
    "expandable_blockquote": ("text", "blocks"),  # blocks since Bot API 10.5
    "list": ("items",),
    "details": ("summary", "blocks"),
    "collage": ("blocks", "caption"),
    "slideshow": ("blocks", "caption"),
    "table": ("caption", "cells"),
    **dict.fromkeys(("animation", "audio", "map", "photo", "video", "voice_note"), ("caption",)),
}
"""Type of block → its fields with text, in the order in which they are shown. Other types are skipped; a credit is a name, not a statement."""

_INLINE = {"custom_emoji": "alternative_text", "mathematical_expression": "expression"}
"""Type of inline element → the field with its text, if that is not ``text``. An element without the field has no text."""


def text_of(rich_message: Any) -> str:
    """The text of a message's blocks, each on a line of its own; "" if there is none, or the value is not a rich message."""
    lines: list[str] = []
    length = 0
    for line in _lines_of_blocks(rich_message, MAX_LEVELS):
        lines.append(line)
        length += len(line) + 1
        if length > MAX_CHARACTERS:
            break
    return "\n".join(lines)[:MAX_CHARACTERS]


def _lines_of_blocks(parent: Any, levels: int) -> Iterator[str]:
    for block in _list(parent, "blocks"):
        yield from _lines_of(block, levels - 1)


def _lines_of(block: Any, levels: int) -> Iterator[str]:
    if levels <= 0 or not isinstance(block, dict):
        return
    for field in _BLOCKS.get(str(block.get("type")), ()):
        match field:
            case "blocks":
                yield from _lines_of_blocks(block, levels - 1)
            case "items":
                for item in _list(block, "items"):
                    yield from _lines_of_blocks(item, levels - 2)
            case "cells":
                for row in _list(block, "cells"):
                    yield from _line(", ".join(filter(None, (_text(cell, levels - 3) for cell in _items(row)))))
            case _:
                yield from _line(_text(block.get(field), levels - 1))


def _line(text: str) -> Iterator[str]:
    if stripped := text.strip():
        yield stripped


def _text(value: Any, levels: int) -> str:
    """The characters of a rich text, what is struck out between tildes: a string, a list of rich texts, or an object with a rich text in a field."""
    if isinstance(value, str):
        return value
    if levels <= 0:
        return ""
    if isinstance(value, dict):
        text = _text(value.get(_INLINE.get(str(value.get("type")), "text")), levels - 1)
        return f"~~{text}~~" if text and value.get("type") == "strikethrough" else text
    return "".join(_text(part, levels - 1) for part in _items(value))


def _list(value: Any, field: str) -> list[Any]:
    return _items(value.get(field)) if isinstance(value, dict) else []


def _items(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
