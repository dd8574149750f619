"""Bulletins on a line of time, and the newest in words. PURE."""

from collections.abc import Callable, Iterator, Sequence
from datetime import date

from bot.answers.formats import month, short_day
from bot.dossier.model import Bulletin, Topic
from bot.pictures.fonts import BOLD, SANS, width
from bot.pictures.scene import Box, Drawing, Scene
from bot.pictures.svg import Anchor, Markup, circle, label, line, lines
from bot.pictures.typesetting import Setting, fit

_LISTED = 3
_ON_LINE = 60
_DOT = 11
_PITCH = 2 * _DOT + 4
_STOREYS = 4
_TICK, _DAY = 34, 35
_SIZES = (34, 32, 30, 28, 25, 23)


def newsline(scene: Scene, _topic: Topic, box: Box) -> Drawing | None:
    """The drawing of the bulletins; None where there are none."""
    newest = list(scene.dossier.bulletins.values())[:_ON_LINE]
    if not newest:
        return None
    listed = newest[:_LISTED]
    axis = Box(box.x + _DOT, box.y + 14, box.width - 2 * _DOT, (_STOREYS - 1) * _PITCH)
    below = Box(box.x, axis.bottom + 70, box.width, box.bottom - axis.bottom - 70)
    marks = (*_axis(scene, newest, axis), *_list(scene, listed, below))
    said = (f"{short_day(item.date, scene.language)}: {_title(scene, item)}" for item in listed)
    return Drawing(marks, "; ".join(said), tuple(item.sources[0] for item in listed if item.sources))


def _title(scene: Scene, bulletin: Bulletin) -> str:
    return scene.composer.line(bulletin.title[scene.language])


def _axis(scene: Scene, newest: Sequence[Bulletin], box: Box) -> Iterator[Markup]:
    """A dot a bulletin, those of near days on top of one another; the listed ones full."""
    colours = scene.colours
    first, last = newest[-1].date, newest[0].date
    span = max(1, (last - first).days)

    def at(when: date) -> float:
        return box.x + box.width * (when - first).days / span if first < last else box.x + box.width / 2

    yield line(box.x, box.bottom, box.right, box.bottom, colours.rule, 4)
    for x, words, anchor in _ticks(scene.language, first, last, at):
        yield line(x, box.bottom, x, box.bottom + 20, colours.muted)
        yield label(words, x, box.bottom + 52, SANS, _TICK, colours.muted, anchor, mark="tick")
    listed = {item.id for item in newest[:_LISTED]}
    storeys: list[float] = []
    for bulletin in reversed(newest):
        x = at(bulletin.date)
        storey = next((n for n, taken in enumerate(storeys) if x - taken >= 2 * _DOT + 4), len(storeys))
        storeys[storey : storey + 1] = [x]
        y = box.bottom - min(storey, _STOREYS - 1) * _PITCH
        fill = colours.accent if bulletin.id in listed else colours.paper
        yield circle(x, y, _DOT, fill, mark="bulletin", stroke=colours.accent, stroke_width=4)


def _ticks(language: str, first: date, last: date, at: Callable[[date], float]) -> Iterator[tuple[float, str, Anchor]]:
    """The months of both ends, and the starts of quarters, or of years, whose names have the room between."""
    if first == last:
        yield at(first), month(first, language), "middle"
        return
    yield at(first), month(first, language), "start"
    yield at(last), month(last, language), "end"
    taken = at(first) + width(month(first, language), SANS, _TICK)
    end = at(last) - width(month(last, language), SANS, _TICK)
    step = 3 if (last - first).days < 800 else 12
    for count in range(first.year * 12, last.year * 12 + 12, step):
        when = date(count // 12, count % 12 + 1, 1)
        half = width(month(when, language), SANS, _TICK) / 2 + 24
        if first < when < last and at(when) - half > taken and at(when) + half < end:
            yield at(when), month(when, language), "middle"
            taken = at(when) + half


def _list(scene: Scene, listed: Sequence[Bulletin], box: Box) -> Iterator[Markup]:
    colours = scene.colours
    pitch = min(80, box.height / len(listed))
    days = [short_day(item.date, scene.language) for item in listed]
    column = max(width(day, BOLD, _DAY) for day in days) + 26
    titles = _titles([_title(scene, item) for item in listed], box.width - column, 1 if pitch < 58 else 2)
    for index, (title, day) in enumerate(zip(titles, days, strict=True)):
        y = box.y + index * pitch
        baseline = y + pitch / 2 + 11
        yield label(day, box.x, baseline, BOLD, _DAY, colours.accent, mark="day")
        yield from lines(
            title, box.x + column, baseline - title.leading * (len(title.lines) - 1) / 2, colours.ink, mark="title"
        )
        if index:
            yield line(box.x, y, box.right, y, colours.rule, 1)


def _titles(titles: Sequence[str], room: float, most: int) -> list[Setting]:
    """All of one size, the largest at which none is cut."""
    for size in _SIZES:
        settings = [fit(title, SANS, room, (size,), most, spacing=1.08, even=True) for title in titles]
        if not any(setting.cut for setting in settings):
            break
    return settings
