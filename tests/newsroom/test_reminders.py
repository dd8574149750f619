"""Reminders in the editors' chat of what waits for approval."""

import asyncio
from pathlib import Path

from sqlalchemy import select

from bot.db.schema import bulletins
from bot.newsroom.desk import REMIND_SECONDS, Edit, value_digest
from tests.clocks import MovedClock
from tests.newsroom.test_changes import ANNA, BUDI, NEW_ONE, Office, approved, delivered, drafted, folder, office

__all__ = ["folder", "office"]  # fixtures


class TestReminding:
    """What waits for approval longer than an hour."""

    async def test_once_in_total(self, office: Office, folder: Path, clock: MovedClock) -> None:
        """By whichever of two processes looks first, however often; a new request has a reminder of its own."""
        other = Office(office.store, folder, "two")
        change = await drafted(office)
        change = await office.desk.decide(change.id, change.version, "ask", ANNA)
        clock.forward(REMIND_SECONDS - 1)
        for desk in (office.desk, other.desk):
            await desk.remind()
        assert await reminders(office) == []
        clock.forward(1)
        await asyncio.gather(*(desk.remind() for desk in (office.desk, other.desk, office.desk)))
        again = Office(office.store, folder, "three")  # after a restart
        clock.forward(REMIND_SECONDS)
        await again.desk.remind()
        assert await reminders(office) == [f"review-change-{change.id}-{change.version}-reminder"]
        change = await office.desk.decide(change.id, change.version, "return", BUDI, "More.")
        body = value_digest("Fares fall.")
        saved = await office.desk.save(change.id, ANNA, [Edit(NEW_ONE, ("body", "en"), body, "Fares fall on Monday.")])
        asked = await office.desk.decide(change.id, saved.change.version, "ask", ANNA)
        await office.desk.remind()
        assert len(await reminders(office)) == 1
        clock.forward(REMIND_SECONDS)
        await office.desk.remind()
        assert len(await reminders(office)) == 2
        assert await delivered(office.store, f"review-change-{change.id}-{asked.version}-reminder") == ["due"]

    async def test_not_of_what_was_decided(self, office: Office, clock: MovedClock) -> None:
        """Whatever became of it."""
        await approved(office, await drafted(office))
        clock.forward(2 * REMIND_SECONDS)
        await office.desk.remind()
        assert await reminders(office) == []


async def reminders(office: Office) -> list[str]:
    async with office.store.database.read() as connection:
        names = (await connection.execute(select(bulletins.c.id).order_by(bulletins.c.id))).scalars().all()
    return [each for each in names if each.endswith("-reminder")]
