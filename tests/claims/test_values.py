"""The values that texts state, as people write them in three languages."""

from datetime import date

import pytest

from bot.claims.compare import compare
from bot.claims.values import Value, ValueReader
from bot.claims.words import normal, word_lists
from bot.dossier.models import Duration, Money, Number, Percent
from tests.tables import table

READERS = {language: ValueReader(word_lists(language)) for language in ("en", "id", "ru")}
YEAR = 365.25


def only(text: str, language: str) -> Value:
    """The one value of a text."""
    [value] = READERS[language].read(normal(text))
    return value


class TestNumbers:
    """In digits and in words."""

    @table("text, language, number")
    def test_counts(self, text: str, language: str, number: float) -> None:
        """
        six programmes | en | 6
        thirty-seven sites | en | 37
        about four thousand applications | en | 4000
        two hundred and | en | 200
        1,840 plots | en | 1840
        one site | en | 1
        dua puluh lima petak | id | 25
        seratus beasiswa | id | 100
        lima belas lokasi | id | 15
        1.840 petak | id | 1840
        двадцать пять участков | ru | 25
        полдюжины программ | ru | 6
        4 тыс. заявок | ru | 4000
        37 800 участков | ru | 37800
        """
        value = only(text, language)
        assert (value.kind, value.low, value.high) == ("number", number, number)

    @pytest.mark.parametrize("text", ["5G networks", "the 3T regions", "h2o", "19.06.25", "30.000.00", "30.0000"])
    def test_what_only_looks_like_one(self, text: str) -> None:
        assert READERS["en"].read(normal(text)) == []


class TestMoney:
    """With its currency and both ends of a range."""

    @table("text, language, low, high, currency")
    def test_ranges(self, text: str, language: str, low: float, high: float, currency: str) -> None:
        r"""
        Rp95,000–160,000 a month | en | 95000 | 160000 | IDR
        95k-160k rupiah a month | en | 95000 | 160000 | IDR
        six to ten dollars a month | en | 6 | 10 | USD
        6 to 10 US dollars | en | 6 | 10 | USD
        100 dolar AS sebulan | id | 100 | 100 | USD
        6 US dollars | en | 6 | 6 | USD
        6 долларов США | ru | 6 | 6 | USD
        6 фунтов стерлингов | ru | 6 | 6 | GBP
        от 100 до 300 тыс. рупий | ru | 100000 | 300000 | IDR
        2 billion euros | en | 2000000000.0 | 2000000000.0 | EUR
        Rp95rb-160rb per bulan | id | 95000 | 160000 | IDR
        Rp950 ribu sampai Rp1,6 juta sebulan | id | 950000 | 1600000 | IDR
        95–160 тысяч рупий в год | ru | 95000 | 160000 | IDR
        4 бакса | ru | 4 | 4 | USD
        Rp30.000,00 | en | 30000 | 30000 | IDR
        Rp30.000,00 | id | 30000 | 30000 | IDR
        Rp30.000,00 | ru | 30000 | 30000 | IDR
        Rp30,000.00 | en | 30000 | 30000 | IDR
        Rp30,000.00 | id | 30000 | 30000 | IDR
        Rp30,000.00 | ru | 30000 | 30000 | IDR
        IDR 30,000.00 | en | 30000 | 30000 | IDR
        IDR 30,000.00 | id | 30000 | 30000 | IDR
        IDR 30,000.00 | ru | 30000 | 30000 | IDR
        Rp 30 000,00 | en | 30000 | 30000 | IDR
        Rp 30 000,00 | id | 30000 | 30000 | IDR
        Rp 30 000,00 | ru | 30000 | 30000 | IDR
        "Rp30\u00a0000" | en | 30000 | 30000 | IDR
        "Rp30\u00a0000" | id | 30000 | 30000 | IDR
        "Rp30\u00a0000" | ru | 30000 | 30000 | IDR
        Rp30’000.0 | en | 30000 | 30000 | IDR
        Rp30’000.0 | id | 30000 | 30000 | IDR
        Rp30’000.0 | ru | 30000 | 30000 | IDR
        Rp 30.000,- | en | 30000 | 30000 | IDR
        Rp 30.000,- | id | 30000 | 30000 | IDR
        Rp 30.000,- | ru | 30000 | 30000 | IDR
        Rp25.000,50 | en | 25000.5 | 25000.5 | IDR
        """
        value = READERS[language].read(normal(text))[0]
        assert (value.low, value.high, value.currency) == (low, high, currency)


class TestShares:
    """In percent; what people say for it is a word, since it is mostly rounded: two thirds of 67.4 %, nine in ten of 92 %."""

    @table("text, language, percent")
    def test_percent(self, text: str, language: str, percent: float) -> None:
        """
        86.4 per cent | en | 86.4
        64,8% rumah tangga | id | 64.8
        девять процентов | ru | 9
        """
        value = only(text, language)
        assert (value.kind, value.low) == ("percent", pytest.approx(percent))

    @table("text, language")
    def test_a_fraction_is_none(self, text: str, language: str) -> None:
        """
        nine in ten | en
        two thirds | en
        three quarters of a plot | en
        sembilan dari sepuluh | id
        dua pertiga | id
        две трети | ru
        девять из десяти | ru
        у каждого второго | ru
        """
        assert [value for value in READERS[language].read(normal(text)) if value.kind == "percent"] == []


class TestDurations:
    """In any unit."""

    @table("text, language, days")
    def test_days(self, text: str, language: str, days: float) -> None:
        """
        1,825 days | en | 1825
        within a year | en | 365.25
        a decade | en | 3652.5
        tiga dasawarsa | id | 10957.5
        a five-year term | en | 1826.25
        two years and three months | en | 821.8125
        2 years 3 months 10 days | en | 831.8125
        dua tahun tiga bulan | id | 821.8125
        два года и три месяца | ru | 821.8125
        шестьдесят месяцев | ru | 1826.25
        """
        value = only(text, language)
        assert (value.kind, value.low) == ("duration", pytest.approx(days))


class TestDates:
    """In every usual spelling."""

    @table("text, language")
    def test_days(self, text: str, language: str) -> None:
        """
        19 June 2025 | en
        June 19th, 2025 | en
        2025-06-19 | en
        19/6/2025 | en
        19 Jun 2025 | en
        Kamis, 19 Juni 2025 | id
        19-06-2025 | id
        19 июня 2025 года | ru
        19.06.2025 | ru
        """
        value = only(text, language)
        assert date(value.year, value.month, value.day) == date(2025, 6, 19)


class TestWithoutAUnit:
    """A year before 1900."""

    def test_years(self) -> None:
        assert (only("first lit in 1874", "en").year, only("exactly 1790", "en").kind) == (1874, "number")


class TestCompared:
    """What may mean two values contradicts neither."""

    @pytest.mark.parametrize(("value", "comparison"), [(5, "unclear"), (5000, "same"), (6, "other")])
    def test_a_point_that_may_stand_before_decimals_makes_no_contradiction(self, value: int, comparison: str) -> None:
        """5.000 is five to some, and five thousand to others."""
        assert compare(only("5.000 programmes", "en"), Number(type="number", value=value)) == comparison

    @pytest.mark.parametrize(
        ("text", "fact", "comparison"),
        [
            ("two thousand", Number(type="number", value=2112), "unclear"),
            ("2,100", Number(type="number", value=2112), "unclear"),
            ("2,111", Number(type="number", value=2112), "other"),
            ("three", Number(type="number", value=3.2), "unclear"),
            ("3", Number(type="number", value=3.2), "unclear"),
            ("four", Number(type="number", value=3.2), "other"),
            ("ten", Number(type="number", value=6), "other"),
            ("67%", Percent(type="percent", value=67.4), "unclear"),
            ("23%", Percent(type="percent", value=22.5), "unclear"),
            ("1", Number(type="number", value=0.5), "other"),
            ("€2.00", Money(type="money", amount=1.85, currency="EUR", sources=[]), "unclear"),
            ("€1.85", Money(type="money", amount=1.85, currency="EUR", sources=[]), "same"),
            ("70%", Percent(type="percent", value=67.4), "unclear"),
            ("66%", Percent(type="percent", value=67.4), "other"),
            ("2 billion euros", Money(type="money", amount=2.1e9, currency="EUR", sources=[]), "unclear"),
            ("3 billion euros", Money(type="money", amount=2.1e9, currency="EUR", sources=[]), "other"),
            ("€2–3 billion", Money(type="money", amount=2.1e9, currency="EUR", sources=[]), "unclear"),
        ],
    )
    def test_what_may_be_rounded_makes_no_contradiction(self, text: str, fact: Number, comparison: str) -> None:
        assert compare(only(text, "en"), fact) == comparison

    @table("text, comparison")
    def test_another_length_is_never_the_same(self, text: str, comparison: str) -> None:
        """However near: of one unit, and of two.

        150 days | same
        151 days | unclear
        149 days | unclear
        5 months | unclear
        160 days | other
        six months | other
        two to three months | unclear
        """
        assert compare(only(text, "en"), Duration(type="duration", days=150)) == comparison
        assert compare(only("60 months", "en"), Duration(type="duration", years=5)) == "same"
        assert compare(only("30 days", "en"), Duration(type="duration", months=1)) == "unclear"


@table("language, text")
def test_a_number_before_a_form_of_a_scale_that_no_list_has_is_not_read_without_it(language: str, text: str) -> None:
    """
    id | 4 ribuan
    id | empat ribuan
    ru | 4 тысячам
    tr | 5 milyonluk
    en | 3 thousandths
    """
    assert ValueReader(word_lists(language)).read(normal(text)) == []


def test_five_millionaires_are_five() -> None:
    assert [value.low for value in ValueReader(word_lists("en")).read("5 millionaires")] == [5]
