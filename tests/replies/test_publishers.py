"""Names in questions: those of whoever asks say nothing, those of something else say that the dossier is not asked about."""

import pytest

from bot.dossier.models import Dossier
from bot.matching.gazetteer import country_of
from bot.replies.answer import answer
from bot.replies.question import FreeText
from tests.conftest import TODAY, shipped
from tests.tables import cases, table


@pytest.fixture(scope="module")
def dossier() -> Dossier:
    """About Indonesia and Russia."""
    return shipped()


def topic_of(dossier: Dossier, text: str, language: str) -> str | None:
    return answer(dossier, FreeText(text), language, TODAY).topic


def likeliest(dossier: Dossier, text: str, language: str) -> str | None:
    """The topic that is answered, or offered first."""
    reply = answer(dossier, FreeText(text), language, TODAY)
    return reply.topic or next(iter(reply.suggestions), None)


class TestAskers:
    """Who asks, and from where, does not matter."""

    @pytest.mark.slow
    @table("text, language, topic")
    def test_are_answered(self, dossier: Dossier, text: str, language: str, topic: str) -> None:
        """With a name, a town or an occupation that the dossier has nothing about; at least it is offered first.

        hi I'm Dewi from Semarang, how long is this memorandum valid | en | duration
        I live in Bandung and study IR, until what year does the pact stay in force | en | duration
        my uncle in Tver says internet costs peanuts, how much is it a month | en | pricing
        im a podcaster in bandung, anything for content ppl like me in this | en | program:content
        halo min, saya Dewi dari Semarang, MoU ini berlaku sampai kapan ya | id | duration
        guru saya nanya mou ini berapa taun | id | duration
        привет, я Маша из Твери, сколько лет действует меморандум | ru | duration
        училка спрашивает на сколько лет меморандум | ru | duration
        """
        assert likeliest(dossier, text, language) == topic

    def test_in_any_dossier(self, tiny: Dossier) -> None:
        """No dossier teaches it."""
        assert topic_of(tiny, "I'm Björn from Malmö, what's the fare", "en") == "fare"

    @pytest.mark.parametrize(("text", "language"), [("i'm hungry", "en"), ("я тебя люблю", "ru")])
    def test_without_a_question_stay_what_they_are(self, dossier: Dossier, text: str, language: str) -> None:
        """Where nothing is left, the words were no introduction."""
        assert topic_of(dossier, text, language) is None


class TestTowns:
    """A town that no example names is something else, though it lies in a country of the dossier."""

    @table("text, language")
    def test_are_declined(self, dossier: Dossier, text: str, language: str) -> None:
        """Under any topic that is about no one country.

        when does 5g reach medan | en
        when is telkomsel turning on 5g in kediri | en
        kapan 5g masuk kediri | id
        когда в перми будет 5g | ru
        5g в казани уже работает? | ru
        """
        assert topic_of(dossier, text, language) is None

    def test_of_the_country_that_a_topic_is_about_are_not(self, dossier: Dossier) -> None:
        """What internet costs in Russia answers what it costs in one of its towns."""
        assert topic_of(dossier, "a month of wifi in novosibirsk costs what", "en") == "pricing"

    @cases("text, language")
    def test_speak_of_their_country(self, dossier: Dossier, text: str, language: str) -> None:
        """What internet costs in Russia is no answer, what it costs in Indonesia is.

        what does wifi cost in jakarta | en
        почём вайфай в джакарте | ru
        """
        assert topic_of(dossier, text, language) == "home_prices"

    @table("word, language, country")
    def test_lie_in_a_country(self, word: str, language: str, country: str) -> None:
        """In whatever case a language puts them.

        kediri | id | ID
        kazan | en | RU
        казани | ru | RU
        перми | ru | RU
        toronto | en | CA
        memorandum | en | ""
        """
        assert country_of(word, language) == country


class TestStrangers:
    """A word that nobody knows, near one that the dossier has, is the name of something else."""

    @table("text, language")
    def test_are_declined(self, dossier: Dossier, text: str, language: str) -> None:
        """A station, a treaty, a country.

        what frequency does radio elshinta broadcast on | en
        who signed the tordesillas agreement | en
        did the US sign a digital mou | en
        siapa yang teken perjanjian linggarjati | id
        frekuensi radio prambors berapa | id
        5g di india | id
        где подписали беловежское соглашение | ru
        совместный фильм россии и китая | ru
        """
        assert topic_of(dossier, text, language) is None

    @table("text, language, topic")
    def test_are_no_names_where_they_look_like_verbs_or_stand_in_a_story(
        self, dossier: Dossier, text: str, language: str, topic: str
    ) -> None:
        """Slang is no name, and one word of many says little; at least it is offered first.

        soal frekuensi diapain emang | id | program:spectrum
        хакеров прижмут? | ru | program:cybersecurity
        okay so um my cousin is a nurse on a small island near Maluku and the internet there is awful like she has to walk to the harbour to send a message so does any of this reach places like that | en | 3t
        """
        assert likeliest(dossier, text, language) == topic


class TestOpinions:
    """What is asked of the bot's own taste is declined, however much the rest is like an example."""

    @table("text, language")
    def test_are_declined(self, dossier: Dossier, text: str, language: str) -> None:
        """The bot has none.

        do you think 5g is good | en
        kamu suka bu menteri gak | id
        как думаешь 5g это хорошо? | ru
        """
        assert topic_of(dossier, text, language) is None


class TestRunTogether:
    """A part of letters and digits parts its neighbours."""

    @pytest.mark.parametrize(("text", "language"), [("5gandiot", "en"), ("сети5gииот", "ru"), ("5gdaniot", "id")])
    def test_is_found(self, dossier: Dossier, text: str, language: str) -> None:
        """However short they are."""
        assert topic_of(dossier, text, language) == "program:5g-iot"
