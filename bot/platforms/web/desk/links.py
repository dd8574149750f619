"""Links to the desk for editors who type their address."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import partial
from secrets import token_urlsafe
from time import monotonic

import structlog

from bot.db.changes import Person
from bot.db.engine import DATABASE_AWAY, Sleep
from bot.db.sign_ins import SignIns
from bot.delivery.letters import send_letter
from bot.delivery.outcomes import Delivered, Outcome
from bot.dossier.models import Language
from bot.newsroom.editors_chat import EditorsChat
from bot.replies.i18n import phrases_in
from bot.replies.reply import Button, Reply, said_reply
from bot.user_rate_limit import UserRateLimiter

log = structlog.get_logger("bot.desk")

SENT_LINK_SECONDS = 900.0
"""How long a link is valid that goes to an address: servers that greylist take it minutes later."""

LINKS_AT_ONCE, LINKS_PER_SECOND = 3, 1 / 300
"""Links for one editor: whoever types in their address makes us write to them."""

RETRY_SECONDS = (20.0, 120.0, 300.0)
"""Pauses before each further attempt to send a link."""


@dataclass(slots=True)
class SignInByAddress:
    """Sends a link to an editor who types an address of EDITORS or OWNERS at the desk, so that nobody needs a messenger for it.

    Attributes:
        address: of the desk.
        account_of: the account that an address belongs to, for example mail:ann@example.org; None: it is not an address.
        send: sends a message to an account.
        sleep: waits between attempts.
    """

    editors: EditorsChat
    sign_ins: SignIns
    address: str
    account_of: Callable[[str], str | None]
    send: Callable[[str, Reply], Awaitable[Outcome]]
    sleep: Sleep = asyncio.sleep
    limiter: UserRateLimiter = field(
        default_factory=lambda: UserRateLimiter(monotonic, LINKS_AT_ONCE, LINKS_PER_SECOND)
    )
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    @property
    def is_idle(self) -> bool:
        return not self._tasks

    def post(self, typed: str, language: Language) -> None:
        """Sends the link in the background, so that the answer takes the same time whoever it is."""
        account = self.account_of(typed)
        if account in self.editors.named and self.limiter.try_take(account):
            task = asyncio.create_task(self._send_link(account, language))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _send_link(self, account: str, language: Language) -> None:
        say, token = phrases_in(language).say, token_urlsafe(32)
        person = Person(account, account.partition(":")[2], language)
        try:
            await self.sign_ins.invite(token, person, SENT_LINK_SECONDS)
        except DATABASE_AWAY:
            log.warning("a link to the desk was not sent: the database does not answer")
            return
        words = "This link signs you in at the desk. It works once, within 15 minutes, and is for you alone. If you did not ask for it, do nothing."
        button = Button(say("Sign in"), url=f"{self.address}/enter/{token}")
        reply = said_reply(language, "🗝", "Sign in at the desk", words, button, private=True)
        # one that counted as not delivered may have arrived after all, and been used
        is_unused = partial(self.sign_ins.is_valid, token)
        outcome = await send_letter(partial(self.send, account, reply), is_unused, RETRY_SECONDS, self.sleep)
        if not isinstance(outcome, Delivered | None):
            log.warning("a link to the desk was not delivered", outcome=type(outcome).__name__)
