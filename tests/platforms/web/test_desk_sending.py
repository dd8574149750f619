"""The step in which a bulletin is sent: first to the editor alone, then at a time that suits what else goes out."""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import func, select

from bot.db.changes import Person
from bot.db.schema import deliveries
from bot.db.store import Store
from bot.delivery.outcomes import Outcome
from bot.delivery.sender import OutgoingMessage
from bot.dossier.entries import Key
from bot.dossier.models import Language
from bot.newsroom.change_rules import Rules
from bot.reader import Address
from bot.replies.reply import Reply
from tests.clocks import MovedClock
from tests.platforms.telegram.test_sender import sending
from tests.platforms.web.desk_site import ANNA, BUDI, NEW, TEXTS, Newsdesk, served_desk
from tests.servers.telegram import BotApi, bot_api

MAIL = Person("mail:cara@example.org", "Cara", Language("en"))


@dataclass
class Desk:
    """A desk whose bot is on Telegram alone, and Telegram."""

    newsdesk: Newsdesk
    api: BotApi

    async def ledger(self) -> tuple[int, int]:
        """How many bulletins and deliveries it has beside those of the files."""
        async with self.newsdesk.store.database.read() as connection:
            names = await self.newsdesk.store.bulletins.names(connection)
            rows = (await connection.execute(select(func.count()).select_from(deliveries))).scalar_one()
        return len([each for each in names if "first-crossing" not in each]), rows


@pytest.fixture
async def at(store: Store, folder: Path, clock: MovedClock) -> AsyncIterator[Desk]:
    """Two who decide and one who signs in by mail, which is off."""
    people = (ANNA.account, BUDI.account, MAIL.account)
    async with bot_api() as api, sending(api) as sender:

        async def write_to(user: str, reply: Reply) -> Outcome:
            return await sender.send(Address("telegram", user), OutgoingMessage(reply, "key"))

        senders = {"telegram": write_to}
        async with served_desk(store, folder, clock, people, Rules(needs_two=True), senders=senders) as newsdesk:
            yield Desk(newsdesk, api)


class TestToTheEditorFirst:
    """What readers would get, by the function that sends it to them."""

    async def test_each_in_their_own_language_and_chat(self, at: Desk) -> None:
        """While it is written, and while it waits for the other; the ledger counts nothing."""
        anna, budi = await at.newsdesk.signed_in(ANNA), await at.newsdesk.signed_in(BUDI)
        before = await at.ledger()
        await anna.send("new")
        status, page = await anna.fill(1, TEXTS, "try-out")
        assert (status, "marked as a try-out. Nobody else got it." in page) == (200, True)
        await anna.ask(1)
        await budi.press(1, "try-out")  # not a decision
        await budi.send("1/try-out", version="0")
        sent = [(each["chat_id"], each["text"].split("\n")[0]) for each in at.api.of("sendMessage")]
        assert sent == [(1, "<b>🧪 Try-out: Fares fall</b>"), (2, "<b>🧪 Uji coba: Tarif turun</b>")]
        assert await at.ledger() == before
        assert (await at.newsdesk.change()).state == "review"

    async def test_what_cannot_be_sent_is_said_and_what_was_typed_is_saved(self, at: Desk) -> None:
        """An empty bulletin, and somebody who never wrote to the bot."""
        anna = await at.newsdesk.signed_in(ANNA)
        await anna.send("new")
        assert "it needs a title and a text" in (await anna.send("1/try-out"))[1]
        at.api.fault("sendMessage", 403, "Forbidden: bot can't initiate conversation with a user")
        status, page = await anna.fill(1, TEXTS, "try-out")
        assert (status, "Write to the bot first" in page) == (409, True)
        assert (await at.newsdesk.bulletin())["title"] == {"en": "Fares fall", "id": "Tarif turun"}

    async def test_nobody_is_offered_what_their_platform_cannot_do(self, at: Desk) -> None:
        cara = await at.newsdesk.signed_in(MAIL)
        await cara.send("new")
        assert "try-out" not in await cara.see("/1")
        assert (await cara.fill(1, TEXTS, "try-out"))[0] == 409


async def test_the_week_shows_what_else_goes_out(at: Desk) -> None:
    """On the office's days, with this change among it; not what is further off."""
    desk, now = at.newsdesk.desk, await at.newsdesk.desk.now()
    anna = await at.newsdesk.signed_in(ANNA)
    for number, (title, days) in enumerate((("Talks", 2), ("", 1), ("Far off", 20)), start=1):
        await desk.create(ANNA, title, {Key(NEW): {}}, planned=now + days * 86400)
        assert f'href="/desk/{number}"' not in await anna.see(f"/{number}")
    page = await anna.see("/2")
    week = re.findall(r"<li><b>.*?</li>", page[page.index('<ol class="week"') :], re.DOTALL)[:7]
    shown = [re.sub(r"<[^>]*>|\d\d:\d\d", "", each.partition("</b>")[2]).strip() for each in week]
    assert shown == ["–", "this change", "Talks", "–", "–", "–", "–"]
