"""A term as a line: from its start to its end, today marked, what follows dashed. PURE."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from bot.dossier.models import DayFact, Duration, FactId, Topic, Wording, later
from bot.pictures.fonts import BOLD, SANS, fit, width
from bot.pictures.layout import LABELS, Box, Drawing, Scene
from bot.pictures.svg import Anchor, Markup, label, line, lines, path, rect
from bot.replies.composer import facts_in
from bot.replies.formatting import day, duration, fact_text
from bot.replies.i18n import phrases_in
from bot.replies.topics import meter

_MOST_SEGMENTS = 12


_CONTINUATION = 0.38
"""How far the line goes on past the end, as a share of the term."""


@dataclass(frozen=True, slots=True)
class Term:
    """What there is to draw; ``length`` and ``then`` are None where the dossier does not say them."""

    start: date
    end: date
    derived: bool
    length: Duration | None
    then: str | None


@dataclass(frozen=True, slots=True)
class Scale:
    """Days to pixels."""

    first: date
    last: date
    box: Box

    def x(self, when: date) -> float:
        """How far to the right a day stands."""
        share = (when - self.first).days / max(1, (self.last - self.first).days)
        return self.box.x + share * self.box.width


def term_of(scene: Scene, topic: Topic) -> Term | None:
    """Of a topic's ``progress``; None where its facts are not there."""
    facts = scene.dossier.facts
    between = topic.progress
    start, end = (facts.get(between.from_), facts.get(between.to)) if between else (None, None)
    if not (
        isinstance(start, DayFact)
        and isinstance(end, DayFact)
        and start.value
        and end.value
        and start.value < end.value
    ):
        return None
    length = facts.get(FactId(end.plus or ""))
    said = [facts[name] for name in facts_in(scene.dossier, topic.body[scene.language])]
    then = next((fact_text(fact, scene.language) for fact in said if isinstance(fact, Wording)), None)
    return Term(start.value, end.value, end.derived, length if isinstance(length, Duration) else None, then)


def scale_of(term: Term, today: date, box: Box) -> Scale:
    """All of the term, today, and what follows, in the box's width."""
    days = (term.end - term.start).days
    after = round(days * (_CONTINUATION if term.then else 0.02))
    margin = days // 12 if today > term.end else 0
    last = max(term.end.toordinal() + after, today.toordinal() + margin)
    return Scale(min(term.start, today), date.fromordinal(min(last, date.max.toordinal())), box)


def segments(term: Term) -> list[date]:
    """The years' (of a short term, the months') boundaries within it, at most eleven."""
    months = (term.end.year - term.start.year) * 12 + term.end.month - term.start.month
    step = 12 if months >= 24 else 1
    step *= -(-months // (step * _MOST_SEGMENTS)) or 1
    found = []
    for count in range(step, months + 1, step):
        when = later(term.start, Duration(type="duration", months=count))
        if when < term.end:
            found.append(when)
    return found


_BAR = 80


_ABOVE, _BELOW = 160, 104
"""The room over and under the bar for what today and the ends say."""


_DAY, _NAME = 42, 38


_STOREY = 46
"""From one line under the bar to the next."""


def timeline(scene: Scene, topic: Topic, box: Box) -> Drawing | None:
    """The drawing of a topic's ``progress``; None where its facts are not there."""
    term = term_of(scene, topic)
    bar = meter(scene.dossier, topic.progress, scene.today, scene.language) if term and topic.progress else None
    if term is None or bar is None:
        return None
    scale = scale_of(term, scene.today, box)
    near = _near(scene, term, scale)
    below = _BELOW + (2 * _STOREY if near else 0)
    y = box.y + max(0, (box.height - _ABOVE - _BAR - below) / 2) + _ABOVE
    marks = (
        *_bars(scene, term, scale, y),
        *_ends(scene, term, scale, y + _BAR, near=near),
        *_then(scene, term, scale, y, near=near),
        *_today(scene, scale, y, box, bar.label),
    )
    return Drawing(marks, _alt(scene, term, bar.label))


def _bars(scene: Scene, term: Term, scale: Scale, y: float) -> Iterator[Markup]:
    colours = scene.colours
    start, end = scale.x(term.start), scale.x(term.end)
    now = min(max(scale.x(scene.today), start), end)
    yield rect(start, y, end - start, _BAR, colours.tint, mark="term")
    yield rect(start, y, now - start, _BAR, colours.accent, mark="passed")
    for when in segments(term):
        yield line(scale.x(when), y + _BAR - 16, scale.x(when), y + _BAR, colours.paper, 4)
    if term.then:
        yield _continuation(scene, end, scale.box.right, y)
    if term.length:
        yield from _length(scene, duration(term.length, scene.language), (start, now, end), y)


def _length(scene: Scene, words: str, stops: tuple[float, float, float], y: float) -> Iterator[Markup]:
    """The term's length inside the longer part of the bar, if it has the room."""
    start, now, end = stops
    passed = now - start > end - now
    left, right = (start, now) if passed else (now, end)
    fill = scene.colours.on_accent if passed else scene.colours.accent
    if width(words, BOLD, _DAY) + 40 < right - left:
        yield label(words, (left + right) / 2, y + _BAR / 2 + 14, BOLD, _DAY, fill, "middle", mark="length")


def _continuation(scene: Scene, x: float, right: float, y: float) -> Markup:
    """Dashed, open at its end: nobody says how long it lasts."""
    d = f"M{x + 8:.1f} {y + 1.5:.1f}H{right - 34:.1f}L{right - 2:.1f} {y + _BAR / 2:.1f}L{right - 34:.1f} {y + _BAR - 1.5:.1f}H{x + 8:.1f}"
    return path(
        d,
        mark="continuation",
        fill="none",
        stroke=scene.colours.accent,
        stroke_width=3,
        stroke_dasharray="10 8",
        stroke_linejoin="round",
    )


def _then(scene: Scene, term: Term, scale: Scale, y: float, *, near: bool) -> Iterator[Markup]:
    """What follows, under the dashed arrow; in it where the ends' days take that room."""
    if not term.then:
        return
    x, right = scale.x(term.end), scale.box.right
    if near:
        setting = fit(term.then, BOLD, right - x - 62, (34, 30, 26, 23, 20), 2, spacing=1.1)
        baseline = y + _BAR / 2 - setting.leading * (len(setting.lines) - 1) / 2 + setting.size * 0.34
        yield from lines(setting, x + 24, baseline, scene.colours.accent, mark="then")
    else:
        setting = fit(term.then, BOLD, right - x - 14, (*LABELS[1:], 30, 28, 25, 22), 2, spacing=1.12)
        yield from lines(setting, x + 14, y + _BAR + _STOREY, scene.colours.accent, mark="then")


def _days(scene: Scene, term: Term) -> tuple[tuple[str, str], tuple[str, str]]:
    """Of both ends the day, and what it is."""
    phrases = phrases_in(scene.language)
    last = phrases.say("End, by calculation") if term.derived else phrases.say("End")
    return (day(term.start, scene.language), phrases.say("Start")), (day(term.end, scene.language), last)


def _near(scene: Scene, term: Term, scale: Scale) -> bool:
    """Whether the ends' days would touch side by side."""
    first, final = _days(scene, term)
    return scale.x(term.start) + _wide(first) + _wide(final) + 50 > scale.x(term.end)


def _ends(scene: Scene, term: Term, scale: Scale, y: float, *, near: bool) -> Iterator[Markup]:
    """Both ends' days; the later one two storeys down where they would touch."""
    first, final = _days(scene, term)
    left, right = scale.x(term.start), scale.x(term.end)
    down = 2 * _STOREY if near else 0
    yield from _end(scene, left, y, 0, first, "start", before=left + _wide(first) + 14 > scale.box.right)
    yield from _end(scene, right, y, down, final, "end", before=right - _wide(final) - 14 > scale.box.x)


def _end(
    scene: Scene, x: float, y: float, down: float, words: tuple[str, str], mark: str, *, before: bool
) -> Iterator[Markup]:
    """A rule from the bar down, and beside it (``before``: to its left) the day and what it is."""
    colours = scene.colours
    anchor: Anchor = "end" if before else "start"
    at = x - 14 if before else x + 14
    yield line(x, y, x, y + down + 2 * _STOREY + 2, colours.ink, 2)
    yield label(words[0], at, y + down + _STOREY, BOLD, _DAY, colours.ink, anchor, mark=mark)
    yield label(words[1], at, y + down + 2 * _STOREY, SANS, _NAME, colours.muted, anchor, mark=f"{mark}-name")


def _wide(words: tuple[str, str]) -> float:
    return max(width(words[0], BOLD, _DAY), width(words[1], SANS, _NAME))


def _today(scene: Scene, scale: Scale, y: float, box: Box, words: str) -> Iterator[Markup]:
    colours = scene.colours
    x = scale.x(scene.today)
    yield line(x, y - 42, x, y + _BAR + 10, colours.signal, 5, data_mark="today")
    yield path(f"M{x - 14:.1f} {y - 42:.1f}h28l-14 20z", fill=colours.signal)
    when = day(scene.today, scene.language)
    first = phrases_in(scene.language).say("Today, {day}", day=when)
    second = fit(words, SANS, box.width, LABELS[1:], 1)
    reach = max(width(first, BOLD, _DAY), second.width)
    left = min(max(x - 14, box.x), max(box.x, box.right - reach))
    yield label(first, left, y - 106, BOLD, _DAY, colours.signal, mark="today-name")
    yield from lines(second, left, y - 60, colours.ink, mark="progress")


def _alt(scene: Scene, term: Term, progress: str) -> str:
    phrases = phrases_in(scene.language)
    parts = [
        phrases.say(
            "A line from {start} to {end}", start=day(term.start, scene.language), end=day(term.end, scene.language)
        ),
        duration(term.length, scene.language) if term.length else "",
        phrases.say("Today, {day}", day=day(scene.today, scene.language)) + f": {progress}",
        phrases.say("After the end: {words}", words=term.then) if term.then else "",
    ]
    return ". ".join(part for part in parts if part)
