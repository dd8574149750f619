"""When a lane last delivered something: a column that may be empty, of which an older release needs to know nothing."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.add_column("leases", sa.Column("delivered", sa.Double(), nullable=True))
