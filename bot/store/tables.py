"""The tables. Moments are seconds since 1970 (UTC) as the database's own clock has them; 0 stands for "at once"."""

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
    text,
)

from bot.store import wire_tables  # noqa: F401  whoever goes through the metadata goes through these, too
from bot.store.columns import ForeignText, Id, metadata, reader_column

CROSSPOST_DUE, CROSSPOST_REFUSED, CROSSPOST_DROPPED = "due", "refused", "dropped"
"""Values of ``deliveries.crosspost``."""

schema_version = Table(
    "schema_version",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("readable_from", Integer, nullable=False),
)
"""One row: which migration the tables are at, and the lowest such number a release must know to work on them."""

readers = Table(
    "readers",
    metadata,
    Column("id", Id, primary_key=True),
    Column("platform", String(16), nullable=False),
    Column("chat_id", BigInteger, nullable=False),
    Column("thread_id", BigInteger, nullable=False, server_default=text("0")),  # 0: the chat itself
    Column("parent_id", BigInteger),  # the chat around a thread that is a chat of its own; null: none, or not known
    Column("kind", String(16), nullable=False),  # private, group, channel
    Column("title", ForeignText, nullable=False, server_default=text("''")),
    Column("language", String(8)),  # what was chosen
    Column("heard_language", String(8)),  # what was spoken when we met; counts where none was chosen
    Column("suspended_since", Double),  # null: active
    Column("reason", ForeignText),  # why suspended
    Column("notice", String(16)),  # what the next message is to tell besides: thread_gone
    Column("met", Double, nullable=False),
    UniqueConstraint("platform", "chat_id", "thread_id"),
)

subscriptions = Table(
    "subscriptions",
    metadata,
    reader_column(primary_key=True),
    Column("every_topic", Boolean, nullable=False),
    Column("pace", String(8), nullable=False),
    Column("hour", SmallInteger, nullable=False),
    Column("weekday", SmallInteger, nullable=False),
    Column("quiet_start", SmallInteger, nullable=False),  # the same as quiet_end: no quiet hours
    Column("quiet_end", SmallInteger, nullable=False),
    Column("zone", String(64), nullable=False),
    Column("silent", Boolean, nullable=False, server_default=false()),
    Column("since", Double, nullable=False),
)

subscription_topics = Table(
    "subscription_topics",
    metadata,
    reader_column(primary_key=True),
    Column("topic", String(96), primary_key=True),
)

editions = Table(
    "editions",
    metadata,
    Column("version", String(32), primary_key=True),
    Column("compared", Double, nullable=False),
    Column("facts", JSON, nullable=False),  # fact → language → how it is written
)
"""Dossiers that were compared with the ledger; the latest is the one in force. Empty: nothing was ever published."""

followers = Table(
    "followers",
    metadata,
    Column("process", String(64), primary_key=True),
    Column("version", String(32), nullable=False),
    Column("until", Double, nullable=False),
)
"""Which process holds which edition, and until when that is believed."""

bulletins = Table(
    "bulletins",
    metadata,
    Column("id", String(96), primary_key=True),
    Column("origin", String(16), nullable=False, server_default=text("'dossier'")),  # dossier
    Column("revision", Integer, nullable=False),
    Column("state", String(16), nullable=False),  # history, trial, scheduled, published, retracted
    Column(
        "language", String(8), nullable=False, server_default=text("'en'")
    ),  # for readers of a language that it has no text in
    Column("day", String(10), nullable=False),  # the bulletin's date, as 2026-01-31
    Column("topics", JSON, nullable=False),
    Column("urgent", Boolean, nullable=False),
    Column("not_before", Double, nullable=False, server_default=text("0")),
    Column("published", Double),
    Column("changed", Double, nullable=False),
)

bulletin_texts = Table(
    "bulletin_texts",
    metadata,
    Column("bulletin_id", String(96), ForeignKey("bulletins.id", ondelete="CASCADE"), primary_key=True),
    Column("revision", Integer, primary_key=True),
    Column("language", String(8), primary_key=True),
    Column("digest", String(32), nullable=False),
    Column("article", Text, nullable=False),
    Column("retracted", Boolean, nullable=False, server_default=false()),
    Column("since", Double, nullable=False),
)

deliveries = Table(
    "deliveries",
    metadata,
    Column("id", Id, primary_key=True),
    Column("bulletin_id", String(96), ForeignKey("bulletins.id", ondelete="CASCADE"), nullable=False),
    reader_column(),
    Column("platform", String(16), nullable=False),
    Column("state", String(12), nullable=False),  # due, retry, claimed, delivered, failed, dropped
    Column("due", Double, nullable=False),
    Column("wanted", Integer, nullable=False),  # the revision that the reader should see
    Column("shown", Integer, nullable=False, server_default=text("0")),  # the revision that the reader sees; 0: none
    Column("language", String(8)),  # of what the reader sees
    Column("digest", Boolean, nullable=False, server_default=false()),  # waits for others, to come in one message
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    Column("message_id", BigInteger),
    Column("reason", ForeignText),
    Column("holder", String(64)),  # who claimed it
    Column("created", Double, nullable=False),
    Column("sent", Double),
    Column("edited", Double),
    Column("crosspost", String(8)),  # null: not wanted; due, done, refused, dropped: it was withdrawn before
    UniqueConstraint("bulletin_id", "reader_id"),
    Index("ix_deliveries_reader_id_id", "reader_id", "id"),
)
"""The ledger, which is the queue too: a row for each bulletin and reader, sent first and edited with each correction.

Its queues are in :mod:`bot.store.queues`."""

leases = Table(
    "leases",
    metadata,
    Column("lane", String(96), primary_key=True),
    Column("holder", String(64)),  # null: released
    Column("until", Double, nullable=False),
    Column(
        "beat", BigInteger, nullable=False
    ),  # counts the renewals, so that a watcher needs no clock to see a live one
    Column("delivered", Double),  # when a holder last delivered something; null: never
)

applied = Table(
    "applied",
    metadata,
    Column("cause", String(64), primary_key=True),
    Column("at", Double, nullable=False),
    Index("ix_applied_at", "at"),
)
"""Updates whose change was made, so that one that is brought again changes nothing."""

alarms = Table(
    "alarms",
    metadata,
    Column("kind", String(200), primary_key=True),
    Column("told", Double, nullable=False),
)
"""What owners were told of, and when."""

scoped_menus = Table(
    "scoped_menus",
    metadata,
    Column("platform", String(16), primary_key=True),
    Column("scope", String(255), primary_key=True),
)
"""Menus of commands that we set for one chat or server alone, so that they can be taken away once it is not the editors'."""

unanswered = Table(
    "unanswered",
    metadata,
    Column("day", Integer, primary_key=True, autoincrement=False),  # since 1970, in UTC
    Column("language", String(8), primary_key=True),
    Column("wording", String(200), primary_key=True, server_default=text("''")),  # empty: not kept
    Column("times", Integer, nullable=False),
)
"""Questions that found no answer, for 30 days."""
