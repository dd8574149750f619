"""What is typed becomes a question; buttons carry questions in 64 bytes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.dossier.loader import load
from bot.dossier.models import BulletinId, Dossier, TopicId
from bot.replies.question import (
    MAX_TOKEN_BYTES,
    AboutBulletin,
    AboutTopic,
    Command,
    FreeText,
    Question,
    from_token,
    parse_question,
    token,
)
from tests.conftest import CONTENT, TODAY, not_none, shipped
from tests.tables import table


@pytest.fixture(scope="module")
def dossier() -> Dossier:
    """The real one."""
    return shipped()


class TestTyped:
    """Commands begin with a slash; the bot's name and upper case do not matter."""

    @table("text, command, words")
    def test_parse_question(self, text: str, command: str, words: str) -> None:
        r"""
        /pricing | pricing | ""
        /Pricing@NotaBot | pricing | ""
        /ask how long? | ask | how long?
        "/ask\nhow long?" | ask | how long?
        "  /цена  " | цена | ""
        how long / how much | "" | how long / how much
        / | "" | /
        / x | "" | / x
        "" | "" | ""
        """
        assert parse_question(text) == (Command(command, words) if command else FreeText(words))


class TestTokens:
    """A button's token gives its question back."""

    def test_every_topic_and_bulletin_fits_and_returns(self, dossier: Dossier) -> None:
        questions: list[Question] = [AboutTopic(name, page) for name in dossier.topics for page in (1, 2, 30)]
        questions += [AboutBulletin(name) for name in dossier.bulletins]
        for question in questions:
            data = token(question)
            assert len(data.encode()) <= MAX_TOKEN_BYTES
            assert from_token(data, dossier) == question

    def test_id_too_long_for_a_button(self) -> None:
        """Its digest is sent instead."""
        name = BulletinId("2026-01-01-" + "x" * 80)
        whole = shipped()
        dossier = Dossier(whole.header, {}, {}, {}, {name: next(iter(whole.bulletins.values()))})
        data = token(AboutBulletin(name))
        assert len(data.encode()) <= MAX_TOKEN_BYTES
        assert from_token(data, dossier) == AboutBulletin(name)

    @table("data")
    def test_forged_or_outdated(self, dossier: Dossier, data: str) -> None:
        r"""
        ""
        t
        t/
        t/nowhere
        b/nowhere
        c/
        x/y
        t/~0123
        pricing
        "t/\u0000"
        """
        assert from_token(data, dossier) is None

    @given(st.text(max_size=200))
    def test_any_text_is_survived(self, data: str) -> None:
        from_token(data, not_none(load(CONTENT.parent / "tests/dossiers/tiny", TODAY).dossier))

    @given(st.text(max_size=500))
    def test_free_text_is_cut_to_fit(self, text: str) -> None:
        """Never inside a character."""
        assert len(token(FreeText(text)).encode()) <= MAX_TOKEN_BYTES

    def test_invalid_pages(self, dossier: Dossier) -> None:
        assert from_token("t/news:0", dossier) == AboutTopic(TopicId("news"), 1)
        assert from_token("t/news:99999", dossier) is None
