"""Figures that differ between languages and from facts: what is surely a slip is named, and nothing else."""

import random
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.dossier.figure_validators import beside_facts, check_figures, differences
from bot.dossier.loader import load
from bot.dossier.models import Dossier, FactId, Money, Number, Percent
from bot.dossier.text_validators import prose
from bot.dossier.written_numbers import read
from bot.replies.dossier_texts import DossierTexts
from tests.conftest import CONTENT, TODAY, Edit, not_none
from tests.dossier.conftest import all_diagnostics_of
from tests.tables import table

FACTS = {
    FactId("cost"): Money(type="money", amount=486_000_000, currency="EUR", sources=["memo"]),
    FactId("grant"): Money(type="money", amount=120_000_000, currency="EUR", sources=["memo"]),
    FactId("stops"): Number(type="number", value=19, unit="parada|paradas", sources=["contract"]),
    FactId("share"): Percent(type="percent", value=42, sources=["survey"]),
}


class TestNumbers:
    @table("language, text, values")
    def test_are_read_as_the_language_writes_them(self, language: str, text: str, values: list[float]) -> None:
        r"""
        en | 1,000.5 and $95K or $5M, the 3rd of 10-15 | [1000.5, 95000, 5000000, 3, 10, 15]
        id | Rp5 triliun, 1.000,5 dan 2,5 juta | [5000000000000.0, 1000.5, 2500000]
        ru | 1 000,5, 0,5 миллиарда, 4 миллионам, 15 млн | [1000.5, 500000000.0, 4000000.0, 15000000.0]
        es | 468 millones de euros, 5 mil millones | [468000000.0, 5000000000.0]
        fr | "486\u202f000\u202f000 €" | [486000000.0]
        de | Es kostet 1.500,50 € bis 20 Uhr | [1500.5]
        en | 5G, 3T, G20, Su-57, B1, https://a.example/1-2, {fact_2} 10:30, 9 a.m. | []
        en | "1. First\n2. Second" | []
        id | pukul 10.00–17.30 | []
        ru | 2026/27 и 2026/2027 | [2026, 2026]
        xx | 7 stones | [7]
        """
        found = [each.readings for each in read(text, language).numbers if each.is_sure]
        assert found == [frozenset({float(value)}) for value in values]


class TestLanguages:
    @table("source, target, language")
    def test_a_difference_is_named(self, source: str, target: str, language: str) -> None:
        r"""
        The line has 20 stops. | У линии 30 остановок. | ru
        It opens in 2027. | Это откроется в 2028 году. | ru
        It costs 0.5 billion. | Стоит 600 миллионов. | ru
        It costs 1,500 roubles. | Biayanya 1.600 rubel. | id
        On 19 June 2025. | Pada 19 Juli 2025. | id
        On 19 June 2025. | 18 июня 2025 года. | ru
        Five ships and 20 boats. | 5 судов и 21 лодка. | ru
        5 million. | 5 миллиардов. | ru
        "One.\n\n30 %." | "Один.\n\n40 %." | ru
        """
        assert len(differences(source, target, ("en", language), FACTS)) == 1

    @table("source, target, language")
    def test_another_form_of_the_same_is_none(self, source: str, target: str, language: str) -> None:
        """
        It costs 0.5 billion. | Стоит 500 миллионов. | ru
        It costs 500 million. | Стоит 0,5 млрд. | ru
        1,000.5 km | 1.000,5 km | id
        Five ships. | 5 судов. | ru
        8 ships and five boats. | Восемь судов и 5 лодок. | ru
        In the 1990s. | В 90-е годы. | ru
        60 miles. | 97 км. | ru
        8 ships. | 5 лодок. | xx
        Open until 8 pm. | Geöffnet bis 20 Uhr. | de
        $10 a day. | 900 ₽ в день. | ru
        {stops} stops. | 19 остановок. | ru
        {stops} stops. | 25 остановок и 19. | ru
        In 2025 there were 30. | Их было 30. | ru
        15 May 2029 | 15.05.2029 | ru
        2026/27 | 2026/2027 | id
        5G and 20 boats. | 20 perahu dan 4G. | id
        7 million. | 7 zogs. | xx
        """
        assert differences(source, target, ("en", language), FACTS) == []


class TestFacts:
    @pytest.mark.parametrize(
        ("text", "found"),
        [
            ("La línea cuesta **468 millones** de euros.[@memo] Más.", [("468 millones", "cost")]),
            ("Cuesta 468.000.000 €, no {cost}.", [("468.000.000", "cost")]),
            ("Tiene **25 paradas**.[@contract]", [("25", "stops")]),
            ("Tiene 91 paradas, y {stops} son la meta.", [("91", "stops")]),
            ("El 24 % lo usa.[@survey]", [("24", "share")]),
            # the value of a fact, another unit, another source, a part of the whole
            ("Cuesta 486 millones de euros.[@memo]", []),
            ("Cuesta 468 millones de dólares.[@memo]", []),
            ("Tiene 25 paradas.", []),
            ("Tiene 468 millones de euros.[@contract]", []),
            ("En la primera fase abren 5 paradas del centro.[@contract]", []),
            ("Cuesta 300 millones de euros.[@memo]", []),
        ],
    )
    def test_a_slip_beside_a_fact(self, text: str, found: list[tuple[str, str]]) -> None:
        assert [(each.text, each.fact) for each in beside_facts(text, "es", FACTS)] == found


@pytest.fixture(scope="module")
def dossier() -> Dossier:
    return not_none(load(CONTENT, TODAY).dossier)


def written_out(dossier: Dossier) -> Iterator[tuple[str, str, str]]:
    """Language, text in the default language and in it, of every text of the dossier, the facts written out."""
    texts = dict[tuple[str, ...], dict[str, str]]()
    for path, place, text, _ in prose(dossier):
        if isinstance(place[-1], str) and place[-1] in dossier.languages:
            composer = DossierTexts(dossier, dossier.language(place[-1]))
            paragraphs = map(composer.line, text.split("\n\n"))
            texts.setdefault((path, *map(str, place[:-1])), {})[place[-1]] = "\n\n".join(paragraphs)
    for each in texts.values():
        yield from ((code, each["en"], each[code]) for code in ("id", "ru") if {code, "en"} <= each.keys())


def slip(digits: str, chance: random.Random) -> str:
    """The digits after a slip: two that change places, one that is another, is missing or is there twice."""
    while True:
        at = chance.choice([index for index, sign in enumerate(digits) if sign.isdigit()])
        made = list(digits)
        match chance.choice(("swap", "change", "drop", "double")):
            case "swap" if at + 1 < len(digits) and digits[at + 1].isdigit():
                made[at], made[at + 1] = made[at + 1], made[at]
            case "change":
                made[at] = chance.choice("123456789")
            case "drop":
                made[at] = ""
            case "double":
                made[at] *= 2
            case _:
                continue
        text = "".join(made)
        if text != digits and re.match(r"[1-9]", text):
            return text


class TestTheShippedDossier:
    def test_raises_no_alarm(self, dossier: Dossier) -> None:
        """Nor do its texts with every fact written out, which have ten times as many figures."""
        assert list(check_figures(dossier)) == []
        pairs = list(written_out(dossier))
        assert len(pairs) > 400
        assert [each for each in pairs if differences(each[1], each[2], ("en", each[0]), dossier.facts)] == []

    def test_sixty_slips_are_found(self, dossier: Dossier) -> None:
        """In figures of two digits or more, on either side. At most two are missed: nothing is said where a word may stand for it."""
        chance, missed = random.Random(20261129), list[str]()
        candidates = [
            (code, texts, side, number)
            for code, *texts in written_out(dossier)
            for side in (0, 1)
            for number in read(texts[side], ("en", code)[side]).numbers
            if number.is_sure and len(re.findall(r"\d", number.text)) > 1 and "/" not in number.text
        ]
        for code, texts, side, number in chance.sample(candidates, 60):
            text, both = texts[side], list(texts)
            typed = slip(text[number.start : number.end], chance)
            both[side] = text[: number.start] + typed + text[number.end :]
            if not differences(both[0], both[1], ("en", code), dossier.facts):
                missed.append(f"{number.text} → {typed}: {both[side]}")
        assert len(missed) <= 2, missed


def test_what_check_says(folder: Path, edit: Edit) -> None:
    """The line of the translation, both figures, and what to do."""
    edit(
        "bulletins/2026-01-05-first-crossing.yaml",
        "topics: [fare]",
        "topics: [fare]\nshort: {en: 20 ferries, id: 30 feri}",
    )
    assert "20 in en, 30 in id, expected the same figures in both languages" in " ".join(all_diagnostics_of(folder))
