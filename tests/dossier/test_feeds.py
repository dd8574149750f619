"""``feeds.yaml``: which feeds are watched, and which of their items are ours."""

from pathlib import Path

import pytest

from bot.dossier.loader import load
from tests.conftest import TODAY, Edit
from tests.dossier.test_loading import said

FEEDS = """\
harbour-news:
  url: https://harbour.example/rss.xml
  publisher: Harbour Office
  language: en
  topics: [fare]
  match:
    all: [ferry, [fare, ticket price]]
    any: [island]
    none: [football]
"""


@pytest.fixture
def feeds(folder: Path) -> Path:
    """The copy of the tiny dossier, watching one feed."""
    (folder / "feeds.yaml").write_text(FEEDS, encoding="utf-8")
    return folder


class TestFeeds:
    """A feed is one entry: where, whose, in which language, about what, and which items."""

    def test_is_read_into_the_dossier(self, feeds: Path) -> None:
        """Reviewed by an editor unless it says otherwise."""
        dossier = load(feeds, TODAY).dossier
        assert dossier is not None
        (feed,) = dossier.feeds.values()
        assert feed.mode == "review"
        assert [phrase for _, phrase in feed.match.phrases()] == ["ferry", "fare", "ticket price", "island", "football"]

    def test_dossier_without_the_file_has_none(self, folder: Path) -> None:
        """Other dossiers stay whole."""
        dossier = load(folder, TODAY).dossier
        assert dossier is not None
        assert dossier.feeds == {}

    def test_feed_without_match_takes_everything(self, feeds: Path, edit: Edit) -> None:
        """For a feed that is about nothing else."""
        edit("feeds.yaml", FEEDS[FEEDS.index("  match") :], "")
        dossier = load(feeds, TODAY).dossier
        assert dossier is not None
        assert not list(next(iter(dossier.feeds.values())).match.phrases())

    @pytest.mark.parametrize(
        ("old", "new", "line"),
        [
            ("url: https", "url: ftp", "feeds.yaml:2: harbour-news.url: 'ftp://harbour.example/rss.xml' is not valid"),
            ("publisher:", "publsher:", "feeds.yaml:3: unknown key 'publsher', did you mean 'publisher'?"),
            ("language: en", "language: fr", "feeds.yaml:4: unknown language 'fr'"),
            ("[fare]", "[fares]", "feeds.yaml:5: unknown topic 'fares', did you mean 'fare'?"),
            ("ticket price", "---", "feeds.yaml:7: '---' holds no word, expected letters or digits"),
            ("[island]", "island", "feeds.yaml:8: harbour-news.match.any: 'island' is not a list"),
            (
                "[ferry, [fare, ticket price]]",
                "[[]]",
                "harbour-news.match.all.0: [] is not valid, expected at least one",
            ),
            ("none:", "nome:", "feeds.yaml:9: unknown key 'nome', did you mean 'none'?"),
            (
                "  match:",
                "  mode: fast\n  match:",
                "harbour-news.mode: 'fast' is not valid, expected 'review' or 'auto'",
            ),
            ("harbour-news:", "Harbour News:", "feeds.yaml:1: id 'Harbour News', expected a-z, 0-9"),
        ],
    )
    def test_mistakes_have_line_and_remedy(self, feeds: Path, edit: Edit, old: str, new: str, line: str) -> None:
        """Like those of any other file."""
        edit("feeds.yaml", old, new)
        assert any(line in diagnostic for diagnostic in said(feeds)), said(feeds)

    def test_one_address_under_two_ids(self, feeds: Path) -> None:
        """It would be asked for twice as often."""
        (feeds / "feeds.yaml").write_text(FEEDS + FEEDS.replace("harbour-news", "again"), encoding="utf-8")
        assert said(feeds) == ["feeds.yaml:11: the url of 'harbour-news' as well, expected each feed once"]
