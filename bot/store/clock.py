"""The database's clock, which all processes that share it agree on.

PostgreSQL's is the moment at which a statement began: ``clock_timestamp()`` is another at each row, so that no index finds
what is earlier (postgresql.org/docs/current/functions-datetime.html, xfunc-volatility.html).
"""

from typing import Any

from sqlalchemy import Double
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement


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
