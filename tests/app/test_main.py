"""``nota run`` as an operator starts and stops it: a real process."""

import asyncio
import itertools
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

import pytest
import structlog.testing
from aiohttp import web

from bot.app.main import CannotListen, serving
from bot.settings import read_settings
from tests.bot_process import errors_of, free_port, line_of, started, until_health
from tests.conftest import CONTENT, TINY, Edit
from tests.fork_server import nota
from tests.servers.telegram import TOKEN
from tests.tables import cases


class TestStart:
    """What an operator sees first."""

    async def test_with_no_token_one_line_names_the_preview(self, tmp_path: Path) -> None:
        """And SIGTERM ends it with status 0."""
        async with started(TINY, tmp_path) as process:
            assert "http://127.0.0.1:" in await line_of(process)
            process.send_signal(signal.SIGTERM)
            assert await asyncio.wait_for(process.wait(), 10) == 0

    async def test_broken_content_is_said_and_ends_it(self, folder: Path, edit: Edit, tmp_path: Path) -> None:
        """Every error, exit 78, no traceback."""
        edit("topics/fare.yaml", "{fare}", "{fair}")
        async with started(folder, tmp_path) as process:
            said = await errors_of(process)
            assert await process.wait() == 78
        assert "topics/fare.yaml:10: unknown fact 'fair'" in said
        assert "Traceback" not in said

    async def test_wrong_setting_is_one_line(self, tmp_path: Path) -> None:
        """It names the variable."""
        async with started(TINY, tmp_path, PUBLIC_URL="nota.example") as process:
            said = await errors_of(process)
            assert await process.wait() == 78
        assert said.startswith("PUBLIC_URL: ")
        assert len(said.splitlines()) == 1

    @pytest.mark.parametrize("command", ["run", "migrate"])
    @pytest.mark.parametrize(("name", "said"), [("", "is a folder"), ("notes.txt", "cannot be used (file is not")])
    def test_database_in_a_place_that_cannot_be_used(self, command: str, name: str, said: str, tmp_path: Path) -> None:
        """A folder, or another file: exit 78, no traceback."""
        (tmp_path / "notes.txt").write_text("What was said at the meeting. " * 100, "utf-8")
        own = os.environ | {"CONTENT_DIR": str(TINY), "DATABASE_URL": f"sqlite:///{tmp_path / name}"}
        done = subprocess.run(nota(command), cwd=tmp_path, env=own, capture_output=True, text=True, check=False)
        assert done.returncode == 78
        assert f"DATABASE_URL: {tmp_path / name} {said}" in done.stdout + done.stderr
        assert "Traceback" not in done.stderr

    @cases("words, status")
    def test_content_in_force_that_cannot_be_read(self, words: str, status: int, tmp_path: Path) -> None:
        """As of a later release: what it is, and how to go on.

        run | 78
        run --held | 78
        publish --dry-run | 1
        doctor | 1
        """
        file = tmp_path / "nota.sqlite3"
        own = os.environ | {"CONTENT_DIR": str(TINY), "DATABASE_URL": f"sqlite:///{file}"}
        subprocess.run(nota("publish"), cwd=tmp_path, env=own, check=True)
        with closing(sqlite3.connect(file)) as connection, connection:
            connection.execute("UPDATE contents SET content = json_set(content, '$.languages', 3) WHERE key = 'header'")
        done = subprocess.run(nota(*words.split()), cwd=tmp_path, env=own, capture_output=True, text=True, check=False)
        said = done.stdout + done.stderr
        assert done.returncode == status
        assert "this release cannot read what is in force (dossier.yaml:1: languages: 3 is not a list" in said
        assert "deploy the release that put it in force" in said
        assert "Traceback" not in said


IN_A_CONTAINER = ("unshare", "--fork", "--pid", "--kill-child")
"""The first process of its namespace, as a container's is, which no signal ends of which it has said nothing."""


def can_be_contained() -> bool:
    """Whether this machine lets us make a namespace."""
    return (
        shutil.which("unshare") is not None and subprocess.run((*IN_A_CONTAINER, "true"), check=False).returncode == 0
    )


LARGEST_TOPICS = 24
"""So many that their index takes longer than a process may take to end."""

NOWHERE = "http://127.0.0.1:9"


@pytest.mark.slow
class TestStopping:
    """SIGTERM while it is still starting."""

    @pytest.mark.parametrize("command", ["run", "migrate"])
    @pytest.mark.parametrize(
        "before",
        [
            (),
            pytest.param(
                IN_A_CONTAINER, marks=pytest.mark.skipif(not can_be_contained(), reason="no right to a namespace")
            ),
        ],
    )
    async def test_a_database_that_does_not_answer(self, before: tuple[str, ...], command: str, tmp_path: Path) -> None:
        """Ends it at once, whatever it waits for, with a status that is no success and without a traceback."""
        async with waiting_for_the_database(before, command, tmp_path) as (process, _):
            os.kill(await asyncio.to_thread(innermost, process.pid), signal.SIGTERM)
            _, said = await asyncio.wait_for(process.communicate(), 30)
        assert process.returncode == 128 + signal.SIGTERM
        assert b"Traceback" not in said

    @pytest.mark.parametrize("command", ["run", "migrate"])
    async def test_while_the_database_answers(self, command: str, tmp_path: Path) -> None:
        """The same, where the signal comes just before the answer is read."""
        async with waiting_for_the_database((), command, tmp_path) as (process, server):
            await asyncio.sleep(0.2)  # it waits for the answer by then
            process.send_signal(signal.SIGSTOP)
            server.write(b"N")  # no TLS (postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-SSL)
            await server.drain()
            process.send_signal(signal.SIGTERM)
            process.send_signal(signal.SIGCONT)
            _, said = await asyncio.wait_for(process.communicate(), 30)
        assert process.returncode == 128 + signal.SIGTERM
        assert b"Traceback" not in said

    @pytest.mark.parametrize("moment", ["ready", "first answer", "a second later"])
    async def test_while_the_index_is_built(self, folder: Path, tmp_path: Path, moment: str) -> None:
        """Ends it with status 0: nothing waits for the thread, which needs half a minute for so many examples."""
        port, topics = free_port(), folder / "topics"
        start = (
            (topics / "fare.yaml").read_text("utf-8").replace("aliases: [ticket, tiket]\n", "").partition("asks:")[0]
        )
        words = map("".join, itertools.product("abcdefghij", repeat=6))
        for number in range(LARGEST_TOPICS):
            examples = "".join(f"    - {next(words)} {next(words)}\n" for _ in range(10_000))
            text = f"{start}asks:\n  id: [{next(words)}]\n  en:\n{examples}"
            (topics / f"large_{number}.yaml").write_text(text, "utf-8")
        async with started(folder, tmp_path, PORT=str(port), TELEGRAM_TOKEN=TOKEN, TELEGRAM_API_URL=NOWHERE) as process:
            assert process.stderr is not None
            assert b"ready" in await asyncio.wait_for(process.stderr.readline(), 60)
            if moment != "ready":
                await until_health(f"http://127.0.0.1:{port}", lambda *_: True, process)
            if moment == "a second later":
                await asyncio.sleep(1)
            process.send_signal(signal.SIGTERM)
            said = await errors_of(process)
            assert await process.wait() == 0, said
        assert "exiting although" not in said
        assert "Traceback" not in said


@asynccontextmanager
async def waiting_for_the_database(
    before: tuple[str, ...], command: str, tmp_path: Path
) -> AsyncIterator[tuple[asyncio.subprocess.Process, asyncio.StreamWriter]]:
    """A command that has asked a server which says nothing by itself, and the server's end of the connection."""
    asked: asyncio.Queue[asyncio.StreamWriter] = asyncio.Queue()
    held = []

    async def say_nothing(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        held.append(writer)
        asked.put_nowait(writer)

    async with await asyncio.start_server(say_nothing, "127.0.0.1", 0) as server:
        url = f"postgres://nota@127.0.0.1:{server.sockets[0].getsockname()[1]}/nota"
        own = {"PATH": os.environ["PATH"], "PYTHONPATH": str(CONTENT.parent), "CONTENT_DIR": str(TINY)}
        process = await asyncio.create_subprocess_exec(
            *(*before, sys.executable, "-m", "bot", command),
            env=own | {"PORT": "0", "DATABASE_URL": url},
            cwd=tmp_path,
            stdout=PIPE,
            stderr=PIPE,
        )
        try:
            yield process, await asyncio.wait_for(asked.get(), 30)
        finally:
            if process.returncode is None:
                process.kill()
            for writer in held:  # or the server would wait for its connections for ever
                writer.close()


def innermost(pid: int) -> int:
    """The process, or the one child that it waits for."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    return int(children[0]) if children else pid


class TestListening:
    """HOST and PORT."""

    async def test_a_port_that_is_taken(self, tmp_path: Path) -> None:
        """One line that names the settings, exit 1."""
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = str(taken.getsockname()[1])
            async with started(TINY, tmp_path, PORT=port, TELEGRAM_TOKEN="1:a", DISCORD_TOKEN="a") as process:
                said = await errors_of(process)
                assert await process.wait() == 1
        assert "HOST, PORT: " in said
        assert len(said.splitlines()) == 1

    @pytest.mark.parametrize("host", ["999.1.1.1", "192.0.2.1"])
    async def test_an_address_that_is_not_ours(self, host: str) -> None:
        """No address at all, or another machine's."""
        with pytest.raises(CannotListen, match="HOST, PORT: cannot listen at"):
            async with serving(web.Application(), read_settings({"host": host, "port": "0"})):
                pass

    @pytest.mark.skipif(not socket.has_ipv6, reason="this machine has no IPv6")
    @pytest.mark.parametrize("host", ["::1", "::"])
    async def test_an_address_of_ipv6_is_shown_as_browsers_write_it(
        self, host: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """In brackets, and as one that leads to this machine."""
        async with serving(web.Application(), read_settings({"host": host, "port": "0"})):
            assert "http://[::1]:" in capsys.readouterr().out

    @pytest.mark.skipif(not socket.has_dualstack_ipv6(), reason="this machine has no IPv6")
    @cases("given, answering")
    async def test_who_is_answered_where_port_is_set(self, given: dict[str, str], answering: list[str]) -> None:
        """Heroku's Fir routes by IPv6 alone, others by IPv4; the address that is shown is one that answers.

        {} | ["127.0.0.1", "::1"]
        {"host": "::"} | ["127.0.0.1", "::1"]
        {"host": "0.0.0.0"} | ["127.0.0.1"]
        {"host": "127.0.0.1"} | ["127.0.0.1"]
        """
        port = free_port()
        with structlog.testing.capture_logs() as said:
            async with serving(web.Application(), read_settings({"port": str(port), **given})):
                for there in ("127.0.0.1", "::1"):
                    try:
                        _, writer = await asyncio.open_connection(there, port)
                    except ConnectionRefusedError:
                        assert there not in answering
                    else:
                        assert there in answering
                        writer.close()
        [ready] = said
        assert urlsplit(ready["address"]).hostname in answering


class TestStrangers:
    """What anybody on the internet may send to the port."""

    async def test_what_cannot_be_read(self, tmp_path: Path) -> None:
        """What is not HTTP is refused with 400 and one line; a broken body, with none. No traceback."""
        form = "Content-Type: application/x-www-form-urlencoded\r\nConnection: close\r\n"
        async with started(TINY, tmp_path) as process:
            address = urlsplit((await line_of(process)).split()[-1])
            for sent in (
                b"GET / HTTP/9.9\r\n\r\n",
                b"POST / HTTP/1.1\r\nContent-Length: many\r\n\r\n",
                b"\x16\x03\x01\r\n\r\n",
            ):
                assert b" 400 " in await raw(address, sent)
            for path, headers, status in (
                ("/nowhere", "Content-Encoding: gzip\r\nContent-Length: 4\r\n", b" 405 "),
                ("/nowhere", "Content-Length: 1000\r\n", b" 405 "),
                ("/nowhere", "Transfer-Encoding: chunked\r\n", b" 405 "),
                ("/preview/messages", "Content-Encoding: gzip\r\nContent-Length: 4\r\n", b" 415 "),
            ):
                head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{headers}{form}\r\n"
                assert status in await raw(address, head.encode(), b"none"), (path, headers)
            assert b" 200 " in await raw(address, b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            process.send_signal(signal.SIGTERM)
            said = await errors_of(process)
        assert said.count("refused a request that is not HTTP") == 2  # a handshake of TLS is not logged
        others = [line for line in said.splitlines() if "took the lease" not in line]  # it may be told to stop before
        assert len(others) == 3  # and that the process is ready
        assert "Traceback" not in said


async def raw(address: SplitResult, *sent: bytes) -> bytes:
    """What comes back for these very bytes. What comes after the first is sent once there is an answer, and is the end."""
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    writer.write(sent[0])
    try:
        first = await asyncio.wait_for(reader.read(1000), 5)
        for late in sent[1:]:
            writer.write(late)
            writer.write_eof()
        return first + await asyncio.wait_for(reader.read(), 5)
    finally:
        writer.close()
