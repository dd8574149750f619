"""A reply as Telegram shows it. PURE.

Title in bold, blocks, doubts in a quotation, then the sources as links and the day they hold for; buttons below.
"""

from collections.abc import Iterator
from typing import Any, assert_never

from bot.answers.reply import MAX_PUBLISHERS, Block, Meter, Note, Reply, SourceLink, meter_bar
from bot.dossier.text import Items, Paragraph
from bot.platforms.telegram.buttons import Way, in_place, keyboard
from bot.platforms.telegram.limits import CAPTION_UNITS, MESSAGE_UNITS
from bot.platforms.telegram.markup import BOLD, QUOTE, Run, html, joined, link, plain, run, runs, trim


def render(reply: Reply, way: Way = in_place) -> dict[str, Any]:
    """What ``sendMessage`` and ``editMessageText`` have in common (core.telegram.org/bots/api#sendmessage).

    ``way`` is how its buttons lead on. No link preview: the first source would push the answer off the screen. A reply
    that shows a picture becomes what ``sendPhoto`` and ``editMessageMedia`` have in common.
    """
    payload = _caption(reply) if reply.shows else _message(reply)
    rows = keyboard(reply.buttons, way)
    return payload | ({"reply_markup": {"inline_keyboard": rows}} if rows else {})


def _message(reply: Reply) -> dict[str, Any]:
    text = html(trim(text_of(reply), MESSAGE_UNITS))
    return {"text": text, "parse_mode": "HTML", "link_preview_options": {"is_disabled": True}}


def _caption(reply: Reply) -> dict[str, Any]:
    return {"caption": html(trim(text_of(reply), CAPTION_UNITS)), "parse_mode": "HTML"}


def call(reply: Reply) -> dict[str, Any]:
    """The method call that sends the reply, but for the chat."""
    return {"method": "sendPhoto" if reply.shows else "sendMessage", **render(reply)}


def toast(reply: Reply, limit: int) -> str:
    """The reply as a short notice without any style, of at most ``limit`` UTF-16 units."""
    return plain(trim(joined([[run(reply.heading)], *_blocks(reply)], "\n"), limit))


def text_of(reply: Reply) -> list[Run]:
    """The whole text of a reply, however long."""
    parts = [[run(reply.heading, BOLD)], *_blocks(reply), *_last_line(reply)]
    return joined((part for part in parts if part), "\n\n")


def _blocks(reply: Reply) -> Iterator[list[Run]]:
    """Blocks that belong together (a paragraph and the list or the bar below it) make one part."""
    part: list[Run] = []
    for block in reply.blocks:
        if part and not isinstance(block, Items | Meter):
            yield part
            part = []
        part = joined((each for each in (part, _block(block)) if each), "\n")
    if part:
        yield part


def _block(block: Block) -> list[Run]:
    match block:
        case Paragraph(spans):
            return runs(spans)
        case Note(spans):
            return runs(spans, QUOTE)
        case Items(items, ordered):
            lines = ([run(f"{index}. " if ordered else "• "), *runs(item)] for index, item in enumerate(items, start=1))
            return joined(lines, "\n")
        case Meter(fraction, label):
            return [run(f"{meter_bar(fraction)} {label}")]
        case _:
            assert_never(block)


def _last_line(reply: Reply) -> Iterator[list[Run]]:
    """``INTI Media · ANTARA 2 — checked 24 November 2026``: each page a link, a publisher's further ones as numbers."""
    names = [_publisher(name, pages) for name, pages in list(reply.publishers.items())[:MAX_PUBLISHERS]]
    left_out = len(reply.publishers) - len(names)
    sources = joined([*names, *([[run(f"+{left_out}")]] if left_out else [])], " · ")
    day = [run(reply.as_of_label)] if reply.as_of_label else []
    yield joined((part for part in (sources, day) if part), " — ")


def _publisher(name: str, pages: list[SourceLink]) -> list[Run]:
    links = [[run(name if index == 1 else str(index), link(page.url))] for index, page in enumerate(pages, start=1)]
    return joined(links, " ")
