"""The wire: how its feeds are, and the candidates found in them. New tables, of which an older release knows nothing."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

_Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "wire_feeds",
        sa.Column("id", sa.String(length=96), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("moved_to", sa.Text(), nullable=True),
        sa.Column("etag", sa.Text(), nullable=True),
        sa.Column("last_modified", sa.Text(), nullable=True),
        sa.Column("digest", sa.String(length=32), nullable=True),
        sa.Column("known", sa.Text(), nullable=True),
        sa.Column("interval", sa.Double(), nullable=False),
        sa.Column("due", sa.Double(), nullable=False),
        sa.Column("asked", sa.Double(), nullable=False),
        sa.Column("read", sa.Double(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("items", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("matches", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("failures", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("ended", sa.Double(), nullable=True),
        sa.Column("turn", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_wire_feeds"),
    )
    op.create_table(
        "wire_candidates",
        sa.Column("id", _Id, nullable=False),
        sa.Column("feed", sa.String(length=96), nullable=False),
        sa.Column("publisher", sa.Text(), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("topics", sa.JSON(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("line", sa.Text(), nullable=False),
        sa.Column("link", sa.Text(), nullable=False),
        sa.Column("page", sa.Text(), nullable=False),
        sa.Column("headline", sa.Text(), nullable=False),
        sa.Column("why", sa.JSON(), nullable=False),
        sa.Column("published", sa.Double(), nullable=True),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("found", sa.Double(), nullable=False),
        sa.Column("returns", sa.Double(), nullable=True),
        sa.Column("expires", sa.Double(), nullable=False),
        sa.Column("decided", sa.Double(), nullable=True),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.Column("bulletin_id", sa.String(length=96), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_wire_candidates"),
    )
    op.create_index("ix_wire_candidates_found", "wire_candidates", ["found"])
    op.create_index("ix_wire_candidates_state", "wire_candidates", ["state", "id"])
