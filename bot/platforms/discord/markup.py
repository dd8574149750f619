"""Styled text as Discord's Markdown. PURE.

Discord reads a backslash before any sign as that sign itself. What begins a heading, a quotation, a list or small type
does so at the start of a line only.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import groupby

from bot.dossier.text import Span, Spans

SMALL = "-# "
"""Begins a line in small type."""

_ADDRESS = re.compile(r"(https?://\S+)")
_SIGNS = re.compile(r"([\\*_~`|\[\]<>@])")
_LINE_START = re.compile(r"^(\s*)([#+-]|\d+(?=[.)]))", re.MULTILINE)
_UNSEEN_RANGES = (range(0x09), range(0x0B, 0x20), range(0x7F, 0xA0), range(0x202A, 0x202F), range(0x2066, 0x206A))
_UNSEEN = dict.fromkeys(code for codes in (*_UNSEEN_RANGES, range(0xD800, 0xE000), (0xFFFE, 0xFFFF)) for code in codes)
"""Control characters, the marks that turn the direction of writing around, and halves of surrogate pairs."""

_NOTHING = "\u200b"
"""A space of no width: keeps the signs of two styles apart."""


def seen(text: str) -> str:
    """The text without what nobody can see and what could turn the rest around."""
    return text.translate(_UNSEEN)


def escaped(text: str) -> str:
    """The text as Discord shows it letter by letter; addresses stay whole."""
    parts = _ADDRESS.split(seen(text))
    return "".join(part if index % 2 else _escaped(part) for index, part in enumerate(parts))


def _escaped(text: str) -> str:
    return _LINE_START.sub(_start, _SIGNS.sub(r"\\\1", text))


def _start(match: re.Match[str]) -> str:
    space, sign = match.groups()
    return f"{space}{sign}\\" if sign.isdigit() else f"{space}\\{sign}"


def markdown(spans: Spans) -> str:
    """The spans as Markdown, those of one style run together."""
    text = ""
    for piece in _pieces(spans):
        text += _NOTHING + piece if text.endswith("*") and piece.startswith("*") else piece
    return text


def link(words: str, url: str) -> str:
    """A link; words that themselves look like an address would not be one, so the address stands alone."""
    if _ADDRESS.match(words):
        return url
    return f"[{escaped(words)}]({url.replace('(', '%28').replace(')', '%29')})"


def small(text: str) -> str:
    """Every line of it in small type."""
    return "\n".join(f"{SMALL}{line}" for line in text.split("\n") if line.strip())


def _pieces(spans: Spans) -> Iterator[str]:
    for style, group in groupby(spans, key=lambda span: replace(span, text="")):
        yield _styled("".join(span.text for span in group), style)


def _styled(text: str, style: Span) -> str:
    """The words in their style's signs, the space around them outside."""
    words = text.strip()
    if not words:
        return text
    signs = "**" * style.bold + "*" * style.italic
    inner = link(words, style.url) if style.url else escaped(words)
    start = text.index(words)
    return f"{text[:start]}{signs}{inner}{signs}{text[start + len(words) :]}"
