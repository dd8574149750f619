"""Messages of our own that are no bulletins: sent again where Discord fails, each under its nonce, so that it stands there once."""

from collections.abc import Awaitable, Callable

import hikari
import structlog

from bot.delivery import Gone, RetryAfter, ThreadGone, Unreachable
from bot.platforms.discord.outcomes import outcome_of
from bot.platforms.discord.trouble import Sleep, said

log = structlog.get_logger("bot.discord")

PAUSES_SECONDS = (0.5, 2.0, 5.0)
"""Before the same is sent again."""

PATIENCE_SECONDS = 30.0
"""What has to wait longer than that for a limit of Discord's is not sent any more."""


async def posted(send: Callable[[], Awaitable[object]], sleep: Sleep) -> bool:
    """Whether the message was sent, after a few attempts; why it was not stands in the log."""
    for pause in (*PAUSES_SECONDS, None):
        try:
            await send()
        except (hikari.HikariError, TimeoutError, OSError) as error:
            wait = _wait(error, pause)
        else:
            return True
        if wait is None:
            break
        await sleep(wait)
    return False


def _wait(error: Exception, pause: float | None) -> float | None:
    """Seconds until it is worth another try; None where it is not, which is logged."""
    match outcome_of(error, editing=False):
        case Unreachable() if pause is not None:
            return pause
        case RetryAfter(seconds) if pause is not None and seconds <= PATIENCE_SECONDS:
            return max(seconds, pause)
        case Gone() | ThreadGone():
            log.info("no word where we may not write", why=said(error))
        case _:
            log.warning("a message was not sent", why=said(error))
    return None
