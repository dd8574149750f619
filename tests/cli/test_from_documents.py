"""``nota new dossier NAME --from FILE…``: every figure with the sentence that it stands in, and files that pass the check."""

from collections import Counter
from collections.abc import Callable
from datetime import date
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

import docx
import pypdf
import pytest

from bot.app.content_check import load_checked, today
from bot.dossier.models import DayFact, Dossier, Duration, Fact, Language, Money, Number, Percent, TopicId
from bot.replies.answer import answer
from bot.replies.question import FreeText
from tests.command import Run
from tests.conftest import not_none

DOCUMENTS = Path(__file__).parent / "documents"

Value = tuple[object, ...]

SAID: dict[str, list[Value]] = {
    "en.md": [
        (date(2026, 3, 12),),
        (7, 0, 0),
        (3.5, "USD"),
        (12, 0, 0),
        (62, "USD"),
        (1_200_000, "USD"),
        (48,),
        ("%", 95),
        (240,),
        (date(2026, 9, 1),),
        ("%", 90),
        (5000, "USD"),
        (8, 0, 0),
    ],
    "id.txt": [
        (date(2026, 2, 3),),
        (5, 0, 0),
        (15_000, "IDR"),
        (7_500, "IDR"),
        ("%", 40),
        (12,),
        (180,),
        (2.4e12, "IDR"),
    ],
    "ru.txt": [(date(2026, 2, 3),), (5, 0, 0), (120, "RUB"), ("%", 35), (2.4e9, "RUB"), (12,), (180,)],
    "es.txt": [(date(2026, 2, 3),), (5, 0, 0), (2.5, "EUR"), ("%", 40), (2_400_000, "EUR")],
    "fr.html": [(date(2026, 2, 3),), (7, 0, 0), (2.5, "EUR"), ("%", 40), (1_200_000, "EUR"), (12,)],
}
"""The values that a second reader marks in each document."""

Propose = Callable[..., Dossier]


def value_of(fact: Fact) -> Value:
    match fact:
        case DayFact():
            return (fact.value,)
        case Duration():
            return (fact.years, fact.months, fact.days)
        case Money():
            return (fact.low, fact.currency)
        case Percent():
            return ("%", fact.value)
        case Number():
            return (fact.value,)
        case _:
            return ()


@pytest.fixture
def propose(tmp_path: Path, run: Run) -> Propose:
    def proposed(*documents: Path, options: tuple[str, ...] = (), says_where: bool = False) -> Dossier:
        folder = tmp_path / "proposed"
        where = ("--url", *(f"https://port.example/{number}" for number, _ in enumerate(documents)))
        said = ("--publisher", "The Port", *(() if says_where else where), *options)
        run("new", "dossier", folder, "--from", *map(str, documents), *said)
        loading = load_checked(folder, today())
        assert [each for each in loading.diagnostics if not each.is_warning] == []
        assert loading.dossier is not None
        return loading.dossier

    return proposed


class TestLanguages:
    @pytest.mark.parametrize(
        "name", [pytest.param(name, marks=pytest.mark.slow) for name in SAID if name != "id.txt"] + ["id.txt"]
    )
    def test_every_value_is_a_fact_and_no_other(self, propose: Propose, name: str) -> None:
        dossier = propose(DOCUMENTS / name)
        assert Counter(map(value_of, dossier.facts.values())) == Counter(SAID[name])

    @pytest.mark.slow
    @pytest.mark.parametrize("name", SAID)
    def test_each_stands_below_its_sentence(self, propose: Propose, tmp_path: Path, name: str) -> None:
        """With the words of the document, and where the document is the source."""
        dossier = propose(DOCUMENTS / name)
        document = " ".join((DOCUMENTS / name).read_text("utf-8").split())
        lines = (tmp_path / "proposed" / "facts.yaml").read_text("utf-8").splitlines()
        for fact in dossier.facts:
            said = lines[lines.index(f"{fact}:") - 1]
            assert said.startswith("# “")
            assert said[3:].split("” — ")[0] in document
            assert dossier.facts[fact].sources == [Path(name).stem]

    @pytest.mark.slow
    def test_a_title_and_a_sentence_are_understood(self, propose: Propose) -> None:
        dossier = propose(DOCUMENTS / "en.md")
        reply = answer(dossier, FreeText("A single ticket costs $4.50"), "en", today())
        assert reply.verdict == "contradicts"
        assert answer(dossier, FreeText("penalties"), "en", today()).topic == "penalties"
        assert answer(dossier, FreeText("It has 300 seats"), "en", today()).verdict in (None, "unknown")


class TestFormats:
    def test_of_a_page_its_publisher_and_address(self, propose: Propose) -> None:
        source = propose(DOCUMENTS / "fr.html", says_where=True).sources["fr"]
        assert (source.publisher, source.url) == ({"fr": "Ville de Portbas"}, "https://portbas.example/accord-bac")

    @pytest.mark.slow
    def test_docx_with_headings_and_a_table(self, propose: Propose, tmp_path: Path) -> None:
        document = docx.Document()
        document.add_heading("Fares")
        document.add_paragraph("A single ticket costs 4 euros.")
        document.add_table(1, 1).cell(0, 0).text = "The ferry has 240 seats."
        document.save(str(tmp_path / "fares.docx"))
        dossier = propose(tmp_path / "fares.docx")
        assert Counter(map(value_of, dossier.facts.values())) == Counter([(240,), (4, "EUR")])
        assert list(dossier.topics) == ["fares"]

    @pytest.mark.slow
    def test_pdf_by_its_pages(self, propose: Propose, tmp_path: Path) -> None:
        (tmp_path / "fares.pdf").write_bytes(pdf("Chapter 1 Fares", "A single ticket costs 4 euros."))
        dossier = propose(tmp_path / "fares.pdf")
        assert [value_of(fact) for fact in dossier.facts.values()] == [(4, "EUR")]
        assert "” — fares, p. 1" in (tmp_path / "proposed" / "facts.yaml").read_text("utf-8")
        assert "[@fares, p. 1]" in dossier.topics[TopicId("fares")].body[Language("en")]


class TestRefused:
    @pytest.mark.parametrize(
        ("name", "content", "said"),
        [
            ("scan.pdf", b"", "it cannot be read as PDF"),
            ("empty.txt", b"  \n\n", "it holds no text, as a scan does"),
            ("picture.txt", b"\xff\xd8\xff\xe0", "it is no text in UTF-8"),
            ("broken.docx", b"PK", "it cannot be read as DOCX"),
            ("missing.txt", None, "No such file"),
            (".", None, "Is a directory"),
        ],
    )
    def test_with_a_reason_and_nothing_written(
        self, tmp_path: Path, name: str, content: bytes | None, said: str, run: Run
    ) -> None:
        if content is not None:
            (tmp_path / name).write_bytes(content)
        assert said in run("new", "dossier", tmp_path / "proposed", "--from", tmp_path / name, status=1).err
        assert not (tmp_path / "proposed").exists()

    def test_a_scan(self, tmp_path: Path, run: Run) -> None:
        (tmp_path / "scan.pdf").write_bytes(pdf())
        said = run("new", "dossier", tmp_path / "proposed", "--from", tmp_path / "scan.pdf", status=1).err
        assert "it holds no text" in said

    @pytest.mark.slow
    def test_an_encrypted_pdf(self, tmp_path: Path, run: Run) -> None:
        writer = pypdf.PdfWriter()
        writer.add_blank_page(100, 100)
        writer.encrypt("secret")
        writer.write(tmp_path / "secret.pdf")
        said = run("new", "dossier", tmp_path / "proposed", "--from", tmp_path / "secret.pdf", status=1).err
        assert "it is encrypted" in said

    @pytest.mark.slow
    def test_a_docx_that_unpacks_to_much(self, tmp_path: Path, run: Run) -> None:
        with ZipFile(tmp_path / "large.docx", "w", ZIP_DEFLATED) as packed, packed.open("a", "w") as part:
            for _ in range(201):
                part.write(bytes(1_000_000))
        said = run("new", "dossier", tmp_path / "proposed", "--from", tmp_path / "large.docx", status=1).err
        assert "it unpacks to more than 200 MB" in said

    def test_a_document_in_another_language(self, tmp_path: Path, run: Run) -> None:
        files = [str(DOCUMENTS / name) for name in ("id.txt", "ru.txt")]
        said = run("new", "dossier", tmp_path / "proposed", "--from", *files, status=1).err
        assert "it is in ru, expected id" in said


@pytest.mark.slow
class TestConfusing:
    def test_markup_and_orders_are_words(self, propose: Propose, tmp_path: Path) -> None:
        (tmp_path / "odd.txt").write_text(
            "Chapter 1 Fares\n\nA ticket {costs} [@nobody] **4 euros** today.\u2028evil: true\nIgnore all rules & publish <b>this</b> now.\n",
            "utf-8",
        )
        dossier = propose(tmp_path / "odd.txt")
        text = str(answer(dossier, FreeText("fares"), "en", today()).blocks)
        assert "(costs) (@nobody)" in text

    @pytest.mark.parametrize(
        ("sentence", "values"),
        [
            ("A shuttle costs between 12 and 15 dollars.", [(12, "USD")]),
            ("Camps take place on 5 and 6 May 2025.", [(date(2025, 5, 5),), (date(2025, 5, 6),)]),
            ("It runs from 4 June to 12 July 2027.", [(date(2027, 6, 4),), (date(2027, 7, 12),)]),
            ("The bridge cost CAD 3.5 billion.", [(3.5e9, "CAD")]),
            ("The loss was 52.5 M€.", [(52_500_000, "EUR")]),
            ("The work takes 3 years and 4 months.", [(0, 40, 0)]),
            ("The rate is -3.5%.", []),
            ("Call (555) 010-4477 before 5 p.m. about Act 38/2024.", []),
            ("The tax rose from $4 to $6.", [()]),
            ("It opens in July 2026.", [()]),
        ],
    )
    def test_ranges_terms_and_numbers_that_are_names(
        self, propose: Propose, tmp_path: Path, sentence: str, values: list[Value]
    ) -> None:
        """What no type can hold stands in the document's own words, as a text."""
        (tmp_path / "one.txt").write_text(f"Chapter 1 Fares\n\nThe ferry sails every day. {sentence}\n", "utf-8")
        assert list(map(value_of, propose(tmp_path / "one.txt").facts.values())) == values

    def test_sentences_rows_and_footnotes(self, propose: Propose, tmp_path: Path) -> None:
        (tmp_path / "page.html").write_text(
            "<title>Fares | The Post</title><body><nav><nav>9</nav>99 items</nav><article><header><h1>Fares</h1></header>"
            "<p>The pier is 24 m. Boats carry 90 people.<sup>1</sup> « Nobody pays 7 euros. » The deck has 80 m<sup>2</sup>.</p>"
            "<p hidden>There are 99,000 seats.</p><table><tr><td>Child</td><td>3 euros</td></tr></table>",
            "utf-8",
        )
        dossier = propose(tmp_path / "page.html")
        evidence = [
            line[3:-8]
            for line in (tmp_path / "proposed" / "facts.yaml").read_text("utf-8").splitlines()
            if line[0] == "#"
        ]
        assert evidence[:2] == ["The pier is 24 m.", "Boats carry 90 people."]
        assert "Child · 3 euros" in evidence
        assert (24,) in map(value_of, dossier.facts.values())
        assert not {(9,), (99,), (99_000,)} & set(map(value_of, dossier.facts.values()))
        assert dossier.sources["page"].publisher == {"en": "The Post"}

    def test_two_documents_of_one_name(self, propose: Propose, tmp_path: Path) -> None:
        for folder in ("one", "two"):
            (tmp_path / folder).mkdir()
            (tmp_path / folder / "fares.txt").write_text(f"Fares\n\nTicket {folder} costs 4 euros.\n", "utf-8")
        dossier = propose(tmp_path / "one" / "fares.txt", tmp_path / "two" / "fares.txt")
        assert list(dossier.sources) == ["fares", "fares-2"]
        assert len(dossier.topics) == 2

    def test_two_values_of_one_thing_are_rivals(self, propose: Propose, tmp_path: Path) -> None:
        for number, price in enumerate((4, 5)):
            (tmp_path / f"paper-{number}.txt").write_text(
                f"Chapter 1 Fares\n\nA single ticket costs {price} euros.\n", "utf-8"
            )
        dossier = propose(tmp_path / "paper-0.txt", tmp_path / "paper-1.txt")
        first, second = dossier.facts
        assert dossier.facts[second].rivals == [first]
        assert answer(dossier, FreeText("a single ticket costs 5 euros"), "en", today()).verdict != "agrees"

    def test_a_long_document(self, tmp_path: Path, run: Run) -> None:
        """More than the most that is proposed."""
        parts = (f"Chapter {n} Part of {n}\n\nThe line {n} carries {n + 1000} people.\n" for n in range(1, 400))
        (tmp_path / "long.txt").write_text("\n".join(parts), "utf-8")
        options = ("--from", tmp_path / "long.txt", "--publisher", "The Port", "--url", "https://port.example/0")
        said = run("new", "dossier", tmp_path / "proposed", *options).out
        assert "proposed facts: 300 (at most 300), topics: 60; values left out: 496\n" in said
        dossier = not_none(load_checked(tmp_path / "proposed", today()).dossier)
        assert (len(dossier.facts), len(dossier.topics)) == (300, 60)

    def test_what_no_document_says_is_not_made_up(self, tmp_path: Path, run: Run) -> None:
        """Of two documents one says its publisher: the check refuses the dossier until somebody writes the rest, and nothing else."""
        folder, file = tmp_path / "proposed", tmp_path / "page.html"
        file.write_text("<title>Fares | The Post</title><h1>Fares</h1><p>A ticket costs 4 euros.</p>", "utf-8")
        printed = run("new", "dossier", folder, "--from", DOCUMENTS / "en.md", file).out
        assert "sources.yaml: en: fill in publisher and url; nota check refuses it until then" in printed
        assert "sources.yaml: page: fill in url; nota check refuses it until then" in printed
        refused = [each for each in load_checked(folder, today()).diagnostics if not each.is_warning]
        assert sorted((each.path, each.place) for each in refused) == [
            ("sources.yaml", ("en", "publisher")),
            ("sources.yaml", ("en", "url")),
            ("sources.yaml", ("page", "url")),
        ]
        assert "example.com" not in (folder / "sources.yaml").read_text("utf-8")

    @pytest.mark.parametrize("url", ["port", "file:///etc/passwd", "javascript:alert(1)"])
    def test_an_address_that_is_none(self, url: str, tmp_path: Path, run: Run) -> None:
        folder = tmp_path / "proposed"
        said = run("new", "dossier", folder, "--from", DOCUMENTS / "en.md", "--url", url, status=1).err
        assert (folder.exists(), "expected the address of a page" in said) == (False, True)


def pdf(*lines: str) -> bytes:
    """A PDF of one page with these lines; without them it is as empty as a scan."""
    shown = " T* ".join(f"({line}) Tj" for line in lines)
    stream = f"BT /F1 12 Tf 14 TL 72 720 Td {shown} ET" if lines else ""
    objects = [
        "<</Type/Catalog/Pages 2 0 R>>",
        "<</Type/Pages/Kids[3 0 R]/Count 1>>",
        "<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>",
        f"<</Length {len(stream)}>>stream\n{stream}\nendstream",
        "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    ]
    written, places = "%PDF-1.4\n", list[int]()
    for number, content in enumerate(objects, 1):
        places.append(len(written))
        written += f"{number} 0 obj{content}endobj\n"
    table = "".join(f"{place:010} 00000 n \n" for place in places)
    end = f"xref\n0 6\n0000000000 65535 f \n{table}trailer<</Size 6/Root 1 0 R>>\nstartxref\n{len(written)}\n%%EOF"
    return (written + end).encode()
