"""Bodies are parsed in child processes: whatever happens to a child does not happen to the bot."""

import asyncio
import os
import signal

import psutil
import pytest

from bot.feeds.documents import NotAFeed
from bot.feeds.parser import parse
from bot.feeds.parser_process import cpu_seconds, parse_in_child
from tests.feeds.hostile import item, rss

FEED = rss(item("One", "<link>https://a.example/1</link><pubDate>Mon, 05 Jan 2026 08:00:00 GMT</pubDate>")).encode()
SLOW = b"<rss><channel>" + b"<item>" * 200_000
ADDRESS = "https://a.example/"


async def child_of_this_process() -> psutil.Process:
    """The child once it has been started and is at work."""
    while True:
        await asyncio.sleep(0.02)
        for child in psutil.Process().children():
            if child.status() != psutil.STATUS_ZOMBIE and "bot.feeds.parser_process" in child.cmdline():
                return child


@pytest.mark.slow
async def test_same_document_as_here() -> None:
    """The document comes out of the child complete, and a refusal with its reason."""
    assert await parse_in_child(FEED, "text/xml", ADDRESS) == parse(FEED, "text/xml", ADDRESS)
    with pytest.raises(NotAFeed, match="an empty answer"):
        await parse_in_child(b"")


@pytest.mark.slow
async def test_too_much_processor_time() -> None:
    with pytest.raises(NotAFeed, match=r"^not parsed within 1 s of processor time$"):
        await parse_in_child(SLOW, cpu=1)


@pytest.mark.slow
async def test_too_much_memory() -> None:
    """The limit holds inside the child, and this process does not grow."""
    with pytest.raises(NotAFeed, match="the parser failed: MemoryError"):
        await parse_in_child(b'{"items": [' + b"[]," * 10_000_000)


async def test_a_child_that_hangs_is_killed() -> None:
    parsing = asyncio.create_task(parse_in_child(SLOW, seconds=1.0))
    child = await child_of_this_process()
    os.kill(child.pid, signal.SIGSTOP)
    with pytest.raises(NotAFeed, match=r"^not parsed within 1 s$"):
        await parsing
    assert not psutil.pid_exists(child.pid)


async def test_a_child_that_is_killed() -> None:
    parsing = asyncio.create_task(parse_in_child(SLOW))
    os.kill((await child_of_this_process()).pid, signal.SIGKILL)
    with pytest.raises(NotAFeed, match="the parser failed: exit status -9"):
        await parsing


async def test_a_cancelled_parse_leaves_no_child() -> None:
    parsing = asyncio.create_task(parse_in_child(SLOW))
    child = await child_of_this_process()
    parsing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await parsing
    assert not psutil.pid_exists(child.pid)


async def test_a_child_gets_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TELEGRAM_TOKEN", "12345:secret")
    parsing = asyncio.create_task(parse_in_child(SLOW))
    child = await child_of_this_process()
    assert "secret" not in str(child.environ())
    child.kill()
    with pytest.raises(NotAFeed):
        await parsing


def test_larger_bodies_get_more_time() -> None:
    assert [cpu_seconds(mib * 1024 * 1024) for mib in (0, 1, 2)] == [2, 5, 7]
