"""A mail server on loopback that takes only what the RFCs allow, and fails on request.

Whatever a mail of ours does wrong is refused with a 554 and kept in ``wrong``, so that a test that looks at nothing else fails, too.
"""

import asyncio
import email
import re
import ssl
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.policy import default
from email.utils import parsedate_to_datetime
from functools import cache, cached_property
from ipaddress import ip_address
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic
from typing import Any, cast

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

USER, PASSWORD = "nota", "sesame-sesame"

ONCE = ("Date", "From", "To", "Subject", "Message-ID", "MIME-Version", "Content-Type", "Auto-Submitted")
"""Headers that each mail has exactly once (RFC 5322, 3.6; RFC 2045; RFC 3834)."""

AT_MOST_ONCE = (
    "In-Reply-To",
    "References",
    "List-Id",
    "List-Unsubscribe",
    "List-Unsubscribe-Post",
    "Reply-To",
    "Sender",
)


@dataclass
class Received:
    """A mail that was accepted, at a moment of the monotonic clock."""

    to: str
    raw: bytes
    at: float

    @cached_property
    def message(self) -> EmailMessage:
        return cast(EmailMessage, email.message_from_bytes(self.raw, policy=default))

    @property
    def id(self) -> str:
        found = re.search(rb"(?mi)^Message-ID: (<\S+>)\r$", self.raw)
        assert found is not None
        return found[1].decode()

    @property
    def subject(self) -> str:
        head, _, _ = self.raw.partition(b"\r\n\r\n")
        return str(email.message_from_bytes(head, policy=default)["Subject"])

    @property
    def text(self) -> str:
        return self._part("plain")

    @property
    def html(self) -> str:
        return self._part("html")

    def _part(self, kind: str) -> str:
        part = cast(EmailMessage, self.message.get_body((kind,)))
        return str(part.get_content()).replace("\r\n", "\n")

    @property
    def links(self) -> list[str]:
        return re.findall(r"https?://\S+", self.text)


@dataclass
class MailHost:
    """The server.

    Attributes:
        received: the mails that were accepted, the oldest first.
        wrong: what a mail or a command did that no RFC allows.
        replies: recipient → replies to RCPT that come before it is accepted; "" for every recipient.
        after_text: the same for the reply to the text. "hang": none comes; "close": the connection ends; "twice": it comes twice.
        on_mail: the reply to every MAIL; "" for 250.
        checks: each so manieth mail is checked, because that takes longer than to send it.
        keeps: whether a mail is accepted although its reply is "hang" or "close".
        connections: how many there were.
    """

    port: int = 0
    received: list[Received] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    replies: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    after_text: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    on_mail: str = ""
    checks: int = 1
    keeps: bool = True
    connections: int = 0
    logins: int = 0
    commands: Counter[str] = field(default_factory=Counter)
    servers: list["_Server"] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    @property
    def url_with_password(self) -> str:
        return f"smtp://{USER}:{PASSWORD}@127.0.0.1:{self.port}"

    def to(self, address: str) -> list[Received]:
        return [mail for mail in self.received if mail.to == address]

    def hang_up(self) -> None:
        """Ends every connection without a word."""
        for server in self.servers:
            if server.transport is not None:
                server.transport.close()

    # aiosmtpd's hooks

    async def handle_MAIL(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        self.commands["MAIL"] += 1
        if self.on_mail:
            return self.on_mail
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 2.1.0 OK"

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        self.commands["RCPT"] += 1
        for whom in (address, ""):
            if self.replies[whom]:
                return self.replies[whom].pop(0)
        if envelope.rcpt_tos:
            self.wrong.append("a second recipient sees the link of the first")
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server: "_Server", session: Session, envelope: Envelope) -> str:  # noqa: N802
        self.commands["DATA"] += 1
        raw, [to] = cast(bytes, envelope.content), envelope.rcpt_tos
        is_utf8 = any(option.upper() == "SMTPUTF8" for option in envelope.mail_options)
        is_checked = self.commands["DATA"] % self.checks == 0
        if is_checked and (found := list(mistakes(raw, to, str(envelope.mail_from), is_utf8=is_utf8))):
            self.wrong += found
            return f"554 5.6.0 {found[0]}".encode("ascii", "replace").decode()
        reply = next((self.after_text[whom].pop(0) for whom in (to, "") if self.after_text[whom]), "250 2.0.0 queued")
        is_refused = reply[:1] in "45" or (reply in ("hang", "close") and not self.keeps)
        if not is_refused:
            self.received.append(Received(to, raw, monotonic()))
        if reply == "hang":
            await asyncio.get_running_loop().create_future()
        if reply == "close":
            assert server.transport is not None
            server.transport.close()
            return ""
        return "250 2.0.0 queued\r\n250 2.0.0 queued" if reply == "twice" else reply


def mistakes(raw: bytes, to: str, sender: str, *, is_utf8: bool) -> Iterator[str]:
    """What the RFCs do not allow in a mail to one reader."""
    if b"\n" in raw.replace(b"\r\n", b"") or b"\r" in raw.replace(b"\r\n", b"") or b"\0" in raw:
        yield "RFC 5322, 2.3: a line does not end with CRLF, or there is a NUL"
    if max(map(len, raw.split(b"\r\n"))) > 998:
        yield "RFC 5322, 2.1.1: a line is longer than 998 octets"
    head, _, body = raw.partition(b"\r\n\r\n")
    if not body.isascii() or (not head.isascii() and not is_utf8):
        yield "RFC 5321, 2.4: octets beyond ASCII, and neither 8BITMIME nor SMTPUTF8 was asked for"
    message = cast(EmailMessage, email.message_from_bytes(raw, policy=default))
    if to not in head.decode():
        yield "the mail is not to its recipient"
    if f"<{sender}>" not in str(message["From"]) and sender != str(message["From"]):
        yield "RFC 9989: the envelope's sender is not the one in From"
    yield from _header_mistakes(message)
    yield from _list_mistakes(message)


def _header_mistakes(message: EmailMessage) -> Iterator[str]:
    """RFC 5322 and those that extend it."""
    for part in message.walk():
        yield from (f"{type(defect).__name__} in {part.get_content_type()}" for defect in part.defects)
    for name in ONCE:
        if len(message.get_all(name, [])) != 1:
            yield f"RFC 5322, 3.6: {name} is there {len(message.get_all(name, []))} times"
    for name in AT_MOST_ONCE:
        if len(message.get_all(name, [])) > 1:
            yield f"RFC 5322, 3.6: {name} is there twice"
    if "Bcc" in message or "Cc" in message:
        yield "nobody else gets it"
    if not re.fullmatch(r"<[\w.=+-]+@[\w.-]+>", str(message["Message-ID"])):
        yield "RFC 5322, 3.6.4: not a Message-ID"
    if abs(datetime.now(UTC) - parsedate_to_datetime(str(message["Date"]))) > timedelta(days=3650):
        yield "RFC 5322, 3.3: not a date of these years"
    if message.get_content_type() != "multipart/alternative" or [
        part.get_content_type() for part in message.iter_parts()
    ] != ["text/plain", "text/html"]:
        yield "RFC 2046, 5.1.4: expected plain text, then HTML"


def _list_mistakes(message: EmailMessage) -> Iterator[str]:
    """RFC 2919 and RFC 8058 for a mail of a list."""
    if "List-Id" not in message:
        return
    if not re.search(r"<[\w-]+(\.[\w-]+)+>$", str(message["List-Id"])):
        yield "RFC 2919, 2: not a List-Id"
    if "List-Unsubscribe" not in message:
        return
    if message["List-Unsubscribe-Post"] != "List-Unsubscribe=One-Click":
        yield "RFC 8058, 3.1: List-Unsubscribe-Post is missing"
    if not re.fullmatch(r"<https?://[^<>\s]+>", str(message["List-Unsubscribe"])):
        yield "RFC 8058, 3.1: List-Unsubscribe holds no address for one press"


class _Server(SMTP):
    """One connection."""

    def __init__(self, host: MailHost, **options: Any) -> None:
        super().__init__(host, hostname="mail.test", **options)
        self._host = host

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._host.connections += 1
        self._host.servers.append(self)
        super().connection_made(transport)


@cache
def tls_context() -> ssl.SSLContext:
    """A certificate of our own for 127.0.0.1."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mail.test")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with TemporaryDirectory() as folder:
        file = Path(folder) / "mail.pem"
        private = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        file.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
        context.load_cert_chain(file)
    return context


@asynccontextmanager
async def mail_host(
    *, offers_tls: bool = False, needs_tls: bool = False, with_login: bool = False, utf8: bool = False, port: int = 0
) -> AsyncIterator[MailHost]:
    """A server that ends with the block. ``port``: 0: any."""
    host = MailHost()

    def authenticate(_server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, given: Any) -> AuthResult:
        host.logins += 1
        is_right = isinstance(given, LoginPassword) and (given.login, given.password) == (
            USER.encode(),
            PASSWORD.encode(),
        )
        return AuthResult(success=is_right, handled=False)

    loop = asyncio.get_running_loop()
    options: dict[str, Any] = {"enable_SMTPUTF8": utf8, "loop": loop, "require_starttls": needs_tls}
    if offers_tls or needs_tls:
        options["tls_context"] = tls_context()
    if with_login:
        options |= {"authenticator": authenticate, "auth_required": True}
    server = await loop.create_server(lambda: _Server(host, **options), "127.0.0.1", port)
    host.port = server.sockets[0].getsockname()[1]
    try:
        yield host
    finally:
        server.close()
        for each in host.servers:
            if each.transport is not None:
                each.transport.abort()  # type: ignore[attr-defined]
        await asyncio.sleep(0)
