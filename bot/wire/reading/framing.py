"""What goes through the pipe between us and the process that reads: a length of four bytes, then so much JSON or a body. PURE."""

import json
from dataclasses import asdict
from typing import Any

from bot.wire.reading.document import Document, NotAFeed
from bot.wire.reading.items import Item

LENGTH_BYTES = 4


def framed(data: bytes) -> bytes:
    """The data with its length before it."""
    return len(data).to_bytes(LENGTH_BYTES) + data


def packed(document: Document) -> bytes:
    """A document as bytes."""
    return json.dumps({"document": asdict(document)}).encode()


def packed_refusal(reason: str) -> bytes:
    """The reason why there is no document, as bytes."""
    return json.dumps({"refusal": reason}).encode()


def unpacked(data: bytes) -> Document:
    """What :func:`packed` packed.

    Raises:
        NotAFeed: it is a packed refusal.
    """
    found: dict[str, Any] = json.loads(data)
    if "refusal" in found:
        raise NotAFeed(found["refusal"])
    document = found["document"]
    items = tuple(Item(**{**item, "keys": tuple(item["keys"])}) for item in document["items"])
    return Document(document["kind"], document["title"], items)
