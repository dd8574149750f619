"""Documents → the parts of a dossier. Of what is not as it must be a stand-in is made, and the fault said."""

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from pydantic import BaseModel, TypeAdapter, ValidationError

from bot.dossier.complaints import explain
from bot.dossier.documents import Document, Value
from bot.dossier.facts import Fact
from bot.dossier.mistakes import Fault, Place, Where
from bot.dossier.model import PROGRAM_PREFIX, Bulletin, Dossier, Feed, Header, Language, Source, Topic
from bot.dossier.salvaging import dropped, salvaged, salvaged_fact

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
