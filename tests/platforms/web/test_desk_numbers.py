"""What people ask and do not get: counted off the answers' path, shown in tables that tell nothing of fewer than five."""

import asyncio
import csv
import random
from collections import Counter, defaultdict
from datetime import UTC, date, datetime
from io import StringIO
from itertools import product
from pathlib import Path

import pytest
from sqlalchemy import select

from bot.conversation import Conversation
from bot.db.numbers import FLUSH_SECONDS, Count, Key, NumberCounter, kinds_of
from bot.db.retention import COUNTED_DAYS
from bot.db.schema import counts
from bot.db.store import Store
from bot.dossier.loader import load
from bot.dossier.models import Language, TopicId
from bot.live_dossier import LiveDossier
from bot.newsroom.correction_history import Corrections
from bot.newsroom.numbers import LEAST, by_day, by_place, by_topic, hidden, together
from bot.reader import Address
from bot.replies.answer import answer
from bot.replies.question import CheckText, FreeText, Rate
from bot.schedule import Subscription
from tests.asking import asked
from tests.clocks import MovedClock
from tests.conftest import TODAY, not_none
from tests.editor import bulletin, new_editor, withdrawn
from tests.platforms.web.desk_site import ANNA, Newsdesk, Visitor
from tests.tables import table

ASKED = {
    "answer": FreeText("how much is a ticket"),
    "missed": FreeText("may i bring my giraffe aboard"),
    "claim": CheckText("the captain has drowned"),
}
DAY = 86400


async def stored(store: Store) -> Counter[tuple[int, *Key]]:
    async with store.database.read() as connection:
        rows = await connection.execute(select(counts).where(counts.c.kind != "readers"))
        return Counter({(row.day, row.kind, row.platform, row.language, row.subject): row.times for row in rows})


class TestCounting:
    async def test_no_answer_waits_for_the_database(self, store: Store, folder: Path) -> None:
        """Nothing but a rating is written until the next flush; the last one comes when the process ends."""
        dossier = not_none(load(folder, TODAY).dossier)
        counter = NumberCounter(store.numbers)
        conversation = Conversation(LiveDossier(dossier), store, lambda: TODAY, numbers=counter)
        for question in ASKED.values():
            await conversation.reply(asked(question, Address("telegram", "1")))
        for _ in range(2):  # a rating counts once
            await conversation.reply(asked(Rate(TopicId("fare"), False, "abcd"), Address("discord", "1")))
        assert [(kind, times) for (_, kind, *_), times in (await stored(store)).items()] == [("failed", 1)]
        running = asyncio.create_task(counter.run())
        await asyncio.sleep(0)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        found = {key[1:]: times for key, times in (await stored(store)).items()}
        assert found == {
            ("answer", "telegram", "en", "fare"): 1,
            ("missed", "telegram", "en", ""): 1,
            ("claim", "telegram", "en", "open"): 1,
            ("failed", "discord", "en", "fare"): 1,
        }
        assert FLUSH_SECONDS <= 10

    async def test_two_processes_add_to_the_same(self, store: Store) -> None:
        one, other = (NumberCounter(store.numbers) for _ in range(2))
        for counter in (one, other, one):
            counter.note("missed", "telegram", "en")
        await asyncio.gather(one.flush(), other.flush())
        assert list((await stored(store)).values()) == [3]

    async def test_for_400_days(self, store: Store, clock: MovedClock) -> None:
        counter = NumberCounter(store.numbers)
        counter.note("missed", "telegram", "en")
        await counter.flush()
        clock.forward(days=COUNTED_DAYS)
        assert await store.delete_old(counts) == 0
        clock.forward(days=1)
        assert await store.delete_old(counts) == 1

    async def test_subscribers_of_a_day_are_counted_anew(self, store: Store) -> None:
        for number in range(7):
            address = Address("telegram", str(number))
            await store.readers.meet(address, "private", "", "id" if number else "en")
            await store.subscriptions.put(address, Subscription())
        for _ in range(2):
            await asyncio.gather(store.numbers.note_subscribers(), store.numbers.note_subscribers())
        found = await store.numbers.since(1)
        assert [(each.platform, each.language, each.times) for each in found] == [
            ("telegram", "en", 1),
            ("telegram", "id", 6),
        ]
        await store.subscriptions.remove(Address("telegram", "0"))
        await store.numbers.note_subscribers()
        assert [each.language for each in await store.numbers.since(1)] == ["id"]


class TestPrivacy:
    """Nothing under five, and no sum that tells it."""

    @table("numbers, cells")
    def test_a_small_cell_is_never_hidden_alone(self, numbers: list[int], cells: list[int | None]) -> None:
        """
        [] | []
        [0, 5, 9] | [0, 5, 5]
        [3, 20, 9] | [null, 20, null]
        [3, 4, 20] | [null, null, 20]
        [1, 1, 20, 34] | [null, null, null, 30]
        [2] | [null]
        """
        assert hidden(numbers) == cells

    def test_whatever_the_numbers(self) -> None:
        """Of whatever is hidden, the sum is that of several cells, and five at least, unless nothing else could be hidden."""
        chance = random.Random(7)
        for _ in range(2000):
            numbers = [chance.choice((0, 0, 1, 2, 3, 4, 5, 6, 40)) for _ in range(chance.randrange(12))]
            cells = hidden(numbers)
            left_out = [number for number, cell in zip(numbers, cells, strict=True) if cell is None]
            assert all(cell is None or cell == 0 or cell >= LEAST for cell in cells)
            assert all(
                number - number % LEAST == cell or number in left_out
                for number, cell in zip(numbers, cells, strict=True)
            )
            if any(cell for cell in cells):
                assert not left_out or (len(left_out) > 1 and sum(left_out) >= LEAST)

    @pytest.mark.slow
    @pytest.mark.parametrize("rows", [1, 2, 3, 4, 5])
    def test_no_two_tables_tell_a_small_number(self, rows: int) -> None:
        """Of everything that looks the same in a table and in that of its sum, no hidden number under five is the same throughout."""
        alike = defaultdict[tuple[object, ...], list[tuple[int, ...]]](list)
        numbers = range(16) if rows < 4 else (0, 1, 2, 3, 4, 5, 9, 10, 14) if rows == 4 else (0, 1, 3, 4, 5, 9, 14)
        for each in product(numbers, repeat=rows):
            counts = [Count(1, "answer", "web", "en", f"topic {place}", n) for place, n in enumerate(each)]
            tables = together([by_day(counts, [1]), by_topic(counts)])
            cells = {row.about[0]: row.cells[0] for row in tables[1].rows}
            order = tuple(row.about[0] for row in tables[1].rows)
            alike[tables[0].rows[0].cells[0], order, *(cells[f"topic {place}"] for place in range(rows))].append(each)
        for (_, _, *shown), possible in alike.items():
            for place, cell in enumerate(shown):
                hides = {each[place] for each in possible}
                assert cell is not None or len(hides) > 1 or min(hides) >= LEAST, (shown, possible)

    def test_what_the_sum_would_tell(self) -> None:
        """Five topics with four answers each: the day does not say that it is twenty."""
        counts = [Count(1, "answer", "web", "en", f"topic {place}", 4) for place in range(5)]
        for tables in (together([by_day(counts, [1]), by_topic(counts), by_place(counts)]),):
            assert {cell for table in tables for row in table.rows for cell in row.cells[:1]} == {None}
        counts = [Count(1, "answer", "web", "en", f"topic {place}", 3 + place % 2) for place in range(5)]
        [day, _] = together([by_day(counts, [1]), by_topic(counts)])
        assert day.rows[0].cells[0] == 15


class TestPage:
    async def test_the_tables_and_the_file(self, newsdesk: Newsdesk, anna: Visitor) -> None:
        counter = NumberCounter(newsdesk.store.numbers)
        for times, kind, subject in (
            (9, "answer", "fare"),
            (3, "missed", ""),
            (7, "claim", "open"),
            (6, "failed", "fare"),
        ):
            for _ in range(times):
                counter.note(kind, "telegram", "en", subject)  # type: ignore[arg-type]
        await counter.flush()
        page = await anna.see("/numbers?days=7")
        for words in ("The fare", "Nothing decides on it", "&lt;5", "Telegram", 'href="/desk/brought"'):
            assert words in page
        rows = list(csv.DictReader(StringIO(await anna.see("/numbers.csv?days=7"))))
        found = {(row["table"], row["row"], row["column"]): row["number"] for row in rows}
        assert found["topics", "fare", "answer"] == "5"
        assert found["topics", "fare", "failed"] == "5"
        assert found["places", "telegram en", "missed"] == "<5"
        assert found["claims", "open", "claim"] == "5"
        assert {row["note"] for row in rows if row["number"] == "<5"} == {
            "fewer than 5, or hidden so that no sum tells such a number"
        }
        assert not {"1", "2", "3", "4"} & set(found.values())

    async def test_two_spans_tell_no_small_number(self, newsdesk: Newsdesk, clock: MovedClock) -> None:
        """Two ten days ago and six today."""
        counter = NumberCounter(newsdesk.store.numbers)
        for times, days in ((2, 10), (6, 0)):
            for _ in range(times):
                counter.note("failed", "telegram", "en", "fare")
            await counter.flush()
            clock.forward(days=days)
        anna, shown = await newsdesk.signed_in(ANNA), set[str]()
        for days in (7, 30):
            rows = csv.DictReader(StringIO(await anna.see(f"/numbers.csv?days={days}")))
            shown |= {row["number"] for row in rows if (row["table"], row["column"]) == ("topics", "failed")}
        assert shown == {"5"}

    async def test_corrections(self, store: Store, clock: MovedClock) -> None:
        """As on the page: not what changed before it was sent, nor a withdrawal or its end."""
        editor, soon = await new_editor(store), clock() + 60
        again = {"not_before": datetime.fromtimestamp(soon, UTC)}
        for title in ("Fares fell", "Fares fall"):
            await editor.publish(bulletin("fare", title, **again))
        assert await store.numbers.reach(9) == []
        clock.forward(61)
        await editor.publish_due()
        sent = bulletin("fare", "Fares fall", **again)
        for title in ("Fares rise", "Fares stay"):
            clock.forward(1)
            await editor.publish(sent := bulletin("fare", title, **again))
        for each in (withdrawn(sent), sent):
            clock.forward(1)
            await editor.publish(each)
        corrections = Corrections(store)
        await corrections.update()
        [reach] = await store.numbers.reach(9)
        assert reach.corrections == len(corrections.of(sent.id).corrections) == 2

    async def test_a_miss_becomes_a_topic(self, newsdesk: Newsdesk, anna: Visitor) -> None:
        status, _ = await anna.send("topic", says="en|may i bring my dog")
        assert status == 200
        [(key, content)] = (await newsdesk.contents()).items()
        assert content is not None
        assert (key, content["asks"]) == ("topics/may_i_bring_my_dog", {"en": ["may i bring my dog"]})


@pytest.mark.slow
class TestReplay:
    """Thirty days, 100,000 questions, two processes: the figures are those of a recount."""

    async def test_to_the_unit(self, store: Store, clock: MovedClock, folder: Path) -> None:
        dossier = not_none(load(folder, TODAY).dossier)
        replies = [
            answer(dossier, question, Language(code), TODAY) for question, code in product(ASKED.values(), ("en", "id"))
        ]
        chance, expected = random.Random(30), Counter[tuple[int, *Key]]()
        counters = [NumberCounter(store.numbers) for _ in range(2)]
        first = int(clock.now // DAY)
        for number in range(100_000):
            if number and number % 3333 == 0 and clock.now // DAY < first + 29:
                await asyncio.gather(*(counter.flush() for counter in counters))
                clock.forward(days=1)
            platform = chance.choices(("telegram", "discord", "web"), (70, 25, 5))[0]
            [reply] = chance.choices(replies, (40, 20, 20, 10, 8, 2))
            chance.choice(counters).answered(platform, reply)
            for kind, subject in kinds_of(reply):
                expected[int(clock.now // DAY), kind, platform, reply.language, subject] += 1
            if chance.random() < 0.0005:
                await asyncio.gather(*(counter.flush() for counter in counters))
        await asyncio.gather(*(counter.flush() for counter in counters))
        assert sum(expected.values()) == 100_000
        assert await stored(store) == expected
        found = await store.numbers.since(30)
        days = range(first, first + 30)
        for row in by_day(found, days).rows:
            day = (date.fromisoformat(row.about[0]) - date(1970, 1, 1)).days
            for cell, kind in zip(row.cells, ("answer", "missed", "claim"), strict=False):
                number = sum(times for key, times in expected.items() if key[:2] == (day, kind))
                assert cell == number - number % LEAST
        [fare] = by_topic(found).rows
        number = sum(times for key, times in expected.items() if key[1] == "answer")
        assert fare.cells[0] == number - number % LEAST


def test_days_before_the_first_count_are_not_said_to_have_none() -> None:
    """A desk that was set up yesterday knows nothing of last week."""
    counts = [Count(20_000, "answer", "web", "en", "fare", 7), Count(20_002, "answer", "web", "en", "fare", 10)]
    assert [(row.about, row.cells[0]) for row in by_day(counts, range(20_003, 19_995, -1)).rows] == [
        (("2024-10-07",), 0),
        (("2024-10-06",), 10),
        (("2024-10-05",), 0),
        (("2024-10-04",), 5),
    ]
    assert by_day([], range(5)).rows == ()
