"""What a group is shown of an answer: its first sentence, or the verdict, with its sources, and one button for the rest."""

from dataclasses import replace
from itertools import groupby
from statistics import median

import pytest

from bot.dossier.markdown import Paragraph, Span, plain, without_citations
from bot.dossier.models import Dossier, Language
from bot.platforms.discord.render import action_rows
from bot.platforms.telegram.render import keyboard, plain_text, text_of
from bot.replies.answer import answer
from bot.replies.dossier_texts import beginning
from bot.replies.question import AboutBulletin, CheckText, Chosen, Question, Whole, from_token, token
from bot.replies.reply import Reply, lines_of
from bot.replies.topics import short_form
from tests.conftest import TODAY, not_none, shipped
from tests.tables import cases

MEDIAN_CHARACTERS = 250


@pytest.fixture(scope="module")
def nota() -> Dossier:
    return shipped()


def length(reply: Reply) -> int:
    return len(plain_text(text_of(reply)))


def everything(dossier: Dossier, language: Language) -> list[str | Question]:
    """A command for each topic, two questions about each, and each bulletin."""
    commands = [f"/{topic.command_word}" for topic in dossier.topics.values()]
    asked = [words for topic in dossier.topics.values() for words in topic.asks.get(language, [])[:2]]
    return [
        *commands,
        *asked,
        *map(AboutBulletin, dossier.bulletins),
        "/start",
        "what is the weather like",
        "/durasion",
    ]


class TestEveryAnswer:
    def test_half_of_them_have_250_characters_at_most_and_none_has_two_rows(self, nota: Dossier) -> None:
        for language in nota.languages:
            shown = [short_form(answer(nota, asked, language, TODAY)) for asked in everything(nota, language)]
            assert median(map(length, shown)) <= MEDIAN_CHARACTERS
            assert {len(keyboard(each.buttons)) for each in shown} <= {0, 1}
            assert {len(action_rows(each.buttons, language)) for each in shown} <= {0, 1}

    def test_no_sentence_is_cut(self, nota: Dossier) -> None:
        """Of a paragraph a sentence is left that ends as it does there, and behind which another one begins."""
        for language in nota.languages:
            for topic in nota.topics.values():
                whole = answer(nota, f"/{topic.command_word}", language, TODAY)
                texts = [without_citations(line) for line in lines_of(whole.blocks)]
                for line in map(without_citations, lines_of(whole.short or ())):
                    [text] = [text for text in texts if text.startswith(line.rstrip())][:1]
                    rest = text.removeprefix(line.rstrip()).strip()
                    assert line.rstrip().endswith((".", "!", "?")) or not rest, (topic.id, line)
                    assert not rest or not rest[0].islower(), (topic.id, line)

    def test_its_sources_are_those_of_its_sentence(self, nota: Dossier) -> None:
        shown = short_form(answer(nota, "/duration", "en", TODAY))
        assert [source.id for source in shown.sources] == ["inti-media", "antara-bisnisupdate"]
        assert shown.cited == 2
        assert short_form(answer(nota, "/minister", "en", TODAY)).sources

    def test_the_rest_is_behind_its_button_in_the_same_language(self, nota: Dossier) -> None:
        for language in nota.languages:
            for asked in everything(nota, language)[:-3]:
                whole = answer(nota, asked, language, TODAY)
                [more] = short_form(whole).buttons
                assert isinstance(more.question, Whole)
                again = not_none(from_token(token(more.question), nota))
                assert answer(nota, again, "en", TODAY).blocks == whole.blocks


class TestVerdict:
    @cases("language, claim, title")
    def test_the_verdict_is_all_of_it(self, nota: Dossier, language: str, claim: str, title: str) -> None:
        """
        en | The memorandum lasts ten years       | No. The memorandum’s first term: five years, not ten years (so says Minister Meutya Hafid).¹ ² ³
        id | Nota kesepahaman berlaku sepuluh tahun | Tidak benar. Masa berlaku pertama MoU: lima tahun, bukan sepuluh tahun (menurut Menteri Meutya Hafid).¹ ² ³
        ru | Меморандум действует десять лет      | Нет. Первый срок меморандума: пять лет, а не десять лет (так сообщает министр Меутья Хафид)¹ ² ³.
        """
        whole = answer(nota, CheckText(claim), language, TODAY)
        shown = short_form(whole)
        assert shown.title.split() == title.split()
        assert (shown.blocks, len(shown.buttons)) == ((), 1)
        assert isinstance(whole.more, Chosen)
        again = not_none(from_token(token(Whole(whole.more, whole.language)), nota))
        assert answer(nota, again, "en", TODAY).verdict == "contradicts"

    def test_a_reviewed_claim_has_the_first_reason(self, nota: Dossier) -> None:
        claim = next(each for each in nota.claims.values() if each.verdict == "false")
        text = next(each for each in claim.says["en"] if "{" not in each)
        whole = answer(nota, CheckText(text), "en", TODAY)
        shown = short_form(whole)
        assert (whole.reviewed, len(shown.blocks)) == (True, 1)
        assert len(shown.blocks) < len(whole.blocks)

    def test_what_is_open_has_the_topics_sentence(self, nota: Dossier) -> None:
        whole = answer(nota, CheckText("The memorandum was signed in Moscow. It lasts ten years"), "en", TODAY)
        shown = short_form(whole)
        assert whole.verdict == "unknown"
        assert "Five years, so probably until June 2030." in plain_text(text_of(shown))
        assert len(shown.blocks) == 2


@cases("text, first")
def test_where_a_sentence_ends(text: str, first: str) -> None:
    """
    Exchanged in St. Petersburg. More. | Exchanged in St. Petersburg.
    Di Jl. Merdeka. Lalu. | Di Jl. Merdeka.
    В 2025 г. Россия согласилась. Потом. | В 2025 г. Россия согласилась.
    Said J. Smith yesterday. More. | Said J. Smith yesterday.
    About 5 mln. people came. More. | About 5 mln. people came.
    Is it so? It is. | Is it so?
    It is 1.5 m. Then more. | It is 1.5 m. Then more.
    """
    assert plain(beginning((Span(text),))) == first


def test_what_has_no_short_form_stays(nota: Dossier) -> None:
    reply = Reply(None, Language("en"), "Title", blocks=(Paragraph((Span("Text"),)),))
    assert short_form(reply) is reply
    picture = replace(answer(nota, "/duration", "en", TODAY), short=None, picture_topic=next(iter(nota.topics)))
    assert short_form(picture) is picture
    assert [kind for kind, _ in groupby(button.choice for button in answer(nota, "/start", "en", TODAY).buttons)] == [
        False
    ]
