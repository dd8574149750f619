"""``content/`` → a :class:`~bot.dossier.models.Dossier`, or every mistake with its file and line."""

import hashlib
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path, PurePosixPath
from typing import Any, TypeVar

from pydantic import BaseModel, TypeAdapter, ValidationError

from bot.dossier import validators
from bot.dossier.diagnostics import Diagnostic, Fault, Place, Where, did_you_mean, explain, shown
from bot.dossier.models import (
    PROGRAM_PREFIX,
    Bulletin,
    DayFact,
    Dossier,
    Duration,
    Fact,
    FactId,
    Feed,
    Header,
    Questions,
    Source,
    Topic,
    file_of,
    later,
)
from bot.dossier.schema import SINGLE_FILES
from bot.dossier.yaml_reader import Document, Unreadable, Value, read

FOLDERS = ("topics", "programs", "questions", "bulletins")

FACTS = "facts.yaml"


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
    diagnostics: list[Diagnostic]


def opened(folder: Path) -> Opened:
    """Every file under ``folder``, by its path there. Hidden files, ``*.md`` and what editors leave are passed over."""
    found = Opened({}, [])
    if not folder.is_dir():
        problem = "a file, not a folder" if folder.is_file() else "no such folder"
        found.diagnostics.append(Diagnostic(str(folder), 1, problem, "expected the folder of a dossier (CONTENT_DIR)"))
        return found
    found.diagnostics.extend(_locked(folder))
    for name, file in _listed(folder):
        diagnostic = _misplaced(name, file, folder.resolve())
        if diagnostic:
            found.diagnostics.append(diagnostic)
        if _is_expected(name):
            found.documents[name] = Document(name, None, {}) if diagnostic else _read(file, name, found.diagnostics)
    return found


def _locked(folder: Path) -> Iterator[Diagnostic]:
    """The folders that may not be looked into; what lies in them would seem to be gone."""
    for name in (".", *FOLDERS):
        try:
            next((folder / name).iterdir(), None)
        except (FileNotFoundError, NotADirectoryError):
            continue
        except OSError as error:
            yield Diagnostic(name, 1, f"cannot be read ({error.strerror})", "expected a readable folder")


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
    return name in SINGLE_FILES or (in_folder and (parts[0] == "questions" or not parts[1].startswith(PROGRAM_PREFIX)))


def _misplaced(name: str, file: Path, root: Path) -> Diagnostic | None:
    if not _is_inside(file, root):
        return Diagnostic(name, 1, "a link out of the folder", "expected a file of the folder itself")
    if _is_expected(name):
        if file.is_dir():
            return Diagnostic(name, 1, "a folder", "expected a file of this name")
        return None if file.is_file() else Diagnostic(name, 1, "no file, or a link to none", "expected a file")
    if file.is_dir():
        return None
    _, prefix, slug = name.rpartition(f"/{PROGRAM_PREFIX}")
    expected = f"programs/{slug}" if prefix else f"{', '.join(SINGLE_FILES)} or <id>.yaml in {_FOLDER_NAMES}"
    return Diagnostic(name, 1, "not a file of a dossier", f"expected {expected}")


def _is_inside(file: Path, root: Path) -> bool:
    try:
        return file.resolve().is_relative_to(root)
    except (OSError, RuntimeError):  # a link to itself
        return True


def _read(file: Path, name: str, diagnostics: list[Diagnostic]) -> Document:
    try:
        return read(file, name)
    except Unreadable as unreadable:
        diagnostics.append(unreadable.diagnostic)
        return Document(name, None, {})


_FACT: TypeAdapter[Fact] = TypeAdapter(Fact)

Model = TypeVar("Model", bound=BaseModel)

Entry = TypeVar("Entry", Topic, Bulletin)


@dataclass(slots=True)
class Entries:
    """Validates the entries of all files. An invalid entry is dropped.

    Attributes:
        faults: why entries were dropped, and what else is wrong in the files themselves.
        dropped: the places of the dropped entries; an unreadable file is dropped as a whole.
    """

    documents: Mapping[str, Document]
    faults: list[Fault] = field(default_factory=list)
    dropped: set[Where] = field(default_factory=set)

    def dossier(self) -> Dossier | None:
        """The dossier of the valid entries; None if the header is invalid, since every rule depends on it."""
        topics = [topic for folder in ("topics", "programs") for topic in self._folder(folder, Topic)]
        bulletins = list(self._folder("bulletins", Bulletin))
        sources, facts = dict(self._map("sources.yaml", Source)), dict(self._map(FACTS, _FACT))
        feeds = dict(self._map("feeds.yaml", Feed))
        header = self._header()
        if header is None:
            return None
        return Dossier(
            header,
            sources,  # type: ignore[arg-type]
            facts,  # type: ignore[arg-type]
            {topic.id: topic for topic in sorted(topics, key=lambda topic: (topic.order, topic.id))},
            {item.id: item for item in sorted(bulletins, key=lambda item: (item.date, item.id), reverse=True)},
            self._version(),
            feeds,  # type: ignore[arg-type]
            dict(self._questions()),
        )

    def _version(self) -> str:
        digest = hashlib.blake2b(digest_size=8)
        for name in sorted(self.documents):
            digest.update(repr((name, self.documents[name].value)).encode("utf-8", "surrogatepass"))
        return digest.hexdigest()

    def _header(self) -> Header | None:
        if "dossier.yaml" not in self.documents:
            expected = "expected id, title, summary, languages, default_language"
            self.faults.append(Fault("dossier.yaml", (), "no such file", expected))
            return None
        header: Header | None = self._valid("dossier.yaml", Header, self.documents["dossier.yaml"].value, ())
        return header

    def _map(self, name: str, kind: type[Model] | TypeAdapter[Any]) -> Iterator[tuple[str, Any]]:
        document = self.documents.get(name)
        if document is None or document.value is None:
            return
        if not isinstance(document.value, dict):
            self.faults.append(Fault(name, (), "not a map", "expected id: entry lines"))
            self.dropped.add((name, ()))
            return
        for key, value in document.value.items():
            if (entry := self._valid(name, kind, value, (key,))) is not None:
                yield key, entry

    def _folder(self, folder: str, model: type[Model]) -> Iterator[Model]:
        for name, document in self.documents.items():
            head, _, stem = name.removesuffix(".yaml").partition("/")
            if head != folder:
                continue
            identity = (PROGRAM_PREFIX if folder == "programs" else "") + stem
            value = document.value
            if isinstance(value, dict):
                given = value.get("id", identity)
                if given not in (identity, stem):
                    problem, expected = f"id {given!r} in a file of another name", f"expected {stem!r}, or no id"
                    self.faults.append(Fault(name, ("id",), problem, expected))
                value = {**value, "id": identity}
            if (entry := self._valid(name, model, value, ())) is not None:
                yield entry

    def _questions(self) -> Iterator[tuple[str, Questions]]:
        for name, document in self.documents.items():
            if name.startswith("questions/"):
                questions = self._valid(name, Questions, document.value, ())
                if questions is not None:
                    yield PurePosixPath(name).stem, questions

    def _valid(self, name: str, kind: type[Model] | TypeAdapter[Any], value: Value, place: Place) -> Any:
        """The entry; None if it is dropped. Unknown keys alone do not drop it."""
        if self.documents[name].lines:  # else the file cannot be read, which was reported
            adapter = kind if isinstance(kind, TypeAdapter) else TypeAdapter(kind)
            try:
                return adapter.validate_python(value)
            except ValidationError as error:
                self.faults += explain(name, error, place)
                details = error.errors(include_url=False)
                if isinstance(value, dict) and all(detail["type"] == "extra_forbidden" for detail in details):
                    unknown = {detail["loc"][-1] for detail in details}
                    known = {key: each for key, each in value.items() if key not in unknown}
                    with suppress(ValidationError):
                        return adapter.validate_python(known)
        self.dropped.add((name, place))
        return None


def computed(dossier: Dossier) -> tuple[Dossier, list[Fault]]:
    """The dossier with every ``from``/``plus`` date given its value, and what stands in the way of that."""
    facts = dict(dossier.facts)
    faults: list[Fault] = []
    waiting = {key: fact for key, fact in facts.items() if isinstance(fact, DayFact) and fact.value is None}
    for _ in range(len(waiting)):  # each round settles at least one, or what is left goes in a circle
        for key, fact in list(waiting.items()):
            start, length = facts.get(FactId(fact.from_ or "")), facts.get(FactId(fact.plus or ""))
            if isinstance(start, DayFact) and start.value is not None and isinstance(length, Duration):
                del waiting[key]
                try:
                    facts[key] = fact.model_copy(update={"value": later(start.value, length)})
                except (OverflowError, ValueError):
                    facts[key] = fact.model_copy(update={"value": date.max})
                    faults.append(Fault(FACTS, (key, "plus"), "a day after the year 9999", "expected a day before"))
    for key, fact in waiting.items():
        faults += _obstacles(dossier, key, fact)
    return replace(dossier, facts=facts), faults


def _obstacles(dossier: Dossier, key: FactId, fact: DayFact) -> list[Fault]:
    days = [name for name, other in dossier.facts.items() if isinstance(other, DayFact)]
    durations = [name for name, other in dossier.facts.items() if isinstance(other, Duration)]
    faults: list[Fault] = []
    for end, name, known, what in (("from", fact.from_, days, "date"), ("plus", fact.plus, durations, "duration")):
        if name not in known:
            expected, because = did_you_mean(name or "", known, f"a {what} fact"), (FACTS, (name or "",))
            faults.append(Fault(FACTS, (key, end), f"no {what} fact {name!r}", expected, because=because))
    return faults or [Fault(FACTS, (key, "from"), "computed from itself", "expected a date that stands by itself")]


_ROUNDS = 10
"""Dropping an entry may leave others without what they refer to; no dossier is nested so deep."""


_LINKS = ("sources", "related", "topics")
"""Keys whose values name other entries; an entry stands without them."""


def sound_part(dossier: Dossier, today: date) -> Dossier | None:
    """The part of the dossier in which every reference leads somewhere; None if there is no such part."""
    part = replace(dossier, feeds={}, questions={})
    for _ in range(_ROUNDS):
        wrong = defaultdict[str, set[Place]](set)
        for fault in validators.faults(part, today):
            if not fault.warning:
                wrong[fault.path].add(fault.place[:1])
        if not wrong:
            return part if part.topics else None
        part = replace(
            part,
            sources={key: each for key, each in part.sources.items() if (key,) not in wrong["sources.yaml"]},
            facts={key: each for key, each in part.facts.items() if (key,) not in wrong[FACTS]},
            topics={each.id: each for each in _standing(part.topics.values(), wrong)},
            bulletins={each.id: each for each in _standing(part.bulletins.values(), wrong)},
        )
    return None


def _standing(entries: Iterable[Entry], wrong: Mapping[str, set[Place]]) -> Iterator[Entry]:
    """The entries without wrong links, and without those that are wrong elsewhere."""
    for entry in entries:
        places = wrong.get(file_of(entry), set())
        if places <= {(key,) for key in _LINKS}:
            yield entry.model_copy(update={str(key): [] for (key,) in places}) if places else entry


_MANY = 5
"""If so many places name entries of a file that does not exist, the file is missing; the places are not wrong."""


def _reported(found: Opened, entries: Entries, faults: list[Fault]) -> Iterator[Fault]:
    """The faults without those that only follow from others.

    A fault that hangs on another place (``because``) is left out if that place is dropped or has an error itself, and
    warnings are left out until there is no error.
    """
    errors = [*entries.faults, *(fault for fault in faults if not fault.warning and fault.because is None)]
    causes = {(fault.path, fault.place) for fault in errors} | entries.dropped
    causes |= {(diagnostic.path, ()) for diagnostic in found.diagnostics}
    misnamed = {_stem(diagnostic.path) for diagnostic in found.diagnostics} | {
        _stem(path) for path, place in causes if not place
    }
    is_whole = not found.diagnostics and not any(not fault.warning for fault in (*entries.faults, *faults))
    absent: dict[str, list[Fault]] = defaultdict(list)
    for fault in faults:
        if fault.is_mild and not is_whole:
            continue
        if fault.because is None:
            yield fault
            continue
        path, place = fault.because
        if ("/" in path and _stem(path) in misnamed) or any(path == at and _overlap(place, of) for at, of in causes):
            continue
        folder = path.split("/")[0]
        written = (name for name, document in entries.documents.items() if document.value is not None)
        if path == fault.path or any(
            name == path or ("/" in path and name.startswith(f"{folder}/")) for name in written
        ):
            yield fault
        elif (folder, ()) not in causes:
            absent[folder].append(fault)
    for path, hanging in absent.items():
        if len(hanging) < _MANY:
            yield from hanging
        else:
            expected = f"expected what {len(hanging)} places name, the first of them in {hanging[0].path}"
            problem = "the file is empty" if path in entries.documents else "no such file or folder"
            yield Fault(path, (), problem, expected)


def _stem(path: str) -> str:
    """What stays the same of a file's path when it is put into another folder, or its name written otherwise."""
    return PurePosixPath(path).name.split(".")[0].casefold().removeprefix(PROGRAM_PREFIX)


def _overlap(place: Place, other: Place) -> bool:
    """Whether one of the places lies in the other."""
    return all(step == other_step for step, other_step in zip(place, other, strict=False))


@dataclass(frozen=True, slots=True)
class Loading:
    """What came of reading a folder: the dossier (None where mistakes keep it from being used) and all the mistakes.

    ``sound`` is what whoever checks further may go by: the parts of the dossier that nothing is wrong with; None where
    there are none. ``lines`` finds the line of a place in a file.
    """

    dossier: Dossier | None
    diagnostics: tuple[Diagnostic, ...]
    documents: Mapping[str, Document] = field(default_factory=dict, repr=False)
    sound: Dossier | None = field(default=None, repr=False)

    def located(self, fault: Fault) -> Diagnostic:
        """The fault with its line."""
        document = self.documents.get(fault.path)
        line = document.line(fault.place) + fault.down if document else 1
        return Diagnostic(fault.path, line, fault.problem, fault.expected, fault.warning, fault.counts)


def load(folder: Path, today: date) -> Loading:
    """Everything under ``folder``; dates after ``today`` are mistakes. Never raises for what a file holds."""
    found = opened(folder)
    if not folder.is_dir():
        return Loading(None, tuple(found.diagnostics))
    entries = Entries(found.documents)
    dossier = entries.dossier()
    faults: list[Fault] = []
    if dossier is not None:
        dossier, faults = computed(dossier)
        faults += validators.faults(dossier, today)
    loading = Loading(None, (), found.documents)
    told = (*entries.faults, *_reported(found, entries, faults))
    diagnostics = (*found.diagnostics, *map(loading.located, told))
    if all(diagnostic.warning for diagnostic in diagnostics):
        diagnostics += tuple(_cut_short(found.documents.values()))
    usable = not (found.diagnostics or entries.faults) and all(fault.warning for fault in faults)
    sound = dossier if usable or dossier is None else sound_part(dossier, today)
    return Loading(
        dossier.with_questions() if usable and dossier else None, in_order(diagnostics), found.documents, sound
    )


def _cut_short(documents: Iterable[Document]) -> Iterator[Diagnostic]:
    for document in documents:
        for line, rest in document.cut:
            problem, expected = (
                f"{shown(rest)} is read as a comment",
                'expected a text that holds " #" to stand in quotes',
            )
            yield Diagnostic(document.path, line, problem, expected, warning=True)


def in_order(diagnostics: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    """Each once, by file and line."""
    return tuple(sorted(set(diagnostics)))
