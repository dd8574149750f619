"""The store: a database and everything that reads or writes it, opened once."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog
from sqlalchemy import Table, delete

from bot.db.answered_updates import AnsweredUpdates
from bot.db.bulletins import Bulletins
from bot.db.changes import Changes
from bot.db.confirmations import Confirmations
from bot.db.contents import StoredContents
from bot.db.delivery_queue import DeliveryQueue
from bot.db.delivery_reports import DeliveryLog
from bot.db.dossier_versions import DossierVersions, Processes
from bot.db.engine import Clock, Database, Sleep, open_database
from bot.db.fan_out import FanOut
from bot.db.feeds import Candidates, Feeds
from bot.db.leases import Leases
from bot.db.migrations import expect_tables, prepare
from bot.db.numbers import Numbers
from bot.db.page_readers import PageReaders
from bot.db.questions import AwaitedQuestions, UnansweredQuestions
from bot.db.readers import Readers
from bot.db.reports import Reports
from bot.db.retention import old_rows, prune_ledger
from bot.db.safeguards import Safeguards
from bot.db.sign_ins import SignIns
from bot.db.subscriptions import Subscriptions

log = structlog.get_logger("bot.db")

TIDY_SECONDS = 3600.0


class Store:
    """A database whose tables are ready, and its parts."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.readers = Readers(database)
        self.page_readers = PageReaders(database, self.readers)
        self.subscriptions = Subscriptions(database)
        self.confirmations = Confirmations(database, self.page_readers, self.subscriptions)
        self.dossier_versions = DossierVersions(database)
        self.processes = Processes(database)
        self.bulletins = Bulletins(database)
        self.fan_out = FanOut(database)
        self.queue = DeliveryQueue(database)
        self.deliveries = DeliveryLog(database)
        self.leases = Leases(database)
        self.feeds = Feeds(database)
        self.candidates = Candidates(database)
        self.unanswered = UnansweredQuestions(database)
        self.awaited = AwaitedQuestions(database)
        self.reports = Reports(database)
        self.numbers = Numbers(database)
        self.sign_ins = SignIns(database)
        self.answered = AnsweredUpdates(database)
        self.safeguards = Safeguards(database)
        self.changes = Changes(database)
        self.contents = StoredContents(database)

    async def delete_old(self, table: Table) -> int:
        """Deletes the rows of a table of :func:`~bot.db.retention.old_rows`; returns how many."""
        return await self.database.change(delete(table).where(old_rows(self.database)[table]), is_long=True)

    async def tidy(self, ledger_days: int, sleep: Sleep = asyncio.sleep) -> None:
        """Deletes, once an hour, what is older than :mod:`bot.db.retention` says. Runs until cancelled, in several processes at once.

        ``ledger_days`` is as for :func:`~bot.db.retention.prune_ledger`.
        """

        async def tidy() -> None:
            for table in old_rows(self.database):
                await self.delete_old(table)
            await self.numbers.note_subscribers()
            await self.readers.delete_lapsed()
            await self.page_readers.delete_ended()  # before it is forgotten when their subscriptions ended
            await self.subscriptions.delete_ended()
            if deleted := await prune_ledger(self.database, ledger_days):
                log.info("old deliveries were deleted", deliveries=deleted)
            await self.database.empty_log()

        await sleep(TIDY_SECONDS)  # a start has other things to do
        await self.database.repeat(tidy, TIDY_SECONDS, sleep=sleep)


@asynccontextmanager
async def open_store(
    url: str | None = None, clock: Clock | None = None, *, only_reads: bool = False, makes: bool = True
) -> AsyncIterator[Store]:
    """The store at ``url`` (None: the default SQLite file), ready for work. It is closed at the end of the block.

    Args:
        url: the database's address.
        clock: seconds since 1970; replaces the database's own.
        only_reads: nothing is changed, made or migrated.
        makes: whether a database that does not exist or is empty is made, and an SQLite file of an older release migrated.

    Raises:
        UnusableDatabase: the message is one line that says what to do.
    """
    async with open_database(url, clock, only_reads=only_reads, makes=makes) as database:
        await (expect_tables(database) if only_reads else prepare(database, makes=makes, migrates=makes))
        store = Store(database)
        await store.readers.load()
        yield store
