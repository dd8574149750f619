"""What a release does on Telegram once for all its processes."""

import time
from collections.abc import Callable
from functools import partial
from secrets import token_hex

import aiohttp
from aiohttp import web
from telegram.error import TelegramError

from bot.conversation import Conversation
from bot.db.menus import ScopedMenus
from bot.delivery.lease import Alone, directly
from bot.delivery.outcomes import Outcome
from bot.delivery.sender import Outgoing
from bot.dossier.models import Dossier, Language
from bot.live_dossier import Edition
from bot.pictures.service import Gallery
from bot.platforms.base import PlatformUnreachable, Report, ways_to
from bot.platforms.telegram.api import Client
from bot.platforms.telegram.commands import DeskMenu, Menu
from bot.platforms.telegram.handlers import Answering, Standing, standing
from bot.platforms.telegram.photos import Photos
from bot.platforms.telegram.sender import TelegramSender
from bot.platforms.telegram.types import PLATFORM, Asker
from bot.platforms.telegram.updates import PATH, Handling, Webhook, destination_of, poll, register
from bot.reader import Address
from bot.replies.i18n import phrases
from bot.replies.reply import Button, Reply
from bot.user_rate_limit import Throttle


def invitations(username: str, language: Language) -> tuple[Button, ...]:
    """Links to a private chat, and to a group that it is to be added and subscribed in.

    core.telegram.org/bots/features#deep-linking
    """
    tongue, link = phrases(language), f"https://t.me/{username}"
    return (
        Button(f"💬 {tongue.say('Ask on Telegram')}", url=link),
        Button(f"➕ {tongue.say('Add to a Telegram group')}", url=f"{link}?startgroup=subscribe"),
    )


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


async def release(token: str, api_url: str, public_url: str | None, dossier: Dossier) -> list[str]:
    """Sets menus and webhook, where they differ. Returns what there is to say.

    A webhook is not removed here: until the processes of this release start, those of the last one live by it.

    Raises:
        PlatformFailure: Telegram refuses the token or the address.
        PlatformUnreachable: it refuses something else, or cannot be reached.
    """
    async with aiohttp.ClientSession() as session:
        client = Client(token, api_url, session)
        me = await client.start()
        try:
            await Menu(client, Edition(dossier)).set_all(dossier)
            said = [f"@{me.username}: menus are up to date"]
            if public_url:
                wanted = destination_of(token, public_url)
                was_unknown = await register(client, wanted)
                said.append(f"the webhook {'is now' if was_unknown else 'was already'} {wanted.url}")
        except TelegramError as error:
            raise PlatformUnreachable(str(error)) from None
    return said
