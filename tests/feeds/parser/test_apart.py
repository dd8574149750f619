"""Reading in a process of its own: nothing that happens to it happens to us."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator

import psutil
import pytest

from bot.feeds.parser import NotAFeed, read
from bot.feeds.parser_process import Reader, processor_seconds, reading_apart
from tests.feeds.hostile import item, rss

FEED = rss(item("One", "<link>https://a.example/1</link><pubDate>Mon, 05 Jan 2026 08:00:00 GMT</pubDate>")).encode()
SLOW = b"<rss><channel>" + b"<item>" * 200_000


@pytest.fixture
async def reader() -> AsyncIterator[Reader]:
    """A reader with half a second of a processor for a body."""
    async with reading_apart(lambda size: 0.5) as opened:
        yield opened


async def test_says_the_same_as_here(reader: Reader) -> None:
    """The document comes through the pipe whole, and a refusal with its reason."""
    assert await reader.read(FEED, "text/xml", "https://a.example/") == read(FEED, "text/xml", "https://a.example/")
    with pytest.raises(NotAFeed, match="an empty answer"):
        await reader.read(b"")


async def test_body_that_takes_for_ever(reader: Reader) -> None:
    """Ends the process that reads it, and the next one is read."""
    with pytest.raises(NotAFeed, match=r"^not read within 0\.5 s of a processor$"):
        await reader.read(SLOW)
    assert len((await reader.read(FEED)).items) == 1


async def test_time_is_a_processors(reader: Reader) -> None:
    """A feed is not refused because the machine has no time for it: what counts is what its reading takes, body by body."""
    await reader.read(FEED)
    paused = _process_id(reader)
    os.kill(paused, signal.SIGSTOP)
    reading = asyncio.create_task(reader.read(FEED))
    await asyncio.sleep(0.7)
    os.kill(paused, signal.SIGCONT)
    assert len((await reading).items) == 1
    assert _process_id(reader) == paused


async def test_process_that_hangs() -> None:
    """Is waited for no longer than that, and another takes its place."""
    async with reading_apart(waited_seconds=1.5) as reader:
        await reader.read(FEED)
        os.kill(_process_id(reader), signal.SIGSTOP)
        with pytest.raises(NotAFeed, match=r"^not read within 1\.5 s$"):
            await reader.read(FEED)
        assert len((await reader.read(FEED)).items) == 1


def test_larger_bodies_have_more_time() -> None:
    """A short one that keeps it busy is soon found out."""
    assert [processor_seconds(mib * 1024 * 1024) for mib in (0, 1, 2)] == [1.0, 3.5, 6.0]


async def test_process_that_is_killed(reader: Reader) -> None:
    """Another takes its place."""
    await reader.read(FEED)
    reading = asyncio.create_task(reader.read(SLOW))
    await asyncio.sleep(0.1)
    os.kill(_process_id(reader), signal.SIGKILL)
    with pytest.raises(NotAFeed, match="ended"):
        await reading
    assert len((await reader.read(FEED)).items) == 1


async def test_many_at_once(reader: Reader) -> None:
    """One after the other, nobody gets another's answer."""
    bodies = [rss(item(f"Number {n}")).encode() for n in range(20)]
    documents = await asyncio.gather(*map(reader.read, bodies))
    assert [document.items[0].title for document in documents] == [f"Number {n}" for n in range(20)]


async def test_it_gets_no_secret(reader: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its environment holds none of ours."""
    monkeypatch.setenv("TELEGRAM_TOKEN", "12345:secret")
    await reader.read(FEED)
    assert "secret" not in str(psutil.Process(_process_id(reader)).environ())


async def test_it_ends_with_us() -> None:
    """No process is left behind."""
    async with reading_apart() as reader:
        await reader.read(FEED)
        number = _process_id(reader)
    assert not psutil.pid_exists(number)


def _process_id(reader: Reader) -> int:
    assert reader.process_id
    return reader.process_id
