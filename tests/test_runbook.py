"""docs/runbook.md, docs/operators.md and docs/alerts.yml, taken at their word: their commands run, their names exist."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from bot.cli import main
from bot.delivery import outcomes
from bot.metrics import Metrics
from tests.conftest import TINY
from tests.databases import sqlite_url
from tests.fork_server import nota

ROOT = Path(__file__).parents[1]
RUNBOOK = (ROOT / "docs/runbook.md").read_text("utf-8")
SECTIONS = dict(re.findall(r"^## (.+?)\n(.*?)(?=^## |\Z)", RUNBOOK, re.M | re.S))
WANTED = ["token", "database", "disk", "429", "clock", "second deployment", "bad bulletin", "Roll back"]
BULLETIN = next((TINY / "bulletins").glob("*.yaml")).stem


def commands(text: str) -> list[str]:
    """The lines of its ``sh`` blocks, without comments."""
    blocks = re.findall(r"^```sh\n(.*?)^```", text, re.M | re.S)
    return [line.partition("  #")[0].strip() for block in blocks for line in block.splitlines()]


def anchor(title: str) -> str:
    """As a code host makes it of a heading."""
    return re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-")


@pytest.fixture
def place(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A bot that has published its content, with a backup."""
    monkeypatch.setenv("CONTENT_DIR", str(TINY))
    monkeypatch.setenv("DATABASE_URL", sqlite_url())
    monkeypatch.setenv("EMBEDDINGS", "off")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data").mkdir()
    assert main(["publish"]) == 0
    assert main(["backup", "export", "backup.jsonl"]) == 0
    return tmp_path


class TestRunbook:
    """Each trouble has a section, and its commands work."""

    @pytest.mark.parametrize("trouble", WANTED)
    def test_has_a_section_with_commands(self, trouble: str) -> None:
        [section] = [text for title, text in SECTIONS.items() if trouble in title]
        assert commands(section)

    @pytest.mark.parametrize("title", ["", *SECTIONS])
    def test_commands_run(self, title: str, place: Path) -> None:
        """Those of Nota in order, on the tiny dossier; of the others it is tested that we know them."""
        for line in commands(SECTIONS[title] if title else RUNBOOK.partition("\n## ")[0]):
            program, *words = shlex.split(line.replace("NAME", BULLETIN))
            if program == "nota":
                done = subprocess.run(nota(*words), env=os.environ, cwd=place, capture_output=True, check=False)
                assert done.returncode == 0, (line, done.stderr)
            else:
                assert program in ("du", "git"), line


class TestBackupByCron:
    """The cron line of docs/operators.md writes a backup that can be put back."""

    def test_restores(self, place: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
        """The line itself, run by a shell with its folder moved here; cron itself turns an escaped % into % (man 5 crontab)."""
        operators = (ROOT / "docs/operators.md").read_text("utf-8")
        [line] = re.findall(r"^[\d *]+ root  (.+)$", operators, re.M)
        script = place / "bin" / "nota"
        script.parent.mkdir()
        script.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m bot "$@"\n')
        script.chmod(0o755)
        own = os.environ | {"PATH": f"{script.parent}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT)}
        command = line.replace("\\%", "%").replace("/var/backups", str(place))
        subprocess.run(["sh", "-c", command], env=own, cwd=place, check=True)
        [saved] = place.glob("nota-[1-7].jsonl")
        assert saved.stat().st_mode & 0o077 == 0
        monkeypatch.setenv("DATABASE_URL", sqlite_url())
        assert main(["backup", "import", str(saved)]) == 0
        assert main(["deliveries"]) == 0
        assert BULLETIN in capsys.readouterr().out


class TestAlerts:
    """docs/alerts.yml asks only for what there is, and each rule leads to a section of the runbook."""

    TEXT = (ROOT / "docs/alerts.yml").read_text("utf-8")
    RULES = yaml.safe_load(TEXT)["groups"][0]["rules"]

    def test_every_metric_is_there(self) -> None:
        counted = {each.name for each in Metrics().registry.collect()}
        counted |= {name + suffix for name in counted for suffix in ("_bucket", "_count", "_total")}
        asked = set(re.findall(r"\b(?:nota|process)_[a-z_]+", " ".join(rule["expr"] for rule in self.RULES)))
        assert asked <= counted
        assert len(asked) >= 6

    def test_every_outcome_is_there(self) -> None:
        assert all(hasattr(outcomes, name) for name in re.findall(r'outcome="(\w+)"', self.TEXT))

    @pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
    def test_leads_to_a_section(self, rule: dict[str, dict[str, str]]) -> None:
        file, _, section = rule["annotations"]["runbook"].partition("#")
        assert file == "runbook.md"
        assert section in {anchor(title) for title in ["Runbook", *SECTIONS]}

    @pytest.mark.skipif(not shutil.which("promtool"), reason="promtool is not installed (apt install prometheus)")
    def test_prometheus_reads_them(self) -> None:
        done = subprocess.run(
            ["promtool", "check", "rules", ROOT / "docs/alerts.yml"], capture_output=True, check=False
        )
        assert done.returncode == 0, done.stdout.decode()
