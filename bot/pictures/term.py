"""A topic's term, and its days as places on a line. PURE."""

from dataclasses import dataclass
from datetime import date

from bot.answers.composing import facts_in
from bot.answers.formats import fact_text
from bot.dossier.facts import Day, Duration, Wording, later
from bot.dossier.model import FactId, Topic
from bot.pictures.scene import Box, Scene

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
    if not (isinstance(start, Day) and isinstance(end, Day) and start.value and end.value and start.value < end.value):
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
