"""A reply's buttons as an inline keyboard, laid out for the width of a phone. PURE."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Any

from bot.answers.question import token
from bot.answers.reply import Button
from bot.platforms.telegram.limits import BUTTONS, CALLBACK_BYTES
from bot.platforms.telegram.markup import seen, units

ROW_UNITS = 34
"""How many characters a row of buttons shows on a phone before it cuts them."""

EDGE_UNITS = 3
"""What a button's own edges take of that."""

MOST_IN_ROW = 4
COLUMNS = 2
CHOSEN = "✓ "

Keys = list[dict[str, Any]]


def keyboard(buttons: Iterable[Button]) -> list[Keys]:
    """Rows of InlineKeyboardButtons (core.telegram.org/bots/api#inlinekeyboardbutton).

    Choices stand in columns; ways on and back are packed by the length of their words. A button that Telegram would
    refuse, and with it the whole message, is left out (``nota check`` names it beforehand).
    """
    usable = [button for button in buttons if _is_usable(button)][:BUTTONS]
    rows: list[Keys] = []
    for is_choice, group in groupby(usable, key=lambda button: button.choice):
        keys = [_key(button) for button in group]
        rows += _columns(keys) if is_choice else _packed(keys)
    return rows


def _is_usable(button: Button) -> bool:
    fits = button.question is not None and 1 <= len(token(button.question).encode()) <= CALLBACK_BYTES
    return bool(seen(button.label).strip()) and (fits or bool(button.url))


def _key(button: Button) -> dict[str, Any]:
    text = f"{CHOSEN if button.chosen else ''}{seen(button.label)}"
    if button.question is None:
        return {"text": text, "url": button.url}
    return {"text": text, "callback_data": token(button.question)}


def _width(key: dict[str, Any]) -> int:
    return units(key["text"]) + EDGE_UNITS


def _columns(keys: Keys) -> Iterator[Keys]:
    columns = COLUMNS if max(map(_width, keys)) <= ROW_UNITS // COLUMNS else 1
    return (keys[start : start + columns] for start in range(0, len(keys), columns))


def _packed(keys: Sequence[dict[str, Any]]) -> Iterator[Keys]:
    row: Keys = []
    for key in keys:
        if row and (len(row) == MOST_IN_ROW or sum(map(_width, [*row, key])) > ROW_UNITS):
            yield row
            row = []
        row.append(key)
    yield row
