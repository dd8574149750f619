"""INSERT … ON CONFLICT, which SQLAlchemy spells once per database."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Table
from sqlalchemy.dialects import postgresql, sqlite

from bot.store.database import Database

Insert = sqlite.Insert | postgresql.Insert


def insert_into(database: Database, table: Table) -> Insert:
    """The database's own INSERT, which knows conflicts."""
    return sqlite.insert(table) if database.is_sqlite else postgresql.insert(table)


def upsert(
    database: Database, table: Table, values: Mapping[str, Any], key: Sequence[str], changes: Mapping[str, Any]
) -> Insert:
    """Inserts ``values``, or makes ``changes`` to the row that has the same ``key``."""
    return insert_into(database, table).values(values).on_conflict_do_update(index_elements=key, set_=changes)
