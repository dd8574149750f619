"""Rows that nothing needs any more are deleted: old readers, old messages to editors, old deliveries."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Text, cast, select, update

from bot.db.delivery_reports import delivery_history
from bot.db.retention import READER_DAYS, STORY_DAYS, prune_ledger
from bot.db.schema import REVIEW, bulletin_texts, bulletins, deliveries, dossier_versions
from bot.db.store import Store, open_store
from bot.dossier.models import Bulletin
from bot.reader import Address
from tests.audiences import subscribe_all
from tests.clocks import MovedClock
from tests.databases import reading, writing
from tests.editor import Editor, bulletin, new_editor, withdrawn

GONE, BACK = Address("telegram", "-1"), Address("telegram", "-2")
DAYS = 400
FERRY, PIER = bulletin("ferry", topics=["harbour"]), bulletin("pier", topics=["harbour"])


async def tidied_once(store: Store) -> None:
    rounds = 0

    async def sleep(_: float) -> None:
        nonlocal rounds
        rounds += 1
        if rounds > 1:
            raise asyncio.CancelledError

    await asyncio.gather(store.tidy(DAYS, sleep), return_exceptions=True)


def bytes_in(folder: Path) -> bytes:
    """Of all files: the database, and its log."""
    return b"".join(file.read_bytes() for file in folder.iterdir())


class TestTidy:
    """Once an hour."""

    async def test_readers_that_removed_us_are_deleted_after_30_days(self, store: Store, clock: MovedClock) -> None:
        """Other readers stay."""
        for address in (GONE, BACK):
            await store.readers.meet(address, "group")
        await store.readers.suspend("telegram", GONE.chat_id, "left")
        clock.forward(60, days=READER_DAYS)
        await tidied_once(store)
        assert await store.readers.get(GONE) is None
        assert await store.readers.get(BACK) is not None

    async def test_nothing_of_what_is_deleted_stays_in_the_files(self, tmp_path: Path) -> None:
        """Neither in the database nor in its log: a copy of the folder has nothing of who had everything deleted."""
        file = tmp_path / "nota.db"
        async with open_store(f"sqlite:///{file}") as store:
            for name in ("ann", "ben"):
                to = {"address": f"{name}@private.example"}
                address = await store.page_readers.meet("mail", f"{name}@private.example", to, "en")
            await store.readers.delete("mail", address.chat_id)
            await tidied_once(store)
            files = bytes_in(tmp_path)
        assert b"ann@private.example" in files
        assert b"ben@private.example" not in files

    async def test_messages_to_editors_are_deleted_after_30_days(self, store: Store, clock: MovedClock) -> None:
        """Bulletins for readers stay."""
        columns = {"language": "en", "day": "2026-11-23", "topics": [], "urgent": False}
        columns |= {"state": "published", "revision": 1}
        for name, origin in (("review-1-1", REVIEW), ("2026-11-23-wire-1", "wire")):
            await writing(store, store.bulletins.put, name, {**columns, "origin": origin}, [], clock.now)
        clock.forward(60, days=STORY_DAYS)
        await tidied_once(store)
        assert await reading(store, store.bulletins.get, "review-1-1") is None
        assert await reading(store, store.bulletins.get, "2026-11-23-wire-1") is not None

    async def test_deliveries_are_deleted_after_the_days_that_the_operator_set(self, ledger: "Ledger") -> None:
        """Not a day before."""
        await ledger.deliver(FERRY)
        ledger.clock.forward(days=DAYS - 1)
        await tidied_once(ledger.store)
        assert len(await ledger.rows()) == 3
        ledger.clock.forward(days=2)
        await tidied_once(ledger.store)
        assert await ledger.rows() == []


class Ledger:
    """A store with three subscribers, and a newsroom. What is published is delivered at once."""

    def __init__(self, store: Store, clock: MovedClock, editor: Editor) -> None:
        self.store, self.clock, self.editor = store, clock, editor

    async def deliver(self, *dossier: Bulletin, **columns: object) -> None:
        """Compares the dossier and marks everything that waits as sent, with these columns."""
        self.clock.forward(seconds=1)
        await self.editor.publish(*dossier)
        now = self.clock.now
        values = {
            "state": "delivered",
            "message": cast(deliveries.c.id, Text),
            "sent": now,
            "shown": deliveries.c.wanted,
        }
        async with self.store.database.write() as connection:
            waiting = update(deliveries).where(deliveries.c.state == "due")
            await connection.execute(waiting.values({**values, "language": "en", **columns}))

    async def change(self, bulletin_id: str, **columns: object) -> None:
        """Sets columns of a bulletin's deliveries."""
        async with self.store.database.write() as connection:
            of_it = update(deliveries).where(deliveries.c.bulletin_id == bulletin_id)
            await connection.execute(of_it.values(columns))

    async def prune(self, **options: int) -> int:
        return await prune_ledger(self.store.database, DAYS, **options)

    async def rows(self, statement: Any = None) -> Sequence[Any]:
        async with self.store.database.read() as connection:
            return (await connection.execute(select(deliveries) if statement is None else statement)).all()

    async def bulletins_with_deliveries(self) -> set[str]:
        return {row.bulletin_id for row in await self.rows()}


@pytest.fixture
async def ledger(store: Store, clock: MovedClock) -> Ledger:
    editor = await new_editor(store)
    await subscribe_all(store, [1, 2, 3])
    return Ledger(store, clock, editor)


class TestWhatIsDeleted:
    """Deliveries by the thousand; never a bulletin."""

    @pytest.mark.parametrize("batch", [1, 2, 100])
    async def test_all_of_them_however_many_fit_into_a_transaction(self, ledger: Ledger, batch: int) -> None:
        """Until nothing is left."""
        await ledger.deliver(FERRY)
        ledger.clock.forward(days=DAYS + 1)
        assert await ledger.prune(batch=batch) == 3
        assert await ledger.prune(batch=batch) == 0

    @pytest.mark.parametrize("state", ["failed", "dropped"])
    async def test_what_ended_otherwise(self, ledger: Ledger, state: str) -> None:
        """Failed and dropped deliveries count from when they were made."""
        await ledger.deliver(FERRY, state=state, message=None, sent=None)
        ledger.clock.forward(days=DAYS + 1)
        assert await ledger.prune() == 3

    async def test_earlier_revisions_and_dossiers(self, ledger: Ledger) -> None:
        """The latest of each stays."""
        await ledger.deliver(FERRY)
        await ledger.deliver(bulletin("ferry", "Ferries", topics=["harbour"]))
        ledger.clock.forward(days=DAYS + 1)
        await ledger.prune()
        assert {row.revision for row in await ledger.rows(select(bulletin_texts))} == {2}
        assert len(await ledger.rows(select(dossier_versions))) == 1

    async def test_a_dossier_goes_once_its_successor_is_old(self, ledger: Ledger) -> None:
        """It was in force until then: a process that restarts with it must not take it for a new one, and undo the successor."""
        await ledger.deliver(FERRY)
        ledger.clock.forward(days=DAYS + 1)
        await ledger.deliver(FERRY, bulletin("quay", day="2027-12-31"))
        await ledger.prune()
        assert len(await ledger.rows(select(dossier_versions))) == 2
        ledger.clock.forward(days=DAYS + 1)
        await ledger.prune()
        assert len(await ledger.rows(select(dossier_versions))) == 1


class TestWhatStays:
    """What a correction may still need."""

    async def test_what_waits(self, ledger: Ledger) -> None:
        """However old."""
        await ledger.editor.publish(FERRY)
        ledger.clock.forward(days=DAYS + 1)
        assert await ledger.prune() == 0

    async def test_what_was_sent_or_edited_lately(self, ledger: Ledger) -> None:
        """Though its bulletin is old."""
        await ledger.deliver(FERRY, sent=ledger.clock.now + 2 * 86400)
        await ledger.deliver(FERRY, PIER)
        await ledger.change(PIER.id, edited=ledger.clock.now + 2 * 86400)
        ledger.clock.forward(days=DAYS + 1)
        assert await ledger.prune() == 0

    async def test_a_bulletin_that_was_corrected_lately(self, ledger: Ledger) -> None:
        """Whoever saw other words in another language, too."""
        await ledger.deliver(FERRY, PIER)
        ledger.clock.forward(days=DAYS - 10)
        await ledger.deliver(bulletin("ferry", "Ferries", topics=["harbour"]), PIER)
        ledger.clock.forward(days=11)
        await ledger.prune()
        assert await ledger.bulletins_with_deliveries() == {FERRY.id}

    async def test_a_withdrawn_bulletin(self, ledger: Ledger) -> None:
        """Without its deliveries: its id and its revisions are used once. If the withdrawal is taken back, nobody gets it."""
        await ledger.deliver(FERRY)
        await ledger.deliver(withdrawn(FERRY))
        ledger.clock.forward(days=DAYS + 1)
        await ledger.prune()
        assert await ledger.rows() == []
        assert [(row.id, row.revision) for row in await ledger.rows(select(bulletins))] == [(FERRY.id, 2)]
        assert {row.revision for row in await ledger.rows(select(bulletin_texts))} == {2}
        assert (await ledger.editor.publish(FERRY)).published == {}
        assert await ledger.rows() == []

    async def test_a_dossier_that_a_process_holds(self, ledger: Ledger) -> None:
        """However long ago another one was compared."""
        await ledger.deliver(FERRY)
        await ledger.deliver(FERRY, PIER)
        old = (await ledger.rows(select(dossier_versions).order_by(dossier_versions.c.compared)))[0].version
        ledger.clock.forward(days=DAYS + 1)
        await writing(ledger.store, ledger.store.processes.note_version, "one", old)
        await ledger.prune()
        assert old in {row.version for row in await ledger.rows(select(dossier_versions))}

    async def test_what_shares_a_message_with_it(self, ledger: Ledger) -> None:
        """A digest is edited as a whole, so all its bulletins are needed."""
        await ledger.deliver(FERRY, PIER, digest=True, message=cast(deliveries.c.reader_id, Text))
        ledger.clock.forward(days=DAYS - 10)
        await ledger.deliver(
            bulletin("ferry", "Ferries", topics=["harbour"]), PIER, message=cast(deliveries.c.reader_id, Text)
        )
        ledger.clock.forward(days=11)
        assert await ledger.prune() == 0
        ledger.clock.forward(days=DAYS)
        assert await ledger.prune() == 6


class TestKnownStill:
    """A bulletin whose deliveries were deleted is not new, whatever happens to its file."""

    @pytest.fixture
    async def pruned(self, ledger: Ledger) -> Ledger:
        await ledger.deliver(FERRY)
        ledger.clock.forward(days=DAYS + 1)
        assert await ledger.prune() == 3
        return ledger

    async def sends_nothing(self, pruned: Ledger, *dossier: Bulletin, forced: tuple[str, ...] = ()) -> bool:
        report = await pruned.editor.publish(*dossier, forced=forced)
        return report.published == {} and await pruned.rows() == []

    async def test_with_other_bulletins_beside_it(self, pruned: Ledger) -> None:
        """Another version of the dossier is compared; nothing of this bulletin has changed."""
        report = await pruned.editor.publish(FERRY, bulletin("quay", day="2027-12-31"))
        assert [change.bulletin.id for change in report.changes] == ["2027-12-31-quay"]  # type: ignore[union-attr]
        assert await pruned.bulletins_with_deliveries() == {"2027-12-31-quay"}

    async def test_corrected_withdrawn_and_restored(self, pruned: Ledger) -> None:
        """There is no message to edit, and nobody gets one."""
        assert await self.sends_nothing(pruned, bulletin("ferry", "Ferries", topics=["harbour"]))
        assert await self.sends_nothing(pruned, withdrawn(FERRY))
        assert await self.sends_nothing(pruned, FERRY)
        assert await self.sends_nothing(pruned)
        assert await self.sends_nothing(pruned, FERRY)

    async def test_about_other_topics_and_of_a_later_day(self, pruned: Ledger) -> None:
        """Readers who had it are not taken for readers whom it concerns only now."""
        fresh = FERRY.model_copy(update={"topics": ["fare"], "date": bulletin("x", day="2027-12-31").date})
        assert await self.sends_nothing(pruned, fresh)

    async def test_sent_by_hand(self, pruned: Ledger) -> None:
        """`nota publish` does not send again what was published."""
        assert await self.sends_nothing(pruned, FERRY, forced=(FERRY.id,))

    async def test_with_an_embargo(self, pruned: Ledger) -> None:
        """It was published before."""
        assert await self.sends_nothing(pruned, FERRY.model_copy(update={"urgent": True}))

    async def test_left_out_of_why(self, pruned: Ledger) -> None:
        """Nobody can say any more what became of it."""
        assert await delivery_history(pruned.store.database, Address("telegram", "1")) == []
