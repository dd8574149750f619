"""A sign or word beside a number is read, or the number is not compared: a wrong "No" is worse than silence."""

import operator
from collections.abc import Callable
from datetime import date
from functools import cache
from pathlib import Path

import pytest

from bot.claims.check import Checker
from bot.dossier.loader import load
from bot.dossier.models import Language
from tests.conftest import CONTENT

CHECKED = date(2026, 11, 29)
TESTS = Path(__file__).parents[1]
FOLDERS = {
    "shipped": CONTENT,
    "high-seas": TESTS.parent / "examples" / "high-seas",
    "lindhaven-allotments": TESTS / "dossiers" / "lindhaven-allotments",
}

Truth = Callable[[float, float], bool]
"""Whether it is so of the fact's value and the written one."""

SENTENCES = [
    ("high-seas", "en", "{} countries have signed the treaty", 144),
    ("high-seas", "en", "the treaty was signed by {} countries", 144),
    ("high-seas", "es", "{} países han firmado el tratado", 144),
    ("shipped", "en", "{} programmes are on the list", 6),
    ("shipped", "id", "MoU berlaku {} tahun", 5),
    ("shipped", "ru", "меморандум заключили на {} лет", 5),
]
"""Dossier, language, a declared sentence, and the fact's value."""

READ: dict[str, tuple[list[str], Truth]] = {
    "over": ([">{}", "＞{}", "&gt;{}", "&#62; {}"], operator.gt),
    "under": (["<{}", "＜ {}", "&lt;{}"], operator.lt),
    "min": (["≥{}", "⩾{}", "≧ {}", ">={}", "{}+", "{}＋"], operator.ge),
    "max": (["≤{}", "⩽ {}", "≦{}", "<={}"], operator.le),
    "none": (["{}", "={}", "- {}", "– {}", "<b>{}</b>", "**{}**"], operator.eq),
}
"""Signs that mean the same in every language."""

WORDS: dict[str, list[tuple[str, Truth]]] = {
    "en": [
        *((f"{words} {{}}", operator.le) for words in ("up to", "no more than", "not more than", "at most", "maximum", "max.")),
        *((f"{words} {{}}", operator.ge) for words in ("from", "starting at", "at least", "min.", "a minimum of")),
        ("more than {}", operator.gt),
        ("fewer than {}", operator.lt),
    ],
    "id": [
        *((f"{words} {{}}", operator.le) for words in ("paling banyak", "maksimal", "maks.", "tidak lebih dari", "hingga")),
        *((f"{words} {{}}", operator.ge) for words in ("minimal", "min.", "mulai dari", "dari", "sedikitnya")),
        ("lebih dari {}", operator.gt),
        ("kurang dari {}", operator.lt),
    ],
    "ru": [
        *((f"{words} {{}}", operator.le) for words in ("не более", "до", "максимум", "макс.", "не больше")),
        *((f"{words} {{}}", operator.ge) for words in ("не менее", "от", "минимум", "мин.")),
        ("более {}", operator.gt),
        ("менее {}", operator.lt),
    ],
    "es": [
        *((f"{words} {{}}", operator.le) for words in ("hasta", "como máximo", "no más de", "máx.")),
        *((f"{words} {{}}", operator.ge) for words in ("al menos", "desde", "a partir de", "no menos de")),
        ("más de {}", operator.gt),
        ("menos de {}", operator.lt),
    ],
}  # fmt: skip

UNREAD = [
    "-{}", "−{}", "–{}", "+{}", "≠{}", "!={}", "×{}", "²{}", "½{}", "①{}", ".{}", "#{}", "%{}", "√{}", "→{}", "=>{}",
    "<>{}", ">({})", "{}²", "{}³", "{}½", "{}×2", "{}^2", "{}++", "{}+5", "{}→9", "{}~9", "{}‰", "{}>", "{}=", "{}'5", "1/{}",
]  # fmt: skip
"""Signs that make it another number, or nobody knows which."""


@cache
def checker_of(name: str) -> Checker:
    dossier = load(FOLDERS[name], CHECKED).dossier
    assert dossier is not None
    return Checker(dossier)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "language", "sentence", "real"), SENTENCES)
def test_no_verdict_is_wrong(name: str, language: str, sentence: str, real: int) -> None:
    forms = [(form, truth) for signs, truth in READ.values() for form in signs] + WORDS[language]
    written = {
        sentence.format(form.format(number)): truth(real, number)
        for form, truth in forms
        for number in (real // 2 + 1, real, real * 2)
    }
    checker = checker_of(name)
    verdicts = {text: checker.check(text, Language(language)).verdict for text in written}
    wrong = {
        text: verdict
        for text, verdict in verdicts.items()
        if (verdict == "contradicts" and written[text]) or (verdict == "agrees" and not written[text])
    }
    assert wrong == {}
    assert verdicts[sentence.format(f"- {real}")] == verdicts[sentence.format(real)] == "agrees"
    bounded = (f"<{real * 2}", f"&gt;{real // 2 + 1}", f"{real * 2}+")
    assert {verdicts[sentence.format(form)] for form in bounded} == {"unknown"}


@pytest.mark.parametrize(("name", "language", "sentence", "real"), SENTENCES)
def test_a_sign_that_is_not_read_gets_no_verdict(name: str, language: str, sentence: str, real: int) -> None:
    texts = [sentence.format(form.format(number)) for form in UNREAD for number in (real, real * 2)]
    assert {text for text in texts if checker_of(name).check(text, Language(language)).verdict != "unknown"} == set()


@pytest.mark.parametrize(("number", "verdict"), [(80, "agrees"), (200, "contradicts"), (300, "contradicts")])
def test_a_digit_behind_a_letter_tells_two_things_apart(number: int, verdict: str) -> None:
    """200 are S1; "S2" was read as "S"."""
    text = f"Rusia menyediakan {number} beasiswa S2 untuk orang Indonesia"
    assert checker_of("shipped").check(text, Language("id")).verdict == verdict


def test_a_quotation_mark_of_mail_is_no_sign() -> None:
    assert checker_of("high-seas").check("> 200 countries have signed the treaty", Language("en")).verdict == "unknown"
