"""``content/`` → a :class:`~bot.dossier.models.Dossier`, or every mistake with its file and line."""

import hashlib
import re
from collections import Counter, defaultdict
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path, PurePosixPath
from typing import Any, TypeVar

from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from bot.dossier import markdown, validators
from bot.dossier.diagnostics import Fault, Mistake, Place, Where, did_you_mean, explain, shown
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
    Language,
    Source,
    SourceId,
    Topic,
    later,
)
from bot.dossier.schema import SINGLE_FILES
from bot.dossier.text_validators import flaws
from bot.dossier.yaml_reader import Document, Unreadable, Value, read

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


_FACT: TypeAdapter[Fact] = TypeAdapter(Fact)


_EXPECTED_HEADER = "expected id, title, summary, languages, default_language"


Model = TypeVar("Model", bound=BaseModel)


@dataclass(slots=True)
class Entries:
    """Reads the parts.

    ``faults`` are what was found; ``left_out`` the places of what they are about, as far as it is left out; ``unsure``
    those where a stand-in is all there is.
    """

    documents: Mapping[str, Document]
    faults: list[Fault] = field(default_factory=list)
    unsure: set[Where] = field(default_factory=set)
    left_out: set[Where] = field(default_factory=set)

    def dossier(self) -> Dossier:
        """All parts together."""
        topics = [topic for kind in ("topics", "programs") for topic in self._folder(kind, Topic)]
        bulletins = list(self._folder("bulletins", Bulletin))
        return Dossier(
            self._header(topics),
            dict(self._entries("sources.yaml", Source)),  # type: ignore[arg-type]
            dict(self._facts()),  # type: ignore[arg-type]
            {topic.id: topic for topic in sorted(topics, key=lambda topic: (topic.order, topic.id))},
            {item.id: item for item in sorted(bulletins, key=lambda item: (item.date, item.id), reverse=True)},
            self._version(),
            dict(self._entries("feeds.yaml", Feed)),  # type: ignore[arg-type]
        )

    def _version(self) -> str:
        digest = hashlib.blake2b(digest_size=8)
        for name in sorted(self.documents):
            digest.update(repr((name, self.documents[name].value)).encode("utf-8", "surrogatepass"))
        return digest.hexdigest()

    def _header(self, topics: list[Topic]) -> Header:
        document = self.documents.get("dossier.yaml")
        if document is None:
            self.faults.append(Fault("dossier.yaml", (), "no such file", _EXPECTED_HEADER))
        header = self._valid("dossier.yaml", Header, document.value if document else None, ())
        if header.languages != ["-"]:
            return header
        self.unsure.add(("dossier.yaml", ("languages",)))
        spoken = Counter(language for topic in topics for language in topic.title)
        guessed = [language for language, _ in spoken.most_common()] or [Language("en")]
        return header.model_copy(update={"languages": guessed, "default_language": guessed[0]})

    def _entries(self, name: str, model: type[Model]) -> Iterator[tuple[str, Model]]:
        for key, value in self._map(name).items():
            yield key, self._valid(name, model, value, (key,))

    def _facts(self) -> Iterator[tuple[str, Fact]]:
        for key, value in self._map("facts.yaml").items():
            try:
                yield key, _FACT.validate_python(value)
            except ValidationError as error:
                self.faults += explain("facts.yaml", error, (key,))
                fact, is_whole = salvaged_fact(value, error)
                self._note("facts.yaml", (key,), [detail["loc"][1:] for detail in error.errors(include_url=False)])
                if not is_whole:
                    self.unsure.add(("facts.yaml", (key,)))
                yield key, fact

    def _map(self, name: str) -> dict[str, Value]:
        document = self.documents.get(name)
        if document is None or document.value is None:
            return {}
        if isinstance(document.value, dict):
            return document.value
        self.faults.append(Fault(name, (), "not a map", "expected id: entry lines"))
        self.unsure.add((name, ()))
        return {}

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
            entry = self._valid(name, model, value, ())
            yield entry if isinstance(value, dict) else entry.model_copy(update={"id": identity})

    def _valid(self, name: str, model: type[Model], value: Value, place: Place) -> Model:
        document = self.documents.get(name)
        if document is None or not document.lines:  # said already: there is no such file, or it cannot be read
            return salvaged(model, None, None)
        try:
            return model.model_validate(value)
        except ValidationError as error:
            self.faults += explain(name, error, place)
            self._note(name, place, [detail["loc"] for detail in error.errors(include_url=False)])
            return salvaged(model, value, error)

    def _note(self, name: str, place: Place, complaints: list[Place]) -> None:
        """What is left out of the entry at ``place``, so that nothing that hangs on it is said."""
        self.left_out |= {(name, (*place, *dropped(loc))) for loc in complaints if loc}


FACTS = "facts.yaml"


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


_SalvagedModel = TypeVar("_SalvagedModel", bound=BaseModel)


STAND_INS: dict[str, Any] = {
    "id": "-",
    "title": {},
    "summary": {},
    "body": {},
    "date": "2000-01-01",
    "publisher": "-",
    "url": "https://nowhere.invalid",
    "language": "-",
    "languages": ["-"],
    "default_language": "-",
}
"""What stands in for what a file must give and does not."""


_FACT_MODEL: TypeAdapter[Fact] = TypeAdapter(Fact)


_TEXTS = ("title", "summary", "body")


_OF_ANY_FACT = ("sources", "checked", "note", "derived")


def salvaged(model: type[_SalvagedModel], value: object, error: ValidationError | None) -> _SalvagedModel:
    """The entry without its mistakes, with stand-ins for what it must have; all of it stand-ins where it is no map."""
    required = {key: STAND_INS[key] for key, field in model.model_fields.items() if field.is_required()}
    rest: dict[str, Any] = {**required, **value} if isinstance(value, dict) else required
    while error is not None:
        details = error.errors(include_url=False)
        for detail in details:
            rest = _without_paths(rest, detail)
        try:
            return model.model_validate({**required, **rest})
        except ValidationError as next_error:
            if next_error.errors(include_url=False) == details:
                break
            error = next_error
    return model.model_validate({**required, **({"id": rest["id"]} if "id" in rest else {})})


def salvaged_fact(value: object, error: ValidationError) -> tuple[Fact, bool]:
    """The fact without its mistakes, and whether it still has its value; else a text in its place."""
    rest = dict(value) if isinstance(value, dict) else {}
    for detail in error.errors(include_url=False):
        rest = _without_paths(rest, {**detail, "loc": detail["loc"][1:]})
    try:
        return _FACT_MODEL.validate_python(rest), True
    except ValidationError:
        base = {key: rest[key] for key in _OF_ANY_FACT if key in rest}
    try:
        return _FACT_MODEL.validate_python({**base, "type": "text", "value": "-"}), False
    except ValidationError:
        return _FACT_MODEL.validate_python({"type": "text", "value": "-"}), False


def dropped(loc: Place) -> Place:
    """What of an entry is left out for a complaint about ``loc``: a language of a text, else the whole of a key."""
    return loc[:2] if loc and loc[0] in _TEXTS else loc[:1]


def _without_paths(value: dict[str, Any], detail: ErrorDetails) -> dict[str, Any]:
    """The map without what a complaint is about: a language of a text, else the whole of a key."""
    loc = detail["loc"]
    if not loc:
        return value
    key = loc[0]
    inner = value.get(str(key))
    if key in _TEXTS and isinstance(inner, dict) and len(loc) > 1:
        return {**value, str(key): {name: each for name, each in inner.items() if name != loc[1]}}
    return {name: each for name, each in value.items() if name != key}


Entry = TypeVar("Entry", Topic, Bulletin)


_ROUNDS = 10
"""What is left out may leave others without what they refer to; no dossier is nested so deep."""


def sound_part(dossier: Dossier, unreadable: Iterable[str], faults: Iterable[Fault], today: date) -> Dossier | None:
    """The dossier without the files that are ``unreadable`` or have ``faults``, and without what refers to such facts.

    None where no such part stands by itself.
    """
    wrong = [*(Fault(path, (), "", "") for path in unreadable), *faults]
    wrong = [fault for fault in wrong if "/" not in fault.path]  # of topics and bulletins, what is left may do
    part = replace(dossier, header=_header(dossier.header))
    for _ in range(_ROUNDS):
        part = _without(part, wrong)
        wrong = [fault for fault in validators.faults(part, today) if not fault.warning]
        if not wrong:
            return part if part.topics else None
    return None


def _header(header: Header) -> Header:
    default = header.default_language if header.default_language in header.languages else header.languages[0]
    languages = [*dict.fromkeys(header.languages)]
    return header.model_copy(
        update={
            "title": _in_all(header.title, languages),
            "summary": _in_all(header.summary, languages),
            "languages": languages,
            "default_language": default,
            "checked": None,
        }
    )


def _in_all(texts: Mapping[Language, str], languages: list[Language]) -> dict[Language, str]:
    """A title or summary in every language; a dash where it is not to be relied on."""
    sure = {key: words for key, words in texts.items() if "{" not in words and not flaws(words)}
    return {language: sure.get(language, "-") for language in languages}


def _without(dossier: Dossier, wrong: list[Fault]) -> Dossier:
    paths = {fault.path for fault in wrong}
    facts = _keep(dossier.facts, FACTS, wrong)
    sources = _keep(dossier.sources, "sources.yaml", wrong)
    topics = {key: each for key, each in dossier.topics.items() if _stands(each, paths, facts)}
    bulletins = {key: each for key, each in dossier.bulletins.items() if _stands(each, paths, facts)}
    return replace(
        dossier,
        sources=sources,
        facts={key: fact.model_copy(update={"sources": _known(fact.sources, sources)}) for key, fact in facts.items()},
        topics={key: _linked(each, sources, {"related": topics}) for key, each in topics.items()},
        bulletins={key: _linked(each, sources, {"topics": topics}) for key, each in bulletins.items()},
        feeds={},
    )


Key = TypeVar("Key", FactId, SourceId)


_SoundValue = TypeVar("_SoundValue")


def _keep(entries: Mapping[Key, _SoundValue], path: str, wrong: list[Fault]) -> dict[Key, _SoundValue]:
    named = {fault.place[:1] for fault in wrong if fault.path == path}
    return {} if () in named else {key: each for key, each in entries.items() if (key,) not in named}


def _stands(entry: Topic | Bulletin, paths: set[str], facts: Mapping[FactId, object]) -> bool:
    if validators.file_of(entry) in paths:
        return False
    words = [*entry.title.values(), *entry.body.values(), *getattr(entry, "summary", {}).values()]
    named = {FactId(match[1]) for each in words for match in markdown.PLACEHOLDER.finditer(each)}
    if isinstance(entry, Topic):
        named |= {*(entry.notes or [])}
        named |= {entry.progress.from_, entry.progress.to} if entry.progress else set()
    return all(name in facts for name in named)


def _linked(entry: Entry, sources: Mapping[SourceId, object], links: Mapping[str, Container[Any]]) -> Entry:
    """The entry with only those of its links that lead somewhere."""
    update = {key: _known(getattr(entry, key), known) for key, known in links.items()}
    return entry.model_copy(update={"sources": _known(entry.sources, sources), **update})


def _known(names: Iterable[str], known: Container[Any]) -> list[str]:
    return [name for name in names if name in known]


_MANY = 5
"""So many places that name what stands in no file say that the file is missing, not that each of them is wrong."""


class Telling:
    """Goes by the ``unreadable`` files, what ``entries`` could not take as it is, and the ``faults`` of the rules."""

    def __init__(self, unreadable: Iterable[Mistake], entries: Entries, faults: list[Fault]) -> None:
        self._faults = faults
        self._documents = entries.documents
        files = {mistake.path for mistake in unreadable}
        self._files = {(path, ()) for path in files}
        self._stems = {_stem(path) for path in files} | {_stem(fault.path) for fault in faults if not fault.place}
        self._entries = {(other.path, other.place) for other in entries.faults} | entries.left_out
        self._unsure = (
            entries.unsure | entries.left_out | {_whole(fault) for fault in faults if fault.place[:1] == ("languages",)}
        )
        self._is_whole = not (files or entries.faults or any(not fault.warning for fault in faults))

    def told(self) -> Iterator[Fault]:
        """What is said of the rules' faults."""
        absent: dict[str, list[Fault]] = defaultdict(list)
        for fault in self._faults:
            if self._is_said(fault) or (fault.is_mild and not self._is_whole):
                continue
            missing = self._missing(fault)
            if missing:
                absent[missing].append(fault)
            else:
                yield fault
        for path, hanging in absent.items():
            if len(hanging) < _MANY:
                yield from hanging
            else:
                expected = f"expected what {len(hanging)} places name, the first of them in {hanging[0].path}"
                problem = "the file is empty" if path in self._documents else "no such file or folder"
                yield Fault(path, (), problem, expected)

    def _is_said(self, fault: Fault) -> bool:
        """Whether it only follows from what is said already: of the place itself, or of what it hangs on."""
        if any(where in self._files | self._entries for where in _above((fault.path, fault.place))):
            return True
        if fault.because is None:
            return False
        path, place = fault.because
        misnamed = "/" in path and (_stem(path) in self._stems or (path.split("/")[0], ()) in self._files)
        return misnamed or any(where in self._files | self._unsure for where in _above((path, place)))

    def _missing(self, fault: Fault) -> str | None:
        """The file or folder that nothing stands in of all that the fault hangs on; None where there is one."""
        path = fault.because[0] if fault.because else fault.path
        place = path.split("/")[0]
        written = (name for name, document in self._documents.items() if document.value is not None)
        within = (name == path or ("/" in path and name.startswith(f"{place}/")) for name in written)
        return None if path == fault.path or any(within) else place


def _stem(path: str) -> str:
    """What stays the same of a file's path when it is put into another folder, or its name written otherwise."""
    return PurePosixPath(path).name.split(".")[0].casefold().removeprefix(PROGRAM_PREFIX)


def _whole(fault: Fault) -> Where:
    return fault.path, fault.place[:1]


def _above(where: Where) -> list[Where]:
    path, place = where
    return [(path, place[:length]) for length in range(len(place) + 1)]


@dataclass(frozen=True, slots=True)
class Loading:
    """What came of reading a folder: the dossier (None where mistakes keep it from being used) and all the mistakes.

    ``sound`` is what whoever checks further may go by: the parts of the dossier that nothing is wrong with; None where
    there are none. ``lines`` finds the line of a place in a file.
    """

    dossier: Dossier | None
    mistakes: tuple[Mistake, ...]
    documents: Mapping[str, Document] = field(default_factory=dict, repr=False)
    sound: Dossier | None = field(default=None, repr=False)

    def located(self, fault: Fault) -> Mistake:
        """The fault with its line."""
        document = self.documents.get(fault.path)
        line = document.line(fault.place) + fault.down if document else 1
        return Mistake(fault.path, line, fault.problem, fault.expected, fault.warning, fault.counts)


def load(folder: Path, today: date) -> Loading:
    """Everything under ``folder``; dates after ``today`` are mistakes. Never raises for what a file holds."""
    found = opened(folder)
    if not folder.is_dir():
        return Loading(None, tuple(found.mistakes))
    entries = Entries(found.documents)
    dossier, faults = computed(entries.dossier())
    faults += validators.faults(dossier, today)
    is_whole = not (found.mistakes or entries.faults)
    told = [*Telling(found.mistakes, entries, faults).told()]
    loading = Loading(None, (), found.documents)
    mistakes = (*found.mistakes, *map(loading.located, (*entries.faults, *told)))
    if not any(not mistake.warning for mistake in mistakes):
        mistakes += tuple(_cut_short(found.documents.values()))
    wrong = {mistake.path for mistake in found.mistakes}, [*entries.faults, *faults]
    usable = is_whole and all(fault.warning for fault in faults)
    sound = dossier if usable else sound_part(dossier, *wrong, today)
    return Loading(dossier if usable else None, in_order(mistakes), found.documents, sound)


def _cut_short(documents: Iterable[Document]) -> Iterator[Mistake]:
    for document in documents:
        for line, rest in document.cut:
            problem, expected = (
                f"{shown(rest)} is read as a comment",
                'expected a text that holds " #" to stand in quotes',
            )
            yield Mistake(document.path, line, problem, expected, warning=True)


def in_order(mistakes: Iterable[Mistake]) -> tuple[Mistake, ...]:
    """Each once, by file and line."""
    return tuple(sorted(set(mistakes)))
