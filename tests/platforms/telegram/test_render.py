"""A reply as Telegram shows it."""

from datetime import date
from textwrap import wrap
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from bot.dossier.markdown import Items, Paragraph, Span
from bot.dossier.models import Dossier, Language, SourceId, TopicId
from bot.platforms.telegram.limits import CALLBACK_BYTES, MESSAGE_UNITS, TOAST_UNITS
from bot.platforms.telegram.render import call, render, toast
from bot.replies.answer import answer
from bot.replies.question import AboutBulletin, AboutTopic, Command
from bot.replies.reply import Block, Button, Note, ProgressBar, Reply, SourceLink
from tests.conftest import TODAY
from tests.platforms.telegram.oracle import needs_tdlib, parsed_by_telegram
from tests.servers.telegram_markup import parsed, units

EN = Language("en")
TOPIC = TopicId("duration")
INTI = SourceLink(SourceId("inti"), "INTI Media", "A page", "https://inti.example/a?b=1&c=2", date(2025, 6, 20))
ANTARA = SourceLink(SourceId("antara"), "ANTARA", None, "https://antara.example/1", None)

WORDS = st.text(max_size=300)
SPANS = st.lists(
    st.builds(Span, WORDS, st.booleans(), st.booleans(), st.sampled_from([None, 'https://a.example/?q="<&>'])),
    max_size=4,
).map(tuple)
BLOCKS: st.SearchStrategy[Block] = st.one_of(
    st.builds(Paragraph, SPANS),
    st.builds(Note, SPANS),
    st.builds(Items, st.lists(SPANS, max_size=5).map(tuple), st.booleans()),
    st.builds(ProgressBar, st.floats(0, 1), WORDS),
)
BUTTONS = st.lists(
    st.builds(
        Button,
        WORDS,
        st.one_of(
            st.none(),
            st.builds(AboutTopic, st.text(max_size=80).map(TopicId), st.integers(1, 99)),
            st.builds(Command, st.text(max_size=80), st.text(max_size=80)),
        ),
        st.sampled_from([None, "https://a.example"]),
        st.booleans(),
        st.booleans(),
    ),
    max_size=120,
).map(tuple)
REPLIES = st.builds(
    Reply,
    st.just(TOPIC),
    st.just(EN),
    st.text(min_size=1, max_size=90).filter(
        lambda title: title.isprintable() and bool(title.strip())
    ),  # as content has it
    st.sampled_from(["", "⏳", "👥"]),
    st.lists(BLOCKS, max_size=12).map(tuple),
    st.lists(st.sampled_from([INTI, ANTARA]), max_size=7).map(tuple),
    buttons=BUTTONS,
)


class TestLayout:
    """One screen: title, blocks, doubts, sources."""

    def test_reads_from_top_to_bottom(self) -> None:
        """What belongs together stands together; the bar right below its paragraph, sources last."""
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
        assert render(reply)["text"] == (
            "<b>⏳ How long it lasts</b>\n\n"
            "<b>Five years</b> from the signing.\n"
            "▰▰▰▱▱▱▱▱▱▱ 29% of the term has passed\n\n"
            "Then renewed.\n1. one\n2. two\n\n"
            "<blockquote>Some say it can be.</blockquote>\n\n"
            '<a href="https://inti.example/a?b=1&amp;c=2">INTI Media</a> · '
            '<a href="https://antara.example/1">ANTARA</a> — checked 24 November 2026'
        )

    def test_a_publishers_further_pages_are_numbers(self) -> None:
        """Its name is said once."""
        text = parsed(render(Reply(TOPIC, EN, "T", sources=(ANTARA, ANTARA, INTI)))["text"])
        assert text.endswith("ANTARA 2 · INTI Media")

    def test_no_link_is_previewed(self) -> None:
        """A preview would push the answer off the screen."""
        assert render(Reply(TOPIC, EN, "T"))["link_preview_options"] == {"is_disabled": True}

    def test_a_reply_without_buttons_has_no_keyboard(self) -> None:
        """An empty one would be refused."""
        assert "reply_markup" not in render(Reply(TOPIC, EN, "T"))

    def test_the_call_names_its_method(self) -> None:
        """As ``nota ask --platform telegram --json`` shows it."""
        assert call(Reply(TOPIC, EN, "T"))["method"] == "sendMessage"


class TestNumberedList:
    """What a list above the buttons has in full is not written on them again."""

    def test_buttons_are_numbers_side_by_side(self) -> None:
        """Up to eight in a row, which is as many as clients show."""
        choices = tuple(Button(f"Headline {n}", Command("x", str(n)), choice=True, short=str(n)) for n in range(1, 10))
        rows = render(Reply(TOPIC, EN, "News", buttons=choices))["reply_markup"]["inline_keyboard"]
        assert [[key["text"] for key in row] for row in rows] == [[str(n) for n in range(1, 9)], ["9"]]

    def test_programmes_and_news_are_such_lists(self, dossier: Dossier) -> None:
        """The number on the button is the item's in the list."""
        for name, most in (("programs", 6), ("news", 5)):
            payload = render(answer(dossier, AboutTopic(TopicId(name)), "en", TODAY))
            assert f"\n{most}. " in payload["text"]
            first, *_ = payload["reply_markup"]["inline_keyboard"]
            assert [key["text"] for key in first] == [str(n) for n in range(1, most + 1)]


class TestOneScreen:
    """A reply is read without scrolling: at most 30 lines of 42 characters, of which a row of buttons takes two."""

    def test_every_reply_of_the_dossier(self, dossier: Dossier) -> None:
        """Each topic, the first page of each list, and each bulletin, in each language."""
        asked = [*map(AboutTopic, dossier.topics), *map(AboutBulletin, dossier.bulletins)]
        heights = {
            (language, question): _height(render(answer(dossier, question, language, TODAY)))
            for language in dossier.languages
            for question in asked
        }
        assert {key: height for key, height in heights.items() if height > 30} == {}


def _height(payload: dict[str, Any]) -> int:
    text = parsed(payload["text"])
    rows = payload.get("reply_markup", {}).get("inline_keyboard", [])
    return sum(max(1, len(wrap(line, 42, break_on_hyphens=False))) for line in text.split("\n")) + 2 * len(rows)


class TestLimits:
    """Whatever a reply holds, Telegram takes it."""

    @given(REPLIES)
    def test_any_reply_is_valid_and_fits(self, reply: Reply) -> None:
        """4096 units after parsing, at most 100 buttons, each of 1–64 bytes with words on it."""
        payload = render(reply)
        text = parsed(payload["text"])
        assert 0 < units(text) <= MESSAGE_UNITS
        keys = [key for row in payload.get("reply_markup", {}).get("inline_keyboard", []) for key in row]
        assert len(keys) <= 100
        for key in keys:
            assert key["text"].strip()
            assert key.get("url") or 1 <= len(key["callback_data"].encode()) <= CALLBACK_BYTES

    @needs_tdlib
    @given(REPLIES)
    def test_any_reply_is_valid_to_telegram_itself(self, reply: Reply) -> None:
        """Its own parser takes it."""
        parsed_by_telegram(render(reply)["text"])

    @given(REPLIES)
    def test_any_toast_fits(self, reply: Reply) -> None:
        """200 characters, no markup."""
        assert units(toast(reply, TOAST_UNITS)) <= TOAST_UNITS
