"""The few SVG elements that pictures are made of. PURE.

Colours and positions are attributes, never ``style``, so that a page with a strict Content-Security-Policy may inline them.
"""

from typing import Literal, NewType
from xml.sax.saxutils import escape, quoteattr

from bot.pictures.fonts import FALLBACKS, Face, Setting, writable

Markup = NewType("Markup", str)


WIDTH, HEIGHT = 1200, 675


_PLACE = f'width="{WIDTH}" height="{HEIGHT}"'


Anchor = Literal["start", "middle", "end"]


Value = str | float | None


def element(tag: str, *children: Markup, **attributes: Value) -> Markup:
    """An element; ``_`` in an attribute's name stands for ``-``, None leaves the attribute out."""
    given = ((name.replace("_", "-"), value) for name, value in attributes.items() if value is not None)
    head = tag + "".join(f" {name}={quoteattr(_shown(value))}" for name, value in given)
    return Markup(f"<{head}>{''.join(children)}</{tag}>" if children else f"<{head}/>")


def document(*children: Markup, title: str, language: str) -> str:
    """A whole picture; ``title`` is what it says to somebody who cannot see it."""
    readable = "".join(sign for sign in title if sign.isprintable())
    name = Markup(f"<title>{escape(readable)}</title>")
    return element(
        "svg",
        name,
        *children,
        xmlns="http://www.w3.org/2000/svg",
        lang=language,
        role="img",
        width=WIDTH,
        height=HEIGHT,
        viewBox=f"0 0 {WIDTH} {HEIGHT}",
    )


def nested(picture: str, x: float, y: float, width: float, height: float) -> Markup:
    """A whole picture as a part of another."""
    place = " ".join(f'{name}="{_shown(value)}"' for name, value in zip("xy", (x, y), strict=True))
    return Markup(picture.replace(_PLACE, f'{place} width="{_shown(width)}" height="{_shown(height)}"', 1))


def label(
    words: str,
    x: float,
    y: float,
    face: Face,
    size: float,
    fill: str,
    anchor: Anchor = "start",
    mark: str | None = None,
) -> Markup:
    """One line of text; ``y`` is its baseline.

    Raises:
        Unwritable: the face lacks a letter of it.
    """
    return element(
        "text",
        Markup(escape(writable(words, face))),
        data_mark=mark,
        x=x,
        y=y,
        font_family=f"{face.family}, {FALLBACKS[face.family]}",
        font_weight=face.weight,
        font_size=size,
        fill=fill,
        text_anchor=None if anchor == "start" else anchor,
    )


def lines(
    setting: Setting, x: float, y: float, fill: str, anchor: Anchor = "start", mark: str | None = None
) -> list[Markup]:
    """Set text; ``y`` is the first baseline."""
    return [
        label(line, x, y + index * setting.leading, setting.face, setting.size, fill, anchor, mark)
        for index, line in enumerate(setting.lines)
    ]


def rect(
    x: float, y: float, width: float, height: float, fill: str, *, mark: str | None = None, **more: Value
) -> Markup:
    return element("rect", data_mark=mark, x=x, y=y, width=max(0, width), height=height, fill=fill, **more)


def line(x1: float, y1: float, x2: float, y2: float, stroke: str, weight: float = 2, **more: Value) -> Markup:
    return element("line", x1=x1, y1=y1, x2=x2, y2=y2, stroke=stroke, stroke_width=weight, **more)


def circle(x: float, y: float, radius: float, fill: str, *, mark: str | None = None, **more: Value) -> Markup:
    return element("circle", data_mark=mark, cx=x, cy=y, r=radius, fill=fill, **more)


def path(d: str, *, mark: str | None = None, **more: Value) -> Markup:
    return element("path", data_mark=mark, d=d, **more)


def group(*children: Markup, **attributes: Value) -> Markup:
    return element("g", *children, **attributes)


def _shown(value: Value) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)
