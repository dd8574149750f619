"""Mails of which nobody knows whether they arrived: whoever may have one hears that it was wrong."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest

from bot.db.store import open_store
from bot.delivery.outcomes import Delivered, Outcome, Unreachable, may_have_arrived
from bot.platforms.email.addresses import parse_address, parse_url
from bot.platforms.email.api import MailServer
from bot.platforms.email.sender import MailSender, Writer
from bot.reader import Address
from bot.schedule import Subscription
from tests.clocks import MovedClock
from tests.databases import sqlite_url
from tests.delivery.scene import DeliveryScene
from tests.editor import bulletin, new_editor, withdrawn
from tests.servers.smtp import MailHost, mail_host

STORM, CALM, GALE = bulletin("storm", "Storm"), bulletin("storm", "Calm"), bulletin("gale", "Gale")
ANN, BEN = "ann@x.org", "ben@x.org"


@dataclass
class Desk:
    """A newsroom whose readers get mails."""

    scene: DeliveryScene
    host: MailHost
    server: MailServer

    async def meet(self, who: str, wanted: Subscription | None = None) -> Address:
        store = self.scene.store
        reader = await store.page_readers.meet("mail", who, {"address": who, "link": f"token-of-{who[:3]}"}, "en")
        await store.subscriptions.put(reader, wanted or Subscription())
        return reader

    async def later(self, **how_long: float) -> None:
        """Sends all that is due then."""
        self.scene.clock.forward(**(how_long or {"days": 1}))
        await self.scene.send_all()

    def subjects(self, who: str = ANN) -> list[str]:
        return [mail.subject for mail in self.host.to(who)]


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    async with opened() as desk:
        yield desk


@asynccontextmanager
async def opened() -> AsyncIterator[Desk]:
    clock, sender = MovedClock(), parse_address("nota@example.org")
    assert sender is not None
    async with mail_host() as host, open_store(sqlite_url(), clock) as store:
        editor = await new_editor(store)
        server = MailServer(parse_url(host.url), sender, MovedClock(), seconds=2.0)
        writer = Writer(
            sender, "", "https://nota.example", lambda: editor.tiny, lambda: datetime.fromtimestamp(clock.now, UTC)
        )
        scene = DeliveryScene(store, clock, editor)
        scene.platform = MailSender(server, writer, 6000)  # type: ignore[assignment]
        yield Desk(scene, host, server)
        await server.close()


class TestTheServerDidNotSay:
    """It has the text, and the connection ends."""

    @pytest.mark.slow
    async def test_the_same_mail_once_more(self, desk: Desk) -> None:
        await desk.meet(ANN)
        await desk.meet(BEN)
        desk.host.after_text[ANN] = ["close"]
        await desk.scene.publish(STORM)
        await desk.later()
        first, second = desk.host.to(ANN)
        assert first.id == second.id
        assert desk.subjects(BEN) == ["Storm."]
        assert [row.state for row in await desk.scene.rows()] == ["delivered", "delivered"]
        await desk.scene.publish(CALM)
        assert desk.host.to(ANN)[-1].message["In-Reply-To"] == first.id


@pytest.mark.slow
@pytest.mark.parametrize("other", ["corrected", "withdrawn"])
async def test_words_that_come_back_are_another_mail(desk: Desk, other: str) -> None:
    """Servers and mail programs keep one mail of each Message-ID."""
    await desk.meet(ANN)
    changed = CALM if other == "corrected" else withdrawn(STORM)
    for version in (STORM, changed, STORM, changed):
        await desk.scene.publish(version)
        await desk.later()
    assert len(desk.subjects()) == 4
    assert len({mail.id for mail in desk.host.received}) == 4


class TestItWasNotSent:
    """What is known not to have arrived is news, and no correction."""

    @pytest.mark.parametrize("at", ["greeting", "EHLO", "MAIL", "RCPT", "DATA"])
    @pytest.mark.parametrize("does", ["close", "hang"])
    async def test_the_server_never_asked_for_the_text(self, does: str, at: str) -> None:
        """However often it closes or hangs before, the mail is tried again."""
        moody = Moody(at, does)
        outcomes = await three_times(moody, b"x")
        assert [isinstance(each, Unreachable) and each.is_unsent for each in outcomes[:2]] == [True, True]
        assert outcomes[2] == Delivered("1@x.org")
        assert moody.texts == [text_with(b"x")]

    async def test_the_server_closes_in_the_middle_of_the_text(self) -> None:
        """No server may accept a text without its end, but nobody knows how much it has."""
        moody = Moody("text", "close")
        outcomes = await three_times(moody, LONG)
        assert [type(each) for each in outcomes] == [Unreachable, Unreachable, Delivered]
        assert all(map(may_have_arrived, outcomes))
        assert moody.texts == [text_with(LONG)]


LONG = b"x" * 400_000
"""More than the sockets take at once."""


def text_with(body: bytes) -> bytes:
    return b"Subject: x\r\n\r\n..\r\n" + body + b"\r\n.\r\n"


@dataclass
class Moody:
    """A server that twice ends a connection at a command, or says nothing more; and then takes what comes."""

    at: str
    does: str
    texts: list[bytes] = field(default_factory=list)
    left: int = 2

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if not await self._fails("greeting", reader):
            writer.write(b"220 mail.test\r\n")
            await self._converse(reader, writer)
        writer.close()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while line := await reader.readline():
            if await self._fails(line[:4].decode(), reader):
                return
            if line.startswith(b"DATA"):
                writer.write(b"354 go\r\n")
                if await self._fails("text", reader):
                    return
                self.texts.append(await reader.readuntil(b"\r\n.\r\n"))
            writer.write(b"250 mail.test\r\n")

    async def _fails(self, where: str, reader: asyncio.StreamReader) -> bool:
        if where != self.at or not self.left:
            return False
        self.left -= 1
        if where == "text":
            await reader.readexactly(1000)
        if self.does == "hang":
            await reader.read()
        return True


async def three_times(moody: Moody, body: bytes) -> list[Outcome]:
    """The outcomes of sending a mail three times."""
    sender, ann, clock = parse_address("nota@example.org"), parse_address(ANN), MovedClock()
    assert sender is not None
    assert ann is not None
    server = await asyncio.start_server(moody, "127.0.0.1", 0, limit=2**20)
    port = server.sockets[0].getsockname()[1]
    seconds = 0.2 if moody.does == "hang" else 5.0
    mail = MailServer(parse_url(f"smtp://127.0.0.1:{port}"), sender, clock, seconds=seconds)
    outcomes = []
    for _ in range(3):
        outcomes.append(await mail.send(ann, "1@x.org", b"Subject: x\n\n.\n" + body + b"\n"))
        clock.forward(60)  # the pause before the next attempt to connect
    await mail.close()
    server.close()
    return outcomes
