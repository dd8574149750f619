"""Time zones are found by a city in any of three languages, also misspelt."""

import pytest

from bot.subscriptions.time_zones import MAX_FOUND, zones_called, zones_like
from tests.tables import table


@table("typed, zone")
def test_a_city_names_its_zone(typed: str, zone: str) -> None:
    """
    Tokyo | Asia/Tokyo
    москва | Europe/Moscow
    Москва | Europe/Moscow
    Питер | Europe/Moscow
    екатеринбург | Asia/Yekaterinburg
    Bandung | Asia/Jakarta
    makasar | Asia/Makassar
    denpasar | Asia/Makassar
    WITA | Asia/Makassar
    jayapura | Asia/Jayapura
    new york | America/New_York
    vladivostok | Asia/Vladivostok
    """
    assert zones_like(typed)[0] == zone


@pytest.mark.parametrize("typed", ["", "   ", "zzzzzzz", "🦒", "x" * 5000])
def test_what_names_none_finds_none(typed: str) -> None:
    assert zones_like(typed) == []


@table("typed, found")
def test_what_is_certain(typed: str, found: list[str]) -> None:
    """The very name of a zone or a city; two names of one clock are one.

    moskow | []
    Europe | []
    san | []
    Казань | ["Europe/Moscow"]
    kolkata | ["Asia/Kolkata"]
    Istanbul | ["Asia/Istanbul"]
    west | ["Australia/West", "Brazil/West"]
    asia/tokyo | ["Asia/Tokyo"]
    GMT+7 | []
    Etc/GMT-7 | []
    UTC | ["Etc/UTC"]
    """
    assert zones_called(typed) == found


def test_no_more_than_fit_on_a_panel() -> None:
    assert len(zones_like("a")) == MAX_FOUND
