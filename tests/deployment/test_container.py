"""docs/nota.service and the Dockerfile, taken at their word: their commands, as their users, where almost nothing can be written.

In a mount namespace of its own stands the file system that they speak of. What only systemd itself or a container engine
can do (SystemCallFilter, pulling python:3.13-slim, pip's download) is not tried here; that it is asked for is.
"""

import json
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.pictures.raster import PNG_START
from tests.bot_process import free_port
from tests.conftest import TINY
from tests.databases import sqlite_url
from tests.deployment.confining import UNPRIVILEGED, answering, can_confine, in_namespace, interpreter, picture
from tests.tables import cases

ROOT = Path(__file__).parents[2]
UNIT = ROOT / "docs" / "nota.service"
SOMEBODY = "61234"
"""A user of DynamicUser's own range (man 5 systemd.exec)."""

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not can_confine(), reason="needs root, unshare and setpriv (util-linux)"),
]

INSTALLED = f"""
{interpreter()}
mount -t tmpfs -o mode=755 tmpfs /opt
mkdir -p /opt/nota
mount --bind {shlex.quote(str(ROOT))} /opt/nota
[ -x /opt/nota/.venv/bin/python ] || exit 77
"""
"""The checkout where the unit looks for it."""

READ_ONLY = """
mount -o remount,bind,ro /
mount -o remount,bind,ro /opt/nota 2>/dev/null || true
"""


def settings_of(unit: str, key: str) -> list[str]:
    """Each value of a key, in order."""
    return re.findall(rf"^{key}=(.*)$", unit, re.M)


class TestService:
    """docs/nota.service."""

    @pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd is not installed")
    def test_systemd_finds_no_fault(self) -> None:
        """``systemd-analyze verify``, with the checkout in /opt/nota."""
        script = INSTALLED + f"systemd-analyze verify --man=no {shlex.quote(str(UNIT))}"
        done = subprocess.run(in_namespace(script), capture_output=True, text=True, check=False)
        if done.returncode == 77:
            pytest.skip("the checkout has no .venv of its own")
        assert (done.returncode, "nota.service" in done.stderr) == (0, False), done.stderr

    def test_runs_as_it_says(self) -> None:
        """Its command, as a user of its own without a right, nothing writable but /var/lib/nota."""
        unit, port = UNIT.read_text("utf-8"), free_port()
        [command] = settings_of(unit, "ExecStart")
        environment = dict(each.split("=", 1) for each in settings_of(unit, "Environment"))
        [folder] = settings_of(unit, "WorkingDirectory")
        as_user = shlex.join(["setpriv", "--reuid", SOMEBODY, "--regid", SOMEBODY, *UNPRIVILEGED])
        script = f"""{INSTALLED}
mount -t tmpfs tmpfs /var/lib
mkdir -m 700 /var/lib/{settings_of(unit, "StateDirectory")[0]}
chown {SOMEBODY} /var/lib/nota
{READ_ONLY}
cd {folder}
if {as_user} touch /opt/nota/x /var/x 2>/dev/null; then exit 78; fi
exec {as_user} {command}
"""
        with answering(in_namespace(script), port, PYTHONDONTWRITEBYTECODE="1", **environment) as lines:
            assert json.loads(lines[0])["database"]["ok"]
            assert picture(port).startswith(PNG_START)
        assert not any("could not be kept" in line for line in lines)

    @pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd is not installed")
    def test_gives_up_what_it_does_not_need(self) -> None:
        """``systemd-analyze security`` counts up to 10 for what an intruder could do; a tenth of it is the network alone."""
        command = ["systemd-analyze", "security", "--offline=yes", "--threshold=15", str(UNIT)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr

    def test_starts_again_for_as_long_as_it_takes(self) -> None:
        """A database that is away for a while; systemd gives up after five starts in 10 seconds (man 5 systemd.unit)."""
        unit = UNIT.read_text("utf-8")
        assert settings_of(unit, "Restart") == ["on-failure"]
        assert float(settings_of(unit, "RestartSec")[0]) * 5 > 10

    @cases("given, status")
    def test_does_not_start_again_for_nothing(self, given: str, status: int) -> None:
        """
        TELEGRAM_TOKEN="1:a"                   | 78
        PORT=many                              | 78
        CONTENT_DIR=/nowhere                   | 78
        DATABASE_URL=sqlite:////proc/no/file   | 78
        DATABASE_URL=postgres://x@127.0.0.1:1/x?sslmode=disable | 1  # it may come
        """
        unit, python = UNIT.read_text("utf-8"), shlex.quote(sys.executable)
        [command], [prevents] = settings_of(unit, "ExecStart"), settings_of(unit, "RestartPreventExitStatus")
        name, _, value = given.partition("=")
        own = {
            "PYTHONPATH": str(ROOT),
            "DATABASE_URL": sqlite_url(),
            "CONTENT_DIR": str(TINY),
            "EMBEDDINGS": "off",
            name: value,
        }
        done = subprocess.run(
            shlex.split(command.replace("/opt/nota/.venv/bin/python", python)),
            env=own,
            cwd="/",
            capture_output=True,
            check=False,
        )
        assert (done.returncode, done.returncode == int(prevents)) == (status, status == 78), done.stderr


@dataclass(frozen=True, slots=True)
class Stage:
    """The Dockerfile's last: what it copies, what it runs then, and as whom it runs what in the end."""

    copies: tuple[tuple[str, str], ...]
    run: str
    user: str
    command: str

    def laid_out(self, folder: str) -> str:
        """A shell's words that make it in a folder, with the tests' packages in place of those that pip would bring."""
        copied = "\n".join(f"cp -r {shlex.quote(str(ROOT))}/{source} {target}" for source, target in self.copies)
        return f"""
{interpreter()}
mount -t tmpfs -o mode=755 tmpfs /opt
mkdir /opt/venv
mount --bind {shlex.quote(sys.prefix)} /opt/venv
mount -t tmpfs -o mode=755 tmpfs {folder}
cd {folder}
{copied}
{self.run}
"""

    @property
    def as_user(self) -> str:
        return shlex.join(["setpriv", "--reuid", self.user, "--regid", self.user, *UNPRIVILEGED])


@pytest.fixture
def stage() -> Stage:
    text = (ROOT / "Dockerfile").read_text("utf-8").rpartition("\nFROM ")[2]
    [run] = re.findall(r"^RUN (.*)$", text, re.M)
    [user] = re.findall(r"^USER (\d+):\1$", text, re.M)
    command = shlex.join(json.loads(re.findall(r"^CMD (\[.*\])$", text, re.M)[0]))
    return Stage(tuple(re.findall(r"^COPY (\w+) (\w+)$", text, re.M)), run, user, command)


class TestContainer:
    """The Dockerfile's last stage: its copies, its RUN, its user, its CMD, on a file system that is then read-only."""

    PATH = "/opt/venv/bin:/usr/bin:/bin:/usr/sbin:/sbin"

    @pytest.mark.parametrize("database", ["sqlite:////mnt/nota.sqlite3", None], ids=["elsewhere", "volume"])
    def test_runs_read_only(self, stage: Stage, database: str | None) -> None:
        """Given a database elsewhere, or a volume on /app/data as its first lines say."""
        port = free_port()
        folder = "/mnt" if database else "data"
        volume = f"mount -t tmpfs -o mode=700,uid={stage.user} tmpfs {folder}"
        with tempfile.TemporaryDirectory() as own:
            script = f"""{stage.laid_out(own)}
{volume}
mount -o remount,bind,ro {own}
mount -o remount,bind,ro /
cd {own}
if {stage.as_user} touch bot/x content/x 2>/dev/null; then exit 78; fi
exec {stage.as_user} {stage.command}
"""
            given = {"PATH": self.PATH, "PYTHONDONTWRITEBYTECODE": "1"}
            given |= {"DATABASE_URL": database} if database else {}
            with answering(in_namespace(script), port, **given) as lines:
                assert json.loads(lines[0])["database"]["ok"]
                assert picture(port).startswith(PNG_START)
            assert database or not any("could not be kept" in line for line in lines)

    def test_compiles_nothing_whatever_times_its_files_have(self, stage: Stage) -> None:
        """Engines round the times of what they put into a layer, up as well as down; ``python -v`` says where code is from."""
        with tempfile.TemporaryDirectory() as own:
            aged = "find bot -name '*.py' -exec touch -d 2001-01-01 {} +"
            script = f"{stage.laid_out(own)}\n{aged}\nexec {stage.as_user} python -v -c 'import bot.app.main'"
            done = subprocess.run(
                in_namespace(script), capture_output=True, text=True, check=True, env={"PATH": self.PATH}
            )
        assert re.search(rf"^# code object from '{own}/bot/app/__pycache__/main.*\.pyc'$", done.stderr, re.M)
        assert not re.findall(rf"^# code object from {own}/bot/.*\.py$", done.stderr, re.M)
