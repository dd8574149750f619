"""Rules for statements: their citations, and that an answer begins with its fact. PURE."""

import re
from collections.abc import Iterator
from typing import Any

from bot.dossier.diagnostics import Diagnostic, Place, did_you_mean, error, nearest, warning
from bot.dossier.markdown import CITATION, PLACEHOLDER, Spans, paragraphs, placed_citations
from bot.dossier.models import NEWEST, Bulletin, Dossier, FactId, Name, Topic, file_of
from bot.dossier.models import Place as PlaceFact
from bot.dossier.text_validators import NUMBER, prose

_QUOTATION = re.compile(r"[“„«\"][^”“»\"\n]*\s[^”“»\"\n]*[”“»\"]")
"""Several words between quotation marks. One word is usually a name."""

_BROKEN_CITATION = re.compile(r"(?<!\\)(?:[\[(]@([\w-]+)|\[([\w-]+)\](?![(\[])|(?<![\w[(])@([\w-]+)\])")
"""``[@harbour`` without its end, ``(@harbour)``, ``[harbour]`` and ``@harbour]``."""

MAX_PLACE = 80
"""Characters of a place in a source: it stands in the line of sources, and in the address as up to six characters for each."""

_NOT_OF_A_PLACE = re.compile(r"[*`<>{}\\|~\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
"""Marks, which would have no effect in a place; facts, which would not be filled in; and controls that turn the line behind it."""


def check_statements(dossier: Dossier) -> Iterator[Diagnostic]:
    """Unknown sources are errors. In a dossier with citations, statements without one are warnings."""
    yield from _check_sources(dossier)
    for topic in dossier.topics.values():
        for language, text in topic.body.items():
            yield from _check_beginning(text, file_of(topic), ("body", language))
    if dossier.cites:
        entries: list[Topic | Bulletin] = [*dossier.topics.values(), *dossier.bulletins.values()]
        for entry in entries:
            for language, text in entry.body.items():
                yield from _check_citations(dossier, text, file_of(entry), ("body", language))


def _check_sources(dossier: Dossier) -> Iterator[Diagnostic]:
    """Citations of unknown sources or in texts without a line of sources, and sources that are not cited."""
    cited = set[str]()
    for path, place, text, _ in prose(dossier):
        may_cite = place[0] in ("body", "because") or place[1:2] == ("note",)
        for line, source, at in placed_citations(text):
            cited.add(source)
            if not may_cite:
                message, fix = (
                    f"a citation of {source!r} here",
                    "expected citations in a body, where readers see sources",
                )
                yield error(path, place, message, fix, "cited-here", offset=line)
            elif source not in dossier.sources:
                meant, near = did_you_mean(source, dossier.sources, "a source"), nearest(source, dossier.sources)
                message, fix = f"unknown source {source!r}", f"{meant} (write [@source-id], [@a; @b] or [@a, p. 3])"
                also: dict[str, Any] = {"because": ("sources.yaml", (source,)), "name": source, "near": near or ""}
                yield error(path, place, message, fix, "unknown-source", offset=line, **also)
            elif at is not None and (wrong := _wrong_place(dossier, source, at)):
                yield error(path, place, *wrong, "place", offset=line, name=source, most=MAX_PLACE)
        yield from _check_broken(dossier, text, path, place)
    entries = [*dossier.facts.values(), *dossier.topics.values(), *dossier.bulletins.values(), *dossier.claims.values()]
    used = cited if dossier.cites or cited else {str(source) for entry in entries for source in entry.sources}
    for source in dossier.sources if dossier.cites or not cited else ():
        if source not in used:
            what, where = ("cited", "after a statement") if cited else ("used", "in a text, or remove the source")
            message, fix = f"source {source!r} is not {what}", f"expected [@{source}] {where}"
            yield warning("sources.yaml", (source,), message, fix, "unused-source", name=source)


def _wrong_place(dossier: Dossier, source: str, place: str) -> tuple[str, str] | None:
    """What is wrong with a place in a source, and the fix; None: nothing."""
    if not place:
        return f"a citation of {source!r} with an empty place", f"expected [@{source}] or [@{source}, p. 3]"
    if place in dossier.sources:
        return f"{place!r} stands as a place in {source!r}, and is a source", f"did you mean [@{source}; @{place}]?"
    if len(place) > MAX_PLACE:
        return f"a place of {len(place)} characters in {source!r}", f"expected at most {MAX_PLACE}, as in p. 3"
    if sign := _NOT_OF_A_PLACE.search(place):
        shown = sign[0] if sign[0].isprintable() else f"U+{ord(sign[0]):04X}"
        return f"{shown} in a place in {source!r}", "expected plain words, as in art. 31(2)"
    return None


def _check_broken(dossier: Dossier, text: str, path: str, place: Place) -> Iterator[Diagnostic]:
    """Warns of brackets with a source's id that are no citation: readers would see them."""
    rest = CITATION.sub(lambda match: re.sub(r"[^\n]", " ", match[0]), text)
    for match in _BROKEN_CITATION.finditer(rest):
        source = match[1] or match[2] or match[3]
        if source in dossier.sources:
            behind = ", …" if match[1] and rest.startswith(",", match.end()) else ""
            message, fix = f"{match[0]!r} is not a citation", f"did you mean [@{source}{behind}]?"
            line = text.count("\n", 0, match.start())
            yield warning(path, place, message, fix, "marks", offset=line)


def _check_citations(dossier: Dossier, text: str, path: str, place: Place) -> Iterator[Diagnostic]:
    """Values and quotations without a citation, and values whose facts lack the cited source."""
    introduced = False
    for line, is_item, spans in paragraphs(text):
        cites = any(span.source is not None for span in spans)
        introduced = introduced if is_item else cites
        if not cites and not (is_item and introduced) and _needs_citation(spans):
            message, fix = "a figure, a fact or a quotation without a citation", "expected [@source-id] after it"
            yield warning(path, place, message, fix, "uncited", offset=line)
        for words, sources in _statements(spans):
            for match in PLACEHOLDER.finditer(words):
                fact = dossier.facts.get(FactId(match[1]))
                if fact is None or isinstance(fact, Name | PlaceFact) or sources & set(fact.sources):
                    continue
                name, cited = match[1], sorted(sources)
                message = f"fact {name!r} does not have the source {' or '.join(cited)}, which is cited for it"
                fix = f"expected one of its sources: {', '.join(fact.sources) or 'it has none'}"
                values = {"name": name, "sources": ", ".join(cited)}
                yield warning(path, place, message, fix, "other-source", offset=line, **values)


def _needs_citation(spans: Spans) -> bool:
    text = "".join(span.text for span in spans).replace(f"{{{NEWEST}}}", "")  # no source prints it
    return any(pattern.search(text) for pattern in (PLACEHOLDER, NUMBER, _QUOTATION))


def _statements(spans: Spans) -> Iterator[tuple[str, set[str]]]:
    """The words before each group of citations, from the previous group on, and the cited sources."""
    words, sources = "", set[str]()
    for span in spans:
        if span.source is not None:
            sources.add(span.source)
        elif sources and span.text.strip():
            yield words, sources
            words, sources = span.text, set()
        else:
            words += span.text
    if sources:
        yield words, sources


def _check_beginning(text: str, path: str, place: Place) -> Iterator[Diagnostic]:
    """A topic that uses facts begins with one, in its first paragraph or the list directly below."""
    if not PLACEHOLDER.search(text) or PLACEHOLDER.search(text.partition("\n\n")[0]):
        return  # nearly all texts end here, without parsing
    first = ""
    for index, (_, is_item, spans) in enumerate(paragraphs(text)):
        if index and not is_item:
            break
        first += "".join(span.text for span in spans)
    if not PLACEHOLDER.search(first):
        message, fix = "the first paragraph has no fact, but a later one has", "expected the answer first"
        yield warning(path, place, message, fix, "fact-first")
