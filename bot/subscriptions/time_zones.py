"""The time zones that are offered and that a new subscriber gets; others by name or city, also misspelt. PURE."""

from datetime import datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from babel import Locale
from rapidfuzz import fuzz, process

from bot.languages import SPOKEN, records
from bot.schedule import zones

OFFERED_ZONES = ("Asia/Jakarta", "Asia/Makassar", "Asia/Jayapura", "Europe/Moscow", "UTC")
"""Offered before a name is typed."""

MAX_FOUND = 8

_ALIKE = 80
"""The similarity (0 to 100) from which a name counts as misspelt."""

_WITHOUT_ACCENTS = str.maketrans("ёáéíóúüñ", "еaeiouun")


def zones_like(text: str) -> list[str]:
    """The time zones that match the text: prefix matches first, then other matches; if there are none, similar names."""
    wanted = _plain(text)
    if not wanted:
        return []
    names = _names()
    found = ((name, zone) for name, its_zones in names.items() if wanted in name for zone in its_zones)
    matches = sorted((name != wanted, not name.startswith(wanted), zone) for name, zone in found)
    if not matches:
        alike = process.extract(wanted, list(names), scorer=fuzz.ratio, score_cutoff=_ALIKE, limit=MAX_FOUND)
        matches = [(False, False, zone) for name, _, _ in alike for zone in names[name]]
    return list(dict.fromkeys(zone for _, _, zone in matches))[:MAX_FOUND]


def zones_called(text: str) -> list[str]:
    """The time zones of that very name or city, one for each clock. More than one: the name alone does not say which."""
    by_clock: dict[tuple[timedelta | None, ...], str] = {}
    for zone in _names().get(_plain(text), ()):
        by_clock.setdefault(_clock(zone), zone)
    return list(by_clock.values())


def _clock(zone: str) -> tuple[timedelta | None, ...]:
    """What tells a zone from another one: names such as Asia/Calcutta and Asia/Kolkata stand for the same."""
    clock = ZoneInfo(zone)
    return tuple(clock.utcoffset(datetime(year, month, 1)) for year in range(2020, 2030) for month in range(1, 13))  # noqa: DTZ001


def _plain(text: str) -> str:
    return " ".join(text.lower().replace("_", " ").translate(_WITHOUT_ACCENTS).split())[:64]


@cache
def _names() -> dict[str, list[str]]:
    """Name → zones: the parts of the tz database's names, CLDR's cities, and those of :mod:`bot.languages`."""
    names: dict[str, list[str]] = {}

    def add(name: str, zone: str) -> None:
        zones_of_name = names.setdefault(_plain(name), [])
        if zone not in zones_of_name:
            zones_of_name.append(zone)

    for zone in sorted(zones()):
        if "/" in zone and not zone.startswith("Etc/GMT"):  # there GMT+7 is seven hours behind, for people seven ahead
            add(zone.split("/")[-1], zone)
            add(zone, zone)
    for language in SPOKEN:
        for zone, names_of_zone in Locale(language).time_zones.items():
            if zone in zones() and "city" in names_of_zone:
                add(names_of_zone["city"], zone)
    for zone, cities in (pair for each in records() for pair in each.cities.items()):
        for city in cities.split():
            add(city, zone)
    return names
