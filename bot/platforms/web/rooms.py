"""What each browser has asked in the preview, kept in memory while we run."""

import hashlib
import re
import secrets
from collections import OrderedDict, deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count

from bot.answers.question import Question, Words
from bot.answers.reply import Reply
from bot.delivery import Address

PLATFORM = "preview"
MAX_ROOMS = 200
MAX_TURNS = 24
_NAME = re.compile(r"[A-Za-z0-9_-]{22}")


@dataclass(slots=True)
class Turn:
    """One exchange.

    Attributes:
        number: names it in its room.
        asked: what was typed; empty where the reply came by itself.
        question: what the reply answers; None where it came by itself.
        reply: what is shown now; a pressed button replaces it.
        at: when it was asked or came.
        answered_from: the edition, day and language that ``reply`` was made from.
    """

    number: int
    asked: str
    question: Question | None
    reply: Reply
    at: datetime
    answered_from: str

    @property
    def may_be_asked_again(self) -> bool:
        """Asking it again changes nothing: it is about a topic, or in words, and not one of the bot's own panels."""
        return self.question is not None and (self.reply.topic is not None or isinstance(self.question, Words))


@dataclass(slots=True)
class Room:
    """One browser's chat. ``name`` is the cookie's secret value; ``notice`` is shown once."""

    name: str
    user_language: str | None = None
    notice: str = ""
    turns: deque[Turn] = field(default_factory=lambda: deque(maxlen=MAX_TURNS))
    _numbers: Iterator[int] = field(default_factory=lambda: count(1))

    @property
    def address(self) -> Address:
        """Where this chat is, with a chat id that gives no cookie away."""
        return Address(PLATFORM, chat_id_of(self.name))

    def add(self, asked: str, question: Question | None, reply: Reply, at: datetime, answered_from: str) -> Turn:
        turn = Turn(next(self._numbers), asked, question, reply, at, answered_from)
        self.turns.append(turn)
        return turn

    def turn(self, number: int) -> Turn | None:
        return next((turn for turn in self.turns if turn.number == number), None)


def chat_id_of(name: str) -> int:
    """A number of 48 bits, the same for the same room whenever we run."""
    return int.from_bytes(hashlib.blake2b(name.encode(), digest_size=6).digest())


class Rooms:
    """The rooms used last; the oldest make way."""

    def __init__(self) -> None:
        self._rooms: OrderedDict[str, Room] = OrderedDict()

    def enter(self, name: str | None) -> Room:
        """The room of a cookie; a new one where there is no cookie, or it is none of ours."""
        if name is None or not _NAME.fullmatch(name):
            name = secrets.token_urlsafe(16)
        room = self._rooms.setdefault(name, Room(name))
        self._rooms.move_to_end(name)
        while len(self._rooms) > MAX_ROOMS:
            self._rooms.popitem(last=False)
        return room

    def at(self, address: Address) -> Room | None:
        """The room at an address; None where it has made way."""
        return next((room for room in self._rooms.values() if room.address == address), None)
