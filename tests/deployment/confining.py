"""Processes in a mount namespace of their own, where almost nothing can be written, as users without a right."""

import os
import shlex
import shutil
import stat
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

UNPRIVILEGED = ["--clear-groups", "--no-new-privs", "--bounding-set=-all", "--inh-caps=-all"]
"""What setpriv is told besides who."""


def can_confine() -> bool:
    trial = ["unshare", "--mount", "mount", "-t", "tmpfs", "tmpfs", "/opt"]
    tools = all(shutil.which(name) for name in ("unshare", "setpriv", "mount"))
    return tools and os.geteuid() == 0 and subprocess.run(trial, check=False, capture_output=True).returncode == 0


def in_namespace(script: str) -> list[str]:
    """A shell's words in a mount namespace that nobody else sees."""
    return ["unshare", "--mount", "--propagation", "private", "sh", "-euc", script]


def interpreter() -> str:
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


@contextmanager
def answering(command: list[str], port: int, **environment: str) -> Iterator[list[str]]:
    """The process, up; ended by SIGTERM, with status 0. What /readyz says, and in the end what it has said itself."""
    given = {"PATH": os.environ["PATH"], "PORT": str(port), "HOST": "127.0.0.1", "LOG_FORMAT": "json"}
    process = subprocess.Popen(command, env=given | environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    lines = []
    try:
        lines.append(_ready(port, process))
        yield lines
    finally:
        process.terminate()
        _, said = process.communicate(timeout=15)
        lines += said.decode().splitlines()
    assert process.returncode == 0, said.decode()
    assert "Traceback" not in said.decode()


def picture(port: int) -> bytes:
    """One that is drawn by a process of its own."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/pictures/en/topic/duration", timeout=20) as answer:
        return bytes(answer.read())


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
