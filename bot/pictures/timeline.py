"""A term as a line from its start to its end, with today marked and what follows dashed. PURE."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from bot.dossier.models import DayFact, Duration, FactId, Topic, Wording, later
from bot.pictures.fonts import BOLD, SANS, fit, width
from bot.pictures.layout import LABEL_SIZES, Box, Chart, Context
from bot.pictures.svg import Anchor, SvgMarkup, label, line, path, rect, text
from bot.replies.dossier_texts import facts_in
from bot.replies.formatting import day, duration, fact_text
from bot.replies.i18n import phrases_in
from bot.replies.topics import progress_bar

_MAX_SEGMENTS = 12
_AFTERWARDS_SHARE = 0.38
"""The length of the arrow for the time after the end, as a share of the term."""

_BAR_HEIGHT = 80
_ABOVE, _BELOW = 160, 104
"""The height of the labels above and below the bar."""

_DAY_SIZE, _NAME_SIZE = 42, 38
_LINE_HEIGHT = 46
"""From one line of labels below the bar to the next."""


@dataclass(frozen=True, slots=True)
class Term:
    """A term's dates. ``afterwards`` says what follows the end; it and ``length`` are None if the dossier lacks them."""

    start: date
    end: date
    derived: bool
    length: Duration | None
    afterwards: str | None


@dataclass(frozen=True, slots=True)
class Scale:
    """Maps days to x."""

    first: date
    last: date
    box: Box

    def x(self, when: date) -> float:
        share = (when - self.first).days / max(1, (self.last - self.first).days)
        return self.box.x + share * self.box.width


def timeline(context: Context, topic: Topic, box: Box) -> Chart | None:
    """The chart of a topic's ``progress``; None if its facts are missing."""
    term = _term(context, topic)
    bar = (
        progress_bar(context.dossier, topic.progress, context.today, context.language)
        if term and topic.progress
        else None
    )
    if term is None or bar is None:
        return None
    scale = _scale(term, context.today, box)
    start, end = _date_words(context, term)
    is_tight = scale.x(term.start) + _width(start) + _width(end) + 50 > scale.x(term.end)
    below = _BELOW + (2 * _LINE_HEIGHT if is_tight else 0)
    y = box.y + max(0, (box.height - _ABOVE - _BAR_HEIGHT - below) / 2) + _ABOVE
    marks = (
        *_bar(context, term, scale, y),
        *_date_labels(context, term, scale, y + _BAR_HEIGHT, is_tight=is_tight),
        *_afterwards_label(context, term, scale, y, is_tight=is_tight),
        *_today_label(context, scale, y, box, bar.label),
    )
    return Chart(marks, _alt(context, term, bar.label))


def _term(context: Context, topic: Topic) -> Term | None:
    facts, progress = context.dossier.facts, topic.progress
    start, end = (facts.get(progress.from_), facts.get(progress.to)) if progress else (None, None)
    if not (isinstance(start, DayFact) and isinstance(end, DayFact)):
        return None
    if not (start.value and end.value and start.value < end.value):
        return None
    length = facts.get(FactId(end.plus or ""))
    named = [facts[name] for name in facts_in(context.dossier, topic.body[context.language])]
    afterwards = next((fact_text(fact, context.language) for fact in named if isinstance(fact, Wording)), None)
    return Term(start.value, end.value, end.derived, length if isinstance(length, Duration) else None, afterwards)


def _scale(term: Term, today: date, box: Box) -> Scale:
    """The whole term, today, and what follows, in the width of the box."""
    days = (term.end - term.start).days
    after = round(days * (_AFTERWARDS_SHARE if term.afterwards else 0.02))
    margin = days // 12 if today > term.end else 0
    last = max(term.end.toordinal() + after, today.toordinal() + margin)
    return Scale(min(term.start, today), date.fromordinal(min(last, date.max.toordinal())), box)


def _boundaries(term: Term) -> list[date]:
    """The ends of years (in a short term, of months) within it, at most eleven."""
    months = (term.end.year - term.start.year) * 12 + term.end.month - term.start.month
    step = 12 if months >= 24 else 1
    step *= -(-months // (step * _MAX_SEGMENTS)) or 1
    days = [later(term.start, Duration(type="duration", months=count)) for count in range(step, months + 1, step)]
    return [each for each in days if each < term.end]


def _bar(context: Context, term: Term, scale: Scale, y: float) -> Iterator[SvgMarkup]:
    colours = context.colours
    start, end = scale.x(term.start), scale.x(term.end)
    now = min(max(scale.x(context.today), start), end)
    yield rect(start, y, end - start, _BAR_HEIGHT, colours.tint, mark="term")
    yield rect(start, y, now - start, _BAR_HEIGHT, colours.accent, mark="passed")
    for when in _boundaries(term):
        yield line(scale.x(when), y + _BAR_HEIGHT - 16, scale.x(when), y + _BAR_HEIGHT, colours.paper, 4)
    if term.afterwards:
        yield _arrow(context, end, scale.box.right, y)
    if term.length:
        # in the longer part of the bar, if there is room
        is_late = now - start > end - now
        left, right = (start, now) if is_late else (now, end)
        words, fill = duration(term.length, context.language), colours.on_accent if is_late else colours.accent
        if width(words, BOLD, _DAY_SIZE) + 40 < right - left:
            yield label(
                words, (left + right) / 2, y + _BAR_HEIGHT / 2 + 14, BOLD, _DAY_SIZE, fill, "middle", mark="length"
            )


def _arrow(context: Context, x: float, right: float, y: float) -> SvgMarkup:
    """A dashed arrow for the time after the end. Its left side is open, and no source says how long that time lasts."""
    top, middle, bottom = y + 1.5, y + _BAR_HEIGHT / 2, y + _BAR_HEIGHT - 1.5
    return path(
        f"M{x + 8:.1f} {top:.1f}H{right - 34:.1f}L{right - 2:.1f} {middle:.1f}L{right - 34:.1f} {bottom:.1f}H{x + 8:.1f}",
        mark="continuation",
        fill="none",
        stroke=context.colours.accent,
        stroke_width=3,
        stroke_dasharray="10 8",
        stroke_linejoin="round",
    )


def _afterwards_label(context: Context, term: Term, scale: Scale, y: float, *, is_tight: bool) -> Iterator[SvgMarkup]:
    """What follows, below the arrow; inside it if the labels of the ends take that space."""
    if not term.afterwards:
        return
    x, right = scale.x(term.end), scale.box.right
    if is_tight:
        block = fit(term.afterwards, BOLD, right - x - 62, (34, 30, 26, 23, 20), 2, spacing=1.1)
        baseline = y + _BAR_HEIGHT / 2 - block.leading * (len(block.lines) - 1) / 2 + block.size * 0.34
        yield from text(block, x + 24, baseline, context.colours.accent, mark="then")
    else:
        block = fit(term.afterwards, BOLD, right - x - 14, (*LABEL_SIZES[1:], 30, 28, 25, 22), 2, spacing=1.12)
        yield from text(block, x + 14, y + _BAR_HEIGHT + _LINE_HEIGHT, context.colours.accent, mark="then")


def _date_words(context: Context, term: Term) -> tuple[tuple[str, str], tuple[str, str]]:
    """For start and end: the day, and what it is."""
    say, language = phrases_in(context.language).say, context.language
    last = say("End, by calculation") if term.derived else say("End")
    return (day(term.start, language), say("Start")), (day(term.end, language), last)


def _date_labels(context: Context, term: Term, scale: Scale, y: float, *, is_tight: bool) -> Iterator[SvgMarkup]:
    """The labels of both ends; those of the end two lines lower if they would touch the others."""
    start, end = _date_words(context, term)
    left, right = scale.x(term.start), scale.x(term.end)
    down = 2 * _LINE_HEIGHT if is_tight else 0
    yield from _date_label(context, left, y, 0, start, "start", is_left=left + _width(start) + 14 > scale.box.right)
    yield from _date_label(context, right, y, down, end, "end", is_left=right - _width(end) - 14 > scale.box.x)


def _date_label(
    context: Context, x: float, y: float, down: float, words: tuple[str, str], mark: str, *, is_left: bool
) -> Iterator[SvgMarkup]:
    """A line from the bar down, with the labels beside it (``is_left``: to its left)."""
    colours = context.colours
    anchor: Anchor = "end" if is_left else "start"
    at = x - 14 if is_left else x + 14
    yield line(x, y, x, y + down + 2 * _LINE_HEIGHT + 2, colours.ink, 2)
    yield label(words[0], at, y + down + _LINE_HEIGHT, BOLD, _DAY_SIZE, colours.ink, anchor, mark=mark)
    yield label(words[1], at, y + down + 2 * _LINE_HEIGHT, SANS, _NAME_SIZE, colours.muted, anchor, mark=f"{mark}-name")


def _width(words: tuple[str, str]) -> float:
    return max(width(words[0], BOLD, _DAY_SIZE), width(words[1], SANS, _NAME_SIZE))


def _today_label(context: Context, scale: Scale, y: float, box: Box, progress: str) -> Iterator[SvgMarkup]:
    colours = context.colours
    x = scale.x(context.today)
    yield line(x, y - 42, x, y + _BAR_HEIGHT + 10, colours.signal, 5, data_mark="today")
    yield path(f"M{x - 14:.1f} {y - 42:.1f}h28l-14 20z", fill=colours.signal)
    first = phrases_in(context.language).say("Today, {day}", day=day(context.today, context.language))
    second = fit(progress, SANS, box.width, LABEL_SIZES[1:], 1)
    reach = max(width(first, BOLD, _DAY_SIZE), second.width)
    left = min(max(x - 14, box.x), max(box.x, box.right - reach))
    yield label(first, left, y - 106, BOLD, _DAY_SIZE, colours.signal, mark="today-name")
    yield from text(second, left, y - 60, colours.ink, mark="progress")


def _alt(context: Context, term: Term, progress: str) -> str:
    say, language = phrases_in(context.language).say, context.language
    parts = [
        say("A line from {start} to {end}", start=day(term.start, language), end=day(term.end, language)),
        duration(term.length, language) if term.length else "",
        say("Today, {day}", day=day(context.today, language)) + f": {progress}",
        say("After the end: {words}", words=term.afterwards) if term.afterwards else "",
    ]
    return ". ".join(part for part in parts if part)
