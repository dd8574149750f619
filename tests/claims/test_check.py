"""A verdict rests on a declared sentence that explains a claim to its last word; everything else stays open."""

import pytest

from bot.claims.statements import read_message
from bot.claims.values import ValueReader
from bot.claims.words import word_lists
from tests.claims.conftest import Checked


class TestDeclared:
    """A declared sentence with its own value agrees, with another one contradicts."""

    @pytest.mark.parametrize(
        ("text", "language", "verdict"),
        [
            ("The contract lasts eight years", "en", "agrees"),
            ("I heard that the ferry contract runs for 8 years!", "en", "agrees"),
            ("the agreement lasts ten years", "en", "contradicts"),
            ("kontrak itu berlaku delapan tahun", "id", "agrees"),
            ("katanya kontrak berlaku 10 tahun", "id", "contradicts"),
            ("договор действует восемь лет", "ru", "agrees"),
            ("договор действует десять лет", "ru", "contradicts"),
            ("el contrato dura 8 años", "es", "agrees"),
            ("el contrato dura 10 años", "es", "contradicts"),
            ("el contrato se firmó el 14 de marzo de 2026", "es", "agrees"),
            ("el contrato se firmó el 15 de marzo de 2026", "es", "contradicts"),
            ("el billete cuesta 12 euros", "es", "agrees"),
            ("el billete cuesta 15 €", "es", "contradicts"),
            ("the contract was signed on 14 March 2026", "en", "agrees"),
            ("the contract was signed in March 2026", "en", "agrees"),
            ("the contract was signed in 2025", "en", "contradicts"),
            ("the contract was signed at the Old Harbour", "en", "agrees"),
            ("the contract was signed in Oslo", "en", "contradicts"),
            ("the contract was signed at North Quay", "en", "contradicts"),
            ("a crossing costs €12", "en", "agrees"),
            ("a crossing costs 20 euros", "en", "contradicts"),
            ("there are six boats, not five", "en", "agrees"),
            ("it is not true that the contract lasts eight years", "en", "contradicts"),
        ],
    )
    def test_verdict(self, checked: Checked, text: str, language: str, verdict: str) -> None:
        assert checked(text, language) == verdict

    def test_a_finding_names_fact_value_and_sentence(self, checked: Checked) -> None:
        [judgement] = checked.check("The contract lasts TEN years").judgements
        [finding] = judgement.findings
        assert finding.claimed is not None
        assert (finding.fact, finding.same, finding.claimed.text) == ("term", False, "ten years")
        assert judgement.near == "{it} lasts {}"
        assert judgement.topic == "contract"
        assert checked.checker.sources(judgement) == ["gazette"]

    def test_every_wrong_value_is_named(self, checked: Checked) -> None:
        [judgement] = checked.check("the contract lasts ten years and was signed in 2025").judgements
        assert [(finding.fact, finding.same) for finding in judgement.findings] == [
            ("term", False),
            ("signed_on", False),
        ]

    def test_what_nota_counted_is_never_right_or_wrong(self, checked: Checked) -> None:
        for text in ("the contract ends on 14 March 2034", "the contract ends in 2030"):
            check = checked.check(text)
            assert check.verdict == "unknown"
            assert check.judgements[0].is_counted


class TestNothingIsLeftOpen:
    """A word, a value or a country that no declared sentence has stops the verdict."""

    @pytest.mark.parametrize(
        "text",
        [
            "the secret contract lasts eight years",
            "the contract on catering lasts eight years",
            "the contract does not last eight years",
            "the contract lasts only eight years for now",
            "the contract still lasts eight years",
            "if the contract lasts eight years, Norway wins",
            "the contract lasted eight years",
            "the contract was to be signed on 14 March 2026",
            "the contract will be signed on 14 March 2026",
            "the contract was signed before 14 March 2026",
            "the contract was signed eight years ago",
            "the contract lasts more than eight years",
            "the contract lasts up to eight years",
            "the contract with Denmark lasts eight years",
            "the contract with my neighbour lasts eight years",
            "my uncle and aunt signed the contract on 14 March 2026",
            "Norway and Denmark signed the contract on 14 March 2026",
            "there are six boats and no sailings",
            "the six boats make forty sailings",
            "there are 40 boats for six sailings",
            "91% of sailings left on time",
            "91% of summer sailings left on time",
            "91% of sailings with fewer than 50 passengers left on time",
            "a crossing costs €12 a day",
            "Iceland offers 300 grants to Norwegian sailors",
            "Norway offers 300 grants to Danish sailors",
            "Norway offers 300 grants",
            "in 2026 the captain Olsen was received by the mayor Berg",
            "it lasts eight years or so they hope",
            "el contrato no dura 8 años",
            "el contrato secreto dura 8 años",
        ],
    )
    def test_is_not_confirmed(self, checked: Checked, text: str) -> None:
        assert checked(text, "es" if text.startswith("el ") else "en") != "agrees"

    @pytest.mark.parametrize(
        "text",
        [
            "the old contract lasts ten years",
            "the contract does not last ten years",
            "another contract lasts ten years",
            "the contract may last ten years",
            "el contrato de limpieza dura 10 años",
            "el contrato no dura 10 años",
            "88% of winter sailings left on time",  # between the figures of two
            "84% of winter sailings left on time",  # the other one's figure
        ],
    )
    def test_is_not_contradicted(self, checked: Checked, text: str) -> None:
        assert checked(text, "es" if text.startswith("el ") else "en") != "contradicts"

    def test_why(self, checked: Checked) -> None:
        assert checked.why("the secret contract lasts eight years") == "nothing explains 'secret'"
        assert checked.why("the six boats make forty sailings")
        assert checked.why("the captain is tall") == "no declared sentence fits"

    @pytest.mark.parametrize(
        ("text", "why"),
        [
            ("passengers count 84% of winter sailings", "the nearest one has 'time'"),
            ("a crossing costs much", "Nota reads nothing as an amount of money"),
            ("a crossing costs 12 years", "it is of an amount of money, and Nota reads '12 years' as a length of time"),
            ("a crossing costs 12 pounds", "'12 pounds' is in another currency"),
            ("Denmark offers 300 grants to Icelandic sailors", "the nearest one has 'norway'"),
            ("Norway offers 300 grants to Icelandic sailors in Chile", "it is not said of 'chile'"),
            (
                "Norway offers grants to 300 Icelandic sailors",
                "the names stand in another order, or behind other words",
            ),
            ("there are 6 tall strong boats", "'6' counts something else"),
            (
                "Icelandic sailors offers 300 grants to Norway",
                "the names stand in another order, or behind other words",
            ),
        ],
    )
    def test_why_no_sentence_fits(self, checked: Checked, text: str, why: str) -> None:
        assert checked.why(text) == f"no declared sentence fits: {why}"

    def test_why_names_the_values(self, checked: Checked) -> None:
        assert checked.why("the contract was signed on 1 September 2026").startswith("the value '1 september 2026' may")
        assert "'six'" in checked.why("there are six boats 40 sailings")

    @pytest.mark.parametrize(
        ("text", "verdict"),
        [
            ("according to the operator a crossing costs €12", "agrees"),
            ("the operator says a crossing costs €12", "agrees"),
            ("a crossing costs the operator €12", "unknown"),
            ("the operator pays €12", "unknown"),
            ("my uncle and my aunt say that a crossing costs €12", "agrees"),
            ("heard it from a friend: a crossing costs €12", "agrees"),
            ("a crossing costs my uncle €12", "unknown"),
        ],
    )
    def test_who_says_so_is_no_party_to_it(self, checked: Checked, text: str, verdict: str) -> None:
        assert checked(text) == verdict


class TestOthersOfItsKind:
    """What is right of another contract, or may be, is not called wrong of this one."""

    @pytest.mark.parametrize(
        "text",
        [
            "the contract was signed on 1 September 2026",  # the catering contract was
            "the agreement was signed in September 2026",
            "Norway and Iceland signed the contract on 1 September 2026",
            "Norway and Iceland signed a contract on 5 May 2020",
            "a contract was signed in Oslo",
            "two contracts were signed in Oslo",
            "an agreement lasts ten years",
            "our contract lasts ten years",
            "my agreement was signed on 5 May 2020",
            "I say your contract is a hoax",
        ],
    )
    def test_is_not_settled(self, checked: Checked, text: str) -> None:
        assert not checked.check(text).is_settled

    @pytest.mark.parametrize(
        "text",
        [
            "the ferry contract was signed on 1 September 2026",  # a name that no other has
            "a ferry contract was signed on 1 September 2026",
            "the contract was signed on 2 September 2026",
            "the contract lasts ten years",
            "Our uncle says that the contract lasts ten years",
        ],
    )
    def test_is_wrong_of_this_one(self, checked: Checked, text: str) -> None:
        assert checked(text) == "contradicts"

    def test_what_is_right_of_this_one_stays_so(self, checked: Checked) -> None:
        assert checked("Norway and Iceland signed a contract on 14 March 2026") == "agrees"

    @pytest.mark.parametrize(
        ("text", "language"), [("kontrak kami berlaku 10 tahun", "id"), ("мой договор действует десять лет", "ru")]
    )
    def test_nor_is_that_of_who_writes(self, checked: Checked, text: str, language: str) -> None:
        assert not checked.check(text, language).is_settled
        assert checked.check("menurut saya kontrak berlaku 10 tahun", "id").is_settled


class TestCurrencies:
    """A price agrees or contradicts in the fact's own currency alone, whatever a rival is counted in."""

    @pytest.mark.parametrize(
        "price",
        [
            "5 billion euros", "€5 billion", "900 euros", "4 billion", "5 billion yuan", "5 billion pounds",
            "¥5 billion", "₹5 billion", "5 billion ₺", "S$5 billion", "A$9 billion", "HK$ 5 billion", "R$5-5 billion",
            "5 billion Singapore dollars", "5 billion Swiss francs", "CHF 5 billion", "9 billion of Canadian dollars",
        ],
    )  # fmt: skip
    def test_another_one_gets_no_verdict(self, checked: Checked, price: str) -> None:
        assert not checked.check(f"the subsidy costs {price}").is_settled

    @pytest.mark.parametrize(
        "price", ["5 mil millones de euros", "5.000.000.000 ¥", "R$ 5.000.000.000", "9.000.000.000 ₺"]
    )
    def test_nor_does_it_without_a_word_list(self, checked: Checked, price: str) -> None:
        assert not checked.check(f"la ayuda cuesta {price}", "es").is_settled

    @pytest.mark.parametrize(
        ("price", "verdict"),
        [("$5 billion", "agrees"), ("US$5 billion", "agrees"), ("9 billion dollars", "contradicts")],
    )
    def test_its_own_does(self, checked: Checked, price: str, verdict: str) -> None:
        assert checked(f"the subsidy costs {price}") == verdict


class TestReviewed:
    """A reviewed claim is repeated only as a whole, and only by its own words and names."""

    @pytest.mark.parametrize(
        ("text", "verdict", "claim"),
        [
            ("the ferry contract is a hoax", "contradicts", "hoax"),
            ("It is a fake: no such contract exists", "contradicts", "hoax"),
            ("dogs travel free", "agrees", "dogs"),
            ("the agreement will be renewed", "disputed", "renewal"),
            ("the contract covers cargo", "unknown", "covers"),
            ("the contract covers night boats", "unknown", "covers"),
            ("the contract covers fish", "unknown", None),
            ("the contract is no hoax", "unknown", None),
            ("small dogs travel free", "unknown", None),
            ("dogs do not travel free", "unknown", None),
            ("the contract will not be renewed", "unknown", None),
            ("Norway invited Iceland", "agrees", "visit"),
            ("Iceland invited Norway", "unknown", None),
            ("Norway was invited by Iceland", "unknown", None),
            ("nobody has reported that dogs travel free", "unknown", None),
        ],
    )
    def test_verdict(self, checked: Checked, text: str, verdict: str, claim: str | None) -> None:
        check = checked.check(text)
        assert check.verdict == verdict
        assert next((each.claim.id for each in check.judgements if each.claim), None) == claim


class TestMessages:
    """Every statement of a message is read; one takes nothing back from another, and lends it nothing."""

    def test_a_lie_at_the_end(self, checked: Checked) -> None:
        text = "The contract lasts eight years. It was signed on 14 March 2026. There are six boats. Dogs travel free. It lasts ten years."
        check = checked.check(text)
        assert [each.verdict for each in check.judgements] == ["agrees"] * 4 + ["contradicts"]
        assert check.verdict == "contradicts"

    def test_one_open_statement_keeps_the_message_open(self, checked: Checked) -> None:
        check = checked.check("The contract lasts eight years. The captain is tall and handsome.")
        assert check.verdict == "unknown"
        assert check.judgements[0].verdict == "agrees"

    def test_a_message_of_more_than_can_be_read_is_never_confirmed(self, checked: Checked) -> None:
        check = checked.check("The contract lasts eight years.\n" * 60)
        assert not check.is_whole
        assert check.verdict == "unknown"

    @pytest.mark.parametrize(("gap", "verdict"), [(3000, "agrees"), (4000, "unknown")])
    def test_nor_one_that_may_have_been_cut(self, checked: Checked, gap: int, verdict: str) -> None:
        text = f"The contract lasts eight years.{' ' * gap}It was signed on 14 March 2026."
        assert checked.check(text).verdict == verdict

    @pytest.mark.parametrize(
        "text",
        [
            "The contract lasts ten years. Wrong.",
            "The contract lasts ten years. That is not true at all, my friends.",
            "People say so. The contract lasts ten years. Nobody believes them any more.",
            "The contract lasts eight years. Nonsense!",
            "The contract lasts ten years. Nope.",
            "The contract lasts ten years. Balderdash!",
            "The contract lasts eight years. Yeah right.",
            "❌ The contract lasts eight years",
            "The contract lasts ten years 🚫",
            "~~The contract lasts eight years~~",
            "👎\nThe contract lasts eight years",
        ],
    )
    def test_what_another_sentence_takes_back(self, checked: Checked, text: str) -> None:
        assert not any(each.findings for each in checked.check(text).judgements)

    @pytest.mark.parametrize(
        "text", ["The contract lasts ten years. So they say.", "I heard this. The contract lasts ten years."]
    )
    def test_what_only_says_that_somebody_says_so(self, checked: Checked, text: str) -> None:
        assert checked(text) == "contradicts"

    @pytest.mark.parametrize(
        ("text", "language", "verdict"),
        [
            ("The contract lasts eight years. Hoax?", "en", "agrees"),
            ("the contract lasts ten years, fake?", "en", "contradicts"),
            ("The contract lasts eight years is a hoax ?!", "en", "agrees"),
            ("is it a hoax that the contract lasts eight years?", "en", "agrees"),
            ("real or fake: the contract lasts ten years", "en", "contradicts"),
            ("kontrak berlaku 8 tahun, hoaks?", "id", "agrees"),
            ("kontrak berlaku 10 tahun itu hoaks?", "id", "contradicts"),
            ("kontrak berlaku 8 tahun itu hoaks", "id", "contradicts"),
            ("договор действует восемь лет, «фейк»?", "ru", "agrees"),
            ("говорят, что договор действует десять лет. Неправда?", "ru", "contradicts"),
            ("неправда, что договор действует восемь лет", "ru", "contradicts"),
        ],
    )
    def test_who_asks_whether_it_is_false_calls_it_nothing(
        self, checked: Checked, text: str, language: str, verdict: str
    ) -> None:
        check = checked.check(text, language)
        assert check.verdict == verdict
        assert check.asks == ("?" in text or "real or" in text)

    @pytest.mark.parametrize("text", ["what is wrong?", "which of the six boats are fake?", "why is it false?"])
    def test_a_question_of_another_kind_stays_one(self, checked: Checked, text: str) -> None:
        assert not checked.check(text).asks

    def test_a_sentence_does_not_take_its_subject_from_a_strange_one(self, checked: Checked) -> None:
        check = checked.check("The catering agreement with the hotel was great news for cooks. It lasts ten years.")
        assert check.judgements[1].why == "the sentence before may speak of something else"
        assert checked("Great news! It lasts ten years.") == "contradicts"
        assert checked("The contract was signed in 2026. It lasts ten years.") == "contradicts"
        assert checked("Cooks like the news. The contract lasts ten years.") == "contradicts"

    @pytest.mark.parametrize(
        "text", ["lol nice weather", "is there a bus?", "what does it cost", "how long is it valid, eight years?"]
    )
    def test_chat_and_questions_get_no_verdict(self, checked: Checked, text: str) -> None:
        assert not checked.check(text).is_settled

    @pytest.mark.parametrize(
        "text",
        [
            "De qué va el contrato de los barcos",
            "de que va el contrato de los barcos nuevos",
            "cuándo entra en vigor el contrato de los barcos",
            "y cuando empieza a regir el contrato de los barcos",
            "¿Hasta cuándo dura el contrato de los barcos",
            "Desde dónde salen los 6 barcos del contrato",
            "A quién le toca pagar los billetes del contrato",
            "por qué cuesta 12 euros el billete",
            "Para qué sirve el contrato de los 8 años",
            "cuántos barcos hay, son 6",
            "dime cuál es el precio del billete en euros",
        ],
    )
    def test_a_question_needs_no_mark(self, checked: Checked, text: str) -> None:
        check = checked.check(text, "es")
        assert (check.is_question, check.is_claim) == (True, False)

    @pytest.mark.parametrize(
        ("text", "language", "is_question"),
        [
            ("depuis quand le traité est en vigueur", "fr", True),
            ("d'où viennent les 60 ratifications du traité", "fr", True),
            ("Qu’est-ce que le traité change pour les pêcheurs", "fr", True),
            ("le traité est en vigueur depuis le 17 janvier 2026", "fr", False),
            ("Seit wann gilt das Abkommen für die Fischer", "de", True),
            ("worum geht es in dem Abkommen eigentlich", "de", True),
            ("das Abkommen gilt seit dem 17. Januar 2026", "de", False),
            ("el tratado rige desde el 17 de enero de 2026", "es", False),
        ],
    )
    def test_in_languages_without_a_file(self, text: str, language: str, is_question: bool) -> None:
        lists = word_lists(language)
        message = read_message(text, lists, ValueReader(lists))
        assert (message.is_question, message.asserts) == (is_question, True)

    def test_an_abbreviation_of_any_language_ends_no_sentence(self) -> None:
        lists = word_lists("en")
        text = "The rate is 90 млн. rupiah at PT. Telkom. It was signed in the EU. Then it ended"
        sentences = [each.text for each in read_message(text, lists, ValueReader(lists)).statements]
        assert sentences == ["The rate is 90 млн. rupiah at PT. Telkom", "It was signed in the EU", "Then it ended"]

    @pytest.mark.parametrize(
        ("text", "language"),
        [
            ("our personal data were given to the Russians", "en"),
            ("they want us to drop WhatsApp for a Russian app", "en"),
            ("из-за этого меморандума нам скоро отключат интернет", "ru"),
        ],
    )
    def test_what_happens_to_a_whole_country_is_claimed(self, text: str, language: str) -> None:
        lists = word_lists(language)
        message = read_message(text, lists, ValueReader(lists))
        assert (message.is_question, message.asserts) == (False, True)

    def test_where_questions_are_not_known_nothing_is_called_a_claim(self) -> None:
        lists = word_lists("pl")
        message = read_message("o czym jest ten traktat o morzach z 2023 roku", lists, ValueReader(lists))
        assert not message.asserts

    def test_whose_rumour_it_is_makes_no_question_of_it(self, checked: Checked) -> None:
        check = checked.check("my dad says dogs travel free")
        assert (check.is_question, check.verdict) == (False, "agrees")
        assert checked.check("do dogs travel free with my ticket").is_question

    def test_two_dossiers_do_not_share_names(self, checked: Checked) -> None:
        assert checked("the memorandum lasts ten years") == "unknown"
