"""What a press of a settings button or a typed ``/settings …`` asks for, and what it makes of a subscription. PURE."""

from dataclasses import dataclass, replace
from typing import Literal

from bot.dossier.model import Dossier, Language, TopicId
from bot.schedule import QuietHours, Subscription, Timing, zones

Panel = Literal["main", "topics", "when", "hour", "day", "quiet", "quiet_end", "zone"]

HOME_ZONES = {"id": "Asia/Jakarta", "ru": "Europe/Moscow"}
"""Language → the zone that a new subscriber most likely lives by; others begin with UTC."""

OFFERED_ZONES = ("Asia/Jakarta", "Asia/Makassar", "Asia/Jayapura", "Europe/Moscow", "UTC")
MOST_ZONES_FOUND = 8


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
