"""``POST /discord/interactions``: what is not Discord's, or no interaction, is refused in one line."""

import asyncio
import gzip
import json
import re
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import aiohttp
import pytest
import pytest_asyncio
from nacl.signing import SigningKey
from structlog.testing import capture_logs

from bot.dossier.models import Dossier
from bot.platforms.discord.handlers import in_time
from bot.platforms.discord.webhook import MAX_BODY_BYTES
from tests.platforms.discord.conftest import Talk, talking
from tests.servers.discord_people import KEY, signed
from tests.servers.discord_world import DM

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
    """A response, and what the bot logged meanwhile."""

    status: int
    body: bytes
    log: list[str]


@pytest.fixture
def post(talk: Talk, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture) -> Any:
    """Posts a body with headers; nothing of a traceback may be logged."""

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
    """A command's interaction."""
    return json.dumps({**PING, "type": 2, "data": {"id": "1", "name": command, "type": 1}, **about}).encode()


class TestSignature:
    """Only what Discord signed is read at all (interactions/overview#setting-up-an-endpoint)."""

    async def test_a_ping_is_answered(self, post: Any) -> None:
        """Discord asks so whether we are there, and tries forged ones, too."""
        body = json.dumps(PING).encode()
        answer = await post(body, signed(body))
        assert (answer.status, json.loads(answer.body)) == (200, {"type": 1})
        assert answer.log == []

    async def test_another_key(self, post: Any) -> None:
        """401, one line."""
        body, stamp = json.dumps(PING).encode(), str(int(time.time()))
        forged = SigningKey.generate().sign(stamp.encode() + body).signature.hex()
        answer = await post(body, signed(body) | {"X-Signature-Ed25519": forged, "X-Signature-Timestamp": stamp})
        assert answer.status == 401
        assert len(answer.log) == 1

    async def test_another_body_or_time(self, post: Any) -> None:
        """What was signed is what counts."""
        body = json.dumps(PING).encode()
        assert (await post(body + b" ", signed(body))).status == 401
        later = {"X-Signature-Timestamp": str(int(time.time()) + 1)}
        assert (await post(body, signed(body) | later)).status == 401

    @pytest.mark.parametrize("signature", ["", "00", "zz" * 64, "ab" * 63, "é" * 64, "0x" + "a" * 126])
    async def test_a_signature_that_is_none(self, post: Any, signature: str) -> None:
        """Missing, short, no hex, no ASCII."""
        body = json.dumps(PING).encode()
        answer = await post(body, signed(body) | {"X-Signature-Ed25519": signature})
        assert answer.status == 401
        assert len(answer.log) == 1

    async def test_no_headers_at_all(self, post: Any) -> None:
        """As a passer-by posts."""
        assert (await post(b"{}", {})).status == 401

    @pytest.mark.parametrize(("seconds", "status"), [(-290, 200), (-310, 401), (290, 200), (310, 401)])
    async def test_a_replayed_request(self, post: Any, seconds: int, status: int) -> None:
        """Rightly signed, but of another time: five minutes are allowed for clocks."""
        body = json.dumps(PING).encode()
        assert (await post(body, signed(body, int(time.time()) + seconds))).status == status

    @pytest.mark.parametrize(
        ("seconds", "words"), [(600, r"it is (599|600) seconds behind D"), (-600, r"it is 60[012] seconds ahead of D")]
    )
    async def test_a_clock_that_is_wrong_is_an_error(self, dossier: Dossier, seconds: int, words: str) -> None:
        """All that Discord brings is refused for it, so the log says what is wrong and what to do; not with each request."""
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
        """Even where it is signed."""
        body = json.dumps(PING).encode()
        headers = signed(body)
        headers["X-Signature-Timestamp"] = stamp
        headers["X-Signature-Ed25519"] = signed_with(stamp, body)
        assert (await post(body, headers)).status == 401


def signed_with(stamp: str, body: bytes) -> str:
    """Discord's signature over anything."""
    return KEY.sign(stamp.encode() + body).signature.hex()


class TestSize:
    """Nothing large is held in memory."""

    async def test_too_large(self, post: Any) -> None:
        """Said before it is read."""
        body = b" " * (MAX_BODY_BYTES + 1)
        answer = await post(body, signed(body))
        assert answer.status == 413
        assert len(answer.log) == 1

    async def test_too_large_in_pieces(self, talk: Talk) -> None:
        """Whose length nobody tells: no more is read than fits."""

        async def pieces() -> AsyncIterator[bytes]:
            for _ in range(40):
                yield b" " * 65536

        try:
            async with talk.session.post(talk.endpoint, data=pieces(), headers=signed(b"")) as answer:
                assert answer.status == 413
        except aiohttp.ClientConnectionError:
            pass  # it hung up on us, which is as good

    async def test_in_pieces(self, talk: Talk) -> None:
        """One that fits is answered."""
        body = json.dumps(PING).encode()

        async def pieces() -> AsyncIterator[bytes]:
            yield body[:10]
            yield body[10:]

        async with talk.session.post(talk.endpoint, data=pieces(), headers=signed(body)) as answer:
            assert await answer.json() == {"type": 1}

    @pytest.mark.parametrize(
        "body", [gzip.compress(b" " * 3_000_000), gzip.compress(json.dumps(PING).encode())], ids=["large", "small"]
    )
    async def test_packed(self, post: Any, body: bytes) -> None:
        """A bomb, and what might have been an interaction: nobody unpacks it."""
        answer = await post(body, signed(body) | {"Content-Encoding": "gzip"})
        assert answer.status == 415
        assert len(answer.log) == 1

    async def test_truncated(self, talk: Talk, caplog: pytest.LogCaptureFixture) -> None:
        """The connection breaks in the middle of the body: no traceback, and the next one is served."""
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
    """Rightly signed, and yet no interaction."""

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
        """400, one line."""
        answer = await post(body, signed(body))
        assert answer.status == 400
        assert len(answer.log) == 1

    async def test_what_discord_may_add_is_passed_over(self, post: Any) -> None:
        """A new field is no mistake."""
        body = used(new_field={"a": [1, 2]}, context=9, locale="xx")
        answer = await post(body, signed(body))
        assert answer.status == 200
        assert json.loads(answer.body)["data"]["embeds"][0]["title"] == "⏳ How long it lasts"

    async def test_a_chat_that_is_not_named(self, post: Any) -> None:
        """Is answered; what concerns the chat has none to be about."""
        body = used(authorizing_integration_owners={"0": 1, "2": None})
        assert (await post(body, signed(body))).status == 200
        body = used("subscribe", user={"id": "7"}, context=1)
        answer = await post(body, signed(body))
        assert json.loads(answer.body)["data"]["embeds"][0]["title"] == "🚪 I am only visiting"

    async def test_nothing_said_in_so_many_words(self, post: Any) -> None:
        """``null`` where there are no options: as where they are left out."""
        body = used(data={"id": "1", "name": "duration", "type": 1, "options": None, "values": None})
        answer = await post(body, signed(body))
        assert json.loads(answer.body)["data"]["embeds"][0]["title"] == "⏳ How long it lasts"

    @pytest.mark.parametrize("kind", [2, 3, 5, 99])
    async def test_an_interaction_of_a_kind_we_do_not_know(self, post: Any, kind: int) -> None:
        """A form, one without data, one yet to come: a word, to the asker alone."""
        body = json.dumps({**PING, "type": kind}).encode()
        answer = await post(body, signed(body))
        data = json.loads(answer.body)["data"]
        assert data["flags"] == 1 << 6
        assert data["embeds"][0]["title"] == "🕰 An old button"
        assert len(answer.log) == 1


class TestPatience:
    """Discord waits three seconds, whatever holds us up."""

    async def test_what_does_not_let_itself_be_stopped(self) -> None:
        """A thread that waits for a locked file goes on waiting; we do not."""

        async def stubborn() -> None:
            with suppress(asyncio.CancelledError):
                await asyncio.sleep(60)
            await asyncio.sleep(1)
            raise OSError

        began = time.monotonic()
        with pytest.raises(TimeoutError):
            await in_time(stubborn(), 0.01)
        assert time.monotonic() - began < 0.5

    async def test_what_comes_in_time(self) -> None:
        """Or fails in time."""
        assert await in_time(asyncio.sleep(0, "done"), 1) == "done"
        with pytest.raises(ValueError, match="0"):
            await in_time(failing(), 1)


async def failing() -> None:
    """Fails."""
    await asyncio.sleep(0)
    raise ValueError("0")


class TestTrouble:
    """What fails inside is said politely, with an id under which the log has it."""

    async def test_an_answer_comes_all_the_same(self, talk: Talk) -> None:
        """In time, though the database hangs."""
        async with talk.conversation.store.database.write():
            with capture_logs() as said:
                began = time.monotonic()
                shown = await talk.somebody(permissions=1 << 5).use("subscribe")
                assert time.monotonic() - began < 2.5
        assert shown.is_private
        assert shown.title == "🛠 Something went wrong"
        incident = shown.text.rsplit(" ", 1)[1].rstrip(".")
        assert [entry["incident"] for entry in said] == [incident]
        assert [entry["event"] for entry in said] == ["an interaction failed: the database does not answer"]
        assert "exc_info" not in said[0]
