"""Builds the index of a dossier's questions and claims in a child process at low priority, whose memory goes back to the system with it.

Building makes several times the objects that stay, and keeps a processor busy for seconds. The child reads the pickled dossier from standard input and
writes the pickled index, which refers to parts of the dossier by their places, to standard output.
"""

import os
import pickle
import subprocess
import sys
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryFile
from threading import Lock
from typing import IO, Any

import structlog

from bot.dossier.models import Dossier
from bot.matching.analyzer import analyzer_for
from bot.replies.answer import Built, build, checker_for, is_matched, keep
from bot.subprocesses import child_environment

log = structlog.get_logger("bot")

SMALL = 20
"""Up to so many topics the index is built in this process, in less time than a child takes to start."""

_building = Lock()

_NICENESS = 10
_SECONDS = 900.0
_PARTS = ("facts", "topics", "claims")
_FOLDER_OF_BOT = Path(__file__).parents[1]


def make_ready(dossier: Dossier) -> None:
    """Builds the index of a dossier, unless there is one. Waits for seconds, so call it in a thread."""
    with _building:
        if len(dossier.topics) > SMALL and not is_matched(dossier):
            try:
                keep(dossier, _built_in_child(dossier))
            except (subprocess.SubprocessError, OSError) as error:
                log.warning("the index is built in this process, no other one could", why=type(error).__name__)
        checker_for(dossier).read_every_language()


def _built_in_child(dossier: Dossier) -> Built:
    """Raises SubprocessError or OSError: no child can be started, or it ends without a result, as where memory is short."""
    # not -m: what is pickled is of this module
    command = [sys.executable, "-c", "from bot.index_process import main; main()"]
    with TemporaryFile() as index:
        subprocess.run(  # noqa: S603  our own module
            command,
            input=pickle.dumps(dossier, pickle.HIGHEST_PROTOCOL),
            stdout=index,
            stderr=subprocess.DEVNULL,
            cwd=_FOLDER_OF_BOT,
            env=child_environment(),
            timeout=_SECONDS,
            check=True,
        )
        index.seek(0)
        built: Built = _Unpickler(index, dossier).load()
    return built


class _Pickler(pickle.Pickler):
    def __init__(self, index: IO[bytes], dossier: Dossier) -> None:
        super().__init__(index, pickle.HIGHEST_PROTOCOL)
        self._places: dict[int, tuple[str, Any]] = {id(dossier): ("dossier", None)}
        for part in _PARTS:
            self._places |= {id(entry): (part, name) for name, entry in getattr(dossier, part).items()}
        analyzer = analyzer_for(tuple(dossier.languages))
        self._places[id(analyzer)] = "analyzer", analyzer.languages

    def persistent_id(self, thing: object) -> tuple[str, Any] | None:
        return self._places.get(id(thing))

    def reducer_override(self, thing: Any) -> Any:
        if hasattr(thing, "cache_parameters"):  # a method that remembers its results, which begins anew
            return _remembering, (thing.__wrapped__, thing.cache_parameters()["maxsize"])
        return NotImplemented


def _remembering(method: Callable[..., Any], most: int) -> Callable[..., Any]:
    return lru_cache(most)(method)


class _Unpickler(pickle.Unpickler):
    def __init__(self, index: IO[bytes], dossier: Dossier) -> None:
        super().__init__(index)
        self._dossier = dossier

    def persistent_load(self, place: tuple[str, Any]) -> Any:
        part, name = place
        if part == "dossier":
            return self._dossier
        return analyzer_for(name) if part == "analyzer" else getattr(self._dossier, part)[name]


def main() -> None:
    """Runs the child process."""
    os.nice(_NICENESS)
    dossier = pickle.load(sys.stdin.buffer)  # noqa: S301  of the process that started this one
    built = build(dossier)
    built[1].read_every_language()
    _Pickler(sys.stdout.buffer, dossier).dump(built)
