"""The connections to the mail server: few, kept and used again, encrypted, with a time limit for each mail.

aiosmtplib has no pipelining (RFC 2920), so a mail takes four round trips.
"""

import asyncio
import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from time import monotonic
from typing import Literal

import structlog
from aiosmtplib import (
    SMTP,
    SMTPAuthenticationError,
    SMTPDataError,
    SMTPException,
    SMTPResponseException,
    SMTPServerDisconnected,
    SMTPStatus,
)

from bot.delivery.outcomes import Delivered, Outcome, Refused, Unreachable, backoff
from bot.delivery.sender import SEND_TIMEOUT_SECONDS
from bot.platforms.email.addresses import MailAddress, ServerAddress
from bot.platforms.email.limits import CONNECTIONS
from bot.platforms.email.outcomes import Reply, Stage, is_about_us, outcome_of, without_addresses

log = structlog.get_logger("bot.mail")

IDLE_SECONDS = 20.0
"""A connection that was idle for longer is opened anew: servers close idle ones, some without a word."""

FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 1.0, 60.0
"""Bounds of the pause between two attempts to connect. A server that refuses a login bans whoever tries often."""

QUIT_SECONDS = 2.0

Trouble = Literal["cannot connect", "no encryption", "login refused"]


class CannotConnect(Exception):
    """There is no connection that may be used. The message has no secrets."""

    def __init__(self, trouble: Trouble, message: str) -> None:
        super().__init__(message)
        self.trouble: Trouble = trouble


async def connect(server: ServerAddress, seconds: float, own_name: str | None = None) -> SMTP:
    """An encrypted connection, logged in.

    STARTTLS is used wherever it is offered. Without it, only a server on this machine is used, and no password is sent even there.
    The server's certificate must be valid, but on this machine.

    Raises:
        CannotConnect: it cannot be had.
    """
    client = SMTP(
        hostname=server.host,
        port=server.port,
        use_tls=server.is_tls,
        start_tls=False,
        timeout=seconds,
        validate_certs=not server.is_loopback,
        local_hostname=own_name,
    )
    is_ready = False
    try:
        await client.connect()
        await client.ehlo()
        if not server.is_tls:
            await _start_tls(client, server)
        if server.user is not None and server.password is not None:
            await client.login(server.user, server.password)
        is_ready = True
    except SMTPAuthenticationError as error:
        raise CannotConnect("login refused", f"the mail server refuses the login ({error.code})") from None
    except (SMTPException, OSError, TimeoutError) as error:
        trouble: Trouble = "no encryption" if "certificate" in str(error).lower() else "cannot connect"
        raise CannotConnect(trouble, _why(error)) from None
    finally:
        if not is_ready:
            client.close()
    return client


async def _start_tls(client: SMTP, server: ServerAddress) -> None:
    if client.supports_extension("starttls"):
        await client.starttls()
        await client.ehlo()
    elif not server.is_loopback:
        raise CannotConnect("no encryption", "the mail server offers no STARTTLS, so nothing is sent to it")
    elif server.user is not None:
        raise CannotConnect("no encryption", "the mail server offers no STARTTLS, so no password is sent to it")


async def _data(client: SMTP, attempt: "_Attempt") -> None:
    """DATA and the text.

    ``SMTP.data`` does the same in one step, and does not say whether the server had asked for the text (354) when the connection ended.

    Raises:
        SMTPException, OSError, TimeoutError: the text is not accepted, or it is not known whether it is.
    """
    reply = await client.execute_command(b"DATA")
    if reply.code != SMTPStatus.start_input:
        raise SMTPDataError(reply.code, reply.message)
    if client.protocol is None:
        raise SMTPServerDisconnected("Connection lost")
    lines = re.sub(rb"\r\n|\n|\r", b"\r\n", attempt.content).removesuffix(b"\r\n")
    text = re.sub(rb"(?m)^\.", b"..", lines)  # RFC 5321, 4.5.2
    attempt.is_in_body = True
    client.protocol.write(text + b"\r\n.\r\n")
    reply = await client.protocol.read_response(timeout=client.timeout)
    if reply.code != SMTPStatus.completed:
        raise SMTPDataError(reply.code, reply.message)


def _why(error: Exception) -> str:
    if isinstance(error, SMTPResponseException):
        return f"the mail server answers {error.code} {without_addresses(error.message)}".strip()
    return without_addresses(str(error)) or type(error).__name__


@dataclass(slots=True)
class _Attempt:
    """One attempt to send a mail, and how far it came.

    Attributes:
        client: the connection; None: there is none yet.
        is_in_body: whether the server may have the whole text, and has not said what becomes of it.
        may_go_on: whether the connection can take another mail.
    """

    to: MailAddress
    content: bytes
    client: SMTP | None = None
    is_in_body: bool = False
    may_go_on: bool = False


@dataclass(slots=True)
class MailServer:
    """Sends mails through one server. It tries once; whoever calls waits and repeats.

    Attributes:
        sender: of the envelope.
        clock: seconds that only go forward.
        on_trouble: called with each change: what hinders all mails, "" once they pass.
        seconds: the time limit of a mail.
    """

    server: ServerAddress
    sender: MailAddress
    clock: Callable[[], float] = monotonic
    on_trouble: Callable[[str], None] = lambda _problem: None
    seconds: float = SEND_TIMEOUT_SECONDS
    _idle: list[tuple[float, SMTP]] = field(default_factory=list)
    """Since when, and the connection; the latest used last."""
    _failures: int = 0
    _not_before: float = float("-inf")
    _trouble: str = ""
    _slots: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(CONNECTIONS))

    async def send(self, to: MailAddress, message_id: str, content: bytes) -> Outcome:
        """Sends one mail. ``message_id``: the same for each attempt, and the id of the message that was delivered.

        A server that has the whole text and does not answer may have accepted it.
        """
        attempt = _Attempt(to, content)
        try:
            async with asyncio.timeout(self.seconds), self._slots:
                outcome = await self._send(attempt)
        except (SMTPException, OSError, TimeoutError) as error:
            if attempt.is_in_body:
                return Unreachable("the mail server did not say whether it accepted the mail")
            why = _why(error) if str(error) else "the mail server does not answer in time"
            return Unreachable(why, is_unsent=True)
        finally:
            if attempt.client is not None and attempt.may_go_on and attempt.client.is_connected:
                self._idle.append((self.clock(), attempt.client))
            elif attempt.client is not None:
                attempt.client.close()
        return Delivered(message_id) if isinstance(outcome, Delivered) else outcome

    async def probe(self) -> bool:
        """Whether there is a connection. What hinders it is reported."""
        with suppress(TimeoutError):
            async with asyncio.timeout(self.seconds), self._slots:
                client = self._idle_one() or await self._new_one()
                if client is not None:
                    self._idle.append((self.clock(), client))
                return client is not None
        return False

    async def close(self) -> None:
        """Ends the connections that nobody uses."""
        idle, self._idle = self._idle, []
        for _, client in idle:
            with suppress(SMTPException, OSError, TimeoutError):
                await client.quit(timeout=QUIT_SECONDS)
            client.close()

    async def _send(self, attempt: _Attempt) -> Outcome:
        attempt.client = self._idle_one()
        if attempt.client is not None:
            try:
                return await self._through(attempt.client, attempt)
            except (SMTPException, OSError):
                # closed while it was idle: nothing of this mail was sent, so it may go through a new connection at once
                if attempt.is_in_body or attempt.client.is_connected:
                    raise
        attempt.client = await self._new_one()
        if attempt.client is None:
            return Unreachable(self._trouble, is_unsent=True)
        return await self._through(attempt.client, attempt)

    async def _through(self, client: SMTP, attempt: _Attempt) -> Outcome:
        """MAIL, RCPT, DATA (RFC 5321, 3.3)."""
        to, options, encoding = attempt.to, list[str](), "ascii"
        if not to.local.isascii():  # RFC 6531
            if not client.supports_extension("smtputf8"):
                attempt.may_go_on = True
                return Refused("the mail server cannot write to such an address (no SMTPUTF8)")
            options, encoding = ["BODY=8BITMIME", "SMTPUTF8"], "utf-8"  # who offers one offers both (RFC 6531, 3.1)
        if client.supports_extension("size"):
            options.append(f"SIZE={len(attempt.content)}")
        stage: Stage = "sender"
        try:
            await client.mail(str(self.sender), options=options, encoding=encoding)
            stage = "recipient"
            await client.rcpt(str(to), encoding=encoding)
            stage = "content"
            await _data(client, attempt)
        except SMTPResponseException as refusal:
            # of the text only a refusal counts: behind a line that is no reply, and behind a code of another command, nobody knows
            if attempt.is_in_body and not (isinstance(refusal, SMTPDataError) and refusal.code >= 400):
                raise
            attempt.is_in_body = False
            return await self._refused(client, Reply(refusal.code, refusal.message), stage, attempt)
        attempt.is_in_body, attempt.may_go_on = False, True
        self._set_trouble("")
        return Delivered("")

    async def _refused(self, client: SMTP, reply: Reply, stage: Stage, attempt: _Attempt) -> Outcome:
        if is_about_us(reply, stage):
            # an error in the log is an alarm to the owners; the text says which list or rule it is, and must not say who was written to
            said = without_addresses(reply.text, attempt.to.local, attempt.to.domain)
            log.error("the mail server refuses what we send", part=stage, codes=reply.codes, text=said)
        if stage == "recipient" and 400 <= reply.code < 600 and reply.code != 421:
            with suppress(SMTPException, OSError):
                await client.rset()
                attempt.may_go_on = True
        # else it may be the reply to another command: a server that answers twice is out of step, so the connection ends
        return outcome_of(reply, stage)

    def _idle_one(self) -> SMTP | None:
        """The connection that was used last, if it is still open."""
        while self._idle:
            since, client = self._idle.pop()
            if client.is_connected and self.clock() - since <= IDLE_SECONDS:
                return client
            client.close()
        return None

    async def _new_one(self) -> SMTP | None:
        """A new connection; None: there is none, or it is too early to try again."""
        if self.clock() < self._not_before:
            return None
        try:
            client = await connect(self.server, self.seconds, self.sender.domain)
        except CannotConnect as failure:
            self._failed(str(failure))
            return None
        except asyncio.CancelledError:  # the time of the mail is over
            self._failed("the mail server does not answer in time")
            raise
        self._failures = 0
        self._set_trouble("")
        return client

    def _failed(self, trouble: str) -> None:
        if self.clock() >= self._not_before:  # of several at once the first counts
            self._not_before = self.clock() + backoff(self._failures, FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS)
            self._failures += 1
        self._set_trouble(trouble)

    def _set_trouble(self, trouble: str) -> None:
        if trouble != self._trouble:
            self._trouble = trouble
            self.on_trouble(trouble)
