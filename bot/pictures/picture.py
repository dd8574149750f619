"""Draws the picture of a topic or of a bulletin, and reports pictures that cannot be drawn. PURE."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date

from bot.dossier.diagnostics import Diagnostic, did_you_mean, warning
from bot.dossier.models import Bulletin, Dossier, FactId, Language, Money, Topic, TopicId, file_of
from bot.pictures.charts import CHARTS
from bot.pictures.fonts import BOLD, SERIF, MissingGlyph, fit
from bot.pictures.layout import (
    KICKER_BASELINE,
    MARGIN,
    Context,
    background,
    footer,
    footer_height,
    heading,
)
from bot.pictures.svg import CARD_HEIGHT, WIDTH, document, rect, text
from bot.pictures.theme import MIN_CONTRAST, Theme, contrast, palette, readable
from bot.replies.bulletins import TITLE_CARD
from bot.replies.dossier_texts import compare, facts_in, figures_of, first_sentence
from bot.replies.formatting import capitalised, day
from bot.replies.question import AboutBulletin, AboutTopic


@dataclass(frozen=True, slots=True)
class Card:
    """The title card of a topic, or of the dossier if ``topic`` is None."""

    topic: TopicId | None = None


@dataclass(frozen=True, slots=True)
class Inline:
    """A topic's chart without headline and footer, for a page that has both."""

    topic: TopicId


Subject = AboutTopic | AboutBulletin | Card | Inline
"""A topic's picture, a bulletin's title card, another title card, or a chart alone."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture, its alternative text and its caption, all in ``language``.

    Attributes:
        height: its height, if its width is 1200.
        caption: a caveat against a wrong conclusion; "" if it needs none.
        facts: the facts in the picture, for the table beside it.
    """

    svg: str
    alt: str
    language: Language
    height: int
    caption: str = ""
    facts: tuple[FactId, ...] = ()


_INLINE_TOP = 36
"""The margin above and below a chart that stands alone."""


def draw(dossier: Dossier, subject: Subject, language: str, today: date, theme: Theme = "light") -> Picture | None:
    """The picture of a topic (by its ``picture``) or the title card of a bulletin.

    If the typefaces lack a letter of the language, it is in the dossier's default language. None if the topic, the picture or a fact does not exist.
    """
    wanted = dossier.language(language)
    for candidate in dict.fromkeys((wanted, dossier.header.default_language)):
        context = Context(dossier, candidate, today, palette(theme, dossier.header.colour))
        try:
            if isinstance(subject, AboutBulletin):
                bulletin = dossier.bulletins.get(subject.bulletin)
                return _bulletin_card(context, bulletin) if bulletin else None
            if isinstance(subject, Card):
                return _card(context, subject.topic)
            topic = dossier.topic_named(subject.topic)
            return _topic_picture(context, topic, isinstance(subject, Inline)) if topic else None
        except MissingGlyph:
            continue
    return None


def _topic_picture(context: Context, topic: Topic, inline: bool) -> Picture | None:
    if topic.picture not in CHARTS:
        return None
    draw_chart, _ = CHARTS[topic.picture]
    language = context.language
    title = context.texts.line(topic.title[language])
    head, top = ([], _INLINE_TOP) if inline else heading(context, title)
    chart = draw_chart(context, topic, top)
    if chart is None:
        return None
    facts = facts_in(context.dossier, topic.body[language])
    as_of = context.texts.as_of_label(context.texts.as_of(chart.facts or facts))
    publishers = context.publishers(chart.sources, ()) if chart.sources else context.publishers(topic.sources, facts)
    alt = ". ".join(capitalised(part, language).rstrip(".") for part in (title, chart.alt, as_of) if part) + "."
    if inline:
        height = round(chart.bottom + _INLINE_TOP)
        paper = rect(0, 0, WIDTH, height, context.colours.paper)
        svg = document(paper, *chart.marks, title=alt, language=language, height=height)
        return Picture(svg, alt, language, height, chart.caveat, chart.facts)
    height = round(max(CARD_HEIGHT, chart.bottom + 28 + footer_height(as_of)))
    marks = (*background(context, height), *head, *chart.marks, *footer(context, publishers, as_of, height))
    svg = document(*marks, title=alt, language=language, height=height)
    return Picture(svg, alt, language, height, chart.caveat, chart.facts)


def _card(context: Context, topic_id: TopicId | None) -> Picture | None:
    """The title card for links to a topic or to the dossier, with its first sentence."""
    dossier, language, texts = context.dossier, context.language, context.texts
    if topic_id is None:
        headline = first_sentence(texts.blocks(dossier.header.summary[language]))
        return _title_card(context, context.say("Questions and answers"), headline, ())
    topic = dossier.topic_named(topic_id)
    if topic is None:
        return None
    body = topic.body[language]
    publishers = context.publishers(topic.sources, facts_in(dossier, body))
    return _title_card(context, texts.line(topic.title[language]), first_sentence(texts.blocks(body)), publishers)


def _bulletin_card(context: Context, bulletin: Bulletin) -> Picture:
    """The title card of a bulletin: its day, headline and sources."""
    context, language = replace(context, dossier=context.dossier.then(bulletin)), context.language
    headline = context.texts.title(bulletin)
    publishers = context.publishers(bulletin.sources, facts_in(context.dossier, bulletin.body[language]))
    return _title_card(context, day(bulletin.date, language), headline, publishers)


def _title_card(context: Context, over: str, headline: str, publishers: Sequence[str]) -> Picture:
    """A title card: a headline beside a bar, with the line ``over`` above it."""
    colours, language = context.colours, context.language
    left = MARGIN + 34
    title = fit(headline, SERIF, WIDTH - MARGIN - left, (76, 70, 64, 58), 4, spacing=1.14, balanced=True)
    if title.is_cut:
        title = fit(headline, SERIF, WIDTH - MARGIN - left, (52, 48, 44, 40), 7, spacing=1.14, balanced=True)
    title_line = fit(over, BOLD, WIDTH - MARGIN - left, (42, 40), 1)
    top, bottom = KICKER_BASELINE + 30, CARD_HEIGHT - footer_height("") - 20
    height = 70 + title.height
    y = top + (bottom - top - height) / 2
    marks = (
        *background(context, CARD_HEIGHT),
        rect(MARGIN, y, 8, height, colours.signal, mark="bar"),
        *text(title_line, left, y + 34, colours.signal, mark="day"),
        *text(title, left, y + 58 + title.size, colours.ink, mark="headline"),
        *footer(context, publishers, "", CARD_HEIGHT),
    )
    alt = f"{context.kicker}. {over}. {headline}."
    return Picture(document(*marks, title=alt, language=language, height=CARD_HEIGHT), alt, language, CARD_HEIGHT)


# ---- Diagnostics


def check_pictures(dossier: Dossier, today: date) -> Iterator[Diagnostic]:
    """Unknown pictures, pictures that lack a fact, languages that the typefaces cannot print, and a colour that cannot be read."""
    colour, paper = dossier.header.colour, palette("light", dossier.header.colour).paper
    if (found := contrast(colour, paper)) < MIN_CONTRAST:
        message = f"the colour {colour} has a contrast of {found:.1f} to the page"
        fix = f"expected {MIN_CONTRAST} or more; {readable(colour, paper)} is shown instead"
        yield Diagnostic("dossier.yaml", ("colour",), message, fix, severity="warning", code="contrast")
    for topic in dossier.topics.values():
        if topic.picture in CHARTS:
            yield from _undrawable(dossier, topic, topic.picture, today)
            yield from _incomparable(dossier, topic)
        elif topic.picture:
            yield _unknown(file_of(topic), topic.picture, CHARTS)
    for bulletin in dossier.bulletins.values():
        name, path = bulletin.picture, file_of(bulletin)
        if name is not None and name not in (TITLE_CARD, *CHARTS):
            yield _unknown(path, name, (TITLE_CARD, *CHARTS))
        elif name not in (None, TITLE_CARD) and all(dossier.topics[topic].picture != name for topic in bulletin.topics):
            fix = f"expected {TITLE_CARD!r}, or the picture of one of its topics"
            message = f"no topic of it has the picture {name!r}"
            yield Diagnostic(path, ("picture",), message, fix, severity="warning", code="other-picture")


def _incomparable(dossier: Dossier, topic: Topic) -> Iterator[Diagnostic]:
    """Amounts that are said to compare and cannot: their currencies or periods differ."""
    names = figures_of(dossier, topic, Money, dossier.header.default_language) if topic.picture == "pricing" else []
    if topic.comparable and not compare(dossier, topic, names):
        message = f"the amounts {', '.join(map(repr, names))} have several currencies or periods"
        fix = "expected one of each with comparable: true; no bars are drawn"
        yield Diagnostic(file_of(topic), ("comparable",), message, fix, severity="warning", code="comparable")


def _unknown(path: str, name: str, names: Iterable[str]) -> Diagnostic:
    fix = did_you_mean(name, names, "a picture")
    return Diagnostic(path, ("picture",), f"no picture {name!r}", fix, harmless=True)


def _undrawable(dossier: Dossier, topic: Topic, name: str, today: date) -> Iterator[Diagnostic]:
    for language in dossier.languages:
        context = Context(dossier, language, today, palette("light", dossier.header.colour))
        try:
            if _topic_picture(context, topic, inline=False) is None:
                message = f"picture {name!r} in {language!r} has nothing to draw"
                yield warning(file_of(topic), ("picture",), message, CHARTS[name][1], "no-picture")
        except MissingGlyph:
            shown = draw(dossier, AboutTopic(topic.id), language, today)
            message = f"picture {name!r} cannot be written in {language!r}"
            instead = f"it is shown in {shown.language!r}" if shown else "it is not shown"
            yield warning(file_of(topic), ("picture",), message, f"expected Latin or Cyrillic letters; {instead}")
