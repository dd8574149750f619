"""A reply as plain text. PURE."""

from collections.abc import Iterator
from typing import assert_never

from bot.dossier.markdown import Items, Paragraph, Spans
from bot.replies.reply import MAX_PUBLISHERS, Block, Note, ProgressBar, Reply, progress_cells


def render(reply: Reply) -> str:
    """Title, blocks, sources and day, parted by newlines; links show their address."""
    return "\n".join(_lines(reply)).strip()


def _lines(reply: Reply) -> Iterator[str]:
    yield reply.heading
    yield ""
    for block in reply.blocks:
        yield from _block(block)
    if reply.sources or reply.as_of_label:
        yield ""
        left_out = len(reply.publishers) - MAX_PUBLISHERS
        names = " · ".join([*list(reply.publishers)[:MAX_PUBLISHERS], *([f"+{left_out}"] if left_out > 0 else [])])
        yield " — ".join(part for part in (names, reply.as_of_label) if part)


def _block(block: Block) -> Iterator[str]:
    match block:
        case Paragraph(spans) | Note(spans):
            yield _words(spans)
        case Items(items, ordered):
            for index, item in enumerate(items, start=1):
                yield f"{f'{index}.' if ordered else '•'} {_words(item)}"
        case ProgressBar(fraction, label):
            yield f"{progress_cells(fraction)} {label}"
        case _:
            assert_never(block)


def _words(spans: Spans) -> str:
    return "".join(f"{span.text} ({span.url})" if span.url and span.url != span.text else span.text for span in spans)
