"""What the files must look like: JSON Schemas for editors, and pydantic's complaints in an editor's words. PURE."""

import re
from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from bot.dossier import facts
from bot.dossier.facts import Fact
from bot.dossier.feeds import Match
from bot.dossier.mistakes import Fault, Place, did_you_mean
from bot.dossier.model import Bulletin, Feed, FeedId, Header, Source, SourceId, Topic

SINGLE_FILES = ("dossier.yaml", "sources.yaml", "facts.yaml", "feeds.yaml")

_TYPES: dict[str, type[BaseModel]] = {
    "money": facts.Money,
    "percent": facts.Percent,
    "date": facts.Day,
    "duration": facts.Duration,
    "number": facts.Number,
    "name": facts.Name,
    "place": facts.Place,
    "text": facts.Wording,
}
_FILES: dict[str, Any] = {
    "dossier.yaml": Header,
    "sources.yaml": dict[SourceId, Source],
    "facts.yaml": dict[str, Fact],
    "feeds.yaml": dict[FeedId, Feed],
    "topics/*.yaml": Topic,
    "programs/*.yaml": Topic,
    "bulletins/*.yaml": Bulletin,
}


def schemas() -> dict[str, Any]:
    """File pattern → JSON Schema of such a file, for completion in an editor."""
    return {pattern: TypeAdapter(kind).json_schema() for pattern, kind in _FILES.items()}


def explain(name: str, error: ValidationError, place: Place) -> Iterator[Fault]:
    """Each complaint of pydantic about the value at ``place`` of the file ``name``, as a fault in plain words."""
    for detail in error.errors(include_url=False, include_context=True):
        steps = detail["loc"]
        if name == "facts.yaml" and steps and steps[0] in _TYPES:
            steps = steps[1:]  # pydantic names the branch of the union first
        where = (*place, *(step for step in steps if not _is_tag(step)))
        yield Fault(name, (*where, *_spot(detail)), *_words(name, detail, where))


def _spot(detail: ErrorDetails) -> tuple[str, ...]:
    """The key of an entry that a complaint about the whole of it is about, where it names one."""
    given = detail["input"] if isinstance(detail["input"], dict) else {}
    if detail["type"].startswith("union_tag"):
        return ("type",) if "type" in given else ()
    if detail["type"] != "value_error":
        return ()
    return next(((word,) for word in re.findall(r"\w+", detail["msg"]) if word in given), ())


_BARE = re.compile(r"[-+]?[0-9]+(\.[0-9]+)?|true|false")
"""What YAML takes for no text without its quotes."""


def _is_tag(step: str | int) -> bool:
    """Steps that pydantic adds for the branches of a union, and that no file holds."""
    return isinstance(step, str) and (step == "str" or "[" in step)


def _words(name: str, detail: ErrorDetails, where: Place) -> tuple[str, str]:
    key = ".".join(map(str, where)) or "the file"
    given = detail["input"]
    match detail["type"]:
        case "extra_forbidden":
            return f"unknown key {str(where[-1])!r}", did_you_mean(str(where[-1]), _keys(name, detail), "one of")
        case "missing":
            return f"{key} is missing", f"expected {_purpose(str(where[-1]))}"
        case "union_tag_invalid" | "union_tag_not_found":
            wrong = given.get("type") if isinstance(given, dict) else given
            problem = f"{key}: unknown type {wrong!r}" if wrong else f"{key}: type is missing"
            return problem, did_you_mean(str(wrong or ""), _TYPES, "type")
        case "model_type" | "model_attributes_type" | "dict_type":
            return f"{key}: {_shown(given)} is not a map", "expected key: value lines"
        case "list_type":
            return f"{key}: {_shown(given)} is not a list", "expected - item lines or [a, b]"
        case "string_too_short":
            return f"{key} is empty", "expected text"
        case "value_error":
            message = str(detail["msg"]).removeprefix("Value error, ")
            return f"{key}: not as it must be", message if message.startswith("expected") else f"expected: {message}"
        case kind:
            bare = ", without quotes" if isinstance(given, str) and _BARE.fullmatch(given) else ""
            return f"{key}: {_shown(given)} is not valid", _expectation(kind, detail) + bare


def _keys(name: str, detail: ErrorDetails) -> list[str]:
    """The keys that the place of an unknown one may hold."""
    loc = detail["loc"]
    kind: Any = Header
    if name == "facts.yaml":
        kind = _TYPES.get(str(loc[0]), facts.Money)
    elif name == "sources.yaml":
        kind = Source
    elif name == "feeds.yaml":
        kind = Match if loc[0] == "match" else Feed
    elif "/" in name:
        kind = Bulletin if name.startswith("bulletins/") else Topic
    if len(loc) > 1 and loc[0] == "progress":
        return ["from", "to"]
    return [field.alias or key for key, field in kind.model_fields.items()]


def _purpose(key: str) -> str:
    return {
        "title": "a title in every language",
        "body": "the text of the reply in every language",
        "summary": "one line in every language",
        "languages": "the list of languages, as in [en, id, ru]",
        "date": "the day, as in 2026-01-31",
        "type": f"one of {', '.join(_TYPES)}",
    }.get(key, f"{key}: …")


_EXPECTATIONS = {
    "web_address": "expected an http:// or https:// address with a host, at most 2048 characters",
    "currency": "expected one of ISO 4217, as in IDR, EUR or RUB",
    "greater_than_equal": "expected 0 or more",
    "less_than_equal": "expected less",
    "finite_number": "expected a number",
    "int_from_float": "expected a whole number",
    "string_type": "expected text (numbers and true or false in quotes)",
    "too_short": "expected at least one item",
    "bool_type": "expected true or false",
    "bool_parsing": "expected true or false",
    "int_type": "expected a whole number",
    "int_parsing": "expected a whole number",
    "float_type": "expected a number",
    "float_parsing": "expected a number",
    "date_type": "expected a day, as in 2026-01-31",
    "date_parsing": "expected a day, as in 2026-01-31",
    "date_from_datetime_parsing": "expected a day, as in 2026-01-31",
    "date_from_datetime_inexact": "expected a day without a time, as in 2026-01-31",
    "datetime_type": "expected a moment, as in 2026-01-31T09:00:00+07:00",
    "datetime_parsing": "expected a moment, as in 2026-01-31T09:00:00+07:00",
    "datetime_from_date_parsing": "expected a moment, as in 2026-01-31T09:00:00+07:00",
}


def _expectation(kind: str, detail: ErrorDetails) -> str:
    if kind == "literal_error":
        return f"expected {detail['ctx']['expected']}"
    if kind == "string_pattern_mismatch":
        return _PATTERNS.get(str(detail["loc"][-1]), f"expected text matching {detail['ctx']['pattern']}")
    return _EXPECTATIONS.get(kind) or f"expected otherwise ({detail['msg'][:1].lower()}{detail['msg'][1:]})"


_PATTERNS = {
    "url": "expected an http:// or https:// address",
    "colour": "expected a colour as in #1F4E8C",
    "currency": "expected a currency's three letters, as in IDR",
}


def _shown(given: object) -> str:
    text = repr(given)
    return text if len(text) <= 40 else text[:39] + "…"
