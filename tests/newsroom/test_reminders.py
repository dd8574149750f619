"""Reminders in the editors' chat of what waits for approval."""

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import select

from bot.db.schema import bulletins
from bot.dossier.entries import value_digest
from bot.dossier.markdown import Paragraph, plain
from bot.newsroom.desk import REMIND_SECONDS, Edit
from bot.replies.bulletins import from_json
from tests.clocks import MovedClock
from tests.conftest import not_none
from tests.databases import reading
from tests.newsroom.office import ANNA, BUDI, NEW_ONE, Office
from tests.newsroom.test_changes import office

__all__ = ["office"]  # fixtures


class TestReminding:
    """What waits for approval longer than an hour."""

    async def test_once_in_total(self, office: Office, folder: Path, clock: MovedClock) -> None:
        """By whichever of two processes looks first, however often; a new request has a reminder of its own."""
        other = Office(office.store, folder, clock, "two")
        change = await office.drafted()
        change = await office.asked(change)
        clock.forward(REMIND_SECONDS - 1)
        for desk in (office.desk, other.desk):
            await desk.remind()
        assert await reminders(office) == []
        clock.forward(1)
        await asyncio.gather(*(desk.remind() for desk in (office.desk, other.desk, office.desk)))
        again = Office(office.store, folder, clock, "three")  # after a restart
        clock.forward(REMIND_SECONDS)
        await again.desk.remind()
        [first] = await reminders(office)
        change = await office.desk.decide(change.id, change.version, "return", BUDI, "More.")
        body = value_digest("Fares fall.")
        saved = await office.desk.save(change.id, ANNA, [Edit(NEW_ONE, ("body", "en"), body, "Fares fall on Monday.")])
        await office.desk.decide(change.id, saved.change.version, "ask", ANNA)
        await office.desk.remind()
        assert len(await reminders(office)) == 1
        clock.forward(REMIND_SECONDS)
        await office.desk.remind()
        [second] = {*await reminders(office)} - {first}
        assert await office.delivered(second) == ["due"]

    @pytest.mark.slow
    async def test_of_a_second_request_for_the_same_text(self, office: Office, clock: MovedClock) -> None:
        """A return and a take-back raise no version. What is decided is no longer said to wait."""
        change = await office.drafted()
        change = await office.asked(change)
        clock.forward(REMIND_SECONDS)
        await office.desk.remind()
        [first] = await reminders(office)
        assert "Still waits for approval. Anna asked for it" in await says(office, first)
        change = await office.desk.decide(change.id, change.version, "return", BUDI, "More.")
        assert "Draft · Budi" in await says(office, first)
        change = await office.asked(change)
        clock.forward(REMIND_SECONDS)
        await office.desk.remind()
        [second] = {*await reminders(office)} - {first}
        await office.desk.decide(change.id, change.version, "approve", BUDI)
        assert "Approved · Budi" in await says(office, second)
        await office.wait()
        assert "In force · Nota" in await says(office, second)
        assert "Still waits" not in await says(office, first)

    async def test_not_of_what_was_decided(self, office: Office, clock: MovedClock) -> None:
        """Whatever became of it."""
        await office.approved()
        clock.forward(2 * REMIND_SECONDS)
        await office.desk.remind()
        assert await reminders(office) == []


async def reminders(office: Office) -> list[str]:
    async with office.store.database.read() as connection:
        names = (await connection.execute(select(bulletins.c.id).order_by(bulletins.c.id))).scalars().all()
    return [each for each in names if "-reminder" in each]


async def says(office: Office, name: str) -> str:
    """What a message says in English by now."""
    row = not_none(await reading(office.store, office.store.bulletins.get, name))
    text = not_none(await office.store.bulletins.text(name, row.revision, "en"))
    return "\n".join(plain(each.spans) for each in from_json(text.article).blocks if isinstance(each, Paragraph))
