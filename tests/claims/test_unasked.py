"""What may be called false where nobody asked: nothing that is so, open, asked, or about something else."""

import json
from pathlib import Path

import pytest

from bot.dossier.models import Dossier, Language
from bot.replies.answer import Asked
from tests.conftest import TODAY, shipped
from tests.tables import table

SETS = Path(__file__).parent.parent / "evaluation" / "claims"


@pytest.fixture(scope="module")
def dossier() -> Dossier:
    return shipped()


def is_called_false(dossier: Dossier, text: str, language: str) -> bool:
    return Asked(dossier, Language(language), TODAY).check(text).is_false_unasked


@pytest.mark.parametrize("name", ["develop", "earlier", "third", "fourth", "fifth", "seventh"])
def test_no_claim_that_is_so_or_open(dossier: Dossier, name: str) -> None:
    rows = [json.loads(line) for line in (SETS / f"{name}.jsonl").read_text().splitlines()]
    others = [row for row in rows if row["expect"] != "contradicts"]
    assert len(others) > 50
    assert [row["claim"] for row in others if is_called_false(dossier, row["claim"], row["language"])] == []


@table("text, language, expected")
def test_examples(dossier: Dossier, text: str, language: str, expected: bool) -> None:
    """
    The memorandum lasts ten years | en | true
    Attention!!! The memorandum lasts ten years. Forward this to everyone | en | true
    Breaking news: MoU berlaku sepuluh tahun. Viralkan | id | true
    Переслано: Меморандум действует десять лет | ru | true
    It lasts ten years | en | false
    Berlaku sepuluh tahun | id | false
    Is it true that the memorandum lasts ten years? | en | false
    They say the memorandum lasts ten years | en | false
    Katanya MoU berlaku sepuluh tahun | id | false
    Говорят, меморандум действует десять лет | ru | false
    The memorandum lasts ten years. Just kidding. | en | false
    If the memorandum lasts ten years, fine | en | false
    The memorandum lasts five years | en | false
    "Yeah right, the memorandum lasts ten years 😂" | en | false
    """
    assert is_called_false(dossier, text, language) is expected
