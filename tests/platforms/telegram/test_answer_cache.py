"""By webhook, a command that was answered before is answered from the cache, and never with an old answer."""

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
from bot.platforms.telegram.types import Me, Message, parse_update
from bot.user_rate_limit import UserRateLimiter
from tests.clocks import MovedClock
from tests.conftest import TINY, TODAY
from tests.databases import sqlite_url
from tests.platforms.telegram.conftest import Talk, talking
from tests.platforms.telegram.updates import ADA, BUDI, GROUP, message, user
from tests.servers.telegram import TOKEN


@pytest.fixture
async def bot(dossier: Dossier) -> AsyncIterator[Talk]:
    async with talking("webhook", dossier) as running:
        yield running


@pytest.fixture
async def handlers(dossier: Dossier) -> AsyncIterator[Handlers]:
    async with open_store(sqlite_url()) as store, aiohttp.ClientSession() as session:
        limiter = UserRateLimiter(MovedClock())
        conversation = Conversation(LiveDossier(dossier), store, lambda: TODAY, user_limiter=limiter)
        client = Client(TOKEN, "http://127.0.0.1:1", session)
        yield Handlers(conversation, client, Me(123456789, "NotaTestBot"))


async def answer(bot: Talk, text: str, who: int = ADA, language: str | None = "en") -> str:
    """The answer to a text in a private chat."""
    [call] = await bot.tell(message(text, who, user(who, language)))
    return str(call.given["text"])


class TestSameAnswer:
    """Whoever asks, and however often."""

    @pytest.mark.parametrize("text", ["/programs", "/duration", "/start pricing", "/PROGRAMS@NotaTestBot"])
    async def test_for_the_next_user(self, bot: Talk, text: str) -> None:
        """In their own chat."""
        [first] = await bot.tell(message(text))
        [second] = await bot.tell(message(text, BUDI, user(BUDI)))
        assert [first.given["chat_id"], second.given["chat_id"]] == [ADA, BUDI]
        assert first.given | {"chat_id": BUDI} == second.given

    async def test_in_each_language(self, bot: Talk) -> None:
        """That of the app, or none."""
        for _ in range(2):
            assert "Сколько" in await answer(bot, "/duration", language="ru")
            assert "How long" in await answer(bot, "/duration", BUDI, "en")
            assert "How long" in await answer(bot, "/duration", BUDI, None)


class TestChanges:
    """A change shows at once."""

    async def test_another_language(self, bot: Talk) -> None:
        await answer(bot, "/duration")
        await answer(bot, "/language ru")
        assert "Сколько" in await answer(bot, "/duration")
        await answer(bot, "/language id")
        assert "Berapa" in await answer(bot, "/duration")

    async def test_another_dossier(self, bot: Talk) -> None:
        assert "How long" in await answer(bot, "/duration")
        bot.conversation.live.update(load(TINY, TODAY))
        assert "“duration”" in await answer(bot, "/duration")

    async def test_another_day(self, bot: Talk) -> None:
        assert "1,299 days" in await answer(bot, "/duration")
        bot.conversation.today = lambda: TODAY.replace(day=29)
        assert "1,298 days" in await answer(bot, "/duration")

    async def test_a_flood_gets_one_notice(self, bot: Talk) -> None:
        for _ in range(40):
            await bot.give(message("/programs"))
        texts = [call.given["text"] for call in bot.api.answers]
        assert len([text for text in texts if "One moment" in text]) == 1
        assert len(texts) < 30


class TestCached:
    """Only commands that everybody gets the same answer to, in private chats."""

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
        ids=["group", "bot", "inline", "topic", "free text", "language", "settings", "nonsense"],
    )
    async def test_others_are_not(self, handlers: Handlers, update: dict[str, Any]) -> None:
        for each in (message("/programs"), update):
            await handlers.calls(parse_update({"update_id": 1} | each))
        assert handlers.cached_response(parsed_message(message("/programs"))) is not None
        assert handlers.cached_response(parsed_message(update)) is None

    @pytest.mark.parametrize("more", ["x" * 4000, " " * 4000 + "x", " " * 4000])
    async def test_a_long_argument_does_not_fill_the_cache(self, handlers: Handlers, more: str) -> None:
        """It is answered like the command alone."""
        update = message(f"/programs {more}")
        [call] = await handlers.calls(parse_update({"update_id": 1} | update))
        assert call.rendered is not None
        assert call.rendered.parameters["text"].startswith("<b>🧭")
        assert handlers.cached_response(parsed_message(update)) is None
        assert all(len(str(question)) < 200 for question, *_ in handlers.conversation._replies._values)

    async def test_they_count_as_answers_of_the_topic(self, bot: Talk) -> None:
        counted = []
        bot.conversation.on_answer = lambda platform, reply, seconds: counted.append((platform, reply.topic))
        await answer(bot, "/programs")
        await answer(bot, "/programs")
        assert counted == [("telegram", "programs")] * 2


def parsed_message(update: dict[str, Any]) -> Message:
    parsed = parse_update({"update_id": 1} | update).message
    assert parsed is not None
    return parsed
