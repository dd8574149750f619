"""Lists of feeds as other programs exchange them: OPML 1.0 and 2.0 (opml.org/spec2.opml). PURE.

Read with the standard library's parser, which unfolds internal entities; so a document that declares any is refused.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from xml.etree import ElementTree
from xml.parsers import expat

MAX_BYTES = 2 * 1024 * 1024


class NotOpml(Exception):
    """The document is no OPML that we read; the message says why."""


@dataclass(frozen=True, slots=True)
class Outline:
    """A feed in a list; ``language`` is "" where the list does not say."""

    title: str
    url: str
    language: str = ""


def read_opml(data: bytes) -> list[Outline]:
    """The feeds in the document, in order, each address once.

    Raises:
        NotOpml: it is none, too large, or declares entities.
    """
    if len(data) > MAX_BYTES:
        raise NotOpml(f"larger than {MAX_BYTES:,} bytes")
    _refuse_entities(data)
    try:
        root = ElementTree.fromstring(data)  # noqa: S314  entities are refused above
    except (ElementTree.ParseError, ValueError, LookupError) as error:
        raise NotOpml(f"not XML ({error})") from None
    if root.tag.lower() != "opml":
        raise NotOpml(f"expected an opml element, found {root.tag[:40]!r}")
    found: dict[str, Outline] = {}
    for outline in _outlines(root):
        found.setdefault(outline.url, outline)
    return list(found.values())


def write_opml(title: str, outlines: Iterable[Outline]) -> bytes:
    """A list of feeds under a title."""
    root = ElementTree.Element("opml", version="2.0")
    ElementTree.SubElement(ElementTree.SubElement(root, "head"), "title").text = title
    body = ElementTree.SubElement(root, "body")
    for outline in outlines:
        given = {"type": "rss", "text": outline.title, "title": outline.title, "xmlUrl": outline.url}
        language = {"language": outline.language} if outline.language else {}
        ElementTree.SubElement(body, "outline", given | language)
    ElementTree.indent(root)
    written: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return written + b"\n"


def _outlines(root: ElementTree.Element) -> Iterator[Outline]:
    for element in root.iter():
        given = {name.lower(): value.strip() for name, value in element.attrib.items()}
        if element.tag.lower() == "outline" and given.get("xmlurl"):
            title = given.get("title") or given.get("text") or given["xmlurl"]
            yield Outline(title, given["xmlurl"], given.get("language", ""))


def _refuse_entities(data: bytes) -> None:
    """Stops at the first declaration of an entity, before anything is unfolded."""

    def refuse(*_: object) -> None:
        raise NotOpml("it declares entities, which no list of feeds needs")

    parser = expat.ParserCreate()
    parser.EntityDeclHandler = refuse
    parser.ExternalEntityRefHandler = None
    try:
        parser.Parse(data, True)
    except (expat.ExpatError, ValueError, LookupError) as error:
        raise NotOpml(f"not XML ({error})") from None
