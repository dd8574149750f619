"""The charts of topics: price ranges, a percentage, programmes, bulletins. PURE."""

from collections.abc import Callable, Iterator, Sequence
from datetime import date
from itertools import pairwise

from bot.dossier.models import Bulletin, Money, Percent, SourceId, Topic
from bot.pictures.fonts import BOLD, SANS, SERIF, Face, TextBlock, fit, width
from bot.pictures.layout import LABEL_SIZES, Box, Chart, Context
from bot.pictures.svg import Anchor, SvgMarkup, circle, label, line, rect, text
from bot.pictures.theme import icon
from bot.replies.dossier_texts import facts_in
from bot.replies.formatting import currency_name, fact_text, in_language, money, month, number, short_day
from bot.replies.i18n import phrases_in

# ---- Price ranges: bars on a scale from zero

_MAX_RANGES = 2
_NAME_WIDTH = 290
"""Width of the column of currencies."""
_BAR = 42
_ROW = 168
_TICK_SIZE, _VALUE_SIZE = 33, 46
_MIN_GAP = 28
"""Between the labels of both ends."""
_STEPS = (1, 2, 2.5, 5, 10)


def ranges(context: Context, topic: Topic, box: Box) -> Chart | None:
    """The chart of the price ranges in a topic's text; None if there are none."""
    found = price_ranges(context, topic)
    if not found:
        return None
    height = min(box.height / len(found), _ROW)
    top = box.y + (box.height - height * len(found)) / 2
    marks: list[SvgMarkup] = []
    for index, fact in enumerate(found):
        marks += _range(context, fact, Box(box.x, top + index * height, box.width, height))
    parts = (f"{fact_text(fact, context.language)} {_period(fact, context.language)}".strip() for fact in found)
    return Chart(tuple(marks), "; ".join(parts), tuple(SourceId(name) for fact in found for name in fact.sources))


def price_ranges(context: Context, topic: Topic) -> list[Money]:
    """The price ranges for the same period as the first, because a monthly price beside a yearly one would mislead."""
    facts = (context.dossier.facts[name] for name in facts_in(context.dossier, topic.body[context.language]))
    found = [fact for fact in facts if isinstance(fact, Money) and fact.low < fact.high]
    return [fact for fact in found if fact.period == found[0].period][:_MAX_RANGES]


def _range(context: Context, fact: Money, row: Box) -> Iterator[SvgMarkup]:
    colours, language = context.colours, context.language
    name = fit(currency_name(fact.currency, language), BOLD, _NAME_WIDTH - 24, LABEL_SIZES[2:], 2, spacing=1.08)
    y = row.y + row.height / 2 - 20
    baseline = y + _BAR / 2 + 12
    yield from text(name, row.x, baseline - (len(name.lines) - 1) * name.leading, colours.ink, mark="currency")
    roughly = phrases_in(language).say("roughly") if fact.approximate else ""
    note = ", ".join(part for part in (_period(fact, language), roughly) if part)
    if note:
        under = fit(note, SANS, _NAME_WIDTH - 24, (36, 34, 32, 30, 28, 26), 1)
        yield from text(under, row.x, baseline + 8 + under.size, colours.muted, mark="period")
    step = _step(fact.high)
    last = (int(fact.high / step) + 1) * step
    track = Box(row.x + _NAME_WIDTH, y, row.width - _NAME_WIDTH, _BAR)
    yield from _axis(context, track, step, last)
    yield from _bar(context, fact, track, last)


def _axis(context: Context, track: Box, step: float, last: float) -> Iterator[SvgMarkup]:
    """Ticks from zero. The first and the last have labels, and those between that have room."""
    colours = context.colours
    yield rect(track.x, track.y, track.width, _BAR, colours.rule, mark="track", fill_opacity=0.45)
    count = round(last / step)
    taken, end = track.x, track.right - width(number(last, context.language), SANS, _TICK_SIZE)
    for index in range(count + 1):
        x = track.x + track.width * index / count
        words = number(index * step, context.language)
        half = width(words, SANS, _TICK_SIZE) / 2 + 12
        yield line(x, track.y + _BAR, x, track.y + _BAR + 9, colours.muted, 2)
        if index in (0, count) or (x - half > taken and x + half < end):
            anchor: Anchor = "start" if index == 0 else "end" if index == count else "middle"
            yield label(words, x, track.y + _BAR + 40, SANS, _TICK_SIZE, colours.muted, anchor, mark="tick")
            taken = x + (half if index else 2 * half)


def _bar(context: Context, fact: Money, track: Box, last: float) -> Iterator[SvgMarkup]:
    colours = context.colours
    ends = [track.x + track.width * value / last for value in (fact.low, fact.high)]
    yield rect(ends[0], track.y, ends[1] - ends[0], _BAR, colours.accent, mark="range")
    labels = [
        money(Money(type="money", amount=value, currency=fact.currency), context.language)
        for value in (fact.low, fact.high)
    ]
    centres = _spread(ends, [width(each, BOLD, _VALUE_SIZE) for each in labels], track)
    for x, words, at in zip(centres, labels, ends, strict=True):
        yield line(at, track.y - 10, at, track.y + _BAR, colours.accent, 4)
        yield label(words, x, track.y - 18, BOLD, _VALUE_SIZE, colours.accent, "middle", mark="end")


def _period(fact: Money, language: str) -> str:
    say = phrases_in(language).say
    match fact.period:
        case "hour":
            return say("an hour")
        case "day":
            return say("a day")
        case "week":
            return say("a week")
        case "month":
            return say("a month")
        case "year":
            return say("a year")
        case None:
            return ""


def _spread(centres: list[float], widths: list[float], track: Box) -> list[float]:
    """The labels' centres, moved so that they stay on the track and do not touch."""
    halves = [each / 2 for each in widths]
    placed = [max(track.x + half, min(track.right - half, at)) for at, half in zip(centres, halves, strict=True)]
    for (i, left), (j, right) in pairwise(enumerate(placed)):
        overlap = halves[i] + halves[j] + _MIN_GAP - (right - left)
        if overlap > 0:
            placed[j] = min(track.right - halves[j], right + overlap / 2)
            placed[i] = max(track.x + halves[i], placed[j] - halves[j] - _MIN_GAP - halves[i])
            placed[j] = max(placed[j], placed[i] + halves[i] + _MIN_GAP + halves[j])
    return placed


def _step(highest: float) -> float:
    """A round step that divides the way to ``highest`` into at most five."""
    power = 10.0 ** (len(str(int(highest))) - 2)
    while True:
        for factor in _STEPS:
            if highest / (factor * power) <= 5:
                return factor * power
        power *= 10


# ---- A percentage: dots out of a hundred

_MAX_SIDE = 350
"""Of the square of dots. More would leave too little room for the words."""


def share(context: Context, topic: Topic, box: Box) -> Chart | None:
    """The chart of the first percentage in a topic's text; None if there is none, or if it is above 100."""
    facts = (context.dossier.facts[name] for name in facts_in(context.dossier, topic.body[context.language]))
    fact = next((fact for fact in facts if isinstance(fact, Percent)), None)
    if fact is None or fact.value > 100:
        return None
    side = min(box.height, _MAX_SIDE)
    dots = Box(box.x, box.y + (box.height - side) / 2, side, side)
    beside = Box(dots.right + 52, dots.y, box.right - dots.right - 52, side)
    figure, of, by = _share_words(context, fact)
    marks = (*_dots(context, fact, dots), *_figure(context, (figure, of, by), beside))
    return Chart(marks, f"{figure} {of}. {by}".rstrip(" ."), tuple(map(SourceId, fact.sources)))


def _share_words(context: Context, fact: Percent) -> tuple[str, str, str]:
    """The figure, what it is a share of, and who states it."""
    say, language = phrases_in(context.language).say, context.language
    whole = in_language(fact.of, language) if fact.of else ""
    of = say("of {whole}", whole=whole) if whole else ""
    by = say("Figure from {name}", name=in_language(fact.stated_by, language)) if fact.stated_by else ""
    return fact_text(fact, language), of, by


def _dots(context: Context, fact: Percent, box: Box) -> Iterator[SvgMarkup]:
    """A hundred dots, filled from the lower left row by row."""
    colours = context.colours
    pitch = box.width / 10
    filled = min(100, round(fact.value))
    for index in range(100):
        row, column = divmod(index, 10)
        x, y = box.x + (column + 0.5) * pitch, box.bottom - (row + 0.5) * pitch
        if index < filled:
            yield circle(x, y, pitch * 0.39, colours.accent, mark="filled")
        else:
            yield circle(x, y, pitch * 0.35, "none", mark="empty", stroke=colours.muted, stroke_width=2.5)


def _figure(context: Context, words: tuple[str, str, str], box: Box) -> Iterator[SvgMarkup]:
    """The three texts, vertically centred."""
    colours = context.colours
    figure = fit(words[0], SERIF, box.width, (150, 120, 96, 76, 56), 1)
    of, by = _paragraph(words[1], BOLD, box.width), _paragraph(words[2], SANS, box.width)
    y = box.y + (box.height - figure.size * 0.7 - of.height - by.height - 44) / 2 + figure.size * 0.7
    yield from text(figure, box.x, y, colours.accent, mark="figure")
    y += 24 + of.size
    yield from text(of, box.x, y, colours.ink, mark="of")
    y += of.leading * (len(of.lines) - 1) + 20 + by.size
    yield from text(by, box.x, y, colours.muted, mark="by")


def _paragraph(words: str, face: Face, max_width: float) -> TextBlock:
    """The words on two lines; if they are long, on three and smaller."""
    block = fit(words, face, max_width, LABEL_SIZES, 2, spacing=1.14, balanced=True)
    return fit(words, face, max_width, (30, 28, 26), 3, spacing=1.14, balanced=True) if block.is_cut else block


# ---- Programmes: cards with icons

_MAX_CARDS = 12
_CARD_GAP = 16
_SUMMARY_GAP = 6
"""Between a title and its summary."""


def cards(context: Context, _topic: Topic, box: Box) -> Chart | None:
    """The chart of the dossier's programmes, at most twelve; None if it has none."""
    programs = context.dossier.programs
    if not programs:
        return None
    boxes = _grid(box, min(_MAX_CARDS, len(programs)))
    shown = programs[: len(boxes)]
    texts = [_card_texts(context, program, card) for program, card in zip(shown, boxes, strict=True)]
    all_fit = all(summary for _, summary in texts)
    marks: list[SvgMarkup] = []
    for program, card, (title, summary) in zip(shown, boxes, texts, strict=True):
        marks += _card(context, program, card, title, summary if all_fit else None)
    alt = ", ".join(_card_title(context, program) for program in shown)
    if rest := len(programs) - len(shown):
        alt += f", {phrases_in(context.language).count('and {n} more', 'and {n} more', rest)}"
    return Chart(tuple(marks), alt)


def _grid(box: Box, count: int) -> list[Box]:
    columns = 1 if count < 3 else 2 if count <= 6 else 3
    rows = -(-count // columns)
    width = (box.width - _CARD_GAP * (columns - 1)) / columns
    height = min(150, (box.height - _CARD_GAP * (rows - 1)) / rows)
    top = box.y + max(0, (box.height - rows * (height + _CARD_GAP) + _CARD_GAP) / 2)
    places = (divmod(index, columns) for index in range(count))
    return [
        Box(box.x + column * (width + _CARD_GAP), top + row * (height + _CARD_GAP), width, height)
        for row, column in places
    ]


def _card_title(context: Context, program: Topic) -> str:
    return context.texts.line(program.title[context.language])


def _card_texts(context: Context, program: Topic, box: Box) -> tuple[TextBlock, TextBlock | None]:
    """The title, and the summary if all of it fits below."""
    max_width = box.right - 14 - _text_left(box)
    sizes = (*LABEL_SIZES[1:], 30, 28, 26, 24, 21)
    title = fit(_card_title(context, program), BOLD, max_width, sizes, 2, spacing=1.06, balanced=True)
    words = context.texts.line(program.summary[context.language])
    summary = fit(words, SANS, max_width, (36, 34, 32), 2, spacing=1.08)
    fits = title.height + _SUMMARY_GAP + summary.height <= box.height - 8 and not summary.is_cut
    return title, summary if fits else None


def _radius(box: Box) -> float:
    return min(35.0, box.height * 0.36)


def _text_left(box: Box) -> float:
    return box.x + 20 + 2 * _radius(box) + 18


def _card(
    context: Context, program: Topic, box: Box, title: TextBlock, summary: TextBlock | None
) -> Iterator[SvgMarkup]:
    colours = context.colours
    radius = _radius(box)
    x, y = box.x + 20 + radius, box.y + box.height / 2
    yield rect(
        box.x, box.y, box.width, box.height, colours.card, mark="card", rx=6, stroke=colours.rule, stroke_width=2
    )
    yield circle(x, y, radius, colours.tint)
    yield icon(program.emoji, _card_title(context, program), x, y, radius, colours.accent)
    capital = title.size * 0.66  # the height of a capital letter
    height = title.leading * (len(title.lines) - 1) + capital
    if summary:
        height += _SUMMARY_GAP + summary.size + summary.leading * (len(summary.lines) - 1)
    y += capital - height / 2
    yield from text(title, _text_left(box), y, colours.ink, mark="program")
    if summary:
        y += title.leading * (len(title.lines) - 1) + _SUMMARY_GAP + summary.size
        yield from text(summary, _text_left(box), y, colours.muted, mark="summary")


# ---- Bulletins: dots on an axis of time, and the newest in words

_MAX_DOTS = 60
_LISTED = 3
_DOT = 11
_PITCH = 2 * _DOT + 4
_STACK = 4
"""Dots of near days on top of one another."""
_MONTH_SIZE, _NEWS_DAY_SIZE = 34, 35
_TITLE_SIZES = (34, 32, 30, 28, 25, 23)


def newsline(context: Context, _topic: Topic, box: Box) -> Chart | None:
    """The chart of the bulletins; None if there are none."""
    newest = list(context.dossier.bulletins.values())[:_MAX_DOTS]
    if not newest:
        return None
    listed = newest[:_LISTED]
    axis = Box(box.x + _DOT, box.y + 14, box.width - 2 * _DOT, (_STACK - 1) * _PITCH)
    below = Box(box.x, axis.bottom + 70, box.width, box.bottom - axis.bottom - 70)
    marks = (*_news_axis(context, newest, axis), *_news_list(context, listed, below))
    alt = "; ".join(f"{short_day(item.date, context.language)}: {_title(context, item)}" for item in listed)
    return Chart(marks, alt, tuple(item.sources[0] for item in listed if item.sources))


def _title(context: Context, bulletin: Bulletin) -> str:
    return context.texts.line(bulletin.title[context.language])


def _news_axis(context: Context, newest: Sequence[Bulletin], box: Box) -> Iterator[SvgMarkup]:
    """A dot for each bulletin; those of the listed ones are filled."""
    colours = context.colours
    first, last = newest[-1].date, newest[0].date
    span = max(1, (last - first).days)

    def at(when: date) -> float:
        return box.x + box.width * (when - first).days / span if first < last else box.x + box.width / 2

    yield line(box.x, box.bottom, box.right, box.bottom, colours.rule, 4)
    for x, words, anchor in _months(context.language, first, last, at):
        yield line(x, box.bottom, x, box.bottom + 20, colours.muted)
        yield label(words, x, box.bottom + 52, SANS, _MONTH_SIZE, colours.muted, anchor, mark="tick")
    listed = {item.id for item in newest[:_LISTED]}
    last_x: list[float] = []  # of each level of the stack
    for bulletin in reversed(newest):
        x = at(bulletin.date)
        level = next((n for n, taken in enumerate(last_x) if x - taken >= 2 * _DOT + 4), len(last_x))
        last_x[level : level + 1] = [x]
        y = box.bottom - min(level, _STACK - 1) * _PITCH
        fill = colours.accent if bulletin.id in listed else colours.paper
        yield circle(x, y, _DOT, fill, mark="bulletin", stroke=colours.accent, stroke_width=4)


def _months(language: str, first: date, last: date, at: Callable[[date], float]) -> Iterator[tuple[float, str, Anchor]]:
    """The months of both ends, and between them the starts of quarters, or of years, whose names have room."""
    if first == last:
        yield at(first), month(first, language), "middle"
        return
    yield at(first), month(first, language), "start"
    yield at(last), month(last, language), "end"
    taken = at(first) + width(month(first, language), SANS, _MONTH_SIZE)
    end = at(last) - width(month(last, language), SANS, _MONTH_SIZE)
    step = 3 if (last - first).days < 800 else 12
    for count in range(first.year * 12, last.year * 12 + 12, step):
        when = date(count // 12, count % 12 + 1, 1)
        half = width(month(when, language), SANS, _MONTH_SIZE) / 2 + 24
        if first < when < last and at(when) - half > taken and at(when) + half < end:
            yield at(when), month(when, language), "middle"
            taken = at(when) + half


def _news_list(context: Context, listed: Sequence[Bulletin], box: Box) -> Iterator[SvgMarkup]:
    colours = context.colours
    pitch = min(80, box.height / len(listed))
    days = [short_day(item.date, context.language) for item in listed]
    column = max(width(day, BOLD, _NEWS_DAY_SIZE) for day in days) + 26
    titles = _news_titles([_title(context, item) for item in listed], box.width - column, 1 if pitch < 58 else 2)
    for index, (title, day) in enumerate(zip(titles, days, strict=True)):
        y = box.y + index * pitch
        baseline = y + pitch / 2 + 11
        yield label(day, box.x, baseline, BOLD, _NEWS_DAY_SIZE, colours.accent, mark="day")
        first = baseline - title.leading * (len(title.lines) - 1) / 2
        yield from text(title, box.x + column, first, colours.ink, mark="title")
        if index:
            yield line(box.x, y, box.right, y, colours.rule, 1)


def _news_titles(titles: Sequence[str], max_width: float, max_lines: int) -> list[TextBlock]:
    """The titles, all in one size: the largest at which none is cut."""
    for size in _TITLE_SIZES:
        blocks = [fit(title, SANS, max_width, (size,), max_lines, spacing=1.08, balanced=True) for title in titles]
        if not any(block.is_cut for block in blocks):
            break
    return blocks
