"""Updates that we fetch (core.telegram.org/bots/api#getupdates), one by one, always moving on.

Telegram forgets an update once a later offset was asked for, so none is asked for beyond an update that is not done: whoever
polls next gets it again. Those behind it are handled meanwhile.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from time import monotonic
from typing import Any
from urllib.parse import urlsplit

import structlog
from telegram.error import Conflict, InvalidToken, RetryAfter, TelegramError

from bot.platforms import Handover, PlatformFailure, Report
from bot.platforms.telegram.client import POLL_SECONDS, REVOKED, Client
from bot.platforms.telegram.handling import Handling
from bot.platforms.telegram.outcomes import seconds
from bot.platforms.telegram.payloads import Update, update_of, webhook_info_of

log = structlog.get_logger("bot.telegram")

FIRST_PAUSE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 30.0
"""Between two attempts that failed; it doubles from the first to the longest."""

CONFLICT_PAUSE_SECONDS = 5.0

RECOVERY_SECONDS = 10
"""How long a poll waits after a fault, so that its end is known soon; longer than a rival takes to come again."""

OUTAGE_PAUSE_SECONDS = 8.0
"""Faults that have come to so long a pause are an outage, of which ``/readyz`` tells too."""

SLOW_SECONDS = 0.5
"""How long the next poll waits until what came is done, so that Telegram is told so by it."""

UNFINISHED_SECONDS = 1
"""How long a poll waits while something is not done, and is to be tried again."""

MOST_AT_ONCE = 100
"""Updates that Telegram shows at a time (#getupdates, ``limit``)."""

MOST_HELD = 10_000
"""Updates not done that memory may hold; some 20 MB."""

Sleep = Callable[[float], Awaitable[None]]


@dataclass(slots=True)
class _Standing:
    """Reports what is wrong once, and that it is over once."""

    report: Report
    _said: str = ""

    @property
    def is_faulty(self) -> bool:
        return bool(self._said)

    def is_now(self, fault: str) -> None:
        if fault != self._said:
            self.report(fault)
            self._said = fault


@dataclass(slots=True)
class _Progress:
    """Which updates are not done yet, and from which on Telegram is asked for them (``offset``)."""

    offset: int = 0
    _unfinished: dict[int, Update] = field(default_factory=dict)
    _tasks: "dict[int, asyncio.Task[bool]]" = field(default_factory=dict)
    _seen: set[int] = field(default_factory=set)

    @property
    def is_done(self) -> bool:
        return not self._unfinished

    async def take(self, batch: list[Any], handling: Handling) -> bool:
        """Handles what is not done, then what is new in the batch; waits for a moment. Returns whether anything was new."""
        ids = [each for each in map(_id, batch) if each is not None]
        new = [raw for raw in batch if _id(raw) not in self._seen]
        for number, update in self._unfinished.items():
            if number not in self._tasks:
                self._tasks[number] = await handling.start(update)
        for raw in new:
            if (found := handling.read(raw, update_of)) is not None:
                self._unfinished[found.update_id] = found
                self._tasks[found.update_id] = await handling.start(found)
        if self._tasks:
            await asyncio.wait(self._tasks.values(), timeout=SLOW_SECONDS)
        self._settle()
        is_new = any(_id(raw) is not None for raw in new)
        if ids:
            self._move_on(ids, stands_still=not is_new)
        self._seen = {number for number in ids if number >= self.offset}
        return is_new

    def _settle(self) -> None:
        for number, task in list(self._tasks.items()):
            if task.done():
                del self._tasks[number]
                if task.cancelled() or task.exception() or task.result():
                    del self._unfinished[number]

    def _move_on(self, ids: list[int], *, stands_still: bool) -> None:
        """To the first that is not done. Where Telegram shows no others behind them, beyond those: memory alone has them then."""
        first = next((number for number in ids if number in self._unfinished), None)
        if first is not None and not (stands_still and len(ids) >= MOST_AT_ONCE and len(self._unfinished) < MOST_HELD):
            self.offset = first
            return
        if first is not None:
            log.warning(
                "updates that are not done are kept in memory alone, to see those behind them",
                held=len(self._unfinished),
            )
        self.offset = max(ids) + 1


async def poll(
    handling: Handling, report: Report, sleep: Sleep = asyncio.sleep, clock: Callable[[], float] = monotonic
) -> None:
    """Fetches and handles updates until cancelled; ``report`` hears who else takes them, and of outages.

    A release that has them brought to a webhook is nobody else (:class:`~bot.platforms.Handover`).

    Raises:
        PlatformFailure: the token is not, or no longer, good.
    """
    standing, progress, handover = _Standing(report), _Progress(), Handover()
    pause, is_free = FIRST_PAUSE_SECONDS, False
    while True:
        began = clock()
        try:
            is_free = is_free or await _without_webhook(handling.client)
            batch = await handling.client.updates(progress.offset, _wait_seconds(standing, progress))
        except TelegramError as error:
            if isinstance(error, Conflict) and (url := await _webhook_of(handling.client)):
                standing.is_now(_brought_to(url) if handover.is_rival(is_ours=False, now=clock()) else "")
                await sleep(max(pause, CONFLICT_PAUSE_SECONDS))
            else:
                await sleep(_after(error, pause, standing))
            pause = min(pause * 2, LONGEST_PAUSE_SECONDS)
            continue
        standing.is_now("")
        handover.is_rival(is_ours=True, now=clock())
        pause = FIRST_PAUSE_SECONDS
        is_new = await progress.take(batch, handling)
        if not is_new and clock() - began < FIRST_PAUSE_SECONDS:  # not after the wait that we asked for
            await sleep(FIRST_PAUSE_SECONDS)


def _wait_seconds(standing: _Standing, progress: _Progress) -> int:
    """How long Telegram may wait for the next update."""
    if not progress.is_done:
        return UNFINISHED_SECONDS
    return RECOVERY_SECONDS if standing.is_faulty else POLL_SECONDS


def _id(raw: Any) -> int | None:
    value = raw.get("update_id") if isinstance(raw, dict) else None
    return value if isinstance(value, int) else None


def _after(error: TelegramError, pause: float, standing: _Standing) -> float:
    """Says what is wrong; returns how long to wait, in seconds."""
    match error:
        case InvalidToken():
            raise PlatformFailure(REVOKED) from None
        case RetryAfter():
            return seconds(error)
        case Conflict():
            standing.is_now(
                "another process takes this bot's updates with the same TELEGRAM_TOKEN: stop one of the two"
            )
            return max(pause, CONFLICT_PAUSE_SECONDS)
        case _:
            log.warning("no updates from Telegram for now", error=str(error), again_in_seconds=pause)
            if pause >= OUTAGE_PAUSE_SECONDS:
                standing.is_now("Telegram cannot be reached; trying on")
            return pause


async def _webhook_of(client: Client) -> str:
    """Where updates are brought; an empty text where nowhere, or where it cannot be found out."""
    try:
        return webhook_info_of(await client.call("getWebhookInfo")).url
    except TelegramError:
        return ""


def _brought_to(url: str) -> str:
    return (
        f"another deployment has this bot's updates brought to {urlsplit(url).netloc}: "
        "run one for each TELEGRAM_TOKEN. Stop that one, then restart this"
    )


async def _without_webhook(client: Client) -> bool:
    """Removes what is set, as long as which ``getUpdates`` is refused.

    Raises:
        TelegramError: whether one is set could not be found out.
    """
    if webhook_info_of(await client.ask("getWebhookInfo")).url:
        log.warning("a webhook is set but PUBLIC_URL is not: removing it")
        await client.ask("deleteWebhook")
    return True
