"""Reply → parameters of a Bot API method: HTML text, buttons, and the call as a value. PURE."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain, groupby
from typing import Any, assert_never

from pydantic_core import to_json

from bot.dossier.markdown import Items, Paragraph, Spans
from bot.dossier.models import PROGRAM_PREFIX
from bot.platforms.telegram.limits import BUTTONS, CALLBACK_BYTES, CAPTION_UNITS, DEEP_LINK, MESSAGE_UNITS
from bot.reader import Address
from bot.replies.question import AboutBulletin, AboutTopic, Question, ShowPicture, token
from bot.replies.reply import MAX_PUBLISHERS, Block, Button, Note, ProgressBar, Reply, SourceLink, progress_cells

BOLD, ITALIC, QUOTE = "b", "i", "blockquote"

_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;"})

_CONTROL = (range(0x09), range(0x0B, 0x20), range(0x7F, 0xA0))

_DIRECTION = (range(0x202A, 0x202F), range(0x2066, 0x206A))

_NOT_CHARACTERS = (range(0xD800, 0xE000), range(0xFFFE, 0x10000))

_INVISIBLE = dict.fromkeys(chain(*_CONTROL, *_DIRECTION, *_NOT_CHARACTERS))
"""Control characters, marks that reverse the direction of text, and halves of surrogate pairs."""

ELLIPSIS = "…"


@dataclass(frozen=True, slots=True)
class Run:
    """Text with the same styles: ``b``, ``i``, ``blockquote``, or ``a`` with its URL after a space."""

    text: str
    styles: tuple[str, ...] = ()


Runs = Sequence[Run]


def seen(text: str) -> str:
    """The text without invisible characters and those that reverse its direction."""
    return text.translate(_INVISIBLE)


def run(text: str, *styles: str) -> Run:
    """A run of the text's visible characters."""
    return Run(seen(text), styles)


def link(url: str) -> str:
    """The style of a link."""
    return f"a {url}"


def runs(spans: Spans, *outer: str) -> list[Run]:
    """The spans, all inside the outer styles."""
    return [
        run(
            span.text,
            *outer,
            *((BOLD,) if span.bold else ()),
            *((ITALIC,) if span.italic else ()),
            *((link(span.url),) if span.url else ()),
        )
        for span in spans
    ]


def units(text: str) -> int:
    """The length as Telegram counts it: characters beyond the Basic Multilingual Plane (most emoji) are two."""
    return len(text) + sum(character > "\uffff" for character in text)


def length(text: Runs) -> int:
    """The length after the tags are parsed, in UTF-16 units."""
    return sum(units(part.text) for part in text)


def html(text: Runs) -> str:
    """The runs as HTML; a style that neighbours share is opened once."""
    return "".join(_nested([part for part in text if part.text]))


def _nested(text: Runs, depth: int = 0) -> Iterator[str]:
    for style, group in groupby(text, key=lambda part: part.styles[depth] if len(part.styles) > depth else ""):
        if not style:
            yield from (part.text.translate(_ESCAPES) for part in group)
            continue
        name, _, url = style.partition(" ")
        yield f'<a href="{seen(url).translate(_ESCAPES)}">' if url else f"<{name}>"
        yield from _nested(list(group), depth + 1)
        yield f"</{name}>"


def split(text: Runs, limit: int) -> tuple[list[Run], list[Run]]:
    """What fits into ``limit`` units, and the rest; cut between words if possible, never inside a character."""
    head: list[Run] = []
    left = limit
    for index, part in enumerate(text):
        if units(part.text) > left:
            fitting = _fitting(part.text, left)
            rest = part.text[len(fitting) :]
            return [*head, replace(part, text=fitting)], [replace(part, text=rest), *text[index + 1 :]]
        head.append(part)
        left -= units(part.text)
    return head, []


def trim(text: Runs, limit: int) -> list[Run]:
    """The text, cut with an ellipsis if it is longer than ``limit`` units."""
    if length(text) <= limit:
        return list(text)
    head, _ = split(text, limit - units(ELLIPSIS))
    return [*_stripped(head), Run(ELLIPSIS)]


def joined(parts: Iterable[Runs], between: str) -> list[Run]:
    """Like ``str.join``."""
    whole: list[Run] = []
    for part in parts:
        whole += [Run(between), *part] if whole else part
    return whole


def plain(text: Runs) -> str:
    """The text without styles."""
    return "".join(part.text for part in text)


def _fitting(text: str, limit: int) -> str:
    cut = len(text)
    size = units(text)
    while size > limit:
        cut -= 1
        size -= units(text[cut])
    at_word = max(text.rfind(" ", 0, cut), text.rfind("\n", 0, cut))
    return text[: at_word + 1] if at_word > cut // 2 else text[:cut]


def _stripped(text: list[Run]) -> list[Run]:
    while text and not text[-1].text.strip():
        text = text[:-1]
    return [*text[:-1], replace(text[-1], text=text[-1].text.rstrip())] if text else []


ROW_UNITS = 34
"""How many characters a row of buttons shows on a phone before it cuts them."""

EDGE_UNITS = 3
"""Of these, what the edges of a button take."""

MOST_IN_ROW = 4

COLUMNS = 2

NUMBERS_IN_ROW = 8
"""Clients show no more in one row (tg-staff.com/en/blog/telegram-bot-inline-keyboard-limits)."""

CHOSEN = "✓ "

NEW_MESSAGE = "+"
"""Before a token in callback data: the answer is a new message, and the one with the button stays as it is."""

Keys = list[dict[str, Any]]

ButtonTarget = Callable[[Question], dict[str, str]]
"""What a button does: the fields of its InlineKeyboardButton besides ``text``."""


def same_message(question: Question) -> dict[str, str]:
    """The message is edited into the answer."""
    return {"callback_data": token(question)}


def new_message(question: Question) -> dict[str, str]:
    """The answer is a new message, for example under a bulletin."""
    return {"callback_data": NEW_MESSAGE + token(question)}


@dataclass(frozen=True, slots=True)
class PrivateLink:
    """The answer comes in the private chat with the bot, so that a press in a group disturbs nobody."""

    username: str

    def __call__(self, question: Question) -> dict[str, str]:
        match question:
            case AboutTopic(topic, 1) | ShowPicture(topic):
                parameter = topic.removeprefix(PROGRAM_PREFIX)
            case AboutBulletin(bulletin):
                parameter = bulletin
            case _:
                return new_message(question)
        if not DEEP_LINK.fullmatch(parameter):
            return new_message(question)
        return {"url": f"https://t.me/{self.username}?start={parameter}"}


def keyboard(buttons: Iterable[Button], target: ButtonTarget = same_message) -> list[Keys]:
    """Rows of InlineKeyboardButtons (core.telegram.org/bots/api#inlinekeyboardbutton).

    Choices stand in columns, as numbers if a list above has their labels; other buttons are packed by the length of their
    labels. A button that would make Telegram refuse the whole message is left out (``nota check`` reports it).
    """
    rows: list[Keys] = []
    for is_choice, group in groupby(list(buttons)[:BUTTONS], key=lambda button: button.choice):
        group_buttons = list(group)
        keys = [key for button in group_buttons if (key := _key(button, target))]
        columns = NUMBERS_IN_ROW if all(button.short for button in group_buttons) else COLUMNS
        rows += _columns(keys, columns) if is_choice else _packed(keys)
    return rows


def _key(button: Button, target_of: ButtonTarget) -> dict[str, Any] | None:
    label = seen(button.short or button.label).strip()
    target = target_of(button.question) if button.question is not None else {"url": button.url or ""}
    fits = 1 <= len(target["callback_data"].encode()) <= CALLBACK_BYTES if "callback_data" in target else target["url"]
    return {"text": f"{CHOSEN if button.chosen else ''}{label}", **target} if label and fits else None


def _width(key: dict[str, Any]) -> int:
    return units(key["text"]) + EDGE_UNITS


def _columns(keys: Keys, most: int) -> Iterator[Keys]:
    columns = max(1, min(most, ROW_UNITS // max(map(_width, keys), default=1)))
    return (keys[start : start + columns] for start in range(0, len(keys), columns))


def _packed(keys: Sequence[dict[str, Any]]) -> Iterator[Keys]:
    row: Keys = []
    for key in keys:
        if row and (len(row) == MOST_IN_ROW or sum(map(_width, [*row, key])) > ROW_UNITS):
            yield row
            row = []
        row.append(key)
    if row:
        yield row


def render(reply: Reply, target: ButtonTarget = same_message) -> dict[str, Any]:
    """What ``sendMessage`` and ``editMessageText`` have in common (core.telegram.org/bots/api#sendmessage).

    No link preview: the first source would push the answer off the screen. For a
    reply that shows a picture: what ``sendPhoto`` and ``editMessageMedia`` have in common.
    """
    payload = _caption(reply) if reply.shows else _message(reply)
    rows = keyboard(reply.buttons, target)
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
    """The reply as plain text of at most ``limit`` UTF-16 units."""
    return plain(trim(joined([[run(reply.heading)], *_blocks(reply)], "\n"), limit))


def text_of(reply: Reply) -> list[Run]:
    """The whole text of a reply, of any length."""
    parts = [[run(reply.heading, BOLD)], *_blocks(reply), *_last_line(reply)]
    return joined((part for part in parts if part), "\n\n")


def _blocks(reply: Reply) -> Iterator[list[Run]]:
    """A paragraph and the list or the bar below it are one part."""
    part: list[Run] = []
    for block in reply.blocks:
        if part and not isinstance(block, Items | ProgressBar):
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
        case ProgressBar(fraction, label):
            return [run(f"{progress_cells(fraction)} {label}")]
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


KEPT = 512
"""How many rendered replies are cached; then the cache starts empty again."""


@dataclass(frozen=True, slots=True)
class Rendered:
    """A reply as parameters, and the same as the end of a JSON object."""

    parameters: dict[str, Any]
    json_tail: bytes


@dataclass(frozen=True, slots=True)
class Call:
    """One method call.

    Attributes:
        method: its name, as the Bot API writes it.
        parameters: everything but the rendered reply.
        fallback: the call to make if the message to edit is gone or there is no picture.
        then: the call to make after this one.
        picture_of: the reply whose picture is sent with it.
    """

    method: str
    parameters: dict[str, Any]
    rendered: Rendered | None = None
    fallback: "Call | None" = None
    then: "Call | None" = None
    picture_of: Reply | None = None

    @property
    def all_parameters(self) -> dict[str, Any]:
        return self.parameters | self.rendered.parameters if self.rendered else self.parameters

    def body(self) -> bytes:
        """The call as a webhook's response (core.telegram.org/bots/api#making-requests-when-getting-updates)."""
        head = to_json({"method": self.method, **self.parameters})
        return head if self.rendered is None else head[:-1] + self.rendered.json_tail


def destination(address: Address) -> dict[str, Any]:
    """The parameters that name a chat and its topic (core.telegram.org/bots/api#sendmessage)."""
    if address.thread_id is None:
        return {"chat_id": address.chat_id}
    return {"chat_id": address.chat_id, "message_thread_id": address.thread_id}


@dataclass(slots=True)
class RenderCache:
    """Renders each reply object once: the conversation and the delivery worker use the same one for many readers."""

    target: ButtonTarget = same_message
    _kept: dict[int, tuple[Reply, Rendered]] = field(default_factory=dict)

    def __call__(self, reply: Reply) -> Rendered:
        kept = self._kept.get(id(reply))
        if kept is not None and kept[0] is reply:
            return kept[1]
        if len(self._kept) >= KEPT:
            self._kept.clear()
        rendered = _rendered(render(reply, self.target))
        self._kept[id(reply)] = (reply, rendered)
        return rendered


def _rendered(parameters: dict[str, Any]) -> Rendered:
    return Rendered(parameters, b"," + to_json(parameters)[1:])
