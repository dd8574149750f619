"""``/settings``: the change that a typed argument, a button or a form makes, and the panel that it shows. PURE.

A setting that is on or off is described in :data:`bot.schedule.SWITCHES`, every other one by a class here, in :data:`SETTINGS`.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import time
from typing import Any, ClassVar, Protocol

from babel.dates import get_day_names

from bot.dossier.markdown import Items, Paragraph, Span
from bot.dossier.models import Dossier, Language, TopicId
from bot.reader import GroupSettings
from bot.replies.dossier_texts import DossierTexts
from bot.replies.formatting import capitalised, clock, locale
from bot.replies.i18n import phrases_in
from bot.replies.listings import page_of
from bot.replies.question import Command, is_number
from bot.replies.reply import Button, Reply, text_reply
from bot.schedule import SWITCHES, QuietHours, Subscription, Switch, Timing, digest_comes, zones
from bot.subscriptions.time_zones import OFFERED_ZONES, zones_called, zones_like

ZONE_EMOJI = "🕰"
"""The emoji of the panel of time zones, by which replies to the panel are recognised."""

OFFERED_QUIET_HOURS = ((21, 7), (22, 7), (23, 8))
OFFERED_QUIET_STARTS = (18, 19, 20, 21, 22, 23, 0, 1)

PANEL_SECONDS = 15 * 60.0
"""How long a panel in a group can be used after it was last shown, where the platform does not show it to one person alone."""

TOPICS_PER_PAGE = 10
"""The number of rows of buttons that fit on a phone. A select menu on Discord may have 25 options."""

MAX_CITY = 64
"""The most characters of a typed city."""

_OFF = "off"
"""Stands for no quiet hours."""


@dataclass(frozen=True, slots=True)
class View:
    """A subscription as it is shown. ``is_channel``: commands cannot be typed in the chat."""

    current: Subscription
    dossier: Dossier
    language: Language
    is_channel: bool = False

    @property
    def say(self) -> Callable[..., str]:
        return phrases_in(self.language).say

    @property
    def timing(self) -> Timing:
        return self.current.timing

    @property
    def texts(self) -> DossierTexts:
        return DossierTexts(self.dossier, self.language)

    @property
    def by_clock(self) -> str:
        """Whose hours the hours of a setting are."""
        return self.say("Hours are those of {zone}.", zone=self.timing.zone)

    def topic(self, name: TopicId) -> str:
        """What a topic is called where it is chosen."""
        return self.texts.topic_button(self.dossier.topics[name]).label

    def hour(self, hour: int | str) -> str:
        return clock(time(int(hour)), self.language)

    def hours(self, chosen: int | None) -> "tuple[Option, ...]":
        return tuple((str(hour), self.hour(hour), hour == chosen) for hour in range(24))


Option = tuple[str, str, bool]
"""Of a field: its value, what it is called, and whether it is chosen."""


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a form: one of the options, or any number of them; without options a text.

    ``by_clock``: its hours are those of the reader's zone.
    """

    name: str
    label: str
    options: tuple[Option, ...] = ()
    hint: str = ""
    takes_many: bool = False
    by_clock: bool = False


Values = Mapping[str, Sequence[str]]
"""What a form has: field → its values; a field that is empty may be missing."""


def _first(values: Values, name: str) -> str:
    return next(iter(values.get(name, ())), "").strip()


class Setting(Protocol):
    """A setting with more values than on and off. ``name``: of its panel and form, and the first word of what ``/settings`` is given."""

    name: ClassVar[str]
    emoji: ClassVar[str]
    label: ClassVar[str]

    def in_words(self, view: View) -> str:
        """What holds, in the panel's line."""

    def change(self, words: Sequence[str], current: Subscription, dossier: Dossier) -> Subscription | None:
        """What the words after the name change; None: nothing."""

    def panel(self, words: Sequence[str], view: View) -> Reply:
        """The panel in which a chat chooses, or chooses further after these words."""

    def question(self, words: Sequence[str], view: View) -> str:
        """What is asked where the words are half a choice, or mean several or nothing; "": they are none of the choices."""
        return ""

    def fields(self, view: View) -> tuple[Field, ...]:
        """The form, filled in."""

    def words(self, values: Values) -> str:
        """The words that do what a form says."""

    def title(self, view: View) -> str:
        return view.say(self.label)

    def _panel(self, view: View, text: str, buttons: Iterable[Button], back: str = "") -> Reply:
        """A panel with a button back to the panel of the argument ``back``; "": the main panel."""
        to_back = _button(view.say("◀️ Back"), back, choice=False)
        return text_reply(view.language, self.emoji, self.title(view), text, *buttons, to_back)


class _Topics(Setting):
    name, emoji, label = "topics", "🏷", "Topics"

    def in_words(self, view: View) -> str:
        if view.current.topics is None:
            return view.say("all")
        topics = [topic for name, topic in view.dossier.topics.items() if name in view.current.topics]
        return ", ".join(view.texts.line(topic.title[view.language]) for topic in topics) or "–"

    def change(self, words: Sequence[str], current: Subscription, dossier: Dossier) -> Subscription | None:
        match words:
            case ["all"]:
                return replace(current, topics=None)
            case ["only", *names]:
                return self._with(frozenset(map(TopicId, names)), current, dossier)
            case ["switch", name] if name in followable(dossier):
                return self._with((current.topics or frozenset()) ^ {TopicId(name)}, current, dossier)
            case _:
                return None

    def _with(self, topics: frozenset[TopicId], current: Subscription, dossier: Dossier) -> Subscription | None:
        """The subscription with these topics alone. With no topic, or all topics, every bulletin comes, also on future topics."""
        every = set(followable(dossier))
        if not topics <= every | (current.topics or frozenset()):
            return None
        return replace(current, topics=None if not topics or topics >= every else topics)

    def panel(self, words: Sequence[str], view: View) -> Reply:
        """A page of the topics: the one that is asked for, or the one with the topic that was switched."""
        [field] = self.fields(view)
        names = [name for name, _, _ in field.options]
        match words:
            case ["page", page] if is_number(page, 4):
                number = int(page)
            case ["switch", name] if name in names:
                number = names.index(name) // TOPICS_PER_PAGE + 1
            case _:
                number = 1
        shown, number, pages = page_of(field.options, number, TOPICS_PER_PAGE)
        buttons = [_button(view.say("All topics"), "topics all", chosen=view.current.topics is None)]
        for name, label, chosen in shown:
            buttons.append(_button(label, f"topic {name}", chosen=chosen, toggles=True))
        if number < pages:
            buttons.append(_button(view.say("More ▶️"), f"topics page {number + 1}", choice=False))
        return self._panel(view, view.say("A bulletin comes if it is about one of the topics you choose."), buttons)

    def fields(self, view: View) -> tuple[Field, ...]:
        chosen = view.current.topics or ()
        options = tuple((name, view.topic(name), name in chosen) for name in followable(view.dossier))
        hint = view.say("Nothing chosen: every bulletin comes.")
        return (Field("topics", view.say(self.label), options, hint, takes_many=True),)

    def words(self, values: Values) -> str:
        return f"only {' '.join(values.get('topics', ()))}"


class _When(Setting):
    name, emoji, label = "when", "🗓", "When"

    def in_words(self, view: View) -> str:
        return when_in_words(view.current, view.language)

    def change(self, words: Sequence[str], current: Subscription, dossier: Dossier) -> Subscription | None:
        match words:
            case ["at_once"]:
                timing: dict[str, Any] = {"pace": "at_once"}
            case ["daily", hour] if _is_hour(hour):
                timing = {"pace": "daily", "hour": int(hour)}
            case ["weekly", day, hour] if day in tuple("0123456") and _is_hour(hour):
                timing = {"pace": "weekly", "weekday": int(day), "hour": int(hour)}
            case _:
                return None
        return _timed(current, **timing)

    def panel(self, words: Sequence[str], view: View) -> Reply:
        pace, hour = self.fields(view)
        said = " ".join(words)
        holds = {value: chosen for value, _, chosen in pace.options}
        if said in holds:
            buttons = [
                _button(label, f"when {said} {value}", chosen=chosen and holds[said])
                for value, label, chosen in hour.options
            ]
            return self._panel(view, f"{hour.hint} {view.by_clock}", buttons, back="when")
        buttons = [_button(label, f"when {value}", chosen=chosen) for value, label, chosen in pace.options]
        return self._panel(view, pace.hint, buttons)

    def fields(self, view: View) -> tuple[Field, ...]:
        say, timing = view.say, view.timing
        weekly, is_weekly = say("Once a week"), timing.pace == "weekly"
        paces = (
            ("at_once", say("At once"), timing.pace == "at_once"),
            ("daily", say("Once a day"), timing.pace == "daily"),
            *(
                (f"weekly {day}", f"{weekly}: {name}", is_weekly and timing.weekday == day)
                for day, name in sorted(weekdays(view.language).items())
            ),
        )
        hint = say("At once, or gathered into one message. Urgent bulletins always come at once.")
        hour_hint = say("For once a day or a week.")
        return (
            Field("pace", say(self.label), paces, hint),
            Field("hour", say("Hour"), view.hours(timing.hour), hour_hint, by_clock=True),
        )

    def words(self, values: Values) -> str:
        pace = _first(values, "pace") or "at_once"
        return pace if pace == "at_once" else f"{pace} {_first(values, 'hour')}"


class _Quiet(Setting):
    name, emoji, label = "quiet", "🌙", "Quiet hours"

    def in_words(self, view: View) -> str:
        quiet = view.timing.quiet
        return self._span(view, quiet.start, quiet.end) if quiet else view.say("none")

    def _span(self, view: View, start: int, end: int) -> str:
        return f"{view.hour(start)}–{view.hour(end)}"

    def change(self, words: Sequence[str], current: Subscription, dossier: Dossier) -> Subscription | None:
        match words:
            case ["off"]:
                return _timed(current, quiet=None)
            case [start, end] if _is_hour(start) and _is_hour(end) and int(start) != int(end):
                return _timed(current, quiet=QuietHours(int(start), int(end)))
            case _:
                return None

    def panel(self, words: Sequence[str], view: View) -> Reply:
        say, quiet = view.say, view.timing.quiet
        if asked := self.question(words, view):
            known = int(words[-1])
            order = f"quiet {{0}} {known}" if words[0] == "until" else f"quiet {known} {{0}}"
            others = (hour for hour in range(24) if hour != known)
            buttons = [_button(view.hour(hour), order.format(hour)) for hour in others]
            return self._panel(view, asked, buttons, back=self.name)
        now = (quiet.start, quiet.end) if quiet else None
        buttons = [
            _button(say("none").capitalize(), "quiet off", chosen=now is None),
            *(
                _button(self._span(view, *hours), f"quiet {hours[0]} {hours[1]}", chosen=now == hours)
                for hours in OFFERED_QUIET_HOURS
            ),
            *(_button(f"{say('From')} {view.hour(hour)}", f"quiet {hour}") for hour in OFFERED_QUIET_STARTS),
        ]
        return self._panel(view, f"{self.fields(view)[0].hint} {view.by_clock}", buttons)

    def question(self, words: Sequence[str], view: View) -> str:
        match words:
            case [start] if _is_hour(start):
                return view.say("From {start} until when?", start=view.hour(start))
            case ["until", end] if _is_hour(end):
                return view.say("Until {end}, from when?", end=view.hour(end))
            case _:
                return ""

    def fields(self, view: View) -> tuple[Field, ...]:
        say, quiet = view.say, view.timing.quiet
        none = (_OFF, say("none").capitalize(), quiet is None)
        start, end = (quiet.start, quiet.end) if quiet else (None, None)
        hint = say("What is not urgent waits until they are over.")
        return (
            Field("start", say("From"), (none, *view.hours(start)), hint),
            Field("end", say("Until"), (none, *view.hours(end)), by_clock=True),
        )

    def words(self, values: Values) -> str:
        start, end = (_first(values, name) or _OFF for name in ("start", "end"))
        if _OFF not in (start, end) and start != end:
            return f"{start} {end}"
        return f"until {end}" if start == _OFF != end else start  # half a choice is asked about


class _Zone(Setting):
    name, emoji, label = "zone", ZONE_EMOJI, "Time zone"

    def in_words(self, view: View) -> str:
        return view.timing.zone

    def title(self, view: View) -> str:
        return f"{view.say(self.label)}: {view.timing.zone}"

    def change(self, words: Sequence[str], current: Subscription, dossier: Dossier) -> Subscription | None:
        said = " ".join(words)
        named = [said] if said in zones() else zones_called(said)
        return _timed(current, zone=named[0]) if len(named) == 1 else None

    def panel(self, words: Sequence[str], view: View) -> Reply:
        say, searched = view.say, " ".join(words)[:MAX_CITY]
        offered = zones_like(searched) if searched else self._offered(view)
        chosen = view.timing.zone
        buttons = [_button(zone.replace("_", " "), f"zone {zone}", chosen=zone == chosen) for zone in offered]
        text = self.question(words, view)
        if searched:
            buttons.append(_button(f"🔎 {say('Another city')}", "zone", choice=False))
        elif view.is_channel:  # the command would be about the private chat
            text = say("Another one: reply to this message with a city.")
        else:
            text = say("Another one: reply to this message with a city, or send /settings zone Tokyo")
        return self._panel(view, text, buttons)

    def _offered(self, view: View) -> list[str]:
        """Before a name is typed; with the zone of the office, whose readers often have it, too."""
        return [*dict.fromkeys((*OFFERED_ZONES, view.dossier.header.zone))]

    def question(self, words: Sequence[str], view: View) -> str:
        searched = " ".join(words)[:MAX_CITY]
        phrase = "Choose the zone of “{words}”." if zones_like(searched) else "No time zone is called “{words}”."
        return view.say(phrase, words=searched)

    def fields(self, view: View) -> tuple[Field, ...]:
        say, now = view.say, view.timing.zone
        names = dict.fromkeys((*self._offered(view), now))
        offered = tuple((zone, zone.replace("_", " "), zone == now) for zone in names)
        hint = say("If you write one, it counts instead of the zone that is chosen.")
        return Field("zone", say(self.label), offered), Field("city", say("Another city"), hint=hint)

    def words(self, values: Values) -> str:
        return (_first(values, "city") or _first(values, "zone"))[:MAX_CITY]


SETTINGS: Mapping[str, Setting] = {setting.name: setting for setting in (_Topics(), _When(), _Quiet(), _Zone())}
"""In the order of the panel."""


def _read(argument: str) -> tuple[Setting | None, list[str]]:
    """The setting that an argument is about, and its words."""
    name, *words = argument.split() or [""]
    return (SETTINGS["topics"], ["switch", *words]) if name == "topic" else (SETTINGS.get(name), words)


def apply_argument(argument: str, current: Subscription, dossier: Dossier) -> Subscription | None:
    """The subscription after ``/settings argument``; None if the argument makes no change, or is unknown."""
    setting, words = _read(argument)
    if setting is not None:
        return setting.change(words, current, dossier)
    name, *chosen = argument.split() or [""]
    switch = next((switch for switch in SWITCHES if switch.argument == name), None)
    if switch is None or chosen not in ([], *([choice] for choice in switch.choices)):
        return None
    # a button of 0.8.0 names no choice: it turns over what holds
    is_on = chosen == [switch.choices[True]] if chosen else not getattr(current, switch.name)
    return replace(current, **{switch.name: is_on})  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class ChatSetting:
    """A setting of a group, with all its topics, besides the subscription. Its panel, its button and what it stores follow.

    Attributes:
        name: of its panel, and the first word of what ``/settings`` is given.
        label: of the button that opens the panel, and the panel's title.
        texts: what the panel says.
        choices: the word behind the name → its button, and the columns of the group that it sets.
    """

    name: str
    emoji: str
    label: str
    texts: tuple[str, ...]
    choices: Mapping[str, tuple[str, Mapping[str, Any]]]

    def panel(self, language: Language, stored: GroupSettings) -> Reply:
        """The panel; ``stored`` is what holds."""
        say = phrases_in(language).say
        buttons = []
        for word, (label, columns) in self.choices.items():
            chosen = all(getattr(stored, column) == value for column, value in columns.items())
            buttons.append(_button(capitalised(say(label), language), f"{self.name} {word}", chosen=chosen))
        blocks = tuple(Paragraph((Span(say(text)),)) for text in self.texts)
        back = _button(say("◀️ Back"), "", choice=False)
        return Reply(None, language, say(self.label), self.emoji, blocks, buttons=(*buttons, back))


LENGTH = ChatSetting(
    "length",
    "✂️",
    "Length of answers",
    (
        "Short: the first sentence of an answer, or the verdict on a claim, with its sources and a button for the rest. "
        "In private chats answers are always whole.",
    ),
    {"short": ("Short", {"whole_answers": False}), "whole": ("Whole", {"whole_answers": True})},
)

CHAT_SETTINGS: Mapping[str, ChatSetting] = {
    setting.name: setting
    for setting in (
        ChatSetting(
            "answers",
            "👁",
            "Who reads answers",
            (
                "This is about answers. Bulletins and settings always come for everybody.",
                "Only the asker: nobody else sees the answer, and it may disappear after a while. "
                "I can do that as an admin of the group; otherwise everybody sees it.",
                "In private: the answer comes in the private chat with me. "
                "Whoever has not opened that chat yet is answered here, for everybody to see.",
            ),
            {
                "everybody": ("Everybody", {"audience": None}),
                "asker": ("Only the asker", {"audience": "asker"}),
                "private": ("In private", {"audience": "private"}),
            },
        ),
        ChatSetting(
            "forwards",
            "🔎",
            "Forwarded messages",
            (
                "I answer a message here, unasked and in one line with its sources, if it is a sentence that the editors have declared with another "
                "figure, or a copy of a message that they have found false: each message once. “Is this true?” may stand beside it; other questions get none.",
                "Of 100 such messages in a test, as people forward them, 65 got a line; what says something false in other words mostly gets none. "
                "I see messages only if I am an admin of the group.",
            ),
            {
                "on": ("At most 3 an hour", {"checks_forwards": True, "lines_an_hour": None}),
                "10": ("At most 10 an hour", {"checks_forwards": True, "lines_an_hour": 10}),
                "off": ("off", {"checks_forwards": False}),
            },
        ),
        LENGTH,
    )
}
"""The settings of a group; which of them a platform has stands in :attr:`~bot.message.Chat.more_settings`."""

CHANNELS = Command("settings", "channels")
"""The way from a private chat to the settings of a channel."""


def more_buttons(names: Iterable[str], language: Language) -> tuple[Button, ...]:
    """The buttons of these settings of a chat; ``channels`` is :data:`CHANNELS`."""
    say = phrases_in(language).say
    labels = {name: f"{each.emoji} {say(each.label)}" for name, each in CHAT_SETTINGS.items()}
    labels["channels"] = f"📣 {say('My channels')}"
    return tuple(_button(labels[name], name, choice=False) for name in names)


def panel(
    argument: str, current: Subscription, dossier: Dossier, language: Language, *more: Button, is_channel: bool = False
) -> Reply:
    """The panel that ``/settings argument`` shows; ``current`` is the subscription after the change.

    It is the next panel, or the main one if nothing is left to choose or the argument is unknown. ``more``: extra buttons of the main
    panel. ``is_channel``: commands cannot be typed in the chat.
    """
    view = View(current, dossier, language, is_channel)
    setting, words = _read(argument)
    is_done = setting is None or setting.change(words, current, dossier) is not None
    if setting is not None and (not is_done or words[0] in ("all", "switch")):  # of topics more than one is chosen
        return setting.panel(words, view)
    return _main_panel(view, more)


def _main_panel(view: View, more: Iterable[Button]) -> Reply:
    say, current = view.say, view.current
    lines = [(say(setting.label), setting.in_words(view)) for setting in SETTINGS.values()]
    lines += [(say(switch.label), say(switch.words[getattr(current, switch.name)])) for switch in SWITCHES]
    buttons = (
        *(_button(f"{each.emoji} {say(each.label)}", each.name, choice=False) for each in SETTINGS.values()),
        *(_switch_button(switch, view) for switch in SWITCHES),
        *more,
        Button(f"🌐 {say('Language')}", Command("language")),
        Button(f"🚫 {say('Unsubscribe')}", Command("unsubscribe")),
    )
    items = Items(tuple((Span(f"{name}: ", bold=True), Span(value)) for name, value in lines))
    return Reply(None, view.language, say("Settings"), "⚙️", (items,), buttons=buttons)


def _switch_button(switch: Switch, view: View) -> Button:
    is_on = getattr(view.current, switch.name)
    label = f"{switch.emoji[is_on]} {view.say(switch.buttons[is_on])}"
    return _button(label, f"{switch.argument} {switch.choices[not is_on]}", choice=False)


def followable(dossier: Dossier) -> list[TopicId]:
    """The topics to choose from: those of bulletins, or, if bulletins have no topics, those with sources."""
    named = {name for bulletin in dossier.bulletins.values() for name in bulletin.topics}
    return [name for name, topic in dossier.topics.items() if name in named or (not named and topic.sources)]


def _timed(current: Subscription, **changes: Any) -> Subscription:
    return replace(current, timing=replace(current.timing, **changes))


def _is_hour(text: str) -> bool:
    return is_number(text, 2) and int(text) <= 23


def _button(label: str, argument: str, *, chosen: bool = False, choice: bool = True, toggles: bool = False) -> Button:
    return Button(label, Command("settings", argument), choice=choice, chosen=chosen, toggles=toggles)


def when_in_words(current: Subscription, language: Language) -> str:
    """``once a day at 09:00`` and the like: when digests come, which may be after the chosen hour."""
    say, timing = phrases_in(language).say, current.timing
    weekday, hour = digest_comes(timing)
    at = clock(time(hour), language)
    match timing.pace:
        case "at_once":
            return say("at once")
        case "daily":
            when = say("once a day at {hour}", hour=at)
        case "weekly":
            when = say("once a week, on {day} at {hour}", day=weekdays(language)[weekday], hour=at)
    return when if hour == timing.hour else say("{when}, when the quiet hours end", when=when)


def weekdays(language: Language) -> dict[int, str]:
    """The names of the days; Monday is 0."""
    return dict(get_day_names("wide", context="stand-alone", locale=locale(language)))
