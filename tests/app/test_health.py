"""How we are, said in words that help and tell no secret."""

import asyncio
from dataclasses import replace
from functools import partial
from pathlib import Path
from time import monotonic

import pytest
from sqlalchemy import Engine, event

from bot.app.health import (
    FRESH_SECONDS,
    MAX_COMPARISON_AGE_SECONDS,
    STALLED_SECONDS,
    WRITE_SECONDS,
    Readiness,
    disk_warning,
)
from bot.db.changes import WAITS, ChangedEntry, confirmation_of
from bot.db.engine import open_database
from bot.db.schema import bulletins, deliveries, readers
from bot.db.store import Store, open_store
from bot.dossier.entries import Key
from bot.dossier.loader import load
from bot.embeddings import Embeddings, LocalModel
from bot.live_dossier import LiveDossier
from bot.metrics import Metrics
from bot.newsroom.publisher import many_notice
from bot.platforms.web.app import CheckResult
from bot.settings import read_settings
from tests.audiences import subscribe_all
from tests.clocks import MovedClock
from tests.conftest import TINY, TODAY, Edit, not_none
from tests.databases import PostgreSQL, writing
from tests.servers.cable import cable

FLY = "FLY_APP_NAME"
LEASE = "telegram:1"


async def put_delivery(store: Store, **values: object) -> None:
    """A bulletin, a reader, and a delivery of the one to the other; somebody sends, or did."""
    await store.leases.read(LEASE)
    async with store.database.write() as connection:
        row = {"id": "news", "revision": 1, "state": "published", "day": "2026-11-23", "topics": [], "urgent": False}
        await connection.execute(bulletins.insert().values(row | {"changed": 0.0}))
        reader = {"id": 1, "platform": "telegram", "chat": "5", "thread": "0", "kind": "private", "first_seen": 0.0}
        await connection.execute(readers.insert().values(reader))
        delivery = {"bulletin_id": "news", "reader_id": 1, "platform": "telegram", "wanted": 1, "created": 0.0}
        await connection.execute(deliveries.insert().values(delivery | {"state": "due", "due": 0.0} | values))


def readiness(store: Store, clock: MovedClock) -> Readiness:
    dossier = not_none(load(TINY, TODAY).dossier)
    watch = Readiness(read_settings({}), LiveDossier(dossier), store, Metrics(), clock=clock)
    watch.platforms["telegram"] = CheckResult(True)
    return watch


async def deliver(store: Store) -> None:
    """Somebody delivers something."""
    await store.leases.take(LEASE, "one", await store.leases.read(LEASE))
    await store.leases.renew(LEASE, "one", delivered=True)


class TestQueue:
    """What waits, for how long, and when something was delivered last."""

    async def test_nothing_waits(self, store: Store, clock: MovedClock) -> None:
        """And nothing was ever sent."""
        assert await readiness(store, clock).check_queue() == CheckResult(True, "")

    async def test_sending_is_stopped_on_a_platform(self, store: Store, clock: MovedClock) -> None:
        """It says why, at /readyz and under /status, until somebody starts it."""
        await put_delivery(store, due=clock() - 60)
        watch = readiness(store, clock)
        await store.safeguards.halt("telegram", "1", "Nota: 20 of the last 20 readers are gone")
        said = await watch.check_queue()
        assert said.ok
        assert said.detail.startswith("sending on telegram was stopped on ")
        assert "by Nota: 20 of the last 20 readers are gone; nothing is lost." in said.detail
        status = await watch.status()
        assert (status.is_stopped, status.is_all_stopped) == (True, False)
        assert status.warnings == (f"queue: {said.detail}",)
        await store.safeguards.start()
        assert not (await watch.status()).is_stopped

    async def test_nobody_sends(self, store: Store, clock: MovedClock) -> None:
        """Though something has been due for long."""
        await put_delivery(store, due=clock() - 60)
        watch = readiness(store, clock)
        assert (await watch.check_queue()).ok
        clock.forward(STALLED_SECONDS)
        said = "telegram: 1 due, the oldest for 960 s, last delivery: never"
        assert await watch.check_queue() == CheckResult(False, said)

    async def test_a_long_bulletin_on_its_way(self, store: Store, clock: MovedClock) -> None:
        """40,000 readers at 30 a second take 22 minutes; as long as it goes on, all is well."""
        await put_delivery(store, due=clock())
        watch = readiness(store, clock)
        clock.forward(STALLED_SECONDS + 60)
        await deliver(store)
        clock.forward(5)
        said = "telegram: 1 due, the oldest for 965 s, last delivery: 5 s ago"
        assert await watch.check_queue() == CheckResult(True, said)
        clock.forward(STALLED_SECONDS)
        assert not (await watch.check_queue()).ok

    @pytest.mark.parametrize("state", ["due", "retry", "claimed"])
    async def test_what_was_claimed_waits_too(self, store: Store, clock: MovedClock, state: str) -> None:
        """A sender that hangs holds a few hundred."""
        await put_delivery(store, state=state, due=clock() - STALLED_SECONDS)
        assert not (await readiness(store, clock).check_queue()).ok

    @pytest.mark.parametrize(("state", "seconds"), [("due", 60), ("delivered", -60), ("failed", -60)])
    async def test_what_is_held_or_over_does_not(
        self, store: Store, clock: MovedClock, state: str, seconds: float
    ) -> None:
        """A digest of tomorrow morning is due then."""
        await put_delivery(store, state=state, due=clock() + seconds)
        assert await readiness(store, clock).check_queue() == CheckResult(True, "")

    async def test_stopped_on_purpose(self, store: Store, clock: MovedClock) -> None:
        """That is no fault, however long it lasts."""
        await put_delivery(store, due=clock() - STALLED_SECONDS)
        await store.safeguards.stop("telegram:1")
        watch = readiness(store, clock)
        found = await watch.check_queue()
        assert found.ok
        assert "all sending was stopped on 2026-11-23 at 12:00 UTC by telegram:1; nothing is lost" in found.detail
        status = await watch.status()
        assert (status.is_stopped, status.faults) == (True, ())
        assert "all sending was stopped" in str(status.warnings)

    async def test_urgent_ones_wait_since_they_were_made(self, store: Store, clock: MovedClock) -> None:
        """They are due since ever."""
        await put_delivery(store, due=0.0, created=clock() - 30)
        watch = readiness(store, clock)
        assert await watch.check_queue() == CheckResult(
            True, "telegram: 1 due, the oldest for 30 s, last delivery: never"
        )
        clock.forward(STALLED_SECONDS)
        assert not (await watch.check_queue()).ok

    async def test_another_platforms_progress_is_its_own(self, store: Store, clock: MovedClock) -> None:
        """Telegram's deliveries do not excuse Discord."""
        await put_delivery(store, platform="discord", due=clock() - STALLED_SECONDS)
        await store.leases.read("discord:1")
        await deliver(store)
        watch = readiness(store, clock)
        watch.platforms["discord"] = CheckResult(True)
        found = await watch.check_queue()
        assert not found.ok
        assert found.detail.startswith("discord: 1 due")

    async def test_a_platform_that_was_given_up(self, store: Store, clock: MovedClock) -> None:
        """Whoever takes its token away leaves deliveries that nobody here is to make."""
        await put_delivery(store, due=clock() - STALLED_SECONDS)
        watch = readiness(store, clock)
        del watch.platforms["telegram"]
        assert (await watch.check_queue()).ok

    async def test_one_reading_serves_everybody_for_a_while(self, store: Store, clock: MovedClock) -> None:
        """So that asking often costs nothing."""
        watch = readiness(store, clock)
        await watch.check_queue()
        await put_delivery(store, due=clock() - 60)
        assert (await watch.check_queue()).detail == ""
        clock.forward(FRESH_SECONDS)
        assert "1 due" in (await watch.check_queue()).detail
        assert b'nota_queue_due{platform="telegram"} 1.0' in (await watch.collect())()

    async def test_what_is_sent_waits_no_longer(self, store: Store, clock: MovedClock) -> None:
        """Of each platform that runs something is known, and of a database that is away nothing is made up."""
        watch = readiness(store, clock)
        watch.platforms["discord"] = CheckResult(True)
        await put_delivery(store, due=clock() - 60)
        assert b'nota_queue_oldest_seconds{platform="telegram"} 60.0' in (await watch.collect())()
        async with store.database.write() as connection:
            await connection.execute(deliveries.update().values(state="delivered", sent=clock()))
        clock.forward(FRESH_SECONDS)
        shown = (await watch.collect())()
        assert b'nota_queue_due{platform="telegram"} 0.0' in shown
        assert b'nota_queue_oldest_seconds{platform="telegram"} 0.0' in shown
        assert b'nota_queue_due{platform="discord"} 0.0' in shown
        await store.safeguards.stop("telegram:1")
        clock.forward(FRESH_SECONDS)
        assert b'nota_sending_stopped_seconds{what="all sending"} 5.0' in (await watch.collect())()
        watch.store = Store(open_database("postgresql://nota@127.0.0.1:1/nota?sslmode=disable"))
        clock.forward(FRESH_SECONDS)
        shown = (await watch.collect())()
        assert b"nota_queue_due{" not in shown
        assert b"nota_sending_stopped_seconds{" not in shown
        assert b'nota_platform_up{platform="discord"} 1.0' in shown


class TestState:
    """What /status shows."""

    async def test_all_of_it(self, store: Store, clock: MovedClock) -> None:
        """Faults with their names, the queue, errors, how long we have run."""
        await put_delivery(store, due=clock() - 60)
        watch = readiness(store, clock)
        watch.errors = lambda: {"a platform ended": 2}
        watch.platforms["discord"] = CheckResult(False, "the token is refused")
        clock.forward(100)
        state = await watch.status()
        assert state.faults == ("platforms: discord: the token is refused",)
        assert (state.due, state.oldest_seconds, state.last_sent_seconds) == (1, 160, None)
        assert (state.up_seconds, state.errors) == (100, {"a platform ended": 2})


class TestDatabase:
    """A database that is gone, or takes nothing, is said, and what needs none goes on."""

    async def test_gone(self, store: Store, clock: MovedClock) -> None:
        """Without its host and its name, which are nobody's business; the metrics are still there."""
        watch = readiness(store, clock)
        watch.store = Store(open_database("postgresql://nota:sesame@127.0.0.1:1/nota?sslmode=disable"))
        assert await watch.check_database() == CheckResult(False, "does not answer")
        assert not (await watch.check_queue()).ok
        assert (await watch.check_content()).ok
        assert b"nota_build" in (await watch.collect())()

    async def test_well(self, store: Store, clock: MovedClock) -> None:
        """It answers, and keeps what is written."""
        assert await readiness(store, clock).check_database() == CheckResult(True)

    @pytest.mark.postgres
    async def test_read_only(self, postgresql: PostgreSQL, clock: MovedClock) -> None:
        """As a standby, or a provider's answer to a disk that is full."""
        async with postgresql.database() as url, open_store(url, clock) as store:
            watch = readiness(store, clock)
            assert (await watch.check_database()).ok
            name = url.partition("?")[0].rpartition("/")[2]
            await self._alter(postgresql, name, "SET default_transaction_read_only = on")
            try:
                clock.forward(FRESH_SECONDS)
                await watch.check_database()  # finds its connections cut
                clock.forward(FRESH_SECONDS)
                assert await watch.check_database() == CheckResult(False, "refuses writes")
            finally:
                await self._alter(postgresql, name, "RESET default_transaction_read_only")
            clock.forward(FRESH_SECONDS)
            await watch.check_database()
            clock.forward(FRESH_SECONDS)
            assert (await watch.check_database()).ok

    async def _alter(self, postgresql: PostgreSQL, name: str, change: str) -> None:
        cut = f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"
        await postgresql.execute(f"ALTER DATABASE {name} {change}", cut)

    @pytest.mark.slow
    async def test_somebody_writes_for_long(self, clock: MovedClock, tmp_path: Path) -> None:
        """A large bulletin's readers are no fault; a lock that is never given up is one."""
        async with open_store(f"sqlite:///{tmp_path}/one.sqlite3", clock) as one:
            watch = readiness(one, clock)
            async with one.database.write():
                assert (await watch.check_database()).ok
                clock.forward(WRITE_SECONDS)
                assert await watch.check_database() == CheckResult(False, "refuses writes")
            clock.forward(FRESH_SECONDS)
            assert (await watch.check_database()).ok

    async def test_asked_many_times_a_second(self, store: Store, clock: MovedClock) -> None:
        """It is read and written once in five seconds."""
        watch = readiness(store, clock)
        executed: list[str] = []
        note = partial(_note, executed)
        event.listen(Engine, "before_cursor_execute", note)
        try:
            await asyncio.gather(
                *(ask() for _ in range(50) for ask in (watch.check_queue, watch.check_database, watch.collect))
            )
        finally:
            event.remove(Engine, "before_cursor_execute", note)
        assert 0 < len([each for each in executed if not each.startswith("BEGIN")]) <= 7


def _note(executed: list[str], _connection: object, _cursor: object, statement: str, *_: object) -> None:
    executed.append(statement)


class TestNewsroom:
    """Whoever publishes says that it still does."""

    async def test_stopped(self, store: Store, clock: MovedClock) -> None:
        """Silent for minutes."""
        watch = readiness(store, clock)
        clock.forward(MAX_COMPARISON_AGE_SECONDS - 1)
        assert (await watch.check_newsroom()).ok
        watch.record_comparison()
        clock.forward(MAX_COMPARISON_AGE_SECONDS - 1)
        assert (await watch.check_newsroom()).ok
        clock.forward(1)
        assert await watch.check_newsroom() == CheckResult(False, "last comparison: 300 s ago")

    async def test_refused(self, store: Store, clock: MovedClock) -> None:
        """The database belongs to another dossier."""
        watch = readiness(store, clock)
        watch.record_comparison("the database belongs to another")
        assert await watch.check_newsroom() == CheckResult(False, "the database belongs to another")
        watch.record_comparison(note="these files are former ones")
        assert await watch.check_newsroom() == CheckResult(True, "these files are former ones")
        watch.record_comparison()
        assert (await watch.check_newsroom()).ok

    async def test_something_waits_for_a_confirmation(self, store: Store, clock: MovedClock) -> None:
        """No fault; the detail says how."""
        keys = [Key(f"bulletins/{name}") for name in "abcd"]
        entries = {key: ChangedEntry(key, {"title": "A"}, None, {WAITS: "many x"}) for key in keys}
        await writing(store, store.changes.put_deploy, "Deploy", entries.values(), 1.0)
        name = confirmation_of(entries)
        watch = readiness(store, clock)
        found = await watch.check_newsroom()
        assert found.ok
        assert found.detail.startswith("4 bulletins that readers have would be corrected or withdrawn at once. ")
        assert f"nota publish --confirm {name}" in found.detail
        assert many_notice(1, name).startswith("1 bulletin that readers have would be corrected or withdrawn after a ")
        status = await watch.status()
        assert status.many == name
        assert f"--confirm {name}" in str(status.warnings)


@pytest.mark.postgres
@pytest.mark.slow
async def test_readiness_is_told_within_three_seconds(postgresql: PostgreSQL, clock: MovedClock) -> None:
    """Whatever is silent: here the network between us and the database, in the middle of its answers."""
    async with postgresql.database() as url, cable(url) as way, open_store(way.url, clock) as store:
        watch = readiness(store, clock)
        assert (await watch.check_database()).ok
        clock.forward(FRESH_SECONDS)
        way.die()
        began = monotonic()
        results = {name: (await check()).ok for name, check in watch.checks.items()}
        assert monotonic() - began < 3.0
        assert not results["database"]


class TestContent:
    """A file that cannot be read: what was there before answers, and owners and /readyz say which file it is."""

    async def test_broken(self, store: Store, clock: MovedClock, folder: Path, edit: Edit) -> None:
        """With the line."""
        watch = readiness(store, clock)
        assert await watch.check_content() == CheckResult(True)
        edit("topics/fare.yaml", "{fare}", "{fair}")
        watch.live.update(load(folder, TODAY))
        found = await watch.check_content()
        assert found.ok
        assert "topics/fare.yaml:10: unknown fact 'fair'" in found.detail
        (warning,) = (await watch.status()).warnings
        assert "topics/fare.yaml:10" in warning

    async def test_what_is_in_force_and_in_no_file(self, store: Store, clock: MovedClock, folder: Path) -> None:
        """Until the files say the same."""
        live = (watch := readiness(store, clock)).live
        live.update(load(folder, TODAY))
        assert (await watch.status()).in_no_file == 0
        fare = Key("facts/fare")
        edition = live.edition_with({fare: {**live.contents[fare], "amount": 5000}})
        await live.switch(replace(edition, stamp="one"))
        assert (await watch.status()).in_no_file == 1
        said = replace(edition.entries[fare], file=edition.entries[fare].content)
        await live.switch(replace(edition, stamp="two", entries={**edition.entries, fare: said}))
        assert (await watch.status()).in_no_file == 0


class TestEmbeddings:
    """Without them words alone decide: the owners see why, and /readyz stays green."""

    async def test_failed(self, store: Store, clock: MovedClock) -> None:
        watch = readiness(store, clock)
        assert await watch.check_embeddings() == CheckResult(True)
        watch.embeddings = Embeddings(LocalModel(), fault="no answer within 300 ms")
        assert (await watch.check_embeddings()).ok
        assert (await watch.status()).warnings == ("embeddings: words alone decide: no answer within 300 ms",)


class TestPlatforms:
    """One that failed is named with the reason."""

    async def test_failed(self, store: Store, clock: MovedClock) -> None:
        """The others are not blamed."""
        watch = readiness(store, clock)
        watch.platforms |= {"telegram": CheckResult(True), "discord": CheckResult(False, "the token is refused")}
        assert await watch.check_platforms() == CheckResult(False, "discord: the token is refused")

    async def test_whose_readers_they_are(self, store: Store, clock: MovedClock) -> None:
        """A fault is said as long as it lasts, whether the readers are another bot's or not."""
        watch = readiness(store, clock)
        watch.platforms["discord"] = CheckResult(False, "the token is refused")
        await subscribe_all(store, [1])
        await store.safeguards.bind("discord", "7")
        for bot, is_other in (("1", False), ("2", True), ("1", False)):
            refusal = await store.safeguards.bind("telegram", bot)
            said = await watch.check_platforms()
            assert bool(refusal) is is_other
            assert said == CheckResult(
                False, f"discord: the token is refused{f'; telegram: {refusal}' if is_other else ''}"
            )


class TestDisk:
    """A PaaS's disk is thrown away, and SQLite with it."""

    @pytest.fixture
    def on_fly(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv(FLY, "nota")
        monkeypatch.chdir(Path(__file__).parents[2])

    @pytest.mark.usefixtures("on_fly")
    def test_sqlite_beside_the_code(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """In one line that says what to do."""
        said = not_none(disk_warning(read_settings()))
        assert said.startswith("Fly erases this disk")
        assert "set DATABASE_URL" in said
        assert "\n" not in said

    @pytest.mark.usefixtures("on_fly")
    @pytest.mark.parametrize("url", ["postgres://u:p@db/nota", "sqlite:////dev/shm/nota.sqlite3"])
    def test_what_lasts_is_not_warned_of(self, monkeypatch: pytest.MonkeyPatch, url: str) -> None:
        """A PostgreSQL, a volume, or what was never meant to last."""
        monkeypatch.setenv("DATABASE_URL", url)
        assert disk_warning(read_settings()) is None

    def test_nor_is_a_machine_of_ones_own(self) -> None:
        """Its disk is kept."""
        assert disk_warning(read_settings({})) is None
