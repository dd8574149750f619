"""Headlines of several publishers about one story are recognised as duplicates; others never are."""

import pytest

from bot.feeds.deduplication import are_duplicates, headline_key


def duplicates(one: str, other: str, publisher: str = "") -> bool:
    return are_duplicates(headline_key(one, publisher), headline_key(other))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Indonesia dan Rusia teken nota kesepahaman digital", "Indonesia dan Rusia Teken Nota Kesepahaman Digital"),
        ("Rusia dan Indonesia teken nota kesepahaman digital", "Indonesia dan Rusia teken nota kesepahaman digital"),
        (
            "Россия и Индонезия подписали меморандум о связи",
            "Россия и Индонезия подписали меморандум о связи — Минцифры",
        ),
        ("Jakarta, Moscow sign digital memorandum", "Jakarta, Moscow sign digital memorandum!"),
        ("Jakarta signs the digital memorandum with Moscow", "Jakarta sign the digital memorandum with Moscow"),
        ("Indonesia-Rusia teken nota kesepahaman digital", "Indonesia dan Rusia teken nota kesepahaman digital"),
    ],
)
def test_near_equal(one: str, other: str) -> None:
    """Case, order, a word more or less."""
    assert duplicates(one, other)


def test_publishers_name_behind_the_headline() -> None:
    """As some feeds put it."""
    assert headline_key("Ferry sails again - Kompas.com", "Kompas.com") == headline_key("Ferry sails again")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Indonesia launches 5G in Jakarta this year", "Indonesia launches 4G in Jakarta this year"),
        ("Trade grew by 12 percent in the first half", "Trade grew by 21 percent in the first half"),
        ("Russia signs memorandum", "Russia signs memorandums"),
        ("Indonesia and Russia discuss satellite launches", "Indonesia and Malaysia discuss palm oil prices"),
        (
            "Россия и Индонезия подписали меморандум о цифровом сотрудничестве",
            "Россия и Индонезия не подписали меморандум о цифровом сотрудничестве",
        ),
        (
            "Indonesia dan Rusia sepakat bangun pusat data bersama di Batam",
            "Indonesia dan Rusia tidak sepakat bangun pusat data bersama di Batam",
        ),
        (
            "Minister confirms Indonesia and Russia will build a joint data centre",
            "Minister denies Indonesia and Russia will build a joint data centre",
        ),
        (
            "Russia did sign the digital memorandum with Jakarta",
            "Russia didn't sign the digital memorandum with Jakarta",
        ),
        ("", ""),
    ],
)
def test_different(one: str, other: str) -> None:
    """Other figures, too few words to tell, its contrary, another story."""
    assert not duplicates(one, other)
