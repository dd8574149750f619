"""A fact reads as a newspaper of the reader's language would print it."""

from datetime import date

import pytest
from pydantic import TypeAdapter

from bot.dossier.models import Fact
from bot.replies.formatting import capitalised, day, fact_text, number, plural
from tests.tables import cases, table

FACT: TypeAdapter[Fact] = TypeAdapter(Fact)


def shown(language: str, form: str = "", **values: object) -> str:
    """The fact as text, its unbreakable spaces made plain."""
    return fact_text(FACT.validate_python(values), language, form).replace("\u00a0", " ").replace("\u202f", " ")


class TestMoney:
    """Ranges with the currency where the language puts it."""

    @table("language, expected")
    def test_range_in_rupiah(self, language: str, expected: str) -> None:
        """The sign where the language puts it, and its own separators.

        en | Rp95,000–160,000
        es | 95 000–160 000 rupias
        id | Rp95.000–160.000
        ru | 95 000–160 000 рупий
        """
        assert shown(language, type="money", min=95000, max=160000, currency="IDR") == expected

    @pytest.mark.parametrize(("language", "expected"), [("en", "$6–10"), ("id", "US$6–10"), ("ru", "6–10 долларов")])
    def test_range_in_dollars(self, language: str, expected: str) -> None:
        """Indonesian papers write US$."""
        assert shown(language, type="money", min=6, max=10, currency="USD") == expected

    @table("language, expected")
    def test_trillions_in_words(self, language: str, expected: str) -> None:
        """Nobody reads thirteen digits.

        en | about Rp37.8 trillion
        es | aproximadamente 37,8 billones de rupias
        id | sekitar Rp37,8 triliun
        ru | около 37,8 трлн рупий
        """
        values = {"amount": 37.8e12, "currency": "IDR", "approximate": True}
        assert shown(language, type="money", **values) == expected

    def test_russian_counts_the_last_number(self) -> None:
        """One dollar, two dollars, five dollars."""
        each = [shown("ru", type="money", amount=n, currency="USD") for n in (1, 2, 5, 21)]
        assert each == ["1 доллар", "2 доллара", "5 долларов", "21 доллар"]

    def test_spanish_counts_millions_of_something(self) -> None:
        """Only «millón» takes «de»; a billion is a million millions."""
        amounts = (1, 4.5, 900_000, 1e6, 2.5e6, 3e6, 3_000_500, 486e6, 5e9, 1e12)
        each = [shown("es", type="money", amount=n, currency="USD") for n in amounts]
        assert each == [
            *("1 dólar", "4,50 dólares", "900 000 dólares", "1 millón de dólares", "2,5 millones de dólares"),
            *("3 millones de dólares", "3 000 500 dólares", "486 millones de dólares", "5 mil millones de dólares"),
            "1 billón de dólares",
        ]
        assert shown("es", type="money", min=2e6, max=3e6, currency="EUR") == "2–3 millones de euros"
        assert shown("es", type="money", min=2e6, max=2_345_678, currency="EUR") == "2 000 000–2 345 678 euros"

    def test_a_latin_sign_keeps_its_order_in_a_language_from_right_to_left(self) -> None:
        """The Unicode algorithm gives a sign at an end the direction of the text around it (UAX 9, 3.3.5)."""
        assert shown("ar", type="money", amount=12.5, currency="BRL") == "\u200f12.50 R$\u200e"

    @table("currency, expected")
    def test_currency_without_a_rule_of_ours(self, currency: str, expected: str) -> None:
        """CLDR's symbol before the number, parted from it where it ends with a letter.

        JPY | JP¥3
        GBP | £3
        AUD | A$3
        CHF | CHF 3
        SGD | SGD 3
        """
        assert shown("en", type="money", amount=3, currency=currency) == expected


class TestOthers:
    """Percentages, days, durations, numbers, names."""

    @table("language, expected")
    def test_percent(self, language: str, expected: str) -> None:
        """The comma, and the space in Russian.

        en | 86.4%
        es | 86,4 %
        id | 86,4%
        ru | 86,4 %
        """
        assert shown(language, type="percent", value=86.4) == expected

    @table("language, expected")
    def test_day(self, language: str, expected: str) -> None:
        """Day, month, year.

        en | 19 June 2025
        es | 19 de junio de 2025
        id | 19 Juni 2025
        ru | 19 июня 2025 года
        """
        assert day(date(2025, 6, 19), language) == expected

    @table("language, form, expected")
    def test_duration(self, language: str, form: str, expected: str) -> None:
        """In figures, or spelled where a text asks for words.

        en | "" | 5 years
        id | "" | 5 tahun
        ru | "" | 5 лет
        en | words | five years
        id | words | lima tahun
        ru | words | пять лет
        es | "" | 5 años
        es | words | cinco años
        en | gen | five years
        id | gen | lima tahun
        ru | gen | пяти лет
        """
        assert shown(language, form, type="duration", years=5) == expected

    def test_one_year_in_spanish(self) -> None:
        """Years, months and days are masculine."""
        assert shown("es", "words", type="duration", years=1) == "un año"
        assert shown("es", type="duration", years=1) == "1 año"

    @pytest.mark.parametrize(("n", "expected"), [(1, "1 документ"), (3, "3 документа"), (11, "11 документов")])
    def test_counted_unit(self, n: int, expected: str) -> None:
        """A unit's plural forms, as the language orders them."""
        unit = {"ru": "документ|документа|документов"}
        assert shown("ru", type="number", value=n, unit=unit) == expected

    @table("n, expected")
    def test_counted_in_the_genitive(self, n: int, expected: str) -> None:
        """As after «из»: spelled up to ten, the noun in its case.

        1 | 1 документа
        2 | двух документов
        6 | шести документов
        10 | десяти документов
        21 | 21 документа
        """
        unit = {"ru": "документ|документа|документов"}
        assert shown("ru", "gen", type="number", value=n, unit=unit) == expected
        assert shown("ru", "gen", type="number", value=n) == expected.split(" ", maxsplit=1)[0]

    @table("language, expected")
    def test_millions(self, language: str, expected: list[str]) -> None:
        """With a word, where no digit is lost.

        en | ["20 million homes", "229.4 million homes", "1,234,567 homes"]
        es | ["20 millones de hogares", "229,4 millones de hogares", "1 234 567 hogares"]
        id | ["20 juta rumah", "229,4 juta rumah", "1.234.567 rumah"]
        ru | ["20 млн домов", "229,4 млн домов", "1 234 567 домов"]
        """
        unit = {"en": "home|homes", "es": "hogar|hogares", "id": "rumah", "ru": "дом|дома|домов"}
        counts = [20_000_000, 229_400_000, 1_234_567]
        spoken = [shown(language, type="number", value=count, unit=unit) for count in counts]
        assert [text.replace("\u00a0", " ") for text in spoken] == expected

    def test_billions_of_euros_in_indonesian(self) -> None:
        """The noun follows the amount, as newspapers write it."""
        written = shown("id", type="money", amount=2_000_000_000, currency="EUR")
        assert written.replace("\u00a0", " ") == "2 miliar euro"

    def test_a_length_of_years_and_months_in_the_genitive(self) -> None:
        """Each part in its case."""
        assert shown("ru", "gen", type="duration", years=1, months=6) == "1 года шести месяцев"

    def test_name_in_a_case_that_a_language_lacks(self) -> None:
        """It stays as it is."""
        values = {"value": {"en": "Moscow", "ru": "Москва"}, "forms": {"gen": {"ru": "Москвы"}}}
        assert shown("ru", "gen", type="place", **values) == "Москвы"
        assert shown("en", "gen", type="place", **values) == "Moscow"

    @table("language, expected")
    def test_four_digits(self, language: str, expected: str) -> None:
        """Russian and Spanish part from five digits on.

        en | 1,303
        es | "1303"
        id | "1.303"
        ru | "1303"
        """
        assert number(1303, language) == expected

    @table("language, expected")
    def test_languages_of_other_dossiers(self, language: str, expected: list[str]) -> None:
        """As CLDR has them, the sign and the unit where the language puts them.

        fr | ["4,50 €", "1 000–2 000 €", "62,5 %", "2 ans 6 mois"]
        ja | ["€4.50", "€1,000–2,000", "62.5%", "2 年 6 か月"]
        tr | ["€4,50", "€1.000–2.000", "%62,5", "2 yıl 6 ay"]
        """
        assert [
            shown(language, type="money", amount=4.5, currency="EUR"),
            shown(language, type="money", min=1000, max=2000, currency="EUR"),
            shown(language, type="percent", value=62.5),
            shown(language, type="duration", years=2, months=6),
        ] == expected

    def test_language_that_cldr_does_not_know(self) -> None:
        """English, rather than nothing."""
        assert number(1303, "xx") == "1,303"

    def test_fewer_forms_than_the_language_has(self) -> None:
        """The last one serves for the rest."""
        assert plural("евро", 5, "ru") == "евро"


@cases("text, language, written")
def test_a_capital_letter_is_that_of_the_language(text: str, language: str, written: str) -> None:
    """
    iskele | tr | İskele
    ışık | tr | Işık
    iskele | en | Iskele
    "" | tr | ""
    """
    assert capitalised(text, language) == written
