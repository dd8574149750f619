"""Reply → plain text. PURE."""

from collections.abc import Iterator
from typing import assert_never

from bot.dossier.markdown import Items, Paragraph, Spans
from bot.replies.reply import MAX_PUBLISHERS, Block, Note, ProgressBar, Reply, progress_cells


def render(reply: Reply) -> str:
    """Title, blocks, sources and day, one below the other. A link is followed by its URL."""
    return "\n".join(_lines(reply)).strip()


def _lines(reply: Reply) -> Iterator[str]:
    yield reply.heading
    yield ""
    for block in reply.blocks:
        yield from _block(block)
    if reply.sources or reply.as_of_label:
        yield ""
        left_out = len(reply.publishers) - MAX_PUBLISHERS
        publishers = [*list(reply.publishers)[:MAX_PUBLISHERS], *([f"+{left_out}"] if left_out > 0 else [])]
        yield " — ".join(part for part in (" · ".join(publishers), reply.as_of_label) if part)


def _block(block: Block) -> Iterator[str]:
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
    return "".join(f"{span.text} ({span.url})" if span.url and span.url != span.text else span.text for span in spans)
