"""What a press of a settings button or a typed ``/settings …`` asks for, and what it makes of a subscription. PURE."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import time
from typing import Literal

from babel.dates import get_day_names

from bot.dossier.markdown import Items, Paragraph, Span
from bot.dossier.models import Dossier, Language, TopicId
from bot.replies.composer import Composer
from bot.replies.formatting import clock, locale
from bot.replies.i18n import Phrases, phrases_in
from bot.replies.question import Command
from bot.replies.reply import Button, Reply
from bot.schedule import QuietHours, Subscription, Timing, zones

QUIET_OFFERED = ((21, 7), (22, 7), (23, 8))


Panel = Literal["main", "topics", "when", "hour", "day", "quiet", "quiet_end", "zone"]


@dataclass(frozen=True, slots=True)
class Step:
    """Where a request leads.

    Attributes:
        panel: what to show next.
        wanted: the changed subscription; None where nothing changes.
        chosen: what was chosen on the way to the panel: the pace or the first quiet hour, the words searched for.
        page: of the topics, from 1.
    """

    panel: Panel = "main"
    wanted: Subscription | None = None
    chosen: str = ""
    page: int = 1


def panel(step: Step, current: Subscription, dossier: Dossier, language: Language) -> Reply:
    """The panel that a step leads to, showing ``current``."""
    maker = Panels(current, dossier, language)
    match step.panel:
        case "main":
            return maker.main()
        case "topics":
            return maker.topics(step.page)
        case "when":
            return maker.when()
        case "hour":
            return maker.hours(step.chosen)
        case "day":
            return maker.days()
        case "quiet":
            return maker.quiet()
        case "quiet_end":
            return maker.quiet_end(step.chosen)
        case "zone":
            return maker.zone(step.chosen)


def setting(label: str, argument: str, *, chosen: bool = False, choice: bool = True, toggles: bool = False) -> Button:
    """A button of the settings."""
    return Button(label, Command("settings", argument), choice=choice, chosen=chosen, toggles=toggles)


class Panels:
    """Makes panels that show one subscription, in one language."""

    def __init__(self, current: Subscription, dossier: Dossier, language: Language) -> None:
        self._current, self._dossier, self._language = current, dossier, language
        self._phrases: Phrases = phrases_in(language)

    def main(self) -> Reply:
        say, timing = self._phrases.say, self._current.timing
        sound = say("off") if self._current.silent else say("on")
        lines = [
            (say("Topics"), self._topics_in_words()),
            (say("When"), when_in_words(self._current, self._language)),
            (
                say("Quiet hours"),
                hours_in_words(timing.quiet.start, timing.quiet.end, self._language) if timing.quiet else say("none"),
            ),
            (say("Time zone"), timing.zone),
            (say("Sound"), sound),
        ]
        items = Items(tuple((Span(f"{name}: ", bold=True), Span(value)) for name, value in lines))
        buttons = [
            setting(f"🏷 {say('Topics')}", "topics", choice=False),
            setting(f"🗓 {say('When')}", "when", choice=False),
            setting(f"🌙 {say('Quiet hours')}", "quiet", choice=False),
            setting(f"🕰 {say('Time zone')}", "zone", choice=False),
            setting(
                f"🔔 {say('Sound on')}" if self._current.silent else f"🔕 {say('Sound off')}", "sound", choice=False
            ),
            Button(f"🌐 {say('Language')}", Command("language")),
            Button(f"🚫 {say('Unsubscribe')}", Command("unsubscribe")),
        ]
        return Reply(None, self._language, say("Settings"), "⚙️", (items,), buttons=tuple(buttons))

    def topics(self, page: int) -> Reply:
        composer = Composer(self._dossier, self._language)
        names = followable(self._dossier)
        pages = max(1, -(-len(names) // TOPICS_PER_PAGE))
        page = min(page, pages)
        chosen = self._current.topics
        buttons = [setting(self._phrases.say("All topics"), "topics all", chosen=chosen is None)]
        for name in names[(page - 1) * TOPICS_PER_PAGE : page * TOPICS_PER_PAGE]:
            label = composer.topic_button(self._dossier.topics[name]).label
            is_chosen = chosen is not None and name in chosen
            buttons.append(setting(label, f"topic {name}", chosen=is_chosen, toggles=True))
        if page < pages:
            buttons.append(setting(self._phrases.say("More ▶️"), f"topics page {page + 1}", choice=False))
        words = self._phrases.say("A bulletin comes if it is about one of the topics you choose.")
        return self._choice("🏷", self._phrases.say("Topics"), words, buttons)

    def when(self) -> Reply:
        say, pace = self._phrases.say, self._current.timing.pace
        buttons = [
            setting(say("At once"), "when at_once", chosen=pace == "at_once"),
            setting(say("Once a day"), "when daily", chosen=pace == "daily"),
            setting(say("Once a week"), "when weekly", chosen=pace == "weekly"),
        ]
        words = say("At once, or gathered into one message. Urgent bulletins always come at once.")
        return self._choice("🗓", say("When"), words, buttons)

    def hours(self, pace: str) -> Reply:
        words = self._phrases.say("At what hour, {zone} time?", zone=self._current.timing.zone)
        buttons = [setting(self._clock(hour), f"when {pace} {hour}") for hour in range(24)]
        return self._choice("🗓", self._phrases.say("When"), words, buttons, back="when")

    def days(self) -> Reply:
        names = get_day_names("wide", context="stand-alone", locale=locale(self._language))
        buttons = [setting(names[day].capitalize(), f"when weekly {day}") for day in range(7)]
        return self._choice("🗓", self._phrases.say("When"), self._phrases.say("On which day?"), buttons, back="when")

    def quiet(self) -> Reply:
        say, quiet = self._phrases.say, self._current.timing.quiet
        offered = [
            setting(
                hours_in_words(*pair, self._language),
                f"quiet {pair[0]} {pair[1]}",
                chosen=quiet is not None and (quiet.start, quiet.end) == pair,
            )
            for pair in QUIET_OFFERED
        ]
        others = [
            setting(f"{say('From')} {self._clock(hour)}", f"quiet {hour}") for hour in (18, 19, 20, 21, 22, 23, 0, 1)
        ]
        buttons = [setting(say("none").capitalize(), "quiet off", chosen=quiet is None), *offered, *others]
        words = say(
            "What comes in these hours waits until they are over ({zone} time).",
            zone=self._current.timing.zone,
        )
        return self._choice("🌙", say("Quiet hours"), words, buttons)

    def quiet_end(self, start: str) -> Reply:
        words = self._phrases.say("From {start} until when?", start=self._clock(int(start)))
        buttons = [setting(self._clock(hour), f"quiet {start} {hour}") for hour in range(24) if hour != int(start)]
        return self._choice("🌙", self._phrases.say("Quiet hours"), words, buttons, back="quiet")

    def zone(self, searched: str) -> Reply:
        say, now = self._phrases.say, self._current.timing.zone
        found = zones_like(searched) if searched else list(OFFERED_ZONES)
        buttons = [setting(zone.replace("_", " "), f"zone {zone}", chosen=zone == now) for zone in found]
        hint = say("Another one: send /settings zone and a city, as in /settings zone Tokyo")
        words = hint if found else f"{say('No time zone is called “{words}”.', words=searched)} {hint}"
        return self._choice("🕰", f"{say('Time zone')}: {now}", words, buttons)

    def _choice(self, emoji: str, title: str, words: str, buttons: Iterable[Button], back: str = "") -> Reply:
        way_back = setting(self._phrases.say("◀️ Back"), back, choice=False)
        return Reply(None, self._language, title, emoji, (Paragraph((Span(words),)),), buttons=(*buttons, way_back))

    def _clock(self, hour: int) -> str:
        return clock(time(hour), self._language)

    def _topics_in_words(self) -> str:
        if self._current.topics is None:
            return self._phrases.say("all")
        composer = Composer(self._dossier, self._language)
        known = [topic for name, topic in self._dossier.topics.items() if name in self._current.topics]
        return ", ".join(composer.line(topic.title[self._language]) for topic in known) or "–"


def when_in_words(current: Subscription, language: Language) -> str:
    """``once a day at 09:00`` and the like."""
    phrases, timing = phrases_in(language), current.timing
    match timing.pace:
        case "at_once":
            return phrases.say("at once")
        case "daily":
            return phrases.say("once a day at {hour}", hour=clock(time(timing.hour), language))
        case "weekly":
            day = get_day_names("wide", context="stand-alone", locale=locale(language))[timing.weekday]
            return phrases.say("once a week, on {day} at {hour}", day=day, hour=clock(time(timing.hour), language))


def hours_in_words(start: int, end: int, language: Language) -> str:
    """``22:00–07:00``."""
    return f"{clock(time(start), language)}–{clock(time(end), language)}"


HOME_ZONES = {"id": "Asia/Jakarta", "ru": "Europe/Moscow"}
"""Language → the zone that a new subscriber most likely lives by; others begin with UTC."""


OFFERED_ZONES = ("Asia/Jakarta", "Asia/Makassar", "Asia/Jayapura", "Europe/Moscow", "UTC")


MOST_ZONES_FOUND = 8


def first_subscription(language: Language) -> Subscription:
    """What subscribing without a word means: every bulletin, at once, with a sound, by the clock of the language's home."""
    return Subscription(timing=Timing(zone=HOME_ZONES.get(language, "UTC")))


def step(argument: str, current: Subscription, dossier: Dossier) -> Step:
    """What ``/settings argument`` leads to. What cannot be read leads to the main panel and changes nothing."""
    words = argument.split()
    match words:
        case ["topics"]:
            return Step("topics")
        case ["topics", "page", page] if page.isascii() and page.isdigit():
            return Step("topics", page=max(1, int(page[:4])))
        case ["topics", "all"]:
            return Step("topics", replace(current, topics=None))
        case ["topic", name]:
            return _topic(name, current, dossier)
        case ["when"] | ["quiet"] | ["zone"]:
            return Step(words[0])  # type: ignore[arg-type]
        case ["when", *rest]:
            return _when(rest, current)
        case ["quiet", *rest]:
            return _quiet(rest, current)
        case ["zone", *rest]:
            return _zone(" ".join(rest), current)
        case ["sound"]:
            return Step("main", replace(current, silent=not current.silent))
        case _:
            return Step()


def _topic(name: str, current: Subscription, dossier: Dossier) -> Step:
    """Turns one topic on or off. With none left, or all of them, every bulletin comes."""
    every = followable(dossier)
    page = every.index(TopicId(name)) // TOPICS_PER_PAGE + 1 if name in every else 1
    if name not in every:
        return Step("topics")
    chosen = frozenset() if current.topics is None else current.topics
    topics = chosen ^ {TopicId(name)}
    wanted = None if not topics or topics >= set(every) else topics
    return Step("topics", replace(current, topics=wanted), page=page)


TOPICS_PER_PAGE = 24
"""With "all topics" they fill one Discord menu (25 options)."""


def followable(dossier: Dossier) -> list[TopicId]:
    """The topics that bulletins can be about: those that any bulletin names, or all with sources where none does."""
    named = {name for bulletin in dossier.bulletins.values() for name in bulletin.topics}
    return [name for name, topic in dossier.topics.items() if name in named or (not named and topic.sources)]


def _when(rest: list[str], current: Subscription) -> Step:
    timing = current.timing
    match rest:
        case ["at_once"]:
            return Step("main", replace(current, timing=replace(timing, pace="at_once")))
        case ["daily"]:
            return Step("hour", chosen="daily")
        case ["weekly"]:
            return Step("day", chosen="weekly")
        case ["daily", hour] if _is_hour(hour):
            return Step("main", replace(current, timing=replace(timing, pace="daily", hour=int(hour))))
        case ["weekly", day] if day in tuple("0123456"):
            return Step("hour", chosen=f"weekly {day}")
        case ["weekly", day, hour] if day in tuple("0123456") and _is_hour(hour):
            changed = replace(timing, pace="weekly", weekday=int(day), hour=int(hour))
            return Step("main", replace(current, timing=changed))
        case _:
            return Step("when")


def _quiet(rest: list[str], current: Subscription) -> Step:
    match rest:
        case ["off"]:
            return Step("main", replace(current, timing=replace(current.timing, quiet=None)))
        case [start] if _is_hour(start):
            return Step("quiet_end", chosen=start)
        case [start, end] if _is_hour(start) and _is_hour(end) and int(start) != int(end):
            quiet = QuietHours(int(start), int(end))
            return Step("main", replace(current, timing=replace(current.timing, quiet=quiet)))
        case _:
            return Step("quiet")


def _zone(words: str, current: Subscription) -> Step:
    """A zone's own name takes it; anything else looks for zones."""
    if words in zones():
        return Step("main", replace(current, timing=replace(current.timing, zone=words)))
    return Step("zone", chosen=words[:64])


def zones_like(words: str) -> list[str]:
    """The zones with the words in their name, those of cities first; none for no words."""
    wanted = "_".join(words.lower().split())
    found = [zone for zone in zones() if wanted and wanted in zone.lower() and "/" in zone]
    return sorted(found, key=lambda zone: (not zone.lower().split("/")[-1].startswith(wanted), zone))[:MOST_ZONES_FOUND]


def _is_hour(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 2 and int(text) <= 23
