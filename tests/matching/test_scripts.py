"""Words in any language's letters: endings and marks make no difference, and no language is read with another one's lists."""

import unicodedata

import pytest

from bot.dossier.models import Language, TopicId
from bot.languages import languages_with
from bot.matching import stemmer
from bot.matching.analyzer import Analyzer, MessageReader, analyzer_for
from bot.matching.decision import Matcher
from bot.matching.index import MatcherTexts, TopicTexts
from bot.matching.lexicon import lexicon
from bot.matching.stemmer import is_foreign, stem
from bot.matching.tokenizer import tidy, words
from tests.evaluation.questions import small_dossier
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

_WITH_LISTS = languages_with("questions.toml")

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

    @table("written, tidied")
    def test_tidied(self, written: str, tidied: str) -> None:
        """
        Straße | strasse
        İzmir | izmir
        Łódź | lodz
        ё | е
        й | й
        Ελλάδα | ελλαδα
        """
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

    @pytest.mark.slow
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

    @pytest.mark.parametrize(("italian", "romanian"), [("porto", "port"), ("casa", "casă"), ("fine", "fin")])
    def test_no_stem_in_common(self, italian: str, romanian: str) -> None:
        """Cut to their stems these words look the same."""
        it, ro = Language("it"), Language("ro")
        analyzer = analyzer_for((it, ro))
        (first,), (second,) = analyzer.tokens(italian, it), analyzer.tokens(romanian, ro)
        assert {*first.stems}.isdisjoint(second.stems)

    def test_a_listed_language_knows_both(self) -> None:
        """An English text with a German name is found by a German question."""
        de, en = Language("de"), Language("en")
        analyzer = analyzer_for((de, en))
        (german,), (english,) = analyzer.tokens("Moorbachs", de), analyzer.tokens("Moorbach", en)
        assert {*german.stems} <= {*english.stems}


class TestChosenLanguage:
    """The reader's language decides where the message does not clearly say another."""

    @pytest.mark.slow
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


class TestWithoutSpaces:
    """Scripts that have no spaces between words are read in overlapping parts, with their vowels."""

    @table("text, parts")
    def test_parts(self, text: str, parts: list[str]) -> None:
        r"""
        书能借多久？ | ["书能", "能借", "借多", "多久"]
        55%归谁 | ["55", "归谁"]
        wifi怎么连 | ["wifi", "怎么", "么连"]
        書 | ["書"]
        ｱﾊﾟｰﾄ | ["アパ", "パー", "ート"]
        "กี่ปี" | ["กี่ปี"]
        "ยืมได้กี่วัน" | ["ยืมไ", "มได้", "ได้กี่", "ด้กี่วั", "กี่วัน"]
        """
        assert words(tidy(text)) == parts

    @pytest.mark.parametrize("text", ["မြန်မာ", "ភាសាខ្មែរ", "ສະບາຍດີ", "हिन्दी", "বাংলা", "བོད"])
    def test_no_vowel_is_lost(self, text: str) -> None:
        assert tidy(text) == unicodedata.normalize("NFKC", text)
        assert set("".join(words(tidy(text)))) == set(unicodedata.normalize("NFKC", text))

    @pytest.mark.parametrize("language", ["zh", "ja", "th"])
    def test_other_words_find_their_topic(self, language: str) -> None:
        texts, questions = small_dossier(language)
        matcher = Matcher(texts)
        inside = [(topic, matcher.decide(text, Language(language))) for text, topic in questions if topic]
        outside = [matcher.decide(text, Language(language)) for text, topic in questions if not topic]
        assert sum(topic in decision.topics for topic, decision in inside) >= 0.9 * len(inside)
        wrong = [topic for topic, decision in inside if decision.kind == "answer" and decision.topics != (topic,)]
        assert len(wrong) <= 0.03 * len(inside)
        assert sum(decision.kind == "answer" for decision in outside) <= 2

    def test_another_sign_is_another_word(self) -> None:
        """Fuel is not answered with water."""
        texts = MatcherTexts(
            {Language("zh"): "市政"}, {TopicId("water"): {Language("zh"): TopicTexts(["水费多少", "水费怎么交"])}}
        )
        decision = Matcher(texts).decide("油费多少", Language("zh"))
        assert decision.kind != "answer"

    @pytest.mark.parametrize(("known", "typed"), [("대출기간", "대출기관"), ("도서관은", "도서간은")])
    def test_another_syllable_too(self, known: str, typed: str) -> None:
        assert _reader("ko", known).read(typed, Language("ko")).tokens[0].word == typed

    def test_four_thousand_signs(self) -> None:
        assert len(words(tidy("书能借多久" * 800))) <= 81
        assert len(words(tidy("ยืมหนังสือได้กี่วัน" * 200))) <= 81


def _reader(language: str, known: str, english: str = "fare") -> MessageReader:
    own, other = Language(language), Language("en")
    return MessageReader(analyzer_for((own, other)), {own: set(words(tidy(known))), other: set(english.split())})


class TestFigures:
    """They are the same in every language, and say nothing of it."""

    @pytest.mark.parametrize("text", ["55归谁", "55", "٥٥ 归谁", "20 5", "5,5"])
    def test_never_decide_the_language(self, text: str) -> None:
        chinese, arabic = Language("zh"), Language("ar")
        reader = MessageReader(analyzer_for((chinese, arabic)), {chinese: {"归谁"}, arabic: {"55", "20", "5"}})
        assert reader.read(text, chinese).language == "zh"

    @table("text, found")
    def test_words(self, text: str, found: list[str]) -> None:
        r"""
        ٢٠٢٦ | ["2026"]
        ۱۲٬۳۴۵ | ["12345"]
        "२०२६ में" | ["2026", "में"]
        １２３ | ["123"]
        "12\u202f000" | ["12000"]
        2026'da | ["2026"]
        %88’i | ["88"]
        the 1990's | ["the", "1990"]
        """
        assert words(tidy(text)) == found


class TestSlips:
    """A slip is mended within the language of the message; what sounds alike is the same in all."""

    @pytest.mark.parametrize("app", ["tr", "en"])
    def test_of_another_language(self, app: str) -> None:
        reading = _reader("tr", "bilet ne kadar iskele", "old timetable").read("bilet ne oldu kadar", Language(app))
        assert [token.word for token in reading.tokens] == ["bilet", "ne", "oldu", "kadar"]

    def test_of_its_own(self) -> None:
        reading = _reader("tr", "bilet ne kadar iskele").read("iskle ne kadar", Language("tr"))
        assert reading.tokens[0].word == "iskele"

    @pytest.mark.parametrize("language", ["tr", "it", "de", "fi"])
    def test_never_leads_into_another_language(self, language: str) -> None:
        """Whatever words the other language has."""
        typed = ["garten", "oldu", "maret", "parola", "kouluun", "bilhete"]
        near = " ".join(f"{word[:-1]} {word}x {word}s" for word in typed)
        reading = _reader(language, "eins zwei drei vier", near).read(
            f"eins zwei drei vier {' '.join(typed)}", Language(language)
        )
        assert {token.word for token in reading.tokens} >= {*typed}
