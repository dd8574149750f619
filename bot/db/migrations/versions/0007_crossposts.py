"""Crossposts of messages in announcement channels: a column that may be empty, of which an older release needs to know nothing."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.add_column("deliveries", sa.Column("crosspost", sa.String(length=8), nullable=True))
