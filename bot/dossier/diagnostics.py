"""Problems of the content, each with its file, line and fix. PURE.

:func:`explain_validation_error` turns pydantic's errors about a file into such diagnostics, in words for editors.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from typing import Any, Literal

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from bot.dossier.schema import FACT_TYPES, model_of

Place = tuple[str | int, ...]
"""Keys and indexes from the top of a file down to a value; () is the file itself."""

Where = tuple[str, Place]
"""A file, and a place in it."""


Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One problem of the content.

    Attributes:
        path: the file, relative to the dossier's folder.
        place: the value that is wrong.
        message: what is wrong.
        fix: what to do, as "expected …" or "did you mean …?".
        severity: a dossier with an error is not used, one with warnings is.
        harmless: whether the dossier is used despite the error, which only ``nota check`` reports as one.
        offset: the number of lines below ``place``, for a problem inside a text of several lines.
        because: another place that this problem depends on. While that place has an error, this one is not reported.
        line: counted from 1; 0 until the loader has set it.
        code: names the kind of problem for those who say it in other words (the desk); "": nobody does.
        values: what those words name.
    """

    path: str
    place: Place
    message: str
    fix: str
    severity: Severity = "error"
    harmless: bool = False
    offset: int = 0
    because: Where | None = None
    line: int = 0
    code: str = field(default="", compare=False)
    values: Mapping[str, str] = field(default_factory=dict, compare=False)

    @property
    def is_warning(self) -> bool:
        return self.severity == "warning"

    @property
    def blocks(self) -> bool:
        """Whether the dossier cannot be used because of it."""
        return self.severity == "error" and not self.harmless

    def __str__(self) -> str:
        kind = "warning: " if self.is_warning else ""
        return f"{self.path}:{self.line}: {kind}{self.message}, {self.fix}"


def error(
    path: str,
    place: Place,
    message: str,
    fix: str,
    code: str = "",
    *,
    harmless: bool = False,
    offset: int = 0,
    because: Where | None = None,
    **values: object,
) -> Diagnostic:
    """An error, with what the words of its ``code`` name."""
    named = {name: str(value) for name, value in values.items()}
    return Diagnostic(path, place, message, fix, "error", harmless, offset, because, code=code, values=named)


def warning(path: str, place: Place, message: str, fix: str, code: str = "", **also: Any) -> Diagnostic:
    """A warning; ``also`` as of :func:`error`."""
    return replace(error(path, place, message, fix, code, **also), severity="warning")


def sort(diagnostics: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    """The diagnostics by file and line, each of a place once: at the desk all places of an entry are one line."""
    unique = {(str(each), each.place): each for each in diagnostics}
    return tuple(sorted(unique.values(), key=lambda item: (item.path, item.line, item.message, item.fix)))


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word most similar to ``word``, ignoring case; None if no word is similar."""
    words = {name.casefold(): name for name in sorted(set(known), reverse=True)}
    near = get_close_matches(word.casefold(), words, n=1, cutoff=0.6)
    return words[near[0]] if near else None


def did_you_mean(word: str, known: Iterable[str], what: str, *, all_known: bool = False) -> str:
    """The fix for an unknown word: the nearest known one, or a list of the first six (``all_known``: of all)."""
    words = list(known) if all_known else sorted(set(known))
    if near := nearest(word, words):
        return f"did you mean {near!r}?"
    if not words:
        return f"expected {what}, but none exists"
    return f"expected {what}: {', '.join(words if all_known else words[:6])}{' …' if len(words) > 6 and not all_known else ''}"


def quoted(value: object) -> str:
    """A value as it is written in the file, cut to 40 characters."""
    text = repr(value) if isinstance(value, str) else _as_yaml(value)
    return text if len(text) <= 40 else text[:39] + "…"


def _as_yaml(value: object) -> str:
    match value:
        case None | bool():
            return {None: "null", True: "true", False: "false"}[value]
        case list():
            return f"[{', '.join(map(_as_yaml, value))}]"
        case dict():
            return f"{{{', '.join(f'{key}: {_as_yaml(text)}' for key, text in value.items())}}}"
        case _:
            return str(value)


def explain_validation_error(name: str, error: ValidationError, place: Place) -> Iterator[Diagnostic]:
    """Diagnostics for pydantic's errors about the value at ``place`` of the file ``name``.

    A missing key is not reported if an unknown key looks like it. Where several branches of a union fail, the error
    deepest in the value is reported.
    """
    details = error.errors(include_url=False, include_context=True)
    meant = {(*detail["loc"][:-1], _meant(name, detail)) for detail in details if detail["type"] == "extra_forbidden"}
    places = [(*place, *_path_in_file(name, detail["loc"])) for detail in details]
    reported: set[Place] = {where[:length] for where in places for length in range(len(place) + 1, len(where))}
    for where, detail in zip(places, details, strict=True):
        if where not in reported and not (detail["type"] == "missing" and detail["loc"] in meant):
            reported.add(where)
            place, (message, fix) = (*where, *_key_at_fault(detail)), _message_and_fix(name, detail, where)
            yield Diagnostic(name, place, message, fix, code=_code(detail, where), values=_limits(detail))


def _path_in_file(name: str, loc: Place) -> Place:
    """Pydantic's ``loc`` without the branches of unions."""
    steps = loc[1:] if name == "facts.yaml" and loc and loc[0] in FACT_TYPES else loc
    return tuple(step for step in steps if not _is_branch(step))


def _is_branch(step: str | int) -> bool:
    return isinstance(step, str) and (step in ("str", "constrained-str") or "[" in step)


def _key_at_fault(detail: ErrorDetails) -> tuple[str, ...]:
    """The key of an entry that an error about the whole entry names, if it names one."""
    entry = detail["input"] if isinstance(detail["input"], dict) else {}
    if detail["type"].startswith("union_tag"):
        return ("type",) if "type" in entry else ()
    if detail["type"] != "value_error":
        return ()
    return next(((word,) for word in re.findall(r"\w+", detail["msg"]) if word in entry), ())


def _message_and_fix(name: str, detail: ErrorDetails, where: Place) -> tuple[str, str]:
    key, value = ".".join(map(str, where)) or "the file", detail["input"]
    match detail["type"]:
        case "extra_forbidden":
            meant = _meant(name, detail)
            keys = ", ".join(_keys(name, detail["loc"]))
            fix = f"did you mean {meant!r}?" if meant else f"expected one of: {keys}"
            return f"unknown key {str(detail['loc'][-1])!r}", fix
        case "missing":
            return f"{key} is missing", f"expected {_MISSING.get(str(where[-1]), 'a value')}"
        case "union_tag_invalid" | "union_tag_not_found" if isinstance(value, dict):
            kind_name = value.get("type")
            message = f"{key}: unknown type {quoted(kind_name)}" if kind_name else f"{key}: type is missing"
            return message, did_you_mean(str(kind_name or ""), FACT_TYPES, "one of", all_known=True)
        case "value_error":
            message, _, fix = str(detail["msg"]).removeprefix("Value error, ").partition(", ")
            return f"{key}: {message}", fix
        case _ if value is None and _is_part_of_text(where):
            return f"{key} is not a language", "expected a text with a comma in quotes inside { }"
        case kind if value in (None, "", []) or kind == "string_too_short":
            return f"{key} is empty", _fix(name, detail, where)
        case _:
            return f"{key}: {quoted(value)} {_why_invalid(detail)}", _fix(name, detail, where)


def _code(detail: ErrorDetails, where: Place) -> str:
    """The kind of problem, where an editor can cause it with a form; else ""."""
    kind, value = detail["type"], detail["input"]
    if kind == "missing" or value in (None, "") or kind in ("string_too_short", "too_short"):
        return "missing"
    if kind == "value_error":
        return str(getattr(detail.get("ctx", {}).get("error"), "code", ""))
    if kind == "string_pattern_mismatch":
        return {"url": "address", "archived": "address"}.get(str(where[-1]), str(where[-1]))
    return _OF_ERROR.get(kind, ("", ""))[0]


def _limits(detail: ErrorDetails) -> dict[str, str]:
    """The limit that a number passes."""
    limits = detail.get("ctx", {})
    return {name: f"{limits[name]:g}" for name in ("ge", "le") if isinstance(limits.get(name), int | float)}


def _is_part_of_text(where: Place) -> bool:
    """Whether a key among languages is a part of a text: ``{en: The fare, a price}`` makes a key of "a price"."""
    key, parent = where[-1:], where[-2:-1]
    return bool(key and parent) and parent[0] in _MAPS_OF_LANGUAGES and len(str(key[0])) > LONGEST_LANGUAGE


_MAPS_OF_LANGUAGES = frozenset({"title", "short", "summary", "body", "note", "because", "about", "publisher"})

LONGEST_LANGUAGE = 3
"""The largest number of letters in a language code."""


def _keys(name: str, loc: Place) -> list[str]:
    return [field.alias or key for key, field in model_of(name, loc).model_fields.items()]


def _meant(name: str, detail: ErrorDetails) -> str | None:
    return nearest(str(detail["loc"][-1]), _keys(name, detail["loc"]))


_MISSING = {
    "id": "a short name of the dossier, as in harbour-ferry",
    "title": "a title in every language",
    "body": "the text of the reply in every language",
    "summary": "one line in every language",
    "languages": "the list of languages, as in [en, id, ru]",
    "default_language": "one of languages",
    "date": "the day, as in 2026-01-31",
    "type": f"one of {', '.join(FACT_TYPES)}",
    "currency": "one of ISO 4217, as in IDR, EUR or RUB",
    "publisher": "who published it",
    "url": "its address, as in https://example.com/page",
    "from": "a date fact",
    "to": "a date fact",
}
"""Required key → what is expected there."""

_MAP_ERRORS = ("model_type", "model_attributes_type", "dict_type", "union_tag_invalid", "union_tag_not_found")

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


def _why_invalid(detail: ErrorDetails) -> str:
    if detail["type"] in _MAP_ERRORS:
        return "is not a map"
    if detail["type"] == "list_type":
        return "is not a list"
    is_day = detail["type"].startswith("date_") and _DAY.fullmatch(str(detail["input"]))
    return "is not a day of the calendar" if is_day else "is not valid"


def _fix(name: str, detail: ErrorDetails, where: Place) -> str:
    kind, value = detail["type"], detail["input"]
    fix_of_key = _FIX_OF_KEY.get(str(where[-1])) if where else None
    if fix_of_key and kind in ("string_pattern_mismatch", "string_type", "too_short"):
        return fix_of_key
    if kind in _MAP_ERRORS:
        return _fix_of_map(name, where)
    if kind == "literal_error":
        return f"expected {detail['ctx']['expected']}"
    if kind == "string_type":
        return _fix_of_text(value)
    if kind == "greater_than_equal":
        return f"expected {detail['ctx']['ge']:.0f} or more"
    if kind == "less_than_equal":
        return f"expected at most {detail['ctx']['le']:.0f}"
    fix = _OF_ERROR.get(kind, ("", ""))[1] or f"expected another value ({detail['msg'][:1].lower()}{detail['msg'][1:]})"
    if isinstance(value, str) and "number" in fix and _WITH_SEPARATORS.fullmatch(value):
        return f"expected a number without separators, as in {re.sub(r'[.,_ ]', '', value)}"
    if isinstance(value, str) and _NEEDS_NO_QUOTES.fullmatch(value):
        return f"{fix.partition(', as in')[0]}, without quotes"
    return fix


_NEEDS_NO_QUOTES = re.compile(r"[-+]?[0-9]+(\.[0-9]+)?|true|false")
_WITH_SEPARATORS = re.compile(r"[-+]?[0-9]{1,3}([.,_ ][0-9]{3})+")


def _fix_of_map(name: str, where: Place) -> str:
    if not where and (name == "dossier.yaml" or "/" in name):
        fields = model_of(name, ()).model_fields.items()
        return f"expected {', '.join([key for key, field in fields if field.is_required()] or dict(fields))}"
    if where and where[-1] in ("title", "summary", "body"):
        return "expected a text for each language, as in en: …"
    return "expected key: value lines" if where else "expected id: entry lines"


def _fix_of_text(value: object) -> str:
    if isinstance(value, dict):
        return 'expected text; a text with ": " needs quotes'
    if isinstance(value, list):
        return "expected one text, not a list"
    return "expected text" + ("" if value is None else ", in quotes")


_FIX_OF_KEY = {
    "url": "expected an http:// or https:// address",
    "colour": 'expected a colour in quotes, as in "#1F4E8C"',
    "currency": "expected a currency's three letters, as in IDR",
    "topics": "expected topics, or nothing of this line: then every subscriber gets it",
}

_A_DAY = "expected a day, as in 2026-01-31"
_A_MOMENT = "expected a moment, as in 2026-01-31T09:00:00+07:00"
_A_NUMBER = "expected a number, as in 95000 or 86.4"

_OF_ERROR: Mapping[str, tuple[str, str]] = {
    **dict.fromkeys(("float_type", "float_parsing"), ("number", _A_NUMBER)),
    "finite_number": ("number", "expected a number"),
    **dict.fromkeys(("int_type", "int_parsing", "int_from_float"), ("whole-number", "expected a whole number")),
    **dict.fromkeys(("date_type", "date_parsing", "date_from_datetime_parsing"), ("day", _A_DAY)),
    "date_from_datetime_inexact": ("day", "expected a day without a time, as in 2026-01-31"),
    "web_address": (
        "address",
        "expected an http:// or https:// address with a host and no user name, at most 2048 characters",
    ),
    "contact": ("contact", "expected the address of a page, as in https://example.com/press, or an e-mail address"),
    "currency": ("currency", "expected one of ISO 4217, as in IDR, EUR or RUB"),
    "literal_error": ("choice", ""),
    "greater_than_equal": ("least", ""),
    "less_than_equal": ("most", ""),
    "string_too_short": ("", "expected text"),
    "list_type": ("", "expected - item lines or [a, b]"),
    "too_short": ("", "expected at least one item"),
    **dict.fromkeys(("bool_type", "bool_parsing"), ("", "expected true or false")),
    **dict.fromkeys(("datetime_type", "datetime_parsing", "datetime_from_date_parsing"), ("", _A_MOMENT)),
}
"""pydantic's error type → the kind of problem, "" if no form can cause it, and the fix."""
