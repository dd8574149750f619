"""DATABASE_URL where it names a PostgreSQL, in the spellings that PaaSes and poolers give, made into the driver's own.

See postgresql.org/docs/current/libpq-connect.html, "Connection URIs". The driver takes what it does not know for a setting of
the server's, which then refuses every connection.
"""

import re
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode, urlsplit

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
