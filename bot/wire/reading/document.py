"""A document read: what kind of feed, whose, which items. PURE."""

from dataclasses import dataclass

from bot.wire.reading.items import Item


class NotAFeed(Exception):
    """The body holds no feed that we can read; the message says what it seems to be, in a few English words."""


@dataclass(frozen=True, slots=True)
class Document:
    """A feed as it stood when it was fetched.

    Attributes:
        kind: as in rss20, atom10, rss10, json.
        title: what the publisher calls it.
        items: in the document's order, or the newest first where there were too many.
    """

    kind: str
    title: str
    items: tuple[Item, ...]
