"""Opens SQLite or PostgreSQL through SQLAlchemy, and defines which errors mean that the database is away."""

import asyncio
import logging
import os
import re
import sqlite3
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from functools import lru_cache, partial
from pathlib import Path
from time import monotonic
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NoReturn, Self, TypeVar, cast

from sqlalchemy import (
    Double,
    Engine,
    Executable,
    Table,
    UpdateBase,
    bindparam,
    create_engine,
    event,
    func,
    select,
    text,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.engine.url import URL, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.pool import AsyncAdaptedQueuePool, ConnectionPoolEntry, QueuePool
from sqlalchemy.sql.elements import ClauseElement, ColumnElement
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.util import await_only, greenlet_spawn
from sqlalchemy.util.queue import Empty

from bot.db.connection import AnyRow, AsyncConnection, done
from bot.db.dsn import Dsn, InvalidDsn, is_postgresql, read_dsn
from bot.db.outage import Outage
from bot.db.sqlite import DRIVER, Connection

if TYPE_CHECKING:
    import asyncpg

Clock = Callable[[], float]


Sleep = Callable[[float], Awaitable[None]]
"""Waits for a number of seconds."""


Connect = Callable[[], "Awaitable[asyncpg.Connection[asyncpg.Record]]"]


Insert = sqlite.Insert | postgresql.Insert


WithinResult = TypeVar("WithinResult")


MADE_BY = "`nota run` or `nota migrate`, which make it"
"""The remedy where the database does not exist yet."""


DEFAULT_URL = "sqlite:///data/nota.sqlite3"
"""Relative to the working directory. The folder is created."""


READ_CONNECTIONS = 4
"""Connections for reading. SQLite has one more for writing; on PostgreSQL all connections read and write."""


MOST_CONNECTIONS = 2 * READ_CONNECTIONS + 3
"""Of a process on PostgreSQL: one listens all the time, and one now and then."""


CONNECT_TIMEOUT_SECONDS = 10


STATEMENT_TIMEOUT_SECONDS = 120


POOL_TIMEOUT_SECONDS = 60
"""How long a caller waits for a free connection."""


IDLE_SECONDS = 8
"""PostgreSQL ends a transaction that is idle for this long. So a frozen process holds its locks no longer than its lease
 (postgresql.org/docs/current/runtime-config-client.html)."""


TURNS = READ_CONNECTIONS
"""How many people's requests use the database at once. The others wait in line, so that no worker waits behind a crowd."""


TURN_SECONDS, TURN_STEPS = 5.0, 20
"""How long one of them may use it, counted in steps: a step lasts longer while the event loop is late, as on a busy machine."""


END_SECONDS = 0.5
"""How long :func:`within` waits after a cancellation, because a cancelled statement costs its connection."""


RETRY_SECONDS = 2.0
"""Pause before work that met an outage is repeated."""


CLOSE_SECONDS = 2.0
"""Time limit of :meth:`Database.close`."""


READS, WRITES = "BEGIN", "BEGIN IMMEDIATE"
"""How SQLite's transactions begin (sqlite.org/lang_transaction.html)."""


class UnusableDatabase(Exception):
    """The database of DATABASE_URL, or its tables, cannot be used. The message says what to do."""


class UnusableAddress(UnusableDatabase):
    """The file of DATABASE_URL can be neither made nor written here, or is none of SQLite's: a wrong setting, so to start again does not help."""


class DatabaseUnavailable(Exception):
    """The database cannot be reached, or cannot work for now: it starts, or is full, locked or read-only.

    The message is the database's own, without the statement and its values. An error of a statement itself (no such table, a
    value that does not fit) stays SQLAlchemy's own error, because a retry cannot help.
    """


DATABASE_AWAY = (DatabaseUnavailable, PoolTimeout, TimeoutError)
"""Raised while the database is away: PoolTimeout if all connections wait for it, TimeoutError by :func:`within`."""


_UNAVAILABLE_SQLSTATES = ("08", "40", "53", "57", "58", "25006", "25P03", "25P04", "55P03")
"""Beginnings of PostgreSQL's codes for: connection lost, deadlock, no room, shut down, disk; read-only, too slow, locked
(postgresql.org/docs/current/errcodes-appendix.html)."""


_UNAVAILABLE_SQLITE_CODES = {
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_NOMEM,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_INTERRUPT,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_PROTOCOL,
}
"""SQLite's primary result codes for the same (sqlite.org/rescode.html)."""


class ClockReading(FunctionElement[float]):
    """The database's clock as an expression, in seconds since 1970."""

    type = Double()
    inherit_cache = True


@compiles(ClockReading, "sqlite")
def _sqlite_clock(*_: Any, **__: Any) -> str:
    return "((julianday('now') - 2440587.5) * 86400.0)"


@compiles(ClockReading, "postgresql")
def _postgresql_clock(*_: Any, **__: Any) -> str:
    return "CAST(extract(epoch FROM statement_timestamp()) AS double precision)"


@dataclass(frozen=True, slots=True)
class Database:
    """A database and its connections. Created by :func:`open_database`.

    Attributes:
        url: host and name, or the file; without a password.
        now: the current time, in seconds since 1970, as an expression for statements.
        reading: connections for reading.
        single: the same, for single statements, around which PostgreSQL needs no transaction.
        writing: connections for writing. SQLite has only one, so writers wait for each other. PostgreSQL: the same engine.
        connect: opens a connection outside the pool, for LISTEN; the caller closes it. None on SQLite.
        file_id: device and number of the SQLite file that was opened (:func:`os.stat`); None on PostgreSQL.
        outage: logs once that the database is away.
        turns: the line of :meth:`in_turn`, and how long somebody's turn may last.
    """

    url: str
    now: ColumnElement[float]
    reading: Engine
    single: Engine
    writing: Engine
    connect: Connect | None = None
    file_id: tuple[int, int] | None = None
    outage: Outage = field(default_factory=Outage)
    turns: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(TURNS))
    turn_seconds: float = TURN_SECONDS

    @property
    def is_sqlite(self) -> bool:
        return self.connect is None

    @property
    def is_replaced(self) -> bool:
        """Whether the SQLite file was deleted or replaced since it was opened.

        Writes would then go to a file without a name, which ends with the process. A file that was moved away and back is the
        same file.
        """
        return self.file_id is not None and _file_id(self.url) != self.file_id

    @property
    def refused(self) -> int:
        """How often the server had no more connections for this process."""
        return self.writing.pool.refused if isinstance(self.writing.pool, WaitingPool) else 0

    def _refuse_replaced(self) -> None:
        if self.is_replaced:
            raise DatabaseUnavailable(
                "the database's file was deleted or replaced: stop the bot, put the file back, start the bot"
            )

    async def empty_log(self) -> None:
        """Empties SQLite's write-ahead log, which may hold what was deleted meanwhile (sqlite.org/pragma.html#pragma_wal_checkpoint)."""
        if self.is_sqlite:
            async with self.connected(self.writing) as connection:
                await connection.driver.in_thread(connection.driver.empty_log)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def is_standby(self) -> bool:
        """Whether the server follows another one, and takes no changes (functions-admin.html#FUNCTIONS-RECOVERY-CONTROL)."""
        return not self.is_sqlite and bool((await self.rows(select(func.pg_is_in_recovery())))[0][0])

    async def moment(self, within: AsyncConnection | None = None) -> float:
        """Seconds since 1970 by the database's clock."""
        return float((await self.rows(select(self.now), within=within))[0][0])

    async def lock(self, connection: AsyncConnection, kind: int, name: str) -> None:
        """Makes transactions about the same name wait for one another. SQLite has one writer at a time."""
        if not self.is_sqlite:
            await connection.execute(select(func.pg_advisory_xact_lock(kind, func.hashtext(name))))

    @asynccontextmanager
    async def read(self, within: AsyncConnection | None = None) -> AsyncIterator[AsyncConnection]:
        """A connection for reading, or ``within``, whose transaction goes on.

        On SQLite it sees one snapshot; on PostgreSQL each statement sees the latest committed data.
        """
        if within is not None:
            yield within
            return
        self._refuse_replaced()
        async with self.connected(self.reading) as connection:
            yield connection

    @asynccontextmanager
    async def connected(self, engine: Engine, *, is_long: bool = False) -> AsyncIterator[AsyncConnection]:
        """A connection of the engine's pool, which gets it back at the end, whoever is cancelled meanwhile. ``is_long`` as for :meth:`write`."""
        sync = await done(engine.connect, at_once=self._has_idle(engine))
        connection = AsyncConnection(sync, self.is_sqlite and not is_long)
        driver = connection.driver  # a cancelled statement costs its connection
        try:
            if is_long and self.is_sqlite:
                driver.is_long = True
            yield connection
        finally:
            if self.is_sqlite:
                driver.is_long = False
                sync.close()
            else:
                await uninterrupted(greenlet_spawn(sync.close))

    def _has_idle(self, engine: Engine) -> bool:
        """Whether one of SQLite's connections waits for work."""
        return self.is_sqlite and cast(QueuePool, engine.pool).checkedin() > 0

    async def rows(
        self, statement: Executable, parameters: Mapping[str, Any] | None = None, within: AsyncConnection | None = None
    ) -> Sequence[AnyRow]:
        """The rows of a single statement that reads, in the transaction of ``within`` or in none.

        PostgreSQL then needs no BEGIN and ROLLBACK around it, and a connection that is awaited, which takes as long as a
        short statement itself, is not made.
        """
        if within is not None:
            return await within.rows(statement, parameters)
        self._refuse_replaced()
        return await done(self._rows, statement, parameters, at_once=self._has_idle(self.single))

    async def row(
        self, statement: Executable, parameters: Mapping[str, Any] | None = None, within: AsyncConnection | None = None
    ) -> AnyRow | None:
        """As :meth:`rows`, the first one; None: there is none."""
        return next(iter(await self.rows(statement, parameters, within)), None)

    def _rows(self, statement: Executable, parameters: Mapping[str, Any] | None) -> Sequence[AnyRow]:
        with self.single.connect() as connection:
            return connection.execute(statement, parameters).all()

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[AsyncConnection]:
        """As :meth:`read`, for several statements that must see the same snapshot and may take long."""
        self._refuse_replaced()
        async with self.connected(self.reading) as connection:
            if not self.is_sqlite:
                await connection.run_sync(lambda sync: sync.execution_options(isolation_level="REPEATABLE READ"))
            await self.allow_idling(connection)
            yield connection

    async def allow_idling(self, connection: AsyncConnection) -> None:
        """Lifts :data:`IDLE_SECONDS` for this transaction, for example while a person pages through an export."""
        if not self.is_sqlite:
            await connection.execute(text("SET LOCAL idle_in_transaction_session_timeout = 0"))

    @asynccontextmanager
    async def write(
        self, within: AsyncConnection | None = None, *, is_long: bool = False
    ) -> AsyncIterator[AsyncConnection]:
        """A transaction: committed at the end of the block, rolled back if the block raises; or ``within``, whose transaction goes on.

        ``is_long``: it changes as many rows as there may be, so on SQLite it is done beside the event loop.
        """
        if within is not None:
            yield within
            return
        self._refuse_replaced()
        async with self.connected(self.writing, is_long=is_long) as connection:
            async with connection.begin():
                yield connection
            if self.is_sqlite and connection.driver.is_log_long():
                await connection.driver.in_thread(connection.driver.empty_log)
        self.outage.answered()

    async def change(
        self, statement: UpdateBase, parameters: Mapping[str, Any] | None = None, *, is_long: bool = False
    ) -> int:
        """Makes a change of one statement in a transaction of its own, as :meth:`write` does. Returns how many rows it has changed."""
        async with self.write(is_long=is_long) as connection:
            return (await connection.execute(statement, parameters)).rowcount

    async def in_turn(self, work: Coroutine[Any, Any, WithinResult]) -> WithinResult:
        """Returns the result of work that answers a person, or cancels it after ``turn_seconds``. The time in line does not count.

        If the database has failed somebody in the meantime, and no transaction was committed since, the work has a tenth of that, so that
        those who wait during an outage get their apologies soon.

        Raises:
            TimeoutError: it took longer.
        """
        began = self.outage.clock()
        try:
            await self.turns.acquire()
        except asyncio.CancelledError:
            work.close()
            raise
        try:
            share = 0.1 if self.outage.has_failed_since(began) else 1.0
            return await within(self.turn_seconds * share, work, TURN_STEPS)
        except DATABASE_AWAY as failure:
            self.outage.failed(failure)
            raise
        finally:
            self.turns.release()

    async def repeat(
        self,
        work: Callable[[], Awaitable[float | None]],
        seconds: float | None,
        wake: asyncio.Event | None = None,
        sleep: Sleep = asyncio.sleep,
    ) -> NoReturn:
        """Runs the work at once and again after each pause, until cancelled. An outage is waited for, and logged once.

        Args:
            work: may return the length of the next pause, in seconds.
            seconds: the pause; None: it lasts until ``wake`` is set.
            wake: ends a pause. It is cleared before each run of the work.
            sleep: waits after an outage, and if ``wake`` is None.
        """
        while True:
            if wake is not None:
                wake.clear()
            try:
                pause = await work()
            except DATABASE_AWAY as failure:
                self.outage.failed(failure)
                await sleep(RETRY_SECONDS if seconds is None else min(seconds, RETRY_SECONDS))
                continue
            pause = seconds if pause is None else pause
            if wake is None:
                await sleep(pause or 0.0)
                continue
            with suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await wake.wait()

    async def close(self) -> None:
        """Closes every connection. If the database is away, they close by themselves or with the process."""
        with suppress(TimeoutError):
            await within(CLOSE_SECONDS, self._close())

    async def _close(self) -> None:
        await greenlet_spawn(self.writing.dispose)
        await greenlet_spawn(self.reading.dispose)


async def uninterrupted(work: Coroutine[Any, Any, None]) -> None:
    """Does the work to its end, also if who waits for it is cancelled meanwhile."""
    task = asyncio.create_task(work)
    task.add_done_callback(_note_error)
    await asyncio.shield(task)


async def within(seconds: float, work: Coroutine[Any, Any, WithinResult], steps: int = 1) -> WithinResult:
    """Returns the result of work on the database, or cancels the work after ``seconds``, counted in ``steps``.

    ``asyncio.timeout`` would also wait until the connection is closed, or SQLite's thread has ended, which takes long during an
    outage. Here that happens in the background.

    Raises:
        TimeoutError: it took longer.
    """
    task = asyncio.ensure_future(work)
    try:
        for _ in range(steps):
            done, _ = await asyncio.wait((task,), timeout=seconds / steps)
            if done:
                break
    except asyncio.CancelledError:
        await asyncio.wait((task,), timeout=min(seconds, END_SECONDS))
        raise
    finally:
        task.cancel()
        task.add_done_callback(_note_error)
    if not task.done():
        raise TimeoutError
    return task.result()


def _note_error(done: "asyncio.Task[Any]") -> None:
    """Retrieves an exception that nobody awaits, so that asyncio does not log it."""
    if not done.cancelled():
        done.exception()


def open_database(
    url: str | None = None, clock: Clock | None = None, *, only_reads: bool = False, makes: bool = True
) -> Database:
    """The database at ``url`` (None: :data:`DEFAULT_URL`). It connects when first used.

    Args:
        url: its address.
        clock: replaces the database's own clock.
        only_reads: nothing is changed or created: an SQLite file must exist, and the database refuses to write.
        makes: whether an SQLite file that does not exist is created.

    Raises:
        UnusableDatabase: the URL is neither SQLite's nor PostgreSQL's, or cannot be read, or the file cannot be created.
    """
    now: ColumnElement[float] = bindparam("now", callable_=clock, type_=Double()) if clock else ClockReading()
    location = url or DEFAULT_URL
    if is_postgresql(location):
        return _open_postgresql(location, now, only_reads=only_reads)
    file = sqlite_file(location)
    if file is None:
        raise UnusableDatabase(f"DATABASE_URL: {UNKNOWN_ADDRESS}")
    if makes and not only_reads:
        _make_file(file)
    file_id = _file_id(file)
    if file_id is None or file.is_dir():
        what = "is a folder, expected a file" if file_id else f"does not exist, expected: {MADE_BY}"
        raise UnusableDatabase(f"DATABASE_URL: {file.absolute()} {what}")
    address = make_url(location).set(drivername=DRIVER)
    reading = _sqlite_engine(address, READS, READ_CONNECTIONS, only_reads=only_reads)
    writing = _sqlite_engine(address, WRITES, 1, only_reads=only_reads)
    return Database(str(file), now, reading, reading, writing, file_id=file_id)


def folder_of(url: str | None) -> Path | None:
    """The folder of the SQLite file at ``url`` (None: the default one); None for any other URL."""
    file = sqlite_file(url)
    return file.parent if file else None


UNKNOWN_ADDRESS = "not the address of a database we know"


def known_address(url: str) -> str:
    """The address itself.

    Raises:
        ValueError: no database can have it. The message does not quote it.
    """
    if is_postgresql(url):
        read_dsn(url)
    elif sqlite_file(url) is None:
        raise ValueError(UNKNOWN_ADDRESS)
    return url


def sqlite_file(url: str | None) -> Path | None:
    """The SQLite file at ``url`` (None: the default one); None for any other URL."""
    try:
        address = make_url(url or DEFAULT_URL)
    except ArgumentError:
        return None
    is_file = address.get_backend_name() == "sqlite" and address.database not in (None, "", ":memory:")
    return Path(str(address.database)) if is_file else None


def _file_id(file: Path | str) -> tuple[int, int] | None:
    """Device and number of the file; None if it does not exist."""
    try:
        status = os.stat(file)  # noqa: PTH116  before each transaction, so the file is a text
    except OSError:
        return None
    return status.st_dev, status.st_ino


def _make_file(file: Path) -> None:
    """Creates an empty file, which SQLite takes for an empty database. Only our user may read it and the files beside it."""
    expected = (
        f"expected a file in a folder where user {os.getuid()} may write, as a volume of its own, or a PostgreSQL"
    )
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    except OSError as error:
        if not file.is_file():
            what = "is a folder" if file.is_dir() else f"cannot be made ({error.strerror})"
            raise UnusableAddress(f"DATABASE_URL: {file.absolute()} {what}, {expected}") from error
    if not (os.access(file, os.W_OK) and os.access(file.parent, os.W_OK | os.X_OK)):
        raise UnusableAddress(f"DATABASE_URL: {file.absolute()} cannot be written, {expected}")


def _sqlite_engine(url: URL, begin: str, connections: int, *, only_reads: bool) -> Engine:
    """An engine whose transactions begin with the statement ``begin``.

    As docs.sqlalchemy.org advises under "Serializable isolation / Savepoints / Transactional DDL" of SQLite.
    """
    engine = create_engine(
        url,
        poolclass=AsyncAdaptedQueuePool,
        pool_size=connections,
        max_overflow=0,
        pool_timeout=POOL_TIMEOUT_SECONDS,
        hide_parameters=True,
        connect_args={"timeout": 0, "factory": Connection, "isolation_level": None, "check_same_thread": False},
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: Connection, _: Any) -> None:
        for pragma in ("synchronous=NORMAL", "foreign_keys=ON", "secure_delete=ON", "wal_autocheckpoint=0"):
            connection.execute(f"PRAGMA {pragma}")  # secure_delete: what is deleted is overwritten
        if only_reads:
            connection.execute("PRAGMA query_only=ON")
        else:
            await_only(connection.do(partial(connection.execute, "PRAGMA journal_mode=WAL")))
        connection.begin = begin
        if begin == READS:
            connection.interrupt_long_reads()
        elif not only_reads:
            connection.log = f"{url.database}-wal"

    event.listen(engine, "handle_error", lambda context: _translate(context, str(url.database)), retval=True)
    return engine


def _open_postgresql(url: str, now: ColumnElement[float], *, only_reads: bool) -> Database:
    try:
        dsn = read_dsn(url)
    except InvalidDsn as error:
        raise UnusableDatabase(f"DATABASE_URL: {error}") from None

    async def connect(*_: Any, **__: Any) -> "asyncpg.Connection[asyncpg.Record]":
        return await _connect(dsn, only_reads=only_reads)

    options: dict[str, Any] = {"async_creator_fn": connect}
    if not dsn.prepares_statements:  # each statement is prepared without a name, which lasts for its transaction
        options |= {"prepared_statement_cache_size": 0, "prepared_statement_name_func": str}
    engine = create_engine(
        "postgresql+asyncpg://",
        poolclass=WaitingPool,
        connect_args=options,
        pool_size=READ_CONNECTIONS + 1,
        max_overflow=READ_CONNECTIONS,
        hide_parameters=True,
    )
    event.listen(engine, "handle_error", lambda context: _translate(context, dsn.public), retval=True)
    return Database(dsn.public, now, engine, engine.execution_options(isolation_level="AUTOCOMMIT"), engine, connect)


class WaitingPool(AsyncAdaptedQueuePool):
    """Waits for a connection of its own where the server has no more for it (53300). ``refused``: how often that was."""

    refused = 0

    def _do_get(self) -> ConnectionPoolEntry:
        import asyncpg  # noqa: PLC0415  on SQLite it is not needed

        end = monotonic() + POOL_TIMEOUT_SECONDS
        while True:
            try:
                return super()._do_get()
            except DatabaseUnavailable as refusal:
                if not isinstance(refusal.__cause__, asyncpg.TooManyConnectionsError) or monotonic() > end:
                    raise
            self.refused += 1
            with suppress(Empty):  # the server may have one by then
                return self._pool.get(True, RETRY_SECONDS)


# SQLAlchemy names a pool's logger after the module of its class (log.class_logger), and ours log what happens
logging.getLogger(f"{__name__}.{WaitingPool.__name__}").setLevel(logging.WARNING)


async def _connect(dsn: Dsn, *, only_reads: bool) -> "asyncpg.Connection[asyncpg.Record]":
    """Connects. Asyncpg reads the address itself, because it knows sslmode and most of libpq's parameters.

    Raises:
        DatabaseUnavailable: the server does not exist, does not answer, or refuses the connection.
    """
    import asyncpg  # noqa: PLC0415  as above

    options: dict[str, Any] = {} if dsn.prepares_statements else {"statement_cache_size": 0}
    if dsn.trusts_system:
        options["ssl"] = ssl.create_default_context()
    with translated_errors():
        connection = await asyncpg.connect(
            dsn.address, timeout=CONNECT_TIMEOUT_SECONDS, command_timeout=STATEMENT_TIMEOUT_SECONDS, **options
        )
        try:
            await connection.execute(f"SET idle_in_transaction_session_timeout = '{IDLE_SECONDS}s'")
            # statements count on it, whatever the server's default
            await connection.execute("SET default_transaction_isolation = 'read committed'")
            if only_reads:
                await connection.execute("SET default_transaction_read_only = on")
        except BaseException:
            connection.terminate()
            raise
        return connection


@contextmanager
def translated_errors() -> Iterator[None]:
    """Raises DatabaseUnavailable for errors of asyncpg and of the network, where asyncpg is used without SQLAlchemy."""
    import asyncpg  # noqa: PLC0415  as above

    try:
        yield
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError) as error:
        raise DatabaseUnavailable(str(error) or type(error).__name__) from error


def refusal(url: str, cause: str) -> UnusableDatabase:
    """Why the database cannot be used, in one line that names the setting. ``cause``: the database's own line."""
    denied = re.fullmatch(r"permission denied for (schema|table|sequence) (\S+)", cause.rpartition(": ")[2])
    grant = f", expected: its owner runs GRANT ALL ON {denied[1].upper()} {denied[2]} TO the user" if denied else ""
    is_other_file = cause == "file is not a database"  # SQLITE_NOTADB, sqlite.org/rescode.html
    kind = UnusableAddress if is_other_file else UnusableDatabase
    return kind(f"DATABASE_URL: {url} cannot be used ({cause}){grant}")


def _translate(context: ExceptionContext, url: str) -> BaseException | None:
    """Returns DatabaseUnavailable for a driver's error that will pass, UnusableDatabase where a right lacks; None: SQLAlchemy raises its own error."""
    error = context.original_exception
    # SQLAlchemy also calls a cancellation a disconnect, because it ends the connection
    if not isinstance(error, Exception):
        return None
    message = str(error).partition("\n")[0] or type(error).__name__
    if getattr(error, "sqlstate", "") == "42501":  # insufficient_privilege
        return refusal(url, message)
    return DatabaseUnavailable(message) if context.is_disconnect or _will_pass(error) else None


def _will_pass(error: BaseException) -> bool:
    if isinstance(error, sqlite3.Error):
        return getattr(error, "sqlite_errorcode", 0) & 0xFF in _UNAVAILABLE_SQLITE_CODES
    state = str(getattr(error, "sqlstate", ""))
    return isinstance(error, TimeoutError | OSError) or state.startswith(_UNAVAILABLE_SQLSTATES)


def insert_into(database: Database, table: Table) -> Insert:
    """INSERT with ON CONFLICT, for which SQLAlchemy has a class per database."""
    return _insert_into(table, is_sqlite=database.is_sqlite)


def _insert_into(table: Table, *, is_sqlite: bool) -> Insert:
    return sqlite.insert(table) if is_sqlite else postgresql.insert(table)


Fixed = tuple[tuple[str, ClauseElement | None], ...]
"""Columns with their expressions; None: the column has a value."""


def upsert(
    database: Database,
    table: Table,
    values: Mapping[str, Any],
    key: Sequence[str],
    changes: Mapping[str, Any],
    returning: Table | None = None,
) -> tuple[UpdateBase, dict[str, Any]]:
    """Inserts ``values``, or makes ``changes`` to the row that has the same ``key``. Returns the statement and its parameters."""
    sides = ("new", values), ("set", changes)
    inserted, changed = (tuple(map(_fixed, side.items())) for _, side in sides)
    statement = _upsert(database.is_sqlite, table, inserted, tuple(key), changed, returning)
    given = {f"{side}_{name}": value for side, columns in sides for name, value in columns.items()}
    return statement, {name: value for name, value in given.items() if not isinstance(value, ClauseElement)}


def _fixed(column: tuple[str, object]) -> tuple[str, ClauseElement | None]:
    return column[0], column[1] if isinstance(column[1], ClauseElement) else None


@lru_cache(256)
def _upsert(
    is_sqlite: bool, table: Table, values: Fixed, key: tuple[str, ...], changes: Fixed, returning: Table | None
) -> UpdateBase:
    """Made once for the same columns: SQLAlchemy takes longer to make a statement than to run it."""
    insert = _insert_into(table, is_sqlite=is_sqlite).values(_bound(table, "new", values))
    statement = insert.on_conflict_do_update(index_elements=key, set_=_bound(table, "set", changes))
    return statement if returning is None else statement.returning(returning)


def _bound(table: Table, side: str, columns: Fixed) -> dict[str, ClauseElement]:
    bound = {name: bindparam(f"{side}_{name}", type_=table.c[name].type) for name, _ in columns}
    return bound | {name: expression for name, expression in columns if expression is not None}


async def last_numbers(database: Database, connection: AsyncConnection, tables: Iterable[Table]) -> dict[str, int]:
    """Table → the last number that it gave a row, which may be deleted by now. Only of tables that use no number twice."""
    found = {}
    for table in filter(_is_numbered, tables):
        last = text("SELECT seq FROM sqlite_sequence WHERE name = :name")
        if not database.is_sqlite:
            last = text("SELECT pg_sequence_last_value(CAST(pg_get_serial_sequence(:name, 'id') AS regclass))")
        if (number := await connection.scalar(last, {"name": table.name})) is not None:
            found[table.name] = int(number)
    return found


async def count_on(
    database: Database,
    connection: AsyncConnection,
    tables: Iterable[Table],
    behind: Mapping[str, int] = MappingProxyType({}),
) -> None:
    """Numbers new rows behind those that brought their numbers along, and behind the numbers ``behind`` by table; never lower than so far.

    PostgreSQL's sequences know of no number that a row brings (functions-sequence.html). SQLite's know of those of its rows
    (sqlite.org/autoinc.html).
    """
    numbered = [table for table in tables if "id" in table.columns and table.columns["id"].type.python_type is int]
    last = await last_numbers(database, connection, numbered)
    for table in numbered:
        highest = await connection.scalar(select(func.max(table.c.id)))
        number = max(highest or 0, behind.get(table.name, 0))
        if number <= last.get(table.name, 0):
            continue
        values = {"name": table.name, "number": number}
        if not database.is_sqlite:
            await connection.execute(text("SELECT setval(pg_get_serial_sequence(:name, 'id'), :number)"), values)
        elif _is_numbered(table):
            await connection.execute(text("DELETE FROM sqlite_sequence WHERE name = :name"), values)
            await connection.execute(text("INSERT INTO sqlite_sequence (name, seq) VALUES (:name, :number)"), values)


def _is_numbered(table: Table) -> bool:
    return bool(table.dialect_options["sqlite"]["autoincrement"])
