"""Words in any language's letters: endings and marks make no difference, and no language is read with another one's lists."""

import unicodedata

import pytest

from bot.dossier.models import Language
from bot.matching import stemmer
from bot.matching.analyzer import Analyzer, MessageReader, analyzer_for
from bot.matching.lexicon import lexicon
from bot.matching.stemmer import is_foreign, stem
from bot.matching.tokenizer import tidy, words
from tests.tables import table

_FORMS = {
    "ar": ("الكتاب", "كتابها"), "da": ("færgen", "færgerne"), "de": ("Größe", "Größen"), "el": ("σταθμός", "σταθμοί"),
    "en": ("cafés", "café"), "es": ("canción", "canciones"), "fi": ("päivä", "päivät"), "fr": ("étudiant", "étudiants"),
    "hi": ("लड़कियों", "लड़कियां"), "hu": ("könyv", "könyvek"), "hy": ("ուսանողներ", "ուսանողներին"), "id": ("bukunya", "buku"),
    "it": ("fermàta", "fermàte"), "lt": ("kėdė", "kėdės"), "nl": ("coördinaat", "coördinaten"), "no": ("båten", "båter"),
    "pt": ("bilhétes", "bilhéte"), "ro": ("bilete", "biletele"), "ru": ("самолёты", "самолётами"), "sr": ("карте", "карта"),
    "sv": ("båten", "båtar"), "ta": ("புத்தகங்கள்", "புத்தகம்"), "tr": ("sıralar", "sıra"),
}  # fmt: skip
"""Two forms of a word in each language that has an algorithm, one of them at least with an ending."""

_WITH_LISTS = ("en", "es", "id", "ru")

_INDIC = ("hi", "ta")
"""Their vowels are marks, and nobody leaves them out."""


def test_every_algorithm_has_forms() -> None:
    assert _FORMS.keys() == stemmer._ALGORITHMS.keys()


@pytest.mark.parametrize("language", _FORMS)
class TestForms:
    """Of every language that has an algorithm."""

    def test_it_is_not_foreign(self, language: str) -> None:
        assert not any(is_foreign(tidy(word), language) for word in _FORMS[language])

    def test_an_ending_goes(self, language: str) -> None:
        """Of one form at least."""
        assert any(len(stem(tidy(word), language)) < len(tidy(word)) for word in _FORMS[language])

    def test_a_word_stays_one(self, language: str) -> None:
        """Its marks do not part it."""
        assert all(len(words(tidy(word))) == 1 for word in _FORMS[language])

    def test_both_forms_are_one_word(self, language: str) -> None:
        """To the stemmer."""
        assert len({stem(tidy(word), language) for word in _FORMS[language]}) == 1

    def test_marks_make_no_difference(self, language: str) -> None:
        """An editor writes them, a reader in a hurry does not."""
        for word in _FORMS[language] if language not in _INDIC else ():
            bare = "".join(each for each in unicodedata.normalize("NFD", word) if unicodedata.category(each) != "Mn")
            assert stem(tidy(bare), language) == stem(tidy(word), language)


class TestMarks:
    """Letters of their own are written as others write them."""

    @pytest.mark.parametrize(
        ("written", "tidied"),
        [("Straße", "strasse"), ("İzmir", "izmir"), ("Łódź", "lodz"), ("ё", "е"), ("й", "й"), ("Ελλάδα", "ελλαδα")],
    )
    def test_tidied(self, written: str, tidied: str) -> None:
        assert tidy(written) == tidied


class TestElision:
    """A short word that has lost its vowel before another one is a word of its own; other apostrophes part nothing."""

    @table("text, found")
    def test_words(self, text: str, found: list[str]) -> None:
        """
        L’aéroport | ["l", "aeroport"]
        aujourd'hui j'habite | ["aujourdhui", "j", "habite"]
        qu'est-ce qu’on | ["qu", "est", "ce", "qu", "on"]
        dell'acqua | ["dell", "acqua"]
        don't, we'll, o'clock, c'mon | ["dont", "well", "oclock", "cmon"]
        Jum'at п'ять | ["jumat", "пять"]
        """
        assert words(tidy(text)) == found


@pytest.mark.parametrize(
    "language",
    [
        each if each in ("ar", "de", "hi", "sr") else pytest.param(each, marks=pytest.mark.slow)
        for each in _FORMS
        if each not in _WITH_LISTS
    ],
)
class TestWithoutLists:
    """A text in a language without word lists is read by the dossier's own words alone, whatever they look like in another language."""

    def test_no_word_is_replaced(self, language: str) -> None:
        """Nor left out, nor taken for one that carries no subject: every word of the other languages' lists."""
        analyzer = analyzer_for((Language(language), *map(Language, _WITH_LISTS)))
        listed = sorted({word for each in _WITH_LISTS for word in (*lexicon(each).spelt, *lexicon(each).words)})
        for start in range(0, len(listed), 40):
            text = " ".join(listed[start : start + 40])
            tokens = analyzer.tokens(text, Language(language))
            assert [token.word for token in tokens] == words(tidy(text))
            assert all(
                token.kind != "light" and token.terms.keys() <= _terms(analyzer, token.word, language)
                for token in tokens
            )

    @pytest.mark.parametrize("app", ["own", "en"])
    def test_nor_in_a_message(self, language: str, app: str) -> None:
        """Whatever the reader's app is set to."""
        own, english = Language(language), Language("en")
        example = "y red pie he son come a van die"
        reader = MessageReader(analyzer_for((own, english)), {own: set(example.split()), english: {"fare", "is"}})
        reading = reader.read(example, own if app == "own" else english)
        assert reading.language == language
        assert [token.word for token in reading.tokens] == example.split()
        assert {token.kind for token in reading.tokens} == {"content"}


def _terms(analyzer: Analyzer, word: str, language: str) -> set[str]:
    """What the word alone may be known by in that language: its stem, its root, and its country."""
    return {term for term in analyzer.bare_token(word, Language(language)).terms if term[0] != "="}


class TestApart:
    """A stem of a language without word lists belongs to it alone."""

    @pytest.mark.parametrize(("portuguese", "french"), [("hora", "hors"), ("saco", "sac"), ("partir", "partir")])
    def test_no_stem_in_common(self, portuguese: str, french: str) -> None:
        """Cut to their stems these words look the same."""
        pt, fr = Language("pt"), Language("fr")
        analyzer = analyzer_for((pt, fr))
        (first,), (second,) = analyzer.tokens(portuguese, pt), analyzer.tokens(french, fr)
        assert {*first.stems}.isdisjoint(second.stems)

    def test_a_listed_language_knows_both(self) -> None:
        """An English text with a German name is found by a German question."""
        de, en = Language("de"), Language("en")
        analyzer = analyzer_for((de, en))
        (german,), (english,) = analyzer.tokens("Moorbachs", de), analyzer.tokens("Moorbach", en)
        assert {*german.stems} <= {*english.stems}


class TestChosenLanguage:
    """The reader's language decides where the message does not clearly say another."""

    @table("text, own, spoken")
    def test_language(self, text: str, own: str, spoken: str) -> None:
        """
        mete mucho ruido? | es | es
        van a talar arboles? | es | es
        va a llover | es | es
        cuanto pone europa | es | es
        what does a ticket cost | es | en
        cuánto cuesta el billete | en | es
        сколько стоит билет | es | ru
        сколько | en | ru
        meeting? | es | es
        meeting? | ru | ru
        the meeting is when | ru | en
        ticket? | ru | en
        """
        vocabulary = {
            Language("es"): {"cuanto", "cuesta", "el", "billete", "hay", "a"},
            Language("en"): {"what", "does", "the", "ticket", "cost", "a"},
            Language("ru"): {"сколько", "стоит", "билет"},
        }
        assert MessageReader(analyzer_for(tuple(vocabulary)), vocabulary).read(text, Language(own)).language == spoken
