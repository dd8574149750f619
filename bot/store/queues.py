"""The indexes by which the ledger is a queue: each holds only the deliveries in a state, so that finished ones cost nothing.

Apart from the tables, since SQLAlchemy has an index on part of a table for each kind of database by itself, and to say so
brings in the dialects of both: 2 MB for statements that are the same on either.
"""

from sqlalchemy import String, literal_column

QUEUES = {"due": ("platform", "due", "id"), "retry": ("platform", "due"), "claimed": ("platform",)}
"""State → the columns of its index."""

OPEN = {state: literal_column(f"'{state}'", String) for state in QUEUES}
"""The same states written out in a statement, since a database finds a partial index by the words of its condition only."""


def statements() -> list[str]:
    """What makes them."""
    return [
        f"CREATE INDEX ix_deliveries_{state} ON deliveries ({', '.join(columns)}) WHERE state = '{state}'"
        for state, columns in QUEUES.items()
    ]
