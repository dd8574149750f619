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
from bot.platforms.telegram.payloads import Update, update_of_json
from bot.platforms.telegram.registering import PATH, Destination, register, watch

log = structlog.get_logger("bot.telegram")

SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105  the header's name

AGAIN_SECONDS = 4.0


class Webhook:
    """The route; until :meth:`serve` has begun it asks Telegram to come again."""

    def __init__(self, destination: Destination) -> None:
        self._destination = destination
        self._expected = destination.secret.encode()
        self._handling: Handling | None = None

    async def receive(self, request: web.Request) -> web.Response:
        """Answers an update with the first call it leads to; makes the others by itself.

        A body over the app's ``client_max_size`` is refused as it is read.
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
        known = handling.answering.at_once(update.message) if update.message and update.message.text else None
        body = known or await _found_out(handling, update)
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


async def _found_out(handling: Handling, update: Update) -> bytes:
    """The first call that answers the update, which is nothing where there is none; the others are made by ourselves."""
    calls = await handling.calls(update)
    if len(calls) > 1:
        await handling.perform(update, calls[1:])
    return calls[0].body() if calls else b""
