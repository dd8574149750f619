"""The indexes by which the ledger is a queue: each holds only the deliveries in a state, so that finished ones cost nothing.

Apart from the tables, since an index on part of a table is each database's own affair, and to say so brings in the dialects
of both: 2 MB that no bot needs which finds its tables made. Whoever compares tables imports this.
"""

from sqlalchemy import Index, text

from bot.store.tables import deliveries


def _queue(state: str, *columns: str) -> Index:
    only = text(f"state = '{state}'")
    found = [deliveries.c[name] for name in columns]
    return Index(f"ix_deliveries_{state}", *found, sqlite_where=only, postgresql_where=only)


QUEUES = (_queue("due", "platform", "due", "id"), _queue("retry", "platform", "due"), _queue("claimed", "platform"))
