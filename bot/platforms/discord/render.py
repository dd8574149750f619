"""A reply with its picture as the embed's image: a file that goes with the callback, in either mode.

See docs.discord.com/developers, reference#uploading-files and reference#using-attachments-within-embeds.
"""

import asyncio
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from enum import IntEnum
from itertools import groupby
from typing import Any, assert_never

from aiohttp import FormData

from bot.dossier.markdown import Items, Paragraph, Span, Spans
from bot.pictures.service import PictureService, RenderedPicture
from bot.platforms.discord.limits import (
    BUTTON_LABEL,
    BUTTON_URL,
    DESCRIPTION,
    FIELD_VALUE,
    FILE_DESCRIPTION,
    FOOTER,
    OPTION_LABEL,
    OPTIONS,
    ROW_BUTTONS,
    ROWS,
    TITLE,
    TOKEN,
    clip,
    units,
)
from bot.platforms.discord.types import ADMINISTRATOR, ATTACH_FILES, EPHEMERAL, Interaction
from bot.replies.i18n import phrases
from bot.replies.question import token
from bot.replies.reply import MAX_PUBLISHERS, Block, Button, Meter, Note, Reply, meter_bar

SMALL = "-# "
"""Begins a line in small type."""


_ADDRESS = re.compile(r"(https?://\S+)")


_SIGNS = re.compile(r"([\\*_~`|\[\]<>@])")


_LINE_START = re.compile(r"^(\s*)([#+-]|\d+(?=[.)]))", re.MULTILINE)


_UNSEEN_RANGES = (range(0x09), range(0x0B, 0x20), range(0x7F, 0xA0), range(0x202A, 0x202F), range(0x2066, 0x206A))


_UNSEEN = dict.fromkeys(code for codes in (*_UNSEEN_RANGES, range(0xD800, 0xE000), (0xFFFE, 0xFFFF)) for code in codes)
"""Control characters, the marks that turn the direction of writing around, and halves of surrogate pairs."""


_NOTHING = "\u200b"
"""A space of no width: keeps the signs of two styles apart."""


def seen(text: str) -> str:
    """The text without what nobody can see and what could turn the rest around."""
    return text.translate(_UNSEEN)


def escaped(text: str) -> str:
    """The text as Discord shows it letter by letter; addresses stay whole."""
    parts = _ADDRESS.split(seen(text))
    return "".join(part if index % 2 else _escaped(part) for index, part in enumerate(parts))


def _escaped(text: str) -> str:
    return _LINE_START.sub(_start, _SIGNS.sub(r"\\\1", text))


def _start(match: re.Match[str]) -> str:
    space, sign = match.groups()
    return f"{space}{sign}\\" if sign.isdigit() else f"{space}\\{sign}"


def markdown(spans: Spans) -> str:
    """The spans as Markdown, those of one style run together."""
    text = ""
    for piece in _pieces(spans):
        text += _NOTHING + piece if text.endswith("*") and piece.startswith("*") else piece
    return text


def link(words: str, url: str) -> str:
    """A link; words that themselves look like an address would not be one, so the address stands alone."""
    if _ADDRESS.match(words):
        return url
    return f"[{escaped(words)}]({url.replace('(', '%28').replace(')', '%29')})"


def small(text: str) -> str:
    """Every line of it in small type."""
    return "\n".join(f"{SMALL}{line}" for line in text.split("\n") if line.strip())


def _pieces(spans: Spans) -> Iterator[str]:
    for style, group in groupby(spans, key=lambda span: replace(span, text="")):
        yield _styled("".join(span.text for span in group), style)


def _styled(text: str, style: Span) -> str:
    """The words in their style's signs, the space around them outside."""
    words = text.strip()
    if not words:
        return text
    signs = "**" * style.bold + "*" * style.italic
    inner = link(words, style.url) if style.url else escaped(words)
    start = text.index(words)
    return f"{text[:start]}{signs}{inner}{signs}{text[start + len(words) :]}"


ACTION_ROW, BUTTON, STRING_SELECT = 1, 2, 3
"""Component types (components/reference#component-object-component-types)."""


PRIMARY, SECONDARY, LINK = 1, 2, 5
"""Button styles (components/reference#button-button-styles)."""


MENU = "menu"
"""Begins the custom_id of a select menu; the chosen option's value is the question."""


CHOSEN = "✅ "
"""Before an option that choosing again takes back. Preselected it could not be chosen, and a menu takes one such at most."""


ANSWERS = "="
"""Begins the custom_id of all that stands under an answer which we sent as a message of our own.

Discord marks answers to interactions (``interaction_metadata``); these it could not tell from bulletins.
"""


Component = dict[str, Any]


def rows(buttons: Iterable[Button], language: str) -> list[Component]:
    """The action rows, at most five.

    A button that Discord would refuse, and the whole message with it, is left out; ``nota check`` names it beforehand.
    """
    return all_rows(buttons, language)[:ROWS]


def all_rows(buttons: Iterable[Button], language: str) -> list[Component]:
    """The action rows, however many."""
    usable = _distinct(button for button in buttons if is_usable(button))
    made: list[Component] = []
    for is_choice, group in groupby(usable, key=lambda button: button.choice and button.question is not None):
        alike = list(group)
        made += _choices(alike, language, len(made)) if is_choice else _packed(alike)
    return made


def is_usable(button: Button) -> bool:
    """Whether Discord would take the button."""
    if not seen(button.label).strip():
        return False
    if button.question is None:
        return bool(button.url) and units(button.url or "") <= BUTTON_URL
    return 1 <= units(token(button.question)) <= TOKEN


def marked(made: Iterable[Component]) -> list[Component]:
    """The action rows as they stand under an answer that is a message of our own."""
    return [{**row, "components": [_marked(component) for component in row["components"]]} for row in made]


def _marked(component: Component) -> Component:
    return component | {"custom_id": f"{ANSWERS}{component['custom_id']}"} if "custom_id" in component else component


def _distinct(buttons: Iterable[Button]) -> list[Button]:
    """No two of a message may carry the same custom_id."""
    return list({button.url if button.question is None else button.question: button for button in buttons}.values())


def _choices(choices: Sequence[Button], language: str, index: int) -> list[Component]:
    if len(choices) <= ROW_BUTTONS:
        return _packed(choices)
    parts = [choices[start : start + OPTIONS] for start in range(0, len(choices), OPTIONS)]
    return [_menu(part, language, index + offset) for offset, part in enumerate(parts)]


def _menu(choices: Sequence[Button], language: str, index: int) -> Component:
    """The menu; of options that may be taken back, each state is a menu of its own.

    A client does not tell of the option that is chosen in a menu already (discord/discord-api-docs #4801).
    """
    is_state = any(button.toggles for button in choices)
    state = sum(button.chosen << place for place, button in enumerate(choices))
    menu = {
        "type": STRING_SELECT,
        "custom_id": f"{MENU}{index}" + (f":{state:x}" if is_state else ""),
        "placeholder": phrases(language).say("Choose…"),
        "options": [_option(button, is_state) for button in choices],
    }
    return {"type": ACTION_ROW, "components": [menu]}


def _option(button: Button, is_marked: bool) -> Component:
    value = token(button.question) if button.question else ""
    mark = CHOSEN if is_marked and button.chosen else ""
    option = {"label": clip(f"{mark}{seen(button.label)}", OPTION_LABEL), "value": value}
    return option | ({"default": True} if button.chosen and not is_marked else {})


def _packed(buttons: Sequence[Button]) -> list[Component]:
    return [
        {"type": ACTION_ROW, "components": [_button(button) for button in buttons[start : start + ROW_BUTTONS]]}
        for start in range(0, len(buttons), ROW_BUTTONS)
    ]


def _button(button: Button) -> Component:
    shown = {"type": BUTTON, "label": clip(seen(button.short or button.label), BUTTON_LABEL)}
    if button.question is None:
        return shown | {"style": LINK, "url": button.url}
    return shown | {"style": PRIMARY if button.chosen else SECONDARY, "custom_id": token(button.question)}


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


KEPT = 512
"""How many rendered replies are kept; then all are rendered anew."""


class Callback(IntEnum):
    """interactions/receiving-and-responding#interaction-response-object-interaction-callback-type."""

    PONG = 1
    MESSAGE = 4
    UPDATE = 7
    CHOICES = 8


@dataclass(frozen=True, slots=True)
class File:
    """A file that goes with a callback."""

    name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Call:
    """One callback: its type, its data, and both as JSON.

    ``file`` goes with it (None: nothing does); where Discord does not take it, ``otherwise`` is what to say instead.
    """

    type: Callback
    data: dict[str, Any] | None
    body: bytes
    file: File | None = None
    otherwise: "Call | None" = None

    @property
    def is_private(self) -> bool:
        return bool(self.data and self.data.get("flags", 0) & EPHEMERAL)


def call(
    kind: Callback, data: dict[str, Any] | None = None, file: File | None = None, otherwise: Call | None = None
) -> Call:
    """The callback of the type with the data."""
    whole: dict[str, Any] = {"type": int(kind)} | ({} if data is None else {"data": data})
    return Call(kind, data, json.dumps(whole, ensure_ascii=False, separators=(",", ":")).encode(), file, otherwise)


def under_answer(made: Call) -> Call:
    """The callback as it is made under an answer of ours: where it takes that one's place, it is marked alike."""
    if made.type is not Callback.UPDATE or made.data is None:
        return made
    data = made.data | {"components": marked(made.data["components"])}
    return call(made.type, data, made.file, under_answer(made.otherwise) if made.otherwise else None)


PONG = call(Callback.PONG)


def choices(named: dict[str, str]) -> Call:
    """What is offered while somebody types: name → value."""
    return call(Callback.CHOICES, {"choices": [{"name": name, "value": value} for name, value in named.items()]})


@dataclass(slots=True)
class Rendering:
    """Renders each reply once for each way of showing it.

    The conversation gives the very same reply to the same question on the same day.
    """

    _kept: dict[tuple[int, Callback, bool], tuple[Reply, Call]] = field(default_factory=dict)

    def new(self, reply: Reply, *, private: bool) -> Call:
        """The reply as a message of its own, for the asker alone where ``private``."""
        return self._rendered(reply, Callback.MESSAGE, private)

    def in_place(self, reply: Reply) -> Call:
        """The reply in place of the message under which somebody pressed."""
        return self._rendered(reply, Callback.UPDATE, False)

    def _rendered(self, reply: Reply, kind: Callback, private: bool) -> Call:
        key = id(reply), kind, private
        kept = self._kept.get(key)
        if kept is not None and kept[0] is reply:
            return kept[1]
        if len(self._kept) >= KEPT:
            self._kept.clear()
        more: dict[str, Any] = {"flags": EPHEMERAL} if private else {}
        if kind is Callback.UPDATE:
            more["attachments"] = []  # words in place of a picture take it away
        rendered = call(kind, render(reply) | more)
        self._kept[key] = reply, rendered
        return rendered


PATIENCE_SECONDS = 1.5
"""How long a picture may take: half of the time within which Discord wants its answer."""


async def picture_for(pictures: PictureService, interaction: Interaction, reply: Reply) -> RenderedPicture | None:
    """The picture, dark as Discord is; None where there is none in time, or we may not attach it."""
    if not _may_attach(interaction):
        return None
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            return await pictures.of_reply(reply, "dark")
    except TimeoutError:
        return None


def with_picture(words: Call, reply: Reply, shown: RenderedPicture) -> Call:
    """The callback that shows the picture in the way in which ``words`` would show the words, which stand in for it."""
    name = f"{reply.shows or 'picture'}-{shown.language}.png".replace(":", "-")
    data = render(reply)
    data["embeds"][0]["image"] = {"url": f"attachment://{name}"}
    data["attachments"] = [{"id": 0, "filename": name, "description": clip(shown.alt, FILE_DESCRIPTION)}]
    flags = {"flags": words.data["flags"]} if words.data and "flags" in words.data else {}
    return call(words.type, data | flags, File(name, shown.png), words)


def form_of(body: bytes, file: File) -> FormData:
    """The callback as multipart/form-data."""
    form = FormData(quote_fields=False)
    form.add_field("payload_json", body.decode(), content_type="application/json")
    form.add_field("files[0]", file.content, filename=file.name, content_type="image/png")
    return form


def _may_attach(interaction: Interaction) -> bool:
    ours = interaction.permissions
    return interaction.guild_id is None or ours is None or bool(ours & (ADMINISTRATOR | ATTACH_FILES))
