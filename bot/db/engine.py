"""INSERT … ON CONFLICT, which SQLAlchemy spells once per database."""

import asyncio
import os
import re
import secrets
import sqlite3
import ssl
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar
from urllib.parse import parse_qsl, urlencode, urlsplit

import asyncpg
from sqlalchemy import Connection, Double, Engine, Executable, Result, Row, Table, bindparam, create_engine, event, text
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.engine.url import URL, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.pool import AsyncAdaptedQueuePool
from sqlalchemy.sql.elements import ColumnElement
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.util import greenlet_spawn

if TYPE_CHECKING:
    from sqlalchemy.dialects import postgresql, sqlite


_SCHEME = re.compile(r"postgres(ql)?(\+\w+)?://", re.IGNORECASE)


_PLACE = re.compile(r"(\[[0-9A-Fa-f:.]+(%[\w.-]+)?\]|[^\s\[\]:,/@]*)(:\d{0,5})?")
"""A host and its port: a name, an address, a socket's folder."""


CLIENTS_OWN = frozenset(
    {
        "channel_binding", "connect_timeout", "fallback_application_name", "gssdelegation", "gssencmode", "keepalives",
        "keepalives_count", "keepalives_idle", "keepalives_interval", "load_balance_hosts", "sslcertmode",
        "sslcompression", "sslsni", "tcp_user_timeout",
    }
)  # fmt: skip
"""Words for libpq itself, of which the driver knows nothing."""


OTHER_LIBRARIES = frozenset(
    {
        "connection_limit", "pgbouncer", "pool_timeout", "prepared_statement_cache_size", "socket_timeout", "ssl",
        "statement_cache_size", "supa", "uselibpqcompat",
    }
)  # fmt: skip
"""Words for Prisma, node-postgres or SQLAlchemy, which PaaSes put into the one address that they give to everybody."""


_NO_PREPARED = {("pgbouncer", "true"), ("statement_cache_size", "0"), ("prepared_statement_cache_size", "0")}


_ENCRYPTED = {("ssl", "true"), ("ssl", "1"), ("ssl", "require"), ("sslmode", "no-verify")}


class UnreadableAddress(ValueError):
    """It cannot be read. Its message shows nothing of it, since what is wrong is often the password."""


@dataclass(frozen=True, slots=True)
class Dsn:
    """A server's address.

    Attributes:
        given: for the driver, with the password.
        shown: host, port and name, for everybody.
        keeps_statements: whether prepared statements may be used; not behind a pooler that gives each transaction another
            connection and says so with ``pgbouncer=true``.
        trusts_system: whether the server's certificate is held against the system's authorities (``sslrootcert=system``).
    """

    given: str
    shown: str
    keeps_statements: bool = True
    trusts_system: bool = False


def is_postgresql(url: str) -> bool:
    """Whether the address is one of PostgreSQL's, whatever driver it names."""
    return _SCHEME.match(url) is not None


def read_dsn(url: str) -> Dsn:
    """The address as the driver wants it.

    Raises:
        UnreadableAddress: it is none, as where a password's own ``/``, ``?`` or ``#`` ends it before its time.
    """
    try:
        split = urlsplit(_SCHEME.sub("postgresql://", url, count=1))
        words = parse_qsl(split.query, keep_blank_values=True, strict_parsing=bool(split.query))
    except ValueError:
        raise UnreadableAddress from None
    places = split.netloc.rpartition("@")[2]
    if split.fragment or "@" in split.path or not all(_PLACE.fullmatch(place) for place in places.split(",")):
        raise UnreadableAddress
    said = {name: value for name, value in words if value}
    kept = {name: value for name, value in said.items() if name not in CLIENTS_OWN | OTHER_LIBRARIES}
    if _ENCRYPTED & said.items():
        kept["sslmode"] = "require" if said.get("sslmode", "no-verify") == "no-verify" else said["sslmode"]
    trusts_system = kept.get("sslrootcert") == "system"
    if trusts_system:
        del kept["sslrootcert"]
    given = split._replace(query=urlencode(kept)).geturl()
    where = places or ":".join(said[name] for name in ("host", "port") if name in said)
    name = split.path.strip("/") or said.get("dbname", "")
    return Dsn(given, f"{where}/{name}", not _NO_PREPARED & said.items(), trusts_system)


class ClockReading(FunctionElement[float]):
    """Seconds since 1970, as an expression."""

    type = Double()
    inherit_cache = True


@compiles(ClockReading, "sqlite")
def _sqlite_clock(*_: Any, **__: Any) -> str:
    return "((julianday('now') - 2440587.5) * 86400.0)"


@compiles(ClockReading, "postgresql")
def _postgresql_clock(*_: Any, **__: Any) -> str:
    return "CAST(extract(epoch FROM statement_timestamp()) AS double precision)"


BUSY_TIMEOUT_SECONDS = 15


_WAL_PAUSE_SECONDS = 0.05


WITHOUT_BEGIN = "without_begin"
"""The execution option of a connection on which each statement is a transaction by itself."""


class LettingGo(sqlite3.Connection):
    """A connection that gives up its transaction when it is closed.

    SQLite itself keeps one open, and its lock, for as long as a statement of it is still referred to, as after a write
    that was cancelled (sqlite.org/c3ref/close.html, "zombie").
    """

    def close(self) -> None:
        with suppress(sqlite3.Error):
            self.rollback()
        super().close()


AnyRow = Row[*tuple[Any, ...]]


P = ParamSpec("P")


Parameters = Mapping[str, Any] | Sequence[Mapping[str, Any]] | None


Rows = Result[*tuple[Any, ...]]


T = TypeVar("T")


class AsyncConnection:
    """A connection that is used by one task at a time."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def execute(self, statement: Executable, parameters: Parameters = None) -> Rows:
        """Executes it; its rows, if it has any, are in memory."""
        return await greenlet_spawn(_rows, self._connection, statement, parameters)

    async def affect(self, statement: Executable, parameters: Parameters = None) -> int:
        """Executes what returns no rows; returns how many it wrote or deleted."""
        return await greenlet_spawn(_affected, self._connection, statement, parameters)

    async def stream(self, statement: Executable) -> AsyncIterator[AnyRow]:
        """Executes it and gives its rows one after the other, however many they are, a few at a time in memory."""
        parts = await greenlet_spawn(_parts, self._connection, statement)
        while part := await greenlet_spawn(next, parts, None):
            for row in part:
                yield row

    async def run_sync(self, act: Callable[Concatenate[Connection, P], T], *given: P.args, **named: P.kwargs) -> T:
        """What ``act`` makes of SQLAlchemy's own connection, on which it may do whatever it likes."""
        return await greenlet_spawn(partial(act, self._connection, *given, **named))


class AsyncEngine:
    """Connections of an engine whose driver is one for asyncio."""

    def __init__(self, engine: Engine) -> None:
        self.sync_engine = engine
        event.listen(engine, "handle_error", _unavailable, retval=True)

    @property
    def is_sqlite(self) -> bool:
        return self.sync_engine.dialect.name == "sqlite"

    @asynccontextmanager
    async def connect(self, **options: Any) -> AsyncIterator[AsyncConnection]:
        """A connection of the pool, with execution options; what it changed and did not commit is undone."""
        connection = await self._connected()
        try:
            if options:
                await greenlet_spawn(partial(connection.execution_options, **options))
            yield AsyncConnection(connection)
        finally:
            await _to_its_end(greenlet_spawn(connection.close))

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[AsyncConnection]:
        """A transaction: committed at the end of the block, undone where it raises."""
        connection = await self._connected()
        try:
            transaction = await greenlet_spawn(connection.begin)
            try:
                yield AsyncConnection(connection)
            except BaseException:
                await _to_its_end(greenlet_spawn(transaction.__exit__, *sys.exc_info()))
                raise
            await _to_its_end(greenlet_spawn(transaction.__exit__, None, None, None))
        finally:
            await _to_its_end(greenlet_spawn(connection.close))

    async def dispose(self) -> None:
        """Closes the pool's connections."""
        await greenlet_spawn(self.sync_engine.dispose)

    async def _connected(self) -> Connection:
        try:
            return await greenlet_spawn(self.sync_engine.connect)
        except PoolTimeout as error:  # each connection waits for the database
            raise DatabaseUnavailable("no connection is free") from error


def sqlite_engine(url: URL, begin: str, connections: int) -> AsyncEngine:
    """An engine whose transactions begin with ``begin``; connects when first used."""
    engine = create_engine(
        url,
        poolclass=AsyncAdaptedQueuePool,
        pool_size=connections,
        max_overflow=0,
        pool_timeout=60,
        hide_parameters=True,
        connect_args={"timeout": BUSY_TIMEOUT_SECONDS, "factory": LettingGo},
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _: Any) -> None:
        connection.isolation_level = None  # transactions begin where we say, DDL included
        _execute(connection, "PRAGMA synchronous=NORMAL")
        _execute(connection, "PRAGMA foreign_keys=ON")
        _switch_to_wal(connection)

    @event.listens_for(engine, "begin")
    def start(connection: Any) -> None:
        if not connection.get_execution_options().get(WITHOUT_BEGIN):
            connection.exec_driver_sql(begin)

    return AsyncEngine(engine)


def _execute(connection: Any, statement: str) -> None:
    cursor = connection.cursor()
    cursor.execute(statement)
    cursor.close()


def _switch_to_wal(connection: Any) -> None:
    """SQLite does not wait for its lock when it changes the journal, so two that open a new file wait here."""
    for _ in range(int(BUSY_TIMEOUT_SECONDS / _WAL_PAUSE_SECONDS)):
        try:
            return _execute(connection, "PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            if "locked" not in str(error):
                raise
            connection.run_async(lambda _: asyncio.sleep(_WAL_PAUSE_SECONDS))
    return _execute(connection, "PRAGMA journal_mode=WAL")


CONNECT_TIMEOUT_SECONDS = 10


STATEMENT_TIMEOUT_SECONDS = 120


IDLE_SECONDS = 8
"""After which the server gives up a transaction in which nothing is asked: a process that is frozen, or whose machine is
gone, holds its locks no longer than its lease (postgresql.org/docs/current/runtime-config-client.html)."""


class AsyncpgConnection:
    """A connection of PostgreSQL's own kind, outside the pool, on which others' notices come.

    Every method raises DatabaseUnavailable where the server is gone, or refuses.
    """

    def __init__(self, driver: Any) -> None:
        self._driver = driver

    async def listen(self, channel: str, told: Callable[[str], None], ended: Callable[[], None]) -> None:
        """Calls ``told`` with each word told on the channel, and ``ended`` with nothing once the connection is no more."""
        self._driver.add_termination_listener(lambda _: ended())
        with _translated():
            await self._driver.add_listener(channel, lambda _c, _pid, _channel, word: told(word))

    async def prove(self, seconds: float) -> None:
        """Asks the server for a sign of life, for which it has so many seconds."""
        with _translated():
            await self._driver.execute("SELECT 1", timeout=seconds)

    def terminate(self) -> None:
        """Closes it without a farewell."""
        self._driver.terminate()


async def connect_to(dsn: Dsn) -> Any:
    """A connection as the driver makes it, which knows sslmode and most of libpq's words by itself.

    Raises:
        DatabaseUnavailable: there is no such server, or it does not answer, or it refuses.
        ValueError: the address is none.
    """
    with _translated():
        driver = await asyncpg.connect(
            dsn.given,
            timeout=CONNECT_TIMEOUT_SECONDS,
            command_timeout=STATEMENT_TIMEOUT_SECONDS,
            **_beside(dsn),
        )
        await driver.execute(f"SET idle_in_transaction_session_timeout = '{IDLE_SECONDS}s'")
        return driver


def postgresql_engine(dsn: Dsn, connections: int) -> AsyncEngine:
    """An engine for the server; connects when first used."""
    given: dict[str, Any] = {"async_creator_fn": lambda *_, **__: connect_to(dsn)}
    if not dsn.keeps_statements:  # each is prepared without a name, which lasts for its transaction
        given |= {"prepared_statement_cache_size": 0, "prepared_statement_name_func": str}
    engine = create_engine(
        "postgresql+asyncpg://", connect_args=given, pool_size=connections, max_overflow=4, hide_parameters=True
    )
    return AsyncEngine(engine)


def _beside(dsn: Dsn) -> dict[str, Any]:
    """What the driver is told besides the address."""
    given: dict[str, Any] = {} if dsn.keeps_statements else {"statement_cache_size": 0}
    return given | {"ssl": ssl.create_default_context()} if dsn.trusts_system else given


@contextmanager
def _translated() -> Iterator[None]:
    """What keeps us from a connection as DatabaseUnavailable, so that nobody else has to know the driver."""
    try:
        yield
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError) as error:
        raise DatabaseUnavailable(str(error) or type(error).__name__) from error


STREAMED = 500
"""Rows fetched at a time where a result is not held in memory."""


_PASSING_IN_POSTGRESQL = ("08", "40", "53", "57", "58", "25006", "25P03", "25P04", "55P03")
"""Beginnings of error codes: connection lost, deadlock, no room, shut down, disk; read-only, too slow, locked
(postgresql.org/docs/current/errcodes-appendix.html)."""


_PASSING_IN_SQLITE = {
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
"""Primary result codes that say the same of a file (sqlite.org/rescode.html)."""


class DatabaseUnavailable(Exception):
    """The database cannot be reached, or cannot do anything for now: it starts, is full, locked or read-only.

    The message is the database's own, without the statement and its values. What a statement itself does wrong (no such
    table, a value that does not fit) is SQLAlchemy's own error, since trying again cannot mend it.
    """


def _unavailable(context: ExceptionContext) -> BaseException | None:
    """What is raised in place of a driver's error that passes; None: the error as it is.

    A cancellation ends the connection too, and SQLAlchemy calls that a disconnect.
    """
    error = context.original_exception
    if not isinstance(error, Exception):
        return None
    said = str(error).partition("\n")[0] or type(error).__name__
    return DatabaseUnavailable(said) if context.is_disconnect or _passes(error) else None


def _passes(error: BaseException) -> bool:
    if isinstance(error, sqlite3.Error):
        return getattr(error, "sqlite_errorcode", 0) & 0xFF in _PASSING_IN_SQLITE
    return isinstance(error, TimeoutError | OSError) or str(getattr(error, "sqlstate", "")).startswith(
        _PASSING_IN_POSTGRESQL
    )


def _rows(connection: Connection, statement: Executable, parameters: Parameters) -> Rows:
    """Read to the end, so that the driver's cursor is closed where it can still be waited for."""
    result = connection.execute(statement, parameters)
    return result.freeze()() if result.returns_rows else result


def _affected(connection: Connection, statement: Executable, parameters: Parameters) -> int:
    return connection.execute(statement, parameters).rowcount


def _parts(connection: Connection, statement: Executable) -> Iterator[Sequence[AnyRow]]:
    options = {"stream_results": True, "max_row_buffer": STREAMED}
    return connection.execute(statement, execution_options=options).partitions(STREAMED)


async def _to_its_end(work: Coroutine[Any, Any, Any]) -> None:
    """Waits until it is done even where the task is cancelled meanwhile; cancels afterwards.

    A connection that is given back half way would be lost to the pool, or go back into one that is closed by then.
    """
    task, cancelled = asyncio.ensure_future(work), None
    while not task.done():
        try:
            await asyncio.shield(task)
        except asyncio.CancelledError as error:
            cancelled = error
    if cancelled is not None and not task.cancelled():
        task.exception()
        raise cancelled
    task.result()


DEFAULT_URL = "sqlite:///data/nota.sqlite3"
"""Beside where the process runs; the folder is made."""


READERS = 4
"""Connections for reading; on SQLite one more writes, on PostgreSQL as many may."""


LOST = (DatabaseUnavailable, TimeoutError)
"""What is raised where the database is away; TimeoutError by who waits for it only so long."""


END_SECONDS = 0.5
"""How long a cancellation waits for statements: one that is cancelled half-way costs its connection."""


CLOSE_SECONDS = 2.0
"""How long may be waited for connections to be closed."""


Returned = TypeVar("Returned")


Clock = Callable[[], float]


Connect = Callable[[], Awaitable["AsyncpgConnection"]]


class UnusableDatabase(Exception):
    """DATABASE_URL names nothing that can be used, or what stands there cannot be worked on. Says what to do."""


@dataclass(slots=True)
class Database:
    """Where connections come from. Made by :func:`open_database`.

    Attributes:
        url: host and name, or the file; without a password.
        now: the moment, in seconds since 1970, as an expression to be used in statements.
        anchor: what keeps a database in memory alive; None for others.
        connect: a connection of PostgreSQL's own kind, outside the pool and to be closed by who asks; None on SQLite.
    """

    url: str
    now: ColumnElement[float]
    _reading: AsyncEngine
    _writing: AsyncEngine
    connect: Connect | None = None
    anchor: sqlite3.Connection | None = None
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    @property
    def is_sqlite(self) -> bool:
        return self._writing.is_sqlite

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """A connection that sees one state of the data. Not to be opened inside :meth:`write`."""
        async with self._reading.connect() as connection:
            yield connection

    @asynccontextmanager
    async def look(self) -> AsyncIterator[AsyncConnection]:
        """As :meth:`read`, for one statement that sees what is committed, without what a transaction costs around it."""
        options = {WITHOUT_BEGIN: True} if self.is_sqlite else {"isolation_level": "AUTOCOMMIT"}
        async with self._reading.connect(**options) as connection:
            yield connection

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[AsyncConnection]:
        """As :meth:`read`, where several statements must see the same moment."""
        options = {} if self.is_sqlite else {"isolation_level": "REPEATABLE READ"}
        async with self._reading.connect(**options) as connection:
            await self.take_time(connection)
            yield connection

    async def take_time(self, connection: AsyncConnection) -> None:
        """Lets the transaction last, though nothing may be asked in it for a while, as where a person reads what it gives."""
        if not self.is_sqlite:
            await connection.execute(text("SET LOCAL idle_in_transaction_session_timeout = 0"))

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncConnection]:
        """A transaction: all of it or, where the block raises, nothing. SQLite has one at a time."""
        if not self.is_sqlite:
            async with self._writing.begin() as connection:
                yield connection
            return
        async with self._turn, self._writing.begin() as connection:
            yield connection

    async def close(self) -> None:
        """Closes every connection; those of a database that is away close by themselves, or with the process."""
        with suppress(TimeoutError):
            await within(CLOSE_SECONDS, self._close())

    async def _close(self) -> None:
        await self._writing.dispose()
        if self.anchor is not None:
            self.anchor.close()
        await self._reading.dispose()


async def within(seconds: float, statements: Coroutine[Any, Any, Returned]) -> Returned:
    """What the statements return, for which so many seconds are waited; then they are called off.

    ``asyncio.timeout`` would wait for their connection to be closed too, which takes its time where nobody answers; here
    that goes on by itself.

    Raises:
        TimeoutError: they took longer.
    """
    task = asyncio.ensure_future(statements)
    try:
        await asyncio.wait((task,), timeout=seconds)
    except asyncio.CancelledError:
        await asyncio.wait((task,), timeout=min(seconds, END_SECONDS))
        raise
    finally:
        task.cancel()
        task.add_done_callback(
            lambda done: done.cancelled() or done.exception()
        )  # it may fail when nobody waits any more
    if not task.done():
        raise TimeoutError
    return task.result()


def open_database(url: str | None = None, clock: Clock | None = None) -> Database:
    """The database at ``url`` (None: the default file); connects when first used.

    ``sqlite://`` is one in memory that ends with the process. ``clock`` stands in for the database's own.

    Raises:
        UnusableDatabase: the URL is neither SQLite's nor PostgreSQL's, or cannot be read.
    """
    now: ColumnElement[float] = bindparam("now", callable_=clock, type_=Double()) if clock else ClockReading()
    given = url or DEFAULT_URL
    if is_postgresql(given):
        return _postgresql(given, now)
    try:
        parsed = make_url(given)
    except ArgumentError:
        parsed = None
    if parsed is None or parsed.get_backend_name() != "sqlite":
        expected = "expected postgresql://user:password@host/name or sqlite:///path/to/file"
        raise UnusableDatabase(f"DATABASE_URL: not the address of a database we know, {expected}")
    return _sqlite(parsed, now)


def folder_of(url: str | None) -> Path | None:
    """Where the SQLite file at ``url`` (None: the default one) lies; None for one in memory and for PostgreSQL."""
    given = url or DEFAULT_URL
    if not given.startswith("sqlite"):
        return None
    try:
        file = make_url(given).database
    except ArgumentError:
        return None
    return None if file in (None, "", ":memory:") else Path(file).parent


def _postgresql(url: str, now: ColumnElement[float]) -> Database:

    try:
        dsn = read_dsn(url)
    except UnreadableAddress:
        raise UnusableDatabase(
            "DATABASE_URL: cannot be read, expected postgresql://user:password@host/name; in user and password"
            " write / as %2F, ? as %3F, # as %23, @ as %40, : as %3A, [ as %5B"
        ) from None

    async def connect() -> "AsyncpgConnection":
        return AsyncpgConnection(await connect_to(dsn))

    engine = postgresql_engine(dsn, READERS + 1)
    return Database(dsn.shown, now, engine, engine, connect)


def _sqlite(url: URL, now: ColumnElement[float]) -> Database:
    url = url.set(drivername="sqlite+aiosqlite")
    in_memory = url.database in (None, "", ":memory:")
    if not in_memory:
        _make_file(Path(str(url.database)))
    if in_memory:
        return _in_memory(now)
    writing = sqlite_engine(url, "BEGIN IMMEDIATE", connections=1)
    return Database(str(url.database), now, sqlite_engine(url, "BEGIN", connections=READERS), writing)


def _in_memory(now: ColumnElement[float]) -> Database:
    """One connection works; the other keeps the data, should that be lost, as by a statement that is cancelled."""
    name = f"file:nota-{secrets.token_hex(8)}?mode=memory&cache=shared"
    anchor = sqlite3.connect(name, uri=True, check_same_thread=False)
    engine = sqlite_engine(make_url(f"sqlite+aiosqlite:///{name}&uri=true"), "BEGIN IMMEDIATE", connections=1)
    return Database(":memory:", now, engine, engine, anchor=anchor)


def _make_file(file: Path) -> None:
    """An empty one is a database to SQLite, and for none but us to read; so are the files it makes beside it."""
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise UnusableDatabase(f"DATABASE_URL: {file.parent} cannot be made ({error.strerror})") from error
    try:
        os.close(os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    except FileExistsError:
        pass
    except OSError as error:
        expected = f"expected a folder where user {os.getuid()} may write, as a volume of its own, or a PostgreSQL"
        raise UnusableDatabase(
            f"DATABASE_URL: {file.absolute()} cannot be made ({error.strerror}), {expected}"
        ) from error


if TYPE_CHECKING:
    Insert = sqlite.Insert | postgresql.Insert


def insert_into(database: Database, table: Table) -> "Insert":
    """The database's own INSERT, which knows conflicts."""
    if database.is_sqlite:
        from sqlalchemy.dialects import sqlite  # noqa: PLC0415  only the dialect that is used costs memory

        return sqlite.insert(table)
    from sqlalchemy.dialects import postgresql  # noqa: PLC0415

    return postgresql.insert(table)


def upsert(
    database: Database, table: Table, values: Mapping[str, Any], key: Sequence[str], changes: Mapping[str, Any]
) -> "Insert":
    """Inserts ``values``, or makes ``changes`` to the row that has the same ``key``."""
    return insert_into(database, table).values(values).on_conflict_do_update(index_elements=key, set_=changes)
