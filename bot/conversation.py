"""Message → reply: the asker's language, rights and rate limits, commands that change a chat, apologies. Knows no platform."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import date
from secrets import token_hex
from time import monotonic, perf_counter
from typing import assert_never

import structlog

from bot.commands import CHECK_NAMES, DRAFT, LANGUAGE, SETTINGS, OwnCommand
from bot.db.applied_updates import AlreadyApplied
from bot.db.desk import Person
from bot.db.engine import DATABASE_AWAY, Sleep, within
from bot.db.readers import Kind
from bot.db.store import Store
from bot.dossier.models import Language, TopicId
from bot.embeddings import Embeddings
from bot.feeds.review import ReviewCommands
from bot.feeds.review_messages import ADMINISTRATOR, only_in_editors_chat
from bot.live_dossier import LiveDossier
from bot.matching.decision import Verdict
from bot.matching.meanings import Likeness
from bot.matching.tokenizer import wording
from bot.membership import Membership
from bot.newsroom.draft_command import respond_to_draft
from bot.newsroom.editors import DeskCommand
from bot.newsroom.editors_chat import EditorsChat
from bot.reader import Address, ids_on
from bot.replies.answer import answer, matcher_for
from bot.replies.cache import VersionedCache
from bot.replies.fallbacks import rating_buttons, subscription_offer
from bot.replies.language_panel import language_named, language_panel
from bot.replies.listings import own_command
from bot.replies.notices import admins_only, apology, only_visiting, outdated_button, rate_limit_notice
from bot.replies.question import (
    HELP,
    LIST_IDS,
    Command,
    FreeText,
    Question,
    Rate,
    Rumour,
    free_text,
    is_cacheable,
)
from bot.replies.reply import Button, Reply
from bot.status import StatusCommand
from bot.subscriptions.awaited import AwaitedAnswers
from bot.subscriptions.privacy import privacy_reply
from bot.subscriptions.service import Chat, Subscriptions
from bot.user_rate_limit import RateLimitResult, UserRateLimiter

log = structlog.get_logger("bot.conversation")

ABOUT = TopicId("about")
"""The topic that says what the bot is. Its reply has the buttons that add the bot on each platform."""

MAX_CACHED_REPLIES = 4096

DATABASE_SECONDS = 5.0
"""How long one message may wait for the database, unless its platform allows less. Telegram waits a minute for an answer."""

OnAnswer = Callable[[str, Reply, float], None]
"""Called after each answer with the platform, the reply and the seconds it took."""

OnUnanswered = Callable[[str, str], None]
"""Called with the language and the words of a question that has no certain answer, or of a claim that no editor reviewed."""


async def _no() -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Message:
    """What somebody asked in a chat.

    Attributes:
        address: where the answer goes.
        kind: a chat with one person, with many, or a channel in which the channel itself writes.
        question: what is asked.
        user_language: the asker's language tag; None if the platform does not give it.
        is_admin: asks the platform whether the asker may change what concerns the whole chat.
        title: the chat's name, as its admins know it.
        asker: the account that asks, for example telegram:123, if the platform vouches for it; None if not.
        asker_name: the :func:`~bot.platforms.base.display_name` of the asker; "" if the platform does not give it.
        is_anonymous: asks the platform whether the chat does not show which of its admins the asker is.
        own_language_first: whether ``user_language`` goes before the chat's language, which then is for bulletins only.
        cause: identifies the platform's update, the same each time it is delivered; None if it is delivered once.
        parent_id: of the channel around the address, if that is a thread with an id of its own (Discord); None elsewhere.
        rate_limit_key: names the account whose rate limit counts the question; None: no limit of one person counts it.
        is_answer_private: whether the asker alone reads the answer, if it is to be private, in a chat with others.
        is_reply_private: whether only the asker sees the reply, wherever it is asked.
        database_seconds: how long the answer may wait for the database.
        is_guest: whether the bot is no member of the chat, so that nothing can be set there, and nothing is said of its settings.
        more_settings: what the platform lets set there besides the subscription: keys of
            :data:`~bot.subscriptions.settings_panel.MORE_SETTINGS`.
    """

    address: Address
    kind: Kind
    question: Question
    user_language: str | None
    is_admin: Callable[[], Awaitable[bool]]
    title: str = ""
    asker: str | None = None
    asker_name: str = ""
    is_anonymous: Callable[[], Awaitable[bool]] = _no
    own_language_first: bool = False
    cause: str | None = None
    parent_id: int | None = None
    rate_limit_key: str | None = None
    is_reply_private: bool = False
    is_answer_private: bool = False
    database_seconds: float = DATABASE_SECONDS
    is_guest: bool = False
    more_settings: tuple[str, ...] = ()


def _user_rate_limiter() -> UserRateLimiter:
    return UserRateLimiter(monotonic)


@dataclass(slots=True)
class Conversation:
    """Answers messages from the dossier in force.

    Attributes:
        today: gives the day for which answers hold.
        status_command: answers the owners' ``/status``; None: nobody is an owner.
        feed_review: answers the editors' ``/wire``; None: there are no feeds to review.
        desk_command: answers the editors' ``/desk`` and ``/draft``; None: there is no desk.
        embeddings: compares questions by their meaning; None: words alone decide.
        user_limiter: how much one person may ask, on whatever platform.
        sleep: waits between attempts while the database is away.
        awaited: tells askers later what has no answer yet.
        membership: what a platform says of the chats that the bot is in.
    """

    live: LiveDossier
    store: Store
    today: Callable[[], date]
    on_answer: OnAnswer | None = None
    status_command: StatusCommand | None = None
    on_unanswered: OnUnanswered | None = None
    feed_review: ReviewCommands | None = None
    embeddings: Embeddings | None = None
    user_limiter: UserRateLimiter = field(default_factory=_user_rate_limiter)
    sleep: Sleep = asyncio.sleep
    on_claim: OnUnanswered | None = None
    desk_command: DeskCommand | None = None
    _replies: VersionedCache[Reply] = field(default_factory=lambda: VersionedCache(MAX_CACHED_REPLIES))
    _invitations: dict[str, Callable[[Language], Iterable[Button]]] = field(default_factory=dict)
    awaited: AwaitedAnswers = field(init=False)
    membership: Membership = field(init=False)

    def __post_init__(self) -> None:
        self.membership = Membership(self.live, self.store, self.editors_chat, self.sleep)
        self.awaited = AwaitedAnswers(self.live, self.store, self._in_words, self.today)

    async def reply(self, message: Message, platform_reply: Reply | None = None) -> Reply | None:
        """The reply to a message: to its question, a notice that somebody asks too much, or an apology for an error.

        None if nothing is sent: the notice was sent before, or it is an editors' command in another group. Changes are made
        once, however often the same update comes.

        Args:
            message: the message.
            platform_reply: what the platform replies instead of the dossier. The question counts all the same.
        """
        if message.kind != "private" and self.is_outside_editors_chat(message.question, message.address):
            return None
        limit = self._check_limit(message)
        if limit is not RateLimitResult.ANSWER:
            return rate_limit_notice(self._language_of(message)) if limit is RateLimitResult.NOTICE else None
        if platform_reply is not None:
            return platform_reply
        try:
            return await self.respond(message)
        except Exception as error:
            return self._apology(message, error)

    def limit_notice(self, message: Message) -> Reply | None:
        """Counts the question. The notice if the asker asks too much, also one after another."""
        is_admitted = self._check_limit(message) is RateLimitResult.ANSWER
        return None if is_admitted else rate_limit_notice(self._language_of(message))

    async def required_reply(self, message: Message, platform_reply: Reply | None = None) -> Reply:
        """Like :meth:`reply`, for platforms that show an error if there is no reply. It may repeat the notice."""
        reply = await self.reply(message, platform_reply)
        if reply is not None:
            return reply
        language = self._language_of(message)
        is_outside = self.is_outside_editors_chat(message.question, message.address)
        return only_in_editors_chat(language) if is_outside else rate_limit_notice(language)

    async def respond(self, message: Message) -> Reply:
        """The reply to the message's question, its changes made, without a limit.

        Raises:
            DatabaseUnavailable, TimeoutError: the question needs the database, which is away.
        """
        began = perf_counter()
        try:
            reply = await self._dispatch(message)
        except AlreadyApplied:  # perhaps by a call that was given up before it read back what it had written
            await within(message.database_seconds, self.store.readers.refresh([message.address]))
            reply = await self._dispatch(replace(message, question=_resulting_settings(message.question)))
        if isinstance(question := message.question, Rate):
            rated = self.store.ratings.add(
                question.topic, reply.language, helped=question.helped, answer=question.answer
            )
            await within(message.database_seconds, rated)
        self._count(message.address.platform, message.question, reply, began)
        return self.with_offers(message, reply) if message.kind == "private" or message.is_reply_private else reply

    async def respond_in_public(self, question: Question, language: Language) -> Reply:
        """The dossier's reply to somebody on the page, who is in no chat; counted like any other."""
        began = perf_counter()
        reply = self.dossier_reply(question, language, await self._likeness(free_text(question)))
        self._count("web", question, reply, began)
        return reply

    def _count(self, platform: str, question: Question, reply: Reply, began: float) -> None:
        if self.on_answer is not None:
            self.on_answer(platform, reply, perf_counter() - began)
        if reply.verdict is not None and not reply.unanswered:
            if self.on_claim is not None and not reply.reviewed:
                self.on_claim(reply.language, wording(free_text(question)))
        elif self.on_unanswered is not None and reply.unanswered:
            self.on_unanswered(reply.language, wording(free_text(question)))

    async def correction(self, message: Message) -> Reply | None:
        """The reply to a message that somebody forwarded without asking us, whose text is a :class:`Rumour`.

        None unless the chat's admins want that, it repeats a claim that an editor reviewed and found false, and the asker's limit is not reached;
        then the question counts.
        """
        if not self.store.readers.checks_forwards(message.address):
            return None
        await self.live.understand()
        reply = self.dossier_reply(message.question, self._language_of(message))
        if not (reply.reviewed and reply.verdict == "contradicts"):
            return None
        return await self.respond(message) if self._check_limit(message) is RateLimitResult.ANSWER else None

    def dossier_reply(
        self,
        question: Question,
        language: Language,
        likeness: Likeness | None = None,
        chosen: Language | None = None,
    ) -> Reply:
        """The dossier's reply, the same for everybody.

        ``likeness``: what a question in free text means; None: words decide. ``chosen``: the language that the chat chose; None: none.
        """
        key = question, language, chosen
        cached = self._replies.get(self.version, key)
        if cached is not None:
            return cached
        reply = self._with_invitations(answer(self.live.dossier, question, language, self.today(), likeness, chosen))
        if reply.topic is not None and is_cacheable(question):
            self._replies.put(self.version, key, reply)
        return reply

    async def verdict(self, question: Question, language: Language) -> Verdict | None:
        """How a question in free text is understood; None for a question that is about something by its name."""
        text = free_text(question)
        likeness = await self._likeness(text)
        return matcher_for(self.live.dossier).decide(text, language, likeness) if text else None

    @property
    def version(self) -> Hashable:
        """Differs whenever the dossier's reply to some question may differ: the key of every cache of what is made of it."""
        by_meaning = self.embeddings.version if self.embeddings else 0
        return self.live.version, self.today(), len(self._invitations), by_meaning

    def language(self, address: Address, user_language: str | None, *, own_first: bool = False) -> Language:
        """The chat's chosen language, else the asker's own (or the other way round), else the dossier's."""
        if own_first and user_language:
            return self.live.dossier.language(user_language)
        return self.live.dossier.language(self.store.readers.language(address) or user_language)

    def is_answer(self, question: Question) -> bool:
        """Whether the question is about the dossier, and not about the chat's settings or what is stored."""
        own = self._own(question)
        return not isinstance(question, Rate) and (own is None or own.answered_by == "dossier")

    def _own(self, question: Question) -> OwnCommand | None:
        return own_command(self.live.dossier, question.name) if isinstance(question, Command) else None

    def on_connected(self, platform: str, invitations: Callable[[Language], Iterable[Button]]) -> None:
        """A platform has told the bot its account. ``invitations``: buttons that add it, for the topic :data:`ABOUT`."""
        self._invitations[platform] = invitations

    def invitations(self, language: Language) -> tuple[Button, ...]:
        """The buttons that add the bot, of every platform that it has connected to."""
        return tuple(button for buttons in self._invitations.values() for button in buttons(language))

    def editors_chat_on(self, platform: str) -> Address | None:
        """The editors' chat, if it is on the platform."""
        return self.editors_chat.on(platform) if self.editors_chat else None

    @property
    def editors_chat(self) -> EditorsChat | None:
        """The editors' chat; None: nothing asks for one."""
        if self.feed_review is not None:
            return self.feed_review.chat
        return self.desk_command.editors if self.desk_command is not None else None

    def editors_on(self, platform: str) -> tuple[int, ...]:
        """The ids of the people whom the settings name as editors on the platform."""
        return self.editors_chat.deciding_on(platform) if self.editors_chat else ()

    def owners_on(self, platform: str) -> tuple[int, ...]:
        """The ids of the owners on the platform."""
        return tuple(sorted(ids_on(platform, self.status_command.owners if self.status_command else ())))

    def is_outside_editors_chat(self, question: Question, address: Address) -> bool:
        """Whether it is an editors' command outside their chat."""
        own = self._own(question)
        if own is None or own.answered_by != "wire":
            return False
        return self.feed_review is None or not self.feed_review.chat.is_at(address)

    def _check_limit(self, message: Message) -> RateLimitResult:
        """Counts the question against the asker's limit."""
        key = self._limit_key(message)
        return self.user_limiter.admit(key) if key else RateLimitResult.ANSWER

    def _limit_key(self, message: Message) -> str | None:
        """What changes or shows the chat's settings has a limit of its own, so that many questions never silence /unsubscribe."""
        if message.rate_limit_key is None or self.is_answer(message.question) or isinstance(message.question, Rate):
            return message.rate_limit_key
        return f"{message.rate_limit_key}:settings"

    def _apology(self, message: Message, error: Exception) -> Reply:
        incident = log_incident("a question was not answered", error, cause=message.cause)
        return apology(self._language_of(message), incident)

    async def _dispatch(self, message: Message) -> Reply:
        question, own, language = message.question, self._own(message.question), self._language_of(message)
        if own is not None and isinstance(question, Command) and own.answered_by != "dossier":
            if message.is_guest:
                return only_visiting(language)
            is_admins = "admin" in (own.who, own.changes if question.argument else None)
            if is_admins and not await message.is_admin():
                return admins_only(language)
            reply = await self._reply_to_own(own, question, message)
            if reply is not None:
                return reply
        text = free_text(question)
        has_chosen = text and not message.own_language_first and self.store.readers.language(message.address)
        reply = self.dossier_reply(question, language, await self._likeness(text), language if has_chosen else None)
        if text and reply.topic in (None, HELP) and not _is_check(question):
            offer = subscription_offer(text, self.live.dossier, reply.language)
            return only_visiting(reply.language) if offer and message.is_guest else offer or reply
        return reply

    async def _reply_to_own(self, own: OwnCommand, command: Command, message: Message) -> Reply | None:
        """The reply to the bot's own command. None: it is for editors or owners, so to the asker it is a command that nobody knows."""
        language, seconds = self._language_of(message), message.database_seconds
        match own.answered_by:
            case "subscription":
                chat = Chat(
                    message.address,
                    message.kind,
                    message.title,
                    language,
                    message.cause,
                    message.parent_id,
                    message.more_settings,
                )
                return await within(seconds, Subscriptions(self.live, self.store).respond(command, chat))
            case "language":
                return await self._choose_language(message, command.argument)
            case "privacy":
                return await within(seconds, privacy_reply(self.store, message.address, command.argument, language))
            case "tell me":
                if message.kind != "private":
                    return outdated_button(language)
                chat = Chat(message.address, message.kind, message.title, language)
                return await within(seconds, self.awaited.respond(command.argument, chat))
            case "wire":
                is_outside = self.is_outside_editors_chat(command, message.address)
                return None if is_outside else await self._review(message, command.argument)
            case "status":
                return await self._status(message, command.argument)
            case "desk":
                return await self._desk(message, command)
            case "dossier":
                return None
            case _:
                assert_never(own.answered_by)

    async def _status(self, message: Message, argument: str) -> Reply | None:
        if self.status_command is None or message.asker not in self.status_command.owners:
            return None
        is_private = message.kind == "private" or message.is_answer_private
        work = self.status_command.respond(argument, message.asker, self._language_of(message), is_private=is_private)
        return await (within(message.database_seconds, work) if argument else work)

    async def _desk(self, message: Message, command: Command) -> Reply | None:
        if self.desk_command is None or not await self.is_at_desk(message):
            return None
        account = message.asker or ""
        person = Person(account, message.asker_name or account, self._language_of(message))
        is_private = message.kind == "private" or message.is_answer_private
        if command.name == DRAFT:
            work = respond_to_draft(self.desk_command, command.argument, person, message.cause, is_private=is_private)
        elif command.argument and self.feed_review is not None and self.feed_review.chat.is_at(message.address):
            work = self.desk_command.decide(command.argument, person)
        else:
            work = self.desk_command.respond(person, is_private=is_private)
        return await within(message.database_seconds, work)

    async def is_at_desk(self, message: Message, *names: str) -> bool:
        """Whether it is an editor's command for the desk (``names``: one of these). A topic with the same command goes first."""
        own = self._own(message.question)
        is_desk = own is not None and own.answered_by == "desk" and (not names or own.name in names)
        return is_desk and await self._is_editor(message)

    async def _likeness(self, text: str) -> Likeness | None:
        """What a question in free text means by its embedding; None if there is no model, or no text."""
        if not text:
            return None
        await self.live.understand()
        return await self.embeddings.likeness(text, self.live.dossier) if self.embeddings is not None else None

    async def _in_words(self, text: str, language: Language) -> Reply:
        return self.dossier_reply(FreeText(text), language, await self._likeness(text))

    def with_offers(self, message: Message, reply: Reply) -> Reply:
        """A reply that the asker alone sees: an answer in words can be rated, and a question without an answer can be awaited."""
        question, text = message.question, free_text(message.question)
        if not text:
            return reply
        topic = self.live.dossier.topics.get(reply.topic) if reply.topic else None
        if topic is not None and topic.id not in LIST_IDS and not reply.unanswered:
            rating = rating_buttons(topic.id, reply.language, token_hex(4))
            return replace(reply, buttons=(*reply.buttons, *rating))
        if reply.unanswered and reply.verdict is None and not _is_check(question):
            return self.awaited.offered(reply, text)
        return reply

    async def _review(self, message: Message, argument: str) -> Reply:
        """Answers the editors' command. Asks the platform each time whether the asker may decide."""
        language, review = self._language_of(message), self.feed_review
        if review is None or not review.chat.is_at(message.address):
            return only_in_editors_chat(language)
        decided_by = None
        if message.asker in review.chat.deciding or await message.is_admin():
            decided_by = ADMINISTRATOR if await message.is_anonymous() else message.asker_name
        work = review.respond(argument, message.address, language, decided_by)
        return await within(message.database_seconds, work)

    async def _is_editor(self, message: Message) -> bool:
        """Whether the asker is an editor: as the desk says, or as an admin in the editors' chat."""
        if message.asker is None or self.desk_command is None:
            return False
        if await self.desk_command.editors.includes(message.asker):
            return True
        return (
            self.feed_review is not None and self.feed_review.chat.is_at(message.address) and await message.is_admin()
        )

    async def _choose_language(self, message: Message, wanted: str) -> Reply:
        dossier, readers = self.live.dossier, self.store.readers
        chosen_language = language_named(wanted, dossier)
        if chosen_language:
            work = readers.set_language(
                message.address, chosen_language, message.kind, message.cause, message.parent_id
            )
            await within(message.database_seconds, work)
        is_each_their_own = message.kind == "group" and readers.language(message.address) is None
        for_bulletins = None
        if message.own_language_first or message.kind == "channel" or is_each_their_own:
            for_bulletins = await self._language_of_bulletins(message)
        unknown = "" if chosen_language else wanted
        is_channel = message.kind == "channel" and not message.own_language_first
        return language_panel(dossier, self._language_of(message), for_bulletins, unknown, is_channel=is_channel)

    async def _language_of_bulletins(self, message: Message) -> Language:
        """What the chat chose, else what it spoke at first contact; the asker's language for a chat that we do not know."""
        chosen = self.store.readers.language(message.address)
        if chosen is None:
            with suppress(*DATABASE_AWAY):
                reader = await within(message.database_seconds, self.store.readers.get(message.address))
                chosen = reader.detected_language if reader else message.user_language
        return self.live.dossier.language(chosen)

    def _language_of(self, message: Message) -> Language:
        return self.language(message.address, message.user_language, own_first=message.own_language_first)

    def _with_invitations(self, reply: Reply) -> Reply:
        if reply.topic != ABOUT or not self._invitations:
            return reply
        return replace(reply, buttons=(*reply.buttons, *self.invitations(reply.language)))


def _is_check(question: Question) -> bool:
    return isinstance(question, Rumour) or (isinstance(question, Command) and question.name in CHECK_NAMES)


def _resulting_settings(question: Question) -> Command:
    """The question that shows the settings which ``question`` has already changed."""
    is_language = isinstance(question, Command) and question.name == LANGUAGE
    return Command(LANGUAGE if is_language else SETTINGS)


def log_incident(event: str, error: Exception, **fields: object) -> str:
    """Logs the error and returns its id. A database that is away takes one line; any other error has its traceback."""
    incident = token_hex(4)
    if isinstance(error, DATABASE_AWAY):
        reason = str(error)[:200] or type(error).__name__
        log.error(f"{event}: the database does not answer", why=reason, incident=incident, **fields)
    else:
        log.error(event, incident=incident, exc_info=error, **fields)
    return incident
