"""Polling: fetches updates with ``getUpdates`` until cancelled.

Telegram forgets an update once a later offset is requested (core.telegram.org/bots/api#getupdates). So the offset never passes an
update that is not done, and the next process that polls gets it again. The updates behind it are handled meanwhile.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

import structlog
from telegram.error import Conflict, InvalidToken, RetryAfter, TelegramError

from bot.platforms.base import PlatformFailure, Report, SecondDeploymentDetector, StatusReporter
from bot.platforms.telegram.api import POLL_SECONDS, TOKEN_REVOKED, Client, Sleep, retry_seconds
from bot.platforms.telegram.types import Update, parse_update
from bot.platforms.telegram.update_queue import UNREACHABLE, UpdateQueue, other_deployment

log = structlog.get_logger("bot.telegram")

FIRST_PAUSE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 30.0
"""Between failed polls; the pause doubles from the first to the longest."""

CONFLICT_PAUSE_SECONDS = 5.0
"""The shortest pause after a poll that Telegram refused because another process takes the updates."""

RECOVERY_SECONDS = 10
"""How long a poll waits after an error, so that the recovery is noticed soon; longer than another process's retry takes."""

OUTAGE_PAUSE_SECONDS = 8.0
"""Once the pause is this long, an outage is reported."""

BATCH_SECONDS = 0.5
"""How long the next poll waits for the updates of this one to be done, so that it can confirm them."""

UNFINISHED_SECONDS = 1
"""How long a poll waits while an update is not done and must be tried again."""

MAX_BATCH = 100
"""Updates in one answer of ``getUpdates`` (#getupdates, ``limit``)."""

MAX_UNFINISHED = 10_000
"""Unfinished updates kept in memory; about 20 MB."""


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
    progress, pause, has_no_webhook = PollProgress(), FIRST_PAUSE_SECONDS, False
    while True:
        began = clock()
        try:
            if not has_no_webhook:
                await _remove_webhook(client)
                has_no_webhook = True
            wait = RECOVERY_SECONDS if status.error else POLL_SECONDS
            batch = await client.updates(progress.offset, wait if progress.is_done else UNFINISHED_SECONDS)
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
            has_new = await progress.handle(batch, queue)
            if not has_new and clock() - began < FIRST_PAUSE_SECONDS:  # an answer without news came too soon
                await sleep(FIRST_PAUSE_SECONDS)
            continue
        pause = min(pause * 2, LONGEST_PAUSE_SECONDS)


@dataclass(slots=True)
class PollProgress:
    """The ``offset`` of the next poll, and the polled updates that are not done yet."""

    offset: int = 0
    _unfinished: dict[int, Update] = field(default_factory=dict)
    _tasks: "dict[int, asyncio.Task[bool]]" = field(default_factory=dict)
    _seen: set[int] = field(default_factory=set)

    @property
    def is_done(self) -> bool:
        return not self._unfinished

    async def handle(self, batch: list[Any], queue: UpdateQueue) -> bool:
        """Handles unfinished updates again, then the new ones, and waits for a moment. Returns whether any is new."""
        ids = [id_ for raw in batch if (id_ := _update_id(raw)) is not None]
        new = [raw for raw in batch if _update_id(raw) not in self._seen]
        for id_, update in self._unfinished.items():
            if id_ not in self._tasks:
                self._tasks[id_] = await queue.put(update)
        for raw in new:
            if (parsed := queue.parse(raw, parse_update)) is not None:
                self._unfinished[parsed.update_id] = parsed
                self._tasks[parsed.update_id] = await queue.put(parsed)
        if self._tasks:
            await asyncio.wait(self._tasks.values(), timeout=BATCH_SECONDS)
        for id_, task in list(self._tasks.items()):
            if task.done():
                del self._tasks[id_]
                if task.cancelled() or task.exception() or task.result():
                    del self._unfinished[id_]
        has_new = any(_update_id(raw) is not None for raw in new)
        if ids:
            self._advance(ids, has_new=has_new)
        self._seen = {id_ for id_ in ids if id_ >= self.offset}
        return has_new

    def _advance(self, ids: list[int], *, has_new: bool) -> None:
        """Moves the offset to the first unfinished update.

        A full batch without a new update hides those behind it. Then the offset passes it, and the unfinished updates are kept
        in memory only.
        """
        first = next((id_ for id_ in ids if id_ in self._unfinished), None)
        is_stuck = not has_new and len(ids) >= MAX_BATCH and len(self._unfinished) < MAX_UNFINISHED
        if first is not None and not is_stuck:
            self.offset = first
            return
        if first is not None:
            log.warning(
                "unfinished updates are kept in memory only, to fetch those behind", count=len(self._unfinished)
            )
        self.offset = max(ids) + 1


def _update_id(raw: Any) -> int | None:
    value = raw.get("update_id") if isinstance(raw, dict) else None
    return value if isinstance(value, int) else None


async def _conflict(client: Client, second_deployment: SecondDeploymentDetector, now: float) -> str:
    """The error if ``getUpdates`` is refused because another process takes the updates; "" if that is our own next release."""
    with suppress(TelegramError):
        if url := (await client.bot.get_webhook_info()).url:
            return other_deployment(url) if second_deployment.check(is_ours=False, now=now) else ""
    return "another process takes this bot's updates with the same TELEGRAM_TOKEN: stop one of the two"


async def _remove_webhook(client: Client) -> None:
    """``getUpdates`` is refused while a webhook is set.

    Raises:
        TelegramError: Telegram refuses, or cannot be reached.
    """
    if (await client.query(client.bot.get_webhook_info)).url:
        log.warning("a webhook is set but PUBLIC_URL is not: removing it")
        await client.query(client.bot.delete_webhook)
