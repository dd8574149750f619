"""A body as it arrives → its bytes, never more than a limit, however small it was packed. PURE."""

import zlib
from collections.abc import Iterator

ACCEPTED = "gzip, deflate"
"""What we ask for in Accept-Encoding, and all that we can read."""

_STEP = 64 * 1024


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
        if self._encoding not in ("", "identity", "gzip", "x-gzip", "deflate"):
            raise Damaged(f"encoded as {self._encoding[:20]!r}, which was not asked for")
        self._limit = limit
        self._body = bytearray()
        self._unpacker = None if self._encoding in ("", "identity") else zlib.decompressobj(zlib.MAX_WBITS | 32)
        self._begun = False

    def add(self, piece: bytes) -> None:
        """Takes the next piece.

        Raises:
            TooLarge, Damaged
        """
        for part in self._unpacked(piece):
            if len(self._body) + len(part) > self._limit:
                raise TooLarge
            self._body += part

    def done(self) -> bytes:
        """The whole body.

        Raises:
            Damaged: it ends in the middle.
        """
        if self._unpacker is not None and self._begun and not self._unpacker.eof:
            raise Damaged("cut off in the middle")
        return bytes(self._body)

    def _unpacked(self, piece: bytes) -> Iterator[bytes]:
        if self._unpacker is None:
            yield piece
            return
        while not self._unpacker.eof:
            part = self._inflated(piece)
            yield part
            piece = self._unpacker.unconsumed_tail
            if not piece and len(part) < _STEP:
                return

    def _inflated(self, piece: bytes) -> bytes:
        first, self._begun = not self._begun, True
        try:
            return self._unpacker.decompress(piece, _STEP) if self._unpacker else piece
        except zlib.error as error:
            if not (first and self._encoding == "deflate"):
                raise Damaged("not packed as it says") from error
        self._unpacker = zlib.decompressobj(-zlib.MAX_WBITS)  # "deflate" without its wrapper, as some servers send it
        return self._inflated(piece)
