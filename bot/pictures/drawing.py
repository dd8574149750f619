"""What is asked → its picture. PURE."""

from collections.abc import Callable
from datetime import date

from bot.answers.composing import facts_in
from bot.answers.formats import day
from bot.answers.question import AboutBulletin
from bot.dossier.model import Bulletin, Dossier, Topic
from bot.dossier.text import Paragraph
from bot.pictures.cards import cards
from bot.pictures.fonts import Unwritable
from bot.pictures.newsline import newsline
from bot.pictures.palette import palette
from bot.pictures.picture import Picture, Subject, Theme
from bot.pictures.ranges import ranges
from bot.pictures.scene import Box, Drawing, Scene, footer, ground, headed
from bot.pictures.share import share
from bot.pictures.svg import document
from bot.pictures.timeline import timeline
from bot.pictures.titlecard import title_card

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
