"""The Telegram bot as the app runs it, and the release step for all processes."""

from functools import partial
from secrets import token_hex

import aiohttp
from aiohttp import web
from telegram.error import ChatMigrated, TelegramError

from bot.conversation import Conversation
from bot.db.scoped_menus import ScopedMenus
from bot.delivery.leader_election import RunAsLeader
from bot.delivery.outcomes import Outcome
from bot.delivery.sender import OutgoingMessage
from bot.dossier.models import Dossier, Language
from bot.live_dossier import LiveDossier
from bot.platforms.base import PlatformUnreachable, Report, route_paths
from bot.platforms.platform import Deployment, Surroundings
from bot.platforms.telegram.api import TelegramClient
from bot.platforms.telegram.commands import CommandMenus, StaffMenus
from bot.platforms.telegram.handlers import Handlers
from bot.platforms.telegram.modes import switch_on
from bot.platforms.telegram.photos import Photos
from bot.platforms.telegram.platform import TelegramSettings
from bot.platforms.telegram.poller import poll
from bot.platforms.telegram.rights import is_admin
from bot.platforms.telegram.sender import TelegramSender
from bot.platforms.telegram.types import PATH, PLATFORM
from bot.platforms.telegram.update_queue import UpdateQueue
from bot.platforms.telegram.webhook import TelegramWebhook, register, webhook_target
from bot.reader import Address
from bot.replies.i18n import phrases_in
from bot.replies.reply import Button, Reply


class Telegram:
    """A bot on Telegram. Updates come by webhook if there is an address of ours, otherwise by polling."""

    def __init__(self, settings: TelegramSettings, surroundings: Surroundings) -> None:
        token, public_url = settings.token, surroundings.public_url
        self._conversation, self._pictures = surroundings.conversation, surroundings.pictures
        limited, session = partial(surroundings.on_rate_limit, PLATFORM), surroundings.session
        self._client = TelegramClient(token, settings.telegram_api_url, session, on_rate_limit=limited)
        self._public_url = public_url
        self._webhook = TelegramWebhook(webhook_target(token, public_url)) if public_url else None
        self.sender = TelegramSender(self._client, settings.telegram_messages_per_second, public_url)

    def add_routes(self, app: web.Application) -> None:
        """Adds the webhook's route; before :meth:`run` it answers 503."""
        if self._webhook and self._public_url:
            for path in route_paths(PATH, self._public_url):
                app.router.add_post(path, self._webhook.receive)

    async def write_to(self, user_id: str, reply: Reply) -> Outcome:
        """Sends a message to a user. Telegram allows it once the user has written to the bot."""
        return await self.sender.send(Address(PLATFORM, user_id), OutgoingMessage(reply, token_hex(8)))

    async def run(self, report: Report, run_as_leader: RunAsLeader) -> None:
        """Runs until cancelled, then finishes the answers under way. Reports outages to ``report``.

        Raises:
            PlatformFailure: Telegram refuses the token or the address.
        """
        client, conversation = self._client, self._conversation
        me = await client.connect()
        conversation.on_connected(PLATFORM, partial(invitations, me.username))
        if conversation.staff.editors_chat is not None:
            conversation.staff.editors_chat.on_connected(PLATFORM, partial(_is_editor, client, conversation))
        queue = UpdateQueue(client, Handlers(conversation, client, me), Photos(client, self._pictures))
        staff_menus = StaffMenus(
            client,
            conversation.staff.editors_chat,
            [int(each) for each in conversation.staff.editors_on(PLATFORM)],
            [int(each) for each in conversation.staff.owners_on(PLATFORM)],
            conversation.staff.desk is not None,
            ScopedMenus(conversation.store.database, PLATFORM),
        )
        report("")
        try:
            async with CommandMenus(client, conversation.live, staff_menus=staff_menus).maintained():
                if self._webhook:
                    await self._webhook.serve(queue, report)
                else:
                    await run_as_leader(f"{self.sender.lease_name}:updates", partial(poll, queue, report))
        finally:
            await queue.drain()


async def _is_editor(client: TelegramClient, conversation: Conversation, chat: Address, user_id: str) -> bool:
    """Whether the user is an admin of the editors' chat. If the chat has become a supergroup, its new id is stored first."""
    try:
        return await is_admin(client, int(chat.chat_id), int(user_id))
    except ChatMigrated as moved:
        await conversation.membership.moved(PLATFORM, chat.chat_id, str(moved.new_chat_id))
        return await is_admin(client, moved.new_chat_id, int(user_id))


def invitations(username: str, language: Language) -> tuple[Button, ...]:
    """Links that open a private chat, and that add the bot to a group or a channel (core.telegram.org/bots/features#deep-linking)."""
    say, link = phrases_in(language).say, f"https://t.me/{username}"
    return (
        Button(f"💬 {say('Ask on Telegram')}", url=link),
        Button(f"➕ {say('Add to a Telegram group')}", url=f"{link}?startgroup=subscribe"),
        Button(f"📣 {say('Add to a Telegram channel')}", url=f"{link}?startchannel&admin=post_messages+edit_messages"),
    )


start = Telegram


async def identify(settings: TelegramSettings, _report: Report) -> str:
    return settings.token.partition(":")[0]  # core.telegram.org/bots/api#authorizing-your-bot; /revoke changes the rest


async def release(settings: TelegramSettings, deployment: Deployment, dossier: Dossier) -> list[str]:
    """Sets the menus and the webhook if they differ, and switches on inline and guest mode. Returns lines for the operator.

    It never removes a webhook, because the processes of the previous release need it until those of this release start.

    Raises:
        PlatformFailure: Telegram refuses the token or the address.
        PlatformUnreachable: Telegram refuses another request, or cannot be reached.
    """
    async with aiohttp.ClientSession() as session:
        client = TelegramClient(settings.token, settings.telegram_api_url, session)
        me = await client.connect()
        try:
            await CommandMenus(client, LiveDossier(dossier)).set_all(dossier)
            lines = [f"@{me.username}: the menus are up to date", *await switch_on(client, dossier)]
            if deployment.public_url:
                target = webhook_target(settings.token, deployment.public_url)
                is_new = await register(client, target)
                lines.append(f"the webhook {'is now' if is_new else 'was already'} {target.url}")
        except TelegramError as error:
            raise PlatformUnreachable(str(error)) from None
    return lines
