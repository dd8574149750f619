"""Mistakes that a press office makes in its files, each with what ``nota check`` prints of it: none is silent.

An editor-in-chief made them in a dossier of this kind, "La línea 4 del tranvía", in Spanish and English. They are listed in
``silent_mistakes.txt``.
"""

from pathlib import Path
from shutil import copytree

import pytest

from tests.dossier.conftest import all_diagnostics_of
from tests.dossier.test_diagnostics import apply, cases

TRAM = Path(__file__).parent / "tram"
RUNS = "La línea une el puerto con el hospital y pasa por el mercado."


@pytest.fixture
def tram(tmp_path: Path) -> Path:
    return Path(copytree(TRAM, tmp_path / "content"))


def test_none_of_them(tram: Path) -> None:
    """An e-mail address is a contact as well."""
    assert all_diagnostics_of(tram) == []
    apply(tram, "dossier.yaml: https://alba.example/prensa => prensa@alba.example")
    assert all_diagnostics_of(tram) == []


@pytest.mark.parametrize(("edits", "expected"), list(cases(Path(__file__).parent / "silent_mistakes.txt")))
def test_a_mistake_is_named(tram: Path, edits: list[str], expected: list[str]) -> None:
    """With its place and what to do."""
    for edit in edits:
        apply(tram, edit)
    assert set(expected) <= set(all_diagnostics_of(tram))


def test_a_text_that_is_too_long(tram: Path) -> None:
    apply(tram, f"topics/route.yaml: {RUNS} => {' '.join([RUNS] * 80)}")
    line = "topics/route.yaml:11: the reply in 'es': 5065 characters on Telegram, expected at most 4096"
    assert line in all_diagnostics_of(tram)
