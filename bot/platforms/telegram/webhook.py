"""Updates that Telegram brings: ``POST /telegram/webhook``, answered in the response itself.

See core.telegram.org/bots/api#setwebhook and #making-requests-when-getting-updates.
"""

import asyncio
import hmac
from http import HTTPStatus

import structlog
from aiohttp import web
from telegram.error import TelegramError

from bot.platforms import Report
from bot.platforms.telegram.client import Client
from bot.platforms.telegram.handling import Handling
from bot.platforms.telegram.payloads import update_of_json
from bot.platforms.telegram.registering import PATH, Destination, register, watch

log = structlog.get_logger("bot.telegram")

SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105  the header's name

AGAIN_SECONDS = 4.0

COME_AGAIN_SECONDS = "2"
"""When Telegram is to bring again what is not done: without that it waits twice as long each time, for up to two minutes
(the same, ``on_update_error``)."""


class Webhook:
    """The route; until :meth:`serve` has begun it asks Telegram to come again."""

    def __init__(self, destination: Destination) -> None:
        self._destination = destination
        self._expected = destination.secret.encode()
        self._handling: Handling | None = None

    async def receive(self, request: web.Request) -> web.Response:
        """Answers an update with the first call it leads to; makes the others by itself.

        503 for one that is not done since the database is away: Telegram brings it again, and what is behind it in its chat
        not before (#setwebhook; github.com/tdlib/telegram-bot-api, WebhookActor.cpp). A body over the app's ``client_max_size`` is refused as it is read.
        """
        given = request.headers.get(SECRET_HEADER, "")
        if not hmac.compare_digest(given.encode(errors="surrogateescape"), self._expected):
            return web.Response(status=HTTPStatus.FORBIDDEN)
        handling = self._handling
        if handling is None:
            return web.Response(status=HTTPStatus.SERVICE_UNAVAILABLE)
        try:
            raw = await request.read()
        except ConnectionError:  # it broke off; Telegram comes again
            return web.Response(status=HTTPStatus.REQUEST_TIMEOUT)
        update = handling.read(raw, update_of_json)
        if update is None:
            return web.Response()
        body = handling.at_once(update)
        if body is None:
            body = await handling.answer(update)
        if body is None:
            return web.Response(status=HTTPStatus.SERVICE_UNAVAILABLE, headers={"Retry-After": COME_AGAIN_SECONDS})
        return web.Response(body=body, content_type="application/json") if body else web.Response()

    async def serve(self, handling: Handling, report: Report) -> None:
        """Tells Telegram where to bring updates, and takes them until cancelled.

        Raises:
            PlatformFailure: Telegram refuses the address.
        """
        self._handling = handling
        await self._register(handling.client)
        await watch(handling.client, self._destination, report)

    async def _register(self, client: Client) -> None:
        """For as long as Telegram cannot be reached: it may know the address from before."""
        while True:
            try:
                was_unknown = await register(client, self._destination)
            except TelegramError as error:
                log.warning("whether the webhook is set could not be found out yet", error=str(error))
                await asyncio.sleep(AGAIN_SECONDS)
                continue
            log.info("updates come by webhook", path=PATH, newly_set=was_unknown)
            return
