"""Every decision and comment on changes, for an audit: as JSON and as CSV."""

import csv
import json
import re
from collections.abc import Iterable
from datetime import UTC, datetime
from io import StringIO
from typing import Any

from bot.db.engine import AnyRow

COLUMNS = ("at", "name", "account", "action", "change", "version", "title", "state", "alone_as_owner", "words")
"""``at``: ISO 8601 in UTC; ``account``: "" for what Nota did itself; ``words``: the reason, or the comment."""

_FORMULA = re.compile(r"\s*[=+\-@]")
"""How a cell begins that a spreadsheet would run (owasp.org/www-community/attacks/CSV_Injection)."""


def fields_of(row: AnyRow) -> dict[str, Any]:
    """A decision under the names of :data:`COLUMNS`."""
    values = (
        datetime.fromtimestamp(row.decided, UTC).isoformat(timespec="seconds"),
        row.name,
        row.decided_by,
        row.action,
        row.change_id,
        row.version,
        row.title,
        row.state,
        row.override,
        row.reason or "",
    )
    return dict(zip(COLUMNS, values, strict=True))


def as_json(rows: Iterable[AnyRow]) -> str:
    """A list of objects, the oldest first."""
    return json.dumps([fields_of(row) for row in rows], ensure_ascii=False)


def as_csv(rows: Iterable[AnyRow]) -> str:
    """A line for each, the oldest first. What would be a formula has an apostrophe before it."""
    out = StringIO()
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    for row in rows:
        writer.writerow([_cell(value) for value in fields_of(row).values()])
    return out.getvalue()


def _cell(value: object) -> object:
    if isinstance(value, bool):
        return "yes" if value else ""
    return f"'{value}" if isinstance(value, str) and _FORMULA.match(value) else value
