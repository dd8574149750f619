"""The newsroom compares the dossier with the ledger in one transaction, publishes what is due, and goes on through outages."""

import asyncio
from copy import copy
from datetime import date
from typing import Any

import pytest
import structlog.testing
from sqlalchemy import ColumnElement, select
from sqlalchemy.exc import DBAPIError, StatementError

from bot.db.engine import open_database
from bot.db.fan_out import HEAD_START, FanOut
from bot.db.outage import OUTAGE_SECONDS
from bot.db.schema import bulletin_texts, bulletins, deliveries, processes
from bot.db.store import Store, open_store
from bot.dossier.loader import load
from bot.dossier.models import Dossier
from bot.live_dossier import LiveDossier
from bot.newsroom.deploy import FORMER_SECONDS
from bot.newsroom.publisher import Holder, PublishReport
from bot.reader import Address
from tests.audiences import subscribe_all
from tests.clocks import MovedClock, until
from tests.conftest import TINY, TODAY, not_none
from tests.databases import PostgreSQL, reading
from tests.desk_scene import worker_on
from tests.editor import Editor, bulletin, compare, new_editor, utc, withdrawn
from tests.servers.cable import cable

ANN = Address("telegram", "1")


async def states(store: Store) -> dict[str, str]:
    async with store.database.read() as connection:
        return {row.id: row.state for row in await connection.execute(select(bulletins))}


async def count(store: Store) -> int:
    async with store.database.read() as connection:
        return len((await connection.execute(select(deliveries.c.id))).all())


async def imported(
    editor: Editor, live: Dossier, process: str, had: str = "", since: float | None = None
) -> PublishReport:
    """A look of a process at its files. ``since``: since when it has noted that it runs; None: since now."""
    now = await reading(editor.store, editor.store.database.moment)
    await editor.newsroom.note_in_use(live.tree, process)
    return await compare(editor.newsroom, live, holder=Holder(process, had, now if since is None else since))


class TestComparing:
    """All in one transaction, and only what differs."""

    async def test_what_is_there_at_the_very_first_start_is_history(self, store: Store) -> None:
        await subscribe_all(store, [1, 2])
        editor = Editor(store)
        await editor.publish(bulletin("old"))
        assert await count(store) == 0
        report = await editor.publish(bulletin("old"), bulletin("new"))
        assert report.published == {"2026-11-23-new": 2}
        assert await states(store) == {"2026-11-23-old": "history", "2026-11-23-new": "published"}

    async def test_a_first_start_without_bulletins_is_a_first_start(self, store: Store) -> None:
        await subscribe_all(store, [1])
        editor = await new_editor(store)
        assert (await editor.publish(bulletin("new"))).published == {"2026-11-23-new": 1}

    async def test_the_same_edition_is_not_compared_twice(self, store: Store) -> None:
        editor = await new_editor(store)
        live = editor.live(bulletin("ferry"))
        assert await compare(editor.newsroom, live)
        assert not await compare(editor.newsroom, live)

    async def test_a_process_that_still_holds_the_older_edition_undoes_nothing(
        self, store: Store, clock: MovedClock
    ) -> None:
        """However often it starts: the newer one is held by a process that lives, or dies and is back every nine minutes."""
        await subscribe_all(store, [1])
        editor = await new_editor(store)
        older, newer = editor.live(), editor.live(bulletin("ferry"))
        await imported(editor, older, "old")
        clock.forward(seconds=1)
        await imported(editor, newer, "new")
        for pause in (20, 20, 540, 540, 540):
            clock.forward(seconds=pause)
            assert (await imported(editor, older, "old, started again")).overtaken
            assert (await imported(editor, older, "old", since=1e4)).overtaken
            await editor.newsroom.note_in_use(newer.tree, "new")
        assert await states(store) == {"2026-11-23-ferry": "published"}

    async def test_after_an_outage_the_first_to_look_undoes_nothing(self, store: Store, clock: MovedClock) -> None:
        """No process could record that it runs. The one with the newer edition does so a moment later."""
        editor = await new_editor(store)
        older, newer = editor.live(withdrawn(bulletin("ferry"))), editor.live(bulletin("ferry"))
        for process, live in (("old", older), ("new", newer)):
            clock.forward(seconds=1)
            await imported(editor, live, process)
        clock.forward(seconds=2 * FORMER_SECONDS)
        assert (await imported(editor, older, "old", since=clock())).overtaken
        await editor.newsroom.note_in_use(newer.tree, "new")
        clock.forward(seconds=FORMER_SECONDS - 1)
        assert (await imported(editor, older, "old", since=0)).overtaken
        assert await states(store) == {"2026-11-23-ferry": "published"}

    async def test_a_release_that_is_rolled_back_is_believed(self, store: Store, clock: MovedClock) -> None:
        """Ten minutes after the last process with the newer one was there, also if its record was tidied away; or by an owner's word."""
        editor = await new_editor(store)
        older, newer = editor.live(withdrawn(bulletin("ferry"))), editor.live(bulletin("ferry"))
        await imported(editor, older, "old")
        clock.forward(seconds=1)
        await imported(editor, newer, "new")
        start = clock()
        clock.forward(seconds=FORMER_SECONDS - 1)
        assert await store.delete_old(processes) == 0
        assert (await imported(editor, older, "rolled back", since=start)).overtaken
        clock.forward(seconds=2)
        assert not (await imported(editor, older, "rolled back", since=start)).overtaken
        assert await states(store) == {"2026-11-23-ferry": "retracted"}
        assert not (await imported(editor, newer, "new, started again")).overtaken  # a later one, also when it returns
        await compare(editor.newsroom, older)  # an owner's word, which makes it the newest
        assert (await imported(editor, newer, "new, once more")).overtaken
        assert await states(store) == {"2026-11-23-ferry": "retracted"}

    async def test_a_file_that_is_put_back_is_believed_at_once(self, store: Store, clock: MovedClock) -> None:
        """Where no other process has what it held for a moment; of several, when the last of them has read it."""
        editor = await new_editor(store)
        older, newer = editor.live(withdrawn(bulletin("ferry"))), editor.live(bulletin("ferry"))
        for live in (older, newer):
            clock.forward(seconds=1)
            for process in ("one", "two"):
                await imported(editor, live, process)
        assert (await imported(editor, older, "one", had=newer.tree)).overtaken
        assert not (await imported(editor, older, "two", had=newer.tree)).overtaken
        assert await states(store) == {"2026-11-23-ferry": "retracted"}

    async def test_replicas_that_compare_at_once_publish_once(
        self, store: Store, database_url: str, clock: MovedClock
    ) -> None:
        await subscribe_all(store, range(1, 51))
        editor = await new_editor(store)
        live = editor.live(bulletin("ferry"))
        others = [Store(open_database(database_url, clock)) for _ in range(2)]
        presses = [editor, *(Editor(other) for other in others)]
        await asyncio.gather(*(compare(each.newsroom, live) for each in presses))
        assert await count(store) == 50
        for other in others:
            await other.database.close()

    async def test_an_old_process_that_starts_again_undoes_nothing(self, store: Store) -> None:
        """Its dossier was compared before; the new one goes on, whatever order they start in."""
        editor = await new_editor(store)
        old, new = editor.live(), editor.live(bulletin("ferry"))
        await compare(editor.newsroom, old)
        await compare(editor.newsroom, new)
        assert (await states(store)) == {"2026-11-23-ferry": "published"}

    async def test_each_revision_keeps_its_words(self, store: Store) -> None:
        editor = await new_editor(store)
        await editor.publish(bulletin("ferry"))
        await editor.publish(bulletin("ferry", "Ferries"))
        await editor.publish(withdrawn(bulletin("ferry")))
        async with store.database.read() as connection:
            rows = (await connection.execute(select(bulletin_texts).order_by(bulletin_texts.c.revision))).all()
        assert [(row.revision, row.language, row.retracted) for row in rows] == [
            (1, "en", False),
            (1, "id", False),
            (2, "en", False),
            (2, "id", False),
            (3, "en", True),
            (3, "id", True),
        ]

    async def test_nothing_is_kept_where_something_fails(self, store: Store) -> None:
        await subscribe_all(store, [1])
        editor = await new_editor(store)
        live = editor.live(bulletin("ferry"), bulletin("harbour"))
        object.__setattr__(live.bulletins["2026-11-23-harbour"], "topics", [object()])  # type: ignore[index]
        with pytest.raises(StatementError, match="JSON"):
            await compare(editor.newsroom, live)
        assert await states(store) == {}
        assert await count(store) == 0


class TestScheduling:
    """not_before."""

    async def test_waits_for_its_time(self, store: Store, clock: MovedClock) -> None:
        """And is published then, to who is subscribed then."""
        editor = await new_editor(store)
        later = bulletin("ferry", not_before=utc(2026, 11, 23, 15))
        assert not (await editor.publish(later)).published
        assert await editor.newsroom.store.bulletins.seconds_until_next() == 3 * 3600
        await subscribe_all(store, [1])
        clock.forward(hours=3)
        assert (await editor.publish_due()).published == {"2026-11-23-ferry": 1}
        assert not (await editor.publish_due()).published
        assert await editor.newsroom.store.bulletins.seconds_until_next() is None

    async def test_at_the_very_first_start_it_waits_for_its_time_too(self, store: Store, clock: MovedClock) -> None:
        """It is no history: it is sent to those who subscribe by then."""
        editor = Editor(store)
        later = bulletin("ferry", not_before=utc(2026, 11, 23, 15), day=date(2026, 1, 5))
        assert not (await editor.publish(bulletin("old"), later)).published
        assert await states(store) == {"2026-11-23-old": "history", "2026-01-05-ferry": "scheduled"}
        await subscribe_all(store, [1])
        clock.forward(hours=3, seconds=-1)
        assert not (await editor.publish_due()).published
        clock.forward(seconds=1)
        assert (await editor.publish_due()).published == {"2026-01-05-ferry": 1}

    async def test_another_time_holds_from_then_on(self, store: Store, clock: MovedClock) -> None:
        editor = await new_editor(store)
        await editor.publish(bulletin("ferry", not_before=utc(2026, 11, 25, 12)))
        await editor.publish(bulletin("ferry", not_before=utc(2026, 11, 23, 13)))
        clock.forward(hours=1)
        assert (await editor.publish_due()).published

    async def test_one_that_is_withdrawn_before_its_time_is_never_sent(self, store: Store, clock: MovedClock) -> None:
        await subscribe_all(store, [1])
        editor = await new_editor(store)
        await editor.publish(bulletin("ferry", not_before=utc(2026, 11, 23, 13)))
        await editor.publish(withdrawn(bulletin("ferry")))
        clock.forward(hours=2)
        assert not (await editor.publish_due()).published
        assert await count(store) == 0


class TestLargeAudiences:
    """Some get it while the others' deliveries are still being written; in the end each has one."""

    @pytest.mark.slow
    async def test_everyone_gets_one(self, store: Store) -> None:
        await subscribe_all(store, range(1, 2 * HEAD_START))
        editor = await new_editor(store)
        assert (await editor.publish(bulletin("ferry"))).published == {"2026-11-23-ferry": 2 * HEAD_START - 1}
        assert await count(store) == 2 * HEAD_START - 1
        assert await states(store) == {"2026-11-23-ferry": "published"}

    async def test_what_a_process_that_died_began_is_completed_by_the_next(
        self, store: Store, clock: MovedClock
    ) -> None:
        """The head start is committed, the bulletin still scheduled."""
        await subscribe_all(store, range(1, 2 * HEAD_START))
        editor = await new_editor(store)
        await editor.publish(bulletin("ferry", not_before=utc(2026, 11, 23, 13)))
        clock.forward(hours=1)
        await began(store, clock.now)
        assert await count(store) == HEAD_START
        assert await editor.newsroom.store.bulletins.seconds_until_next() == 0
        assert (await editor.publish_due()).published == {"2026-11-23-ferry": 2 * HEAD_START - 1}

    @pytest.mark.slow
    async def test_one_that_was_withdrawn_half_way_reaches_everyone_when_it_is_back(
        self, store: Store, clock: MovedClock
    ) -> None:
        await subscribe_all(store, range(1, 2 * HEAD_START))
        editor = await new_editor(store)
        ferry = bulletin("ferry", not_before=utc(2026, 11, 23, 13))
        await editor.publish(ferry)
        clock.forward(hours=1)
        await began(store, clock.now)
        await editor.publish()
        await editor.publish(ferry)
        async with store.database.read() as connection:
            found = (await connection.execute(select(deliveries.c.state))).scalars().all()
        assert found == ["due"] * (2 * HEAD_START - 1)


class TestParts:
    """However many readers there are, no statement lasts longer than a part of them takes: each delivery is in one part."""

    @pytest.mark.parametrize("number", [0, 1, 2, 3, 5])
    async def test_reaches_each_reader_once(self, store: Store, number: int) -> None:
        """Written, corrected and withdrawn, two readers a statement."""
        parts = copy(store)
        parts.fan_out = FanOut(store.database, readers_at_once=2)
        await subscribe_all(store, range(1, number + 1))
        editor = await new_editor(parts)
        assert (await editor.publish(bulletin("ferry"))).published == {"2026-11-23-ferry": number}
        await editor.publish(bulletin("ferry", title="Second ferry"))
        assert await found(store, deliveries.c.wanted) == [2] * number
        await editor.publish()
        assert await found(store, deliveries.c.state) == ["dropped"] * number
        await editor.publish(bulletin("ferry"))
        assert await found(store, deliveries.c.state) == ["due"] * number


async def found(store: Store, column: ColumnElement[Any]) -> list[Any]:
    async with store.database.read() as connection:
        return list((await connection.execute(select(column))).scalars())


async def began(store: Store, now: float) -> None:
    """A process died after it had written the first deliveries of a large audience."""
    async with store.database.write() as connection:
        for row in await store.bulletins.due(connection, now):
            await store.fan_out.begin(connection, row.id, row.revision, row.topics, row.urgent, now)


class Looks:
    """A newsroom that looks fifty times a second, and how often it did."""

    def __init__(self, store: Store) -> None:
        dossier = not_none(load(TINY, TODAY).dossier)
        self.number = self.failures = 0
        worker = worker_on(store, LiveDossier(dossier), on_poll=self._looked, sleep=self._sleep)
        self.task = asyncio.create_task(worker.run())

    async def _sleep(self, _: float) -> None:
        self.failures += 1
        await asyncio.sleep(0.02)

    def _looked(self, *_: str) -> None:
        self.number += 1

    async def more(self) -> None:
        """Until it looks again."""
        before = self.number
        await until(lambda: self.number > before)


@pytest.mark.postgres
class TestWatching:
    """By a cable of ours."""

    async def test_an_outage_is_waited_for(self, postgresql: PostgreSQL) -> None:
        """It is said once, and afterwards it looks as before."""
        async with postgresql.database() as url, cable(url) as way, open_store(way.url) as store:
            looks, clock = Looks(store), MovedClock()
            store.database.outage.clock = clock
            await looks.more()
            with structlog.testing.capture_logs() as said:
                way.pull()
                await until(lambda: looks.failures > 0)
                clock.forward(OUTAGE_SECONDS)
                failures = looks.failures
                await until(lambda: looks.failures > failures)
                way.mend()
                await looks.more()
            events = [each["event"] for each in said if each["log_level"] != "info"]
            assert events == ["the database does not answer"]
            looks.task.cancel()
            await asyncio.gather(looks.task, return_exceptions=True)

    @pytest.mark.slow
    async def test_a_fault_of_ours_is_raised(self, postgresql: PostgreSQL) -> None:
        """Whoever runs it logs it and begins again; until it looks, /readyz turns red."""
        async with postgresql.database() as url, open_store(url) as store:
            looks = Looks(store)
            await looks.more()
            try:
                await postgresql.execute("ALTER TABLE processes RENAME TO others", at=url)
                with pytest.raises(DBAPIError, match="processes"):
                    await looks.task
            finally:
                await postgresql.execute("ALTER TABLE others RENAME TO processes", at=url)
