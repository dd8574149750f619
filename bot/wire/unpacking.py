"""A body as it arrives → its bytes, never more than a limit, however small it was packed. PURE."""

import zlib
from collections.abc import Iterator
from typing import Literal

ACCEPTED = "gzip, deflate"
"""What we ask for in Accept-Encoding, and all that we can read."""

_STEP = 64 * 1024
_GZIP = b"\x1f\x8b"
_AS_IT_IS = frozenset({"", "identity", "none", "utf-8", "utf8"})
"""Content-Encodings that leave the body as it is; some servers put a charset there."""


How = Literal["plain", "packed"]


class TooLarge(Exception):
    """More bytes than the limit."""


class Damaged(Exception):
    """Not packed as the header says, or cut off."""


class Unpacking:
    """Takes pieces of a body, keeps what they unpack to."""

    def __init__(self, encoding: str, limit: int) -> None:
        """``encoding``: the Content-Encoding header; ``limit``: in bytes, unpacked.

        Raises:
            Damaged: an encoding that was not asked for.
        """
        self._encoding = encoding.strip().lower()
        if self._encoding not in (*_AS_IT_IS, "gzip", "x-gzip", "deflate"):
            raise Damaged(f"encoded as {self._encoding[:20]!r}, which was not asked for")
        self._limit = limit
        self._arrived = 0
        self._waiting = b""
        self._body = bytearray()
        self._unpacker: zlib._Decompress | None = None
        self._how: How | None = None

    def add(self, piece: bytes) -> None:
        """Takes the next piece.

        Raises:
            TooLarge, Damaged
        """
        self._arrived += len(piece)
        if self._arrived > 2 * self._limit:  # of nothing, packed: it never ends either
            raise TooLarge
        self._waiting += piece
        for part in self._unpacked():
            if len(self._body) + len(part) > self._limit:
                raise TooLarge
            self._body += part

    def done(self) -> bytes:
        """The whole body.

        Raises:
            Damaged: it ends in the middle.
        """
        if self._unpacker is not None:
            raise Damaged("cut off in the middle")
        return bytes(self._body) if self._how else self._waiting

    def _unpacked(self) -> Iterator[bytes]:
        """What can be unpacked of what waits."""
        while self._begun():
            if self._unpacker is None:
                part, self._waiting = self._waiting, b""
            else:
                part = self._inflated(self._unpacker)
            yield part
            if not self._waiting and len(part) < _STEP:
                return

    def _begun(self) -> bool:
        """Whether it is known how to go on: by the first two bytes, of the body or of gzip's next member (RFC 1952 §2.2)."""
        if self._unpacker is not None or self._how == "plain":
            return True
        if len(self._waiting) < len(_GZIP):
            return False
        if self._how == "packed" and not self._waiting.startswith(_GZIP):
            self._waiting = b""  # rubbish behind the end
            return False
        self._unpacker = None if self._encoding in _AS_IT_IS else _unpacker_for(self._encoding, self._waiting)
        self._how = "packed" if self._unpacker else "plain"
        return True

    def _inflated(self, unpacker: "zlib._Decompress") -> bytes:
        try:
            part = unpacker.decompress(self._waiting, _STEP)
        except zlib.error as error:
            raise Damaged("not packed as it says") from error
        self._waiting = unpacker.unused_data if unpacker.eof else unpacker.unconsumed_tail
        self._unpacker = None if unpacker.eof else unpacker
        return part


def _unpacker_for(encoding: str, start: bytes) -> "zlib._Decompress | None":
    """By how the body begins: gzip or zlib, deflate without its wrapper as some servers send it, None where it is not packed."""
    if start.startswith(_GZIP):
        return zlib.decompressobj(zlib.MAX_WBITS | 16)
    if encoding == "deflate":
        wrapped = start[0] & 0x0F == zlib.DEFLATED and int.from_bytes(start[:2]) % 31 == 0  # RFC 1950 §2.2
        return zlib.decompressobj(zlib.MAX_WBITS if wrapped else -zlib.MAX_WBITS)
    return None
