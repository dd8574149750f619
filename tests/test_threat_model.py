"""docs/threat-model.md promises nothing without a test that is there."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
NAMED = sorted(set(re.findall(r"`(tests/[\w/]+\.py)(?:::(\w+))?`", (ROOT / "docs/threat-model.md").read_text("utf-8"))))


@pytest.mark.parametrize(("file", "test"), NAMED, ids=[f"{file}::{test}" for file, test in NAMED])
def test_is_there(file: str, test: str) -> None:
    """By its name."""
    text = (ROOT / file).read_text(encoding="utf-8")
    assert not test or f"def {test}(" in text


def test_every_line_has_one() -> None:
    """Of the table's."""
    lines = [line for line in (ROOT / "docs/threat-model.md").read_text("utf-8").splitlines() if line.startswith("|")]
    assert len(lines) > 15
    assert all("`tests/" in line for line in lines[2:])
