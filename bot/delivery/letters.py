"""A message to one person that is no bulletin, such as a link that confirms something: it is repeated while somebody waits for it."""

from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress

from bot.db.engine import DATABASE_AWAY, Sleep
from bot.delivery.outcomes import Outcome, RetryAfter, Unreachable, may_have_arrived


async def send_letter(
    send: Callable[[], Awaitable[Outcome]],
    is_wanted: Callable[[], Awaitable[bool]] | None,
    pauses: Iterable[float],
    sleep: Sleep,
    obeys: bool = False,
) -> Outcome | None:
    """Sends the message until it is delivered or refused, or may have arrived twice.

    Args:
        send: makes one attempt.
        is_wanted: whether it is still waited for, asked before each repetition; None: it always is. While the database is away, it is taken to be.
        pauses: seconds before each repetition. Servers that greylist accept the second or third attempt.
        sleep: waits for so many seconds.
        obeys: whether it waits as long as it is told, if that is longer.

    Returns:
        The outcome of the last attempt; None: nobody waits for the message any more.
    """
    outcome, is_repeat = await send(), False
    for pause in pauses:
        if not isinstance(outcome, RetryAfter | Unreachable) or (is_repeat and may_have_arrived(outcome)):
            break
        is_repeat = is_repeat or may_have_arrived(outcome)
        await sleep(max(pause, outcome.seconds) if obeys and isinstance(outcome, RetryAfter) else pause)
        with suppress(*DATABASE_AWAY):
            if is_wanted is not None and not await is_wanted():
                return None
        outcome = await send()
    return outcome
