"""The part of a form that says which bulletins somebody wants, and when: its values, and how they are read. PURE."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from bot.dossier.models import Dossier, Language, TopicId
from bot.platforms.platform import NotAccepted
from bot.schedule import SWITCHES, Subscription
from bot.subscriptions.settings_panel import MAX_CITY, SETTINGS, Field, Setting, View
from bot.subscriptions.time_zones import zones_like


class SubscriptionForm(View):
    """The fields for a template, filled in with a subscription."""

    def topic(self, name: TopicId) -> str:
        """Without its emoji, which pages do not show."""
        return self.texts.line(self.dossier.topics[name].title[self.language])

    @property
    def settings(self) -> list[tuple[str, tuple[Field, ...]]]:
        """The label of each setting, in English, and its fields."""
        return [(setting.label, setting.fields(self)) for setting in SETTINGS.values()]

    @property
    def boxes(self) -> list[tuple[str, str, bool]]:
        """Of each switch the name, what it is called, in English, and whether it is on."""
        return [(switch.name, switch.box, getattr(self.current, switch.name)) for switch in SWITCHES]


def subscription_in(
    form: Mapping[str, Sequence[str]], current: Subscription, dossier: Dossier, language: Language
) -> Subscription:
    """The subscription of a form. A field that the form does not name, other than a box, stays as in ``current``.

    Raises:
        NotAccepted: a value is not one of those that the form offers.
    """
    view = View(current, dossier, language)
    for setting in SETTINGS.values():
        words = setting.words({field.name: _values(form, field) for field in setting.fields(view)}).split()
        changed = setting.change(words, current, dossier)
        if changed is None:
            raise NotAccepted(_refusal(setting, words, view))
        current = changed
    return replace(current, **{switch.name: switch.name in form for switch in SWITCHES})  # type: ignore[arg-type]


def _values(form: Mapping[str, Sequence[str]], field: Field) -> Sequence[str]:
    given = form.get(field.name, ())
    return given if field.takes_many or any(given) else [value for value, _, chosen in field.options if chosen]


def _refusal(setting: Setting, words: Sequence[str], view: View) -> str:
    said = " ".join(words).removeprefix("only ")[:MAX_CITY]
    if asked := setting.question(words, view):
        offered = zones_like(said) if setting.name == "zone" else ()
        return " ".join(filter(None, (f"{view.say(setting.label)}: {asked}", ", ".join(offered))))
    return view.say("“{value}” is not one of the choices. Load the page again.", value=said)
