"""What is asked → its picture. PURE."""

from collections.abc import Callable, Iterable, Iterator
from datetime import date

from bot.dossier.diagnostics import Diagnostic, did_you_mean
from bot.dossier.markdown import Paragraph
from bot.dossier.models import Bulletin, Dossier, Topic, file_of
from bot.pictures.charts import cards, newsline, ranges, share
from bot.pictures.fonts import BOLD, SERIF, Unwritable, fit
from bot.pictures.layout import FOOTER_RULE, KICKER_BASELINE, MARGIN, Box, Drawing, Scene, footer, ground, headed
from bot.pictures.svg import WIDTH, Markup, document, label, lines, rect
from bot.pictures.theme import Picture, Subject, Theme, palette
from bot.pictures.timeline import timeline
from bot.replies.bulletins import TITLE_CARD
from bot.replies.composer import facts_in
from bot.replies.formatting import day
from bot.replies.question import AboutBulletin, AboutTopic

_SIZES, _SMALLER = (76, 70, 64, 58), (52, 48, 44, 40, 38)


_DAY = 42


def title_card(scene: Scene, bulletin: Bulletin) -> list[Markup]:
    """The whole card: day, headline, sources."""
    colours = scene.colours
    left = MARGIN + 34
    words, room = scene.composer.line(bulletin.title[scene.language]), WIDTH - MARGIN - left
    title = fit(words, SERIF, room, _SIZES, 4, spacing=1.14, even=True)
    if title.cut:
        title = fit(words, SERIF, room, _SMALLER, 6, spacing=1.14, even=True)
    top, bottom = KICKER_BASELINE + 30, FOOTER_RULE - 20
    height = 70 + title.height
    y = top + (bottom - top - height) / 2
    return [
        *ground(scene),
        rect(MARGIN, y, 8, height, colours.signal, mark="bar"),
        label(day(bulletin.date, scene.language), left, y + 34, BOLD, _DAY, colours.signal, mark="day"),
        *lines(title, left, y + 58 + title.size, colours.ink, mark="headline"),
        *footer(scene, scene.credits(bulletin.sources, facts_in(scene.dossier, bulletin.body[scene.language])), ""),
    ]


_NEEDS = {
    "duration": "expected progress from a date fact to a later one",
    "timeline": "expected progress from a date fact to a later one",
    "pricing": "expected a body that refers to a money fact with min and max",
    "ranges": "expected a body that refers to a money fact with min and max",
    "coverage": "expected a body that refers to a percent fact of at most 100",
    "share": "expected a body that refers to a percent fact of at most 100",
    "programs": "expected at least one file in programs/",
    "news": "expected at least one file in bulletins/",
}


_OF_BULLETINS = f"expected {TITLE_CARD!r}, or the picture of one of its topics"


KINDS: dict[str, Callable[[Scene, Topic, Box], Drawing | None]] = {
    "duration": timeline,
    "timeline": timeline,
    "pricing": ranges,
    "ranges": ranges,
    "coverage": share,
    "share": share,
    "programs": cards,
    "news": newsline,
}
"""What a topic's ``picture`` may say → how it is drawn."""


_SHOWN_BY_BULLETINS = (TITLE_CARD, *KINDS)


def check_pictures(dossier: Dossier, today: date) -> Iterator[Diagnostic]:
    """Names that no picture has, facts that a picture lacks, and languages that it cannot be written in."""
    for topic in dossier.topics.values():
        if topic.picture in KINDS:
            yield from _not_drawn(dossier, topic, topic.picture, today)
        elif topic.picture:
            yield _unknown(file_of(topic), topic.picture, KINDS)
    for bulletin in dossier.bulletins.values():
        yield from _of_bulletin(dossier, bulletin)


def _of_bulletin(dossier: Dossier, bulletin: Bulletin) -> Iterator[Diagnostic]:
    name, path = bulletin.picture, file_of(bulletin)
    if name is not None and name not in _SHOWN_BY_BULLETINS:
        yield _unknown(path, name, _SHOWN_BY_BULLETINS)
    elif name not in (None, TITLE_CARD) and all(dossier.topics[each].picture != name for each in bulletin.topics):
        yield Diagnostic(
            path, ("picture",), f"no topic of it has the picture {name!r}", _OF_BULLETINS, severity="warning"
        )


def _unknown(path: str, name: str, known: Iterable[str]) -> Diagnostic:
    fix = did_you_mean(name, known, "a picture")
    return Diagnostic(path, ("picture",), f"no picture {name!r}", fix, harmless=True)


def _not_drawn(dossier: Dossier, topic: Topic, name: str, today: date) -> Iterator[Diagnostic]:
    for language in dossier.languages:
        picture = draw(dossier, AboutTopic(topic.id), language, today)
        if picture is None:
            message = f"picture {name!r} in {language!r} has nothing to draw"
            yield Diagnostic(file_of(topic), ("picture",), message, _NEEDS[name], severity="warning")
        elif picture.language != language:
            message = f"picture {name!r} cannot be written in {language!r}"
            fix = f"expected Latin or Cyrillic letters; it is shown in {picture.language!r}"
            yield Diagnostic(file_of(topic), ("picture",), message, fix, severity="warning")


def draw(dossier: Dossier, subject: Subject, language: str, today: date, theme: Theme = "light") -> Picture | None:
    """The picture of a topic (by its ``picture``) or the title card of a bulletin; ``today`` is marked where it matters.

    In the dossier's default language where the typefaces cannot write the language. None where there is nothing to
    draw: no such picture, or a fact that it needs is missing.
    """
    wanted = dossier.language(language)
    for tongue in dict.fromkeys((wanted, dossier.header.default_language)):
        scene = Scene(dossier, tongue, today, palette(theme, dossier.header.colour))
        try:
            return _drawn(scene, subject)
        except Unwritable:
            continue
    return None


def has_picture(dossier: Dossier, subject: Subject, language: str, today: date) -> bool:
    """Whether :func:`draw` has something to show."""
    return draw(dossier, subject, language, today) is not None


def _drawn(scene: Scene, subject: Subject) -> Picture | None:
    if isinstance(subject, AboutBulletin):
        bulletin = scene.dossier.bulletins.get(subject.bulletin)
        return _card(scene, bulletin) if bulletin else None
    topic = scene.dossier.topics.get(subject.topic)
    kind = KINDS.get(topic.picture) if topic and topic.picture else None
    return _chart(scene, topic, kind) if topic and kind else None


def _chart(scene: Scene, topic: Topic, kind: Callable[[Scene, Topic, Box], Drawing | None]) -> Picture | None:
    title = scene.composer.line(topic.title[scene.language])
    standfirst = "" if kind is share else _standfirst(scene, topic)
    head, box = headed(scene, title, standfirst if kind is ranges else "")  # only prices do not say of what they are
    drawing = kind(scene, topic, box)
    if drawing is None:
        return None
    facts = facts_in(scene.dossier, topic.body[scene.language])
    as_of = scene.composer.as_of_label(scene.composer.as_of(facts))
    credit = scene.credits(drawing.sources, ()) if drawing.sources else scene.credits(topic.sources, facts)
    foot = footer(scene, credit, as_of)
    alt = ". ".join(part for part in (title, standfirst, drawing.alt) if part) + "."
    return Picture(
        document(*ground(scene), *head, *drawing.marks, *foot, title=alt, language=scene.language), alt, scene.language
    )


def _card(scene: Scene, bulletin: Bulletin) -> Picture:
    alt = (
        f"{scene.kicker}. {day(bulletin.date, scene.language)}. {scene.composer.line(bulletin.title[scene.language])}."
    )
    return Picture(document(*title_card(scene, bulletin), title=alt, language=scene.language), alt, scene.language)


def _standfirst(scene: Scene, topic: Topic) -> str:
    """The first bold words of a topic's opening paragraph, else its summary."""
    first = next(iter(scene.composer.blocks(topic.body[scene.language])), None)
    bold = [span.text for span in first.spans if span.bold] if isinstance(first, Paragraph) else []
    return (bold[0] if bold else scene.composer.line(topic.summary[scene.language])).rstrip(".")
