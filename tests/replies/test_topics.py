"""Replies about topics and bulletins: their buttons and pictures; and the commands that menus list."""

from dataclasses import replace

import pytest

from bot.dossier.markdown import Items, Span, plain, without_citations
from bot.dossier.models import Dossier, FactId, Language, TopicId, Withdrawal
from bot.platforms.plain_text import render
from bot.replies.answer import answer
from bot.replies.dossier_texts import DossierTexts
from bot.replies.listings import topic_entries
from bot.replies.question import AboutBulletin, AboutTopic, Command, ShowPicture, from_token, token
from bot.replies.reply import Button, Note, ProgressBar, Reply, lines_of
from tests.conftest import TODAY, not_none, shipped
from tests.editor import withdrawn
from tests.tables import table

DURATION = TopicId("duration")


@pytest.fixture(scope="module")
def dossier() -> Dossier:
    return shipped()


def asked(reply: Reply) -> list[object]:
    return [button.question for button in reply.buttons]


class TestPictureButton:
    """A topic with a picture has a button that shows it."""

    @pytest.mark.parametrize(("language", "label"), [("en", "Chart"), ("id", "Grafik"), ("ru", "График")])
    def test_a_topic_with_a_picture_offers_it(self, dossier: Dossier, language: str, label: str) -> None:
        reply = answer(dossier, AboutTopic(DURATION), language, TODAY)
        assert reply.buttons[-1] == Button(f"📊 {label}", ShowPicture(DURATION))
        assert reply.picture_topic is None

    def test_other_topics_do_not(self, dossier: Dossier) -> None:
        for topic in dossier.topics.values():
            reply = answer(dossier, AboutTopic(topic.id), "en", TODAY)
            assert (ShowPicture(topic.id) in asked(reply)) == bool(topic.picture)

    def test_a_bulletin_offers_the_picture_of_its_topic(self, dossier: Dossier) -> None:
        """If its file names the picture."""
        name, bulletin = next((name, item) for name, item in dossier.bulletins.items() if DURATION in item.topics)
        assert ShowPicture(DURATION) not in asked(answer(dossier, AboutBulletin(name), "en", TODAY))
        shown = {**dossier.bulletins, name: bulletin.model_copy(update={"picture": "duration"})}
        reply = answer(
            Dossier(dossier.header, dossier.sources, dossier.facts, dossier.topics, shown),
            AboutBulletin(name),
            "en",
            TODAY,
        )
        assert asked(reply).count(ShowPicture(DURATION)) == 1


class TestButtons:
    """No two buttons of a reply ask the same, whatever a file names twice."""

    @pytest.mark.parametrize("question", [AboutTopic(DURATION), ShowPicture(DURATION), AboutTopic(TopicId("programs"))])
    def test_topic(self, dossier: Dossier, question: AboutTopic | ShowPicture) -> None:
        """Its file names a topic twice, the topic itself, and a programme that is listed anyway."""
        names = ["duration", "programs", "program:talent", "renewal", "renewal"]
        topics = {
            name: topic.model_copy(update={"related": names}) if name in ("duration", "programs") else topic
            for name, topic in dossier.topics.items()
        }
        found = asked(answer(replace(dossier, topics=topics), question, "en", TODAY))
        assert len(found) == len(set(found))
        assert found.count(AboutTopic(DURATION)) == (0 if question == AboutTopic(DURATION) else 1)

    @pytest.mark.parametrize("way", ["button", "link"])
    def test_withdrawn_bulletin(self, dossier: Dossier, way: str) -> None:
        """The button of a bulletin that was withdrawn since says so, and so does a link to it."""
        name, bulletin = next(iter(dossier.bulletins.items()))
        gone = withdrawn(bulletin)
        bulletins = {key: item for key, item in dossier.bulletins.items() if key != name}
        since = replace(dossier, bulletins=bulletins, withdrawn={name: gone})
        question = not_none(
            from_token(token(AboutBulletin(name)), since) if way == "button" else Command("start", name)
        )
        reply = answer(since, question, "en", TODAY)
        assert reply.emoji == "🚫"
        assert "It was withdrawn on" in render(reply)
        assert "It was wrong." in render(reply)

    def test_bulletin(self, dossier: Dossier) -> None:
        """Its file names the news, twice."""
        name, bulletin = next(iter(dossier.bulletins.items()))
        odd = bulletin.model_copy(update={"topics": ["news", "news"]})
        reply = answer(replace(dossier, bulletins={name: odd}), AboutBulletin(name), "en", TODAY)
        assert asked(reply) == [AboutTopic(TopicId("news"))]


@pytest.mark.parametrize(
    "words", ["the port <took> it back", "<b>all</b> of it", "<p>all</p>", "```\nall\n```", "{none} is wrong"]
)
def test_the_reason_of_a_withdrawal_loses_no_words(dossier: Dossier, words: str) -> None:
    """Nothing is checked in it, so that one can be withdrawn at once: what is no Markdown of ours stands as it was written."""
    reason = Withdrawal(date=TODAY, because={Language("en"): words})
    said = [plain(line) for line in lines_of(DossierTexts(dossier, Language("en")).reason(reason))]
    assert said == [words.removeprefix("```\n").removesuffix("\n```")]


class TestPicture:
    """A picture is shown with the beginning of the topic's text, and a button for the whole."""

    def test_the_first_button_leads_to_the_text(self, dossier: Dossier) -> None:
        reply = answer(dossier, ShowPicture(DURATION), "en", TODAY)
        assert reply.picture_topic == DURATION
        assert reply.buttons[0].question == AboutTopic(DURATION)
        assert ShowPicture(DURATION) not in asked(reply)

    def test_begins_as_the_text_does(self, dossier: Dossier) -> None:
        """The first paragraph, with its bar; sources and day."""
        words, shown = (
            answer(dossier, question, "ru", TODAY) for question in (AboutTopic(DURATION), ShowPicture(DURATION))
        )
        assert shown.blocks == words.blocks[:2]
        assert isinstance(shown.blocks[1], ProgressBar)
        assert (shown.sources, shown.as_of_label) == (words.sources, words.as_of_label)

    @table("language, caveat")
    def test_says_what_not_to_conclude(self, dossier: Dossier, language: str, caveat: str) -> None:
        """The caption warns as the picture does; where there is one figure, or no picture of figures, there is nothing to warn of.

        en | Not like for like: each figure counts something else.
        id | Tidak bisa dibandingkan langsung: tiap angka menghitung hal yang berbeda.
        ru | Напрямую не сравнить: каждая цифра — о своём.
        """
        reply = answer(dossier, ShowPicture(TopicId("pricing")), language, TODAY)
        assert reply.blocks[-1] == Note((Span(caveat),))
        one = dossier.topics[TopicId("pricing")].model_copy(update={"figures": ["price_rosstat"]})
        alone = replace(dossier, topics={**dossier.topics, one.id: one})
        for shown in (
            answer(alone, ShowPicture(one.id), language, TODAY),
            answer(dossier, ShowPicture(DURATION), language, TODAY),
        ):
            assert not any(isinstance(block, Note) for block in shown.blocks)

    def test_a_topic_without_a_picture_answers_in_words(self, dossier: Dossier) -> None:
        """An editor may have removed it since the button was sent."""
        topic = TopicId("help")
        assert answer(dossier, ShowPicture(topic), "en", TODAY) == answer(dossier, AboutTopic(topic), "en", TODAY)

    def test_the_question_comes_back_from_its_token(self, dossier: Dossier) -> None:
        for name in dossier.topics:
            assert from_token(token(ShowPicture(name)), dossier) == ShowPicture(name)
        assert from_token("p/gone", dossier) is None


class TestMenu:
    """Menus list topics in their order, and the programmes together."""

    @staticmethod
    def commands(dossier: Dossier, *, programs: bool = True) -> list[str]:
        return [entry.command for entry in topic_entries(dossier, Language("en"), programs=programs)]

    def test_programmes_follow_the_topic_that_lists_them(self, dossier: Dossier) -> None:
        commands = self.commands(dossier)
        at = commands.index("programs") + 1
        assert commands[at : at + 6] == ["talent", "technology", "content", "5g_iot", "spectrum", "cybersecurity"]
        assert [*commands[:at], *commands[at + 6 :]] == self.commands(dossier, programs=False)

    def test_they_are_last_if_no_topic_lists_them(self, dossier: Dossier) -> None:
        topics = {key: topic for key, topic in dossier.topics.items() if key != "programs"}
        assert self.commands(replace(dossier, topics=topics))[-1] == "cybersecurity"


class TestWhoSaysSo:
    """``{x.by}`` has a capital letter where a sentence begins, and nowhere else."""

    @table("body, expected")
    def test_in_a_text(self, dossier: Dossier, body: str, expected: str) -> None:
        r"""
        {coverage.by} counts so. | The residents count so.
        It is so.[@inti-media] {coverage.by} counts so. | It is so. The residents count so.
        Is it? **{coverage.by}** counts so. | Is it? The residents count so.
        It is so, {coverage.by} say. | It is so, the residents say.
        "About 3. {coverage.by} counts so.\n\n- so says {coverage.by}" | About 3. The residents count so.|so says the residents
        """
        fact = dossier.facts[FactId("coverage")].model_copy(update={"stated_by": "the residents"})
        changed = replace(dossier, facts={**dossier.facts, FactId("coverage"): fact})
        blocks = DossierTexts(changed, Language("en")).blocks(body.replace("counts", "count"))
        lines = [each for block in blocks for each in (block.items if isinstance(block, Items) else (block.spans,))]
        assert "|".join(map(without_citations, lines)) == expected
