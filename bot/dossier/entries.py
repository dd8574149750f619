"""The entries of a dossier as plain values: what a change holds, how two versions merge, and what a decision makes of them. PURE.

An entry is one thing that an editor writes: a file of a folder, an entry of ``sources.yaml`` or ``facts.yaml``, or the header.
Its content is the value as :mod:`bot.dossier.yaml_reader` gives it, so that it means the same in every release.
"""

import json
import re
import unicodedata
from collections.abc import Collection, Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from hashlib import blake2b
from types import MappingProxyType
from typing import Any, NewType, cast

from bot.dossier.diagnostics import Diagnostic, Place, warning
from bot.dossier.models import BulletinId, Header, Language, Shown
from bot.dossier.schema import FOLDERS
from bot.dossier.yaml_reader import Value, YamlDocument

Key = NewType("Key", str)
"""Which entry: ``header``, or a folder or map and the entry's name in it, as in ``bulletins/2026-01-31-ferry``, ``sources/antara``."""

Content = Mapping[str, Value]
"""An entry's value without its ``id`` and without what is empty. None stands for an entry that is not there."""

Field = tuple[str, ...]
"""The keys that lead to one value of an entry, as in ``("body", "en")``. A list is one value."""

HEADER = Key("header")
LOGO = Key("logo")
"""The logo that the header names: the file's name → its bytes in base 64. No change has it."""

FILES_ALONE = tuple(
    name
    for name, info in Header.model_fields.items()
    if any(isinstance(each, Shown) and each.fixed for each in info.metadata)
)
"""What only a file says of the header."""

SAID_BY_EMPTY = ("notes", "figures")
"""Lists of a topic that say something when they are empty: that nothing is shown. Left out, Nota chooses."""

_MAPS = ("sources", "facts")
"""Files of several entries that changes have; :data:`EVERY_MAP` has those that files alone bring, too."""

EVERY_MAP = (*_MAPS, "feeds")


_LATIN = re.split(" ", "a b v g d e e zh z i i k l m n o p r s t u f kh ts ch sh shch  y  e yu ya")
_CYRILLIC = dict(zip(map(ord, "абвгдеёжзийклмнопрстуфхцчшщъыьэюя"), _LATIN, strict=True))


def slug(text: str, most: int | None = None) -> str:
    """The Latin and Russian letters and digits of a text in Latin ones, at most so many, with hyphens between the words; "" if it has none."""
    letters = unicodedata.normalize("NFKD", text.lower().translate(_CYRILLIC)).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", letters).strip("-")[:most].strip("-")


def free_name(stem: str, taken: Collection[str], between: str = "-") -> str:
    """The stem; with -2, -3 … behind it if that is taken."""
    numbered = (f"{stem}{between}{n}" for n in range(2, len(taken) + 3))
    return next(name for name in (stem, *numbered) if name not in taken)


def place_of(key: Key) -> tuple[str, Place]:
    """The file of an entry, and the entry's place in it."""
    kind, _, name = key.partition("/")
    if key == HEADER:
        return "dossier.yaml", ()
    return (f"{kind}.yaml", (name,)) if kind in EVERY_MAP else (f"{key}.yaml", ())


def key_at(path: str, place: Place) -> Key | None:
    """The entry that a place in a file belongs to; None if it belongs to none."""
    if path == "dossier.yaml":
        return HEADER
    kind, _, name = path.removesuffix(".yaml").partition("/")
    if kind in _MAPS and not name:
        return Key(f"{kind}/{place[0]}") if place else None
    return Key(f"{kind}/{name}") if kind in FOLDERS and name else None


def entries_of(documents: Mapping[str, YamlDocument], maps: Collection[str] = _MAPS) -> dict[Key, Content]:
    """The entries of the files, in their order. What is no map is none."""
    found: dict[Key, Content] = {}
    for path, document in documents.items():
        if not isinstance(document.value, dict):
            continue
        if path.removesuffix(".yaml") in maps:
            for name, value in document.value.items():
                if isinstance(value, dict):
                    found[Key(f"{path.removesuffix('.yaml')}/{name}")] = without_empties(value)
        elif (key := key_at(path, ())) is not None:
            value = without_empties(document.value)
            found[key] = value if key == HEADER else {name: each for name, each in value.items() if name != "id"}
    return found


def with_entries(
    documents: Mapping[str, YamlDocument], contents: Mapping[Key, Content | None]
) -> dict[str, YamlDocument]:
    """The documents with other contents of some entries; None removes an entry. The header keeps what files alone say."""
    changed, maps = dict(documents), dict[str, dict[str, Value]]()
    for key, content in contents.items():
        path, place = place_of(key)
        before = changed.get(path) or YamlDocument({}, {(): 1})
        value: Value
        if place:
            if path not in maps:
                maps[path] = dict(before.value) if isinstance(before.value, dict) else {}
            value = maps[path]
            if content is None:
                value.pop(str(place[0]), None)
            else:
                value[str(place[0])] = dict(content)
        elif content is None:
            changed.pop(path, None)
            continue
        else:
            value = dict(content)
            if key == HEADER and isinstance(before.value, dict):
                value |= {name: before.value[name] for name in FILES_ALONE if name in before.value}
        changed[path] = YamlDocument(value, before.lines, before.comments)
    return changed


def without_empties(value: Mapping[str, Value]) -> dict[str, Value]:
    """The map in its normal form: texts without space around them, and no empty texts, lists and maps, at every level.

    So a file's block text equals what a form holds. Null stays, and so do :data:`SAID_BY_EMPTY`: they say something.
    """
    normal = {key: _normal(each) for key, each in value.items()}
    return {
        key: each for key, each in normal.items() if each not in ("", [], {}) or (each == [] and key in SAID_BY_EMPTY)
    }


def _normal(value: Value) -> Value:
    match value:
        case str():
            return value.replace("\r\n", "\n").strip()
        case dict():
            return without_empties(value)
        case list():
            return [_normal(each) for each in value]
        case _:
            return value


def digest(content: Content | None) -> str:
    """Names a content."""
    return blake2b(as_text(content).encode(), digest_size=8).hexdigest()


def as_text(content: Content | None) -> str:
    """A content as JSON, the same for the same content."""
    return json.dumps(content, sort_keys=True)


def value_digest(value: Value) -> str:
    """Names the value of a field; "": the field is absent."""
    return "" if value is ABSENT else digest({"value": value})


def alterations(before: Content | None, after: Content | None) -> dict[Field, tuple[Value, Value]]:
    """The fields in which two versions of an entry differ → both values, :data:`ABSENT` where there is none."""
    sides = fields(before), fields(after)
    both = {place: (sides[0].get(place, ABSENT), sides[1].get(place, ABSENT)) for place in (*sides[1], *sides[0])}
    return {place: values for place, values in both.items() if values[0] != values[1]}


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


ABSENT: Any = object()
"""The value of a field that an entry does not have; null is a value. An entry without fields is not there."""


# Merging

Unit = NewType("Unit", str)
"""What of an entry is read together, and so is merged together: a key of it, :data:`TEXT`, or :data:`WHOLE`."""

WHOLE, TEXT = Unit(""), Unit("text")
_OF_TEXT = ("title", "short", "body")

Former = Mapping[Unit, Collection[str]]
"""What decisions replaced or declined of an entry: digests of units (:func:`digest`), "" of what was not there."""


def units(key: Key, content: Content | None) -> dict[Unit, Content]:
    """An entry by unit, each with the keys that it has. A topic, a bulletin and the header have several, any other entry is one."""
    if content is None:
        return {}
    if key != HEADER and not key.startswith(("topics/", "programs/", "bulletins/")):
        return {WHOLE: content}
    parts = dict[Unit, dict[str, Value]]()
    for name, value in content.items():
        is_text = key != HEADER and name in _OF_TEXT
        parts.setdefault(TEXT if is_text else Unit(name), {})[name] = value
    return {**parts}


@dataclass(frozen=True, slots=True)
class Merged:
    """Two versions of an entry as one.

    Attributes:
        content: None: it is not there.
        differing: the units that both changed, each in its own way. ``content`` has ours.
        former: the units that theirs brings back though a decision replaced or declined them. ``content`` has ours.
    """

    content: Content | None
    differing: tuple[Unit, ...] = ()
    former: tuple[Unit, ...] = ()


def merge(
    key: Key, base: Content | None, ours: Content | None, theirs: Content | None, was: Former = MappingProxyType({})
) -> Merged:
    """Merges theirs, made from ``base``, into ours, unit by unit, so that nothing is in it that neither side wrote.

    Of two valid versions a valid one is made: a unit passes its model without the others. Of two entries that were given the same id, and
    of one that only one side has, nothing is mixed; and theirs removes none that a decision changed. Order is no unit: it is theirs.

    Args:
        key: of the entry.
        base: None, as in the others: it is not there.
        ours: made from ``base``; it stays where the two differ.
        theirs: a later version of ``base``.
        was: what decisions replaced or declined.
    """
    is_one = ours is None or theirs is None
    sides = ({WHOLE: each} if is_one else units(key, each) for each in (base, ours, theirs))
    of_base, of_ours, of_theirs = sides
    values, differing, former = dict[str, Value](), list[Unit](), list[Unit]()
    for unit in dict.fromkeys((*of_theirs, *of_ours)):
        before, own, there = of_base.get(unit), of_ours.get(unit), of_theirs.get(unit)
        is_theirs = there == own or (key == HEADER and unit in FILES_ALONE)
        if not is_theirs and there != before:
            if digest_of(there) in was.get(unit, ()):
                former.append(unit)
            elif own != before or (theirs is None and any(was.values())):
                differing.append(unit)
            else:
                is_theirs = True
        values |= (there if is_theirs else own) or {}
    if differing and base is None:
        return Merged(ours, (WHOLE,))
    content = {name: values[name] for name in dict.fromkeys((*(theirs or ()), *(ours or ()))) if name in values}
    return Merged(content or None, tuple(differing), tuple(former))


def read(key: Key, file: Content | None, theirs: Content | None, left: Collection[Unit]) -> Content | None:
    """What files have said of an entry once theirs was merged, but for the units ``left``: these are as in ``file``, and compared anew."""
    if WHOLE in left:
        return file
    of_file, said = units(key, file), units(key, theirs)
    for unit in left:
        said.pop(unit, None)
        said |= {unit: of_file[unit]} if unit in of_file else {}
    return {name: value for part in said.values() for name, value in part.items()} or None


def ended(
    key: Key, file: Content | None, ours: Content | None, theirs: Content | None, content: Content | None
) -> Content | None:
    """The merged content, but for the units of which theirs says what was in force already: these as files said them before."""
    if theirs is None or ours is None:
        return file if theirs is ours else content
    of_file, of_ours, of_theirs, merged = (units(key, each) for each in (file, ours, theirs, content))
    found = dict[str, Value]()
    for unit in dict.fromkeys((*merged, *of_file)):
        found |= (of_file if of_ours.get(unit) == of_theirs.get(unit) else merged).get(unit) or {}
    return found


def digest_of(unit: Content | None) -> str:
    """Names the content of a unit; "": it is not there."""
    return "" if unit is None else digest(unit)


def with_former(key: Key, was: Former, gone: Content | None, present: Content | None) -> dict[Unit, list[str]]:
    """What decisions replaced or declined once ``present`` is in force in place of ``gone``; nothing in force is among it.

    After a deploy, where nobody decided, ``gone`` is ``present``.
    """
    before, after = ({WHOLE: each, **units(key, each)} for each in (gone, present))
    found = dict[Unit, list[str]]()
    for unit in dict.fromkeys((*was, *before, *after)):
        value, held = digest_of(before.get(unit)), digest_of(after.get(unit))
        is_entry = unit == WHOLE
        digests = [each for each in was.get(unit, ()) if each != held or not (is_entry or present)]
        if value not in (held, *digests) and (is_entry or gone):
            digests.append(value)
        if digests:
            found[unit] = digests
    return found


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry as every process loads it.

    Attributes:
        content: that is in force; of one that is not any more, the last one.
        file: what files last said; None: nothing.
        gone: since when it is not in force, in seconds since 1970; None: it is.
        was: what decisions replaced or declined.
    """

    content: Content | None
    file: Content | None = None
    gone: float | None = None
    was: Former = MappingProxyType({})

    @property
    def in_force(self) -> Content | None:
        """None: it is not in force."""
        return self.content if self.gone is None else None


def bulletins_in(keys: Iterable[Key]) -> tuple[BulletinId, ...]:
    """The bulletins among entries."""
    return tuple(BulletinId(key.removeprefix("bulletins/")) for key in keys if key.startswith("bulletins/"))


def contents_in_force(entries: Mapping[Key, Entry]) -> dict[Key, Content]:
    """What is in force of all entries."""
    return {key: content for key, each in entries.items() if (content := each.in_force) is not None}


def decided(
    kept: Mapping[Key, Entry], contents: Mapping[Key, Content | None], now: float, said: Collection[Key] = ()
) -> dict[Key, Entry]:
    """The entries once somebody has put ``contents`` in force, None: removed the entry. What that replaces does not come back by files.

    ``said``: those of which files said just that. What files said of them before comes back as it does after any deploy.
    """
    entries = dict(kept)
    for key, content in contents.items():
        before = kept.get(key, Entry(None, gone=now))
        present = None if content is None else without_empties(content)
        if key == HEADER and present is not None:  # what files alone say stays theirs
            present |= {name: value for name, value in (before.content or {}).items() if name in FILES_ALONE}
        gone, file = before.in_force, before.file
        if key in said:
            own, new = units(key, gone), units(key, present)
            gone = ended(key, present, gone, file, gone) or None
            file = read(key, file, present, [unit for unit in own if own[unit] == new.get(unit)])
        was = with_former(key, before.was, gone, present)
        if present is None:
            entries[key] = replace(before, file=file, was=was, gone=now if before.gone is None else before.gone)
        else:
            entries[key] = Entry(present, file, was=was)
    return entries


def declined(kept: Mapping[Key, Entry], contents: Mapping[Key, Content | None], now: float) -> dict[Key, Entry]:
    """The entries once somebody has declined what a deploy says of them: what is in force stays so, and that does not come back by files."""
    entries = dict(kept)
    for key, content in contents.items():
        before = kept.get(key, Entry(None, gone=now))
        entries[key] = replace(before, was=with_former(key, before.was, content, before.in_force))
    return entries


@dataclass(frozen=True, slots=True)
class Edition:
    """What is in force.

    Attributes:
        number: how often a change has come into force.
        stamp: names this state. A number may come again after the import of a backup, a stamp does not.
        entries: every entry in force, in its order, and those that were; empty before files are imported.
    """

    number: int = 0
    stamp: str = ""
    entries: Mapping[Key, Entry] = MappingProxyType({})

    @property
    def contents(self) -> dict[Key, Content]:
        """What is in force."""
        return contents_in_force(self.entries)

    @property
    def files(self) -> dict[Key, Content]:
        """What files last said."""
        return {key: each.file for key, each in self.entries.items() if each.file is not None}


def fitting_bulletin(
    key: Key, content: Content, header: Header, topics: Container[str] | None
) -> tuple[Content, frozenset[Language], list[Diagnostic]]:
    """A bulletin of a change as today's files take it, the languages in which it has another one's words, and what was changed.

    A language without a text has that of the default language, or of the first; one without a short title has the title. Topics and
    languages that are gone are left out; ``topics`` None: topics are not looked at. Of a withdrawn one nobody reads more than its title
    and the reason.
    """
    found: list[Diagnostic] = []
    path, _ = place_of(key)
    fitted, untranslated = dict(content), set[Language]()
    mark = content.get("withdrawn")
    if isinstance(mark, dict):
        because, spoken = mark.get("because"), _spoken(mark.get("because"), header)
        if isinstance(because, dict) and isinstance(spoken, dict):  # one that is missing is none of another language
            spoken = {each: text for each, text in spoken.items() if each in because} or spoken
        fitted["withdrawn"] = {**mark, "because": spoken}
    for name in ("title", "short", "body") if mark is None else ("title",):
        texts, spoken = content.get(name), _spoken(content.get(name), header)
        if not isinstance(texts, dict) or not isinstance(spoken, dict):
            continue
        fitted[name] = spoken
        lacking = [each for each in header.languages if each not in texts]
        if name == "short" and isinstance(titles := fitted.get("title"), dict):
            fitted[name], lacking = spoken | {each: titles[each] for each in lacking if each in titles}, []
        for language in lacking:
            untranslated.add(language)
            message = f"{name} has no {language!r}"
            fix = "expected a text: until then its readers get another language's"
            found.append(warning(path, (name, language), message, fix, "no-text", language=language))
    named = content.get("topics")
    if topics is not None and isinstance(named, list) and (gone := [each for each in named if each not in topics]):
        fitted["topics"] = [each for each in named if each not in gone]
        message = f"no topic {', '.join(map(str, gone))} any more"
        found.append(warning(path, ("topics",), message, "the bulletin is no longer listed under it"))
    return without_empties(fitted), frozenset(untranslated), found


def _spoken(texts: Value, header: Header) -> Value:
    """Texts by language, in the dossier's languages alone; that of the default language, or the first, stands for a missing one.

    Of a language in preparation the text stays, and nothing stands for a missing one.
    """
    if not isinstance(texts, dict) or not texts:
        return texts
    fallback = texts.get(header.default_language) or next(iter(texts.values()))
    prepared: dict[str, Value] = {each: texts[each] for each in header.languages_in_preparation if texts.get(each)}
    return {**{language: texts.get(language) or fallback for language in header.languages}, **prepared}
