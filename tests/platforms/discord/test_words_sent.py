"""The answer to words as a message: it stands there once, whatever Discord or the network does."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import text
from structlog.testing import capture_logs

from bot.dossier.models import Dossier
from bot.user_rate_limit import BURST
from tests.platforms.discord.conftest import Talk, talking, until
from tests.servers.discord import discord_api
from tests.servers.discord_world import ALL, DM, READ_HISTORY, SEND, VIEW
from tests.servers.discord_writers import MENTION

ASKED = f"{MENTION} /duration"
DURATION = "⏳ How long it lasts"


async def at_once(_seconds: float) -> None:
    """A pause that is over at once."""
    await asyncio.sleep(0)


@pytest_asyncio.fixture
async def talk(dossier: Dossier) -> AsyncIterator[Talk]:
    """A Discord and a bot of its own for each case."""
    told: list[str] = []
    async with (
        discord_api() as discord,
        talking("gateway", dossier, discord, report=told.append, sleep=at_once) as running,
    ):
        await until(lambda: "" in told)
        yield running


class TestOnce:
    """One message, one answer."""

    async def test_an_event_that_comes_again(self, talk: Talk) -> None:
        """As after a resumed connection."""
        writer = talk.writer()
        await writer.ask(ASKED)
        await talk.discord.gateway.replay()
        await writer.ask(f"{MENTION} /programs")
        assert len(writer.answers()) == 2

    async def test_what_was_written_while_the_connection_was_gone(self, talk: Talk) -> None:
        """Is answered after all."""
        writer, gateway = talk.writer(), talk.discord.gateway
        await gateway.drop()
        await until(lambda: not gateway.connections)
        await writer.ask(ASKED)
        assert len(writer.answers()) == 1

    async def test_an_answer_that_got_lost_on_the_way(self, talk: Talk) -> None:
        """Is sent again under the same nonce, which Discord knows."""
        writer = talk.writer()
        talk.discord.lose(f"/channels/{writer.channel.id}/messages")
        await writer.write(ASKED)
        await talk.discord.until("POST", "messages", 2)
        assert len(writer.answers()) == 1


class TestTrouble:
    """What Discord says to it."""

    async def test_failures_are_tried_again(self, talk: Talk) -> None:
        """A few times."""
        writer = talk.writer()
        for status in (500, 503):
            talk.discord.fault("/messages", status)
        talk.discord.fault("/messages", 429, {"message": "slow", "retry_after": 5.0, "global": True})
        assert (await writer.ask(ASKED)).title == DURATION

    async def test_not_for_ever(self, talk: Talk) -> None:
        """One line then; the next question is answered."""
        for _ in range(4):
            talk.discord.fault("/messages", 500)
        with capture_logs() as logged:
            await talk.writer().write(ASKED)
            await until(lambda: len(logged) > 0)
        assert [(entry["log_level"], entry["error"]) for entry in logged] == [("warning", "HTTP 500")]
        assert (await talk.writer().ask(ASKED)).title == DURATION

    async def test_a_channel_that_it_may_not_write_in(self, talk: Talk) -> None:
        """One quiet line."""
        writer = talk.writer(talk.discord.world.add(ours=VIEW))
        with capture_logs() as logged:
            await writer.write(ASKED)
            await until(lambda: len(logged) > 0)
        assert [(entry["log_level"], entry["error"]) for entry in logged] == [
            ("info", "HTTP 403 (50013 Missing Permissions)")
        ]

    async def test_a_channel_whose_past_it_may_not_read(self, talk: Talk) -> None:
        """Discord wants that for a reply: the answer stands by itself."""
        writer = talk.writer(talk.discord.world.add(ours=ALL & ~READ_HISTORY | SEND))
        shown = await writer.ask(ASKED)
        assert shown.title == DURATION
        assert "message_reference" not in shown.message

    async def test_a_question_that_was_deleted(self, talk: Talk) -> None:
        """Is answered all the same."""
        writer = talk.writer()
        talk.discord.fault("/messages", 500)
        message = await writer.write(ASKED)
        del talk.discord.world.messages[int(message["id"])]
        await until(lambda: len(writer.answers()) == 1)

    async def test_what_should_not_fail(self, talk: Talk) -> None:
        """A polite phrase, with an id that the log has as well."""
        writer = talk.writer(talk.discord.world.add(DM))
        async with talk.conversation.store.database.write() as connection:
            await connection.execute(text("DROP TABLE subscriptions"))
        with capture_logs() as logged:
            shown = await writer.ask("/settings")
        assert shown.title == "🛠 Something went wrong"
        assert logged[0]["incident"] in shown.text


class TestFloods:
    """Somebody writes faster than people do."""

    async def test_one_notice_then_silence(self, talk: Talk) -> None:
        """Others are answered."""
        talk.discord.limits.limit = 100
        writer = talk.writer()
        for _ in range(BURST):
            await writer.ask(ASKED)
        assert (await writer.ask(ASKED)).title == "⏸ One moment"
        await writer.write(ASKED)
        assert (await talk.writer(writer.channel).ask(ASKED)).title == DURATION
        assert len(writer.answers()) == BURST + 2


class TestStopping:
    """The bot is told to stop while an answer is under way."""

    async def test_the_answer_is_sent(self, talk: Talk) -> None:
        """Before the connections close."""
        writer = talk.writer()
        talk.discord.fault("/messages", 500)
        await writer.write(ASKED)
        await until(lambda: bool(talk.discord.of("POST", "/messages")))
        talk.running.cancel()
        await asyncio.gather(talk.running, return_exceptions=True)
        assert len(writer.answers()) == 1


class TestBesideHttp:
    """Interactions come by HTTP; the gateway, which brings words, fails."""

    async def test_interactions_are_answered_all_the_same(self, dossier: Dossier) -> None:
        """And nothing is reported to be out of order."""
        told: list[str] = []
        async with discord_api() as discord:
            discord.fault("/gateway/bot", 404)
            with capture_logs() as logged:
                async with talking("http", dossier, discord, connected=False, report=told.append) as talk:
                    assert (await talk.somebody().use("duration")).title == DURATION
                    await until(lambda: any(entry["log_level"] == "warning" for entry in logged))
        assert told == [""]

    @pytest.mark.parametrize("fault", [(502, None), (403, None), (200, {})])
    async def test_words_are_heard_again_later(self, dossier: Dossier, fault: tuple[int, Any]) -> None:
        """An outage passes; a refusal, or what is no answer of Discord's, may."""
        async with discord_api() as discord:
            discord.fault("/gateway/bot", *fault)
            async with talking("http", dossier, discord, sleep=at_once) as talk:
                assert (await talk.writer().ask(ASKED)).title == DURATION
