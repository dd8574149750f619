"""The person to whom a link that confirms was sent, however its address was spelled; the endpoint of a browser."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    op.add_column("confirmations", sa.Column("person", sa.String(64), nullable=True))
    op.add_column("destinations", sa.Column("place", sa.String(64), nullable=True))
    op.create_index("ix_destinations_place", "destinations", ["place"])
    op.create_index("ix_confirmations_person", "confirmations", ["person"])
