"""Sends bulletins as mails, with one attempt each, and returns the outcome. What was sent cannot be changed: a correction is a mail in its thread."""

from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import blake2b
from secrets import token_hex

from bot.delivery.outcomes import ChatGone, Outcome
from bot.delivery.rate_limiter import Limits
from bot.delivery.sender import OutgoingMessage, Sender
from bot.dossier.models import Dossier, Language
from bot.live_dossier import Now, utc_now
from bot.platforms.email.addresses import PLATFORM, MailAddress, parse_address
from bot.platforms.email.api import MailServer
from bot.platforms.email.limits import sending
from bot.platforms.email.message import Envelope, Head, assemble
from bot.platforms.email.render import Frame, Text, render
from bot.reader import Address
from bot.replies.i18n import phrases_in
from bot.replies.reply import Reply


@dataclass(frozen=True, slots=True)
class Writer:
    """Writes mails: who they come from, and what stands around their text.

    Attributes:
        sender, name: of MAIL_FROM; without a name there the title of the dossier stands in its place.
        public_url: our own address, for the links.
        dossier: returns the one in force.
        mark: stands in a rendered mail for the token of the reader's link. Nobody can write it into a bulletin, because nobody knows it.
    """

    sender: MailAddress
    name: str
    public_url: str
    dossier: Callable[[], Dossier]
    now: Now = utc_now
    mark: str = field(default_factory=token_hex, repr=False)

    def bulletin(self, to: MailAddress, message: OutgoingMessage, token: str) -> tuple[str, bytes]:
        """Id and content of a mail of the list. ``token``: of the reader's link; "" for a try-out, which is for somebody without a subscription."""
        dossier, language = self.dossier(), message.reply.language
        site, thread = self.site(language), self.thread(message)
        text = self.rendered(message, for_reader=bool(token))
        one_click = f"{self.public_url}/{language}/subscription/{token}/unsubscribe" if token else ""
        list_id = f"bulletins.{dossier.header.id.replace('_', '-')}.{self.sender.domain}"
        head = Head(self.sender, self.name or site, text.subject, language, list_id, site)
        before, _, message_id = thread.rpartition(" ")
        envelope = Envelope(to, message_id, self.now(), before, one_click, {self.mark: token})
        return thread, assemble(text, head, envelope)

    def thread(self, message: OutgoingMessage) -> str:
        """The Message-IDs of the mails that it follows, and its own, which is the same for each attempt to send the same words to a reader.

        Nobody else can compute it, nor has another deployment the same: it is made of the reader's link, too. References has the ids from the
        first mail on (RFC 5322, 3.6.4).
        """
        link = (message.destination or {}).get("link", "")
        own = blake2b(f"{message.key} {self.public_url} {link}".encode(), digest_size=10).hexdigest()
        return f"{message.reply_to or ''} {own}@{self.sender.domain}".strip()

    def rendered(self, message: OutgoingMessage, *, for_reader: bool = True) -> Text:
        """The text of a mail of the list, with :attr:`mark` in its links. Readers who get the same words get the same value."""
        language = message.reply.language
        site, say = self.site(language), phrases_in(language).say
        why, links = say("This mail was sent to this address alone."), tuple[tuple[str, str], ...]()
        if for_reader:
            page = f"{self.public_url}/{language}/subscription/{self.mark}"
            why = say("You get this mail because you subscribed to the bulletins of “{site}”.", site=site)
            links = ((say("Unsubscribe"), f"{page}/unsubscribe"), (say("Settings, and what is stored about you"), page))
        # what was corrected or withdrawn is told on its page; a mail has no message to edit that would stand there
        pages = tuple(f"{self.public_url}/{language}/bulletins/{name}" for name in message.bulletins)
        frame = Frame(site, self.public_url, why, links, pages if message.reply_to and self.public_url else ())
        return render(message.reply, frame, message.changes)

    def letter(self, to: MailAddress, reply: Reply, key: str) -> tuple[str, bytes]:
        """Id and content of a mail to one person, which is no bulletin."""
        site = self.site(reply.language)
        why = phrases_in(reply.language).say("This mail was sent to this address alone.")
        text = render(reply, Frame(site, self.public_url, why))
        head = Head(self.sender, self.name or site, text.subject, reply.language)
        message_id = f"{key}@{self.sender.domain}"
        return message_id, assemble(text, head, Envelope(to, message_id, self.now()))

    def site(self, language: Language) -> str:
        """The name of the dossier."""
        title = self.dossier().header.title
        return title.get(language) or next(iter(title.values()))


class MailSender(Sender):
    """The :class:`bot.delivery.sender.Sender` of one address."""

    def __init__(self, server: MailServer, writer: Writer, per_minute: float) -> None:
        self.platform = PLATFORM
        self.lease_name = f"{PLATFORM}:{writer.sender.domain[:64]}"
        self.limits: Limits = sending(per_minute)
        self._server, self._writer = server, writer

    def known_id(self, message: OutgoingMessage) -> str | None:
        return self._writer.thread(message)

    async def send(self, address: Address, message: OutgoingMessage) -> Outcome:
        # the address of a reader of the page is a random number; an operator who sends a try-out types one of mail
        stored = message.destination.get("address") if message.destination else address.chat_id
        to = parse_address(str(stored))
        if to is None:
            return ChatGone("no address is stored")
        token = str((message.destination or {}).get("link", ""))
        return await self._server.send(to, *self._writer.bulletin(to, message, token))
