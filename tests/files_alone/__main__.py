"""``python -m tests.files_alone``: this release and 0.8.0 get the same files, one tree after the other; do readers see the same?

Where they do not, a rule of content names why: files that were imported before (5), a withdrawal that they lack (7), a bulletin with another
name (8); what follows in that sequence is not compared. Any other difference is printed. ``--write`` keeps what was the same for the tests.
"""

import argparse
import asyncio
import difflib
import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

import structlog

from tests.app.test_rolling import code_of, commit_of
from tests.databases import sqlite_url
from tests.files_alone import office
from tests.files_alone.trees import Author

RECORDED = Path(__file__).parent / "recorded.jsonl"


def said_by_0_8_0(sequences: list[dict[str, Any]], folder: Path) -> list[list[office.Said]]:
    """What its own code says."""
    environment = os.environ | {"PYTHONPATH": str(code_of(commit_of("0.8.0"), folder))}
    lines = "".join(json.dumps(each) + "\n" for each in sequences)
    command = [sys.executable, office.__file__]
    run = subprocess.run(command, env=environment, input=lines, text=True, stdout=subprocess.PIPE, check=True)
    return [json.loads(line) for line in run.stdout.splitlines()]


def compared(sequence: dict[str, Any], theirs: list[office.Said], ours: list[office.Said]) -> tuple[int, int, str]:
    """How many steps are the same, the rule by which the next one is not (0: none), and how it differs."""
    for number, (his, own) in enumerate(zip(theirs, ours, strict=True)):
        if his != own:
            rule = next((each["rule"] for each in sequence["steps"][number::-1] if each["rule"]), 0)
            sides = (json.dumps(each, indent=0, ensure_ascii=False).splitlines() for each in (his, own))
            return number, rule, "\n".join(difflib.unified_diff(*sides, "0.8.0", "ours", n=0, lineterm=""))
    return len(ours), 0, ""


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.files_alone", description=__doc__)
    parser.add_argument("--seed", type=int, default=0, help="of the first sequence of each dossier")
    parser.add_argument("--sequences", type=int, default=3, help="of each dossier")
    parser.add_argument("--dossier", help="this one alone")
    parser.add_argument("--write", action="store_true", help=f"into {RECORDED.name}")
    given = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    names = [given.dossier] if given.dossier else sorted(each.name for each in office.DOSSIERS.iterdir())
    seeds = range(given.seed, given.seed + given.sequences)
    sequences = [
        {"dossier": name, "seed": seed, "steps": Author(name, seed).steps()} for name in names for seed in seeds
    ]
    with tempfile.TemporaryDirectory() as folder:
        said = said_by_0_8_0(sequences, Path(folder))
    rules, same, kept, broken = Counter[int](), 0, list[str](), 0
    for sequence, theirs in zip(sequences, said, strict=True):
        ours = asyncio.run(office.play(sequence["dossier"], sequence["steps"], sqlite_url()))
        number, rule, difference = compared(sequence, theirs, ours)
        rules[rule] += 1
        same += number
        if difference and not rule:
            broken += 1
            step = {name: each for name, each in sequence["steps"][number].items() if name != "files"}
            print(f"{sequence['dossier']} {sequence['seed']}, step {number}: {step}\n{difference}")
        line = sequence | {"steps": sequence["steps"][:number], "said": theirs[:number]}
        kept.append(json.dumps(line, ensure_ascii=False) + "\n")
    print(f"{len(sequences)} sequences: {same} steps as 0.8.0; then otherwise by rule:", dict(sorted(rules.items())))
    if given.write and not broken:
        RECORDED.write_text("".join(kept), "utf-8")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
