"""The indexes by which the ledger is a queue: each holds only the deliveries in a state, so that finished ones cost nothing.

Apart from the tables, since SQLAlchemy has an index on part of a table for each kind of database by itself, and to say so
brings in the dialects of both: 2 MB for statements that are the same on either.
"""

QUEUES = {"due": ("platform", "due", "id"), "retry": ("platform", "due"), "claimed": ("platform",)}
"""State → the columns of its index."""


def statements() -> list[str]:
    """What makes them."""
    return [
        f"CREATE INDEX ix_deliveries_{state} ON deliveries ({', '.join(columns)}) WHERE state = '{state}'"
        for state, columns in QUEUES.items()
    ]
