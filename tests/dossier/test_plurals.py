"""Units have the plural forms of their language, and only those."""

from pathlib import Path

import pytest

from bot.dossier.loader import load
from bot.dossier.models import FactId, Number
from bot.dossier.validators import categories, check_units
from bot.replies.formatting import plural
from tests.conftest import TODAY, Edit


class TestForms:
    """The form that goes with a number, in the order of CLDR."""

    @pytest.mark.parametrize(
        ("language", "forms", "expected"),
        [
            ("en", "boat|boats", {1: "boat", 2: "boats", 1.5: "boats"}),
            ("ru", "год|года|лет", {1: "год", 3: "года", 5: "лет", 21: "год", 1.5: "года"}),
            ("ru", "год|года|лет|лет", {1.5: "лет"}),
            ("pl", "rok|lata|lat", {1: "rok", 3: "lata", 5: "lat"}),
            ("fr", "an|ans", {1: "an", 2: "ans"}),
            ("id", "kapal", {1: "kapal", 2: "kapal"}),
            ("ru", "Мбит/с", {1: "Мбит/с", 5: "Мбит/с"}),
        ],
    )
    def test_form(self, language: str, forms: str, expected: dict[float, str]) -> None:
        """Whole numbers and fractions, and words that never change."""
        assert {n: plural(forms, n, language) for n in expected} == expected

    def test_language_that_cldr_does_not_know(self) -> None:
        """It is counted in as English is."""
        assert categories("xx") == ("one", "other")


class TestUnits:
    """What an editor is told of a unit."""

    def said(self, folder: Path, edit: Edit, units: str) -> list[str]:
        edit("facts.yaml", "fare:", f"boats: {{type: number, value: 6, unit: {units}}}\nfare:")
        edit("topics/fare.yaml", "**{fare}**", "**{fare}**, {boats}")
        return sorted(str(diagnostic).split(": ", 1)[1] for diagnostic in load(folder, TODAY).diagnostics)

    @pytest.mark.parametrize("units", ["{en: boat|boats, id: kapal}", "{en: Mbps, id: Mbps}", "Mbps"])
    def test_as_they_should_be(self, folder: Path, edit: Edit, units: str) -> None:
        """Each language its own number of forms, or one where a unit never changes."""
        assert self.said(folder, edit, units) == []

    def test_form_that_is_empty(self, folder: Path, edit: Edit) -> None:
        """A bar too many."""
        assert self.said(folder, edit, "{en: boat||boats, id: kapal}") == [
            "unit 'boat||boats' has an empty form, expected words between the bars"
        ]

    def test_empty_form_of_a_unit_for_all_languages(self, folder: Path, edit: Edit) -> None:
        """The same."""
        assert self.said(folder, edit, "'boat|'") == ["unit 'boat|' has an empty form, expected words between the bars"]

    def test_another_number_of_forms(self, folder: Path, edit: Edit) -> None:
        """A warning, with the names of the forms."""
        assert self.said(folder, edit, "{en: boat|boats|boats, id: kapal|kapal}") == [
            "warning: 2 forms of a unit in 'id', expected one",
            "warning: 3 forms of a unit in 'en', expected 2, parted by | even where they are alike: one, other",
        ]

    def test_one_form_where_other_languages_have_several(self) -> None:
        """So the word changes with the number."""
        fact = Number(type="number", value=6, unit={"en": "boat|boats", "ru": "корабль"})
        assert not [
            *check_units({FactId("length"): Number(type="number", value=6, unit={"de": "Meter", "fr": "mètre|mètres"})})
        ]
        (diagnostic,) = check_units({FactId("boats"): fact})
        assert diagnostic.is_warning
        assert diagnostic.message == "one form of a unit in 'ru'"
        assert diagnostic.fix == "expected 3, parted by | even where they are alike: one, few, many"
