"""E-mail addresses: which ones we accept, how they are written and compared; and the mail server's. PURE.

Sections in brackets are of RFC 5321 (SMTP), unless another RFC is named.
"""

import re
import unicodedata
from dataclasses import dataclass, field
from ipaddress import ip_address
from urllib.parse import unquote, urlsplit

import idna

PLATFORM = "mail"

MAX_LOCAL_OCTETS, MAX_DOMAIN_OCTETS, MAX_OCTETS = 64, 255, 254
"""Lengths in UTF-8 (4.5.3.1.1, 4.5.3.1.2; a path of 256 octets has angle brackets, 4.5.3.1.3)."""

MAX_TYPED = 320
"""Characters of a form's field: a domain in its own script may be longer than its encoded form."""

_ONE_SERVICE = {
    "gmail.com": "googlemail.com", "yandex.ru": "ya.ru yandex.com yandex.by yandex.kz", "proton.me": "protonmail.com pm.me",
}  # fmt: skip
_NO_DIFFERENCE = {"gmail.com": ".", "yandex.ru": ".-", "proton.me": ".-_"}
"""Domains whose addresses lead to one mailbox, and the signs that make no other mailbox there (support.google.com/mail/answer/7436150)."""

_ATEXT = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~\u0080-\U0010ffff-]"
_DOT_ATOM = re.compile(rf"{_ATEXT}+(\.{_ATEXT}+)*")
_QUOTED = re.compile(r'"((?:[\x20\x21\x23-\x5b\x5d-\x7e\u0080-\U0010ffff]|\\[\x20-\x7e])*)"')
_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")


@dataclass(frozen=True, slots=True)
class MailAddress:
    """An address.

    Attributes:
        local: the part before the @, as its owner writes it: only their server knows whether upper case matters (2.4).
        domain: in lower case and in ASCII (RFC 5891).
    """

    local: str
    domain: str

    def __str__(self) -> str:
        return f"{self.local}@{self.domain}"

    @property
    def identity(self) -> str:
        """The same for addresses that nobody gives to two people: upper and lower case are no difference, ß and ss are."""
        return f"{self.local.lower()}@{self.domain}"

    @property
    def mailbox(self) -> str:
        """The same for addresses that may lead to one mailbox: also without the part behind a plus sign, and what else its service ignores."""
        domain = next((main for main, others in _ONE_SERVICE.items() if self.domain in others.split()), self.domain)
        local = self.local.strip('"').casefold().partition("+")[0]
        return f"{''.join(sign for sign in local if sign not in _NO_DIFFERENCE.get(domain, ''))}@{domain}"


def parse_address(typed: str) -> MailAddress | None:
    """The address that somebody typed; None if it is not one, or none to which we write.

    No comments, no source routes (4.1.1.3: ignored since 1989), and no domain without a dot or as a number in brackets: it would name a
    machine of our own network.
    """
    text = typed.strip()
    if len(text) > MAX_TYPED or not text.isprintable() or "\ufffd" in text:
        return None
    written, _, host = text.rpartition("@")
    local, domain = _local(unicodedata.normalize("NFC", written)), _domain(host)
    if local is None or domain is None:
        return None
    address = MailAddress(local, domain)
    fits = len(local.encode()) <= MAX_LOCAL_OCTETS and len(str(address).encode()) <= MAX_OCTETS
    return address if fits else None


def _local(written: str) -> str | None:
    """The local part; without quotes where it needs none, because both name one mailbox (4.1.2)."""
    if _DOT_ATOM.fullmatch(written):
        return written
    quoted = _QUOTED.fullmatch(written)
    if quoted is None or not quoted[1]:
        return None
    content = re.sub(r"\\(.)", r"\1", quoted[1])
    if _DOT_ATOM.fullmatch(content):
        return content
    return '"' + re.sub(r'(["\\])', r"\\\1", content) + '"'


def _domain(host: str) -> str | None:
    try:
        domain = idna.encode(host, uts46=True).decode("ascii").lower()
    except (idna.IDNAError, UnicodeError):
        return None
    labels = domain.split(".")
    is_name = len(labels) > 1 and all(map(_LABEL.fullmatch, labels)) and not labels[-1].isdecimal()
    return domain if is_name and len(domain) <= MAX_DOMAIN_OCTETS else None


def parse_mailbox(written: str) -> tuple[str, MailAddress] | None:
    """Name and address of ``Nota <nota@example.org>``; the name is "" if there is only an address. None: it is neither."""
    named = re.fullmatch(r"\s*(?P<name>[^<>\r\n]*?)\s*<(?P<address>[^<>]+)>\s*", written)
    address = parse_address(named["address"] if named else written)
    if address is None:
        return None
    name = named["name"].strip().strip('"') if named else ""
    return (name, address) if name.isprintable() else None


SUBMISSION_PORT, SUBMISSIONS_PORT = 587, 465
"""Of smtp:// and smtps:// (RFC 6409, 3.1; RFC 8314, 3.3)."""


@dataclass(frozen=True, slots=True)
class ServerAddress:
    """SMTP_URL.

    Attributes:
        is_tls: smtps://, encrypted from the first byte.
        user, password: None: no login.
    """

    host: str
    port: int
    is_tls: bool = False
    user: str | None = None
    password: str | None = field(default=None, repr=False)

    @property
    def is_loopback(self) -> bool:
        """Whether it is on this machine, where nobody listens on the way and no certificate names it."""
        try:
            return ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"


def parse_url(url: str) -> ServerAddress:
    """The server of SMTP_URL.

    Raises:
        ValueError: it is not one.
    """
    split = urlsplit(url)
    if split.scheme not in ("smtp", "smtps") or not split.hostname:
        raise ValueError("not an smtp:// or smtps:// address with a host")
    if split.path.strip("/") or split.query or split.fragment:
        raise ValueError("something stands behind host and port")
    if bool(split.username) != bool(split.password):
        raise ValueError("user and password belong together")
    is_tls = split.scheme == "smtps"
    port = split.port or (SUBMISSIONS_PORT if is_tls else SUBMISSION_PORT)
    user = unquote(split.username) if split.username else None
    return ServerAddress(split.hostname, port, is_tls, user, unquote(split.password) if split.password else None)
