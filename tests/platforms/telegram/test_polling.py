"""Updates that we fetch: one by one, always moving on."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from time import monotonic
from typing import Any

import aiohttp
import pytest

from bot.conversation import Conversation
from bot.db.store import open_store
from bot.dossier.models import Dossier
from bot.live_dossier import LiveDossier
from bot.platforms.base import RELEASE_SECONDS, PlatformFailure, Report
from bot.platforms.telegram.api import POLL_SECONDS, Client
from bot.platforms.telegram.handlers import Handlers
from bot.platforms.telegram.photos import Photos
from bot.platforms.telegram.updates import LONGEST_PAUSE_SECONDS, RECOVERY_SECONDS, UpdateQueue, poll
from bot.user_rate_limit import UserRateLimiter
from tests.clocks import MovedClock
from tests.conftest import TODAY
from tests.databases import sqlite_url
from tests.platforms.telegram.sleeps import Sleeps
from tests.platforms.telegram.updates import ADA, BUDI, GROUP, VERA, inline_query, message, press, user
from tests.servers.telegram import TOKEN, BotApi, bot_api


@asynccontextmanager
async def handling(api: BotApi, dossier: Dossier, sleeps: Sleeps) -> AsyncIterator[UpdateQueue]:
    """All that polling needs, its waits written down."""
    async with aiohttp.ClientSession() as session, open_store(sqlite_url()) as store:
        client = Client(TOKEN, api.url, session, sleeps)
        me = await client.start()
        conversation = Conversation(LiveDossier(dossier), store, lambda: TODAY)
        handlers = Handlers(conversation, UserRateLimiter(MovedClock()), client, me)
        yield UpdateQueue(client, handlers, Photos(client, None))


@asynccontextmanager
async def polling(
    api: BotApi, dossier: Dossier, report: Report = lambda fault: None, clock: Callable[[], float] = monotonic
) -> AsyncIterator[Sleeps]:
    """The bot, polling."""
    sleeps = Sleeps()
    async with handling(api, dossier, sleeps) as ready:
        running = asyncio.create_task(poll(ready, report, sleeps, clock))
        yield sleeps
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await ready.drain()


class TestMovingOn:
    """Whatever comes, what is behind it is handled."""

    @pytest.mark.parametrize(
        "bad", [{"message": 7}, {"message": {}}, {"callback_query": None, "x": []}, {"message": {"text": "x"}}]
    )
    async def test_one_bad_update_does_not_stop_the_rest(self, dossier: Dossier, bad: dict[str, Any]) -> None:
        """It is logged, and never comes again."""
        async with bot_api() as api, polling(api, dossier):
            await api.feed(message("/about"), bad, message("/duration", BUDI, user(BUDI)))
            await api.until("sendMessage", 2)
            await api.when(lambda: not api.pending)
        assert {given["chat_id"] for given in api.of("sendMessage")} == {ADA, BUDI}

    async def test_what_has_no_number_is_not_asked_for_in_a_rage(self, dossier: Dossier) -> None:
        """There is a pause before the next attempt."""
        async with bot_api() as api, polling(api, dossier) as sleeps:
            api.pending.append({"update_id": "none"})
            await sleeps.begin()
            api.pending.clear()

    async def test_confirms_what_it_has(self, dossier: Dossier) -> None:
        """By the next offset, before it waits again."""
        async with bot_api() as api, polling(api, dossier):
            await api.feed(*(message("/about", 2000 + number, user(2000 + number)) for number in range(250)))
            await api.until("sendMessage", 250)
            await api.when(lambda: not api.pending)

    async def test_a_chat_is_answered_in_its_order(self, dossier: Dossier) -> None:
        """Though others' answers go out beside."""
        async with bot_api() as api, polling(api, dossier):
            texts = ["/about", "/duration", "/pricing", "/parties"]
            await api.feed(*(message(text) for text in texts))
            given = await api.until("sendMessage", 4)
        titles = [each["text"].partition(" ")[0] for each in given]
        assert titles == ["<b>🤖", "<b>⏳", "<b>💳", "<b>🤝"]

    async def test_a_slow_chat_keeps_nobody_waiting(self, dossier: Dossier) -> None:
        """Telegram holds back one answer; the others get theirs."""
        async with bot_api() as api, polling(api, dossier):
            async with api.holding("getChatMember"):
                await api.feed(message("/language@NotaTestBot ru", GROUP), message("/about", VERA, user(VERA)))
                [given] = await api.until("sendMessage", 1)
                assert given["chat_id"] == VERA
            await api.until("sendMessage", 2)


class TestHeldBack:
    """Telegram takes no message to a chat for a while (429)."""

    async def test_a_press_there_is_answered_at_once(self, dossier: Dossier) -> None:
        """Its clock stops; what it shows comes in its turn."""
        async with bot_api() as api, polling(api, dossier):
            await api.feed(message("/about@NotaTestBot", GROUP))
            await api.until("sendMessage")
            shown = api.answers[0].result
            async with api.holding("sendMessage"):
                await api.feed(message("/about@NotaTestBot", GROUP), press("t/pricing", shown, user(BUDI)))
                await api.until("answerCallbackQuery")
                assert api.of("editMessageText") == []
            await api.until("editMessageText")

    async def test_others_are_answered_however_much_is_asked_there(self, dossier: Dossier) -> None:
        """By more people than one, so that no throttle stops them."""
        async with bot_api() as api, polling(api, dossier):
            async with api.holding("sendMessage"):
                await api.feed(*(message("/about@NotaTestBot", GROUP, user(5000 + number)) for number in range(150)))
                await api.feed(inline_query("price"))
                await api.until("answerInlineQuery")
            await api.until("sendMessage", 150)


class TestFaults:
    """Telegram cannot be reached, or gives the updates to somebody else."""

    async def test_pauses_grow_and_end_with_the_fault(self, dossier: Dossier) -> None:
        """At most half a minute."""
        async with bot_api() as api:
            for _ in range(9):
                api.fault("getUpdates", 502)
            async with polling(api, dossier) as sleeps:
                await api.feed(message("/about"))
                await api.until("sendMessage")
        assert sleeps.seconds == [0.5, 1, 2, 4, 8, 16, 30, 30, LONGEST_PAUSE_SECONDS]

    async def test_429_is_obeyed(self, dossier: Dossier) -> None:
        """To the second."""
        async with bot_api() as api:
            api.fault("getUpdates", 429, retry_after=11)
            async with polling(api, dossier) as sleeps:
                await api.feed(message("/about"))
                await api.until("sendMessage")
        assert sleeps.seconds == [11.0]

    async def test_another_process_is_said_plainly(self, dossier: Dossier) -> None:
        """409, and what to do about it: once, however often it comes, and once more when it is over."""
        reported: list[str] = []
        async with bot_api() as api:
            for _ in range(3):
                api.fault("getUpdates", 409, "Conflict: terminated by other getUpdates request")
            async with polling(api, dossier, reported.append):
                await api.feed(message("/about"))
                await api.until("sendMessage")
        assert reported == [
            "another process takes this bot's updates with the same TELEGRAM_TOKEN: stop one of the two",
            "",
        ]

    async def test_the_end_of_a_fault_is_known_soon(self, dossier: Dossier) -> None:
        """Though nobody writes: the next poll does not wait for a minute to tell that the rival is gone."""
        async with bot_api() as api:
            api.fault("getUpdates", 409, "Conflict: terminated by other getUpdates request")
            async with polling(api, dossier):
                await api.feed(message("/about"))
                await api.when(lambda: len(api.waits) > 1)
        assert api.waits[:2] == [RECOVERY_SECONDS, POLL_SECONDS]

    async def test_a_release_that_sets_a_webhook_is_no_rival(self, dossier: Dossier) -> None:
        """It ends this process soon."""
        reported: list[str] = []
        async with bot_api() as api, polling(api, dossier, reported.append, MovedClock()) as sleeps:
            await api.until("getWebhookInfo")
            api.state.webhook = {"url": "https://new.example/telegram/webhook?key=5ec2e7"}
            await api.feed(message("/about"))
            await sleeps.begin()
            api.state.webhook = {}
            await api.until("sendMessage")
        assert reported == []

    async def test_a_webhook_set_meanwhile_is_named(self, dossier: Dossier) -> None:
        """Once any release is over; by its host alone: what follows may be a secret. It is not fought for."""
        reported: list[str] = []
        clock = MovedClock()
        async with bot_api() as api, polling(api, dossier, reported.append, clock) as sleeps:
            await api.until("getWebhookInfo")
            api.state.webhook = {"url": "https://other.example/telegram/webhook?key=5ec2e7"}
            await api.feed(message("/about"))
            await sleeps.begin()
            clock.forward(RELEASE_SECONDS)
            await api.when(lambda: bool(reported))
            api.state.webhook = {}
            await api.until("sendMessage")
        assert "brought to other.example: run one" in reported[0]
        assert reported[1:] == [""]
        assert api.of("deleteWebhook") == []

    async def test_an_outage_is_reported_once_it_lasts(self, dossier: Dossier) -> None:
        """Faults that pass within a few seconds are a line in the log alone."""
        reported: list[str] = []
        async with bot_api() as api:
            for _ in range(6):
                api.fault("getUpdates", 502)
            async with polling(api, dossier, reported.append):
                await api.feed(message("/about"))
                await api.until("sendMessage")
        assert reported == ["Telegram cannot be reached; trying on", ""]

    @pytest.mark.parametrize("body", [{}, {"ok": False}, {"ok": True}, {"ok": True, "result": {}}])
    async def test_an_answer_without_updates_is_a_fault(self, dossier: Dossier, body: dict[str, Any]) -> None:
        """Though its status says that all is well."""
        async with bot_api() as api:
            for _ in range(3):
                api.answer("getUpdates", body)
            async with polling(api, dossier) as sleeps:
                await api.feed(message("/about"))
                await api.until("sendMessage")
        assert sleeps.seconds == [0.5, 1, 2]

    async def test_a_server_that_does_not_wait_is_not_asked_in_a_rage(self, dossier: Dossier) -> None:
        """An empty list at once: a pause. One after the wait that was asked for: none."""
        clock = MovedClock()
        async with bot_api() as api:
            for _ in range(4):
                api.answer("getUpdates", {"ok": True, "result": []})
            async with polling(api, dossier, clock=clock) as sleeps:
                await api.feed(message("/about"))
                await api.until("sendMessage")
        assert sleeps.seconds == [0.5, 0.5, 0.5, 0.5]

    async def test_a_token_revoked_meanwhile_ends_it(self, dossier: Dossier) -> None:
        """In one line."""
        async with bot_api() as api:
            api.fault("getUpdates", 401, "Unauthorized")
            async with handling(api, dossier, Sleeps()) as ready:
                with pytest.raises(PlatformFailure, match="TELEGRAM_TOKEN"):
                    await poll(ready, lambda fault: None, Sleeps())

    async def test_a_webhook_set_before_is_removed(self, dossier: Dossier) -> None:
        """While one is set nothing can be fetched; what waits is kept."""
        async with bot_api() as api:
            api.state.webhook = {"url": "https://old.example"}
            async with polling(api, dossier):
                await api.feed(message("/about"))
                await api.until("sendMessage")
        assert api.of("deleteWebhook") == [{}]

    async def test_it_is_removed_though_the_bot_api_falters_at_the_start(self, dossier: Dossier) -> None:
        """For longer than a call is repeated: without that, every poll would be refused until somebody restarted us."""
        async with bot_api() as api:
            api.state.webhook = {"url": "https://old.example"}
            for _ in range(8):
                api.fault("getWebhookInfo", 502, "Bad Gateway")
            async with polling(api, dossier):
                await api.feed(message("/fare"))
                await api.until_answered(1)
            assert len(api.of("deleteWebhook")) == 1
