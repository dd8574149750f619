"""The tables. Moments are seconds since 1970 (UTC) as the database's own clock has them; 0 stands for "at once"."""

import re
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    SmallInteger,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    and_,
    false,
    literal_column,
    text,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)


Id = BigInteger().with_variant(Integer, "sqlite")
"""SQLite numbers rows by itself only where the key is an INTEGER."""


MOST = 1000
"""Characters kept of what somebody else wrote."""


_UNKEPT = re.compile("[\0\ud800-\udfff]")


class ForeignText(TypeDecorator[str]):
    """Text that somebody else wrote: a chat's title, a platform's reason. Of any string what is needed is kept.

    PostgreSQL keeps no NUL (postgresql.org/docs/current/datatype-character.html), and neither database half of a surrogate
    pair, which JSON can bring (RFC 8259, section 8.2). Both become U+FFFD.
    """

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: object) -> str | None:
        """What is kept of it."""
        return None if value is None else _UNKEPT.sub("\ufffd", value[:MOST])


def reader_column(**options: Any) -> Column[int]:
    return Column("reader_id", Id, ForeignKey("readers.id", ondelete="CASCADE"), nullable=False, **options)


QUEUES = {"due": ("platform", "due", "id"), "retry": ("platform", "due"), "claimed": ("platform",)}
"""State → the columns of its index."""


OPEN = {state: literal_column(f"'{state}'", String) for state in QUEUES}
"""The same states written out in a statement, since a database finds a partial index by the words of its condition only."""


def statements() -> list[str]:
    """What makes them."""
    return [
        f"CREATE INDEX ix_deliveries_{state} ON deliveries ({', '.join(columns)}) WHERE state = '{state}'"
        for state, columns in QUEUES.items()
    ]


wire_feeds = Table(
    "wire_feeds",
    metadata,
    Column("id", String(96), primary_key=True),
    Column("url", Text, nullable=False),  # as feeds.yaml gave it; another one there starts the feed over
    Column("moved_to", Text),  # where every redirect on the way was a permanent one
    Column("etag", Text),
    Column("last_modified", Text),
    Column("digest", String(32)),  # of the last body that was read
    Column("known", Text),  # the keys of items seen, parted by spaces, the latest first; null: never read
    Column("interval", Double, nullable=False),
    Column("due", Double, nullable=False),
    Column("asked", Double, nullable=False),
    Column("read", Double),  # when it last answered well
    Column("status", Text, nullable=False),
    Column("items", Integer, nullable=False, server_default=text("0")),  # in the last document
    Column("matches", Integer, nullable=False, server_default=text("0")),  # candidates so far
    Column("failures", Integer, nullable=False, server_default=text("0")),  # in a row
    Column("ended", Double),  # it is gone for good (410) since
    Column("turn", BigInteger, nullable=False),  # counts the fetches, so that nobody writes over a later one
)


wire_candidates = Table(
    "wire_candidates",
    metadata,
    Column("id", Id, primary_key=True),
    Column("feed", String(96), nullable=False),
    Column("publisher", Text, nullable=False),
    Column("language", String(8), nullable=False),
    Column("topics", JSON, nullable=False),
    Column("title", Text, nullable=False),
    Column("line", Text, nullable=False),
    Column("link", Text, nullable=False),
    Column("page", Text, nullable=False),  # what all links to the same page share
    Column("headline", Text, nullable=False),  # what near-equal titles are compared by
    Column("why", JSON, nullable=False),  # the words that matched
    Column("published", Double),  # by its publisher; null: it does not say
    Column("state", String(12), nullable=False),  # waiting, published, rejected, expired, withdrawn
    Column("round", Integer, nullable=False),  # how often it came to the desk; 0: it was never put there
    Column("found", Double, nullable=False),
    Column("returns", Double),  # when it comes to the desk again
    Column("expires", Double, nullable=False),
    Column("decided", Double),
    Column("decided_by", Text),
    Column("bulletin_id", String(96)),  # what was made of it
    Index("ix_wire_candidates_found", "found"),
    Index("ix_wire_candidates_state", "state", "id"),
)
"""Items of feeds that matched. Kept for a while after they were decided, to know the same story again."""


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
    Column("pruned", Double),  # when old deliveries of it were first deleted; null: all are there
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

Its queues are in :mod:`bot.db.schema`."""


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


DESK = "desk"
"""The origin of what is written for editors alone, and changes with what they do: that is no correction."""


WITHDRAWN = "withdrawn"
"""Why something is dropped whose bulletin was withdrawn before it was sent."""


UNSENT = and_(deliveries.c.state.in_(("due", "retry", "claimed")), deliveries.c.message_id.is_(None))
"""Deliveries that are still to be sent. Who changes one sets ``holder`` to NULL: the process that claimed it looks right before
it sends (:meth:`Claims.looked_at`), and sends nothing that it does not hold any more."""
