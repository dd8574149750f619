"""In order, or silent: a verdict only for a sentence that repeats a declared one, with another value or its own."""

from dataclasses import replace

import pytest

from bot.claims.check import Checker
from bot.claims.declared_check import check_declared
from bot.claims.statements import read_message
from bot.claims.values import ValueReader
from bot.claims.words import word_lists
from bot.dossier.models import ClaimId, Dossier, Language
from tests.claims.conftest import Checked
from tests.tables import table


class TestDeclared:
    """A declared sentence with its own value agrees, with another one contradicts."""

    @table("text, language, verdict")
    def test_verdict(self, checked: Checked, text: str, language: str, verdict: str) -> None:
        """
        The contract lasts eight years | en | agrees
        I heard that the ferry contract runs for 8 years! | en | agrees
        the agreement lasts ten years | en | contradicts
        kontrak itu berlaku delapan tahun | id | agrees
        kontrak berlaku 10 tahun | id | contradicts
        договор действует восемь лет | ru | agrees
        договор действует десять лет | ru | contradicts
        el contrato dura 8 años | es | agrees
        el contrato dura diez años | es | contradicts
        el contrato se firmó el 14 de marzo de 2026 | es | agrees
        El 15 de marzo de 2026 se firmó el contrato | es | unknown
        el contrato se firmó el 15 de marzo de 2026 | es | contradicts
        el billete cuesta 12 euros | es | agrees
        el billete cuesta 15 € | es | contradicts
        the contract was signed on 14 March 2026 | en | agrees
        On 14 March 2026 the contract was signed | en | agrees
        the contract was signed in March 2026 | en | agrees
        the contract was signed in 2025 | en | contradicts
        the contract was signed on 14 March | en | unknown  # of which year?
        the contract was signed at the Old Harbour | en | agrees
        the contract was signed at North Quay | en | contradicts
        the contract was signed in Oslo | en | unknown  # at is not in
        a crossing costs €12 | en | agrees
        a crossing costs 20 euros | en | contradicts
        the contract was signed on 03/04/2026 | en | unknown  # 4 March to some
        the contract was signed on 30/04/2026 | en | contradicts
        the catering contract was signed on 01/09/2026 | en | unknown  # 9 January to some
        """
        assert checked(text, language) == verdict

    def test_a_finding_names_fact_value_and_sentence(self, checked: Checked) -> None:
        [judgement] = checked.check("The contract lasts TEN years").judgements
        [finding] = judgement.findings
        assert (finding.fact, finding.comparison, finding.claimed) == ("term", "other", "ten years")
        assert judgement.near == "{it} lasts {}"
        assert judgement.topic == "contract"
        assert checked.checker.sources(judgement) == ["gazette"]

    @table("text, verdict, wrong")
    def test_each_value_of_a_sentence_is_compared_with_its_own_fact(
        self, checked: Checked, text: str, verdict: str, wrong: list[str]
    ) -> None:
        """
        the contract was signed on 14 March 2026 for eight years | agrees | []
        the contract was signed on 14 March 2026 for ten years | contradicts | ["term"]
        the contract was signed on 15 March 2026 for ten years | contradicts | ["signed_on", "term"]
        the contract was signed for eight years on 14 March 2026 | unknown | []
        """
        check = checked.check(text)
        assert check.verdict == verdict
        assert [f.fact for j in check.judgements for f in j.findings if f.comparison == "other"] == wrong

    def test_a_sentence_may_end_in_what_is_true_of_it(self, checked: Checked) -> None:
        assert checked("there are six boats in summer") == "agrees"
        assert checked("there are seven boats in summer") == "contradicts"
        assert checked("there are six boats in winter") == "unknown"

    @table("text, verdict")
    def test_the_accents_of_what_it_may_end_in_count(self, checked: Checked, text: str, verdict: str) -> None:
        """
        hay 6 barcos en época alta | agrees
        hay 7 barcos en época alta | contradicts
        hay 6 barcos en epoca alta | agrees  # the writer uses none
        hay 6 barcos mientras esté abierto | agrees
        hay 6 barcos mientras este abierto | unknown  # another word
        hay 6 barcos en epóca alta | unknown
        háy 6 barcos en época alta | unknown
        """
        assert checked(text, "es") == verdict

    def test_what_nota_counted_is_never_right_or_wrong(self, checked: Checked) -> None:
        for text in ("the contract ends on 14 March 2034", "the contract ends in 2030"):
            check = checked.check(text)
            assert check.verdict == "unknown"
            assert check.judgements[0].is_counted

    @table("text, verdict")
    def test_who_says_so_is_exactly_whom_the_fact_names(self, checked: Checked, text: str, verdict: str) -> None:
        """
        according to the operator a crossing costs €12 | agrees
        According to the operator, a crossing costs €13. | contradicts
        the operator says a crossing costs €12 | agrees
        a crossing costs €12, says the operator | agrees
        a crossing costs the operator €12 | unknown
        the operator pays €12 | unknown
        according to the operator the contract lasts eight years | unknown  # who says so is another
        according to the operator of Denmark a crossing costs €12 | unknown
        Norway’s operator says a crossing costs €12 | unknown
        my uncle says that a crossing costs €12 | unknown
        """
        assert checked(text) == verdict


class TestSilent:
    """One word more, another ending, another order, another value's kind: no verdict."""

    @table("text")
    def test_is_not_settled(self, checked: Checked, text: str) -> None:
        """
        the secret contract lasts eight years
        the contract does not last eight years
        the contract lasts only eight years for now
        the contract still lasts eight years
        the contract has lasted eight years
        the contract lasted eight years
        if the contract lasts eight years, Norway wins
        the contract will be signed on 14 March 2026
        the contract was signed before 14 March 2026
        the contract was signed by 14 March 2026
        the contract lasts more than eight years
        the contract lasts about eight years
        the contract lasts eight to ten years
        the contract lasts eight months and years
        the contract with Denmark lasts eight years
        Norway and the US signed the contract on 14 March 2026
        Iceland and Norway signed the contract on 14 March 2026
        our contract lasts ten years
        a contract lasts ten years
        another contract lasts ten years
        there are 40 boats for six sailings
        91% of summer sailings left on time
        88% of winter sailings left on time  # between the figures of two
        84% of winter sailings left on time  # the other one's figure
        a crossing costs €12 a day
        Iceland offers 300 grants to Norwegian sailors
        the mayor Berg received the captain Olsen in 2026
        the contract was signed on 1 September 2026  # the catering contract was
        it is not true that the contract lasts eight years
        there are six boats, not five
        it lasts eight years
        el contrato no dura 8 años
        el contrato secreto dura 8 años
        el contrato duró 8 años
        el contrato se firmo el 14 de marzo de 2026
        мой договор действует десять лет
        kontrak kami berlaku 10 tahun
        """
        language = (
            "es"
            if text.startswith("el ")
            else "id"
            if text.startswith("kontrak")
            else "ru"
            if "ё" in text or "мой" in text
            else "en"
        )
        assert not checked.check(text, language).is_settled

    @table("text, why")
    def test_why(self, checked: Checked, text: str, why: str) -> None:
        """
        the secret contract lasts eight years | it has 'secret' more
        passengers count 84% of winter sailings | it lacks 'on time'
        a crossing costs 12 pounds | Nota reads its value as money GBP
        Denmark offers 300 grants to Icelandic sailors | it has 'denmark' instead of 'norway'
        the captain is tall | no declared sentence fits
        the contract was signed on 1 September 2026 | the value '1 september 2026' may be another one's
        """
        assert checked.why(text) == why

    def test_why_in_a_language_without_a_list(self, checked: Checked) -> None:
        [judgement] = checked.check("el contrato secreto dura 8 años", "es").judgements
        judgement = checked.checker.explained(judgement, Language("es"))
        assert (judgement.near, judgement.why) == ("{it} dura {}", "it has 'secreto' more")


class TestCurrencies:
    """A price agrees or contradicts in the fact's own currency alone, whatever a rival is counted in."""

    @table("price")
    def test_another_one_gets_no_verdict(self, checked: Checked, price: str) -> None:
        """
        5 billion euros
        €5 billion
        900 euros
        4 billion
        5 billion yuan
        5 billion pounds
        ¥5 billion
        ₹5 billion
        5 billion ₺
        S$5 billion
        A$9 billion
        HK$ 5 billion
        R$5-5 billion
        5 billion Singapore dollars
        5 billion Swiss francs
        CHF 5 billion
        9 billion of Canadian dollars
        """
        assert not checked.check(f"the subsidy costs {price}").is_settled

    @table("price")
    def test_nor_does_it_in_another_language(self, checked: Checked, price: str) -> None:
        """
        5 mil millones de euros
        5.000.000.000 ¥
        R$ 5.000.000.000
        9.000.000.000 ₺
        """
        assert not checked.check(f"la ayuda cuesta {price}", "es").is_settled

    @table("price, verdict")
    def test_its_own_does(self, checked: Checked, price: str, verdict: str) -> None:
        """
        $5 billion | agrees
        US$5 billion | agrees
        9 billion dollars | contradicts
        """
        assert checked(f"the subsidy costs {price}") == verdict


class TestNear:
    """What a reader may have heard instead: declared sentences with the reader's own value, each with a verdict."""

    def test_they_have_the_claims_own_value(self, checked: Checked) -> None:
        offers = checked.checker.near("so the ferry contract will run for TEN years, they say", Language("en"))
        assert offers[0].text == "The contract runs for TEN years"
        assert checked(offers[0].text) == "contradicts"
        assert checked.checker.offered(offers[0].name, offers[0].values) == (offers[0].text, "en")

    def test_a_sentence_whose_value_is_missing_is_not_offered(self, checked: Checked) -> None:
        assert [
            offer.text for offer in checked.checker.near("how long the contract lasts is secret", Language("en"))
        ] == []

    def test_a_place_that_the_claim_names_is_offered(self, checked: Checked) -> None:
        """The fact's own, and one that people name wrongly; no other."""
        for place, verdict in (("Old Harbour", "agrees"), ("North Quay", "contradicts")):
            [offer] = checked.checker.near(f"the contract got signed at {place.upper()}", Language("en"))
            assert (offer.text, checked(offer.text)) == (f"The contract was signed at {place}", verdict)
            assert checked.checker.offered(offer.name, offer.values) == (offer.text, "en")
        assert checked.checker.near("the contract got signed at the town hall", Language("en")) == []

    def test_a_sentence_that_says_little_of_the_claim_is_not_offered(self, checked: Checked) -> None:
        more = "and the captain told the passengers about storms, cargo, seasick children, lost luggage and cold soup"
        assert [o.text for o in checked.checker.near("dogs really travel free", Language("en"))] == ["Dogs travel free"]
        assert checked.checker.near(f"dogs travel free {more}", Language("en")) == []

    def test_nothing_is_offered_for_what_is_not_on_the_subject(self, checked: Checked) -> None:
        assert checked.checker.near("bananas are yellow 5 times a day", Language("en")) == []

    def test_a_denied_value_is_not_offered(self, checked: Checked) -> None:
        for claim in ("the contract runs not ten years but six years", "the contract runs six years, not ten years"):
            offers = [offer.text for offer in checked.checker.near(claim, Language("en"))]
            assert offers == ["The contract runs for six years"]

    @table("claim")
    def test_a_value_that_fits_is_not_yet_the_same_subject(self, checked: Checked, claim: str) -> None:
        """
        the contract provides 12 cabins
        Norway sends 12 sailors
        the captain is 12 years old
        the boats carry 12 tonnes
        the mayor arrived by ferry on 3 May 2026
        the boats have a 700 MHz radio
        """
        assert checked.checker.near(claim, Language("en")) == []

    @table("claim, language, offer")
    def test_an_offer_is_grammatical(self, checked: Checked, claim: str, language: str, offer: str) -> None:
        """
        I think the contract was signed in June 2027 | en | The contract was signed in June 2027
        so the contract was signed on 3 June 2027, they say | en | The contract was signed on 3 June 2027
        the contract got signed at the Old Harbour | en | The contract was signed at the Old Harbour
        a ten-year run, that is the ferry contract | en | The contract runs for 10 years
        la duración del contrato será de diez años | es | La duración del contrato es diez años
        the new contract provides two more boats | en | The contract provides two boats
        """
        near = checked.checker.near(claim, Language(language))
        assert offer in [each.text for each in near]
        assert all(checked.checker.offered(each.name, each.values) == (each.text, language) for each in near)

    @table("claim, language")
    def test_no_sentence_is_offered_that_says_the_opposite(self, checked: Checked, claim: str, language: str) -> None:
        """
        It is not true that the contract runs for eight years | en
        It's a lie that the contract runs for eight years | en
        The contract runs for eight years or so. That is false! | en
        the contract doesn't run for eight years | en
        the ferry contract begins on 14 March 2034, as agreed | en
        Iceland invited Norway, too | en
        Berg invited the captain Olsen's crew, too | en
        the ferry contract runs for less than eight years | en
        the ferry contract runs for anything but eight years | en
        the ferry contract stopped running after eight years | en
        Norway cancelled 300 grants to Icelandic sailors | en
        kontrak berlaku kurang dari delapan tahun | id
        договор действует меньше восьми лет | ru
        договор прекратил действовать через восемь лет | ru
        el contrato dura menos de ocho años | es
        Iceland offers 300 grants to the sailors of Norway, they say | en
        the contract was signed by Norway without Iceland on 14 March 2026 | en
        tidak benar bahwa kontrak berlaku delapan tahun | id
        hoaks kalau kontrak berlaku delapan tahun | id
        неправда, что договор действует восемь лет | ru
        это ложь, что договор действует восемь лет | ru
        no es cierto que el contrato dure ocho años | es
        es mentira: la duración del contrato es de ocho años | es
        """
        offers = [each.text for each in checked.checker.near(claim, Language(language))]
        denied = (
            "runs",
            "ends",
            "Norway invited",
            "Norway offers",
            "Norway and",
            "Olsen invited",
            "berlaku",
            "действует",
            "dura",
        )
        assert [text for text in offers if any(word in text for word in denied)] == []

    @table("claim, offer")
    def test_what_only_sounds_like_a_denial_keeps_its_offers(self, checked: Checked, claim: str, offer: str) -> None:
        """
        For all who asked: not a hoax! The contract really runs for eight years | The contract runs for eight years
        no less than 6 boats, that is what the contract provides | The contract provides 6 boats
        no more than 6 boats, that is what the contract provides | The contract provides 6 boats
        the contract really runs eight years, and nobody complains | The contract runs for eight years
        that contract thing is a hoax, I tell you | The contract is a hoax
        on 14 March 2026 Iceland and Norway signed it, the contract | Norway and Iceland signed the contract on 14 March 2026
        """
        assert offer in [each.text for each in checked.checker.near(claim, Language("en"))]

    def test_of_a_closed_list_only_what_the_claim_names_is_offered(self, checked: Checked) -> None:
        claim = "the contract really covers {} in all weathers"
        assert [each.text for each in checked.checker.near(claim.format("cargo"), Language("en"))] == [
            "The contract covers cargo"
        ]
        assert checked.checker.near(claim.format("fish"), Language("en")) == []

    def test_what_would_be_broken_grammar_is_not_offered(self, checked: Checked) -> None:
        """Of one: "provides 1 boats"."""
        for one in ("1", "one"):
            assert checked.checker.near(f"the new contract provides {one} boat", Language("en")) == []

    def test_a_sentence_that_is_not_declared_any_more(self, checked: Checked) -> None:
        assert checked.checker.offered("0123456789", ("ten years",)) is None


class TestReviewed:
    """A reviewed claim is repeated only as a whole, and only by its own words and names."""

    @table("text, verdict, claim")
    def test_verdict(self, checked: Checked, text: str, verdict: str, claim: str | None) -> None:
        """
        the ferry contract is a hoax | contradicts | hoax
        no such contract exists | contradicts | hoax
        It is a fake: no such contract exists | unknown | null
        dogs travel free | agrees | dogs
        the agreement will be renewed | disputed | renewal
        the contract covers cargo | unknown | covers
        the contract covers night boats | unknown | covers
        the contract covers fish | unknown | null
        the contract is no hoax | unknown | null
        small dogs travel free | unknown | null
        dogs do not travel free | unknown | null
        the contract will not be renewed | unknown | null
        Norway invited Iceland | agrees | visit
        Iceland invited Norway | unknown | null
        Norway was invited by Iceland | unknown | null
        nobody has reported that dogs travel free | unknown | null
        """
        check = checked.check(text)
        assert check.verdict == verdict
        assert next((each.claim.id for each in check.judgements if each.claim), None) == claim


class TestMessages:
    """A message is decided whole or not at all."""

    def test_a_lie_at_the_end(self, checked: Checked) -> None:
        said = [
            "The contract lasts eight years.",
            "There are six boats.",
            "Dogs travel free.",
            "The contract lasts ten years.",
        ]
        check = checked.check(" ".join(said))
        assert [judgement.verdict for judgement in check.judgements] == ["agrees"] * 3 + ["contradicts"]
        assert check.verdict == "contradicts"

    @table("more")
    def test_one_open_statement_leaves_the_whole_message_open(self, checked: Checked, more: str) -> None:
        """
        The captain is tall and handsome.
        Wrong.
        Hoax?
        Yeah right.
        So they say.
        🤡
        /s
        """
        assert not checked.check(f"The contract lasts eight years. {more}").is_settled
        assert not checked.check(f"The contract lasts ten years {more}").is_settled

    @table("more")
    def test_what_only_introduces_it_leaves_it_decided(self, checked: Checked, more: str) -> None:
        """
        Breaking!
        Fact check:
        Did you know that
        Hi, is it true that
        ‼️ Share with everyone!
        """
        assert checked(f"{more} the contract lasts ten years") == "contradicts"

    def test_what_is_longer_than_what_is_read_is_not_decided(self, checked: Checked) -> None:
        said = "The contract lasts eight years"
        for text in (f"{said}{' ' * 700}not at all", f"{said}.\n" * 60, f"{said}.{' ' * 4000}There are six boats."):
            assert not checked.check(text).is_settled

    @table("text, language")
    def test_what_may_be_denied_quoted_or_cut_is_not_decided(self, checked: Checked, text: str, language: str) -> None:
        r"""
        is it a hoax that the contract lasts eight years? | en
        The contract lasts eight years is a hoax ?! | en
        kontrak berlaku 10 tahun itu hoaks? | id
        неправда, что договор действует восемь лет | ru
        говорят, что договор действует десять лет | ru
        ❌ The contract lasts eight years | en
        The contract lasts ten years 🚫 | en
        ~~The contract lasts eight years~~ | en
        <s>The contract lasts eight years</s> | en
        The contract lasts “eight” years | en
        "The contract lasts eight years \u202etwon\u202c" | en
        The contract dura eight years | en
        """
        assert not checked.check(text, language).is_settled

    @table("text")
    def test_other_spellings_of_the_same_are_decided(self, checked: Checked, text: str) -> None:
        r"""
        THE CONTRACT LASTS EIGHT YEARS
        "the  contract\u00a0lasts ８ years"
        “The contract lasts eight years.”
        the contract lasts ٨ years
        """
        assert checked(text) == "agrees"

    def test_a_message_that_an_editor_declared_is_repeated_by_its_copies_alone(self, checked: Checked) -> None:
        copy = "URGENT! The ferry SINKS tomorrow – tell everybody. My cousin works at the port."
        check = checked.check(copy)
        assert (check.verdict, [j.claim.id for j in check.judgements if j.claim]) == ("contradicts", ["chain_letter"])
        assert not checked.check(copy.replace("tomorrow", "on Monday")).is_settled
        assert not checked.check(copy.replace(" My cousin works at the port.", "")).is_settled
        assert not checked.check(f"{copy} Is that so?").is_settled

    @table("struck")
    def test_a_copy_that_is_struck_out_is_none(self, checked: Checked, struck: str) -> None:
        """As a whole and in part, by markup and by signs that are drawn over the letters.

        <s>{}</s>
        <del>{}</del>
        <s>{}</s> No.
        <span style="text-decoration: line-through">{}</span>
        ~~{}~~
        ~{}~
        """
        copy = "Urgent! The ferry sinks tomorrow, tell everybody. My cousin works at the port."
        word = copy.replace("sinks", struck.format("sinks"))
        drawn = "".join(f"{letter}\u0336" for letter in copy)
        for text in (struck.format(copy), word, drawn, copy.replace("sinks", "s\u0336i\u0336n\u0336k\u0336s\u0336")):
            assert not checked.check(text).is_settled, text
        assert checked.check(copy).is_settled

    @pytest.mark.parametrize("text", ["what is wrong?", "which of the six boats are fake?", "why is it false?"])
    def test_a_question_of_another_kind_stays_one(self, checked: Checked, text: str) -> None:
        assert not checked.check(text).asks

    @table("text")
    def test_chat_and_questions_get_no_verdict(self, checked: Checked, text: str) -> None:
        """
        lol nice weather
        is there a bus?
        what does it cost
        how long is it valid, eight years?
        """
        assert not checked.check(text).is_settled

    @table("text")
    def test_a_question_needs_no_mark(self, checked: Checked, text: str) -> None:
        """
        De qué va el contrato de los barcos
        de que va el contrato de los barcos nuevos
        cuándo entra en vigor el contrato de los barcos
        y cuando empieza a regir el contrato de los barcos
        ¿Hasta cuándo dura el contrato de los barcos
        Desde dónde salen los 6 barcos del contrato
        A quién le toca pagar los billetes del contrato
        por qué cuesta 12 euros el billete
        Para qué sirve el contrato de los 8 años
        cuántos barcos hay, son 6
        dime cuál es el precio del billete en euros
        """
        check = checked.check(text, "es")
        assert (check.is_question, check.is_claim) == (True, False)

    @table("text, language, is_question")
    def test_in_languages_without_a_file(self, text: str, language: str, is_question: bool) -> None:
        """
        depuis quand le traité est en vigueur | fr | true
        d'où viennent les 60 ratifications du traité | fr | true
        Qu’est-ce que le traité change pour les pêcheurs | fr | true
        le traité est en vigueur depuis le 17 janvier 2026 | fr | false
        Seit wann gilt das Abkommen für die Fischer | de | true
        worum geht es in dem Abkommen eigentlich | de | true
        das Abkommen gilt seit dem 17. Januar 2026 | de | false
        el tratado rige desde el 17 de enero de 2026 | es | false
        """
        lists = word_lists(language)
        message = read_message(text, lists, ValueReader(lists))
        assert (message.is_question, message.asserts) == (is_question, True)

    def test_an_abbreviation_of_any_language_ends_no_sentence(self) -> None:
        lists = word_lists("en")
        text = "The rate is 90 млн. rupiah at PT. Telkom. It was signed in the EU. Then it ended"
        sentences = [each.text for each in read_message(text, lists, ValueReader(lists)).statements]
        assert sentences == ["The rate is 90 млн. rupiah at PT. Telkom", "It was signed in the EU", "Then it ended"]

    @table("text, language")
    def test_what_happens_to_a_whole_country_is_claimed(self, text: str, language: str) -> None:
        """
        our personal data were given to the Russians | en
        they want us to drop WhatsApp for a Russian app | en
        из-за этого меморандума нам скоро отключат интернет | ru
        """
        lists = word_lists(language)
        message = read_message(text, lists, ValueReader(lists))
        assert (message.is_question, message.asserts) == (False, True)

    def test_where_questions_are_not_known_nothing_is_called_a_claim(self) -> None:
        lists = word_lists("pl")
        message = read_message("o czym jest ten traktat o morzach z 2023 roku", lists, ValueReader(lists))
        assert not message.asserts

    def test_whose_rumour_it_is_makes_no_question_of_it(self, checked: Checked) -> None:
        assert not checked.check("my dad says dogs travel free").is_question
        assert checked.check("do dogs travel free with my ticket").is_question

    def test_two_dossiers_do_not_share_names(self, checked: Checked) -> None:
        assert checked("the memorandum lasts ten years") == "unknown"


@table("text")
def test_a_review_of_a_facts_own_sentence_is_reported_with_both_files(ferry: Dossier, text: str) -> None:
    """
    {it} lasts eight years
    {it} was signed at Old Harbour
    """
    denied = ferry.claims[ClaimId("dogs")].model_copy(
        update={"id": "denied", "verdict": "false", "says": {"en": [text]}}
    )
    both = replace(ferry, claims={**ferry.claims, ClaimId("denied"): denied})
    fact = "port" if "Harbour" in text else "term"
    found = [each for each in check_declared(both, lambda: Checker(both)) if each.code == "read-twice"]
    named = f"of facts.yaml ({fact})", "of claims/denied.yaml"
    assert {each.path for each in found} == {"facts.yaml", "claims/denied.yaml"}
    assert all(name in each.message for each in found for name in named)
