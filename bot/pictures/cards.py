"""The programmes as cards, each with its sign. PURE."""

from collections.abc import Iterator

from bot.answers.phrases import phrases
from bot.dossier.model import Topic
from bot.pictures.fonts import BOLD, SANS
from bot.pictures.icons import icon
from bot.pictures.scene import LABELS, Box, Drawing, Scene
from bot.pictures.svg import Markup, circle, lines, rect
from bot.pictures.typesetting import Setting, fit

_GAP = 16
_MOST = 12
_BETWEEN = 6
"""Between a title and its summary."""


def cards(scene: Scene, _topic: Topic, box: Box) -> Drawing | None:
    """The drawing of the dossier's programmes, at most twelve; None where it has none."""
    programs = scene.dossier.programs
    if not programs:
        return None
    boxes = _grid(box, min(_MOST, len(programs)))
    shown = programs[: len(boxes)]
    texts = [_texts(scene, program, card) for program, card in zip(shown, boxes, strict=True)]
    whole = all(under for _, under in texts)
    marks: list[Markup] = []
    for program, card, (title, under) in zip(shown, boxes, texts, strict=True):
        marks += _card(scene, program, card, title, under if whole else None)
    titles = ", ".join(_title(scene, program) for program in shown)
    return Drawing(tuple(marks), _with_rest(scene, titles, len(programs) - len(shown)))


def _grid(box: Box, count: int) -> list[Box]:
    columns = 1 if count < 3 else 2 if count <= 6 else 3
    rows = -(-count // columns)
    width = (box.width - _GAP * (columns - 1)) / columns
    height = min(150, (box.height - _GAP * (rows - 1)) / rows)
    top = box.y + max(0, (box.height - rows * (height + _GAP) + _GAP) / 2)
    places = (divmod(index, columns) for index in range(count))
    return [Box(box.x + right * (width + _GAP), top + down * (height + _GAP), width, height) for down, right in places]


def _with_rest(scene: Scene, titles: str, rest: int) -> str:
    return f"{titles}, {phrases(scene.language).count('and {n} more', 'and {n} more', rest)}" if rest else titles


def _title(scene: Scene, program: Topic) -> str:
    return scene.composer.line(program.title[scene.language])


def _texts(scene: Scene, program: Topic, box: Box) -> tuple[Setting, Setting | None]:
    """The title, and the summary if the whole of it goes into the height that is left."""
    room = box.right - 14 - _text_left(box)
    title = fit(_title(scene, program), BOLD, room, (*LABELS[1:], 30, 28, 26, 24, 21), 2, spacing=1.06, even=True)
    under = fit(scene.composer.line(program.summary[scene.language]), SANS, room, (36, 34, 32), 2, spacing=1.08)
    fits = title.height + _BETWEEN + under.height <= box.height - 8 and not under.cut
    return title, under if fits else None


def _radius(box: Box) -> float:
    return min(35.0, box.height * 0.36)


def _text_left(box: Box) -> float:
    return box.x + 20 + 2 * _radius(box) + 18


def _card(scene: Scene, program: Topic, box: Box, title: Setting, under: Setting | None) -> Iterator[Markup]:
    colours = scene.colours
    radius = _radius(box)
    x, y = box.x + 20 + radius, box.y + box.height / 2
    yield rect(
        box.x, box.y, box.width, box.height, colours.card, mark="card", rx=6, stroke=colours.rule, stroke_width=2
    )
    yield circle(x, y, radius, colours.tint)
    yield icon(program.emoji, _title(scene, program), x, y, radius, colours.accent)
    y += _first_baseline(title, under)
    yield from lines(title, _text_left(box), y, colours.ink, mark="program")
    if under:
        y += title.leading * (len(title.lines) - 1) + _BETWEEN + under.size
        yield from lines(under, _text_left(box), y, colours.muted, mark="summary")


def _first_baseline(title: Setting, under: Setting | None) -> float:
    """From the card's middle, for the text to stand in the middle; a capital is two thirds of a size high."""
    capital = title.size * 0.66
    height = title.leading * (len(title.lines) - 1) + capital
    if under:
        height += _BETWEEN + under.size + under.leading * (len(under.lines) - 1)
    return capital - height / 2
