"""The bot that the readers of each platform belong to; when the publisher of a story changed its words."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    op.create_table(
        "bots",
        sa.Column("platform", sa.String(length=16), nullable=False),
        sa.Column("bot", sa.String(length=128), nullable=False),
        sa.Column("stopped", sa.Double(), nullable=True),
        sa.Column("stopped_by", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("platform", name="pk_bots"),
    )
    op.add_column("feed_candidates", sa.Column("corrected", sa.Double(), nullable=True))
