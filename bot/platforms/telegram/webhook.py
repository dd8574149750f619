"""The webhook: its route, its registration with Telegram, and its monitoring."""

import asyncio
import hmac
from collections.abc import Callable
from http import HTTPStatus
from time import time
from typing import NamedTuple
from urllib.parse import urlsplit

import structlog
from aiohttp import web
from aiohttp.hdrs import CONTENT_ENCODING
from telegram import WebhookInfo
from telegram.error import BadRequest, InvalidToken, TelegramError

from bot.platforms.base import PlatformFailure, Report, SecondDeploymentDetector, StatusReporter
from bot.platforms.telegram.api import TOKEN_REVOKED, Sleep, TelegramClient
from bot.platforms.telegram.types import ALLOWED_UPDATES, PATH, parse_json_update
from bot.platforms.telegram.update_queue import UNREACHABLE, UpdateQueue, other_deployment

log = structlog.get_logger("bot.telegram")

SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105  the header's name

CONNECTIONS = 40
"""How many updates Telegram may deliver at once: its default (core.telegram.org/bots/api#setwebhook)."""

REGISTER_AGAIN_SECONDS = 4.0
"""The pause before the webhook is registered again while the Bot API cannot be reached."""

WATCH_SECONDS = 60.0
"""The pause between two checks of the webhook."""

OUTAGE_CHECKS = 2
"""The number of failed checks in a row from which an outage is reported."""

RECENT_ERROR_SECONDS = 600.0
"""Telegram keeps its last delivery error, for example from a deployment. An older error is ignored."""


_JSON = {"Content-Type": "application/json"}


class WebhookTarget(NamedTuple):
    """Our webhook.

    Attributes:
        url: the address with a fingerprint of the secret. Telegram never returns the secret, so a changed secret is detected by the URL.
        secret: the secret in each of Telegram's requests: 64 hexadecimal digits, derived from the token.
    """

    url: str
    secret: str


def webhook_secret(token: str) -> str:
    """The secret, which is the same for the same token on every machine."""
    return hmac.new(token.encode(), b"nota: telegram webhook", "sha256").hexdigest()


def webhook_target(token: str, public_url: str) -> WebhookTarget:
    secret = webhook_secret(token)
    fingerprint = hmac.new(secret.encode(), b"fingerprint", "sha256").hexdigest()[:8]
    return WebhookTarget(f"{public_url.rstrip('/')}{PATH}?key={fingerprint}", secret)


class TelegramWebhook:
    """The webhook's route. Until :meth:`serve` is called it answers 503, so that Telegram tries again."""

    def __init__(self, target: WebhookTarget) -> None:
        self._target = target
        self._secret = target.secret.encode()
        self._queue: UpdateQueue | None = None

    async def receive(self, request: web.Request) -> web.Response:
        """Answers an update with its first call.

        A body over the app's ``client_max_size`` is refused. A compressed body is refused, too, because Telegram does not send one.
        """
        secret = request.headers.get(SECRET_HEADER, "")
        if not hmac.compare_digest(secret.encode(errors="surrogateescape"), self._secret):
            return web.Response(status=HTTPStatus.FORBIDDEN)
        if CONTENT_ENCODING in request.headers:
            return web.Response(status=HTTPStatus.UNSUPPORTED_MEDIA_TYPE)
        queue = self._queue
        if queue is None:
            return web.Response(status=HTTPStatus.SERVICE_UNAVAILABLE)
        try:
            raw = await request.read()
        except ConnectionError:  # Telegram tries again
            return web.Response(status=HTTPStatus.REQUEST_TIMEOUT)
        update = queue.parse(raw, parse_json_update)
        if update is None:
            return web.Response()
        body = await queue.first_call(update)
        if request.transport is None or request.transport.is_closing():  # Telegram closed the connection
            await queue.send_lost(update, body)
        else:
            queue.note_sent(update)
        return web.Response(body=body, headers=_JSON) if body else web.Response()

    async def serve(self, queue: UpdateQueue, report: Report) -> None:
        """Registers the webhook and accepts updates until cancelled.

        Raises:
            PlatformFailure: Telegram refuses the address or the token.
        """
        self._queue = queue
        while True:
            try:
                is_new = await register(queue.client, self._target)
                break
            except TelegramError as error:  # updates may come all the same, from an earlier registration
                log.warning("the webhook could not be checked yet", error=str(error))
                await asyncio.sleep(REGISTER_AGAIN_SECONDS)
        log.info("updates come by webhook", path=PATH, newly_set=is_new)
        await watch(queue.client, self._target, report)


async def register(client: TelegramClient, target: WebhookTarget) -> bool:
    """Sets the webhook if it differs, and keeps waiting updates. Returns whether it differed.

    Raises:
        PlatformFailure: Telegram refuses the address or the token.
        TelegramError: it cannot be reached.
    """
    try:
        if _is_registered(await client.query(client.bot.get_webhook_info), target):
            return False
        await client.retry(lambda: _set_webhook(client, target), repeatable=True)
    except InvalidToken:
        raise PlatformFailure(TOKEN_REVOKED) from None
    except BadRequest as error:
        raise PlatformFailure(f"Telegram refuses PUBLIC_URL as the address of a webhook: {error}") from None
    return True


def _is_registered(info: WebhookInfo, target: WebhookTarget) -> bool:
    allowed = set(info.allowed_updates or ())
    return info.url == target.url and allowed == set(ALLOWED_UPDATES) and info.max_connections == CONNECTIONS


async def _set_webhook(client: TelegramClient, target: WebhookTarget) -> None:
    await client.bot.set_webhook(
        target.url, allowed_updates=ALLOWED_UPDATES, max_connections=CONNECTIONS, secret_token=target.secret
    )


async def watch(
    client: TelegramClient,
    target: WebhookTarget,
    report: Report,
    sleep: Sleep = asyncio.sleep,
    now: Callable[[], float] = time,
) -> None:
    """Reports a second deployment that took the webhook, and failures of delivery. Runs until cancelled.

    A webhook at another address is never replaced. A process of the previous release may set one at our address with other settings during a
    deployment. If two checks in a row find such a webhook, that process has ended, and ours is set again.

    Raises:
        PlatformFailure: the token is refused.
    """
    status, second_deployment = StatusReporter(report), SecondDeploymentDetector()
    failed_checks, was_changed = 0, False
    while True:
        await sleep(WATCH_SECONDS)
        try:
            info = await client.bot.get_webhook_info()
            is_ours = _without_query(info.url) == _without_query(target.url)
            is_changed = is_ours and not _is_registered(info, target)
            if is_changed and was_changed:
                log.info("the webhook has other settings; setting it again")
                await _set_webhook(client, target)
            was_changed = is_changed
        except InvalidToken:
            raise PlatformFailure(TOKEN_REVOKED) from None
        except TelegramError as error:
            log.warning("the webhook could not be checked", error=str(error))
            failed_checks += 1
            if failed_checks >= OUTAGE_CHECKS:
                status.set(UNREACHABLE)
            continue
        failed_checks = 0
        is_second = second_deployment.check(is_ours=is_ours, now=now())
        if not is_ours and not is_second:
            log.info("updates go elsewhere, for example to a new release", to=_host(info.url))
        status.set(webhook_error(info, target, now()) if is_ours or is_second else "")


def webhook_error(info: WebhookInfo, target: WebhookTarget, now: float) -> str:
    """The error of a webhook, for the operator; "" if there is none. ``now``: Unix time.

    The text stays the same while the error lasts.
    """
    if not info.url:
        return (
            "the webhook was removed: another process polls with this TELEGRAM_TOKEN. Stop that one, then restart this"
        )
    if _without_query(info.url) != _without_query(target.url):
        return other_deployment(info.url)
    is_recent = info.last_error_date is None or now - info.last_error_date.timestamp() < RECENT_ERROR_SECONDS
    if info.last_error_message and info.pending_update_count and is_recent:
        return f"Telegram cannot bring updates: {info.last_error_message}"
    return ""


def _without_query(url: str) -> str:
    return url.partition("?")[0]


def _host(url: str) -> str:
    return urlsplit(url).netloc or "a process that polls"
