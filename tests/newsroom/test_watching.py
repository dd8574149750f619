"""The newsroom goes on looking for what is to be published, through outages of the database; a fault of ours ends it."""

import asyncio
from collections.abc import Callable

import pytest
import structlog.testing
from sqlalchemy.exc import DBAPIError

from bot.db.store import Store, open_store
from bot.dossier.loader import load
from bot.live_dossier import LiveDossier
from bot.newsroom.publisher import Newsroom, NewsroomWorker
from tests.conftest import TINY, TODAY
from tests.databases import PostgreSQL
from tests.servers.cable import cable


class Looks:
    """A newsroom that looks fifty times a second, and how often it did."""

    def __init__(self, store: Store) -> None:
        dossier = load(TINY, TODAY).dossier
        assert dossier is not None
        self.number = 0
        watching = NewsroomWorker(
            Newsroom(store),
            LiveDossier(dossier),
            self._proofread,
            lambda: None,
            self._looked,
            look_seconds=0.02,
        )
        self.task = asyncio.create_task(watching.run())

    async def _proofread(self) -> None:
        pass

    def _looked(self) -> None:
        self.number += 1

    async def more(self) -> None:
        """Until it looks again."""
        before = self.number
        await until(lambda: self.number > before)


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not holds():  # noqa: ASYNC110  a counter tells nobody
            await asyncio.sleep(0.01)


@pytest.mark.postgres
class TestWatching:
    """By a cable of ours."""

    async def test_an_outage_is_waited_for(self, postgresql: PostgreSQL) -> None:
        """It is said once, and afterwards it looks as before."""
        async with postgresql.database() as url, cable(url) as way, open_store(way.url) as store:
            looks = Looks(store)
            await looks.more()
            with structlog.testing.capture_logs() as said:
                way.pull()
                await asyncio.sleep(5)
                way.mend()
                await looks.more()
            events = [each["event"] for each in said if each["log_level"] != "info"]
            assert events == ["not compared yet, the database does not answer"]
            looks.task.cancel()
            await asyncio.gather(looks.task, return_exceptions=True)

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
