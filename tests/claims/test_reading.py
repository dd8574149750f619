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
from tests.tables import table

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


@table("text, language, verdict")
def test_verdict(text: str, language: str, verdict: str) -> None:
    """
    # 4½ and 10½, not 2 and 5
    Dana bersama Danantara dan RDIF bernilai empat setengah miliar euro | id | unknown
    Dana bersama Danantara dan RDIF bernilai satu setengah miliar euro | id | unknown
    MoU berlaku sepuluh setengah tahun | id | unknown
    The memorandum lasts ten half years | en | unknown
    # the 2 is an amount
    Dana bersama Danantara dan RDIF bernilai EUR2 miliar | id | agrees
    Dana bersama Danantara dan RDIF bernilai dua miliar euro | id | agrees
    # no amount
    The joint fund of Danantara and RDIF is worth billions of euros | en | unknown
    Dana bersama Danantara dan RDIF bernilai miliar euro | id | unknown
    Россия предлагает индонезийцам сотни стипендий | ru | unknown
    Россия предлагает индонезийцам тысячи стипендий | ru | unknown
    Россия предлагает индонезийцам десяток стипендий | ru | unknown
    Россия предлагает индонезийцам сто стипендий | ru | contradicts
    # a scale behind a hyphen
    The joint fund of Danantara and RDIF is worth 2-billion euros | en | agrees
    The joint fund of Danantara and RDIF is worth €2-billion | en | agrees
    The joint fund of Danantara and RDIF is worth two-billion euros | en | agrees
    The joint fund of Danantara and RDIF is worth EUR 3-bn | en | contradicts
    The joint fund of Danantara and RDIF is worth 2 - billion euros | en | unknown
    # a month, or a year of school, behind a year
    The memorandum was signed in 2025 | en | agrees
    The memorandum was signed in 2025/12 | en | unknown
    The memorandum was signed in 2026/99 | en | unknown
    The memorandum was signed in 2024/25 | en | unknown
    # a full stop within a date
    The memorandum was exchanged on 19 Jun. 2025. | en | agrees
    The memorandum was exchanged on Jun. 19, 2025 | en | agrees
    The memorandum was exchanged on 18 Jun. 2025 | en | contradicts
    # percentage points are no share
    92% of Russians have fast, affordable internet | en | agrees
    92 percentage points of Russians have fast, affordable internet | en | unknown
    82 percentage points of Russians have fast, affordable internet | en | unknown
    # a length of two units
    The memorandum lasts five years and six months | en | contradicts
    The memorandum lasts 4 years and 12 months | en | agrees
    The memorandum lasts five years and a day | en | unknown
    # two currencies, or none's state
    The joint fund of Danantara and RDIF is worth 2 billion US euros | en | unknown
    The joint fund of Danantara and RDIF is worth €1–$3 billion | en | unknown
    The joint fund of Danantara and RDIF is worth €5–$10 | en | unknown
    # no such day
    The memorandum was signed on 19/00/2025 | en | unknown
    The memorandum was signed on 2025-00-19 | en | unknown
    The memorandum was signed in 0 June 2025 | en | unknown
    The memorandum was signed in 31 June 2025 | en | unknown
    # nearly five years
    The memorandum lasts 1,838 days | en | unknown
    The memorandum lasts 262 weeks | en | unknown
    The memorandum lasts 1,826 days | en | unknown
    The memorandum lasts 260 weeks | en | unknown
    """
    assert _shipped().check(text, Language(language)).verdict == verdict


@table("text, language, ends")
def test_amounts(text: str, language: str, ends: list[list[float]]) -> None:
    """
    four-thousand | en | [[4000, 4000]]
    four-hundred-thousand | en | [[400000, 400000]]
    R$2-milhões | pt | [[2000000, 2000000]]
    186,5-millones | es | [[186500000, 186500000]]
    mil euros | es | [[1000, 1000]]
    millones de euros | es | []
    millions | en | []
    a million | en | [[1000000, 1000000]]
    a hundred | en | [[100, 100]]
    milhões | pt | []
    Millionen | de | []
    eur2 Millionen | de | [[2000000, 2000000]]
    ribu | id | []
    seribu | id | [[1000, 1000]]
    tiga perempat | id | [[3, 3]]
    дюжины | ru | []
    две тысячи | ru | [[2000, 2000]]
    десять пол лет | ru | [[10, 10]]
    quatre-vingt-cinq ans | fr | [[1461.0, 9131.25]]
    deux-trois ans | fr | [[730.5, 1095.75]]
    quatre-vingts | fr | [[4, 20]]
    vingt-cinq | fr | [[25, 25]]
    rata2 5 euro | id | [[5, 5]]
    """
    values = ValueReader(word_lists(language)).read(normal(text))
    assert [[value.low, value.high] for value in values] == ends
