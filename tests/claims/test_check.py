"""What is not so is never confirmed, and what is so is never denied."""

from dataclasses import replace
from datetime import date
from pathlib import Path
from time import thread_time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.dossier.models import Claim, ClaimId, Dossier, Language
from bot.replies.answer import checker_for
from bot.replies.formatting import day
from tests.conftest import CONTENT, TODAY, loaded
from tests.evaluation.claims import MOST_FALSE_CONTRADICTIONS, SETS, ClaimSet, claim_cases, share

LINDHAVEN = CONTENT.parent / "tests" / "dossiers" / "lindhaven-allotments"

_MOST_MS = 15.0
"""Of a processor's time for one claim, three times what it takes."""


def _loaded(folder: Path) -> Dossier:
    dossier = loaded(folder)
    checker_for(dossier)
    return dossier


@pytest.fixture(scope="module")
def dossier() -> Dossier:
    return _loaded(CONTENT)


@pytest.fixture(scope="module")
def lindhaven() -> Dossier:
    return _loaded(LINDHAVEN)


@pytest.fixture(scope="module")
def reviewed(dossier: Dossier) -> Dossier:
    """The same with a claim that an editor reviewed."""
    claim = Claim(
        id=ClaimId("annex"),
        says={Language("en"): ["the memorandum has a secret annex"]},
        verdict="false",
        because=dict.fromkeys(dossier.languages, "No source mentions one."),
        date=TODAY,
    )
    return replace(dossier, claims={claim.id: claim})


def outcome(dossier: Dossier, text: str, language: str = "en") -> str:
    return checker_for(dossier).check(text, Language(language)).outcome


LEAST = {
    "second": (0.25, 0.45),
    "third": (0.0, 0.3),
    "fifth": (0.3, 0.35),
    "orra-lighthouse-museum": (0.0, 0.0),
    "orra-second": (0.2, 0.25),
    "orra-third": (0.35, 0.2),
}
"""The sets that paraphrase strongly → the shares of the true claims confirmed and of the false ones contradicted."""


QUICK_SET_FIRST = [
    each if each.name == "develop" else pytest.param(each, marks=pytest.mark.slow) for each in SETS if not each.blind
]


class TestEvaluation:
    """The sets that may be read."""

    @pytest.mark.parametrize("chosen", QUICK_SET_FIRST, ids=lambda each: each.name)
    def test_precise_first(self, chosen: ClaimSet) -> None:
        """Nothing is falsely confirmed; at most 1 % is falsely denied; about half of the rest is decided, less where words differ."""
        found = list(claim_cases(chosen))
        assert [each.text for each in found if each.outcome == "agrees" != each.expected] == []
        false = [each.text for each in found if each.outcome == "contradicts" != each.expected]
        assert len(false) <= MOST_FALSE_CONTRADICTIONS * len(found)
        confirmed, denied = LEAST.get(chosen.name, (0.45, 0.45))
        assert share(found, "agrees", "agrees") >= confirmed
        assert share(found, "contradicts", "contradicts") >= denied


class TestHostile:
    """Every word is known, and the whole is not so."""

    @pytest.mark.parametrize(
        ("language", "text"),
        [
            ("en", "92% of Indonesians have fast, affordable internet, says Komdigi"),
            ("en", "Indonesians pay 6 to 10 dollars a month"),
            ("en", "The memorandum will be renewed automatically after five years"),
            ("en", "after 5 years the memorandum ends for good"),
            ("en", "97% of households in Russia have high-speed internet"),
            ("en", "Putin and Prabowo signed it on 19 June 2025"),
            ("en", "The memorandum took effect on 19 June 2025"),
            ("en", "The memorandum was cancelled on 19 June 2025"),
            ("en", "Nothing was exchanged on 19 June 2025"),
            ("en", "six programmes have budgets"),
            ("en", "Six programmes, five years and a Russian data centre in Batam."),
            ("en", "I doubt that it lasts five years"),
            ("en", "It is false that Komdigi says home broadband in Russian submarines costs 500,000 rupiah a month"),
            ("en", "That the fund of Danantara and RDIF for tanks is worth 9 billion euros is a hoax"),
            ("en", "It's a myth that it runs five years"),
            ("en", "Kamis exchanged the memorandum on Monday, 19 June 2025"),
            ("en", "Danantara's fund pays 2 billion euros for the memorandum"),
            ("en", "Komdigi says home broadband in Russia costs 6 to 10 dollars a month"),
            ("en", "The memorandum lasts between five and ten years"),
            ("en", "The trade agreement lasts five years"),
            ("en", "the first term ends on 19 June 2025"),
            ("id", "MoU berlaku lima tahun lagi"),
            ("ru", "меморандум действует ещё пять лет"),
            ("en", "Nezar announced the memorandum in Jakarta on 15 April 2025"),
            ("en", "the memorandum took place in Jakarta on 15 April 2025"),
            ("id", "MoU digital disepakati di Jakarta 15 April 2025"),
            ("en", "India's memorandum with Russia lasts five years"),
            ("en", "Four documents were exchanged on 19 June 2025 in Moscow"),
            ("en", "The memorandum's sixth programme lasts five years"),
            ("en", "Home broadband in Russia costs Rp95,000 to 160,000 a day"),
            ("en", "The memorandum does not last five years"),
            ("en", "Nothing in the memorandum lasts five years"),
            ("id", "92 persen penduduk Indonesia punya internet cepat dan murah"),
            ("id", "Menurut Mintsifry, 92 persen penduduk Rusia punya internet cepat dan murah"),
            ("id", "internet rumah di Indonesia 95 ribu - 160 ribu per bulan kata Komdigi"),
            ("ru", "По данным Минцифры, быстрый и недорогой интернет есть у 92 % населения России"),
            ("ru", "домашний интернет в Индонезии стоит 95–160 тысяч рупий в месяц"),
            ("id", "MoU otomatis diperpanjang setelah 5 tahun"),
            ("id", "enam program punya anggaran"),
            ("id", "4000 beasiswa untuk 300 pelamar"),
            ("ru", "Меморандум продлят автоматически через пять лет"),
            ("ru", "у шести программ есть бюджет"),
            ("ru", "Путин подписал меморандум 19 июня 2025 года"),
        ],
    )
    def test_is_not_confirmed(self, dossier: Dossier, language: str, text: str) -> None:
        assert outcome(dossier, text, language) != "agrees"

    @pytest.mark.parametrize(
        "text",
        [
            "a half plot costs 96 euros a year",
            "the deposit is 60 euros a year",
            "The committee has nine members, all elected by the gardeners",
            "applications close on 11 January 2027",
            "64 raised beds at one site",
            "40% discount for everyone",
            "six cockerels are allowed",
        ],
    )
    def test_nor_in_another_dossier(self, lindhaven: Dossier, text: str) -> None:
        assert outcome(lindhaven, text) != "agrees"


class TestTrue:
    """What the dossier says in other words is not denied."""

    @pytest.mark.parametrize(
        "text",
        [
            "The 2 billion euro fund does not come under the memorandum",
            "No participants have been published",
            "nezar patria and andrey zarenin met in jakarta on 15 apr 2025",
            "Home broadband in Russia costs not more than Rp160,000 a month",
        ],
    )
    def test_is_not_denied(self, dossier: Dossier, text: str) -> None:
        assert outcome(dossier, text) != "contradicts"


class TestTalk:
    """Where the matcher is sure of the topic, words that nothing explains are talk, unless they may change what is claimed."""

    @pytest.mark.parametrize(
        ("language", "text"),
        [
            ("en", "Danantara's boss tweeted that the joint fund is a whopping 20 billion euros"),
            ("id", "Rusia katanya cuma kasih 40 beasiswa pemerintah buat anak Indonesia, sedih"),
            ("ru", "Прикиньте, быстрый и недорогой интернет есть лишь у 40% населения России"),
            ("en", "the digital documents were exchanged with flags everywhere at a ceremony in Moscow on 19 June"),
        ],
    )
    def test_is_contradicted(self, dossier: Dossier, language: str, text: str) -> None:
        assert outcome(dossier, text, language) == "contradicts"

    @pytest.mark.parametrize(
        ("language", "text"),
        [
            ("en", "applications for the Russian state scholarships close on 1 March"),
            ("en", "the six programmes come with a budget of 50 million dollars"),
            ("en", "either side can walk out on 180 days' notice"),
            ("id", "Dana dua miliar euro Danantara dan RDIF itu diatur di dalam MoU digital juga"),
            ("en", "the joint fund of Danantara and RDIF once stood at 2 billion euros for each country"),
            ("id", "Menurut APJII rata-rata tagihan internet rumah di Indonesia Rp350 ribu"),
            ("ru", "быстрый интернет сейчас есть у 99% населения России"),
        ],
    )
    def test_stays_open(self, dossier: Dossier, language: str, text: str) -> None:
        assert outcome(dossier, text, language) == "unknown"


class TestOddEnds:
    """A message that ends with a negation, or holds nothing else, is read like any other."""

    @pytest.mark.parametrize(
        ("language", "text"),
        [
            ("id", "abis 5 thn lanjut ga"),
            ("id", "5 tahun, tidak"),
            ("en", "five years, not"),
            ("ru", "пять лет не"),
            ("en", "not"),
            ("ru", "нет 5"),
        ],
    )
    def test_is_not_confirmed(self, dossier: Dossier, language: str, text: str) -> None:
        assert outcome(dossier, text, language) != "agrees"


class TestQuestions:
    """A plain question claims nothing."""

    @pytest.mark.parametrize(
        ("language", "text"),
        [
            ("en", "how long does it last?"),
            ("en", "give me a summary of the deal please"),
            ("en", "so does anyone have to lift a finger to extend it"),
            ("en", "i wonder what the whole thing is good for"),
            ("en", "gimme the six programmes"),
            ("id", "berapa lama berlakunya"),
            ("id", "jangkauan sinyal di rusia seberapa bagus"),
            ("id", "program kerjanya ngapain aja itu"),
            ("id", "di sana sudah ada 5G atau belum ya"),
            ("ru", "почём там домашний интернет в рублях"),
            ("ru", "все пункты совместной работы скиньте"),
            ("ru", "в каком городе это было и какого числа"),
        ],
    )
    def test_claims_nothing(self, dossier: Dossier, language: str, text: str) -> None:
        assert not checker_for(dossier).check(text, Language(language)).is_claim

    @pytest.mark.parametrize(
        ("language", "text"),
        [
            ("en", "Maksut Shadayev was Russia's digital minister when the memorandum was exchanged."),
            ("ru", "Комдиги говорит, что быстрый и недорогой интернет есть у 62 % россиян"),
            ("id", "Katanya mou digital rusia cuma 2 tahun"),
        ],
    )
    def test_a_claim_does(self, dossier: Dossier, language: str, text: str) -> None:
        assert checker_for(dossier).check(text, Language(language)).is_claim


class TestQuoted:
    """What is quoted to be corrected is not claimed."""

    @pytest.mark.parametrize(
        ("language", "text", "expected"),
        [
            ("en", "People keep saying five years; no, the memorandum runs for twelve.", "contradicts"),
            ("en", "They say the memo has six programmes. Wrong, it's sixteen.", "contradicts"),
            ("en", "no, the memo isn't for ten years", "agrees"),
            ("id", "Katanya cuma lima program di nota itu, padahal enam.", "agrees"),
            ("id", "Program di nota digital bukan enam melainkan tujuh.", "contradicts"),
            ("ru", "Говорят, программ в меморандуме пять. Нет, шесть.", "agrees"),
            ("ru", "Пишут о шести программах, но их в меморандуме на самом деле девять.", "contradicts"),
        ],
    )
    def test_the_correction_counts(self, dossier: Dossier, language: str, text: str, expected: str) -> None:
        assert outcome(dossier, text, language) == expected

    @pytest.mark.parametrize(
        ("language", "text", "outcome"),
        [
            ("en", "The joint fund of Danantara and RDIF is worth 2 billion dollars. Wrong. Danantara's head said 2 billion euros.", "agrees"),
            ("en", "The memorandum lasts ten years. False!", "agrees"),
            ("en", "The memorandum lasts five years. Not true.", "contradicts"),
            ("en", "That the memorandum lasts ten years is a hoax", "agrees"),
            ("id", "Yang bilang MoU digital berlaku sepuluh tahun itu ngawur.", "agrees"),
            ("ru", "Меморандум действует десять лет — это неправда", "agrees"),
        ],
    )  # fmt: skip
    def test_called_wrong_afterwards(self, dossier: Dossier, language: str, text: str, outcome: str) -> None:
        """By a sentence that says nothing else, or at the end of its own."""
        assert checker_for(dossier).check(text, Language(language)).outcome == outcome

    @pytest.mark.parametrize(
        ("language", "text"),
        [
            ("en", "The memorandum lasts ten years. In fact!"),
            ("en", "The memorandum lasts ten years. Actually."),
            ("en", "Nobody says that the memorandum lasts ten years is wrong"),
            ("en", "It is not true that the memorandum lasts ten years is a hoax"),
            ("id", "MoU digital berlaku sepuluh tahun, bukan hoaks"),
            ("id", "MoU digital berlaku sepuluh tahun itu bukan hoaks"),
            ("id", "MoU digital berlaku sepuluh tahun. Faktanya!"),
            ("ru", "меморандум действует десять лет. На самом деле!"),
            ("ru", "меморандум действует десять лет, и это не фейк"),
        ],
    )
    def test_not_called_wrong(self, dossier: Dossier, language: str, text: str) -> None:
        """What affirms or denies twice is no denial, so what is false is not confirmed by it."""
        assert outcome(dossier, text, language) != "agrees"


class TestProperties:
    """For any value."""

    @settings(max_examples=60, deadline=None)
    @given(years=st.integers(1, 99).filter(lambda years: years != 5), language=st.sampled_from(["en", "id", "ru"]))
    def test_another_duration_is_never_confirmed(self, dossier: Dossier, years: int, language: str) -> None:
        text = {"en": "the memorandum lasts {} years", "id": "MoU berlaku {} tahun", "ru": "срок меморандума {} лет"}
        assert outcome(dossier, text[language].format(years), language) != "agrees"

    @settings(max_examples=60, deadline=None)
    @given(when=st.dates(date(2020, 1, 1), date(2030, 1, 1)), language=st.sampled_from(["en", "id", "ru"]))
    def test_another_day_is_never_confirmed(self, dossier: Dossier, when: date, language: str) -> None:
        text = {
            "en": "the memorandum was exchanged on {}",
            "id": "MoU dipertukarkan pada {}",
            "ru": "меморандумом обменялись {}",
        }
        found = outcome(dossier, text[language].format(day(when, language)), language)
        assert (found == "agrees") == (when == date(2025, 6, 19))

    @settings(max_examples=60, deadline=None)
    @given(low=st.integers(1, 900), more=st.integers(0, 900))
    def test_another_price_is_never_confirmed(self, dossier: Dossier, low: int, more: int) -> None:
        found = outcome(dossier, f"home broadband in Russia costs Rp{low},000 to {low + more},000 a month")
        assert found != "agrees" or (low, low + more) == (95, 160)

    @pytest.mark.parametrize(
        "term", ["5 years", "five years", "60 months", "sixty months", "half a decade", "1,826 days", "5 yrs"]
    )
    def test_the_same_value_in_other_words_is_never_denied(self, dossier: Dossier, term: str) -> None:
        assert outcome(dossier, f"the memorandum lasts {term}") == "agrees"


class TestDisputed:
    """Where a fact has a note, or its statement says that reports differ."""

    @pytest.mark.parametrize("text", ["average wait for a plot is two years", "Lindhaven has exactly 1,840 plots."])
    def test_reports_differ(self, lindhaven: Dossier, text: str) -> None:
        check = checker_for(lindhaven).check(text, Language("en"))
        assert check.outcome == "unknown"
        assert check.judgements[0].is_disputed


class TestReviewed:
    """What an editor reviewed comes first."""

    @pytest.mark.parametrize(
        "text", ["the memorandum has a secret annex", "Is it true that the memo has a secret annex?"]
    )
    def test_in_nearly_the_same_words(self, reviewed: Dossier, text: str) -> None:
        check = checker_for(reviewed).check(text, Language("en"))
        assert check.reviewed is not None
        assert check.outcome == "contradicts"

    @pytest.mark.parametrize("text", ["the memorandum has no secret annex", "the memorandum has two secret annexes"])
    def test_not_its_denial_or_another_number(self, reviewed: Dossier, text: str) -> None:
        assert checker_for(reviewed).check(text, Language("en")).reviewed is None


class TestSpeed:
    """A claim costs no more than a question."""

    @pytest.mark.parametrize("language", ["en", "id", "ru"])
    def test_a_few_milliseconds(self, dossier: Dossier, language: str) -> None:
        claims = {
            "en": "The digital memorandum was exchanged on July 19, 2025 in St. Petersburg.",
            "id": "92 persen penduduk rusia internetnya cepat & murah, klaim komdigi",
            "ru": "около 4 тыс заявок из индонезии на 300 стипендий, сказал посол толченов",
        }
        taken = []
        for _ in range(5):
            began = thread_time()
            outcome(dossier, claims[language], language)
            taken.append((thread_time() - began) * 1e3)
        assert min(taken) < _MOST_MS
