"""What every command has: examples that work, JSON for programs, the same exit status, and a bar only in a terminal."""

import json
import os
import pty
import shlex
import shutil
import subprocess
import termios
from importlib import import_module
from pathlib import Path

import pytest

from bot import cli
from bot.cli import COMMANDS
from bot.db.migrations import CURRENT
from tests.cli.completion import completion
from tests.command import Run
from tests.conftest import TINY, Edit
from tests.databases import sqlite_url
from tests.fork_server import nota
from tests.tables import cases

REPORTS = {
    "ask": ["/fare"],
    "check": [],
    "deliveries": [],
    "doctor": [],
    "feeds": [],
    "pictures": [],
    "publish": [],
    "questions": [],
}
"""Commands that report, with what they need besides ``--json``."""


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The tiny dossier, a database, and a folder of its own."""
    monkeypatch.setenv("CONTENT_DIR", str(TINY))
    monkeypatch.setenv("DATABASE_URL", sqlite_url())
    monkeypatch.setenv("EMBEDDINGS", "off")
    monkeypatch.chdir(tmp_path)


class TestExamples:
    """``--help`` shows examples, and each is accepted."""

    def test_a_command_that_is_none(self, run: Run) -> None:
        for word, said in (("dockter", "did you mean 'doctor'?"), ("qqqq", "expected a command: run, ask")):
            assert f"no command '{word}': {said}" in run(word, status=2).err

    @pytest.mark.parametrize("name", COMMANDS)
    def test_are_accepted(self, name: str) -> None:
        examples = import_module(f"bot.cli.{name}").EXAMPLES
        assert examples
        for example in examples:
            words = shlex.split(example.partition("#")[0].rpartition("| ")[2].partition(" > ")[0])
            words = words[words.index("nota") + 1 :]
            assert words[0] == name
            assert cli._parser(words).parse_args(words).command == name

    @pytest.mark.parametrize("name", COMMANDS)
    def test_are_shown(self, name: str, run: Run) -> None:
        shown = run(name, "--help").out
        assert all(example in shown for example in import_module(f"bot.cli.{name}").EXAMPLES)


@pytest.mark.usefixtures("environment")
class TestJson:
    """``--json`` prints JSON and nothing else: one value, or one a line."""

    @pytest.mark.parametrize("name", REPORTS)
    def test_is_json(self, name: str, run: Run) -> None:
        shown = run(name, *REPORTS[name], "--json").out
        try:
            json.loads(shown)
        except ValueError:
            assert all(isinstance(json.loads(line), dict) for line in shown.splitlines())

    def test_a_problem_of_the_content(self, edit: Edit, folder: Path, run: Run) -> None:
        edit("topics/fare.yaml", "{fare}", "{fair}")
        first = json.loads(run("check", folder, "--json", status=1).lines[0])
        assert (first["path"], first["severity"]) == ("topics/fare.yaml", "error")
        assert first["line"] > 0

    def test_counts_of_an_import(self, tmp_path: Path, run: Run) -> None:
        run("backup", "export", "saved.jsonl")
        imported = run("backup", "import", "saved.jsonl", "--replace", "--json")
        assert json.loads(imported.out)["readers"] == 0
        assert "withdraw again what was withdrawn" in imported.err


@pytest.mark.usefixtures("environment")
class TestExitStatus:
    """0, 1 for an error, 2 for wrong arguments: `nota --help` says so."""

    def test_of_arguments(self, run: Run) -> None:
        run("ask", "--no-such-option", status=2)

    def test_of_an_error(self, run: Run) -> None:
        assert "no bulletin 'none'" in run("deliveries", "none", status=1).err

    def test_is_documented(self) -> None:
        for status in ("  0 ", "  1 ", "  2 ", "  130 "):
            assert status in cli.EXIT_STATUS


class TestBars:
    """Long work shows how far it is, but only in a terminal."""

    WORDS = ("backup", "import", "-", "--replace")

    def run(self, stderr: int) -> "subprocess.CompletedProcess[bytes]":
        """An import of a thousand readers, with that standard error."""
        reader = {"platform": "telegram", "thread": "0", "kind": "private", "title": "", "first_seen": 0.0}
        rows = [json.dumps({"readers": {"id": i, "chat": str(i), **reader}}) for i in range(1, 1001)]
        head = json.dumps({"nota": CURRENT, "tables": ["readers"], "rows": {"readers": 1000}})
        given = {"PATH": os.environ["PATH"], "PYTHONPATH": str(TINY.parents[2]), "DATABASE_URL": sqlite_url()}
        data = "\n".join([head, *rows]).encode()
        return subprocess.run(
            nota(*self.WORDS), env=given, input=data, stdout=subprocess.PIPE, stderr=stderr, check=True
        )

    def test_in_a_terminal(self) -> None:
        ours, theirs = pty.openpty()
        termios.tcsetwinsize(theirs, (24, 80))
        done = self.run(theirs)
        os.close(theirs)
        shown = os.read(ours, 100_000).decode()
        os.close(ours)
        assert "/1000" in shown
        assert done.stdout == b"readers: 1000\n"

    def test_not_in_a_pipe(self) -> None:
        done = self.run(subprocess.PIPE)
        assert b"rows" not in done.stderr.replace(b"waiting deliveries", b"")
        assert done.stdout == b"readers: 1000\n"


class TestCompletion:
    """docs/nota.bash completes what the parser knows."""

    FILE = Path(__file__).parents[2] / "docs/nota.bash"

    def test_is_of_this_release(self) -> None:
        """`python -m tests.cli.completion > docs/nota.bash` writes it."""
        assert self.FILE.read_text("utf-8") == completion()

    @pytest.mark.skipif(not shutil.which("bash"), reason="bash is not installed")
    @cases("typed, offered")
    def test_bash_reads_it(self, typed: str, offered: str) -> None:
        """
        nota de            | deliveries
        nota deliveries --s | --start --stop
        nota backup v      | verify
        nota nonsense -    | ""
        """
        words = typed.split()
        script = f". {self.FILE}; COMP_WORDS=({typed}); COMP_CWORD={len(words) - 1}; _nota; echo ${{COMPREPLY[@]}}"
        done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True)
        assert done.stdout.split() == offered.split()
