"""``content/`` → a :class:`~bot.dossier.model.Dossier`, or every mistake with its file and line."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, TypeAdapter, ValidationError

from bot.dossier import rules
from bot.dossier.computing import computed
from bot.dossier.documents import Document, Unreadable, Value, read
from bot.dossier.facts import Fact
from bot.dossier.mistakes import Fault, Mistake
from bot.dossier.model import PROGRAM_PREFIX, Bulletin, Dossier, Feed, Header, Source, Topic
from bot.dossier.schema import SINGLE_FILES, explain

FOLDERS = {"topics": Topic, "programs": Topic, "bulletins": Bulletin}
_FACT: TypeAdapter[Fact] = TypeAdapter(Fact)
Model = TypeVar("Model", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Loading:
    """What came of reading a folder: the dossier (None where mistakes keep it from being used) and all the mistakes.

    ``lines`` finds the line of a place in a file, for whoever checks further.
    """

    dossier: Dossier | None
    mistakes: tuple[Mistake, ...]
    documents: Mapping[str, Document] = field(default_factory=dict, repr=False)

    def located(self, fault: Fault) -> Mistake:
        """The fault with its line."""
        document = self.documents.get(fault.path)
        line = document.line(fault.place) + fault.down if document else 1
        return Mistake(fault.path, line, fault.problem, fault.expected, fault.warning)


def load(folder: Path, today: date) -> Loading:
    """Everything under ``folder``; dates after ``today`` are mistakes. Never raises for what a file holds."""
    reader = _Reader(folder)
    parts = reader.read()
    if parts is None or any(not mistake.warning for mistake in reader.mistakes):
        return Loading(None, _in_order(reader.mistakes), reader.documents)
    dossier, faults = computed(parts)
    loading = Loading(dossier, (), reader.documents)
    faults += rules.faults(dossier, today)
    mistakes = _in_order(reader.mistakes + [loading.located(fault) for fault in faults])
    usable = all(mistake.warning for mistake in mistakes)
    return Loading(dossier if usable else None, mistakes, reader.documents)


def _in_order(mistakes: list[Mistake]) -> tuple[Mistake, ...]:
    return tuple(sorted(set(mistakes)))


@dataclass(slots=True)
class _Reader:
    folder: Path
    mistakes: list[Mistake] = field(default_factory=list)
    documents: dict[str, Document] = field(default_factory=dict)

    def read(self) -> Dossier | None:
        if not self.folder.is_dir():
            self._note(str(self.folder), "no such folder", "expected the folder of a dossier (CONTENT_DIR)")
            return None
        for name, file in self._files():
            self._open(name, file)
        header = self._header()
        sources = dict(self._entries("sources.yaml", Source))
        feeds = dict(self._entries("feeds.yaml", Feed))
        facts = dict(self._facts())
        topics = [topic for kind in ("topics", "programs") for topic in self._folder(kind, Topic)]
        bulletins = list(self._folder("bulletins", Bulletin))
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
        )

    def _version(self) -> str:
        digest = hashlib.blake2b(digest_size=8)
        for name in sorted(self.documents):
            digest.update(repr((name, self.documents[name].value)).encode())
        return digest.hexdigest()

    def _note(self, path: str, problem: str, expected: str) -> None:
        self.mistakes.append(Mistake(path, 1, problem, expected))

    def _files(self) -> Iterator[tuple[str, Path]]:
        root = self.folder.resolve()
        for file in sorted(self.folder.rglob("*")):
            name = file.relative_to(self.folder).as_posix()
            if any(part.startswith(".") for part in name.split("/")) or name.endswith((".md", "~")):
                continue
            if not file.resolve().is_relative_to(root):
                self._note(name, "a link out of the folder", "expected a file of the folder itself")
            elif file.is_file() and self._expected(name):
                yield name, file

    def _expected(self, name: str) -> bool:
        parts = name.split("/")
        if name in SINGLE_FILES or (len(parts) == 2 and parts[0] in FOLDERS and name.endswith(".yaml")):
            return True
        self._note(
            name, "not a file of a dossier", f"expected {', '.join(SINGLE_FILES)} or <id>.yaml in {_FOLDER_NAMES}"
        )
        return False

    def _open(self, name: str, file: Path) -> None:
        try:
            self.documents[name] = read(file, name)
        except Unreadable as unreadable:
            self.mistakes.append(unreadable.mistake)
            self.documents[name] = Document(name, None, {})

    def _header(self) -> Header | None:
        if "dossier.yaml" not in self.documents:
            self._note("dossier.yaml", "no such file", "expected id, title, summary, languages, default_language")
            return None
        return self._valid("dossier.yaml", Header, self.documents["dossier.yaml"].value, ())

    def _entries(self, name: str, model: type[Model]) -> Iterator[tuple[str, Model]]:
        for key, value in self._map(name).items():
            entry = self._valid(name, model, value, (key,))
            if entry is not None:
                yield key, entry

    def _facts(self) -> Iterator[tuple[str, Fact]]:
        for key, value in self._map("facts.yaml").items():
            try:
                yield key, _FACT.validate_python(value)
            except ValidationError as error:
                self._explain("facts.yaml", error, (key,))

    def _map(self, name: str) -> dict[str, Value]:
        document = self.documents.get(name)
        if document is None or document.value is None:
            return {}
        if isinstance(document.value, dict):
            return document.value
        self._note(name, "not a map", "expected id: entry lines")
        return {}

    def _folder(self, folder: str, model: type[Model]) -> Iterator[Model]:
        for name, document in self.documents.items():
            head, _, stem = name.removesuffix(".yaml").partition("/")
            if head != folder or not document.lines:
                continue
            identity = (PROGRAM_PREFIX if folder == "programs" else "") + stem
            value = document.value
            if isinstance(value, dict):
                if value.get("id", identity) not in (identity, stem):
                    self._note(name, f"id {value['id']!r} in a file of another name", f"expected {stem!r}, or no id")
                value = {**value, "id": identity}
            entry = self._valid(name, model, value, ())
            if entry is not None:
                yield entry

    def _valid(self, name: str, model: type[Model], value: Value, place: tuple[str, ...]) -> Model | None:
        try:
            return model.model_validate(value)
        except ValidationError as error:
            self._explain(name, error, place)
            return None

    def _explain(self, name: str, error: ValidationError, place: tuple[str, ...]) -> None:
        document = self.documents[name]
        if document.lines:
            self.mistakes += [Loading(None, (), self.documents).located(f) for f in explain(name, error, place)]


_FOLDER_NAMES = ", ".join(f"{folder}/" for folder in FOLDERS)
