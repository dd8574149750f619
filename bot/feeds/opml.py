"""Lists of feeds in OPML 1.0 and 2.0 (opml.org/spec2.opml): reading, writing, and entries for ``feeds.yaml``. Pure.

The standard library's parser expands internal entities, so a document that declares any is refused.
"""

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from xml.etree import ElementTree
from xml.parsers import expat

import yaml
from yarl import URL

from bot.dossier.models import Dossier

MAX_BYTES = 2 * 1024 * 1024
MAX_ID = 40

_URL = re.compile(r"https?://[^\s<>\"]+", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Outline:
    """A feed in a list; ``language`` is "" if the list does not say."""

    title: str
    url: str
    language: str = ""


def entries(outlines: Iterable[Outline], dossier: Dossier) -> str:
    """Entries for the feeds that the dossier does not have yet; an editor adds topics and match."""
    known, ids = {feed.url for feed in dossier.feeds.values()}, set(map(str, dossier.feeds))
    found = {}
    for outline in outlines:
        if outline.url not in known and _URL.fullmatch(outline.url):
            feed_id = _new_id(outline, ids)
            ids.add(feed_id)
            language = dossier.language(outline.language or None)
            found[feed_id] = {"publisher": outline.title, "url": outline.url, "language": str(language), "topics": []}
    return yaml.safe_dump(found, allow_unicode=True, sort_keys=False, width=120) if found else ""


def _new_id(outline: Outline, taken: Collection[str]) -> str:
    """An id made of the title, or of the host if the title has no Latin letters."""
    slug = _slug(outline.title) or _slug(_host(outline.url)) or "feed"
    names = [slug, *(f"{slug}-{number}" for number in range(2, len(taken) + 3))]
    return next(name for name in names if name not in taken)


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower())[:MAX_ID].strip("-")


def _host(url: str) -> str:
    try:
        return (URL(url).raw_host or "").removeprefix("www.")
    except ValueError:
        return ""


class NotOpml(Exception):
    """The document cannot be read as OPML; the message says why."""


def read_opml(data: bytes) -> list[Outline]:
    """The feeds in the document, in order, each address once.

    Raises:
        NotOpml: it is no OPML, is too large, or declares entities.
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
    """Stops at the first declaration of an entity, before anything is expanded."""

    def refuse(*_: object) -> None:
        raise NotOpml("it declares entities, which are not allowed")

    parser = expat.ParserCreate()
    parser.EntityDeclHandler = refuse
    parser.ExternalEntityRefHandler = None
    try:
        parser.Parse(data, True)
    except (expat.ExpatError, ValueError, LookupError) as error:
        raise NotOpml(f"not XML ({error})") from None
