"""Ids that a platform gives as texts: an e-mail address, the address of a browser and a Message-ID are no numbers.

The texts stand beside the numbers that earlier releases read and write. Triggers keep both in step, so an earlier release works on
these tables, beside this one or after a rollback. An id that is no number gets a number of its own, far from those that platforms
give. The release after this one drops the numbers and the triggers.
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

_READER = {"chat": "chat_id", "thread": "thread_id", "parent": "parent_id", "former_chat": "moved_from"}
_DELIVERY = {"message": "message_id"}
"""Text → number."""

_ROWS_AT_ONCE = 100_000
"""So many rows are filled in one statement, because a statement has two minutes (bot/db/engine.py)."""

_INSTEAD = "(-4611686018427387904 - NEW.id)"
"""The number of an id that is none; no other row has it."""

_TAKE_TURNS = """
    -- Two releases that meet a new chat at once look for it in an index each, and the second would find its number or its text
    -- taken in the other. It waits here for the first, and then finds its row. A backup of a million readers needs no more locks
    -- than these, for which there is room (postgresql.org/docs/current/runtime-config-locks.html).
    IF TG_OP = 'INSERT' THEN PERFORM pg_advisory_xact_lock(5, hashtext(NEW.platform || NEW.chat) & 255); END IF;"""


def upgrade() -> None:
    for table, ids in (("readers", _READER), ("deliveries", _DELIVERY)):
        for name in ids:
            op.add_column(table, sa.Column(name, sa.Text(), nullable=True))
        _fill(table, ids)
        (_keep_in_step_on_sqlite if op.get_bind().dialect.name == "sqlite" else _keep_in_step)(table, ids)
    op.create_index("ix_readers_platform_chat_thread", "readers", ["platform", "chat", "thread"], unique=True)


def _fill(table: str, ids: dict[str, str]) -> None:
    first_number = next(iter(ids.values()))
    texts = ", ".join(f"{name} = CAST({number} AS TEXT)" for name, number in ids.items())
    last = op.get_bind().execute(sa.text(f"SELECT coalesce(max(id), 0) FROM {table}")).scalar_one()  # noqa: S608
    for start in range(0, last + 1, _ROWS_AT_ONCE):
        some = f"id >= {start} AND id < {start + _ROWS_AT_ONCE} AND {first_number} IS NOT NULL"
        op.execute(f"UPDATE {table} SET {texts} WHERE {some}")  # noqa: S608


def _keep_in_step(table: str, ids: dict[str, str]) -> None:
    """PostgreSQL: a trigger changes the row before it is stored. It is not called for rows without a text and a number."""
    op.execute("""
        CREATE OR REPLACE FUNCTION number_of_id(id text, instead bigint) RETURNS bigint LANGUAGE sql IMMUTABLE AS $$
            SELECT CASE
                WHEN id !~ '^(0|-?[1-9][0-9]{0,18})$' THEN instead
                WHEN id::numeric NOT BETWEEN -9223372036854775808 AND 9223372036854775807 THEN instead
                ELSE id::bigint
            END
        $$""")
    inserted = [f"NEW.{name} := NEW.{number};" for name, number in ids.items()]
    ours = [f"NEW.{number} := number_of_id(NEW.{name}, instead);" for name, number in ids.items()]
    updated = [
        f"IF NEW.{name} IS DISTINCT FROM OLD.{name} THEN NEW.{number} := number_of_id(NEW.{name}, instead);"
        f" ELSIF NEW.{number} IS DISTINCT FROM OLD.{number} THEN NEW.{name} := NEW.{number}; END IF;"
        for name, number in ids.items()
    ]
    op.execute(f"""
        CREATE FUNCTION keep_ids_of_{table}() RETURNS trigger LANGUAGE plpgsql AS $$
            DECLARE instead bigint := {_INSTEAD};
            BEGIN
                IF TG_OP = 'UPDATE' THEN {" ".join(updated)}
                ELSIF NEW.{next(iter(ids))} IS NULL THEN {" ".join(inserted)}
                ELSE {" ".join(ours)}
                END IF;
                {_TAKE_TURNS if table == "readers" else ""}
                RETURN NEW;
            END
        $$""")
    has_id = " OR ".join(f"NEW.{column} IS NOT NULL" for column in (*ids, *ids.values()))
    for name, event, condition in (
        ("keep_ids_inserted", "INSERT", f"WHEN ({has_id})"),
        ("keep_ids_updated", f"UPDATE OF {', '.join((*ids, *ids.values()))}", ""),
    ):
        op.execute(
            f"CREATE TRIGGER {name} BEFORE {event} ON {table} FOR EACH ROW {condition} EXECUTE FUNCTION keep_ids_of_{table}()"
        )


def _keep_in_step_on_sqlite(table: str, ids: dict[str, str]) -> None:
    """SQLite: a trigger changes the row after it was stored, which calls the trigger for the other columns in turn.

    That one changes nothing: it keeps a text whose own number the number is.
    """
    numbers = {number: _number_on_sqlite(f"NEW.{name}") for name, number in ids.items()}
    set_numbers = ", ".join(f"{number} = {its}" for number, its in numbers.items())
    set_texts = ", ".join(
        f"{name} = CASE WHEN NEW.{number} IS {numbers[number]} THEN NEW.{name} ELSE CAST(NEW.{number} AS TEXT) END"
        for name, number in ids.items()
    )
    first, first_number = next(iter(ids.items()))
    for name, event, condition, changes in (
        ("text_inserted", "INSERT", f"NEW.{first} IS NOT NULL", set_numbers),
        ("number_inserted", "INSERT", f"NEW.{first} IS NULL AND NEW.{first_number} IS NOT NULL", set_texts),
        ("text_updated", f"UPDATE OF {', '.join(ids)}", _changed(*ids), set_numbers),
        ("number_updated", f"UPDATE OF {', '.join(ids.values())}", _changed(*ids.values()), set_texts),
    ):
        op.execute(
            f"CREATE TRIGGER {table}_{name} AFTER {event} ON {table} WHEN {condition}"  # noqa: S608
            f" BEGIN UPDATE {table} SET {changes} WHERE id = NEW.id; END"
        )


def _changed(*columns: str) -> str:
    return " OR ".join(f"NEW.{column} IS NOT OLD.{column}" for column in columns)


def _number_on_sqlite(id_: str) -> str:
    number = f"CAST({id_} AS INTEGER)"
    return f"CASE WHEN {id_} = CAST({number} AS TEXT) THEN {number} WHEN {id_} IS NOT NULL THEN {_INSTEAD} END"
