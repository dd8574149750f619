"""Questions that found no answer are counted for editors, and nothing is kept of who asked them."""

import pytest
from sqlalchemy import select

from bot.db.numbers import Rating
from bot.db.questions import (
    FLUSH_SECONDS,
    MAX_WORDING,
    UnansweredCounter,
    UnansweredQuestion,
    mark_of,
)
from bot.db.retention import QUESTION_DAYS
from bot.db.schema import askers, counts
from bot.db.store import Store
from tests.clocks import MovedClock


class TestCounting:
    """By day, language and wording."""

    async def test_adds_up_and_lists_the_commonest_first(self, store: Store) -> None:
        """Also over several writes."""
        await store.unanswered.add({("id", "harga emas"): 2, ("en", "visa for bali"): 3})
        await store.unanswered.add({("id", "harga emas"): 2})
        assert await store.unanswered.commonest(5) == [
            UnansweredQuestion("id", "harga emas", 4),
            UnansweredQuestion("en", "visa for bali", 3),
        ]

    async def test_lists_one_language_and_no_more_than_asked_for(self, store: Store) -> None:
        """An editor writes in one language at a time."""
        await store.unanswered.add({("id", "harga emas"): 2, ("id", "cuaca"): 1, ("en", "visa"): 3})
        assert await store.unanswered.commonest(1, "id") == [UnansweredQuestion("id", "harga emas", 2)]

    async def test_days_are_summed(self, store: Store, clock: MovedClock) -> None:
        """What is asked every day rises to the top."""
        await store.unanswered.add({("id", "harga emas"): 1})
        clock.forward(days=1)
        await store.unanswered.add({("id", "harga emas"): 1})
        assert await store.unanswered.commonest(5) == [UnansweredQuestion("id", "harga emas", 2)]

    async def test_those_of_thirty_days(self, store: Store, clock: MovedClock) -> None:
        """The counts too."""
        await store.unanswered.add({("id", "harga emas"): 1})
        clock.forward(days=QUESTION_DAYS)
        assert await store.delete_old(counts) == 0
        clock.forward(days=2)
        assert await store.delete_old(counts) == 1
        assert await store.unanswered.commonest(5) == []

    async def test_a_long_question_is_cut(self, store: Store) -> None:
        """To what the column holds."""
        await store.unanswered.add({("en", "x" * 5000): 1})
        assert await store.unanswered.commonest(1) == [UnansweredQuestion("en", "x" * MAX_WORDING, 1)]


class TestClaims:
    """Counted beside the questions, and apart from them."""

    async def test_each_kind_has_its_own_list(self, store: Store) -> None:
        """The same words may be both."""
        questions = UnansweredCounter(store.unanswered, stores_words=True)
        claims = UnansweredCounter(store.unanswered, stores_words=False, kind="claim")
        questions.note("en", "ten years")
        for _ in range(2):
            claims.note("en", "ten years")
        await questions.flush()
        await claims.flush()
        assert await store.unanswered.commonest(5) == [UnansweredQuestion("en", "ten years", 1)]
        assert await store.unanswered.commonest(5, kind="claim") == [UnansweredQuestion("en", "", 2)]


class TestAskers:
    """Different readers who bring the same words, without their names."""

    async def test_each_is_counted_once(self, store: Store) -> None:
        """Over days, kinds and two processes; without an account all are one."""
        one, other = (UnansweredCounter(store.unanswered, True, kind, b"key") for kind in ("question", "claim"))  # type: ignore[arg-type]
        for counter in (one, other):
            for asker in ("telegram:1", "telegram:1", "telegram:2", None, None):
                counter.note("en", "ten years", asker)
            await counter.flush()
        [marks] = (await store.unanswered.marks()).values()
        assert set(marks) == {mark_of("telegram:1", b"key"), mark_of("telegram:2", b"key"), ""}
        assert mark_of("telegram:1", b"key") != mark_of("telegram:1", b"another key")
        assert (await store.unanswered.commonest(5))[0].times == 5

    async def test_for_30_days(self, store: Store, clock: MovedClock) -> None:
        await store.unanswered.add({("en", "ten years"): 1}, marks={("ten years", "a1b2"): ""})
        clock.forward(days=QUESTION_DAYS - 1)
        assert await store.unanswered.marks() == {"ten years": {"a1b2": ""}}
        clock.forward(days=2)
        assert await store.unanswered.marks() == {}
        await store.delete_old(askers)
        async with store.database.read() as connection:
            assert (await connection.execute(select(askers))).all() == []

    async def test_without_words_there_are_no_marks(self, store: Store) -> None:
        counter = UnansweredCounter(store.unanswered, stores_words=False)
        counter.note("en", "ten years", "telegram:1")
        await counter.flush()
        assert await store.unanswered.marks() == {}


class TestChoices:
    """What a reader chose of what was offered, one of each reader for the same words."""

    async def test_the_last_of_each_reader(self, store: Store) -> None:
        """Five presses of one hand are one, also in two processes, of which the second writes what the first was asked only later."""
        one, other = (UnansweredCounter(store.unanswered, stores_words=True, key=b"key") for _ in range(2))
        for choice in ("t/fare", "t/boat", "t/fare", "t/boat", "t/fare"):
            other.note("", "is it dear", "telegram:1", choice)
        other.note("", "is it dear", "telegram:2", "t/boat")
        await other.flush()
        for asker in ("telegram:1", "telegram:2", "telegram:3"):
            one.note("en", "is it dear", asker)
        await one.flush()
        numbers = {mark_of(f"telegram:{number}", b"key"): number for number in (1, 2, 3)}
        chosen = (await store.unanswered.marks())["is it dear"]
        assert {numbers[mark]: choice for mark, choice in chosen.items()} == {1: "t/fare", 2: "t/boat", 3: ""}
        assert (await store.unanswered.commonest(5))[0].times == 3
        other.note("", "is it dear", "telegram:1", "t/boat")
        await other.flush()
        assert (await store.unanswered.marks())["is it dear"][mark_of("telegram:1", b"key")] == "t/boat"

    async def test_without_words_there_are_none(self, store: Store) -> None:
        counter = UnansweredCounter(store.unanswered, stores_words=False)
        counter.note("", "is it dear", "telegram:1", "t/fare")
        await counter.flush()
        assert (await store.unanswered.marks(), await store.unanswered.commonest(5)) == ({}, [])


class TestTally:
    """Counts in memory, writes now and then."""

    async def test_keeps_no_words_unless_told_to(self, store: Store) -> None:
        """Only how many there were, in each language."""
        tally = UnansweredCounter(store.unanswered, stores_words=False)
        for words in ("harga emas", "cuaca"):
            tally.note("id", words)
        await tally.flush()
        assert await store.unanswered.commonest(5) == [UnansweredQuestion("id", "", 2)]

    async def test_keeps_the_words_where_told_to(self, store: Store) -> None:
        """Once each."""
        tally = UnansweredCounter(store.unanswered, stores_words=True)
        for words in ("harga emas", "harga emas", "cuaca"):
            tally.note("id", words)
        await tally.flush()
        await tally.flush()
        assert await store.unanswered.commonest(5) == [
            UnansweredQuestion("id", "harga emas", 2),
            UnansweredQuestion("id", "cuaca", 1),
        ]

    @pytest.mark.slow
    async def test_a_flood_of_different_questions_takes_little_room(self, store: Store) -> None:
        """A thousand wordings wait at most; all are counted."""
        tally = UnansweredCounter(store.unanswered, stores_words=True)
        for number in range(3000):
            tally.note("en", f"gibberish {number}")
        await tally.flush()
        assert await store.unanswered.commonest(1) == [UnansweredQuestion("en", "", 2000)]

    async def test_writes_every_half_minute_and_at_the_end(self, store: Store) -> None:
        """Nothing is lost when the process is told to stop."""
        tally, slept = UnansweredCounter(store.unanswered, stores_words=True), []

        async def sleep(seconds: float) -> None:
            slept.append(seconds)
            tally.note("en", "again")
            if len(slept) == 3:
                raise KeyError("told to stop")

        with pytest.raises(KeyError):
            await tally.run(sleep)
        assert slept == [FLUSH_SECONDS] * 3
        assert await store.unanswered.commonest(1) == [UnansweredQuestion("en", "again", 3)]


async def ratings(store: Store) -> list[Rating]:
    return await store.numbers.ratings(QUESTION_DAYS)


class TestRatings:
    """How often the answers about a topic helped. An answer is rated once, and nothing says by whom."""

    async def test_the_worst_comes_first(self, store: Store) -> None:
        for number, (topic, helped) in enumerate([("fare", True), ("fare", True), ("pier", False), ("fare", False)]):
            await store.numbers.rate(topic, "telegram", "en", helped=helped, answer=f"{number}")
        await store.numbers.rate("pier", "discord", "en", helped=False, answer="9")
        assert await ratings(store) == [Rating("pier", "en", 0, 2), Rating("fare", "en", 2, 1)]
        assert await store.numbers.ratings(QUESTION_DAYS, "id") == []

    async def test_an_answer_is_rated_once(self, store: Store) -> None:
        for helped in (True, False):
            await store.numbers.rate("fare", "telegram", "en", helped=helped, answer="a")
        assert await ratings(store) == [Rating("fare", "en", 1, 0)]

    async def test_those_of_thirty_days(self, store: Store, clock: MovedClock) -> None:
        await store.numbers.rate("fare", "telegram", "en", helped=True, answer="a")
        clock.forward(days=QUESTION_DAYS + 2)
        assert await ratings(store) == []
