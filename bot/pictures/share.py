"""A share as a hundred dots, what it is a share of, and who says so. PURE."""

from collections.abc import Iterator

from bot.answers.composing import facts_in
from bot.answers.formats import fact_text, in_language
from bot.answers.phrases import phrases
from bot.dossier.facts import Percent
from bot.dossier.model import SourceId, Topic
from bot.pictures.fonts import BOLD, SANS, SERIF, Face
from bot.pictures.scene import LABELS, Box, Drawing, Scene
from bot.pictures.svg import Markup, circle, lines
from bot.pictures.typesetting import Setting, fit

_WHOLE = 100
_SIDE = 10
_LARGEST = 350
"""The dots' side: more would crowd out the words."""


def share(scene: Scene, topic: Topic, box: Box) -> Drawing | None:
    """The drawing of the first percentage that a topic's text refers to; None where that is none, or no share."""
    facts = (scene.dossier.facts[name] for name in facts_in(scene.dossier, topic.body[scene.language]))
    fact = next((fact for fact in facts if isinstance(fact, Percent)), None)
    if fact is None or fact.value > _WHOLE:
        return None
    side = min(box.height, _LARGEST)
    dots = Box(box.x, box.y + (box.height - side) / 2, side, side)
    beside = Box(dots.right + 52, dots.y, box.right - dots.right - 52, side)
    said = f"{fact_text(fact, scene.language)} {_of(scene, fact)}. {_by(scene, fact)}"
    marks = (*_dots(scene, fact, dots), *_words(scene, fact, beside))
    return Drawing(marks, said.rstrip(" ."), tuple(map(SourceId, fact.sources)))


def _dots(scene: Scene, fact: Percent, box: Box) -> Iterator[Markup]:
    """A hundred, filled from the lower left row by row."""
    colours = scene.colours
    pitch = box.width / _SIDE
    filled = min(100, round(fact.value))
    for index in range(100):
        row, column = divmod(index, _SIDE)
        x, y = box.x + (column + 0.5) * pitch, box.bottom - (row + 0.5) * pitch
        if index < filled:
            yield circle(x, y, pitch * 0.39, colours.accent, mark="filled")
        else:
            yield circle(x, y, pitch * 0.35, "none", mark="empty", stroke=colours.muted, stroke_width=2.5)


def _words(scene: Scene, fact: Percent, box: Box) -> Iterator[Markup]:
    """The figure, what it measures and whose it is, in the middle of the height."""
    colours = scene.colours
    figure = fit(fact_text(fact, scene.language), SERIF, box.width, (150, 120, 96, 76, 56), 1)
    of = _told(_of(scene, fact), BOLD, box.width)
    by = _told(_by(scene, fact), SANS, box.width)
    y = box.y + (box.height - figure.size * 0.7 - of.height - by.height - 44) / 2 + figure.size * 0.7
    yield from lines(figure, box.x, y, colours.accent, mark="figure")
    y += 24 + of.size
    yield from lines(of, box.x, y, colours.ink, mark="of")
    y += of.leading * (len(of.lines) - 1) + 20 + by.size
    yield from lines(by, box.x, y, colours.muted, mark="by")


def _told(words: str, face: Face, room: float) -> Setting:
    """On two lines; on three, smaller, where it is long."""
    setting = fit(words, face, room, LABELS, 2, spacing=1.14, even=True)
    return fit(words, face, room, (30, 28, 26), 3, spacing=1.14, even=True) if setting.cut else setting


def _of(scene: Scene, fact: Percent) -> str:
    whole = in_language(fact.of, scene.language) if fact.of else ""
    return phrases(scene.language).say("of {whole}", whole=whole) if whole else ""


def _by(scene: Scene, fact: Percent) -> str:
    if not fact.stated_by:
        return ""
    return phrases(scene.language).say("Figure from {name}", name=in_language(fact.stated_by, scene.language))
