"""Columns for what stood beside something else: answers about figures, what was written out, which draft gathers sentences."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"

_JSON = sa.JSON(none_as_null=True)

_CHANGES = sa.table("changes", sa.column("state", sa.Text), sa.column("title", sa.Text), sa.column("gathers", sa.Text))
_ENTRIES = sa.table(
    "change_entries",
    sa.column("change_id", sa.BigInteger),
    sa.column("key", sa.Text),
    sa.column("made_from", sa.JSON),
    sa.column("written", _JSON),
    sa.column("answer", _JSON),
)
_DECISIONS = sa.table(
    "change_decisions",
    *(sa.column(name, sa.Text) for name in ("action", "name", "reason")),
    sa.column("id", sa.BigInteger),
    sa.column("change_id", sa.BigInteger),
    sa.column("decided", sa.Double),
)

_TITLES = {
    "examples": ("Examples", "Contoh", "Примеры вопросов"),
    "claims": ("Claims of readers", "Klaim pembaca", "Утверждения читателей"),
}
_WRITTEN = "written "


def upgrade() -> None:
    op.add_column("changes", sa.Column("gathers", sa.String(length=16), nullable=True))
    for name in ("written", "answer"):
        op.add_column("change_entries", sa.Column(name, _JSON, nullable=True))
    connection = op.get_bind()
    for gathers, titles in _TITLES.items():
        is_one = (_CHANGES.c.state == "draft") & _CHANGES.c.title.in_(titles)
        connection.execute(sa.update(_CHANGES).where(is_one).values(gathers=gathers))
    _move_written(connection)
    _move_answers(connection)


def _move_written(connection: sa.Connection) -> None:
    for row in connection.execute(sa.select(_ENTRIES.c.change_id, _ENTRIES.c.key, _ENTRIES.c.made_from)).all():
        written = {
            name.removeprefix(_WRITTEN): value for name, value in row.made_from.items() if name.startswith(_WRITTEN)
        }
        if written:
            made_from = {name: value for name, value in row.made_from.items() if not name.startswith(_WRITTEN)}
            _put(connection, row.change_id, row.key, written=written, made_from=made_from)


def _move_answers(connection: sa.Connection) -> None:
    """Of each fact of a change the last answer, with the alteration for which it holds."""
    said = _DECISIONS.c.action.in_(("was_wrong", "has_changed"))
    for row in connection.execute(sa.select(_DECISIONS).where(said).order_by(_DECISIONS.c.id)).all():
        fact = (row.reason or "").partition(":")[0]
        answer = {"said": row.action, "of": row.reason, "name": row.name, "moment": row.decided}
        _put(connection, row.change_id, f"facts/{fact}", answer=answer)


def _put(connection: sa.Connection, change: int, key: str, **values: object) -> None:
    of_it = (_ENTRIES.c.change_id == change) & (_ENTRIES.c.key == key)
    connection.execute(sa.update(_ENTRIES).where(of_it).values(**values))
