"""Rules for the dossier as a whole that ``diagnostics.txt`` does not show: commands, dates, plural forms, emoji, feeds."""

from pathlib import Path

import pytest

from bot.cli import main
from bot.dossier.loader import load
from bot.dossier.models import FactId, Number, Percent
from bot.dossier.validators import categories, check_percentages, check_units
from bot.replies.formatting import plural
from tests.conftest import TODAY, Edit
from tests.dossier.conftest import FEEDS, diagnostics_of
from tests.tables import table


class TestCommands:
    """Each word names one topic."""

    def test_duplicate_command(self, folder: Path, edit: Edit) -> None:
        """Two topics that both want a word."""
        text = (folder / "topics" / "fare.yaml").read_text(encoding="utf-8")
        (folder / "topics" / "price.yaml").write_text(
            text.replace("tiket]", "x]").replace("ticket,", ""), encoding="utf-8"
        )
        edit("topics/price.yaml", "aliases: [", "aliases: [fare, ")
        assert any("command 'fare' is taken by topics/fare.yaml" in line for line in diagnostics_of(folder))

    def test_command_that_is_another_topics_id(self, folder: Path, edit: Edit) -> None:
        """Whoever takes it is wrong, not the topic that has always had it, whatever their order."""
        text = (folder / "topics" / "fare.yaml").read_text(encoding="utf-8")
        (folder / "topics" / "price.yaml").write_text(text.replace("[ticket, tiket]", "[fare]"), encoding="utf-8")
        edit("topics/price.yaml", "emoji:", "order: 1\nemoji:")
        edit("topics/price.yaml", "  en: [how much is a ticket, fare, price of the ferry]\n", "")
        edit("topics/price.yaml", "  id: [berapa harga tiket, tarif feri, ongkos]\n", "")
        edit("topics/price.yaml", "asks:\n", "")
        assert diagnostics_of(folder) == [
            "topics/price.yaml:3: command 'fare' is taken by topics/fare.yaml, expected another word"
        ]

    def test_file_name_that_is_no_command(self, folder: Path) -> None:
        """It may stay, with a command of its own."""
        (folder / "topics" / "fare.yaml").rename(folder / "topics" / "the-fare.yaml")
        assert diagnostics_of(folder)[-1].startswith(
            "topics/the-fare.yaml:1: 'the-fare' is not a command, expected another file name, or command: the_fare"
        )


class TestDates:
    """Nothing we state lies in the future."""

    def test_bulletin_of_tomorrow_needs_not_before(self, folder: Path, edit: Edit) -> None:
        """A scheduled bulletin may bear its day."""
        old = folder / "bulletins" / "2026-01-05-first-crossing.yaml"
        old.rename(folder / "bulletins" / "2026-12-01-second.yaml")
        edit("bulletins/2026-12-01-second.yaml", "2026-01-05", "2026-12-01")
        assert "is in the future" in diagnostics_of(folder)[0]
        edit("bulletins/2026-12-01-second.yaml", "topics:", "not_before: 2026-11-30T09:00:00+07:00\ntopics:")
        assert diagnostics_of(folder)[0].endswith("2026-12-01 is in the future, expected a day up to 2026-11-30")
        edit("bulletins/2026-12-01-second.yaml", "2026-11-30T", "2026-12-01T")
        assert diagnostics_of(folder) == []


class TestWithdrawals:
    """The reason is enough."""

    def test_a_reason_in_one_language(self, folder: Path, edit: Edit) -> None:
        """An emergency waits for no translation."""
        name = "bulletins/2026-01-05-first-crossing.yaml"
        edit(name, "topics:", "withdrawn: {date: 2026-01-07, because: {en: Wrong.}}\ntopics:")
        loading = load(folder, TODAY)
        [diagnostic] = loading.diagnostics
        assert str(diagnostic).endswith(
            "withdrawn.because has no 'id', expected a text for id: until then its readers get another language's"
        )
        assert loading.dossier is not None
        edit(name, "{en: Wrong.}", "{}")
        assert load(folder, TODAY).dossier is None


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
    """Forms that a language needs."""

    def test_one_form_where_other_languages_have_several(self) -> None:
        """So the word changes with the number."""
        fact = Number(type="number", value=6, unit={"en": "boat|boats", "ru": "корабль"})
        assert not [
            *check_units({FactId("length"): Number(type="number", value=6, unit={"de": "Meter", "fr": "mètre|mètres"})})
        ]
        (diagnostic,) = check_units({FactId("boats"): fact})
        assert diagnostic.is_warning
        assert diagnostic.message == "one form of a unit in 'ru'"
        assert diagnostic.fix == "expected 3 forms separated by |, even if they are the same: one, few, many"

    @table("language, unit, is_singular")
    def test_the_singular_alone(self, language: str, unit: str, is_singular: bool) -> None:
        """In English and Spanish, where it is sure; of one, it is right.

        en | boat | true
        en | parking space | true
        en | boat|boats | false
        en | seats on board | false
        en | people | false
        en | kWh | false
        en | percent | false
        en | metres | false
        es | barco | true
        es | hogar conectado | true
        es | barcos | false
        es | kilómetros | false
        es | m² | false
        de | Meter | false
        id | kapal | false
        """

        def found(value: float) -> list[str]:
            fact = Number(type="number", value=value, unit={language: unit})
            return [each.code for each in check_units({FactId("boats"): fact})]

        assert found(6) == (["singular"] if is_singular else [])
        assert "singular" not in found(1)

    @pytest.mark.parametrize("unit", ["км", "Мбит/с", "ГВт·ч", "тыс. человек", "млн тонн"])
    def test_abbreviation_needs_one_form(self, unit: str) -> None:
        fact = Number(type="number", value=6, unit={"en": "boat|boats", "ru": unit})
        assert not [*check_units({FactId("boats"): fact})]


class TestNoEmoji:
    """Words where an emoji belongs."""

    def test_it_costs_no_answer(self, folder: Path, edit: Edit) -> None:
        """``nota check`` fails for it, and the dossier is used."""
        edit("topics/fare.yaml", "🎫", "ticket")
        assert load(folder, TODAY).dossier is not None
        assert main(["check", str(folder)]) == 1

    def test_a_long_text(self, folder: Path, edit: Edit) -> None:
        """Is shown in part, and checked at once."""
        edit("topics/fare.yaml", "🎫", "🎫" * 50_000 + "x")
        assert diagnostics_of(folder) == [f"topics/fare.yaml:1: '{'🎫' * 19}…' is not an emoji, expected one, as in 📄"]


class TestFeeds:
    """A feed is one entry: where, whose, in which language, about what, and which items."""

    def test_is_read_into_the_dossier(self, folder: Path) -> None:
        """Reviewed by an editor unless it says otherwise. A dossier without the file has none."""
        without = load(folder, TODAY).dossier
        (folder / "feeds.yaml").write_text(FEEDS, encoding="utf-8")
        dossier = load(folder, TODAY).dossier
        assert without is not None
        assert without.feeds == {}
        assert dossier is not None
        (feed,) = dossier.feeds.values()
        assert feed.mode == "review"
        assert [phrase for _, phrase in feed.match.phrases()] == ["ferry", "fare", "ticket price", "island", "football"]


class TestPercentages:
    """Of something there is no more than all."""

    @table("name, value, of, is_warned")
    def test_more_than_all(self, name: str, value: float, of: str | None, is_warned: bool) -> None:
        """
        share | 100 | homes with a line | false
        share | 112 | homes with a line | true
        share | 112 | null | true
        sales | 250 | growth of sales in a year | false
        sales | 250 | crecimiento de las ventas en un año | false
        debt | 140 | public debt in relation to what is produced | false
        growth_of_sales | 250 | null | false
        """
        fact = Percent(type="percent", value=value, of={"en": of} if of else None)
        assert [each.code for each in check_percentages({FactId(name): fact})] == (["percent"] if is_warned else [])
