"""The part of a form that says which bulletins somebody wants, and when: its values, and how they are read. PURE."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import time
from typing import Any

from bot.dossier.models import Dossier, Language, TopicId
from bot.languages import record
from bot.platforms.platform import NotAccepted
from bot.replies.dossier_texts import DossierTexts
from bot.replies.formatting import clock
from bot.replies.i18n import phrases_in
from bot.replies.question import is_number
from bot.schedule import Pace, QuietHours, Subscription, Timing, zones
from bot.subscriptions.settings_panel import followable, weekdays
from bot.subscriptions.time_zones import OFFERED_ZONES, zones_called, zones_like

MAX_ZONE = 64
"""The most characters of a zone or a city."""

_PACES: Mapping[str, Pace] = {"at_once": "at_once", "daily": "daily", "weekly": "weekly"}


@dataclass(frozen=True, slots=True)
class SubscriptionForm:
    """The fields for a template, filled in with a subscription."""

    current: Subscription
    dossier: Dossier
    language: Language

    @property
    def topics(self) -> list[tuple[str, str, bool]]:
        """Id, title, and whether it is chosen."""
        texts, chosen = DossierTexts(self.dossier, self.language), self.current.topics or frozenset()
        return [
            (name, texts.line(self.dossier.topics[name].title[self.language]), name in chosen)
            for name in followable(self.dossier)
        ]

    @property
    def timing(self) -> Timing:
        return self.current.timing

    @property
    def hours(self) -> list[tuple[int, str]]:
        return [(hour, clock(time(hour), self.language)) for hour in range(24)]

    @property
    def days(self) -> list[tuple[int, str]]:
        return list(weekdays(self.language).items())

    @property
    def quiet(self) -> tuple[int | None, int | None]:
        quiet = self.timing.quiet
        return (quiet.start, quiet.end) if quiet else (None, None)

    @property
    def zones(self) -> Sequence[str]:
        """The zones offered first."""
        return OFFERED_ZONES


def subscription_in(
    form: Mapping[str, Sequence[str]], current: Subscription, dossier: Dossier, language: Language
) -> Subscription:
    """The subscription of a form. What the form does not name stays as in ``current``.

    Raises:
        NotAccepted: a value is not one of those that the form offers.
    """
    offered = followable(dossier)
    topics = frozenset(TopicId(name) for name in form.get("topics", ()))
    if unknown := topics - {*offered, *(current.topics or ())}:
        raise _refusal(language, sorted(unknown)[0])
    chosen = None if not topics or topics >= set(offered) else topics
    own_language = "own_language" in form
    return replace(current, topics=chosen, timing=_timing(form, language), own_language=own_language)


def _timing(form: Mapping[str, Sequence[str]], language: Language) -> Timing:
    def first(name: str, default: str) -> str:
        return form.get(name, (default,))[0].strip()

    pace = _PACES.get(first("pace", "at_once"))
    if pace is None:
        raise _refusal(language, first("pace", ""))
    start, end = first("quiet_start", ""), first("quiet_end", "")
    end, quiet = "" if end == start else end, None
    if bool(start) != bool(end):
        raise NotAccepted(_half_of_quiet_hours(start, end, language))
    if start and end:
        quiet = QuietHours(_number(start, 23, language), _number(end, 23, language))
    return Timing(
        pace,
        _number(first("hour", "9"), 23, language),
        _number(first("weekday", "0"), 6, language),
        quiet,
        _zone(first("zone", ""), language),
    )


def _half_of_quiet_hours(start: str, end: str, language: Language) -> str:
    say = phrases_in(language).say
    known = clock(time(_number(start or end, 23, language)), language)
    if start:
        return f"{say('Quiet hours')}: {say('From {start} until when?', start=known)}"
    return f"{say('Quiet hours')}: {say('Until {end}, from when?', end=known)}"


def _number(text: str, highest: int, language: Language) -> int:
    if not is_number(text, 2) or int(text) > highest:
        raise _refusal(language, text)
    return int(text)


def _zone(text: str, language: Language) -> str:
    """The zone of that name, or of a city."""
    if not text:
        return record(language).zone
    if text in zones():
        return text
    words, say = text[:MAX_ZONE], phrases_in(language).say
    exact = zones_called(words)
    if len(exact) == 1:
        return exact[0]
    if like := exact or zones_like(words):
        raise NotAccepted(f"{say('Choose the zone of “{words}”.', words=words)} {', '.join(like)}")
    raise NotAccepted(say("No time zone is called “{words}”.", words=words))


def _refusal(language: Language, value: Any) -> NotAccepted:
    words = str(value)[:MAX_ZONE]
    return NotAccepted(
        phrases_in(language).say("“{value}” is not one of the choices. Load the page again.", value=words)
    )
