"""Claims that take the dossiers' words and values to say what is not so, and claims that are so and deny something."""

from pathlib import Path

import pytest

from bot.dossier.models import Language
from bot.replies.answer import checker_for
from tests.conftest import CONTENT, loaded

_DOSSIERS = Path(__file__).parents[1] / "dossiers"

NOT_SO = {
    ("content", "en"): [
        "Russia pays 2 billion euros",
        "The joint fund of the two ministries is put at 2 billion euros",
        "RDIF alone puts 2 billion euros in the fund",
        "Russian internet costs 95,000 to 160,000 rubles a month",
        "Indonesians pay Rp95,000 to 160,000 a month for home internet",
        "92% of Russia's regions have fast affordable internet",
        "more than 95% of Russians have fast affordable internet",
        "Six ministries signed the memorandum",
        "The memorandum names six ministries",
        "six documents were exchanged that day",
        "four programmes were exchanged that day",
        "The declaration was exchanged on 19 June 2025 in Jakarta",
        "The memorandum was announced on 23 June 2025",
        "the first term ends on 19 June 2025",
        "300 Indonesians applied for scholarships",
        "Russia gives 100 scholarships to doctoral students",
        "Indonesia offers 300 scholarships to Russians",
        "the memorandum lasts five years longer",
        "the memorandum lasts five years less",
        "two of the six programmes have started",
        "all six programmes have started",
        "Only six programmes are free",
        "each programme lasts five years",
        "Meutya exchanged the memorandum with Putin on 19 June 2025",
        "Putin was absent when four documents were exchanged",
        "the 2 billion euro fund pays for six programmes",
        "In April 2025 home broadband in Russia cost Rp95,000 a month",
        "100 Mbps costs 4 dollars",
        "100 Mbps costs less than 4 dollars a day in Russia",
        "100 Mbps costs under 4 dollars in Indonesia",
        "97% of Russian households have high-speed internet",
        "The memorandum started five years ago",
        "five years after the memorandum Russia leaves",
    ],
    ("content", "id"): [
        "enam kementerian menandatangani MoU",
        "Rusia membayar 2 miliar euro untuk MoU ini",
        "MoU berlaku lima tahun lagi",
        "tiap program berlaku lima tahun",
        "MoU dipertukarkan 19 Juni 2025 di Jakarta",
        "100 beasiswa dari Rusia untuk Indonesia",
        "100 Mbps di Indonesia di bawah 4 dolar",
        "empat program dipertukarkan hari itu",
        "harga internet di Indonesia Rp95 ribu sampai 160 ribu per bulan",
    ],
    ("content", "ru"): [
        "шесть министерств подписали меморандум",
        "Россия платит 2 млрд евро по меморандуму",
        "меморандум действует ещё пять лет",
        "каждая программа рассчитана на пять лет",
        "меморандумом обменялись 19 июня 2025 года в Джакарте",
        "интернет в Индонезии стоит 95–160 тысяч рупий в месяц",
        "100 Мбит/с в Индонезии меньше чем за 4 доллара",
        "четырьмя программами обменялись в тот день",
        "93 % россиян имеют быстрый и недорогой интернет",
    ],
    ("lindhaven-allotments", "en"): [
        "a shed costs 96 euros a year",
        "a full plot costs 96 euros a month",
        "the deposit for a hen is 60 euros",
        "you may keep six cockerels",
        "sixty sheds are allowed",
        "a bonfire costs 60 euros",
        "water costs 18 euros a month",
        "the committee has nine gardeners",
        "everyone pays 40 percent less",
    ],
    ("tamaro-repair-act", "en"): [
        "buyers pay 1,500 dollars for each model",
        "shops pay 5,000 to 250,000 dollars",
        "phones must have parts for ten years",
        "large appliances must have parts for seven years",
        "the label costs 10 dollars",
        "workshops have 21 days for a repair",
        "the Board has 11 workshops",
        "the register costs 40 dollars a month",
        "the guarantee grows by two years",
        "a shop with the repair label pays 1,500 dollars per model",
        "parts must leave the warehouse within 10 weeks",
        "security updates must come for six months",
    ],
}
"""Dossier and language → claims with another subject, time, place, unit or role."""

SO = {
    ("content", "en"): [
        "The memorandum lasts no longer than ten years",
        "Home broadband in Russia costs less than Rp200,000 a month",
        "More than half of Russians have fast affordable internet",
        "More than three documents were exchanged that day",
        "the memorandum was exchanged in 2025",
        "at least four programmes are named in the memorandum",
        "Home broadband in Russia costs Rp100,000 a month",
        "In June 2025 four documents were exchanged",
        "the fund is put at more than a billion euros",
        "the memorandum does not last ten years",
        "Russia's digital minister was not in Jakarta",
        "the two countries did not sign in Jakarta",
        "the subcommittee has not met",
    ],
    ("content", "id"): [
        "MoU berlaku tidak sampai sepuluh tahun",
        "internet rumah di Rusia Rp100 ribu per bulan",
        "MoU itu bukan lima belas tahun",
        "anggarannya belum dipublikasikan",
    ],
    ("content", "ru"): [
        "меморандум действует меньше десяти лет",
        "интернет в России стоит 100 тысяч рупий в месяц",
        "меморандум не на десять лет",
        "бюджет не опубликован",
    ],
    ("lindhaven-allotments", "en"): [
        "a plot may have fewer than six hens",
        "you cannot sell what you grow",
        "there is no bonfire in winter",
        "the deposit is not 600 euros",
    ],
    ("tamaro-repair-act", "en"): [
        "spare parts for phones must be sold for at least five years",
        "buyers are not fined",
        "a part may cost 20 percent of a new device",
        "cars are not on the list",
        "furniture is not covered",
        "private repairers never pay fines",
        "the guarantee does not end with a repair elsewhere",
    ],
}
"""Dossier and language → claims that hold, mostly of limits, parts and denials."""


def decided(name: str, language: str, claims: list[str], outcome: str) -> list[str]:
    """The claims with the outcome."""
    checker = checker_for(loaded(CONTENT if name == "content" else _DOSSIERS / name))
    return [each for each in claims if checker.check(each, Language(language)).outcome == outcome]


@pytest.mark.parametrize(("name", "language"), NOT_SO)
def test_what_is_not_so_is_never_confirmed(name: str, language: str) -> None:
    assert decided(name, language, NOT_SO[name, language], "agrees") == []


@pytest.mark.parametrize(("name", "language"), SO)
def test_what_is_so_is_never_denied(name: str, language: str) -> None:
    assert decided(name, language, SO[name, language], "contradicts") == []
