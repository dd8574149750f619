"""docs/nota.service and the Dockerfile, taken at their word: their commands, as their users, where almost nothing can be written.

In a mount namespace of its own stands the file system that they speak of. What only systemd itself or a container engine
can do (SystemCallFilter, pulling python:3.13-slim, pip's download) is not tried here.
"""

import json
import os
import re
import shlex
import shutil
import stat
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.test_procfile import free_port

ROOT = Path(__file__).parents[1]
UNIT = ROOT / "docs" / "nota.service"
SOMEBODY = "61234"
"""A user of DynamicUser's own range (man 5 systemd.exec)."""

UNPRIVILEGED = ["--clear-groups", "--no-new-privs", "--bounding-set=-all", "--inh-caps=-all"]


def _can_confine() -> bool:
    trial = ["unshare", "--mount", "mount", "-t", "tmpfs", "tmpfs", "/opt"]
    tools = all(shutil.which(name) for name in ("unshare", "setpriv", "mount"))
    return tools and os.geteuid() == 0 and subprocess.run(trial, check=False, capture_output=True).returncode == 0


pytestmark = pytest.mark.skipif(not _can_confine(), reason="needs root, unshare and setpriv (util-linux)")


def in_namespace(script: str) -> list[str]:
    """A shell's words in a mount namespace that nobody else sees."""
    return ["unshare", "--mount", "--propagation", "private", "sh", "-euc", script]


def _interpreter() -> str:
    """Shows the interpreter, and nothing beside it, where it lies in a folder that others may not enter: root's own, say."""
    base = Path(sys.base_prefix).resolve()
    closed = next((each for each in reversed(base.parents) if not each.stat().st_mode & stat.S_IXOTH), None)
    if closed is None:
        return ""
    return f"""
mount --bind {shlex.quote(str(base))} /mnt
mount -t tmpfs -o mode=755 tmpfs {shlex.quote(str(closed))}
mkdir -p {shlex.quote(str(base))}
mount --bind /mnt {shlex.quote(str(base))}
umount /mnt
"""


INSTALLED = f"""
{_interpreter()}
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


@contextmanager
def answering(command: list[str], port: int, **environment: str) -> Iterator[str]:
    """The process, up: what /readyz says; ended by SIGTERM, with status 0."""
    given = {"PATH": os.environ["PATH"], "PORT": str(port), "HOST": "127.0.0.1", "LOG_FORMAT": "json"}
    process = subprocess.Popen(command, env=given | environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    try:
        yield _ready(port, process)
    finally:
        process.terminate()
        _, said = process.communicate(timeout=15)
    assert process.returncode == 0, said.decode()
    assert "Traceback" not in said.decode()


def _ready(port: int, process: "subprocess.Popen[bytes]") -> str:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=2) as answer:
                return str(answer.read().decode())
        except OSError:
            time.sleep(0.1)
    if process.poll() == 77:
        pytest.skip("the checkout has no .venv of its own")
    process.kill()
    raise AssertionError(process.communicate()[1].decode())


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
        """Its two commands, as a user of its own without a right, nothing writable but /var/lib/nota."""
        unit, port = UNIT.read_text("utf-8"), free_port()
        [before], [command] = settings_of(unit, "ExecStartPre"), settings_of(unit, "ExecStart")
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
{as_user} {before}
[ -s /var/lib/nota/nota.sqlite3 ]
exec {as_user} {command}
"""
        with answering(in_namespace(script), port, PYTHONDONTWRITEBYTECODE="1", **environment) as said:
            assert json.loads(said)["database"]["ok"]


class TestContainer:
    """The Dockerfile's last stage: its copies, its RUN, its user, its CMD, on a file system that is then read-only."""

    @pytest.mark.parametrize("database", ["sqlite://", None], ids=["elsewhere", "volume"])
    def test_runs_read_only(self, database: str | None) -> None:
        """Given a database elsewhere, or a volume on /app/data as its first lines say."""
        stage = (ROOT / "Dockerfile").read_text("utf-8").rpartition("\nFROM ")[2]
        port, [user] = free_port(), re.findall(r"^USER (\d+):\1$", stage, re.M)
        copied = "\n".join(
            f"cp -r {shlex.quote(str(ROOT))}/{source} {target}"
            for source, target in re.findall(r"^COPY (\w+) (\w+)$", stage, re.M)
        )
        [run] = re.findall(r"^RUN (.*)$", stage, re.M)
        command = shlex.join(json.loads(re.findall(r"^CMD (\[.*\])$", stage, re.M)[0]))
        as_user = shlex.join(["setpriv", "--reuid", user, "--regid", user, *UNPRIVILEGED])
        volume = "" if database else f"mount -t tmpfs -o mode=700,uid={user} tmpfs data"
        with tempfile.TemporaryDirectory() as own:
            script = f"""
{_interpreter()}
mount -t tmpfs -o mode=755 tmpfs /opt
mkdir /opt/venv
mount --bind {shlex.quote(sys.prefix)} /opt/venv
mount -t tmpfs -o mode=755 tmpfs {own}
cd {own}
{copied}
{run}
{volume}
mount -o remount,bind,ro {own}
mount -o remount,bind,ro /
cd {own}
if {as_user} touch bot/x content/x 2>/dev/null; then exit 78; fi
exec {as_user} {command}
"""
            path = "/opt/venv/bin:/usr/bin:/bin:/usr/sbin:/sbin"
            given = {"PATH": path, "PYTHONDONTWRITEBYTECODE": "1"} | ({"DATABASE_URL": database} if database else {})
            with answering(in_namespace(script), port, **given) as said:
                assert json.loads(said)["database"]["ok"]
