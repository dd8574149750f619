"""Calls to the Bot API: repeated if that does no harm, their errors told apart, and no error holds the token."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from telegram.error import InvalidToken, NetworkError, RetryAfter, TelegramError, TimedOut

from bot.platforms.base import PlatformFailure
from bot.platforms.telegram.api import REPEATING, InvalidResponse, NotSent, TelegramClient
from bot.platforms.telegram.render import Call
from tests.clocks import Sleeps
from tests.servers.telegram import TOKEN, BotApi, bot_api
from tests.tables import cases

SEND = Call("sendMessage", {"chat_id": 1, "text": "hello"})
EDIT = Call("editMessageText", {"chat_id": 1, "message_id": 1, "text": "hello"})
ANSWER = Call("answerCallbackQuery", {"callback_query_id": "7"})


@asynccontextmanager
async def calling(url: str, token: str = TOKEN) -> AsyncIterator[tuple[TelegramClient, Sleeps]]:
    """A client whose waits are recorded instead of waited for."""
    sleeps = Sleeps()
    async with aiohttp.ClientSession() as session:
        yield TelegramClient(token, url, session, sleeps), sleeps


@asynccontextmanager
async def server(answer: web.Response | None, seconds: float = 0) -> AsyncIterator[str]:
    """Gives this answer to everything; None: closes the connection without one."""

    async def respond(request: web.Request) -> web.StreamResponse:
        await asyncio.sleep(seconds)
        if answer is None:
            assert request.transport
            request.transport.abort()
        return answer or web.Response()

    runner = web.ServerRunner(web.Server(respond), shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


def unused_url() -> str:
    """Nobody listens there."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{probe.getsockname()[1]}"


def tries(api: BotApi, method: str) -> int:
    return len(api.of(method))


class TestTooManyRequests:
    """429: not before Telegram says so (core.telegram.org/bots/api#responseparameters)."""

    @pytest.mark.parametrize("call", [SEND, ANSWER], ids=["message", "query"])
    async def test_any_method_is_repeated_after_the_wait(self, call: Call) -> None:
        async with bot_api() as api, calling(api.url) as (client, sleeps):
            api.fault(call.method, 429, "Too Many Requests: retry after 3", retry_after=3)
            await client.perform(call)
        assert sleeps.seconds == [3.0]
        assert tries(api, call.method) == 2

    async def test_a_wait_of_minutes_is_not_waited_for(self) -> None:
        async with bot_api() as api, calling(api.url) as (client, sleeps):
            api.fault("sendMessage", 429, retry_after=int(REPEATING.longest_wait) + 1)
            await client.perform(SEND)
        assert sleeps.seconds == []
        assert tries(api, "sendMessage") == 1

    async def test_each_is_counted_once(self) -> None:
        counted: list[str] = []
        async with bot_api() as api, aiohttp.ClientSession() as session:
            client = TelegramClient(TOKEN, api.url, session, Sleeps(), lambda: counted.append("429"))
            for _ in range(2):
                api.fault("sendMessage", 429, "Too Many Requests: retry after 3", retry_after=3)
            await client.perform(SEND)
            await client.perform(EDIT)
        assert counted == ["429", "429"]


class TestRetries:
    """5xx and network errors: what may be done twice is repeated with growing pauses, a message only if it was not sent."""

    @pytest.mark.parametrize("code", [500, 502, 503, 504])
    async def test_a_repeatable_method(self, code: int) -> None:
        async with bot_api() as api, calling(api.url) as (client, sleeps):
            for _ in range(3):
                api.fault("answerCallbackQuery", code)
            await client.perform(ANSWER)
        assert tries(api, "answerCallbackQuery") == 4
        assert 0.25 <= sleeps.seconds[0] <= 0.5 <= sleeps.seconds[1] <= 1 <= sleeps.seconds[2] <= 2

    @cases("code, description, expected")
    async def test_a_message(self, code: int, description: str, expected: int) -> None:
        """
        502 | "" | 1  # a proxy's 502: it may have been sent
        500 | Internal Server Error | 2  # the Bot API's own 500: it was not
        400 | Bad Request: message is too long | 1  # refused
        """
        async with bot_api() as api, calling(api.url) as (client, _):
            api.fault("sendMessage", code, description)
            await client.perform(SEND)
        assert tries(api, "sendMessage") == expected

    async def test_a_message_after_a_proxys_500(self) -> None:
        """It may have been sent."""
        paths: list[str] = []

        async def fail(request: web.Request) -> web.Response:
            paths.append(request.path)
            return web.Response(status=500, text="<html>500</html>", content_type="text/html")

        app = web.Application()
        app.router.add_route("*", "/{anything:.*}", fail)
        async with TestServer(app) as failing, calling(str(failing.make_url(""))) as (client, _):
            await client.perform(SEND)
        assert len(paths) == 1

    async def test_a_message_without_a_connection(self) -> None:
        async with calling(unused_url()) as (client, sleeps):
            await client.perform(SEND)
        assert len(sleeps.seconds) == 4

    async def test_five_attempts_at_most(self) -> None:
        async with bot_api() as api, calling(api.url) as (client, _):
            for _ in range(9):
                api.fault("editMessageText", 500)
            await client.perform(EDIT)
        assert tries(api, "editMessageText") == 5

    async def test_a_migrated_group_gets_it_under_its_new_id(self) -> None:
        async with bot_api() as api, calling(api.url) as (client, _):
            api.fault("sendMessage", 400, "Bad Request: group chat was upgraded", migrate_to_chat_id=-1002)
            await client.perform(SEND)
        assert [parameters["chat_id"] for parameters in api.of("sendMessage")] == [1, -1002]


class TestErrors:
    """Each is one of python-telegram-bot's, and says whether something may have been sent."""

    async def test_a_timeout_is_told_from_a_refused_connection(self) -> None:
        async with server(web.Response(), seconds=0.2) as url, calling(url) as (client, _):
            with pytest.raises(TimedOut):
                await client.bot.get_me(read_timeout=0.01)
        async with calling(unused_url()) as (client, _):
            with pytest.raises(NotSent):
                await client.bot.get_me()

    @pytest.mark.parametrize(
        "answer",
        [
            web.Response(text="<html>Bad gateway</html>", status=502),
            web.Response(text="<html>Welcome to the hotel</html>"),
            web.Response(body=b"\xff\xfe\x00"),
            web.Response(text="[" * 100_000),
            web.Response(text="[]"),
            None,
        ],
        ids=["gateway", "page", "bytes", "depth", "list", "nothing"],
    )
    async def test_an_answer_that_is_not_the_bot_apis(self, answer: web.Response) -> None:
        async with server(answer) as url, calling(url) as (client, _):
            with pytest.raises(NetworkError):
                await client.bot.get_me()

    async def test_an_answer_that_comes_in_drops_ends_too(self) -> None:
        """Though it is never silent for long: the chat's next call waits for it."""

        async def drip(request: web.Request) -> web.StreamResponse:
            answer = web.StreamResponse()
            await answer.prepare(request)
            while True:
                await answer.write(b" ")
                await asyncio.sleep(0.01)

        app = web.Application()
        app.router.add_route("*", "/{anything:.*}", drip)
        async with TestServer(app) as dripping, calling(str(dripping.make_url(""))) as (client, _):
            with pytest.raises(TimedOut):
                await client.bot.get_me(read_timeout=0.1)

    async def test_a_missing_field(self) -> None:
        """python-telegram-bot raises TypeError, which could as well be an error in a call of ours."""
        async with bot_api() as api, calling(api.url) as (client, _):
            api.answer("getChatMember", {"ok": True, "result": {"status": "administrator", "user": api.state.me}})
            with pytest.raises(InvalidResponse, match="can_be_edited"):
                await client.query(client.bot.get_chat_member, 1, 2)


class TestStart:
    """The bot's own account is requested first."""

    async def test_waits_until_telegram_can_be_reached(self) -> None:
        async with bot_api() as api, calling(api.url) as (client, sleeps):
            for _ in range(6):
                api.fault("getMe", 502)
            api.fault("getMe", 429, retry_after=7)
            me = await client.connect()
        assert (me.id, me.username) == (123456789, "NotaTestBot")
        assert sleeps.seconds[-1] == 7.0

    @pytest.mark.parametrize("token", ["123456789:AAE-wrong_token_but_well_formed000000000", "nonsense"])
    async def test_a_wrong_token_is_one_clear_line(self, token: str) -> None:
        async with bot_api() as api, calling(api.url, token) as (client, _):
            with pytest.raises(PlatformFailure) as failure:
                await client.connect()
        assert "TELEGRAM_TOKEN" in str(failure.value)
        assert token not in str(failure.value)


class TestSecrecy:
    """The token is part of every URL, and of no error."""

    @pytest.mark.parametrize("url", ["nowhere", "closing", "http://[::1", "http://nota.invalid", "ftp://x"])
    async def test_no_error_holds_it(self, url: str) -> None:
        """Nor do the errors that caused it."""
        async with server(None) as closing:
            address = {"nowhere": unused_url(), "closing": closing}.get(url, url)
            async with calling(address) as (client, _):
                with pytest.raises(TelegramError) as raised:
                    await client.bot.get_me()
        error: BaseException | None = raised.value
        while error is not None:
            assert TOKEN not in f"{error!r} {error}"
            error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)

    async def test_nor_a_refusal_of_telegram(self) -> None:
        async with bot_api() as api, calling(api.url) as (client, _):
            api.fault("getMe", 401, "Unauthorized")
            api.fault("getMe", 429, retry_after=1)
            with pytest.raises(InvalidToken) as refused:
                await client.bot.get_me()
            with pytest.raises(RetryAfter) as limited:
                await client.bot.get_me()
        assert TOKEN not in f"{refused.value!r}{limited.value!r}"
