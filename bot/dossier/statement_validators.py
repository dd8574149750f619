"""Rules for statements: their citations, and that an answer begins with its fact. PURE."""

import re
from collections.abc import Iterator

from bot.dossier.diagnostics import Diagnostic, Place, did_you_mean, nearest
from bot.dossier.markdown import CITATION, PLACEHOLDER, Spans, citations, paragraphs
from bot.dossier.models import NEWEST, Bulletin, Dossier, FactId, Name, Topic, file_of
from bot.dossier.models import Place as PlaceFact
from bot.dossier.text_validators import NUMBER, prose

_QUOTATION = re.compile(r"[“„«\"][^”“»\"\n]*\s[^”“»\"\n]*[”“»\"]")
"""Several words between quotation marks. One word is usually a name."""

_BROKEN_CITATION = re.compile(r"(?<!\\)(?:[\[(]@([\w-]+)|\[([\w-]+)\](?![(\[])|(?<![\w[(])@([\w-]+)\])")
"""``[@harbour`` without its end, ``(@harbour)``, ``[harbour]`` and ``@harbour]``."""


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
        for line, source in citations(text):
            cited.add(source)
            if not may_cite:
                message, fix = (
                    f"a citation of {source!r} here",
                    "expected citations in a body, where readers see sources",
                )
                yield Diagnostic(path, place, message, fix, offset=line, code="cited-here")
            elif source not in dossier.sources:
                fix = f"{did_you_mean(source, dossier.sources, 'a source')} (write [@source-id] or [@a; @b])"
                because = "sources.yaml", (source,)
                near = nearest(source, dossier.sources) or ""
                message, values = f"unknown source {source!r}", {"name": source, "near": near}
                yield Diagnostic(
                    path, place, message, fix, offset=line, because=because, code="unknown-source", values=values
                )
        yield from _check_broken(dossier, text, path, place)
    entries = [*dossier.facts.values(), *dossier.topics.values(), *dossier.bulletins.values(), *dossier.claims.values()]
    used = cited if dossier.cites or cited else {str(source) for entry in entries for source in entry.sources}
    for source in dossier.sources if dossier.cites or not cited else ():
        if source not in used:
            what, where = ("cited", "after a statement") if cited else ("used", "in a text, or remove the source")
            message, fix, values = f"source {source!r} is not {what}", f"expected [@{source}] {where}", {"name": source}
            yield Diagnostic("sources.yaml", (source,), message, fix, "warning", code="unused-source", values=values)


def _check_broken(dossier: Dossier, text: str, path: str, place: Place) -> Iterator[Diagnostic]:
    """Warns of brackets with a source's id that are no citation: readers would see them."""
    rest = CITATION.sub(lambda match: re.sub(r"[^\n]", " ", match[0]), text)
    for match in _BROKEN_CITATION.finditer(rest):
        source = match[1] or match[2] or match[3]
        if source in dossier.sources:
            message, fix = f"{match[0]!r} is not a citation", f"did you mean [@{source}]?"
            line = text.count("\n", 0, match.start())
            yield Diagnostic(path, place, message, fix, "warning", offset=line, code="marks")


def _check_citations(dossier: Dossier, text: str, path: str, place: Place) -> Iterator[Diagnostic]:
    """Values and quotations without a citation, and values whose facts lack the cited source."""
    introduced = False
    for line, is_item, spans in paragraphs(text):
        cites = any(span.source is not None for span in spans)
        introduced = introduced if is_item else cites
        if not cites and not (is_item and introduced) and _needs_citation(spans):
            message, fix = "a figure, a fact or a quotation without a citation", "expected [@source-id] after it"
            yield Diagnostic(path, place, message, fix, "warning", offset=line, code="uncited")
        for words, sources in _statements(spans):
            for match in PLACEHOLDER.finditer(words):
                fact = dossier.facts.get(FactId(match[1]))
                if fact is None or isinstance(fact, Name | PlaceFact) or sources & set(fact.sources):
                    continue
                message = (
                    f"fact {match[1]!r} does not have the source {' or '.join(sorted(sources))}, which is cited for it"
                )
                fix = f"expected one of its sources: {', '.join(fact.sources) or 'it has none'}"
                values = {"name": match[1], "sources": ", ".join(sorted(sources))}
                yield Diagnostic(path, place, message, fix, "warning", offset=line, code="other-source", values=values)


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
        yield Diagnostic(path, place, message, fix, "warning", code="fact-first")
