"""Message in → reply out: whose language, who may do what, what is asked. Knows no platform."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cache
from time import perf_counter

import structlog
from babel import Locale, UnknownLocaleError

from bot.db.engine import DATABASE_AWAY
from bot.db.idempotency import AlreadyApplied
from bot.db.readers import Kind
from bot.db.store import Store
from bot.dossier.markdown import Paragraph, Span
from bot.dossier.models import Dossier, Language, TopicId
from bot.dossier.validators import READERS
from bot.feeds.review import ReviewCommands
from bot.feeds.review_messages import ADMINISTRATOR, WIRE, elsewhere
from bot.live_dossier import LiveDossier
from bot.matching.tokenizer import wording
from bot.reader import Address
from bot.replies.answer import answer, topic_of_command
from bot.replies.i18n import phrases_in
from bot.replies.question import Command, FreeText, Question, is_cacheable
from bot.replies.reply import Button, Reply
from bot.status import StatusCommand
from bot.subscriptions.service import COMMANDS, Chat, Membership, SubscriptionCommands


def rate_limit_notice(language: Language) -> Reply:
    """Somebody asks faster than people do; said once."""
    phrases = phrases_in(language)
    words = phrases.say("That is a lot of questions at once. Give me half a minute, then go on asking.")
    return _apology(language, "⏸", phrases.say("One moment"), words)


def apology(language: Language, incident: str) -> Reply:
    """Something failed that should not; ``incident`` is the id under which the log has it."""
    phrases = phrases_in(language)
    words = phrases.say(
        "I could not answer this just now. Please try again; if it keeps happening, give whoever runs this bot the code {incident}.",
        incident=incident,
    )
    return _apology(language, "🛠", phrases.say("Something went wrong"), words)


def outdated_button(language: Language) -> Reply:
    """A button that leads nowhere any more."""
    phrases = phrases_in(language)
    words = phrases.say("This button is from an older edition. Send /help for what I can tell you now.")
    return _apology(language, "🕰", phrases.say("An old button"), words)


def _apology(language: Language, emoji: str, title: str, words: str) -> Reply:
    return Reply(None, language, title, emoji, (Paragraph((Span(words),)),), private=True)


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


def display_name(name: str, account: str) -> str:
    """Who somebody is, for others to read: what people call them, and behind it the account, since anybody may be called so."""
    called = name.strip()
    if called in ("", account, account.removeprefix("@")):
        return account
    shown = called if len(called) <= MAX_NAME else f"{called[: MAX_NAME - 1].rstrip()}…"
    return f"{shown} ({account})" if account else shown


_FLAGS = {"en": "🇬🇧", "id": "🇮🇩", "ru": "🇷🇺"}


_NAMES = {"id": "Bahasa Indonesia"}
"""Where CLDR has but the country's name."""


@cache
def language_name(language: str) -> str:
    """``English``, ``Français``: as its readers call it (CLDR); the code where CLDR has none."""
    try:
        name = Locale.parse(language).get_language_name(language) or language
    except (UnknownLocaleError, ValueError):
        return language
    return _NAMES.get(language) or name[:1].upper() + name[1:]


def language_label(language: str) -> str:
    """Its name behind its flag, for a button."""
    return f"{_FLAGS.get(language, '')} {language_name(language)}".strip()


def languages(dossier: Dossier, language: Language, for_bulletins: Language | None) -> Reply:
    """The dossier's languages to choose from, said in ``language``, which is the one in force.

    Where everybody is answered in their own, what is chosen is ``for_bulletins`` alone; None where it is for answers too.
    """
    phrases, chosen = phrases_in(language), for_bulletins or language
    name = language_label(chosen)
    if for_bulletins:
        now = phrases.say(
            "Bulletins come here in: {language}. Answers are in each asker’s own language.", language=name
        )
    else:
        now = phrases.say("Answers here are in: {language}", language=name)
    buttons = tuple(
        Button(language_label(each), Command("language", each), choice=True, chosen=each == chosen)
        for each in dossier.languages
    )
    return Reply(None, language, phrases.say("Language"), "🌐", (Paragraph((Span(now),)),), buttons=buttons)


def admins_only(language: Language) -> Reply:
    """What somebody without the right to change a chat is told."""
    phrases = phrases_in(language)
    words = phrases.say("This changes the whole chat, so only its admins can do it.")
    return Reply(None, language, phrases.say("For admins"), "🔒", (Paragraph((Span(words),)),), private=True)


log = structlog.get_logger("bot.feeds")


OnAnswer = Callable[[str, Reply, float], None]
"""Told of an answer: the platform, the reply, the seconds that it took."""


OnUnanswered = Callable[[str, str], None]
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
    """Answers messages from the edition in force; ``on_answer`` is told of each, ``desk`` is the owners', ``wire`` the editors'.

    ``on_unanswered`` is told of the questions that found no answer.
    """

    live: LiveDossier
    store: Store
    today: Callable[[], date]
    on_answer: OnAnswer | None = None
    status_command: StatusCommand | None = None
    on_unanswered: OnUnanswered | None = None
    feed_review: ReviewCommands | None = None
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
            return self.live.dossier.language(user_language)
        return self.live.dossier.language(self.store.readers.language(address) or user_language)

    async def respond(self, message: Message) -> Reply:
        """The reply to a message, its changes made: once, however often the same update comes.

        Raises:
            Any of DATABASE_AWAY: the database is away, which the question needs.
        """
        began = perf_counter()
        try:
            reply = await self._respond(message)
        except AlreadyApplied:
            reply = await self._respond(replace(message, question=_as_it_is(message.question)))
        if self.on_answer is not None:
            self.on_answer(message.address.platform, reply, perf_counter() - began)
        if self.on_unanswered is not None and reply.unanswered:
            self.on_unanswered(reply.language, wording(_words_of(message.question)))
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
            if question.name == "status" and self.status_command and message.asker in self.status_command.owners:
                return await self.status_command.status(self._language_of(message), privately=message.kind == "private")
            if question.name == WIRE:
                return await self._news(message, question.argument)
        if _words_of(question):
            await self.live.understand()
        return self.dossier_reply(question, self._language_of(message))

    def dossier_reply(self, question: Question, language: Language) -> Reply:
        """The dossier's reply.

        It is the very same object when the same is asked again on the same day of the same edition, so that a platform
        can keep what it made of it.
        """
        kept = self.issue()
        reply = kept.get((question, language))
        if reply is None:
            reply = self._with_invitations(answer(self.live.dossier, question, language, self.today()))
            if reply.topic is not None and is_cacheable(question):
                if len(kept) >= _MOST_KEPT:
                    kept.clear()
                kept[question, language] = reply
        return reply

    def issue(self) -> dict[tuple[Question, Language], Reply]:
        """What is kept of today's replies of the edition in force; another object once they may say something else."""
        dossier, today = self.live.dossier, self.today()
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
        chooses = question.name == "language" and question.argument in self.live.dossier.languages
        return chooses or question == _SUBSCRIBE_LINK or question.name in COMMANDS or question.name == WIRE

    async def on_joined(
        self, address: Address, kind: Kind, title: str, user_language: str | None, cause: str | None = None
    ) -> Reply | None:
        """A chat added us, or lets us write again. The greeting; None where none is due.

        Where the same ``cause`` comes again it is the same again, since the first greeting may have been lost.
        """
        chat = Chat(address, kind, title, self.language(address, user_language), cause)
        async with asyncio.timeout(DATABASE_SECONDS):
            return await Membership(self.live, self.store).joined(chat)

    async def on_left(self, address: Address, reason: str) -> None:
        """A chat removed us, or a person blocked us: nothing is sent there, and what was set is kept for 30 days."""
        async with asyncio.timeout(DATABASE_SECONDS):
            await self.store.readers.suspend(address.platform, address.chat_id, reason)

    async def on_moved(self, platform: str, old_chat_id: int, new_chat_id: int) -> None:
        """A group goes on under another id, and keeps everything; the editors' is theirs until the next start, too."""
        async with asyncio.timeout(DATABASE_SECONDS):
            await self.store.readers.move(platform, old_chat_id, new_chat_id)
        desk = self.editors_chat_on(platform)
        if self.feed_review is not None and desk is not None and desk.chat_id == old_chat_id:
            self.feed_review = replace(self.feed_review, editors=replace(desk, chat_id=new_chat_id))
            topic = f"/{desk.thread_id}" if desk.thread_id else ""
            log.warning(
                "EDITORS_CHAT goes on under another id: change the setting", chat=f"{platform}:{new_chat_id}{topic}"
            )

    async def restore_reader(self, address: Address) -> None:
        """Somebody wrote in the chat, so that we are in it: what it set counts again where it was suspended.

        Where the database is away that is done once it is back.
        """
        if not self.store.readers.is_suspended(address):
            return
        try:
            async with asyncio.timeout(RESTORING_SECONDS):
                await self.store.readers.restore(address.platform, address.chat_id)
        except DATABASE_AWAY:
            self._returned[address] = None
            if self._restoring is None or self._restoring.done():
                self._restoring = asyncio.create_task(self._restore())

    async def _restore(self) -> None:
        while self._returned:
            await self.sleep(AGAIN_SECONDS)
            with suppress(*DATABASE_AWAY):
                for address in list(self._returned):
                    await self.store.readers.restore(address.platform, address.chat_id)
                    del self._returned[address]

    def is_command(self, command: str) -> bool:
        """Whether the word is a command of the dossier's, or one that every reader has."""
        return command in READERS or topic_of_command(self.live.dossier, command) is not None

    async def _set_up(self, message: Message, command: Command) -> Reply:
        language = self._language_of(message)
        if not await message.is_admin():
            return admins_only(language)
        chat = Chat(message.address, message.kind, message.title, language, message.cause, message.parent_id)
        async with asyncio.timeout(DATABASE_SECONDS):
            return await SubscriptionCommands(self.live, self.store).respond(command, chat)

    def editors_chat_on(self, platform: str) -> Address | None:
        """The editors' chat, where it is on the platform."""
        editors = self.feed_review.editors if self.feed_review else None
        return editors if editors is not None and editors.platform == platform else None

    def editors_on(self, platform: str) -> tuple[int, ...]:
        """The ids of those whom the settings name as editors there."""
        split = (each.partition(":") for each in (self.feed_review.people if self.feed_review else ()))
        return tuple(sorted(int(number) for name, _, number in split if name == platform))

    def is_outside_editors_chat(self, question: Question, where: Address) -> bool:
        """Whether it is an editors' command outside their chat, to which nothing is answered."""
        is_editors = isinstance(question, Command) and question.name == WIRE
        return is_editors and not (self.feed_review is not None and self.feed_review.is_at(where))

    async def _news(self, message: Message, argument: str) -> Reply:
        """What waits for an editor's word, and the word."""
        language = self._language_of(message)
        if self.feed_review is None or not self.feed_review.is_at(message.address):
            return elsewhere(language)
        return await self.feed_review.respond(
            argument, message.address, language, await self._editor(message, self.feed_review)
        )

    async def _editor(self, message: Message, wire: ReviewCommands) -> str | None:
        """Who decides, as it is recorded; None where the asker may not. The platform is asked each time."""
        if message.asker not in wire.people and not await message.is_admin():
            return None
        return ADMINISTRATOR if await message.is_anonymous() else message.asker_name

    async def _choose_language(self, message: Message, wanted: str) -> Reply:
        dossier, readers = self.live.dossier, self.store.readers
        if wanted in dossier.languages:
            if not await message.is_admin():
                return admins_only(self._language_of(message))
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
        case FreeText(text) | Command(argument=text):
            return text
        case _:
            return ""


def _as_it_is(question: Question) -> Command:
    """What shows the settings that a question would have changed."""
    is_language = isinstance(question, Command) and question.name == "language"
    return Command("language" if is_language else "settings")
