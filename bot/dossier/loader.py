"""Loads ``content/`` as a :class:`~bot.dossier.models.Dossier`, or reports all diagnostics with file and line."""

import hashlib
import re
from base64 import b64decode, b64encode
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path, PurePosixPath
from typing import Any, TypeVar, cast

from pydantic import BaseModel, TypeAdapter, ValidationError

from bot.dossier import logo
from bot.dossier.diagnostics import (
    Diagnostic,
    Place,
    Where,
    did_you_mean,
    explain_validation_error,
    quoted,
    sort,
)
from bot.dossier.entries import (
    EVERY_MAP,
    HEADER,
    LOGO,
    Content,
    Key,
    entries_of,
    fitting_bulletin,
    key_at,
    with_entries,
)
from bot.dossier.entry_fields import NAMES_TOPICS, topic_of
from bot.dossier.models import (
    PROGRAM_PREFIX,
    Bulletin,
    BulletinId,
    Claim,
    DayFact,
    Dossier,
    Duration,
    Fact,
    FactId,
    Feed,
    Header,
    Language,
    Questions,
    Source,
    Topic,
    TopicId,
    file_of,
    later,
)
from bot.dossier.schema import FOLDERS, SINGLE_FILES
from bot.dossier.validators import validate
from bot.dossier.yaml_reader import ReadError, Value, YamlDocument, read


@dataclass(frozen=True, slots=True)
class Loading:
    """The result of loading a folder.

    Attributes:
        dossier: None if a diagnostic keeps it from being used.
        diagnostics: all of them, by file and line.
        documents: the files' values and lines, by path.
        valid_part: the part of the dossier without errors, for further checks; None if there is none.
        day: on which it was checked.
    """

    dossier: Dossier | None
    diagnostics: tuple[Diagnostic, ...]
    documents: Mapping[str, YamlDocument] = field(default_factory=dict, repr=False)
    valid_part: Dossier | None = field(default=None, repr=False)
    day: date = date.min

    def located(self, diagnostic: Diagnostic) -> Diagnostic:
        """The diagnostic with its line."""
        document = self.documents.get(diagnostic.path)
        return replace(diagnostic, line=document.line(diagnostic.place) + diagnostic.offset if document else 1)


def load(folder: Path, today: date) -> Loading:
    """Loads everything under ``folder``. Dates after ``today`` are errors. Never raises for what a file holds."""
    documents, unreadable = _read_files(folder)
    if not folder.is_dir():
        return Loading(None, tuple(unreadable))

    def read_logo(name: str) -> bytes:
        if (folder / name).stat().st_size > logo.MAX_BYTES:  # not read at all
            raise logo.LogoError("too large", f"expected at most {logo.MAX_BYTES:,} bytes")
        return (folder / name).read_bytes()

    return _with_logo(_load(documents, unreadable, today), read_logo)


def _with_logo(files: Loading, read_logo: Callable[[str], bytes]) -> Loading:
    """The files with the logo that the header names. If it cannot be shown, a diagnostic says why, and Nota's own stands in its place."""
    if files.dossier is None or files.dossier.header.logo is None:
        return files
    name = files.dossier.header.logo
    try:
        shown = logo.sanitised(name, read_logo(name))
    except OSError:
        problem = Diagnostic(
            "dossier.yaml", ("logo",), f"cannot read {name}", "expected that file in the folder", harmless=True
        )
    except logo.LogoError as error:
        problem = Diagnostic("dossier.yaml", ("logo",), f"{name}: {error.message}", error.fix, harmless=True)
    else:
        tree = hashlib.sha256(files.dossier.tree.encode() + shown).hexdigest()[: len(files.dossier.tree)]
        return replace(files, dossier=replace(files.dossier, logo=shown, tree=tree))
    return replace(files, diagnostics=sort([*files.diagnostics, files.located(problem)]))


def checked(documents: Mapping[str, YamlDocument], today: date) -> Loading:
    """The dossier of documents in memory, without a valid part if there are errors. Dates after ``today`` are errors."""
    return _load(documents, [], today, finds_part=False)


def _load(
    documents: Mapping[str, YamlDocument],
    unreadable: list[Diagnostic],
    today: date,
    warns: Callable[[Diagnostic], bool] = lambda _: False,
    *,
    finds_part: bool = True,
    leaves_out: bool = False,
) -> Loading:
    """``warns``: which mistakes are only warnings; ``leaves_out``: what refers to nothing is left out."""
    entries = _Entries(documents)
    dossier = entries.dossier()
    problems: list[Diagnostic] = []
    if dossier is not None:
        dossier, problems = _with_computed_dates(with_present_ids(dossier))
        problems += validate(dossier, today)
        if leaves_out and list(_referring_to_nothing(problems, dossier)):
            known = {key: fact for key, fact in dossier.facts.items() if getattr(fact, "value", fact) is not None}
            dossier = _valid_part(replace(dossier, facts=known), today, _referring_to_nothing)
    entries.diagnostics, problems = (
        [replace(each, severity="warning") if warns(each) else each for each in found]
        for found in (entries.diagnostics, problems)
    )
    loading = Loading(None, (), documents)
    independent = (*entries.diagnostics, *_without_consequences(unreadable, entries, problems))
    diagnostics = (*unreadable, *map(loading.located, independent))
    if all(not diagnostic.blocks for diagnostic in diagnostics):
        diagnostics += tuple(_accidental_comments(documents))
    usable = not unreadable and not any(diagnostic.blocks for diagnostic in (*entries.diagnostics, *problems))
    if dossier is None or usable:
        return Loading(dossier and dossier.with_questions(), sort(diagnostics), documents, dossier, day=today)
    part = _valid_part(replace(dossier, feeds={}, questions={}, claims={}), today) if finds_part else None
    return Loading(None, sort(diagnostics), documents, part if part and part.topics else None, day=today)


# What is in force, entry by entry


def contents_of(loading: Loading) -> dict[Key, Content]:
    """Everything that a loaded folder says, entry by entry, as JSON and in the order of its files."""
    contents, dossier = entries_of(loading.documents, EVERY_MAP), loading.dossier
    if dossier is not None and dossier.logo:
        contents[LOGO] = {str(dossier.header.logo): b64encode(dossier.logo).decode()}
    return contents


def load_contents(contents: Mapping[Key, Content], today: date, errors: list[Diagnostic] | None = None) -> Loading:
    """The dossier of contents in force, in their order: of :func:`contents_of` a folder it is the folder's.

    They were valid once, so what the clock, a language that came or a stricter rule of this release makes of them is a warning. An entry
    that this release cannot read at all is left out, with what cannot be shown without it. There is no dossier without a header, or where
    that cannot be shown. ``errors`` gets what would keep files from being used.
    """

    def warns(diagnostic: Diagnostic) -> bool:
        if errors is not None and diagnostic.blocks:
            errors.append(diagnostic)
        return True

    documents = with_entries({}, {key: content for key, content in contents.items() if key != LOGO})
    if (header := _Entries(documents).header()) is None:
        return checked(documents, today)
    fitted, notes, substitutes = _fitted(contents, header, _named_topics(contents))
    documents = with_entries(documents, fitted)
    loading = _load(documents, [], today, warns, finds_part=False, leaves_out=True)
    dossier = loading.dossier and replace(loading.dossier, **substitutes)
    found = sort([*loading.diagnostics, *map(loading.located, notes)])
    loading = replace(loading, dossier=dossier, valid_part=dossier, diagnostics=found)
    return _with_logo(loading, lambda name: b64decode(str(contents.get(LOGO, {}).get(name, ""))))


def _referring_to_nothing(problems: Iterable[Diagnostic], dossier: Dossier) -> Iterator[Diagnostic]:
    """Those of entries that name one that the dossier does not have."""
    there: set[str | None] = {None, HEADER, *(file_of(each).removesuffix(".yaml") for each in dossier.topics.values())}
    there |= {*map("sources/{}".format, dossier.sources), *map("facts/{}".format, dossier.facts)}
    there |= set(map("questions/{}".format, dossier.questions))
    for each in problems:
        key = key_at(*each.because) if each.because else None
        if key not in there and not (key or "").startswith(("bulletins/", "claims/")):  # to which nothing refers
            yield each


def _fitted(
    contents: Mapping[Key, Content | None], header: Header, topics: set[str]
) -> tuple[dict[Key, Content | None], list[Diagnostic], dict[str, Any]]:
    """The contents with their bulletins as the dossier's languages and topics take them, why, and what else the dossier says of these."""
    fitted, notes = dict(contents), list[Diagnostic]()
    untranslated, former_topics = dict[BulletinId, frozenset[Language]](), dict[BulletinId, tuple[TopicId, ...]]()
    for key, content in contents.items():
        if not key.startswith("bulletins/") or content is None:
            continue
        fitted[key], missing, problems = fitting_bulletin(key, content, header, topics)
        notes += problems
        name = BulletinId(key.removeprefix("bulletins/"))
        if missing:
            untranslated[name] = missing
        if content.get("topics") != (fitted[key] or {}).get("topics"):
            former_topics[name] = tuple(map(TopicId, map(str, cast(list[Value], content["topics"]))))
    return fitted, notes, {"untranslated": untranslated, "former_topics": former_topics}


def _named_topics(contents: Mapping[Key, Content | None]) -> set[str]:
    """The ids that topics have, and had."""
    found = set[str]()
    for key, content in contents.items():
        if key.startswith(("topics/", "programs/")) and content is not None:
            was = content.get("was")
            found |= {topic_of(key), *map(str, was if isinstance(was, list) else ())}
    return found


# Files

_IGNORED = re.compile(
    r"\.md$|~$|\.(?:bak|orig|swp|tmp)$|(?:^|/)(?:~\$[^/]*|#[^/]*#|Thumbs\.db|desktop\.ini)$", re.IGNORECASE
)
"""Notes, and files that text editors and systems leave behind. Hidden files are ignored as well."""


def _read_files(folder: Path) -> tuple[dict[str, YamlDocument], list[Diagnostic]]:
    """The documents under ``folder`` by path, and diagnostics of files that cannot be read or do not belong there.

    An unreadable file of the dossier gets a document without value and lines.
    """
    documents, diagnostics = dict[str, YamlDocument](), list[Diagnostic]()
    if not folder.is_dir():
        message, fix = "a file, not a folder", "expected the folder of a dossier (CONTENT_DIR)"
        if not folder.exists():
            message, fix = "no such folder", f"{fix}; `nota new dossier {folder}` writes one to start from"
        return documents, [Diagnostic(str(folder), (), message, fix, line=1)]
    diagnostics.extend(_unreadable_folders(folder))
    for name, file in _files(folder):
        if not _belongs(name) and not (folder / "dossier.yaml").exists():
            continue  # rather another folder than a dossier, and that is said once
        problem = _misplacement(name, file, folder.resolve())
        if problem is None:
            try:
                documents[name] = read(file)
                continue
            except ReadError as error:
                problem = Diagnostic(name, (), error.message, error.fix, line=error.line)
        diagnostics.append(problem)
        if _belongs(name):
            documents[name] = YamlDocument(None, {})
    return documents, diagnostics


def _unreadable_folders(folder: Path) -> Iterator[Diagnostic]:
    """Reports unreadable folders, whose files would otherwise seem to be deleted."""
    for name in (".", *FOLDERS):
        try:
            next((folder / name).iterdir(), None)
        except (FileNotFoundError, NotADirectoryError):
            continue
        except OSError as error:
            yield Diagnostic(name, (), f"cannot be read ({error.strerror})", "expected a readable folder", line=1)


def _files(folder: Path) -> Iterator[tuple[str, Path]]:
    for file in sorted(folder.rglob("*")):
        name = file.relative_to(folder).as_posix()
        if any(part.startswith(".") for part in name.split("/")) or _IGNORED.search(name) or name in logo.FILES:
            continue
        if _belongs(name) or not file.is_dir() or file.is_symlink():
            yield name, file


def _belongs(name: str) -> bool:
    """Whether a dossier may have a file at this path."""
    head, slash, stem = name.partition("/")
    if not slash:
        return name in SINGLE_FILES
    has_prefix = stem.startswith(PROGRAM_PREFIX) and head != "questions"
    return head in FOLDERS and "/" not in stem and stem.endswith(".yaml") and not has_prefix


def _misplacement(name: str, file: Path, root: Path) -> Diagnostic | None:
    with suppress(OSError, RuntimeError):  # a link to itself
        if not file.resolve().is_relative_to(root):
            fix = "expected a file inside the folder"
            return Diagnostic(name, (), "a link out of the folder", fix, line=1)
    if _belongs(name):
        if file.is_dir():
            return Diagnostic(name, (), "a folder", "expected a file of this name", line=1)
        return (
            None if file.is_file() else Diagnostic(name, (), "not a file, or a broken link", "expected a file", line=1)
        )
    _, prefix, slug = name.rpartition(f"/{PROGRAM_PREFIX}")
    folders = ", ".join(f"{folder}/" for folder in FOLDERS)
    fix = f"expected programs/{slug}" if prefix else f"expected {', '.join(SINGLE_FILES)} or <id>.yaml in {folders}"
    return Diagnostic(name, (), "not a file of a dossier", fix, line=1)


def _accidental_comments(documents: Mapping[str, YamlDocument]) -> Iterator[Diagnostic]:
    for name, document in documents.items():
        for line, rest in document.comments:
            message, fix = f"{quoted(rest)} is read as a comment", 'expected quotes around a text that contains " #"'
            yield Diagnostic(name, (), message, fix, "warning", line=line)


# Entries

_FACT: TypeAdapter[Fact] = TypeAdapter(Fact)

Model = TypeVar("Model", bound=BaseModel)
InAFile = TypeVar("InAFile", Topic, Bulletin, Claim)


@dataclass(slots=True)
class _Entries:
    """Validates the entries of all files. An invalid entry is dropped.

    Attributes:
        diagnostics: why entries were dropped, and other problems of single files.
        dropped: the places of the dropped entries; an unreadable file is dropped as a whole.
    """

    documents: Mapping[str, YamlDocument]
    diagnostics: list[Diagnostic] = field(default_factory=list)
    dropped: set[Where] = field(default_factory=set)

    def dossier(self) -> Dossier | None:
        """The dossier of the valid entries; None if the header is invalid, because every rule depends on it."""
        topics = [*self._folder("topics", Topic), *self._folder("programs", Topic)]
        bulletins = sorted(self._folder("bulletins", Bulletin), key=lambda item: (item.date, item.id), reverse=True)
        sources, facts = dict(self._map("sources.yaml", Source)), dict(self._map("facts.yaml", _FACT))
        feeds = dict(self._map("feeds.yaml", Feed))
        questions = dict(self._questions())
        claims = list(self._folder("claims", Claim))
        header = self.header()
        if header is None:
            return None
        state = hashlib.blake2b(digest_size=8)
        for name in sorted(self.documents):
            state.update(repr((name, self.documents[name].value)).encode("utf-8", "surrogatepass"))
        version = state.hexdigest()
        return Dossier(
            header,
            sources,  # type: ignore[arg-type]
            facts,  # type: ignore[arg-type]
            {topic.id: topic for topic in sorted(topics, key=lambda topic: (topic.order, topic.id))},
            {item.id: item for item in bulletins if item.withdrawn is None},
            version,
            feeds,  # type: ignore[arg-type]
            questions,
            {claim.id: claim for claim in sorted(claims, key=lambda claim: (claim.date, claim.id), reverse=True)},
            {item.id: item for item in bulletins if item.withdrawn is not None},
            tree=version,
        )

    def header(self) -> Header | None:
        if "dossier.yaml" not in self.documents:
            fix = "expected id, title, summary, languages, default_language"
            self.diagnostics.append(Diagnostic("dossier.yaml", (), "no such file", fix))
            return None
        header: Header | None = self._valid("dossier.yaml", Header, self.documents["dossier.yaml"].value, ())
        return header

    def _map(self, name: str, model: type[Model] | TypeAdapter[Any]) -> Iterator[tuple[str, Any]]:
        document = self.documents.get(name)
        if document is None or document.value is None:
            return
        if not isinstance(document.value, dict):
            self.diagnostics.append(Diagnostic(name, (), "not a map", "expected id: entry lines"))
            self.dropped.add((name, ()))
            return
        for key, value in document.value.items():
            if (entry := self._valid(name, model, value, (key,))) is not None:
                yield key, entry

    def _documents_in(self, folder: str) -> Iterator[tuple[str, str, Value]]:
        """Path, stem and value of each file in the folder."""
        for name, document in self.documents.items():
            head, _, stem = name.removesuffix(".yaml").partition("/")
            if head == folder:
                yield name, stem, document.value

    def _folder(self, folder: str, model: type[Model]) -> Iterator[Model]:
        for name, stem, value in self._documents_in(folder):
            identity = (PROGRAM_PREFIX if folder == "programs" else "") + stem
            written = value.get("id", identity) if isinstance(value, dict) else identity
            if written not in (identity, stem):
                message, fix = f"id {written!r} in a file of another name", f"expected {stem!r}, or no id"
                self.diagnostics.append(Diagnostic(name, ("id",), message, fix))
            with_id = {**value, "id": identity} if isinstance(value, dict) else value
            if (entry := self._valid(name, model, with_id, ())) is not None:
                yield entry

    def _questions(self) -> Iterator[tuple[str, Questions]]:
        for name, stem, value in self._documents_in("questions"):
            if (questions := self._valid(name, Questions, value, ())) is not None:
                yield stem, questions

    def _valid(self, name: str, model: type[Model] | TypeAdapter[Any], value: Value, place: Place) -> Any:
        """The entry; None if it is dropped. Unknown keys alone do not drop it."""
        if self.documents[name].lines:  # else the file is unreadable, which is reported already
            validate = model.validate_python if isinstance(model, TypeAdapter) else model.model_validate
            try:
                return validate(value)
            except ValidationError as error:
                self.diagnostics += explain_validation_error(name, error, place)
                details = error.errors(include_url=False)
                if isinstance(value, dict) and all(detail["type"] == "extra_forbidden" for detail in details):
                    unknown = {detail["loc"][-1] for detail in details}
                    known = {key: entry for key, entry in value.items() if key not in unknown}
                    with suppress(ValidationError):
                        return validate(known)
        self.dropped.add((name, place))
        return None


# Renamed topics


def with_present_ids(dossier: Dossier) -> Dossier:
    """The dossier whose entries name topics by their present ids alone. What a topic still has as its id is no former one."""
    former = {name: topic for name, topic in dossier.former_ids.items() if name not in dossier.topics}
    if not former:
        return dossier

    def named(entry: Model) -> Model:
        values = dict[str, Any]()
        for name in NAMES_TOPICS:
            value = getattr(entry, name, None)
            if isinstance(value, list) and not former.keys().isdisjoint(value):
                values[name] = list(dict.fromkeys(former.get(each, each) for each in value))
            elif isinstance(value, str) and value in former:
                values[name] = former[TopicId(value)]
        return entry.model_copy(update=values) if values else entry

    def all_named(entries: Mapping[Any, Model]) -> dict[Any, Model]:
        return {key: named(entry) for key, entry in entries.items()}

    return replace(
        dossier,
        header=named(dossier.header),
        topics=all_named(dossier.topics),
        facts=all_named(dossier.facts),
        bulletins=all_named(dossier.bulletins),
        withdrawn=all_named(dossier.withdrawn),
        claims=all_named(dossier.claims),
        feeds=all_named(dossier.feeds),
    )


# Computed dates


def _with_computed_dates(dossier: Dossier) -> tuple[Dossier, list[Diagnostic]]:
    """The dossier with a value for every ``from``/``plus`` date, and diagnostics for dates that cannot be computed."""
    facts = dict(dossier.facts)
    diagnostics: list[Diagnostic] = []
    waiting = {key: fact for key, fact in facts.items() if isinstance(fact, DayFact) and fact.value is None}
    for _ in range(len(waiting)):  # each round computes at least one, unless the rest depend on each other
        for key, fact in list(waiting.items()):
            start, length = facts.get(FactId(fact.from_ or "")), facts.get(FactId(fact.plus or ""))
            if isinstance(start, DayFact) and start.value is not None and isinstance(length, Duration):
                del waiting[key]
                try:
                    value = later(start.value, length)
                except (OverflowError, ValueError):
                    value = date.max
                    message, because = "a day after the year 9999", ("facts.yaml", (fact.plus or "",))
                    problem = Diagnostic(
                        "facts.yaml", (key, "plus"), message, "expected an earlier day", because=because
                    )
                    diagnostics.append(problem)
                facts[key] = fact.model_copy(update={"value": value})
    for key, fact in waiting.items():
        diagnostics += _why_not_computed(dossier, key, fact)
    return replace(dossier, facts=facts), diagnostics


def _why_not_computed(dossier: Dossier, key: FactId, fact: DayFact) -> list[Diagnostic]:
    days = [name for name, other in dossier.facts.items() if isinstance(other, DayFact)]
    durations = [name for name, other in dossier.facts.items() if isinstance(other, Duration)]
    diagnostics: list[Diagnostic] = []
    for end, name, known, kind in (("from", fact.from_, days, "date"), ("plus", fact.plus, durations, "duration")):
        if name not in known:
            fix, because = did_you_mean(name or "", known, f"a {kind} fact"), ("facts.yaml", (name or "",))
            message = f"no {kind} fact {name!r}"
            diagnostics.append(Diagnostic("facts.yaml", (key, end), message, fix, because=because))
    message, fix, because = "computed from itself", "expected a date with a value", ("facts.yaml", (fact.from_ or "",))
    return diagnostics or [Diagnostic("facts.yaml", (key, "from"), message, fix, because=because)]


# The valid part, and what is reported

_MAX_ROUNDS = 10
"""Dropping an entry may leave references to it. So dropping is repeated, at most this often."""

_LINKS = ("sources", "related", "topics")
"""Keys that name other entries; an entry is usable without them."""


def _blocking(problems: Iterable[Diagnostic], _: Dossier) -> Iterable[Diagnostic]:
    return (each for each in problems if each.blocks)


def _valid_part(
    part: Dossier, today: date, wrong_of: Callable[[Iterable[Diagnostic], Dossier], Iterable[Diagnostic]] = _blocking
) -> Dossier | None:
    """The part of a dossier without what is wrong; None if that is in the header's texts."""
    for _ in range(_MAX_ROUNDS):
        wrong = defaultdict[str, set[Place]](set)
        for diagnostic in wrong_of(validate(part, today), part):
            wrong[diagnostic.path].add(diagnostic.place[:1])
        if not wrong:
            return part
        emptied = {str(key) for place in wrong["dossier.yaml"] for key in place} & {"figures", "subject"}
        part = replace(
            part,
            sources={key: source for key, source in part.sources.items() if (key,) not in wrong["sources.yaml"]},
            facts={key: fact for key, fact in part.facts.items() if (key,) not in wrong["facts.yaml"]},
            topics={topic.id: topic for topic in _valid_entries(part.topics.values(), wrong)},
            bulletins={bulletin.id: bulletin for bulletin in _valid_entries(part.bulletins.values(), wrong)},
            claims={claim.id: claim for claim in _valid_entries(part.claims.values(), wrong)},
            questions={stem: each for stem, each in part.questions.items() if f"questions/{stem}.yaml" not in wrong},
            feeds={key: feed for key, feed in part.feeds.items() if (key,) not in wrong["feeds.yaml"]},
            header=part.header.model_copy(update={key: [] for key in emptied}),
        )
    return None


def _valid_entries(entries: Iterable[InAFile], wrong: Mapping[str, set[Place]]) -> Iterator[InAFile]:
    """Yields the valid entries. Wrong links of entries are emptied, other wrong entries are left out."""
    for entry in entries:
        places = wrong.get(file_of(entry), set())
        if places <= {(key,) for key in _LINKS}:
            yield entry.model_copy(update={str(key): [] for (key,) in places}) if places else entry


_MANY = 5
"""From this number of references to entries of an absent file on, one diagnostic reports the missing file instead."""


def _without_consequences(
    unreadable: list[Diagnostic], entries: _Entries, problems: list[Diagnostic]
) -> Iterator[Diagnostic]:
    """Leaves out diagnostics that may only follow from another error, and all warnings while there are errors.

    A diagnostic follows from the place in ``because`` if that place is dropped or has an error itself.
    """
    independent = (each for each in problems if each.blocks and each.because is None)
    errors = [*entries.diagnostics, *independent]
    causes = {(diagnostic.path, diagnostic.place) for diagnostic in (*unreadable, *errors)} | entries.dropped
    misnamed = {stem(path) for path, place in causes if not place}
    has_errors = bool(unreadable or entries.diagnostics) or any(diagnostic.blocks for diagnostic in problems)
    absent: dict[str, list[Diagnostic]] = defaultdict(list)
    for diagnostic in problems:
        if diagnostic.is_warning and has_errors:
            continue
        if diagnostic.because is None:
            yield diagnostic
            continue
        path, place = diagnostic.because
        if ("/" in path and stem(path) in misnamed) or any(path == at and _overlap(place, of) for at, of in causes):
            continue
        folder = path.split("/")[0]
        if path == diagnostic.path or _has_entries(entries.documents, path):
            yield diagnostic
        elif (folder, ()) not in causes:
            absent[folder].append(diagnostic)
    for path, dependent in absent.items():
        if len(dependent) < _MANY:
            yield from dependent
        else:
            message = "the file is empty" if path in entries.documents else "no such file or folder"
            fix = f"expected the entries that {len(dependent)} places name, first in {dependent[0].path}"
            yield Diagnostic(path, (), message, fix, dependent[0].severity)


def _has_entries(documents: Mapping[str, YamlDocument], path: str) -> bool:
    """Whether the file has content; for a file in a folder, whether any file of the folder has."""
    folder = path.split("/", maxsplit=1)[0] + "/"
    names = (name for name, document in documents.items() if document.value is not None)
    return any(name == path or ("/" in path and name.startswith(folder)) for name in names)


def stem(path: str) -> str:
    """The part of a path that stays the same if the file is in another folder or its name is spelt differently."""
    return PurePosixPath(path).name.split(".")[0].casefold().removeprefix(PROGRAM_PREFIX)


def _overlap(place: Place, other: Place) -> bool:
    """Whether one of the places contains the other."""
    return all(step == other_step for step, other_step in zip(place, other, strict=False))
