"""Facts that are computed from other facts, once, when a dossier is read. PURE."""

from dataclasses import replace
from datetime import date

from bot.dossier.facts import Day, Duration, later
from bot.dossier.mistakes import Fault, did_you_mean
from bot.dossier.model import Dossier, FactId

FACTS = "facts.yaml"


def computed(dossier: Dossier) -> tuple[Dossier, list[Fault]]:
    """The dossier with every ``from``/``plus`` date given its value, and what stands in the way of that."""
    facts = dict(dossier.facts)
    faults: list[Fault] = []
    waiting = {key: fact for key, fact in facts.items() if isinstance(fact, Day) and fact.value is None}
    for _ in range(len(waiting)):  # each round settles at least one, or what is left goes in a circle
        for key, fact in list(waiting.items()):
            start, length = facts.get(FactId(fact.from_ or "")), facts.get(FactId(fact.plus or ""))
            if isinstance(start, Day) and start.value is not None and isinstance(length, Duration):
                del waiting[key]
                try:
                    facts[key] = fact.model_copy(update={"value": later(start.value, length)})
                except (OverflowError, ValueError):
                    facts[key] = fact.model_copy(update={"value": date.max})
                    faults.append(Fault(FACTS, (key, "plus"), "a day after the year 9999", "expected a day before"))
    for key, fact in waiting.items():
        faults += _obstacles(dossier, key, fact)
    return replace(dossier, facts=facts), faults


def _obstacles(dossier: Dossier, key: FactId, fact: Day) -> list[Fault]:
    days = [name for name, other in dossier.facts.items() if isinstance(other, Day)]
    durations = [name for name, other in dossier.facts.items() if isinstance(other, Duration)]
    faults: list[Fault] = []
    for end, name, known, what in (("from", fact.from_, days, "date"), ("plus", fact.plus, durations, "duration")):
        if name not in known:
            expected, because = did_you_mean(name or "", known, f"a {what} fact"), (FACTS, (name or "",))
            faults.append(Fault(FACTS, (key, end), f"no {what} fact {name!r}", expected, because=because))
    return faults or [Fault(FACTS, (key, "from"), "computed from itself", "expected a date that stands by itself")]
