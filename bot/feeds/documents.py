"""What the parser makes of a feed, for those who do not need the parser. PURE."""

from dataclasses import dataclass


class NotAFeed(Exception):
    """The body is not a readable feed. The message says what it seems to be."""


@dataclass(frozen=True, slots=True)
class FeedItem:
    """One item, in plain words.

    Attributes:
        title: the headline in one line, or the address of the page if the publisher sends no words.
        line: the beginning of the text, at most 200 characters; "" if it only repeats the headline.
        link: the page, without tracking parameters; None: no usable link.
        published: the publisher's date, in seconds since 1970; None: no usable date.
        keys: an item with any of these keys is the same item.
    """

    title: str
    line: str
    link: str | None
    published: float | None
    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FeedDocument:
    """A feed as it was fetched.

    Attributes:
        kind: for example rss20, atom10, rss10, json.
        title: the publisher's title.
        items: in the order of the document; the newest first if there are more than the parser's ``MAX_ITEMS``.
    """

    kind: str
    title: str
    items: tuple[FeedItem, ...]
