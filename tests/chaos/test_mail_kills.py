"""Thousands of addresses, and the process that writes to them is killed twenty times: counted by the mail server by Message-ID."""

import asyncio
import os
import random
import shutil
import signal
import sys
from asyncio.subprocess import DEVNULL, Process
from collections import Counter
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from time import monotonic

import pytest

from bot.db.store import open_store
from bot.dossier.loader import load
from bot.newsroom.publisher import Newsroom
from bot.platforms.email.limits import CONNECTIONS
from tests.bot_process import free_port
from tests.chaos.fleet import ROOT
from tests.chaos.scene import BULLETIN, all_delivered, counted, table
from tests.clocks import until
from tests.conftest import TINY
from tests.editor import compare
from tests.platforms.email.crowd import subscribe_addresses
from tests.servers.smtp import mail_host

pytestmark = pytest.mark.chaos

READERS, TIMES, PER_MINUTE = 3000, 20, 6000
LONGEST_SECONDS = 300


async def start(environment: dict[str, str], folder: Path) -> Process:
    """On a port of its own, at the address that the page had before: it stands in every mail."""
    given = environment | {"PORT": str(free_port()), "PUBLIC_URL": "http://127.0.0.1:8080"}
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot", "run", env=given, cwd=folder, stdout=DEVNULL, stderr=DEVNULL
    )


async def test_killed_twenty_times(tmp_path: Path) -> None:
    """A bulletin and its correction: nobody misses one; the mails under way may come again, under the same Message-ID."""
    content, chance, kills = Path(shutil.copytree(TINY, tmp_path / "content")), random.Random(7), list[float]()
    url = f"sqlite:///{tmp_path}/nota.sqlite3"
    async with mail_host() as host:
        host.checks = 20
        environment = {
            "PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "HOST": "127.0.0.1", "CONTENT_DIR": str(content), "EMBEDDINGS": "off",
            "DATABASE_URL": url, "SMTP_URL": host.url, "MAIL_FROM": "nota@example.org", "MAIL_PER_MINUTE": str(PER_MINUTE),
        }  # fmt: skip
        async with open_store(url) as store:
            dossier = load(content, datetime.now(UTC).date()).dossier
            assert dossier is not None
            await compare(Newsroom(store), dossier)
            addresses = await subscribe_addresses(store, READERS)
        began, process = monotonic(), await start(environment, tmp_path)
        for edition, title in enumerate(("Ferry", "Ferry, at last"), 1):
            _write(content, title)
            for mails in sorted(chance.sample(range(READERS // 100, READERS * 99 // 100), TIMES // 2)):
                wanted = (edition - 1) * READERS + mails
                await until(lambda wanted=wanted: len({mail.id for mail in host.received}) >= wanted, LONGEST_SECONDS)
                await asyncio.sleep(chance.random() * 0.1)
                process.send_signal(signal.SIGKILL)
                kills.append(monotonic())
                await process.wait()
                process = await start(environment, tmp_path)
            total = edition * READERS
            await until(lambda total=total: len({mail.id for mail in host.received}) >= total, LONGEST_SECONDS)
            async with open_store(url) as store, asyncio.timeout(60):
                while not all_delivered(counts := await counted(store)):  # noqa: ASYNC110  the database tells nobody
                    await asyncio.sleep(0.2)
        process.send_signal(signal.SIGTERM)
        await asyncio.wait_for(process.wait(), 15)
        took = monotonic() - began
    seen, again = set[str](), list[float]()
    for mail in host.received:
        if mail.id in seen:
            again.append(mail.at)
        seen.add(mail.id)
    twice = [sum(1 for at in again if start < at <= end) for start, end in pairwise([*kills, float("inf")])]
    table(
        f"mail: kill -9 of {2 * READERS:,} sends, {took:.0f} s",
        [("kill", *range(1, TIMES + 1), "all"), ("mails that came again", *twice, len(again))],
    )
    assert host.wrong == []
    assert counts == {"delivered": READERS}
    assert Counter(mail.to for mail in host.received if mail.id in seen).keys() == set(addresses)
    assert len(seen) == 2 * READERS
    assert sum(twice) == len(again)
    assert max(twice) <= CONNECTIONS


def _write(content: Path, title: str) -> None:
    day = datetime.now(UTC).date().isoformat()
    path = content / "bulletins" / f"{day}-ferry.yaml"
    path.with_suffix(".new").write_text(BULLETIN.format(day=day, title=title), encoding="utf-8")
    path.with_suffix(".new").rename(path)
