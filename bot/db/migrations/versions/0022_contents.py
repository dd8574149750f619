"""What is in force, entry by entry, which files were imported last, and when each tree was imported first: the order of trees."""

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
        sa.Column("was", sa.JSON(), nullable=True),
        sa.PrimaryKeyConstraint("key", name="pk_contents"),
    )
    op.add_column("dossier_versions", sa.Column("imported", sa.Double(), nullable=True))
    op.add_column("safeguards", sa.Column("tree", sa.String(32), nullable=True))
    op.execute(
        "UPDATE schema_compatibility SET readable_from = 22"
    )  # earlier releases would compute what is in force anew
