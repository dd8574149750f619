"""Updates that Telegram brings: ``POST /telegram/webhook``, answered in the response itself.

See core.telegram.org/bots/api#setwebhook and #making-requests-when-getting-updates.
"""

import asyncio
import hmac
from http import HTTPStatus

import structlog
from aiohttp import web
from telegram.error import BadRequest

from bot.platforms import PlatformFailure
from bot.platforms.telegram.handling import Handling
from bot.platforms.telegram.limits import BODY_BYTES
from bot.platforms.telegram.payloads import ALLOWED_UPDATES, update_of_json

log = structlog.get_logger("bot.telegram")

PATH = "/telegram/webhook"
SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105  the header's name
CONNECTIONS = 40
"""How many updates Telegram may bring at once; its own default (core.telegram.org/bots/api#setwebhook)."""

_JSON = {"Content-Type": "application/json"}


def secret_of(token: str) -> str:
    """The secret that tells Telegram's requests from others': 64 of the characters it allows, derived from the token."""
    return hmac.new(token.encode(), b"nota: telegram webhook", "sha256").hexdigest()


class Webhook:
    """The route; until :meth:`serve` has begun it asks Telegram to come again."""

    def __init__(self, token: str, public_url: str) -> None:
        self._secret = secret_of(token)
        self._expected = self._secret.encode()
        self._url = public_url.rstrip("/") + PATH
        self._handling: Handling | None = None

    async def receive(self, request: web.Request) -> web.Response:
        """Answers an update with the first call it leads to; makes the others by itself."""
        given = request.headers.get(SECRET_HEADER, "")
        if not hmac.compare_digest(given.encode(errors="surrogateescape"), self._expected):
            return web.Response(status=HTTPStatus.FORBIDDEN)
        if (request.content_length or 0) > BODY_BYTES:
            return web.Response(status=HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        if self._handling is None:
            return web.Response(status=HTTPStatus.SERVICE_UNAVAILABLE)
        update = self._handling.read(await request.read(), update_of_json)
        calls = await self._handling.calls(update) if update else []
        if update is None or not calls:
            return web.Response()
        if len(calls) > 1:
            await self._handling.perform(update, calls[1:])
        return web.Response(body=calls[0].body(), headers=_JSON)

    async def serve(self, handling: Handling) -> None:
        """Tells Telegram where to bring updates, and takes them until cancelled.

        Raises:
            PlatformFailure: Telegram refuses the address.
        """
        self._handling = handling
        bot = handling.client.bot
        try:
            await handling.client.repeated(
                lambda: bot.set_webhook(
                    self._url,
                    secret_token=self._secret,
                    allowed_updates=ALLOWED_UPDATES,
                    max_connections=CONNECTIONS,
                ),
                harmless=True,
            )
        except BadRequest as refusal:
            raise PlatformFailure(f"Telegram refuses PUBLIC_URL as the address of a webhook: {refusal}") from None
        log.info("updates come by webhook", path=PATH)
        await asyncio.get_running_loop().create_future()
