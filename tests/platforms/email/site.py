"""The page with the form for e-mail, over HTTP, a mail server beside it, and a visitor without a script."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from bot.conversation import Conversation
from bot.db.store import Store
from bot.platforms.email.addresses import MailAddress, parse_address
from bot.platforms.email.platform import MAIL, MailSettings
from bot.platforms.platform import PageForm, Surroundings
from bot.platforms.web.addresses import SiteAddress
from bot.reader import Address
from bot.settings import read_settings
from tests.clocks import until
from tests.conftest import HERE
from tests.platforms.web.site import Site, serving
from tests.servers.smtp import MailHost, Received

TAMARO = HERE / "dossiers" / "tamaro-repair-act"
"""A dossier in three languages."""

PUBLIC = "https://nota.example"


def mail_settings(host: MailHost, **more: Any) -> MailSettings:
    given = {"smtp_url": host.url, "mail_from": "Nota <nota@example.org>", **more}
    return read_settings(given).of(MAIL)


def parsed(address: str) -> MailAddress:
    found = parse_address(address)
    assert found is not None
    return found


@dataclass
class Visit:
    """A browser without a script, and what it was shown last."""

    site: Site
    host: MailHost
    session: aiohttp.ClientSession
    status: int = 0
    page: str = ""
    path: str = ""
    fields: dict[str, str] = field(default_factory=dict)

    @property
    def store(self) -> Store:
        return self.site.preview.conversation.store

    async def get(self, path: str) -> str:
        return await self._take(self.session.get(path.removeprefix(PUBLIC)))

    async def post(self, path: str, **fields: Any) -> str:
        return await self._take(self.session.post(path.removeprefix(PUBLIC), data=fields))

    async def subscribe(self, address: str, language: str = "en", **fields: Any) -> str:
        given = {"platform": "mail", "address": address, "pace": "at_once"} | fields
        return await self.post(f"/{language}/subscribe", **given)

    async def letters(self, address: str, number: int = 1) -> list[Received]:
        """The mails to an address, once there are so many."""
        to = str(parsed(address))
        await until(lambda: len(self.host.to(to)) >= number)
        return self.host.to(to)

    async def confirm(self, address: str, language: str = "en", **fields: Any) -> Address:
        """Subscribes an address, reads the mail and presses the button of its page."""
        before = len(self.host.to(str(parsed(address))))
        await self.subscribe(address, language, **fields)
        *_, letter = await self.letters(address, before + 1)
        await self.post(letter.links[0])
        assert self.status == 200, self.page
        return await self.reader(address)

    async def reader(self, address: str) -> Address:
        found = await self.store.page_readers.find("mail", parsed(address).identity)
        assert found is not None
        return found

    async def _take(self, request: Any) -> str:
        async with request as answer:
            self.status, self.page, self.path = answer.status, await answer.text(), answer.url.path
        return self.page


@asynccontextmanager
async def visiting(host: MailHost) -> AsyncIterator[Visit]:
    """The site of a dossier in three languages."""

    def forms(conversation: Conversation) -> dict[str, tuple[str, PageForm]]:
        surroundings = Surroundings(PUBLIC, None, conversation)  # type: ignore[arg-type]  it makes no requests
        settings = mail_settings(host)
        form = MAIL.page_form(settings, surroundings, MAIL.start(settings, surroundings))
        assert form is not None
        return {"mail": (MAIL.label, form)}

    # links in mails have the public address; requests go to the loopback one
    async with (
        serving(TAMARO, forms=forms, address=SiteAddress()) as site,
        aiohttp.ClientSession(site.address) as session,
    ):
        yield Visit(site, host, session)
