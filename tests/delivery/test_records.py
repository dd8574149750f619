"""Recording: few transactions, and nobody forgotten."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from time import monotonic

import pytest
from sqlalchemy.exc import OperationalError

from bot.db.delivery_queue import DeliveryQueue, Done, Failed, Record
from bot.db.engine import DatabaseUnavailable, open_database
from bot.delivery.records import RecordWriter
from tests.databases import sqlite_url


@dataclass
class Ledger(DeliveryQueue):
    """Keeps each transaction, which takes ten milliseconds; raises what it is told to."""

    written: list[Sequence[Record]] = field(default_factory=list)
    raises: list[Exception] = field(default_factory=list)
    refuses: set[int] = field(default_factory=set)

    async def record(self, holder: str, records: Sequence[Record]) -> frozenset[int]:
        await asyncio.sleep(0.01)
        if any(record.id in self.refuses and isinstance(record, Done) for record in records):
            raise UnicodeEncodeError("utf-8", "half \ud83d", 5, 6, "surrogates not allowed")
        if self.raises:
            raise self.raises.pop()
        self.written.append(records)
        return frozenset()


@pytest.fixture
async def ledger() -> AsyncIterator[Ledger]:
    database = open_database(sqlite_url())
    yield Ledger(database)
    await database.close()


def recording(ledger: Ledger) -> RecordWriter:
    return RecordWriter(ledger, "one", monotonic, asyncio.sleep)


class TestTransactions:
    """The first starts at once, each later one is for all who came meanwhile."""

    async def test_who_comes_meanwhile_is_written_together(self, ledger: Ledger) -> None:
        ours = recording(ledger)
        first = asyncio.create_task(ours.write([Failed(0, "blocked")]))
        await asyncio.sleep(0.005)
        await asyncio.gather(first, *(ours.write([Failed(number, "blocked")]) for number in range(1, 100)))
        assert [len(each) for each in ledger.written] == [1, 99]

    async def test_who_came_first_does_not_wait_for_those_behind(self, ledger: Ledger) -> None:
        ours = recording(ledger)
        first = asyncio.create_task(ours.write([Failed(0, "blocked")]))
        await asyncio.sleep(0.005)
        later = asyncio.create_task(ours.write([Failed(1, "blocked")]))
        await first
        assert not later.done()
        await later

    async def test_a_record_that_is_refused_ends_as_failed_and_no_other_waits(self, ledger: Ledger) -> None:
        ours = recording(ledger)
        await asyncio.gather(*(ours.write([Done(number, "7", 1, "en")]) for number in range(5)))
        ledger.written.clear()
        ledger.refuses.add(12)
        await asyncio.gather(*(ours.write([Done(number, "7", 1, "en")]) for number in range(10, 15)))
        found = {record.id: type(record) for records in ledger.written for record in records}
        assert found == {10: Done, 11: Done, 12: Failed, 13: Done, 14: Done}
        assert [len(records) for records in ledger.written] == [1] * 5

    async def test_a_fault_reaches_those_whom_it_concerns_and_no_others(self, ledger: Ledger) -> None:
        ours = recording(ledger)
        ledger.raises.extend([OperationalError("", {}, Exception("no such column"))] * 3)
        with pytest.raises(OperationalError, match="no such column"):
            await ours.write([Failed(0, "blocked")])
        await ours.write([Failed(1, "blocked")])
        assert ledger.written == [[Failed(1, "blocked")]]

    @pytest.mark.parametrize("failure", [DatabaseUnavailable("gone"), DatabaseUnavailable(), TimeoutError()])
    async def test_a_database_that_is_away_is_waited_for(self, ledger: Ledger, failure: Exception) -> None:
        """Nothing is forgotten meanwhile, whether or not it says what it lacks: a time-out says nothing."""
        ledger.raises.extend([failure] * 4)
        await RecordWriter(ledger, "one", monotonic, lambda _: asyncio.sleep(0)).write([Done(0, 7, 1, "en")])
        assert ledger.written == [[Done(0, 7, 1, "en")]]
