"""Which items match a feed's all, any and none groups of words and phrases, in any grammatical form."""

from bot.dossier.models import Match
from bot.feeds.matcher import FeedMatcher, FeedVerdict
from tests.tables import table


def judge(text: str, language: str = "en", **groups: object) -> FeedVerdict:
    return FeedMatcher(Match.model_validate(groups), language).judge(text)


class TestGroups:
    """Every group must have what it asks for."""

    def test_all(self) -> None:
        """Each entry; of a list inside, one."""
        groups = {"all": ["ferry", ["fare", "price"]]}
        assert judge("Ferry prices rise", **groups).matches
        assert not judge("Ferry sinks", **groups).matches
        assert not judge("Prices rise", **groups).matches

    def test_any(self) -> None:
        """One is enough."""
        assert judge("Ferry sinks", any=["ferry", "pier"]).matches
        assert not judge("Train derails", any=["ferry", "pier"]).matches

    def test_none(self) -> None:
        """One is too much."""
        assert judge("Ferry sails", any=["ferry"], none=["football"]).matches
        assert not judge("Football fans fill the ferry", any=["ferry"], none=["football"]).matches

    def test_nothing_asked(self) -> None:
        """Everything is taken."""
        assert judge("Anything at all").matches

    def test_reasons_are_told(self) -> None:
        """What was wanted, what was found, what stood against it."""
        verdict = judge("Football on the ferry", all=["ferry", ["fare", "price"]], none=["football"])
        assert [(reason.group, reason.found, reason.holds) for reason in verdict.reasons] == [
            ("all", ("ferry",), True),
            ("all", (), False),
            ("none", ("football",), False),
        ]
        assert verdict.found == ("ferry",)


class TestWords:
    """The same word in another form is the same word; part of a word is not."""

    @table("language, word, text")
    def test_other_forms(self, language: str, word: str, text: str) -> None:
        """Case, endings, alphabets beside each other.

        en | memorandum | Two MEMORANDUMS signed
        en | cybersecurity | On cybersecurity’s future
        en | 5G | The first 5G network
        id | digital | Digitalnya ekonomi
        id | siber | Keamanan siber
        ru | Москва | Переговоры прошли в Москве
        ru | Индонезия | Россия договорилась с Индонезией
        ru | цифровой | О цифровых технологиях
        ru | меморандум | Подписаны два меморандума
        ru | ёлка | Елки привезли
        ru | Huawei | Оборудование Huawei в сети
        """
        assert judge(text, language, any=[word]).matches

    @table("language, word, text")
    def test_parts_of_words(self, language: str, word: str, text: str) -> None:
        """No substring.

        en | port | A report on transport
        id | Rusia | Rusak parah
        ru | связь | Связка ключей
        en | 5G | 25G and 5 g
        """
        assert not judge(text, language, any=[word]).matches


class TestPhrases:
    """Words that stand together, in their order."""

    def test_together(self) -> None:
        """In other forms too, whatever stands between them in signs."""
        assert judge("Indonesia dan Rusia teken Nota Kesepahaman", "id", any=["nota kesepahaman"]).matches
        assert judge("Об искусственном интеллекте", "ru", any=["искусственный интеллект"]).matches
        assert judge("In St. Petersburg", any=["St. Petersburg"]).matches

    def test_apart(self) -> None:
        """Between other words, or the other way round."""
        assert not judge("Nota itu soal kesepahaman", "id", any=["nota kesepahaman"]).matches
        assert not judge("Kesepahaman nota", "id", any=["nota kesepahaman"]).matches

    def test_not_across_headline_and_line(self) -> None:
        """The end of one and the beginning of the other are no phrase."""
        matcher = FeedMatcher(Match(any=["nota kesepahaman"]), "id")
        assert not matcher.judge("Sebuah nota", "kesepahaman tercapai").matches
        assert matcher.judge("Berita", "Nota kesepahaman tercapai").matches
