"""What publishers do that no specification foresees: every item is found all the same, with its words and its page."""

import json

import pytest

from bot.feeds.parser import NotAFeed, read
from tests.feeds.hostile import item, rss

HERE = "https://feeds.example/dir/feed.xml"
ATOM = "http://www.w3.org/2005/Atom"

Found = list[tuple[str, str | None]]


def found(body: str | bytes, media_type: str = "") -> Found:
    """Title and page of each item."""
    data = body.encode() if isinstance(body, str) else body
    return [(each.title, each.link) for each in read(data, media_type, HERE).items]


def atom(entry: str, more: str = "") -> str:
    return f"<feed xmlns='{ATOM}' {more}><title>T</title><entry><id>urn:1</id>{entry}</entry></feed>"


@pytest.mark.parametrize(
    ("entry", "page"),
    [
        ("<guid>https://s.example/g</guid>", "https://s.example/g"),
        ("<guid>4711</guid><link>https://s.example/1</link>", "https://s.example/1"),
        ("<guid isPermaLink='true'>/g</guid>", "https://feeds.example/g"),
        ("<link>\n https://s.example/1 \n</link>", "https://s.example/1"),
        ("<link><![CDATA[https://s.example/?a=1&b=2]]></link>", "https://s.example/?a=1&b=2"),
        ("<link>https://s.example/?a=1&b=2</link>", "https://s.example/?a=1&b=2"),
        ("<link>//s.example/1</link>", "https://s.example/1"),
        ("<link>../1#top</link>", "https://feeds.example/1"),
        (f"<a:link xmlns:a='{ATOM}' rel='self' href='/self'/><a:link xmlns:a='{ATOM}' href='/1'/>", "https://feeds.example/1"),
        ("<comments>https://s.example/c</comments>", "https://s.example/c"),
        ("<enclosure url='https://m.example/a.mp3' length='1' type='audio/mpeg'/>", "https://m.example/a.mp3"),
        ("<enclosure url='https://m.example/a.mp3'/><link>https://s.example/1</link>", "https://s.example/1"),
        ("<source url='https://o.example/'>Other</source>", None),
    ],
)  # fmt: skip
def test_page_of_an_rss_item(entry: str, page: str | None) -> None:
    """A page for readers before anything else."""
    assert found(rss(item("A", entry))) == [("A", page)]


@pytest.mark.parametrize(
    ("entry", "more", "page"),
    [
        ("<link rel='self' href='/s'/><link rel='alternate' type='text/html' href='/1'/>", "", "https://feeds.example/1"),
        ("<link href='p'/>", "xml:base='https://b.example/x/'", "https://b.example/x/p"),
        ("<link xml:base='y/' href='p'/>", "xml:base='https://b.example/x/'", "https://b.example/x/y/p"),
        ("<content src='https://s.example/c' type='text/html'/>", "", "https://s.example/c"),
        ("<link rel='via' href='/v'/>", "", "https://feeds.example/v"),
    ],
)  # fmt: skip
def test_page_of_an_atom_entry(entry: str, more: str, page: str) -> None:
    """RFC 4287 §4.2.7, xml:base, and what stands in for a missing link."""
    assert found(atom(f"<title>A</title>{entry}", more)) == [("A", page)]


@pytest.mark.parametrize(
    ("title", "words"),
    [
        ("R&D & more, A&B;", "R&D & more, A&B;"),
        ("<![CDATA[R&D & <b>more</b>]]>", "R&D & more"),
        ("caf&eacute; &nbsp;&mdash; x&hellip;", "café — x…"),
        ("a < b", "a < b"),
        ("a <![CDATA[b & c]]> d &amp; e", "a b & c d & e"),
        ("AT&amp;amp;T", "AT&T"),
    ],
)
def test_words(title: str, words: str) -> None:
    """Signs that were not written out, sections in the middle, entities of HTML, twice written out."""
    assert found(rss(item(title))) == [(words, None)]


@pytest.mark.parametrize(
    "body",
    [
        "<RSS VERSION='2.0'><CHANNEL><ITEM><TITLE>A</TITLE><LINK>https://s.example/1</LINK></ITEM></CHANNEL></RSS>",
        "<rss><channel><item><title>A</title><link>https://s.example/1</link></item></channel></rss>",
        "<rss version='2.0'><channel/><item><title>A</title><link>https://s.example/1</link></item></rss>",
        "<rss version='2.0' xmlns='http://backend.userland.com/rss2'><channel><item><title>A</title><link>https://s.example/1</link></item></channel></rss>",
        "<br/><b>Warning</b>: line 3\n<?xml version='1.0'?>" + rss(item("A", "<link>https://s.example/1</link>"), ""),
        "\n\n <?xml version='1.0' encoding='utf-8'?>" + rss(item("A", "<link>https://s.example/1</link>"), ""),
        f"<a:feed xmlns:a='{ATOM}'><a:entry><a:title>A</a:title><a:link href='https://s.example/1'/></a:entry></a:feed>",
        "<feed><entry><title>A</title><link href='https://s.example/1'/></entry></feed>",
        f"<entry xmlns='{ATOM}'><title>A</title><link href='https://s.example/1'/></entry>",
        "<r:RDF xmlns:r='http://www.w3.org/1999/02/22-rdf-syntax-ns#' xmlns='http://purl.org/rss/1.0/'><item r:about='https://s.example/1'><title>A</title></item></r:RDF>",
        "<CHANNEL HREF='https://s.example/'><TITLE>T</TITLE><ITEM HREF='https://s.example/1'><TITLE>A</TITLE></ITEM></CHANNEL>",
    ],
)
def test_shape(body: str) -> None:
    """Upper case, no version, items outside their channel, foreign namespaces and prefixes, words before the document."""
    assert found(body) == [("A", "https://s.example/1")]


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ("<title>A</title><image><title>Its picture</title></image>", "A"),
        ("<image><title>Its picture</title></image><title>A</title>", "A"),
        ("<title type='application/octet-stream'>PGI+QTwvYj4gJmx0O2ImZ3Q7</title>", "A"),
        ("<title type='html'>&amp;lt;b&amp;gt;A</title>", "A"),
        ("<title type='xhtml'><div xmlns='http://www.w3.org/1999/xhtml'><b>A</b></div></title>", "A"),
    ],
)
def test_headline_of_an_atom_entry(entry: str, words: str) -> None:
    """Its own, not that of something inside it; whatever it is packed in."""
    assert found(atom(entry)) == [(words, None)]


@pytest.mark.parametrize(
    ("entry", "headline"),
    [
        ("<link>https://s.example/2026/ferry-sails?utm_source=rss</link>", "s.example/2026/ferry-sails"),
        ("<description>&lt;img src='x'&gt;</description><link>https://s.example/1</link>", "s.example/1"),
        (f"<link>https://s.example/{'a' * 300}</link>", f"s.example/{'a' * 189}…"),
    ],
)
def test_no_words(entry: str, headline: str) -> None:
    """What leads somewhere is an item all the same, by its address."""
    assert [title for title, _ in found(rss(f"<item>{entry}</item>"))] == [headline]


class TestStumbling:
    """What makes feedparser give up a whole document does not make us."""

    @pytest.mark.parametrize(
        "damage",
        [
            "</width>",
            "</height>",
            "<x xmlns:b=' http://b.example '/>",
            "<x xmlns:b='http://b.example c'><b:d/></x>",
            "<x xmlns:b='http://b.example\u00a0c'><b:d/></x>",
            "</creativeCommons:license>",
            "</media:player>",
            "<psc:chapter xmlns:psc='http://podlove.org/simple-chapters'/>",
        ],
    )
    def test_its_items_are_found(self, damage: str) -> None:
        """Without what it stumbled over."""
        assert found(rss(item("A") + damage + item("B"))) == [("A", None), ("B", None)]

    @pytest.mark.parametrize("tag", ["title", "description", "copyright", "image"])
    def test_what_is_never_closed_before_them(self, tag: str) -> None:
        """The first item ends what the feed says of itself."""
        assert found(rss(f"<{tag}>News " + item("A") + item("B"))) == [("A", None), ("B", None)]
        assert found(f"<feed xmlns='http://www.w3.org/2005/Atom'><{tag}>N<entry><title>A</title></entry></feed>") == [
            ("A", None)
        ]

    def test_declaration_that_is_none(self) -> None:
        """The bytes in it are no letters, or go on for ever."""
        for label in (b"\xff\xfe", b"encoding='" * 100_000):
            assert found(b"<?xml version='1.0' encoding='" + label + b"'?>" + rss(item("A"), "").encode()) == [
                ("A", None)
            ]


class TestEmpty:
    """A document without items."""

    @pytest.mark.parametrize("end", ["", "\n<!-- by machine -->\n"])
    def test_whole(self, end: str) -> None:
        """A feed that says nothing yet, however carelessly it is written."""
        assert found(rss("<description>caf&eacute; <b>unclosed</description>") + end) == []

    @pytest.mark.parametrize("cut", ["<rss version='2.0'><channel><title>T</title>", "<rss><channel><title>&eacute;"])
    def test_cut_off(self, cut: str) -> None:
        """It is not taken for an empty one: what it held would be news tomorrow, all of it."""
        with pytest.raises(NotAFeed):
            found(cut)

    def test_items_that_cannot_be_found(self) -> None:
        """Nor is one that has items, whatever its end looks like."""
        with pytest.raises(NotAFeed, match="a damaged feed"):
            found("<rss version='2.0'><!-- <channel><item><title>A</title></item></channel></rss>")


class TestEncodings:
    """Beyond what the specifications ask for."""

    def test_a_few_damaged_bytes(self) -> None:
        """They do not make another language of the rest."""
        body = rss(item("Новости XX порта")).encode().replace(b"XX", b"\xff\xfe")
        assert found(body) == [("Новости �� порта", None)]

    @pytest.mark.parametrize(
        ("label", "codec", "words"), [("x-sjis", "shift_jis", "日本"), ("x-cp1251", "cp1251", "Порт")]
    )
    def test_names_that_only_the_web_knows(self, label: str, codec: str, words: str) -> None:
        """By the document's own word."""
        assert found(rss(item(words), f"<?xml version='1.0' encoding='{label}'?>").encode(codec)) == [(words, None)]

    @pytest.mark.parametrize("codec", ["utf-16-be", "utf-16-le", "utf-32-be", "utf-32-le"])
    @pytest.mark.parametrize("head", ["", "<?xml version='1.0' encoding='utf-16'?>"])
    def test_no_mark_at_the_beginning(self, codec: str, head: str) -> None:
        """The first sign gives it away."""
        assert found(rss(item("Порт"), head).encode(codec)) == [("Порт", None)]

    @pytest.mark.parametrize("label", ["utf-16", "UTF-32", "cp037", "cp500", "bogus", "base64", "rot13"])
    def test_encoding_that_it_cannot_be_in(self, label: str) -> None:
        """As programs say that think in UTF-16, of what they write in UTF-8 or a code page; in the document or the header."""
        for words, codec in (("Port", "ascii"), ("Porte – été", "cp1252")):
            declared = rss(item(words), f"<?xml version='1.0' encoding='{label}'?>").encode(codec)
            assert (
                found(declared)
                == found(rss(item(words)).encode(codec), f"text/xml; charset={label}")
                == [(words, None)]
            )

    @pytest.mark.parametrize("media_type", ["", "text/xml; charset=utf-16"])
    @pytest.mark.parametrize(
        "start",
        [b"\0", b"\xff\xfe", b"\xfe\xff", b"\xff\xfe\xef\xbb\xbf\n", b"\xef\xbb\xbf" * 5000, b"HTTP/1.1 200 OK\n\n"],
    )
    def test_what_does_not_belong_before_the_beginning(self, start: bytes, media_type: str) -> None:
        """A zero, or the mark of another encoding, makes no UTF-16 of the rest."""
        assert found(start + rss(item("Порт")).encode(), media_type) == [("Порт", None)]

    def test_western_quotation_marks(self) -> None:
        """Latin 1 is said and Windows' is meant."""
        body = rss(item("“q” – €"), "<?xml version='1.0' encoding='iso-8859-1'?>").encode("cp1252")
        assert found(body) == [("“q” – €", None)]


class TestJson:
    """JSON Feed as it is written."""

    def test_what_is_no_item_is_passed_over(self) -> None:
        """Its neighbours are found."""
        items = [
            None,
            5,
            {"id": "1"},
            {"id": 7, "title": "A", "url": "/1"},
            {"id": "2", "content_html": "<p>B &amp; b</p>"},
        ]
        body = {"version": "https://jsonfeed.org/version/1.1", "title": "T", "items": items}
        assert found(json.dumps(body)) == [("A", "https://feeds.example/1"), ("B & b", None)]

    @pytest.mark.parametrize("rest", ["", ', "items": null', ', "items": {}'])
    def test_without_items(self, rest: str) -> None:
        """It is a feed that says nothing."""
        assert found('{"version": "https://jsonfeed.org/version/1"' + rest + "}") == []

    @pytest.mark.parametrize(
        ("title", "words"),
        [(r"cut \ud83d", "cut �"), (r"whole \ud83d\ude80", "whole 🚀"), ("two\nlines", "two lines"), (r"\u0000x", "x")],
    )
    def test_signs_that_do_not_belong(self, title: str, words: str) -> None:
        """Half an emoji, a line break, a zero: the item is found, and its neighbours."""
        body = f'{{"version": "https://jsonfeed.org/version/1", "items": [{{"title": "{title}"}}, {{"title": "B"}}]}}'
        assert found(body) == [(words, None), ("B", None)]

    def test_empty_summary(self) -> None:
        """The text says what it does not."""
        item = {"id": "1", "title": "A", "summary": " ", "content_text": "Text."}
        body = json.dumps({"version": "https://jsonfeed.org/version/1", "items": [item]})
        assert [each.line for each in read(body.encode()).items] == ["Text."]
