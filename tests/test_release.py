"""Which release runs, and where that is said."""

import contextlib
import os
import subprocess
from pathlib import Path

import pytest

from bot.release import _of_build, _of_checkout


def test_the_commit_of_a_build() -> None:
    """Our image's first; an empty one, as of an image that was built without, counts as none."""
    platform = {"RENDER_GIT_COMMIT": "b" * 40}
    assert _of_build({"COMMIT": "a" * 40} | platform) == "a" * 12
    assert _of_build({"COMMIT": ""} | platform) == "b" * 12
    assert _of_build({"PATH": "/bin"}) == ""


def test_the_commit_of_a_checkout(tmp_path: Path) -> None:
    """With a mark where files differ from it, whatever tags there are; none of a folder that is no checkout, or lies in one."""

    def git(*words: str) -> str:
        who = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
        return subprocess.run(
            ["git", "-C", str(tmp_path), *who, *words], capture_output=True, text=True, check=True
        ).stdout

    try:
        git("init", "--quiet")
    except OSError:
        pytest.skip("git is not installed")
    file = tmp_path / "file"
    file.write_text("a")
    git("add", "file")
    git("commit", "--quiet", "-m", "a")
    git("tag", "-a", "v1", "-m", "v1")
    commit = git("rev-parse", "--short=12", "HEAD").strip()
    assert _of_checkout(tmp_path) == commit
    with contextlib.suppress(PermissionError):  # as root alone: the checkout of another user's, as in a service
        for folder in (tmp_path, tmp_path / ".git"):
            os.chown(folder, 10_001, 10_001)
        assert _of_checkout(tmp_path) == commit
        for folder in (tmp_path, tmp_path / ".git"):
            os.chown(folder, 0, 0)
    file.write_text("b")
    assert _of_checkout(tmp_path) == f"{commit}-dirty"
    (tmp_path / "in it").mkdir()
    assert _of_checkout(tmp_path / "in it") == ""
