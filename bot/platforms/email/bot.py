"""E-mail as the app runs it."""

import asyncio
from secrets import token_hex

from aiohttp import web

from bot.delivery.leader_election import RunAsLeader
from bot.delivery.outcomes import Outcome, Refused
from bot.platforms.base import PlatformFailure, Report, StatusReporter
from bot.platforms.email.addresses import ServerAddress, parse_address
from bot.platforms.email.api import MailServer
from bot.platforms.email.platform import MailSettings
from bot.platforms.email.sender import MailSender, Writer
from bot.platforms.platform import Surroundings
from bot.replies.reply import Reply

PROBE_SECONDS = 10.0
"""Between two looks whether a server that could not be used can be used again. Most are made of bulletins and letters."""


def writer_of(settings: MailSettings, surroundings: Surroundings) -> Writer:
    """What writes its mails."""
    name, sender = settings.mailbox
    live = surroundings.conversation.live
    return Writer(sender, name, surroundings.public_url or "", lambda: live.dossier)


def start(settings: MailSettings, surroundings: Surroundings) -> "Mail":
    return Mail(settings.server, writer_of(settings, surroundings), settings.mail_per_minute)


class Mail:
    """Sends through one mail server. Nobody can write to it: replies go to whoever reads MAIL_FROM.

    ``letters``: connections for mails to one person, which no bulletin may delay.
    """

    def __init__(
        self, server: ServerAddress, writer: Writer, per_minute: float, probe_seconds: float = PROBE_SECONDS
    ) -> None:
        self._probe_seconds = probe_seconds
        self._status = StatusReporter(lambda _problem: None, error=None)
        self._server, self.letters = (MailServer(server, writer.sender, on_trouble=self._status.set) for _ in range(2))
        self._writer = writer
        self.sender = MailSender(self._server, writer, per_minute)

    def add_routes(self, app: web.Application) -> None:
        """Mails have links to the page alone."""

    async def write_to(self, user_id: str, reply: Reply) -> Outcome:
        """Sends a mail to an address of the settings."""
        to = parse_address(user_id)
        if to is None:
            return Refused("not an address")
        return await self.letters.send(to, *self._writer.letter(to, reply, token_hex(10)))

    async def run(self, report: Report, run_as_leader: RunAsLeader) -> None:
        """Reports what hinders mails, and that they pass once there is a connection. Ends the connections at the end.

        Raises:
            PlatformFailure: there is no address for the links that each mail must have.
        """
        if not self._writer.public_url:
            raise PlatformFailure("PUBLIC_URL is not set: a mail without a link to unsubscribe is not sent")
        self._status.report = report
        try:
            while True:
                if self._status.error != "" and await self._server.probe():
                    self._status.set("")
                await asyncio.sleep(self._probe_seconds)
        finally:
            await self._server.close()
            await self.letters.close()
