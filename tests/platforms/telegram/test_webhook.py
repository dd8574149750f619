"""Updates that Telegram brings: only from it, only so large, and never in the way of those behind."""

import asyncio
from collections.abc import AsyncIterator
from io import BytesIO
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from yarl import URL

from bot.app.main import MAX_BODY_BYTES
from bot.dossier.models import Dossier
from bot.platforms.telegram.webhook import PATH, SECRET_HEADER, Webhook, webhook_target
from bot.reader import Address
from bot.replies.question import Command, token
from bot.subscriptions.settings_panel import followable
from tests.platforms.telegram.conftest import Talk, talking
from tests.platforms.telegram.updates import ADA, BUDI, GROUP, VERA, message, press, user
from tests.servers.telegram import TOKEN


@pytest.fixture
async def bot(dossier: Dossier) -> AsyncIterator[Talk]:
    """By webhook."""
    async with talking("webhook", dossier) as running:
        yield running


async def post(bot: Talk, body: Any, secret: str | None = "right", **more: str) -> tuple[int, bytes]:
    """The status and the body of the answer to a request with such a body."""
    webhook = bot.api.state.webhook
    headers = {"Content-Type": "application/json", **more}
    if secret is not None:
        headers[SECRET_HEADER] = webhook["secret_token"] if secret == "right" else secret
    async with bot.session.post(
        webhook["url"], data=BytesIO(body) if isinstance(body, bytes) and body else body, headers=headers
    ) as answer:
        return answer.status, await answer.read()


class TestWhoMay:
    """Only who knows the secret (core.telegram.org/bots/api#setwebhook)."""

    @pytest.mark.parametrize("secret", [None, "", "wrong", "x" * 64, "\u00e9", "0" * 5_000])
    async def test_anybody_else_is_refused(self, bot: Talk, secret: str | None) -> None:
        """403, without a word, whatever they bring."""
        assert await post(bot, b"{}", secret) in [(403, b""), (400, b"")]
        assert bot.api.answers == []

    async def test_a_large_request_without_the_secret_is_refused_for_that(self, bot: Talk) -> None:
        """Nothing of it is read."""
        status, _ = await post(bot, b"x" * (MAX_BODY_BYTES + 1), "wrong")
        assert status == 403

    async def test_the_secret_is_not_the_token(self, bot: Talk) -> None:
        """Nor any part of it."""
        secret = bot.api.state.webhook["secret_token"]
        assert len(secret) == 64
        assert secret.isalnum()


class TestWhat:
    """An update of reasonable size."""

    async def test_over_a_megabyte_is_refused(self, bot: Talk) -> None:
        """413; Telegram's own are far below."""
        status, _ = await post(bot, b'{"update_id": 1, "x": "' + b"x" * MAX_BODY_BYTES + b'"}')
        assert status == 413

    async def test_over_a_megabyte_in_pieces_too(self, bot: Talk) -> None:
        """Without a length given beforehand."""

        async def pieces() -> AsyncIterator[bytes]:
            for _ in range(20):
                yield b"x" * 100_000

        status, _ = await post(bot, pieces())
        assert status == 413

    async def test_a_request_that_breaks_off(self, bot: Talk, caplog: pytest.LogCaptureFixture) -> None:
        """It comes again; nobody is alarmed."""
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

    @pytest.mark.parametrize("body", [b"", b"{", b"[]", b"\xff", b'{"update_id": 1, "message": 3}', b"[" * 100_000])
    async def test_what_is_no_update_is_taken_and_passed_over(self, bot: Talk, body: bytes) -> None:
        """200, so that it does not come again and again."""
        assert await post(bot, body) == (200, b"")
        [call] = await bot.tell(message("/about"))
        assert call.method == "sendMessage"

    async def test_what_asks_nothing_has_an_empty_answer(self, bot: Talk) -> None:
        """No method to call."""
        assert await post(bot, b'{"update_id": 1, "poll": {"id": "1"}}') == (200, b"")

    async def test_other_methods_and_paths_are_nobodys(self, bot: Talk) -> None:
        """405 and 404."""
        url = bot.api.state.webhook["url"]
        async with bot.session.get(url) as answer:
            assert answer.status == 405
        async with bot.session.post(url.replace("/webhook", "/other")) as answer:
            assert answer.status == 404


class TestAtOnce:
    """Many come side by side."""

    async def test_all_are_answered_each_in_its_own_response(self, bot: Talk) -> None:
        """To the right chat."""
        people = range(3000, 3200)
        await asyncio.gather(
            *(
                bot.give(message("/about", number, {"id": number, "is_bot": False, "first_name": "x"}))
                for number in people
            )
        )
        assert sorted(call.given["chat_id"] for call in bot.api.answers) == list(people)
        assert all(call.in_webhook for call in bot.api.answers)

    async def test_a_chat_is_answered_in_its_order(self, bot: Talk) -> None:
        """Though Telegram brings presses beside what is written; others are answered meanwhile."""
        bot.api.state.members[GROUP, ADA] = "administrator"
        async with bot.api.holding("getChatMember"):
            choice = asyncio.create_task(bot.give(message("/language@NotaTestBot ru", GROUP)))
            await asyncio.sleep(0)
            behind = asyncio.create_task(bot.give(message("/about@NotaTestBot", GROUP, user(BUDI))))
            [call] = await bot.tell(message("/about", VERA, user(VERA)))
            assert call.given["chat_id"] == VERA
            assert not behind.done()
        await asyncio.gather(choice, behind)
        texts = [call.given["text"] for call in bot.api.answers if call.given["chat_id"] == GROUP]
        assert [text.partition("\n")[0] for text in texts] == ["<b>🌐 Язык</b>", "<b>🤖 О «Ноте»</b>"]

    async def test_an_answer_does_not_overtake_one_that_telegram_holds_back(self, bot: Talk) -> None:
        """It goes behind it by a call of our own, rather than into the response."""
        await bot.tell(message("/about@NotaTestBot", GROUP))
        shown = bot.api.answers[0].result
        async with bot.api.holding("editMessageText"):
            await bot.tell(press("t/pricing", shown, user(BUDI)))
            await bot.give(message("/duration@NotaTestBot", GROUP))
            assert len(bot.api.of("sendMessage")) == 1
        await bot.api.until("sendMessage", 2)
        assert [call.method for call in bot.api.answers[-2:]] == ["editMessageText", "sendMessage"]
        assert not bot.api.answers[-1].in_webhook

    async def test_two_admins_at_once(self, bot: Talk) -> None:
        """Whatever each sets is set."""
        for number in (ADA, BUDI):
            bot.api.state.members[GROUP, number] = "administrator"
        await bot.tell(message("/subscribe@NotaTestBot", GROUP))
        topics = followable(bot.conversation.live.dossier)[:2]
        under, both = bot.api.answers[0].result, zip((ADA, BUDI), topics, strict=True)
        presses = [press(token(Command("settings", f"topic {name}")), under, user(number)) for number, name in both]
        await asyncio.gather(*(bot.give(each) for each in presses))
        current = await bot.store.subscriptions.get(Address("telegram", GROUP))
        assert current is not None
        assert current.topics == set(topics)

    async def test_before_it_has_begun_telegram_is_asked_to_come_again(self) -> None:
        """Rather than being told that all is done."""
        destination = webhook_target(TOKEN, "https://nota.example")
        app = web.Application()
        app.router.add_post(PATH, Webhook(destination).receive)
        async with TestServer(app) as server, aiohttp.ClientSession() as session:
            headers = {SECRET_HEADER: destination.secret}
            async with session.post(server.make_url(PATH), json={}, headers=headers) as answer:
                assert answer.status == 503
