"""What is in force, entry by entry, and of which files and changes it was made."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"


def upgrade() -> None:
    op.create_table(
        "contents",
        sa.Column("key", sa.String(128), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("content", sa.JSON(), nullable=True),
        sa.Column("file", sa.JSON(), nullable=True),
        sa.Column("gone", sa.Double(), nullable=True),
        sa.PrimaryKeyConstraint("key", name="pk_contents"),
    )
    op.add_column("safeguards", sa.Column("tree", sa.String(32), nullable=True))
    op.add_column("safeguards", sa.Column("contents_stamp", sa.String(32), nullable=True))
