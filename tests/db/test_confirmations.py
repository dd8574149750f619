"""Subscriptions that wait for a confirmation, on both databases."""

from bot.db.confirmations import MAX_WAITING, VALID_SECONDS
from bot.db.store import Store
from bot.dossier.models import Language, TopicId
from bot.schedule import QuietHours, Subscription, Timing
from tests.clocks import MovedClock

EN = Language("en")
WANTED = Subscription(
    frozenset({TopicId("fare")}), Timing("weekly", 7, 4, QuietHours(22, 6), "Asia/Tokyo"), own_language=True
)


async def add(store: Store, token: str, identity: str = "ann@example.org", wanted: Subscription = WANTED) -> bool:
    return await store.confirmations.add(token, "mail", identity, {"address": identity}, wanted, EN)


class TestConfirmations:
    """What was chosen is kept for 48 hours, and for nobody more than three times."""

    async def test_kept_as_chosen(self, store: Store) -> None:
        await add(store, "one")
        await add(store, "two", "ben@example.org", Subscription())
        for token, wanted in (("one", WANTED), ("two", Subscription())):
            found = await store.confirmations.get(token)
            assert found is not None
            assert (found.wanted, found.language, found.platform) == (wanted, EN, "mail")
        assert await store.confirmations.get("three") is None

    async def test_at_most_three(self, store: Store, clock: MovedClock) -> None:
        """Of one address; once the first has expired, another may wait."""
        assert [await add(store, f"a{number}") for number in range(MAX_WAITING + 1)] == [True] * MAX_WAITING + [False]
        assert await add(store, "b", "ben@example.org")
        clock.forward(VALID_SECONDS + 1)
        assert await store.confirmations.get("a0") is None
        assert await add(store, "again")
        assert await store.confirmations.delete_old() == MAX_WAITING + 1

    async def test_used_up(self, store: Store) -> None:
        """With every other link of the same address."""
        await add(store, "one")
        await add(store, "two")
        await add(store, "ben", "ben@example.org")
        found = await store.confirmations.get("one")
        assert found is not None
        await store.confirmations.use_up(found)
        assert await store.confirmations.get("two") is None
        assert await store.confirmations.get("ben") is not None

    async def test_forgotten_with_the_reader(self, store: Store) -> None:
        address = await store.page_readers.meet("mail", "ann@example.org", {"address": "ann@example.org"}, "en")
        await add(store, "one")
        await add(store, "ben", "ben@example.org")
        await store.confirmations.forget(address)
        assert await store.confirmations.get("one") is None
        assert await store.confirmations.get("ben") is not None
