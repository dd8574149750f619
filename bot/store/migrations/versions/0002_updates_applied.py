"""Which updates were applied already: a new table, of which an older release knows nothing and needs nothing."""

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
