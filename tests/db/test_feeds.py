"""How the wire's feeds are, kept so that nothing is lost or repeated by whoever fetches them."""

from dataclasses import replace

from bot.db.feeds import FeedState
from bot.db.store import Store
from bot.dossier.models import FeedId

FIRST = FeedState(FeedId("antara"), "https://a.example/rss", 3600.0)
READ = replace(
    FIRST,
    moved_to="https://b.example/rss",
    etag='"1"',
    last_modified="then",
    digest="0123",
    seen_keys=("a1", "b2"),
    due=5.0,
    fetched=4.0,
    succeeded=4.0,
    status="read",
    items=20,
    matches=3,
)


async def put(store: Store, state: FeedState) -> bool:
    async with store.database.write() as connection:
        return await store.feeds.put(connection, state)


class TestStates:
    """What is put is what is got."""

    async def test_every_part(self, store: Store) -> None:
        """One turn further."""
        assert await put(store, READ)
        assert await store.feeds.get(READ.id) == replace(READ, fetches=1)

    async def test_feed_never_asked(self, store: Store) -> None:
        """There is none."""
        assert await store.feeds.get(FIRST.id) is None

    async def test_read_but_empty_is_not_never_read(self, store: Store) -> None:
        """No key is something else than no reading."""
        await put(store, replace(FIRST, seen_keys=()))
        kept = await store.feeds.get(FIRST.id)
        assert kept is not None
        assert kept.seen_keys == ()

    async def test_all_without_their_keys(self, store: Store) -> None:
        """For lists."""
        await put(store, READ)
        assert await store.feeds.all() == {READ.id: replace(READ, seen_keys=None, fetches=1)}


class TestTurns:
    """Nobody writes over a later fetch."""

    async def test_only_the_first_of_two_writes(self, store: Store) -> None:
        """Two processes fetched at once: one of them, and all it found, counts."""
        await put(store, FIRST)
        seen = await store.feeds.get(FIRST.id)
        assert seen is not None
        assert await put(store, replace(seen, status="one"))
        assert not await put(store, replace(seen, status="other"))
        kept = await store.feeds.get(FIRST.id)
        assert kept is not None
        assert (kept.status, kept.fetches) == ("one", 2)

    async def test_two_first_fetches(self, store: Store) -> None:
        """The same before there is a row."""
        assert await put(store, FIRST)
        assert not await put(store, FIRST)
