"""Changes of entries, their versions and decisions, and what they have put in force."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "changes",
        sa.Column("id", _ID, nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created", sa.Double(), nullable=False),
        sa.Column("changed", sa.Double(), nullable=False),
        sa.Column("changed_by", sa.Text(), nullable=False),
        sa.Column("savers", sa.JSON(), nullable=False),
        sa.Column("planned", sa.Double(), nullable=True),
        sa.Column("due", sa.Double(), nullable=True),
        sa.Column("edition", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_changes"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_changes_state", "changes", ["state", "changed"])
    op.create_table(
        "change_entries",
        sa.Column("change_id", _ID, nullable=False),
        sa.Column("key", sa.String(length=128), nullable=False),
        sa.Column("base", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("content", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("made_from", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["change_id"], ["changes.id"], name="fk_change_entries_change_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("change_id", "key", name="pk_change_entries"),
    )
    op.create_index("ix_change_entries_key", "change_entries", ["key"])
    op.create_table(
        "change_versions",
        sa.Column("change_id", _ID, nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("contents", sa.JSON(), nullable=False),
        sa.Column("kept", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(["change_id"], ["changes.id"], name="fk_change_versions_change_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("change_id", "version", name="pk_change_versions"),
    )
    op.create_table(
        "change_decisions",
        sa.Column("id", _ID, nullable=False),
        sa.Column("change_id", _ID, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("action", sa.String(length=12), nullable=False),
        sa.Column("decided", sa.Double(), nullable=False),
        sa.Column("decided_by", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("override", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["change_id"], ["changes.id"], name="fk_change_decisions_change_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_change_decisions"),
    )
    op.create_index("ix_change_decisions_change_id", "change_decisions", ["change_id"])
    op.create_table(
        "entries",
        sa.Column("key", sa.String(length=128), nullable=False),
        sa.Column("touches", sa.JSON(), nullable=False),
        sa.Column("is_new", sa.Boolean(), nullable=False),
        sa.Column("change_id", _ID, nullable=False),
        sa.Column("edition", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["change_id"], ["changes.id"], name="fk_entries_change_id"),
        sa.PrimaryKeyConstraint("key", name="pk_entries"),
    )
    op.add_column("safeguards", sa.Column("edition", sa.Integer(), server_default=sa.text("0"), nullable=False))
    op.add_column("safeguards", sa.Column("stamp", sa.String(length=32), nullable=True))
    op.add_column("feed_candidates", sa.Column("change_id", _ID, nullable=True))
    op.add_column("drafts", sa.Column("change_id", _ID, nullable=True))
    op.add_column("processes", sa.Column("release", sa.String(length=32), nullable=True))
    is_former = sa.text("state IN ('published', 'withdrawn') AND change_id IS NULL")
    op.create_index(
        "ix_feed_candidates_former",
        "feed_candidates",
        ["id"],
        sqlite_where=is_former,
        postgresql_where=is_former,
    )
