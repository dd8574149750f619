"""Claims in scripts without spaces between words: values are read where they touch other signs, and the rest is compared sign by sign."""

from datetime import date
from itertools import combinations

import pytest
from pydantic import TypeAdapter

from bot.claims.check import Checker
from bot.claims.declared_check import check_declared
from bot.dossier.models import Claim, Dossier, Fact, FactId, Header, Language
from tests.tables import cases, table

JA, TH = Language("ja"), Language("th")

FACTS = {
    "term": {
        "type": "duration",
        "years": 5,
        "says": {"ja": ["{it}は{}間有効です", "{it}の期間は{}です"], "th": ["{it}มีอายุ {}"]},
    },
    "exchanged_on": {
        "type": "date",
        "value": date(2025, 6, 19),
        "says": {"ja": ["{it}は{}に交換されました"], "th": ["{it}แลกเปลี่ยนเมื่อวันที่ {}"]},
    },
    "programmes": {"type": "number", "value": 6, "says": {"ja": ["{it}には{}つの計画があります"]}},
    "fare": {
        "type": "money",
        "amount": 2000,
        "currency": "JPY",
        "of": {"ja": "料金", "th": "ค่าโดยสาร"},
        "says": {"ja": ["料金は{}です"]},
    },
}


@pytest.fixture(scope="module")
def dossier() -> Dossier:
    both = {"ja": "覚書", "th": "บันทึก"}
    texts = {"id": "ferry", "title": both, "summary": both, "names": {name: [it] for name, it in both.items()}}
    header = Header.model_validate(texts | {"languages": ["ja", "th"], "default_language": "ja"})
    facts = {FactId(n): TypeAdapter(Fact).validate_python({"sources": [], **fact}) for n, fact in FACTS.items()}
    fake = {"id": "fake", "verdict": "false", "because": both, "sources": [], "date": date(2026, 1, 1)}
    claim = Claim.model_validate(fake | {"says": {"ja": ["{it}は偽物です"]}})
    return Dossier(header, {}, facts, {}, {}, claims={claim.id: claim})


@pytest.fixture(scope="module")
def checker(dossier: Dossier) -> Checker:
    return Checker(dossier)


def test_declared_sentences_read_themselves(dossier: Dossier, checker: Checker) -> None:
    assert [*check_declared(dossier, lambda: checker)] == []


@table("text, language, verdict")
def test_verdict(checker: Checker, text: str, language: str, verdict: str) -> None:
    """
    覚書は5年間有効です。 | ja | agrees
    覚書は 5 年間 有効です | ja | agrees
    覚書は１０年間有効です！ | ja | contradicts
    「覚書は5年間有効です」 | ja | agrees
    覚書は2025年6月19日に交換されました | ja | agrees
    覚書は2025年6月20日に交換されました | ja | contradicts
    覚書には6つの計画があります。料金は2000円です。 | ja | agrees
    料金は3,000円です | ja | contradicts
    料金は¥2,000です | ja | agrees
    料金は2万円です | ja | unknown
    料金は-2000円です | ja | unknown
    料金は2000ユーロです | ja | unknown
    覚書は偽物です | ja | contradicts
    覚書は偽物ではないです | ja | unknown
    覚書は5年間有効ではないです | ja | unknown
    覚書は五年間有効です | ja | unknown
    覚書は5年半有効です | ja | unknown
    บันทึกมีอายุ 5 ปี | th | agrees
    บันทึกมีอายุ10ปี | th | contradicts
    บันทึกไม่มีอายุ 5 ปี | th | unknown
    """
    assert checker.check(text, Language(language)).verdict == verdict


def test_no_sign_may_be_added_left_out_or_exchanged(checker: Checker) -> None:
    said = "覚書の期間は5年です"
    signs = range(len(said))
    changed = [said[:at] + "不" + said[at:] for at in range(len(said) + 1)] + [
        said[:at] + said[at + 1 :] for at in signs
    ]
    for one, other in combinations(signs, 2):
        turned = [*said]
        turned[one], turned[other] = turned[other], turned[one]
        changed.append("".join(turned))
    assert [text for text in changed if text != said and checker.check(text, JA).is_settled] == []


def test_an_offer_has_the_claims_value(checker: Checker) -> None:
    [offer] = checker.near("あの覚書は10年間も有効なのです", JA)
    assert checker.check(offer.text, JA).verdict == "contradicts"


@cases("language, says, claim, verdict")
def test_signs_of_arabic_and_days_with_full_stops(language: str, says: str, claim: str, verdict: str) -> None:
    """
    ar | تم التوقيع في {} | تم التوقيع في 1 نوفمبر 2026؟ | agrees
    ar | تم التوقيع في {} | تم التوقيع في 2 نوفمبر 2026؟ | contradicts
    ar | تم التوقيع في {} | هل؟ تم التوقيع في 1 نوفمبر 2026 | unknown
    hu | aláírva {} | aláírva 2026. november 1. | agrees
    hu | aláírva {} | Aláírva 2026. november 2 | contradicts
    hu | aláírva {} | aláírva 2026. november 1. után | unknown
    """
    header = Header.model_validate(
        {
            "id": "f",
            "title": {language: "F"},
            "summary": {language: "F"},
            "languages": [language],
            "default_language": language,
        }
    )
    facts = {"signed": {"type": "date", "value": date(2026, 11, 1), "sources": [], "says": {language: [says]}}}
    fact = TypeAdapter(dict[FactId, Fact]).validate_python(facts)
    dossier = Dossier(header, {}, fact, {}, {})
    checker = Checker(dossier)
    assert [*check_declared(dossier, lambda: checker)] == []
    assert checker.check(claim, Language(language)).verdict == verdict
