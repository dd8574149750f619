"""The entries of a dossier as plain values: what a change holds, how two versions merge, and which version is in force. PURE.

An entry is one thing that an editor writes: a file of a folder, an entry of ``sources.yaml`` or ``facts.yaml``, or the header.
Its content is the value as :mod:`bot.dossier.yaml_reader` gives it, so that it means the same in every release.
"""

import json
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, Literal, NewType, cast

from bot.dossier.diagnostics import Diagnostic, Place
from bot.dossier.yaml_reader import Document, Value

Key = NewType("Key", str)
"""Which entry: ``header``, or a folder or map and the entry's name in it, as in ``bulletins/2026-01-31-ferry``, ``sources/antara``."""

Content = Mapping[str, Value]
"""An entry's value without its ``id`` and without what is empty. None stands for an entry that is not there."""

Field = tuple[str, ...]
"""The keys that lead to one value of an entry, as in ``("body", "en")``. A list is one value."""

HEADER = Key("header")
FILES_ALONE = ("id", "languages", "default_language")
"""What only a file says of the header."""

_MAPS = ("sources", "facts")
_FOLDERS = ("topics", "programs", "questions", "claims", "bulletins")


def place_of(key: Key) -> tuple[str, Place]:
    """The file of an entry, and the entry's place in it."""
    kind, _, name = key.partition("/")
    if key == HEADER:
        return "dossier.yaml", ()
    return (f"{kind}.yaml", (name,)) if kind in _MAPS else (f"{key}.yaml", ())


def key_at(path: str, place: Place) -> Key | None:
    """The entry that a place in a file belongs to; None if it belongs to none."""
    if path == "dossier.yaml":
        return HEADER
    kind, _, name = path.removesuffix(".yaml").partition("/")
    if kind in _MAPS and not name:
        return Key(f"{kind}/{place[0]}") if place else None
    return Key(f"{kind}/{name}") if kind in _FOLDERS and name else None


def entries_of(documents: Mapping[str, Document]) -> dict[Key, Content]:
    """The entries of the files. What is no map is none."""
    found: dict[Key, Content] = {}
    for path, document in documents.items():
        if not isinstance(document.value, dict):
            continue
        if path.removesuffix(".yaml") in _MAPS:
            for name, value in document.value.items():
                if isinstance(value, dict):
                    found[Key(f"{path.removesuffix('.yaml')}/{name}")] = without_empties(value)
        elif (key := key_at(path, ())) is not None:
            value = without_empties(document.value)
            found[key] = value if key == HEADER else {name: each for name, each in value.items() if name != "id"}
    return found


def with_entries(documents: Mapping[str, Document], contents: Mapping[Key, Content | None]) -> dict[str, Document]:
    """The documents with other contents of some entries; None removes an entry. The header keeps what files alone say."""
    changed = dict(documents)
    for key, content in contents.items():
        path, place = place_of(key)
        before = changed.get(path) or Document({}, {(): 1})
        value: Value
        if place:
            name, value = str(place[0]), dict(before.value) if isinstance(before.value, dict) else {}
            if content is None:
                value.pop(name, None)
            else:
                value[name] = dict(content)
        elif content is None:
            changed.pop(path, None)
            continue
        else:
            value = dict(content)
            if key == HEADER and isinstance(before.value, dict):
                value |= {name: before.value[name] for name in FILES_ALONE if name in before.value}
        changed[path] = Document(value, before.lines, before.comments)
    return changed


def without_empties(value: Mapping[str, Value]) -> dict[str, Value]:
    """The map without empty texts, lists and maps, at every level. Null stays: of some keys it says that nothing is known."""
    kept = {key: without_empties(each) if isinstance(each, dict) else each for key, each in value.items()}
    return {key: each for key, each in kept.items() if each not in ("", [], {})}


def digest(content: Content | None) -> str:
    """Names a content."""
    return blake2b(json.dumps(content, sort_keys=True).encode(), digest_size=8).hexdigest()


def fields(content: Value | Content | None) -> dict[Field, Value]:
    """The values of an entry by field."""
    if content is None:
        return {}
    return dict(_fields(content, ()))


def _fields(value: Value | Content, place: Field) -> Iterator[tuple[Field, Value]]:
    if isinstance(value, Mapping):
        for key, each in value.items():
            yield from _fields(each, (*place, key))
    else:
        yield place, value


def content_of(values: Mapping[Field, Value]) -> dict[str, Value]:
    """The entry with these values: the reverse of :func:`fields`."""
    content: dict[str, Value] = {}
    for place, value in values.items():
        inner: dict[str, Value] = content
        for key in place[:-1]:
            inner = cast(dict[str, Value], inner.setdefault(key, {}))
        inner[place[-1]] = value
    return content


@dataclass(frozen=True, slots=True)
class Merged:
    """Two versions of an entry as one.

    Attributes:
        content: None: it is not there.
        conflicts: the fields that both changed to different values, which ``content`` has as in ``theirs``; ``((),)``: one removed
            the entry and the other changed it.
    """

    content: Content | None
    conflicts: tuple[Field, ...] = ()


def merge(base: Content | None, ours: Content | None, theirs: Content | None) -> Merged:
    """Merges two versions that were made from ``base``, field by field."""
    if ours in (theirs, base):
        return Merged(theirs)
    if theirs == base:
        return Merged(ours)
    if ours is None or theirs is None:
        return Merged(theirs, ((),))
    before, mine, other = fields(base), fields(ours), fields(theirs)
    values, conflicts = dict[Field, Value](), list[Field]()
    for place in dict.fromkeys((*other, *mine, *before)):
        own, their, old = (values_.get(place, _ABSENT) for values_ in (mine, other, before))
        if own not in (their, old) and their != old:
            conflicts.append(place)
        chosen = own if their == old else their
        if chosen is not _ABSENT:
            values[place] = chosen
    # one side has a text for all languages, the other one a text for each
    longer = [place for place in values if any(place[:end] in values for end in range(1, len(place)))]
    clashes = {*longer, *(place[:end] for place in longer for end in range(1, len(place)) if place[:end] in values)}
    conflicts += sorted(clashes)
    values = {place: value for place, value in values.items() if place not in clashes or place in other}
    return Merged(content_of(values), tuple(dict.fromkeys(conflicts)))


_ABSENT: Any = object()
"""The value of a field that an entry does not have; null is a value."""


@dataclass(frozen=True, slots=True)
class Stored:
    """An entry of which a change is in force.

    Attributes:
        base: the file's content when the first of its changes that no file had was made.
        content: after the last of its changes.
        is_settled: whether a file ever said the same.
    """

    key: Key
    base: Content | None
    content: Content | None
    is_settled: bool = False


Standing = Literal["applies", "settled", "history", "set aside"]
"""What a stored entry is worth beside the files.

It ``applies``: the files have it as before, or changed in other fields. It is ``settled``: the files say the same. It is
``history``: it was settled, and the files have moved on. It was ``set aside``: the files changed what it changed, or the dossier is
not valid with it.
"""


@dataclass(frozen=True, slots=True)
class InForce:
    """A stored entry beside the files.

    Attributes:
        content: that is in force; None: there is no such entry.
        conflicts: the fields that the files have otherwise, if it was set aside for that.
    """

    standing: Standing
    content: Content | None
    conflicts: tuple[Field, ...] = ()


def in_force(stored: Stored, file: Content | None) -> InForce:
    """What is in force of an entry, given its content in the files (None: the files do not have it).

    A deploy is a save by the files: it merges by field, and what both changed is the files'. A withdrawal stays unless the file ends it.
    """
    if file == stored.content:
        return InForce("settled", file)
    if file == stored.base:
        return InForce("applies", stored.content)
    if stored.is_settled:
        return InForce("history", file)
    merged = merge(stored.base, stored.content, file)
    if not merged.conflicts:
        return InForce("settled" if merged.content == file else "applies", merged.content)
    return InForce("set aside", _still_withdrawn(stored, file), merged.conflicts)


def _still_withdrawn(stored: Stored, file: Content | None) -> Content | None:
    mark = (stored.content or {}).get("withdrawn")
    ended_by_file = "withdrawn" in (stored.base or {}) and "withdrawn" not in (file or {})
    if file is None or mark is None or "withdrawn" in file or ended_by_file:
        return file
    return {**file, "withdrawn": mark}


def overlay(files: Mapping[Key, Content], stored: Iterable[Stored]) -> dict[Key, InForce]:
    """What is in force of the stored entries."""
    return {each.key: in_force(each, files.get(each.key)) for each in stored}


def fitting_bulletin(
    key: Key, content: Content, languages: Sequence[str], default_language: str, topics: Container[str]
) -> tuple[Content, list[Diagnostic]]:
    """A bulletin of a change as today's files take it, and a warning for each difference.

    A language that was added since has the text of the default language. Topics and languages that are gone are left out.
    """
    found: list[Diagnostic] = []
    path, _ = place_of(key)
    fitted = dict(content)
    mark = content.get("withdrawn")
    if isinstance(mark, dict):
        fitted["withdrawn"] = {**mark, "because": _spoken(mark.get("because"), languages, default_language)}
    for name in ("title", "short", "body"):
        if name not in content:
            continue
        fitted[name] = texts = _spoken(content[name], languages, default_language)
        if isinstance(texts, dict) and isinstance(content[name], dict):
            for language in texts.keys() - cast(dict[str, Value], content[name]).keys():
                message, fix = (
                    f"{name} has no {language!r}",
                    f"readers get the text in {default_language!r}: write it at the desk",
                )
                found.append(Diagnostic(path, (name, language), message, fix, "warning"))
    named = content.get("topics")
    if isinstance(named, list) and (gone := [each for each in named if each not in topics]):
        fitted["topics"] = [each for each in named if each not in gone]
        message = f"no topic {', '.join(map(str, gone))} any more"
        found.append(Diagnostic(path, ("topics",), message, "the bulletin is no longer listed under it", "warning"))
    return without_empties(fitted), found


def _spoken(texts: Value, languages: Sequence[str], default_language: str) -> Value:
    """Texts by language, in these languages alone; that of the default language, or the first, stands for a missing one."""
    if not isinstance(texts, dict) or not texts:
        return texts
    fallback = texts.get(default_language) or next(iter(texts.values()))
    return {language: texts.get(language) or fallback for language in languages}
