"""When a bulletin's old deliveries were first deleted: a new column, of which an older release needs to know nothing."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.add_column("bulletins", sa.Column("pruned", sa.Double(), nullable=True))
