"""``/settings``: the change that a typed argument or a button makes, and the panel that it shows. PURE."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import time

from babel.dates import get_day_names

from bot.dossier.markdown import Items, Paragraph, Span
from bot.dossier.models import Dossier, Language, TopicId
from bot.reader import Audience
from bot.replies.dossier_texts import DossierTexts
from bot.replies.formatting import clock, locale
from bot.replies.i18n import Phrases, phrases_in
from bot.replies.question import Command, is_number
from bot.replies.reply import Button, Reply, text_reply
from bot.schedule import QuietHours, Subscription, Timing, zones
from bot.subscriptions.time_zones import OFFERED_ZONES, zones_called, zones_like

ZONE_EMOJI = "🕰"
"""The emoji of the panel of time zones, by which replies to the panel are recognised."""

OFFERED_QUIET_HOURS = ((21, 7), (22, 7), (23, 8))
OFFERED_QUIET_STARTS = (18, 19, 20, 21, 22, 23, 0, 1)

PANEL_SECONDS = 15 * 60.0
"""How long a panel in a group can be used after it was last shown, where the platform does not show it to one person alone."""

TOPICS_PER_PAGE = 10
"""The number of rows of buttons that fit on a phone. A select menu on Discord may have 25 options."""

_WEEKDAYS = tuple("0123456")


def apply_argument(argument: str, current: Subscription, dossier: Dossier) -> Subscription | None:
    """The subscription after ``/settings argument``; None if the argument makes no change, or is unknown."""
    match argument.split():
        case ["topics", "all"]:
            return replace(current, topics=None)
        case ["topics", "only", *names]:
            return _with_topics(frozenset(map(TopicId, names)), current, dossier)
        case ["topic", name]:
            return _with_topic_switched(TopicId(name), current, dossier)
        case ["sound"]:
            return replace(current, silent=not current.silent)
        case ["languages"]:
            return replace(current, own_language=not current.own_language)
        case words:
            timing = _timing_after(words, current.timing)
            return replace(current, timing=timing) if timing else None


def _timing_after(words: list[str], timing: Timing) -> Timing | None:
    match words:
        case ["when", "at_once"]:
            return replace(timing, pace="at_once")
        case ["when", "daily", hour] if _is_hour(hour):
            return replace(timing, pace="daily", hour=int(hour))
        case ["when", "weekly", day, hour] if day in _WEEKDAYS and _is_hour(hour):
            return replace(timing, pace="weekly", weekday=int(day), hour=int(hour))
        case ["quiet", "off"]:
            return replace(timing, quiet=None)
        case ["quiet", start, end] if _is_hour(start) and _is_hour(end) and int(start) != int(end):
            return replace(timing, quiet=QuietHours(int(start), int(end)))
        case ["zone", zone] if zone in zones():
            return replace(timing, zone=zone)
        case ["zone", *city] if len(exact := zones_called(" ".join(city))) == 1:
            return replace(timing, zone=exact[0])
        case _:
            return None


CHECKS_FORWARDS = {"forwards on": True, "forwards off": False}
"""Argument → whether forwarded messages are to be checked unasked; a setting of the chat, not of its subscription."""


AUDIENCES: dict[str, Audience] = {
    "answers everybody": "everybody",
    "answers asker": "asker",
    "answers private": "private",
}
"""Argument → who reads answers; a setting of the chat, not of its subscription."""


MORE_SETTINGS = {"answers": "👁 Who reads answers", "forwards": "🔎 Forwarded messages", "channels": "📣 My channels"}
"""Settings of some platforms besides the subscription: argument → the button that opens the panel, in English."""

GROUP_SETTINGS = ("answers", "forwards")
"""The settings of a group."""

CHANNELS = Command("settings", "channels")
"""The way from a private chat to the settings of a channel."""


def more_buttons(names: Iterable[str], language: Language) -> tuple[Button, ...]:
    """The buttons of these :data:`MORE_SETTINGS`."""
    split = ((name, *MORE_SETTINGS[name].split(" ", maxsplit=1)) for name in names)
    return tuple(
        _button(f"{emoji} {phrases_in(language).say(label)}", name, choice=False) for name, emoji, label in split
    )


def audience_panel(language: Language, audience: Audience) -> Reply:
    """The panel for who reads the answers in a group."""
    say = phrases_in(language).say
    texts = (
        say("This is about answers. Bulletins and settings always come for everybody."),
        say(
            "Only the asker: nobody else sees the answer, and it may disappear after a while. "
            "I can do that as an admin of the group; otherwise everybody sees it."
        ),
        say(
            "In private: the answer comes in the private chat with me. "
            "Whoever has not opened that chat yet is answered here, for everybody to see."
        ),
    )
    buttons = (
        _button(say("Everybody"), "answers everybody", chosen=audience == "everybody"),
        _button(say("Only the asker"), "answers asker", chosen=audience == "asker"),
        _button(say("In private"), "answers private", chosen=audience == "private"),
        _button(say("◀️ Back"), "", choice=False),
    )
    blocks = tuple(Paragraph((Span(text),)) for text in texts)
    return Reply(None, language, say("Who reads answers"), "👁", blocks, buttons=buttons)


def forwards_panel(language: Language, *, is_on: bool) -> Reply:
    """The panel for the check of forwarded messages."""
    say = phrases_in(language).say
    text = say(
        "If a message that somebody forwards here repeats a claim that the editors have found false, I reply with what they found, unasked. "
        "I see such messages only if I am an admin of the group."
    )
    buttons = (
        _button(say("on").capitalize(), "forwards on", chosen=is_on),
        _button(say("off").capitalize(), "forwards off", chosen=not is_on),
        _button(say("◀️ Back"), "", choice=False),
    )
    return text_reply(language, "🔎", say("Forwarded messages"), text, *buttons)


def panel(
    argument: str,
    current: Subscription,
    dossier: Dossier,
    language: Language,
    *more: Button,
    is_channel: bool = False,
) -> Reply:
    """The panel that ``/settings argument`` shows; ``current`` is the subscription after the change.

    It is the next panel, or the main one if nothing is left to choose or the argument is unknown. ``more``: extra buttons of the main
    panel. ``is_channel``: commands cannot be typed in the chat.
    """
    panels = _Panels(current, dossier, language, phrases_in(language), more, is_channel=is_channel)
    words = argument.split()
    if words[:1] in (["topics"], ["topic"]) and words[:2] != ["topics", "only"]:
        return panels.topics(_topics_page(words, dossier))
    if apply_argument(argument, current, dossier) is not None:
        return panels.main()
    match words:
        case ["when", "daily"]:
            return panels.hours("daily")
        case ["when", "weekly"]:
            return panels.days()
        case ["when", "weekly", day] if day in _WEEKDAYS:
            return panels.hours(f"weekly {day}")
        case ["when", *_]:
            return panels.when()
        case ["quiet", start] if _is_hour(start):
            return panels.quiet_end(int(start))
        case ["quiet", *_]:
            return panels.quiet()
        case ["zone", *searched]:
            return panels.zone(" ".join(searched)[:64])
        case _:
            return panels.main()


def _topics_page(words: list[str], dossier: Dossier) -> int:
    """The page to show: the requested one, or the one with the topic that was switched."""
    match words:
        case ["topics", "page", page] if is_number(page, 4):
            return int(page)
        case ["topic", name] if name in (topics := followable(dossier)):
            return topics.index(TopicId(name)) // TOPICS_PER_PAGE + 1
        case _:
            return 1


def followable(dossier: Dossier) -> list[TopicId]:
    """The topics to choose from: those of bulletins, or, if bulletins have no topics, those with sources."""
    named = {name for bulletin in dossier.bulletins.values() for name in bulletin.topics}
    return [name for name, topic in dossier.topics.items() if name in named or (not named and topic.sources)]


def _with_topic_switched(name: TopicId, current: Subscription, dossier: Dossier) -> Subscription | None:
    """The subscription with the topic switched on or off."""
    if name not in followable(dossier):
        return None
    return _with_topics((current.topics or frozenset()) ^ {name}, current, dossier)


def _with_topics(topics: frozenset[TopicId], current: Subscription, dossier: Dossier) -> Subscription | None:
    """The subscription with these topics alone. With no topic, or all topics, every bulletin comes, also on future topics."""
    every = set(followable(dossier))
    if not topics <= every | (current.topics or frozenset()):
        return None
    return replace(current, topics=None if not topics or topics >= every else topics)


def _is_hour(text: str) -> bool:
    return is_number(text, 2) and int(text) <= 23


@dataclass(frozen=True, slots=True)
class _Panels:
    """The panels of one subscription, in one language."""

    current: Subscription
    dossier: Dossier
    language: Language
    phrases: Phrases
    more: tuple[Button, ...]
    is_channel: bool = False

    def main(self) -> Reply:
        say, timing = self.phrases.say, self.current.timing
        own = say("only this channel’s") if self.is_channel else say("only this chat’s")
        lines = [
            (say("Topics"), self._topics_in_words()),
            (say("When"), when_in_words(self.current, self.language)),
            (
                say("Quiet hours"),
                self._hours_in_words(timing.quiet.start, timing.quiet.end) if timing.quiet else say("none"),
            ),
            (say("Time zone"), timing.zone),
            (say("Languages"), own if self.current.own_language else say("all")),
            (say("Sound"), say("off") if self.current.silent else say("on")),
        ]
        items = Items(tuple((Span(f"{name}: ", bold=True), Span(value)) for name, value in lines))
        buttons = (
            _button(f"🏷 {say('Topics')}", "topics", choice=False),
            _button(f"🗓 {say('When')}", "when", choice=False),
            _button(f"🌙 {say('Quiet hours')}", "quiet", choice=False),
            _button(f"🕰 {say('Time zone')}", "zone", choice=False),
            _button(
                f"🔔 {say('Sound on')}" if self.current.silent else f"🔕 {say('Sound off')}", "sound", choice=False
            ),
            _button(
                f"🗺 {say('All languages')}" if self.current.own_language else f"🗺 {say('Only this language')}",
                "languages",
                choice=False,
            ),
            *self.more,
            Button(f"🌐 {say('Language')}", Command("language")),
            Button(f"🚫 {say('Unsubscribe')}", Command("unsubscribe")),
        )
        return Reply(None, self.language, say("Settings"), "⚙️", (items,), buttons=buttons)

    def topics(self, page: int) -> Reply:
        """``page`` counts from 1. 0 stands for the first page, a number that is too high for the last."""
        say, texts, names = self.phrases.say, DossierTexts(self.dossier, self.language), followable(self.dossier)
        pages = max(1, -(-len(names) // TOPICS_PER_PAGE))
        page = min(max(1, page), pages)
        chosen = self.current.topics
        buttons = [_button(say("All topics"), "topics all", chosen=chosen is None)]
        for name in names[(page - 1) * TOPICS_PER_PAGE : page * TOPICS_PER_PAGE]:
            label = texts.topic_button(self.dossier.topics[name]).label
            buttons.append(_button(label, f"topic {name}", chosen=name in (chosen or ()), toggles=True))
        if page < pages:
            buttons.append(_button(say("More ▶️"), f"topics page {page + 1}", choice=False))
        text = say("A bulletin comes if it is about one of the topics you choose.")
        return self._choice("🏷", say("Topics"), text, buttons)

    def when(self) -> Reply:
        say, pace = self.phrases.say, self.current.timing.pace
        buttons = [
            _button(say("At once"), "when at_once", chosen=pace == "at_once"),
            _button(say("Once a day"), "when daily", chosen=pace == "daily"),
            _button(say("Once a week"), "when weekly", chosen=pace == "weekly"),
        ]
        text = say("At once, or gathered into one message. Urgent bulletins always come at once.")
        return self._choice("🗓", say("When"), text, buttons)

    def hours(self, pace: str) -> Reply:
        """``pace``: daily, or weekly and a weekday."""
        say = self.phrases.say
        text = say("At what hour, {zone} time?", zone=self.current.timing.zone)
        buttons = [_button(self._clock(hour), f"when {pace} {hour}") for hour in range(24)]
        return self._choice("🗓", say("When"), text, buttons, back="when")

    def days(self) -> Reply:
        say, names = self.phrases.say, weekdays(self.language)
        buttons = [_button(names[day].capitalize(), f"when weekly {day}") for day in range(7)]
        return self._choice("🗓", say("When"), say("On which day?"), buttons, back="when")

    def quiet(self) -> Reply:
        say, timing = self.phrases.say, self.current.timing
        now = (timing.quiet.start, timing.quiet.end) if timing.quiet else None
        buttons = [
            _button(say("none").capitalize(), "quiet off", chosen=now is None),
            *(
                _button(self._hours_in_words(start, end), f"quiet {start} {end}", chosen=now == (start, end))
                for start, end in OFFERED_QUIET_HOURS
            ),
            *(_button(f"{say('From')} {self._clock(hour)}", f"quiet {hour}") for hour in OFFERED_QUIET_STARTS),
        ]
        text = say("What comes in these hours waits until they are over ({zone} time).", zone=timing.zone)
        return self._choice("🌙", say("Quiet hours"), text, buttons)

    def quiet_end(self, start: int) -> Reply:
        say = self.phrases.say
        text = say("From {start} until when?", start=self._clock(start))
        buttons = [_button(self._clock(hour), f"quiet {start} {hour}") for hour in range(24) if hour != start]
        return self._choice("🌙", say("Quiet hours"), text, buttons, back="quiet")

    def zone(self, searched: str) -> Reply:
        say, now = self.phrases.say, self.current.timing.zone
        offered = zones_like(searched) if searched else list(OFFERED_ZONES)
        buttons = [_button(zone.replace("_", " "), f"zone {zone}", chosen=zone == now) for zone in offered]
        text = say("Another one: reply to this message with a city, or send /settings zone Tokyo")
        if self.is_channel:  # the command would be about the private chat
            text = say("Another one: reply to this message with a city.")
        if searched:
            text = say(
                "Choose the zone of “{words}”." if offered else "No time zone is called “{words}”.", words=searched
            )
            buttons.append(_button(f"🔎 {say('Another city')}", "zone", choice=False))
        return self._choice(ZONE_EMOJI, f"{say('Time zone')}: {now}", text, buttons)

    def _choice(self, emoji: str, title: str, text: str, buttons: Iterable[Button], back: str = "") -> Reply:
        """A panel with a button back to the panel of the argument ``back``; "": the main panel."""
        to_back = _button(self.phrases.say("◀️ Back"), back, choice=False)
        return text_reply(self.language, emoji, title, text, *buttons, to_back)

    def _clock(self, hour: int) -> str:
        return clock(time(hour), self.language)

    def _hours_in_words(self, start: int, end: int) -> str:
        return f"{self._clock(start)}–{self._clock(end)}"

    def _topics_in_words(self) -> str:
        if self.current.topics is None:
            return self.phrases.say("all")
        texts = DossierTexts(self.dossier, self.language)
        topics = [topic for name, topic in self.dossier.topics.items() if name in self.current.topics]
        return ", ".join(texts.line(topic.title[self.language]) for topic in topics) or "–"


def _button(label: str, argument: str, *, chosen: bool = False, choice: bool = True, toggles: bool = False) -> Button:
    return Button(label, Command("settings", argument), choice=choice, chosen=chosen, toggles=toggles)


def when_in_words(current: Subscription, language: Language) -> str:
    """``once a day at 09:00`` and the like."""
    phrases, timing = phrases_in(language), current.timing
    hour = clock(time(timing.hour), language)
    match timing.pace:
        case "at_once":
            return phrases.say("at once")
        case "daily":
            return phrases.say("once a day at {hour}", hour=hour)
        case "weekly":
            return phrases.say("once a week, on {day} at {hour}", day=weekdays(language)[timing.weekday], hour=hour)


def weekdays(language: Language) -> dict[int, str]:
    """The names of the days; Monday is 0."""
    return dict(get_day_names("wide", context="stand-alone", locale=locale(language)))
