"""What readers choose of what they are offered for a question without an answer."""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"


def upgrade() -> None:
    op.add_column("askers", sa.Column("choice", sa.String(64)))
