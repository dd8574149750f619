"""The public pages as HTML: the dossier, a topic, a bulletin, an answer, corrections, claims. PURE."""

import json
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from hashlib import sha256
from typing import Any
from urllib.parse import quote_plus, urlencode

from markupsafe import Markup

from bot.commands import MISTAKE, NONE_OF_THESE, PRIVACY, SUBSCRIBE
from bot.dossier.markdown import Paragraph, Span, citations, is_web_address, without_citations
from bot.dossier.models import Bulletin, BulletinId, Claim, ClaimId, Dossier, SourceId, Topic, TopicId, in_language
from bot.languages import record
from bot.newsroom.correction_history import Correction
from bot.pictures.charts import SILENCE_DAYS
from bot.pictures.icons import PAGE, icon_lines
from bot.pictures.layout import Context
from bot.pictures.picture import Inline, draw
from bot.pictures.theme import palette, readable
from bot.platforms.base import with_linked_commands
from bot.platforms.web.app_markup import in_own_words
from bot.platforms.web.app_markup import page as render
from bot.platforms.web.page_context import PageContext, withdrawal
from bot.platforms.web.published_feeds import plain_body
from bot.replies.answer import answer
from bot.replies.bulletins import BulletinText
from bot.replies.claims import COUNTED, MARKS, claim_review, verdict_text
from bot.replies.dossier_texts import cut, facts_in, first_sentence
from bot.replies.formatting import NBSP, capitalised, day, fact_text, short_day
from bot.replies.i18n import phrases_in
from bot.replies.language_panel import language_name
from bot.replies.listings import listing, own_command, topic_of_command
from bot.replies.question import HELP, LIST_IDS, NEWS, PROGRAMS, SOURCES, AboutTopic, Command, Question, token
from bot.replies.reply import Block, Reply, SourceLink, lines_of
from bot.replies.word_diff import marked

RECENT_BULLETINS = 6
"""The bulletins that the dossier's page shows; older ones are folded."""

RELATED_BULLETINS = 4
"""The bulletins listed beside a text."""

MAX_TITLE = 60
"""The most characters of a page's title that search engines show."""

MAX_QUESTION = 500
"""The most characters of a question on the page; the rest is cut."""

"""Language and territory (ogp.me, "Optional Metadata")."""

_LEADING_EMOJI = re.compile(r"^\W+(?=\w)")

# ---- Parts of pages


@dataclass(frozen=True, slots=True)
class Figure:
    """A topic's picture on the page.

    Attributes:
        path: the address of the whole picture, without the ending.
        shown: the address of what the page shows: the whole picture, or the chart alone where title and sources stand around it.
        alt: the alternative text.
        height: the height of what is shown, if its width is 1200.
    """

    path: str
    shown: str
    alt: str
    height: int


@dataclass(frozen=True, slots=True)
class Section:
    """A topic on the page.

    Attributes:
        anchor: its ``id`` in the HTML.
        path: the path of its own page.
        reply: the reply about the topic.
        figure: its picture; None if it has none.
        summary: its summary in one line, without facts.
    """

    anchor: str
    path: str
    reply: Reply
    figure: Figure | None
    summary: str

    @property
    def icon(self) -> Markup:
        """The line drawing of the topic's emoji; a page with lines for any other, so that all cards look alike."""
        return Markup(icon_lines(self.reply.emoji) or icon_lines(PAGE) or "")  # noqa: S704  our own SVG


def _section(context: PageContext, topic: Topic, inline: bool = True) -> Section:
    """``inline``: whether the chart stands alone, because the page has the topic's title and sources around it."""
    subject, language = AboutTopic(topic.id), context.language
    reply = answer(context.dossier, subject, language, context.today)
    listed = listing(context.dossier, topic.id, 1, language)
    if listed:  # this is one page of the list; topic_page shows the whole list
        reply = replace(reply, blocks=tuple(block for block in reply.blocks if block not in listed.blocks))
    shown = Inline(topic.id) if inline else subject
    drawn = draw(context.dossier, shown, language, context.today) if topic.picture else None
    path = f"/pictures/{language}/topic/{topic.id}"
    shown_at = path.replace("/topic/", "/inline/", 1) if inline else path
    figure = Figure(path, shown_at, drawn.alt, drawn.height) if drawn else None
    summary = context.texts.line(topic.summary[language])
    return Section(topic.id.replace(":", "-"), _path(context, topic), with_links(context, reply), figure, summary)


def _path(context: PageContext, topic: Topic) -> str:
    return f"/{context.language}/topics/{topic.id}"


def _topic_links(context: PageContext, topics: Iterable[Topic]) -> list[tuple[str, str]]:
    return [(context.texts.line(topic.title[context.language]), _path(context, topic)) for topic in topics]


_TITLES = {SUBSCRIBE: "Subscribe to bulletins", PRIVACY: "Privacy", MISTAKE: "Report a mistake"}
"""Command that is a page here → the page's title, in English."""


def with_links(context: PageContext, reply: Reply) -> Reply:
    """The reply with each command that has a page here replaced by the page's title, as a link."""

    def page_of(name: str) -> tuple[str, str] | None:
        topic = context.dossier.topics.get(topic_of_command(context.dossier, name) or TopicId(""))
        links = _topic_links(context, [topic]) if topic else _page_of(context, name)
        return next(((title, f"{context.origin}{path}") for title, path in links), None)

    return with_linked_commands(reply, page_of)


def _page_of(context: PageContext, name: str) -> list[tuple[str, str]]:
    """Title and path of the page that does what a command of the bot's own does in chats; [] if there is none."""
    own = own_command(context.dossier, name)
    if own is None or not own.page:
        return []
    return [(phrases_in(context.language).say(_TITLES[own.name]), f"/{context.language}/{own.page}")]


def _figure_of(context: PageContext, topic: TopicId) -> Section | None:
    """The section of a list with a picture; None if it has no picture."""
    section = _section(context, context.dossier.topics[topic]) if topic in context.dossier.topics else None
    return section if section and section.figure else None


def _head_title(context: PageContext, title: str) -> str:
    """The title for the page's head, followed by the dossier's if both fit."""
    both = f"{title} · {context.title}"
    return both if title != context.title and len(both) <= MAX_TITLE else cut(title, MAX_TITLE)


def _freshness_lines(context: PageContext) -> list[str]:
    """Lines that say how recent the dossier is: the latest bulletins, since when its subject is silent, and the day of the check."""
    dossier, phrases = context.dossier, phrases_in(context.language)
    reports, lines = dossier.on_subject, []
    checked = dossier.header.checked
    if reports and ((checked or context.today) - reports[0].date).days >= SILENCE_DAYS:
        lines.append(phrases.say("No new bulletin on the subject since {day}", day=phrases.day(reports[0].date)))
    if context.bulletins:
        lines.append(phrases.say("newest bulletin {day}", day=phrases.day(context.bulletins[0].date)))
    if checked:
        lines.append(context.texts.as_of_label(checked))
    return lines


def _bulletin_link(context: PageContext, bulletin: Bulletin) -> dict[str, Any]:
    return {
        "url": f"/{context.language}/bulletins/{bulletin.id}",
        "date": bulletin.date,
        "day": day(bulletin.date, context.language),
        "title": context.texts.title(bulletin),
    }


def _nearest_bulletins(context: PageContext, bulletin: Bulletin) -> list[Bulletin]:
    """The bulletins before and after ``bulletin``, the newest first."""
    every = context.bulletins
    first = max(0, min(every.index(bulletin) - RELATED_BULLETINS // 2, len(every) - RELATED_BULLETINS - 1))
    return [other for other in every[first : first + RELATED_BULLETINS + 1] if other != bulletin]


def _corrections(context: PageContext, bulletin: BulletinId) -> list[dict[str, Any]]:
    """The corrections of a bulletin that changed its text in this language, the newest first."""
    return [
        _correction(context, correction)
        for correction in reversed(context.history_of(bulletin).corrections)
        if correction.before.get(context.language) != correction.after.get(context.language)
    ]


def _correction(context: PageContext, correction: Correction) -> dict[str, Any]:
    before, after = correction.before.get(context.language), correction.after.get(context.language)
    old_title = before.title if before and after and before.title != after.title else ""
    words = marked(_lines(before), _lines(after)) if before and after else ()
    changed = words if any(each.mark != "same" for each in words) else ()
    because = correction.because(context.language)
    return {"day": correction.day, "because": because, "title": old_title, "changed": changed}


def _lines(text: BulletinText) -> str:
    """The words of a text, without the numbers of its sources."""
    return "\n\n".join(map(without_citations, lines_of(text.blocks)))


def _places(context: PageContext) -> list[tuple[str, str]]:
    """The links of every page's head: claims, bulletins, questions, sources, each only where there is something; and how to subscribe."""
    dossier, say, home = context.dossier, phrases_in(context.language).say, f"/{context.language}"
    topics = [topic for topic in dossier.topics.values() if topic.id not in LIST_IDS and not topic.is_program]
    wanted = [
        (say("Claims"), f"{home}/claims", bool(dossier.claims)),
        (say("Bulletins"), _list_path(context, NEWS, "news"), bool(dossier.bulletins)),
        (
            say("Questions"),
            _list_path(context, HELP, "more"),
            HELP in dossier.topics or not all(topic.picture for topic in topics[1:]),
        ),
        (say("Sources"), _list_path(context, SOURCES, "sources"), bool(dossier.sources)),
        (say("Subscribe"), f"{home}/subscribe", True),
    ]
    return [(label, url) for label, url, is_there in wanted if is_there]


def _list_path(context: PageContext, list_id: TopicId, anchor: str) -> str:
    """The page of a list; a part of the dossier's page if the list is not a topic of its own."""
    topic = context.dossier.topics.get(list_id)
    return _path(context, topic) if topic else f"/{context.language}#{anchor}"


def base_values(
    context: PageContext, path: str, title: str, description: str = "", card: str = "", card_alt: str = ""
) -> dict[str, Any]:
    """The values for ``public_base.html``.

    ``path``: the page's address after the language. ``card``: the picture that other sites show with a link to the page; "": the dossier's title card.
    """
    dossier, language = context.dossier, context.language
    others = [code for code in dossier.languages if code != language]
    say = phrases_in(language).say
    default = say("Nota answers from published sources only and speaks for none of the parties.")
    header = dossier.header
    logo = dossier.logo if header.logo else None
    is_typed = header.contact and not is_web_address(header.contact)
    return {
        "say": say,
        "count": phrases_in(language).count,
        "short_day": lambda when: short_day(when, language),
        "publisher": context.texts.publisher,
        "logo": f"/logo?{sha256(logo).hexdigest()[:12]}" if logo else "/static/mark.svg",
        "has_own_logo": bool(logo),
        "about": context.texts.line(header.about[language]) if header.about else in_own_words(default, language),
        "contact": f"mailto:{header.contact}" if is_typed else header.contact,
        "licence": context.texts.line(header.licence[language]) if header.licence else "",
        "title": title,
        "head_title": _head_title(context, title),
        "site_title": context.title,
        "description": description or first_sentence(context.texts.blocks(header.summary[language])),
        "card": card or f"/pictures/{language}/card",
        "card_alt": card_alt or context.title,
        "language": language,
        "languages": [(code, language_name(code)) for code in dossier.languages],
        "locale": record(language).locale or None,
        "other_locales": [locale for code in others if (locale := record(code).locale)],
        "path": path,
        "origin": context.origin,
        "default_language": header.default_language,
        "places": _places(context),
        "max_question": MAX_QUESTION,
    }


def invitation_links(context: PageContext) -> list[tuple[str, str]]:
    """Labels and addresses that add the bot to a chat."""
    return [(_LEADING_EMOJI.sub("", button.label), button.url) for button in context.invitations if button.url]


def _organisation(context: PageContext) -> dict[str, str]:
    return {"@type": "Organization", "name": context.texts.publisher, "url": context.origin}


def _json_ld(thing: dict[str, Any]) -> Markup:
    """A schema.org object. No text in it can close the script element."""
    text = json.dumps({"@context": "https://schema.org", **thing}, ensure_ascii=False)
    return Markup(text.replace("<", "\\u003c"))  # noqa: S704  json.dumps and the replacement leave no markup


# ---- Pages


def page(template: str, **values: Any) -> str:
    """A rendered template with a no-break space before each dash, so that no line begins with a dash."""
    return render(template, **values).replace(" —", f"{NBSP}—")


def home_page(context: PageContext) -> str:
    """The page about the whole dossier."""
    dossier, language = context.dossier, context.language
    topics = [topic for topic in dossier.topics.values() if topic.id not in LIST_IDS and not topic.is_program]
    sections = [_section(context, topic) for topic in topics]
    bulletins = [_bulletin_link(context, bulletin) for bulletin in context.bulletins]
    values = base_values(context, "", context.title)
    modified = context.modified
    thing = {"@type": "WebPage", "name": context.title, "inLanguage": language, "url": f"{context.origin}/{language}"}
    return page(
        "public.html",
        **values,
        summary=context.texts.blocks(dossier.header.summary[language]),
        freshness=_freshness_lines(context),
        key_figures=_key_figures(context),
        lead=sections[0] if sections else None,
        programs=[_section(context, topic) for topic in dossier.programs],
        figures=[section for section in sections[1:] if section.figure],
        programs_figure=_figure_of(context, PROGRAMS),
        news_figure=_figure_of(context, NEWS),
        others=[section for section in sections[1:] if not section.figure],
        bulletins=bulletins[:RECENT_BULLETINS],
        latest=bulletins[:RELATED_BULLETINS],
        older=bulletins[RECENT_BULLETINS:],
        sources=[] if SOURCES in dossier.topics else [context.texts.source(name) for name in dossier.sources],
        invitations=invitation_links(context),
        structured=_json_ld(thing | ({"dateModified": modified.isoformat()} if modified else {})),
    )


def _key_figures(context: PageContext) -> list[dict[str, str]]:
    """The facts of the header's ``figures`` in large type: value, what it is, who states it and when that was checked, and a page that says more."""
    dossier, language = context.dossier, context.language
    pictures = Context(dossier, language, context.today, palette("light", dossier.header.colour))
    found = []
    for name in dossier.header.figures:
        fact = dossier.facts.get(name)
        if fact is None:
            continue
        naming = (topic for topic in dossier.topics.values() if name in facts_in(dossier, topic.body[language]))
        about = dossier.topics.get(fact.topic) if fact.topic else next(naming, None)
        of = context.texts.line(in_language(fact.of, language)) if fact.of else ""
        url = _path(context, about) if about else ""
        checked = context.texts.as_of_label(context.texts.as_of([name]))
        by = filter(None, (pictures.who_says(fact), in_own_words(checked, language)))
        values = {"value": fact_text(fact, language), "of": capitalised(of, language), "url": url}
        found.append({**values, "by": Markup(" · ").join(by)})
    return found


def topic_page(context: PageContext, topic_id: TopicId) -> str:
    """The page of one topic."""
    dossier, language = context.dossier, context.language
    topic = dossier.topics[topic_id]
    section = _section(context, topic)
    reply, title = section.reply, section.reply.title
    description = first_sentence(reply.blocks)
    url = f"{context.origin}{section.path}"
    related = [dossier.topics[name] for name in topic.related if name in dossier.topics]
    bulletins = [bulletin for bulletin in context.bulletins if topic_id in bulletin.topics][:RELATED_BULLETINS]
    card = f"/pictures/{language}/card/{topic_id}"
    return page(
        "topic.html",
        **base_values(context, f"/topics/{topic_id}", title, description, card, f"{title}. {description}"),
        section=section,
        reply=reply,
        **_to_pass_on(context, title, reply, url, _topic_thing(context, topic, section, description, url)),
        listed=_topic_links(context, _listed_topics(dossier, topic_id)),
        listed_bulletins=[_bulletin_link(context, each) for each in context.bulletins if topic_id == NEWS],
        listed_sources=_sources_by_kind(context) if topic_id == SOURCES else [],
        related=_topic_links(context, related),
        bulletins=[_bulletin_link(context, bulletin) for bulletin in bulletins],
    )


def _sources_by_kind(context: PageContext) -> list[tuple[str, list[tuple[SourceLink, int]]]]:
    """The sources of each kind, each with the number of statements that rest on it: facts, and citations in texts of this language."""
    dossier, language, phrases = context.dossier, context.language, phrases_in(context.language)
    texts = [topic.body for topic in dossier.topics.values()]
    texts += [bulletin.body for bulletin in dossier.bulletins.values()]
    texts += [claim.because for claim in dossier.claims.values()]
    resting = Counter(source for fact in dossier.facts.values() for source in fact.sources)
    resting.update(SourceId(source) for text in texts for _, source in citations(text.get(language, "")))
    titles = {
        "official": phrases.say("Official pages"),
        "agency": phrases.say("News agencies"),
        "newspaper": phrases.say("Newspapers"),
        "reprint": phrases.say("Reprints"),
        None: phrases.say("Other pages"),
    }
    groups: dict[str, list[tuple[SourceLink, int]]] = {title: [] for title in titles.values()}
    for name, source in sorted(dossier.sources.items(), key=lambda each: -resting[each[0]]):
        groups[titles[source.kind]].append((context.texts.source(name), resting[name]))
    found = [(title, of_kind) for title, of_kind in groups.items() if of_kind]
    return found if len(found) > 1 else [("", of_kind) for _, of_kind in found]


def _listed_topics(dossier: Dossier, list_id: TopicId) -> list[Topic]:
    """The topics that a list shows; [] if the topic is not a list of topics."""
    if list_id == PROGRAMS:
        return list(dossier.programs)
    every = [topic for topic in dossier.topics.values() if topic.id != HELP and not topic.is_program]
    return every if list_id == HELP else []


def _topic_thing(context: PageContext, topic: Topic, section: Section, description: str, url: str) -> dict[str, Any]:
    """The schema.org object of a topic's page: a Dataset if the page offers a chart's figures for download, otherwise a WebPage."""
    reply = section.reply
    thing: dict[str, Any] = {
        "@type": "Dataset" if section.figure else "WebPage",
        "name": reply.title,
        "description": description,
        "inLanguage": context.language,
        "url": url,
        "isBasedOn": [source.address for source in reply.sources],
    }
    if reply.as_of:
        thing["dateModified"] = reply.as_of.isoformat()
    if section.figure:
        csv = f"{context.origin}{section.figure.path}.csv"
        thing["creator"] = _organisation(context)
        thing["distribution"] = [{"@type": "DataDownload", "encodingFormat": "text/csv", "contentUrl": csv}]
    return thing


def _share_links(context: PageContext, title: str, url: str) -> list[tuple[str, str]]:
    """Labels and addresses that open a message with the link. Nothing is loaded from these sites before a press."""
    letter = urlencode({"subject": title, "body": url}).replace("+", "%20")
    quoted = {"url": quote_plus(url), "title": quote_plus(title)}
    return [
        *((label, address.format_map(quoted)) for label, address in context.share),
        ("WhatsApp", f"https://wa.me/?{urlencode({'text': f'{title} {url}'})}"),
        (phrases_in(context.language).say("E-mail"), f"mailto:?{letter}"),
    ]


def _to_pass_on(context: PageContext, title: str, reply: Reply, url: str, thing: dict[str, Any]) -> dict[str, Any]:
    """What a page has for those who pass it on: its text, addresses that open a message with its link, and what programs read."""
    text = f"{title}\n\n{plain_body(reply, with_all_sources=True)}\n\n{context.title}: {url}"
    return {"plain_text": text, "share": _share_links(context, title, url), "structured": _json_ld(thing)}


def embed_page(context: PageContext, topic_id: TopicId) -> str:
    """A topic for a frame on another site: its chart or text, its sources, and a link to Nota."""
    section = _section(context, context.dossier.topics[topic_id], inline=False)
    return page(
        "embed.html",
        **base_values(context, f"/topics/{topic_id}", section.reply.title),
        section=section,
        reply=section.reply,
    )


def embed_ask_page(context: PageContext) -> str:
    """A box to ask in for a frame on another site; the answer opens outside of it."""
    title = phrases_in(context.language).say("Ask a question")
    return page("embed.html", **base_values(context, "/ask", title), section=None)


def bulletin_page(context: PageContext, bulletin_id: BulletinId) -> str:
    """The page of one bulletin."""
    dossier, language, texts = context.dossier, context.language, context.texts
    bulletin = dossier.bulletins[bulletin_id]
    title = texts.title(bulletin)
    topics = [dossier.topics[topic] for topic in bulletin.topics]
    pictured = next((topic for topic in topics if topic.picture and topic.picture == bulletin.picture), None)
    card, url = f"/pictures/{language}/bulletin/{bulletin_id}", context.bulletin_url(bulletin_id)
    reply, history = context.reply_of(bulletin), context.history_of(bulletin_id)
    published = history.published
    modified = max((correction.at for correction in history.corrections), default=published)
    thing: dict[str, Any] = {
        "@type": "NewsArticle",
        "headline": title[:110],
        "inLanguage": language,
        "datePublished": _iso(published, bulletin.date),
        "dateModified": _iso(modified, bulletin.date),
        "url": url,
        "mainEntityOfPage": url,
        "image": [f"{context.origin}{card}"],
        "author": _organisation(context),
        "publisher": _organisation(context),
        "citation": [source.address for source in reply.sources],
        "correction": [
            {
                "@type": "CorrectionComment",
                "datePublished": correction["day"].isoformat(),
                "text": correction["because"] or correction["title"] or title,
            }
            for correction in _corrections(context, bulletin_id)
        ],
    }
    if not thing["correction"]:
        del thing["correction"]
    card_alt = f"{day(bulletin.date, language)}. {title}"
    return page(
        "bulletin.html",
        **base_values(context, f"/bulletins/{bulletin_id}", title, first_sentence(reply.blocks), card, card_alt),
        day=day(bulletin.date, language),
        date=bulletin.date,
        published=published,
        published_day=day(published.date(), language) if published else "",
        published_at=_iso(published, bulletin.date),
        modified_at=_iso(modified, bulletin.date),
        corrections=_corrections(context, bulletin_id),
        reply=reply,
        topics=_topic_links(context, topics),
        others=[_bulletin_link(context, other) for other in _nearest_bulletins(context, bulletin)],
        figure=_section(context, pictured, inline=False).figure if pictured else None,
        plain_text=f"{title}\n{day(bulletin.date, language)}\n\n{plain_body(reply, with_all_sources=True)}\n\n{url}",
        share=_share_links(context, title, url),
        structured=_json_ld(thing),
    )


def _iso(moment: datetime | None, otherwise: date) -> str:
    """The moment in ISO 8601; the day if the moment is not known."""
    return moment.isoformat(timespec="seconds") if moment else otherwise.isoformat()


def withdrawn_page(context: PageContext, bulletin_id: BulletinId) -> str:
    """The page of a withdrawn bulletin, sent with status 410: the day and the reason, without the bulletin's text."""
    entry, phrases = withdrawal(context, bulletin_id), phrases_in(context.language)
    title = phrases.say("Withdrawn: {title}", title=entry["link"]["title"])
    return page(
        "withdrawn.html",
        **base_values(context, f"/bulletins/{bulletin_id}", title),
        withdrawn=phrases.say("Withdrawn on {day}.", day=phrases.day(entry["day"])),
        because=entry["blocks"],
        bulletins=[_bulletin_link(context, bulletin) for bulletin in context.bulletins[:RELATED_BULLETINS]],
    )


def corrections_page(context: PageContext) -> str:
    """The page of all corrections and withdrawals, the newest first."""
    say = phrases_in(context.language).say
    entries = []
    for bulletin in context.bulletins:
        link = _bulletin_link(context, bulletin)
        changed = _corrections(context, bulletin.id)
        entries += [{**correction, "link": link, "withdrawn": False} for correction in changed]
    entries += [withdrawal(context, name) for name in context.withdrawn]
    entries.sort(key=lambda entry: entry["day"], reverse=True)
    return page("corrections.html", **base_values(context, "/corrections", say("Corrections")), entries=entries)


_OF_SIGN = {
    MARKS["agrees"]: ("agrees", "The sources say so"),
    MARKS["contradicts"]: ("contradicts", "The sources say otherwise"),
    MARKS["disputed"]: ("disputed", "Reports differ"),
    MARKS["unknown"]: ("unknown", "Not borne out so far"),
    COUNTED: ("counted", "By Nota’s count"),
}
"""The sign of a reply to a claim → the class and the words of its label."""


def _verdict(context: PageContext, reply: Reply) -> tuple[dict[str, str] | None, str]:
    """The label (``kind`` is its class) and the headline of a reply; None if it gives no verdict as a whole. A reviewed claim has its editor's word."""
    if not reply.statements or reply.emoji not in _OF_SIGN:
        return None, reply.title
    (kind, words), headline, say = _OF_SIGN[reply.emoji], reply.title, phrases_in(reply.language).say
    label = say(words)
    [first, *others] = reply.statements
    if first.claim and not others and (claim := context.dossier.claims.get(first.claim)):
        kind, label = claim.verdict, verdict_text(claim, reply.language)
        headline = say("“{words}”", words=cut(first.text, MAX_TITLE))
    return {"kind": kind, "sign": reply.emoji, "words": label}, headline


def _with_titles(context: PageContext, reply: Reply) -> Reply:
    """The reply with the heading of a topic in its text as a link to that topic, without the emoji."""
    shown = (context.dossier.topics.get(name) for name in (reply.topic, *reply.suggestions) if name)
    topics = [topic for topic in shown if topic]
    headings = {f"{topic.emoji} {context.texts.line(topic.title[reply.language])}": topic for topic in topics}

    def titled(block: Block) -> Block:
        if isinstance(block, Paragraph) and len(block.spans) == 1 and (topic := headings.get(block.spans[0].text)):
            title = context.texts.line(topic.title[reply.language])
            return Paragraph((Span(title, bold=True, url=f"{context.origin}{_path(context, topic)}"),))
        return block

    return replace(reply, blocks=tuple(map(titled, reply.blocks)))


NEXT_QUESTIONS = 3
"""The related topics below an answer."""


def ask_page(context: PageContext, question: str, reply: Reply | None, notice: str = "", checks: bool = False) -> str:
    """The page with the answer to a question, or the verdict on a claim.

    ``reply``: None if there is no question. ``notice``: the reason why it is not answered. ``checks``: whether it was sent as a claim to check.
    """
    dossier, say = context.dossier, phrases_in(context.language).say
    offered = [dossier.topics[name] for name in reply.suggestions if name in dossier.topics] if reply else []
    answered = dossier.topics.get(reply.topic) if reply and reply.topic else None
    verdict, headline = _verdict(context, reply) if reply else (None, "")
    if answered is None and not offered:
        onward = [topic for topic in dossier.topics.values() if topic.id not in LIST_IDS and not topic.is_program]
    else:
        onward = [dossier.topics[name] for name in answered.related if name in dossier.topics] if answered else []

    is_open = reply is not None and (reply.unanswered or reply.awaits_verdict)
    offers = reply.offers if reply else ()

    def chosen(choice: Question | None, **more: str) -> str:
        """The address behind what is offered, which counts what was chosen."""
        after = {"after": question[:MAX_QUESTION], "chosen": token(choice) if choice else ""}
        return f"/{context.language}/ask?{urlencode({**more, **after})}"

    return page(
        "ask.html",
        **base_values(context, "/ask", say("Check a claim") if checks else say("Ask")),
        question=question,
        checks=checks,
        reply=with_links(context, _with_titles(context, reply)) if reply else None,
        notice=notice,
        verdict=verdict,
        headline=headline,
        answered=_path(context, answered) if answered else "",
        near=[(offer.label, chosen(offer.question, claim=offer.label)) for offer in offers],
        offered=[
            (title, chosen(AboutTopic(topic.id)) if is_open else path)
            for topic, (title, path) in zip(offered, _topic_links(context, offered), strict=True)
        ],
        none_of_these=chosen(Command(NONE_OF_THESE)) if is_open and (offered or offers) else "",
        onward=[
            *(_page_of(context, question[1:].lower()) if question.startswith("/") and not answered else ()),
            *_topic_links(context, onward[:NEXT_QUESTIONS]),
        ],
    )


RATINGS = {"true": 5, "unproven": 3, "disputed": 3, "misleading": 2, "false": 1}
"""An editor's verdict → its rating in a ClaimReview, 1 to 5 (schema.org/ClaimReview)."""


def claims_page(context: PageContext, claim_id: ClaimId | None = None) -> str:
    """The page of all reviewed claims in short, or of one claim with its sources and a ClaimReview (schema.org/ClaimReview)."""
    language, every = context.language, context.dossier.claims
    shown = list(every.values()) if claim_id is None else [every[claim_id]]
    title = phrases_in(language).say("Claims") if claim_id is None else context.quoted(every[claim_id])
    claims: list[dict[str, Any]] = [
        {
            "id": claim.id,
            "url": f"/{language}/claims/{claim.id}",
            "says": context.quoted(claim),
            "date": claim.date,
            "verdict": claim.verdict,
            "reply": claim_review(context.dossier, claim, language),
        }
        for claim in shown
    ]
    values: dict[str, Any] = {"structured": "", "share": [], "plain_text": ""}
    description = ""
    if claim_id is not None:
        [claim], url = shown, context.claim_url(claim_id)
        reply = claims[0]["reply"]
        heading = f"{title} – {reply.title}"
        description = f"{reply.title}. {first_sentence(reply.blocks)}"
        values = _to_pass_on(context, heading, reply, url, _claim_thing(context, claim))
    path = "/claims" if claim_id is None else f"/claims/{claim_id}"
    return page(
        "claims.html",
        **base_values(context, path, title, description),
        claims=claims,
        is_alone=claim_id is not None,
        **values,
    )


def _claim_thing(context: PageContext, claim: Claim) -> dict[str, Any]:
    """The schema.org object of a claim's page."""
    return {
        "@type": "ClaimReview",
        "url": context.claim_url(claim.id),
        "claimReviewed": context.claim_text(claim),
        "datePublished": claim.date.isoformat(),
        "inLanguage": context.language,
        "author": _organisation(context),
        "reviewRating": {
            "@type": "Rating",
            "ratingValue": RATINGS[claim.verdict],
            "bestRating": 5,
            "worstRating": 1,
            "alternateName": verdict_text(claim, context.language),
        },
    }


def not_found_page(context: PageContext) -> str:
    """The page for an unknown address, with links to the dossier and to the latest bulletins."""
    bulletins = [_bulletin_link(context, bulletin) for bulletin in context.bulletins[:RELATED_BULLETINS]]
    return page(
        "not_found.html",
        bulletins=bulletins,
        **base_values(context, "", phrases_in(context.language).say("No such page")),
    )


_SUNKEN = "#F1EFE9"
"""The darkest ground of the light page (``--sunken`` in public.css): what can be read on it can be read on the others."""


def colours_css(context: PageContext) -> str:
    """A style sheet with the dossier's colour, made readable on the page's background in either theme."""
    colour = context.dossier.header.colour
    light, dark = readable(colour, _SUNKEN), palette("dark", colour).accent
    return f":root {{ --accent: light-dark({light}, {dark}); }}\n"
