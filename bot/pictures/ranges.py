"""Ranges of money as bars from zero, each in its own currency, both ends labelled. PURE."""

from collections.abc import Iterator
from itertools import pairwise

from bot.answers.composing import facts_in
from bot.answers.formats import fact_text
from bot.answers.money import currency_name, money
from bot.answers.numbers import number
from bot.answers.phrases import phrases
from bot.dossier.facts import Money
from bot.dossier.model import SourceId, Topic
from bot.pictures.fonts import BOLD, SANS, width
from bot.pictures.scene import LABELS, Box, Drawing, Scene
from bot.pictures.svg import Anchor, Markup, label, line, lines, rect
from bot.pictures.typesetting import fit

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
    tongue = phrases(language)
    match fact.period:
        case "hour":
            return tongue.say("an hour")
        case "day":
            return tongue.say("a day")
        case "week":
            return tongue.say("a week")
        case "month":
            return tongue.say("a month")
        case "year":
            return tongue.say("a year")
        case None:
            return ""


def _condition(fact: Money, language: str) -> str:
    """For how long, and whether roughly: said once, not at both ends."""
    roughly = phrases(language).say("roughly") if fact.approximate else ""
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
