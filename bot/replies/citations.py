"""The citations of a reply: numbers in its text, and the line of sources below. PURE."""

from collections.abc import Iterable
from dataclasses import replace

from bot.dossier.markdown import CITATION_GAP, Span, Spans
from bot.dossier.models import SourceId, SourceKind
from bot.replies.reply import Block, Reply, SourceLink, lines_of, with_lines

KIND_NAMES: dict[SourceKind, str] = {
    "official": "official page",
    "agency": "news agency",
    "newspaper": "newspaper",
    "reprint": "reprint",
}
"""Kind of a source → its name, in English."""

_SUPERSCRIPTS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


def superscript(number: int) -> str:
    """``¹²`` for 12."""
    return str(number).translate(_SUPERSCRIPTS)


Cited = tuple[SourceId, str]
"""A source and the place in it; "": the whole source."""


def citations_in(blocks: Iterable[Block]) -> list[Cited]:
    """What the blocks cite, in the order of its first citation."""
    spans = (span for line in lines_of(blocks) for span in line if span.source is not None)
    return list(dict.fromkeys((SourceId(span.source or ""), span.place) for span in spans))


def cited_in(blocks: Iterable[Block]) -> list[SourceId]:
    """The sources that the blocks cite, in the order of their first citation."""
    return list(dict.fromkeys(source for source, _ in citations_in(blocks)))


def with_citations(reply: Reply) -> Reply:
    """The reply with numbered citations, each a link to its source, and the cited sources first, in the order of their numbers.

    Each place in a source has a number of its own. The reply itself if it cites nothing. A numbered reply that was cut or extended may be numbered again.
    """
    by_id = {source.id: source for source in reply.sources}
    keys = dict.fromkeys((*((name, "") for name in reply.title_sources), *citations_in(reply.blocks)))
    cited = [replace(by_id[name], place=place) for name, place in keys if name in by_id]
    whole = dict.fromkeys(replace(source, place="") for source in reply.sources)
    if not cited:
        return replace(reply, sources=tuple(whole), cited=0) if reply.cited else reply
    numbers = {(source.id, source.place): (superscript(number), source) for number, source in enumerate(cited, start=1)}
    names = {source.id for source in cited}
    others = [source for source in whole if source.id not in names]
    blocks = with_lines(reply.blocks, lambda spans: _numbered(spans, numbers))
    return replace(reply, blocks=blocks, sources=(*cited, *others), cited=len(cited))


def source_line(reply: Reply) -> tuple[Spans, ...]:
    """The entries of the line below a reply: ``¹ INTI Media``, ``² ANTARA, p. 3``, then the publishers that no statement cites.

    Each page is a link. Further pages of a publisher are numbers, as in ``TASS 2 3``.
    """
    numbered = enumerate(reply.sources[: reply.cited], start=1)
    cited = ((Span(f"{superscript(number)} {source.name}", url=source.address),) for number, source in numbered)
    others: dict[str, list[SourceLink]] = {}
    for source in reply.sources[reply.cited :]:
        others.setdefault(source.publisher, []).append(source)
    return (*cited, *(_publisher(name, pages) for name, pages in others.items()))


def _publisher(name: str, pages: list[SourceLink]) -> Spans:
    further = ((Span(" "), Span(str(number), url=page.url)) for number, page in enumerate(pages[1:], start=2))
    return (Span(name, url=pages[0].url), *(span for pair in further for span in pair))


def _numbered(spans: Spans, numbers: dict[Cited, tuple[str, SourceLink]]) -> Spans:
    """The spans with each citation's number and address. A citation of a source that the reply lacks stays empty.

    Behind a digit the number has a space before it, because 2025² would look like a power.
    """
    numbered: list[Span] = []
    for span in spans:
        number, source = numbers.get((SourceId(span.source or ""), span.place), ("", None))
        gap = CITATION_GAP if source and numbered and numbered[-1].text[-1:].isdecimal() else ""
        cited = replace(span, text=gap + number, url=source.address if source else None)
        numbered.append(span if span.source is None else cited)
    return tuple(numbered)
