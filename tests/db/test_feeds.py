"""Feeds and candidates, stored so that nothing is lost or decided twice, whoever fetches and decides."""

import asyncio
from dataclasses import replace
from typing import Any

from bot.db.feeds import Candidate, CandidateId, CandidateState, FeedState, Story
from bot.db.store import Store
from bot.dossier.models import FeedId, Language, TopicId
from tests.clocks import MovedClock
from tests.conftest import not_none
from tests.databases import reading, writing

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
    return await writing(store, store.feeds.put, state)


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
        assert not_none(await store.feeds.get(FIRST.id)).seen_keys == ()

    async def test_all_without_their_keys(self, store: Store) -> None:
        """For lists."""
        await put(store, READ)
        assert await store.feeds.all() == {READ.id: replace(READ, seen_keys=None, fetches=1)}


class TestTurns:
    """Nobody writes over a later fetch."""

    async def test_only_the_first_of_two_writes(self, store: Store) -> None:
        """Two processes fetched at once: one of them, and all it found, counts."""
        await put(store, FIRST)
        seen = not_none(await store.feeds.get(FIRST.id))
        assert await put(store, replace(seen, status="one"))
        assert not await put(store, replace(seen, status="other"))
        kept = not_none(await store.feeds.get(FIRST.id))
        assert (kept.status, kept.fetches) == ("one", 2)

    async def test_two_first_fetches(self, store: Store) -> None:
        """The same before there is a row."""
        assert await put(store, FIRST)
        assert not await put(store, FIRST)


STORY = Story(
    FeedId("antara"),
    "ANTARA",
    Language("id"),
    (TopicId("agreement"),),
    "Judul",
    "Baris",
    "https://a.example/1",
    "a.example/1?",
    "judul",
    ("Rusia", "digital"),
    1795435200.0,
)
HOUR = 3600.0


async def add(store: Store, clock: MovedClock, story: Story = STORY, hours: float = 48) -> CandidateId:
    async with store.database.write() as connection:
        expires = clock.now + hours * HOUR
        added = await store.candidates.add(connection, story, round_=1, now=clock.now, expires=expires)
        return added.id


async def decide(
    store: Store, name: CandidateId, state: CandidateState = "waiting", **changes: Any
) -> Candidate | None:
    return await writing(store, store.candidates.decide, name, changes, state)


class TestKeeping:
    """A candidate is kept whole."""

    async def test_every_part(self, store: Store, clock: MovedClock) -> None:
        """As it was found."""
        name = await add(store, clock)
        kept = await store.candidates.get(name)
        assert kept == Candidate(name, STORY, "waiting", 1, clock.now, None, clock.now + 48 * HOUR, None, None, None)

    async def test_lists_by_state(self, store: Store, clock: MovedClock) -> None:
        """The newest first."""
        names = [await add(store, clock) for _ in range(3)]
        await _reject(store, names[1])
        assert [each.id for each in await store.candidates.in_state("waiting")] == [names[2], names[0]]
        assert [each.id for each in await store.candidates.in_state("rejected")] == [names[1]]

    async def test_stories_seen_lately(self, store: Store, clock: MovedClock) -> None:
        """Whatever became of them."""
        await _reject(store, await add(store, clock))
        assert await reading(store, store.candidates.seen_since, clock.now - 1) == [("a.example/1?", "judul")]
        assert await reading(store, store.candidates.seen_since, clock.now + 1) == []


class TestDeciding:
    """One word, the first."""

    async def test_second_word_changes_nothing(self, store: Store, clock: MovedClock) -> None:
        """And finds the first one standing."""
        name = await add(store, clock)
        assert await _reject(store, name, "Anna") is not None
        assert await _reject(store, name, "Budi") is None
        kept = not_none(await store.candidates.get(name))
        assert (kept.state, kept.decided_by) == ("rejected", "Anna")

    async def test_of_many_at_once_one_wins(self, store: Store, clock: MovedClock) -> None:
        """However they race."""
        name = await add(store, clock)
        found = await asyncio.gather(*(_reject(store, name, f"editor {number}") for number in range(10)))
        assert sum(each is not None for each in found) == 1


class TestTime:
    """Nothing waits for ever."""

    async def test_expires(self, store: Store, clock: MovedClock) -> None:
        """Once, and only those whose time is over."""
        name, later = await add(store, clock), await add(store, clock, hours=50)
        clock.forward(hours=48)
        async with store.database.write() as connection:
            assert [each.id for each in await store.candidates.expire(connection, clock.now)] == [name]
            assert await store.candidates.expire(connection, clock.now) == []
        assert [each.id for each in await store.candidates.in_state("waiting")] == [later]

    async def test_returns_to_the_desk(self, store: Store, clock: MovedClock) -> None:
        """One round further, once."""
        name = await add(store, clock)
        await decide(store, name, returns=clock.now + HOUR)
        async with store.database.write() as connection:
            assert await store.candidates.return_due(connection, clock.now) == []
            (again,) = await store.candidates.return_due(connection, clock.now + HOUR)
            assert (again.round, again.returns) == (2, None)
            assert await store.candidates.return_due(connection, clock.now + HOUR) == []

    async def test_old_ones_are_forgotten(self, store: Store, clock: MovedClock) -> None:
        """After thirty days, if nothing was made of them."""
        rejected, published = await add(store, clock), await add(store, clock)
        await _reject(store, rejected)
        async with store.database.write() as connection:
            await store.candidates.decide(connection, published, {"state": "published"})
            assert await store.candidates.delete_old(connection, clock.now + 29 * 24 * HOUR) == 0
            assert await store.candidates.delete_old(connection, clock.now + 31 * 24 * HOUR) == 1
        assert await store.candidates.get(published) is not None


async def _reject(store: Store, name: CandidateId, by: str = "Anna") -> Candidate | None:
    async with store.database.write() as connection:
        changes = {"state": "rejected", "decided": 1.0, "decided_by": by}
        return await store.candidates.decide(connection, name, changes)
