"""The bulletins and reviewed claims as feeds: Atom 1.0 (RFC 4287) and JSON Feed 1.1 (jsonfeed.org/version/1.1); and the sitemap. PURE."""

import json
import re
from datetime import UTC, date, datetime, time
from typing import Any
from xml.etree import ElementTree as Xml
from xml.sax.saxutils import escape, quoteattr

from bot.dossier.markdown import plain
from bot.dossier.models import Bulletin, Claim, Language
from bot.newsroom.correction_history import NO_HISTORY
from bot.platforms.web.page_context import PageContext
from bot.replies.citations import source_line
from bot.replies.claims import claim_review
from bot.replies.formatting import day as written_day
from bot.replies.i18n import phrases_in
from bot.replies.reply import Reply, lines_of

MAX_ENTRIES = 50

_ATOM = "http://www.w3.org/2005/Atom"
_XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that no XML document may contain, escaped or not (XML 1.0, 2.2)."""


def atom(context: PageContext) -> str:
    """The latest bulletins as an Atom document."""
    address = f"{context.origin}/{context.language}/bulletins.atom"
    feed = Xml.Element(f"{{{_ATOM}}}feed", {_XML_LANG: context.language})
    _add_text(feed, "id", address)
    _add_text(feed, "title", context.title)
    news = context.news[:MAX_ENTRIES]
    updated = [_dates(context, entry)[1] for entry in news]
    _add_text(feed, "updated", max(updated, default=_timestamp(date(1970, 1, 1))))
    _add_text(_add(feed, "author"), "name", context.texts.publisher)
    _add(feed, "link", rel="self", type="application/atom+xml", href=address)
    _add(feed, "link", rel="alternate", type="text/html", href=f"{context.origin}/{context.language}")
    for item in news:
        if isinstance(item, Claim):
            _add_claim(feed, context, item)
        else:
            _add_entry(feed, context, item)
    Xml.register_namespace("", _ATOM)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + Xml.tostring(feed, encoding="unicode")


def _add_entry(feed: Xml.Element, context: PageContext, bulletin: Bulletin) -> None:
    url, reply = context.bulletin_url(bulletin.id), context.reply_of(bulletin)
    entry = _add(feed, "entry")
    _add_text(entry, "id", url)
    _add_text(entry, "title", reply.title)
    published, updated = _dates(context, bulletin)
    _add_text(entry, "published", published)
    _add_text(entry, "updated", updated)
    _add(entry, "link", rel="alternate", type="text/html", href=url)
    for source in reply.sources:
        _add(entry, "link", rel="via", title=_xml_text(source.publisher), href=source.url)
    for topic in bulletin.topics:
        _add(entry, "category", term=topic)
    _add_text(entry, "content", plain_body(reply) + _was_wrong(context, bulletin), type="text")


def _was_wrong(context: PageContext, bulletin: Bulletin) -> str:
    """What was wrong in the bulletin before its corrections, as far as that was told, the newest first."""
    say, lines = phrases_in(context.language).say, list[str]()
    for correction in reversed(context.history_of(bulletin.id).corrections):
        after = correction.after.get(context.language)
        if after is not None and (because := after.was_wrong(correction.day)):
            day = written_day(correction.day, context.language)
            lines.append(say("Corrected on {day}: {because}", day=day, because=because))
    return "".join(f"\n\n{line}" for line in lines)


def _dates(context: PageContext, news: Bulletin | Claim) -> tuple[str, str]:
    """The times of an entry's publication and last change (RFC 3339).

    For a claim, and for a bulletin that is older than the ledger, both are its own day.
    """
    history = context.history_of(news.id) if isinstance(news, Bulletin) else NO_HISTORY
    day = _timestamp(news.date)
    published = history.published.isoformat(timespec="seconds") if history.published else day
    return published, history.changed.isoformat(timespec="seconds") if history.changed else published


def _claim_id(context: PageContext, claim: Claim) -> str:
    """The id of a claim's entry, which is its address in 0.5.0. An id must not change (RFC 4287, 4.2.6), or feed readers show the entry as new."""
    return f"{context.origin}/{context.language}/claims#{claim.id}"


def _add_claim(feed: Xml.Element, context: PageContext, claim: Claim) -> None:
    url = context.claim_url(claim.id)
    reply = claim_review(context.dossier, claim, context.language)
    entry = _add(feed, "entry")
    _add_text(entry, "id", _claim_id(context, claim))
    _add_text(entry, "title", f"{reply.heading}: {context.quoted(claim)}")
    _add_text(entry, "published", _timestamp(claim.date))
    _add_text(entry, "updated", _timestamp(claim.date))
    _add(entry, "link", rel="alternate", type="text/html", href=url)
    for source in reply.sources[: reply.cited]:
        _add(entry, "link", rel="via", title=_xml_text(source.publisher), href=source.url)
    _add_text(entry, "content", plain_body(reply), type="text")


def _claim_item(context: PageContext, claim: Claim) -> dict[str, Any]:
    url = context.claim_url(claim.id)
    reply = claim_review(context.dossier, claim, context.language)
    return {
        "id": _claim_id(context, claim),
        "url": url,
        "title": f"{reply.heading}: {context.quoted(claim)}",
        "content_text": plain_body(reply),
        "date_published": _timestamp(claim.date),
        "tags": [claim.verdict],
        "language": context.language,
    } | ({"external_url": reply.sources[0].url} if reply.sources else {})


def _add(parent: Xml.Element, tag: str, **attributes: str) -> Xml.Element:
    return Xml.SubElement(parent, f"{{{_ATOM}}}{tag}", attributes)


def _add_text(parent: Xml.Element, tag: str, text: str, **attributes: str) -> None:
    _add(parent, tag, **attributes).text = _xml_text(text)


def _xml_text(text: str) -> str:
    """The text without characters that XML does not allow."""
    return _NOT_XML.sub("", text)


def json_feed(context: PageContext) -> str:
    """The latest bulletins as a JSON Feed."""
    feed = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": context.title,
        "home_page_url": f"{context.origin}/{context.language}",
        "feed_url": f"{context.origin}/{context.language}/bulletins.json",
        "language": context.language,
        "authors": [{"name": context.texts.publisher}],
        "items": [
            _claim_item(context, item) if isinstance(item, Claim) else _item(context, item)
            for item in context.news[:MAX_ENTRIES]
        ],
    }
    return json.dumps(feed, ensure_ascii=False)


def _item(context: PageContext, bulletin: Bulletin) -> dict[str, Any]:
    url = context.bulletin_url(bulletin.id)
    reply = context.reply_of(bulletin)
    return {
        "id": url,
        "url": url,
        "title": reply.title,
        "content_text": plain_body(reply) + _was_wrong(context, bulletin),
        "date_published": _dates(context, bulletin)[0],
        "date_modified": _dates(context, bulletin)[1],
        "tags": list(bulletin.topics),
        "language": context.language,
    } | ({"external_url": reply.sources[0].url} if reply.sources else {})


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
    entries = "".join(
        _sitemap_entry(context, path, language) for path in paths for language in context.dossier.languages
    )
    head = '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:xhtml="http://www.w3.org/1999/xhtml">'
    return f'<?xml version="1.0" encoding="utf-8"?>\n{head}{entries}</urlset>'


def _sitemap_entry(context: PageContext, path: str, language: Language) -> str:
    alternates = "".join(
        f'<xhtml:link rel="alternate" hreflang="{code}" href={quoteattr(f"{context.origin}/{code}{path}")}/>'
        for code in context.dossier.languages
    )
    return f"<url><loc>{escape(f'{context.origin}/{language}{path}')}</loc>{alternates}</url>"
