"""When a tree of files was imported first, which is the order of trees."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"


def upgrade() -> None:
    op.add_column("dossier_versions", sa.Column("imported", sa.Double(), nullable=True))
