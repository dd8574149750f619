"""A bulletin's whole way to an open preview: a file saved, and it is there."""

import asyncio
from asyncio.subprocess import Process
from pathlib import Path

import aiohttp

from tests.app.test_main import line_of, started

BULLETIN = """
date: 2026-11-24
title: {en: Night crossings begin, id: Pelayaran malam dimulai}
body: {en: The ferry now sails at night., id: Feri kini berlayar malam.}
topics: [fare]
sources: [harbour]
"""


class TestBulletin:
    """The preview is a reader like any other."""

    async def test_saved_file_arrives_where_it_was_subscribed_to(self, folder: Path, tmp_path: Path) -> None:
        """And nowhere else."""
        async with started(folder, tmp_path) as process:
            address = (await line_of(process)).split()[-1]
            await heard(process, b"history, not sent")
            async with visitor() as subscriber, visitor() as other:
                assert "Subscribed" in await page(
                    await subscriber.post(f"{address}/messages", data={"text": "/subscribe"})
                )
                await page(await other.get(address))
                (folder / "bulletins" / "2026-11-24-night.yaml").write_text(BULLETIN, encoding="utf-8")
                async with asyncio.timeout(15), subscriber.get(f"{address}/events") as stream:
                    while "Night crossings begin" not in await page(await subscriber.get(address)):
                        await stream.content.readuntil(b"changed")
                assert "Night crossings begin" not in await page(await other.get(address))


async def heard(process: Process, words: bytes) -> None:
    """Waits until the process has logged it: what is there at the very first start is not news."""
    assert process.stderr is not None
    async with asyncio.timeout(15):
        await process.stderr.readuntil(words)


def visitor() -> aiohttp.ClientSession:
    return aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True))


async def page(answer: aiohttp.ClientResponse) -> str:
    async with answer:
        assert answer.status == 200
        return await answer.text()
