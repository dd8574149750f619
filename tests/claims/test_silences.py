"""What a reader sees or means otherwise than the words say gets no verdict, or at least not the wrong one."""

import pytest

from bot.claims.statements import has_denying_sign
from bot.dossier.models import Language
from tests.claims.test_signs import checker_of

SILENT = [
    ("en", "5G is n̶o̶t̶ part of the memorandum"),
    ("en", "".join(f"{letter}\u0336" for letter in "The memorandum lasts five years")),
    ("en", '<span style="text-decoration: line-through">The memorandum lasts five years</span>'),
    ("en", '<s class="x">The memorandum lasts five years</s>'),
    *(
        ("en", f"No{sign} Published text of the memorandum has been found")
        for sign in (".", ",", "...", " —", ":", "<br>", "</p><p>", "\n")
    ),
    ("en", "The memorandum is not: only about 5G"),
    ("id", "Benar, tidak ada 6 program dalam MoU"),
    ("id", "Bener gak ada 6 program dalam MoU"),
    *(
        ("en", f"The memorandum lasts five years\n{sign}")
        for sign in [
            "✕",
            "╳",
            "×",
            "☒",
            "⊘",
            "≠",
            "¬",
            "!=",
            "🙅",
            "🚮",
            "🗑",
            "🛑",
            "💩",
            "🤣",
            "😂",
            "🙄",
            "🤦",
            "😜",
            "😉",
            "-_-",
            ";)",
            "~",
        ]
    ),
    ("en", "25 June 2025: Indonesia and Russia signed the memorandum"),
    ("en", "The memorandum was https://x.org/never signed on 19 December 2025"),
    ("ru", "Меморандум http://не действует 5 лет"),
    ("ru", "Меморандум действует 5 лет https://example.com/это-ложь"),
    ("en", "Indonesia and Russia signed the agreement in December 2025"),
    ("en", "They signed the memorandum in November 2025"),
    ("en", "The two countries signed in Jakarta"),
    ("en", "They signed the memorandum in Moscow"),
    ("en", "There is no such"),
    ("en", "Indonesia and Russia never signed"),
    ("id", "Tidak ada seperti itu"),
    ("id", "Min. MoU berlaku 5 tahun"),
    ("ru", "Ребята меморандум действует 5 лет"),
    ("ru", "Меморандум действует 5 лет срочно"),
    ("en", "Indonesia and Russia 'signed' the memorandum on 19 December 2025"),
    ("en", "The memorandum lasts ’five’ years"),
    ("en", "The memorandum lasts ´five´ years"),
    ("en", "The memorandum lasts 5 .years"),
    ("ru", f"Меморандум действует 5 лет. {'🙏' * 601} Шутка"),
]


@pytest.mark.parametrize(("language", "text"), SILENT)
def test_no_verdict(language: str, text: str) -> None:
    assert checker_of("shipped").check(text, Language(language)).verdict == "unknown"


@pytest.mark.parametrize(
    "text",
    [
        "Ya no. Hay acuerdo", "Nunca: se firmó el tratado", "Não, há acordo", "Il n'y a plus de camions. Non. C'est vrai",
        "Нет, закон приняли", "Tidak, MoU berlaku lima tahun", "Nein: das Bad hat 12 Becken", "Hayır, kanun geçti",
    ],
)  # fmt: skip
def test_a_no_that_a_sign_divides_from_the_rest(text: str) -> None:
    """In each language, whether or not it has a list of words that deny."""
    assert has_denying_sign(text)
    assert not has_denying_sign(text.translate(str.maketrans("", "", ",.:")))


def test_a_limit_with_a_coarser_or_another_day() -> None:
    """Bids are due by 15 May: "before May" is another limit, and nothing decides on it."""
    checker = checker_of("lindhaven-allotments")
    for text in (
        "Заплатить нужно до мая 2027 года",
        "Заплатить нужно до 2027",
        "Предложения разошлют до 1 апреля 2027 года",
    ):
        assert checker.check(text, Language("ru")).verdict == "unknown", text


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "The memorandum lasts five years 🙏🏼"),
        ("en", "The memorandum lasts five years\n🙏🏼"),
        ("id", "MoU berlaku 5 tahun, benar tidak?"),
        ("id", "Benar tidak? MoU berlaku 5 tahun"),
    ],
)
def test_but_these_agree(language: str, text: str) -> None:
    assert checker_of("shipped").check(text, Language(language)).verdict == "agrees"
