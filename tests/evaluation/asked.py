"""The questions of the evaluation set, read from its files; README.md says what each key means."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

HALVES = ("develop", "report")
_HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Asked:
    """A question and what should become of it."""

    question: str
    language: str
    kind: str
    # Ids of topics; empty where declining is right.
    wanted: frozenset[str]
    # Whether all of ``wanted`` belong in the answer, rather than any one of them.
    every: bool


def asked(half: str) -> Iterator[Asked]:
    """Every question of a half: of one file, or of a folder with a file for each language; none where there is neither."""
    for file in sorted([*(_HERE / half).glob("*.jsonl"), *_HERE.glob(f"{half}.jsonl")]):
        for line in file.read_text(encoding="utf-8").splitlines():
            given = json.loads(line)
            if "note" in given:
                continue
            expected = given.get("expect_any", given.get("expect"))
            wanted = frozenset([expected] if isinstance(expected, str) else expected or [])
            every = len(wanted) > 1 and "expect_any" not in given
            yield Asked(given["q"], given["language"], given["kind"], wanted, every)
