"""What a feed's story becomes: a bulletin and a source that files could hold, whatever the publisher wrote."""

from dataclasses import replace

import pytest

from bot.app.content_check import check_change
from bot.db.feeds import Candidate, CandidateId, Story
from bot.dossier.entries import Key
from bot.dossier.loader import load
from bot.dossier.models import Bulletin, Dossier, Language, Source
from bot.newsroom.story_content import contents_of
from bot.platforms.plain_text import render
from bot.platforms.web import published_feeds
from bot.platforms.web.page_context import PageContext
from bot.replies.answer import answer, matcher_for
from bot.replies.bulletins import bulletin_text
from tests.clocks import MONDAY_NOON
from tests.conftest import TINY, TODAY, loaded, not_none
from tests.feeds.review_scene import ReviewScene
from tests.feeds.test_review import OTHER, STORY

BULLETIN = Key("bulletins/new-1")


def candidate_of(story: Story) -> Candidate:
    return Candidate(CandidateId(1), story, "waiting", 1, MONDAY_NOON, None, MONDAY_NOON, None, None, None)


def dossier() -> Dossier:
    return loaded(TINY)


def test_in_its_own_language_alone() -> None:
    contents = contents_of(candidate_of(STORY), dossier(), ())
    bulletin = not_none(contents[BULLETIN])
    assert bulletin["title"] == {"en": "Ferry <b>sails</b> & sings"}
    assert bulletin["topics"] == ["fare"]
    [source] = [key for key in contents if key.startswith("sources/")]
    assert bulletin["sources"] == [source.removeprefix("sources/")]


def test_in_a_language_that_the_dossier_lacks() -> None:
    """It is said which language it is in."""
    bulletin = not_none(contents_of(candidate_of(replace(STORY, language=Language("ru"))), dossier(), ())[BULLETIN])
    assert bulletin["body"] == {
        "en": "A line about it\\.\n\n*Language of the publication: Russian*"
    } or "Russian" in str(bulletin["body"])


def test_a_second_story_of_a_publisher_has_a_source_of_its_own() -> None:
    first = contents_of(candidate_of(STORY), dossier(), ())
    [source] = [key.removeprefix("sources/") for key in first if key.startswith("sources/")]
    second = contents_of(candidate_of(OTHER), dossier(), {source})
    assert [key for key in second if key.startswith("sources/")] == [f"sources/{source}-2"]


def test_a_topic_that_the_dossier_lacks_is_left_out() -> None:
    bulletin = not_none(contents_of(candidate_of(STORY), replace(dossier(), topics={}), ())[BULLETIN])
    assert "topics" not in bulletin


@pytest.mark.parametrize(
    "words",
    ["*a* _b_ `c` [d](e) <f> &amp; #g", "1. first", "- dash", "a\\b | ~~c~~ !", "> quoted", "= = =", "{fact} {{ }}"],
)
def test_signs_stay_signs(words: str) -> None:
    """Readers get the publisher's words, but for braces, which name a fact in our texts."""
    contents = contents_of(candidate_of(replace(STORY, title=words, line=words)), dossier(), ())
    [(key, source)] = [(key, content) for key, content in contents.items() if key.startswith("sources/")]
    texts = {**(contents[BULLETIN] or {}), "id": "2026-11-23-x", "date": "2026-11-23"}
    bulletin = Bulletin.model_validate(texts)
    whole = replace(
        dossier(),
        sources={key.removeprefix("sources/"): Source.model_validate(source)},
        bulletins={bulletin.id: bulletin},
    )
    shown = bulletin_text(whole, bulletin, Language("en"))
    plain = words.replace("{", "(").replace("}", ")")
    assert shown.title == plain
    assert "".join(span.text for block in shown.blocks for span in block.spans) == plain  # type: ignore[union-attr]


@pytest.mark.parametrize("words", ["[@x] wins", "[[@harbour; @y]] {fare}", "[@]"])
def test_its_title_cites_nothing(words: str) -> None:
    """In a title that would be a mistake, and at the desk it would wait for somebody to find it."""
    contents = contents_of(candidate_of(replace(STORY, title=words)), dossier(), ())
    found = [each for each in check_change(load(TINY, TODAY), contents, TODAY) if not each.is_warning]
    assert found == []
    bulletin = not_none(contents[BULLETIN])
    assert bulletin["title"] == {
        "en": words.translate(str.maketrans("{}", "()")).replace("[@", "(@").replace("]", ")", 1)
    }


@pytest.mark.slow
class TestInForce:
    """It stands among the bulletins: in /news, opened from there, and in the feeds for programs."""

    @pytest.mark.parametrize("language", ["en", "id"])
    async def test_is_listed_in_every_language(self, reviewing: ReviewScene, language: str) -> None:
        await reviewing.put(STORY, OTHER)
        await reviewing.press("take 1")
        await reviewing.comes_into_force()
        news = render(answer(reviewing.live.dossier, "/news", language, TODAY))
        assert "Ferry <b>sails</b> & sings" in news
        assert "Second ferry" not in news

    async def test_is_in_the_feed(self, reviewing: ReviewScene) -> None:
        await reviewing.put(STORY)
        await reviewing.press("take 1")
        await reviewing.comes_into_force()
        page = PageContext(reviewing.live.dossier, Language("en"), TODAY, "https://nota.example")
        assert STORY.link in published_feeds.atom(page)

    async def test_questions_in_words_cost_nothing_new(self, reviewing: ReviewScene) -> None:
        """The index of the files serves on."""
        before = matcher_for(reviewing.live.complete)
        await reviewing.put(STORY)
        await reviewing.press("take 1")
        await reviewing.comes_into_force()
        assert matcher_for(reviewing.live.complete) is before
