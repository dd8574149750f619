"""What a reader had before the message said that the bulletin is withdrawn; what editors answered to a report."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    op.add_column("deliveries", sa.Column("had", sa.Integer(), nullable=True))
    op.add_column("reports", sa.Column("answer", sa.Text(), nullable=True))
