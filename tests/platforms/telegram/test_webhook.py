"""The webhook: who may call it, what it answers, how it is registered, and how a second deployment is noticed."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from io import BytesIO
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from pydantic import SecretStr
from yarl import URL

from bot.app.main import MAX_BODY_BYTES
from bot.dossier.models import Dossier
from bot.platforms.base import OVERLAP_SECONDS, PlatformFailure, PlatformUnreachable
from bot.platforms.platform import Deployment
from bot.platforms.telegram.api import TelegramClient
from bot.platforms.telegram.bot import release
from bot.platforms.telegram.platform import TelegramSettings
from bot.platforms.telegram.types import ALLOWED_UPDATES
from bot.platforms.telegram.webhook import (
    CONNECTIONS,
    PATH,
    RECENT_ERROR_SECONDS,
    SECRET_HEADER,
    WATCH_SECONDS,
    TelegramWebhook,
    register,
    watch,
    webhook_target,
)
from bot.reader import Address
from bot.replies.question import Command, token
from bot.subscriptions.settings_panel import followable
from tests.clocks import MovedClock
from tests.platforms.telegram.conftest import Talk, talking
from tests.platforms.telegram.updates import ADA, BUDI, GROUP, VERA, message, press, user
from tests.servers.telegram import TOKEN, BotApi, bot_api
from tests.tables import cases

OURS = webhook_target(TOKEN, "https://nota.example")
REGISTERED = {"url": OURS.url, "allowed_updates": ALLOWED_UPDATES, "max_connections": CONNECTIONS}
TAKEN: dict[str, object] = {"url": "https://other.example/telegram/webhook"}
NOW = 1_800_000_000.0
RELEASE_CHECKS = int(OVERLAP_SECONDS / WATCH_SECONDS)
"""Checks of the webhook while a release may be under way."""


@pytest.fixture
async def bot(dossier: Dossier) -> AsyncIterator[Talk]:
    async with talking("webhook", dossier) as running:
        yield running


async def post(bot: Talk, body: Any, secret: str | None = "right") -> tuple[int, bytes]:
    """The status and the body of the answer to a request with this body."""
    webhook = bot.api.state.webhook
    headers = {"Content-Type": "application/json"}
    if secret is not None:
        headers[SECRET_HEADER] = webhook["secret_token"] if secret == "right" else secret
    data = BytesIO(body) if isinstance(body, bytes) and body else body
    async with bot.session.post(webhook["url"], data=data, headers=headers) as answer:
        return answer.status, await answer.read()


class TestSecret:
    """Only requests with the secret are read (core.telegram.org/bots/api#setwebhook)."""

    @pytest.mark.parametrize("secret", [None, "", "wrong", "x" * 64, "\u00e9", "0" * 5_000])
    async def test_anybody_else_is_refused(self, bot: Talk, secret: str | None) -> None:
        assert await post(bot, b"{}", secret) in [(403, b""), (400, b"")]
        assert bot.api.answers == []

    async def test_a_large_body_is_not_read_then(self, bot: Talk) -> None:
        status, _ = await post(bot, b"x" * (MAX_BODY_BYTES + 1), "wrong")
        assert status == 403

    async def test_another_secret_shows_as_another_address(self) -> None:
        """Telegram never shows the secret; its fingerprint in the URL does not give it away."""
        other = webhook_target("987654321:another", "https://nota.example")
        assert other.url != OURS.url
        assert OURS.secret not in OURS.url
        assert other.url.partition("?")[0] == OURS.url.partition("?")[0]
        assert (len(OURS.secret), OURS.secret.isalnum(), OURS.secret in TOKEN) == (64, True, False)


class TestRequests:
    """A request that is no update does not come again and again, and does not stop those behind it."""

    async def test_over_a_megabyte_is_refused(self, bot: Talk) -> None:
        """Telegram's own requests are far smaller."""
        status, _ = await post(bot, b'{"update_id": 1, "x": "' + b"x" * MAX_BODY_BYTES + b'"}')
        assert status == 413

    async def test_over_a_megabyte_in_pieces_too(self, bot: Talk) -> None:
        async def pieces() -> AsyncIterator[bytes]:
            for _ in range(20):
                yield b"x" * 100_000

        status, _ = await post(bot, pieces())
        assert status == 413

    async def test_a_compressed_one(self, bot: Talk) -> None:
        """Telegram sends none."""
        webhook = bot.api.state.webhook
        headers = {"Content-Encoding": "gzip", SECRET_HEADER: webhook["secret_token"]}
        async with (
            aiohttp.ClientSession() as session,
            session.post(webhook["url"], data=b"x", headers=headers) as answer,
        ):
            assert answer.status == 415

    async def test_an_aborted_request_is_no_error(self, bot: Talk, caplog: pytest.LogCaptureFixture) -> None:
        url, secret = URL(bot.api.state.webhook["url"]), bot.api.state.webhook["secret_token"]
        head = (
            f"POST {url.path_qs} HTTP/1.1\r\nHost: nota\r\n{SECRET_HEADER}: {secret}\r\nContent-Length: 100\r\n\r\n{{"
        )
        _, writer = await asyncio.open_connection(url.host, url.port)
        writer.write(head.encode())
        await writer.drain()
        writer.close()
        await writer.wait_closed()
        [call] = await bot.tell(message("/about"))
        assert call.method == "sendMessage"
        assert "Traceback" not in caplog.text

    @pytest.mark.parametrize(
        "body",
        [
            b"",
            b"{",
            b"[]",
            b"\xff",
            b'{"update_id": 1, "message": 3}',
            b"[" * 100_000,
            b'{"update_id": 900001, "poll": {}}',
        ],
    )
    async def test_what_asks_nothing_is_accepted(self, bot: Talk, body: bytes) -> None:
        assert await post(bot, body) == (200, b"")
        [call] = await bot.tell(message("/about"))
        assert call.method == "sendMessage"

    async def test_other_methods_and_paths(self, bot: Talk) -> None:
        url = bot.api.state.webhook["url"]
        async with bot.session.get(url) as answer:
            assert answer.status == 405
        async with bot.session.post(url.replace("/webhook", "/other")) as answer:
            assert answer.status == 404

    async def test_before_the_bot_runs_telegram_shall_come_again(self) -> None:
        app = web.Application()
        app.router.add_post(PATH, TelegramWebhook(OURS).receive)
        headers = {SECRET_HEADER: OURS.secret}
        async with TestServer(app) as server, aiohttp.ClientSession() as session:
            answer = await session.post(server.make_url(PATH), json={}, headers=headers)
            assert answer.status == 503


class TestOrder:
    """Updates come side by side; within a chat, answers keep the order of the questions."""

    async def test_each_is_answered_in_its_own_response(self, bot: Talk) -> None:
        people = range(3000, 3200)
        await asyncio.gather(*(bot.give(message("/about", number, user(number))) for number in people))
        assert sorted(call.given["chat_id"] for call in bot.api.answers) == list(people)
        assert all(call.in_webhook for call in bot.api.answers)

    async def test_a_chat_is_answered_in_order(self, bot: Talk) -> None:
        """Other chats are answered meanwhile."""
        bot.api.state.members[GROUP, ADA] = "administrator"
        async with bot.api.holding("getChatAdministrators"):
            choice = asyncio.create_task(bot.give(message("/language@NotaTestBot ru", GROUP)))
            await asyncio.sleep(0)
            behind = asyncio.create_task(bot.give(message("/about@NotaTestBot", GROUP, user(BUDI))))
            [call] = await bot.tell(message("/about", VERA, user(VERA)))
            assert call.given["chat_id"] == VERA
            assert not behind.done()
        await asyncio.gather(choice, behind)
        texts = [call.given["text"] for call in bot.api.answers if call.given["chat_id"] == GROUP]
        assert [text.partition("\n")[0] for text in texts] == ["<b>🌐 Язык</b>", "<b>🤖 О «Ноте»</b>"]

    async def test_an_answer_does_not_overtake_a_delayed_one(self, bot: Talk) -> None:
        """It is sent by a call of its own behind it, and not in the response."""
        bot.api.state.members[GROUP, BUDI] = "administrator"
        await bot.tell(message("/about@NotaTestBot", GROUP))
        sent = bot.api.answers[0].result
        async with bot.api.holding("editMessageText"):
            await bot.tell(press("t/pricing", sent, user(BUDI)))
            await bot.give(message("/duration@NotaTestBot", GROUP))
            assert len(bot.api.of("sendMessage")) == 1
        await bot.api.until("sendMessage", 2)
        assert [call.method for call in bot.api.answers[-2:]] == ["editMessageText", "sendMessage"]
        assert not bot.api.answers[-1].in_webhook

    async def test_two_admins_at_once_both_change_the_settings(self, bot: Talk) -> None:
        for number in (ADA, BUDI):
            bot.api.state.members[GROUP, number] = "administrator"
        await bot.tell(message("/subscribe@NotaTestBot", GROUP))
        topics = followable(bot.conversation.live.dossier)[:2]
        panel = bot.api.answers[0].result
        choices = [
            press(token(Command("settings", f"topic {topic}")), panel, user(number))
            for number, topic in zip((ADA, BUDI), topics, strict=True)
        ]
        await asyncio.gather(*map(bot.give, choices))
        subscription = await bot.store.subscriptions.get(Address("telegram", str(GROUP)))
        assert subscription is not None
        assert subscription.topics == set(topics)


async def no_sleep(_seconds: float) -> None:
    await asyncio.sleep(0)


@asynccontextmanager
async def client_of(api: BotApi) -> AsyncIterator[TelegramClient]:
    async with aiohttp.ClientSession() as session:
        client = TelegramClient(TOKEN, api.url, session, no_sleep)
        await client.connect()
        yield client


class TestRegistration:
    """The webhook is set if it differs; waiting updates are kept."""

    async def test_once(self) -> None:
        async with bot_api() as api, client_of(api) as client:
            assert [await register(client, OURS), await register(client, OURS)] == [True, False]
            [parameters] = api.of("setWebhook")
        assert parameters["allowed_updates"] == ALLOWED_UPDATES
        assert "drop_pending_updates" not in parameters
        assert parameters["max_connections"] == 40

    @cases("changed")
    async def test_again_if_it_differs(self, changed: dict[str, object]) -> None:
        """
        {"url": "https://old.example/telegram/webhook"}
        {"allowed_updates": ["message"]}
        {"max_connections": 1}
        """
        async with bot_api() as api, client_of(api) as client:
            await register(client, OURS)
            api.state.webhook |= changed
            assert await register(client, OURS)

    async def test_a_refused_address_names_the_setting(self) -> None:
        async with bot_api() as api, client_of(api) as client:
            with pytest.raises(PlatformFailure, match="PUBLIC_URL"):
                await register(client, webhook_target(TOKEN, "http://nota.example"))

    @pytest.mark.parametrize("step", ["register", "watch"])
    async def test_a_revoked_token_ends_it(self, step: str) -> None:
        async with bot_api() as api, client_of(api) as client:
            api.fault("getWebhookInfo", 401, "Unauthorized")
            with pytest.raises(PlatformFailure, match="no longer accepts the token"):
                await (register(client, OURS) if step == "register" else watch(client, OURS, [].append, no_sleep))


class TestWatch:
    """A second deployment with the same token, and an outage, are reported once, and so is their end."""

    set_again = 0

    async def reports(self, *states: dict[str, object]) -> list[str]:
        """What is reported as Telegram shows each state of the webhook in turn, a minute each."""
        reports: list[str] = []
        coming = iter(states)
        clock = MovedClock(NOW)
        async with bot_api() as api, client_of(api) as client:

            async def next_state(seconds: float) -> None:
                assert seconds == WATCH_SECONDS
                clock.forward(seconds)
                state = next(coming, None)
                if state is None:
                    raise asyncio.CancelledError
                api.state.webhook = REGISTERED | state

            with pytest.raises(asyncio.CancelledError):
                await watch(client, OURS, reports.append, next_state, clock)
            self.set_again = len(api.of("setWebhook"))
        return reports

    @pytest.mark.parametrize("url", ["https://new.example/telegram/webhook", ""])
    async def test_a_release_is_no_second_deployment(self, url: str) -> None:
        """With another PUBLIC_URL, or without one: it ends this process soon, or is taken back."""
        new: dict[str, object] = {"url": url}
        assert await self.reports({}, *[new] * RELEASE_CHECKS) == []
        assert await self.reports(*[new] * RELEASE_CHECKS, {}) == []
        assert self.set_again == 0

    @pytest.mark.parametrize(
        "states",
        [({}, *[TAKEN] * (RELEASE_CHECKS + 2), {}), ({}, TAKEN, {}, TAKEN, {})],
        ids=["longer than a release", "in turn"],
    )
    async def test_another_took_the_webhook(self, states: tuple[dict[str, object], ...]) -> None:
        """It is named, and not fought."""
        [error, recovery] = await self.reports(*states)
        assert "another deployment has this bot's updates brought to other.example" in error
        assert "TELEGRAM_TOKEN" in error
        assert recovery == ""
        assert self.set_again == 0

    async def test_another_process_polls(self) -> None:
        """It removes the webhook."""
        [error] = await self.reports(*[{"url": ""}] * (RELEASE_CHECKS + 2))
        assert "polls" in error
        assert self.set_again == 0

    async def test_another_fingerprint_is_an_older_release(self) -> None:
        assert await self.reports({"url": OURS.url.partition("?")[0]}) == []
        assert self.set_again == 0

    @pytest.mark.parametrize("older", [{"allowed_updates": ["message"]}, {"max_connections": 100}])
    async def test_settings_of_an_older_release_are_corrected(self, older: dict[str, object]) -> None:
        """If they are still there a minute later, when its process has ended."""
        assert await self.reports(older, older) == []
        assert self.set_again == 1

    def failing(self, waiting: int, seconds_ago: float) -> dict[str, object]:
        return {
            "pending_update_count": waiting,
            "last_error_message": "Wrong response from the webhook: 502 Bad Gateway",
            "last_error_date": NOW + WATCH_SECONDS - seconds_ago,
        }

    async def test_telegram_cannot_deliver(self) -> None:
        """Reported once, however many updates wait."""
        reports = await self.reports(*(self.failing(waiting, 20) for waiting in (1, 7, 30, 0)))
        assert reports == ["Telegram cannot bring updates: Wrong response from the webhook: 502 Bad Gateway", ""]

    async def test_an_old_error_is_none(self) -> None:
        """Telegram still shows the one of the last deploy."""
        assert await self.reports(self.failing(1, RECENT_ERROR_SECONDS + 1)) == []

    @pytest.mark.parametrize(("misses", "expected"), [(1, []), (3, ["Telegram cannot be reached; trying again", ""])])
    async def test_the_bot_api_does_not_answer(self, misses: int, expected: list[str]) -> None:
        """A single miss may be chance."""
        reports: list[str] = []
        checks = 0
        async with bot_api() as api, client_of(api) as client:
            api.state.webhook = dict(REGISTERED)
            for _ in range(misses):
                api.fault("getWebhookInfo", 502, "Bad Gateway")

            async def next_check(_seconds: float) -> None:
                nonlocal checks
                checks += 1
                if checks > misses + 1:
                    raise asyncio.CancelledError

            with pytest.raises(asyncio.CancelledError):
                await watch(client, OURS, reports.append, next_check)
        assert reports == expected


def settings_of(api: BotApi) -> TelegramSettings:
    return TelegramSettings(telegram_token=SecretStr(TOKEN), telegram_api_url=api.url)


class TestRelease:
    """The release step sets the menus and the webhook, and may be repeated."""

    async def test_twice_writes_once(self, dossier: Dossier) -> None:
        async with bot_api() as api:
            first = await release(settings_of(api), Deployment("https://nota.example"), dossier)
            written = len([call for call in api.calls if call.method.startswith("set")])
            second = await release(settings_of(api), Deployment("https://nota.example"), dossier)
            assert len([call for call in api.calls if call.method.startswith("set")]) == written
        assert "is now https://nota.example/telegram/webhook" in first[-1]
        assert "was already" in second[-1]

    async def test_a_refusal_is_an_exception(self, dossier: Dossier) -> None:
        async with bot_api() as api:
            api.fault("setWebhook", 403, "Forbidden: not now")
            with pytest.raises(PlatformUnreachable, match="not now"):
                await release(settings_of(api), Deployment("https://nota.example"), dossier)

    async def test_without_public_url_the_webhook_stays(self, dossier: Dossier) -> None:
        """The previous release still needs it."""
        async with bot_api() as api:
            await release(settings_of(api), Deployment("https://nota.example"), dossier)
            await release(settings_of(api), Deployment(None), dossier)
            assert api.of("deleteWebhook") == []
