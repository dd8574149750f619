"""The parts of a dossier that nothing is wrong with, to be checked further while others are mended. PURE."""

from collections.abc import Container, Iterable, Mapping
from dataclasses import replace
from datetime import date
from typing import Any, TypeVar

from bot.dossier import rules, text
from bot.dossier.computing import FACTS
from bot.dossier.flaws import flaws
from bot.dossier.mistakes import Fault
from bot.dossier.model import Bulletin, Dossier, FactId, Header, Language, SourceId, Topic

Entry = TypeVar("Entry", Topic, Bulletin)
_ROUNDS = 10
"""What is left out may leave others without what they refer to; no dossier is nested so deep."""


def sound_part(dossier: Dossier, unreadable: Iterable[str], faults: Iterable[Fault], today: date) -> Dossier | None:
    """The dossier without the files that are ``unreadable`` or have ``faults``, and without what refers to such facts.

    None where no such part stands by itself.
    """
    wrong = [*(Fault(path, (), "", "") for path in unreadable), *faults]
    wrong = [fault for fault in wrong if "/" not in fault.path]  # of topics and bulletins, what is left may do
    part = replace(dossier, header=_header(dossier.header))
    for _ in range(_ROUNDS):
        part = _without(part, wrong)
        wrong = [fault for fault in rules.faults(part, today) if not fault.warning]
        if not wrong:
            return part if part.topics else None
    return None


def _header(header: Header) -> Header:
    default = header.default_language if header.default_language in header.languages else header.languages[0]
    languages = [*dict.fromkeys(header.languages)]
    return header.model_copy(
        update={
            "title": _in_all(header.title, languages),
            "summary": _in_all(header.summary, languages),
            "languages": languages,
            "default_language": default,
            "checked": None,
        }
    )


def _in_all(texts: Mapping[Language, str], languages: list[Language]) -> dict[Language, str]:
    """A title or summary in every language; a dash where it is not to be relied on."""
    sure = {key: words for key, words in texts.items() if "{" not in words and not flaws(words)}
    return {language: sure.get(language, "-") for language in languages}


def _without(dossier: Dossier, wrong: list[Fault]) -> Dossier:
    paths = {fault.path for fault in wrong}
    facts = _keep(dossier.facts, FACTS, wrong)
    sources = _keep(dossier.sources, "sources.yaml", wrong)
    topics = {key: each for key, each in dossier.topics.items() if _stands(each, paths, facts)}
    bulletins = {key: each for key, each in dossier.bulletins.items() if _stands(each, paths, facts)}
    return replace(
        dossier,
        sources=sources,
        facts={key: fact.model_copy(update={"sources": _known(fact.sources, sources)}) for key, fact in facts.items()},
        topics={key: _linked(each, sources, {"related": topics}) for key, each in topics.items()},
        bulletins={key: _linked(each, sources, {"topics": topics}) for key, each in bulletins.items()},
        feeds={},
    )


Key = TypeVar("Key", FactId, SourceId)
Value = TypeVar("Value")


def _keep(entries: Mapping[Key, Value], path: str, wrong: list[Fault]) -> dict[Key, Value]:
    named = {fault.place[:1] for fault in wrong if fault.path == path}
    return {} if () in named else {key: each for key, each in entries.items() if (key,) not in named}


def _stands(entry: Topic | Bulletin, paths: set[str], facts: Mapping[FactId, object]) -> bool:
    if rules.file_of(entry) in paths:
        return False
    words = [*entry.title.values(), *entry.body.values(), *getattr(entry, "summary", {}).values()]
    named = {FactId(match[1]) for each in words for match in text.PLACEHOLDER.finditer(each)}
    if isinstance(entry, Topic):
        named |= {*(entry.notes or [])}
        named |= {entry.progress.from_, entry.progress.to} if entry.progress else set()
    return all(name in facts for name in named)


def _linked(entry: Entry, sources: Mapping[SourceId, object], links: Mapping[str, Container[Any]]) -> Entry:
    """The entry with only those of its links that lead somewhere."""
    update = {key: _known(getattr(entry, key), known) for key, known in links.items()}
    return entry.model_copy(update={"sources": _known(entry.sources, sources), **update})


def _known(names: Iterable[str], known: Container[Any]) -> list[str]:
    return [name for name in names if name in known]
