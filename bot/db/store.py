"""The store: a database and everything that reads or writes it, opened once."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import structlog

from bot.db.answered_updates import AnsweredUpdates
from bot.db.applied_updates import AppliedUpdates
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
from bot.db.retention import prune_ledger
from bot.db.safeguards import Safeguards
from bot.db.sign_ins import SignIns
from bot.db.subscriptions import Subscriptions

log = structlog.get_logger("bot.db")

TIDY_SECONDS = 3600.0


@dataclass(frozen=True, slots=True)
class Store:
    """A database and its parts."""

    database: Database
    readers: Readers
    page_readers: PageReaders
    confirmations: Confirmations
    subscriptions: Subscriptions
    dossier_versions: DossierVersions
    processes: Processes
    bulletins: Bulletins
    fan_out: FanOut
    queue: DeliveryQueue
    deliveries: DeliveryLog
    leases: Leases
    feeds: Feeds
    candidates: Candidates
    unanswered: UnansweredQuestions
    awaited: AwaitedQuestions
    reports: Reports
    numbers: Numbers
    sign_ins: SignIns
    answered: AnsweredUpdates
    safeguards: Safeguards
    changes: Changes
    contents: StoredContents

    async def tidy(self, ledger_days: int, sleep: Sleep = asyncio.sleep) -> None:
        """Deletes, once an hour, what is older than :mod:`bot.db.retention` says. Runs until cancelled, in several processes at once.

        ``ledger_days`` is as for :func:`~bot.db.retention.prune_ledger`.
        """

        async def delete_old() -> None:
            await AppliedUpdates(self.database).delete_old()
            await self.unanswered.delete_old()
            await self.awaited.delete_old()
            await self.reports.delete_old()
            await self.numbers.delete_old()
            await self.numbers.note_subscribers()
            await self.readers.delete_lapsed()
            await self.confirmations.delete_old()
            await self.page_readers.delete_ended()  # before it is forgotten when their subscriptions ended
            await self.subscriptions.delete_ended()
            await self.bulletins.delete_old()
            await self.processes.delete_lapsed()
            if deleted := await prune_ledger(self.database, ledger_days):
                log.info("old deliveries were deleted", deliveries=deleted)
            await self.database.empty_log()

        await sleep(TIDY_SECONDS)  # a start has other things to do
        await self.database.repeat(delete_old, TIDY_SECONDS, sleep=sleep)


def store_on(database: Database) -> Store:
    """The store on a database whose tables are ready."""
    readers, subscriptions = Readers(database), Subscriptions(database)
    page_readers = PageReaders(database, readers)
    return Store(
        database,
        readers,
        page_readers,
        Confirmations(database, page_readers, subscriptions),
        subscriptions,
        DossierVersions(database),
        Processes(database),
        Bulletins(database),
        FanOut(database),
        DeliveryQueue(database),
        DeliveryLog(database),
        Leases(database),
        Feeds(database),
        Candidates(database),
        UnansweredQuestions(database),
        AwaitedQuestions(database),
        Reports(database),
        Numbers(database),
        SignIns(database),
        AnsweredUpdates(database),
        Safeguards(database),
        Changes(database),
        StoredContents(database),
    )


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
        store = store_on(database)
        await store.readers.load()
        yield store
