"""Polling: fetches updates with ``getUpdates`` until cancelled.

Telegram forgets an update once a later offset is requested (core.telegram.org/bots/api#getupdates). The next poll therefore waits for the
updates of the previous one, but only for a moment: a slow update, for example while Telegram is slow to name the admins, does not delay others.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from time import monotonic
from typing import Any

import structlog
from telegram.error import Conflict, InvalidToken, RetryAfter, TelegramError

from bot.platforms.base import PlatformFailure, Report, SecondDeploymentDetector, StatusReporter
from bot.platforms.telegram.api import POLL_SECONDS, TOKEN_REVOKED, Sleep, TelegramClient, retry_seconds
from bot.platforms.telegram.types import origin_of, parse_update
from bot.platforms.telegram.update_queue import UNREACHABLE, UpdateQueue, other_deployment

log = structlog.get_logger("bot.telegram")

FIRST_PAUSE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 30.0
"""The pause between failed polls doubles from the first to the longest."""

CONFLICT_PAUSE_SECONDS = 5.0
"""The shortest pause after a poll that Telegram refused because another process takes the updates."""

RECOVERY_SECONDS = 10
"""How long a poll waits after an error, so that a recovery is noticed soon. It is longer than another process's retry."""

OUTAGE_PAUSE_SECONDS = 8.0
"""The pause from which an outage is reported."""

BATCH_SECONDS = 0.5
"""How long the next poll, which confirms the updates of this one, waits for them to be handled."""


async def poll(
    queue: UpdateQueue, report: Report, sleep: Sleep = asyncio.sleep, clock: Callable[[], float] = monotonic
) -> None:
    """Fetches and handles updates until cancelled (core.telegram.org/bots/api#getupdates).

    Reports outages and another process that takes this bot's updates, unless that is our own next release
    (:class:`~bot.platforms.base.SecondDeploymentDetector`).

    Raises:
        PlatformFailure: the token is refused.
    """
    client, status, second_deployment = queue.client, StatusReporter(report), SecondDeploymentDetector()
    offset, pause, has_no_webhook = 0, FIRST_PAUSE_SECONDS, False
    while True:
        began = clock()
        try:
            if not has_no_webhook:
                await _remove_webhook(client)
                has_no_webhook = True
            batch = await client.updates(offset, RECOVERY_SECONDS if status.error else POLL_SECONDS)
        except InvalidToken:
            raise PlatformFailure(TOKEN_REVOKED) from None
        except RetryAfter as error:
            await sleep(retry_seconds(error))
        except Conflict:
            status.set(await _conflict(client, second_deployment, clock()))
            await sleep(max(pause, CONFLICT_PAUSE_SECONDS))
        except TelegramError as error:
            log.warning("no updates from Telegram for now", error=str(error), again_in_seconds=pause)
            if pause >= OUTAGE_PAUSE_SECONDS:
                status.set(UNREACHABLE)
            await sleep(pause)
        else:
            status.set("")
            second_deployment.check(is_ours=True, now=clock())
            pause = FIRST_PAUSE_SECONDS
            before, offset = offset, await _handle(batch, queue, offset)
            if offset == before and clock() - began < FIRST_PAUSE_SECONDS:  # a poll without updates ended too soon
                await sleep(FIRST_PAUSE_SECONDS)
            continue
        pause = min(pause * 2, LONGEST_PAUSE_SECONDS)


async def _handle(batch: list[Any], queue: UpdateQueue, offset: int) -> int:
    """Handles the updates and waits for a moment. Returns the next offset, which also skips updates that cannot be read."""
    updates = [parsed for raw in batch if (parsed := queue.parse(raw, parse_update))]
    if tasks := [await queue.put(update, origin) for update in updates if (origin := origin_of(update))]:
        await asyncio.wait(tasks, timeout=BATCH_SECONDS)
    return max((id_ + 1 for raw in batch if (id_ := _update_id(raw)) is not None), default=offset)


def _update_id(raw: Any) -> int | None:
    value = raw.get("update_id") if isinstance(raw, dict) else None
    return value if isinstance(value, int) else None


async def _conflict(client: TelegramClient, second_deployment: SecondDeploymentDetector, now: float) -> str:
    """The error if ``getUpdates`` is refused because another process takes the updates; "" if that is our own next release."""
    with suppress(TelegramError):
        if url := (await client.bot.get_webhook_info()).url:
            return other_deployment(url) if second_deployment.check(is_ours=False, now=now) else ""
    return "another process takes this bot's updates with the same TELEGRAM_TOKEN: stop one of the two"


async def _remove_webhook(client: TelegramClient) -> None:
    """Removes the webhook, if one is set, because ``getUpdates`` is refused then.

    Raises:
        TelegramError: Telegram refuses, or cannot be reached.
    """
    if (await client.query(client.bot.get_webhook_info)).url:
        log.warning("a webhook is set but PUBLIC_URL is not: removing it")
        await client.query(client.bot.delete_webhook)
