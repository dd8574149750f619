"""The tables. Moments are seconds since 1970 (UTC) by the database's clock; 0 means "at once"."""

import re
from typing import Any, Final

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ColumnElement,
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

from bot.reader import MESSAGE_DELETED
from bot.schedule import SWITCHES

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}
metadata = MetaData(naming_convention=NAMES)


Id = BigInteger().with_variant(Integer, "sqlite")
"""SQLite numbers rows by itself only if the key is an INTEGER.

Without AUTOINCREMENT it gives the number of a deleted row to the next one (sqlite.org/autoinc.html). A number that leaves the
database, for example with a message that is being sent, must not be used again.
"""


MAX_FOREIGN_TEXT = 1000
"""Characters stored of a text that somebody else wrote."""


_UNSTORABLE = re.compile("[\0\ud800-\udfff]")


class ForeignText(TypeDecorator[str]):
    """Text that somebody else wrote, for example a chat's title or a platform's reason. Cut to MAX_FOREIGN_TEXT characters.

    PostgreSQL stores no NUL (postgresql.org/docs/current/datatype-character.html), and neither database stores half of a
    surrogate pair, which JSON can bring (RFC 8259, section 8.2). Both become U+FFFD.
    """

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: object) -> str | None:
        """The stored text."""
        return None if value is None else _UNSTORABLE.sub("\ufffd", value[:MAX_FOREIGN_TEXT])


def reader_column(**options: Any) -> Column[int]:
    return Column("reader_id", Id, ForeignKey("readers.id", ondelete="CASCADE"), nullable=False, **options)


schema_compatibility = Table(
    "schema_compatibility", metadata, Column("readable_from", Integer, primary_key=True, autoincrement=False)
)
"""One row, written by migrations: the lowest migration number that a release must know to work on these tables."""


NO_THREAD = "0"
"""``readers.thread`` of the chat itself."""


readers = Table(
    "readers",
    metadata,
    Column("id", Id, primary_key=True),
    Column("platform", String(16), nullable=False),
    Column("chat", Text, nullable=False),  # as the platform calls it
    Column("thread", Text, nullable=False),  # the same; NO_THREAD: the chat itself
    Column("parent", Text),  # the chat around a thread that is a chat of its own; null: none, or unknown
    Column("kind", String(16), nullable=False),  # private, group, channel
    Column("title", ForeignText, nullable=False, server_default=text("''")),
    Column("language", String(8)),  # that was chosen
    Column("detected_language", String(8)),  # at first contact; used until a language is chosen
    Column("checks_forwards", Boolean, nullable=False, server_default=false()),  # of a chat, for all topics in it
    Column("audience", String(8)),  # of answers in a chat, for all topics in it: asker, private; null: everybody
    Column("whole_answers", Boolean, nullable=False, server_default=false()),  # in a chat, for all topics in it
    Column("lines_an_hour", SmallInteger),  # with checks_forwards; null: the default
    Column("suspended_since", Double),  # null: active
    Column("reason", ForeignText),  # why suspended
    # rights we lack, of which its admins were told; Discord's bits
    Column("missing_rights", BigInteger, nullable=False, server_default=text("0")),
    Column("notice", String(16)),  # a notice to add to the next message; only thread_gone
    Column("first_seen", Double, nullable=False),
    Column("former_chat", Text),  # the id of the group that became this supergroup, or of a thread that fell back here
    # its settings, until it subscribes again; null: there are none
    Column("ended_subscription", JSON(none_as_null=True)),
    Column("unsubscribed", Double),  # when that ended
    Index("ix_readers_platform_chat_thread", "platform", "chat", "thread", unique=True),
    sqlite_autoincrement=True,
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
    *(Column(switch.name, Boolean, nullable=False, server_default=false()) for switch in SWITCHES),
    Column("since", Double, nullable=False),
    CheckConstraint("pace IN ('at_once', 'daily', 'weekly')", "pace"),
    CheckConstraint("hour BETWEEN 0 AND 23", "hour"),
    CheckConstraint("weekday BETWEEN 0 AND 6", "weekday"),
    CheckConstraint("quiet_start BETWEEN 0 AND 23 AND quiet_end BETWEEN 0 AND 23", "quiet"),
)


TIMING = tuple(subscriptions.c[name] for name in ("pace", "hour", "weekday", "quiet_start", "quiet_end", "zone"))
"""The columns that say when a reader gets bulletins."""


SETTINGS = tuple(column for column in subscriptions.c if column.name not in ("reader_id", "since"))
"""The columns of what a reader has chosen."""


subscription_topics = Table(
    "subscription_topics",
    metadata,
    reader_column(primary_key=True),
    Column("topic", String(96), primary_key=True),
)


destinations = Table(
    "destinations",
    metadata,
    reader_column(primary_key=True),
    # of the platform and of what it recognises the reader by
    Column("digest", String(64), nullable=False, unique=True),
    Column("destination", JSON, nullable=False),  # where messages go, as the platform calls it
    # the digest of the identity's first word; null: an earlier release wrote it
    Column("place", String(64), index=True),
)
"""Where messages to readers of the page go: what no log, metric or address of a reader may show.

``readers.chat`` of such a reader is a random number.
"""


reader_links = Table(
    "reader_links",
    metadata,
    Column("digest", String(64), primary_key=True),  # of the link's token
    reader_column(index=True),
    Column("created", Double, nullable=False),
)
"""Links by which readers of the page see and change their settings."""


confirmations = Table(
    "confirmations",
    metadata,
    Column("digest", String(64), primary_key=True),  # of the link's token
    Column("platform", String(16), nullable=False),
    Column("identity", String(64), nullable=False, index=True),  # as destinations.digest
    Column("person", String(64), index=True),  # the digest of what one person's identities share; null: not known
    Column("recipient", JSON, nullable=False),  # what is stored once it is confirmed
    Column("wanted", JSON, nullable=False),  # the subscription
    Column("language", String(8), nullable=False),
    Column("expires", Double, nullable=False, index=True),
)
"""Subscriptions on the page that wait for the owner of an address to confirm them, for 48 hours."""


dossier_versions = Table(
    "dossier_versions",
    metadata,
    Column("version", String(32), primary_key=True),
    Column("compared", Double, nullable=False),  # last
    Column("imported", Double),  # first, or by an owner's word; null: as compared
)
"""Dossier versions that were compared with the ledger; the latest is in force. Empty: nothing was compared yet."""


processes = Table(
    "processes",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("dossier_version", String(32), nullable=False),
    Column("until", Double, nullable=False),
    Column("release", String(32)),  # its number
)
"""Running processes, the dossier version that each has in force, and until when the record counts."""


safeguards = Table(
    "safeguards",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),  # always 1
    Column("dossier", String(96)),  # the id of the dossier that the database belongs to; null: none yet
    Column("stopped", Double),  # since when nothing is sent; null: messages are sent
    Column("stopped_by", ForeignText),
    Column("edition", Integer, nullable=False, server_default=text("0")),  # how often a change has come into force
    # random, new with each edition and each import of a backup, which may use an edition again
    Column("stamp", String(32)),
    # former id of a topic → a later id of it, as far as was ever known
    Column("former_topics", JSON(none_as_null=True)),
    Column("tree", String(32)),  # the files imported last; null: none were, or none since a restore
)
"""One row, or none in a new database."""


bots = Table(
    "bots",
    metadata,
    Column("platform", String(16), primary_key=True),
    Column("bot", String(128), nullable=False),  # its id there, as Platform.identify gives it; "": not bound
    Column("stopped", Double),  # since when nothing is sent there; null: messages are sent
    Column("stopped_by", ForeignText),
)
"""The bots that the readers belong to: no other bot sends to them."""


bulletins = Table(
    "bulletins",
    metadata,
    Column("id", String(96), primary_key=True),
    Column("origin", String(16), nullable=False, server_default=text("'dossier'")),  # dossier, wire, desk, review
    Column("revision", Integer, nullable=False),
    Column("state", String(16), nullable=False),  # history, scheduled, published, retracted (BULLETIN_WITHDRAWN)
    # for readers whose language has no text
    Column("language", String(8), nullable=False, server_default=text("'en'")),
    Column("day", String(10), nullable=False),  # the bulletin's date, for example 2026-01-31
    Column("topics", JSON, nullable=False),
    Column("urgent", Boolean, nullable=False),
    Column("not_before", Double, nullable=False, server_default=text("0")),
    Column("published", Double),
    Column("changed", Double, nullable=False),
    Column("pruned", Double),  # when old deliveries of it were first deleted; null: all are there
    Column("paused", Double),  # until when nothing of it is sent: its deliveries are being changed
    Column("gone", Double),  # since when its file is missing; null: it is there, or it is of another origin
)


bulletin_texts = Table(
    "bulletin_texts",
    metadata,
    Column("bulletin_id", String(96), ForeignKey("bulletins.id", ondelete="CASCADE"), primary_key=True),
    Column("revision", Integer, primary_key=True),
    Column("language", String(8), primary_key=True),
    Column("digest", String(32), nullable=False),  # the hash of the article
    Column("article", Text, nullable=False),
    Column("retracted", Boolean, nullable=False, server_default=false()),  # whether it is withdrawn
    Column("since", Double, nullable=False),
)


BULLETIN_WITHDRAWN: Final = "retracted"
"""The state of a withdrawn bulletin, as it is stored."""


OUT = ("published", "history", BULLETIN_WITHDRAWN)
"""The states of bulletins that no longer wait for their moment."""


OPEN = {state: literal_column(f"'{state}'", String) for state in ("due", "retry", "claimed")}
"""The states of a delivery that is not finished, written out in statements: a database uses a partial index only where the
statement repeats the index's condition."""


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
    Column("earlier", Integer),  # the revision that a copy may show whose id is not known; null: none
    Column("had", Integer),  # where that is a withdrawal: the revision whose text stood there before; null: not known
    Column("language", String(8)),  # of what the reader sees
    Column("digest", Boolean, nullable=False, server_default=false()),  # waits for others, to come in one message
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    Column("message", Text),  # as the platform calls it; "-" before it: in a chat that is no more
    Column("reason", ForeignText),
    Column("holder", String(64)),  # the process that claimed it
    Column("created", Double, nullable=False),
    Column("sent", Double),
    Column("edited", Double),
    Column("crosspost", String(8)),  # null: not wanted; due, done, refused, dropped: withdrawn before
    UniqueConstraint("bulletin_id", "reader_id"),
    Index("ix_deliveries_reader_id_id", "reader_id", "id"),
    sqlite_autoincrement=True,
)
"""The ledger, which is also the queue: a row for each bulletin and reader, sent first and edited with each correction."""


IS_CORRECTION = and_(deliveries.c.state == OPEN["due"], deliveries.c.message.is_not(None))
"""Due deliveries of readers who have an earlier text."""


def _queue_index(name: str, which: ColumnElement[bool], *columns: str) -> Index:
    indexed = (deliveries.c[column] for column in columns)
    return Index(f"ix_deliveries_{name}", *indexed, sqlite_where=which, postgresql_where=which)


_queue_index("due", deliveries.c.state == OPEN["due"], "platform", "due", "id")
_queue_index("correction", IS_CORRECTION, "platform", "due", "id")
_queue_index("retry", deliveries.c.state == OPEN["retry"], "platform", "due")
_queue_index("claimed", deliveries.c.state == OPEN["claimed"], "platform")


CROSSPOST_DUE, CROSSPOST_REFUSED, CROSSPOST_DROPPED = "due", "refused", "dropped"
"""Values of ``deliveries.crosspost``."""


leases = Table(
    "leases",
    metadata,
    Column("name", String(96), primary_key=True),
    Column("holder", String(64)),  # null: released
    Column("until", Double, nullable=False),
    Column("renewals", BigInteger, nullable=False),  # lets a watcher recognise a live holder without a clock
    Column("delivered", Double),  # when a holder last delivered something; null: never
)


done_once = Table(
    "done_once",
    metadata,
    Column("name", String(255), primary_key=True),  # of an update: its cause
    Column("done", Double, nullable=False, index=True),
)
"""Updates that were applied, answers that were rated, and alarms that were sent. An update that is delivered again changes nothing."""


scoped_menus = Table(
    "scoped_menus",
    metadata,
    Column("platform", String(16), primary_key=True),
    Column("scope", String(255), primary_key=True),
)
"""Command menus that we set for a single chat or server, so that they can be removed when it is no longer the editors'."""


askers = Table(
    "askers",
    metadata,
    Column("wording", String(200), primary_key=True),
    # empty: nothing tells the asker from others
    Column("mark", String(4), primary_key=True, server_default=text("''")),
    Column("day", Integer, nullable=False),  # the last one, since 1970, in UTC
    # the last one of what was offered, see :func:`bot.conversation.choice_of`; null: none
    Column("choice", String(64)),
)
"""Marks of the readers who brought the same words, and what they chose then, for 30 days; see :func:`bot.db.questions.mark_of`."""


counts = Table(
    "counts",
    metadata,
    Column("day", Integer, primary_key=True, autoincrement=False),  # since 1970, in UTC
    Column("kind", String(8), primary_key=True),  # answer, missed, claim, helped, failed, readers; question
    Column("platform", String(16), primary_key=True),  # empty: of words without an answer
    Column("language", String(8), primary_key=True),
    # the topic, or the verdict on a claim; the words without an answer, empty: not stored
    Column("subject", String(200), primary_key=True, server_default=text("''")),
    Column("times", Integer, nullable=False),
)
"""How often each was answered, asked, claimed, rated; and how many subscribe. For 400 days, without names.

Unanswered questions, and claims that no editor has reviewed, have no platform, and are kept for 30 days.
"""


WITHOUT_ANSWER = counts.c.platform == ""
"""The counts of words, which :mod:`bot.db.questions` reads."""


awaited_questions = Table(
    "awaited_questions",
    metadata,
    Column("id", Id, primary_key=True),
    reader_column(index=True),
    Column("question", ForeignText, nullable=False),
    Column("language", String(8), nullable=False),  # the asker's
    Column("asked", Double, nullable=False),
    # "told": a question whose asker was told that editors read it; "claim", which waits for a verdict
    Column("kind", String(8), nullable=False, server_default=text("'question'")),
    sqlite_autoincrement=True,
)
"""Unanswered questions whose askers wait for the answer, and claims whose askers wait for a verdict. A row is deleted when the answer is sent, or after 90 days."""


reports = Table(
    "reports",
    metadata,
    Column("id", Id, primary_key=True),
    # who gets the answer; null: nobody can
    Column("reader_id", Id, ForeignKey("readers.id", ondelete="CASCADE"), index=True),
    Column("language", String(8), nullable=False),  # the reader's
    Column("words", ForeignText, nullable=False),
    Column("page", ForeignText, nullable=False, server_default=text("''")),  # on which it was written; empty: in a chat
    Column("written", Double, nullable=False),
    Column("answered", Double),  # null: it waits
    Column("answered_by", ForeignText),  # the editor's name
    Column("answer", ForeignText),  # what the editor wrote; null: nothing, or a release before 0.8 answered
    sqlite_autoincrement=True,
)
"""Mistakes that readers report to the editors, for 90 days."""


feeds = Table(
    "feeds",
    metadata,
    Column("id", String(96), primary_key=True),
    Column("url", Text, nullable=False),  # as feeds.yaml gave it; another URL there starts the feed over
    Column("moved_to", Text),  # where every redirect on the way was permanent
    Column("etag", Text),
    Column("last_modified", Text),
    Column("digest", String(32)),  # of the last body that was read
    Column("seen_keys", Text),  # of items, separated by spaces, the latest first; null: never read
    Column("interval", Double, nullable=False),
    Column("due", Double, nullable=False),
    Column("fetched", Double, nullable=False),
    Column("succeeded", Double),  # when it last answered well
    Column("status", Text, nullable=False),
    Column("items", Integer, nullable=False, server_default=text("0")),  # in the last document
    Column("matches", Integer, nullable=False, server_default=text("0")),  # candidates so far
    Column("failures", Integer, nullable=False, server_default=text("0")),  # in a row
    Column("ended", Double),  # when it was found gone for good (410)
    # the number of fetches, so that an earlier fetch does not overwrite a later one
    Column("fetches", BigInteger, nullable=False),
)


feed_candidates = Table(
    "feed_candidates",
    metadata,
    Column("id", Id, primary_key=True),
    Column("feed", String(96), nullable=False),
    Column("publisher", Text, nullable=False),
    Column("language", String(8), nullable=False),
    Column("topics", JSON, nullable=False),
    Column("title", Text, nullable=False),
    Column("line", Text, nullable=False),
    Column("link", Text, nullable=False),
    Column("page", Text, nullable=False),  # the same for all links to one page
    Column("headline", Text, nullable=False),  # for the comparison with similar titles
    Column("why", JSON, nullable=False),  # the words that matched
    Column("published", Double),  # by its publisher; null: unknown
    Column("state", String(12), nullable=False),  # waiting, published, rejected, expired, withdrawn
    Column("round", Integer, nullable=False),  # how often editors were shown it; 0: never
    Column("found", Double, nullable=False, index=True),
    Column("returns", Double),  # when editors are shown it again
    Column("expires", Double, nullable=False),
    Column("decided", Double),
    Column("decided_by", Text),
    Column("corrected", Double),  # when its publisher was last seen to have changed the words; null: never
    Column("bulletin_id", String(96)),  # the bulletin that an earlier release made of it
    Column("change_id", Id),  # the change made of it
    Index("ix_feed_candidates_state", "state", "id"),
    sqlite_autoincrement=True,
)
"""Items of feeds that matched. They stay for a while after the decision, so that the same story is recognised."""


PREVIEW = "preview"
"""The platform of the browser preview, whose only reader is whoever tries it."""


WIRE = "wire"
"""The origin of bulletins made from a feed's stories. They are not translated; only their frame is in the reader's language."""


REVIEW = "review"
"""The origin of messages for editors alone, about candidates. Editors' actions change them, which does not count as a correction."""


AWAITED = "awaited"
"""The origin of messages for one reader alone: the answer to an awaited question."""


PERSONAL = (REVIEW, AWAITED)
"""The origins of messages that are not for subscribers."""


WITHDRAWN = "withdrawn"
"""The reason of a delivery that was dropped because its bulletin was withdrawn before it was sent."""


GONE = "no file"
"""The reason of a delivery that was dropped because its bulletin's file was missing before it was sent."""


IS_OPEN = deliveries.c.state.in_(tuple(OPEN))
"""Deliveries that are not finished."""


UNSENT = and_(IS_OPEN, deliveries.c.message.is_(None))
"""Deliveries that are still to be sent. An UPDATE of one sets :func:`unclaimed` values."""


RESTORABLE = and_(deliveries.c.state == "dropped", deliveries.c.reason.in_((WITHDRAWN, GONE)))
"""Deliveries that were dropped with their bulletin, and are to be sent if that comes back."""


_FAILED = deliveries.c.state == "failed"

INTERRUPTED = and_(_FAILED, deliveries.c.reason == GONE)
"""Those of which nobody knows whether they had arrived: they have the id of a message, and are tried again if the bulletin comes back."""


def unclaimed(**values: Any) -> dict[str, Any]:
    """The values of an UPDATE of deliveries that ends their claims.

    The claiming process checks this right before it sends.
    """
    return {**values, "holder": None}


FAILED_EDIT = and_(_FAILED, deliveries.c.message.is_not(None), deliveries.c.reason != MESSAGE_DELETED)
"""Messages in a chat whose last edit failed. The next correction or withdrawal is tried again."""


DESK = "desk"
"""The origin of every bulletin of the dossier."""


changes = Table(
    "changes",
    metadata,
    Column("id", Id, primary_key=True),
    Column("title", ForeignText, nullable=False),
    Column("state", String(12), nullable=False),  # draft, review, approved, in_force, discarded
    Column("version", Integer, nullable=False),  # raised by each save
    Column("created", Double, nullable=False),
    Column("changed", Double, nullable=False),
    Column("changed_by", ForeignText, nullable=False),  # whose save or decision was the last
    Column("savers", JSON, nullable=False),  # accounts that saved since the last approval
    Column("planned", Double),  # when it is to come into force; null: at once
    Column("due", Double),  # when it comes into force; null: not approved
    Column("edition", Integer),  # that it made; null: it never came into force
    Column("edits", JSON(none_as_null=True)),  # the bulletins that it sent, edited or withdrew when it came into force
    # examples, claims: single sentences are added to it while it is a draft; deploy: what waits of one; null: none
    Column("gathers", String(16)),
    Index("ix_changes_state", "state", "changed"),
    sqlite_autoincrement=True,
)
"""What editors change together. Never deleted: what is discarded stays readable."""


change_entries = Table(
    "change_entries",
    metadata,
    Column("change_id", Id, ForeignKey("changes.id", ondelete="CASCADE"), primary_key=True),
    Column("key", String(128), primary_key=True, index=True),
    Column("base", JSON(none_as_null=True)),  # the content in force that it was made from; null: there was none
    Column("content", JSON(none_as_null=True)),  # null: the entry is removed
    # a text's field → digest of the default language's text that it was made from
    Column("made_from", JSON, nullable=False),
    # of a fact: whether it was wrong or has changed (Answer); null: nobody said
    Column("answer", JSON(none_as_null=True)),
)
"""The entries of a change, as they are now."""


change_versions = Table(
    "change_versions",
    metadata,
    Column("change_id", Id, ForeignKey("changes.id", ondelete="CASCADE"), primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("title", ForeignText, nullable=False),
    Column("contents", JSON, nullable=False),  # key → content
    Column("kept", Double, nullable=False),
)
"""The versions for which somebody asked, on which somebody decided, or that came into force: written once (:meth:`bot.db.changes.Changes.seal`)."""


change_decisions = Table(
    "change_decisions",
    metadata,
    Column("id", Id, primary_key=True),
    Column("change_id", Id, ForeignKey("changes.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("version", Integer, nullable=False),
    Column("action", String(12), nullable=False),
    Column("decided", Double, nullable=False),
    Column("decided_by", ForeignText, nullable=False),
    Column("name", ForeignText, nullable=False),
    Column("override", Boolean, nullable=False),  # an owner did alone what needs two
    Column("reason", ForeignText),
)
"""What was decided on changes, and by whom."""


entries = Table(
    "entries",
    metadata,
    Column("key", String(128), primary_key=True),
    Column("touches", JSON, nullable=False),  # what changes did to its fields (bot.dossier.entries.to_json)
    Column("is_new", Boolean, nullable=False),  # no file had it when the first of them came into force
    Column("change_id", Id, ForeignKey("changes.id"), nullable=False),  # the last one
    Column("edition", Integer, nullable=False),  # that the last one made
)
"""What changes had put in force before ``contents`` was there, until it is moved there (:mod:`bot.newsroom.former_changes`)."""


contents = Table(
    "contents",
    metadata,
    Column("key", String(128), primary_key=True),
    Column("position", Integer, nullable=False),  # its place among all
    Column("content", JSON(none_as_null=True)),  # in force; of an entry that is not any more, the last one
    Column("file", JSON(none_as_null=True)),  # what files last said; null: nothing
    Column("gone", Double),  # since when it is not in force; null: it is
    Column("was", JSON(none_as_null=True)),  # unit → digests of what decisions replaced or declined; null: nothing
)
"""Every entry in force, and those that were (:class:`bot.dossier.entries.Entry`). JSON keeps the order of keys; JSONB would not."""


desk_tokens = Table(
    "desk_tokens",
    metadata,
    Column("digest", String(64), primary_key=True),  # of the link's token, or of the cookie
    Column("purpose", String(8), nullable=False),  # link, session
    Column("person", String(32), nullable=False),
    Column("name", ForeignText, nullable=False),
    Column("language", String(8), nullable=False),
    Column("expires", Double, nullable=False),
)
"""Links that sign somebody in at the desk once, and who is signed in there. A used link is deleted."""
