"""The tables of drafts of 0.5.0 and earlier releases, which the next release drops.

A release before this one goes on writing to them while it runs beside this one. What they hold becomes changes
(:mod:`bot.newsroom.former_data`).
"""

from sqlalchemy import JSON, Boolean, Column, Double, ForeignKey, Index, Integer, MetaData, String, Table, or_

from bot.db.schema import ForeignText, Id, metadata

former = MetaData(naming_convention=metadata.naming_convention)

drafts = Table(
    "drafts",
    former,
    Column("id", Id, primary_key=True),
    Column("state", String(12), nullable=False),  # draft, review, approved, sent, withdrawal, withdrawn, deleted
    Column("version", Integer, nullable=False),  # the latest
    Column("title", ForeignText, nullable=False),  # of the latest version, in the dossier's default language
    Column("created", Double, nullable=False),
    Column("changed", Double, nullable=False),
    Column("changed_by", ForeignText, nullable=False),  # who saved the latest version, or asked for its withdrawal
    Column("approved", Double),  # when any version was, the last time; null: never
    Column("bulletin_id", String(96), unique=True),  # null: never sent
    Column("day", String(10)),  # the bulletin's date; null: never sent
    Column("sent_version", Integer),  # the version in the ledger; null: none, or it was taken back
    Column("send_at", Double),  # when it goes to its audience
    Column("corrected", Double),  # when last; null: never
    Column("reason", ForeignText),  # of a withdrawal
    Column("change_id", Id),  # the change made of it; null: none is yet
    Index("ix_drafts_state", "state", "changed"),
)
"""Bulletins written at the desk. ``sent`` means handed to the ledger, which holds what became of it."""


draft_versions = Table(
    "draft_versions",
    former,
    Column("draft_id", Id, ForeignKey("drafts.id", ondelete="CASCADE"), primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("content", JSON, nullable=False),
    Column("saved", Double, nullable=False),
    Column("saved_by", ForeignText, nullable=False),
    Column("name", ForeignText, nullable=False),  # of that person, for others to read
)
"""Every version that was saved."""


draft_decisions = Table(
    "draft_decisions",
    former,
    Column("id", Id, primary_key=True),
    Column("draft_id", Id, ForeignKey("drafts.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("version", Integer, nullable=False),
    Column("action", String(12), nullable=False),
    Column("decided", Double, nullable=False),
    Column("decided_by", ForeignText, nullable=False),
    Column("name", ForeignText, nullable=False),
    Column("override", Boolean, nullable=False),  # an owner did alone what needs two
    Column("reason", ForeignText),
)
"""What was decided on drafts, and by whom."""

UNMOVED = or_(drafts.c.change_id.is_(None), drafts.c.state != "deleted")
"""Drafts that are no changes yet, or that an earlier release has written to since."""
