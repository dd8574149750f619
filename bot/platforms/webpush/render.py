"""A reply as a notification: title, short text, the address that a press opens. PURE."""

import json
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any

from bot.delivery.sender import OutgoingMessage
from bot.dossier.markdown import Items, Paragraph, Spans, without_citations
from bot.languages import direction
from bot.platforms.base import cut, visible
from bot.platforms.webpush.limits import BODY, TITLE
from bot.replies.reply import Block, Note, ProgressBar, Reply


def payload(reply: Reply) -> dict[str, Any]:
    """What a notification says."""
    return {"title": cut(visible(reply.title), TITLE), "body": cut(visible(_text(reply)), BODY), "lang": reply.language}


def words(shown: Mapping[str, Any]) -> str:
    """What a reader reads of a notification."""
    return f"{shown['title']}\n{shown['body']}"


def notification(message: OutgoingMessage, tag: str, origin: str) -> bytes:
    """The message, which newer browsers show by themselves and the service worker elsewhere (w3c.github.io/push-api/#declarative-push-message).

    Title and text have at most 430 UTF-16 units, so it is shorter than :data:`~bot.platforms.webpush.limits.MAX_PLAINTEXT` bytes.

    Args:
        message: what is sent.
        tag: of the notification; a later one with the same tag takes its place (notifications.spec.whatwg.org/#tag).
        origin: scheme and host; "": those of the service worker.
    """
    place = f"/bulletins/{message.bulletins[0]}" if len(message.bulletins) == 1 else "#news"
    shown = {
        **payload(message.reply),
        "dir": direction(message.reply.language),
        "tag": tag,
        "navigate": f"{origin}/{message.reply.language}{place}",
        "silent": message.silent,
        # a notification that takes the place of another makes no sound; an urgent one does
        "renotify": message.urgent and not message.silent,
    }
    return json.dumps({"web_push": 8030, "notification": shown}, ensure_ascii=False, separators=(",", ":")).encode()


def _text(reply: Reply) -> str:
    """The beginning of the text. Of several bulletins, their titles, each with what became of it."""
    if len(reply.heads) > 1:
        return "\n".join(f"• {title}" for title in _titles(reply))
    # without the day: the system says when it came; what was wrong stands first, for a long text is cut
    blocks = [block for number, block in enumerate(reply.blocks) if number not in reply.heads]
    lines = (line for block in sorted(blocks, key=lambda each: not isinstance(each, Note)) for line in _lines(block))
    return "\n".join(filter(None, lines))


def _titles(reply: Reply) -> Iterator[str]:
    """The title of each bulletin, with the note that says what became of it."""
    for start, end in pairwise((*reply.heads, len(reply.blocks))):
        head, *rest = reply.blocks[start:end]
        title = head.spans[0].text if isinstance(head, Paragraph) else ""
        notes = (f" ({without_citations(block.spans).rstrip('.')})" for block in rest if isinstance(block, Note))
        yield title + "".join(notes)


def _lines(block: Block) -> Iterator[str]:
    if isinstance(block, Items):
        yield from (f"• {_line(item)}" for item in block.items)
    elif isinstance(block, ProgressBar):
        yield block.label
    else:
        yield _line(block.spans)


def _line(spans: Spans) -> str:
    return " ".join(without_citations(spans).split())
