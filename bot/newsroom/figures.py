"""A figure that was right then: the facts of a change that bulletins print, and what those bulletins keep of them.

When a figure was wrong, messages that print it are corrected. When the world has changed, they go on saying what was right on their day.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from pydantic import TypeAdapter

from bot.db.changes import Answer, ChangedEntry, Said
from bot.dossier.diagnostics import Diagnostic, warning
from bot.dossier.entries import ABSENT, Content, Field, Key, alterations, fields, value_digest
from bot.dossier.markdown import PLACEHOLDER
from bot.dossier.models import DayFact, Dossier, Fact, FactEntry, FactId, Language
from bot.dossier.yaml_reader import Value
from bot.replies.formatting import fact_text

ANSWERS: Mapping[Said, str] = {"was_wrong": "Was wrong", "has_changed": "Has changed"}
"""What an editor says of a figure → the phrase for it."""

UNPRINTED = {name for name, each in FactEntry.model_fields.items() if name != "stated_by"}
"""The keys of a fact that no text of a bulletin prints."""

_SHOWN = 500
"""Characters of an alteration that are stored as they are. With its digest it is shorter than MAX_FOREIGN_TEXT."""

_TEXTS = ("title", "short", "body")


@dataclass(frozen=True, slots=True)
class Figure:
    """A fact that a change alters, and that bulletins print which readers have.

    Attributes:
        key: of the fact.
        before, after: how it reads, by language, where that differs.
        facts: it, and the days computed from it.
        printing: the bulletins that would read otherwise.
        kept: those that print it now, and with the change keep it as it was, or have other words in its place.
        answer: what an editor said of this very alteration; None: nothing yet.
    """

    key: Key
    before: Mapping[Language, str]
    after: Mapping[Language, str]
    facts: frozenset[FactId]
    printing: tuple[Key, ...]
    kept: tuple[Key, ...]
    answer: Answer | None

    @property
    def is_open(self) -> bool:
        """Whether an editor has yet to say whether it was wrong or has changed."""
        return self.answer is None or (self.answer.said == "has_changed" and bool(self.printing))


def alteration(entry: ChangedEntry) -> str:
    """What a change does to a fact's value, as the list of decisions shows it: an answer holds for these very values alone.

    A decision holds little text, so a digest stands for what does not fit.
    """
    altered = sorted(alterations(entry.base, entry.content).items())
    told = [(".".join(place), *map(_written, sides)) for place, sides in altered if place[0] not in UNPRINTED]
    said = [f"{place}: {before} → {after}" for place, before, after in told]
    text = f"{entry.key.partition('/')[2]}: {', '.join(said)}"
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]} … ({value_digest(text)})"


def _written(value: Value) -> str:
    return "–" if value is ABSENT or value is None else str(value)


def undated(in_force: Mapping[Key, Content], contents: Mapping[Key, Content | None]) -> Iterator[Diagnostic]:
    """Warns of figures that change without the day on which they were compared with their sources."""
    for key in (
        each for each, content in contents.items() if content and each in in_force and each.startswith("facts/")
    ):
        names = {place[0] for place in alterations(in_force[key], contents[key])}
        if names - UNPRINTED - {"forms"} and "checked" not in names:
            message, fix = "another value of the same day", "expected the day on which it was compared with its sources"
            place = key.partition("/")[2], "checked"
            yield warning("facts.yaml", place, message, fix, "undated")


def answer_of(entry: ChangedEntry) -> Answer | None:
    """What was said of a fact as the change alters it now; None: nothing."""
    return entry.answer if entry.answer and entry.answer.of == alteration(entry) else None


def figures(
    before: Dossier,
    after: Dossier,
    in_force: Mapping[Key, Content],
    entries: Mapping[Key, ChangedEntry],
    read: Collection[Key],
) -> list[Figure]:
    """The facts of a change of which an editor must say, or has said, whether they were wrong or have changed.

    Args:
        before: the dossier in force.
        after: with the entries of the change.
        in_force: the contents of ``before``.
        entries: of the change.
        read: the bulletins that readers have.
    """
    found = list[Figure]()
    for key, altered in entries.items():
        fact = FactId(key.partition("/")[2])
        if not key.startswith("facts/") or fact not in before.facts or fact not in after.facts:
            continue
        facts = with_computed(after, fact)
        concerned = [each for each in sorted(read) if _reads_otherwise(before, after, in_force.get(each), facts)]
        now = {each: (entries[each].content if each in entries else in_force[each]) or {} for each in concerned}
        now = {each: content for each, content in now.items() if content and "withdrawn" not in content}
        if not now:
            continue
        printing = tuple(each for each, content in now.items() if prints(content, facts))
        texts = _values(before, after, fact, [in_force[each] for each in now])
        kept = tuple(each for each in now if each not in printing)
        found.append(Figure(key, *texts, facts, printing, kept, answer_of(altered)))
    return found


def _values(
    before: Dossier, after: Dossier, fact: FactId, bulletins: Iterable[Content | None]
) -> tuple[dict[Language, str], dict[Language, str]]:
    """How a fact reads before and after in each language in which it reads otherwise, in a form that bulletins print if need be."""
    forms = {code: [""] for code in before.languages}
    for content in bulletins:
        for place, name, form in _printed(content):
            if name == fact and place[1] in forms:
                forms[Language(place[1])].append(form)
    was, now = before.facts[fact], after.facts[fact]
    spoken = [(code, form) for code, of_language in forms.items() for form in reversed(of_language)]
    found = [(code, fact_text(was, code, form), fact_text(now, code, form)) for code, form in spoken]
    differing = [each for each in found if each[1] != each[2]] or found
    return {code: old for code, old, _ in differing}, {code: new for code, _, new in differing}


def with_computed(dossier: Dossier, fact: FactId) -> frozenset[FactId]:
    """The fact, and the days that are computed from it."""
    found = {fact}
    while True:
        days = {name: each for name, each in dossier.facts.items() if isinstance(each, DayFact) and name not in found}
        more = {name for name, each in days.items() if {each.from_, each.plus} & found}
        if not more:
            return frozenset(found)
        found |= more


def _printed(content: Content | None) -> Iterator[tuple[Field, FactId, str]]:
    """The facts that the texts of a bulletin print, with the field and the form."""
    for place, value in fields(content).items():
        if place[0] in _TEXTS and len(place) == 2 and isinstance(value, str):
            for match in PLACEHOLDER.finditer(value):
                yield place, FactId(match[1]), match[2] or ""


def prints(content: Content, facts: Collection[FactId]) -> bool:
    """Whether a bulletin's texts print one of the facts as it is now."""
    names = {name for _, name, _ in _printed(content)}
    return not names.isdisjoint({*facts} - figures_of(content).keys())


def _reads_otherwise(before: Dossier, after: Dossier, content: Content | None, facts: Collection[FactId]) -> bool:
    """Whether title or text of a bulletin read otherwise with the altered facts."""
    known = {*facts} & before.facts.keys() & after.facts.keys() - figures_of(content).keys()
    found = [(fact, place[1], form) for place, fact, form in _printed(content) if place[0] != "short" and fact in known]
    return any(fact_text(before.facts[name], *how) != fact_text(after.facts[name], *how) for name, *how in found)


# ---- What a bulletin keeps


def as_they_were(
    former: Dossier, contents: Mapping[Key, Content], content: Content | None, facts: Collection[FactId]
) -> dict[str, Value]:
    """Those of the facts that a bulletin's texts print and of which it keeps no former one yet: whole, a computed day as the day that it was.

    ``contents``: those of ``former``, the dossier in which they are right.
    """
    found = dict[str, Value]()
    for name in dict.fromkeys(name for _, name, _ in _printed(content)):
        fact = former.facts.get(name)
        if fact is None or name not in facts or name in figures_of(content):
            continue
        found[name] = whole = dict(contents[Key(f"facts/{name}")])
        if isinstance(fact, DayFact) and fact.from_ and fact.value:
            whole = {key: each for key, each in whole.items() if key not in ("from", "plus")}
            found[name] = {**whole, "value": fact.value.isoformat()}
    return found


def figures_of(content: Content | None) -> Mapping[str, Value]:
    """Fact → the whole fact as it was, of those that a bulletin keeps."""
    found = (content or {}).get("figures")
    return found if isinstance(found, dict) else {}


def with_figures(content: Content, figures: Mapping[str, Value]) -> Content:
    """A bulletin that keeps these figures, and no other."""
    others = {name: each for name, each in content.items() if name != "figures"}
    return {**others, "figures": dict(figures)} if figures else others


_FACT: TypeAdapter[Fact] = TypeAdapter(Fact)


def figures_kept(entry: ChangedEntry) -> Mapping[str, Fact]:
    """The facts that an entry of a change keeps as they were, if it does nothing else; else none."""
    if entry.content is None or with_figures(entry.content, figures_of(entry.base)) != entry.base:
        return {}
    return {name: _FACT.validate_python(fact) for name, fact in figures_of(entry.content).items()}
