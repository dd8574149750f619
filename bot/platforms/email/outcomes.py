"""What a mail server's reply means for a delivery. PURE.

Codes are of RFC 5321, 4.2.3, and RFC 7504; enhanced codes such as 5.1.1 of RFC 3463 and the IANA registry of SMTP enhanced status codes.
"""

import re
from dataclasses import dataclass
from typing import Literal

from bot.delivery.outcomes import ChatGone, Outcome, Refused, RetryAfter, Unreachable
from bot.platforms.base import log_line

Stage = Literal["sender", "recipient", "content"]
"""The command that was refused: MAIL, RCPT, or DATA with the text."""

WAIT_SECONDS = 300.0
"""How long a mail waits after a 4xx: what servers that greylist ask for at first (RFC 6647, 5), and more than a second try at once would help."""

_ENHANCED = re.compile(r"(?:^\s*|(?<![^\s(])#)([245])\.(\d{1,3})\.(\d{1,3})(?![\w.@+-])")
"""The text begins with it (RFC 2034, 4); qmail writes it at the end, with a ``#`` before it. Other numbers are of sections, versions or addresses."""

_ABOUT_US = re.compile(
    r"\b(?:relay(?:s|ed|ing)?|spf|dkim|dmarc|(?:un)?block(?:s|ed|ing|list(?:s|ed)?)?|black-?list(?:s|ed|ing)?|reputation|"
    r"(?:anti-?)?spam(?:s|my|mers?|ming|assassin|cop|haus|trap)?|polic(?:y|ies)|(?:un)?authenticat(?:e|ed|es|ion)|denied by|not allowed|"
    r"not permitted|senders?|e?helo|reverse|ptr|rates?|quota exceeded for)\b",
    re.IGNORECASE,
)
"""Words in the text of a refusal without an enhanced code that is about whoever sends. A wrong relay must not suspend every reader."""

_MAILBOX = re.compile(r"[^\s<>()\[\]\"']+@[^\s<>()\[\]\"']+")

MAX_TEXT = 2000
"""Characters of a reply that are read."""

_RECIPIENT_CODES = (521, 550, 551, 552, 553, 556)
"""521 and 556: a domain that takes no mail (RFC 7504); 552: a full mailbox; 550, 551 and 553: no such mailbox."""

_NO_MAILBOX = {
    (1, 0), (1, 1), (1, 2), (1, 3), (1, 4), (1, 6), (1, 9), (1, 10), (2, 0), (2, 1), (2, 2), (4, 4), (6, 7), (6, 9), (7, 2), (7, 13), (7, 17),
}  # fmt: skip
"""Subject and detail of enhanced codes about the recipient: no such mailbox or domain, moved, disabled, full, or it cannot take such an address."""


_TOO_LONG = ((2, 3), (3, 4))
"""Codes of a text that is too long for the mailbox or its server; those of its content have the subject 6 (RFC 3463, 3.3, 3.4, 3.7)."""


@dataclass(frozen=True, slots=True)
class Reply:
    """A server's reply. ``text``: may hold the recipient's address, so nothing of it is logged as it is."""

    code: int
    text: str

    @property
    def enhanced(self) -> tuple[int, int] | None:
        """Subject and detail of the enhanced code; None: it has none."""
        match = self._enhanced
        return (int(match[2]), int(match[3])) if match else None

    @property
    def codes(self) -> str:
        """The codes alone, such as ``550 5.1.1``."""
        match = self._enhanced
        return f"{self.code} {'.'.join(match.groups())}" if match else str(self.code)

    @property
    def _enhanced(self) -> re.Match[str] | None:
        match = _ENHANCED.search(self.text)
        return match if match and match[1] == str(self.code)[0] else None


def is_about_us(reply: Reply, stage: Stage) -> bool:
    """Whether a refusal for good (5xx) is about whoever sends or how it is sent, so that the operator has to act."""
    if reply.code < 500:
        return False
    if stage == "sender" or (stage == "content" and reply.enhanced is None):
        return True  # the recipient was accepted before the text
    if reply.enhanced is not None:
        return reply.enhanced not in _NO_MAILBOX
    words = _MAILBOX.sub("…", reply.text[:MAX_TEXT])
    return reply.code not in _RECIPIENT_CODES or _ABOUT_US.search(words) is not None


def outcome_of(reply: Reply, stage: Stage) -> Outcome:
    """The outcome of a refused mail. It keeps no word of the server's text.

    A text whose code says that its content or length is refused is not sent again. What is refused because of us is tried again, for the
    operator can mend it meanwhile: also after DATA, where services refuse an unknown sender, a missing signature or a quota.
    """
    if reply.code == 421:  # the server ends the connection, whatever was asked
        return Unreachable(f"the mail server is not available ({reply.codes})", is_unsent=True)
    if 400 <= reply.code < 500:
        # what is said before any reader is named is about all mails
        scope: Literal["chat", "bot"] = "bot" if stage == "sender" else "chat"
        return RetryAfter(WAIT_SECONDS, scope, f"the mail server asks to wait ({reply.codes})")
    if reply.code < 500:
        return Unreachable(f"the mail server answers out of step ({reply.code})", is_unsent=True)
    if not is_about_us(reply, stage):
        return ChatGone(f"the address takes no mail ({reply.codes})")
    if stage == "content" and reply.enhanced and (reply.enhanced[0] == 6 or reply.enhanced in _TOO_LONG):
        return Refused(f"the mail server refuses the text ({reply.codes})")
    return Unreachable(f"the mail server refuses us ({reply.codes})", is_unsent=True)


def without_addresses(text: str, *private: str) -> str:
    """The text of a reply for the log: without e-mail addresses and the given words, in one short line."""
    shown = _MAILBOX.sub("…", text[:MAX_TEXT])
    for word in private:
        shown = re.sub(rf"(?<!\w){re.escape(word)}(?!\w)", "…", shown, flags=re.IGNORECASE) if word else shown
    return log_line(shown, 300)
