"""Which dossier a database belongs to, missing files, groups that moved; and row numbers that SQLite never uses again."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

_NUMBERED = ("readers", "deliveries", "awaited_questions", "feed_candidates")
"""Tables whose numbers leave the database."""

_REFERRING = ("subscriptions", "subscription_topics")
"""Other tables that refer to one of these. On SQLite, dropping a table deletes the rows that refer to it."""


def upgrade() -> None:
    op.create_table(
        "safeguards",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("dossier", sa.String(length=96), nullable=True),
        sa.Column("held", sa.String(length=32), nullable=True),
        sa.Column("held_changes", sa.JSON(), nullable=True),
        sa.Column("confirmed", sa.String(length=32), nullable=True),
        sa.Column("stopped", sa.Double(), nullable=True),
        sa.Column("stopped_by", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_safeguards"),
    )
    op.add_column("bulletins", sa.Column("gone", sa.Double(), nullable=True))
    op.add_column("readers", sa.Column("moved_from", sa.BigInteger(), nullable=True))
    if op.get_bind().dialect.name == "sqlite":
        _number_on()


def _number_on() -> None:
    """Makes the tables anew with AUTOINCREMENT, which SQLite cannot add to a table (sqlite.org/lang_altertable.html)."""
    connection, before = op.get_bind(), sa.MetaData()
    before.reflect(connection, only=[*_NUMBERED, *_REFERRING, "bulletins"])
    after = sa.MetaData()
    for table in before.tables.values():
        made = table.to_metadata(after)
        if table.name in _NUMBERED:
            made.dialect_options["sqlite"]["autoincrement"] = True
    made_anew = [table for table in after.sorted_tables if table.name != "bulletins"]
    for table in made_anew:
        for index in before.tables[table.name].indexes:
            index.drop(connection)
        op.rename_table(table.name, f"{table.name}_before")
    for table in made_anew:
        table.create(connection)
        columns = ", ".join(column.name for column in table.columns)
        op.execute(f"INSERT INTO {table.name} ({columns}) SELECT {columns} FROM {table.name}_before")  # noqa: S608
    for table in reversed(made_anew):
        op.drop_table(f"{table.name}_before")
    _skip_numbers_of_deleted_candidates(connection)


def _skip_numbers_of_deleted_candidates(connection: sa.Connection) -> None:
    """Messages about candidates, named ``review-<number>-<round>``, stay longer than the candidates."""
    names = connection.execute(sa.text("SELECT id FROM bulletins WHERE origin = 'review'")).scalars()
    used = [int(number) for number in (name.split("-")[1] for name in names) if number.isdecimal()]
    highest = max([*used, 0])
    stored = connection.execute(sa.text("SELECT seq FROM sqlite_sequence WHERE name = 'feed_candidates'")).scalar()
    if highest > (stored or 0):
        connection.execute(sa.text("DELETE FROM sqlite_sequence WHERE name = 'feed_candidates'"))
        statement = sa.text("INSERT INTO sqlite_sequence (name, seq) VALUES ('feed_candidates', :highest)")
        connection.execute(statement, {"highest": highest})
