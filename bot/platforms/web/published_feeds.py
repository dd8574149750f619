"""The bulletins and reviewed claims as an Atom feed (RFC 4287), and the sitemap. PURE."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from xml.etree import ElementTree as Xml
from xml.sax.saxutils import escape, quoteattr

from bot.dossier.markdown import plain, without_citations
from bot.dossier.models import Bulletin, BulletinId, Claim, Language
from bot.platforms.web.page_context import PageContext, withdrawal
from bot.replies.citations import source_line
from bot.replies.claims import claim_review
from bot.replies.i18n import phrases_in
from bot.replies.reply import Reply, SourceLink, lines_of

MAX_ENTRIES = 50

_ATOM = "http://www.w3.org/2005/Atom"
_XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that no XML document may contain, escaped or not (XML 1.0, 2.2)."""


@dataclass(frozen=True, slots=True)
class _Entry:
    """A bulletin or a reviewed claim. ``published``, ``updated``: RFC 3339; ``tags``: topics, or the verdict."""

    id: str
    url: str
    title: str
    published: str
    updated: str
    tags: Sequence[str]
    sources: Sequence[SourceLink]
    text: str


def _entries(context: PageContext) -> list[_Entry]:
    """The latest bulletins and reviewed claims, the newest first; and what was withdrawn, for feed readers that show its text."""
    news = (
        _claim_entry(context, news) if isinstance(news, Claim) else _bulletin_entry(context, news)
        for news in context.news[:MAX_ENTRIES]
    )
    gone = (_withdrawn_entry(context, name) for name in context.withdrawn if context.history_of(name).published)
    return sorted([*news, *gone], key=lambda entry: entry.published, reverse=True)[:MAX_ENTRIES]


def _withdrawn_entry(context: PageContext, name: BulletinId) -> _Entry:
    """When and why a bulletin that readers had was withdrawn, under the id that its text had in the feed."""
    url, entry, history = context.bulletin_url(name), withdrawal(context, name), context.history_of(name)
    published, updated = (each.isoformat(timespec="seconds") for each in (history.published, history.changed) if each)
    phrases = phrases_in(context.language)
    told = phrases.say("Withdrawn on {day}.", day=phrases.day(entry["day"]))
    text = "\n\n".join([told, *map(without_citations, lines_of(entry["blocks"]))])
    return _Entry(
        url, url, phrases.say("Withdrawn: {title}", title=entry["link"]["title"]), published, updated, [], [], text
    )


def _bulletin_entry(context: PageContext, bulletin: Bulletin) -> _Entry:
    """A bulletin that is older than the ledger was published on its own day."""
    url, reply, history = context.bulletin_url(bulletin.id), context.reply_of(bulletin), context.history_of(bulletin.id)
    published = history.published.isoformat(timespec="seconds") if history.published else _timestamp(bulletin.date)
    updated = history.changed.isoformat(timespec="seconds") if history.changed else published
    # What was wrong in the bulletin before its corrections, as far as that was told, the newest first.
    phrases, lines = phrases_in(context.language), list[str]()
    for correction in reversed(context.history_of(bulletin.id).corrections):
        if because := correction.because(context.language):
            day = phrases.day(correction.day)
            lines.append(phrases.say("Corrected on {day}: {because}", day=day, because=because))
    text = plain_body(reply) + "".join(f"\n\n{line}" for line in lines)
    return _Entry(url, url, reply.title, published, updated, bulletin.topics, reply.sources, text)


def _claim_entry(context: PageContext, claim: Claim) -> _Entry:
    """A claim. Its id is its address in 0.5.0: an id must not change (RFC 4287, 4.2.6), or feed readers show the entry as new."""
    reply, day = claim_review(context.dossier, claim, context.language), _timestamp(claim.date)
    name = f"{context.origin}/{context.language}/claims#{claim.id}"
    title, sources = f"{reply.heading}: {context.quoted(claim)}", reply.sources[: reply.cited]
    return _Entry(name, context.claim_url(claim.id), title, day, day, [claim.verdict], sources, plain_body(reply))


def atom(context: PageContext) -> str:
    """The latest bulletins as an Atom document."""
    address = f"{context.origin}/{context.language}/bulletins.atom"
    feed = Xml.Element(f"{{{_ATOM}}}feed", {_XML_LANG: context.language})
    _add_text(feed, "id", address)
    _add_text(feed, "title", context.title)
    entries = _entries(context)
    _add_text(feed, "updated", max((entry.updated for entry in entries), default=_timestamp(date(1970, 1, 1))))
    _add_text(_add(feed, "author"), "name", context.texts.publisher)
    _add(feed, "link", rel="self", type="application/atom+xml", href=address)
    _add(feed, "link", rel="alternate", type="text/html", href=f"{context.origin}/{context.language}")
    for entry in entries:
        element = _add(feed, "entry")
        for tag in ("id", "title", "published", "updated"):
            _add_text(element, tag, getattr(entry, tag))
        _add(element, "link", rel="alternate", type="text/html", href=entry.url)
        for source in entry.sources:
            _add(element, "link", rel="via", title=_xml_text(source.name), href=source.address)
        for tag in entry.tags:
            _add(element, "category", term=tag)
        _add_text(element, "content", entry.text, type="text")
    Xml.register_namespace("", _ATOM)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + Xml.tostring(feed, encoding="unicode")


def _add(parent: Xml.Element, tag: str, **attributes: str) -> Xml.Element:
    return Xml.SubElement(parent, f"{{{_ATOM}}}{tag}", attributes)


def _add_text(parent: Xml.Element, tag: str, text: str, **attributes: str) -> None:
    _add(parent, tag, **attributes).text = _xml_text(text)


def _xml_text(text: str) -> str:
    """The text without characters that XML does not allow."""
    return _NOT_XML.sub("", text)


def _timestamp(day: date) -> str:
    """Noon UTC (RFC 3339), which is the same day in nearly all time zones."""
    return datetime.combine(day, time(12), UTC).isoformat()


def plain_body(reply: Reply, *, with_all_sources: bool = False) -> str:
    """The paragraphs, and a line for each cited source: its number, publisher and address.

    ``with_all_sources``: whether to add the other sources and the day of the check.
    """
    cited = (f"{span.text} {span.url}" for entry in source_line(reply)[: reply.cited] for span in entry)
    lines = list(cited)
    if with_all_sources:
        lines += [f"{source.publisher} {source.url}" for source in reply.sources[reply.cited :]]
        lines += [reply.as_of_label] if reply.as_of_label else []
    return "\n\n".join([*map(plain, lines_of(reply.blocks)), *filter(None, ["\n".join(lines)])])


def sitemap(context: PageContext) -> str:
    """Every page (sitemaps.org/protocol.html) in every language, with links to the other languages.

    The links follow developers.google.com/search/docs/specialty/international.
    """
    paths = [
        "",
        "/subscribe",
        "/privacy",
        "/corrections",
        *(["/claims"] if context.dossier.claims else []),
        *(f"/claims/{name}" for name in context.dossier.claims),
        *(f"/topics/{name}" for name in context.dossier.topics),
        *(f"/bulletins/{name}" for name in context.dossier.bulletins),
    ]
    pages = ((path, language) for path in paths for language in context.dossier.languages)
    entries = "".join(_sitemap_entry(context, path, language) for path, language in pages)
    head = '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:xhtml="http://www.w3.org/1999/xhtml">'
    return f'<?xml version="1.0" encoding="utf-8"?>\n{head}{entries}</urlset>'


def _sitemap_entry(context: PageContext, path: str, language: Language) -> str:
    alternates = "".join(
        f'<xhtml:link rel="alternate" hreflang="{code}" href={quoteattr(f"{context.origin}/{code}{path}")}/>'
        for code in context.dossier.languages
    )
    return f"<url><loc>{escape(f'{context.origin}/{language}{path}')}</loc>{alternates}</url>"
