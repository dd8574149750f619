"""Reply → parameters of a Bot API method: HTML text, buttons, and the call as a value. PURE."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from html import unescape
from itertools import groupby
from typing import Any, NamedTuple, assert_never

from pydantic_core import to_json

from bot.dossier.markdown import Items, Paragraph, Spans
from bot.dossier.models import PROGRAM_PREFIX
from bot.platforms.base import ELLIPSIS, block_groups, start_of, utf16_length, visible
from bot.platforms.telegram.limits import (
    ALERT_UNITS,
    BUTTONS,
    CALLBACK_BYTES,
    CAPTION_UNITS,
    DEEP_LINK,
    MESSAGE_UNITS,
)
from bot.platforms.telegram.types import TelegramMessage
from bot.reader import Address
from bot.replies.citations import source_line
from bot.replies.question import HELP, AboutBulletin, AboutTopic, Command, Question, Rate, ShowPicture, Whole, token
from bot.replies.reply import Block, Button, Note, ProgressBar, Reply, progress_cells

BOLD, ITALIC, QUOTE, FOLDED = "b", "i", "blockquote", "blockquote expandable"
"""Styles of HTML (#html-style). A folded quotation shows three lines until it is tapped."""

LONG_SOURCES = 126
"""Sources of this many characters, which fill three lines of a phone, are folded."""

_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;"})


@dataclass(frozen=True, slots=True)
class StyledText:
    """A run of text with its styles: ``b``, ``i``, :data:`QUOTE`, :data:`FOLDED`, or ``a`` with its URL after a space."""

    text: str
    styles: tuple[str, ...] = ()


def styled(text: str, *styles: str) -> StyledText:
    """The visible characters of the text."""
    return StyledText(visible(text), styles)


def styled_spans(spans: Spans, *outer: str) -> list[StyledText]:
    """The spans, all inside the outer styles."""
    pieces = []
    for span in spans:
        own = (BOLD * span.bold, ITALIC * span.italic, f"a {span.url}" if span.url else "")
        pieces.append(styled(span.text, *outer, *filter(None, own)))
    return pieces


def plain_text(pieces: Iterable[StyledText]) -> str:
    return "".join(piece.text for piece in pieces)


def html(pieces: Iterable[StyledText]) -> str:
    """The text as HTML (#html-style). A style that neighbouring runs share is opened once."""
    return "".join(_nested([piece for piece in pieces if piece.text]))


def _nested(pieces: Sequence[StyledText], depth: int = 0) -> Iterator[str]:
    for style, group in groupby(pieces, key=lambda piece: piece.styles[depth] if len(piece.styles) > depth else ""):
        if not style:
            yield from (piece.text.translate(_ESCAPES) for piece in group)
            continue
        name, _, url = style.partition(" ")
        yield f'<a href="{visible(url).translate(_ESCAPES)}">' if name == "a" else f"<{style}>"
        yield from _nested(list(group), depth + 1)
        yield f"</{name}>"


def shortened(pieces: Sequence[StyledText], limit: int) -> list[StyledText]:
    """The text, cut with an ellipsis if it is longer than ``limit`` UTF-16 units after its tags are parsed."""
    if utf16_length(plain_text(pieces)) <= limit:
        return list(pieces)
    left, kept = limit - len(ELLIPSIS), list[StyledText]()
    for piece in pieces:
        text = start_of(piece.text, left)
        kept.append(replace(piece, text=text))
        left -= utf16_length(text)
        if text != piece.text:
            break
    while kept and not kept[-1].text.strip():
        kept.pop()
    if kept:
        kept[-1] = replace(kept[-1], text=kept[-1].text.rstrip())
    return [*kept, StyledText(ELLIPSIS)]


def joined(parts: Iterable[Sequence[StyledText]], between: str) -> list[StyledText]:
    """Like ``str.join``, but skips empty parts."""
    whole: list[StyledText] = []
    for part in parts:
        if part:
            whole += [StyledText(between), *part] if whole else part
    return whole


def text_of(reply: Reply) -> list[StyledText]:
    """The whole text of a reply, of any length."""
    return joined([[styled(reply.heading, BOLD)], *_paragraphs(reply), _last_line(reply)], "\n\n")


def _paragraphs(reply: Reply) -> Iterator[list[StyledText]]:
    return (joined(map(_block, group), "\n") for group in block_groups(reply.blocks))


def _block(block: Block) -> list[StyledText]:
    match block:
        case Paragraph(spans):
            return styled_spans(spans)
        case Note(spans):
            return styled_spans(spans, QUOTE)
        case Items(items, ordered):
            marks = (f"{number}. " if ordered else "• " for number in range(1, len(items) + 1))
            return joined(([styled(mark), *styled_spans(item)] for mark, item in zip(marks, items, strict=True)), "\n")
        case ProgressBar(fraction, label):
            return [styled(f"{progress_cells(fraction)} {label}")]
        case _:
            assert_never(block)


def _last_line(reply: Reply) -> list[StyledText]:
    """``¹ INTI Media · ² ANTARA — checked 24 November 2026``, each source a link."""
    sources = joined(map(styled_spans, source_line(reply)), " · ")
    checked = [styled(reply.as_of_label)] if reply.as_of_label else []
    if utf16_length(plain_text(sources)) < LONG_SOURCES:
        return joined([sources, checked], " — ")
    folded = [replace(piece, styles=(FOLDED, *piece.styles)) for piece in sources]
    return joined([checked, folded], "\n")


ROW_UNITS = 34
"""The characters of a row of buttons that a phone shows before it cuts them."""

EDGE_UNITS = 3
"""The characters that the edges of a button take."""

MAX_IN_ROW = 4

COLUMNS = 2

NUMBERS_IN_ROW = 8
"""The most buttons that clients show in one row (tg-staff.com/en/blog/telegram-bot-inline-keyboard-limits)."""

CHOSEN = "✓ "

NEW_MESSAGE = "+"
"""Begins callback data whose answer is a new message; the message with the button does not change."""

KeyboardButton = dict[str, Any]
"""#inlinekeyboardbutton."""

ButtonTarget = Callable[[Question], dict[str, str]]
"""Makes the action of a button: the fields of its InlineKeyboardButton besides ``text``."""


def same_message(question: Question) -> dict[str, str]:
    """The answer is an edit of the message."""
    return {"callback_data": token(question)}


def new_message(question: Question) -> dict[str, str]:
    """The answer is a new message, for example below a bulletin."""
    return {"callback_data": NEW_MESSAGE + token(question)}


@cache
def private_chat(username: str) -> ButtonTarget:
    """The answer comes in the private chat with the bot of that name, so that a press does not disturb a group.

    The same name gives the same target, so that :func:`rendered` can cache by it.
    """

    def target(question: Question) -> dict[str, str]:
        return {"url": start_link(username, question)} if start_parameter(question) else new_message(question)

    return target


def start_link(username: str, question: Question | None = None) -> str:
    """A link that opens the private chat and asks the question there, or asks for help if the question does not fit into a link.

    Without a question it shows the welcome, like every unknown parameter.
    """
    parameter = "welcome" if question is None else start_parameter(question) or HELP
    return f"https://t.me/{username}?start={parameter}"


def without_commands(reply: Reply) -> Reply:
    """The reply without buttons that do not fit into a link: those that show or change a chat's settings, and further pages."""
    buttons = (button for button in reply.buttons if button.question is None or start_parameter(button.question))
    return replace(reply, buttons=tuple(buttons))


CHANNEL = "@"
"""Begins callback data with a channel's number: the button stands in a private chat and is about that channel."""

_ABOUT_CHANNEL = re.compile(f"{CHANNEL}([0-9a-f]{{1,15}})/")


@lru_cache(maxsize=256)
def about_channel(chat_id: int) -> ButtonTarget:
    """Commands are about the channel, although the panel stands in its admin's private chat."""

    def target(question: Question) -> dict[str, str]:
        if not isinstance(question, Command):
            return new_message(question)
        return {"callback_data": f"{CHANNEL}{-chat_id:x}/{token(question)}"}

    return target


def channel_in(data: str) -> tuple[int | None, str]:
    """The channel of callback data, and the token; (None, data) if the data has no channel."""
    match = _ABOUT_CHANNEL.match(data)
    return (-int(match[1], 16), data[match.end() :]) if match else (None, data)


CHANNEL_REQUEST = 1
"""The id of the only request, which the app's answer repeats (#chatshared)."""


def with_channel_button(reply: Reply) -> dict[str, Any]:
    """The reply with a keyboard button that lets the app list the user's channels (#keyboardbuttonrequestchat)."""
    request = {
        "request_id": CHANNEL_REQUEST,
        "chat_is_channel": True,
        "user_administrator_rights": {"can_manage_chat": True},
        "request_title": True,
    }
    button = {"text": reply.placeholder, "request_chat": request}
    markup = {"keyboard": [[button]], "resize_keyboard": True, "one_time_keyboard": True}
    return render(replace(reply, placeholder="")) | {"reply_markup": markup}


def start_parameter(question: Question) -> str | None:
    """The parameter of a deep link that asks the question; None if the question does not fit into one."""
    match question:
        case AboutTopic(topic, 1) | ShowPicture(topic):
            parameter = topic.removeprefix(PROGRAM_PREFIX)
        case AboutBulletin(bulletin):
            parameter = bulletin
        case Whole(asked):
            return start_parameter(asked)
        case _:
            return None
    return parameter if DEEP_LINK.fullmatch(parameter) else None


def keyboard(buttons: Iterable[Button], target: ButtonTarget = same_message) -> list[list[KeyboardButton]]:
    """Rows of InlineKeyboardButtons.

    Choices stand in columns, as numbers if a list above has their labels. Other buttons are packed by the length of their labels. A button that
    would make Telegram refuse the whole message is left out; ``nota check`` reports it.
    """
    rows: list[list[KeyboardButton]] = []
    # choices, those that rate the answer, and all others have rows of their own
    kinds = groupby(list(buttons)[:BUTTONS], key=lambda button: (button.choice, isinstance(button.question, Rate)))
    for (is_choice, _), group in kinds:
        group_buttons = list(group)
        usable = [made for button in group_buttons if (made := _keyboard_button(button, target))]
        columns = NUMBERS_IN_ROW if all(button.short for button in group_buttons) else COLUMNS
        rows += _in_columns(usable, columns) if is_choice else _packed(usable)
    return rows


def _keyboard_button(button: Button, target_of: ButtonTarget) -> KeyboardButton | None:
    label = visible(button.short or button.label).strip()
    target = target_of(button.question) if button.question is not None else {"url": button.url or ""}
    data = target.get("callback_data")
    fits = bool(target["url"]) if data is None else 1 <= len(data.encode()) <= CALLBACK_BYTES
    return {"text": f"{CHOSEN if button.chosen else ''}{label}", **target} if label and fits else None


def _width(button: KeyboardButton) -> int:
    return utf16_length(button["text"]) + EDGE_UNITS


def _in_columns(buttons: list[KeyboardButton], max_columns: int) -> Iterator[list[KeyboardButton]]:
    columns = max(1, min(max_columns, ROW_UNITS // max(map(_width, buttons), default=1)))
    return (buttons[start : start + columns] for start in range(0, len(buttons), columns))


def _packed(buttons: list[KeyboardButton]) -> Iterator[list[KeyboardButton]]:
    row: list[KeyboardButton] = []
    for button in buttons:
        if row and (len(row) == MAX_IN_ROW or sum(map(_width, [*row, button])) > ROW_UNITS):
            yield row
            row = []
        row.append(button)
    if row:
        yield row


def render(reply: Reply, target: ButtonTarget = same_message) -> dict[str, Any]:
    """The parameters that ``sendMessage`` and ``editMessageText`` share (core.telegram.org/bots/api#sendmessage).

    There is no link preview, because that of the first source would push the answer off the screen. For a reply with a picture: the parameters
    that ``sendPhoto`` and ``editMessageMedia`` share.
    """
    if reply.picture_topic:
        parameters: dict[str, Any] = {"caption": html(shortened(text_of(reply), CAPTION_UNITS)), "parse_mode": "HTML"}
    else:
        text = html(shortened(text_of(reply), MESSAGE_UNITS))
        parameters = {"text": text, "parse_mode": "HTML", "link_preview_options": {"is_disabled": True}}
    if reply.placeholder:  # 1 to 64 characters (#forcereply)
        return parameters | {"reply_markup": {"force_reply": True, "input_field_placeholder": reply.placeholder[:64]}}
    rows = keyboard(reply.buttons, target)
    return parameters | ({"reply_markup": {"inline_keyboard": rows}} if rows else {})


def payload(reply: Reply) -> dict[str, Any]:
    """The method call that sends the reply, without the chat."""
    return {"method": "sendPhoto" if reply.picture_topic else "sendMessage", **rendered(reply).parameters}


_TAG = re.compile(r"<[^>]*>")


def words(payload: Mapping[str, Any]) -> str:
    """What a reader reads of a method call: the text, and the label of each button on a line."""
    text = unescape(_TAG.sub("", payload.get("caption") or payload.get("text") or ""))
    rows = payload.get("reply_markup", {}).get("inline_keyboard", ())
    return "\n".join([text, "", *(f"▸ {button['text']}" for row in rows for button in row)]).strip()


def alert_text(reply: Reply) -> str:
    """The reply as plain text that fits into the alert which answers a press."""
    return plain_text(shortened(joined([[styled(reply.heading)], *_paragraphs(reply)], "\n"), ALERT_UNITS))


MAX_CACHED = 512
"""The most rendered replies in the cache. Most questions were asked before."""


class Rendered(NamedTuple):
    """A reply as parameters, and as the end of a JSON object."""

    parameters: dict[str, Any]
    json_tail: bytes


@lru_cache(maxsize=MAX_CACHED)
def _rendered(reply: Reply, target: ButtonTarget) -> Rendered:
    parameters = render(reply, target)
    return Rendered(parameters, b"," + to_json(parameters)[1:])


def rendered(reply: Reply, target: ButtonTarget = same_message) -> Rendered:
    """The reply, rendered once for all chats that get it."""
    if not reply.buttons or type(reply.buttons[-1].question) is not Rate:
        return _rendered(reply, target)
    kinds = [type(button.question) for button in reply.buttons]
    first = kinds.index(Rate)  # ratings differ each time, and begin a row
    parameters = _rendered(replace(reply, buttons=reply.buttons[:first]), target).parameters
    rows = parameters.get("reply_markup", {}).get("inline_keyboard", ())
    rows = [*rows, *keyboard(reply.buttons[first:BUTTONS], target)]
    parameters = parameters | {"reply_markup": {"inline_keyboard": rows}}
    return Rendered(parameters, b"," + to_json(parameters)[1:])


class Call(NamedTuple):
    """One method call.

    Attributes:
        method: the name of the method in the Bot API.
        parameters: the parameters without the rendered reply.
        rendered: the rendered reply; None if there is none.
        fallback: the call to make if the message to edit is gone or there is no picture.
        then: the call to make after this one.
        picture_of: the reply whose picture is sent.
        is_optional: whether the fallback follows every refusal.
        on_refused: makes the fallback when it is needed; None: ``fallback``.
    """

    method: str
    parameters: dict[str, Any]
    rendered: Rendered | None = None
    fallback: "Call | None" = None
    then: "Call | None" = None
    picture_of: Reply | None = None
    is_optional: bool = False
    on_refused: "Callable[[], Call | None] | None" = None

    @property
    def all_parameters(self) -> dict[str, Any]:
        return self.parameters | self.rendered.parameters if self.rendered else self.parameters

    def body(self) -> bytes:
        """The call as a webhook's response (core.telegram.org/bots/api#making-requests-when-getting-updates)."""
        head = to_json({"method": self.method, **self.parameters}, fallback=lambda value: value.to_dict())
        return head if self.rendered is None else head[:-1] + self.rendered.json_tail


def acknowledgement(press_id: str, url: str | None = None) -> Call:
    """Ends the button's progress display. ``url``: opens the private chat (#answercallbackquery)."""
    return Call("answerCallbackQuery", {"callback_query_id": press_id} | ({"url": url} if url else {}))


def alert(press_id: str, reply: Reply, *, is_modal: bool = True) -> Call:
    """Shows the reply to the user who pressed the button."""
    parameters = {"callback_query_id": press_id, "text": alert_text(reply), "show_alert": is_modal}
    return Call("answerCallbackQuery", parameters)


def reaction(message: TelegramMessage, emoji: str) -> Call:
    """A reaction in place of a message (#setmessagereaction)."""
    from telegram import ReactionTypeEmoji  # noqa: PLC0415  the preview renders without python-telegram-bot

    message_ref = {"chat_id": message.chat.id, "message_id": message.message_id}
    return Call("setMessageReaction", {**message_ref, "reaction": [ReactionTypeEmoji(emoji)]})


def reply_to(message_id: int, *, is_needed: bool = False) -> dict[str, Any]:
    """The parameters of a reply to a message. ``is_needed``: nothing is sent if that was deleted (#replyparameters)."""
    return {"reply_parameters": {"message_id": message_id, "allow_sending_without_reply": not is_needed}}


def destination(address: Address) -> dict[str, Any]:
    """The parameters that name a chat and its topic (core.telegram.org/bots/api#sendmessage)."""
    if address.thread_id is None:
        return {"chat_id": int(address.chat_id)}
    return {"chat_id": int(address.chat_id), "message_thread_id": int(address.thread_id)}
