"""What the admins of a group choose of its answers."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"


def upgrade() -> None:
    op.add_column("readers", sa.Column("whole_answers", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("readers", sa.Column("lines_an_hour", sa.SmallInteger()))
