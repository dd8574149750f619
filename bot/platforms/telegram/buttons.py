"""A reply's buttons as an inline keyboard, laid out for the width of a phone. PURE."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from bot.answers.question import AboutBulletin, AboutTopic, Question, ShowPicture, token
from bot.answers.reply import Button
from bot.dossier.model import PROGRAM_PREFIX
from bot.platforms.telegram.limits import BUTTONS, CALLBACK_BYTES, DEEP_LINK
from bot.platforms.telegram.markup import seen, units

ROW_UNITS = 34
"""How many characters a row of buttons shows on a phone before it cuts them."""

EDGE_UNITS = 3
"""What a button's own edges take of that."""

MOST_IN_ROW = 4
COLUMNS = 2
NUMBERS_IN_ROW = 8
"""Clients show no more in one row (tg-staff.com/en/blog/telegram-bot-inline-keyboard-limits)."""
CHOSEN = "✓ "

ANEW = "+"
"""Before a token: the answer comes as a message of its own, and the one with the button stays as it is."""

Keys = list[dict[str, Any]]

Way = Callable[[Question], dict[str, str]]
"""How a button gets to what it asks: the fields of its InlineKeyboardButton besides ``text``."""


def in_place(question: Question) -> dict[str, str]:
    """The message changes into the answer."""
    return {"callback_data": token(question)}


def anew(question: Question) -> dict[str, str]:
    """The answer comes as a message of its own: for messages that are to stay, as bulletins are."""
    return {"callback_data": ANEW + token(question)}


@dataclass(frozen=True, slots=True)
class InPrivate:
    """The answer comes in the private chat with the bot, so that one reader's press is not everybody's business."""

    username: str

    def __call__(self, question: Question) -> dict[str, str]:
        match question:
            case AboutTopic(topic, 1) | ShowPicture(topic):
                parameter = topic.removeprefix(PROGRAM_PREFIX)
            case AboutBulletin(bulletin):
                parameter = bulletin
            case _:
                return anew(question)
        if not DEEP_LINK.fullmatch(parameter):
            return anew(question)
        return {"url": f"https://t.me/{self.username}?start={parameter}"}


def keyboard(buttons: Iterable[Button], way: Way = in_place) -> list[Keys]:
    """Rows of InlineKeyboardButtons (core.telegram.org/bots/api#inlinekeyboardbutton).

    Choices stand in columns, as their numbers where a list above has their labels in full; ways on and back are packed by
    the length of their words. A button that Telegram would
    refuse, and with it the whole message, is left out (``nota check`` names it beforehand).
    """
    rows: list[Keys] = []
    for is_choice, group in groupby(list(buttons)[:BUTTONS], key=lambda button: button.choice):
        alike = list(group)
        keys = [key for button in alike if (key := _key(button, way))]
        columns = NUMBERS_IN_ROW if all(button.short for button in alike) else COLUMNS
        rows += _columns(keys, columns) if is_choice else _packed(keys)
    return rows


def _key(button: Button, way: Way) -> dict[str, Any] | None:
    label = seen(button.short or button.label).strip()
    target = way(button.question) if button.question is not None else {"url": button.url or ""}
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
