"""The database refuses a subscription for an hour, a weekday or a pace that there is not. Rows that have one get the default."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

_POSSIBLE = {
    "pace": ("pace IN ('at_once', 'daily', 'weekly')", "pace = 'at_once'"),
    "hour": ("hour BETWEEN 0 AND 23", "hour = 9"),
    "weekday": ("weekday BETWEEN 0 AND 6", "weekday = 0"),
    "quiet": ("quiet_start BETWEEN 0 AND 23 AND quiet_end BETWEEN 0 AND 23", "quiet_start = 0, quiet_end = 0"),
}
"""Constraint → what it demands, and what a row gets that does not fulfil it."""


def upgrade() -> None:
    for condition, default in _POSSIBLE.values():
        op.execute(f"UPDATE subscriptions SET {default} WHERE NOT ({condition})")  # noqa: S608  constants
    with op.batch_alter_table("subscriptions") as table:  # no table refers to it
        for name, (condition, _) in _POSSIBLE.items():
            table.create_check_constraint(sa.sql.elements.conv(f"ck_subscriptions_{name}"), sa.text(condition))
