"""Interactions by HTTP: what the route refuses, and the address that Discord sends interactions to."""

import asyncio
import gzip
import json
import re
import socket
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any

import aiohttp
import pytest
import pytest_asyncio
from aiohttp import web
from nacl.signing import SigningKey
from structlog.testing import capture_logs

from bot.db.engine import within
from bot.dossier.models import Dossier
from bot.platforms.base import OVERLAP_SECONDS, PlatformFailure
from bot.platforms.discord.api import DiscordClient
from bot.platforms.discord.webhook import CHECK_SECONDS, MAX_BODY_BYTES, Endpoint
from tests.clocks import MovedClock
from tests.platforms.discord.conftest import Talk, talking
from tests.servers.discord import TOKEN, Discord, discord_api
from tests.servers.discord_people import KEY, signed
from tests.servers.discord_world import DM
from tests.tables import cases

pytestmark = pytest.mark.asyncio(loop_scope="module")

PING = {"id": "1", "application_id": "2", "type": 1, "token": "t", "version": 1}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def talk(dossier: Dossier) -> AsyncIterator[Talk]:
    """A bot with a public address."""
    async with talking("http", dossier) as running:
        await running.writer(running.discord.world.add(DM)).ask("hello")  # all that it logs at the start is logged
        yield running


@dataclass
class Answer:
    """A response, and the lines that the bot logged meanwhile."""

    status: int
    body: bytes
    log: list[str]


@pytest.fixture
def post(talk: Talk, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture) -> Any:
    """Posts a body with headers. No traceback may be logged."""

    async def post(body: bytes, headers: dict[str, str]) -> Answer:
        capfd.readouterr()
        async with talk.session.post(talk.endpoint, data=body, headers=headers) as answer:
            content = await answer.read()
        said = "".join(capfd.readouterr())
        assert "Traceback" not in said
        assert not caplog.records
        return Answer(answer.status, content, said.splitlines())

    return post


def used(command: str = "duration", **about: Any) -> bytes:
    return json.dumps({**PING, "type": 2, "data": {"id": "1", "name": command, "type": 1}, **about}).encode()


class TestSignature:
    """Only what Discord has signed is read (interactions/overview#setting-up-an-endpoint)."""

    async def test_a_ping_is_answered(self, post: Any) -> None:
        """Discord checks the endpoint so, also with forged pings."""
        body = json.dumps(PING).encode()
        answer = await post(body, signed(body))
        assert (answer.status, json.loads(answer.body)) == (200, {"type": 1})
        assert answer.log == []

    async def test_another_key(self, post: Any) -> None:
        """401, and one log line."""
        body, stamp = json.dumps(PING).encode(), str(int(time.time()))
        forged = SigningKey.generate().sign(stamp.encode() + body).signature.hex()
        answer = await post(body, signed(body) | {"X-Signature-Ed25519": forged, "X-Signature-Timestamp": stamp})
        assert answer.status == 401
        assert len(answer.log) == 1

    async def test_another_body_or_time(self, post: Any) -> None:
        """The signature covers both."""
        body = json.dumps(PING).encode()
        assert (await post(body + b" ", signed(body))).status == 401
        later = {"X-Signature-Timestamp": str(int(time.time()) + 1)}
        assert (await post(body, signed(body) | later)).status == 401

    @pytest.mark.parametrize("signature", ["", "00", "zz" * 64, "ab" * 63, "é" * 64, "0x" + "a" * 126])
    async def test_a_signature_that_is_none(self, post: Any, signature: str) -> None:
        """Missing, too short, not hexadecimal, not ASCII."""
        body = json.dumps(PING).encode()
        answer = await post(body, signed(body) | {"X-Signature-Ed25519": signature})
        assert answer.status == 401
        assert len(answer.log) == 1

    async def test_no_headers_at_all(self, post: Any) -> None:
        """401."""
        assert (await post(b"{}", {})).status == 401

    @pytest.mark.parametrize(("seconds", "status"), [(-290, 200), (-310, 401), (290, 200), (310, 401)])
    async def test_a_replayed_request(self, post: Any, seconds: int, status: int) -> None:
        """Signed by Discord, but more than five minutes ago, or later than now."""
        body = json.dumps(PING).encode()
        assert (await post(body, signed(body, int(time.time()) + seconds))).status == status

    @cases("seconds, words")
    async def test_a_clock_that_is_wrong_is_an_error(self, dossier: Dossier, seconds: int, words: str) -> None:
        """Every interaction is refused for it, so the log says so, and what to do; not for each request.

        600 | it is (599|600) seconds behind D
        -600 | it is 60[012] seconds ahead of D
        """
        body = json.dumps(PING).encode()
        async with talking("http", dossier) as talk:
            with capture_logs() as log:
                for _ in range(3):
                    headers = signed(body, int(time.time()) + seconds)
                    async with talk.session.post(talk.endpoint, data=body, headers=headers) as answer:
                        assert answer.status == 401
                forged = signed(body + b" ", int(time.time()) + seconds)
                async with talk.session.post(talk.endpoint, data=body, headers=forged) as answer:
                    assert answer.status == 401
        [error] = [entry for entry in log if entry["log_level"] == "error"]
        assert error["event"] == "interactions are refused: this machine's clock is wrong"
        assert re.match(words, error["reason"])
        assert "timedatectl set-ntp true" in error["remedy"]

    @pytest.mark.parametrize("stamp", ["", "soon", "-1", "1e9", "٣٣", "9" * 400])
    async def test_a_time_that_is_none(self, post: Any, stamp: str) -> None:
        """Even if it is signed."""
        body = json.dumps(PING).encode()
        headers = signed(body)
        headers["X-Signature-Timestamp"] = stamp
        headers["X-Signature-Ed25519"] = signed_with(stamp, body)
        assert (await post(body, headers)).status == 401


def signed_with(stamp: str, body: bytes) -> str:
    """Discord's signature, whatever the timestamp."""
    return KEY.sign(stamp.encode() + body).signature.hex()


class TestSize:
    """No large body is held in memory."""

    async def test_too_large(self, post: Any) -> None:
        """Refused by its Content-Length."""
        body = b" " * (MAX_BODY_BYTES + 1)
        answer = await post(body, signed(body))
        assert answer.status == 413
        assert len(answer.log) == 1

    async def test_too_large_in_pieces(self, talk: Talk) -> None:
        """Without a Content-Length, no more is read than the limit."""

        async def pieces() -> AsyncIterator[bytes]:
            for _ in range(40):
                yield b" " * 65536

        try:
            async with talk.session.post(talk.endpoint, data=pieces(), headers=signed(b"")) as answer:
                assert answer.status == 413
        except aiohttp.ClientConnectionError:
            pass  # the bot has closed the connection

    async def test_in_pieces(self, talk: Talk) -> None:
        """One within the limit is answered."""
        body = json.dumps(PING).encode()

        async def pieces() -> AsyncIterator[bytes]:
            yield body[:10]
            yield body[10:]

        async with talk.session.post(talk.endpoint, data=pieces(), headers=signed(body)) as answer:
            assert await answer.json() == {"type": 1}

    @pytest.mark.parametrize(
        "body", [gzip.compress(b" " * 3_000_000), gzip.compress(json.dumps(PING).encode())], ids=["large", "small"]
    )
    async def test_compressed(self, post: Any, body: bytes) -> None:
        """Refused, whether it is a bomb or an interaction."""
        answer = await post(body, signed(body) | {"Content-Encoding": "gzip"})
        assert answer.status == 415
        assert len(answer.log) == 1

    async def test_truncated(self, talk: Talk, caplog: pytest.LogCaptureFixture) -> None:
        """The connection breaks within the body: no traceback, and the next request is answered."""
        address = talk.endpoint.split("/")[2]
        host, port = address.split(":")
        body = json.dumps(PING).encode()
        reader, writer = await asyncio.open_connection(host, int(port))
        head = "\r\n".join(f"{name}: {value}" for name, value in signed(body).items())
        length = f"Content-Length: {len(body)}"
        writer.write(f"POST /discord/interactions HTTP/1.1\r\nHost: x\r\n{head}\r\n{length}\r\n\r\n".encode())
        writer.write(body[:20])
        await writer.drain()
        writer.close()
        await asyncio.sleep(0.05)
        assert await reader.read() == b""
        async with talk.session.post(talk.endpoint, data=body, headers=signed(body)) as answer:
            assert answer.status == 200
        assert not caplog.records


class TestContent:
    """Signed by Discord, but no interaction, or an unusual one."""

    @pytest.mark.parametrize(
        "body",
        [
            b"",
            b"{",
            b"\xff\xfe",
            b"null",
            b"[]",
            b"7",
            b'{"type": 2}',
            b'{"id": "x", "type": 2}',
            b'{"id": "1", "type": "two"}',
            b'{"id": "1", "type": 2, "data": []}',
            b'{"id": "1", "type": 2, "data": {"name": 5}}',
            b'{"id": "1", "type": 2, "member": {"user": {"id": "none"}}}',
            b'{"id": "1", "type": 2, "data": {"options": [1]}}',
            b"[" * 100_000,
            b'{"id": "1", "type": 2, "guild_id": ' + b"9" * 5000 + b"}",
        ],
    )
    async def test_is_a_bad_request(self, post: Any, body: bytes) -> None:
        """400, and one log line."""
        answer = await post(body, signed(body))
        assert answer.status == 400
        assert len(answer.log) == 1

    async def test_unknown_fields_are_ignored(self, post: Any) -> None:
        """Discord may add some."""
        body = used(new_field={"a": [1, 2]}, context=9, locale="xx")
        answer = await post(body, signed(body))
        assert answer.status == 200
        assert json.loads(answer.body)["data"]["embeds"][0]["title"] == "⏳ How long it lasts"

    async def test_without_a_channel(self, post: Any) -> None:
        """Questions are answered; commands about the chat need one."""
        body = used(authorizing_integration_owners={"0": 1, "2": None})
        assert (await post(body, signed(body))).status == 200
        body = used("subscribe", user={"id": "7"}, context=1)
        answer = await post(body, signed(body))
        assert json.loads(answer.body)["data"]["embeds"][0]["title"] == "🚪 I am only visiting"

    async def test_null_in_place_of_options(self, post: Any) -> None:
        """The same as none."""
        body = used(data={"id": "1", "name": "duration", "type": 1, "options": None, "values": None})
        answer = await post(body, signed(body))
        assert json.loads(answer.body)["data"]["embeds"][0]["title"] == "⏳ How long it lasts"

    @pytest.mark.parametrize("kind", [2, 3, 5, 99])
    async def test_an_unknown_type(self, post: Any, kind: int) -> None:
        """A modal, one without data, a future one: a private notice."""
        body = json.dumps({**PING, "type": kind}).encode()
        answer = await post(body, signed(body))
        data = json.loads(answer.body)["data"]
        assert data["flags"] == 1 << 6
        assert data["embeds"][0]["title"] == "🕰 An old button"
        assert len(answer.log) == 1


class TestWithin:
    """Discord waits three seconds, even if work on the database cannot be cancelled."""

    async def test_work_that_does_not_end_when_cancelled(self) -> None:
        """As a thread that waits for a locked file."""
        end = asyncio.Event()

        async def stubborn() -> None:
            with suppress(asyncio.CancelledError):
                await asyncio.sleep(60)
            await end.wait()
            raise OSError

        with pytest.raises(TimeoutError):
            await within(0.01, stubborn())
        end.set()

    async def test_work_that_ends_in_time(self) -> None:
        """Its result or error is passed on."""
        assert await within(1, asyncio.sleep(0, "done")) == "done"
        with pytest.raises(ZeroDivisionError):
            await within(1, failing())


async def failing() -> None:
    await asyncio.sleep(0)
    raise ZeroDivisionError


class TestFailure:
    """An error is answered with an apology and the id of its log entry."""

    @pytest.mark.slow
    async def test_the_database_hangs(self, talk: Talk) -> None:
        """The answer is deferred in time, and becomes an apology."""
        somebody = talk.somebody(permissions=1 << 5)
        async with talk.conversation.store.database.write():
            with capture_logs() as said:
                shown = await somebody.use("subscribe")
        assert somebody.callbacks == [5]
        assert shown.is_private
        assert shown.title == "🛠 Something went wrong"
        incident = shown.text.rsplit(" ", 1)[1].rstrip(".")
        assert [entry["incident"] for entry in said] == [incident]
        assert [entry["event"] for entry in said] == ["a question was not answered: the database does not answer"]
        assert "exc_info" not in said[0]


ELSEWHERE = "https://other.example/discord/interactions"


@asynccontextmanager
async def serving(status: int = 401) -> AsyncIterator[str]:
    """An endpoint; ours answers 401 to an unsigned request."""

    async def receive(_request: web.Request) -> web.Response:
        return web.Response(status=status)

    app = web.Application()
    app.router.add_post("/discord/interactions", receive)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    listening = socket.create_server(("127.0.0.1", 0))
    await web.SockSite(runner, listening).start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/discord/interactions"
    finally:
        await runner.cleanup()


async def reports(
    discord: Discord, wanted: str | None, *changes: str | None, apart: float = OVERLAP_SECONDS / 3
) -> list[str]:
    """What is reported while the endpoint takes these values, one before each further check, so many seconds apart."""
    reported: list[str] = []
    waiting = iter(changes)
    clock = MovedClock()
    client = DiscordClient(TOKEN, discord.url)

    async def next_change(seconds: float) -> None:
        assert seconds == CHECK_SECONDS
        clock.forward(apart)
        try:
            discord.application.endpoint = next(waiting)
        except StopIteration:
            raise asyncio.CancelledError from None

    try:
        with pytest.raises(asyncio.CancelledError):
            await Endpoint(client, wanted).watch(reported.append, next_change, clock)
    finally:
        await client.close()
    return reported


class TestEndpoint:
    """Discord is told our address."""

    async def test_is_set_once(self) -> None:
        """Only if it differs: a second process changes nothing."""
        async with discord_api() as discord, serving() as ours:
            assert await reports(discord, ours) == []
            assert await reports(discord, ours) == []
            assert discord.application.endpoint == ours
            assert len(discord.of("PATCH", "/applications/@me")) == 1

    async def test_is_refused(self) -> None:
        """Discord found no check of signatures there. Reported, and tried again."""
        async with discord_api() as discord, serving(status=200) as broken:
            [problem] = await reports(discord, broken, None, None)
            assert broken in problem
            assert len(discord.of("PATCH", "/applications/@me")) == 3

    async def test_after_a_first_check_that_failed(self) -> None:
        """It is set with the next."""
        async with discord_api() as discord, serving() as ours:
            discord.fault("/applications/@me", 503)
            assert await reports(discord, ours, None) == []
            assert discord.application.endpoint == ours

    async def test_with_a_token_that_was_reset(self) -> None:
        """Not an outage: the bot ends."""
        async with discord_api() as discord, serving() as ours:
            assert await reports(discord, ours) == []
            discord.token = "another"
            with pytest.raises(PlatformFailure, match="Discord refuses DISCORD_TOKEN"):
                await reports(discord, ours)


class TestTwoDeployments:
    """A second deployment with the same token is reported, and its address is never set back."""

    @pytest.mark.parametrize("new", [ELSEWHERE, None])
    @pytest.mark.parametrize("is_taken_back", [False, True])
    async def test_a_release_is_none(self, new: str | None, is_taken_back: bool) -> None:
        """With another PUBLIC_URL, or without one: it soon ends this process, or is rolled back."""
        async with discord_api() as discord, serving() as ours:
            assert await reports(discord, ours, new, new, ours if is_taken_back else new) == []

    async def test_a_first_release_with_a_public_url_is_none(self) -> None:
        """To the processes before it, which use the gateway."""
        async with discord_api() as discord:
            assert await reports(discord, None, None, ELSEWHERE, ELSEWHERE) == []

    async def test_another_took_it(self) -> None:
        """This process still runs long after a release: reported once with the host, and once when it is ours again."""
        async with discord_api() as discord, serving() as ours:
            fault, well = await reports(discord, ours, ELSEWHERE, ELSEWHERE, ELSEWHERE, ours, apart=OVERLAP_SECONDS)
            assert "other.example" in fault
            assert well == ""

    async def test_two_that_take_it_in_turn(self) -> None:
        """As with each restart: reported at once."""
        async with discord_api() as discord, serving() as ours:
            fault, well = await reports(discord, ours, ELSEWHERE, ours, ELSEWHERE, ours, apart=CHECK_SECONDS)
            assert "another deployment has interactions brought to other.example" in fault
            assert well == ""

    async def test_without_public_url_an_endpoint_must_not_be_set(self) -> None:
        """The gateway gets no interactions then. The report says what to do."""
        async with discord_api() as discord:
            discord.application.endpoint = ELSEWHERE
            [fault] = await reports(discord, None)
            assert "developer portal" in fault
