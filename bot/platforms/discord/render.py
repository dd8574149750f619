"""A reply as Discord shows it: one embed, with buttons and menus below. PURE.

Title, blocks, doubts in small type, the sources as a field of links, the day they hold for as the footer. Why an embed
and not Components V2: docs/decisions/0030.
"""

from collections.abc import Iterator
from typing import Any, assert_never

from bot.answers.phrases import phrases
from bot.answers.reply import MAX_PUBLISHERS, Block, Meter, Note, Reply, meter_bar
from bot.dossier.text import Items, Paragraph
from bot.platforms.discord.buttons import rows
from bot.platforms.discord.limits import DESCRIPTION, FIELD_VALUE, FOOTER, TITLE, clip, units
from bot.platforms.discord.markup import escaped, link, markdown, seen, small

COLOUR = "#1F4E8C"
"""The edge of an embed where the reply brings no colour of its dossier."""

BETWEEN = " · "

Payload = dict[str, Any]


def render(reply: Reply) -> Payload:
    """What creating a message, editing one and answering an interaction have in common (resources/message).

    Whatever stands in a text, nobody is pinged (resources/message#allowed-mentions-object).
    """
    embed: Payload = {
        "title": clip(title_of(reply), TITLE),
        "description": _fitting(parts_of(reply)),
        "color": int((reply.colour or COLOUR).removeprefix("#"), 16),
    }
    if sources := _sources(links_of(reply), len(reply.publishers)):
        embed["fields"] = [{"name": phrases(reply.language).say("Sources"), "value": sources, "inline": False}]
    if reply.as_of_label:
        embed["footer"] = {"text": clip(seen(reply.as_of_label), FOOTER)}
    return {
        "embeds": [embed],
        "components": rows(reply.buttons, reply.language),
        "allowed_mentions": {"parse": []},
    }


def title_of(reply: Reply) -> str:
    """Emoji and title, however long."""
    return escaped(reply.heading)


def parts_of(reply: Reply) -> list[str]:
    """What stands between title and sources, however long.

    Blocks that belong together (a paragraph and the list or the bar below it) make one part.
    """
    parts: list[str] = []
    for block in reply.blocks:
        text = _block(block)
        if parts and isinstance(block, Items | Meter):
            parts[-1] = f"{parts[-1]}\n{text}"
        elif text:
            parts.append(text)
    return parts


def links_of(reply: Reply) -> list[str]:
    """The sources to show, each a link."""
    return [link(name, pages[0].url) for name, pages in list(reply.publishers.items())[:MAX_PUBLISHERS]]


def _sources(links: list[str], count: int) -> str:
    """As many links as fit, and how many of the ``count`` publishers are left out."""
    while links:
        left_out = count - len(links)
        text = BETWEEN.join([*links, *([f"+{left_out}"] if left_out else [])])
        if units(text) <= FIELD_VALUE:
            return text
        links = links[:-1]
    return ""


def description(parts: list[str]) -> str:
    """The parts, an empty line between each two."""
    return "\n\n".join(parts)


def _fitting(parts: list[str]) -> str:
    """As many parts as fit, or what fits of the first."""
    while len(parts) > 1 and units(description(parts)) > DESCRIPTION:
        parts = parts[:-1]
    return clip(description(parts), DESCRIPTION)


def _block(block: Block) -> str:
    match block:
        case Paragraph(spans):
            return markdown(spans)
        case Note(spans):
            return small(markdown(spans))
        case Items(items, ordered):
            return "\n".join(_lines(items, ordered))
        case Meter(fraction, label):
            return f"{meter_bar(fraction)} {escaped(label)}"
        case _:
            assert_never(block)


def _lines(items: tuple[Any, ...], ordered: bool) -> Iterator[str]:
    for index, item in enumerate(items, start=1):
        yield f"{f'{index}.' if ordered else '-'} {markdown(item)}"
