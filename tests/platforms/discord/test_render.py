"""A reply as Discord shows it."""

from dataclasses import replace
from typing import Any

import pytest
from simcord.components import validate_message_state

from bot.dossier.markdown import Span
from bot.dossier.models import Dossier, Language, SourceId, TopicId
from bot.platforms.discord.render import render
from bot.replies.answer import answer
from bot.replies.question import AboutBulletin, AboutTopic, Question, from_token
from bot.replies.reply import Items, Note, Paragraph, ProgressBar, Reply, SourceLink
from tests.conftest import TODAY
from tests.servers.discord_rules import message_refusals

LANGUAGES = ["en", "id", "ru"]
EN = Language("en")


def text(words: str) -> Paragraph:
    """A paragraph of plain words."""
    return Paragraph((Span(words),))


def embed_of(reply: Reply) -> dict[str, Any]:
    """The one embed."""
    (embed,) = render(reply)["embeds"]
    return dict(embed)


def tokens(payload: dict[str, Any]) -> list[str]:
    """What the buttons and menus ask, in order."""
    found = []
    for row in payload["components"]:
        for component in row["components"]:
            found += [option["value"] for option in component.get("options", [])] or [component.get("custom_id", "")]
    return [token for token in found if token]


def everything(dossier: Dossier) -> list[Question]:
    """All topics and bulletins, and every page of the lists."""
    pages = [AboutTopic(topic, page) for topic in dossier.topics for page in range(1, 10)]
    return [*pages, *map(AboutBulletin, dossier.bulletins)]


class TestAllContent:
    """Every topic, page and bulletin in every language."""

    @pytest.mark.parametrize("language", LANGUAGES)
    def test_is_within_what_discord_takes(self, dossier: Dossier, language: str) -> None:
        """By the documented limits, told apart from our own numbers, and by simcord's checks."""
        for question in everything(dossier):
            payload = render(answer(dossier, question, language, TODAY))
            assert not message_refusals(payload), question
            validate_message_state(payload["components"], flags=0, content=None, embeds=payload["embeds"])

    @pytest.mark.parametrize("language", LANGUAGES)
    def test_its_buttons_lead_somewhere(self, dossier: Dossier, language: str) -> None:
        """What a press will bring back is a question again."""
        for question in everything(dossier):
            reply = answer(dossier, question, language, TODAY)
            asked = [button.question for button in reply.buttons if button.question]
            assert [from_token(token, dossier) for token in tokens(render(reply))] == list(dict.fromkeys(asked))


class TestNumberedList:
    """Choices that a list above has in full."""

    def test_up_to_five_are_numbers(self, dossier: Dossier) -> None:
        """Side by side; more of them are a menu, with their words."""
        news = render(answer(dossier, AboutTopic(TopicId("news")), "en", TODAY))
        assert [each["label"] for each in news["components"][0]["components"]] == ["1", "2", "3", "4", "5"]
        (menu,) = render(answer(dossier, AboutTopic(TopicId("programs")), "en", TODAY))["components"][0]["components"]
        assert menu["options"][0]["label"] == "🎓 Digital talent"


class TestEmbed:
    """Title, blocks, sources, day and colour each have their place."""

    def test_blocks_stand_below_each_other(self) -> None:
        """A bar and a list belong to the paragraph above them; a doubt is in small type."""
        reply = Reply(
            None,
            EN,
            "Term",
            "⏳",
            (
                Paragraph((Span("Five years", bold=True), Span(" from now."))),
                ProgressBar(0.29, "29% of the term"),
                text("Then:"),
                Items(((Span("one"),), (Span("two"),)), ordered=True),
                Note((Span("Some say otherwise."),)),
            ),
        )
        embed = embed_of(reply)
        assert embed["title"] == "⏳ Term"
        assert embed["description"] == (
            "**Five years** from now.\n▰▰▰▱▱▱▱▱▱▱ 29% of the term\n\nThen:\n1. one\n2. two\n\n-# Some say otherwise."
        )

    def test_sources_are_links_and_the_day_is_the_footer(self) -> None:
        """Both in the reader's language."""
        source = SourceLink(SourceId("inti"), "INTI Media", None, "https://inti.example/1", None)
        embed = embed_of(Reply(None, Language("id"), "T", sources=(source,), as_of_label="per 24 November 2026"))
        (field,) = embed["fields"]
        assert (field["name"], field["value"]) == ("Sumber", "[INTI Media](https://inti.example/1)")
        assert embed["footer"] == {"text": "per 24 November 2026"}

    def test_the_colour_is_the_dossiers(self, dossier: Dossier) -> None:
        """Ours where a reply is no dossier's."""
        assert embed_of(answer(dossier, "/duration", "en", TODAY))["color"] == 0x1F4E79
        assert embed_of(Reply(None, EN, "T"))["color"] == 0x1F4E8C

    def test_nobody_is_pinged(self) -> None:
        """Whatever the text says."""
        payload = render(Reply(None, EN, "T", blocks=(text("@everyone <@1>"),)))
        assert payload["allowed_mentions"] == {"parse": []}


class TestTooMuch:
    """What an editor was warned of and saved all the same is cut, never refused."""

    def test_whole_parts_are_left_out_first(self) -> None:
        """So that no style is cut open."""
        reply = Reply(None, EN, "T", blocks=tuple(text(letter * 3000) for letter in "ab"))
        assert embed_of(reply)["description"] == "a" * 3000
        assert embed_of(replace(reply, blocks=(text("a" * 5000),)))["description"] == "a" * 4095 + "…"

    def test_sources_that_do_not_fit_are_left_out(self) -> None:
        """A link is whole or not there, and how many are missing is said."""
        sources = tuple(
            SourceLink(SourceId(str(index)), f"Paper {index}", None, "https://a.example/" + "x" * 400, None)
            for index in range(4)
        )
        value = embed_of(Reply(None, EN, "T", sources=sources))["fields"][0]["value"]
        assert value.count("](https://") == 2
        assert value.endswith(") · +2")

    def test_a_title_is_cut(self) -> None:
        """At its 256 characters."""
        assert len(embed_of(Reply(None, EN, "t" * 300))["title"]) == 256
