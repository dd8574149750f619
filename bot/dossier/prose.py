"""What must hold of the texts themselves: the small Markdown, their references, and facts that stand once. PURE."""

import re
from collections.abc import Collection, Iterator, Mapping

from bot.dossier import text
from bot.dossier.facts import Day, Duration, Fact, Number
from bot.dossier.flaws import flaws, is_marked
from bot.dossier.mistakes import Fault, Place, Where, did_you_mean
from bot.dossier.model import Bulletin, Dossier, FactId, Topic
from bot.dossier.references import is_fact_id, slug
from bot.dossier.typed import held
from bot.dossier.words import FileOf

_RICH = ("body",)
_PLAIN = ("title", "summary")


def prose_faults(dossier: Dossier, file_of: FileOf) -> Iterator[Fault]:
    """Faults of every text: of topics, bulletins, the header and facts' notes."""
    typed = held(dossier.facts)
    used: set[str] = set()
    for path, place, words, rich in _prose(dossier, file_of):
        yield from _rich_faults(words, path, place) if rich else _line_faults(words, path, place)
        yield from _reference_faults(dossier.facts, words, path, place, used)
        yield from _stray_braces(dossier.facts, words, path, place)
        if path != "facts.yaml":
            yield from typed.faults(words, path, place, str(place[-1]))
    used |= _used_otherwise(dossier)
    for fact_id in dossier.facts:
        if fact_id not in used:
            expected = f"expected {{{fact_id}}} in some text"
            yield Fault("facts.yaml", (fact_id,), f"fact {fact_id!r} is used nowhere", expected, warning=True)


def _rich_faults(words: str, path: str, place: Place) -> Iterator[Fault]:
    for flaw in flaws(words):
        yield Fault(path, place, flaw.problem, flaw.expected, flaw.warning, down=flaw.line)


def _line_faults(words: str, path: str, place: Place) -> Iterator[Fault]:
    if "\n" in words.strip():
        yield Fault(path, place, "a title or summary of several lines", "expected one line")
    elif is_marked(words):
        yield Fault(path, place, "Markdown in a title or summary", "expected plain words", warning=True)


def _prose(dossier: Dossier, file_of: FileOf) -> Iterator[tuple[str, Place, str, bool]]:
    entries: list[Topic | Bulletin] = [*dossier.topics.values(), *dossier.bulletins.values()]
    for entry in entries:
        for key in (*_PLAIN, *_RICH):
            for language, words in getattr(entry, key, {}).items():
                yield file_of(entry), (key, language), words, key in _RICH
    for language, words in dossier.header.title.items():
        yield "dossier.yaml", ("title", language), words, False
    for language, words in dossier.header.summary.items():
        yield "dossier.yaml", ("summary", language), words, True
    for fact_id, fact in dossier.facts.items():
        notes = fact.note if isinstance(fact.note, dict) else {"": fact.note} if fact.note else {}
        for language, words in notes.items():
            yield "facts.yaml", (fact_id, "note", language) if language else (fact_id, "note"), words, True


def _reference_faults(
    facts: Mapping[FactId, Fact], words: str, path: str, place: Place, used: set[str]
) -> Iterator[Fault]:
    for match in text.PLACEHOLDER.finditer(words):
        fact = facts.get(FactId(match[1]))
        used.add(match[1])
        down = words.count("\n", 0, match.start())
        because: Where = "facts.yaml", (match[1],)
        if fact is None and match[1] in {slug(each) for each in facts if not is_fact_id(each)}:
            continue
        if fact is None:
            expected = did_you_mean(match[1], [each for each in facts if is_fact_id(each)], "a fact")
            yield Fault(path, place, f"unknown fact {match[1]!r}", expected, down=down, because=because)
        elif match[2] and match[2] not in (forms := _forms(fact)):
            problem, expected = f"fact {match[1]!r} has no form {match[2]!r}", did_you_mean(match[2], forms, "a form")
            because = "facts.yaml", (match[1], "forms")
            yield Fault(path, place, problem, expected, down=down, because=because)


def _stray_braces(facts: Collection[str], words: str, path: str, place: Place) -> Iterator[Fault]:
    """Braces that name no fact: readers would see them as they stand."""
    rest = text.PLACEHOLDER.sub(lambda match: " " * len(match[0]), words)
    for match in re.finditer(r"\{[^{}\n]{0,80}\}?|\}", rest):
        written = words[match.start() : match.end()]
        meant = re.sub(r"[^\w.-]", "", written)
        near = did_you_mean(meant, facts, "") if meant else ""
        expected = near.replace("'", "{", 1).replace("'", "}") if near.startswith("did") else "expected {fact_id}"
        problem = f"{written.strip()!r} names no fact"
        yield Fault(path, place, problem, expected, down=words.count("\n", 0, match.start()))


def _forms(fact: Fact) -> Collection[str]:
    return ("words", "gen") if isinstance(fact, (Number, Duration)) else getattr(fact, "forms", {})


def _used_otherwise(dossier: Dossier) -> set[str]:
    """Facts that are used without being named in a text: in progress bars, and to compute others."""
    used: set[str] = set()
    for topic in dossier.topics.values():
        if topic.progress:
            used |= {topic.progress.from_, topic.progress.to}
    for fact in dossier.facts.values():
        if isinstance(fact, Day) and fact.from_ and fact.plus:
            used |= {fact.from_, fact.plus}
    return used
