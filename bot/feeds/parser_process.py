"""Parses one body in a child process with limits of processor time and memory, and without secrets in its environment.

The child reads the body from standard input and writes a JSON object to standard output: ``document``, or ``not_a_feed`` with the
reason.
"""

import asyncio
import json
import math
import os
import resource
import signal
import sys
from asyncio.subprocess import PIPE
from dataclasses import asdict
from pathlib import Path
from typing import Any

from bot.feeds.documents import FeedDocument, FeedItem, NotAFeed
from bot.feeds.parser import parse
from bot.subprocesses import child_environment

MAX_MEMORY_BYTES = 512 * 1024 * 1024
TIMEOUT_SECONDS = 60.0
"""Limit of wall-clock time. It is long because a busy machine parses slowly; the processor time is limited more strictly."""

_MIB = 1024 * 1024
_NICENESS = 10
_MAX_FAILURE = 100
_FOLDER_OF_BOT = Path(__file__).parents[2]


def cpu_seconds(size: int) -> int:
    """The processor time for a body of this size: 2 s, and 2.5 s a MiB. Most feeds take 0.1 to 1 s a MiB, the start 0.3 s."""
    return 2 + math.ceil(2.5 * size / _MIB)


async def parse_in_child(
    body: bytes, media_type: str = "", address: str = "", *, cpu: int | None = None, seconds: float = TIMEOUT_SECONDS
) -> FeedDocument:
    """The feed in ``body``, parsed by :func:`bot.feeds.parser.parse`.

    Args:
        body: the fetched body.
        media_type: its Content-Type.
        address: its address.
        cpu: the limit of processor time in seconds; None: by the size of the body.
        seconds: the limit of wall-clock time.

    Raises:
        NotAFeed: the body is not a feed, or parsing exceeds a limit.
    """
    cpu = cpu_seconds(len(body)) if cpu is None else cpu
    command = [sys.executable, "-m", "bot.feeds.parser_process", str(cpu), media_type, address]
    child = await asyncio.create_subprocess_exec(
        *command, stdin=PIPE, stdout=PIPE, stderr=PIPE, cwd=_FOLDER_OF_BOT, env=child_environment()
    )
    try:
        async with asyncio.timeout(seconds):
            output, errors = await child.communicate(body)
    except TimeoutError:
        raise NotAFeed(f"not parsed within {seconds:g} s") from None
    finally:
        if child.returncode is None:
            child.kill()
            await child.wait()
    if child.returncode == -signal.SIGXCPU:
        raise NotAFeed(f"not parsed within {cpu} s of processor time")
    if child.returncode:
        failure = errors.decode(errors="replace").strip().rpartition("\n")[2][:_MAX_FAILURE]
        raise NotAFeed(f"the parser failed: {failure or f'exit status {child.returncode}'}")
    return _from_json(output)


def _from_json(output: bytes) -> FeedDocument:
    answer = json.loads(output)
    if "not_a_feed" in answer:
        raise NotAFeed(answer["not_a_feed"])
    document = answer["document"]
    items = tuple(FeedItem(**{**item, "keys": tuple(item["keys"])}) for item in document["items"])
    return FeedDocument(document["kind"], document["title"], items)


def main() -> None:
    """Runs the child process."""
    cpu, media_type, address = int(sys.argv[1]), *sys.argv[2:]
    resource.setrlimit(resource.RLIMIT_CPU, (cpu, cpu + 1))
    resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY_BYTES, MAX_MEMORY_BYTES))
    os.nice(_NICENESS)
    answer: dict[str, Any]
    try:
        answer = {"document": asdict(parse(sys.stdin.buffer.read(), media_type, address))}
    except NotAFeed as refusal:
        answer = {"not_a_feed": str(refusal)}
    print(json.dumps(answer))


if __name__ == "__main__":
    main()
