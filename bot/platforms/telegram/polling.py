"""Updates that we fetch (core.telegram.org/bots/api#getupdates), one by one, always moving on."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import structlog
from telegram.error import Conflict, InvalidToken, RetryAfter, TelegramError

from bot.platforms import PlatformFailure
from bot.platforms.telegram.handling import Handling
from bot.platforms.telegram.outcomes import seconds
from bot.platforms.telegram.payloads import update_of, webhook_info_of

log = structlog.get_logger("bot.telegram")

FIRST_PAUSE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 30.0
"""Between two attempts that failed; it doubles from the first to the longest."""

CONFLICT_PAUSE_SECONDS = 5.0

Sleep = Callable[[float], Awaitable[None]]


async def poll(handling: Handling, sleep: Sleep = asyncio.sleep) -> None:
    """Fetches and handles updates until cancelled.

    Raises:
        PlatformFailure: the token is not, or no longer, good.
    """
    await _remove_webhook(handling)
    offset, pause = 0, FIRST_PAUSE_SECONDS
    while True:
        try:
            batch = await handling.client.updates(offset)
        except TelegramError as error:
            await sleep(_after(error, pause))
            pause = min(pause * 2, LONGEST_PAUSE_SECONDS)
            continue
        pause = FIRST_PAUSE_SECONDS
        ids = [each for each in map(_id, batch) if each is not None]
        for raw in batch:
            if update := handling.read(raw, update_of):
                await handling.start(update)
        if ids:
            offset = max(ids) + 1
        elif batch:
            await sleep(FIRST_PAUSE_SECONDS)


def _id(raw: Any) -> int | None:
    value = raw.get("update_id") if isinstance(raw, dict) else None
    return value if isinstance(value, int) else None


def _after(error: TelegramError, pause: float) -> float:
    """Says what is wrong; returns how long to wait, in seconds."""
    match error:
        case InvalidToken():
            raise PlatformFailure("Telegram no longer takes the token in TELEGRAM_TOKEN") from None
        case RetryAfter():
            return seconds(error)
        case Conflict():
            log.warning(
                "somebody else takes this bot's updates: another process with the same TELEGRAM_TOKEN, or a webhook; "
                "stop one of the two",
                error=str(error),
            )
            return max(pause, CONFLICT_PAUSE_SECONDS)
        case _:
            log.warning("no updates from Telegram for now", error=str(error), again_in_seconds=pause)
            return pause


async def _remove_webhook(handling: Handling) -> None:
    """While one is set, ``getUpdates`` is refused."""
    client = handling.client
    try:
        if webhook_info_of(await client.ask("getWebhookInfo")).url:
            log.warning("a webhook is set but PUBLIC_URL is not: removing it")
            await client.ask("deleteWebhook")
    except TelegramError as error:
        log.warning("whether a webhook is set could not be found out", error=str(error))
