"""How many different readers brought the same words."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    op.create_table(
        "askers",
        sa.Column("wording", sa.String(length=200), nullable=False),
        sa.Column("mark", sa.String(length=4), server_default=sa.text("''"), nullable=False),
        sa.Column("day", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("wording", "mark", name="pk_askers"),
    )
