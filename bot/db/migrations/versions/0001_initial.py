"""The first tables. Expand and contract from here on: a migration adds, the release after it takes away."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "alarms",
        sa.Column("kind", sa.String(length=200), nullable=False),
        sa.Column("sent", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("kind", name="pk_alarms"),
    )
    op.create_table(
        "applied_updates",
        sa.Column("cause", sa.String(length=64), nullable=False),
        sa.Column("applied", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("cause", name="pk_applied_updates"),
    )
    op.create_index("ix_applied_updates_applied", "applied_updates", ["applied"], unique=False)
    op.create_table(
        "ratings",
        sa.Column("day", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("topic", sa.String(length=96), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("helped", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("failed", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.PrimaryKeyConstraint("day", "topic", "language", name="pk_ratings"),
    )
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
        sa.Column("pruned", sa.Double(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_bulletins"),
    )
    op.create_table(
        "dossier_versions",
        sa.Column("version", sa.String(length=32), nullable=False),
        sa.Column("compared", sa.Double(), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("version", name="pk_dossier_versions"),
    )
    op.create_table(
        "feed_candidates",
        sa.Column("id", _Id, nullable=False),
        sa.Column("feed", sa.String(length=96), nullable=False),
        sa.Column("publisher", sa.Text(), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("topics", sa.JSON(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("line", sa.Text(), nullable=False),
        sa.Column("link", sa.Text(), nullable=False),
        sa.Column("page", sa.Text(), nullable=False),
        sa.Column("headline", sa.Text(), nullable=False),
        sa.Column("why", sa.JSON(), nullable=False),
        sa.Column("published", sa.Double(), nullable=True),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("found", sa.Double(), nullable=False),
        sa.Column("returns", sa.Double(), nullable=True),
        sa.Column("expires", sa.Double(), nullable=False),
        sa.Column("decided", sa.Double(), nullable=True),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.Column("bulletin_id", sa.String(length=96), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_feed_candidates"),
    )
    op.create_index("ix_feed_candidates_found", "feed_candidates", ["found"], unique=False)
    op.create_index("ix_feed_candidates_state", "feed_candidates", ["state", "id"], unique=False)
    op.create_table(
        "feeds",
        sa.Column("id", sa.String(length=96), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("moved_to", sa.Text(), nullable=True),
        sa.Column("etag", sa.Text(), nullable=True),
        sa.Column("last_modified", sa.Text(), nullable=True),
        sa.Column("digest", sa.String(length=32), nullable=True),
        sa.Column("seen_keys", sa.Text(), nullable=True),
        sa.Column("interval", sa.Double(), nullable=False),
        sa.Column("due", sa.Double(), nullable=False),
        sa.Column("fetched", sa.Double(), nullable=False),
        sa.Column("succeeded", sa.Double(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("items", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("matches", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("failures", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("ended", sa.Double(), nullable=True),
        sa.Column("fetches", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_feeds"),
    )
    op.create_table(
        "leases",
        sa.Column("name", sa.String(length=96), nullable=False),
        sa.Column("holder", sa.String(length=64), nullable=True),
        sa.Column("until", sa.Double(), nullable=False),
        sa.Column("renewals", sa.BigInteger(), nullable=False),
        sa.Column("delivered", sa.Double(), nullable=True),
        sa.PrimaryKeyConstraint("name", name="pk_leases"),
    )
    op.create_table(
        "processes",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("dossier_version", sa.String(length=32), nullable=False),
        sa.Column("until", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_processes"),
    )
    op.create_table(
        "readers",
        sa.Column("id", _Id, nullable=False),
        sa.Column("platform", sa.String(length=16), nullable=False),
        sa.Column("chat_id", sa.BigInteger(), nullable=False),
        sa.Column("thread_id", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("parent_id", sa.BigInteger(), nullable=True),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("title", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=True),
        sa.Column("detected_language", sa.String(length=8), nullable=True),
        sa.Column("checks_forwards", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("suspended_since", sa.Double(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("notice", sa.String(length=16), nullable=True),
        sa.Column("first_seen", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_readers"),
        sa.UniqueConstraint("platform", "chat_id", "thread_id", name="uq_readers_platform_chat_id_thread_id"),
    )
    op.create_table(
        "schema_compatibility",
        sa.Column("readable_from", sa.Integer(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("readable_from", name="pk_schema_compatibility"),
    )
    op.create_table(
        "scoped_menus",
        sa.Column("platform", sa.String(length=16), nullable=False),
        sa.Column("scope", sa.String(length=255), nullable=False),
        sa.PrimaryKeyConstraint("platform", "scope", name="pk_scoped_menus"),
    )
    op.create_table(
        "unanswered_questions",
        sa.Column("day", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(length=8), server_default=sa.text("'question'"), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("wording", sa.String(length=200), server_default=sa.text("''"), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("day", "kind", "language", "wording", name="pk_unanswered_questions"),
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
        sa.Column("crosspost", sa.String(length=8), nullable=True),
        sa.ForeignKeyConstraint(
            ["bulletin_id"], ["bulletins.id"], name="fk_deliveries_bulletin_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["reader_id"], ["readers.id"], name="fk_deliveries_reader_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_deliveries"),
        sa.UniqueConstraint("bulletin_id", "reader_id", name="uq_deliveries_bulletin_id_reader_id"),
    )
    op.create_index(
        "ix_deliveries_claimed",
        "deliveries",
        ["platform"],
        unique=False,
        sqlite_where=sa.text("state = 'claimed'"),
        postgresql_where=sa.text("state = 'claimed'"),
    )
    op.create_index(
        "ix_deliveries_due",
        "deliveries",
        ["platform", "due", "id"],
        unique=False,
        sqlite_where=sa.text("state = 'due'"),
        postgresql_where=sa.text("state = 'due'"),
    )
    op.create_index("ix_deliveries_reader_id_id", "deliveries", ["reader_id", "id"], unique=False)
    op.create_index(
        "ix_deliveries_retry",
        "deliveries",
        ["platform", "due"],
        unique=False,
        sqlite_where=sa.text("state = 'retry'"),
        postgresql_where=sa.text("state = 'retry'"),
    )
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
        "awaited_questions",
        sa.Column("id", _Id, nullable=False),
        sa.Column("reader_id", _Id, nullable=False),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("asked", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(
            ["reader_id"], ["readers.id"], name="fk_awaited_questions_reader_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_awaited_questions"),
    )
    op.create_index("ix_awaited_questions_reader_id", "awaited_questions", ["reader_id"], unique=False)
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
        sa.Column("own_language", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("since", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(["reader_id"], ["readers.id"], name="fk_subscriptions_reader_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("reader_id", name="pk_subscriptions"),
    )
    op.create_table(
        "drafts",
        sa.Column("id", _Id, nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("created", sa.Double(), nullable=False),
        sa.Column("changed", sa.Double(), nullable=False),
        sa.Column("changed_by", sa.Text(), nullable=False),
        sa.Column("bulletin_id", sa.String(length=96), nullable=True),
        sa.Column("day", sa.String(length=10), nullable=True),
        sa.Column("sent_version", sa.Integer(), nullable=True),
        sa.Column("send_at", sa.Double(), nullable=True),
        sa.Column("corrected", sa.Double(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_drafts"),
        sa.UniqueConstraint("bulletin_id", name="uq_drafts_bulletin_id"),
    )
    op.create_index("ix_drafts_state", "drafts", ["state", "changed"], unique=False)
    op.create_table(
        "draft_versions",
        sa.Column("draft_id", _Id, nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("saved", sa.Double(), nullable=False),
        sa.Column("saved_by", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["draft_id"], ["drafts.id"], name="fk_draft_versions_draft_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("draft_id", "version", name="pk_draft_versions"),
    )
    op.create_table(
        "draft_decisions",
        sa.Column("id", _Id, nullable=False),
        sa.Column("draft_id", _Id, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("action", sa.String(length=12), nullable=False),
        sa.Column("decided", sa.Double(), nullable=False),
        sa.Column("decided_by", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("override", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["draft_id"], ["drafts.id"], name="fk_draft_decisions_draft_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_draft_decisions"),
    )
    op.create_index("ix_draft_decisions_draft_id", "draft_decisions", ["draft_id"], unique=False)
    for name in ("desk_links", "desk_sessions"):
        op.create_table(
            name,
            sa.Column("digest", sa.String(length=64), nullable=False),
            sa.Column("person", sa.String(length=32), nullable=False),
            sa.Column("name", sa.Text(), nullable=False),
            sa.Column("language", sa.String(length=8), nullable=False),
            sa.Column("expires", sa.Double(), nullable=False),
            sa.PrimaryKeyConstraint("digest", name=f"pk_{name}"),
        )
    op.execute("INSERT INTO schema_compatibility (readable_from) VALUES (1)")
