"""Processes under measurement, each on a core of its own."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import psutil

ROOT = Path(__file__).parent.parent
BENCH_VENV = ROOT / ".venv-bench"
PRODUCTION_VENV = ROOT / ".venv-production"

SERVER_CORE, LOAD_CORE = "0", "1"
"""The server has the first core to itself; the load and the loopback Bot API share the second."""


SETTLE_SECONDS = 8.0
"""After a bot's start, until nothing of it goes on any more: its words are made ready, freed memory is given back."""


def free_port() -> int:
    """A port of the loopback interface that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running(
    arguments: Sequence[str],
    core: str,
    environment: Mapping[str, str] | None = None,
    python: str = sys.executable,
    tree: Path = ROOT,
) -> Iterator[subprocess.Popen[bytes]]:
    """A Python process on a core, in the root of a tree of this repository; ended at the end; its output is kept only where it fails to start.

    Without embeddings, unless the environment says otherwise: whether the model is installed here must not decide what is measured.
    """
    command = [*pinned(core), python, *arguments]
    env = {"EMBEDDINGS": "off", **os.environ, **(environment or {})}
    process = subprocess.Popen(command, cwd=tree, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.communicate(timeout=15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()


def pinned(core: str) -> list[str]:
    return ["taskset", "-c", core] if shutil.which("taskset") else []


def seconds_of(pid: int) -> float:
    """Seconds of a processor that the process has taken."""
    times = psutil.Process(pid).cpu_times()
    return float(times.user + times.system)


def wait_until_answering(url: str, process: subprocess.Popen[bytes], seconds: float = 60) -> None:
    """Returns once anything answers at the address.

    Raises:
        RuntimeError: nothing does in time, or the process has ended.
    """
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and process.poll() is None:
        try:
            urllib.request.urlopen(url, timeout=1)
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.01)
        else:
            return
    process.kill()
    raise RuntimeError(f"{url} does not answer: {process.communicate()[1].decode()[-2000:]}")


def peers_python() -> str | None:
    """The interpreter of the peers' own environment, made on first use; None where they cannot be installed."""
    return _python_with("requirements-bench.txt", BENCH_VENV)


def production_python() -> str:
    """An interpreter with what a deployment installs and nothing else; this one where that cannot be."""
    return _python_with("requirements.txt", PRODUCTION_VENV) or sys.executable


def _python_with(requirements: str, folder: Path) -> str | None:
    python = folder / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    command = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes", "-r"]
    done = subprocess.run([str(python), *command, str(ROOT / requirements)], check=False)
    return str(python) if done.returncode == 0 else None
