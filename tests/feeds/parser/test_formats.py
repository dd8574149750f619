"""Every format a feed comes in, by documents made after the examples of each specification, in words of our own.

RSS 0.90, 0.91 (Netscape's and UserLand's), 0.92, 1.0 (RDF), 2.0 with and without modules, Atom 0.3 and 1.0 (RFC 4287, both
of its examples and §3.1.1's text constructs), JSON Feed 1 and 1.1.
"""

from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.feeds.parser import NotAFeed, read

CORPUS = Path(__file__).parents[1] / "corpus"

Expected = tuple[str, str, list[tuple[str, str, str | None, str | None]]]
"""Kind, title, and of each item: title, line, link, moment."""

EXPECTED: dict[str, Expected] = {
    "rss090.rdf": (
        "rss090",
        "Harbour notices",
        [
            ("Second pier opens", "", "http://harbour.example/pier", None),
            ("Tide tables for spring", "", "http://harbour.example/tides", None),
        ],
    ),
    "rss091-netscape.xml": (
        "rss091n",
        "Café by the pier",
        [("Crème brûlée is back — on Sundays", "With or without berries.", "http://cafe.example/menu?day=7", None)],
    ),
    "rss091-userland.xml": (
        "rss091u",
        "Lighthouse log",
        [
            ("Lamp changed", "The old one had burnt for 900 nights.", "http://light.example/lamp", None),
            ("Fog horn & gulls", "Both were loud.", "http://light.example/horn", None),
        ],
    ),
    "rss092.xml": (
        "rss092",
        "A deckhand's diary",
        [
            ("We left at dawn with a crew of nine and no wind at all.", "", None, None),
            ("Noon", "Still no wind.", "http://deck.example/noon", None),
        ],
    ),
    "rss10.rdf": (
        "rss10",
        "Shipping register",
        [
            ("The Albatross arrives", "With timber.", "https://ships.example/a/1", "2026-01-05T03:00:00+00:00"),
            ("The Petrel departs", "Empty, for repairs.", "https://ships.example/a/2", "2026-01-04T00:00:00+00:00"),
        ],
    ),
    "rss20.xml": (
        "rss20",
        "Ferry news",
        [
            (
                "Night crossings begin",
                "How do passengers find their cabins? They ask the crew.",
                "https://ferry.example/news/2025/night.asp",
                "2025-06-03T09:39:21+00:00",
            ),
            (
                "Today the sky over the strait was clear enough to see both shores.",
                "",
                "https://ferry.example/2025/05/30.html",
                "2025-05-30T11:06:42+00:00",
            ),
            (
                "A headline whose id is no address",
                "",
                "https://feeds.example/news/relative",
                "2025-05-27T13:37:00+00:00",
            ),
            ("Prices stay & so do queues", "Nothing changes.", "https://ferry.example/prices?b=2&a=1", None),
        ],
    ),
    "rss20-modules.xml": (
        "rss20",
        "Radio Strait",
        [("Episode 3: Buoys", "A recording of buoys", "https://radio.example/3", "2026-01-03T12:00:00+00:00")],
    ),
    "rss20-cp1251.xml": (
        "rss20",
        "Вести порта",
        [
            (
                "Паром «Север» вышел в первый рейс",
                "На борту — 40 пассажиров.",
                "https://port.example/1",
                "2026-01-05T10:00:00+00:00",
            )
        ],
    ),
    "atom03.xml": (
        "atom03",
        "Dry dock",
        [("Hull scraped", "Three days of scraping.", "http://dock.example/2026/hull", "2026-01-02T12:29:29+00:00")],
    ),
    "atom10-brief.xml": (
        "atom10",
        "Sailmaker",
        [("Canvas arrives", "Twelve rolls.", "http://sail.example/2026/canvas", "2026-01-13T18:30:02+00:00")],
    ),
    "atom10-extensive.xml": (
        "atom10",
        "rope, knots & splices",
        [
            (
                "Less: < in text",
                "[The splice is done.]",
                "https://rope.example/base/2026/atom03",
                "2026-01-13T12:29:29+00:00",
            ),
            ("Less: <", "Second knot", "https://rope.example/2", "2026-01-30T00:00:00+00:00"),
            ("Less: <", "Third knot", "https://rope.example/3", "2026-01-28T22:00:00+00:00"),
        ],
    ),
    "jsonfeed10.json": (
        "json",
        "Knots of the week",
        [
            ("The second knot is a bowline.", "", "https://knots.example/second", None),
            ("Hello, reef knot!", "", "https://knots.example/first", None),
        ],
    ),
    "jsonfeed11.json": (
        "json",
        "Strait podcast",
        [
            ("One: leaving & arriving", "A talk.", "https://strait.example/2026/one", "2026-02-07T19:04:00+00:00"),
            ("Linked only", "", "https://linked.example/two", None),
            ("No address", "x", None, None),
        ],
    ),
}


def test_every_document_of_the_corpus_is_expected() -> None:
    """None lies there unread."""
    assert {file.name for file in CORPUS.iterdir()} == set(EXPECTED)


@pytest.mark.parametrize("name", EXPECTED)
def test_format(name: str) -> None:
    """Title, first line, page and moment of each item."""
    document = read((CORPUS / name).read_bytes(), address=f"https://feeds.example/{name}")
    items = [
        (
            item.title,
            item.line,
            item.link,
            datetime.fromtimestamp(item.published, UTC).isoformat() if item.published else None,
        )
        for item in document.items
    ]
    assert (document.kind, document.title, items) == EXPECTED[name]


@pytest.mark.parametrize("name", EXPECTED)
def test_damage_anywhere_is_survived(name: str) -> None:
    """Cut off at a hundred places: a shorter feed or a refusal, nothing else."""
    whole = (CORPUS / name).read_bytes()
    for cut in range(0, len(whole), max(1, len(whole) // 100)):
        with suppress(NotAFeed):
            read(whole[:cut], address="https://feeds.example/")


class TestEncodings:
    """RFC 7303 §3, and what servers make of it."""

    WORDS = "Новости порта"

    @pytest.mark.parametrize(
        ("encoding", "declared", "media_type"),
        [
            ("utf-8", "utf-8", "text/xml"),
            ("utf-8", "utf-8", "text/xml; charset=iso-8859-1"),
            ("utf-8", "windows-1251", "application/rss+xml"),
            ("utf-8-sig", "windows-1251", "text/xml; charset=koi8-r"),
            ("utf-16", "utf-16", "application/xml"),
            ("utf-16", "", "text/xml; charset=utf-8"),
            ("utf-32", "", "text/xml"),
            ("cp1251", "windows-1251", "text/xml"),
            ("cp1251", "windows-1251", "text/xml; charset=utf-8"),
            ("cp1251", "", "text/xml; charset=windows-1251"),
            ("koi8-r", "koi8-r", "application/xml"),
        ],
    )
    def test_words_come_through(self, encoding: str, declared: str, media_type: str) -> None:
        """A mark first, then UTF-8 where it makes sense, then the header, then the document's word."""
        says = f" encoding='{declared}'" if declared else ""
        text = f"<?xml version='1.0'{says}?><rss version='2.0'><channel><item><title>{self.WORDS}</title></item></channel></rss>"
        document = read(text.encode(encoding), media_type)
        assert [item.title for item in document.items] == [self.WORDS]
