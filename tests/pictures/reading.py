"""Reads a picture's SVG: its labels, its marks, and where they stand."""

import xml.etree.ElementTree as ET
from dataclasses import dataclass

from bot.pictures.fonts import FACES, width

SVG = "{http://www.w3.org/2000/svg}"


@dataclass(frozen=True, slots=True)
class Label:
    """A line of text and the room that it takes."""

    words: str
    mark: str
    size: float
    left: float
    top: float
    right: float
    bottom: float

    def overlaps(self, other: "Label") -> bool:
        return (
            self.left < other.right and other.left < self.right and self.top < other.bottom and other.top < self.bottom
        )


def elements(svg: str, mark: str) -> list[ET.Element]:
    """The elements with a mark, in order."""
    return [element for element in ET.fromstring(svg).iter() if element.get("data-mark") == mark]


def number(element: ET.Element, name: str) -> float:
    return float(element.attrib[name])


def words(svg: str, mark: str) -> str:
    """What the labels of a mark say, lines joined, spaces plain."""
    return " ".join(label.words for label in labels(svg) if label.mark == mark).replace("\u00a0", " ")


def labels(svg: str) -> list[Label]:
    """Every line of text."""
    return [_label(element) for element in ET.fromstring(svg).iter(f"{SVG}text")]


def _label(element: ET.Element) -> Label:
    text, size = element.text or "", number(element, "font-size")
    family, weight = element.attrib["font-family"].split(",")[0], element.attrib["font-weight"]
    face = next(face for face in FACES if (face.family, str(face.weight)) == (family, weight))
    wide = width(text, face, size)
    shift = {"start": 0.0, "middle": wide / 2, "end": wide}[element.get("text-anchor", "start")]
    left, y = number(element, "x") - shift, number(element, "y")
    return Label(text, element.get("data-mark", ""), size, left, y - size * 0.7, left + wide, y + size * 0.2)
