"""What an editor can set of an entry, by the model of its kind, and what refers to what. PURE."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache, lru_cache
from types import UnionType
from typing import Annotated, Any, Literal, NewType, Union, get_args, get_origin

from pydantic import AliasChoices, BaseModel

from bot.dossier.entries import ABSENT, FILES_ALONE, Content, Field, Key, fields
from bot.dossier.markdown import PLACEHOLDER, citations
from bot.dossier.models import PROGRAM_PREFIX, Bulletin, Claim, Feed, FeedId, Header, Questions, Source, Topic
from bot.dossier.schema import FACT_TYPES
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
        says_none: whether "none" is something else than nothing said: null, or an empty list.
    """

    kind: ControlKind
    of: Referred = ""
    choices: tuple[str, ...] = ()
    says_none: bool = False


MODELS: Mapping[str, type[BaseModel]] = {
    "header": Header,
    "topics": Topic,
    "programs": Topic,
    "questions": Questions,
    "bulletins": Bulletin,
    "claims": Claim,
    "sources": Source,
}
"""Kind of entry → its model. A fact's goes by its type."""

_OF_FILES = ("id", *FILES_ALONE, "type", "not_before")
_WITH_ITS_KEY = "date"
"""A bulletin's day, which it gets with its key."""

NEXT = "next"
"""Stands at the desk for the day of a correction that is not in force yet (:func:`bot.newsroom.change_content.dated`)."""

_TEXTS = ("body", "because", "note", "about", "licence", "corrections")
_IDS: Mapping[str, Referred] = {"SourceId": "sources", "FactId": "facts", "TopicId": "topics"}
_NAMED: Mapping[str, Control] = {
    "from": Control("pick", "facts", ("date",)),
    "to": Control("pick", "facts", ("date",)),
    "plus": Control("pick", "facts", ("duration",)),
    "was": Control("lines"),
}
"""Name of a field that names another entry, where its model has it as text or as any fact; or that names none that is there."""

_ONE_FOR_ALL = ("publisher",)
"""What is mostly the same in all languages."""

_STATED = ("says", "also", "by", "rivals")
"""What a name has no use for: it gives no verdict."""


def model_of(key: Key, content: Content) -> type[BaseModel] | None:
    """The model of an entry; None: there is none, as of a fact without a type."""
    kind = key.partition("/")[0]
    return FACT_TYPES.get(str(content.get("type"))) if kind == "facts" else MODELS.get(kind)


def offered(key: Key, content: Content, languages: Sequence[str], forms: Forms = ()) -> dict[Field, Control]:
    """The fields of a form, and how each is set, in the order of the model.

    Where one text for all languages and one for each are possible, it has what the content has.
    """
    model = model_of(key, content)
    if model is None:
        return {}
    places = [
        place
        for name, annotation in _annotations(model, tuple(content)).items()
        if _has(key, content, name)
        for place in _places(annotation, (name,), content.get(name, ABSENT), languages, forms)
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
    kind = key.partition("/")[0]
    if name in _OF_FILES or (kind == "bulletins" and name == _WITH_ITS_KEY):
        return False
    if name == "corrections":  # of what readers have: it has a day, and is not withdrawn
        return _WITH_ITS_KEY in content and "withdrawn" not in content
    if name in content:
        return True
    match name:
        case "withdrawn":
            return False
        case "known":
            return kind == "programs"
        case "instead":
            return content.get("type") == "place"
        case _:
            return name not in _STATED or content.get("type") not in ("name", "text")


@lru_cache(maxsize=1024)
def _annotations(model: type[BaseModel], written: tuple[str, ...]) -> dict[str, Any]:
    """Key of the file → type. Of keys that mean the same, the one that is written, or the first."""
    found = dict[str, Any]()
    for name, info in model.model_fields.items():
        names = [info.alias or name]
        if isinstance(info.validation_alias, AliasChoices):
            names = [str(each) for each in info.validation_alias.choices]
        found[next((each for each in names if each in written), names[0])] = info.annotation
    return found


@cache
def _every_annotation(model: type[BaseModel]) -> dict[str, Any]:
    found = dict[str, Any]()
    for name, info in model.model_fields.items():
        choices = info.validation_alias.choices if isinstance(info.validation_alias, AliasChoices) else ()
        found |= {str(each): info.annotation for each in choices or (info.alias or name,)}
    return found


def _options(annotation: Any) -> list[Any]:
    """The types that a value may have, without None."""
    if get_origin(annotation) is Annotated:
        return _options(get_args(annotation)[0])
    if get_origin(annotation) in (Union, UnionType):
        return [option for each in get_args(annotation) for option in _options(each)]
    return [] if annotation is type(None) else [annotation]


def _is_model(option: Any) -> bool:
    return isinstance(option, type) and issubclass(option, BaseModel)


def _places(annotation: Any, place: Field, value: Value, languages: Sequence[str], forms: Forms) -> Iterator[Field]:
    options = _options(annotation)
    maps = [each for each in options if get_origin(each) is dict]
    inner = next(filter(_is_model, options), None)
    has_one = len(maps) < len(options)
    held = value if isinstance(value, Mapping) else {}
    if inner is not None:
        for name, each in _every_annotation(inner).items():
            yield from _places(each, (*place, name), held.get(name, ABSENT), languages, forms)
    elif not maps or (has_one and not held and (value is not ABSENT or place[0] in _ONE_FOR_ALL)):
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
    annotation = _every_annotation(model).get(place[0])
    return None if annotation is None else _at(annotation, place, place[1:], model)


def _at(annotation: Any, place: Field, rest: Field, model: type[BaseModel]) -> Control | None:
    for option in _options(annotation):
        if get_origin(option) is dict:
            names, inner = get_args(option)
            fits = rest and (get_origin(names) is not Literal or rest[0] in get_args(names))
            found = _at(inner, place, rest[1:], model) if fits else None
        elif _is_model(option):
            found = _control(option, rest) if rest else None
        else:
            found = None if rest else _leaf(option, place, model)
        if found is not None:
            return found
    return None


def _leaf(option: Any, place: Field, model: type[BaseModel]) -> Control | None:
    """How one value of this type is set."""
    name = place[0]
    if name in _NAMED:
        return _NAMED[name]
    match option:
        case NewType() if option.__name__ in _IDS:
            return Control("pick", _IDS[option.__name__], says_none=name == "known")
        case type() if issubclass(option, bool):
            return Control("flag")
        case type() if issubclass(option, (int, float)):
            return Control("number")
        case type() if issubclass(option, datetime):
            return None
        case type() if issubclass(option, date):
            return Control("day")
        case _:
            pass
    if get_origin(option) is Literal:
        return Control("choice", choices=get_args(option))
    if get_origin(option) is list:
        [each] = get_args(option)
        of: Referred = "sources" if name == "sources" else _IDS.get(getattr(each, "__name__", ""), "")
        return Control("picks", of, says_none=name in ("notes", "figures")) if of else Control("lines")
    is_long = name in _TEXTS or (model is Header and name == "summary")
    return Control("text" if is_long else "line")


# ---- What refers to what


@dataclass(frozen=True, slots=True)
class Use:
    """An entry that refers to another one, and the field in which it does."""

    key: Key
    field: Field


def topic_key(topic: str) -> Key:
    """The entry of a topic or programme."""
    return Key(
        f"programs/{topic.removeprefix(PROGRAM_PREFIX)}" if topic.startswith(PROGRAM_PREFIX) else f"topics/{topic}"
    )


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
