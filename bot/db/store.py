"""The store: a database and everything that reads or writes it, opened once."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from bot.db.answered_updates import AnsweredUpdates
from bot.db.bulletins import Bulletins
from bot.db.changes import Changes
from bot.db.confirmations import Confirmations
from bot.db.delivery_queue import DeliveryQueue
from bot.db.delivery_reports import DeliveryLog
from bot.db.dossier_versions import DossierVersions, Processes
from bot.db.engine import Clock, Database, open_database
from bot.db.fan_out import FanOut
from bot.db.feeds import Candidates, Feeds
from bot.db.leases import Leases
from bot.db.migrations import expect_tables, prepare
from bot.db.numbers import Numbers
from bot.db.page_readers import PageReaders
from bot.db.questions import AwaitedQuestions, Ratings, UnansweredQuestions
from bot.db.readers import Readers
from bot.db.reports import Reports
from bot.db.safeguards import Safeguards
from bot.db.sign_ins import SignIns
from bot.db.subscriptions import Subscriptions


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
    ratings: Ratings
    awaited: AwaitedQuestions
    reports: Reports
    numbers: Numbers
    sign_ins: SignIns
    answered: AnsweredUpdates
    safeguards: Safeguards
    changes: Changes


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
        Ratings(database),
        AwaitedQuestions(database),
        Reports(database),
        Numbers(database),
        SignIns(database),
        AnsweredUpdates(database),
        Safeguards(database),
        Changes(database),
    )


@asynccontextmanager
async def open_store(
    url: str | None = None, clock: Clock | None = None, *, only_reads: bool = False
) -> AsyncIterator[Store]:
    """The store at ``url`` (None: the default SQLite file), ready for work. It is closed at the end of the block.

    Args:
        url: the database's address.
        clock: seconds since 1970; replaces the database's own.
        only_reads: nothing is changed, made or migrated.

    Raises:
        UnusableDatabase: the message is one line that says what to do.
    """
    database = open_database(url, clock, only_reads=only_reads)
    try:
        await (expect_tables if only_reads else prepare)(database)
        store = store_on(database)
        await store.readers.load()
        yield store
    finally:
        await database.close()
