"""Subscriptions that wait for a confirmation, on both databases."""

import asyncio

from sqlalchemy import select

from bot.db.confirmations import MAX_WAITING, VALID_SECONDS
from bot.db.schema import confirmations, reader_links
from bot.db.store import Store
from bot.dossier.models import Language, TopicId
from bot.schedule import QuietHours, Subscription, Timing
from tests.clocks import MovedClock
from tests.conftest import not_none

EN = Language("en")
WANTED = Subscription(
    frozenset({TopicId("fare")}), Timing("weekly", 7, 4, QuietHours(22, 6), "Asia/Tokyo"), own_language=True
)


async def add(store: Store, token: str, identity: str = "ann@example.org", wanted: Subscription = WANTED) -> bool:
    return await store.confirmations.add(token, "mail", identity, {"address": identity}, wanted, EN, identity)


class TestConfirmations:
    """What was chosen is kept for 48 hours, and for nobody more than three times."""

    async def test_kept_as_chosen(self, store: Store) -> None:
        await add(store, "one")
        await add(store, "two", "ben@example.org", Subscription())
        for token, wanted in (("one", WANTED), ("two", Subscription())):
            found = not_none(await store.confirmations.get(token))
            assert (found.wanted, found.language, found.platform) == (wanted, EN, "mail")
        assert await store.confirmations.get("three") is None

    async def test_asked_for_at_once(self, store: Store) -> None:
        accepted = await asyncio.gather(*(add(store, f"token {number}") for number in range(12)))
        assert sum(accepted) == MAX_WAITING

    async def test_at_most_three_of_one_mailbox(self, store: Store) -> None:
        """Under several identities; each link confirms its own."""

        async def ask(number: int) -> bool:
            name = f"ann+{number}@example.org"
            return await store.confirmations.add(f"t{number}", "mail", name, {}, WANTED, EN, "ann@example.org")

        assert [await ask(number) for number in range(MAX_WAITING + 2)] == [True] * MAX_WAITING + [False] * 2
        assert await store.confirmations.confirm("t0") is not None
        assert await store.page_readers.find("mail", "ann+0@example.org") is not None
        assert await store.page_readers.find("mail", "ann@example.org") is None
        assert await store.confirmations.get("t1") is not None

    async def test_at_most_three(self, store: Store, clock: MovedClock) -> None:
        """Of one address; once the first has expired, another may wait."""
        assert [await add(store, f"a{number}") for number in range(MAX_WAITING + 1)] == [True] * MAX_WAITING + [False]
        assert await add(store, "b", "ben@example.org")
        clock.forward(VALID_SECONDS + 1)
        assert await store.confirmations.get("a0") is None
        assert await add(store, "again")
        assert await store.delete_old(confirmations) == MAX_WAITING + 1

    async def test_used_up(self, store: Store) -> None:
        """With every other link of the same address."""
        await add(store, "one")
        await add(store, "two")
        await add(store, "ben", "ben@example.org")
        confirmed = not_none(await store.confirmations.confirm("one"))
        reader = not_none(await store.page_readers.by_link(confirmed[1]))
        assert await store.subscriptions.get(reader.address) == WANTED
        assert await store.confirmations.get("two") is None
        assert await store.confirmations.get("ben") is not None

    async def test_of_all_who_press_at_once_one_confirms(self, store: Store) -> None:
        """Whichever of the address's links they press, and whichever process they reach."""
        await add(store, "one")
        await add(store, "two")
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(store.confirmations.confirm(token)) for token in ("one", "two", "one", "two")]
        assert sum(task.result() is not None for task in tasks) == 1
        async with store.database.read() as connection:
            assert len((await connection.execute(select(reader_links))).all()) == 1

    async def test_forgotten_with_the_reader(self, store: Store) -> None:
        address = await store.page_readers.meet("mail", "ann@example.org", {"address": "ann@example.org"}, "en")
        await add(store, "one")
        await add(store, "ben", "ben@example.org")
        await store.confirmations.forget(address)
        assert await store.confirmations.get("one") is None
        assert await store.confirmations.get("ben") is not None
