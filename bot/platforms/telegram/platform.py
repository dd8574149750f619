"""Telegram as one part of the process."""

import time
from collections.abc import Callable
from functools import partial
from secrets import token_hex

import aiohttp
from aiohttp import web

from bot.answers.reply import Reply
from bot.conversation import Conversation
from bot.delivery import Address, Outcome
from bot.gallery import Gallery
from bot.outbox.alone import Alone, directly
from bot.outbox.sender import Outgoing
from bot.platforms import Report, ways_to
from bot.platforms.telegram.answering import Answering
from bot.platforms.telegram.asker import PLATFORM, Asker
from bot.platforms.telegram.client import Client
from bot.platforms.telegram.handling import Handling
from bot.platforms.telegram.installing import invitations
from bot.platforms.telegram.menu import DeskMenu, Menu
from bot.platforms.telegram.photos import Photos
from bot.platforms.telegram.polling import poll
from bot.platforms.telegram.registering import PATH, destination_of
from bot.platforms.telegram.rights import Standing, standing
from bot.platforms.telegram.send import TelegramSender
from bot.platforms.telegram.webhook import Webhook
from bot.store.menus import ScopedMenus
from bot.throttle import Throttle


class Telegram:
    """One bot: by webhook where ``public_url`` is set, whose route is added to the app here, else by polling."""

    def __init__(
        self,
        token: str,
        api_url: str,
        public_url: str | None,
        messages_per_second: float,
        session: aiohttp.ClientSession,
        app: web.Application,
        limited: Callable[[], None] = lambda: None,
    ) -> None:
        """``limited`` is told of each 429."""
        self._client = Client(token, api_url, session, limited=limited)
        self._destination = destination_of(token, public_url) if public_url else None
        self._webhook = Webhook(self._destination) if self._destination else None
        if self._webhook and public_url:
            for way in ways_to(PATH, public_url):
                app.router.add_post(way, self._webhook.receive)
        self.sender = TelegramSender(self._client, messages_per_second, public_url)

    async def write_to(self, user_id: int, reply: Reply) -> Outcome:
        """Writes to a person of our own accord, which Telegram allows once they have written to us."""
        return await self.sender.send(Address(PLATFORM, user_id), Outgoing(reply, token_hex(8)))

    async def run(
        self, conversation: Conversation, report: Report, gallery: Gallery | None = None, alone: Alone = directly
    ) -> None:
        """Answers until cancelled; then lets the answers under way end. Without a gallery, in words alone.

        Raises:
            PlatformFailure: Telegram refuses the token or the address.
        """
        client = self._client
        me = await client.start()

        async def standing_of(asker: Asker) -> Standing:
            return await standing(client, asker)

        conversation.invite(partial(invitations, me.username))
        handling = Handling(
            client, Answering(conversation, Throttle(time.monotonic), standing_of, me), Photos(client, gallery)
        )
        desk, menus = conversation.desk_on(PLATFORM), ScopedMenus(conversation.store.database, PLATFORM)
        for_desk = DeskMenu(client, desk.chat_id if desk else None, conversation.editors_on(PLATFORM), menus)
        menu = Menu(client, conversation.edition, desk=for_desk)
        report("")
        try:
            async with menu.kept():
                if self._webhook:
                    await self._webhook.serve(handling, report)
                else:
                    await alone(f"{self.sender.lane}:updates", partial(poll, handling, report))
        finally:
            await handling.drain()
