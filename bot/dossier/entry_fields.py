"""What an editor can set of an entry, by the model of its kind, and what refers to what. PURE."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache, lru_cache
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import AliasChoices, BaseModel
from pydantic.fields import FieldInfo

from bot.dossier.entries import ABSENT, Content, Field, Key, fields
from bot.dossier.markdown import PLACEHOLDER, citations
from bot.dossier.models import PROGRAM_PREFIX, FactEntry, Feed, FeedId, Shown
from bot.dossier.schema import FACT_TYPES, KINDS
from bot.dossier.yaml_reader import Value

ControlKind = Literal["line", "text", "lines", "day", "number", "flag", "choice", "pick", "picks"]

Referred = Literal["", "facts", "sources", "topics"]

Forms = Collection[tuple[str, str]]
"""Form of a name → language, of all that a dossier has."""


@dataclass(frozen=True, slots=True)
class Control:
    """How a field is set.

    Attributes:
        kind: ``lines``: a text on each line; ``choice``: one of ``choices``; ``pick`` and ``picks``: one or several entries.
        of: the kind of entry that is picked. ``topics`` stands for programmes, too.
        choices: what can be chosen; of facts: the types that can be picked, empty for all.
        none: what it says by "none", which is null or an empty list, where that is something else than nothing said; else "".
        is_rare: whether few editors need it.
    """

    kind: ControlKind
    of: Referred = ""
    choices: tuple[str, ...] = ()
    none: str = ""
    is_rare: bool = False


NEXT = "next"
"""Stands at the desk for the day of a correction that is not in force yet (:func:`bot.newsroom.change_content.dated`)."""

_IDS: Mapping[str, Referred] = {"SourceId": "sources", "FactId": "facts", "TopicId": "topics"}


def model_of(key: Key, content: Content) -> type[BaseModel] | None:
    """The model of an entry; None: there is none, as of a fact without a type."""
    kind = key.partition("/")[0]
    if kind == "facts":
        return FACT_TYPES.get(str(content.get("type")))
    return KINDS[kind].model if kind in KINDS else None


def offered(key: Key, content: Content, languages: Sequence[str], forms: Forms = ()) -> dict[Field, Control]:
    """The fields of a form, and how each is set, in the order of the model.

    Where one text for all languages and one for each are possible, it has what the content has.
    """
    model = model_of(key, content)
    if model is None:
        return {}
    places = [
        place
        for names, info in _fields_of(model)
        if _has(key, content, name := next((each for each in names if each in content), names[0]))
        for place in _places(info, (name,), content.get(name, ABSENT), languages, forms)
    ]
    return {place: control for place in places if (control := _control(model, place)) is not None}


def control_of(key: Key, content: Content, place: Field, languages: Sequence[str], forms: Forms = ()) -> Control | None:
    """How a field of an entry is set, in either shape; None if no form offers it."""
    model = model_of(key, content)
    if model is None or not (place[0] == "withdrawn" or _has(key, content, place[0])):
        return None
    known = {*languages, *(form for form, _ in forms), *_steps(content.get(place[0], ABSENT)), NEXT}
    control = _control(model, place)
    is_text = control is not None and control.kind in ("line", "text", "lines")
    return control if not is_text or all(step in known or step == "because" for step in place[1:]) else None


def _steps(value: Value) -> Iterator[str]:
    if isinstance(value, Mapping):
        for key, each in value.items():
            yield key
            yield from _steps(each)


def _has(key: Key, content: Content, name: str) -> bool:
    """Whether a form of the entry has the field."""
    model = model_of(key, content)
    about = shown_of(model, name) if model is not None else None
    if model is None or about is None or about.fixed:
        return False
    if name == "corrections":  # of what readers have: it has a day, and is not withdrawn
        return "date" in content and "withdrawn" not in content
    of_type = model.not_offered if issubclass(model, FactEntry) else ()
    return name in content or name not in (*of_type, *KINDS[key.partition("/")[0]].not_offered)


@cache
def _fields_of(model: type[BaseModel]) -> Sequence[tuple[Sequence[str], FieldInfo]]:
    """The keys of the file that mean a field, and the field, in the order of a form: what a fact measures, its own, those of every fact."""
    infos = list(model.model_fields.items())
    if issubclass(model, FactEntry):
        infos.sort(key=lambda each: (each[0] != "of") + (each[0] in FactEntry.model_fields))
    return [
        (list(map(str, info.validation_alias.choices)), info)
        if isinstance(info.validation_alias, AliasChoices)
        else ([info.alias or name], info)
        for name, info in infos
    ]


@cache
def _infos(model: type[BaseModel]) -> Mapping[str, FieldInfo]:
    """Key of the file → its field."""
    return {name: info for names, info in _fields_of(model) for name in names}


def shown_of(model: type[BaseModel], name: str) -> Shown | None:
    """What the desk calls a field; None: there is no such field, or it has no place there."""
    info = _infos(model).get(name)
    return next((each for each in info.metadata if isinstance(each, Shown)), None) if info else None


@lru_cache(maxsize=4096)
def label_of(kind: str, place: Field) -> tuple[Shown | None, int]:
    """What a field of a kind of entry is called, and how many steps of its place that says."""
    types = sorted(FACT_TYPES.values(), key=lambda each: place[:1] not in [(name,) for name in each.model_fields])
    for model in types if kind == "facts" else [KINDS[kind].model] if kind in KINDS else []:
        about = shown_of(model, place[0]) if place else None
        if about is not None:
            inner = next(filter(_is_model, _options(_infos(model)[place[0]].annotation)), None)
            within = shown_of(inner, place[1]) if inner is not None and len(place) > 1 else None
            if within is None and place[1:2] and place[1] in about.parts:
                within = Shown(about.parts[place[1]])
            return (within, 2) if within else (about, 1)
    return None, 0


def _options(annotation: Any) -> list[Any]:
    """The types that a value may have, without None."""
    if get_origin(annotation) is Annotated:
        return _options(get_args(annotation)[0])
    if get_origin(annotation) in (Union, UnionType):
        return [option for each in get_args(annotation) for option in _options(each)]
    return [] if annotation is type(None) else [annotation]


def _is_model(option: Any) -> bool:
    return isinstance(option, type) and issubclass(option, BaseModel)


def _places(info: FieldInfo, place: Field, value: Value, languages: Sequence[str], forms: Forms) -> Iterator[Field]:
    options = _options(info.annotation)
    maps = [each for each in options if get_origin(each) is dict]
    inner = next(filter(_is_model, options), None)
    is_for_all = any(isinstance(each, Shown) and each.for_all for each in info.metadata)
    held = value if isinstance(value, Mapping) else {}
    if inner is not None:
        for name, each in _infos(inner).items():
            yield from _places(each, (*place, name), held.get(name, ABSENT), languages, forms)
    elif not maps or (len(maps) < len(options) and not held and (value is not ABSENT or is_for_all)):
        yield place
    else:
        names, kind = get_args(maps[0])
        if get_origin(names) is Literal:
            yield from ((*place, name) for name in get_args(names))
        elif get_origin(kind) is dict:
            own = [(form, language) for form, texts in held.items() for language in _steps(texts)]
            days = [(day, language) for day in (*held, NEXT) for language in languages]
            spoken = days if place[0] == "corrections" else [each for each in forms if each[1] in languages]
            yield from ((*place, *each) for each in dict.fromkeys([*own, *spoken]))
        else:
            yield from ((*place, name) for name in dict.fromkeys([*languages, *held]))


@lru_cache(maxsize=8192)
def _control(model: type[BaseModel], place: Field) -> Control | None:
    """How a field of a model is set; None: there is no such field, or no form has it."""
    info, about = _infos(model).get(place[0]), shown_of(model, place[0])
    return _at(info.annotation, place[1:], about) if info is not None and about is not None else None


def _at(annotation: Any, rest: Field, about: Shown) -> Control | None:
    for option in _options(annotation):
        if get_origin(option) is dict:
            names, inner = get_args(option)
            fits = rest and (get_origin(names) is not Literal or rest[0] in get_args(names))
            found = _at(inner, rest[1:], about) if fits else None
        elif _is_model(option):
            found = _control(option, rest) if rest else None
        else:
            found = None if rest else _leaf(option, about)
        if found is not None:
            return found
    return None


def _leaf(option: Any, about: Shown) -> Control | None:
    """How one value of this type is set."""
    of = _IDS.get(getattr(option, "__name__", ""), "")
    is_type = isinstance(option, type)
    kind: ControlKind = "text" if about.long else "line"
    choices: tuple[str, ...] = about.types
    if of:
        kind = "pick"
    elif is_type and issubclass(option, datetime):
        return None
    elif is_type and issubclass(option, bool):
        kind = "flag"
    elif is_type and issubclass(option, (int, float)):
        kind = "number"
    elif is_type and issubclass(option, date):
        kind = "day"
    elif get_origin(option) is Literal:
        kind, choices = "choice", get_args(option)
    elif get_origin(option) is list:
        of = "" if about.in_lines else _IDS.get(getattr(get_args(option)[0], "__name__", ""), "")
        kind = "picks" if of else "lines"
    return Control(kind, of, choices, about.none, about.rare)


# ---- What refers to what


@dataclass(frozen=True, slots=True)
class Use:
    """An entry that refers to another one, and the field in which it does."""

    key: Key
    field: Field


NAMES_TOPICS = ("topic", "topics", "related", "subject")
"""The fields that name topics."""


def topic_key(topic: str) -> Key:
    """The entry of a topic or programme."""
    slug = topic.removeprefix(PROGRAM_PREFIX)
    return Key(f"topics/{topic}" if slug == topic else f"programs/{slug}")


def topic_of(key: Key) -> str:
    """The reverse of :func:`topic_key`."""
    kind, _, name = key.partition("/")
    return PROGRAM_PREFIX + name if kind == "programs" else name


def references(key: Key, content: Content) -> Iterator[tuple[Key, Field]]:
    """The entries that an entry names, picks or cites, whether they are there or not, and where."""
    kind, _, name = key.partition("/")
    if kind == "questions":
        yield from ((Key(f"{each}/{name}"), ()) for each in ("topics", "programs"))
        yield topic_key(name), ()
    model = model_of(key, content)
    for place, value in fields(content).items() if model is not None else ():
        control = _control(model, place) if model is not None else None
        values = [each for each in (value if isinstance(value, list) else [value]) if isinstance(each, str)]
        if control is not None and control.of:
            found = [topic_key(each) if control.of == "topics" else Key(f"{control.of}/{each}") for each in values]
        else:
            found = [Key(f"facts/{match[1]}") for each in values for match in PLACEHOLDER.finditer(each)]
            found += [Key(f"sources/{source}") for each in values for _, source in citations(each)]
        yield from ((each, place) for each in dict.fromkeys(found))


def uses(contents: Mapping[Key, Content | None], feeds: Mapping[FeedId, Feed]) -> dict[Key, list[Use]]:
    """Entry → where it is used, in other entries and in feeds."""
    found: dict[Key, list[Use]] = {}
    present = {former: key for key, content in contents.items() for former in former_keys(content)}
    for key, content in contents.items():
        for named, place in references(key, content) if content is not None else ():
            other = present.get(named, named)
            if other in contents and other != key:
                found.setdefault(other, []).append(Use(key, place))
    for name, feed in feeds.items():
        for topic in feed.topics:
            named = topic_key(topic)
            found.setdefault(present.get(named, named), []).append(Use(Key(f"feeds/{name}"), ("topics",)))
    return {key: list(dict.fromkeys(each)) for key, each in found.items()}


def former_keys(content: Content | None) -> list[Key]:
    """The keys that a topic had under its former ids."""
    was = (content or {}).get("was")
    return [topic_key(str(each)) for each in was] if isinstance(was, list) else []


def forms_in(contents: Iterable[tuple[Key, Content]]) -> Forms:
    """The forms that the dossier's names have, with their languages."""
    found = dict[tuple[str, str], None]()
    for key, content in contents:
        forms = content.get("forms") if key.startswith("facts/") else None
        for form, texts in forms.items() if isinstance(forms, Mapping) else ():
            found |= dict.fromkeys((form, language) for language in _steps(texts))
    return tuple(found)
