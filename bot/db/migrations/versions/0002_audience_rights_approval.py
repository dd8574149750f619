"""Who reads answers in a group, which lost rights its admins were told of, and when a draft was approved."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_APPROVED = "'approved', 'sent', 'withdrawal', 'withdrawn'"
"""States that a draft reaches by an approval."""


def upgrade() -> None:
    op.add_column("readers", sa.Column("audience", sa.String(length=8), nullable=True))
    op.add_column("readers", sa.Column("missing_rights", sa.BigInteger(), server_default=sa.text("0"), nullable=False))
    op.add_column("drafts", sa.Column("approved", sa.Double(), nullable=True))
    op.execute(f"UPDATE drafts SET approved = changed WHERE state IN ({_APPROVED})")  # noqa: S608  constants
