"""PostgreSQL as we use it. Imported only where DATABASE_URL names one: the driver and its dialect take 5 MB."""

import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import asyncpg
from sqlalchemy import create_engine

from bot.store.dsn import Dsn
from bot.store.engine import AsyncEngine, DatabaseUnavailable

CONNECT_TIMEOUT_SECONDS = 10
STATEMENT_TIMEOUT_SECONDS = 120

IDLE_SECONDS = 8
"""After which the server gives up a transaction in which nothing is asked: a process that is frozen, or whose machine is
gone, holds its locks no longer than its lease (postgresql.org/docs/current/runtime-config-client.html)."""


class Connection:
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


async def connect(dsn: Dsn) -> Any:
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


def engine_of(dsn: Dsn, connections: int) -> AsyncEngine:
    """An engine for the server; connects when first used."""
    given: dict[str, Any] = {"async_creator_fn": lambda *_, **__: connect(dsn)}
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
