"""Whether a copy of a message may stand in a chat of which no id is known; a pause of one bulletin; corrections are claimed first."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    op.add_column("deliveries", sa.Column("earlier", sa.Integer(), nullable=True))
    op.add_column("bulletins", sa.Column("paused", sa.Double(), nullable=True))
    op.execute(
        "CREATE INDEX ix_deliveries_correction ON deliveries (platform, due, id) WHERE state = 'due' AND message IS NOT NULL"
    )
