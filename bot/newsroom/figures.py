"""A figure that was right then: the facts of a change that bulletins print, and those bulletins with the former value written out.

When a figure was wrong, messages that print it are corrected. When the world has changed, they go on saying what was right on their day.
"""

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from bot.db.changes import Answer, ChangedEntry, Said
from bot.dossier.diagnostics import Diagnostic
from bot.dossier.entries import ABSENT, Content, Field, Key, content_of, fields, touches, value_digest
from bot.dossier.markdown import PLACEHOLDER, citations
from bot.dossier.models import DayFact, Dossier, FactEntry, FactId, Language
from bot.dossier.yaml_reader import Value
from bot.newsroom.change_content import escaped
from bot.replies.dossier_texts import DossierTexts, facts_in
from bot.replies.formatting import capitalised, fact_text

ANSWERS: Mapping[Said, str] = {"was_wrong": "Was wrong", "has_changed": "Has changed"}
"""What an editor says of a figure → the phrase for it."""

_UNPRINTED = {name for name, each in FactEntry.model_fields.items() if name != "stated_by"}
"""The keys of a fact that no text of a bulletin prints."""

_SHOWN = 500
"""Characters of an alteration that are stored as they are. With its digest it is shorter than MAX_FOREIGN_TEXT."""

_TEXTS = ("title", "short", "body")


class CannotKeep(Exception):
    """A bulletin would read otherwise with the value written out. The message is the bulletin's key."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A fact that a change alters, and that bulletins print which readers have.

    Attributes:
        key: of the fact.
        before, after: how it reads, by language, where that differs.
        facts: it, and the days computed from it.
        printing: the bulletins that would read otherwise.
        kept: those that print it now, and in which the change has other words in its place.
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
    altered = [
        f"{'.'.join(place)}: {_written(touch.before)} → {_written(touch.after)}"
        for place, touch in sorted(touches(entry.base, entry.content).items())
        if place[0] not in _UNPRINTED
    ]
    text = f"{entry.key.partition('/')[2]}: {', '.join(altered)}"
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]} … ({value_digest(text)})"


def _written(value: Value) -> str:
    return "–" if value is ABSENT or value is None else str(value)


def undated(in_force: Mapping[Key, Content], contents: Mapping[Key, Content | None]) -> Iterator[Diagnostic]:
    """Warns of figures that change without the day on which they were compared with their sources."""
    for key in (
        each for each, content in contents.items() if content and each in in_force and each.startswith("facts/")
    ):
        altered = {place[0] for place in touches(in_force[key], contents[key])}
        if altered - _UNPRINTED - {"forms"} and "checked" not in altered:
            message, fix = "another value of the same day", "expected the day on which it was compared with its sources"
            place = key.partition("/")[2], "checked"
            yield Diagnostic("facts.yaml", place, message, fix, "warning", code="undated")


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
        printing = tuple(each for each, content in now.items() if _printed(content, facts))
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
        for place, text in _texts_of(content or {}):
            names = (match for match in PLACEHOLDER.finditer(text) if match[1] == fact)
            forms.get(Language(place[1]), []).extend(match[2] or "" for match in names)
    found = [
        (code, fact_text(before.facts[fact], code, form), fact_text(after.facts[fact], code, form))
        for code, each_form in forms.items()
        for form in reversed(each_form)
    ]
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


def _texts_of(content: Content) -> Iterator[tuple[Field, str]]:
    """The texts of a bulletin that may print facts, with their fields."""
    for place, value in fields(content).items():
        if place[0] in _TEXTS and len(place) == 2 and isinstance(value, str):
            yield place, value


def _printed(content: Content, facts: Collection[FactId]) -> bool:
    return any(match[1] in facts for _, text in _texts_of(content) for match in PLACEHOLDER.finditer(text))


def _reads_otherwise(before: Dossier, after: Dossier, content: Content | None, facts: Collection[FactId]) -> bool:
    """Whether title or text of a bulletin read otherwise with the altered facts."""
    return any(
        fact_text(before.facts[fact], place[1], match[2] or "")
        != fact_text(after.facts[fact], place[1], match[2] or "")
        for place, text in _texts_of(content or {})
        if place[0] != "short"
        for match in PLACEHOLDER.finditer(text)
        if (fact := FactId(match[1])) in facts and fact in before.facts and fact in after.facts
    )


# ---- Writing it out


def written_out(dossier: Dossier, key: Key, content: Content, facts: Collection[FactId]) -> Content:
    """A bulletin with the facts' values in place of what names them. With ``dossier`` it renders the same, to the last span.

    Raises:
        CannotKeep: it would not.
    """
    values, named = fields(content), content.get("sources")
    sources = list(map(str, named)) if isinstance(named, list) else []
    kept = list(sources)
    for place, text in _texts_of(content):
        texts = DossierTexts(dossier, Language(place[1]))
        render, spell = (texts.blocks, _as_markdown) if place[0] == "body" else (texts.line, str)
        words = _in_words(text, facts, texts, render, spell)
        if words is None:
            raise CannotKeep(key)
        if place[0] == "body" and words != text and not list(citations(text)):
            kept += _sources_until(dossier, text, facts)  # which readers see for the facts that it names
        values[place] = words
    kept = list(dict.fromkeys(kept))
    if kept != sources:
        values["sources",] = [*kept]
    for place, text in _texts_of(content):
        if place[0] == "body" and _seen(dossier, sources, text) != _seen(dossier, kept, str(values[place])):
            raise CannotKeep(key)
    return content_of(values)


def _in_words(
    text: str,
    facts: Collection[FactId],
    texts: DossierTexts,
    render: Callable[[str], object],
    spell: Callable[[str], str],
) -> str | None:
    """The text with the facts in words, from its end to its beginning; None if it would read otherwise."""
    wanted = render(text)
    for match in reversed(list(PLACEHOLDER.finditer(text))):
        fact = texts.dossier.facts.get(FactId(match[1]))
        if fact is None or match[1] not in facts:
            continue
        value = spell(fact_text(fact, texts.language, match[2] or ""))
        spelled = (f"{text[: match.start()]}{each}{text[match.end() :]}" for each in (value, capitalised(value)))
        same = next((each for each in spelled if render(each) == wanted), None)
        if same is None:
            return None
        text = same
    return text


def _as_markdown(words: str) -> str:
    """The words as a text of the content that begins no list, as "19. Juni" would."""
    return re.sub(r"^(\d+)([.)])(?=\s)", r"\1\\\2", escaped(words))


def _sources_until(dossier: Dossier, text: str, facts: Collection[FactId]) -> list[str]:
    """The sources of all facts that a text names up to the last one of ``facts``, so that their order stays."""
    names = facts_in(dossier, text)
    last = max(at for at, name in enumerate(names) if name in facts)
    return [source for name in names[: last + 1] for source in dossier.facts[name].sources]


def _seen(dossier: Dossier, sources: list[str], text: str) -> list[str]:
    """The sources that readers see below a text."""
    cited = [source for _, source in citations(text)]
    of_facts = [] if cited else [each for name in facts_in(dossier, text) for each in dossier.facts[name].sources]
    return list(dict.fromkeys([*cited, *sources, *of_facts]))


def with_record(entry: ChangedEntry, source: Content, content: Content) -> ChangedEntry:
    """The entry with a content that was made from ``source``, and a record of what was written out in it: of the fields as in force."""
    base, before, values = fields(entry.base), fields(source), fields(content)
    written = {
        ".".join(place): value_digest(value)
        for place, value in values.items()
        if value != before.get(place) and before.get(place) == base.get(place)
    }
    return replace(entry, content=content, written={**entry.written, **written})


def taken_back(entry: ChangedEntry) -> tuple[Content, frozenset[FactId]]:
    """A bulletin with what is in force in each field that is exactly as it was written out, and the facts that it then names again.

    What an editor has typed stays.
    """
    values, base, facts = fields(entry.content), fields(entry.base), set[FactId]()
    for place, value in list(values.items()):
        if entry.written.get(".".join(place)) != value_digest(value):
            continue
        facts |= _named(base.get(place)) - _named(value)
        if place in base:
            values[place] = base[place]
        else:
            values.pop(place)
    return content_of(values), frozenset(facts)


def has_typed_beside(entry: ChangedEntry, facts: Collection[FactId]) -> bool:
    """Whether an editor has typed in a text since these facts were written out there, so that it prints their former values."""
    values = fields(entry.content)
    return any(
        ".".join(place) in entry.written
        and entry.written[".".join(place)] != value_digest(values[place])
        and bool((_named(text) - _named(values[place])) & set(facts))
        for place, text in _texts_of(entry.base or {})
        if place in values
    )


def _named(text: Value) -> set[FactId]:
    return {FactId(match[1]) for match in PLACEHOLDER.finditer(text)} if isinstance(text, str) else set()


def words_written_out(entry: ChangedEntry) -> dict[tuple[str, str], str] | None:
    """What was written out in a bulletin in place of facts, if nothing else is changed: (language, ``{fact}``) → words; else None."""
    if entry.base is None or entry.content is None or taken_back(entry)[0] != entry.base:
        return None
    after, found = fields(entry.content), dict[tuple[str, str], str]()
    for place, text in _texts_of(entry.base):
        if text == after[place]:
            continue
        words = _words_between([*_pieces(text)], str(after[place]))
        if words is None:
            return None
        for name, written in zip(PLACEHOLDER.finditer(text), words, strict=True):
            if written != name[0]:
                found[place[1], name[0]] = re.sub(r"\\(.)", r"\1", written)
    return found or None


def _pieces(text: str) -> Iterator[str]:
    """The text around what names facts."""
    end = 0
    for match in PLACEHOLDER.finditer(text):
        yield text[end : match.start()]
        end = match.end()
    yield text[end:]


def _words_between(pieces: Sequence[str], text: str) -> list[str] | None:
    """What a text has between the pieces; None if it does not have them, in this order and nothing around them."""
    first, *rest = pieces
    at, words = len(first), list[str]()
    for number, piece in enumerate(rest, start=1):
        end = len(text) - len(piece) if number == len(rest) else text.find(piece, at + 1)
        words.append(text[at:end])
        at = end + len(piece)
    return words if "".join(part for pair in zip(pieces, [*words, ""], strict=True) for part in pair) == text else None
