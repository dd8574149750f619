"""Where a URL leads, before any connection is made. PURE."""

import re
from dataclasses import dataclass
from ipaddress import ip_address

from yarl import URL

from bot.wire.addresses import Policy

PORTS = {"http": 80, "https": 443}
MAX_URL = 2048
MAX_SCHEME = 20
"""Characters of a scheme that are said of one that is not fetched."""

_NAME = re.compile(r"(?=.{1,254}\Z)[A-Za-z0-9_-]{1,63}(?:\.[A-Za-z0-9_-]{1,63})*\.?")
"""RFC 1035 §2.3.4, and the underscore that some hosts have all the same."""

_NUMERAL = frozenset("0123456789abcdefx")


class Forbidden(Exception):
    """A request that is not made; the message says why, in English, and never holds more than the host's name."""


@dataclass(frozen=True, slots=True)
class Target:
    """A URL that may be asked for, its host as it goes on the line (ASCII, an IPv6 address without brackets)."""

    url: URL
    host: str
    port: int


def target(url: URL | str, policy: Policy, named_port: int | None = None) -> Target:
    """The URL as something that may be asked for; ``named_port`` is the one that the feed's own URL names, if any.

    Names are not looked up here: whoever connects checks what they resolve to.

    Raises:
        Forbidden: another scheme or port, credentials, an address that is not public, or one in an unusual spelling.
    """
    parsed = _parsed(url)
    host, port = parsed.raw_host or "", parsed.port or 0
    if parsed.scheme not in PORTS:
        raise Forbidden(f"{parsed.scheme[:MAX_SCHEME] or 'no scheme'}: only http and https are fetched")
    if parsed.user is not None or parsed.password is not None:
        raise Forbidden("a name or password in the address")
    if not host:
        raise Forbidden("no host in the address")
    _check_literal(host, policy)
    if port not in (*PORTS.values(), named_port) and not policy.permits_any_port(host):
        raise Forbidden(f"port {port} of {host}: only 80 and 443, or the one that the feed's own address names")
    return Target(parsed, host, port)


def loses_protection(before: Target, here: Target) -> bool:
    """Whether a redirect leaves https: it is followed, but not remembered, lest one answer take the protection for good."""
    return before.url.scheme == "https" and here.url.scheme != "https"


def _parsed(url: URL | str) -> URL:
    if len(str(url)) > MAX_URL:
        raise Forbidden("an address of over 2,048 characters")
    try:
        return URL(url)
    except ValueError:
        raise Forbidden("not an address") from None


def _check_literal(host: str, policy: Policy) -> None:
    """Refuses an address that is not permitted, and every spelling of one that only some resolvers take for an address."""
    try:
        address = ip_address(host)
    except ValueError:
        last = host.rstrip(".").rpartition(".")[2].lower()
        if last[:1].isdigit() and set(last) <= _NUMERAL:  # as in 2130706433, 0177.0.0.1, 127.1, 0x7f000001
            raise Forbidden(f"{host}: an address in an unusual spelling") from None
        if not _NAME.fullmatch(host):  # as in 127.0.0.1%00.example, which resolvers read as they like
            raise Forbidden("a host whose name is no name in the address") from None
        return
    if not policy.permits(address):
        raise Forbidden(f"{host}: not a public address")
