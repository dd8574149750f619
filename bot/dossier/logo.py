"""A dossier's logo: a drawing or a picture of a few kilobytes, without anything that acts or is loaded. PURE."""

import re
import xml.etree.ElementTree as Xml

MAX_BYTES = 64 * 1024
"""The largest logo. A page shows it 34 pixels high."""

MAX_PIXELS = 2048
"""The longest side of a PNG."""

FILES = ("logo.svg", "logo.png")

_PNG = b"\x89PNG\r\n\x1a\n"
_SVG = "http://www.w3.org/2000/svg"

# fmt: off
_ELEMENTS = frozenset((
    "svg", "g", "defs", "symbol", "use", "title", "desc", "path", "rect", "circle", "ellipse", "line", "polyline", "polygon", "text", "tspan",
    "linearGradient", "radialGradient", "stop", "clipPath", "mask",
))
_ATTRIBUTES = frozenset((
    "id", "viewBox", "width", "height", "x", "y", "x1", "y1", "x2", "y2", "cx", "cy", "r", "rx", "ry", "fx", "fy", "d", "points", "transform",
    "fill", "fill-rule", "fill-opacity", "clip-rule", "clip-path", "mask", "opacity", "stroke", "stroke-width", "stroke-linecap", "stroke-linejoin",
    "stroke-miterlimit", "stroke-dasharray", "stroke-dashoffset", "stroke-opacity", "offset", "stop-color", "stop-opacity", "gradientUnits",
    "gradientTransform", "spreadMethod", "clipPathUnits", "maskUnits", "preserveAspectRatio", "color", "font-family", "font-size", "font-weight",
    "text-anchor", "dx", "dy", "role", "href",
))
# fmt: on
"""What draws (w3.org/TR/SVG2). Everything else is left out: scripts, styles, events, pictures and addresses of others."""

_OWN = re.compile(r"#[\w.-]+|url\(#[\w.-]+\)")


class LogoError(ValueError):
    """The file is no logo. ``message``: what is wrong. ``fix``: what is expected."""

    def __init__(self, message: str, fix: str) -> None:
        super().__init__(message)
        self.message, self.fix = message, fix


def sanitised(name: str, data: bytes) -> bytes:
    """The logo as it is served: a PNG as it is, an SVG with what draws alone.

    Raises:
        LogoError: it is too large, not of the kind that its name says, or an SVG with a document type.
    """
    if len(data) > MAX_BYTES:
        raise LogoError(f"{len(data):,} bytes", f"expected at most {MAX_BYTES:,}")
    if name.endswith(".png"):
        sides = [int.from_bytes(data[start : start + 4], "big") for start in (16, 20)]
        if not data.startswith(_PNG) or data[12:16] != b"IHDR":
            raise LogoError("not a PNG", "expected a PNG file under this name")
        if not 0 < min(sides) <= max(sides) <= MAX_PIXELS:
            raise LogoError(f"{sides[0]} × {sides[1]} pixels", f"expected at most {MAX_PIXELS} on a side")
        return data
    if b"<!DOCTYPE" in data.upper() or b"<!ENTITY" in data.upper() or b"\0" in data:  # entities may grow without end
        raise LogoError("an SVG with a document type", "expected UTF-8 without <!DOCTYPE …>")
    try:
        root = Xml.fromstring(data.decode("utf-8-sig"))  # noqa: S314  no document type, so no entities
    except (Xml.ParseError, UnicodeDecodeError, ValueError) as error:
        raise LogoError("not an SVG", "expected well-formed XML in UTF-8") from error
    if root.tag != f"{{{_SVG}}}svg":
        raise LogoError("not an SVG", f'expected <svg xmlns="{_SVG}" …>')
    Xml.register_namespace("", _SVG)
    drawing = Xml.tostring(_drawing(root), encoding="unicode").encode()
    if len(drawing) > MAX_BYTES:  # it is kept as it is served
        raise LogoError(f"{len(drawing):,} bytes as it is served", f"expected at most {MAX_BYTES:,}")
    return drawing


def _drawing(element: Xml.Element) -> Xml.Element:
    kept = Xml.Element(element.tag, {name: value for name, value in map(_attribute, element.items()) if name})
    kept.text = element.text
    for child in element:
        if str(child.tag).removeprefix(f"{{{_SVG}}}") in _ELEMENTS:
            kept.append(_drawing(child))
    return kept


def _attribute(item: tuple[str, str]) -> tuple[str, str]:
    """The attribute as it is kept; ("", "") if it is not. An address must lead to a part of the drawing itself."""
    name, value = item[0].removeprefix("{http://www.w3.org/1999/xlink}"), item[1].strip()
    leads_out = (name == "href" or "url" in value.lower() or "\\" in value) and not _OWN.fullmatch(value)
    return ("", "") if name not in _ATTRIBUTES or leads_out else (name, value)
