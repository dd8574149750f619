"""Whether an awaited question waits for an answer or for a verdict on a claim."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    kind = sa.Column("kind", sa.String(length=8), server_default=sa.text("'question'"), nullable=False)
    op.add_column("awaited_questions", kind)
