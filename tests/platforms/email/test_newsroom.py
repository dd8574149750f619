"""The whole way by a process of its own: subscribed, delivered, corrected, withdrawn, unsubscribed; no address where none belongs."""

import asyncio
import json
import os
import re
import signal
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
import pytest

from tests.bot_process import free_port, until_up
from tests.clocks import until
from tests.fork_server import ROOT
from tests.servers.smtp import MailHost, Received, mail_host

ANN, BEN, NOBODY, EDITOR = (
    "ann.secret@example.net",
    "ben.secret@example.net",
    "nobody.secret@example.net",
    "ed.secret@example.com",
)


@dataclass
class Newsroom:
    """The process, its mail server, and what it printed."""

    host: MailHost
    folder: Path
    environment: dict[str, str]
    address: str
    printed: list[str] = field(default_factory=list)

    def bulletin(self, text: str, more: str = "") -> str:
        """Writes today's bulletin. Returns its id."""
        name = f"{datetime.now(UTC).date()}-storm"
        words = f"{{en: {text}, id: {text}}}"
        content = f"date: {name[:10]}\ntitle: {words}\nbody: {words}\ntopics: [fare]\nsources: [harbour]\n{more}"
        part = self.folder / "content" / "bulletins" / "storm.part"
        part.write_text(content, "utf-8")
        part.rename(self.folder / "content" / "bulletins" / f"{name}.yaml")
        return name

    async def mails(self, address: str, number: int) -> list[Received]:
        await until(lambda: len(self.host.to(address)) >= number, 60)
        return self.host.to(address)

    async def nota(self, *words: str) -> str:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "bot", *words), env=self.environment, cwd=self.folder, stdout=PIPE, stderr=PIPE
        )
        out, err = await asyncio.wait_for(process.communicate(), 60)
        assert process.returncode == 0, err.decode()
        self.printed.append(err.decode())
        return out.decode()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[aiohttp.ClientSession]:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "bot", "run"), env=self.environment, cwd=self.folder, stderr=PIPE
        )
        assert process.stderr is not None
        reading = asyncio.create_task(process.stderr.read())
        try:
            await until_up(self.address, process)
            async with aiohttp.ClientSession(self.address, cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
                yield session
        finally:
            process.send_signal(signal.SIGTERM)
            assert await asyncio.wait_for(process.wait(), 15) == 0
            self.printed.append((await reading).decode())


@pytest.fixture
async def newsroom(tmp_path: Path, folder: Path) -> AsyncIterator[Newsroom]:
    port = free_port()
    async with mail_host() as host:
        environment = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(ROOT),
            "CONTENT_DIR": str(folder),
            "HOST": "127.0.0.1",
            "PORT": str(port),
            "PUBLIC_URL": f"http://127.0.0.1:{port}",
            "DATABASE_URL": f"sqlite:///{tmp_path}/nota.sqlite3",
            "EMBEDDINGS": "off",
            "SMTP_URL": host.url,
            "MAIL_FROM": "bulletins@example.org",
            "MAIL_PER_MINUTE": "6000",
            "EDITORS": f"mail:{EDITOR}:approver",
            "OWNERS": f"mail:{EDITOR}",
            "METRICS_TOKEN": "sesame-sesame-sesame",
        }
        yield Newsroom(host, tmp_path, environment, f"http://127.0.0.1:{port}")
    assert host.wrong == []


async def subscribe(newsroom: Newsroom, session: aiohttp.ClientSession, address: str, language: str = "en") -> str:
    """Subscribes by the form and the mail. Returns the path of the settings."""
    form = {"platform": "mail", "address": address, "pace": "at_once"}
    async with session.post(f"/{language}/subscribe", data=form) as answer:
        assert answer.status == 200, await answer.text()
    (letter,) = await newsroom.mails(address, 1)
    link = letter.links[0].removeprefix(newsroom.address)
    async with session.post(link, data={}) as answer:
        assert answer.status == 200, await answer.text()
        return answer.url.path


def names_in(folder: Path) -> list[str]:
    return [file.name for file in folder.rglob("*")]


@pytest.mark.slow
class TestNewsroom:
    """By the process that an operator runs."""

    async def test_a_bulletin_s_life(self, newsroom: Newsroom, tmp_path: Path) -> None:
        await newsroom.nota("migrate")
        await newsroom.nota("publish")  # what is there already is history
        said = await newsroom.nota("publish", "2026-01-05-first-crossing", "--to", f"mail:{EDITOR}")
        assert "a try-out goes to" in said
        async with newsroom.running() as session:
            (trial,) = await newsroom.mails(EDITOR, 1)
            assert trial.message["List-Unsubscribe"] is None
            settings = await subscribe(newsroom, session, ANN)
            await subscribe(newsroom, session, BEN, "id")
            await subscribe(newsroom, session, NOBODY)
            newsroom.host.replies[NOBODY] = [f"550 5.1.1 <{NOBODY}>: no such user"] * 9
            name = newsroom.bulletin("Storm tonight")
            _, first = await newsroom.mails(ANN, 2)
            assert (first.subject, first.message["List-Unsubscribe-Post"]) == (
                "Storm tonight",
                "List-Unsubscribe=One-Click",
            )
            await newsroom.mails(BEN, 2)
            newsroom.bulletin("Storm tomorrow")
            *_, correction = await newsroom.mails(ANN, 3)
            assert correction.subject == "Corrected: Storm tomorrow"
            assert correction.message["In-Reply-To"] == first.id
            assert "Storm *tonight*" in correction.text
            assert "Storm *tomorrow*" in correction.text
            newsroom.bulletin(
                "Storm tomorrow", f"withdrawn: {{date: {name[:10]}, because: {{en: Calm, id: Tenang}}}}\n"
            )
            *_, withdrawal = await newsroom.mails(ANN, 4)
            assert withdrawal.subject == "Withdrawn: Storm tomorrow"
            assert withdrawal.message["In-Reply-To"] == correction.id
            await newsroom.mails(BEN, 4)
            async with session.get(settings) as answer:
                assert "Storm tomorrow" in await answer.text()
            async with session.post(f"{settings}/unsubscribe", data={"List-Unsubscribe": "One-Click"}) as answer:
                assert answer.status == 200
            await self._looked_at(session)
        assert len(newsroom.host.to(NOBODY)) == 1
        reports = [await newsroom.nota("deliveries", name), await newsroom.nota("deliveries", name, "--json")]
        assert "550 5.1.1" in reports[1]
        assert {each["platform"] for each in json.loads(reports[1])["counts"]} == {"mail"}
        await newsroom.nota("backup", "export", f"{tmp_path}/backup.jsonl")
        for text in (*reports, *newsroom.printed, *names_in(tmp_path)):
            assert "secret@" not in text
            assert "secret" not in text or "sesame" in text, text

    async def _looked_at(self, session: aiohttp.ClientSession) -> None:
        async with session.get("/readyz") as answer:
            assert "mail" in json.dumps(await answer.json())
        async with session.get("/metrics", headers={"Authorization": "Bearer sesame-sesame-sesame"}) as answer:
            metrics = await answer.text()
        assert 'platform="mail"' in metrics
        assert "secret" not in metrics

    async def test_an_editor_signs_in(self, newsroom: Newsroom) -> None:
        """By a link to an address of the settings; the page says the same to whoever types one."""
        await newsroom.nota("migrate")
        async with newsroom.running() as session:
            async with session.get("/desk") as answer:
                assert (answer.status, 'action="/desk/sign-in"' in await answer.text()) == (401, True)
            said = set()
            for typed in (EDITOR.title(), ANN, "nonsense"):
                async with session.post("/desk/sign-in", data={"address": typed}) as answer:
                    said.add(await answer.text())
                    assert answer.status == 200
            assert len(said) == 1
            (letter,) = await newsroom.mails(EDITOR, 1)
            assert letter.message["List-Unsubscribe"] is None
            link = next(each for each in letter.links if "/desk/enter/" in each)
            async with session.get(link) as answer:
                assert answer.status == 200
            async with session.post(link, data={}) as answer:
                assert (answer.status, answer.url.path) == (200, "/desk")
            async with session.post(link, data={}) as answer:
                assert answer.status == 410
            assert newsroom.host.to(ANN) == []
        assert not re.search("secret@", "".join(newsroom.printed))
