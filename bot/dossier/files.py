"""Which files of a folder are a dossier's, and what keeps the others from being read."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bot.dossier.documents import Document, Unreadable, read
from bot.dossier.mistakes import Mistake
from bot.dossier.model import PROGRAM_PREFIX
from bot.dossier.schema import SINGLE_FILES

FOLDERS = ("topics", "programs", "bulletins")
_PASSED_OVER = re.compile(
    r"\.md$|~$|\.(?:bak|orig|swp|tmp)$|(?:^|/)(?:~\$[^/]*|#[^/]*#|Thumbs\.db|desktop\.ini)$", re.IGNORECASE
)
"""Notes, and what writing programs and systems leave beside a file: copies, unsaved words, thumbnails."""

_FOLDER_NAMES = ", ".join(f"{folder}/" for folder in FOLDERS)


@dataclass(frozen=True, slots=True)
class Opened:
    """What lies in the folder: a document a file, and the mistakes of those that cannot be read.

    Of an unreadable file of the dossier there is a document too, without a value or lines.
    """

    documents: dict[str, Document]
    mistakes: list[Mistake]


def opened(folder: Path) -> Opened:
    """Every file under ``folder``, by its path there. Hidden files, ``*.md`` and what editors leave are passed over."""
    found = Opened({}, [])
    if not folder.is_dir():
        problem = "a file, not a folder" if folder.is_file() else "no such folder"
        found.mistakes.append(Mistake(str(folder), 1, problem, "expected the folder of a dossier (CONTENT_DIR)"))
        return found
    found.mistakes.extend(_locked(folder))
    for name, file in _listed(folder):
        mistake = _misplaced(name, file, folder.resolve())
        if mistake:
            found.mistakes.append(mistake)
        if _is_expected(name):
            found.documents[name] = Document(name, None, {}) if mistake else _read(file, name, found.mistakes)
    return found


def _locked(folder: Path) -> Iterator[Mistake]:
    """The folders that may not be looked into; what lies in them would seem to be gone."""
    for name in (".", *FOLDERS):
        try:
            next((folder / name).iterdir(), None)
        except (FileNotFoundError, NotADirectoryError):
            continue
        except OSError as error:
            yield Mistake(name, 1, f"cannot be read ({error.strerror})", "expected a readable folder")


def _listed(folder: Path) -> Iterator[tuple[str, Path]]:
    for file in sorted(folder.rglob("*")):
        name = file.relative_to(folder).as_posix()
        if any(part.startswith(".") for part in name.split("/")) or _PASSED_OVER.search(name):
            continue
        if _is_expected(name) or not file.is_dir() or file.is_symlink():
            yield name, file


def _is_expected(name: str) -> bool:
    parts = name.split("/")
    in_folder = len(parts) == 2 and parts[0] in FOLDERS and name.endswith(".yaml")
    return name in SINGLE_FILES or (in_folder and not parts[1].startswith(PROGRAM_PREFIX))


def _misplaced(name: str, file: Path, root: Path) -> Mistake | None:
    if not _is_inside(file, root):
        return Mistake(name, 1, "a link out of the folder", "expected a file of the folder itself")
    if _is_expected(name):
        if file.is_dir():
            return Mistake(name, 1, "a folder", "expected a file of this name")
        return None if file.is_file() else Mistake(name, 1, "no file, or a link to none", "expected a file")
    if file.is_dir():
        return None
    _, prefix, slug = name.rpartition(f"/{PROGRAM_PREFIX}")
    expected = f"programs/{slug}" if prefix else f"{', '.join(SINGLE_FILES)} or <id>.yaml in {_FOLDER_NAMES}"
    return Mistake(name, 1, "not a file of a dossier", f"expected {expected}")


def _is_inside(file: Path, root: Path) -> bool:
    try:
        return file.resolve().is_relative_to(root)
    except (OSError, RuntimeError):  # a link to itself
        return True


def _read(file: Path, name: str, mistakes: list[Mistake]) -> Document:
    try:
        return read(file, name)
    except Unreadable as unreadable:
        mistakes.append(unreadable.mistake)
        return Document(name, None, {})
