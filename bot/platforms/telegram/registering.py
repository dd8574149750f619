"""Where Telegram brings updates: told only where it knows otherwise, and watched from then on.

See core.telegram.org/bots/api#setwebhook and #getwebhookinfo.
"""

import asyncio
import hmac
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from time import time
from typing import Any
from urllib.parse import urlsplit

import structlog
from telegram.error import BadRequest, InvalidToken, TelegramError

from bot.platforms import Handover, PlatformFailure, Report
from bot.platforms.telegram.client import REVOKED, Client
from bot.platforms.telegram.payloads import ALLOWED_UPDATES, WebhookInfo, webhook_info_of

log = structlog.get_logger("bot.telegram")

PATH = "/telegram/webhook"
CONNECTIONS = 40
"""How many updates Telegram may bring at once; its own default (core.telegram.org/bots/api#setwebhook)."""

WATCH_SECONDS = 60.0
"""Between two looks at what Telegram has for our webhook."""

OUTAGE_MISSES = 2
"""Looks in a row that failed are an outage, of which ``/readyz`` tells too; one may be chance."""

LATELY_SECONDS = 600.0
"""Telegram goes on showing its last error long after it is over, as that of a deploy; an older one than this says nothing."""


@dataclass(frozen=True, slots=True)
class Destination:
    """Our webhook.

    Attributes:
        url: with a fingerprint of the secret, which Telegram never shows again, so that another secret shows as another URL.
        secret: tells Telegram's requests from others': 64 of the characters it allows, derived from the token.
    """

    url: str
    secret: str


def secret_of(token: str) -> str:
    """What tells Telegram's requests from others', the same for the same token wherever we run."""
    return hmac.new(token.encode(), b"nota: telegram webhook", "sha256").hexdigest()


def destination_of(token: str, public_url: str) -> Destination:
    """The webhook of the bot of the token, at our own address."""
    secret = secret_of(token)
    fingerprint = hmac.new(secret.encode(), b"fingerprint", "sha256").hexdigest()[:8]
    return Destination(f"{public_url.rstrip('/')}{PATH}?key={fingerprint}", secret)


async def register(client: Client, wanted: Destination) -> bool:
    """Tells Telegram where to bring updates; those that wait are kept. Returns whether it did not know.

    Raises:
        PlatformFailure: it refuses the address, or no longer takes the token.
        TelegramError: it cannot be reached.
    """
    try:
        if _same(webhook_info_of(await client.ask("getWebhookInfo")), wanted):
            return False
        await client.ask("setWebhook", _settings(wanted))
    except InvalidToken:
        raise PlatformFailure(REVOKED) from None
    except BadRequest as refusal:
        raise PlatformFailure(f"Telegram refuses PUBLIC_URL as the address of a webhook: {refusal}") from None
    return True


def _same(there: WebhookInfo, wanted: Destination) -> bool:
    allowed = set(there.allowed_updates or ())
    return there.url == wanted.url and allowed == set(ALLOWED_UPDATES) and there.max_connections == CONNECTIONS


def _settings(wanted: Destination) -> dict[str, Any]:
    return {
        "url": wanted.url,
        "secret_token": wanted.secret,
        "allowed_updates": ALLOWED_UPDATES,
        "max_connections": CONNECTIONS,
    }


async def watch(
    client: Client,
    wanted: Destination,
    report: Report,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    now: Callable[[], float] = time,
) -> None:
    """Says when the webhook is a second deployment's, or when Telegram cannot reach it; never fights for it. Runs until cancelled.

    Raises:
        PlatformFailure: the token is no longer good.
    """
    said, strayed, misses, handover = "", False, 0, Handover()
    while True:
        await sleep(WATCH_SECONDS)
        try:
            there = webhook_info_of(await client.call("getWebhookInfo"))
            has_strayed, strayed = strayed, _is_strayed(there, wanted)
            if has_strayed and strayed:
                log.info("the webhook was set otherwise at our own address, and is set again")
                await client.call("setWebhook", _settings(wanted))
        except InvalidToken:
            raise PlatformFailure(REVOKED) from None
        except TelegramError as error:
            log.warning("the webhook could not be looked at", error=str(error))
            misses += 1
            if misses < OUTAGE_MISSES:
                continue
            fault = "Telegram cannot be reached; trying on"
        else:
            is_ours = _place(there.url) == _place(wanted.url)
            is_rival = handover.is_rival(is_ours=is_ours, now=now())
            misses, fault = 0, fault_of(there, wanted, now()) if is_ours or is_rival else ""
            if not is_ours and not is_rival:
                log.info("updates are brought elsewhere, as by a new release", to=_host(there.url))
        if fault != said:
            report(fault)
            said = fault


def _is_strayed(there: WebhookInfo, wanted: Destination) -> bool:
    """Ours, but set otherwise: by a process of the last release that started once more while this one rolled out.

    Seen twice in a row, nobody who may still need it so is left.
    """
    return _place(there.url) == _place(wanted.url) and not _same(there, wanted)


def fault_of(there: WebhookInfo, wanted: Destination, now: float) -> str:
    """What is wrong with the webhook, in words for an operator; an empty text where nothing is. ``now``: since 1970.

    The same words for as long as the same is wrong, whatever waits meanwhile.
    """
    if not there.url:
        return (
            "the webhook was removed: another process polls with this TELEGRAM_TOKEN. Stop that one, then restart this"
        )
    if _place(there.url) != _place(wanted.url):
        return (
            f"another deployment has this bot's updates brought to {_host(there.url)}: "
            "run one for each TELEGRAM_TOKEN. Stop that one, then restart this"
        )
    is_lately = there.last_error_date is None or now - there.last_error_date < LATELY_SECONDS
    if there.last_error_message and there.pending_update_count and is_lately:
        return f"Telegram cannot bring updates: {there.last_error_message}"
    return ""


def _place(url: str) -> str:
    return url.partition("?")[0]


def _host(url: str) -> str:
    return urlsplit(url).netloc or "a process that polls"
