"""Replies as Discord messages: Markdown, components, embeds, and the limits of each."""

from dataclasses import replace
from typing import Any

import pytest
from simcord.components import validate_message_state

from bot.dossier.markdown import Span
from bot.dossier.models import Dossier, Language, SourceId, TopicId
from bot.platforms.base import cut, utf16_length
from bot.platforms.discord.content_check import check_reply
from bot.platforms.discord.render import action_rows, escape, link, markdown, render, subtext
from bot.replies.answer import answer
from bot.replies.citations import with_citations
from bot.replies.question import AboutBulletin, AboutTopic, Command, Question, from_token
from bot.replies.reply import Button, Items, Note, Paragraph, ProgressBar, Reply, SourceLink
from tests.conftest import TODAY
from tests.servers.discord_rules import message_refusals

LANGUAGES = ["en", "id", "ru"]
EN = Language("en")


def text(words: str) -> Paragraph:
    return Paragraph((Span(words),))


def embed_of(reply: Reply) -> dict[str, Any]:
    (embed,) = render(reply)["embeds"]
    return dict(embed)


class TestMarkdown:
    """Text is shown letter by letter, whatever Markdown it would be (support article "Markdown Text 101")."""

    @pytest.mark.parametrize(
        ("words", "expected"),
        [
            ("2 * 3 * 4", r"2 \* 3 \* 4"),
            ("masa_berlaku", r"masa\_berlaku"),
            ("||hidden|| ~~gone~~ `code`", r"\|\|hidden\|\| \~\~gone\~\~ \`code\`"),
            ("<@123> <#4> <:x:5> @everyone", r"\<\@123\> \<#4\> \<:x:5\> \@everyone"),
            ("[a](b)", r"\[a\](b)"),
            (r"C:\dir", r"C:\\dir"),
            ("# heading", r"\# heading"),
            ("- item\n+ item", "\\- item\n\\+ item"),
            ("-# small", r"\-# small"),
            ("> quoted", r"\> quoted"),
            ("19. June", r"19\. June"),
            ("in the middle - of # it", "in the middle - of # it"),
            ("see https://a.example/b_c*d now_", r"see https://a.example/b_c*d now\_"),
            ("a\u202eb\x00c\ud800", "abc"),
        ],
    )
    def test_syntax_is_escaped(self, words: str, expected: str) -> None:
        """URLs stay whole. Invisible characters go, since one could turn the direction of the whole message."""
        assert escape(words) == expected

    @pytest.mark.parametrize(
        ("spans", "expected"),
        [
            (
                (Span("bold", bold=True), Span(" "), Span("italic", italic=True), Span(" "), Span("both", True, True)),
                "**bold** *italic* ***both***",
            ),
            ((Span("in "), Span(" bold ", bold=True), Span("out")), "in  **bold** out"),
            ((Span("a", bold=True), Span("b", bold=True)), "**ab**"),
            ((Span("a", bold=True), Span("b", italic=True)), "**a**\u200b*b*"),
            ((Span("INTI", url="https://a.example/x_(y)"),), "[INTI](https://a.example/x_%28y%29)"),
        ],
        ids=["each style", "space outside", "one style joined", "two styles kept apart", "a link"],
    )
    def test_styles(self, spans: tuple[Span, ...], expected: str) -> None:
        """As Discord parses them."""
        assert markdown(spans) == expected

    def test_a_url_as_its_own_words_stands_alone(self) -> None:
        """Discord does not hide one URL behind another."""
        assert link("https://a.example", "https://a.example/b") == "https://a.example/b"

    def test_subtext_begins_each_line(self) -> None:
        """It ends with the line."""
        assert subtext("a\n\nb") == "-# a\n-# b"

    def test_clipping_counts_utf_16_units(self) -> None:
        """Text that fits is kept whole; an emoji of two units is never halved."""
        assert cut("abc", 3) == "abc"
        assert cut("😀😀😀", 5) == "😀😀…"
        assert utf16_length("😀…") == 3


def buttons(count: int, *, choice: bool = False) -> list[Button]:
    return [Button(f"Topic {index}", AboutTopic(TopicId(f"t{index}")), choice=choice) for index in range(count)]


def labels(rows: list[dict[str, Any]]) -> list[list[str]]:
    return [[component["label"] for component in row["components"]] for row in rows]


class TestComponents:
    """Buttons and select menus."""

    def test_up_to_five_choices_are_buttons(self) -> None:
        """All are visible at once."""
        assert labels(action_rows(buttons(5, choice=True), "en")) == [[f"Topic {index}" for index in range(5)]]

    def test_more_choices_are_a_menu(self) -> None:
        """Its options hold the questions."""
        (row,) = action_rows(buttons(6, choice=True), "ru")
        (menu,) = row["components"]
        assert (menu["type"], menu["placeholder"]) == (3, "Выберите…")
        assert menu["options"][5] == {"label": "Topic 5", "value": "t/t5"}

    def test_more_choices_than_a_menu_holds_are_two_menus(self) -> None:
        """Discord allows 25 options in each, and no custom_id twice."""
        rows = action_rows(buttons(30, choice=True), "en")
        assert [len(row["components"][0]["options"]) for row in rows] == [25, 5]
        assert not message_refusals({"components": rows})

    def test_the_chosen_one_is_marked(self) -> None:
        """As the selected option, or as a primary button."""
        chosen = Button("Now", Command("language", "en"), choice=True, chosen=True)
        (row,) = action_rows([*buttons(5, choice=True), chosen], "en")
        assert row["components"][0]["options"][5]["default"] is True
        (row,) = action_rows([*buttons(1, choice=True), chosen], "en")
        assert [button["style"] for button in row["components"]] == [2, 1]

    def test_options_that_toggle(self) -> None:
        """None is preselected, and each state has another custom_id, or a client would not report the second choice."""
        menus = []
        for chosen in ({1}, {1, 4}, {1}):
            choices = enumerate(buttons(6, choice=True))
            toggles = [replace(button, toggles=True, chosen=index in chosen) for index, button in choices]
            (row,) = action_rows(toggles, "en")
            assert not message_refusals({"components": [row]})
            menus.append(row["components"][0])
        assert [option["label"] for option in menus[1]["options"]][:2] == ["Topic 0", "✅ Topic 1"]
        assert not any("default" in option for menu in menus for option in menu["options"])
        assert menus[0]["custom_id"] == menus[2]["custom_id"] != menus[1]["custom_id"]

    def test_other_buttons_have_their_own_rows(self) -> None:
        """Below the choices, five in a row."""
        rows = action_rows([*buttons(2, choice=True), *buttons(9)[2:]], "en")
        assert [len(row["components"]) for row in rows] == [2, 5, 2]

    def test_a_url_is_a_link_button(self) -> None:
        """It needs no answer."""
        (row,) = action_rows([Button("Site", url="https://nota.example")], "en")
        assert row["components"] == [{"type": 2, "label": "Site", "style": 5, "url": "https://nota.example"}]

    def test_buttons_that_discord_would_refuse_are_left_out(self) -> None:
        """Without a label, with too long a question or URL: each would cost the whole message."""
        given = [
            Button(" ", AboutTopic(TopicId("a"))),
            Button("Long", Command("settings", "x" * 100)),
            Button("Far", url="https://a.example/" + "x" * 512),
            Button("Fine", AboutTopic(TopicId("b"))),
        ]
        assert labels(action_rows(given, "en")) == [["Fine"]]

    def test_the_same_question_is_one_button(self) -> None:
        """Two components must not have the same custom_id."""
        assert labels(action_rows([*buttons(1), *buttons(1)], "en")) == [["Topic 0"]]

    def test_a_long_label_is_cut(self) -> None:
        """At 80 characters."""
        (row,) = action_rows([Button("x" * 90, AboutTopic(TopicId("a")))], "en")
        assert len(row["components"][0]["label"]) == 80

    def test_rows_beyond_the_fifth_are_left_out(self) -> None:
        """Discord allows five."""
        assert len(render(Reply(None, EN, "T", buttons=tuple(buttons(26))))["components"]) == 5

    def test_up_to_five_items_of_a_numbered_list_are_numbers(self, dossier: Dossier) -> None:
        """Their words are in the list. A menu has the words."""
        news = render(answer(dossier, AboutTopic(TopicId("news")), "en", TODAY))
        assert labels(news["components"])[0] == ["1", "2", "3", "4", "5"]
        (menu,) = render(answer(dossier, AboutTopic(TopicId("programs")), "en", TODAY))["components"][0]["components"]
        assert menu["options"][0]["label"] == "🎓 Digital talent"


class TestEmbed:
    """Title, blocks, sources, day and colour each have their place."""

    def test_blocks_are_paragraphs(self) -> None:
        """A bar and a list belong to the paragraph above them; a note is in small type."""
        blocks = (
            Paragraph((Span("Five years", bold=True), Span(" from now."))),
            ProgressBar(0.29, "29% of the term"),
            text("Then:"),
            Items(((Span("one"),), (Span("two"),)), ordered=True),
            Note((Span("Some say otherwise."),)),
        )
        embed = embed_of(Reply(None, EN, "Term", "⏳", blocks))
        assert embed["title"] == "⏳ Term"
        assert embed["description"] == (
            "**Five years** from now.\n▰▰▰▱▱▱▱▱▱▱ 29% of the term\n\nThen:\n1. one\n2. two\n\n-# Some say otherwise."
        )

    def test_sources_are_links_and_the_day_is_the_footer(self) -> None:
        """In the reader's language."""
        source = SourceLink(SourceId("inti"), "INTI Media", None, "https://inti.example/1", None)
        embed = embed_of(Reply(None, Language("id"), "T", sources=(source,), as_of_label="per 24 November 2026"))
        (field,) = embed["fields"]
        assert (field["name"], field["value"]) == ("Sumber", "[INTI Media](https://inti.example/1)")
        assert embed["footer"] == {"text": "per 24 November 2026"}

    def test_the_colour_is_the_dossiers(self, dossier: Dossier) -> None:
        """A reply without a dossier has ours."""
        assert embed_of(answer(dossier, "/duration", "en", TODAY))["color"] == 0x1F4E79
        assert embed_of(Reply(None, EN, "T"))["color"] == 0x1F4E8C

    def test_nobody_is_pinged(self) -> None:
        """Whatever the text contains."""
        payload = render(Reply(None, EN, "T", blocks=(text("@everyone <@1>"),)))
        assert payload["allowed_mentions"] == {"parse": []}

    def test_paragraphs_that_do_not_fit_are_left_out(self) -> None:
        """So no style is cut open; only a first paragraph that is too long is cut. A title is cut at 256 characters."""
        reply = Reply(None, EN, "t" * 300, blocks=tuple(text(letter * 3000) for letter in "ab"))
        assert embed_of(reply)["description"] == "a" * 3000
        assert embed_of(replace(reply, blocks=(text("a" * 5000),)))["description"] == "a" * 4095 + "…"
        assert len(embed_of(reply)["title"]) == 256

    def test_sources_that_do_not_fit_into_a_field_stand_in_the_next(self) -> None:
        """A link is never cut. One that no field can hold is its words alone."""
        sources = tuple(
            SourceLink(SourceId(str(index)), f"Paper {index}", None, "https://a.example/" + "x" * size, None)
            for index, size in enumerate([400, 400, 400, 2000])
        )
        fields = embed_of(Reply(None, EN, "T", sources=sources))["fields"]
        assert [field["name"] for field in fields] == ["Sources", "\u200b"]
        assert [field["value"].count("](https://") for field in fields] == [2, 1]
        assert fields[1]["value"].endswith(") · Paper 3")

    def test_any_number_of_sources_leaves_a_valid_embed(self) -> None:
        """6000 characters in all; the text gives way."""
        address = "https://a.example/" + "x" * 400
        sources = tuple(SourceLink(SourceId(str(index)), f"Paper {index}", None, address, None) for index in range(40))
        assert not message_refusals(render(Reply(None, EN, "T", blocks=(text("a" * 5000),), sources=sources)))

    def test_a_citation_is_a_link_in_superscript(self) -> None:
        """So each source is one press away, at the statement and below."""
        source = SourceLink(SourceId("inti"), "INTI Media", None, "https://inti.example/1", None)
        cited = Paragraph((Span("Five years."), Span("", source="inti"), Span(" Or not.")))
        embed = embed_of(with_citations(Reply(None, EN, "T", blocks=(cited,), sources=(source,))))
        assert embed["description"] == "Five years.[¹](https://inti.example/1) Or not."
        assert embed["fields"][0]["value"] == "[¹ INTI Media](https://inti.example/1)"


@pytest.mark.parametrize("language", LANGUAGES)
class TestAllContent:
    """Every topic, page and bulletin in every language."""

    @pytest.mark.slow
    def test_is_within_discords_limits(self, dossier: Dossier, language: str) -> None:
        """By the documented limits, written down apart from our own, and by simcord's checks."""
        for question in _questions(dossier):
            payload = render(answer(dossier, question, language, TODAY))
            assert not message_refusals(payload), question
            validate_message_state(payload["components"], flags=0, content=None, embeds=payload["embeds"])

    def test_each_component_leads_to_its_question(self, dossier: Dossier, language: str) -> None:
        """A press sends back the same question."""
        for question in _questions(dossier):
            reply = answer(dossier, question, language, TODAY)
            asked = [button.question for button in reply.buttons if button.question]
            assert [from_token(token, dossier) for token in _tokens(render(reply))] == list(dict.fromkeys(asked))


class TestContentCheck:
    """``nota check`` reports everything that would be cut or left out."""

    @pytest.mark.parametrize(
        ("reply", "problems"),
        [
            (Reply(None, EN, "Title", blocks=(text("text"),)), []),
            (
                Reply(None, EN, "t" * 257, blocks=(Paragraph((Span("b" * 4095, bold=True),)),)),
                ["257 characters of title on Discord", "4099 characters of text on Discord"],
            ),
            (
                Reply(None, EN, "T", buttons=(Button("x" * 81, Command("a")), Button("", Command("b")))),
                ["button 'xxxxxxxxxxxxxxxxxxxx'… of 81 characters on Discord", "a button without words on Discord"],
            ),
            (
                Reply(None, EN, "T", buttons=(Button("asks", Command("settings", "x" * 100)),)),
                ["button 'asks' asks too long a question for Discord"],
            ),
            (
                Reply(None, EN, "T", buttons=tuple(Button(str(index), Command(str(index))) for index in range(26))),
                ["6 rows of buttons on Discord"],
            ),
        ],
        ids=["nothing", "long texts, Markdown included", "labels", "a long question", "too many rows"],
    )
    def test_replies(self, reply: Reply, problems: list[str]) -> None:
        """With its size."""
        assert [fault.message for fault in check_reply(reply) if not fault.is_warning] == problems


def _questions(dossier: Dossier) -> list[Question]:
    pages = [AboutTopic(topic, page) for topic in dossier.topics for page in range(1, 10)]
    return [*pages, *map(AboutBulletin, dossier.bulletins)]


def _tokens(payload: dict[str, Any]) -> list[str]:
    found = []
    for row in payload["components"]:
        for component in row["components"]:
            found += [option["value"] for option in component.get("options", [])] or [component.get("custom_id", "")]
    return [token for token in found if token]
