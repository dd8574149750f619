"""Replies that offer a picture, and those that show one."""

from dataclasses import replace

import pytest

from bot.dossier.loader import load
from bot.dossier.models import Dossier, TopicId
from bot.replies.answer import answer
from bot.replies.question import AboutBulletin, AboutTopic, ShowPicture, from_token, token
from bot.replies.reply import Button, ProgressBar, Reply
from tests.conftest import CONTENT, TODAY

DURATION = TopicId("duration")


@pytest.fixture(scope="module")
def dossier() -> Dossier:
    """The real one."""
    dossier = load(CONTENT, TODAY).dossier
    assert dossier is not None
    return dossier


def asked(reply: Reply) -> list[object]:
    return [button.question for button in reply.buttons]


class TestOffer:
    """Where there is a picture, a button shows it."""

    @pytest.mark.parametrize(("language", "label"), [("en", "Show"), ("id", "Tampilkan"), ("ru", "Показать")])
    def test_a_topic_with_a_picture_offers_it(self, dossier: Dossier, language: str, label: str) -> None:
        """Last, behind the ways on."""
        reply = answer(dossier, AboutTopic(DURATION), language, TODAY)
        assert reply.buttons[-1] == Button(f"📊 {label}", ShowPicture(DURATION))
        assert reply.shows is None

    def test_other_topics_do_not(self, dossier: Dossier) -> None:
        """No button leads nowhere."""
        for topic in dossier.topics.values():
            reply = answer(dossier, AboutTopic(topic.id), "en", TODAY)
            assert (ShowPicture(topic.id) in asked(reply)) == bool(topic.picture)

    def test_a_bulletin_offers_the_picture_of_its_topic(self, dossier: Dossier) -> None:
        """Where it says which."""
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


class TestWays:
    """Each thing is asked once, whatever a file names twice."""

    @pytest.mark.parametrize("question", [AboutTopic(DURATION), ShowPicture(DURATION), AboutTopic(TopicId("programs"))])
    def test_topic(self, dossier: Dossier, question: AboutTopic | ShowPicture) -> None:
        """A topic twice, the topic itself, and a programme that is listed anyway."""
        names = ["duration", "programs", "program:talent", "renewal", "renewal"]
        topics = {
            name: topic.model_copy(update={"related": names}) if name in ("duration", "programs") else topic
            for name, topic in dossier.topics.items()
        }
        found = asked(answer(replace(dossier, topics=topics), question, "en", TODAY))
        assert len(found) == len(set(found))
        assert found.count(AboutTopic(DURATION)) == (0 if question == AboutTopic(DURATION) else 1)

    def test_bulletin(self, dossier: Dossier) -> None:
        """Of a topic twice, or of the news."""
        name, bulletin = next(iter(dossier.bulletins.items()))
        odd = bulletin.model_copy(update={"topics": ["news", "news"]})
        reply = answer(replace(dossier, bulletins={name: odd}), AboutBulletin(name), "en", TODAY)
        assert asked(reply) == [AboutTopic(TopicId("news"))]


class TestShow:
    """A picture with the beginning of its words, and the way to all of them."""

    def test_says_where_the_whole_is(self, dossier: Dossier) -> None:
        """First of the buttons; the ways on follow, without the button that led here."""
        reply = answer(dossier, ShowPicture(DURATION), "en", TODAY)
        assert reply.shows == DURATION
        assert reply.buttons[0].question == AboutTopic(DURATION)
        assert ShowPicture(DURATION) not in asked(reply)

    def test_begins_as_the_words_do(self, dossier: Dossier) -> None:
        """The first paragraph, with its bar; sources and day."""
        words, shown = (
            answer(dossier, question, "ru", TODAY) for question in (AboutTopic(DURATION), ShowPicture(DURATION))
        )
        assert shown.blocks == words.blocks[:2]
        assert isinstance(shown.blocks[1], ProgressBar)
        assert (shown.sources, shown.as_of_label) == (words.sources, words.as_of_label)

    def test_a_topic_without_a_picture_answers_in_words(self, dossier: Dossier) -> None:
        """As where an edition has dropped it since."""
        topic = TopicId("help")
        assert answer(dossier, ShowPicture(topic), "en", TODAY) == answer(dossier, AboutTopic(topic), "en", TODAY)

    def test_the_question_comes_back_from_its_token(self, dossier: Dossier) -> None:
        """For every topic; a forged or outdated one is none."""
        for name in dossier.topics:
            assert from_token(token(ShowPicture(name)), dossier) == ShowPicture(name)
        assert from_token("p/gone", dossier) is None
