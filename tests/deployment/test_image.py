"""The Dockerfile, built by a container engine and run as compose.yaml runs it: slow, and only where an engine has the base image.

tests/deployment/test_container.py tests the same without an engine, at each `make slow`.
"""

import json
import re
import shutil
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.pictures.raster import PNG_START
from tests.bot_process import free_port
from tests.deployment.confining import picture

ROOT = Path(__file__).parents[2]
BASE = re.search(
    r"^ARG BASE=(python:3\.13-slim@sha256:[0-9a-f]{64})$", (ROOT / "Dockerfile").read_text(), re.MULTILINE
)[1]  # type: ignore[index]
NAME = "nota-test"
MOST_MEGABYTES = 450

pytestmark = pytest.mark.chaos


def run(*command: str) -> str:
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}"
    return done.stdout


@pytest.fixture(scope="module")
def engine() -> str:
    """Docker or podman, with the base image. Skips and says what is missing."""
    for name in ("docker", "podman"):
        if shutil.which(name) and subprocess.run([name, "info"], check=False, capture_output=True).returncode == 0:
            pulled = subprocess.run([name, "image", "inspect", BASE], check=False, capture_output=True).returncode == 0
            pulled = pulled or subprocess.run([name, "pull", BASE], check=False, capture_output=True).returncode == 0
            if not pulled:
                pytest.skip(f"{name} cannot pull {BASE}")
            tried = subprocess.run([name, "run", "--rm", BASE, "true"], check=False, capture_output=True, text=True)
            if tried.returncode:
                pytest.skip(f"{name} starts no container here: {tried.stderr.strip()[-200:]}")
            return name
    pytest.skip("no docker and no podman that works on this machine (apt install podman)")


@pytest.fixture(scope="module")
def image(engine: str) -> Iterator[str]:
    """The image, built."""
    run(engine, "build", "--network=host", "--tag", NAME, ".")
    yield NAME
    run(engine, "rmi", "--force", NAME)


class TestImage:
    """The image is small and runs as nobody on a read-only disk."""

    def test_is_small_and_nobodys(self, engine: str, image: str) -> None:
        [found] = json.loads(run(engine, "image", "inspect", image))
        assert found["Config"]["User"] == "10001:10001"
        [base] = json.loads(run(engine, "image", "inspect", BASE))
        assert (found["Size"] - base["Size"]) / 1e6 < MOST_MEGABYTES

    def test_answers_in_the_preview_without_a_setting(self, engine: str, image: str) -> None:
        """With what compose.yaml sets, from the other side of the container's network."""
        port = free_port()
        flags = ["--read-only", "--cap-drop=ALL", "--security-opt=no-new-privileges", "--tmpfs=/tmp"]
        given = [f"--publish=127.0.0.1:{port}:8080", "--volume=/app/data", "--env=PREVIEW=1"]
        container = run(engine, "run", "--detach", "--rm", *flags, *given, image).strip()
        try:
            assert until_answered(f"http://127.0.0.1:{port}/readyz")["database"]["ok"]
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/preview", timeout=5) as page:
                assert page.status == 200
            assert picture(port).startswith(PNG_START)
        finally:
            began = time.monotonic()
            run(engine, "stop", "--time=15", container)
        assert time.monotonic() - began < 12


def until_answered(url: str) -> Any:
    deadline = time.monotonic() + 60
    while True:
        try:
            with urllib.request.urlopen(url, timeout=2) as answer:
                return json.loads(answer.read())
        except OSError:
            assert time.monotonic() < deadline
            time.sleep(0.2)
