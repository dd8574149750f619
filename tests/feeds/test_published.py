"""Published stories stand among the bulletins: in /news, opened from there, on the pages and in the feeds."""

from dataclasses import replace

import pytest

from bot.db.feeds import Candidate, CandidateId, Story
from bot.dossier.loader import Loading
from bot.dossier.models import BulletinId, Dossier, Language
from bot.feeds.published import PublishedNews, bulletin_article, with_stories
from bot.newsroom.publisher import Newsroom
from bot.platforms.plain_text import render
from bot.platforms.web import published_feeds
from bot.platforms.web.page_context import PageContext
from bot.replies.answer import answer, matcher_for
from bot.replies.bulletins import bulletin_text
from bot.replies.question import AboutBulletin
from tests.clocks import MONDAY_NOON
from tests.conftest import TODAY
from tests.feeds.review_scene import ReviewScene
from tests.feeds.test_review import OTHER, STORY

NAME = BulletinId("2026-11-23-wire-1")


@pytest.fixture
async def stories(reviewing: ReviewScene, published: PublishedNews) -> PublishedNews:
    """Two candidates, one of them published."""
    await reviewing.put(STORY, OTHER)
    await reviewing.press("publish 1")
    await published.update(reviewing.live)
    return published


def candidate_of(story: Story) -> Candidate:
    return Candidate(CandidateId(1), story, "published", 1, MONDAY_NOON, None, MONDAY_NOON, MONDAY_NOON, "Anna", NAME)


def said(dossier: Dossier, language: str = "en") -> str:
    return render(answer(dossier, "/news", language, TODAY))


@pytest.mark.usefixtures("stories")
class TestNews:
    """``/news`` lists what was published, and nothing else from the wire."""

    @pytest.mark.parametrize("language", ["en", "id"])
    async def test_is_listed_in_every_language(self, reviewing: ReviewScene, language: str) -> None:
        """By its headline, in its own language."""
        dossier = reviewing.live.dossier
        assert "Ferry <b>sails</b> & sings" in said(dossier, language)
        assert "Second ferry" not in said(dossier, language)
        assert next(iter(dossier.bulletins)) == NAME

    async def test_opens_as_it_was_sent(self, reviewing: ReviewScene) -> None:
        """With its line, its page, and the label for readers of another language."""
        dossier = reviewing.live.dossier
        english, indonesian = (answer(dossier, AboutBulletin(NAME), each, TODAY) for each in ("en", "id"))
        assert "A line about it." in render(english)
        assert "🌐" not in render(english)
        assert "🌐 Bahasa sumber: Inggris" in render(indonesian)
        assert [source.url for source in english.sources] == [STORY.link]

    async def test_is_in_the_feeds(self, reviewing: ReviewScene) -> None:
        """Of our own, for programs."""
        page = PageContext(reviewing.live.dossier, Language("en"), TODAY, "https://nota.example")
        for written in (published_feeds.atom, published_feeds.json_feed):
            assert STORY.link in written(page)


class TestStaying:
    """The lists follow what editors decide, the content and the ledger do not mind."""

    async def test_withdrawn_is_gone(self, reviewing: ReviewScene, stories: PublishedNews) -> None:
        """As a bulletin is whose file is gone."""
        await reviewing.press("withdraw 1")
        await stories.update(reviewing.live)
        assert "Ferry" not in said(reviewing.live.dossier)

    async def test_corrected_says_the_new_words(self, reviewing: ReviewScene, stories: PublishedNews) -> None:
        """Wherever it is opened."""
        await reviewing.review.correct(CandidateId(1), {"title": "Ferry sails"})
        await stories.update(reviewing.live)
        assert "Ferry sails" in said(reviewing.live.dossier)

    @pytest.mark.usefixtures("stories")
    async def test_new_content_keeps_them(self, reviewing: ReviewScene) -> None:
        """And the newsroom compares the files alone: nothing is new, nothing withdrawn."""
        live, newsroom = reviewing.live, Newsroom(reviewing.store)
        await newsroom.publish_changes(live.dossier.from_files)
        live.update(Loading(replace(live.dossier.from_files, version="next"), ()))
        assert NAME in live.dossier.bulletins
        assert (await newsroom.publish_changes(live.dossier.from_files)).changes == ()
        assert live.dossier.version == "next"

    @pytest.mark.usefixtures("stories")
    async def test_questions_in_words_cost_nothing_new(self, reviewing: ReviewScene) -> None:
        """What was made ready for the files serves on."""
        dossier = reviewing.live.dossier
        assert matcher_for(dossier) is matcher_for(dossier.from_files)

    async def test_one_that_became_a_file_stands_once(self, reviewing: ReviewScene) -> None:
        """As the file has it."""
        candidate = candidate_of(STORY)
        dossier = with_stories(reviewing.live.dossier, [candidate])
        filed = replace(dossier, files=None)
        assert with_stories(filed, [candidate]).bulletins == filed.bulletins

    async def test_topic_that_the_dossier_no_longer_has(self, reviewing: ReviewScene) -> None:
        """Is left out."""
        dossier = replace(reviewing.live.dossier, topics={})
        candidate = candidate_of(STORY)
        assert with_stories(dossier, [candidate]).bulletins[NAME].topics == []

    async def test_signs_stay_signs(self, reviewing: ReviewScene) -> None:
        """What /news opens is what was sent, whatever the publisher wrote."""
        dossier = reviewing.live.dossier
        for words in ("*a* _b_ `c` [d](e) <f> &amp; #g", "1. first", "- dash", "a\\b | ~~c~~ !", "> quoted", "= = ="):
            story = replace(STORY, title=words, line=words)
            candidate = candidate_of(story)
            for language in dossier.languages:
                entry = with_stories(dossier, [candidate])
                shown = bulletin_text(entry, entry.bulletins[NAME], language)
                sent = bulletin_article(candidate, language)
                assert (shown.title, shown.day, shown.sources) == (sent.title, sent.day, sent.sources)
                assert [block.spans for block in shown.blocks] == [block.spans for block in sent.blocks]  # type: ignore[union-attr]
