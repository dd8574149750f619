"""Telegram as one part of the process."""

import time
from collections.abc import Coroutine
from typing import Any

import aiohttp
from aiohttp import web

from bot.conversation import Conversation
from bot.platforms.telegram.addressed import Me
from bot.platforms.telegram.answering import Answering
from bot.platforms.telegram.asker import Asker
from bot.platforms.telegram.client import Client
from bot.platforms.telegram.handling import Handling
from bot.platforms.telegram.polling import poll
from bot.platforms.telegram.rights import is_admin
from bot.platforms.telegram.webhook import PATH, Webhook
from bot.throttle import Throttle


def telegram(
    token: str,
    api_url: str,
    public_url: str | None,
    conversation: Conversation,
    session: aiohttp.ClientSession,
    app: web.Application,
) -> Coroutine[Any, Any, None]:
    """What runs until it is cancelled: by webhook where ``public_url`` is set (its route is added here), else by polling.

    Raises (when run):
        PlatformFailure: Telegram refuses the token or the address.
    """
    client = Client(token, api_url, session)
    webhook = Webhook(token, public_url) if public_url else None
    if webhook:
        app.router.add_post(PATH, webhook.receive)
    return _run(client, conversation, webhook)


async def _run(client: Client, conversation: Conversation, webhook: Webhook | None) -> None:
    await client.start()

    async def runs_chat(asker: Asker) -> bool:
        return await is_admin(client, asker)

    me = Me(client.bot.id, client.bot.username)
    handling = Handling(client, Answering(conversation, Throttle(time.monotonic), runs_chat, me))
    try:
        await (webhook.serve(handling) if webhook else poll(handling))
    finally:
        await handling.drain()
