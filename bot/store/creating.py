"""The tables in an empty database, as they are now, without the migrations that led there (docs/decisions/0091)."""

from sqlalchemy import Connection, text

from bot.store.queues import statements
from bot.store.tables import schema_version

_STAMP = (
    "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL, CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num))",
    "INSERT INTO alembic_version (version_num) VALUES (:revision)",
)


def create(connection: Connection, revision: str) -> None:
    """Makes every table and index, and notes for Alembic that all migrations up to the revision are done.

    Raises:
        sqlalchemy.exc.DBAPIError: something of the name stands there already.
    """
    schema_version.metadata.create_all(connection, checkfirst=False)
    for statement in statements():
        connection.execute(text(statement))
    made, noted = map(text, _STAMP)
    connection.execute(made)
    connection.execute(noted, {"revision": revision})
