"""What can be used of an entry in spite of its mistakes, so that what hangs on it is checked in the same reading. PURE.

Nobody is ever answered from it: a dossier with a mistake does not come into force.
"""

from typing import Any, TypeVar

from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from bot.dossier.facts import Fact
from bot.dossier.mistakes import Place

Model = TypeVar("Model", bound=BaseModel)

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

_FACT: TypeAdapter[Fact] = TypeAdapter(Fact)
_TEXTS = ("title", "summary", "body")
_OF_ANY_FACT = ("sources", "checked", "note", "derived")


def salvaged(model: type[Model], value: object, error: ValidationError | None) -> Model:
    """The entry without its mistakes, with stand-ins for what it must have; all of it stand-ins where it is no map."""
    required = {key: STAND_INS[key] for key, field in model.model_fields.items() if field.is_required()}
    rest: dict[str, Any] = {**required, **value} if isinstance(value, dict) else required
    while error is not None:
        details = error.errors(include_url=False)
        for detail in details:
            rest = _without(rest, detail)
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
        rest = _without(rest, {**detail, "loc": detail["loc"][1:]})
    try:
        return _FACT.validate_python(rest), True
    except ValidationError:
        base = {key: rest[key] for key in _OF_ANY_FACT if key in rest}
    try:
        return _FACT.validate_python({**base, "type": "text", "value": "-"}), False
    except ValidationError:
        return _FACT.validate_python({"type": "text", "value": "-"}), False


def dropped(loc: Place) -> Place:
    """What of an entry is left out for a complaint about ``loc``: a language of a text, else the whole of a key."""
    return loc[:2] if loc and loc[0] in _TEXTS else loc[:1]


def _without(value: dict[str, Any], detail: ErrorDetails) -> dict[str, Any]:
    """The map without what a complaint is about: a language of a text, else the whole of a key."""
    loc = detail["loc"]
    if not loc:
        return value
    key = loc[0]
    inner = value.get(str(key))
    if key in _TEXTS and isinstance(inner, dict) and len(loc) > 1:
        return {**value, str(key): {name: each for name, each in inner.items() if name != loc[1]}}
    return {name: each for name, each in value.items() if name != key}
