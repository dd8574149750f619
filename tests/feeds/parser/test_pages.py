"""A web page in place of a feed says where the feed is, if it does."""

import pytest

from bot.feeds.parser import NotAFeed, named_feed, read

HERE = "https://news.example/dir/"


@pytest.mark.parametrize(
    ("head", "feed"),
    [
        ('<link rel="alternate" type="application/rss+xml" title="News" href="/rss.xml">', "https://news.example/rss.xml"),
        ("<LINK HREF=atom.xml TYPE=application/atom+xml REL='Alternate home' />", "https://news.example/dir/atom.xml"),
        ("<link rel=stylesheet href=a.css><link rel=alternate type=application/feed+json href='/f?a=1&amp;b=2'>", "https://news.example/f?a=1&b=2"),
        ('<link rel="alternate" hreflang="ru" href="/ru/">', None),
        ('<link rel="alternate" type="application/rss+xml" href="javascript:alert(1)">', None),
        ("<link " * 1000, None),
        ("", None),
    ],
)  # fmt: skip
def test_feed_that_a_page_names(head: str, feed: str | None) -> None:
    """The first that leads to the web, made whole."""
    assert named_feed(f"<html><head>{head}</head></html>".encode(), HERE) == feed


def test_editors_are_told() -> None:
    """In the reason why it is not read."""
    page = "<!DOCTYPE html><html><head><link rel='alternate' type='application/rss+xml' href='/rss'></head></html>"
    with pytest.raises(NotAFeed, match=r"a web page, no feed; it names https://news\.example/rss$"):
        read(page.encode(), "text/html", HERE)
