"""Every decision and comment on changes, for an audit: as JSON and as CSV."""

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from bot.db.connection import AnyRow
from bot.replies.spreadsheet import table

COLUMNS = ("at", "name", "account", "action", "change", "version", "title", "state", "alone_as_owner", "words")
"""``at``: ISO 8601 in UTC; ``account``: "" for what Nota did itself; ``words``: the reason, or the comment."""


def fields_of(row: AnyRow) -> dict[str, Any]:
    """A decision under the names of :data:`COLUMNS`."""
    values = (
        datetime.fromtimestamp(row.decided, UTC).isoformat(timespec="seconds"),
        row.name,
        row.decided_by,
        # that a guest opened a preview link is stored as a comment without words
        "opened" if row.action == "comment" and not row.reason else row.action,
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
    """A line for each, the oldest first; what holds is "yes"."""
    decided = (fields_of(row) for row in rows)
    return table(COLUMNS, ({**each, "alone_as_owner": "yes" * each["alone_as_owner"]}.values() for each in decided))
