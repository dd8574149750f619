"""Recording: few transactions, and nobody forgotten."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from time import monotonic

import pytest

from bot.db.engine import DatabaseUnavailable, open_database
from bot.db.queue import Failed, Record, Records
from bot.delivery.worker import Recording


@dataclass(frozen=True)
class Ledger(Records):
    """Keeps each transaction, which takes ten milliseconds; raises what it is told to."""

    written: list[Sequence[Record]] = field(default_factory=list)
    raises: list[Exception] = field(default_factory=list)

    async def write(self, holder: str, records: Sequence[Record]) -> None:
        await asyncio.sleep(0.01)
        if self.raises:
            raise self.raises.pop()
        self.written.append(records)


@pytest.fixture
async def ledger() -> AsyncIterator[Ledger]:
    database = open_database("sqlite://")
    yield Ledger(database)
    await database.close()


def recording(ledger: Ledger) -> Recording:
    return Recording(ledger, "one", monotonic, asyncio.sleep)


class TestTransactions:
    """The first starts at once, each later one is for all who came meanwhile."""

    async def test_who_comes_meanwhile_is_written_together(self, ledger: Ledger) -> None:
        """In two transactions rather than in a hundred."""
        ours = recording(ledger)
        first = asyncio.create_task(ours.write([Failed(0, "blocked")]))
        await asyncio.sleep(0.005)
        await asyncio.gather(first, *(ours.write([Failed(number, "blocked")]) for number in range(1, 100)))
        assert [len(each) for each in ledger.written] == [1, 99]

    async def test_who_came_first_does_not_wait_for_those_behind(self, ledger: Ledger) -> None:
        """However many go on coming."""
        ours = recording(ledger)
        first = asyncio.create_task(ours.write([Failed(0, "blocked")]))
        await asyncio.sleep(0.005)
        later = asyncio.create_task(ours.write([Failed(1, "blocked")]))
        await first
        assert not later.done()
        await later

    async def test_a_fault_reaches_those_whom_it_concerns_and_no_others(self, ledger: Ledger) -> None:
        """What is wrong with one transaction is not wrong with the next."""
        ours = recording(ledger)
        ledger.raises.append(ValueError("no such column"))
        with pytest.raises(ValueError, match="no such column"):
            await ours.write([Failed(0, "blocked")])
        await ours.write([Failed(1, "blocked")])
        assert ledger.written == [[Failed(1, "blocked")]]

    async def test_a_database_that_is_away_is_waited_for(self, ledger: Ledger) -> None:
        """Nothing is forgotten meanwhile."""
        ledger.raises.append(DatabaseUnavailable("gone"))
        await recording(ledger).write([Failed(0, "blocked")])
        assert ledger.written == [[Failed(0, "blocked")]]
