"""Message in → reply out: whose language, who may do what, what is asked. Knows no platform."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import date
from time import perf_counter

import structlog

from bot.answers.answer import answer, topic_of_command
from bot.answers.question import Command, Question, Words, is_of_many
from bot.answers.reading.wording import wording
from bot.answers.reply import Button, Reply
from bot.choosing import languages, refusal
from bot.delivery import Address
from bot.desk import OwnersDesk
from bot.dossier.commands import READERS
from bot.dossier.model import Dossier, Language, TopicId
from bot.edition import Edition
from bot.message import Message
from bot.store.applied import AlreadyApplied
from bot.store.database import LOST
from bot.store.readers import Kind
from bot.store.store import Store
from bot.subscribing.membership import Membership
from bot.subscribing.subscribing import COMMANDS, Place, Subscribing
from bot.wire.articles import ADMINISTRATOR
from bot.wire.commands import WIRE, WireCommands
from bot.wire.panels import elsewhere

log = structlog.get_logger("bot.wire")

Answered = Callable[[str, Reply, float], None]
"""Told of an answer: the platform, the reply, the seconds that it took."""

Unanswered = Callable[[str, str], None]
"""Told of a question that found no answer: its language, its words."""

_SUBSCRIBE_LINK = Command("start", "subscribe")
"""What a link with ``?startgroup=subscribe`` says in the group that adds us (core.telegram.org/bots/features#deep-linking)."""

ABOUT = TopicId("about")
"""The topic that says what this bot is, and so how one gets it."""

_MOST_KEPT = 4096

DATABASE_SECONDS = 5.0
"""How long the database may take for what one message asks; then it counts as away. Telegram waits a minute for an answer."""

RESTORING_SECONDS = 1.0
"""How long an answer may wait until a chat that was suspended is not any more; that is then done behind it."""

AGAIN_SECONDS = 2.0
"""Before that is tried again."""


@dataclass(slots=True)
class Conversation:
    """Answers messages from the edition in force; ``answered_in`` is told of each, ``desk`` is the owners', ``wire`` the editors'.

    ``unanswered`` is told of the questions that found no answer.
    """

    edition: Edition
    store: Store
    today: Callable[[], date]
    answered_in: Answered | None = None
    desk: OwnersDesk | None = None
    unanswered: Unanswered | None = None
    wire: WireCommands | None = None
    _kept: dict[tuple[Question, Language], Reply] = field(default_factory=dict)
    _kept_for: tuple[Dossier, date] | None = None
    _invitations: list[Callable[[Language], Iterable[Button]]] = field(default_factory=list)
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    _returned: dict[Address, None] = field(default_factory=dict)
    _restoring: asyncio.Task[None] | None = None

    def invite(self, buttons: Callable[[Language], Iterable[Button]]) -> None:
        """From now on the topic ``about`` has these buttons too: how one gets the bot on some platform."""
        self._invitations.append(buttons)
        self._kept = {}

    def invitations(self, language: Language) -> tuple[Button, ...]:
        """How one gets the bot, on every platform that is up."""
        return tuple(button for buttons in self._invitations for button in buttons(language))

    def language(self, address: Address, user_language: str | None, *, own_first: bool = False) -> Language:
        """The chat's chosen language, else the asker's own (or the other way round), else the dossier's."""
        if own_first and user_language:
            return self.edition.dossier.language(user_language)
        return self.edition.dossier.language(self.store.readers.language(address) or user_language)

    async def respond(self, message: Message) -> Reply:
        """The reply to a message, its changes made: once, however often the same update comes.

        Raises:
            Any of LOST: the database is away, which the question needs.
        """
        began = perf_counter()
        try:
            reply = await self._respond(message)
        except AlreadyApplied:
            reply = await self._respond(replace(message, question=_as_it_is(message.question)))
        if self.answered_in is not None:
            self.answered_in(message.address.platform, reply, perf_counter() - began)
        if self.unanswered is not None and reply.unanswered:
            self.unanswered(reply.language, wording(_words_of(message.question)))
        return reply

    async def _respond(self, message: Message) -> Reply:
        question = message.question
        if isinstance(question, Command):
            if question.name == "language":
                return await self._choose_language(message, question.argument)
            if question == _SUBSCRIBE_LINK:
                question = Command("subscribe")
            if question.name in COMMANDS:
                return await self._set_up(message, question)
            if question.name == "status" and self.desk and message.asker in self.desk.owners:
                return await self.desk.status(self._language_of(message), privately=message.kind == "private")
            if question.name == WIRE:
                return await self._news(message, question.argument)
        if _words_of(question):
            await self.edition.understand()
        return self.answered(question, self._language_of(message))

    def answered(self, question: Question, language: Language) -> Reply:
        """The dossier's reply.

        It is the very same object when the same is asked again on the same day of the same edition, so that a platform
        can keep what it made of it.
        """
        kept = self.issue()
        reply = kept.get((question, language))
        if reply is None:
            reply = self._with_invitations(answer(self.edition.dossier, question, language, self.today()))
            if reply.topic is not None and is_of_many(question):
                if len(kept) >= _MOST_KEPT:
                    kept.clear()
                kept[question, language] = reply
        return reply

    def issue(self) -> dict[tuple[Question, Language], Reply]:
        """What is kept of today's replies of the edition in force; another object once they may say something else."""
        dossier, today = self.edition.dossier, self.today()
        if self._kept_for is None or self._kept_for[0] is not dossier or self._kept_for[1] != today:
            self._kept = {}
            self._kept_for = dossier, today
        return self._kept

    def keeps(self, question: Question, reply: Reply) -> bool:
        """Whether the reply is what everybody gets to the question in its language, and nothing has to be done for it."""
        return self.issue().get((question, reply.language)) is reply

    def needs_database(self, question: Question) -> bool:
        """Whether the question changes or shows what is stored, so that it cannot be answered while the database is away."""
        if not isinstance(question, Command):
            return False
        chooses = question.name == "language" and question.argument in self.edition.dossier.languages
        return chooses or question == _SUBSCRIBE_LINK or question.name in COMMANDS or question.name == WIRE

    async def joined(
        self, address: Address, kind: Kind, title: str, user_language: str | None, cause: str | None = None
    ) -> Reply | None:
        """A chat added us, or lets us write again. The greeting; None where none is due.

        Where the same ``cause`` comes again it is the same again, since the first greeting may have been lost.
        """
        place = Place(address, kind, title, self.language(address, user_language), cause)
        async with asyncio.timeout(DATABASE_SECONDS):
            return await Membership(self.edition, self.store).joined(place)

    async def left(self, address: Address, reason: str) -> None:
        """A chat removed us, or a person blocked us: nothing is sent there, and what was set is kept for 30 days."""
        async with asyncio.timeout(DATABASE_SECONDS):
            await self.store.chats.suspend(address.platform, address.chat_id, reason)

    async def moved(self, platform: str, old_chat_id: int, new_chat_id: int) -> None:
        """A group goes on under another id, and keeps everything; the editors' is theirs until the next start, too."""
        async with asyncio.timeout(DATABASE_SECONDS):
            await self.store.chats.move(platform, old_chat_id, new_chat_id)
        desk = self.desk_on(platform)
        if self.wire is not None and desk is not None and desk.chat_id == old_chat_id:
            self.wire = replace(self.wire, editors=replace(desk, chat_id=new_chat_id))
            topic = f"/{desk.thread_id}" if desk.thread_id else ""
            log.warning(
                "EDITORS_CHAT goes on under another id: change the setting", chat=f"{platform}:{new_chat_id}{topic}"
            )

    async def heard_from(self, address: Address) -> None:
        """Somebody wrote in the chat, so that we are in it: what it set counts again where it was suspended.

        Where the database is away that is done once it is back.
        """
        if not self.store.readers.is_suspended(address):
            return
        try:
            async with asyncio.timeout(RESTORING_SECONDS):
                await self.store.chats.restore(address.platform, address.chat_id)
        except LOST:
            self._returned[address] = None
            if self._restoring is None or self._restoring.done():
                self._restoring = asyncio.create_task(self._restore())

    async def _restore(self) -> None:
        while self._returned:
            await self.sleep(AGAIN_SECONDS)
            with suppress(*LOST):
                for address in list(self._returned):
                    await self.store.chats.restore(address.platform, address.chat_id)
                    del self._returned[address]

    def knows(self, command: str) -> bool:
        """Whether the word is a command of the dossier's, or one that every reader has."""
        return command in READERS or topic_of_command(self.edition.dossier, command) is not None

    async def _set_up(self, message: Message, command: Command) -> Reply:
        language = self._language_of(message)
        if not await message.is_admin():
            return refusal(language)
        place = Place(message.address, message.kind, message.title, language, message.cause, message.parent_id)
        async with asyncio.timeout(DATABASE_SECONDS):
            return await Subscribing(self.edition, self.store).respond(command, place)

    def desk_on(self, platform: str) -> Address | None:
        """The editors' chat, where it is on the platform."""
        editors = self.wire.editors if self.wire else None
        return editors if editors is not None and editors.platform == platform else None

    def editors_on(self, platform: str) -> tuple[int, ...]:
        """The ids of those whom the settings name as editors there."""
        split = (each.partition(":") for each in (self.wire.people if self.wire else ()))
        return tuple(sorted(int(number) for name, _, number in split if name == platform))

    def is_out_of_place(self, question: Question, where: Address) -> bool:
        """Whether it is an editors' command outside their chat, to which nothing is answered."""
        is_editors = isinstance(question, Command) and question.name == WIRE
        return is_editors and not (self.wire is not None and self.wire.is_at(where))

    async def _news(self, message: Message, argument: str) -> Reply:
        """What waits for an editor's word, and the word."""
        language = self._language_of(message)
        if self.wire is None or not self.wire.is_at(message.address):
            return elsewhere(language)
        return await self.wire.respond(argument, message.address, language, await self._editor(message, self.wire))

    async def _editor(self, message: Message, wire: WireCommands) -> str | None:
        """Who decides, as it is recorded; None where the asker may not. The platform is asked each time."""
        if message.asker not in wire.people and not await message.is_admin():
            return None
        return ADMINISTRATOR if await message.is_anonymous() else message.asker_name

    async def _choose_language(self, message: Message, wanted: str) -> Reply:
        dossier, readers = self.edition.dossier, self.store.readers
        if wanted in dossier.languages:
            if not await message.is_admin():
                return refusal(self._language_of(message))
            async with asyncio.timeout(DATABASE_SECONDS):
                await readers.set_language(message.address, wanted, message.kind, message.cause, message.parent_id)
        language, chosen = self._language_of(message), readers.language(message.address)
        for_bulletins = dossier.language(chosen) if message.own_language_first else None
        return languages(dossier, language, for_bulletins)

    def _language_of(self, message: Message) -> Language:
        return self.language(message.address, message.user_language, own_first=message.own_language_first)

    def _with_invitations(self, reply: Reply) -> Reply:
        if reply.topic != ABOUT or not self._invitations:
            return reply
        return replace(reply, buttons=(*reply.buttons, *self.invitations(reply.language)))


def _words_of(question: Question) -> str:
    match question:
        case Words(text) | Command(argument=text):
            return text
        case _:
            return ""


def _as_it_is(question: Question) -> Command:
    """What shows the settings that a question would have changed."""
    is_language = isinstance(question, Command) and question.name == "language"
    return Command("language" if is_language else "settings")
