"""The chat in the browser: what is asked there, and how it is answered. Knows no HTTP."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bot.answers.phrases import phrases
from bot.answers.question import AboutBulletin, AboutTopic, Command, Question, from_token, read, token
from bot.answers.reply import Reply
from bot.conversation import Conversation
from bot.delivery import Address
from bot.dossier.model import Language
from bot.message import Message
from bot.pictures.studio import Shown
from bot.platforms.web.rooms import Room, Rooms
from bot.platforms.web.streams import Streams

Payload = Callable[[Reply], Mapping[str, Any]]
"""What a platform would be sent for a reply."""

Pictures = Callable[[Reply], Awaitable[Shown | None]]
"""The picture that goes with a reply; None where it goes without."""


@dataclass(slots=True)
class Preview:
    """A platform of its own, whose every reader may change everything in their own chat.

    ``payloads`` is read anew for each reply; a platform without one has no column.
    """

    conversation: Conversation
    payloads: Mapping[str, Payload]
    pictures: Pictures
    now: Callable[[], datetime]
    rooms: Rooms = field(default_factory=Rooms)
    streams: Streams = field(default_factory=Streams)

    def language(self, room: Room) -> Language:
        """The language chosen in the room, else its browser's."""
        return self.conversation.language(room.address, room.user_language)

    async def hear(self, room: Room, text: str) -> None:
        """Somebody typed something, or pressed what stands for it."""
        question = read(text)
        reply = await self._reply(room, question)
        room.add(text.strip(), question, reply, self.now(), self._state(room))

    async def press(self, room: Room, number: int, data: str) -> None:
        """Somebody pressed a button under a reply, which the answer then replaces, as on the platforms."""
        turn = room.turn(number)
        question = from_token(data, self.conversation.edition.dossier)
        if turn is None or question is None:
            tongue = phrases(self.language(room))
            room.notice = tongue.say("That button is out of date. Ask again, and you get one that works.")
            return
        turn.question, turn.reply = question, await self._reply(room, question)
        turn.answered_from = self._state(room)

    async def choose_language(self, room: Room, language: str) -> None:
        """The same as saying ``/language``, without an answer."""
        await self._reply(room, Command("language", language))

    async def refresh(self, room: Room) -> None:
        """Answers anew whatever the edition, the day or the language has changed since."""
        state = self._state(room)
        for turn in room.turns:
            question = turn.question if turn.answered_from != state and turn.may_be_asked_again else None
            if question is not None and self._still_known(question):
                turn.reply = await self._reply(room, question)
            turn.answered_from = state

    def deliver(self, address: Address, reply: Reply) -> int | None:
        """Shows a reply that nobody asked for (a bulletin) in the pages open at the address.

        Returns what names it there; None where that chat is gone.
        """
        room = self.rooms.at(address)
        if room is None:
            return None
        turn = room.add("", None, reply, self.now(), self._state(room))
        self.streams.tell(room.name)
        return turn.number

    def redeliver(self, address: Address, number: int, reply: Reply) -> bool:
        """Puts another reply in place of a delivered one. False where that is gone."""
        room = self.rooms.at(address)
        turn = room.turn(number) if room else None
        if room is None or turn is None:
            return False
        turn.reply = reply
        self.streams.tell(room.name)
        return True

    async def _reply(self, room: Room, question: Question) -> Reply:
        return await self.conversation.respond(Message(room.address, "private", question, room.user_language, _always))

    def _state(self, room: Room) -> str:
        dossier = self.conversation.edition.dossier
        return f"{dossier.version} {len(dossier.bulletins)} {self.conversation.today()} {self.language(room)}"

    def _still_known(self, question: Question) -> bool:
        if not isinstance(question, (AboutTopic, AboutBulletin)):
            return True
        return from_token(token(question), self.conversation.edition.dossier) is not None


async def _always() -> bool:
    return True
