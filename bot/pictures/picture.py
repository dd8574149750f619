"""Draws the picture of a topic or of a bulletin, and reports pictures that cannot be drawn. PURE."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from bot.dossier.diagnostics import Diagnostic, did_you_mean
from bot.dossier.markdown import Paragraph
from bot.dossier.models import Bulletin, DayFact, Dossier, Fact, FactId, Language, Topic, file_of
from bot.pictures.charts import cards, newsline, price_ranges, ranges, share
from bot.pictures.fonts import BOLD, SERIF, MissingGlyph, fit
from bot.pictures.layout import (
    FOOTER_RULE,
    KICKER_BASELINE,
    MARGIN,
    Box,
    Chart,
    Context,
    background,
    footer,
    heading,
)
from bot.pictures.svg import WIDTH, document, label, rect, text
from bot.pictures.theme import Theme, palette
from bot.pictures.timeline import timeline
from bot.replies.bulletins import TITLE_CARD
from bot.replies.dossier_texts import facts_in
from bot.replies.formatting import day, in_language
from bot.replies.i18n import phrases_in
from bot.replies.question import AboutBulletin, AboutTopic

Subject = AboutTopic | AboutBulletin


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture and its alternative text, both in ``language``."""

    svg: str
    alt: str
    language: Language


DrawChart = Callable[[Context, Topic, Box], Chart | None]

CHARTS: dict[str, DrawChart] = {
    "duration": timeline,
    "timeline": timeline,
    "pricing": ranges,
    "ranges": ranges,
    "coverage": share,
    "share": share,
    "programs": cards,
    "news": newsline,
}
"""The values of a topic's ``picture``."""


def draw(dossier: Dossier, subject: Subject, language: str, today: date, theme: Theme = "light") -> Picture | None:
    """The picture of a topic (by its ``picture``) or the title card of a bulletin.

    If the typefaces lack a letter of the language, it is in the dossier's default language. None if there is nothing to
    draw: no such topic, no such picture, or a missing fact.
    """
    wanted = dossier.language(language)
    for each in dict.fromkeys((wanted, dossier.header.default_language)):
        context = Context(dossier, each, today, palette(theme, dossier.header.colour))
        try:
            if isinstance(subject, AboutBulletin):
                bulletin = dossier.bulletins.get(subject.bulletin)
                return _title_card(context, bulletin) if bulletin else None
            topic = dossier.topics.get(subject.topic)
            return _topic_picture(context, topic) if topic else None
        except MissingGlyph:
            continue
    return None


def _topic_picture(context: Context, topic: Topic) -> Picture | None:
    draw_chart = CHARTS.get(topic.picture or "")
    if draw_chart is None:
        return None
    language = context.language
    title = context.texts.line(topic.title[language])
    standfirst = "" if draw_chart is share else _standfirst(context, topic)
    # Only the chart of prices does not say what they are prices of.
    stated_by = _stated_by(context, topic, draw_chart)
    head, box = heading(
        context, title, ". ".join(filter(None, [standfirst if draw_chart is ranges else "", stated_by]))
    )
    chart = draw_chart(context, topic, box)
    if chart is None:
        return None
    facts = facts_in(context.dossier, topic.body[language])
    as_of = context.texts.as_of_label(context.texts.as_of(facts))
    publishers = context.publishers(chart.sources, ()) if chart.sources else context.publishers(topic.sources, facts)
    alt = ". ".join(part for part in (title, standfirst, stated_by, chart.alt) if part) + "."
    marks = (*background(context), *head, *chart.marks, *footer(context, publishers, as_of))
    return Picture(document(*marks, title=alt, language=language), alt, language)


def _standfirst(context: Context, topic: Topic) -> str:
    """The first bold words of the topic's opening paragraph, else its summary."""
    first = next(iter(context.texts.blocks(topic.body[context.language])), None)
    bold = [span.text for span in first.spans if span.bold] if isinstance(first, Paragraph) else []
    return (bold[0] if bold else context.texts.line(topic.summary[context.language])).rstrip(".")


def _stated_by(context: Context, topic: Topic, draw_chart: DrawChart) -> str:
    """Who states the figures of a chart that has no room for it."""
    drawn: Sequence[Fact] = ()
    if draw_chart is ranges:
        drawn = price_ranges(context, topic)
    elif draw_chart is timeline and topic.progress:
        facts = context.dossier.facts
        ends = [facts[name] for name in (topic.progress.from_, topic.progress.to) if name in facts]
        lengths = [FactId(end.plus or "") for end in ends if isinstance(end, DayFact)]
        drawn = [*ends, *(facts[name] for name in lengths if name in facts)]
    names_stated = dict.fromkeys(in_language(fact.stated_by, context.language) for fact in drawn if fact.stated_by)
    say = phrases_in(context.language).say
    return say("Figure from {name}", name="; ".join(names_stated)) if names_stated else ""


def _title_card(context: Context, bulletin: Bulletin) -> Picture:
    """A bulletin's day, headline and sources."""
    colours, language = context.colours, context.language
    day_text, headline = day(bulletin.date, language), context.texts.line(bulletin.title[language])
    left = MARGIN + 34
    title = fit(headline, SERIF, WIDTH - MARGIN - left, (76, 70, 64, 58), 4, spacing=1.14, balanced=True)
    if title.is_cut:
        title = fit(headline, SERIF, WIDTH - MARGIN - left, (52, 48, 44, 40, 38), 6, spacing=1.14, balanced=True)
    top, bottom = KICKER_BASELINE + 30, FOOTER_RULE - 20
    height = 70 + title.height
    y = top + (bottom - top - height) / 2
    publishers = context.publishers(bulletin.sources, facts_in(context.dossier, bulletin.body[language]))
    marks = (
        *background(context),
        rect(MARGIN, y, 8, height, colours.signal, mark="bar"),
        label(day_text, left, y + 34, BOLD, 42, colours.signal, mark="day"),
        *text(title, left, y + 58 + title.size, colours.ink, mark="headline"),
        *footer(context, publishers, ""),
    )
    alt = f"{context.kicker}. {day_text}. {headline}."
    return Picture(document(*marks, title=alt, language=language), alt, language)


# ---- Diagnostics

_REQUIREMENTS: dict[DrawChart, str] = {
    timeline: "expected progress from a date fact to a later one",
    ranges: "expected a body that refers to a money fact with min and max",
    share: "expected a body that refers to a percent fact of at most 100",
    cards: "expected at least one file in programs/",
    newsline: "expected at least one file in bulletins/",
}


def check_pictures(dossier: Dossier, today: date) -> Iterator[Diagnostic]:
    """Unknown pictures, pictures that lack a fact, and languages that the typefaces cannot print."""
    for topic in dossier.topics.values():
        if topic.picture in CHARTS:
            yield from _undrawable(dossier, topic, topic.picture, today)
        elif topic.picture:
            yield _unknown(file_of(topic), topic.picture, CHARTS)
    for bulletin in dossier.bulletins.values():
        name, path = bulletin.picture, file_of(bulletin)
        if name is not None and name not in (TITLE_CARD, *CHARTS):
            yield _unknown(path, name, (TITLE_CARD, *CHARTS))
        elif name not in (None, TITLE_CARD) and all(dossier.topics[each].picture != name for each in bulletin.topics):
            fix = f"expected {TITLE_CARD!r}, or the picture of one of its topics"
            message = f"no topic of it has the picture {name!r}"
            yield Diagnostic(path, ("picture",), message, fix, severity="warning")


def _unknown(path: str, name: str, known: Iterable[str]) -> Diagnostic:
    fix = did_you_mean(name, known, "a picture")
    return Diagnostic(path, ("picture",), f"no picture {name!r}", fix, harmless=True)


def _undrawable(dossier: Dossier, topic: Topic, name: str, today: date) -> Iterator[Diagnostic]:
    for language in dossier.languages:
        picture = draw(dossier, AboutTopic(topic.id), language, today)
        if picture is None:
            message = f"picture {name!r} in {language!r} has nothing to draw"
            yield Diagnostic(file_of(topic), ("picture",), message, _REQUIREMENTS[CHARTS[name]], severity="warning")
        elif picture.language != language:
            message = f"picture {name!r} cannot be written in {language!r}"
            fix = f"expected Latin or Cyrillic letters; it is shown in {picture.language!r}"
            yield Diagnostic(file_of(topic), ("picture",), message, fix, severity="warning")
