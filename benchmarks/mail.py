"""Mails a second on one core, beside ``smtplib`` alone in the same run: the same connection, the same text, one after the other.

The mail server is a process on another core that takes whatever comes. Ours renders, assembles and sends each mail as the delivery worker has it sent;
the peers send one that is finished, and one that the standard library assembles for each reader.
"""

import asyncio
import smtplib
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from email.message import EmailMessage

from benchmarks.processes import LOAD_CORE, free_port, running
from bot.delivery.outcomes import Delivered
from bot.delivery.sender import OutgoingMessage
from bot.dossier.loader import load
from bot.dossier.models import Language
from bot.platforms.email.addresses import MailAddress, ServerAddress
from bot.platforms.email.api import MailServer
from bot.platforms.email.render import Text
from bot.platforms.email.sender import MailSender, Writer
from bot.reader import Address
from bot.replies.bulletins import LabelledBulletin, bulletin_text, single_reply
from tests.conftest import CONTENT

MAILS, WARM_UP = 3000, 200
SENDER = MailAddress("nota", "example.org")
READER = Address("mail", "0" * 24)

OURS, FINISHED, ASSEMBLED = "Nota", "smtplib, a finished mail", "smtplib, EmailMessage for each"


@dataclass(frozen=True, slots=True)
class Rate:
    """Mails a second by the clock, and milliseconds of a processor for each."""

    per_second: float
    milliseconds: float


def measure() -> dict[str, Rate]:
    """Each in its turn, through a server of its own."""
    dossier = load(CONTENT, date(2026, 11, 28)).dossier
    assert dossier is not None
    newest = list(dossier.bulletins.values())[-1]
    reply = single_reply(LabelledBulletin(bulletin_text(dossier, newest, Language("en"))), Language("en"))
    writer = Writer(SENDER, "", "https://nota.example", lambda: dossier)
    message = OutgoingMessage(reply, "k" * 20, destination=_destination(0))
    _, content = writer.bulletin(MailAddress("ann", "example.net"), message, "t" * 32)
    text = writer.rendered(message)
    found = {}
    with _server() as port:
        found[OURS] = asyncio.run(_ours(port, writer, message))
    with _server() as port, smtplib.SMTP("127.0.0.1", port) as client:
        found[FINISHED] = _timed(lambda number: client.sendmail(str(SENDER), _address(number), content))
    with _server() as port, smtplib.SMTP("127.0.0.1", port) as client:
        found[ASSEMBLED] = _timed(lambda number: client.send_message(_assembled(text, _address(number))))
    return found


def summary(rates: dict[str, Rate]) -> str:
    ours = rates[OURS]
    lines = [f"mails: {ours.per_second:.0f} a second on one core, {ours.milliseconds:.2f} ms of a processor each"]
    lines += [
        f"  x {ours.per_second / each.per_second:.2f} of {name} ({each.per_second:.0f} a second, {each.milliseconds:.2f} ms)"
        for name, each in rates.items()
        if name != OURS
    ]
    return "\n".join(lines)


async def _ours(port: int, writer: Writer, message: OutgoingMessage) -> Rate:
    sender = MailSender(MailServer(ServerAddress("127.0.0.1", port), SENDER), writer, 60_000)
    for number in range(WARM_UP):
        await sender.send(READER, replace(message, destination=_destination(number)))
    began, used = time.perf_counter(), time.process_time()
    for number in range(MAILS):
        outcome = await sender.send(READER, replace(message, destination=_destination(number)))
        assert isinstance(outcome, Delivered), outcome
    return _rate(began, used)


def _timed(send: Callable[[int], object]) -> Rate:
    for number in range(WARM_UP):
        send(number)
    began, used = time.perf_counter(), time.process_time()
    for number in range(MAILS):
        send(number)
    return _rate(began, used)


def _rate(began: float, used: float) -> Rate:
    return Rate(MAILS / (time.perf_counter() - began), (time.process_time() - used) * 1000 / MAILS)


def _address(number: int) -> str:
    return f"reader{number}@example.net"


def _destination(number: int) -> dict[str, str]:
    return {"address": _address(number), "link": f"{number:032}"}


def _assembled(text: Text, address: str) -> EmailMessage:
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = str(SENDER), address, text.subject
    made.set_content(text.plain)
    made.add_alternative(text.html, subtype="html")
    return made


@contextmanager
def _server() -> Iterator[int]:
    """The port of a mail server on the other core."""
    port = free_port()
    with running(["-m", "benchmarks.mail", str(port)], LOAD_CORE):
        for _ in range(200):
            try:
                smtplib.SMTP("127.0.0.1", port).close()
            except OSError:
                time.sleep(0.05)
            else:
                break
        yield port


class Sink(asyncio.Protocol):
    """Takes every mail, and answers at once."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport, self._got, self._in_text = transport, b"", False
        transport.write(b"220 mail.test ESMTP\r\n")

    def data_received(self, data: bytes) -> None:
        self._got += data
        while True:
            end = b"\r\n.\r\n" if self._in_text else b"\r\n"
            command, found, rest = self._got.partition(end)
            if not found:
                return
            self._got, was_text, self._in_text = rest, self._in_text, False
            verb = command[:4].upper()
            if was_text or verb in (b"MAIL", b"RCPT", b"RSET"):
                self._transport.write(b"250 OK\r\n")
            elif verb == b"DATA":
                self._in_text = True
                self._transport.write(b"354 go on\r\n")
            elif verb in (b"EHLO", b"HELO"):
                self._transport.write(b"250-mail.test\r\n250 SIZE 10000000\r\n")
            else:
                self._transport.write(b"221 bye\r\n")


async def _serve(port: int) -> None:
    server = await asyncio.get_running_loop().create_server(Sink, "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    if len(sys.argv) > 1:
        asyncio.run(_serve(int(sys.argv[1])))
    print(summary(measure()))
