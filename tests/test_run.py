"""``nota run`` as an operator starts and stops it: a real process."""

import asyncio
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.conftest import TINY, Edit


@asynccontextmanager
async def started(folder: Path, tmp_path: Path, **environment: str) -> AsyncIterator[Process]:
    """The process, with an environment of its own; killed if it is still there at the end."""
    own = {"PATH": os.environ["PATH"], "CONTENT_DIR": str(folder), "PORT": "0", "HOST": "127.0.0.1"}
    root = str(Path(__file__).parents[1])
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "bot",
        "run",
        env=own | {"PYTHONPATH": root} | environment,
        cwd=tmp_path,
        stdout=PIPE,
        stderr=PIPE,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def line_of(process: Process) -> str:
    """The next line of standard output."""
    assert process.stdout is not None
    return (await asyncio.wait_for(process.stdout.readline(), 20)).decode()


async def errors_of(process: Process) -> str:
    """Everything it said on standard error until it ended."""
    assert process.stderr is not None
    return (await asyncio.wait_for(process.stderr.read(), 20)).decode()


class TestStart:
    """What an operator sees first."""

    async def test_with_no_token_one_line_names_the_preview(self, tmp_path: Path) -> None:
        """And SIGTERM ends it with status 0."""
        async with started(TINY, tmp_path) as process:
            assert "http://127.0.0.1:" in await line_of(process)
            process.send_signal(signal.SIGTERM)
            assert await asyncio.wait_for(process.wait(), 10) == 0

    async def test_broken_content_is_said_and_ends_it(self, folder: Path, edit: Edit, tmp_path: Path) -> None:
        """Every mistake, exit 1, no traceback."""
        edit("topics/fare.yaml", "{fare}", "{fair}")
        async with started(folder, tmp_path) as process:
            said = await errors_of(process)
            assert await process.wait() == 1
        assert "topics/fare.yaml:10: unknown fact 'fair'" in said
        assert "Traceback" not in said

    async def test_wrong_setting_is_one_line(self, tmp_path: Path) -> None:
        """It names the variable."""
        async with started(TINY, tmp_path, PUBLIC_URL="nota.example") as process:
            said = await errors_of(process)
            assert await process.wait() == 1
        assert said.startswith("PUBLIC_URL: ")
        assert len(said.splitlines()) == 1
