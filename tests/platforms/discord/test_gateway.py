"""The gateway: how the bot connects, that it reconnects after whatever Discord does, and what it reports."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from structlog.testing import capture_logs

from bot.dossier.models import Dossier
from bot.platforms.base import PlatformFailure
from tests.clocks import Sleeps, until
from tests.platforms.discord.conftest import Talk, talking
from tests.servers.discord import TOKEN, discord_api
from tests.servers.discord_gateway import DIRECT_MESSAGES, GUILD_MESSAGES, GUILDS
from tests.tables import cases

pytestmark = pytest.mark.asyncio(loop_scope="module")

INTENTS = GUILDS | GUILD_MESSAGES | DIRECT_MESSAGES
LISTED = {"id": "9", "application_id": "1", "type": 2, "token": "t", "data": {"name": "help"}, "channel_id": "1"}


def tracebacks(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Log entries with a traceback."""
    return [record.getMessage() for record in caplog.records if record.exc_info]


@pytest_asyncio.fixture(loop_scope="module")
async def talk(dossier: Dossier) -> AsyncIterator[Talk]:
    """A bot for each case, since a connection has a state."""
    reported: list[str] = []
    async with discord_api() as discord, talking("gateway", dossier, discord, report=reported.append) as running:
        await until(lambda: "" in reported)
        yield running


class TestConnecting:
    """Identifying (events/gateway#identifying)."""

    async def test_without_privileged_intents_and_compressed(self, talk: Talk) -> None:
        """Servers and messages; interactions need no intent."""
        (identified,) = talk.discord.gateway.identified
        assert (identified["intents"], identified["token"], identified["shard"]) == (INTENTS, TOKEN, [0, 1])
        assert talk.discord.gateway.compressions[0] in ("zlib-stream", "zstd-stream")
        assert talk.discord.gateway.wrongs == []

    async def test_heartbeats(self, talk: Talk) -> None:
        """From the beginning."""
        await until(lambda: talk.discord.gateway.heartbeats > 0)

    async def test_with_as_many_shards_as_configured(self, dossier: Dossier) -> None:
        """Each has its own connection."""
        async with talking("gateway", dossier, shards=2) as sharded:
            assert sorted(each["shard"] for each in sharded.discord.gateway.identified) == [[0, 2], [1, 2]]
            assert (await sharded.somebody().use("duration")).title == "⏳ How long it lasts"


class TestReconnecting:
    """Events that were dispatched meanwhile are handled (events/gateway#resuming)."""

    async def test_resumes_when_asked_to_reconnect(self, talk: Talk) -> None:
        """With the session and the last sequence number."""
        gateway = talk.discord.gateway
        await gateway.ask_to_reconnect()
        await gateway.until(resumed=1)
        assert gateway.resumed[-1]["session_id"] == "session-1"
        assert len(gateway.identified) == 1
        assert (await talk.somebody().use("duration")).title == "⏳ How long it lasts"

    async def test_nothing_is_lost_when_the_connection_breaks(self, talk: Talk) -> None:
        """An interaction of that time is answered."""
        gateway = talk.discord.gateway
        await gateway.drop()
        await until(lambda: not gateway.connections)
        waiting = asyncio.create_task(talk.somebody().use("duration"))
        await gateway.until(resumed=1)
        async with asyncio.timeout(60):
            assert (await waiting).title == "⏳ How long it lasts"

    async def test_missed_events_are_handled_as_they_come(self, talk: Talk) -> None:
        """Not only after RESUMED: an interaction has three seconds."""
        gateway = talk.discord.gateway
        gateway.hesitates = True
        await gateway.drop()
        await until(lambda: not gateway.connections)
        waiting = asyncio.create_task(talk.somebody().use("duration"))
        async with asyncio.timeout(60):
            assert (await waiting).title == "⏳ How long it lasts"
        gateway.hesitates = False
        await gateway.until(resumed=1)

    async def test_identifies_again_if_the_session_is_invalid(self, talk: Talk) -> None:
        """As documented."""
        gateway = talk.discord.gateway
        await gateway.invalidate(resumable=False)
        await gateway.until(identified=2)
        assert (await talk.somebody().use("duration")).title == "⏳ How long it lasts"

    async def test_after_every_close_code_that_is_not_final(self, dossier: Dossier) -> None:
        """Hikari gives up after some of them, against the documentation."""
        async with discord_api() as discord, talking("gateway", dossier, discord, sleep=Sleeps()) as talk:
            for times, code in enumerate((4001, 4003, 4005, 4099), start=2):
                await discord.gateway.drop(code)
                await discord.gateway.until(identified=times)
            assert (await talk.somebody().use("duration")).title == "⏳ How long it lasts"

    async def test_after_an_event_that_hikari_cannot_read(self, dossier: Dossier) -> None:
        """It ends the connection, not the bot. That and its end are reported."""
        reported: list[str] = []
        async with (
            discord_api() as discord,
            talking("gateway", dossier, discord, sleep=Sleeps(), report=reported.append) as talk,
        ):
            await until(lambda: "" in reported)
            await discord.gateway.dispatch("READY", {})
            await until(lambda: len(reported) == 3)
            assert (await talk.somebody().use("duration")).title == "⏳ How long it lasts"
        assert "cannot be followed: KeyError" in reported[1]
        assert reported[2] == ""

    async def test_once_discord_allows_another_session(self, dossier: Dossier) -> None:
        """It allows a thousand a day, and resets the token after more (events/gateway#session-start-limit)."""
        reported: list[str] = []
        async with discord_api() as discord:
            discord.sessions_left = 0
            async with talking(
                "gateway", dossier, discord, connected=False, sleep=Sleeps(), report=reported.append
            ) as talk:
                await until(lambda: len(reported) > 0)
                assert discord.gateway.identified == []
                discord.sessions_left = 1
                await discord.gateway.until()
                assert (await talk.somebody().use("duration")).title == "⏳ How long it lasts"
        assert "allows no more sessions" in reported[0]

    @pytest.mark.parametrize("is_global", [True, False])
    async def test_once_a_limit_is_over(self, dossier: Dossier, is_global: bool) -> None:
        """Of requests for the gateway's address: it waits for as long as Discord says, after each 429."""
        paused: list[float] = []

        async def pause(seconds: float) -> None:
            paused.append(seconds)
            await asyncio.sleep(0)

        async with discord_api() as discord:
            for _ in range(1 if is_global else 4):
                body = {"message": "slow down", "retry_after": 20.0, "global": is_global}
                scope = {"X-RateLimit-Scope": "global" if is_global else "user", "X-RateLimit-Remaining": "0"}
                discord.fault("/gateway/bot", 429, body, scope)
            async with talking("gateway", dossier, discord, sleep=pause) as talk:
                assert (await talk.somebody().use("duration")).title == "⏳ How long it lasts"
        assert paused == [20.0] * (1 if is_global else 4)

    async def test_after_a_silence(self, dossier: Dossier) -> None:
        """A connection without HELLO, at the start or later, is reported, and another is made."""
        reported: list[str] = []
        async with discord_api() as discord:
            discord.gateway.slow = True
            async with talking(
                "gateway",
                dossier,
                discord,
                synced=False,
                sleep=Sleeps(),
                report=reported.append,
                silent_seconds=0.4,
            ) as talk:
                await until(lambda: len(reported) == 1)
                discord.gateway.slow = False
                await until(lambda: len(reported) == 2)
                assert (await talk.somebody().use("duration")).title == "⏳ How long it lasts"
                discord.gateway.slow = True
                await discord.gateway.drop()
                await until(lambda: len(reported) == 3)
                discord.gateway.slow = False
                await until(lambda: len(reported) == 4)
                assert (await talk.somebody().use("duration")).title == "⏳ How long it lasts"
            await until(lambda: not discord.gateway.connections)
        assert all("its gateway has been silent" in fault for fault in reported[0::2])
        assert reported[1] == reported[3] == ""


class TestStopping:
    """The bot is stopped while it connects."""

    async def test_no_connection_stays_open(self, dossier: Dossier) -> None:
        """It would go on receiving events."""
        async with discord_api() as discord:
            discord.gateway.slow = True
            async with talking("gateway", dossier, discord, connected=False) as talk:
                await until(lambda: len(discord.gateway.compressions) > 0)
                talk.running.cancel()
                await asyncio.sleep(0.05)
                discord.gateway.slow = False
                await asyncio.gather(talk.running, return_exceptions=True)
                await until(lambda: not discord.gateway.connections)
            assert discord.gateway.connections == []


class TestEvents:
    """An event that cannot be handled is one log line; the next one is handled."""

    @pytest.mark.parametrize("event", [{}, {"id": "x"}, {**LISTED, "type": "two"}, {**LISTED, "data": 7}])
    async def test_an_invalid_interaction(self, talk: Talk, event: dict[str, Any]) -> None:
        """Skipped."""
        with capture_logs() as said:
            await talk.discord.gateway.dispatch("INTERACTION_CREATE", event)
            assert (await talk.somebody().use("duration")).title == "⏳ How long it lasts"
        assert [entry["event"] for entry in said] == ["an event was skipped"]

    async def test_an_answer_that_comes_too_late(self, talk: Talk) -> None:
        """Discord does not know the interaction any more."""
        talk.discord.fault("/callback", 404, {"message": "Unknown interaction", "code": 10062})
        with capture_logs() as said:
            await talk.discord.gateway.dispatch("INTERACTION_CREATE", LISTED)
            await until(lambda: len(said) > 0)
            assert (await talk.somebody().use("duration")).title == "⏳ How long it lasts"
        (entry,) = said
        assert entry["error"] == "HTTP 404 (10062 Unknown interaction)"

    async def test_an_answer_is_posted_again_after_an_error_of_discords(self, talk: Talk) -> None:
        """At once, within the three seconds."""
        for status in (500, 503):
            talk.discord.fault("/callback", status)
        assert (await talk.somebody().use("duration")).title == "⏳ How long it lasts"

    async def test_discords_response_to_an_answer_is_lost(self, talk: Talk) -> None:
        """To the second attempt Discord answers that it has the answer. Nothing is logged."""
        talk.discord.lose("/callback")
        with capture_logs() as said:
            assert (await talk.somebody().use("duration")).title == "⏳ How long it lasts"
            await until(lambda: len([each for each in talk.discord.requests if each.route.endswith("/callback")]) == 2)
            assert (await talk.somebody().use("duration")).title == "⏳ How long it lasts"
        assert said == []

    async def test_other_events_are_ignored(self, talk: Talk) -> None:
        """Known and unknown ones."""
        with capture_logs() as said:
            await talk.discord.gateway.dispatch("GUILD_DELETE", {"id": "1", "unavailable": True})
            await talk.discord.gateway.dispatch("SOMETHING_NEW", {"a": 1})
            assert (await talk.somebody().use("duration")).title == "⏳ How long it lasts"
        assert [entry for entry in said if entry["log_level"] != "info"] == []


class TestFinalCloseCodes:
    """They end this platform alone, with a message that says what to do."""

    @cases("code, said")
    async def test_end_the_bot(self, dossier: Dossier, code: int, said: str, caplog: pytest.LogCaptureFixture) -> None:
        """Without a traceback (topics/opcodes-and-status-codes#gateway-gateway-close-event-codes).

        4004 | Discord refuses DISCORD_TOKEN
        4011 | Discord's gateway refuses us: closed with 4011: .* DISCORD_SHARDS
        4014 | Discord's gateway refuses us: closed with 4014: intents that the developer portal
        """
        async with talking("gateway", dossier) as talk:
            await talk.discord.gateway.drop(code)
            async with asyncio.timeout(60):
                with pytest.raises(PlatformFailure, match=said):
                    await talk.running
        assert tracebacks(caplog) == []
