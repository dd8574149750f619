"""Mails of which nobody knows whether they arrived: whoever may have one hears that it was wrong."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest
from sqlalchemy import text

from bot.db.store import open_store
from bot.delivery.outcomes import Delivered, Outcome, Unreachable, may_have_arrived
from bot.delivery.worker import PAUSE_SECONDS, DeliveryWorker
from bot.platforms.email.addresses import parse_address, parse_url
from bot.platforms.email.api import MailServer
from bot.platforms.email.sender import MailSender, Writer
from bot.reader import Address
from bot.schedule import Subscription, Timing
from tests.clocks import MovedClock, until
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

    async def test_corrected_before_it_is_sent_once_more(self, desk: Desk) -> None:
        await desk.meet(ANN)
        desk.host.after_text[ANN] = ["close"]
        await desk.scene.publish(STORM)
        await desk.scene.publish(CALM)
        await desk.later()
        first, last = desk.host.to(ANN)
        assert last.message["In-Reply-To"] == first.id
        assert last.subject.startswith("Corrected: ")

    async def test_withdrawn_before_it_is_sent_once_more(self, desk: Desk) -> None:
        await desk.meet(ANN)
        desk.host.after_text[ANN] = ["close"]
        await desk.scene.publish(STORM)
        await desk.scene.publish(withdrawn(STORM))
        await desk.later()
        await desk.later()
        assert desk.subjects() == ["Storm.", "Withdrawn: Storm."]
        assert desk.host.received[1].message["In-Reply-To"] == desk.host.received[0].id

    @pytest.mark.slow
    @pytest.mark.parametrize("change", ["corrected", "withdrawn"])
    async def test_twice(self, desk: Desk, change: str) -> None:
        """Given up, and still corrected: the delivery is not called delivered, for nobody knows."""
        await desk.meet(ANN)
        desk.host.after_text[ANN] = ["close", "close"]
        await desk.scene.publish(STORM)
        await desk.later(hours=3)
        assert [row.state for row in await desk.scene.rows()] == ["failed"]
        await desk.scene.publish(CALM if change == "corrected" else withdrawn(STORM))
        await desk.later()
        *_, last = desk.subjects()
        assert len(desk.subjects()) == 3
        assert last.startswith("Corrected: " if change == "corrected" else "Withdrawn: ")

    async def test_nothing_more_after_unsubscribing(self, desk: Desk) -> None:
        ann = await desk.meet(ANN)
        desk.host.after_text[ANN] = ["close"]
        await desk.scene.publish(STORM)
        await desk.scene.store.subscriptions.remove(ann)
        await desk.later()
        assert desk.subjects() == ["Storm."]
        assert [(row.state, row.sent) for row in await desk.scene.rows()] == [("failed", None)]

    @pytest.mark.parametrize("is_new", [False, True])
    async def test_its_file_is_missing_for_a_while(self, desk: Desk, is_new: bool) -> None:
        """It comes once more when the file is back; not to one who has subscribed anew since."""
        ann = await desk.meet(ANN)
        desk.host.after_text[ANN] = ["close"]
        await desk.scene.publish(STORM)
        await desk.scene.publish()
        await desk.later()
        assert [(row.state, row.reason) for row in await desk.scene.rows()] == [("failed", "no file")]
        if is_new:
            await desk.scene.store.subscriptions.remove(ann)
            await desk.meet(ANN)
        await desk.scene.publish(STORM)
        await desk.later()
        assert len({mail.id for mail in desk.host.to(ANN)}) == 1
        assert desk.subjects() == ["Storm."] * (1 if is_new else 2)

    async def test_a_reader_who_is_suspended_meanwhile(self, desk: Desk) -> None:
        """It is not said that the mail arrived; the correction comes once the reader is back."""
        ann = await desk.meet(ANN)
        desk.host.after_text[ANN] = ["close"]
        await desk.scene.publish(STORM)
        await desk.scene.store.readers.suspend("mail", ann.chat_id, "the address takes no mail")
        assert [(row.state, row.sent) for row in await desk.scene.rows()] == [("failed", None)]
        await desk.scene.publish(CALM)
        await desk.scene.store.readers.restore("mail", ann.chat_id)
        await desk.later()
        first, last = desk.host.to(ANN)
        assert last.message["In-Reply-To"] == first.id

    @pytest.mark.slow
    async def test_a_digest(self, desk: Desk) -> None:
        """Of two bulletins one is corrected: that one is marked, and the other one comes once more."""
        await desk.meet(ANN, Subscription(None, Timing("daily", 9, zone="UTC")))
        desk.host.after_text[ANN] = ["close"]
        await desk.scene.publish(STORM, GALE)
        await desk.later()
        assert len(desk.subjects()) == 1
        await desk.scene.publish(CALM, GALE)
        await desk.later()
        assert {row.state for row in await desk.scene.rows()} == {"delivered"}
        assert any(subject.startswith("Corrected: ") for subject in desk.subjects())


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

    @pytest.mark.parametrize("said", ["421 4.3.2 going down", "554 5.7.1 relay access denied"])
    async def test_corrected_meanwhile(self, desk: Desk, said: str) -> None:
        await desk.meet(ANN)
        desk.host.replies[ANN].append(said)
        await desk.scene.publish(STORM)
        assert [row.message for row in await desk.scene.rows()] == [None]
        await desk.scene.publish(CALM)
        await desk.later()
        assert desk.subjects() == ["Calm."]

    async def test_withdrawn_meanwhile(self, desk: Desk) -> None:
        await desk.meet(ANN)
        desk.host.replies[ANN].append("450 4.2.0 greylisted")
        await desk.scene.publish(STORM)
        await desk.scene.publish(withdrawn(STORM))
        await desk.later()
        assert desk.subjects() == []

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


@pytest.mark.parametrize(
    "change",
    ["withdrawn", pytest.param("corrected", marks=pytest.mark.slow), pytest.param("none", marks=pytest.mark.slow)],
)
async def test_a_process_that_dies_while_a_mail_is_in_flight(desk: Desk, change: str) -> None:
    """The next process knows which mail may have arrived: the same once more, or what became of it."""
    await desk.meet(ANN)
    await desk.meet(BEN)
    desk.host.after_text[ANN] = ["hang"]
    desk.scene.clock.forward(seconds=PAUSE_SECONDS)
    await desk.scene.editor.publish(STORM)
    store = desk.scene.store
    dying = asyncio.create_task(DeliveryWorker(store, desk.scene.platform, "dying").run())
    await until(lambda: len(desk.host.received) == 2)
    # kill -9: nothing more is written in its name
    await until_recorded(desk)
    async with store.database.write() as connection:
        await connection.execute(text("UPDATE deliveries SET holder = 'dead' WHERE state = 'claimed'"))
    dying.cancel()
    await asyncio.gather(dying, return_exceptions=True)
    changed = {"none": STORM, "corrected": CALM, "withdrawn": withdrawn(STORM)}[change]
    await desk.scene.editor.publish(changed)
    await desk.scene.send_all("next")
    await desk.later()
    first, second = desk.host.to(ANN)
    assert len(desk.host.to(BEN)) == (1 if change == "none" else 2)
    if change == "none":
        assert first.id == second.id
    else:
        assert second.message["In-Reply-To"] == first.id
        assert second.subject.startswith("Corrected: " if change == "corrected" else "Withdrawn: ")


async def until_recorded(desk: Desk) -> None:
    """Until the one mail that was answered is recorded."""
    while sorted(row.state for row in await desk.scene.rows()) != ["claimed", "delivered"]:  # noqa: ASYNC110
        await asyncio.sleep(0.01)
