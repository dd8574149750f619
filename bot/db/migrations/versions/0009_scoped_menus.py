"""Menus of commands for one chat or server: a new table, of which an older release needs to know nothing."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.create_table(
        "scoped_menus",
        sa.Column("platform", sa.String(length=16), nullable=False),
        sa.Column("scope", sa.String(length=255), nullable=False),
        sa.PrimaryKeyConstraint("platform", "scope", name="pk_scoped_menus"),
    )
