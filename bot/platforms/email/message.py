"""A mail as bytes: headers (RFC 5322) and two alternatives, plain text and HTML (RFC 2046, 5.1.4). PURE.

The standard library's :class:`email.message.EmailMessage` encodes quoted-printable in Python, 4 ms for a mail of ours; here a mail takes a
twentieth. It still makes the headers that hold words, since their encoding and folding is the hard part.
"""

from binascii import b2a_qp
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from email.headerregistry import Address as HeaderAddress
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from functools import lru_cache

from bot.platforms.email.addresses import MailAddress
from bot.platforms.email.render import Text


@dataclass(frozen=True, slots=True)
class Head:
    """The headers of a mail that are the same for many readers.

    Attributes:
        sender: the address in From, and of the envelope.
        name: the name before it.
        subject: one line.
        language: of the text.
        list_id: of RFC 2919, such as ``bulletins.ferry.example.org``; "" for a mail that is not of the list.
        list_name: its name for people.
    """

    sender: MailAddress
    name: str
    subject: str
    language: str
    list_id: str = ""
    list_name: str = ""


@dataclass(frozen=True, slots=True)
class Envelope:
    """What differs from reader to reader.

    Attributes:
        to: the reader.
        message_id: without angle brackets, the same for each attempt.
        now: when it is sent, with a time zone.
        reply_to: the ids of the mails before it in its thread, the oldest first, separated by spaces; "" for none.
        unsubscribe: the address for one press (RFC 8058); "" if there is nothing to end.
        replacements: mark in the text → what replaces it, both without characters that HTML escapes.
    """

    to: MailAddress
    message_id: str
    now: datetime
    reply_to: str = ""
    unsubscribe: str = ""
    replacements: Mapping[str, str] = field(default_factory=dict)


def assemble(text: Text, head: Head, envelope: Envelope) -> bytes:
    """The mail, with CRLF at each line's end. It is in ASCII, but for the address of a reader that needs SMTPUTF8."""
    boundary = f"=_{envelope.message_id.partition('@')[0]}"
    lines = [
        f"Date: {format_datetime(envelope.now)}",
        f"Message-ID: <{envelope.message_id}>",
        f"To: {envelope.to}",
        _common(head),
        "Auto-Submitted: auto-generated",  # no vacation notices (RFC 3834, 5)
    ]
    if envelope.reply_to:
        ids = [f"<{name}>" for name in envelope.reply_to.split()]
        lines += [f"In-Reply-To: {ids[-1]}", "References: " + "\n ".join(ids)]
    if envelope.unsubscribe:
        lines += [f"List-Unsubscribe: <{envelope.unsubscribe}>", "List-Unsubscribe-Post: List-Unsubscribe=One-Click"]
    lines += ["MIME-Version: 1.0", f'Content-Type: multipart/alternative; boundary="{boundary}"', ""]
    for kind, content in (("plain", text.plain), ("html", text.html)):
        for mark, replacement in envelope.replacements.items():
            content = content.replace(mark, replacement)  # noqa: PLW2901
        encoded = b2a_qp(content.encode(), istext=True).decode("ascii")
        lines += [
            f"--{boundary}",
            f"Content-Type: text/{kind}; charset=utf-8",
            "Content-Transfer-Encoding: quoted-printable",
            "",
            encoded,
        ]
    lines += [f"--{boundary}--", ""]
    return "\n".join(lines).replace("\n", "\r\n").encode()


@lru_cache(maxsize=512)
def _common(head: Head) -> str:
    """The headers with words, encoded and folded."""
    made = EmailMessage(policy=SMTP)
    made["From"] = HeaderAddress(head.name, head.sender.local, head.sender.domain)
    made["Subject"] = head.subject
    made["Content-Language"] = head.language
    lines = made.as_bytes().decode("ascii").replace("\r\n", "\n").strip()
    if head.list_id:
        lines += f"\nList-Id: {_phrase(head.list_name)}\n <{head.list_id}>"
    return lines


def _phrase(words: str) -> str:
    """Words as a phrase in ASCII (RFC 2047, 5)."""
    made = EmailMessage(policy=SMTP)
    made["To"] = HeaderAddress(words, "x", "y.example")
    return made.as_bytes().decode("ascii").partition(": ")[2].rpartition(" <")[0].replace("\r\n", "\n").rstrip()
