"""The settings of a reader that unsubscribed, which come back if it subscribes again within 30 days."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.add_column("readers", sa.Column("ended_subscription", sa.JSON(none_as_null=True), nullable=True))
    op.add_column("readers", sa.Column("unsubscribed", sa.Double(), nullable=True))
