"""Reply → plain text. PURE."""

from collections.abc import Iterator
from typing import assert_never

from bot.dossier.markdown import Items, Paragraph, Span, Spans, plain
from bot.replies.citations import source_line
from bot.replies.reply import Block, Note, ProgressBar, Reply, progress_cells


def render(reply: Reply) -> str:
    """Title, blocks, sources and day, each on lines of its own. A link is followed by its URL; URLs of citations stand in the list of sources."""
    return "\n".join(_lines(reply)).strip()


def _lines(reply: Reply) -> Iterator[str]:
    yield reply.heading
    yield ""
    for block in reply.blocks:
        yield from block_lines(block)
    if reply.sources or reply.as_of_label:
        yield from [""] if reply.blocks else []
        entries = source_line(reply)
        for entry in entries[: reply.cited]:
            yield " ".join(f"{span.text} {span.url}" for span in entry)
        others = " · ".join(plain(entry) for entry in entries[reply.cited :])
        yield " — ".join(part for part in (others, reply.as_of_label) if part)


def block_lines(block: Block) -> Iterator[str]:
    """A block as lines, each link with its address behind it."""
    match block:
        case Paragraph(spans) | Note(spans):
            yield _text(spans)
        case Items(items, ordered):
            for number, item in enumerate(items, start=1):
                yield f"{f'{number}.' if ordered else '•'} {_text(item)}"
        case ProgressBar(fraction, label):
            yield f"{progress_cells(fraction)} {label}"
        case _:
            assert_never(block)


def _text(spans: Spans) -> str:
    return "".join(f"{span.text} ({span.url})" if _shows_address(span) else span.text for span in spans)


def _shows_address(span: Span) -> bool:
    return span.url is not None and span.url != span.text and span.source is None
