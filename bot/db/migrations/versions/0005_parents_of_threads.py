"""The channel around a thread: a column that may be empty, of which an older release needs to know nothing."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.add_column("readers", sa.Column("parent_id", sa.BigInteger(), nullable=True))
