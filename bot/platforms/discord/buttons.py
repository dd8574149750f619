"""A reply's buttons as rows of buttons and select menus. PURE.

Up to five choices stand as buttons (as their numbers where a list above has their labels), more as a select menu; ways
on and back follow in rows of their own (docs.discord.com/developers/components/reference).
"""

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Any

from bot.answers.phrases import phrases
from bot.answers.question import token
from bot.answers.reply import Button
from bot.platforms.discord.limits import (
    BUTTON_LABEL,
    BUTTON_URL,
    OPTION_LABEL,
    OPTIONS,
    ROW_BUTTONS,
    ROWS,
    TOKEN,
    clip,
    units,
)
from bot.platforms.discord.markup import seen

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
