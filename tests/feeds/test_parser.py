"""Bodies of feeds become items with words, page, date and keys; any other body is refused with a reason.

The documents in ``corpus`` follow the examples of each specification in words of our own: RSS 0.90, 0.91 (Netscape's and UserLand's),
0.92, 1.0 (RDF), 2.0 with and without modules, Atom 0.3 and 1.0 (RFC 4287, both examples and §3.1.1's text constructs), JSON Feed.
"""

import json
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.feeds.documents import NotAFeed
from bot.feeds.parser import MAX_ITEMS, FeedEntry, parse, with_keys
from tests.feeds.hostile import item, rss
from tests.tables import cases, table

HERE = "https://feeds.example/dir/feed.xml"
ATOM = "http://www.w3.org/2005/Atom"
CORPUS = Path(__file__).parent / "corpus"

EXPECTED: dict[str, Any] = yaml.safe_load((CORPUS.parent / "corpus.yaml").read_text("utf-8"))


def found(body: str | bytes, media_type: str = "") -> list[tuple[str, str | None]]:
    """Title and page of each item."""
    data = body.encode() if isinstance(body, str) else body
    return [(each.title, each.link) for each in parse(data, media_type, HERE).items]


def atom(entry: str, more: str = "") -> str:
    return f"<feed xmlns='{ATOM}' {more}><title>T</title><entry><id>urn:1</id>{entry}</entry></feed>"


class TestFormats:
    """Every format that feeds have."""

    def test_every_document_of_the_corpus_is_expected(self) -> None:
        assert {file.name for file in CORPUS.iterdir()} == set(EXPECTED)

    @pytest.mark.parametrize("name", EXPECTED)
    def test_format(self, name: str) -> None:
        """Title, first line, page and date of each item."""
        document = parse((CORPUS / name).read_bytes(), address=f"https://feeds.example/{name}")
        moments = [
            each.published and datetime.fromtimestamp(each.published, UTC).isoformat() for each in document.items
        ]
        items = [
            [each.title, each.line, each.link, moment] for each, moment in zip(document.items, moments, strict=True)
        ]
        assert {"kind": document.kind, "title": document.title, "items": items} == EXPECTED[name]

    @pytest.mark.parametrize("name", EXPECTED)
    def test_a_truncated_document_is_read_or_refused(self, name: str) -> None:
        """Cut off at thirty places."""
        whole = (CORPUS / name).read_bytes()
        for cut in range(0, len(whole), max(1, len(whole) // 30)):
            with suppress(NotAFeed):
                parse(whole[:cut], address="https://feeds.example/")

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
        ],
    )  # fmt: skip
    def test_shape(self, body: str) -> None:
        """Upper case, no version, items outside their channel, other namespaces, words before the document."""
        assert found(body) == [("A", "https://s.example/1")]


class TestEncodings:
    """RFC 7303 §3, and what servers make of it: UTF-8 if the body is that, then the header, then the declaration."""

    @table("encoding, declared, media_type")
    def test_header_and_declaration_disagree(self, encoding: str, declared: str, media_type: str) -> None:
        """
        utf-8 | utf-8 | text/xml
        utf-8 | utf-8 | text/xml; charset=iso-8859-1
        utf-8 | utf-8 | text/xml; charset=windows-1251
        utf-8 | windows-1251 | application/rss+xml
        utf-8 | klingon | text/xml
        utf-8-sig | windows-1251 | text/xml; charset=koi8-r
        utf-16 | utf-16 | application/xml
        utf-16 | "" | text/xml; charset=utf-8
        cp1251 | windows-1251 | text/xml
        cp1251 | windows-1251 | text/xml; charset=utf-8
        cp1251 | "" | text/xml; charset=windows-1251
        koi8-r | koi8-r | application/xml
        """
        head = f"<?xml version='1.0' encoding='{declared}'?>" if declared else "<?xml version='1.0'?>"
        assert found(rss(item("Новости порта"), head).encode(encoding), media_type) == [("Новости порта", None)]

    def test_a_few_damaged_bytes(self) -> None:
        """They do not make another language of the rest."""
        body = rss(item("Новости XX порта")).encode().replace(b"XX", b"\xff\xfe")
        assert found(body) == [("Новости �� порта", None)]


class TestWords:
    """Headlines and first lines, in plain words."""

    @table("title, words")
    def test_headline(self, title: str, words: str) -> None:
        """Ampersands that were not escaped, CDATA sections, HTML's entities, escaping twice, halves of emoji.

        R&D & more, A&B; | R&D & more, A&B;
        <![CDATA[R&D & <b>more</b>]]> | R&D & more
        caf&eacute; &nbsp;&mdash; x&hellip; | café — x…
        a < b | a < b
        a <![CDATA[b & c]]> d &amp; e | a b & c d & e
        AT&amp;amp;T | AT&T
        Ferry &#55357;&#56832; sails | Ferry sails
        Half &#xD83D; of it&#0; | Half of it
        &#128512; &#233; | 😀 é
        """
        assert found(rss(item(title))) == [(words, None)]

    @table("entry, words")
    def test_headline_of_an_atom_entry(self, entry: str, words: str) -> None:
        """
        <title>A</title><image><title>Its picture</title></image> | A
        <title type='html'>&amp;lt;b&amp;gt;A</title> | A
        <title type='xhtml'><div xmlns='http://www.w3.org/1999/xhtml'><b>A</b></div></title> | A
        """
        assert found(atom(entry)) == [(words, None)]

    @pytest.mark.parametrize(
        ("entry", "headline"),
        [
            ("<link>https://s.example/2026/ferry-sails?utm_source=rss</link>", "s.example/2026/ferry-sails"),
            ("<description>&lt;img src='x'&gt;</description><link>https://s.example/1</link>", "s.example/1"),
            (f"<link>https://s.example/{'a' * 300}</link>", f"s.example/{'a' * 189}…"),
        ],
    )
    def test_no_words(self, entry: str, headline: str) -> None:
        """An item that only has a page is called by its address."""
        assert [title for title, _ in found(rss(f"<item>{entry}</item>"))] == [headline]


class TestPages:
    """The page that an item leads to."""

    @table("entry, page")
    def test_rss(self, entry: str, page: str | None) -> None:
        r"""A page for readers before anything else.

        <guid>https://s.example/g</guid> | https://s.example/g
        <guid>4711</guid><link>https://s.example/1</link> | https://s.example/1
        <guid isPermaLink='true'>/g</guid> | https://feeds.example/g
        "<link>\n https://s.example/1 \n</link>" | https://s.example/1
        <link><![CDATA[https://s.example/?a=1&b=2]]></link> | https://s.example/?a=1&b=2
        <link>https://s.example/?a=1&b=2</link> | https://s.example/?a=1&b=2
        <link>//s.example/1</link> | https://s.example/1
        <link>../1#top</link> | https://feeds.example/1
        <a:link xmlns:a='http://www.w3.org/2005/Atom' rel='self' href='/self'/><a:link xmlns:a='http://www.w3.org/2005/Atom' href='/1'/> | https://feeds.example/1
        <enclosure url='https://m.example/a.mp3' length='1' type='audio/mpeg'/> | https://m.example/a.mp3
        <enclosure url='https://m.example/a.mp3'/><link>https://s.example/1</link> | https://s.example/1
        <source url='https://o.example/'>Other</source> | null
        """
        assert found(rss(item("A", entry))) == [("A", page)]

    @table("entry, more, page")
    def test_atom(self, entry: str, more: str, page: str) -> None:
        """RFC 4287 §4.2.7 and xml:base.

        <link rel='self' href='/s'/><link rel='alternate' type='text/html' href='/1'/> | "" | https://feeds.example/1
        <link href='p'/> | xml:base='https://b.example/x/' | https://b.example/x/p
        <link xml:base='y/' href='p'/> | xml:base='https://b.example/x/' | https://b.example/x/y/p
        <link rel='via' href='/v'/> | "" | https://feeds.example/v
        """
        assert found(atom(f"<title>A</title>{entry}", more)) == [("A", page)]


class TestJsonFeed:
    """JSON Feed as publishers write it."""

    def test_items_without_sense_are_skipped(self) -> None:
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
        """An empty feed."""
        assert found('\ufeff{"version": "https://jsonfeed.org/version/1"' + rest + "}") == []

    @cases("title, words")
    def test_characters_that_do_not_belong(self, title: str, words: str) -> None:
        r"""Half an emoji, a line break, a zero: the item is found, and the next one.

        "cut \\ud83d" | cut ?
        "whole \\ud83d\\ude80" | whole 🚀
        "two\nlines" | two lines
        "\\u0000x" | x
        """
        body = f'{{"version": "https://jsonfeed.org/version/1", "items": [{{"title": "{title}"}}, {{"title": "B"}}]}}'
        assert found(body) == [(words, None), ("B", None)]

    def test_empty_summary(self) -> None:
        """Then the text counts."""
        item = {"id": "1", "title": "A", "summary": " ", "content_text": "Text."}
        body = json.dumps({"version": "https://jsonfeed.org/version/1", "items": [item]})
        assert [each.line for each in parse(body.encode()).items] == ["Text."]


class TestDates:
    """By feedparser, after our handler."""

    @table("text")
    def test_in_a_feed(self, text: str) -> None:
        """
        Sen, 05 Jan 2026 19:00:00 WIB
        Mon, 05 Jan 2026 12:00:00 GMT
        2026/01/05 15:00 MSK
        2026-01-05T12:00Z
        """
        items = parse(rss(item("A", f"<pubDate>{text}</pubDate>")).encode()).items
        assert [each.published for each in items] == [datetime(2026, 1, 5, 12, tzinfo=UTC).timestamp()]

    def test_none(self) -> None:
        items = parse(rss(item("A", "<pubDate>soon</pubDate>") + item("B")).encode()).items
        assert [each.published for each in items] == [None, None]


class TestRefused:
    """What is no feed, or a damaged one without items."""

    @pytest.mark.parametrize("body", ["<rss version='2.0'><channel><title>T</title>", "<rss><channel><title>&eacute;"])
    def test_truncated_before_its_items(self, body: str) -> None:
        """Not taken for an empty feed: tomorrow all its items would count as new."""
        with pytest.raises(NotAFeed, match="a damaged feed"):
            found(body)

    def test_empty_feed(self) -> None:
        """Is a feed."""
        assert found(rss("<description>Nothing yet</description>")) == []

    @table("head, feed")
    def test_web_page(self, head: str, feed: str | None) -> None:
        """The reason names the first feed that the page links to.

        <link rel="alternate" type="application/rss+xml" title="News" href="/rss.xml"> | https://feeds.example/rss.xml
        <LINK HREF=atom.xml TYPE=application/atom+xml REL='Alternate home' /> | https://feeds.example/dir/atom.xml
        <link rel=stylesheet href=a.css><link rel=alternate type=application/feed+json href='/f?a=1&amp;b=2'> | https://feeds.example/f?a=1&b=2
        <link rel="alternate" hreflang="ru" href="/ru/"> | null
        <link rel="alternate" type="application/rss+xml" href="javascript:alert(1)"> | null
        "" | null
        """
        page = f"<!DOCTYPE html><html><head>{head}</head><body>Not found</body></html>"
        with pytest.raises(NotAFeed) as refused:
            found(page, "text/html")
        assert str(refused.value) == "a web page, no feed" + (f"; it names {feed}" if feed else "")


def entry(
    identity: str = "", title: str = "Title", link: str | None = None, published: float | None = None
) -> FeedEntry:
    return FeedEntry(identity, title, "", link, published)


class TestKeys:
    """By id and by link, each where it tells items apart."""

    def test_new_id_at_the_same_page(self) -> None:
        """Some publishers make up ids at every turn."""
        (one,), (two,) = (
            with_keys([entry("1", link="https://a.example/x")]),
            with_keys([entry("2", link="http://www.a.example/x/")]),
        )
        assert set(one.keys) & set(two.keys)

    def test_same_id_at_another_page(self) -> None:
        """Others move their pages."""
        (one,), (two,) = (
            with_keys([entry("1", link="https://a.example/x")]),
            with_keys([entry("1", link="https://a.example/y")]),
        )
        assert set(one.keys) & set(two.keys)

    def test_id_or_link_that_all_share_is_none(self) -> None:
        """Three items with one id and the home page for a link are three."""
        items = with_keys([entry("1", f"Title {n}", "https://a.example/") for n in range(3)])
        assert len(items) == 3
        assert len({key for item in items for key in item.keys}) == 3

    def test_neither_id_nor_link(self) -> None:
        """By their words; the same words twice are one item."""
        assert len(with_keys([entry(title="One"), entry(title="Two"), entry(title="One")])) == 2


class TestMany:
    """At most a thousand of a document."""

    def test_newest_by_date(self) -> None:
        """Wherever they stand."""
        items = with_keys([entry(str(n), published=float(n)) for n in range(3000)])
        assert len(items) == MAX_ITEMS
        assert min(item.published or 0 for item in items) == 2000
