"""Forms for the settings and for a draft: their fields, and the command of a submitted form. PURE.

A form is a modal with labels (docs.discord.com/developers, components/reference#label).
"""

from collections.abc import Iterable, Iterator, Mapping
from string import digits

from bot.commands import DRAFT
from bot.dossier.models import Dossier, Language
from bot.newsroom.draft_command import MAX_TITLE
from bot.platforms.base import cut
from bot.platforms.discord.limits import (
    LABEL,
    LABEL_DESCRIPTION,
    MODAL_LABELS,
    MODAL_TITLE,
    OPTION_LABEL,
    OPTIONS,
)
from bot.platforms.discord.render import STRING_SELECT, Callback, CallbackType, Component
from bot.platforms.discord.types import Input
from bot.replies.i18n import phrases_in
from bot.replies.question import Command, Question
from bot.schedule import Subscription
from bot.subscriptions.settings_panel import MAX_CITY, SETTINGS, Field, Option, View

FORM = "form/"
"""Begins the custom_id of a form, followed by the setting's name."""

TEXT_INPUT, LABELLED = 4, 18
"""Component types (components/reference#component-object-component-types)."""

SINGLE_LINE, PARAGRAPH = 1, 2
"""Styles of a text input (components/reference#text-input-text-input-styles)."""

TEXT_LENGTH = 4000
"""The most characters of a text input (components/reference#text-input-text-input-structure)."""


def form_of(question: Question) -> str | None:
    """The setting for which the question opens a form; None for other questions."""
    if isinstance(question, Command) and question.name == "settings" and question.argument in SETTINGS:
        return question.argument
    return None


def form(name: str, current: Subscription, dossier: Dossier, language: Language, prefix: str = "") -> Callback | None:
    """The form that changes a setting, filled in with the present values; None if there is nothing to choose from.

    ``prefix``: begins its custom_id.

    Raises:
        KeyError: the setting has no form.
    """
    setting, view = SETTINGS[name], View(current, dossier, language)
    labels = [label for field in setting.fields(view) for label in _labels(field, view)][:MODAL_LABELS]
    if not labels:
        return None
    heading = cut(phrases_in(language).say(setting.label), MODAL_TITLE)
    return Callback(CallbackType.MODAL, {"custom_id": f"{prefix}{FORM}{name}", "title": heading, "components": labels})


def command_of(custom_id: str, inputs: Mapping[str, Input]) -> Command | None:
    """The command of a submitted form; None for an unknown or outdated form. ``custom_id``: without its prefix."""
    if custom_id == f"{FORM}{DRAFT}":
        title, text = (inputs[key].value or "" if key in inputs else "" for key in ("title", "text"))
        return Command(DRAFT, f"{' '.join(title.split())}\n{text}")
    setting = SETTINGS.get(custom_id.removeprefix(FORM)) if custom_id.startswith(FORM) else None
    if setting is None:
        return None
    values: dict[str, list[str]] = {}
    for name, field in inputs.items():
        values.setdefault(name.rstrip(digits), []).extend(field.values or [field.value or ""])
    return Command("settings", f"{setting.name} {setting.words(values)}".strip())


def draft_form(language: Language) -> Callback:
    """The form for a new draft: its title and its text."""
    say = phrases_in(language).say
    title = {"type": TEXT_INPUT, "custom_id": "title", "style": SINGLE_LINE, "max_length": MAX_TITLE}
    text = {"type": TEXT_INPUT, "custom_id": "text", "style": PARAGRAPH, "max_length": TEXT_LENGTH}
    labels = [_label(say("Title"), title), _label(say("Text"), text)]
    heading = cut(say("New draft"), MODAL_TITLE)
    return Callback(CallbackType.MODAL, {"custom_id": f"{FORM}{DRAFT}", "title": heading, "components": labels})


def _labels(field: Field, view: View) -> Iterator[Component]:
    """A field; of more options than a select menu holds, several menus, whose names are numbered."""
    hint = " ".join(filter(None, (field.hint, view.by_clock if field.by_clock else "")))
    if field.takes_many:
        for start in range(0, len(field.options), OPTIONS):
            options = field.options[start : start + OPTIONS]
            number = f" {start + 1}–{start + len(options)}" if len(field.options) > OPTIONS else ""
            many = {"required": False, "min_values": 0, "max_values": len(options)}
            yield _label(f"{field.label}{number}", _select(f"{field.name}{start}", options) | many, hint)
    elif field.options:
        yield _label(field.label, _select(field.name, field.options), hint)
    else:
        text = {"type": TEXT_INPUT, "custom_id": field.name, "style": SINGLE_LINE, "max_length": MAX_CITY}
        yield _label(field.label, {**text, "required": False, "placeholder": "Tokyo"}, hint)


def _select(custom_id: str, choices: Iterable[Option]) -> Component:
    options = [
        {"label": cut(label, OPTION_LABEL), "value": value} | ({"default": True} if chosen else {})
        for value, label, chosen in choices
    ]
    return {"type": STRING_SELECT, "custom_id": custom_id, "options": options}


def _label(text: str, component: Component, description: str = "") -> Component:
    label = {"type": LABELLED, "label": cut(text, LABEL), "component": component}
    return label | ({"description": cut(description, LABEL_DESCRIPTION)} if description else {})
