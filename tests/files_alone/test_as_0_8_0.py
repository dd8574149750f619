"""Files alone lead to the same messages, edits and answers as in 0.8.0, as it said when it was asked (``python -m tests.files_alone``)."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.databases import sqlite_url
from tests.files_alone.__main__ import RECORDED
from tests.files_alone.office import play

SEQUENCES = [json.loads(line) for line in RECORDED.read_text("utf-8").splitlines()]


def _marks(sequence: dict[str, Any]) -> list[pytest.MarkDecorator]:
    """The small dossiers are fast."""
    return [] if sequence["dossier"] in ("tiny", "moorbach-lido") else [pytest.mark.slow]


@pytest.mark.parametrize(
    "sequence", [pytest.param(each, id=f"{each['dossier']} {each['seed']}", marks=_marks(each)) for each in SEQUENCES]
)
async def test_readers_see_the_same(sequence: dict[str, Any], tmp_path: Path) -> None:
    assert await play(sequence["dossier"], sequence["steps"], sqlite_url(tmp_path)) == sequence["said"]
