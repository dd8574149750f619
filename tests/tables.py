"""Tables of cases that stand in the docstring of their test, at its end behind an empty line, or alone.

A row has a field for each name, divided by `` | ``. A field that is JSON is its value, any other one a text. Behind two spaces, and at the
beginning of a row, ``#`` begins a remark.
"""

import inspect
import json
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

import pytest

Test = TypeVar("Test", bound=Callable[..., object])


def cases(names: str) -> Callable[[Test], Test]:
    """Makes a test of each row."""
    return lambda test: pytest.mark.parametrize(names, _rows(names, test))(test)


def table(names: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Makes one test of all rows, for what takes less time than a test of its own. It names every row that fails."""

    def decorated(test: Callable[..., None]) -> Callable[..., None]:
        signature, arguments = inspect.signature(test), names.split(", ")
        rows = [row if len(arguments) > 1 else [row] for row in _rows(names, test)]

        @wraps(test)
        def all_rows(*given: object, **fixtures: object) -> None:
            failures = list[Exception]()
            for row in rows:
                try:
                    test(*given, **fixtures, **dict(zip(arguments, row, strict=True)))
                except Exception as failure:
                    failure.add_note(f"in the row {row}")
                    failures.append(failure)
            if failures:
                raise ExceptionGroup(f"{len(failures)} of {len(rows)} rows", failures)

        kept = [each for name, each in signature.parameters.items() if name not in arguments]
        all_rows.__signature__ = signature.replace(parameters=kept)  # type: ignore[attr-defined]
        return all_rows

    return decorated


def _rows(names: str, test: Callable[..., object]) -> list[Any]:
    count = len(names.split(", "))
    *_, text = (test.__doc__ or "").rpartition("\n\n")
    lines = [line.partition("  # ")[0].strip() for line in text.splitlines() if not line.strip().startswith("# ")]
    rows = [[_value(field) for field in line.split(" | ")] for line in lines if line]
    assert rows
    assert all(len(row) == count for row in rows), f"{test.__qualname__}: expected {names}"
    return rows if count > 1 else [value for [value] in rows]


def _value(field: str) -> object:
    try:
        return json.loads(field)
    except ValueError:
        return field
