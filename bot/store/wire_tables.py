"""The wire's tables. Moments are as in :mod:`bot.store.tables`."""

from sqlalchemy import JSON, BigInteger, Column, Double, Index, Integer, String, Table, Text, text

from bot.store.columns import Id, metadata

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
