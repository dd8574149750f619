"""A body → the feed in it, whatever its format. PURE."""

from bot.wire.reading.document import Document
from bot.wire.reading.jsonfeed import looks_like_json, read_json
from bot.wire.reading.xmlfeed import read_xml


def read(body: bytes, media_type: str = "", address: str = "") -> Document:
    """The feed in ``body``, which came from ``address`` with this Content-Type.

    Raises:
        NotAFeed: there is none in it.
    """
    return read_json(body, address) if looks_like_json(body) else read_xml(body, media_type, address)
