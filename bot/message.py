"""A message that asks something, as every platform gives it to the conversation."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from bot.answers.question import Question
from bot.delivery import Address
from bot.store.readers import Kind


async def shown_to_all() -> bool:
    """Everybody sees who the asker is."""
    return False


@dataclass(frozen=True, slots=True)
class Message:
    """What somebody asked somewhere.

    Attributes:
        address: where the answer goes.
        kind: a chat with one person, with many, or a channel in which the channel itself writes.
        question: what is asked.
        user_language: the language tag that the platform gives for the asker; None where it gives none.
        is_admin: asks the platform whether the asker may change what concerns the whole chat.
        title: the chat's name, as its admins know it.
        asker: whom the platform vouches for as the one who asks, as in telegram:123; None where it vouches for nobody.
        asker_name: the :func:`signature` of the one who asks; "" where the platform does not say.
        is_anonymous: asks the platform whether the chat does not show which of its admins the asker is.
        own_language_first: whether ``user_language`` goes before what the chat chose, which then is for bulletins alone.
        cause: names what asks, the same when the platform brings it again; None where it never does.
        parent_id: of the chat around the address, where that is a thread and a chat of its own (Discord's are); None elsewhere.
    """

    address: Address
    kind: Kind
    question: Question
    user_language: str | None
    is_admin: Callable[[], Awaitable[bool]]
    title: str = ""
    asker: str | None = None
    asker_name: str = ""
    is_anonymous: Callable[[], Awaitable[bool]] = shown_to_all
    own_language_first: bool = False
    cause: str | None = None
    parent_id: int | None = None


MAX_NAME = 48
"""Characters of a name that are shown; an account's own name is never cut."""


def signature(name: str, account: str) -> str:
    """Who somebody is, for others to read: what people call them, and behind it the account, since anybody may be called so."""
    called = name.strip()
    if called in ("", account, account.removeprefix("@")):
        return account
    shown = called if len(called) <= MAX_NAME else f"{called[: MAX_NAME - 1].rstrip()}…"
    return f"{shown} ({account})" if account else shown
