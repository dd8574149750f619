"""Which release runs."""

import os
import subprocess
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from bot import __version__
from bot.subprocesses import child_environment

_COMMITS = ("COMMIT", "RENDER_GIT_COMMIT", "RAILWAY_GIT_COMMIT_SHA", "HEROKU_BUILD_COMMIT", "HEROKU_SLUG_COMMIT")
"""Variables that name the commit of a build: of our Dockerfile, and of platforms (render.com/docs/environment-variables,
docs.railway.com/reference/variables, devcenter.heroku.com/articles/dyno-metadata)."""

_ROOT = Path(__file__).parents[1]


@cache
def commit() -> str:
    """The first digits of the commit that runs, with "-dirty" behind them where a checkout has other files; "" if nothing tells it."""
    return _of_build(os.environ) or _of_checkout(_ROOT)


def _of_build(environment: Mapping[str, str]) -> str:
    return next((environment[name][:12] for name in _COMMITS if environment.get(name)), "")


def _of_checkout(folder: Path) -> str:
    if not (folder / ".git").exists():
        return ""
    # a service runs as a user of its own, and git reads no checkout of another user's unless told (git-config, safe.directory)
    words = ["git", "-C", str(folder), "-c", f"safe.directory={folder}", "describe"]
    words += ["--always", "--dirty", "--abbrev=12", "--exclude=*"]
    try:
        done = subprocess.run(words, capture_output=True, text=True, check=True, timeout=10, env=child_environment())  # noqa: S603
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.strip()


def release() -> str:
    """Number and commit: ``0.9.0 (3f2a97c0d1e4)``."""
    return f"{__version__} ({commit()})" if commit() else __version__
