"""The first ledger: readers, subscriptions, bulletins with their revisions, deliveries, leases."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "bulletins",
        sa.Column("id", sa.String(length=96), nullable=False),
        sa.Column("origin", sa.String(length=16), server_default=sa.text("'dossier'"), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("language", sa.String(length=8), server_default=sa.text("'en'"), nullable=False),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("topics", sa.JSON(), nullable=False),
        sa.Column("urgent", sa.Boolean(), nullable=False),
        sa.Column("not_before", sa.Double(), server_default=sa.text("0"), nullable=False),
        sa.Column("published", sa.Double(), nullable=True),
        sa.Column("changed", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_bulletins"),
    )
    op.create_table(
        "editions",
        sa.Column("version", sa.String(length=32), nullable=False),
        sa.Column("compared", sa.Double(), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("version", name="pk_editions"),
    )
    op.create_table(
        "leases",
        sa.Column("lane", sa.String(length=96), nullable=False),
        sa.Column("holder", sa.String(length=64), nullable=True),
        sa.Column("until", sa.Double(), nullable=False),
        sa.Column("beat", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("lane", name="pk_leases"),
    )
    op.create_table(
        "readers",
        sa.Column("id", _Id, nullable=False),
        sa.Column("platform", sa.String(length=16), nullable=False),
        sa.Column("chat_id", sa.BigInteger(), nullable=False),
        sa.Column("thread_id", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("title", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=True),
        sa.Column("heard_language", sa.String(length=8), nullable=True),
        sa.Column("suspended_since", sa.Double(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("notice", sa.String(length=16), nullable=True),
        sa.Column("met", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_readers"),
        sa.UniqueConstraint("platform", "chat_id", "thread_id", name="uq_readers_platform_chat_id_thread_id"),
    )
    op.create_table(
        "schema_version",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("readable_from", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_schema_version"),
    )
    op.create_table(
        "bulletin_texts",
        sa.Column("bulletin_id", sa.String(length=96), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("digest", sa.String(length=32), nullable=False),
        sa.Column("article", sa.Text(), nullable=False),
        sa.Column("retracted", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("since", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(
            ["bulletin_id"], ["bulletins.id"], name="fk_bulletin_texts_bulletin_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("bulletin_id", "revision", "language", name="pk_bulletin_texts"),
    )
    op.create_table(
        "deliveries",
        sa.Column("id", _Id, nullable=False),
        sa.Column("bulletin_id", sa.String(length=96), nullable=False),
        sa.Column("reader_id", _Id, nullable=False),
        sa.Column("platform", sa.String(length=16), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("due", sa.Double(), nullable=False),
        sa.Column("wanted", sa.Integer(), nullable=False),
        sa.Column("shown", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=True),
        sa.Column("digest", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("message_id", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("holder", sa.String(length=64), nullable=True),
        sa.Column("created", sa.Double(), nullable=False),
        sa.Column("sent", sa.Double(), nullable=True),
        sa.Column("edited", sa.Double(), nullable=True),
        sa.ForeignKeyConstraint(
            ["bulletin_id"], ["bulletins.id"], name="fk_deliveries_bulletin_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["reader_id"], ["readers.id"], name="fk_deliveries_reader_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_deliveries"),
        sa.UniqueConstraint("bulletin_id", "reader_id", name="uq_deliveries_bulletin_id_reader_id"),
    )
    for state, columns in (
        ("due", ["platform", "due", "id"]),
        ("retry", ["platform", "due"]),
        ("claimed", ["platform"]),
    ):
        only = sa.text(f"state = '{state}'")
        op.create_index(f"ix_deliveries_{state}", "deliveries", columns, sqlite_where=only, postgresql_where=only)
    op.create_index("ix_deliveries_reader_id_id", "deliveries", ["reader_id", "id"])
    op.create_table(
        "subscription_topics",
        sa.Column("reader_id", _Id, nullable=False),
        sa.Column("topic", sa.String(length=96), nullable=False),
        sa.ForeignKeyConstraint(
            ["reader_id"], ["readers.id"], name="fk_subscription_topics_reader_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("reader_id", "topic", name="pk_subscription_topics"),
    )
    op.create_table(
        "subscriptions",
        sa.Column("reader_id", _Id, nullable=False),
        sa.Column("every_topic", sa.Boolean(), nullable=False),
        sa.Column("pace", sa.String(length=8), nullable=False),
        sa.Column("hour", sa.SmallInteger(), nullable=False),
        sa.Column("weekday", sa.SmallInteger(), nullable=False),
        sa.Column("quiet_start", sa.SmallInteger(), nullable=False),
        sa.Column("quiet_end", sa.SmallInteger(), nullable=False),
        sa.Column("zone", sa.String(length=64), nullable=False),
        sa.Column("silent", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("since", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(["reader_id"], ["readers.id"], name="fk_subscriptions_reader_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("reader_id", name="pk_subscriptions"),
    )
