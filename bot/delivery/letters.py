"""A message to one person that is no bulletin, such as a link that confirms something: it is repeated while somebody waits for it."""

from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress

from bot.db.engine import DATABASE_AWAY, Sleep
from bot.delivery.outcomes import Outcome, RetryAfter, Unreachable


async def send_letter(
    send: Callable[[], Awaitable[Outcome]],
    is_wanted: Callable[[], Awaitable[bool]],
    pauses: Iterable[float],
    sleep: Sleep,
) -> Outcome | None:
    """Sends the message until it is delivered or refused.

    Args:
        send: makes one attempt.
        is_wanted: whether it is still waited for, asked before each repetition. While the database is away, it is taken to be.
        pauses: seconds before each repetition. Servers that greylist accept the second or third attempt.
        sleep: waits for so many seconds.

    Returns:
        The outcome of the last attempt; None: nobody waits for the message any more.
    """
    outcome = await send()
    for pause in pauses:
        if not isinstance(outcome, RetryAfter | Unreachable):
            break
        await sleep(pause)
        with suppress(*DATABASE_AWAY):
            if not await is_wanted():
                return None
        outcome = await send()
    return outcome
