"""Reply → a message with an embed, and the callback that answers an interaction.

Components: docs.discord.com/developers/components/reference. Files: reference#uploading-files.
"""

import asyncio
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import IntEnum
from functools import cached_property, lru_cache
from itertools import chain, groupby, repeat
from typing import Any, assert_never

from aiohttp import FormData

from bot.dossier.markdown import Items, Paragraph, Span, Spans, plain
from bot.pictures.service import PictureService, RenderedPicture
from bot.platforms.base import block_groups, cut, utf16_length, visible
from bot.platforms.discord.limits import (
    BUTTON_LABEL,
    BUTTON_URL,
    DESCRIPTION,
    EMBEDS_TOTAL,
    FIELD_VALUE,
    FILE_DESCRIPTION,
    FOOTER,
    OPTION_LABEL,
    OPTIONS,
    ROW_BUTTONS,
    ROWS,
    TITLE,
    TOKEN,
)
from bot.platforms.discord.types import EPHEMERAL, THEME, CommandType, Interaction, Permission
from bot.replies.citations import source_line
from bot.replies.i18n import phrases_in
from bot.replies.question import token
from bot.replies.reply import Block, Button, Note, ProgressBar, Reply, progress_cells

Payload = dict[str, Any]
Component = dict[str, Any]

ACTION_ROW, BUTTON, STRING_SELECT = 1, 2, 3
"""Component types (components/reference#component-object-component-types)."""

PRIMARY, SECONDARY, LINK = 1, 2, 5
"""Button styles (components/reference#button-button-styles)."""

ANSWER_PREFIX = re.compile(r"=(\d{1,20})=")
"""Begins each custom_id under an answer to a typed message, with the asker's id.

Discord marks answers to interactions (``interaction_metadata``), but not these, which would otherwise look like bulletins.
"""

SELECTED = "✅ "
"""Marks a selected option of a menu in which several may be selected."""

COLOUR = "#1F4E8C"
"""The colour of an embed if the reply has none."""

SEPARATOR = " · "

SOURCE_FIELDS = 3
"""The most fields for the sources, which hold about 30 links. The description gets the rest of the embed."""

MAX_CACHED = 512
"""The most rendered replies in each cache, of messages and of updates. Most questions were asked before."""

PICTURE_SECONDS = 1.5
"""How long a picture may take: half of the time that Discord allows for an answer."""

_COMMAND = re.compile(r"(?<![^\s(«“])/((?:[a-z0-9]|\\?_){1,32})\b")
"""A command in Markdown, as a reader would type it."""

_URL = re.compile(r"(https?://\S+)")
_SYNTAX = re.compile(r"([\\*_~`|\[\]<>@])")
_LINE_START = re.compile(r"^([^\S\n]*)([#+-]|\d+(?=[.)]))", re.MULTILINE)
_ESCAPED = re.compile(r"\\([\\*_~`|\[\]<>@#+.)-])")
_MENTIONED = re.compile(r"</([^:>]{1,100}):\d+>(?: \(/[^)]+\))?")
_ZERO_WIDTH_SPACE = "\u200b"


def answer_prefix(asker_id: int) -> str:
    """Begins each custom_id under the answer to a message that somebody typed; :data:`ANSWER_PREFIX` reads it."""
    return f"={asker_id}="


@dataclass(frozen=True, eq=False)
class CommandNames:
    """The registered commands: name → id, and (language, name) → the name that readers of that language see.

    Attributes:
        ids: of the slash commands, by name.
        localised: the names that differ in a language.
    """

    ids: Mapping[str, str]
    localised: Mapping[tuple[str, str], str]

    @classmethod
    def of(cls, registered: object) -> "CommandNames":
        """The commands in Discord's response. Other entries are ignored."""
        commands = [entry for entry in registered if isinstance(entry, dict)] if isinstance(registered, list) else []
        slash = [each for each in commands if each.get("type", 1) == CommandType.CHAT_INPUT and each.get("id")]
        return cls(
            {str(command["name"]): str(command["id"]) for command in slash},
            {
                (locale.split("-")[0], str(command["name"])): str(name)
                for command in slash
                for locale, name in (command.get("name_localizations") or {}).items()
            },
        )

    def with_mentions(self, text: str, language: str) -> str:
        """The Markdown with each registered command as a mention, which fills in the command when it is pressed.

        A mention works only with the command's own name, which it shows (github.com/discord/discord-api-docs/issues/5518). A command that stands
        alone, as in a list, is therefore followed by its name in the reader's menu.
        """

        def mention(match: re.Match[str]) -> str:
            name = match[1].replace("\\", "")
            if name not in self.ids:
                return match[0]
            shown = f"</{name}:{self.ids[name]}>"
            localised = self.localised.get((language, name), name)
            is_alone = text.startswith(" · ", match.end())
            return f"{shown} (/{localised})" if is_alone and localised != name else shown

        return _COMMAND.sub(mention, text)


NO_NAMES = CommandNames({}, {})


@dataclass(slots=True)
class Mentions:
    """The commands for mentions, as they were last registered."""

    commands: CommandNames = NO_NAMES


def escape(text: str) -> str:
    """The text as Markdown that shows it literally. URLs are not changed."""
    parts = _URL.split(visible(text))
    return "".join(part if index % 2 else _escape(part) for index, part in enumerate(parts))


def _escape(text: str) -> str:
    return _LINE_START.sub(_escape_line_start, _SYNTAX.sub(r"\\\1", text))


def _escape_line_start(match: re.Match[str]) -> str:
    space, sign = match.groups()
    return f"{space}{sign}\\" if sign.isdigit() else f"{space}\\{sign}"


def markdown(spans: Spans) -> str:
    """The spans as Markdown."""
    text = ""
    for style, group in groupby(spans, key=lambda span: replace(span, text="")):
        piece = _styled("".join(span.text for span in group), style)
        text += _ZERO_WIDTH_SPACE + piece if text.endswith("*") and piece.startswith("*") else piece
    return text


def unescape(text: str) -> str:
    """The text of our Markdown as a reader sees it: without backslashes, marks of small type, and mentions of commands."""
    lines = (line.removeprefix("-# ") for line in _MENTIONED.sub(r"/\1", text).split("\n"))
    return _ESCAPED.sub(r"\1", "\n".join(lines))


def _styled(text: str, style: Span) -> str:
    """The text in the span's style. Spaces are moved outside the asterisks, because Markdown allows none inside."""
    stripped = text.strip()
    if not stripped:
        return text
    signs = "**" * style.bold + "*" * style.italic
    inner = link(stripped, style.url) if style.url else escape(stripped)
    start = text.index(stripped)
    return f"{text[:start]}{signs}{inner}{signs}{text[start + len(stripped) :]}"


def link(text: str, url: str) -> str:
    """A link; the URL alone if ``text`` is a URL, because Discord makes no link of it."""
    if _URL.match(text):
        return url
    return f"[{escape(text)}]({url.replace('(', '%28').replace(')', '%29')})"


def subtext(text: str) -> str:
    """The text in small type."""
    return "\n".join(f"-# {line}" for line in text.split("\n") if line.strip())


_LINK = re.compile(r"\\.|\[((?:[^\[\]\\]|\\.)*+)\]\([^()\s]*+\)")
"""A link as :func:`link` writes it, or an escaped sign. No bracket is looked at from two others, so the time is linear."""
_MARKS = re.compile(r"\*\*|(?<!\\)\*|\u200b")


def unlinked(text: str) -> str:
    """Our Markdown with the words of each link in its place."""
    return _LINK.sub(lambda match: match[0] if match[1] is None else match[1], text)


def words(payload: Mapping[str, Any]) -> str:
    """What a reader reads of a message: the texts of its embeds without marks and addresses, and each button and option on a line."""
    parts: list[str] = []
    for embed in payload.get("embeds", ()):
        parts += [embed.get("title", ""), embed.get("description", "")]
        parts += [f"{field['name']}\n{field['value']}" for field in embed.get("fields", ())]
        parts.append(embed.get("footer", {}).get("text", ""))
    for row in payload.get("components", ()):
        labels = [each["label"] for component in row["components"] for each in component.get("options", (component,))]
        parts.append("\n".join(f"▸ {label}" for label in labels))
    return "\n\n".join(unescape(_MARKS.sub("", unlinked(part))) for part in parts if part).strip()


def action_rows(buttons: Iterable[Button], language: str, prefix: str = "") -> list[Component]:
    """Buttons and select menus, in as many rows as they need. ``prefix``: begins each custom_id.

    Buttons that Discord would refuse are left out, because it would refuse the whole message. ``nota check`` reports them.
    """
    distinct = {button.question or button.url: button for button in buttons if is_valid(button)}.values()
    rows: list[Component] = []
    for is_choice, group in groupby(distinct, key=lambda button: button.choice and button.question is not None):
        alike = list(group)
        is_menu = is_choice and len(alike) > ROW_BUTTONS
        size = OPTIONS if is_menu else ROW_BUTTONS
        for start in range(0, len(alike), size):
            row, custom_id = alike[start : start + size], f"{prefix}menu{len(rows)}"
            parts = [_menu(row, language, custom_id)] if is_menu else [_button(each, prefix) for each in row]
            rows.append({"type": ACTION_ROW, "components": parts})
    return rows


def is_valid(button: Button) -> bool:
    """Whether Discord accepts the button."""
    if not visible(button.label).strip():
        return False
    if button.question is None:
        return bool(button.url) and utf16_length(button.url or "") <= BUTTON_URL
    return 1 <= utf16_length(token(button.question)) <= TOKEN


def _menu(choices: Sequence[Button], language: str, custom_id: str) -> Component:
    """A select menu.

    If several options may be selected, each choice toggles an option, and no option is preselected: clients do not report the choice of a selected
    option (github.com/discord/discord-api-docs/issues/4801). For the same reason the custom_id contains the selection, so that a client sees a new
    menu after each choice.
    """
    toggles = any(button.toggles for button in choices)
    if toggles:
        selected = sum(button.chosen << position for position, button in enumerate(choices))
        custom_id += f":{selected:x}"
    return {
        "type": STRING_SELECT,
        "custom_id": custom_id,
        "placeholder": phrases_in(language).say("Choose…"),
        "options": [_option(button, toggles=toggles) for button in choices],
    }


def _option(button: Button, *, toggles: bool) -> Component:
    value = token(button.question) if button.question else ""
    mark = SELECTED if toggles and button.chosen else ""
    option = {"label": cut(f"{mark}{visible(button.label)}", OPTION_LABEL), "value": value}
    return option | ({"default": True} if button.chosen and not toggles else {})


def _button(button: Button, prefix: str) -> Component:
    component = {"type": BUTTON, "label": cut(visible(button.short or button.label), BUTTON_LABEL)}
    if button.question is None:
        return component | {"style": LINK, "url": button.url}
    style = PRIMARY if button.chosen else SECONDARY
    return component | {"style": style, "custom_id": f"{prefix}{token(button.question)}"}


def render(reply: Reply, prefix: str = "", names: CommandNames = NO_NAMES) -> Payload:
    """The fields of a message, which are the same for creating it, editing it and answering an interaction (resources/message).

    Nobody is pinged, whatever the text contains (resources/message#allowed-mentions-object). ``prefix``: begins each custom_id.
    """
    body = [names.with_mentions(text, reply.language) for text in paragraphs(reply)]
    heading, footer = cut(title(reply), TITLE), cut(visible(reply.as_of_label), FOOTER)
    field_names = chain([phrases_in(reply.language).say("Sources")], repeat(_ZERO_WIDTH_SPACE))
    fields = list(zip(field_names, source_fields(reply)[:SOURCE_FIELDS], strict=False))
    taken = sum(map(utf16_length, (heading, footer, *chain(*fields))))
    embed: Payload = {
        "title": heading,
        "description": _fitting_description(body, min(DESCRIPTION, EMBEDS_TOTAL - taken)),
        "color": int((reply.colour or COLOUR).removeprefix("#"), 16),
    }
    if fields:
        embed["fields"] = [{"name": name, "value": value, "inline": False} for name, value in fields]
    if footer:
        embed["footer"] = {"text": footer}
    return {
        "embeds": [embed],
        "components": action_rows(reply.buttons, reply.language, prefix)[:ROWS],
        "allowed_mentions": {"parse": []},
    }


def title(reply: Reply) -> str:
    """Emoji and title, uncut."""
    return escape(reply.heading)


def paragraphs(reply: Reply) -> list[str]:
    """The blocks, uncut. A list or a bar forms one paragraph with the text above it."""
    texts = ("\n".join(filter(None, map(_block, group))) for group in block_groups(reply.blocks))
    return [text for text in texts if text]


def description(parts: list[str]) -> str:
    return "\n\n".join(parts)


def source_fields(reply: Reply) -> list[str]:
    """The values of the fields for the sources, each filled as far as possible. A link that is too long becomes its text."""
    fields: list[str] = []
    for spans in source_line(reply):
        linked = markdown(spans)
        entry = linked if utf16_length(linked) <= FIELD_VALUE else cut(escape(plain(spans)), FIELD_VALUE)
        longer = f"{fields[-1]}{SEPARATOR}{entry}" if fields else entry
        if utf16_length(longer) <= FIELD_VALUE:
            fields[-1:] = [longer]
        else:
            fields.append(entry)
    return fields


def _fitting_description(parts: list[str], limit: int) -> str:
    """As many paragraphs as fit, or the beginning of the first."""
    while len(parts) > 1 and utf16_length(description(parts)) > limit:
        parts = parts[:-1]
    return cut(description(parts), limit)


def _block(block: Block) -> str:
    match block:
        case Paragraph(spans):
            return markdown(spans)
        case Note(spans):
            return subtext(markdown(spans))
        case Items(items, ordered):
            bullets = (f"{number}." if ordered else "-" for number in range(1, len(items) + 1))
            return "\n".join(f"{bullet} {markdown(item)}" for bullet, item in zip(bullets, items, strict=True))
        case ProgressBar(fraction, label):
            return f"{progress_cells(fraction)} {escape(label)}"
        case _:
            assert_never(block)


class CallbackType(IntEnum):
    """interactions/receiving-and-responding#interaction-response-object-interaction-callback-type."""

    PONG = 1
    MESSAGE = 4
    DEFERRED_MESSAGE = 5
    DEFERRED_UPDATE = 6
    UPDATE_MESSAGE = 7
    AUTOCOMPLETE_RESULT = 8
    MODAL = 9


@dataclass(frozen=True, slots=True)
class File:
    name: str
    content: bytes


@dataclass(frozen=True)
class Callback:
    """The answer to an interaction. ``fallback``: the answer if Discord does not accept the file."""

    type: CallbackType
    data: Payload | None = None
    file: File | None = None
    fallback: "Callback | None" = None

    @cached_property
    def body(self) -> bytes:
        """As JSON, without the file."""
        fields = {"type": int(self.type)} | ({} if self.data is None else {"data": self.data})
        return json.dumps(fields, ensure_ascii=False, separators=(",", ":")).encode()

    def form(self) -> FormData:
        """As multipart/form-data, with the file.

        Raises:
            ValueError: it has no file.
        """
        if self.file is None:
            raise ValueError("a callback without a file")
        form = FormData(quote_fields=False)
        form.add_field("payload_json", self.body.decode(), content_type="application/json")
        form.add_field("files[0]", self.file.content, filename=self.file.name, content_type="image/png")
        return form


PONG = Callback(CallbackType.PONG)


def autocomplete_result(choices: dict[str, str]) -> Callback:
    """The callback with the choices, name → value."""
    listed = [{"name": name, "value": value} for name, value in choices.items()]
    return Callback(CallbackType.AUTOCOMPLETE_RESULT, {"choices": listed})


@lru_cache(maxsize=MAX_CACHED)
def render_message(reply: Reply, *, private: bool, names: CommandNames = NO_NAMES) -> Callback:
    """The callback with a new message. If ``private``, only the user sees it."""
    flags = {"flags": EPHEMERAL} if private else {}
    return Callback(CallbackType.MESSAGE, render(reply, names=names) | flags)


@lru_cache(maxsize=MAX_CACHED)
def render_update(reply: Reply, prefix: str = "", names: CommandNames = NO_NAMES) -> Callback:
    """The callback that replaces the message whose component was used, and its picture. ``prefix``: begins each custom_id."""
    return Callback(CallbackType.UPDATE_MESSAGE, render(reply, prefix, names) | {"attachments": []})


async def picture_for(pictures: PictureService, interaction: Interaction, reply: Reply) -> RenderedPicture | None:
    """The reply's picture; None if it is not ready in time, or the bot may not attach files."""
    if interaction.missing(Permission.ATTACH_FILES):
        return None
    try:
        async with asyncio.timeout(PICTURE_SECONDS):
            return await pictures.of_reply(reply, THEME)
    except TimeoutError:
        return None


def with_picture(
    fallback: Callback, reply: Reply, picture: RenderedPicture, prefix: str = "", names: CommandNames = NO_NAMES
) -> Callback:
    """The callback with the picture. ``fallback``: the callback without it. ``prefix``: begins each custom_id of an update."""
    name = f"{reply.picture_topic or 'picture'}-{picture.language}.png".replace(":", "-")
    data = render(reply, prefix if fallback.type is CallbackType.UPDATE_MESSAGE else "", names)
    data["embeds"][0]["image"] = {"url": f"attachment://{name}"}
    data["attachments"] = [{"id": 0, "filename": name, "description": cut(picture.alt, FILE_DESCRIPTION)}]
    if fallback.data and "flags" in fallback.data:
        data["flags"] = fallback.data["flags"]
    return Callback(fallback.type, data, File(name, picture.png), fallback)
