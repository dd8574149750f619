"""Numbers, amounts and dates that are easily misread: in the shipped dossier they get no wrong verdict."""

from datetime import date
from functools import cache
from pathlib import Path

import pytest

from bot.claims.check import Checker
from bot.claims.values import ValueReader
from bot.claims.words import normal, word_lists
from bot.dossier.loader import load
from bot.dossier.models import Language

_ID_FUND = "Dana bersama Danantara dan RDIF bernilai {}"
_FUND = "The joint fund of Danantara and RDIF is worth {}"
_TERM = "The memorandum lasts {}"


@cache
def _shipped() -> Checker:
    dossier = load(Path("content"), date(2026, 12, 1)).dossier
    assert dossier
    return Checker(dossier)


@pytest.mark.parametrize("digit", ["❶", "➊", "➀", "⓵", "⓿", "፩"])
def test_a_digit_that_is_no_decimal_is_no_number(digit: str) -> None:
    for language in ("en", "id", "ru"):
        for text in (f"{digit} hello everybody", f"How much is home internet? {digit}", f"Rp{digit} {digit}%"):
            assert _shipped().check(text, Language(language)).verdict == "unknown"


@pytest.mark.parametrize(
    ("text", "language", "verdict"),
    [
        # 4½ and 10½, not 2 and 5
        (_ID_FUND.format("empat setengah miliar euro"), "id", "unknown"),
        (_ID_FUND.format("satu setengah miliar euro"), "id", "unknown"),
        ("MoU berlaku sepuluh setengah tahun", "id", "unknown"),
        (_TERM.format("ten half years"), "en", "unknown"),
        # the 2 is an amount
        (_ID_FUND.format("EUR2 miliar"), "id", "agrees"),
        (_ID_FUND.format("dua miliar euro"), "id", "agrees"),
        # no amount
        (_FUND.format("billions of euros"), "en", "unknown"),
        (_ID_FUND.format("miliar euro"), "id", "unknown"),
        ("Россия предлагает индонезийцам сотни стипендий", "ru", "unknown"),
        ("Россия предлагает индонезийцам тысячи стипендий", "ru", "unknown"),
        ("Россия предлагает индонезийцам десяток стипендий", "ru", "unknown"),
        ("Россия предлагает индонезийцам сто стипендий", "ru", "contradicts"),
        # a scale behind a hyphen
        (_FUND.format("2-billion euros"), "en", "agrees"),
        (_FUND.format("€2-billion"), "en", "agrees"),
        (_FUND.format("two-billion euros"), "en", "agrees"),
        (_FUND.format("EUR 3-bn"), "en", "contradicts"),
        (_FUND.format("2 - billion euros"), "en", "unknown"),
        # a month, or a year of school, behind a year
        ("The memorandum was signed in 2025", "en", "agrees"),
        ("The memorandum was signed in 2025/12", "en", "unknown"),
        ("The memorandum was signed in 2026/99", "en", "unknown"),
        ("The memorandum was signed in 2024/25", "en", "unknown"),
        # two currencies, or none's state
        (_FUND.format("2 billion US euros"), "en", "unknown"),
        (_FUND.format("€1–$3 billion"), "en", "unknown"),
        (_FUND.format("€5–$10"), "en", "unknown"),
        # no such day
        ("The memorandum was signed on 19/00/2025", "en", "unknown"),
        ("The memorandum was signed on 2025-00-19", "en", "unknown"),
        ("The memorandum was signed in 0 June 2025", "en", "unknown"),
        ("The memorandum was signed in 31 June 2025", "en", "unknown"),
        # nearly five years
        (_TERM.format("1,838 days"), "en", "unknown"),
        (_TERM.format("262 weeks"), "en", "unknown"),
        (_TERM.format("1,826 days"), "en", "unknown"),
        (_TERM.format("260 weeks"), "en", "unknown"),
    ],
)
def test_verdict(text: str, language: str, verdict: str) -> None:
    assert _shipped().check(text, Language(language)).verdict == verdict


@pytest.mark.parametrize(
    ("text", "language", "ends"),
    [
        ("four-thousand", "en", [(4000, 4000)]),
        ("four-hundred-thousand", "en", [(400_000, 400_000)]),
        ("R$2-milhões", "pt", [(2_000_000, 2_000_000)]),
        ("186,5-millones", "es", [(186_500_000, 186_500_000)]),
        ("mil euros", "es", [(1000, 1000)]),
        ("millones de euros", "es", []),
        ("millions", "en", []),
        ("a million", "en", [(1_000_000, 1_000_000)]),
        ("a hundred", "en", [(100, 100)]),
        ("milhões", "pt", []),
        ("Millionen", "de", []),
        ("eur2 Millionen", "de", [(2_000_000, 2_000_000)]),
        ("ribu", "id", []),
        ("seribu", "id", [(1000, 1000)]),
        ("tiga perempat", "id", [(3, 3)]),
        ("дюжины", "ru", []),
        ("две тысячи", "ru", [(2000, 2000)]),
        ("десять пол лет", "ru", [(10, 10)]),
        ("quatre-vingt-cinq ans", "fr", [(4 * 365.25, 25 * 365.25)]),  # a range decides nothing
        ("deux-trois ans", "fr", [(2 * 365.25, 3 * 365.25)]),
        ("quatre-vingts", "fr", [(4, 20)]),
        ("vingt-cinq", "fr", [(25, 25)]),
        ("rata2 5 euro", "id", [(5, 5)]),
    ],
)
def test_amounts(text: str, language: str, ends: list[tuple[float, float]]) -> None:
    values = ValueReader(word_lists(language)).read(normal(text))
    assert [(value.low, value.high) for value in values] == ends
