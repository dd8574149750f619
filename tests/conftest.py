"""What several tests stand on."""

import gc
import locale
import os
import shutil
import zoneinfo
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from functools import cache, lru_cache
from pathlib import Path
from typing import TypeVar

import pytest
import structlog
from hypothesis import settings

from bot.app.content_check import load_checked
from bot.dossier.loader import Loading, load
from bot.dossier.models import Dossier
from bot.replies.answer import is_matched, matcher_for
from tests.command import run
from tests.databases import clock, database_kind, database_url, outages, postgresql, store

HERE = Path(__file__).parent
TINY = HERE / "dossiers" / "tiny"
CONTENT = HERE.parent / "content"
TODAY = date(2026, 11, 28)

__all__ = ["clock", "database_kind", "database_url", "outages", "postgresql", "run", "store"]

Edit = Callable[[str, str, str], None]
Value = TypeVar("Value")

zoneinfo.reset_tzpath(())  # as the command line does

# 200 ms by the clock are too little beside other load
settings.register_profile("quick", deadline=None, max_examples=30)
settings.register_profile("thorough", deadline=None)  # for `make slow`
settings.load_profile("quick")

_PLAIN = structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
structlog.configure(
    processors=[*structlog.get_config()["processors"][:-1], _PLAIN]
)  # rich prints a whole dossier for half a minute


def pytest_configure() -> None:
    """Where LANG names a locale that is not installed (a login from another machine brings such), PostgreSQL makes no database."""
    before = locale.setlocale(locale.LC_ALL)
    try:
        locale.setlocale(locale.LC_ALL, "")
    except locale.Error:
        os.environ["LC_ALL"] = "C"
    finally:
        locale.setlocale(locale.LC_ALL, before)


REPEATED_BY = "repeated by"
"""The property of a test whose examples are others in each run: the command that repeats them."""


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """How a run with a fresh seed is repeated, whether it passed or failed."""
    for report in [*terminalreporter.stats.get("passed", ()), *terminalreporter.stats.get("failed", ())]:
        for name, command in report.user_properties:
            if name == REPEATED_BY:
                terminalreporter.write_line(f"{report.nodeid}: {report.outcome}; repeated by: {command}")


def pytest_collection_finish() -> None:
    """Imported modules and collected tests stay to the end: the garbage collector need not visit them, and looks seldom, which saves a twentieth."""
    gc.freeze()
    gc.set_threshold(200_000, 50, 1000)


@pytest.fixture(autouse=True)
def _log() -> Iterator[None]:
    """A command that sets up the log (``nota run``, ``nota migrate``) runs in a process of its own: :mod:`tests.fork_server`."""
    before = structlog.get_config()
    yield
    assert structlog.get_config() == before, "the log of all later tests of this worker was set up anew"


def not_none(value: Value | None) -> Value:
    """The value, which is there."""
    assert value is not None
    return value


@cache
def loaded(folder: Path) -> Dossier:
    """The dossier of a folder that no test writes to, loaded once in each process."""
    return not_none(load(folder, TODAY).dossier)


def checked(folder: Path) -> Loading:
    """A folder, loaded and checked for every platform, once in each process as long as its files say the same."""
    if folder == CONTENT or folder.is_relative_to(HERE / "dossiers"):  # no test writes to it
        return _checked(_Folder(folder, ((str(folder), b""),)))
    files = ((str(file.relative_to(folder)), file.read_bytes()) for file in folder.rglob("*") if file.is_file())
    return _checked(_Folder(folder, tuple(sorted(files))))


@dataclass(frozen=True)
class _Folder:
    """What a folder holds, wherever it lies."""

    path: Path = field(compare=False)
    files: tuple[tuple[str, bytes], ...] = field(repr=False)


@lru_cache(50)
def _checked(folder: _Folder) -> Loading:
    return load_checked(folder.path, TODAY)


@cache
def shipped() -> Dossier:
    """The dossier under ``content/``."""
    return loaded(CONTENT)


def pytest_runtest_setup() -> None:
    """Its matcher, which takes a second to build, stays among those that are kept, whatever dossiers other tests ask."""
    if shipped.cache_info().currsize and is_matched(shipped()):
        matcher_for(shipped())


@pytest.fixture(scope="session")
def tiny() -> Dossier:
    """The tiny dossier, about a ferry; its title names no country."""
    return loaded(TINY)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the tiny dossier, to be broken."""
    return Path(shutil.copytree(TINY, tmp_path / "content"))


@pytest.fixture
def edit(folder: Path) -> Edit:
    """Replaces text in a file of the copy; the text must be there."""

    def replace(name: str, old: str, new: str) -> None:
        file = folder / name
        text = file.read_text(encoding="utf-8")
        assert old in text
        file.write_text(text.replace(old, new, 1), encoding="utf-8")

    return replace
