"""Pydantic's complaints about a file, in an editor's words. PURE."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from bot.dossier.schema import FACT_TYPES, model_of

Place = tuple[str | int, ...]
"""Keys and indexes from the top of a file down to a value; () is the file itself."""


Where = tuple[str, Place]
"""A file, and a place in it."""


@dataclass(frozen=True, slots=True, order=True)
class Diagnostic:
    """One mistake of the content. ``line`` counts from 1.

    A ``warning`` does not keep the dossier from being used. ``counts``: one for which ``nota check`` fails all the same,
    because it is surely wrong, though it costs no answer.
    """

    path: str
    line: int
    problem: str
    expected: str
    warning: bool = False
    counts: bool = False

    @property
    def is_mild(self) -> bool:
        """Whether it is a warning and no more."""
        return self.warning and not self.counts

    def __str__(self) -> str:
        kind = "warning: " if self.is_mild else ""
        return f"{self.path}:{self.line}: {kind}{self.problem}, {self.expected}"


@dataclass(frozen=True, slots=True)
class Fault:
    """A mistake found in a value rather than in a file: where it stands, to be turned into a line.

    ``down`` is the number of lines below that place, for a fault inside a text of several lines. ``because`` is another
    place, in a file, on which it hangs: while that is wrong itself, nobody can say whether this is a fault at all.
    ``warning`` and ``counts`` are a mistake's.
    """

    path: str
    place: Place
    problem: str
    expected: str
    warning: bool = False
    down: int = 0
    because: Where | None = None
    counts: bool = False

    @property
    def is_mild(self) -> bool:
        """As a mistake's."""
        return self.warning and not self.counts


def nearest(wrong: str, known: Iterable[str]) -> str | None:
    """The known word that was most likely meant, whatever its case; None where none is near."""
    words = {word.casefold(): word for word in sorted(set(known), reverse=True)}
    near = get_close_matches(wrong.casefold(), words, n=1, cutoff=0.6)
    return words[near[0]] if near else None


def did_you_mean(wrong: str, known: Iterable[str], what: str, whole: bool = False) -> str:
    """What is expected instead of ``wrong``: the nearest known word, or the first few of them (``whole``: all)."""
    words = list(known) if whole else sorted(set(known))
    near = nearest(wrong, words)
    if near:
        return f"did you mean {near!r}?"
    if not words:
        return f"expected {what}, of which there is none"
    return f"expected {what}: {', '.join(words if whole else words[:6])}{' …' if len(words) > 6 and not whole else ''}"


def shown(given: object) -> str:
    """A value as the file has it, at most 40 characters of it."""
    text = repr(given) if isinstance(given, str) else _in_yaml(given)
    return text if len(text) <= 40 else text[:39] + "…"


def _in_yaml(given: object) -> str:
    match given:
        case None | bool():
            return {None: "null", True: "true", False: "false"}[given]
        case list():
            return f"[{', '.join(map(_in_yaml, given))}]"
        case dict():
            return f"{{{', '.join(f'{key}: {_in_yaml(value)}' for key, value in given.items())}}}"
        case _:
            return str(given)


def explain(name: str, error: ValidationError, place: Place) -> Iterator[Fault]:
    """Each complaint about the value at ``place`` of the file ``name``.

    What is missing is not said where a key is wrong that was meant for it; of the branches of a union the one speaks that
    looked furthest into the value.
    """
    details = error.errors(include_url=False, include_context=True)
    meant = {(*detail["loc"][:-1], _meant(name, detail)) for detail in details if detail["type"] == "extra_forbidden"}
    places = [(*place, *_steps(name, detail["loc"])) for detail in details]
    said: set[Place] = {where[:length] for where in places for length in range(len(place) + 1, len(where))}
    for where, detail in zip(places, details, strict=True):
        if where not in said and not (detail["type"] == "missing" and detail["loc"] in meant):
            said.add(where)
            yield Fault(name, (*where, *_spot(detail)), *_words(name, detail, where))


def _steps(name: str, loc: Place) -> Place:
    """What of the steps to a value stands in the file: pydantic names the branches of unions, too."""
    steps = loc[1:] if name == "facts.yaml" and loc and loc[0] in FACT_TYPES else loc
    return tuple(step for step in steps if not _is_tag(step))


def _is_tag(step: str | int) -> bool:
    return isinstance(step, str) and (step in ("str", "constrained-str") or "[" in step)


def _spot(detail: ErrorDetails) -> tuple[str, ...]:
    """The key of an entry that a complaint about the whole of it is about, where it names one."""
    given = detail["input"] if isinstance(detail["input"], dict) else {}
    if detail["type"].startswith("union_tag"):
        return ("type",) if "type" in given else ()
    if detail["type"] != "value_error":
        return ()
    return next(((word,) for word in re.findall(r"\w+", detail["msg"]) if word in given), ())


def _words(name: str, detail: ErrorDetails, where: Place) -> tuple[str, str]:
    key, given = ".".join(map(str, where)) or "the file", detail["input"]
    match detail["type"]:
        case "extra_forbidden":
            keys = ", ".join(_keys(name, detail["loc"]))
            meant = _meant(name, detail)
            return (
                f"unknown key {str(where[-1])!r}",
                f"did you mean {meant!r}?" if meant else f"expected one of: {keys}",
            )
        case "missing":
            return f"{key} is missing", f"expected {_PURPOSES.get(str(where[-1]), 'a value')}"
        case "union_tag_invalid" | "union_tag_not_found" if isinstance(given, dict):
            wrong = given.get("type")
            problem = f"{key}: unknown type {shown(wrong)}" if wrong else f"{key}: type is missing"
            return problem, did_you_mean(str(wrong or ""), FACT_TYPES, "one of", whole=True)
        case "value_error":
            problem, _, expected = str(detail["msg"]).removeprefix("Value error, ").partition(", ")
            return f"{key}: {problem}", expected
        case kind if given in (None, "") or kind == "string_too_short":
            return f"{key} is empty", _expectation(name, detail, where)
        case _:
            return f"{key}: {shown(given)} {_unfit(detail)}", _expectation(name, detail, where)


def _keys(name: str, loc: Place) -> list[str]:
    return [field.alias or key for key, field in model_of(name, loc).model_fields.items()]


def _meant(name: str, detail: ErrorDetails) -> str | None:
    return nearest(str(detail["loc"][-1]), _keys(name, detail["loc"]))


_PURPOSES = {
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
"""What a key that must be there is for."""


_MAPS = ("model_type", "model_attributes_type", "dict_type", "union_tag_invalid", "union_tag_not_found")


_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


def _unfit(detail: ErrorDetails) -> str:
    if detail["type"] in _MAPS:
        return "is not a map"
    if detail["type"] == "list_type":
        return "is not a list"
    is_day = detail["type"].startswith("date_") and _DAY.fullmatch(str(detail["input"]))
    return "is no day of the calendar" if is_day else "is not valid"


def _expectation(name: str, detail: ErrorDetails, where: Place) -> str:
    kind, given = detail["type"], detail["input"]
    own = _OF_KEY.get(str(where[-1])) if where else None
    if own and kind in ("string_pattern_mismatch", "string_type"):
        return own
    if kind in _MAPS:
        return _of_map(name, where)
    if kind == "literal_error":
        return f"expected {detail['ctx']['expected']}"
    if kind == "string_type":
        return _of_text(given)
    if kind in ("greater_than_equal", "less_than_equal"):
        limit = detail["ctx"]["ge" if kind == "greater_than_equal" else "le"]
        return f"expected {limit:.0f} or more" if kind == "greater_than_equal" else f"expected at most {limit:.0f}"
    expected = _EXPECTATIONS.get(kind) or f"expected otherwise ({detail['msg'][:1].lower()}{detail['msg'][1:]})"
    if isinstance(given, str) and "number" in expected and _POINTED.fullmatch(given):
        return f"expected a number without separators, as in {re.sub(r'[.,_ ]', '', given)}"
    if isinstance(given, str) and _BARE.fullmatch(given):
        return f"{expected.partition(', as in')[0]}, without quotes"
    return expected


_BARE = re.compile(r"[-+]?[0-9]+(\.[0-9]+)?|true|false")
"""What YAML takes for no text without its quotes."""


_POINTED = re.compile(r"[-+]?[0-9]{1,3}([.,_ ][0-9]{3})+")
"""Thousands, parted."""


def _of_map(name: str, where: Place) -> str:
    if not where and (name == "dossier.yaml" or "/" in name):
        return f"expected {', '.join(key for key, field in model_of(name, ()).model_fields.items() if field.is_required())}"
    if where and where[-1] in ("title", "summary", "body"):
        return "expected a text for each language, as in en: …"
    return "expected key: value lines" if where else "expected id: entry lines"


def _of_text(given: object) -> str:
    if isinstance(given, dict):
        return 'expected text; one that holds ": " stands in quotes'
    if isinstance(given, list):
        return "expected one text, not a list"
    return "expected text" + ("" if given is None else ", in quotes")


_OF_KEY = {
    "url": "expected an http:// or https:// address",
    "colour": 'expected a colour in quotes, as in "#1F4E8C"',
    "currency": "expected a currency's three letters, as in IDR",
}


_EXPECTATIONS = {
    "web_address": "expected an http:// or https:// address with a host and no user name, at most 2048 characters",
    "currency": "expected one of ISO 4217, as in IDR, EUR or RUB",
    "finite_number": "expected a number",
    "int_from_float": "expected a whole number",
    "string_too_short": "expected text",
    "list_type": "expected - item lines or [a, b]",
    "too_short": "expected at least one item",
    "bool_type": "expected true or false",
    "bool_parsing": "expected true or false",
    "int_type": "expected a whole number",
    "int_parsing": "expected a whole number",
    "float_type": "expected a number, as in 95000 or 86.4",
    "float_parsing": "expected a number, as in 95000 or 86.4",
    "date_type": "expected a day, as in 2026-01-31",
    "date_parsing": "expected a day, as in 2026-01-31",
    "date_from_datetime_parsing": "expected a day, as in 2026-01-31",
    "date_from_datetime_inexact": "expected a day without a time, as in 2026-01-31",
    "datetime_type": "expected a moment, as in 2026-01-31T09:00:00+07:00",
    "datetime_parsing": "expected a moment, as in 2026-01-31T09:00:00+07:00",
    "datetime_from_date_parsing": "expected a moment, as in 2026-01-31T09:00:00+07:00",
}
