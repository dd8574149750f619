"""A reply to a message of ours that doubts it: what is understood, and what is said."""

from dataclasses import replace

import pytest

from bot.dossier.models import BulletinId, Dossier, Language
from bot.platforms.telegram.render import plain_text, text_of
from bot.replies.answer import answer
from bot.replies.bulletins import LabelledBulletin, bulletin_text, single_reply
from bot.replies.claims import doubt_in
from bot.replies.heard import Heard, question_in
from bot.replies.question import AboutBulletin, CheckText, Command, Doubt, FreeText, Whole, token
from bot.replies.reply import Reply
from bot.replies.topics import short_form
from tests.conftest import TODAY, shipped
from tests.editor import withdrawn
from tests.tables import table

WAY = "Write /mistake and what it is"

ASKED = {
    "en": ("is this true?", "source?", "since when?", "this is wrong"),
    "es": ("¿es verdad?", "¿fuente?", "¿desde cuándo?", "esto está mal"),
    "id": ("ini benar?", "sumbernya?", "sejak kapan?", "ini salah"),
    "ru": ("это правда?", "источник?", "с каких пор?", "это неправда"),
}
"""The questions that every message of ours is asked, the last one being no question."""


def messages_of_ours(dossier: Dossier) -> dict[str, tuple[Reply, str]]:
    """What is asked about, and what each answer must say of it, in whatever language."""
    newest = next(iter(dossier.bulletins.values()))
    text = bulletin_text(dossier, newest, Language("en"))
    return {
        "an answer": (short_form(answer(dossier, "/duration", "en", TODAY)), "INTI Media"),
        "a verdict": (short_form(answer(dossier, CheckText("The memorandum lasts ten years"), "en", TODAY)), "✗"),
        "a bulletin": (answer(dossier, AboutBulletin(newest.id), "en", TODAY), "300"),
        "a correction": (single_reply(LabelledBulletin(text, "correction", TODAY), Language("en")), "300"),
    }


@pytest.fixture(scope="module")
def dossier() -> Dossier:
    return shipped()


def written(reply: Reply) -> str:
    return plain_text(text_of(reply))


def doubted(dossier: Dossier, reply: Reply, words: str = "is this true?", language: str = "en") -> Reply:
    """What is said to a reply of these words to our message."""
    buttons = tuple(token(button.question) for button in reply.buttons if button.question)
    question = question_in(Heard(words, doubted=(written(reply), buttons)))
    assert isinstance(question, Doubt)
    return answer(dossier, question, language, TODAY)


class TestUnderstood:
    @table("words, kind")
    def test_examples(self, words: str, kind: str) -> None:
        r"""
        is this true? | doubt
        Source? | doubt
        what’s your source? | doubt
        since when? | doubt
        says who? | doubt
        is this still true | doubt
        fake? | doubt
        this is wrong | wrong
        that's not true! | wrong
        there is a mistake here | wrong
        ¿es verdad? | doubt
        ¿fuente? | doubt
        ¿desde cuándo? | doubt
        ¿Quién lo dice? | doubt
        esto está mal | wrong
        no es cierto | wrong
        hay un error | wrong
        apa ini benar? | doubt
        sumbernya? | doubt
        sejak kapan? | doubt
        kata siapa? | doubt
        ini salah | wrong
        ini tidak benar | wrong
        это правда? | doubt
        Источник? | doubt
        с каких пор? | doubt
        откуда это? | doubt
        это неправда | wrong
        тут ошибка | wrong
        c'est vrai? | doubt
        d'où vient ça ? | doubt
        c'est faux | wrong
        é verdade isso? | doubt
        thanks | ""
        ok | ""
        lol | ""
        "true" | ""
        yes, true | ""
        benar | ""
        правда | ""
        verdad | ""
        спасибо | ""
        good bot | ""
        how long does it last? | ""
        what is the source of the price? | ""
        since when has he been minister? | ""
        it lasts ten years? | ""
        wrong number, sorry | ""
        he said this is wrong | ""
        "\"this is wrong\" he says" | ""
        """
        assert doubt_in(words) == kind

    def test_only_in_a_reply_to_us(self) -> None:
        assert question_in(Heard("source?")) == FreeText("source?")
        assert question_in(Heard("is this true?", replied_to="It lasts ten years.")) == CheckText("It lasts ten years.")

    def test_our_name_alone_in_a_reply_to_us(self) -> None:
        assert question_in(Heard("", mentions_us=True, doubted=("News", ()))) == Doubt("News")

    def test_a_command_and_a_forward_are_what_they_are(self) -> None:
        assert question_in(Heard("/news", doubted=("News", ()))) == Command("news")
        assert question_in(Heard("source?", is_forwarded=True, doubted=("News", ()))) == CheckText("source?")


class TestSaid:
    def test_a_bulletin_stands_as_it_is_now_with_its_sources(self, dossier: Dossier) -> None:
        for name in dossier.bulletins:
            for language in dossier.languages:
                sent = answer(dossier, AboutBulletin(name), language, TODAY)
                for shown in (sent, short_form(sent)):
                    reply = doubted(dossier, shown)
                    assert reply.sources == answer(dossier, AboutBulletin(name), "en", TODAY).sources

    def test_it_says_so(self, dossier: Dossier) -> None:
        sent = answer(dossier, AboutBulletin(next(iter(dossier.bulletins))), "en", TODAY)
        for reply in (doubted(dossier, sent), short_form(doubted(dossier, sent))):
            assert "As it stands now:" in written(reply)
            assert reply.sources

    def test_a_withdrawn_bulletin_is_withdrawn(self, dossier: Dossier) -> None:
        name: BulletinId = next(iter(dossier.bulletins))
        sent = answer(dossier, AboutBulletin(name), "en", TODAY)
        left = {other: bulletin for other, bulletin in dossier.bulletins.items() if other != name}
        now = replace(dossier, bulletins=left, withdrawn={name: withdrawn(dossier.bulletins[name])})
        text = bulletin_text(now, now.withdrawn[name], Language("en"))
        edited = single_reply(LabelledBulletin(text, "withdrawn", TODAY), Language("en"))
        for shown in (sent, edited):
            assert "It was withdrawn on" in written(doubted(now, shown))

    def test_an_answer_is_its_topic(self, dossier: Dossier) -> None:
        for language in dossier.languages:
            whole = answer(dossier, "/duration", language, TODAY)
            for shown in (whole, short_form(whole)):
                assert doubted(dossier, shown).topic == "duration"

    def test_a_verdict_is_given_again(self, dossier: Dossier) -> None:
        shown = short_form(answer(dossier, CheckText("The memorandum lasts ten years"), "en", TODAY))
        again = doubted(dossier, shown, "источник?", "ru")
        assert (again.verdict, again.language) == ("contradicts", "ru")
        assert again.sources

    def test_what_is_not_known_is_asked_for(self, dossier: Dossier) -> None:
        panel = Reply(None, Language("en"), "Settings", "⚙️")
        assert doubted(dossier, panel).title == "What is it that you heard?"

    def test_a_forged_button_is_none(self, dossier: Dossier) -> None:
        for data in ("m/xx/t/duration", "m/", "c/unsubscribe/", "", token(Command("subscribe"))):
            assert answer(dossier, Doubt("x", (data,)), "en", TODAY).topic is None

    def test_who_says_that_it_is_wrong_learns_how_to_report_it(self, dossier: Dossier) -> None:
        shown = answer(dossier, "/duration", "en", TODAY)
        for words, is_told in (("this is wrong", True), ("source?", False)):
            reply = doubted(dossier, shown, words)
            assert (WAY in written(reply), WAY in written(short_form(reply))) == (is_told, is_told)

    def test_the_button_may_be_of_the_whole(self, dossier: Dossier) -> None:
        whole = Whole(AboutBulletin(next(iter(dossier.bulletins))), Language("en"))
        assert answer(dossier, Doubt("nothing of it", (token(whole),)), "en", TODAY).sources
