"""The commands of docs/api.md, run as they stand there against a running site."""

import asyncio
import re
import shutil
from pathlib import Path

import pytest

from tests.conftest import CONTENT, HERE
from tests.platforms.web.site import serving

DOCUMENT = (HERE.parent / "docs" / "api.md").read_text("utf-8")
COMMANDS = [
    command
    for block in re.findall(r"```sh\n(.*?)```", DOCUMENT, re.DOTALL)
    for command in re.split(r"(?<!\\)\n", block.strip())
]

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not (shutil.which("curl") and shutil.which("jq")), reason="install curl and jq"),
]


@pytest.mark.parametrize("command", COMMANDS, ids=range(len(COMMANDS)))
async def test_command(command: str, tmp_path: Path) -> None:
    """Each prints something; jq prints null where a field is missing."""
    async with serving(CONTENT) as site:
        process = await asyncio.create_subprocess_shell(
            command.replace("https://nota.example", site.address), stdout=asyncio.subprocess.PIPE, cwd=tmp_path
        )
        printed, _ = await process.communicate()
    assert process.returncode == 0
    assert printed.strip()
    assert printed.strip() != b"null"
