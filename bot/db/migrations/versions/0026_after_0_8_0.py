"""From the tables of 0.8.0 to those of this release, which stand in bot/db/schema.py alone. Until it is released it grows here.

0.8.0 cannot work on them: it would compute what is in force anew, and it wrote ids of chats and messages as numbers, too.
"""

import sqlalchemy as sa
from alembic import op

from bot.db.schema import metadata

revision = "0026"
down_revision = "0017"


def upgrade() -> None:
    connection = op.get_bind()
    op.execute("UPDATE bulletins SET state = 'retracted' WHERE state = 'trial'")  # both start over when they are sent
    op.execute("UPDATE bulletins SET origin = 'desk' WHERE origin = 'moved'")
    _drop_numbers(connection)
    for name in ("held", "held_changes", "confirmed"):
        op.drop_column("safeguards", name)
    op.drop_column("change_entries", "written")
    op.drop_column("dossier_versions", "facts")
    op.drop_index("ix_feed_candidates_former", "feed_candidates")
    for name in ("bots", "contents", "desk_tokens", "done_once"):
        metadata.tables[name].create(connection)
    for purpose in ("link", "session"):
        columns = "digest, person, name, language, expires"
        op.execute(f"INSERT INTO desk_tokens (purpose, {columns}) SELECT '{purpose}', {columns} FROM desk_{purpose}s")  # noqa: S608
        op.drop_table(f"desk_{purpose}s")
    op.execute("INSERT INTO done_once (name, done) SELECT cause, applied FROM applied_updates")
    for name in ("alarms", "applied_updates", "ratings", "draft_decisions", "draft_versions", "drafts"):
        op.drop_table(name)
    for table, column in (
        ("deliveries", "earlier"),
        ("bulletins", "paused"),
        ("feed_candidates", "corrected"),
        ("confirmations", "person"),
        ("destinations", "place"),
        ("dossier_versions", "imported"),
        ("safeguards", "tree"),
        ("readers", "whole_answers"),
        ("readers", "lines_an_hour"),
        ("askers", "choice"),
    ):
        its = metadata.tables[table].c[column]
        op.add_column(table, sa.Column(column, its.type, nullable=its.nullable, server_default=its.server_default))
    for table, index in (
        ("deliveries", "ix_deliveries_correction"),
        ("destinations", "ix_destinations_place"),
        ("confirmations", "ix_confirmations_person"),
    ):
        next(each for each in metadata.tables[table].indexes if each.name == index).create(connection)
    with op.batch_alter_table("counts") as counts:
        counts.alter_column("subject", type_=sa.String(200), existing_type=sa.String(96), existing_nullable=False)
    op.execute(
        "INSERT INTO counts (day, kind, platform, language, subject, times)"
        " SELECT day, kind, '', language, wording, times FROM unanswered_questions"
    )
    op.drop_table("unanswered_questions")
    op.execute("UPDATE schema_compatibility SET readable_from = 26")


def _drop_numbers(connection: sa.Connection) -> None:
    """Of chats and messages, and the triggers that kept them in step with their texts."""
    if connection.dialect.name == "sqlite":
        for name in ("text_inserted", "number_inserted", "text_updated", "number_updated"):
            op.execute(f"DROP TRIGGER readers_{name}")
            op.execute(f"DROP TRIGGER deliveries_{name}")
    else:
        op.execute("DROP FUNCTION keep_ids_of_readers(), keep_ids_of_deliveries() CASCADE")
        op.execute("DROP FUNCTION number_of_id(text, bigint)")
    op.drop_column("deliveries", "message_id")
    with op.batch_alter_table("readers", table_kwargs={"sqlite_autoincrement": True}) as readers:
        readers.drop_constraint("uq_readers_platform_chat_id_thread_id")
        for name in ("chat_id", "thread_id", "parent_id", "moved_from"):
            readers.drop_column(name)
        for name in ("chat", "thread"):
            readers.alter_column(name, existing_type=sa.Text(), nullable=False)
