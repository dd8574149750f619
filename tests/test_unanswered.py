"""The conversation tells of questions that found no answer: their words, never who asked."""

import pytest

from bot.conversation import Conversation, Message
from bot.db.store import Store
from bot.dossier.loader import load
from bot.live_dossier import LiveDossier
from bot.reader import Address
from bot.replies.question import Command, FreeText, Question
from tests.conftest import TINY, TODAY

Told = list[tuple[str, str]]


async def nobody() -> bool:
    return False


@pytest.fixture
def told() -> Told:
    return []


@pytest.fixture
def conversation(store: Store, told: Told) -> Conversation:
    dossier = load(TINY, TODAY).dossier
    assert dossier is not None
    return Conversation(
        LiveDossier(dossier), store, lambda: TODAY, on_unanswered=lambda language, words: told.append((language, words))
    )


async def ask(conversation: Conversation, question: Question) -> None:
    await conversation.respond(Message(Address("telegram", 5), "private", question, "en", nobody))


class TestUnanswered:
    """What editors hear of."""

    async def test_a_question_outside_the_dossier_is_told_of(self, conversation: Conversation, told: Told) -> None:
        """Typed, or behind /ask."""
        await ask(conversation, FreeText("Will it RAIN tomorrow?"))
        await ask(conversation, Command("ask", "who won the football match"))
        assert told == [("en", "will it rain tomorrow"), ("en", "who won the football match")]

    async def test_an_answered_one_is_not(self, conversation: Conversation, told: Told) -> None:
        """Nor a command, nor small talk."""
        for question in (FreeText("how much is a ticket"), Command("fare"), Command("nonsense"), FreeText("thanks!")):
            await ask(conversation, question)
        assert told == []

    async def test_names_links_and_numbers_are_left_out(self, conversation: Conversation, told: Told) -> None:
        """Whoever wrote it cannot be told from it."""
        await ask(
            conversation,
            FreeText("@budi call +62 812-3456-7890 or budi@mail.example https://x.example/budi about pizza"),
        )
        assert told == [("en", "call or about pizza")]
