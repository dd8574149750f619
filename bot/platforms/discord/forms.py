"""Forms for the settings and for a draft: their fields, and the command of a submitted form. PURE.

A form is a modal with labels (docs.discord.com/developers, components/reference#label).
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import time

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
from bot.replies.dossier_texts import DossierTexts
from bot.replies.formatting import clock
from bot.replies.i18n import phrases_in
from bot.replies.question import Command, Question
from bot.schedule import Subscription
from bot.subscriptions.settings_panel import followable, weekdays
from bot.subscriptions.time_zones import OFFERED_ZONES

FORM = "form/"
"""Begins the custom_id of a form, followed by the setting's name."""

TEXT_INPUT, LABELLED = 4, 18
"""Component types (components/reference#component-object-component-types)."""

SINGLE_LINE, PARAGRAPH = 1, 2
"""Styles of a text input (components/reference#text-input-text-input-styles)."""

TEXT_LENGTH = 4000
"""The most characters of a text input (components/reference#text-input-text-input-structure)."""

CITY_LENGTH = 64
"""The most characters of a typed city; our own rule."""

_OFF = "off"

_Choice = tuple[str, str, bool]
"""An option's label and value, and whether it is chosen."""


def form_of(question: Question) -> str | None:
    """The setting for which the question opens a form; None for other questions."""
    if isinstance(question, Command) and question.name == "settings" and question.argument in _FIELDS:
        return question.argument
    return None


def form(name: str, current: Subscription, dossier: Dossier, language: Language, prefix: str = "") -> Callback | None:
    """The form that changes a setting, filled in with the present values; None if there is nothing to choose from.

    ``prefix``: begins its custom_id.

    Raises:
        KeyError: the setting has no form.
    """
    title, fields = _FIELDS[name]
    labels = fields(current, dossier, language)[:MODAL_LABELS]
    if not labels:
        return None
    heading = cut(phrases_in(language).say(title), MODAL_TITLE)
    return Callback(CallbackType.MODAL, {"custom_id": f"{prefix}{FORM}{name}", "title": heading, "components": labels})


def command_of(custom_id: str, inputs: Mapping[str, Input]) -> Command | None:
    """The command of a submitted form; None for an unknown or outdated form. ``custom_id``: without its prefix."""
    name = custom_id.removeprefix(FORM)
    if custom_id == f"{FORM}{DRAFT}":
        title, text = (inputs[key].value or "" if key in inputs else "" for key in ("title", "text"))
        return Command(DRAFT, f"{' '.join(title.split())}\n{text}")
    if not custom_id.startswith(FORM) or name not in _FIELDS:
        return None
    chosen = {key: value for key, field in inputs.items() if (value := next(iter(field.values or ()), ""))}
    match name:
        case "topics":
            topics = [topic for field in inputs.values() for topic in field.values or ()]
            return Command("settings", f"topics only {' '.join(topics)}".strip())
        case "when":
            pace = chosen.get("pace", "at_once")
            return Command("settings", f"when {pace}" if pace == "at_once" else f"when {pace} {chosen.get('hour', '')}")
        case "quiet":
            start, end = chosen.get("start", _OFF), chosen.get("end", "")
            until = "" if end == start else end  # which asks until when
            return Command("settings", "quiet off" if start == _OFF else f"quiet {start} {until}".strip())
        case _:
            city = ((inputs["city"].value or "") if "city" in inputs else "").strip()[:CITY_LENGTH]
            return Command("settings", f"zone {city or chosen.get('zone', '')}")


def draft_form(language: Language) -> Callback:
    """The form for a new draft: its title and its text."""
    say = phrases_in(language).say
    title = {"type": TEXT_INPUT, "custom_id": "title", "style": SINGLE_LINE, "max_length": MAX_TITLE}
    text = {"type": TEXT_INPUT, "custom_id": "text", "style": PARAGRAPH, "max_length": TEXT_LENGTH}
    labels = [_label(say("Title"), title), _label(say("Text"), text)]
    heading = cut(say("New draft"), MODAL_TITLE)
    return Callback(CallbackType.MODAL, {"custom_id": f"{FORM}{DRAFT}", "title": heading, "components": labels})


def _topics(current: Subscription, dossier: Dossier, language: Language) -> list[Component]:
    say, texts, names = phrases_in(language).say, DossierTexts(dossier, language), followable(dossier)
    labels = []
    for start in range(0, len(names), OPTIONS):
        choices = [
            (texts.topic_button(dossier.topics[name]).label, name, name in (current.topics or ()))
            for name in names[start : start + OPTIONS]
        ]
        number = f" {start + 1}–{start + len(choices)}" if len(names) > OPTIONS else ""
        select = _select(f"topics{start}", choices) | {"required": False, "min_values": 0, "max_values": len(choices)}
        labels.append(_label(f"{say('Topics')}{number}", select, say("Nothing chosen: every bulletin comes.")))
    return labels


def _when(current: Subscription, _dossier: Dossier, language: Language) -> list[Component]:
    say, timing = phrases_in(language).say, current.timing
    weekly = [
        (f"{say('Once a week')}: {name}", f"weekly {day}", timing.pace == "weekly" and timing.weekday == day)
        for day, name in sorted(weekdays(language).items())
    ]
    paces = [
        (say("At once"), "at_once", timing.pace == "at_once"),
        (say("Once a day"), "daily", timing.pace == "daily"),
        *weekly,
    ]
    return [
        _label(say("When"), _select("pace", paces), say("Urgent bulletins always come at once.")),
        _label(
            say("Hour"),
            _select("hour", _hours(language, timing.hour)),
            say("For once a day or a week, {zone} time.", zone=timing.zone),
        ),
    ]


def _quiet(current: Subscription, _dossier: Dossier, language: Language) -> list[Component]:
    say, quiet = phrases_in(language).say, current.timing.quiet
    starts = [(say("none").capitalize(), _OFF, quiet is None), *_hours(language, quiet.start if quiet else None)]
    waits = say("What comes in these hours waits until they are over ({zone} time).", zone=current.timing.zone)
    return [
        _label(say("From"), _select("start", starts), waits),
        _label(say("Until"), _select("end", _hours(language, quiet.end if quiet else 7))),
    ]


def _zones(current: Subscription, _dossier: Dossier, language: Language) -> list[Component]:
    say, now = phrases_in(language).say, current.timing.zone
    offered = [(zone.replace("_", " "), zone, zone == now) for zone in dict.fromkeys((*OFFERED_ZONES, now))]
    city = {
        "type": TEXT_INPUT,
        "custom_id": "city",
        "style": SINGLE_LINE,
        "max_length": CITY_LENGTH,
        "required": False,
        "placeholder": "Tokyo",
    }
    return [
        _label(say("Time zone"), _select("zone", offered)),
        _label(say("Another city"), city, say("If you write one, it counts instead of the choice above.")),
    ]


_FIELDS: dict[str, tuple[str, Callable[[Subscription, Dossier, Language], list[Component]]]] = {
    "topics": ("Topics", _topics),
    "when": ("When", _when),
    "quiet": ("Quiet hours", _quiet),
    "zone": ("Time zone", _zones),
}
"""Setting → the form's title and its labels."""


def _hours(language: Language, chosen: int | None) -> list[_Choice]:
    return [(clock(time(hour), language), str(hour), hour == chosen) for hour in range(24)]


def _select(custom_id: str, choices: Iterable[_Choice]) -> Component:
    options = [
        {"label": cut(label, OPTION_LABEL), "value": value} | ({"default": True} if chosen else {})
        for label, value, chosen in choices
    ]
    return {"type": STRING_SELECT, "custom_id": custom_id, "options": options}


def _label(text: str, component: Component, description: str = "") -> Component:
    label = {"type": LABELLED, "label": cut(text, LABEL), "component": component}
    return label | ({"description": cut(description, LABEL_DESCRIPTION)} if description else {})
