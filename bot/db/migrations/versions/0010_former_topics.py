"""Which topics have other ids by now, as followers were moved last."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.add_column("safeguards", sa.Column("former_topics", sa.JSON(none_as_null=True), nullable=True))
