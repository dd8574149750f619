"""Updates by polling: handled one by one, in the order of a chat, whatever comes and whatever fails."""

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
from bot.platforms.base import OVERLAP_SECONDS, PlatformFailure, Report
from bot.platforms.telegram.answer_visibility import GROUP_BURST
from bot.platforms.telegram.api import POLL_SECONDS, TelegramClient
from bot.platforms.telegram.handlers import Handlers
from bot.platforms.telegram.photos import Photos
from bot.platforms.telegram.poller import LONGEST_PAUSE_SECONDS, RECOVERY_SECONDS, poll
from bot.platforms.telegram.types import parse_json_update, parse_update
from bot.platforms.telegram.update_queue import UpdateQueue
from bot.user_rate_limit import UserRateLimiter
from tests.clocks import MovedClock, Sleeps
from tests.conftest import TODAY
from tests.databases import sqlite_url
from tests.platforms.telegram.conftest import Talk
from tests.platforms.telegram.updates import ADA, BUDI, GROUP, VERA, inline_query, message, press, user
from tests.servers.telegram import TOKEN, BotApi, bot_api
from tests.tables import cases

BROKEN: list[Any] = [
    {"message": "no message"},
    {"message": {"message_id": "x", "chat": None}},
    {"message": {"message_id": 1, "chat": {"id": "x" * 1000, "type": 7}, "text": {"a": 1}}},
    {"message": {"message_id": 1, "date": 1, "chat": {"id": 1, "type": "private"}, "from": [], "text": "/programs"}},
    {"callback_query": {"id": 1, "from": {}, "data": 3}},
    {"callback_query": None, "x": []},
    {"inline_query": []},
    {"channel_post": {}},
    {"my_chat_member": {"chat": {"id": 1, "type": "group"}}},
    {"message": None, "edited_message": {"text": "x" * 100_000}},
]


class TestAnyUpdate:
    """Whatever an update holds, the updates behind it are handled; in both modes."""

    async def test_broken(self, talk: Talk) -> None:
        await self.all_handled(talk, BROKEN)

    async def all_handled(self, talk: Talk, updates: list[dict[str, Any]]) -> None:
        """A question behind each hundred of them is answered."""
        for number, start in enumerate(range(0, len(updates), 100), start=1):
            for update in updates[start : start + 100]:
                await talk.give(update)
            await talk.give(message("/duration", VERA, user(VERA)))
            await talk.api.when(lambda number=number: self.answers_to_vera(talk) >= number, seconds=60)

    def answers_to_vera(self, talk: Talk) -> int:
        return sum(call.given.get("chat_id") == VERA for call in talk.api.answers)

    @pytest.mark.parametrize("body", [b"", b"[]", b"null", b"{", b'{"update_id": "x"}', b"\xff\xfe", b'"\\ud800"'])
    def test_no_update_is_a_value_error(self, body: bytes) -> None:
        with pytest.raises(ValueError, match=r"."):
            parse_json_update(body)

    def test_unknown_kinds_have_no_known_fields(self) -> None:
        """Telegram adds some with each release."""
        update = parse_update({"update_id": 1, "something_new": {"a": 1}})
        assert update.model_dump(exclude={"update_id"}, exclude_none=True) == {}


@asynccontextmanager
async def update_queue(api: BotApi, dossier: Dossier, sleeps: Sleeps) -> AsyncIterator[UpdateQueue]:
    async with aiohttp.ClientSession() as session, open_store(sqlite_url()) as store:
        client = TelegramClient(TOKEN, api.url, session, sleeps)
        me = await client.connect()
        conversation = Conversation(
            LiveDossier(dossier),
            store,
            lambda: TODAY,
            user_limiter=UserRateLimiter(MovedClock()),
        )
        handlers = Handlers(conversation, client, me, group_limiter=UserRateLimiter(MovedClock(), 1000))
        yield UpdateQueue(client, handlers, Photos(client, None))


@asynccontextmanager
async def polling(
    api: BotApi, dossier: Dossier, report: Report = lambda error: None, clock: Callable[[], float] = monotonic
) -> AsyncIterator[Sleeps]:
    """The bot polls; its pauses are recorded instead of waited for."""
    sleeps = Sleeps()
    async with update_queue(api, dossier, sleeps) as queue:
        task = asyncio.create_task(poll(queue, report, sleeps, clock))
        yield sleeps
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await queue.drain()


class TestProgress:
    """The offset passes what is done, and only that."""

    async def test_a_bad_update_is_confirmed_too(self, dossier: Dossier) -> None:
        async with bot_api() as api, polling(api, dossier):
            await api.feed(message("/about"), {"message": 7}, message("/duration", BUDI, user(BUDI)))
            await api.until("sendMessage", 2)
            await api.when(lambda: not api.pending)
        assert {parameters["chat_id"] for parameters in api.of("sendMessage")} == {ADA, BUDI}

    async def test_a_pause_follows_an_update_without_an_id(self, dossier: Dossier) -> None:
        async with bot_api() as api, polling(api, dossier) as sleeps:
            api.pending.append({"update_id": "none"})
            await sleeps.begin()
            api.pending.clear()

    @pytest.mark.slow
    async def test_updates_are_confirmed_before_the_next_wait(self, dossier: Dossier) -> None:
        async with bot_api() as api, polling(api, dossier):
            await api.feed(*(message("/about", 2000 + number, user(2000 + number)) for number in range(250)))
            await api.until("sendMessage", 250)
            await api.when(lambda: not api.pending)


class TestOrder:
    """Within a chat, answers keep the order of the questions; no chat waits for another."""

    async def test_a_chat_is_answered_in_order(self, dossier: Dossier) -> None:
        async with bot_api() as api, polling(api, dossier):
            await api.feed(*map(message, ("/about", "/duration", "/pricing", "/parties")))
            answers = await api.until("sendMessage", 4)
        assert [each["text"].partition(" ")[0] for each in answers] == ["<b>🤖", "<b>⏳", "<b>💳", "<b>🤝"]

    async def test_a_slow_chat_delays_no_other(self, dossier: Dossier) -> None:
        async with bot_api() as api, polling(api, dossier):
            async with api.holding("getChatAdministrators"):
                await api.feed(message("/language@NotaTestBot ru", GROUP), message("/about", VERA, user(VERA)))
                [answer] = await api.until("sendMessage", 1)
                assert answer["chat_id"] == VERA
            await api.until("sendMessage", 2)

    async def test_a_press_in_a_rate_limited_chat_is_acknowledged_at_once(self, dossier: Dossier) -> None:
        """The edit waits for its turn."""
        async with bot_api() as api, polling(api, dossier):
            await api.feed(message("/about@NotaTestBot", GROUP))
            await api.until("sendMessage")
            sent = api.answers[0].result
            async with api.holding("sendMessage"):
                await api.feed(message("/about@NotaTestBot", GROUP), press("t/pricing", sent))
                await api.until("answerCallbackQuery")
                assert api.of("editMessageText") == []
            await api.until("editMessageText")

    @pytest.mark.slow
    async def test_a_rate_limited_chat_with_many_questions_delays_no_other(self, dossier: Dossier) -> None:
        """From many people, so that the rate limit of a user does not apply; the group's leaves some answers and a notice."""
        async with bot_api() as api, polling(api, dossier):
            async with api.holding("sendMessage"):
                await api.feed(*(message("/about@NotaTestBot", GROUP, user(5000 + number)) for number in range(150)))
                await api.feed(inline_query("price"))
                await api.until("answerInlineQuery")
            await api.until("sendMessage", GROUP_BURST + 1)


class TestErrors:
    """Telegram cannot be reached, or gives the updates to another process."""

    @pytest.mark.parametrize(
        ("code", "parameters", "times", "pauses"),
        [
            (502, {}, 9, [0.5, 1, 2, 4, 8, 16, 30, 30, LONGEST_PAUSE_SECONDS]),
            (429, {"retry_after": 11}, 1, [11.0]),
        ],
    )
    async def test_pauses(
        self, dossier: Dossier, code: int, parameters: dict[str, int], times: int, pauses: list[float]
    ) -> None:
        """They double up to half a minute and end with the error; a 429 says how long."""
        async with bot_api() as api:
            for _ in range(times):
                api.fault("getUpdates", code, **parameters)
            async with polling(api, dossier) as sleeps:
                await api.feed(message("/about"))
                await api.until("sendMessage")
        assert sleeps.seconds == pauses

    @cases("code, description, times, report")
    async def test_an_error_and_its_end_are_reported_once(
        self, dossier: Dossier, code: int, description: str, times: int, report: str
    ) -> None:
        """
        409 | Conflict: terminated by other getUpdates request | 3 | another process takes this bot's updates
        502 | "" | 6 | Telegram cannot be reached; trying again
        """
        reports: list[str] = []
        async with bot_api() as api:
            for _ in range(times):
                api.fault("getUpdates", code, description)
            async with polling(api, dossier, reports.append):
                await api.feed(message("/about"))
                await api.until("sendMessage")
        [error, recovery] = reports
        assert error.startswith(report)
        assert recovery == ""

    async def test_the_recovery_is_noticed_soon(self, dossier: Dossier) -> None:
        """The next poll is short, since it answers only when an update comes or its time is over."""
        async with bot_api() as api:
            api.fault("getUpdates", 409, "Conflict: terminated by other getUpdates request")
            async with polling(api, dossier):
                await api.feed(message("/about"))
                await api.when(lambda: len(api.waits) > 1)
        assert api.waits[:2] == [RECOVERY_SECONDS, POLL_SECONDS]

    async def test_our_next_release_sets_a_webhook(self, dossier: Dossier) -> None:
        """It soon ends this process, so nothing is reported."""
        reports: list[str] = []
        async with bot_api() as api, polling(api, dossier, reports.append, MovedClock()) as sleeps:
            await api.until("getWebhookInfo")
            api.state.webhook = {"url": "https://new.example/telegram/webhook?key=5ec2e7"}
            await api.feed(message("/about"))
            await sleeps.begin()
            api.state.webhook = {}
            await api.until("sendMessage")
        assert reports == []

    async def test_another_deployment_sets_a_webhook(self, dossier: Dossier) -> None:
        """Reported after the time of a release, by its host alone: the rest may be secret. The webhook stays."""
        reports: list[str] = []
        clock = MovedClock()
        async with bot_api() as api, polling(api, dossier, reports.append, clock) as sleeps:
            await api.until("getWebhookInfo")
            api.state.webhook = {"url": "https://other.example/telegram/webhook?key=5ec2e7"}
            await api.feed(message("/about"))
            await sleeps.begin()
            clock.forward(OVERLAP_SECONDS)
            await api.when(lambda: bool(reports))
            api.state.webhook = {}
            await api.until("sendMessage")
        assert "brought to other.example: run one" in reports[0]
        assert reports[1:] == [""]
        assert api.of("deleteWebhook") == []

    @pytest.mark.parametrize("body", [{}, {"ok": False}, {"ok": True}, {"ok": True, "result": {}}])
    async def test_an_answer_without_updates_is_an_error(self, dossier: Dossier, body: dict[str, Any]) -> None:
        async with bot_api() as api:
            for _ in range(3):
                api.answer("getUpdates", body)
            async with polling(api, dossier) as sleeps:
                await api.feed(message("/about"))
                await api.until("sendMessage")
        assert sleeps.seconds == [0.5, 1, 2]

    async def test_a_server_that_does_not_wait_is_not_polled_without_pauses(self, dossier: Dossier) -> None:
        clock = MovedClock()
        async with bot_api() as api:
            for _ in range(4):
                api.answer("getUpdates", {"ok": True, "result": []})
            async with polling(api, dossier, clock=clock) as sleeps:
                await api.feed(message("/about"))
                await api.until("sendMessage")
        assert sleeps.seconds == [0.5, 0.5, 0.5, 0.5]

    async def test_a_revoked_token_ends_polling(self, dossier: Dossier) -> None:
        async with bot_api() as api:
            api.fault("getUpdates", 401, "Unauthorized")
            async with update_queue(api, dossier, Sleeps()) as queue:
                with pytest.raises(PlatformFailure, match="TELEGRAM_TOKEN"):
                    await poll(queue, lambda error: None, Sleeps())

    @pytest.mark.parametrize("errors", [0, 8])
    async def test_a_webhook_is_removed_first(self, dossier: Dossier, errors: int) -> None:
        """``getUpdates`` is refused while one is set. It is removed even if the Bot API fails for a while at the start."""
        async with bot_api() as api:
            api.state.webhook = {"url": "https://old.example"}
            for _ in range(errors):
                api.fault("getWebhookInfo", 502, "Bad Gateway")
            async with polling(api, dossier):
                await api.feed(message("/about"))
                await api.until("sendMessage")
        assert api.of("deleteWebhook") == [{}]
