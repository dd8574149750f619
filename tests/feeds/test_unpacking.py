"""Bodies never unpack to more than the limit."""

import gzip
import zlib

import pytest

from bot.feeds.fetcher import Damaged, TooLarge, Unpacking

WORDS = b"<rss>" + b"word " * 20_000 + b"</rss>"


def unpacked(encoding: str, data: bytes, limit: int = 10**6, piece: int = 1000) -> bytes:
    unpacking = Unpacking(encoding, limit)
    for start in range(0, len(data), piece):
        unpacking.add(data[start : start + piece])
    return unpacking.done()


class TestUnpacking:
    """What we ask for, we can read."""

    @pytest.mark.parametrize(
        ("encoding", "data"),
        [
            ("", WORDS),
            ("identity", WORDS),
            ("gzip", gzip.compress(WORDS)),
            ("X-GZIP", gzip.compress(WORDS)),
            ("deflate", zlib.compress(WORDS)),
            ("deflate", zlib.compress(WORDS, wbits=-15)),
            ("gzip", gzip.compress(WORDS) + b"trailing rubbish"),
            ("gzip", gzip.compress(WORDS[:5000]) + gzip.compress(b"") + gzip.compress(WORDS[5000:])),
            ("deflate", gzip.compress(WORDS)),
            ("gzip", WORDS),
            ("UTF-8", WORDS),
            ("gzip", b""),
        ],
    )
    @pytest.mark.parametrize("piece", [1, 1000, 10**6])
    def test_each_encoding(self, encoding: str, data: bytes, piece: int) -> None:
        """In pieces; with and without deflate's wrapper, in several members, or not packed at all."""
        assert unpacked(encoding, data, piece=piece) == (WORDS if data else b"")

    def test_hardly_anything(self) -> None:
        """One byte is one byte."""
        assert unpacked("gzip", b"<") == b"<"

    def test_pending_output_is_not_lost(self) -> None:
        """A small body that unpacks to many steps."""
        zeros = bytes(900_000)
        assert unpacked("gzip", gzip.compress(zeros)) == zeros


class TestLimit:
    """However small it was packed."""

    def test_gzip_bomb(self) -> None:
        """A gigabyte in a megabyte, given up at the limit."""
        packer = zlib.compressobj(9, wbits=31)
        bomb = b"".join([packer.compress(bytes(1 << 20)) for _ in range(64)]) + packer.flush()
        assert len(bomb) < 100_000
        with pytest.raises(TooLarge):
            unpacked("gzip", bomb, limit=2 * 1024 * 1024)

    def test_endless_nothing(self) -> None:
        """Members that hold nothing take up room on the line all the same."""
        with pytest.raises(TooLarge):
            unpacked("gzip", gzip.compress(b"") * 20_000, limit=100_000)

    def test_exactly_the_limit(self) -> None:
        """The last byte is still one of ours."""
        assert len(unpacked("", b"x" * 100, limit=100)) == 100
        with pytest.raises(TooLarge):
            unpacked("", b"x" * 101, limit=100)

    @pytest.mark.parametrize(
        ("encoding", "data"),
        [("gzip", b"\x1f\x8b<rss/>"), ("deflate", b"\xff<rss/>"), ("gzip", gzip.compress(WORDS)[:-20]), ("br", b"x")],
    )
    def test_not_as_it_says(self, encoding: str, data: bytes) -> None:
        """Not packed, cut off, or in a way that was not asked for."""
        with pytest.raises(Damaged):
            unpacked(encoding, data)
