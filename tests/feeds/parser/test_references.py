"""References to characters, as programs write them that think in UTF-16."""

import pytest

from bot.feeds.parser import mended, read
from tests.feeds.hostile import item, rss


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (b"&#xD83D;&#xDE00;", b"&#128512;"),
        (b"&#55357;&#56832; &#XD83D;&#xde00;", b"&#128512; &#128512;"),
        (b"&#xD83D; &#xDE00;", b"&#xFFFD; &#xFFFD;"),
        (b"&#0;&#65;&#1114112;", b"&#xFFFD;&#65;&#xFFFD;"),
        (b"a &amp; b &#233; &#x1F600;", b"a &amp; b &#233; &#x1F600;"),
    ],
)
def test_mended(written: bytes, meant: bytes) -> None:
    """Pairs are one character; what is none is shown as unknown; the rest stays."""
    assert mended(written) == meant


def test_does_not_cost_the_feed() -> None:
    """The item is read with its emoji, its neighbours too."""
    document = read(rss(item("Ferry &#55357;&#56832; sails") + item("Half &#xD83D; of it")).encode())
    assert [each.title for each in document.items] == ["Ferry 😀 sails", "Half � of it"]
