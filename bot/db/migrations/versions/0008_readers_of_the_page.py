"""Readers of the page: where their messages go, and the links to their settings."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "destinations",
        sa.Column("reader_id", _ID, nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("destination", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["reader_id"], ["readers.id"], name="fk_destinations_reader_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("reader_id", name="pk_destinations"),
        sa.UniqueConstraint("digest", name="uq_destinations_digest"),
    )
    op.create_table(
        "reader_links",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("reader_id", _ID, nullable=False),
        sa.Column("created", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(["reader_id"], ["readers.id"], name="fk_reader_links_reader_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("digest", name="pk_reader_links"),
    )
    op.create_index("ix_reader_links_reader_id", "reader_links", ["reader_id"])
