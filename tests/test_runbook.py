"""docs/runbook.md, docs/operators.md and docs/alerts.yml, taken at their word: their commands run, their names exist."""

import os
import re
import shlex
import shutil
import subprocess
import sys
import time
import tomllib
from pathlib import Path

import pytest
import yaml

from bot import __version__
from bot.db.engine import folder_of
from bot.db.migrations import CURRENT
from bot.delivery import outcomes
from bot.metrics import Metrics
from tests.command import Run
from tests.conftest import TINY
from tests.databases import sqlite_url
from tests.fork_server import nota
from tests.tables import table

ROOT = Path(__file__).parents[1]
CHANGELOG = (ROOT / "CHANGELOG.md").read_text("utf-8")
RUNBOOK = (ROOT / "docs/runbook.md").read_text("utf-8")
SECTIONS = dict(re.findall(r"^## (.+?)\n(.*?)(?=^## |\Z)", RUNBOOK, re.M | re.S))
DOSSIER = yaml.safe_load((TINY / "dossier.yaml").read_text("utf-8"))["id"]
BULLETIN = next((TINY / "bulletins").glob("*.yaml")).stem


def commands(text: str) -> list[str]:
    """The lines of its ``sh`` blocks, without comments."""
    blocks = re.findall(r"^```sh\n(.*?)^```", text, re.M | re.S)
    return [line.partition("  #")[0].strip() for block in blocks for line in block.splitlines()]


def anchor(title: str) -> str:
    """As a code host makes it of a heading."""
    return re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-")


@pytest.fixture
def place(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, run: Run) -> Path:
    """A bot that has published its content, with a backup."""
    monkeypatch.setenv("CONTENT_DIR", str(TINY))
    monkeypatch.setenv("DATABASE_URL", sqlite_url())
    monkeypatch.setenv("EMBEDDINGS", "off")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data").mkdir()
    run("publish")
    run("backup", "export", "backup.jsonl")
    return tmp_path


class TestRunbook:
    """Each trouble has a section, and its commands work."""

    @table("trouble")
    def test_has_a_section_with_commands(self, trouble: str) -> None:
        """
        token
        database is gone
        Another dossier
        disk
        "429"
        clock
        second deployment
        bad bulletin
        Roll back
        """
        [section] = [text for title, text in SECTIONS.items() if trouble in title]
        assert commands(section)

    @pytest.mark.parametrize("title", ["", *(pytest.param(each, marks=pytest.mark.slow) for each in SECTIONS)])
    def test_commands_run(self, title: str, place: Path) -> None:
        """Those of Nota in order, on the tiny dossier; of the others it is tested that we know them."""
        for line in commands(SECTIONS[title] if title else RUNBOOK.partition("\n## ")[0]):
            program, *words = shlex.split(
                line.replace("NAME", BULLETIN)
                .replace("/var/lib/nota", str(folder_of(os.environ["DATABASE_URL"])))
                .replace("PLATFORM:ID", "telegram:1234567")
                .replace("--dossier ID", f"--dossier {DOSSIER}")
            )
            if program == "nota":
                its_bot = {"TELEGRAM_TOKEN": "1234567:ABC"} if "--bot" in words else {}
                environment = {**os.environ, **its_bot}
                given = (place / words.pop()).read_bytes() if "<" in words else b""
                words = [word for word in words if word != "<"]
                done = subprocess.run(
                    nota(*words), env=environment, cwd=place, input=given, capture_output=True, check=False
                )
                assert done.returncode == 0, (line, done.stderr)
            elif program in ("mkdir", "mv"):
                subprocess.run(["sh", "-c", " ".join((program, *words))], check=True)
            else:
                assert program.rpartition("/")[2] in ("du", "git", "pip", "python3", "nota-former", "systemctl"), line


RELEASES = re.findall(r"^## \[([\d.]+)\] - .+\n\nCommit `([0-9a-f]{12})`\.$", CHANGELOG, re.M)


def git(*words: str, at: Path = ROOT) -> str:
    return subprocess.run(["git", *words], cwd=at, capture_output=True, text=True, check=True).stdout


def has_history() -> bool:
    """Whether this is a clone with the releases' commits, and no archive."""
    found = subprocess.run(["git", "cat-file", "-e", RELEASES[-1][1]], cwd=ROOT, capture_output=True, check=False)
    return shutil.which("git") is not None and found.returncode == 0


@pytest.mark.skipif(not has_history(), reason="the releases' commits are not here (git fetch --unshallow)")
class TestReleases:
    """CHANGELOG.md names the commit of each release, which is how one is found again."""

    @pytest.mark.parametrize(("number", "commit"), RELEASES)
    def test_commit_is_the_release(self, number: str, commit: str) -> None:
        """It has that number, and a section for it at the top of its CHANGELOG."""
        assert f'__version__ = "{number}"' in git("show", f"{commit}:bot/__init__.py")
        assert re.findall(r"^## \[(\d[\d.]+)\]", git("show", f"{commit}:CHANGELOG.md"), re.M)[0] == number

    def test_all_are_named(self) -> None:
        """But for the newest, which only the next commit can name."""
        numbers = re.findall(r"^## \[(\d[\d.]+)\]", CHANGELOG, re.M)
        assert [number for number, _ in RELEASES] in (numbers, numbers[1:])

    @pytest.mark.parametrize("commit", [commit for _, commit in RELEASES[:2]])
    def test_packages_are_here(self, commit: str) -> None:
        """Tests run the latest releases in the environment that requirements-dev.txt makes."""
        project = tomllib.loads(git("show", f"{commit}:pyproject.toml"))["project"]
        needed = {re.split(r"[^\w.-]", each)[0] for each in project["dependencies"]}
        here = re.findall(r"^([\w.-]+)==", (ROOT / "requirements-dev.txt").read_text("utf-8"), re.M)
        assert needed - set(here) == set()

    @pytest.mark.slow
    def test_rolls_back(self, tmp_path: Path) -> None:
        """The section's commands in a clone, to the release before this one, with the database of this one and a dossier beside it."""
        number, commit = next(each for each in RELEASES if each[0] != __version__)
        clone = tmp_path / "clone"
        git("clone", "--quiet", str(ROOT), str(clone))
        git("checkout", "--quiet", "--detach", git("rev-parse", "HEAD").strip(), at=clone)
        present = git("rev-parse", "--short=12", "HEAD", at=clone).strip()
        git(
            "branch", "--force", "main", commit, at=clone
        )  # of the day of the clone: an update of a server only fetches
        own = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "EMBEDDINGS": "off", "PYTHONPATH": str(clone)}
        refused = set[tuple[str, ...]]()
        own |= {"DATABASE_URL": f"sqlite:///{tmp_path}/nota.sqlite3", "CONTENT_DIR": str(TINY)}

        def run(*words: str) -> str:
            command = [sys.executable, "-m", "bot", *words[1:]] if words[0].startswith("nota") else list(words)
            folder = tmp_path / "nota-former" if words[0] == "nota-former" else clone
            here = own | {"PYTHONPATH": str(folder)}
            done = subprocess.run(command, env=here, cwd=folder, capture_output=True, text=True, check=False)
            if words[1:] in refused:
                assert f"which needs a release that knows migration {CURRENT}" in done.stdout + done.stderr
                return ""
            assert done.returncode == 0, (words, done.stdout, done.stderr)
            return done.stdout

        run("nota", "publish")
        migrations = git("ls-tree", "--name-only", commit, "bot/db/migrations/versions/")
        if (
            max(map(int, re.findall(r"/(\d{4})_", migrations))) < CURRENT
        ):  # it cannot use these tables: its backup is put back
            refused |= {("publish", "--dry-run"), ("doctor",)}
        lines = commands(next(text for title, text in SECTIONS.items() if "Roll back" in title))
        looks = [line.startswith("nota-former") for line in lines]
        assert lines.index("nota-former doctor") < lines.index("git checkout COMMIT")  # before anything is changed
        assert sum(looks) == 3
        said = {
            line: run(*shlex.split(line.replace("COMMIT", commit).replace("PRESENT", present)))
            for line in lines
            if "pip install" not in line and "venv" not in line.split()  # test_packages_are_here
        }
        assert run("nota", "--version").split()[1] == number
        assert git("diff", present, "--", "content", at=clone) == ""
        assert said["nota-former publish --dry-run"] == ("" if refused else "nothing has changed\n")
        run("git", "checkout", present)
        assert run("nota", "--version") == f"nota {__version__} ({present})\n"
        assert git("status", "--short", at=clone) == ""


@pytest.mark.slow
class TestBackupByCron:
    """The cron line of docs/operators.md writes a backup that can be put back."""

    def test_restores(self, place: Path, monkeypatch: pytest.MonkeyPatch, run: Run) -> None:
        """The line itself, run by a shell with its folder moved here; cron itself turns an escaped % into % (man 5 crontab)."""
        operators = (ROOT / "docs/operators.md").read_text("utf-8")
        [line] = re.findall(r"^[\d *]+ root  (.+)$", operators, re.M)
        script = place / "bin" / "nota"
        script.parent.mkdir()
        script.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m bot "$@"\n')
        script.chmod(0o755)
        own = os.environ | {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT)}  # as cron has it (man 5 crontab)
        [measures] = re.findall(r"^\*/30[ *]+ root  (.+)$", operators, re.M)
        for each in (line, measures):
            command = (
                each.replace("\\%", "%")
                .replace("/usr/local/bin/nota", str(script))
                .replace("/var/backups", str(place))
                .replace("/var/lib/prometheus/node-exporter", str(place))
            )
            subprocess.run(["sh", "-c", command], env=own, cwd=place, check=True)
        name, moment = (place / "nota.prom").read_text("utf-8").split()
        assert name == "nota_backup_timestamp_seconds"
        assert abs(time.time() - float(moment)) < 600
        [saved] = place.glob("nota-[1-7].jsonl")
        assert saved.stat().st_mode & 0o077 == 0
        monkeypatch.setenv("DATABASE_URL", sqlite_url())
        run("backup", "import", saved)
        assert BULLETIN in run("deliveries").out


class TestAlerts:
    """docs/alerts.yml asks only for what there is, and each rule leads to a section of the runbook."""

    TEXT = (ROOT / "docs/alerts.yml").read_text("utf-8")
    RULES = yaml.safe_load(TEXT)["groups"][0]["rules"]

    def test_every_metric_is_there(self) -> None:
        counted = {each.name for each in Metrics().registry.collect()}
        counted |= {name + suffix for name in counted for suffix in ("_bucket", "_count", "_total")}
        counted |= {"nota_backup_timestamp_seconds"}  # of TestBackupByCron
        asked = set(re.findall(r"\b(?:nota|process)_[a-z_]+", " ".join(rule["expr"] for rule in self.RULES)))
        assert asked <= counted
        assert len(asked) >= 6

    def test_every_outcome_is_there(self) -> None:
        names = re.findall(r'outcome="(\w+)"', self.TEXT)
        assert all(hasattr(outcomes, {"Gone": "ChatGone"}.get(name, name)) for name in names)  # as metrics call it

    @pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
    def test_leads_to_a_section(self, rule: dict[str, dict[str, str]]) -> None:
        file, _, section = rule["annotations"]["runbook"].partition("#")
        assert file == "runbook.md"
        assert section in {anchor(title) for title in ["Runbook", *SECTIONS]}

    @pytest.mark.skipif(not shutil.which("promtool"), reason="promtool is not installed (apt install promtool)")
    def test_prometheus_reads_them(self) -> None:
        done = subprocess.run(
            ["promtool", "check", "rules", ROOT / "docs/alerts.yml"], capture_output=True, check=False
        )
        assert done.returncode == 0, done.stdout.decode()

    @pytest.mark.slow
    @pytest.mark.skipif(not shutil.which("promtool"), reason="promtool is not installed (apt install promtool)")
    @table("alert, series, minutes, labels")
    def test_fires(self, alert: str, series: str, minutes: int, labels: dict[str, str] | None, tmp_path: Path) -> None:
        """With these values, a minute apart, after so many minutes and with these labels; null: it does not.

        NotaIsDown | up{job="nota", instance="a"} 0x9 | 3 | {"job": "nota", "instance": "a"}
        NotaIsDown | up{job="nota", instance="a"} 0 1x9 | 3 | null
        NotaIsNotReady | probe_success{job="nota-readyz", instance="a"} 0x9 | 6 | {"job": "nota-readyz", "instance": "a"}
        NotaIsNotReady | probe_success{job="nota-readyz", instance="a"} 0x3 1 0x9 | 6 | null
        NotaRestarts | process_start_time_seconds{job="nota", instance="a"} 1+1x4 5x60 | 9 | {"job": "nota", "instance": "a"}
        NotaRestarts | process_start_time_seconds{job="nota", instance="a"} 1+1x3 4x60 | 9 | null
        NotaDatabaseAway | up{job="nota", instance="a"} 1x9 | 6 | {"job": "nota", "instance": "a"}
        NotaDatabaseAway | up{job="nota", instance="a"} 1x9; nota_queue_due{instance="a", platform="mail"} 0x9 | 6 | null
        NotaDeliversNothing | nota_queue_oldest_seconds{platform="mail"} 901x60 | 6 | {"platform": "mail"}
        NotaDeliversNothing | nota_queue_oldest_seconds{platform="mail"} 901x60; nota_delivery_attempts_total{platform="mail"} 7x60 | 25 | {"platform": "mail"}
        NotaDeliversNothing | nota_queue_oldest_seconds{platform="mail"} 901x60; nota_delivery_attempts_total{platform="mail"} 7+1x60 | 25 | null
        NotaIsLimited | nota_too_many_requests_total{platform="telegram"} 0+70x60 | 40 | {"platform": "telegram"}
        NotaIsLimited | nota_too_many_requests_total{platform="telegram"} 0+50x60 | 40 | null
        NotaIsRefused | nota_delivery_attempts_total{platform="mail", outcome="Refused"} 0+3x99; nota_delivery_attempts_total{platform="mail", outcome="Delivered"} 0+7x99 | 60 | {"platform": "mail"}
        NotaIsRefused | nota_delivery_attempts_total{platform="mail", outcome="Refused"} 0+1x99; nota_delivery_attempts_total{platform="mail", outcome="Delivered"} 0+9x99 | 60 | null
        NotaLosesReaders | nota_delivery_attempts_total{platform="mail", outcome="Gone"} 0+5x99; nota_delivery_attempts_total{platform="mail", outcome="Delivered"} 0+5x99 | 40 | {"platform": "mail"}
        NotaLosesReaders | nota_delivery_attempts_total{platform="mail", outcome="Gone"} 0 0 9x99; nota_delivery_attempts_total{platform="mail", outcome="Delivered"} 0x99 | 9 | null
        NotaMailFails | nota_platform_up{platform="mail"} 0x60 | 11 | {"platform": "mail"}
        NotaPlatformFails | nota_platform_up{platform="mail"} 0x60 | 11 | null
        NotaPlatformFails | nota_platform_up{platform="discord"} 0x60 | 11 | {"platform": "discord"}
        NotaMailFails | nota_platform_up{platform="discord"} 0x60 | 11 | null
        NotaIsNotAnswered | nota_delivery_attempts_total{platform="mail", outcome="Unreachable"} 0+3x99; nota_delivery_attempts_total{platform="mail", outcome="Delivered"} 0+7x99 | 20 | {"platform": "mail"}
        NotaIsNotAnswered | nota_delivery_attempts_total{platform="mail", outcome="Unreachable"} 0+1x99; nota_delivery_attempts_total{platform="mail", outcome="Delivered"} 0+9x99 | 20 | null
        NotaFeedIsDead | nota_feed_failures{feed="harbour"} 8x9 | 1 | {"feed": "harbour"}
        NotaFeedIsDead | nota_feed_failures{feed="harbour"} 7x9 | 1 | null
        NotaSendingIsStopped | nota_sending_stopped_seconds{what="all sending"} 86401x9 | 1 | {"what": "all sending"}
        NotaSendingIsStopped | nota_sending_stopped_seconds{what="all sending"} 3600x9 | 1 | null
        NotaIsNotBackedUp | up 1x200 | 130 | {}
        NotaIsNotBackedUp | nota_backup_timestamp_seconds 0x200 | 130 | null
        NotaIsNotBackedUp | nota_backup_timestamp_seconds 0x3200 | 3100 | {}
        NotaIsSlow | nota_loop_lag_seconds_bucket{instance="a", le="0.5"} 0x60; nota_loop_lag_seconds_bucket{instance="a", le="1.0"} 0+9x60; nota_loop_lag_seconds_bucket{instance="a", le="+Inf"} 0+9x60 | 20 | {"instance": "a"}
        NotaIsSlow | nota_loop_lag_seconds_bucket{instance="a", le="0.5"} 0+9x60; nota_loop_lag_seconds_bucket{instance="a", le="+Inf"} 0+9x60 | 20 | null
        NotaGrows | process_resident_memory_bytes{job="nota", instance="a"} 401e6x60 | 31 | {"job": "nota", "instance": "a"}
        NotaGrows | process_resident_memory_bytes{job="nota", instance="a"} 399e6x60 | 31 | null
        """
        rule = next(each for each in self.RULES if each["alert"] == alert)
        said = {
            key: re.sub(r"\{\{ \$labels\.(\w+) \}\}", lambda match: (labels or {})[match[1]], text)
            for key, text in rule["annotations"].items()
            if labels is not None
        }
        expected = [{"exp_labels": labels | rule["labels"], "exp_annotations": said}] if labels is not None else []
        values = [re.fullmatch(r"(\w+(?:\{.+\})?) (.+)", each) for each in series.split("; ")]
        test = {
            "interval": "1m",
            "input_series": [{"series": each[1], "values": each[2]} for each in values if each],
            "alert_rule_test": [{"eval_time": f"{minutes}m", "alertname": alert, "exp_alerts": expected}],
        }
        file = tmp_path / "tests.yml"
        file.write_text(yaml.safe_dump({"rule_files": [str(ROOT / "docs/alerts.yml")], "tests": [test]}), "utf-8")
        done = subprocess.run(["promtool", "test", "rules", file], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr

    def test_each_has_a_case(self) -> None:
        fires = re.findall(r"^ *(\w+) \| .+ \| \{", self.test_fires.__doc__ or "", re.M)
        assert set(fires) == {rule["alert"] for rule in self.RULES}
