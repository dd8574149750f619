"""A bulletin's life by the process that an operator runs, on each platform whose readers subscribe on the page; and nothing that is secret anywhere."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from sqlalchemy import select

from bot.db.schema import readers
from bot.platforms.webpush.api import public_key
from bot.platforms.webpush.types import PLATFORM
from tests.clocks import until
from tests.platforms.deployment import Deployment
from tests.platforms.webpush.conftest import KEY
from tests.servers.push_service import Browser, PushService, push_service
from tests.servers.smtp import MailHost, mail_host

TOKEN = "sesame-sesame-sesame"


@dataclass
class Readers:
    """The readers of one platform, by their names. ``corrected``: how a correction is called, ``gone``: what is said of one who takes nothing."""

    name: str
    site: Deployment
    corrected: str = "Correction: {}"
    gone: str = ""
    tester: str = "tester"

    def fields(self, who: str) -> dict[str, Any]:
        """What somebody fills in on the page."""
        raise NotImplementedError

    def titles(self, who: str) -> list[str]:
        """Of what came to somebody, the oldest first."""
        raise NotImplementedError

    def leaves(self, who: str) -> None:
        """Takes nothing from now on."""

    async def account(self) -> str:
        """Where ``tester`` can be reached."""
        raise NotImplementedError

    def secrets(self, who: str) -> list[str]:
        """What no log, report or metric may hold."""
        raise NotImplementedError

    async def subscribe(self, session: aiohttp.ClientSession, who: str, language: str = "en") -> str:
        """Subscribes on the page. Returns the path of the settings."""
        form = {"platform": self.name, "topics": "fare", "pace": "at_once", **self.fields(who)}
        async with session.post(f"/{language}/subscribe", data=form) as answer:
            assert answer.status == 200, await answer.text()
            return answer.url.path

    async def when(self, who: str, title: str) -> None:
        """Waits until that is the last that came."""
        await until(lambda: title in "".join(self.titles(who)[-1:]), 60)


@dataclass
class ByMail(Readers):
    host: MailHost = field(default_factory=MailHost)

    def address(self, who: str) -> str:
        return f"{who}.secret@example.net"

    def fields(self, who: str) -> dict[str, Any]:
        return {"address": self.address(who)}

    def titles(self, who: str) -> list[str]:
        return [mail.subject for mail in self.host.to(self.address(who))]

    def leaves(self, who: str) -> None:
        self.host.replies[self.address(who)] = [f"550 5.1.1 <{self.address(who)}>: no such user"] * 9

    async def account(self) -> str:
        return self.address(self.tester)

    def secrets(self, who: str) -> list[str]:
        return [self.address(who)]

    async def subscribe(self, session: aiohttp.ClientSession, who: str, language: str = "en") -> str:
        await super().subscribe(session, who, language)
        await until(lambda: self.titles(who))
        link = self.host.to(self.address(who))[-1].links[0].removeprefix(self.site.address)
        async with session.post(link, data={}) as answer:
            return answer.url.path


@dataclass
class ByPush(Readers):
    service: PushService = field(default_factory=PushService)
    browsers: dict[str, Browser] = field(default_factory=dict)

    def fields(self, who: str) -> dict[str, Any]:
        return self.browsers.setdefault(who, self.service.subscribe(public_key(KEY))).fields

    def titles(self, who: str) -> list[str]:
        return [pushed.notification["title"] for pushed in self.service.of(self.browsers[who])]

    def leaves(self, who: str) -> None:
        self.service.gone[self.browsers[who].endpoint] = 410

    async def account(self) -> str:
        async with self.site.store() as store, store.database.read() as connection:
            return str((await connection.execute(select(readers.c.chat).order_by(readers.c.id))).scalars().first())

    def secrets(self, who: str) -> list[str]:
        return [KEY, *self.browsers[who].fields.values()]


@dataclass
class ByPost(Readers):
    def fields(self, who: str) -> dict[str, Any]:
        return {"street": "Nowhere" if who == "gone" else f"{who} quay street"}

    def titles(self, who: str) -> list[str]:
        files = sorted((self.site.folder / "cards").glob("*.json"), key=lambda file: file.stat().st_mtime_ns)
        cards = [json.loads(file.read_text("utf-8")) for file in files]
        return [card["text"] for card in cards if card["to"] == self.fields(who)["street"]]

    async def account(self) -> str:
        return str(self.fields(self.tester)["street"])

    def secrets(self, who: str) -> list[str]:
        return [self.fields(who)["street"]]


@asynccontextmanager
async def by_mail(content: Path, folder: Path) -> AsyncIterator[Readers]:
    async with mail_host() as host:
        settings = {"SMTP_URL": host.url, "MAIL_FROM": "bulletins@example.org", "MAIL_PER_MINUTE": "6000"}
        site = Deployment(content, folder, settings)
        site.settings = settings | {
            "PUBLIC_URL": site.address,
            "METRICS_TOKEN": TOKEN,
            "EDITORS": "mail:tester.secret@example.net",
        }
        yield ByMail("mail", site, "Corrected: {}", "550 5.1.1", host=host)
    assert host.wrong == []


@asynccontextmanager
async def by_push(content: Path, folder: Path) -> AsyncIterator[Readers]:
    async with push_service() as service:
        settings = {"VAPID_KEY": KEY, "WEBPUSH_ALLOW": "127.0.0.1"}
        yield ByPush(PLATFORM, Deployment(content, folder, settings), gone="gone", tester="ann", service=service)
    assert service.broken == []


@asynccontextmanager
async def by_post(content: Path, folder: Path) -> AsyncIterator[Readers]:
    settings = {"POSTCARDS_FOLDER": str(folder / "cards")}
    yield ByPost("postcards", Deployment(content, folder, settings, "tests.platforms.postcards"), gone="no such street")


def names_in(folder: Path) -> list[str]:
    return [file.name for file in folder.rglob("*")]


@pytest.mark.slow
@pytest.mark.parametrize("platform", [by_mail, by_push, by_post], ids=lambda each: each.__name__)
async def test_from_the_form_to_the_backup(platform: Any, folder: Path, tmp_path: Path) -> None:
    """Subscribed, tried out, sent, corrected, withdrawn, looked at by its reader and by operators, deleted, backed up."""
    async with platform(folder, tmp_path) as at:
        site = at.site
        await site.nota("migrate")
        await site.nota("publish")  # what is there already is history
        async with site.running() as session:
            ann = await at.subscribe(session, "ann")
            budi = await at.subscribe(session, "budi", "id")
            account = await at.account()
            tried = await site.nota("publish", "2026-01-05-first-crossing", "--to", f"{at.name}:{account}")
            assert f"a try-out goes to {at.name}:" in tried
            await at.when(at.tester, "rossing")
            assert not any("rossing" in title for title in at.titles("budi"))
            await at.subscribe(session, "gone")
            at.leaves("gone")
            name = site.write("Storm tonight")
            for who in ("ann", "budi"):
                await at.when(who, "Storm tonight")
            site.write("Storm tomorrow")
            await at.when("ann", at.corrected.format("Storm tomorrow"))
            await at.when("budi", "Storm tomorrow")
            site.withdraw("Storm tomorrow")
            await at.when("ann", "Withdrawn: Storm tomorrow")
            await at.when("budi", "Storm tomorrow")
            async with session.get(ann) as answer:
                assert "Storm tomorrow" in await answer.text()
            async with session.get("/readyz") as answer:
                ready = json.dumps(await answer.json())
            async with session.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"}) as answer:
                metrics = await answer.text()
            assert at.name in ready
            assert [line for line in metrics.splitlines() if f'platform="{at.name}"' in line and line.endswith(".0")]
            report = await site.nota("deliveries", name, "--json")
            counts = {(each["platform"], each["state"]) for each in json.loads(report)["counts"]}
            assert counts == {(at.name, "delivered"), (at.name, "failed")}
            assert at.gone in report
            report += await site.nota("deliveries", name)
            async with session.post(f"{budi}/unsubscribe", data={"List-Unsubscribe": "One-Click"}) as answer:
                assert answer.status == 200
            async with session.post(ann, data={"do": "delete", "sure": "1"}) as answer:
                assert "is deleted" in await answer.text()
            async with session.get(ann) as answer:
                assert answer.status == 410
        backup = await site.nota("backup", "export", "-")
        await site.ended()
        assert all(secret in backup for secret in at.secrets("budi") if secret != KEY)
        assert not any(secret in backup for secret in at.secrets("ann"))
        said = "".join([ready, metrics, report, *site.printed, *names_in(tmp_path)])
        assert not any(secret in said for who in ("ann", "budi", "gone") for secret in at.secrets(who))
        assert len(at.titles("budi")) <= 4
