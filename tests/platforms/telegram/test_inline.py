"""Inline mode: ``@NotaTestBot price`` in any chat."""

from typing import Any

import pytest

from tests.platforms.telegram.conftest import Talk
from tests.platforms.telegram.updates import inline_query, message, user
from tests.servers.telegram_markup import parsed


async def articles(talk: Talk, text: str, language: str = "en") -> list[dict[str, Any]]:
    """What is offered."""
    [call] = await talk.tell(inline_query(text, user(language=language)))
    assert call.method == "answerInlineQuery"
    assert not isinstance(call.result, Exception)
    return list(call.given["results"])


class TestArticles:
    """The topics that answer what is typed."""

    @pytest.mark.parametrize(
        ("text", "language", "first"),
        [
            ("pric", "en", "t/pricing"),
            ("pricing", "en", "t/pricing"),
            ("/duration", "en", "t/duration"),
            ("5g", "en", "t/program:5g-iot"),
            ("срок", "ru", "t/duration"),
        ],
    )
    async def test_best_first(self, talk: Talk, text: str, language: str, first: str) -> None:
        """By a command, by the beginning of a word, in one's own words."""
        found = await articles(talk, text, language)
        assert found[0]["id"] == first

    async def test_one_holds_the_reply_itself(self, talk: Talk) -> None:
        """With its summary to choose by, and no link preview."""
        [article, *_] = await articles(talk, "pricing")
        [reply] = await talk.tell(message("/pricing"))
        assert article["input_message_content"]["message_text"] == reply.given["text"]
        assert article["input_message_content"]["link_preview_options"] == {"is_disabled": True}
        assert article["title"] == parsed(reply.given["text"]).partition("\n")[0]
        assert article["description"]

    async def test_nothing_typed_offers_the_first_topics(self, talk: Talk) -> None:
        """As a menu would."""
        assert len(await articles(talk, "")) == 10

    async def test_in_the_language_of_who_types(self, talk: Talk) -> None:
        """So the answer is not kept for others."""
        [call] = await talk.tell(inline_query("/duration", user(language="ru")))
        assert call.given["is_personal"] is True
        assert "Сколько" in call.given["results"][0]["title"]

    @pytest.mark.parametrize("text", ["<b>", "\x00\u202e", "q" * 5000, "%s{0}", "zzzz qqqq"])
    async def test_anything_typed_is_answered(self, talk: Talk, text: str) -> None:
        """If only with nothing."""
        assert isinstance(await articles(talk, text), list)

    async def test_a_flood_is_answered_with_nothing(self, talk: Talk) -> None:
        """The app waits for each."""
        for _ in range(30):
            await talk.give(inline_query("price"))
        answers = await talk.api.until("answerInlineQuery", 30)
        assert answers[-1]["results"] == []
