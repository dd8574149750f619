"""Converts addresses of PostgreSQL, as PaaSes, poolers and people write them, into ones that asyncpg accepts."""

import re
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode, urlsplit

_SCHEME = re.compile(r"postgres(ql)?(\+\w+)?://", re.IGNORECASE)


_HOST = re.compile(r"(\[[0-9A-Fa-f:.]+(%[\w.-]+)?\]|[^\s\[\]:,/@]*)(:\d{0,5})?")
"""A host and its port: a name, an address, or a socket's folder."""


_LIBPQ_ONLY = {
    "channel_binding", "connect_timeout", "fallback_application_name", "gssdelegation", "gssencmode", "keepalives",
    "keepalives_count", "keepalives_idle", "keepalives_interval", "load_balance_hosts", "sslcertmode",
    "sslcompression", "sslsni", "tcp_user_timeout",
}  # fmt: skip
"""Parameters of libpq that asyncpg would send to the server, which refuses them."""


_OTHER_LIBRARIES = {
    "connection_limit", "pgbouncer", "pool_timeout", "prepared_statement_cache_size", "socket_timeout", "ssl",
    "statement_cache_size", "supa", "uselibpqcompat",
}  # fmt: skip
"""Parameters for Prisma, node-postgres or SQLAlchemy, which PaaSes put into the address."""


_NO_PREPARED = {("pgbouncer", "true"), ("statement_cache_size", "0"), ("prepared_statement_cache_size", "0")}


_ENCRYPTED = {("ssl", "true"), ("ssl", "1"), ("ssl", "require"), ("sslmode", "no-verify")}


class InvalidDsn(ValueError):
    """The address cannot be read. The message does not quote it, because the mistake is often in the password."""

    def __init__(self) -> None:
        super().__init__(
            "cannot be read; in user and password write / as %2F, ? as %3F, # as %23, @ as %40, : as %3A, [ as %5B"
        )


@dataclass(frozen=True, slots=True)
class Dsn:
    """A server's address.

    Attributes:
        address: for asyncpg, with the password.
        public: host, port and name, without user and password.
        prepares_statements: False behind a pooler that gives each transaction another connection and says so with
            ``pgbouncer=true``.
        trusts_system: whether the server's certificate is checked against the system's authorities (``sslrootcert=system``).
    """

    address: str
    public: str
    prepares_statements: bool = True
    trusts_system: bool = False


def is_postgresql(url: str) -> bool:
    """Whether the address is one of PostgreSQL's, whatever driver it names."""
    return _SCHEME.match(url) is not None


def read_dsn(url: str) -> Dsn:
    """Reads an address.

    Raises:
        InvalidDsn: it is not an address, for example because the password contains an unquoted ``/``, ``?`` or ``#``.
    """
    try:
        split = urlsplit(_SCHEME.sub("postgresql://", url, count=1))
        pairs = parse_qsl(split.query, keep_blank_values=True, strict_parsing=bool(split.query))
    except ValueError:
        raise InvalidDsn from None
    hosts = split.netloc.rpartition("@")[2]
    if split.fragment or "@" in split.path or not all(_HOST.fullmatch(host) for host in hosts.split(",")):
        raise InvalidDsn
    parameters = {name: value for name, value in pairs if value}
    kept = {name: value for name, value in parameters.items() if name not in _LIBPQ_ONLY | _OTHER_LIBRARIES}
    if _ENCRYPTED & parameters.items():
        kept["sslmode"] = "require" if parameters.get("sslmode", "no-verify") == "no-verify" else parameters["sslmode"]
    trusts_system = kept.get("sslrootcert") == "system"
    if trusts_system:
        del kept["sslrootcert"]
    address = split._replace(query=urlencode(kept)).geturl()
    server = hosts or ":".join(parameters[name] for name in ("host", "port") if name in parameters)
    name = split.path.strip("/") or parameters.get("dbname", "")
    return Dsn(address, f"{server}/{name}", not _NO_PREPARED & parameters.items(), trusts_system)
