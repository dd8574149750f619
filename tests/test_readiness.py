"""How we are, said in words that help and tell no secret."""

from pathlib import Path

import pytest

from bot.dossier.loading import load
from bot.edition import Edition
from bot.metrics import Metrics
from bot.platforms.web.health import Condition
from bot.readiness import FRESH_SECONDS, LATE_SECONDS, Readiness, disk_warning
from bot.settings import read_settings
from bot.store.database import open_database
from bot.store.store import Store
from bot.store.tables import bulletins, deliveries, readers
from tests.clocks import MovedClock
from tests.conftest import TINY, TODAY

FLY = "FLY_APP_NAME"


async def put_delivery(store: Store, **values: object) -> None:
    """A bulletin, a reader, and a delivery of the one to the other."""
    async with store.database.write() as connection:
        row = {"id": "news", "revision": 1, "state": "published", "day": "2026-11-23", "topics": [], "urgent": False}
        await connection.execute(bulletins.insert().values(row | {"changed": 0.0}))
        reader = {"id": 1, "platform": "telegram", "chat_id": 5, "kind": "private", "met": 0.0}
        await connection.execute(readers.insert().values(reader))
        delivery = {"bulletin_id": "news", "reader_id": 1, "platform": "telegram", "wanted": 1, "created": 0.0}
        await connection.execute(deliveries.insert().values(delivery | {"state": "due", "due": 0.0} | values))


def readiness(store: Store, clock: MovedClock) -> Readiness:
    dossier = load(TINY, TODAY).dossier
    assert dossier is not None
    return Readiness(read_settings({}), Edition(dossier), store.database, Metrics(), clock=clock)


class TestQueue:
    """The oldest due delivery, and the last successful send."""

    async def test_nothing_waits(self, store: Store, clock: MovedClock) -> None:
        """And nothing was ever sent."""
        found = await readiness(store, clock).queue()
        assert found == Condition(True, "due: 0, oldest: 0 s, last successful send: never")

    async def test_late_ones_are_a_fault(self, store: Store, clock: MovedClock) -> None:
        """Somebody should be sending, and nobody does."""
        await put_delivery(store, due=clock() - 60)
        watch = readiness(store, clock)
        assert (await watch.queue()).ok
        clock.forward(LATE_SECONDS)
        assert await watch.queue() == Condition(False, "due: 1, oldest: 960 s, last successful send: never")

    async def test_last_send_is_told(self, store: Store, clock: MovedClock) -> None:
        """In seconds."""
        await put_delivery(store, state="delivered", sent=clock() - 42)
        assert (await readiness(store, clock).queue()).detail.endswith("last successful send: 42 s ago")

    async def test_one_reading_serves_everybody_for_a_while(self, store: Store, clock: MovedClock) -> None:
        """So that asking often costs nothing."""
        watch = readiness(store, clock)
        await watch.queue()
        await put_delivery(store, due=clock() - 60)
        assert "due: 0" in (await watch.queue()).detail
        clock.forward(FRESH_SECONDS)
        assert "due: 1" in (await watch.queue()).detail
        assert b'nota_queue_due{platform="telegram"} 1.0' in (await watch.collect())()

    async def test_what_is_sent_waits_no_longer(self, store: Store, clock: MovedClock) -> None:
        """Of each platform that runs something is known, and of a database that is away nothing is made up."""
        watch = readiness(store, clock)
        watch.platforms["discord"] = Condition(True)
        await put_delivery(store, due=clock() - 60)
        assert b'nota_queue_oldest_seconds{platform="telegram"} 60.0' in (await watch.collect())()
        async with store.database.write() as connection:
            await connection.execute(deliveries.update().values(state="delivered", sent=clock()))
        clock.forward(FRESH_SECONDS)
        shown = (await watch.collect())()
        assert b'nota_queue_due{platform="telegram"} 0.0' in shown
        assert b'nota_queue_oldest_seconds{platform="telegram"} 0.0' in shown
        assert b'nota_queue_due{platform="discord"} 0.0' in shown
        watch.database = open_database("postgresql://nota@127.0.0.1:1/nota?sslmode=disable")
        clock.forward(FRESH_SECONDS)
        assert b"nota_queue_due{" not in (await watch.collect())()


class TestState:
    """What the owners' desk is told."""

    async def test_all_of_it(self, store: Store, clock: MovedClock) -> None:
        """Faults with their names, the queue, errors, how long we have run."""
        await put_delivery(store, due=clock() - 60)
        watch = readiness(store, clock)
        watch.errors = lambda: {"a platform ended": 2}
        watch.platforms["discord"] = Condition(False, "the token is refused")
        clock.forward(100)
        state = await watch.state()
        assert state.faults == ("platforms: discord: the token is refused",)
        assert (state.due, state.oldest_seconds, state.last_sent_seconds) == (1, 160, None)
        assert (state.up_seconds, state.errors) == (100, {"a platform ended": 2})


class TestDatabase:
    """A database that is gone is said, and what needs none goes on."""

    async def test_gone(self, store: Store, clock: MovedClock) -> None:
        """Named without its password; the metrics are still there."""
        watch = readiness(store, clock)
        watch.database = open_database("postgresql://nota:sesame@127.0.0.1:1/nota?sslmode=disable")
        assert await watch.ledger() == Condition(False, "127.0.0.1:1/nota does not answer")
        assert not (await watch.queue()).ok
        assert (await watch.content()).ok
        assert b"nota_build" in (await watch.collect())()


class TestPlatforms:
    """One that failed is named with the reason."""

    async def test_failed(self, store: Store, clock: MovedClock) -> None:
        """The others are not blamed."""
        watch = readiness(store, clock)
        watch.platforms |= {"telegram": Condition(True), "discord": Condition(False, "the token is refused")}
        assert await watch.running() == Condition(False, "discord: the token is refused")


class TestDisk:
    """A PaaS's disk is thrown away, and SQLite with it."""

    @pytest.fixture
    def on_fly(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv(FLY, "nota")
        monkeypatch.chdir(Path(__file__).parents[1])

    @pytest.mark.usefixtures("on_fly")
    def test_sqlite_beside_the_code(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """In one line that says what to do."""
        said = disk_warning(read_settings())
        assert said is not None
        assert said.startswith("Fly throws this disk away")
        assert "set DATABASE_URL" in said
        assert "\n" not in said

    @pytest.mark.usefixtures("on_fly")
    @pytest.mark.parametrize("url", ["postgres://u:p@db/nota", "sqlite:////dev/shm/nota.sqlite3", "sqlite://"])
    def test_what_lasts_is_not_warned_of(self, monkeypatch: pytest.MonkeyPatch, url: str) -> None:
        """A PostgreSQL, a volume, or what was never meant to last."""
        monkeypatch.setenv("DATABASE_URL", url)
        assert disk_warning(read_settings()) is None

    def test_nor_is_a_machine_of_ones_own(self) -> None:
        """Its disk is kept."""
        assert disk_warning(read_settings({})) is None
