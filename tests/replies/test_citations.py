"""Citations: ``[@source-id]`` behind a statement becomes a number that leads to the source, the same everywhere."""

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from bot.dossier.loader import load
from bot.dossier.markdown import Items, Paragraph, Span, parse, plain
from bot.dossier.models import Dossier, Language, SourceId
from bot.platforms.base import screen_lines
from bot.platforms.discord.content_check import check_reply as on_discord
from bot.platforms.discord.content_check import visible_text
from bot.platforms.discord.render import render
from bot.platforms.plain_text import render as as_text
from bot.platforms.telegram.content_check import check_reply as on_telegram
from bot.platforms.telegram.render import payload
from bot.replies.answer import answer
from bot.replies.bulletins import (
    BulletinText,
    LabelledBulletin,
    bulletin_text,
    digest_reply,
    from_json,
    split_into_digests,
    text_hash,
    to_json,
)
from bot.replies.citations import citations_in, cited_in, source_line, superscript, with_citations
from bot.replies.question import NEWS, AboutBulletin, AboutTopic, Question, ShowPicture
from bot.replies.reply import Note, Reply, SourceLink
from bot.replies.topics import short_form
from tests.conftest import TODAY, Edit, not_none, shipped
from tests.tables import table

EN = Language("en")
CHECKS = (on_discord, on_telegram)


def link(name: str, publisher: str = "") -> SourceLink:
    return SourceLink(SourceId(name), publisher or name.upper(), None, f"https://{name}.example/1", None)


def spans(text: str) -> list[tuple[str, str | None]]:
    (block,) = parse(text)
    assert isinstance(block, Paragraph)
    return [(span.text, span.source) for span in block.spans]


@pytest.fixture(scope="module")
def dossier() -> Dossier:
    return shipped()


class TestMarkdown:
    """Pandoc's form."""

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("So it is.[@a] Or not.", [("So it is.", None), ("", "a"), (" Or not.", None)]),
            ("So it is [@a].", [("So it is", None), ("", "a"), (".", None)]),
            ("So it is [@a; @b-2_c].", [("So it is", None), ("", "a"), ("\u202f", None), ("", "b-2_c"), (".", None)]),
            ("So it is\n[@a;\n@b]", [("So it is", None), ("", "a"), ("\u202f", None), ("", "b")]),
            ("**Five**[@a] [@b]", [("Five", None), ("", "a"), ("\u202f", None), ("", "b")]),
            (r"Write \[@a] so.", [("Write [@a] so.", None)]),
            ("[@a](https://a.example)", [("@a", None)]),
        ],
    )
    def test_is_read(self, text: str, expected: list[tuple[str, str | None]]) -> None:
        """The number stands right behind the words, whatever space or line break the editor leaves."""
        assert spans(text) == expected


class TestNumbers:
    """One number a source, in the order in which the reply cites them."""

    REPLY = Reply(
        None,
        EN,
        "T",
        blocks=(
            Paragraph((Span("One."), Span("", source="b"), Span(" Two."), Span("", source="a"))),
            Items(((Span("Three"), Span("", source="b")),)),
            Note((Span("Four."), Span("", source="c"))),
        ),
        sources=(link("a"), link("b"), link("c"), link("d"), link("e", "D")),
    )

    def test_follow_the_text(self) -> None:
        """Sources that nothing cites stand behind, without a number, a publisher's further pages as numbers."""
        reply = with_citations(self.REPLY)
        assert as_text(reply).splitlines() == [
            "T",
            "",
            "One.¹ Two.²",
            "• Three¹",
            "Four.³",
            "",
            "¹ B https://b.example/1",
            "² A https://a.example/1",
            "³ C https://c.example/1",
            "D 2",
        ]
        assert [[span.url for span in entry if span.url] for entry in source_line(reply)[3:]] == [
            ["https://d.example/1", "https://e.example/1"]
        ]

    def test_are_given_anew_where_a_reply_is_cut(self) -> None:
        """As in a picture's caption, which has the beginning of the text."""
        reply = with_citations(self.REPLY)
        cut = with_citations(Reply(None, EN, "T", blocks=reply.blocks[1:], sources=reply.sources))
        assert [source.id for source in cut.sources[: cut.cited]] == ["b", "c"]

    def test_of_a_source_that_is_unknown_are_not_shown(self) -> None:
        """Such a text never goes live; a part of a broken dossier is checked all the same."""
        reply = with_citations(Reply(None, EN, "T", blocks=self.REPLY.blocks, sources=(link("a"),)))
        assert "One. Two.¹" in as_text(reply)

    def test_stand_off_from_a_digit(self) -> None:
        """2025² would be a power."""
        block = Paragraph((Span("Until 2025"), Span("", source="a")))
        reply = with_citations(with_citations(Reply(None, EN, "T", blocks=(block,), sources=(link("a"),))))
        assert "Until 2025\u202f¹\n" in as_text(reply)

    def test_above_nine(self) -> None:
        assert superscript(1234567890) == "¹²³⁴⁵⁶⁷⁸⁹⁰"


class TestPlaces:
    """``[@source-id, place]``: where in its source a statement stands."""

    SOURCES = (
        SourceLink(SourceId("treaty"), "Treaty", None, "https://a.example/treaty", None),
        SourceLink(SourceId("report"), "Report", None, "https://b.example/r.PDF?v=2", None),
    )

    def reply(self, text: str, sources: tuple[SourceLink, ...] = SOURCES) -> Reply:
        return with_citations(Reply(None, EN, "T", blocks=parse(text), sources=sources))

    @table("text, cited")
    def test_is_read(self, text: str, cited: list[list[str]]) -> None:
        r"""Commas and brackets belong to it; what it does not have is told by ``check``.

        So.[@a, p. 3] | [["a", "p. 3"]]
        So.[@a,p. 3; @b] | [["a", "p. 3"], ["b", ""]]
        So.[@a; @b, art. 31(2), second sentence] | [["a", ""], ["b", "art. 31(2), second sentence"]]
        So.[@a, p. 3; @a, p. 4] | [["a", "p. 3"], ["a", "p. 4"]]
        "So.[@a,\n  p.\n3]" | [["a", "p. 3"]]
        So.[@a, **p. 3** {fare}] | [["a", "**p. 3** {fare}"]]
        So.[@a, ] | [["a", ""]]
        So.[@a, @b] | [["a, @b", ""]]
        """
        assert [[*pair] for pair in citations_in(parse(text))] == cited

    def test_two_of_one_source_have_two_numbers(self) -> None:
        """The same place has the same number again; the whole source has its own."""
        reply = self.reply(
            "A.[@treaty, art. 5] B.[@report, p. 14] C.[@treaty, art. 31(2)] D.[@treaty, art. 5] E.[@treaty]"
        )
        assert as_text(reply).splitlines()[2:] == [
            "A.¹ B.² C.³ D.¹ E.⁴",
            "",
            "¹ Treaty, art. 5 https://a.example/treaty#:~:text=art.%205",
            "² Report, p. 14 https://b.example/r.PDF?v=2#page=14",
            "³ Treaty, art. 31(2) https://a.example/treaty#:~:text=art.%2031%282%29",
            "⁴ Treaty https://a.example/treaty",
        ]
        assert 'href="https://b.example/r.PDF?v=2#page=14">²' in payload(reply)["text"]
        assert "¹ Treaty, art. 5</a> · " in payload(reply)["text"]
        embed = render(reply)["embeds"][0]
        assert "[²](https://b.example/r.PDF?v=2#page=14)" in embed["description"]
        assert "[³ Treaty, art. 31(2)](https://a.example/treaty#:~:text=art.%2031%282%29)" in str(embed["fields"])
        assert [problem for check in CHECKS for problem in check(reply)] == []

    def test_behind_a_verdict(self) -> None:
        """What decides has no place and the first numbers; the text below may name one in the same source."""
        blocks = parse("A.[@treaty, art. 5]")
        reply = with_citations(
            Reply(None, EN, "So it is.¹", blocks=blocks, sources=self.SOURCES, title_sources=(SourceId("treaty"),))
        )
        assert as_text(reply).splitlines()[2] == "A.²"
        assert [plain(entry) for entry in source_line(reply)] == ["¹ Treaty", "² Treaty, art. 5", "Report"]

    def test_are_numbered_anew(self) -> None:
        """Where a reply is cut; with no citation left the source is named as a whole, and once."""
        whole = self.reply("A.[@treaty, art. 5]\n\nB.[@treaty, art. 6] C.[@report, p. 2]")
        cut = with_citations(replace(whole, blocks=whole.blocks[1:]))
        assert [plain(entry) for entry in source_line(cut)] == ["¹ Treaty, art. 6", "² Report, p. 2"]
        assert [plain(entry) for entry in source_line(with_citations(replace(whole, blocks=())))] == [
            "Treaty",
            "Report",
        ]
        assert with_citations(whole) == whole
        short = short_form(replace(whole, short=whole.blocks[:1], more=AboutTopic(NEWS)))
        assert [plain(entry) for entry in source_line(short)] == ["¹ Treaty, art. 5"]

    @table("place, url, address")
    def test_leads_to_it(self, place: str, url: str, address: str) -> None:
        """At a page of a PDF, and at the words on a web page.

        p. 14 | https://a.example/r.pdf | https://a.example/r.pdf#page=14
        pp. 14–16 | https://a.example/r.pdf#view=Fit | https://a.example/r.pdf#page=14
        hlm. 14 | https://a.example/r.pdf | https://a.example/r.pdf#page=14
        стр. 14, табл. 2 | https://a.example/r.pdf | https://a.example/r.pdf#page=14
        art. 5 | https://a.example/r.pdf | https://a.example/r.pdf
        chap. 5 | https://a.example/r.pdf | https://a.example/r.pdf
        p. 14 | https://a.example/r | https://a.example/r
        p. 14 | https://a.example/r?file=x.pdf | https://a.example/r?file=x.pdf
        “so-called, and & more” | https://a.example/r | https://a.example/r#:~:text=so%2Dcalled%2C%20and%20%26%20more
        § 5 | https://a.example/r#part | https://a.example/r#part:~:text=%C2%A7%205
        """
        assert replace(self.SOURCES[0], place=place, url=url).address == address

    def test_is_left_out_of_an_address_that_would_be_too_long(self) -> None:
        url = "https://a.example/" + "r" * 2000
        assert replace(self.SOURCES[0], place="статья " * 11, url=url).address == url

    def test_of_several_bulletins_in_a_digest(self) -> None:
        """From the ledger, which has the texts of the release before as they were."""
        texts = [
            BulletinText(f"T{number}", TODAY, parse(text), self.SOURCES)
            for number, text in enumerate(
                ("A.[@treaty, p. 1]", "B.[@treaty, p. 2] C.[@report, p. 1]", "D.[@treaty, p. 1]")
            )
        ]
        stored = tuple(LabelledBulletin(from_json(to_json(text))) for text in texts)
        entries = [plain(entry) for entry in source_line(digest_reply(stored, EN))]
        assert entries == ["¹ Treaty, p. 1", "² Treaty, p. 2", "³ Report, p. 1"]
        assert '"place"' not in to_json(BulletinText("T", TODAY, parse("A.[@treaty]"), self.SOURCES))
        assert text_hash(texts[0]) != text_hash(replace(texts[0], blocks=parse("A.[@treaty, p. 2]")))

    @pytest.mark.parametrize(("language", "place"), [("en", "p. 3"), ("id", "hlm. 3")])
    def test_in_two_languages(self, folder: Path, edit: Edit, language: str, place: str) -> None:
        """Each text names it as its language does; nobody reads marks."""
        edit("topics/fare.yaml", "ticket costs **{fare}**.", "ticket costs **{fare}**.[@harbour, p. 3]")
        edit("topics/fare.yaml", "sekali jalan **{fare}**.", "sekali jalan **{fare}** [@harbour, hlm. 3].")
        loading = load(folder, TODAY)
        assert loading.dossier is not None
        assert [str(each) for each in loading.diagnostics] == []
        assert f"\n¹ Harbour Office, {place} https://" in as_text(answer(loading.dossier, "/fare", language, TODAY))

    def test_that_looks_like_markup_is_shown_as_it_stands(self) -> None:
        """Such a text never goes live; a part of a broken dossier is shown all the same."""
        reply = self.reply("A.[@treaty, <b>_x_ *y*] B.[@report, " + "z" * 1000 + "]")
        assert "¹ Treaty, &lt;b&gt;_x_ *y*</a>" in payload(reply)["text"]
        assert r"\<b\>\_x\_ \*y\*" in str(render(reply)["embeds"][0]["fields"]).replace("\\\\", "\\")


class TestUncited:
    """A dossier that cites nothing shows its sources as ever, all of them."""

    def test_sources_of_facts_are_named(self, folder: Path) -> None:
        reply = answer(not_none(load(folder, TODAY).dossier), "/fare", "en", TODAY)
        assert as_text(reply).endswith("\n\nHarbour Office — checked 1 February 2026")
        assert reply.cited == 0

    def test_more_than_five_publishers_are_all_named(self) -> None:
        """No source is hidden behind a number that leads nowhere."""
        reply = Reply(None, EN, "T", sources=tuple(map(link, "abcdefgh")))
        assert as_text(reply).endswith("A · B · C · D · E · F · G · H")
        assert "+" not in str(payload(reply)["text"])


class TestDigest:
    """Several bulletins have one row of numbers."""

    def test_is_numbered_throughout(self, dossier: Dossier) -> None:
        """Also of bulletins that come from the ledger."""
        every = [from_json(to_json(bulletin_text(dossier, each, EN))) for each in dossier.bulletins.values()]
        texts = [every[number] for number in next(split_into_digests(enumerate(every)))]
        reply = digest_reply(tuple(map(LabelledBulletin, texts)), EN)
        cited = list(dict.fromkeys(source for text in texts for source in cited_in(text.blocks)))
        assert [source.id for source in reply.sources[: reply.cited]] == cited
        assert superscript(reply.cited) in as_text(reply)

    def test_as_many_as_fit_stand_in_one(self, dossier: Dossier) -> None:
        """The addresses of citations count in Discord's embeds; nothing is cut on either platform."""
        texts = [bulletin_text(dossier, each, EN) for each in dossier.bulletins.values()]
        groups = list(split_into_digests(enumerate(texts)))
        assert all(len(group) >= 2 for group in groups[:-1])
        for group in groups:
            reply = digest_reply(tuple(LabelledBulletin(texts[number]) for number in group), EN)
            assert [problem for check in CHECKS for problem in check(reply) if not problem.is_warning] == []


def test_a_source_that_only_an_embargoed_bulletin_cites_is_hidden(folder: Path, edit: Edit) -> None:
    """Its title may tell the news."""
    name = "bulletins/2026-01-05-first-crossing.yaml"
    edit("sources.yaml", "harbour:", "quay: {publisher: Quay, url: https://quay.example}\nharbour:")
    edit(name, "first time.", "first time.[@quay]")
    edit(name, "date: 2026-01-05", "date: 2026-01-05\nnot_before: 2026-01-05T12:00:00+00:00")
    dossier = not_none(load(folder, TODAY).dossier)
    assert set(dossier.published(datetime(2026, 1, 5, 11, tzinfo=UTC)).sources) == {"harbour"}
    assert set(dossier.published(datetime(2026, 1, 5, 12, tzinfo=UTC)).sources) == {"harbour", "quay"}


def _questions(dossier: Dossier) -> list[Question]:
    pictures = [ShowPicture(topic.id) for topic in dossier.topics.values() if topic.picture]
    return [*map(AboutTopic, dossier.topics), *map(AboutBulletin, dossier.bulletins), *pictures]


@pytest.mark.parametrize("language", ["en", "id", "ru"])
class TestShippedDossier:
    """Every reply of ours, on both platforms."""

    def test_each_number_leads_to_its_source(self, dossier: Dossier, language: str) -> None:
        """In Telegram's HTML and in Discord's Markdown; nothing is left of the editors' form."""
        for question in _questions(dossier):
            reply = answer(dossier, question, language, TODAY)
            shown = payload(reply)
            html = str(shown.get("text") or shown.get("caption"))
            embed = render(reply)["embeds"][0]
            assert "[@" not in html + str(embed)
            for number, source in enumerate(reply.sources[: reply.cited], start=1):
                assert f">{superscript(number)}</a>" in html, question
                assert f"[{superscript(number)}](" in embed["description"], question
                assert source.publisher in html, question

    def test_each_reply_fits_a_screen_of_discord(self, dossier: Dossier, language: str) -> None:
        """30 lines of 42 characters, a row of buttons counts two; Telegram's are tested with its renderer."""
        heights = {}
        for question in _questions(dossier):
            reply = answer(dossier, question, language, TODAY)
            rows = len(render(reply)["components"])
            heights[question] = screen_lines(visible_text(reply), rows)
        assert {question: height for question, height in heights.items() if height > 30} == {}


class TestWhoSaysSo:
    """``{fact.by}`` prints who states a fact, of any type."""

    def test_in_a_text(self, folder: Path, edit: Edit) -> None:
        edit("facts.yaml", "amount: 4500", "amount: 4500\n  stated_by: {en: the harbour master, id: syahbandar}")
        edit("topics/fare.yaml", "ticket costs **{fare}**.", "ticket costs **{fare}**, says {fare.by}.")
        dossier = not_none(load(folder, TODAY).dossier)
        assert "costs Rp4,500, says the harbour master." in as_text(answer(dossier, "/fare", "en", date(2026, 3, 1)))

    def test_of_a_fact_that_names_nobody_is_an_error(self, folder: Path, edit: Edit) -> None:
        edit("topics/fare.yaml", "ticket costs **{fare}**.", "ticket costs **{fare}**, says {fare.by}.")
        assert [str(each) for each in load(folder, TODAY).diagnostics] == [
            "topics/fare.yaml:10: fact 'fare' has no form 'by', expected a form, but none exists"
        ]
