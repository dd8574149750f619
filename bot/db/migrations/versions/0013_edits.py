"""The bulletins whose messages a change sent, edited or withdrew when it came into force."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    op.add_column("changes", sa.Column("edits", sa.JSON(none_as_null=True), nullable=True))
