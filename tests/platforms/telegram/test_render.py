"""A reply as Telegram shows it: HTML that its parser takes, at most 4096 units, buttons that lead where they say."""

import json
from dataclasses import replace
from datetime import date
from textwrap import wrap
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.dossier.markdown import Items, Paragraph, Span
from bot.dossier.models import BulletinId, Dossier, Language, SourceId, TopicId
from bot.platforms.telegram.content_check import check_commands, check_reply
from bot.platforms.telegram.limits import ALERT_UNITS, CALLBACK_BYTES, ENTITIES, MESSAGE_UNITS
from bot.platforms.telegram.render import (
    BOLD,
    ITALIC,
    NEW_MESSAGE,
    QUOTE,
    ButtonTarget,
    StyledText,
    alert_text,
    html,
    keyboard,
    new_message,
    payload,
    plain_text,
    private_chat,
    render,
    rendered,
    same_message,
    shortened,
    styled,
    styled_spans,
    text_of,
)
from bot.replies.answer import answer
from bot.replies.fallbacks import rating_buttons
from bot.replies.question import LIST_IDS, AboutBulletin, AboutTopic, Command, Question, from_token
from bot.replies.reply import Block, Button, Note, ProgressBar, Reply, SourceLink
from tests.conftest import TODAY
from tests.platforms.telegram.oracle import needs_tdlib, parsed_by_telegram
from tests.servers.telegram_markup import parsed, units
from tests.tables import cases

EN = Language("en")
TOPIC = TopicId("duration")
INTI = SourceLink(SourceId("inti"), "INTI Media", "A page", "https://inti.example/a?b=1&c=2", date(2025, 6, 20))
ANTARA = SourceLink(SourceId("antara"), "ANTARA", None, "https://antara.example/1", None)
IN_PRIVATE = private_chat("NotaTestBot")

STYLES = [
    (),
    (BOLD,),
    (ITALIC,),
    (BOLD, ITALIC),
    (QUOTE,),
    (QUOTE, BOLD),
    (QUOTE, 'a https://a.example/?a=1&b="<2>'),
]
PIECES = st.lists(st.builds(lambda text, styles: styled(text, *styles), st.text(max_size=60), st.sampled_from(STYLES)))
TEXT = st.text(max_size=300)
SPANS = st.lists(
    st.builds(Span, TEXT, st.booleans(), st.booleans(), st.sampled_from([None, 'https://a.example/?q="<&>'])),
    max_size=4,
).map(tuple)
BLOCKS: st.SearchStrategy[Block] = st.one_of(
    st.builds(Paragraph, SPANS),
    st.builds(Note, SPANS),
    st.builds(Items, st.lists(SPANS, max_size=5).map(tuple), st.booleans()),
    st.builds(ProgressBar, st.floats(0, 1), TEXT),
)
QUESTIONS = st.one_of(
    st.none(),
    st.builds(AboutTopic, st.text(max_size=80).map(TopicId), st.integers(1, 99)),
    st.builds(Command, st.text(max_size=80), st.text(max_size=80)),
)
BUTTONS = st.lists(
    st.builds(Button, TEXT, QUESTIONS, st.sampled_from([None, "https://a.example"]), st.booleans(), st.booleans()),
    max_size=120,
).map(tuple)
TITLES = st.text(min_size=1, max_size=90).filter(lambda title: title.isprintable() and bool(title.strip()))
REPLIES = st.builds(
    Reply,
    st.just(TOPIC),
    st.just(EN),
    TITLES,
    st.sampled_from(["", "⏳", "👥"]),
    st.lists(BLOCKS, max_size=12).map(tuple),
    st.lists(st.sampled_from([INTI, ANTARA]), max_size=7).map(tuple),
    buttons=BUTTONS,
)


def keys_of(parameters: dict[str, Any]) -> list[dict[str, Any]]:
    """The buttons of all rows."""
    return [key for row in parameters.get("reply_markup", {}).get("inline_keyboard", []) for key in row]


class TestHtml:
    """Whatever a text holds, its HTML is valid and says the same (core.telegram.org/bots/api#html-style)."""

    @pytest.mark.parametrize(
        ("given", "expected"),
        [
            ([StyledText('a < b & c > "d"')], "a &lt; b &amp; c &gt; &quot;d&quot;"),
            ([StyledText("bold", (BOLD,)), StyledText(" both", (BOLD, ITALIC))], "<b>bold<i> both</i></b>"),
            (
                [StyledText("x", (QUOTE,)), StyledText("\n"), StyledText("y", (QUOTE,))],
                "<blockquote>x</blockquote>\n<blockquote>y</blockquote>",
            ),
            (
                [StyledText("page", ('a https://a.example/?b=1&c="2"',))],
                '<a href="https://a.example/?b=1&amp;c=&quot;2&quot;">page</a>',
            ),
            ([StyledText("", (BOLD,)), StyledText("a")], "a"),
            (
                styled_spans((Span("a", bold=True), Span("b", italic=True), Span("c", url="https://a.example")), QUOTE),
                '<blockquote><b>a</b><i>b</i><a href="https://a.example">c</a></blockquote>',
            ),
            ([styled("a\u202eb", BOLD)], "<b>ab</b>"),
        ],
        ids=["escaped", "nested", "two quotations", "link", "empty", "spans", "invisible"],
    )
    def test_examples(self, given: list[StyledText], expected: str) -> None:
        assert html(given) == expected

    @given(PIECES)
    def test_it_is_valid_and_loses_nothing(self, pieces: list[StyledText]) -> None:
        """Parsed by the documented grammar, it is the plain text again."""
        assert parsed(html(pieces)) == plain_text(pieces)

    @needs_tdlib
    @given(PIECES)
    def test_telegrams_parser_takes_it(self, pieces: list[StyledText]) -> None:
        """It removes spaces at the ends and no more."""
        text = plain_text(pieces)
        if text.strip():
            assert parsed_by_telegram(html(pieces)).split() == text.split()

    @given(PIECES, st.integers(1, 200))
    def test_a_long_text_is_shortened(self, pieces: list[StyledText], limit: int) -> None:
        """It fits, and ends in an ellipsis if something is missing."""
        result = shortened(pieces, limit)
        text = plain_text(result)
        assert units(text) <= limit
        assert text == plain_text(pieces) or text.endswith("…")
        assert parsed(html(result)) == text


class TestKeyboard:
    """As many buttons stand in a row as a phone shows."""

    @cases("buttons, expected")
    def test_rows(self, buttons: str, expected: list[list[str]]) -> None:
        """In ``buttons``, * marks a choice and ✓ a chosen one.

        Renewal, Prices, A much longer label | [["Renewal", "Prices"], ["A much longer label"]]  # packed
        *One, *Two, *Three | [["One", "Two"], ["Three"]]  # columns
        *One, *Development of networks | [["One"], ["Development of networks"]]  # one column
        *One, Back | [["One"], ["Back"]]  # choices apart from others
        ✓English | [["✓ English"]]  # chosen
        """
        made = [
            Button(label.strip("*✓"), AboutTopic(TopicId("fare")), choice=label[0] in "*✓", chosen=label[0] == "✓")
            for label in buttons.split(", ")
        ]
        assert [[key["text"] for key in row] for row in keyboard(made)] == expected

    def test_numbers_stand_for_the_labels_of_the_list_above(self) -> None:
        """Up to eight in a row, which is as many as clients show."""
        choices = [Button(f"Headline {n}", Command("x", str(n)), choice=True, short=str(n)) for n in range(1, 10)]
        rows = [[key["text"] for key in row] for row in keyboard(choices)]
        assert rows == [[str(n) for n in range(1, 9)], ["9"]]

    def test_programmes_and_news_are_such_lists(self, dossier: Dossier) -> None:
        """The number on the button is the item's in the list."""
        for name, count in (("programs", 6), ("news", 5)):
            parameters = render(answer(dossier, AboutTopic(TopicId(name)), "en", TODAY))
            assert f"\n{count}. " in parameters["text"]
            first, *_ = parameters["reply_markup"]["inline_keyboard"]
            assert [key["text"] for key in first] == [str(n) for n in range(1, count + 1)]

    def test_a_button_that_telegram_would_refuse_is_left_out(self) -> None:
        """No label, no target, or more than 64 bytes: the rest of the message is still sent."""
        fare = AboutTopic(TopicId("fare"))
        buttons = [Button(" ", fare), Button("x", Command("c", "a" * 64)), Button("Fare", fare), Button("none")]
        assert [key["text"] for key in keys_of(render(Reply(TOPIC, EN, "T", buttons=tuple(buttons))))] == ["Fare"]

    @pytest.mark.parametrize(
        ("question", "target", "expected"),
        [
            (AboutTopic(TopicId("fare")), same_message, "t/fare"),
            (AboutTopic(TopicId("fare")), new_message, "+t/fare"),
            (AboutTopic(TopicId("fare")), IN_PRIVATE, "https://t.me/NotaTestBot?start=fare"),
            (AboutBulletin(BulletinId("2026-01-05-x")), IN_PRIVATE, "https://t.me/NotaTestBot?start=2026-01-05-x"),
            (AboutTopic(TopicId("program:5g-iot")), IN_PRIVATE, "https://t.me/NotaTestBot?start=5g-iot"),
            (Command("settings"), IN_PRIVATE, "+c/settings/"),
        ],
    )
    def test_targets(self, question: Question, target: ButtonTarget, expected: str) -> None:
        """The message itself, a message below it, or a deep link; what no link can say comes as a message."""
        [[key]] = keyboard([Button("x", question)], target)
        assert (key.get("url") or key["callback_data"]) == expected

    def test_a_page(self) -> None:
        assert keyboard([Button("Page", url="https://a.example")]) == [[{"text": "Page", "url": "https://a.example"}]]


class TestLayout:
    """One screen: title, blocks, doubts, sources."""

    def test_it_reads_from_top_to_bottom(self) -> None:
        """A list or a bar stands right below its paragraph; sources are last."""
        reply = Reply(
            TOPIC,
            EN,
            "How long it lasts",
            "⏳",
            (
                Paragraph((Span("Five years", bold=True), Span(" from the signing."))),
                ProgressBar(0.29, "29% of the term has passed"),
                Paragraph((Span("Then renewed."),)),
                Items(((Span("one"),), (Span("two"),)), ordered=True),
                Note((Span("Some say it can be."),)),
            ),
            (INTI, ANTARA),
            date(2026, 11, 24),
            "checked 24 November 2026",
        )
        assert payload(reply) == {
            "method": "sendMessage",
            "text": "<b>⏳ How long it lasts</b>\n\n"
            "<b>Five years</b> from the signing.\n"
            "▰▰▰▱▱▱▱▱▱▱ 29% of the term has passed\n\n"
            "Then renewed.\n1. one\n2. two\n\n"
            "<blockquote>Some say it can be.</blockquote>\n\n"
            '<a href="https://inti.example/a?b=1&amp;c=2">INTI Media</a> · '
            '<a href="https://antara.example/1">ANTARA</a> — checked 24 November 2026',
            "parse_mode": "HTML",
            "link_preview_options": {"is_disabled": True},
        }

    def test_a_publishers_further_pages_are_numbers(self) -> None:
        text = parsed(render(Reply(TOPIC, EN, "T", sources=(ANTARA, ANTARA, INTI)))["text"])
        assert text.endswith("ANTARA 2 · INTI Media")

    def test_sources_of_more_than_three_lines_are_folded(self) -> None:
        """Behind the day, in a quotation that a tap opens."""
        many = tuple(
            SourceLink(SourceId(f"s{n}"), f"The Harbour Gazette {n}", None, f"https://paper.example/{n}", None)
            for n in range(1, 9)
        )
        reply = Reply(TOPIC, EN, "T", sources=many, as_of_label="checked 24 November 2026")
        html_text = render(reply)["text"]
        assert "checked 24 November 2026\n<blockquote expandable><a href=" in html_text
        assert parsed(html_text).endswith("The Harbour Gazette 8")
        assert "blockquote" not in render(Reply(TOPIC, EN, "T", sources=many[:2]))["text"]

    def test_one_screen(self, dossier: Dossier) -> None:
        """At most 30 lines of 42 characters, of which a row of buttons takes two."""
        questions = [*map(AboutTopic, dossier.topics), *map(AboutBulletin, dossier.bulletins)]
        heights = {
            (language, question): _height(render(answer(dossier, question, language, TODAY)))
            for language in dossier.languages
            for question in questions
        }
        assert {key: height for key, height in heights.items() if height > 30} == {}


def _height(parameters: dict[str, Any]) -> int:
    text = parsed(parameters["text"])
    rows = parameters.get("reply_markup", {}).get("inline_keyboard", [])
    return sum(max(1, len(wrap(line, 42, break_on_hyphens=False))) for line in text.split("\n")) + 2 * len(rows)


class TestLimits:
    """Whatever a reply holds, Telegram takes it."""

    @given(REPLIES)
    def test_any_reply_is_sent_as_the_preview_shows_it(self, reply: Reply) -> None:
        """What is the same for all chats is rendered once, and nothing but that differs from :func:`render`."""
        buttons = (*reply.buttons[:3], *rating_buttons(TopicId("fare"), Language("en"), "00000000"), *reply.buttons[3:])
        for shown in (reply, replace(reply, buttons=buttons, placeholder="")):
            method = "sendPhoto" if shown.picture_topic else "sendMessage"
            assert payload(shown) == {"method": method, **rendered(shown).parameters}
            assert rendered(shown).parameters == render(shown)
            assert json.loads(b"{" + rendered(shown).json_tail[1:]) == render(shown)

    @pytest.mark.slow
    @given(REPLIES)
    def test_any_reply_is_valid_and_fits(self, reply: Reply) -> None:
        """4096 units after parsing, at most 100 buttons, each with a label and 1–64 bytes of data."""
        parameters = render(reply)
        keys = keys_of(parameters)
        assert 0 < units(parsed(parameters["text"])) <= MESSAGE_UNITS
        assert len(keys) <= 100
        for key in keys:
            assert key["text"].strip()
            assert key.get("url") or 1 <= len(key["callback_data"].encode()) <= CALLBACK_BYTES

    @pytest.mark.slow
    @needs_tdlib
    @given(REPLIES)
    def test_telegrams_parser_takes_any_reply(self, reply: Reply) -> None:
        parsed_by_telegram(render(reply)["text"])

    @pytest.mark.slow
    @given(REPLIES)
    def test_any_alert_fits(self, reply: Reply) -> None:
        """Plain text of at most 200 units."""
        assert units(alert_text(reply)) <= ALERT_UNITS


@pytest.fixture(scope="session")
def replies(dossier: Dossier) -> list[Reply]:
    """Every topic, bulletin and page of every list, and what the bot says about itself, in every language."""
    pages = [AboutTopic(role, page) for role in sorted(LIST_IDS) for page in range(1, 30)]
    own = [Command("start"), Command("ask"), Command("nonsense"), Command("pricign")]
    questions = [*map(AboutTopic, dossier.topics), *map(AboutBulletin, dossier.bulletins), *pages, *own]
    return [answer(dossier, each, language, TODAY) for each in questions for language in dossier.languages]


class TestDossier:
    """Telegram refuses no reply of our dossier, and each button leads where it says."""

    @pytest.mark.slow
    def test_every_reply_is_valid_and_short_enough(self, dossier: Dossier, replies: list[Reply]) -> None:
        """By the documented grammar, and as ``nota check`` reports it."""
        for reply in replies:
            text = text_of(reply)
            assert parsed(render(reply)["text"]) == plain_text(text)
            assert units(plain_text(text)) <= MESSAGE_UNITS
            assert sum(len(piece.styles) for piece in text) <= ENTITIES
        assert [problem for reply in replies for problem in check_reply(reply)] == []
        assert list(check_commands(dossier)) == []

    @needs_tdlib
    def test_telegrams_parser_reads_the_same(self, replies: list[Reply]) -> None:
        for reply in replies:
            text = render(reply)["text"]
            assert parsed_by_telegram(text) == parsed(text)

    @pytest.mark.parametrize("target", [new_message, IN_PRIVATE], ids=["new message", "in private"])
    def test_no_target_makes_a_button_too_long(self, replies: list[Reply], target: ButtonTarget) -> None:
        for reply in replies:
            assert len(keys_of(render(reply, target))) == len(reply.buttons)

    @pytest.mark.parametrize("target", [same_message, new_message])
    def test_callback_data_is_read_back_as_the_question(
        self, dossier: Dossier, replies: list[Reply], target: ButtonTarget
    ) -> None:
        """In 64 bytes."""
        for reply in replies:
            data = [key["callback_data"] for key in keys_of(render(reply, target))]
            assert all(len(each.encode()) <= CALLBACK_BYTES for each in data)
            questions = [from_token(each.removeprefix(NEW_MESSAGE), dossier) for each in data]
            assert questions == [button.question for button in reply.buttons]

    @pytest.mark.slow
    def test_a_deep_link_leads_to_the_same_reply(self, dossier: Dossier, replies: list[Reply]) -> None:
        """``/start`` answers its parameter."""
        for reply in replies:
            for button in reply.buttons:
                if not isinstance(button.question, AboutTopic | AboutBulletin):
                    continue
                target = IN_PRIVATE(button.question)
                if "url" in target:
                    parameter = target["url"].partition("?start=")[2]
                    opened = answer(dossier, Command("start", parameter), reply.language, TODAY)
                    assert opened == answer(dossier, button.question, reply.language, TODAY)
