"""A command answered before is answered from memory, and never differently."""

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from bot.conversation import Conversation
from bot.db.store import open_store
from bot.dossier.loader import load
from bot.dossier.models import Dossier
from bot.live_dossier import LiveDossier
from bot.platforms.telegram.api import Client
from bot.platforms.telegram.handlers import Handlers
from bot.platforms.telegram.types import Me, Message, update_of
from bot.user_rate_limit import UserRateLimiter
from tests.clocks import MovedClock
from tests.conftest import TINY, TODAY
from tests.databases import sqlite_url
from tests.platforms.telegram.conftest import Talk, talking
from tests.platforms.telegram.updates import ADA, BUDI, GROUP, message, user
from tests.servers.telegram import TOKEN


@pytest.fixture
async def bot(dossier: Dossier) -> AsyncIterator[Talk]:
    """By webhook: there alone the answer is a body."""
    async with talking("webhook", dossier) as running:
        yield running


@pytest.fixture
async def handlers(dossier: Dossier) -> AsyncIterator[Handlers]:
    """What answers, without anybody to talk to."""
    async with open_store(sqlite_url()) as store, aiohttp.ClientSession() as session:
        conversation = Conversation(LiveDossier(dossier), store, lambda: TODAY)
        client = Client(TOKEN, "http://127.0.0.1:1", session)
        yield Handlers(conversation, UserRateLimiter(MovedClock()), client, Me(123456789, "NotaTestBot"))


async def said(bot: Talk, text: str, who: int = ADA, language: str | None = "en") -> str:
    """The answer to a text in a private chat."""
    [call] = await bot.tell(message(text, who, user(who, language)))
    return str(call.given["text"])


class TestTheSame:
    """Whoever asks, and however often."""

    @pytest.mark.parametrize("text", ["/programs", "/duration", "/start pricing", "/PROGRAMS@NotaTestBot"])
    async def test_for_the_next_who_asks(self, bot: Talk, text: str) -> None:
        """In their own chat."""
        first = await bot.tell(message(text))
        second = await bot.tell(message(text, BUDI, user(BUDI)))
        assert [call.given["chat_id"] for call in (*first, *second)] == [ADA, BUDI]
        assert first[0].given | {"chat_id": BUDI} == second[0].given

    async def test_with_each_language_apart(self, bot: Talk) -> None:
        """That of the app, or none."""
        for _ in range(2):
            assert "Сколько" in await said(bot, "/duration", language="ru")
            assert "How long" in await said(bot, "/duration", BUDI, "en")
            assert "How long" in await said(bot, "/duration", BUDI, None)


class TestNeverStale:
    """What has changed meanwhile is seen at once."""

    async def test_a_language_chosen(self, bot: Talk) -> None:
        """And chosen again."""
        await said(bot, "/duration")
        await said(bot, "/language ru")
        assert "Сколько" in await said(bot, "/duration")
        await said(bot, "/language id")
        assert "Berapa" in await said(bot, "/duration")

    async def test_another_edition(self, bot: Talk) -> None:
        """As soon as it is in force."""
        assert "How long" in await said(bot, "/duration")
        bot.conversation.live.take(load(TINY, TODAY))
        assert "/duration" in await said(bot, "/duration")

    async def test_another_day(self, bot: Talk) -> None:
        """The days left are fewer."""
        assert "1,303 days" in await said(bot, "/duration")
        bot.conversation.today = lambda: TODAY.replace(day=25)
        assert "1,302 days" in await said(bot, "/duration")

    async def test_a_flood(self, bot: Talk) -> None:
        """One notice, then silence."""
        for _ in range(40):
            await bot.give(message("/programs"))
        told = [call.given["text"] for call in bot.api.answers]
        assert len([text for text in told if "One moment" in text]) == 1
        assert len(told) < 30


class TestOnlyWhatIsKnown:
    """Everything else takes the usual way."""

    @pytest.mark.parametrize(
        "update",
        [
            message("/programs", GROUP),
            message("/programs", who={"id": 5, "is_bot": True}),
            message("/programs", via_bot={"id": 123456789, "is_bot": True}),
            message("/programs", message_thread_id=9, is_topic_message=True),
            message("how long does it last"),
            message("/language"),
            message("/settings"),
            message("/nonsense"),
        ],
        ids=["group", "bot", "inline", "topic", "words", "language", "settings", "nonsense"],
    )
    async def test_is_not_answered_from_memory(self, handlers: Handlers, update: dict[str, Any]) -> None:
        """Though it was heard, and /programs was answered."""
        for each in (message("/programs"), update):
            await handlers.calls(update_of({"update_id": 1} | each))
        assert handlers.cached(said_in(message("/programs"))) is not None
        assert handlers.cached(said_in(update)) is None

    @pytest.mark.parametrize("more", ["x" * 4000, " " * 4000 + "x", " " * 4000])
    async def test_nobody_fills_the_memory_with_what_stands_behind_a_command(
        self, handlers: Handlers, more: str
    ) -> None:
        """It is answered like the command alone, and not kept, nor is the question."""
        asked = message(f"/programs {more}")
        [call] = await handlers.calls(update_of({"update_id": 1} | asked))
        assert call.rendered is not None
        assert call.rendered.parameters["text"].startswith("<b>🧭")
        assert handlers.cached(said_in(asked)) is None
        assert all(len(str(question)) < 200 for question, _ in handlers.conversation.issue())

    async def test_is_counted_like_all_others(self, bot: Talk) -> None:
        """As answers of the topic."""
        counted = []
        bot.conversation.on_answer = lambda platform, reply, seconds: counted.append((platform, reply.topic))
        await said(bot, "/programs")
        await said(bot, "/programs")
        assert counted == [("telegram", "programs")] * 2


def said_in(update: dict[str, Any]) -> Message:
    """The update's message, as we read it."""
    read = update_of({"update_id": 1} | update).message
    assert read is not None
    return read
