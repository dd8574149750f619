"""Which bulletins a reader gets and when: topics, switches, quiet hours, digests. PURE, though it reads the tz database."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache, lru_cache
from typing import Literal
from zoneinfo import ZoneInfo, available_timezones, reset_tzpath

from bot.dossier.models import TopicId

Pace = Literal["at_once", "daily", "weekly"]
"""At once, or collected in a digest."""


@dataclass(frozen=True, slots=True)
class QuietHours:
    """Hours without messages, in the reader's zone: from ``start`` (0 to 23) to before ``end``; 22 to 7 spans midnight."""

    start: int
    end: int

    def __post_init__(self) -> None:
        if not (0 <= self.start <= 23 and 0 <= self.end <= 23) or self.start == self.end:
            raise ValueError(f"quiet hours {self.start}-{self.end}: expected two different hours from 0 to 23")

    def contains(self, hour: int) -> bool:
        """Whether the hour (0 to 23) is quiet."""
        if self.start < self.end:
            return self.start <= hour < self.end
        return hour >= self.start or hour < self.end


@dataclass(frozen=True, slots=True)
class Timing:
    """When bulletins may come.

    Attributes:
        pace: at once, or in a digest.
        hour: the hour of the digest, 0 to 23, in ``zone``.
        weekday: the weekday of a weekly digest, 0 (Monday) to 6.
        quiet: the quiet hours; None: no quiet hours.
        zone: a name from the tz database, such as Asia/Jakarta.
    """

    pace: Pace = "at_once"
    hour: int = 9
    weekday: int = 0
    quiet: QuietHours | None = None
    zone: str = "UTC"

    def __post_init__(self) -> None:
        if not 0 <= self.hour <= 23 or not 0 <= self.weekday <= 6:
            raise ValueError(f"hour {self.hour}, weekday {self.weekday}: expected 0 to 23 and 0 to 6")
        zone_of(self.zone)


@dataclass(frozen=True, slots=True)
class Subscription:
    """The settings of a subscription. The defaults are those of a new subscriber.

    Attributes:
        topics: a bulletin comes if it has one of these topics, or no topic; None: every bulletin comes.

    What is on or off is described in :data:`SWITCHES`.
    """

    topics: frozenset[TopicId] | None = None
    timing: Timing = field(default_factory=Timing)
    silent: bool = False
    own_language: bool = False


@dataclass(frozen=True, slots=True)
class Traits:
    """What of a bulletin decides who wants it. ``languages``: in which it is written; None: it may still be written in any."""

    topics: frozenset[TopicId] = frozenset()
    urgent: bool = False
    languages: frozenset[str] | None = None


OTHER_TOPICS = "other topics"
"""The reason of a delivery that is dropped because its reader chose other topics than the bulletin's."""


OTHER_LANGUAGE = "other language"
"""The reason of a delivery that is dropped because its reader wants bulletins in one language only."""


@dataclass(frozen=True, slots=True)
class Switch:
    """A setting that is on or off. Its column, its line and button in the panel, its box on the page, ``/why`` and who wants a bulletin follow.

    Attributes:
        name: the field of :class:`Subscription`, which is off by default, and its column.
        argument: of ``/settings``, before one of ``choices``: the word that turns it off, and the one that turns it on.
        emoji: of the button.
        label: of its line in the panel.
        words: what that line says while it is off, and while it is on.
        buttons: what turns it on, and off.
        box: what it is called in a form.
        reason: why a delivery is dropped that it leaves out, as the ledger stores it; "": it leaves out nothing.
        why: the same for readers.
        leaves_out: whether, while it is on, a bulletin does not come to a reader of this language.
    """

    name: str
    argument: str
    choices: tuple[str, str]
    emoji: tuple[str, str]
    label: str
    words: tuple[str, str]
    buttons: tuple[str, str]
    box: str
    reason: str = ""
    why: str = ""
    leaves_out: Callable[[Traits, str], bool] = lambda _bulletin, _language: False


SWITCHES = (
    Switch(
        "own_language",
        "languages",
        ("all", "own"),
        ("🗺", "🗺"),
        "Languages",
        ("all", "only this language"),
        ("Only this language", "All languages"),
        "Only bulletins that are written in this language",
        OTHER_LANGUAGE,
        "not in the language chosen here",
        lambda bulletin, language: bulletin.languages is not None and language not in bulletin.languages,
    ),
    Switch(
        "silent",
        "sound",
        ("on", "off"),
        ("🔕", "🔔"),
        "Sound",
        ("on", "off"),
        ("Sound off", "Sound on"),
        "Notifications come without a sound",
    ),
)
"""In the order of the panel."""


def unwanted(wanted: Subscription, bulletin: Traits, language: str) -> str | None:
    """Why a bulletin does not come to a reader of this language, as the ledger stores it; None: it comes.

    :func:`bot.db.subscriptions.wanting` says the same of many readers in SQL.
    """
    if wanted.topics is not None and bulletin.topics and not wanted.topics & bulletin.topics:
        return OTHER_TOPICS
    on = (switch for switch in SWITCHES if getattr(wanted, switch.name))
    return next((switch.reason for switch in on if switch.leaves_out(bulletin, language)), None)


_NOT_ZONES = frozenset({"Factory", "localtime", "posixrules"})
"""Files in a tz database that are not zones: a placeholder, and the machine's settings."""


@cache
def zones() -> frozenset[str]:
    """The time zones that a reader may choose.

    The system's tz database is taken off the search path first, so these are the names of the ``tzdata`` package: the same on every
    machine that shares a database, whatever is installed there. ``available_timezones`` itself leaves out ``posix/…`` and
    ``right/…`` (docs.python.org/3/library/zoneinfo.html#zoneinfo.available_timezones).
    """
    reset_tzpath(())
    return frozenset(available_timezones()) - _NOT_ZONES


@lru_cache(maxsize=1024)
def zone_of(name: str) -> ZoneInfo:
    """The time zone.

    Raises:
        ValueError: ``name`` is not in :func:`zones`.
    """
    if name not in zones():
        raise ValueError(f"time zone {name!r}: expected a name as in Asia/Jakarta")
    return ZoneInfo(name)


_FIRST_MOMENT, _LAST_MOMENT = -62_132_832_000.0, 253_399_622_400.0
"""2 February of the year 1 and 1 December 9999, in UTC: every zone has them, and the days and weeks around them."""


def local_time(moment: float, zone: str) -> datetime:
    """A moment, in seconds since 1970, in a zone. One that a calendar does not have is its first or its last."""
    return datetime.fromtimestamp(min(max(moment, _FIRST_MOMENT), _LAST_MOMENT), UTC).astimezone(zone_of(zone))


def earliest_delivery(timing: Timing, urgent: bool, now: float) -> float:
    """The first moment at which a bulletin published at ``now`` may come, in seconds since 1970. An urgent one comes at once."""
    if urgent:
        return now
    if timing.pace == "at_once":
        return end_of_quiet_hours(timing, now)
    return end_of_quiet_hours(timing, max(now, _next_digest(timing, _local_time(timing, now)).timestamp()))


def end_of_quiet_hours(timing: Timing, now: float) -> float:
    """The first moment from ``now`` on outside quiet hours."""
    if timing.quiet is None:
        return now
    local = _local_time(timing, now)
    if not timing.quiet.contains(local.hour):
        return now
    end = local.replace(hour=timing.quiet.end, minute=0, second=0, microsecond=0, fold=0)
    if end.timestamp() <= now:
        end += timedelta(days=1)
    return end.timestamp()


def digest_comes(timing: Timing) -> tuple[int, int]:
    """Weekday (of a weekly digest) and hour at which digests come: if the chosen hour is quiet, when the quiet hours end."""
    if timing.quiet is None or not timing.quiet.contains(timing.hour):
        return timing.weekday, timing.hour
    return (timing.weekday + (timing.quiet.end <= timing.hour)) % 7, timing.quiet.end


def _local_time(timing: Timing, now: float) -> datetime:
    return local_time(now, timing.zone)


def _next_digest(timing: Timing, local: datetime) -> datetime:
    """The next moment of the digest."""
    days = (timing.weekday - local.weekday()) % 7 if timing.pace == "weekly" else 0
    step = timedelta(days=7 if timing.pace == "weekly" else 1)
    then = local.replace(hour=timing.hour, minute=0, second=0, microsecond=0, fold=0) + timedelta(days=days)
    return then if then.timestamp() >= local.timestamp() else then + step
