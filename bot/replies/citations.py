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


def cited_in(blocks: Iterable[Block]) -> list[SourceId]:
    """The sources that the blocks cite, in the order of their first citation."""
    source_ids = (SourceId(span.source) for spans in lines_of(blocks) for span in spans if span.source is not None)
    return list(dict.fromkeys(source_ids))


def with_citations(reply: Reply) -> Reply:
    """The reply with numbered citations, each a link to its source, and the cited sources first, in the order of their numbers.

    The reply itself if it cites nothing. A numbered reply that was cut or extended may be numbered again.
    """
    by_id = {source.id: source for source in reply.sources}
    cited = [by_id[name] for name in dict.fromkeys((*reply.title_sources, *cited_in(reply.blocks))) if name in by_id]
    if not cited:
        return replace(reply, cited=0) if reply.cited else reply
    numbers = {source.id: (superscript(number), source) for number, source in enumerate(cited, start=1)}
    others = [source for source in reply.sources if source.id not in numbers]
    blocks = with_lines(reply.blocks, lambda spans: _numbered(spans, numbers))
    return replace(reply, blocks=blocks, sources=(*cited, *others), cited=len(cited))


def source_line(reply: Reply) -> tuple[Spans, ...]:
    """The entries of the line below a reply: ``¹ INTI Media``, ``² ANTARA``, then the publishers that no statement cites.

    Each page is a link. Further pages of a publisher are numbers, as in ``TASS 2 3``.
    """
    cited = (
        (Span(f"{superscript(number)} {source.publisher}", url=source.url),)
        for number, source in enumerate(reply.sources[: reply.cited], start=1)
    )
    others: dict[str, list[SourceLink]] = {}
    for source in reply.sources[reply.cited :]:
        others.setdefault(source.publisher, []).append(source)
    return (*cited, *(_publisher(name, pages) for name, pages in others.items()))


def _publisher(name: str, pages: list[SourceLink]) -> Spans:
    further = ((Span(" "), Span(str(number), url=page.url)) for number, page in enumerate(pages[1:], start=2))
    return (Span(name, url=pages[0].url), *(span for pair in further for span in pair))


def _numbered(spans: Spans, numbers: dict[SourceId, tuple[str, SourceLink]]) -> Spans:
    """The spans with each citation's number and address. A citation of a source that the reply lacks stays empty.

    Behind a digit the number has a space before it, because 2025² would look like a power.
    """
    numbered: list[Span] = []
    for span in spans:
        number, source = numbers.get(SourceId(span.source or ""), ("", None))
        gap = CITATION_GAP if source and numbered and numbered[-1].text[-1:].isdecimal() else ""
        cited = replace(span, text=gap + number, url=source.url if source else None)
        numbered.append(span if span.source is None else cited)
    return tuple(numbered)
