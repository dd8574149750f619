"""What 0.8.0 moved is moved: nothing here reads what 0.5.0 and earlier releases stored of drafts and stories, and these cannot start."""

import sqlalchemy as sa
from alembic import op

from bot.db.engine import UnusableDatabase

revision = "0021"
down_revision = "0020"

_UNMOVED = (
    "SELECT 1 FROM drafts WHERE change_id IS NULL OR state <> 'deleted' UNION ALL SELECT 1 FROM feed_candidates"
    " WHERE state IN ('published', 'withdrawn') AND change_id IS NULL LIMIT 1"
)


def upgrade() -> None:
    if op.get_bind().execute(sa.text(_UNMOVED)).first() is not None:
        raise UnusableDatabase(
            "DATABASE_URL: 0.5.0 or an earlier release stored drafts here that are not moved yet,"
            " expected: start 0.8.0 on it once, and then this release"
        )
    op.execute("UPDATE bulletins SET state = 'retracted' WHERE state = 'trial'")  # both start over when they are sent
    op.execute("UPDATE bulletins SET origin = 'desk' WHERE origin = 'moved'")
    op.execute("UPDATE schema_compatibility SET readable_from = 6 WHERE readable_from < 6")
    op.drop_index("ix_feed_candidates_former", "feed_candidates")
