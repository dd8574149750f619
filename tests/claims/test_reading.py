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
    for language in ("en", "id", "ru", "es", "fr"):
        for text in (f"{digit} hello everybody", f"How much is home internet? {digit}", f"Rp{digit} {digit}%"):
            assert _shipped().check(text, Language(language)).verdict == "unknown"


@pytest.mark.parametrize(
    ("text", "language", "verdict"),
    [
        (_ID_FUND.format("EUR2 miliar"), "id", "agrees"),
    ],
)
def test_verdict(text: str, language: str, verdict: str) -> None:
    assert _shipped().check(text, Language(language)).verdict == verdict
