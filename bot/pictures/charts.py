"""The charts of topics: prices, shares, programmes, bulletins over time, a term. PURE.

Each figure has its source and its year beside it, so that they are forwarded with the picture.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import pairwise

from bot.dossier.markdown import PLACEHOLDER, parse, without_citations
from bot.dossier.models import (
    Bulletin,
    DayFact,
    Duration,
    Fact,
    FactId,
    Money,
    Percent,
    SourceId,
    Topic,
    TopicId,
    Wording,
    in_language,
)
from bot.pictures.fonts import BOLD, SANS, Face, TextBlock, fit, width
from bot.pictures.layout import CONTENT_WIDTH, MARGIN, RIGHT, TYPE, Chart, Context, Pen, paragraph
from bot.pictures.svg import Anchor, SvgMarkup, Value, element, label, line, path, rect
from bot.replies.dossier_texts import caveat_of, compare, facts_in, figures_of
from bot.replies.formatting import capitalised, day, duration, fact_text, less_than, month, short_day
from bot.replies.i18n import phrases_in
from bot.replies.reply import lines_of

# ---- Prices and shares: a row for each figure

_ROW_GAP = 22
_COLUMN_GAP = 32
_FIGURE_SIZES = (64, 58, 52, 46, 40)
_BAR_HEIGHT = 26

_SENTENCE = re.compile(r"(?<=[.!?;…])\s+")


@dataclass(frozen=True, slots=True)
class _Row:
    """A figure.

    Attributes:
        figure: the formatted value.
        unit: its unit; "" if it has none.
        measures: what it measures.
        by: who states it.
        when: the month or year of a share; "" if what it measures names none.
        low, high: the ends of its bar, as shares of the longest possible one: equal if it is no range. ``high`` is None if it has no bar.
    """

    figure: str
    unit: str
    measures: str
    by: str
    when: str = ""
    low: float = 0
    high: float | None = None


def prices(context: Context, topic: Topic, top: float) -> Chart | None:
    """The amounts of money of a topic, a row each; None without such facts.

    Bars with a common axis only where the amounts compare. Otherwise currencies, years, periods or what is counted differ.
    """
    names = figures_of(context.dossier, topic, Money, context.language)
    rows = [_row(context, topic, name) for name in names]
    if len(names) > 1 and compare(context.dossier, topic, names):
        ends = [_ends(context.dossier.facts[name]) for name in names]
        most = max(high for _, high in ends) or 1
        rows = [replace(row, low=low / most, high=high / most) for row, (low, high) in zip(rows, ends, strict=True)]
    return _rows(context, topic, list(zip(names, rows, strict=True)), 0.42, top)


def shares(context: Context, topic: Topic, top: float) -> Chart | None:
    """The percentages of a topic as bars, the largest first; None without such facts, or if one is above 100."""
    facts = context.dossier.facts
    names = figures_of(context.dossier, topic, Percent, context.language)
    rows = [(name, replace(_row(context, topic, name), low=_ends(facts[name])[0] / 100)) for name in names]
    rows = [(name, replace(row, high=row.low)) for name, row in rows]
    if any(row.low > 1 for _, row in rows):
        return None
    return _rows(context, topic, sorted(rows, key=lambda each: each[1].low, reverse=True), 0.27, top)


def _ends(fact: Fact) -> tuple[float, float]:
    """The least and the largest value of a figure."""
    is_limit = isinstance(fact, Money) and fact.below and fact.amount is not None
    return 0 if is_limit else fact.numbers[0], fact.numbers[-1]


def _rows(
    context: Context, topic: Topic, named: Sequence[tuple[FactId, _Row]], column: float, top: float
) -> Chart | None:
    """The rows of a chart. ``column``: the share of the width for the figures."""
    if not named:
        return None
    names, rows = [name for name, _ in named], [row for _, row in named]
    caveat = caveat_of(context.dossier, topic, context.language)
    pen = Pen(top)
    if caveat:
        pen.write(paragraph(caveat, SANS, CONTENT_WIDTH, 4), MARGIN, context.colours.muted, "caveat")
        pen.y += _ROW_GAP
    size = _common_size([row.figure for row in rows], column * CONTENT_WIDTH - _COLUMN_GAP)
    for index, row in enumerate(rows):
        if index:
            pen.draw(line(MARGIN, pen.y, RIGHT, pen.y, context.colours.rule, 2))
            pen.y += _ROW_GAP - 4
        _draw_row(context, pen, row, size, column * CONTENT_WIDTH)
        pen.y += _ROW_GAP
    less = context.say("less than")  # screen readers pass over the sign
    figures = (f"{row.figure.replace('<', less)} {row.unit}".rstrip() for row in rows)
    measured = (", ".join(filter(None, (row.measures, row.when))) for row in rows)
    parts = (f"{figure}: {what} ({row.by})" for figure, what, row in zip(figures, measured, rows, strict=True))
    alt = "; ".join(part.removesuffix(" ()") for part in parts)
    cited = (source for name in names for source in context.dossier.facts[name].sources)
    sources = tuple(SourceId(source) for source in cited if source in context.dossier.sources)
    whole = ". ".join(filter(None, [caveat.rstrip("."), alt]))
    return Chart(tuple(pen.marks), pen.y - _ROW_GAP, whole, caveat, sources, tuple(names))


def _row(context: Context, topic: Topic, name: FactId) -> _Row:
    fact, language = context.dossier.facts[name], context.language
    figure, measures, by = fact_text(fact, language), _measures(context, topic, name), context.who_says(fact)
    if isinstance(fact, Percent):
        dated = _DATED.fullmatch(measures)
        measures, when = dated.groups() if dated else (measures, "")
        return _Row(figure, "", capitalised(measures, language), by, when)
    if isinstance(fact, Money) and fact.below:
        figure = less_than(fact, language)
    return _Row(figure, _period(context, fact) if isinstance(fact, Money) else "", capitalised(measures, language), by)


_DATED = re.compile(r"(.+), ([^,\d]{0,20}(?:19|20)\d\d[^,\d]{0,6})")
"""What a figure measures, and at the end when: a month and a year, or a year alone."""


def _measures(context: Context, topic: Topic, name: FactId) -> str:
    """What a fact measures: its ``of``, or else the sentence of the topic's text that refers to it."""
    fact = context.dossier.facts[name]
    if fact.of:
        return in_language(fact.of, context.language)
    for spans in lines_of(parse(topic.body[context.language])):
        for sentence in _SENTENCE.split(without_citations(spans)):
            if any(match[1] == name for match in PLACEHOLDER.finditer(sentence)):
                return context.texts.line(sentence).rstrip(".; ")
    return ""


def _common_size(figures: Sequence[str], room: float) -> float:
    """The largest size at which every figure fits on one line; the smallest size if none does."""
    fitting = (size for size in _FIGURE_SIZES if all(width(figure, BOLD, size) <= room for figure in figures))
    return next(fitting, _FIGURE_SIZES[-1])


def _draw_row(context: Context, pen: Pen, row: _Row, size: float, column: float) -> None:
    """Draws a row: on the left the figure and its unit; on the right what it measures, who states it, and a bar if it has one."""
    colours, left = context.colours, Pen(pen.y, pen.marks)
    x, room, space = MARGIN + column, CONTENT_WIDTH - column, column - _COLUMN_GAP
    left.write(fit(row.figure, BOLD, space, (size,), 3, spacing=1.05), MARGIN, colours.accent, "figure")
    left.y += 2
    left.write(paragraph(row.unit, SANS, space, 1), MARGIN, colours.muted, "unit")
    left.y += 2
    left.write(paragraph(row.when, SANS, space, 2), MARGIN, colours.muted, "when")
    pen.write(paragraph(row.measures, SANS, room, 5), x, colours.ink, "measures")
    pen.y += 4
    pen.write(paragraph(row.by, SANS, room, 2), x, colours.muted, "by")
    pen.y = bottom = max(left.y, pen.y)
    if row.high is not None:
        bottom += 12
        pen.draw(rect(x, bottom, room, _BAR_HEIGHT, colours.tint, mark="whole"))
        if row.high > row.low:  # a range: solid up to its least value, an outline up to its largest
            start, wide, high = x + room * row.low, room * row.high - room * row.low - 1.5, _BAR_HEIGHT - 3
            look = {"mark": "range", "stroke": colours.accent}
            pen.draw(rect(start, bottom + 1.5, wide, high, "none", stroke_width=3, **look))
        pen.draw(rect(x, bottom, room * row.low, _BAR_HEIGHT, colours.accent, mark="share"))
        pen.y = bottom + _BAR_HEIGHT


def _period(context: Context, fact: Money) -> str:
    every = {"hour": "an hour", "day": "a day", "week": "a week", "month": "a month", "year": "a year"}
    return context.say(every[fact.period]) if fact.period else ""


# ---- Programmes: a table of what is known of each

_MAX_PROGRAMS = 12
_CELL_GAP = 16
_HEADS = {"driver": "Who drives it", "schedule": "Schedule", "budget": "Budget"}


@dataclass(frozen=True, slots=True)
class _Cell:
    """What is known of a programme under one head, and who states it."""

    words: str
    by: str = ""
    is_known: bool = False


def table(context: Context, _topic: Topic, top: float) -> Chart | None:
    """What is known of at most twelve programmes; None without programmes.

    What is the same for all is said in sentences. What differs stands in a table, a cell for each programme. If no programme has ``known``:
    their summaries.
    """
    programs = context.dossier.programs[:_MAX_PROGRAMS]
    if not programs:
        return None
    keys = [key for key in _HEADS if any(key in program.known for program in programs)]
    columns = {key: [_known(context, program, key) for program in programs] for key in keys}
    is_whole = 1 < len(programs) == len(context.dossier.programs)  # of others nothing is said
    same = {key: cells[0] for key, cells in columns.items() if is_whole and len(set(cells)) == 1}
    sentences = _sentences(context, same, len(programs))
    columns = {key: cells for key, cells in columns.items() if key not in same}
    heads = [context.say(_HEADS[key]) for key in columns]
    pen, colours = Pen(top), context.colours
    for sentence in sentences:
        pen.write(paragraph(sentence, SANS, CONTENT_WIDTH, 6), MARGIN, colours.ink, "sentence")
        pen.y += _CELL_GAP
    titles = " ".join(_title(context, program) for program in programs)
    most = max(CONTENT_WIDTH * 0.55, CONTENT_WIDTH - _longest_word(titles, SANS) - 2 * _CELL_GAP)
    widths = _widths(heads, list(columns.values()), most)
    _heads(context, pen, heads, widths)
    ends = [MARGIN + sum(widths[: index + 1]) for index in range(len(widths))]
    spans = list(zip(columns.values(), ends, ends[1:], strict=False))
    for row, program in enumerate(programs):
        name = _name(context, program, widths[0] - _CELL_GAP)
        drawn = [_words_of(cells[row], right - left) for cells, left, right in spans]
        height = max([name.height, *(words.height + (by.height + 6 if by.lines else 0) for words, by in drawn)])
        pen.draw(line(MARGIN, pen.y, RIGHT, pen.y, colours.rule, 2, data_mark="row"))
        Pen(pen.y + _CELL_GAP, pen.marks).write(name, MARGIN, colours.ink, "program")
        for cells, left, (words, by) in zip(columns.values(), ends, drawn, strict=False):
            cell = Pen(pen.y + _CELL_GAP, pen.marks)
            cell.write(words, left + _CELL_GAP, colours.accent if cells[row].is_known else colours.signal, "known")
            cell.y += 6
            cell.write(by, left + _CELL_GAP, colours.muted, "by")
        pen.y += height + 2 * _CELL_GAP
    alt = [", ".join(_title(context, program) for program in programs), *(each.rstrip(".") for each in sentences)]
    alt += [f"{head}: {_known_in_words(cells)}" for head, cells in zip(heads, columns.values(), strict=True)]
    if rest := len(context.dossier.programs) - len(programs):
        others = phrases_in(context.language).count("and {n} more", "and {n} more", rest)
        pen.y += 8
        pen.write(paragraph(others, SANS, CONTENT_WIDTH, 1), MARGIN, colours.muted, "rest")
        alt[0] += f", {others}"
    return Chart(tuple(pen.marks), pen.y, ". ".join(alt))


def _sentences(context: Context, same: dict[str, _Cell], count: int) -> list[str]:
    """What is the same for all ``count`` programmes, in sentences."""
    say = context.say
    texts = {
        "driver": (say("All {n} programmes: driven by {who}.", n=count, who="{who}"), say("It has not been published who drives any of the {n}.", n=count)),
        "schedule": (say("Schedule of all {n}: {who}.", n=count, who="{who}"), say("No schedule has been published for any of the {n}.", n=count)),
        "budget": (say("Budget of all {n}: {who}.", n=count, who="{who}"), say("No budget has been published for any of the {n}.", n=count)),
    }  # fmt: skip
    sentences = []
    for key, cell in same.items():
        known, unknown = texts[key]
        if cell.is_known:
            sentences.append(known.replace("{who}", f"{cell.words} ({cell.by})".removesuffix(" ()")))
        elif key == "budget" and "schedule" in same and not same["schedule"].is_known:
            sentences[-1] = say("No schedule and no budget has been published for any of the {n}.", n=count)
        else:
            sentences.append(unknown)
    return sentences


def _title(context: Context, topic: Topic) -> str:
    return context.texts.line(topic.title[context.language])


def _name(context: Context, program: Topic, room: float) -> TextBlock:
    """A programme's title, with its summary if no programme has ``known``."""
    words = _title(context, program)
    if not any(other.known for other in context.dossier.programs):
        words += f" — {context.texts.line(program.summary[context.language])}"
    return fit(words, SANS, room, (44, TYPE), 4, spacing=1.08)


def _known(context: Context, program: Topic, key: str) -> _Cell:
    """What is known of a programme; "—" if it does not have the key."""
    if key not in program.known:
        return _Cell("—")
    fact = context.dossier.facts.get(program.known[key] or FactId(""))
    if fact is None:
        return _Cell(context.say("not published"))
    return _Cell(fact_text(fact, context.language), context.who_says(fact), is_known=True)


def _known_in_words(cells: Sequence[_Cell]) -> str:
    """The values of a column, each once."""
    return ", ".join(dict.fromkeys(f"{cell.words} ({cell.by})".removesuffix(" ()") for cell in cells))


def _widths(heads: Sequence[str], columns: Sequence[Sequence[_Cell]], most: float) -> list[float]:
    """The widths of the column of names and of the others. The others are as wide as their longest words, together at most ``most``."""
    needed = []
    for head, cells in zip(heads, columns, strict=True):
        words = [head, *(f"{cell.words} {cell.by}" for cell in cells)]
        needed.append(min(320.0, max(170.0, _longest_word(" ".join(words), BOLD) + 2 * _CELL_GAP + 12)))
    scale = min(1.0, most / sum(needed)) if needed else 1.0
    needed = [column * scale for column in needed]
    return [CONTENT_WIDTH - sum(needed), *needed]


def _words_of(cell: _Cell, column: float) -> tuple[TextBlock, TextBlock]:
    """The words of a cell, and who states them."""
    room = column - _CELL_GAP
    return fit(cell.words, BOLD, room, (TYPE,), 4, spacing=1.08), paragraph(cell.by, SANS, room, 3)


def _longest_word(words: str, face: Face) -> float:
    return max(width(word, face, TYPE) for word in words.split(" "))


def _heads(context: Context, pen: Pen, heads: Sequence[str], widths: Sequence[float]) -> None:
    blocks = [paragraph(head, BOLD, column - _CELL_GAP, 2) for head, column in zip(heads, widths[1:], strict=True)]
    height = max([block.height for block in blocks], default=0)
    x = MARGIN + widths[0]
    for block, column in zip(blocks, widths[1:], strict=True):
        Pen(pen.y + height - block.height, pen.marks).write(block, x + _CELL_GAP, context.colours.muted, "head")
        x += column
    pen.y += height + (12 if blocks else 0)


# ---- Bulletins: dots on an axis of time, a lane for each subject, and the newest in words

MAX_DOTS = 60
_MAX_LANES = 3
_LISTED = 4
_DOT = 13
_PITCH = 2 * _DOT + 6
_STACK = 6
"""The most dots above one another. Further bulletins of the same time stand beside them."""

SILENCE_DAYS = 60
"""A lane without a bulletin for this time has a note that says so."""


@dataclass(frozen=True, slots=True)
class _Lane:
    """The bulletins with the same first topic, the oldest first."""

    name: str
    bulletins: tuple[Bulletin, ...]


@dataclass(frozen=True, slots=True)
class _Scale:
    """Maps days to x."""

    first: date
    last: date

    def x(self, when: date) -> float:
        share = (when - self.first).days / max(1, (self.last - self.first).days)
        return MARGIN + _DOT + share * (CONTENT_WIDTH - 2 * _DOT)


def newsline(context: Context, _topic: Topic, top: float) -> Chart | None:
    """The chart of the bulletins up to the day on which the dossier was checked; None without bulletins."""
    newest = list(context.dossier.bulletins.values())[:MAX_DOTS]
    if not newest:
        return None
    lanes = _lanes(context, newest)
    end = max(context.dossier.header.checked or context.today, newest[0].date)
    scale = _Scale(newest[-1].date, end)
    pen = Pen(top)
    for lane in lanes:
        _draw_lane(context, pen, lane, scale)
        pen.y += _ROW_GAP
    _axis(context, pen, scale)
    pen.y += _ROW_GAP
    # the bulletins in the list: the newest of each lane and the newest of all, the newest first
    chosen = {item.id: item for item in [*(lane.bulletins[-1] for lane in lanes), *newest][:_LISTED]}
    listed = sorted(chosen.values(), key=lambda item: item.date, reverse=True)
    _list(context, pen, listed)
    silences = [f"{lane.name}: {words}" for lane in lanes if (words := _silence(context, lane, end))]
    alt = [*(f"{short_day(item.date, context.language)}: {context.texts.title(item)}" for item in listed), *silences]
    sources = tuple(item.sources[0] for item in listed if item.sources)
    return Chart(tuple(pen.marks), pen.y, "; ".join(alt), sources=sources)


def _lanes(context: Context, newest: Sequence[Bulletin]) -> list[_Lane]:
    """The lanes: one for the dossier's ``subject``, which has its name, and one for each other first topic; one for all if there were more than three."""
    by_topic: dict[TopicId | None, list[Bulletin]] = {}
    subject = context.dossier.header.subject
    for item in reversed(newest):
        first = item.topics[0] if item.topics else None
        by_topic.setdefault(subject[0] if first in subject else first, []).append(item)
    topics = [name for name in context.dossier.topics if name in by_topic]
    if len(by_topic) > _MAX_LANES or len(topics) < len(by_topic):
        return [_Lane("", tuple(reversed(newest)))]
    names = [context.kicker if name in subject else _title(context, context.dossier.topics[name]) for name in topics]
    return [_Lane(name, tuple(by_topic[topic])) for name, topic in zip(names, topics, strict=True)]


def _silence(context: Context, lane: _Lane, end: date) -> str:
    """The note that a lane has had no bulletin for long; "" if it had one, or the dossier has no ``subject`` to be silent about."""
    if not context.dossier.header.subject:
        return ""
    last = lane.bulletins[-1].date
    if (end - last).days < SILENCE_DAYS:
        return ""
    return context.say("no bulletin since {day}", day=short_day(last, context.language))


def _places(lane: _Lane, scale: _Scale) -> list[tuple[float, int]]:
    """The x and the level of each dot, without overlaps. If a stack is full, the dot goes to the nearest free one."""
    columns = max(1, int((CONTENT_WIDTH - 2 * _DOT) // _PITCH))
    pitch = (CONTENT_WIDTH - 2 * _DOT) / columns
    counts = [0] * (columns + 1)
    places = []
    for bulletin in lane.bulletins:
        wanted = round((scale.x(bulletin.date) - MARGIN - _DOT) / pitch)
        column = min((n for n in range(columns + 1) if counts[n] < _STACK), key=lambda n: abs(n - wanted))
        places.append((MARGIN + _DOT + column * pitch, counts[column]))
        counts[column] += 1
    return places


def _draw_lane(context: Context, pen: Pen, lane: _Lane, scale: _Scale) -> None:
    """Draws a lane: its name, the note about missing bulletins, and its dots on a line."""
    colours = context.colours
    silence = _silence(context, lane, scale.last)
    pen.write(paragraph(lane.name, BOLD, CONTENT_WIDTH, 2), MARGIN, colours.ink, "lane")
    pen.y += 2
    pen.write(paragraph(silence, SANS, CONTENT_WIDTH, 2), MARGIN, colours.signal, "silence")
    places = _places(lane, scale)
    pen.y += 14 + max(level for _, level in places) * _PITCH + 2 * _DOT
    last, y = places[-1][0], pen.y - _DOT
    pen.draw(line(MARGIN, y, last, y, colours.accent, 3))
    if silence:
        pen.draw(line(last + _DOT, y, RIGHT, y, colours.signal, 4, stroke_dasharray="4 10", data_mark="gap"))
    look: dict[str, Value] = {"fill": colours.accent, "stroke": colours.paper, "stroke_width": 2}
    for x, level in places:
        pen.draw(element("circle", cx=x, cy=y - level * _PITCH, r=_DOT, **look, data_mark="bulletin"))


def _axis(context: Context, pen: Pen, scale: _Scale) -> None:
    """Draws the axis: the months of both ends, and between them the starts of quarters or years whose labels fit."""
    colours, top = context.colours, pen.y
    pen.draw(line(MARGIN, top, RIGHT, top, colours.rule, 3))
    pen.y += 14 + TYPE
    for x, words, anchor in _months(context.language, scale):
        pen.draw(line(x, top, x, top + 14, colours.muted, 3))
        pen.draw(label(words, x, pen.y, SANS, TYPE, colours.muted, anchor, mark="tick"))
    pen.y += 10


def _months(language: str, scale: _Scale) -> Iterator[tuple[float, str, Anchor]]:
    first, last = scale.first, scale.last
    start, end = month(first, language), month(last, language)
    if first == last:
        yield MARGIN, start, "start"
        return
    yield MARGIN, start, "start"
    taken, limit = MARGIN + width(start, SANS, TYPE), RIGHT - width(end, SANS, TYPE)
    if taken + 24 > limit:
        return
    yield RIGHT, end, "end"
    step = 3 if (last - first).days < 1200 else 12
    for count in range(first.year * 12, last.year * 12 + 12, step):
        when = date(count // 12, count % 12 + 1, 1)
        half = width(month(when, language), SANS, TYPE) / 2 + 24
        if first < when < last and scale.x(when) - half > taken and scale.x(when) + half < limit:
            yield scale.x(when), month(when, language), "middle"
            taken = scale.x(when) + half


def _list(context: Context, pen: Pen, listed: Sequence[Bulletin]) -> None:
    colours = context.colours
    days = [short_day(item.date, context.language) for item in listed]
    column = max(width(words, BOLD, TYPE) for words in days) + 28
    for item, words in zip(listed, days, strict=True):
        pen.draw(label(words, MARGIN, pen.y + TYPE * 0.76, BOLD, TYPE, colours.accent, mark="day"))
        title = paragraph(context.texts.title(item), SANS, CONTENT_WIDTH - column, 6)
        pen.write(title, MARGIN + column, colours.ink, "title")
        pen.y += 14
    pen.y -= 14


# ---- Duration: a term as a line from its start to its end, with a dashed arrow for the time after it. It does not show the present day, so that a
# picture that was sent stays correct as long as its facts are.

_MAX_SEGMENTS = 12

_TERM_SHARE = 0.66
"""The length of the bar, as a share of the width, if an arrow follows it."""

_TERM_HEIGHT = 92
_GAP = 24
_COLUMN = CONTENT_WIDTH * (1 - _TERM_SHARE)
"""The width of the texts beside the end."""

_DAY_SIZES = (52, 46, 42, 40)


@dataclass(frozen=True, slots=True)
class _Term:
    """The facts of a term. ``length``: None if the dossier lacks it. ``afterwards``: the text about the time after the end; None if there is none."""

    start: DayFact
    end: DayFact
    first: date
    last: date
    length: Duration | None
    afterwards: Wording | None


def timeline(context: Context, topic: Topic, top: float) -> Chart | None:
    """The chart of a topic's ``progress``; None if its facts are missing."""
    term = _term(context, topic)
    if term is None or topic.progress is None:
        return None
    colours = context.colours
    end = MARGIN + CONTENT_WIDTH * (_TERM_SHARE if term.afterwards else 1)
    # Above the bar: who states its length, and the text about the time after it.
    length_by = paragraph(_by(context, term.length), SANS, end - MARGIN - _GAP, 2)
    then = paragraph(_then(context, term), BOLD, _COLUMN - _GAP, 4)
    then_by = paragraph(_by(context, term.afterwards), SANS, _COLUMN - _GAP, 3)
    bar = top + max(length_by.height, then.height + then_by.height + 8 if then.lines else 0) + _GAP
    pen = Pen(bar + _TERM_HEIGHT)
    if term.length:
        Pen(bar - _GAP - length_by.height, pen.marks).write(length_by, MARGIN, colours.muted, "length-by")
    if then.lines:
        beside = Pen(bar - _GAP - then_by.height - 8 - then.height, pen.marks)
        beside.write(then, end + _GAP, colours.accent, "then")
        beside.y += 8
        beside.write(then_by, end + _GAP, colours.muted, "then-by")
    pen.draw(*_bar(context, term, end, bar))
    _ticks(context, pen, term, end)
    for x in (MARGIN + 1.5, end + 1.5 if term.afterwards else end - 1.5):
        pen.draw(line(x, bar + _TERM_HEIGHT, x, pen.y + 20, colours.ink, 3))
    pen.y += 34
    # Below the bar: the start at its left end; the end at its right end, to the right of it if there is room, else to the left.
    room = end - MARGIN - 2 * _GAP if term.afterwards else CONTENT_WIDTH / 2 - _GAP
    last = Pen(pen.y, pen.marks)
    _event(context, pen, term.start, day(term.first, context.language), MARGIN, room, "start")
    last_room = RIGHT - end - _GAP if term.afterwards else room
    anchor: Anchor = "start" if term.afterwards else "end"
    _event(context, last, term.end, day(term.last, context.language), end, last_room, "end", anchor)
    progress = (FactId(topic.progress.from_), FactId(topic.progress.to), FactId(term.end.plus or ""))
    facts = tuple(name for name in progress if name in context.dossier.facts)
    return Chart(tuple(pen.marks), max(pen.y, last.y), _alt(context, term), facts=facts)


def _term(context: Context, topic: Topic) -> _Term | None:
    facts, progress = context.dossier.facts, topic.progress
    start, end = (facts.get(progress.from_), facts.get(progress.to)) if progress else (None, None)
    if not (isinstance(start, DayFact) and isinstance(end, DayFact)):
        return None
    if not (start.value and end.value and start.value < end.value):
        return None
    length = facts.get(FactId(end.plus or ""))
    named = [facts[name] for name in facts_in(context.dossier, topic.body[context.language])]
    afterwards = next((fact for fact in named if isinstance(fact, Wording)), None)
    return _Term(start, end, start.value, end.value, length if isinstance(length, Duration) else None, afterwards)


def _by(context: Context, fact: Fact | None) -> str:
    return context.who_says(fact) if fact else ""


def _then(context: Context, term: _Term) -> str:
    return fact_text(term.afterwards, context.language) if term.afterwards else ""


_STEPS = (1, 3, 6, 12, 24, 60, 120, 240, 600, 1200, 2400, 6000, 12000)
"""The months between two ticks: the first step is taken at which the labels fit."""


def _boundaries(term: _Term, step: int) -> list[date]:
    """The first days of months that are ``step`` months apart, or of the years, within the term."""
    first, last = (moment.year * 12 + moment.month - 1 for moment in (term.first, term.last))
    counts = range(-(-(first + 1) // step) * step, last + 1, step)
    days = [date(count // 12, count % 12 + 1, 1) for count in counts if count >= 12]
    return [boundary for boundary in days if term.first < boundary < term.last]


def _ticks(context: Context, pen: Pen, term: _Term, end: float) -> None:
    """Draws the years below the bar (in a short term, the months), as many as have room."""
    days = max(1, (term.last - term.first).days)
    months = days / 30.4
    for step in _STEPS[0 if months < 24 else 3 :]:
        starts = _boundaries(term, step)
        labels = [str(when.year) if step % 12 == 0 else month(when, context.language) for when in starts]
        places = [MARGIN + (end - MARGIN) * (when - term.first).days / days for when in starts]
        halves = [width(words, SANS, TYPE) / 2 + 14 for words in labels]
        ticks = list(zip(places, labels, halves, strict=True))
        # the lines of both events run down at the ends of the bar
        fitting = [(x, words) for x, words, half in ticks if MARGIN + half < x < end - half]
        is_free = all(one + left <= two - right for (one, _, left), (two, _, right) in pairwise(ticks))
        if is_free and len(ticks) <= _MAX_SEGMENTS:
            break
    else:
        return
    y = pen.y
    for x, words in fitting:
        pen.draw(line(x, y - 20, x, y, context.colours.paper, 4, data_mark="boundary"))
        pen.draw(label(words, x, y + 8 + TYPE * 0.76, SANS, TYPE, context.colours.muted, "middle", mark="tick"))
    pen.y += TYPE + 8 if fitting else 0


def _bar(context: Context, term: _Term, end: float, y: float) -> Iterator[SvgMarkup]:
    colours = context.colours
    yield rect(MARGIN, y, end - MARGIN, _TERM_HEIGHT, colours.accent, mark="term")
    if term.afterwards:
        yield _arrow(context, end, y)
    if term.length:
        words = duration(term.length, context.language)
        if width(words, BOLD, 52) + 40 < end - MARGIN:
            middle = (MARGIN + end) / 2
            yield label(words, middle, y + _TERM_HEIGHT / 2 + 14, BOLD, 52, colours.on_accent, "middle", mark="length")


_DASHED: dict[str, Value] = {"stroke_width": 3, "stroke_dasharray": "10 8", "stroke_linejoin": "round"}


def _arrow(context: Context, x: float, y: float) -> SvgMarkup:
    """A dashed arrow for the time after the end. Its left side is open. No source gives the length of that time."""
    top, middle, bottom = y + 1.5, y + _TERM_HEIGHT / 2, y + _TERM_HEIGHT - 1.5
    left, neck = x + 8, RIGHT - 34
    shape = f"M{left:.1f} {top:.1f}H{neck:.1f}L{RIGHT - 2:.1f} {middle:.1f}L{neck:.1f} {bottom:.1f}H{left:.1f}"
    return path(shape, mark="continuation", fill="none", stroke=context.colours.accent, **_DASHED)


def _event(
    context: Context, pen: Pen, fact: DayFact, when: str, x: float, room: float, mark: str, anchor: Anchor = "start"
) -> None:
    """Draws an event below the bar: its day, its name, and who states it."""
    colours = context.colours
    headline = paragraph(when, BOLD, room, 1, _DAY_SIZES)
    for block, fill, part in (
        (paragraph(when, BOLD, room, 3) if headline.is_cut else headline, colours.ink, mark),
        (paragraph(_name_of(context, fact, mark), SANS, room, 8), colours.ink, f"{mark}-name"),
        (paragraph(context.who_says(fact), SANS, room, 4), colours.muted, f"{mark}-by"),
    ):
        pen.write(block, x, fill, part, anchor)
        pen.y += 6


def _name_of(context: Context, fact: DayFact, mark: str) -> str:
    """What begins or ends the term."""
    if fact.of:
        return capitalised(in_language(fact.of, context.language), context.language)
    return context.say("Start") if mark == "start" else context.say("End")


def _alt(context: Context, term: _Term) -> str:
    language = context.language
    start, end = _name_of(context, term.start, "start"), _name_of(context, term.end, "end")
    then = _then(context, term)
    parts = [
        f"{start}: {day(term.first, language)} ({context.who_says(term.start)})",
        f"{duration(term.length, language)} ({context.who_says(term.length)})" if term.length else "",
        f"{end}: {day(term.last, language)} ({context.who_says(term.end)})",
        f"{then} ({_by(context, term.afterwards)})" if then else "",
    ]
    return ". ".join(part.removesuffix(" ()") for part in parts if part)


# ---- What a topic may have

DrawChart = Callable[[Context, Topic, float], Chart | None]
"""Draws a topic's chart below a y; None if the dossier lacks the facts for it."""

CHARTS: dict[str, tuple[DrawChart, str]] = {
    "duration": (timeline, "expected progress from a date fact to a later one"),
    "pricing": (prices, "expected figures, or a body, with a money fact"),
    "coverage": (shares, "expected figures, or a body, with percent facts of at most 100"),
    "programs": (table, "expected at least one file in programs/"),
    "news": (newsline, "expected at least one file in bulletins/"),
}
"""Value of a topic's ``picture`` → the function that draws it, and what it needs, for the message that it cannot be drawn."""
