"""Answers of Discord's that the library cannot read: a field that it expects is left out, or is of a kind it does not know.

The call has been carried out all the same, and we need little of the answer. hikari raises whatever its reading trips over.
"""

from collections.abc import Awaitable
from contextvars import ContextVar
from typing import Any, TypeVar

import hikari

from bot.platforms.discord.limited import afresh

Result = TypeVar("Result")

_heard: ContextVar[Any] = ContextVar("heard", default=None)


class Unreadable(hikari.HTTPError):
    """An answer that the library cannot read; ``answer`` is its JSON, None where it is none."""

    def __init__(self, answer: Any) -> None:
        super().__init__("an answer that cannot be read")
        self.answer = answer

    @property
    def id(self) -> int:
        """That of what the answer shows.

        Raises:
            Unreadable: this, where it has none.
        """
        given = self.answer.get("id") if isinstance(self.answer, dict) else None
        if not isinstance(given, (str, int)) or not str(given).isdecimal():
            raise self
        return int(given)


def heard(answer: Any) -> Any:
    """Notes the JSON of an answer for :func:`read`, in whose task it comes, and returns it."""
    _heard.set(answer)
    return answer


async def read(call: Awaitable[Result]) -> Result:
    """What the call returns.

    Raises:
        Unreadable: the library cannot read the answer.
        Limited: Discord limits it again and again.
        hikari.HikariError: Discord fails or refuses.
    """
    _heard.set(None)
    afresh()
    try:
        return await call
    except (AssertionError, AttributeError, KeyError, TypeError, ValueError) as fault:
        raise Unreadable(_heard.get()) from fault


async def read_id(call: Awaitable[Any]) -> int:
    """The id of what the call returns; raises as :func:`read` does, where that has none."""
    try:
        return int((await read(call)).id)
    except Unreadable as odd:
        return odd.id
