"""The bulletins as feeds: Atom 1.0 (RFC 4287) and JSON Feed 1.1 (jsonfeed.org/version/1.1). PURE."""

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any
from xml.etree import ElementTree as Xml
from xml.sax.saxutils import escape, quoteattr

from bot.dossier.markdown import Paragraph, plain
from bot.dossier.models import Bulletin, Dossier, Language
from bot.replies.composer import Composer
from bot.replies.reply import Button


@dataclass(frozen=True, slots=True)
class Site:
    """What the pages are about and where they stand.

    Attributes:
        origin: scheme and host, without a slash at the end.
        invitations: how one gets the bot, in a language.
    """

    dossier: Dossier
    today: date
    origin: str
    invitations: Sequence[Button]


def sitemap(site: Site, _language: Language) -> str:
    """sitemaps.org/protocol.html, with each page's other languages (developers.google.com/search/docs/specialty/international)."""
    paths = ["", *(f"/bulletins/{name}" for name in site.dossier.bulletins)]
    entries = (_location(site, path, language) for path in paths for language in site.dossier.languages)
    head = '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:xhtml="http://www.w3.org/1999/xhtml">'
    return f'<?xml version="1.0" encoding="utf-8"?>\n{head}{"".join(entries)}</urlset>'


def _location(site: Site, path: str, language: Language) -> str:
    others = "".join(
        f'<xhtml:link rel="alternate" hreflang="{each}" href={quoteattr(f"{site.origin}/{each}{path}")}/>'
        for each in site.dossier.languages
    )
    return f"<url><loc>{escape(f'{site.origin}/{language}{path}')}</loc>{others}</url>"


ATOM = "http://www.w3.org/2005/Atom"


XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"


MOST_ENTRIES = 50


_ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def bulletin_url(origin: str, language: Language, name: str) -> str:
    """A bulletin's address in one language; ``origin`` is scheme and host."""
    return f"{origin}/{language}/bulletins/{name}"


def atom(dossier: Dossier, language: Language, origin: str) -> str:
    """The latest bulletins as an Atom document."""
    composer = Composer(dossier, language)
    here = f"{origin}/{language}/bulletins.atom"
    feed = Xml.Element(f"{{{ATOM}}}feed", {XML_LANG: language})
    _text(feed, "id", here)
    _text(feed, "title", composer.line(dossier.header.title[language]))
    _text(feed, "updated", _moment(_latest(dossier)))
    Xml.SubElement(_add(feed, "author"), f"{{{ATOM}}}name").text = "Nota"
    _add(feed, "link", rel="self", type="application/atom+xml", href=here)
    _add(feed, "link", rel="alternate", type="text/html", href=f"{origin}/{language}")
    for bulletin in _newest(dossier):
        _entry(feed, bulletin, composer, origin)
    Xml.register_namespace("", ATOM)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + Xml.tostring(feed, encoding="unicode")


def _entry(feed: Xml.Element, bulletin: Bulletin, composer: Composer, origin: str) -> None:
    url = bulletin_url(origin, composer.language, bulletin.id)
    entry = _add(feed, "entry")
    _text(entry, "id", url)
    _text(entry, "title", composer.line(bulletin.title[composer.language]))
    _text(entry, "published", _moment(bulletin))
    _text(entry, "updated", _moment(bulletin))
    _add(entry, "link", rel="alternate", type="text/html", href=url)
    for source in composer.sources(bulletin.sources, ()):
        _add(entry, "link", rel="via", title=_legal(source.publisher), href=source.url)
    for topic in bulletin.topics:
        _add(entry, "category", term=topic)
    _text(entry, "content", "\n\n".join(_paragraphs(bulletin, composer)), type="text")


def json_feed(dossier: Dossier, language: Language, origin: str) -> str:
    """The latest bulletins as a JSON Feed."""
    composer = Composer(dossier, language)
    feed: dict[str, Any] = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": composer.line(dossier.header.title[language]),
        "home_page_url": f"{origin}/{language}",
        "feed_url": f"{origin}/{language}/bulletins.json",
        "language": language,
        "authors": [{"name": "Nota"}],
        "items": [_item(bulletin, composer, origin) for bulletin in _newest(dossier)],
    }
    return json.dumps(feed, ensure_ascii=False)


def _item(bulletin: Bulletin, composer: Composer, origin: str) -> dict[str, Any]:
    url = bulletin_url(origin, composer.language, bulletin.id)
    sources = composer.sources(bulletin.sources, ())
    return {
        "id": url,
        "url": url,
        "title": composer.line(bulletin.title[composer.language]),
        "content_text": "\n\n".join(_paragraphs(bulletin, composer)),
        "date_published": _moment(bulletin),
        "tags": list(bulletin.topics),
        "language": composer.language,
    } | ({"external_url": sources[0].url} if sources else {})


def _newest(dossier: Dossier) -> Iterable[Bulletin]:
    return list(dossier.bulletins.values())[:MOST_ENTRIES]


def _latest(dossier: Dossier) -> Bulletin | None:
    return next(iter(dossier.bulletins.values()), None)


def _moment(bulletin: Bulletin | None) -> str:
    """Noon of its day, so that it is the same day nearly everywhere (RFC 3339)."""
    if bulletin is None:
        return datetime.fromtimestamp(0, UTC).isoformat()
    return datetime.combine(bulletin.date, time(12), UTC).isoformat()


def _paragraphs(bulletin: Bulletin, composer: Composer) -> Iterable[str]:
    for block in composer.blocks(bulletin.body[composer.language]):
        yield from [plain(block.spans)] if isinstance(block, Paragraph) else map(plain, block.items)


def _add(parent: Xml.Element, tag: str, **attributes: str) -> Xml.Element:
    return Xml.SubElement(parent, f"{{{ATOM}}}{tag}", attributes)


def _text(parent: Xml.Element, tag: str, words: str, **attributes: str) -> None:
    _add(parent, tag, **attributes).text = _legal(words)


def _legal(words: str) -> str:
    """The words without what no XML document can hold, escaped or not (XML 1.0, 2.2)."""
    return _ILLEGAL.sub("", words)
