"""The tables of 0.8.0, the earliest release whose database is migrated. Nobody makes them any more."""

revision = "0017"
down_revision = None


def upgrade() -> None:
    raise NotImplementedError("0.8.0 makes these tables itself")
