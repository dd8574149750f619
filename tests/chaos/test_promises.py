"""The model of :mod:`tests.model` for longer than in ``make test``, on both databases, and whether it finds known faults."""

import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import Phase

from tests.databases import PostgreSQL
from tests.model.__main__ import MENDS, NAMED
from tests.model.test_promises import copies_of, hold, migrated

pytestmark = pytest.mark.chaos


def test_promises_hold_on_sqlite_for_long(tmp_path: Path) -> None:
    """New examples in each run; a failing one is printed as it was drawn, so that it can be repeated."""
    counts: Counter[str] = Counter()
    hold(
        copies_of(migrated(tmp_path / "template.sqlite3")),
        counts,
        max_examples=150,
        stateful_step_count=40,
        phases=[
            Phase.generate
        ],  # a shorter one is searched for until the test's time is over, and then none is printed
    )
    print(f"held in {counts['examples']} examples, {counts['steps']} steps")


@pytest.mark.postgres
def test_promises_hold_on_postgresql(postgresql: PostgreSQL) -> None:
    counts: Counter[str] = Counter()
    hold(postgresql.database, counts, has_sockets=True, max_examples=40, stateful_step_count=30)
    print(f"held in {counts['examples']} examples, {counts['steps']} steps")


@pytest.mark.parametrize("fault", [*MENDS, *NAMED])
def test_it_finds_a_fault_whose_mend_is_taken_back(fault: str) -> None:
    run = subprocess.run(
        [sys.executable, "-m", "tests.model", "--without", fault],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
    )
    first = (run.stdout or run.stderr).partition("\n")[0]
    print(f"{fault}: {first}")
    assert run.returncode == 1, run.stderr
    assert first.startswith("broken in "), run.stderr
