"""Our calls: repeated where that is harmless, told apart where it is not, without the token in any word."""

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
from bot.platforms.telegram.api import LONGEST_RETRY_AFTER_SECONDS, Client, NotSent
from bot.platforms.telegram.render import Call
from tests.platforms.telegram.sleeps import Sleeps
from tests.servers.telegram import TOKEN, BotApi, bot_api

SAY = Call("sendMessage", {"chat_id": 1, "text": "hello"})
EDIT = Call("editMessageText", {"chat_id": 1, "message_id": 1, "text": "hello"})
ANSWER = Call("answerCallbackQuery", {"callback_query_id": "7"})


@asynccontextmanager
async def calling(url: str, token: str = TOKEN) -> AsyncIterator[tuple[Client, Sleeps]]:
    """A client whose waits are written down."""
    sleeps = Sleeps()
    async with aiohttp.ClientSession() as session:
        yield Client(token, url, session, sleeps), sleeps


@asynccontextmanager
async def server(answer: web.Response | None, seconds: float = 0) -> AsyncIterator[str]:
    """Answers everything so; None: closes the connection without a word."""

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


def nowhere() -> str:
    """An address at which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{probe.getsockname()[1]}"


def tries(api: BotApi, method: str) -> int:
    """How often the method was called."""
    return len(api.of(method))


class TestTooFast:
    """429: not before Telegram says so (core.telegram.org/bots/api#responseparameters)."""

    @pytest.mark.parametrize("call", [SAY, ANSWER], ids=["message", "query"])
    async def test_waits_for_as_long_and_repeats(self, call: Call) -> None:
        """Whatever the method: nothing was done the first time."""
        async with bot_api() as api, calling(api.url) as (client, sleeps):
            api.fault(call.method, 429, "Too Many Requests: retry after 3", retry_after=3)
            await client.perform(call)
        assert sleeps.seconds == [3.0]
        assert tries(api, call.method) == 2

    async def test_an_answer_put_off_for_minutes_is_given_up(self) -> None:
        """Its reader has gone on, and others wait."""
        async with bot_api() as api, calling(api.url) as (client, sleeps):
            api.fault("sendMessage", 429, retry_after=int(LONGEST_RETRY_AFTER_SECONDS) + 1)
            await client.perform(SAY)
        assert sleeps.seconds == []
        assert tries(api, "sendMessage") == 1


class TestFaults:
    """5xx and a broken network."""

    @pytest.mark.parametrize("code", [500, 502, 503, 504])
    async def test_a_harmless_call_is_repeated(self, code: int) -> None:
        """With growing pauses."""
        async with bot_api() as api, calling(api.url) as (client, sleeps):
            for _ in range(3):
                api.fault("answerCallbackQuery", code)
            await client.perform(ANSWER)
        assert tries(api, "answerCallbackQuery") == 4
        assert 0.25 <= sleeps.seconds[0] <= 0.5 <= sleeps.seconds[1] <= 1 <= sleeps.seconds[2] <= 2

    async def test_a_message_is_not(self) -> None:
        """It may have been sent: two would be worse than none."""
        async with bot_api() as api, calling(api.url) as (client, _):
            api.fault("sendMessage", 502)
            await client.perform(SAY)
        assert tries(api, "sendMessage") == 1

    async def test_a_message_is_where_the_bot_api_itself_says_that_it_failed(self) -> None:
        """In its own form, that is: whoever asked would wait in vain."""
        async with bot_api() as api, calling(api.url) as (client, _):
            api.fault("sendMessage", 500, "Internal Server Error")
            await client.perform(SAY)
        assert tries(api, "sendMessage") == 2

    async def test_a_message_is_not_for_a_500_of_somebody_elses(self) -> None:
        """A proxy does not know what became of it."""
        asked = list[str]()

        async def fail(request: web.Request) -> web.Response:
            asked.append(request.path)
            return web.Response(status=500, text="<html>500</html>", content_type="text/html")

        app = web.Application()
        app.router.add_route("*", "/{anything:.*}", fail)
        async with TestServer(app) as failing, calling(str(failing.make_url(""))) as (client, _):
            await client.perform(SAY)
        assert len(asked) == 1

    async def test_a_message_that_was_never_sent_is(self) -> None:
        """No connection, no message."""
        async with calling(nowhere()) as (client, sleeps):
            await client.perform(SAY)
        assert len(sleeps.seconds) == 4

    async def test_it_ends(self) -> None:
        """After five attempts; the caller's business goes on."""
        async with bot_api() as api, calling(api.url) as (client, _):
            for _ in range(9):
                api.fault("editMessageText", 500)
            await client.perform(EDIT)
        assert tries(api, "editMessageText") == 5

    async def test_a_refusal_is_not_repeated(self) -> None:
        """It would be refused again."""
        async with bot_api() as api, calling(api.url) as (client, _):
            api.fault("sendMessage", 400, "Bad Request: message is too long")
            await client.perform(SAY)
        assert tries(api, "sendMessage") == 1

    async def test_a_group_that_moved_gets_it_under_its_new_id(self) -> None:
        """At once."""
        async with bot_api() as api, calling(api.url) as (client, _):
            api.fault("sendMessage", 400, "Bad Request: group chat was upgraded", migrate_to_chat_id=-1002)
            await client.perform(SAY)
        assert [given["chat_id"] for given in api.of("sendMessage")] == [1, -1002]

    async def test_a_timeout_is_told_from_a_refused_connection(self) -> None:
        """The first may have done something."""
        async with server(web.Response(), seconds=0.2) as url, calling(url) as (client, _):
            with pytest.raises(TimedOut):
                await client.bot.get_me(read_timeout=0.01)
        async with calling(nowhere()) as (client, _):
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
    async def test_what_is_no_answer_of_the_bot_api_is_a_fault_of_the_network(self, answer: web.Response) -> None:
        """And none of ours."""
        async with server(answer) as url, calling(url) as (client, _):
            with pytest.raises(NetworkError):
                await client.bot.get_me()

    async def test_an_answer_that_comes_in_drops_ends_as_well(self) -> None:
        """Though it is never silent for long: whoever is behind it in the chat waits for it."""

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


class TestStart:
    """Who are we?"""

    async def test_waits_until_telegram_can_be_reached(self) -> None:
        """However long."""
        async with bot_api() as api, calling(api.url) as (client, sleeps):
            for _ in range(6):
                api.fault("getMe", 502)
            api.fault("getMe", 429, retry_after=7)
            me = await client.start()
        assert (me.id, me.username) == (123456789, "NotaTestBot")
        assert sleeps.seconds[-1] == 7.0

    @pytest.mark.parametrize("token", ["123456789:AAE-wrong_token_but_well_formed000000000", "nonsense"])
    async def test_a_wrong_token_is_one_clear_line(self, token: str) -> None:
        """Without the token in it."""
        async with bot_api() as api, calling(api.url, token) as (client, _):
            with pytest.raises(PlatformFailure) as failure:
                await client.start()
        assert "TELEGRAM_TOKEN" in str(failure.value)
        assert token not in str(failure.value)


class TestSecrecy:
    """The token is in every address we call, and in no word we say."""

    @pytest.mark.parametrize("url", ["nowhere", "closing", "http://[::1", "http://nota.invalid", "ftp://x"])
    async def test_no_error_holds_it(self, url: str) -> None:
        """Nor do those behind it."""
        async with server(None) as closing:
            address = {"nowhere": nowhere(), "closing": closing}.get(url, url)
            async with calling(address) as (client, _):
                with pytest.raises(TelegramError) as raised:
                    await client.bot.get_me()
        error: BaseException | None = raised.value
        while error is not None:
            assert TOKEN not in f"{error!r} {error}"
            error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)

    async def test_nor_one_that_telegram_answers(self) -> None:
        """401 and 429 alike."""
        async with bot_api() as api, calling(api.url) as (client, _):
            api.fault("getMe", 401, "Unauthorized")
            api.fault("getMe", 429, retry_after=1)
            with pytest.raises(InvalidToken) as refused:
                await client.bot.get_me()
            with pytest.raises(RetryAfter) as limited:
                await client.bot.get_me()
        assert TOKEN not in f"{refused.value!r}{limited.value!r}"


class TestLimited:
    """A 429 is counted, whatever was asked."""

    async def test_each_once(self) -> None:
        """An answer that had to wait twice; what went well is not counted."""
        counted: list[str] = []
        async with bot_api() as api, aiohttp.ClientSession() as session:
            client = Client(TOKEN, api.url, session, Sleeps(), lambda: counted.append("429"))
            for _ in range(2):
                api.fault("sendMessage", 429, "Too Many Requests: retry after 3", retry_after=3)
            await client.perform(SAY)
            await client.perform(EDIT)
        assert counted == ["429", "429"]
