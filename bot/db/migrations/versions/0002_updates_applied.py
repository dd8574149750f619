"""Which updates were applied, what owners were told of: new tables, of which an older release needs to know nothing."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "applied",
        sa.Column("cause", sa.String(length=64), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("cause", name="pk_applied"),
    )
    op.create_index("ix_applied_at", "applied", ["at"])
    op.create_table(
        "alarms",
        sa.Column("kind", sa.String(length=200), nullable=False),
        sa.Column("told", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("kind", name="pk_alarms"),
    )
