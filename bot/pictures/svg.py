"""The SVG elements of pictures. PURE.

Colours and positions are attributes, never ``style``, so that a page with a strict Content-Security-Policy may inline them. Labels are ``<text>``
elements, and elements that represent values have a ``data-mark``, which tests read.
"""

from typing import Literal, NewType
from xml.sax.saxutils import escape, quoteattr

from bot.pictures.fonts import FALLBACKS, Face, TextBlock, printable

SvgMarkup = NewType("SvgMarkup", str)
Anchor = Literal["start", "middle", "end"]
Value = str | float | None

WIDTH = 1200
"""The width of a picture in its coordinates."""

CARD_HEIGHT = 675
"""The height of a title card: 16 : 9, which other sites crop least. A chart may be higher."""

_HIGH_WIDTH = 1080
"""The width in pixels of a picture that is higher than a card. At 1200 the largest takes 150 kB, which is more than an answer on Discord may have."""


def element(tag: str, *children: SvgMarkup, **attributes: Value) -> SvgMarkup:
    """An element. ``_`` in an attribute's name becomes ``-``; None leaves the attribute out."""
    present = ((name.replace("_", "-"), value) for name, value in attributes.items() if value is not None)
    head = tag + "".join(f" {name}={quoteattr(_format(value))}" for name, value in present)
    return SvgMarkup(f"<{head}>{''.join(children)}</{tag}>" if children else f"<{head}/>")


def _format(value: Value) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def document(*children: SvgMarkup, title: str, language: str, height: int) -> str:
    """A whole picture of 1200 × ``height`` units; ``title`` is its alternative text."""
    pixels = WIDTH if height <= CARD_HEIGHT else _HIGH_WIDTH
    name = SvgMarkup(f"<title>{escape(''.join(char for char in title if char.isprintable()))}</title>")
    return element(
        "svg",
        name,
        *children,
        xmlns="http://www.w3.org/2000/svg",
        lang=language,
        role="img",
        width=pixels,
        height=round(height * pixels / WIDTH),
        viewBox=f"0 0 {WIDTH} {height}",
    )


def label(
    words: str,
    x: float,
    y: float,
    face: Face,
    size: float,
    fill: str,
    anchor: Anchor = "start",
    mark: str | None = None,
) -> SvgMarkup:
    """One line of text; ``y`` is its baseline.

    Raises:
        MissingGlyph: the face lacks a letter of the text.
    """
    return element(
        "text",
        SvgMarkup(escape(printable(words, face))),
        data_mark=mark,
        x=x,
        y=y,
        font_family=f"{face.family}, {FALLBACKS[face.family]}",
        font_weight=face.weight,
        font_size=size,
        fill=fill,
        text_anchor=None if anchor == "start" else anchor,
    )


def text(
    block: TextBlock, x: float, y: float, fill: str, anchor: Anchor = "start", mark: str | None = None
) -> list[SvgMarkup]:
    """The lines of a block; ``y`` is the first baseline."""
    return [
        label(line, x, y + index * block.leading, block.face, block.size, fill, anchor, mark)
        for index, line in enumerate(block.lines)
    ]


def rect(
    x: float, y: float, width: float, height: float, fill: str, *, mark: str | None = None, **more: Value
) -> SvgMarkup:
    return element("rect", data_mark=mark, x=x, y=y, width=max(0, width), height=height, fill=fill, **more)


def line(x1: float, y1: float, x2: float, y2: float, stroke: str, weight: float = 2, **more: Value) -> SvgMarkup:
    return element("line", x1=x1, y1=y1, x2=x2, y2=y2, stroke=stroke, stroke_width=weight, **more)


def path(d: str, *, mark: str | None = None, **more: Value) -> SvgMarkup:
    return element("path", data_mark=mark, d=d, **more)
