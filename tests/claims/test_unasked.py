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


def test_forwards(dossier: Dossier) -> None:
    """What people forward, with the calls that stand around it: of 100 declared sentences with another value two in three; nothing else."""
    rows = [json.loads(line) for line in (SETS / "forwards.jsonl").read_text().splitlines()]
    asked = [row for row in rows if row["language"] in dossier.languages and "?" not in row["text"]]
    called = [row for row in asked if is_called_false(dossier, row["text"], row["language"])]
    assert [row["text"] for row in called if row["kind"] != "line"] == []
    assert len(called) >= 66


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
    Repost from the family group 👇👇 the memorandum lasts ten years, please share with all your friends | en | true
    Dari grup sebelah: MoU berlaku sepuluh tahun 😱 tolong sebarkan | id | true
    Из соседней группы: меморандум действует десять лет, перешлите друзьям | ru | true
    False news from the group: the memorandum lasts ten years | en | false
    Not from the group: the memorandum lasts ten years | en | false
    For all students, the memorandum lasts ten years | en | false
    Hi all: nobody says the memorandum lasts ten years | en | false
    The memorandum lasts ten years 🙏 not | en | false
    The memorandum 🙏 lasts ten years | en | false
    Kata grup sebelah: MoU berlaku sepuluh tahun | id | false
    Hoaks dari grup sebelah: MoU berlaku sepuluh tahun | id | false
    Говорят в чате: меморандум действует десять лет | ru | false
    Фейк из чата: меморандум действует десять лет | ru | false
    """
    assert is_called_false(dossier, text, language) is expected
