"""Bulletins on a line of time, and the newest in words. PURE."""

from collections.abc import Callable, Iterator, Sequence
from datetime import date
from itertools import pairwise

from bot.dossier.models import Bulletin, Money, Percent, SourceId, Topic
from bot.pictures.fonts import BOLD, SANS, SERIF, Face, Setting, fit, width
from bot.pictures.layout import LABELS, Box, Drawing, Scene
from bot.pictures.svg import Anchor, Markup, circle, label, line, lines, rect
from bot.pictures.theme import icon
from bot.replies.composer import facts_in
from bot.replies.formatting import currency_name, fact_text, in_language, money, month, number, short_day
from bot.replies.i18n import phrases_in

_MOST = 2


_NAMES = 290
"""The column of currencies' names."""


_BAR = 42


_ROW = 168


_TICK, _END = 33, 46


_APART = 28
"""At least so far do labels stand from one another."""


_STEPS = (1, 2, 2.5, 5, 10)


def ranges(scene: Scene, topic: Topic, box: Box) -> Drawing | None:
    """The drawing of the ranges that a topic's text refers to; None where it refers to none."""
    found = _ranges(scene, topic)
    if not found:
        return None
    height = min(box.height / len(found), _ROW)
    top = box.y + (box.height - height * len(found)) / 2
    marks: list[Markup] = []
    for index, fact in enumerate(found):
        marks += _row(scene, fact, Box(box.x, top + index * height, box.width, height))
    said = [" ".join([fact_text(fact, scene.language), _per_period(fact, scene.language)]).strip() for fact in found]
    return Drawing(tuple(marks), "; ".join(said), tuple(SourceId(name) for fact in found for name in fact.sources))


def _ranges(scene: Scene, topic: Topic) -> list[Money]:
    """Ranges for the same period as the first: a monthly price beside a yearly one would compare what does not compare."""
    facts = (scene.dossier.facts[name] for name in facts_in(scene.dossier, topic.body[scene.language]))
    found = [fact for fact in facts if isinstance(fact, Money) and fact.low < fact.high]
    return [fact for fact in found if fact.period == found[0].period][:_MOST]


def _row(scene: Scene, fact: Money, row: Box) -> Iterator[Markup]:
    colours = scene.colours
    name = fit(currency_name(fact.currency, scene.language), BOLD, _NAMES - 24, LABELS[2:], 2, spacing=1.08)
    y = row.y + row.height / 2 - 20
    baseline = y + _BAR / 2 + 12
    yield from lines(name, row.x, baseline - (len(name.lines) - 1) * name.leading, colours.ink, mark="currency")
    period = _condition(fact, scene.language)
    if period:
        under = fit(period, SANS, _NAMES - 24, (36, 34, 32, 30, 28, 26), 1)
        yield from lines(under, row.x, baseline + 8 + under.size, colours.muted, mark="period")
    step = _step(fact.high)
    last = (int(fact.high / step) + 1) * step
    track = Box(row.x + _NAMES, y, row.width - _NAMES, _BAR)
    yield from _axis(scene, track, step, last)
    yield from _bar(scene, fact, track, last)


def _axis(scene: Scene, track: Box, step: float, last: float) -> Iterator[Markup]:
    """Ticks from zero; between the first and the last, those whose names have the room."""
    colours = scene.colours
    yield rect(track.x, track.y, track.width, _BAR, colours.rule, mark="track", fill_opacity=0.45)
    count = round(last / step)
    taken, end = track.x, track.right - width(number(last, scene.language), SANS, _TICK)
    for index in range(count + 1):
        x = track.x + track.width * index / count
        words = number(index * step, scene.language)
        half = width(words, SANS, _TICK) / 2 + 12
        yield line(x, track.y + _BAR, x, track.y + _BAR + 9, colours.muted, 2)
        if index in (0, count) or (x - half > taken and x + half < end):
            anchor: Anchor = "start" if index == 0 else "end" if index == count else "middle"
            yield label(words, x, track.y + _BAR + 40, SANS, _TICK, colours.muted, anchor, mark="tick")
            taken = x + (half if index else 2 * half)


def _bar(scene: Scene, fact: Money, track: Box, last: float) -> Iterator[Markup]:
    colours = scene.colours
    low, high = (track.x + track.width * value / last for value in (fact.low, fact.high))
    yield rect(low, track.y, high - low, _BAR, colours.accent, mark="range")
    texts = [_end(fact, value, scene.language) for value in (fact.low, fact.high)]
    widths = [width(text, BOLD, _END) for text in texts]
    centres = _apart([low, high], widths, track)
    for x, text, at in zip(centres, texts, (low, high), strict=True):
        yield line(at, track.y - 10, at, track.y + _BAR, colours.accent, 4)
        yield label(text, x, track.y - 18, BOLD, _END, colours.accent, "middle", mark="end")


def _per_period(fact: Money, language: str) -> str:
    phrases = phrases_in(language)
    match fact.period:
        case "hour":
            return phrases.say("an hour")
        case "day":
            return phrases.say("a day")
        case "week":
            return phrases.say("a week")
        case "month":
            return phrases.say("a month")
        case "year":
            return phrases.say("a year")
        case None:
            return ""


def _condition(fact: Money, language: str) -> str:
    """For how long, and whether roughly: said once, not at both ends."""
    roughly = phrases_in(language).say("roughly") if fact.approximate else ""
    return ", ".join(part for part in (_per_period(fact, language), roughly) if part)


def _end(fact: Money, value: float, language: str) -> str:
    one = Money(type="money", amount=value, currency=fact.currency)
    return money(one, language)


def _apart(centres: list[float], widths: list[float], track: Box) -> list[float]:
    """Labels' centres, moved so that they neither leave the track nor touch."""
    halves = [each / 2 for each in widths]
    placed = [max(track.x + half, min(track.right - half, at)) for at, half in zip(centres, halves, strict=True)]
    for (i, left), (j, right) in pairwise(enumerate(placed)):
        overlap = halves[i] + halves[j] + _APART - (right - left)
        if overlap > 0:
            placed[j] = min(track.right - halves[j], right + overlap / 2)
            placed[i] = max(track.x + halves[i], placed[j] - halves[j] - _APART - halves[i])
            placed[j] = max(placed[j], placed[i] + halves[i] + _APART + halves[j])
    return placed


def _step(highest: float) -> float:
    """A round step that parts the way to ``highest`` into at most five."""
    power = 10.0 ** (len(str(int(highest))) - 2)
    while True:
        for factor in _STEPS:
            if highest / (factor * power) <= 5:
                return factor * power
        power *= 10


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
    return phrases_in(scene.language).say("of {whole}", whole=whole) if whole else ""


def _by(scene: Scene, fact: Percent) -> str:
    if not fact.stated_by:
        return ""
    return phrases_in(scene.language).say("Figure from {name}", name=in_language(fact.stated_by, scene.language))


_GAP = 16


_MOST_CARDS = 12


_BETWEEN = 6
"""Between a title and its summary."""


def cards(scene: Scene, _topic: Topic, box: Box) -> Drawing | None:
    """The drawing of the dossier's programmes, at most twelve; None where it has none."""
    programs = scene.dossier.programs
    if not programs:
        return None
    boxes = _grid(box, min(_MOST_CARDS, len(programs)))
    shown = programs[: len(boxes)]
    texts = [_texts(scene, program, card) for program, card in zip(shown, boxes, strict=True)]
    whole = all(under for _, under in texts)
    marks: list[Markup] = []
    for program, card, (title, under) in zip(shown, boxes, texts, strict=True):
        marks += _card(scene, program, card, title, under if whole else None)
    titles = ", ".join(_card_title(scene, program) for program in shown)
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
    return f"{titles}, {phrases_in(scene.language).count('and {n} more', 'and {n} more', rest)}" if rest else titles


def _card_title(scene: Scene, program: Topic) -> str:
    return scene.composer.line(program.title[scene.language])


def _texts(scene: Scene, program: Topic, box: Box) -> tuple[Setting, Setting | None]:
    """The title, and the summary if the whole of it goes into the height that is left."""
    room = box.right - 14 - _text_left(box)
    title = fit(_card_title(scene, program), BOLD, room, (*LABELS[1:], 30, 28, 26, 24, 21), 2, spacing=1.06, even=True)
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
    yield icon(program.emoji, _card_title(scene, program), x, y, radius, colours.accent)
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


_LISTED = 3


_ON_LINE = 60


_DOT = 11


_PITCH = 2 * _DOT + 4


_STOREYS = 4


_NEWS_TICK, _DAY = 34, 35


_SIZES = (34, 32, 30, 28, 25, 23)


def newsline(scene: Scene, _topic: Topic, box: Box) -> Drawing | None:
    """The drawing of the bulletins; None where there are none."""
    newest = list(scene.dossier.bulletins.values())[:_ON_LINE]
    if not newest:
        return None
    listed = newest[:_LISTED]
    axis = Box(box.x + _DOT, box.y + 14, box.width - 2 * _DOT, (_STOREYS - 1) * _PITCH)
    below = Box(box.x, axis.bottom + 70, box.width, box.bottom - axis.bottom - 70)
    marks = (*_news_axis(scene, newest, axis), *_list(scene, listed, below))
    said = (f"{short_day(item.date, scene.language)}: {_title(scene, item)}" for item in listed)
    return Drawing(marks, "; ".join(said), tuple(item.sources[0] for item in listed if item.sources))


def _title(scene: Scene, bulletin: Bulletin) -> str:
    return scene.composer.line(bulletin.title[scene.language])


def _news_axis(scene: Scene, newest: Sequence[Bulletin], box: Box) -> Iterator[Markup]:
    """A dot a bulletin, those of near days on top of one another; the listed ones full."""
    colours = scene.colours
    first, last = newest[-1].date, newest[0].date
    span = max(1, (last - first).days)

    def at(when: date) -> float:
        return box.x + box.width * (when - first).days / span if first < last else box.x + box.width / 2

    yield line(box.x, box.bottom, box.right, box.bottom, colours.rule, 4)
    for x, words, anchor in _ticks(scene.language, first, last, at):
        yield line(x, box.bottom, x, box.bottom + 20, colours.muted)
        yield label(words, x, box.bottom + 52, SANS, _NEWS_TICK, colours.muted, anchor, mark="tick")
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
    taken = at(first) + width(month(first, language), SANS, _NEWS_TICK)
    end = at(last) - width(month(last, language), SANS, _NEWS_TICK)
    step = 3 if (last - first).days < 800 else 12
    for count in range(first.year * 12, last.year * 12 + 12, step):
        when = date(count // 12, count % 12 + 1, 1)
        half = width(month(when, language), SANS, _NEWS_TICK) / 2 + 24
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
