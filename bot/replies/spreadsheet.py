"""Tables as CSV (RFC 4180) for spreadsheet programs. PURE."""

import csv
import re
from collections.abc import Iterable, Sequence
from io import StringIO

_FORMULA = re.compile(r"[\t\r\n\0]|\s*[=+\-@]")
"""How a text begins that a spreadsheet program may run (owasp.org/www-community/attacks/CSV_Injection; OWASP ASVS 5, 1.2.10)."""


def cell(value: object) -> object:
    """A value of a table. A text that would be a formula has an apostrophe before it."""
    return f"'{value}" if isinstance(value, str) and _FORMULA.match(value) else value


def line(values: Iterable[object]) -> str:
    """One row, with its line break."""
    out = StringIO()
    csv.writer(out).writerow(map(cell, values))
    return out.getvalue()


def table(columns: Sequence[str], rows: Iterable[Iterable[object]]) -> str:
    """A line of names, and one for each row."""
    return "".join(map(line, (columns, *rows)))
