"""Citations: ``[@source-id]`` behind a statement becomes a number that leads to the source, the same everywhere."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from bot.dossier.loader import load
from bot.dossier.markdown import Items, Paragraph, Span, parse
from bot.dossier.models import Dossier, Language, SourceId
from bot.platforms.base import screen_lines
from bot.platforms.discord.content_check import check_reply as on_discord
from bot.platforms.discord.content_check import visible_text
from bot.platforms.discord.render import render
from bot.platforms.plain_text import render as as_text
from bot.platforms.telegram.content_check import check_reply as on_telegram
from bot.platforms.telegram.render import payload
from bot.replies.answer import answer
from bot.replies.bulletins import LabelledBulletin, bulletin_text, digest_reply, from_json, split_into_digests, to_json
from bot.replies.citations import cited_in, source_line, superscript, with_citations
from bot.replies.question import AboutBulletin, AboutTopic, Question, ShowPicture
from bot.replies.reply import Note, Reply, SourceLink
from tests.conftest import TODAY, Edit, shipped

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


class TestUncited:
    """A dossier that cites nothing shows its sources as ever, all of them."""

    def test_sources_of_facts_are_named(self, folder: Path) -> None:
        dossier = load(folder, TODAY).dossier
        assert dossier is not None
        reply = answer(dossier, "/fare", "en", TODAY)
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
    dossier = load(folder, TODAY).dossier
    assert dossier is not None
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
        dossier = load(folder, TODAY).dossier
        assert dossier is not None
        assert "costs Rp4,500, says the harbour master." in as_text(answer(dossier, "/fare", "en", date(2026, 3, 1)))

    def test_of_a_fact_that_names_nobody_is_an_error(self, folder: Path, edit: Edit) -> None:
        edit("topics/fare.yaml", "ticket costs **{fare}**.", "ticket costs **{fare}**, says {fare.by}.")
        assert [str(each) for each in load(folder, TODAY).diagnostics] == [
            "topics/fare.yaml:10: fact 'fare' has no form 'by', expected a form, but none exists"
        ]
