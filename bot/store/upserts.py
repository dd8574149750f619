"""INSERT … ON CONFLICT, which SQLAlchemy spells once per database."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import Table

from bot.store.database import Database

if TYPE_CHECKING:
    from sqlalchemy.dialects import postgresql, sqlite

    Insert = sqlite.Insert | postgresql.Insert


def insert_into(database: Database, table: Table) -> "Insert":
    """The database's own INSERT, which knows conflicts."""
    if database.is_sqlite:
        from sqlalchemy.dialects import sqlite  # noqa: PLC0415  only the dialect that is used costs memory

        return sqlite.insert(table)
    from sqlalchemy.dialects import postgresql  # noqa: PLC0415

    return postgresql.insert(table)


def upsert(
    database: Database, table: Table, values: Mapping[str, Any], key: Sequence[str], changes: Mapping[str, Any]
) -> "Insert":
    """Inserts ``values``, or makes ``changes`` to the row that has the same ``key``."""
    return insert_into(database, table).values(values).on_conflict_do_update(index_elements=key, set_=changes)
