"""Method calls of the Bot API as values: made by the listener, then put into a webhook's answer or sent."""

from dataclasses import dataclass, field
from typing import Any

from pydantic_core import to_json

from bot.answers.reply import Reply
from bot.delivery import Address
from bot.platforms.telegram.buttons import Way, in_place
from bot.platforms.telegram.render import render

KEPT = 512
"""How many rendered replies are kept; then all are rendered anew."""


@dataclass(frozen=True, slots=True)
class Rendered:
    """A reply as Telegram gets it: as parameters, and the same as the end of a JSON object."""

    parameters: dict[str, Any]
    json_tail: bytes


@dataclass(frozen=True, slots=True)
class Call:
    """One method call.

    Attributes:
        method: its name.
        parameters: where it goes, and everything that is no rendered reply.
        shown: the reply in it; None where it holds none.
        otherwise: what to call where the message to edit is no more, or the picture cannot be had; None where there is
            nothing better to do.
        then: what to call once this one has been made.
        pictured: the reply whose picture goes with it; None where it is words alone.
    """

    method: str
    parameters: dict[str, Any]
    shown: Rendered | None = None
    otherwise: "Call | None" = None
    then: "Call | None" = None
    pictured: Reply | None = None

    @property
    def all_parameters(self) -> dict[str, Any]:
        return self.parameters | self.shown.parameters if self.shown else self.parameters

    def body(self) -> bytes:
        """The call as the answer to a webhook (core.telegram.org/bots/api#making-requests-when-getting-updates)."""
        head = to_json({"method": self.method, **self.parameters})
        return head if self.shown is None else head[:-1] + self.shown.json_tail


def destination(address: Address) -> dict[str, Any]:
    """The parameters that send something to an address (core.telegram.org/bots/api#sendmessage)."""
    if address.thread_id is None:
        return {"chat_id": address.chat_id}
    return {"chat_id": address.chat_id, "message_thread_id": address.thread_id}


@dataclass(slots=True)
class Rendering:
    """Renders each reply once, with buttons that lead on by ``way``.

    The conversation gives the very same reply to the same question on the same day; so does the outbox to all readers.
    """

    way: Way = in_place
    _kept: dict[int, tuple[Reply, Rendered]] = field(default_factory=dict)

    def __call__(self, reply: Reply) -> Rendered:
        kept = self._kept.get(id(reply))
        if kept is not None and kept[0] is reply:
            return kept[1]
        if len(self._kept) >= KEPT:
            self._kept.clear()
        rendered = _rendered(render(reply, self.way))
        self._kept[id(reply)] = (reply, rendered)
        return rendered


def _rendered(parameters: dict[str, Any]) -> Rendered:
    return Rendered(parameters, b"," + to_json(parameters)[1:])
