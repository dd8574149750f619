"""A term as a line from its start to its end, with a dashed arrow for the time after it. PURE.

It does not show the present day, so that a picture that was sent stays correct as long as its facts are.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from bot.dossier.models import DayFact, Duration, Fact, FactId, Topic, Wording, in_language
from bot.pictures.fonts import BOLD, SANS, width
from bot.pictures.layout import CONTENT_WIDTH, MARGIN, RIGHT, TYPE, Chart, Context, below, paragraph
from bot.pictures.svg import Anchor, SvgMarkup, label, line, path, rect
from bot.replies.dossier_texts import facts_in
from bot.replies.formatting import capitalised, day, duration, fact_text, month

_MAX_SEGMENTS = 12

_TERM_SHARE = 0.66
"""The length of the bar, as a share of the width, if an arrow follows it."""

_BAR_HEIGHT = 92
_GAP = 24
_COLUMN = CONTENT_WIDTH * (1 - _TERM_SHARE)
"""The width of the texts beside the end."""

_DAY_SIZES = (52, 46, 42, 40)


@dataclass(frozen=True, slots=True)
class Term:
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
    marks: list[SvgMarkup] = []
    # Above the bar: who states its length, and the text about the time after it.
    length_by = paragraph(_by(context, term.length), SANS, end - MARGIN - _GAP, 2)
    then = paragraph(_then(context, term), BOLD, _COLUMN - _GAP, 4)
    then_by = paragraph(_by(context, term.afterwards), SANS, _COLUMN - _GAP, 3)
    bar = top + max(length_by.height, then.height + then_by.height + 8 if then.lines else 0) + _GAP
    if term.length:
        marks += below(length_by, MARGIN, bar - _GAP - length_by.height, colours.muted, "length-by")[0]
    if then.lines:
        more, y = below(then, end + _GAP, bar - _GAP - then_by.height - 8 - then.height, colours.accent, "then")
        marks += [*more, *below(then_by, end + _GAP, y + 8, colours.muted, "then-by")[0]]
    marks += _bar(context, term, end, bar)
    ticks, y = _ticks(context, term, end, bar + _BAR_HEIGHT)
    marks += ticks
    for x in (MARGIN + 1.5, end + 1.5 if term.afterwards else end - 1.5):
        marks.append(line(x, bar + _BAR_HEIGHT, x, y + 20, colours.ink, 3))
    y += 34
    # Below the bar: the start at its left end; the end at its right end, to the right of it if there is room, else to the left.
    room = end - MARGIN - 2 * _GAP if term.afterwards else CONTENT_WIDTH / 2 - _GAP
    first, first_bottom = _event(context, term.start, day(term.first, context.language), MARGIN, y, room, "start")
    last_room = RIGHT - end - _GAP if term.afterwards else room
    anchor: Anchor = "start" if term.afterwards else "end"
    when = day(term.last, context.language)
    last, last_bottom = _event(context, term.end, when, end, y, last_room, "end", anchor)
    progress = (FactId(topic.progress.from_), FactId(topic.progress.to), FactId(term.end.plus or ""))
    return Chart(
        (*marks, *first, *last),
        max(first_bottom, last_bottom),
        _alt(context, term),
        facts=tuple(name for name in progress if name in context.dossier.facts),
    )


def _term(context: Context, topic: Topic) -> Term | None:
    facts, progress = context.dossier.facts, topic.progress
    start, end = (facts.get(progress.from_), facts.get(progress.to)) if progress else (None, None)
    if not (isinstance(start, DayFact) and isinstance(end, DayFact)):
        return None
    if not (start.value and end.value and start.value < end.value):
        return None
    length = facts.get(FactId(end.plus or ""))
    named = [facts[name] for name in facts_in(context.dossier, topic.body[context.language])]
    afterwards = next((fact for fact in named if isinstance(fact, Wording)), None)
    return Term(start, end, start.value, end.value, length if isinstance(length, Duration) else None, afterwards)


def _by(context: Context, fact: Fact | None) -> str:
    return context.who_says(fact) if fact else ""


def _then(context: Context, term: Term) -> str:
    return fact_text(term.afterwards, context.language) if term.afterwards else ""


_STEPS = (1, 3, 6, 12, 24, 60, 120, 240, 600, 1200, 2400, 6000, 12000)
"""The months between two ticks: the first step is taken at which the labels fit."""


def _boundaries(term: Term, step: int) -> list[date]:
    """The first days of months that are ``step`` months apart, or of the years, within the term."""
    first, last = (moment.year * 12 + moment.month - 1 for moment in (term.first, term.last))
    counts = range(-(-(first + 1) // step) * step, last + 1, step)
    days = [date(count // 12, count % 12 + 1, 1) for count in counts if count >= 12]
    return [boundary for boundary in days if term.first < boundary < term.last]


def _ticks(context: Context, term: Term, end: float, top: float) -> tuple[list[SvgMarkup], float]:
    """Draws the years below the bar (in a short term, the months), as many as have room. Returns the y at which they end."""
    days = max(1, (term.last - term.first).days)
    months = days / 30.4
    for step in _STEPS[0 if months < 24 else 3 :]:
        ticks = [
            (MARGIN + (end - MARGIN) * (when - term.first).days / days, _tick_label(when, step, context.language))
            for when in _boundaries(term, step)
        ]
        halves = [width(words, SANS, TYPE) / 2 + 14 for _, words in ticks]
        # the lines of both events run down at the ends of the bar
        fitting = [(x, words) for (x, words), half in zip(ticks, halves, strict=True) if MARGIN + half < x < end - half]
        if len(ticks) <= _MAX_SEGMENTS and all(
            one + left <= two - right
            for (one, left), (two, right) in pairwise(zip((x for x, _ in ticks), halves, strict=True))
        ):
            break
    else:
        return [], top
    marks: list[SvgMarkup] = []
    for x, words in fitting:
        marks.append(line(x, top - 20, x, top, context.colours.paper, 4, data_mark="boundary"))
        marks.append(label(words, x, top + 8 + TYPE * 0.76, SANS, TYPE, context.colours.muted, "middle", mark="tick"))
    return marks, top + (TYPE + 8 if marks else 0)


def _tick_label(when: date, step: int, language: str) -> str:
    return str(when.year) if step % 12 == 0 else month(when, language)


def _bar(context: Context, term: Term, end: float, y: float) -> Iterator[SvgMarkup]:
    colours = context.colours
    yield rect(MARGIN, y, end - MARGIN, _BAR_HEIGHT, colours.accent, mark="term")
    if term.afterwards:
        yield _arrow(context, end, y)
    if term.length:
        words = duration(term.length, context.language)
        if width(words, BOLD, 52) + 40 < end - MARGIN:
            middle = (MARGIN + end) / 2
            yield label(words, middle, y + _BAR_HEIGHT / 2 + 14, BOLD, 52, colours.on_accent, "middle", mark="length")


def _arrow(context: Context, x: float, y: float) -> SvgMarkup:
    """A dashed arrow for the time after the end. Its left side is open. No source gives the length of that time."""
    top, middle, bottom = y + 1.5, y + _BAR_HEIGHT / 2, y + _BAR_HEIGHT - 1.5
    return path(
        f"M{x + 8:.1f} {top:.1f}H{RIGHT - 34:.1f}L{RIGHT - 2:.1f} {middle:.1f}L{RIGHT - 34:.1f} {bottom:.1f}H{x + 8:.1f}",
        mark="continuation",
        fill="none",
        stroke=context.colours.accent,
        stroke_width=3,
        stroke_dasharray="10 8",
        stroke_linejoin="round",
    )


def _event(
    context: Context, fact: DayFact, when: str, x: float, y: float, room: float, mark: str, anchor: Anchor = "start"
) -> tuple[list[SvgMarkup], float]:
    """Draws an event below the bar: its day, its name, and who states it. ``y``: where its texts begin."""
    colours = context.colours
    marks: list[SvgMarkup] = []
    name = (
        capitalised(in_language(fact.of, context.language))
        if fact.of
        else context.say("Start" if mark == "start" else "End")
    )
    headline = paragraph(when, BOLD, room, 1, _DAY_SIZES)
    for block, fill, part in (
        (paragraph(when, BOLD, room, 3) if headline.is_cut else headline, colours.ink, mark),
        (paragraph(name, SANS, room, 8), colours.ink, f"{mark}-name"),
        (paragraph(context.who_says(fact), SANS, room, 4), colours.muted, f"{mark}-by"),
    ):
        for index, words in enumerate(block.lines):
            baseline = y + block.size * 0.76 + index * block.leading
            marks.append(label(words, x, baseline, block.face, block.size, fill, anchor, mark=part))
        y += block.height if block.lines else 0
        y += 6
    return marks, y


def _alt(context: Context, term: Term) -> str:
    language = context.language
    end = context.say("End") if not term.end.of else capitalised(in_language(term.end.of, language))
    start = context.say("Start") if not term.start.of else capitalised(in_language(term.start.of, language))
    then = _then(context, term)
    parts = [
        f"{start}: {day(term.first, language)} ({context.who_says(term.start)})",
        f"{duration(term.length, language)} ({context.who_says(term.length)})" if term.length else "",
        f"{end}: {day(term.last, language)} ({context.who_says(term.end)})",
        f"{then} ({_by(context, term.afterwards)})" if then else "",
    ]
    return ". ".join(part.replace(" ()", "") for part in parts if part)
