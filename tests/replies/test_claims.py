"""What Nota says to what people claim, or ask about it."""

from dataclasses import replace

import pytest

from bot.dossier.models import Dossier, FactId
from bot.platforms.plain_text import render
from bot.replies.answer import answer
from bot.replies.claims import with_offers
from bot.replies.question import MAX_TOKEN_BYTES, from_token, token
from bot.replies.reply import Reply
from tests.conftest import TINY, TODAY, loaded, shipped
from tests.tables import table


@pytest.fixture(scope="module")
def dossier() -> Dossier:
    return shipped()


def said(dossier: Dossier, text: str, language: str = "en") -> Reply:
    return answer(dossier, text, language, TODAY)


class TestNothingToCheck:
    """Who asks only whether something is so is asked what it is, in the language of the chat."""

    @table("text")
    def test_is_asked_what_it_is(self, dossier: Dossier, text: str) -> None:
        """
        hoax?
        Hoax ?!
        true?
        fake news?
        real or fake?
        is this a hoax?
        hoaks?
        hoaks atau fakta?
        ini beneran?
        фейк?
        правда?
        это утка?
        ¿es verdad?
        ¿bulo?
        c'est vrai ?
        C’est une intox ?
        Stimmt das?
        """
        for language, title in (
            ("en", "What is it that you heard?"),
            ("id", "Kabar apa yang Anda dengar?"),
            ("ru", "Что вы слышали?"),
        ):
            assert answer(dossier, text, language, TODAY, in_language="chosen").title == title

    @table("text")
    def test_other_short_questions_are_not(self, dossier: Dossier, text: str) -> None:
        """
        sources?
        who are they?
        news?
        is there a budget?
        what is wrong?
        новости?
        info?
        """
        assert said(dossier, text).title != "What is it that you heard?"


class TestOtherPapers:
    """The dossier's other memorandums and agreements are no lies about this one; the card is theirs."""

    @table("text, language")
    def test_get_no_verdict(self, dossier: Dossier, text: str, language: str) -> None:
        """
        Indonesia and Russia signed a memorandum in Jakarta in November 2025 | en
        Indonesia and Russia signed the agreement on 21 December 2025 | en
        two memorandums were signed in Moscow | en
        Indonesia dan Rusia menandatangani MoU pada 6 November 2025 | id
        nota kesepahaman diteken di Moskow | id
        Индонезия и Россия подписали меморандум в Москве | ru
        подписан меморандум в Джакарте | ru
        Индонезия и Россия подписали соглашение 10 декабря 2025 года | ru  # of degrees, in a bulletin
        """
        assert said(dossier, text, language).verdict in ("unknown", None)

    @table("text, language")
    def test_this_one_is_told_from_them(self, dossier: Dossier, text: str, language: str) -> None:
        """
        the digital memorandum was signed in Moscow | en
        the memorandum was exchanged in Moscow | en
        digital memorandum was exchanged in Moscow | en
        """
        assert said(dossier, text, language).verdict == "contradicts"


class TestWhatCannotBeChecked:
    """One sentence that nobody declared leaves the whole message without a verdict: it has its card, and what its sender may have heard."""

    @table("text, language, heard")
    def test_is_said_of_it(self, dossier: Dossier, text: str, language: str, heard: str) -> None:
        """
        Indonesia and Russia signed the memorandum on 19 June 2025. It lasts ten years. | en | Did you hear one of these?
        MoU berlaku 10 tahun. Kita dapat kapal selam. | id | Apakah salah satu ini yang Anda dengar?
        Меморандум действует десять лет. Нам подарят подводные лодки. | ru | Вы слышали что-то из этого?
        """
        reply = said(dossier, f"/check {text}", language)
        assert (reply.verdict, reply.awaits_verdict) == ("unknown", True)
        assert heard not in render(reply)
        assert heard in render(with_offers(reply))
        chosen = next(
            offer
            for offer in reply.offers
            if "2025" in offer.label or "10" in offer.label or "десять" in offer.label or "ten" in offer.label
        )
        assert chosen.question is not None
        answered = answer(dossier, chosen.question, language, TODAY)
        assert f"“{chosen.label}”" in answered.title or f"«{chosen.label}»" in answered.title
        assert answered.verdict in ("agrees", "contradicts")

    def test_a_press_survives_its_button(self, dossier: Dossier) -> None:
        for offer in said(dossier, "/check so the memorandum will run for TEN years they say").offers:
            assert offer.question is not None
            assert len(token(offer.question).encode()) <= MAX_TOKEN_BYTES
            assert from_token(token(offer.question), dossier) == offer.question

    @table("text, language")
    def test_words_of_questions_do_not_make_a_claim_a_question(
        self, dossier: Dossier, text: str, language: str
    ) -> None:
        """
        /check the memorandum, a document which runs out some day, gives Russia or China access to citizens' data | en
        /check which memorandum gives Russia the data of citizens, this or none | en
        /check zqxj or zqxk | en
        """
        reply = said(dossier, text, language)
        assert reply.verdict == "unknown"
        assert reply.offers or reply.topic or reply.title == "Nota cannot check that."

    def test_nothing_is_said_of_sources_that_nota_may_have(self, dossier: Dossier) -> None:
        reply = said(dossier, "is it true that the moon is made of cheese", "en")
        assert reply.title == "Nota cannot check that."

    def test_the_card_of_a_message_that_is_not_settled_is_the_likeliest(self, dossier: Dossier) -> None:
        """A declared sentence that shares a word with it may be of something else."""
        text = "Прочитал, что обменялись четырьмя документами, в том числе по транспорту. Так?"
        assert said(dossier, text, "ru").topic == "agreements"


class TestInPeoplesWords:
    """Messages as people wrote them, that declared sentences should settle, or a card answer."""

    @table("text, language, verdict, topic")
    def test_are_answered(self, dossier: Dossier, text: str, language: str, verdict: str, topic: str | None) -> None:
        """
        Is it true Russia's getting control of Indonesian radio frequencies? My group chat is going mental | en | unknown | program:spectrum
        the russia indonesia deal is 5 years, legit? | en | unknown | agreement
        hoax atau fakta: MoU digital diteken di Moskow | id | unknown | relations
        Saya baca beasiswa ke Rusia ada 300 kursi buat tahun ajaran 2026/2027. Apakah benar? | id | unknown | scholarships
        Di grup RT rame, katanya data KTP kita bakal dikirim ke Rusia lewat MoU itu | id | unknown | null
        ijazah rusia sekarang diakui di sini ya, desember kemarin diteken | id | unknown | relations
        program pertama pelatihan SDM, terakhir keamanan siber. cek dong | id | unknown | program:talent
        Скажите, меморандум с Индонезией подписан на пять лет? В статье так пишут. | ru | unknown | null
        дипломы индонезийские теперь признают, подписали в декабре | ru | unknown | relations
        67 percent of us pay between 100 and 300 thousand for wifi, that's what I read, true or nah | en | unknown | home_prices
        Forwarded: BREAKING - Indonesia hands 2 billion euros to Russia under digital deal. Check pls before I share | en | unknown | agreements
        """
        reply = said(dossier, text, language)
        assert (reply.verdict, reply.topic) == (verdict, topic)

    @table("text, language")
    def test_degrees_are_on_the_card_that_holds_them(self, dossier: Dossier, text: str, language: str) -> None:
        """
        are russian degrees recognised in indonesia | en
        ijazah rusia diakui gak di indonesia | id
        признают ли российские дипломы | ru
        """
        assert said(dossier, text, language).topic == "relations"


class TestTheClaimedValue:
    """As it was sent, in the middle of a sentence."""

    def test_has_no_capital_of_a_beginning(self, dossier: Dossier) -> None:
        offers = [offer.label for offer in said(dossier, "Nine programmes are in the memorandum").offers]
        assert "There are nine programmes in the memorandum" in offers

    def test_a_name_of_the_dossier_stands_in_its_case(self, dossier: Dossier) -> None:
        """In Russian a sentence says in which case only at its beginning."""
        for offer in said(dossier, "никакого такого меморандума нет и не было", "ru").offers:
            assert "меморандум " not in offer.label

    @pytest.mark.parametrize("sign", ["Rp 9,000", "Rp9,000", "IDR 9,000"])
    def test_keeps_the_sign_of_a_currency(self, sign: str) -> None:
        tiny = loaded(TINY)
        fare = tiny.facts[FactId("fare")].model_copy(update={"says": {"en": ["{} is the price of a ticket"]}})
        dossier = replace(tiny, facts={**tiny.facts, FactId("fare"): fare})
        assert f"not {sign}" in said(dossier, f"{sign} is the price of a ticket").title


@table("claim, offer")
def test_an_offer_has_the_name_in_the_case_of_the_claim(dossier: Dossier, claim: str, offer: str) -> None:
    """
    полдюжины программ в цифровом меморандуме | В цифровом меморандуме 6 программ
    выйти из меморандума можно предупредив за полгода | Из меморандума можно выйти, предупредив за полгода
    Правда ли, что первый срок меморандума — всего пять недель? | Первый срок меморандума — пять недель
    """
    reply = said(dossier, claim, "ru")
    [question] = [each.question for each in reply.offers if each.label == offer]
    assert question is not None
    assert offer in render(answer(dossier, question, "ru", TODAY))
