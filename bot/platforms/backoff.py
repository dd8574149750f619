"""How a call is repeated that failed: the pauses are a value, and one loop waits them out."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from random import uniform
from typing import TypeVar

Result = TypeVar("Result")

WaitOf = Callable[[Exception], float | None]
"""The seconds for which an error asks us to wait, 0 if it names none; None: the call is not to be repeated."""


@dataclass(frozen=True, slots=True)
class Backoff:
    """When to repeat.

    Attributes:
        pauses: seconds before each repetition; a longer wait that an error asks for is obeyed.
        longest_wait: an error that asks for a longer one ends the repetitions.
        is_shortened: whether a pause lasts between half of it and all of it, so that many callers do not come at once.
    """

    pauses: Sequence[float]
    longest_wait: float = float("inf")
    is_shortened: bool = False

    async def repeat(
        self,
        call: Callable[[], Awaitable[Result]],
        wait_of: WaitOf,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> Result:
        """The result of the call. Raises the error of the last attempt, or the first that must not be repeated."""
        for pause in self.pauses:
            try:
                return await call()
            except Exception as error:
                wait = wait_of(error)
                if wait is None or wait > self.longest_wait:
                    raise
                shortened = uniform(pause / 2, pause) if self.is_shortened else pause  # noqa: S311  no secret
                await sleep(max(shortened, wait))
        return await call()
