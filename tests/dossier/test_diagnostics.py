"""What ``nota check`` says of an editor's mistakes: ``diagnostics.txt`` has the edits and the diagnostics."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.dossier.conftest import all_diagnostics_of, diagnostics_of

CASES = Path(__file__).parent / "diagnostics.txt"
EDIT = re.compile(r"(\S+?)(?:: (.*) =>| :=) ?(.*)")


def cases(file: Path = CASES) -> Iterator[object]:
    """Edits and the expected diagnostics of each block of the file that has a title."""
    for block in file.read_text("utf-8").split("\n\n")[1:]:
        title, *lines = block.splitlines()
        if lines:
            edits = [line for line in lines if not line.startswith("    ")]
            expected = [line[4:] for line in lines if line.startswith("    ")]
            yield pytest.param(edits, expected, id=title.removeprefix("# "))


def apply(folder: Path, edit: str) -> None:
    found = EDIT.fullmatch(edit)
    assert found is not None, edit
    name, old, new = (part and part.replace("⏎", "\n") for part in found.groups())
    file = folder / name
    file.parent.mkdir(exist_ok=True)
    if old is not None:
        text = file.read_text("utf-8")
        assert old in text, edit
        new = text.replace(old, new, 1)
    file.write_text(new, "utf-8")


@pytest.mark.parametrize(("edits", "expected"), list(cases()))
def test_diagnostics(folder: Path, edits: list[str], expected: list[str]) -> None:
    """All of them, each with its line and the fix, and none that only follows from another."""
    for edit in edits:
        apply(folder, edit)
    assert all_diagnostics_of(folder) == expected


@pytest.mark.parametrize("word", ["срок", "期限", "अवधि", "ค่าใช้จ่าย", "größe"])
def test_command_of_any_script(folder: Path, word: str) -> None:
    """To the dossier, which belongs to no platform; Telegram takes Latin letters only. Vowel signs and tones belong to a word."""
    apply(folder, f"topics/fare.yaml: emoji: => command: {word}⏎emoji:")
    assert diagnostics_of(folder) == []


def test_letter_that_is_typed_as_two_characters(folder: Path) -> None:
    """The fix is the same word as keyboards type it."""
    apply(folder, "topics/fare.yaml: emoji: => command: cafe\u0301⏎emoji:")
    assert diagnostics_of(folder)[0].endswith("expected 1–32 lower-case letters, digits or _, as in caf\u00e9")
