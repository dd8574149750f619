"""Subscribing by mail on the page. The address is stored as a reader's once its owner has confirmed it."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from secrets import token_hex, token_urlsafe
from time import monotonic

import structlog

from bot.db.confirmations import VALID_SECONDS
from bot.db.store import Store
from bot.delivery.letters import send_letter
from bot.delivery.outcomes import Delivered, Outcome
from bot.dossier.models import Language
from bot.platforms.email.addresses import MAX_TYPED, PLATFORM, MailAddress, parse_address
from bot.platforms.email.bot import Mail, writer_of
from bot.platforms.email.platform import MailSettings
from bot.platforms.email.sender import Writer
from bot.platforms.platform import NotAccepted, PageForm, Surroundings
from bot.reader import Address
from bot.replies.i18n import phrases_in
from bot.replies.reply import Button, Reply, text_reply
from bot.schedule import Subscription
from bot.user_rate_limit import UserRateLimiter

log = structlog.get_logger("bot.mail")

OF_ALL, OF_A_DOMAIN = (60, 0.5), (30, 0.2)
"""Confirmations at once and then each second, whoever asks: somebody with many addresses of the internet must not make us write to a town.

Those to one domain are fewer: whoever uses them up leaves half and more to people of other domains.
"""

RETRY_SECONDS = (30.0, 300.0, 900.0, 3600.0)
"""Pauses before each further attempt."""

HOURS = int(VALID_SECONDS // 3600)

Send = Callable[[MailAddress, str, bytes], Awaitable[Outcome]]


def page_form(settings: MailSettings, surroundings: Surroundings, bot: Mail) -> PageForm:
    """The form."""
    writer = writer_of(settings, surroundings)
    letters = Letters(bot.letters.send)
    subscribing = Subscribing(writer, surroundings.conversation.store, letters)
    return PageForm(
        template=Path(__file__).with_name("form.html"),
        values={"platform": PLATFORM},
        title=lambda language: phrases_in(language).say("E-mail"),
        without=frozenset({"silent"}),  # a mail has no sound of its own
        stored=_stored,
        ends=_ends,
        subscribe=subscribing.subscribe,
    )


@dataclass(slots=True)
class Letters:
    """Sends mails in the background and repeats them for about an hour. A process that ends forgets them: whoever waits asks again."""

    send: Send
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    @property
    def is_idle(self) -> bool:
        return not self._tasks

    def post(self, to: MailAddress, message_id: str, content: bytes, is_wanted: Callable[[], Awaitable[bool]]) -> None:
        """Sends a mail. ``is_wanted``: whether it is still waited for, asked before each repetition."""

        async def deliver() -> None:
            send = partial(self.send, to, message_id, content)
            outcome = await send_letter(send, is_wanted, RETRY_SECONDS, self.sleep)
            if not isinstance(outcome, Delivered | None):
                log.warning("a mail that confirms a subscription was not delivered", outcome=type(outcome).__name__)

        task = asyncio.create_task(deliver())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


@dataclass(slots=True)
class Subscribing:
    """Answers the form. The answer is the same whoever the address belongs to, and takes the same time.

    Attributes:
        limiter: of all letters.
        of_domains: of the letters to each domain.
    """

    writer: Writer
    store: Store
    letters: Letters
    limiter: UserRateLimiter = field(default_factory=partial(UserRateLimiter, monotonic, *OF_ALL))
    of_domains: UserRateLimiter = field(default_factory=partial(UserRateLimiter, monotonic, *OF_A_DOMAIN))

    async def subscribe(self, fields: Mapping[str, str], wanted: Subscription, language: Language) -> Address | str:
        """Sends the mail with the link.

        Raises:
            NotAccepted: there is no address in the form, or too many people subscribe at once.
        """
        say = phrases_in(language).say
        address = parse_address(fields.get("address", "")[: MAX_TYPED + 1])
        if address is None:
            why = say("This is not an e-mail address to which bulletins can be sent. Go back and check it.")
            raise NotAccepted(why)
        if not (self.writer.public_url and self.of_domains.try_take(address.domain) and self.limiter.try_take("")):
            raise NotAccepted(say("Subscribing by e-mail is not possible at the moment. Try again in a few minutes."))
        if address.mailbox != self.writer.sender.mailbox:  # bulletins to ourselves would go round in a circle
            token, to, waiting = token_urlsafe(24), {"address": str(address)}, self.store.confirmations
            waits = waiting.add(token, PLATFORM, address.identity, to, wanted, language, address.mailbox)
            if await self.store.database.in_turn(waits):
                link, site = f"{self.writer.public_url}/{language}/confirm/{token}", self.writer.site(language)
                letter = self.writer.letter(address, confirmation(link, site, language), token_hex(10))
                self.letters.post(address, *letter, partial(self._waits, token))
        return say(
            "Look into your mailbox. If bulletins can come to this address, a mail with a link is there in a few minutes. The link confirms the "
            "subscription; it works once, for {hours} hours. Nothing there? Look among the spam.",
            hours=HOURS,
        )

    async def _waits(self, token: str) -> bool:
        """Whether the link was neither used nor deleted."""
        return await self.store.confirmations.get(token) is not None


def confirmation(link: str, site: str, language: Language) -> Reply:
    """The mail with the link. ``site``: whose bulletins they are."""
    say = phrases_in(language).say
    text = say(
        "Somebody, probably you, wants the bulletins of “{site}” to come to this address. Open the link below, and confirm it on the page that "
        "opens. The link works once, for {hours} hours. If it was not you, do nothing: then nothing more comes, and the address is deleted.",
        site=site,
        hours=HOURS,
    )
    return text_reply(language, "✉️", say("Confirm your subscription"), text, Button(say("Confirm"), url=link))


def _stored(language: Language) -> list[str]:
    say = phrases_in(language).say
    return [
        say("Your e-mail address, and the link to your settings that stands in each mail."),
        say("Before you confirm: the address and what you chose, for {hours} hours.", hours=HOURS),
    ]


def _ends(language: Language) -> list[str]:
    say = phrases_in(language).say
    return [
        say("The link in each mail ends it, too, and so does your mail program where it has a button for that."),
        say("If your mail server refuses mails for good, nothing more is sent there."),
    ]
