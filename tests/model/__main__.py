"""``python -m tests.model``: runs the model's state machine for longer, or with the mend of a known fault taken back.

``--without unsubscribe`` shows that the machine finds that fault: it runs on a copy of the code in which the lines of
``mends.toml`` are as they were before the mend, and prints how many examples and steps it took.
"""

import argparse
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections import Counter
from contextlib import ExitStack
from pathlib import Path

from hypothesis import Phase

from tests.databases import DISK, running_postgresql
from tests.model.test_promises import PLATFORMS, copies_of, hold, migrated

ROOT = Path(__file__).parents[2]

_MENDS = tomllib.loads((Path(__file__).parent / "mends.toml").read_text("utf-8"))
NAMED: dict[str, str] = {name: mend["test"] for name, mend in _MENDS.items() if "test" in mend}
"""Mends of what the machine does not do → the test that fails if they are taken back."""
MENDS = [name for name in _MENDS if name not in NAMED]
"""Mends without which the machine must fail."""


def without(name: str) -> dict[str, str]:
    """Path → text of the files without the mend.

    Raises:
        ValueError: the text that a mend changes stands in its file not exactly once.
    """
    texts: dict[str, str] = {}
    for change in _MENDS[name]["changes"]:
        path, now = change["file"], change["now"]
        text = texts.get(path) or (ROOT / path).read_text("utf-8")
        if text.count(now) != 1:
            raise ValueError(f"{name}: {path} holds {text.count(now)} times, instead of once: {now.strip()}")
        texts[path] = text.replace(now, change["before"])
    return texts


def take_back(name: str, folder: Path) -> None:
    """Copies the code into the folder without the mend."""
    for part in ("bot", "tests", "content"):
        shutil.copytree(ROOT / part, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", folder)
    for path, text in without(name).items():
        (folder / path).write_text(text, "utf-8")


def _run_test(test: str, folder: str) -> int:
    """Runs a test on the databases that need no server."""
    words = ["-q", "-n", "0", "-p", "no:cacheprovider", "-m", "not chaos", "-k", "not postgresql", test]
    run = subprocess.run([sys.executable, "-m", "pytest", *words], cwd=folder, check=False, capture_output=True)
    print(f"broken in {test}" if run.returncode == 1 else run.stdout.decode(errors="replace"))
    return run.returncode


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.model", description=__doc__)
    parser.add_argument("--examples", type=int, default=300)
    parser.add_argument("--steps", type=int, default=30)
    parser.add_argument("--seed", type=int, help="of other examples than the usual ones")
    parser.add_argument("--platform", choices=PLATFORMS, help="this one alone")
    parser.add_argument("--postgresql", action="store_true", help="on a server of its own, instead of SQLite")
    parser.add_argument("--without", choices=[*MENDS, *NAMED])
    given = parser.parse_args()
    if given.without:
        with tempfile.TemporaryDirectory() as folder:
            take_back(given.without, Path(folder))
            if given.without in NAMED:
                return _run_test(NAMED[given.without], folder)
            more = ["--examples", str(given.examples), "--steps", str(given.steps)]
            more += ["--platform", given.platform] if given.platform else []
            return subprocess.run([sys.executable, "-m", "tests.model", *more], cwd=folder, check=False).returncode
    counts: Counter[str] = Counter()
    with ExitStack() as stack:
        if given.postgresql:
            database = stack.enter_context(running_postgresql()).database
        else:
            folder = stack.enter_context(tempfile.TemporaryDirectory(dir=DISK))
            database = copies_of(migrated(Path(folder) / "template.sqlite3"))
        try:
            hold(
                database,
                counts,
                has_sockets=given.postgresql,
                seed=given.seed,
                platforms=(given.platform,) if given.platform else PLATFORMS,
                max_examples=given.examples,
                stateful_step_count=given.steps,
                derandomize=True,
                phases=[Phase.generate],
            )
        except AssertionError as broken:
            print(
                f"broken in example {counts['examples']}, after {counts['steps']} steps: {broken}",
                *getattr(broken, "__notes__", ()),
                sep="\n",
            )
            return 1
    print(f"held in {counts['examples']} examples, {counts['steps']} steps")
    return 0


if __name__ == "__main__":
    sys.exit(main())
