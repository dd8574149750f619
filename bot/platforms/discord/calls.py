"""Interaction callbacks as values: made by the listener, then put into an HTTP response or posted to the callback URL."""

import json
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any

from bot.answers.reply import Reply
from bot.platforms.discord.buttons import marked
from bot.platforms.discord.payloads import EPHEMERAL
from bot.platforms.discord.render import render

KEPT = 512
"""How many rendered replies are kept; then all are rendered anew."""


class Callback(IntEnum):
    """interactions/receiving-and-responding#interaction-response-object-interaction-callback-type."""

    PONG = 1
    MESSAGE = 4
    UPDATE = 7
    CHOICES = 8


@dataclass(frozen=True, slots=True)
class File:
    """A file that goes with a callback."""

    name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Call:
    """One callback: its type, its data, and both as JSON.

    ``file`` goes with it (None: nothing does); where Discord does not take it, ``otherwise`` is what to say instead.
    """

    type: Callback
    data: dict[str, Any] | None
    body: bytes
    file: File | None = None
    otherwise: "Call | None" = None

    @property
    def is_private(self) -> bool:
        return bool(self.data and self.data.get("flags", 0) & EPHEMERAL)


def call(
    kind: Callback, data: dict[str, Any] | None = None, file: File | None = None, otherwise: Call | None = None
) -> Call:
    """The callback of the type with the data."""
    whole: dict[str, Any] = {"type": int(kind)} | ({} if data is None else {"data": data})
    return Call(kind, data, json.dumps(whole, ensure_ascii=False, separators=(",", ":")).encode(), file, otherwise)


def under_answer(made: Call) -> Call:
    """The callback as it is made under an answer of ours: where it takes that one's place, it is marked alike."""
    if made.type is not Callback.UPDATE or made.data is None:
        return made
    data = made.data | {"components": marked(made.data["components"])}
    return call(made.type, data, made.file, under_answer(made.otherwise) if made.otherwise else None)


PONG = call(Callback.PONG)


def choices(named: dict[str, str]) -> Call:
    """What is offered while somebody types: name → value."""
    return call(Callback.CHOICES, {"choices": [{"name": name, "value": value} for name, value in named.items()]})


@dataclass(slots=True)
class Rendering:
    """Renders each reply once for each way of showing it.

    The conversation gives the very same reply to the same question on the same day.
    """

    _kept: dict[tuple[int, Callback, bool], tuple[Reply, Call]] = field(default_factory=dict)

    def new(self, reply: Reply, *, private: bool) -> Call:
        """The reply as a message of its own, for the asker alone where ``private``."""
        return self._rendered(reply, Callback.MESSAGE, private)

    def in_place(self, reply: Reply) -> Call:
        """The reply in place of the message under which somebody pressed."""
        return self._rendered(reply, Callback.UPDATE, False)

    def _rendered(self, reply: Reply, kind: Callback, private: bool) -> Call:
        key = id(reply), kind, private
        kept = self._kept.get(key)
        if kept is not None and kept[0] is reply:
            return kept[1]
        if len(self._kept) >= KEPT:
            self._kept.clear()
        more: dict[str, Any] = {"flags": EPHEMERAL} if private else {}
        if kind is Callback.UPDATE:
            more["attachments"] = []  # words in place of a picture take it away
        rendered = call(kind, render(reply) | more)
        self._kept[key] = reply, rendered
        return rendered
