"""What a reader sees or means otherwise than the words say gets no verdict, or at least not the wrong one."""

from bot.claims.check import Checker
from bot.claims.statements import has_denying_sign
from bot.dossier.models import Language
from tests.claims.conftest import Checked
from tests.claims.test_properties import dossier_of
from tests.tables import table


def checker_of(name: str) -> Checker:
    return dossier_of(name)[1]


@table("language, text")
def test_no_verdict(language: str, text: str) -> None:
    r"""
    en | "5G is n\u0336o\u0336t\u0336 part of the memorandum"
    en | "T\u0336h\u0336e\u0336 \u0336m\u0336e\u0336m\u0336o\u0336r\u0336a\u0336n\u0336d\u0336u\u0336m\u0336 \u0336l\u0336a\u0336s\u0336t\u0336s\u0336 \u0336f\u0336i\u0336v\u0336e\u0336 \u0336y\u0336e\u0336a\u0336r\u0336s\u0336"
    en | <span style="text-decoration: line-through">The memorandum lasts five years</span>
    en | <s class="x">The memorandum lasts five years</s>
    en | No. Published text of the memorandum has been found
    en | No, Published text of the memorandum has been found
    en | No... Published text of the memorandum has been found
    en | No — Published text of the memorandum has been found
    en | No: Published text of the memorandum has been found
    en | No<br> Published text of the memorandum has been found
    en | No</p><p> Published text of the memorandum has been found
    en | "No\n Published text of the memorandum has been found"
    en | The memorandum is not: only about 5G
    id | Benar, tidak ada 6 program dalam MoU
    id | Bener gak ada 6 program dalam MoU
    en | "The memorandum lasts five years\n✕"
    en | "The memorandum lasts five years\n╳"
    en | "The memorandum lasts five years\n×"
    en | "The memorandum lasts five years\n☒"
    en | "The memorandum lasts five years\n⊘"
    en | "The memorandum lasts five years\n≠"
    en | "The memorandum lasts five years\n¬"
    en | "The memorandum lasts five years\n!="
    en | "The memorandum lasts five years\n🙅"
    en | "The memorandum lasts five years\n🚮"
    en | "The memorandum lasts five years\n🗑"
    en | "The memorandum lasts five years\n🛑"
    en | "The memorandum lasts five years\n💩"
    en | "The memorandum lasts five years\n🤣"
    en | "The memorandum lasts five years\n😂"
    en | "The memorandum lasts five years\n🙄"
    en | "The memorandum lasts five years\n🤦"
    en | "The memorandum lasts five years\n😜"
    en | "The memorandum lasts five years\n😉"
    en | "The memorandum lasts five years\n-_-"
    en | "The memorandum lasts five years\n;)"
    en | "The memorandum lasts five years\n~"
    en | 25 June 2025: Indonesia and Russia signed the memorandum
    en | The memorandum was https://x.org/never signed on 19 December 2025
    ru | Меморандум http://не действует 5 лет
    ru | Меморандум действует 5 лет https://example.com/это-ложь
    en | Indonesia and Russia signed the agreement in December 2025
    en | They signed the memorandum in November 2025
    en | The two countries signed in Jakarta
    en | They signed the memorandum in Moscow
    en | There is no such
    en | Indonesia and Russia never signed
    id | Tidak ada seperti itu
    id | Min. MoU berlaku 5 tahun
    ru | Ребята меморандум действует 5 лет
    ru | Меморандум действует 5 лет срочно
    en | Indonesia and Russia 'signed' the memorandum on 19 December 2025
    en | The memorandum lasts ’five’ years
    en | The memorandum lasts ´five´ years
    en | The memorandum lasts 5 .years
    # words of a call to readers that judge the sentence, or add to it
    en | Bad info: the memorandum lasts five years
    en | Crazy talk: the memorandum lasts five years
    en | Full of it: the memorandum lasts five years
    en | Get out of here: the memorandum lasts five years
    en | Should have: the memorandum lasts five years
    en | Oh please, the memorandum lasts five years
    en | The memorandum was signed on 19 June 2025, evening
    en | 92% of Russians have fast internet, everywhere
    en | The memorandum covers six programmes, others
    id | MoU ditandatangani pada 19 Juni 2025, malam
    id | MoU mencakup 6 program, lain
    ru | Меморандум подписали 19 июня 2025 года, заранее
    ru | Меморандум охватывает 6 программ, больше
    ru | Как же, меморандум действует 5 лет
    es | El contrato dura 8 años, máximo
    es | El contrato dura 8 años, antes
    # or take it back
    en | The memorandum lasts five years. It's off
    en | The memorandum lasts five years. It did.
    en | The memorandum lasts five years. Deleted.
    en | I heard it's off. The memorandum lasts five years
    id | MoU berlaku 5 tahun. Lewat.
    id | MoU berlaku 5 tahun. Dihapus
    ru | Меморандум действует 5 лет. Уже есть новый
    ru | Меморандум действует 5 лет. Удалили
    ru | Меморандум действует 5 лет))
    en | The memorandum lasts five years (!)
    en | The memorandum lasts (?) five years
    es | El contrato dura 8 años. Acaba hoy
    # a hashtag of another country
    en | "The memorandum lasts five years #malaysia"
    ru | "Меморандум действует 5 лет #Малайзия"
    """
    name = "sotoluna-residuos" if language == "es" else "shipped"
    assert checker_of(name).check(text, Language(language)).verdict == "unknown"


def test_no_verdict_on_what_is_cut() -> None:
    text = f"Меморандум действует 5 лет. {'🙏' * 601} Шутка"
    assert checker_of("shipped").check(text, Language("ru")).verdict == "unknown"


@table("text")
def test_a_no_that_a_sign_divides_from_the_rest(text: str) -> None:
    """In each language, whether or not it has a list of words that deny.

    Ya no. Hay acuerdo
    Nunca: se firmó el tratado
    Não, há acordo
    Il n'y a plus de camions. Non. C'est vrai
    Нет, закон приняли
    Tidak, MoU berlaku lima tahun
    Nein: das Bad hat 12 Becken
    Hayır, kanun geçti
    """
    assert has_denying_sign(text)
    assert not has_denying_sign(text.translate(str.maketrans("", "", ",.:")))


def test_a_limit_with_a_coarser_or_another_day() -> None:
    """Bids are due by 15 May: "before May" is another limit, and nothing decides on it."""
    checker = checker_of("lindhaven-allotments")
    for text in (
        "Заплатить нужно до мая 2027 года",
        "Заплатить нужно до 2027",
        "Предложения разошлют до 1 апреля 2027 года",
    ):
        assert checker.check(text, Language("ru")).verdict == "unknown", text


@table("language, text")
def test_but_these_agree(language: str, text: str) -> None:
    r"""
    en | The memorandum lasts five years 🙏🏼
    en | "The memorandum lasts five years\n🙏🏼"
    id | MoU berlaku 5 tahun, benar tidak?
    id | Benar tidak? MoU berlaku 5 tahun
    en | The memorandum lasts five years. Have a nice day
    en | "The memorandum lasts five years #russia"
    ru | "Меморандум действует 5 лет #Россия"
    """
    assert checker_of("shipped").check(text, Language(language)).verdict == "agrees"


def test_a_name_in_another_number_or_case_than_those_that_are_listed() -> None:
    """«Законы» are others, and «музею» is the one to whom something is done. The forms of `names` are read, whatever their case."""
    checker = checker_of("tamaro-repair-act")
    for text in (
        "Законы приняли 6 марта 2026 года",
        "Парламент пересмотрит законы через 3 года",
        "Законам грозит штраф",
    ):
        assert checker.check(text, Language("ru")).verdict == "unknown", text
    assert checker.check("Парламент пересмотрит закон через 3 года", Language("ru")).verdict == "agrees"
    museum = checker_of("orra-lighthouse-museum")
    for text in (
        "Музею зажгли 1 сентября 1874 года",
        "Маяки зажгли 1 сентября 1874 года",
        "Маякам автоматизировали в 1986 году",
    ):
        assert museum.check(text, Language("ru")).verdict == "unknown", text


@table("dossier, language, limit, own")
def test_another_limit(dossier: str, language: str, limit: str, own: str) -> None:
    """Of "within 30 days", "within 60 days" follows, and of "up to six hens" "up to four" does.

    high-seas | en | a party may object within {} | 120 days
    lindhaven-allotments | en | up to {} hens are allowed | "6"
    lindhaven-allotments | en | a tenant must be at least {} old | 18 years
    tamaro-repair-act | en | a decision comes within {} | 45 days
    tamaro-repair-act | ru | сервис производителя чинит до {} | 21 день
    sotoluna-residuos | es | recogen como mucho {} cada vez | 3 bultos
    sotoluna-residuos | fr | on enlève gratuitement jusqu'à {} objets par rendez-vous | "3"
    """
    checker = checker_of(dossier)
    number, _, unit = own.partition(" ")
    for value in (int(number) // 2, int(number) * 2 + 1):
        text = limit.format(f"{value} {unit}".strip())
        assert checker.check(text, Language(language)).verdict == "unknown", text
    assert checker.check(limit.format(own), Language(language)).verdict == "agrees"


def test_a_name_that_is_left_out(checked: Checked) -> None:
    """Beside another sentence, it may be the name of another thing; at the end, the sentence is none."""
    assert checked("Norway and Iceland signed on 14 March 2026") == "agrees"
    assert checked("The catering contract was signed on 1 September 2026") == "agrees"
    assert (
        checked("The catering contract was signed on 1 September 2026. Norway and Iceland signed on 14 March 2026")
        == "unknown"
    )
    assert checked("There are six boats. Norway and Iceland signed the contract on 14 March 2026") == "agrees"
    votes = checker_of("tamaro-repair-act")
    assert votes.check("40 members voted against the act", Language("en")).verdict == "contradicts"
    assert votes.check("40 members voted against", Language("en")).verdict == "unknown"


@table("text")
def test_a_denial_before_the_unit(text: str) -> None:
    """
    85 not % of Russians have broadband
    85 % not of Russians have broadband
    85, never % of Russians have broadband
    """
    assert checker_of("shipped").check(text, Language("en")).verdict == "unknown"
    assert checker_of("shipped").check("85 % of Russians have broadband", Language("en")).verdict == "agrees"
