"""Message → reply: rate limits, commands that change a chat, the dossier's answers, apologies. Independent of platforms."""

import asyncio
from collections.abc import Callable, Hashable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import date
from secrets import token_hex
from time import monotonic, perf_counter, thread_time
from typing import assert_never

import structlog

from bot.commands import CHECK_NAMES, LANGUAGE, OWN, SETTINGS, OwnCommand
from bot.db.applied_updates import AlreadyApplied
from bot.db.engine import DATABASE_AWAY, TURN_SECONDS, TURN_STEPS, Sleep, within
from bot.db.numbers import CountKind, NumberCounter
from bot.db.store import Store
from bot.dossier.models import Language, TopicId
from bot.embeddings import Embeddings
from bot.live_dossier import LiveDossier
from bot.matching.decision import Decision
from bot.matching.meanings import Likeness
from bot.matching.tokenizer import wording
from bot.membership import Membership
from bot.message import Message
from bot.newsroom.reports import REPORT, ReaderReports
from bot.reader import Address
from bot.replies.answer import answer, in_words, matcher_for
from bot.replies.cache import VersionedCache
from bot.replies.claims import with_offers
from bot.replies.fallbacks import rating_buttons, subscription_offer
from bot.replies.language_panel import language_named, language_panel
from bot.replies.listings import as_own, own_command
from bot.replies.notices import admins_only, apology, only_visiting, outdated_button, rate_limit_notice
from bot.replies.question import (
    HELP,
    LIST_IDS,
    AboutTopic,
    CheckText,
    Chosen,
    Command,
    FreeText,
    Question,
    Rate,
    free_text,
    is_cacheable,
    readable,
)
from bot.replies.reply import Button, Reply
from bot.staff import Staff
from bot.subscriptions.awaited import AwaitedAnswers
from bot.subscriptions.privacy import privacy_reply
from bot.subscriptions.service import Chat, SubscriptionCommands
from bot.user_rate_limit import RateLimitResult, UserRateLimiter

log = structlog.get_logger("bot.conversation")

ABOUT = TopicId("about")
"""The topic about the bot itself. Its reply has the buttons that add the bot on each platform."""

MAX_CACHED_REPLIES = 4096

REST_SECONDS, LONGEST_REST_SECONDS = 0.01, 0.25
"""The least and the longest time that others have the loop between two questions of the page."""

LATE_SECONDS, BUSY = 0.001, 0.4
"""The loop is busy if it wakes somebody so late, or takes so much of a processor's time. Where several programs share a processor only the
first shows."""

OnAnswer = Callable[[str, Reply, float], None]
"""Called after each answer with the platform, the reply and the seconds it took."""

OnUnanswered = Callable[[str, str, str | None], None]
"""Called with the language and the words of a question without a certain answer, or of a claim that no editor reviewed, and with the asker's account.
None: nothing tells the asker from others."""


def _user_rate_limiter() -> UserRateLimiter:
    return UserRateLimiter(monotonic)


@dataclass(slots=True)
class Conversation:
    """Answers messages from the dossier in force.

    Attributes:
        today: returns the day for which answers hold.
        staff: answers editors and owners.
        numbers: counts by day; None: nothing is counted.
        embeddings: compares questions by their meaning; None: words alone decide.
        user_limiter: limits the questions of one person.
        sleep: waits between attempts while the database does not answer.
        awaited: sends askers the answers that their questions get later.
        membership: handles joins, removals and moves of chats.
        reports: passes on the mistakes that readers report.
    """

    live: LiveDossier
    store: Store
    today: Callable[[], date]
    on_answer: OnAnswer | None = None
    staff: Staff = field(default_factory=Staff)
    on_unanswered: OnUnanswered | None = None
    on_claim: OnUnanswered | None = None
    numbers: NumberCounter | None = None
    embeddings: Embeddings | None = None
    user_limiter: UserRateLimiter = field(default_factory=_user_rate_limiter)
    sleep: Sleep = asyncio.sleep
    awaited: AwaitedAnswers = field(init=False)
    membership: Membership = field(init=False)
    reports: ReaderReports = field(init=False)
    _replies: VersionedCache[Reply] = field(default_factory=lambda: VersionedCache(MAX_CACHED_REPLIES))
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    _public_turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    _last_public: float = float("-inf")
    _invitations: dict[str, Callable[[Language], Iterable[Button]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.membership = Membership(self.live, self.store, self.staff.editors_chat, self.sleep)
        address = self.staff.desk.desk.address if self.staff.desk is not None else None
        self.reports = ReaderReports(self.store, self.live, self.staff.editors_chat, address)
        self.awaited = AwaitedAnswers(self.live, self.store, self._once_more, self.today)

    async def reply(self, message: Message, refusal: Reply | None = None) -> Reply | None:
        """The reply to a message: the answer, a notice about the rate limit, or an apology for an error.

        None if nothing is sent: the notice was sent before, or the message is an editors' command in another group. An interaction always gets
        a reply. Changes are made once, even if the platform delivers the same update again.

        ``refusal``: the platform's own reply, which replaces the answer. The question counts for the limit nevertheless.
        """
        message = replace(message, question=as_own(self.live.dossier, readable(message.question)))
        chat, account, question = message.chat, message.asker.account, message.question
        own = own_command(self.live.dossier, question.name) if isinstance(question, Command) else None
        if own is not None and own.answered_by == "wire" and not await self._is_in_review_chat(message):
            if message.is_interaction:
                return outdated_button(chat.language)
            if chat.kind != "private":  # in a private chat it is an unknown command
                return None
        # Commands about the chat's settings have a limit of their own, so that many questions never block /unsubscribe.
        is_answer = own is None or own.answered_by == "dossier"
        limit = self.user_limiter.admit(account if is_answer else f"{account}:settings") if account else None
        if limit in (RateLimitResult.NOTICE, RateLimitResult.SILENCE):
            is_told = limit is RateLimitResult.NOTICE or message.is_interaction
            return rate_limit_notice(chat.language) if is_told else None
        if refusal is not None:
            return refusal
        began = perf_counter()
        try:
            try:
                reply = await self._reply(message, own)
            except AlreadyApplied:  # perhaps by a call that timed out before it read its own change
                await self.store.database.in_turn(self.store.readers.refresh([chat.address]))
                shown = LANGUAGE if own is not None and own.name == LANGUAGE else SETTINGS
                reply = await self._reply(replace(message, question=Command(shown)), OWN[shown])
        except Exception as error:
            incident = log_incident("a question was not answered", error, cause=chat.cause)
            return apology(chat.language, incident)
        self._count(chat.address.platform, question, reply, began, account)
        is_seen_by_asker_alone = chat.kind == "private" or message.is_private
        return self._with_feedback_buttons(reply, question) if is_seen_by_asker_alone else reply

    async def _is_in_review_chat(self, message: Message) -> bool:
        """Whether news is decided on there. If the database does not say: yes, and the command gets an apology."""
        try:
            return await within(TURN_SECONDS, self.staff.is_in_review_chat(message.chat), TURN_STEPS)
        except DATABASE_AWAY:
            return True

    async def public_reply(self, question: Question, language: Language, client: str | None = None) -> Reply:
        """The dossier's reply to a question on the web page, outside any chat. It is counted like other answers. ``client``: the asker's address."""
        began, question = perf_counter(), as_own(self.live.dossier, question)
        async with self._public_turn:
            await self._others_first()
            self._last_public = perf_counter()
        reply = self.dossier_reply(question, language, await self._likeness(free_text(question)))
        self._count("web", question, reply, began, client)
        return reply

    async def _others_first(self) -> None:
        """Waits until the loop has had time for others since the last question of the page.

        A question takes milliseconds of the loop, and assistants may ask hundreds at once. The next one is answered after
        :data:`REST_SECONDS`; while deliveries and answers in chats keep the loop busy, after :data:`LONGEST_REST_SECONDS`.
        """
        while perf_counter() < self._last_public + LONGEST_REST_SECONDS:
            began, used = perf_counter(), thread_time()
            await asyncio.sleep(REST_SECONDS)
            passed = perf_counter() - began
            if passed < REST_SECONDS + LATE_SECONDS and thread_time() - used < BUSY * passed:
                return

    async def correction(self, message: Message) -> Reply | None:
        """The unasked reply to a forwarded message, whose question is a :class:`CheckText`.

        None unless the chat's admins switched that on, the message repeats a reviewed claim with a verdict against it, and the sender's limit is
        not reached. Only a reply counts for the limit.
        """
        if not self.store.readers.checks_forwards(message.chat.address):
            return None
        began, account = perf_counter(), message.asker.account
        await self.live.build_index()
        reply = self.dossier_reply(message.question, message.chat.language)
        is_false = reply.reviewed and reply.verdict == "contradicts"
        if not is_false or (account is not None and not self.user_limiter.try_take(account)):
            return None
        self._count(message.chat.address.platform, message.question, reply, began, account)
        return reply

    def dossier_reply(
        self,
        question: Question,
        language: Language,
        likeness: Likeness | None = None,
        chosen: Language | None = None,
    ) -> Reply:
        """The dossier's reply, which is the same in every chat.

        ``likeness``: the likeness of a question in free text to the topics; None: words decide. ``chosen``: the language that the chat chose;
        None: it chose none.
        """
        version = self.version  # before the dossier: an embargo may end between the two
        dossier, today = self.live.dossier, self.today()
        topic_or_reply = (
            in_words(dossier, question.text, language, today, likeness, chosen)
            if isinstance(question, FreeText)
            else None
        )
        if isinstance(topic_or_reply, Reply):
            return replace(topic_or_reply, colour=dossier.header.colour)
        if topic_or_reply is not None:  # a question about a topic gets the same reply as the topic's button
            question, language = AboutTopic(topic_or_reply[0]), topic_or_reply[1]
        kept = self._replies.get(version, (question, language)) if is_cacheable(question) else None
        if kept is not None:
            return kept
        reply = answer(dossier, question, language, today, likeness, chosen)
        if reply.topic == ABOUT and self._invitations:
            reply = replace(reply, buttons=(*reply.buttons, *self.invitations(reply.language)))
        if reply.topic is not None and is_cacheable(question):
            self._replies.put(version, (question, language), reply)
        return reply

    async def decision(self, question: Question, language: Language) -> Decision | None:
        """The matcher's decision on a question in free text; None for other questions."""
        text = free_text(question)
        likeness = await self._likeness(text)
        return matcher_for(self.live.dossier).decide(text, language, likeness) if text else None

    @property
    def version(self) -> Hashable:
        """Changes whenever a reply of the dossier may change. Caches of replies and pages use it as their version."""
        by_meaning = self.embeddings.version if self.embeddings else 0
        return self.live.version, self.today(), len(self._invitations), by_meaning

    def language(self, address: Address, user_language: str | None, *, own_first: bool = False) -> Language:
        """The chat's chosen language, then the asker's, then the dossier's default. ``own_first``: the asker's comes first."""
        if own_first and user_language:
            return self.live.dossier.language(user_language)
        return self.live.dossier.language(self.store.readers.language(address) or user_language)

    def on_connected(self, platform: str, invitations: Callable[[Language], Iterable[Button]]) -> None:
        """Called when a platform has connected. ``invitations``: makes the buttons that add the bot there, for the topic :data:`ABOUT`."""
        self._invitations[platform] = invitations

    def invitations(self, language: Language) -> tuple[Button, ...]:
        """The buttons that add the bot, of all connected platforms."""
        return tuple(button for buttons in self._invitations.values() for button in buttons(language))

    async def _reply(self, message: Message, own: OwnCommand | None) -> Reply:
        """Makes the changes that the message asks for and returns the reply. ``own``: the bot's own command, if the message is one."""
        chat, question, language = message.chat, message.question, message.chat.language
        if own is not None and own.answered_by != "dossier" and isinstance(question, Command):
            goes_to_private_chat = own.answered_by in ("tell me", "report") and message.asker.open_private_chat
            if chat.is_guest and not goes_to_private_chat:
                return only_visiting(language)
            needs_admin = "admin" in (own.who, own.changes if question.argument else None)
            if needs_admin and not (await message.asker.rights()).is_admin:
                return admins_only(language)
            reply = await self._reply_to_command(own, question, message)
            if reply is not None:
                return reply
        text = free_text(question)
        likeness = await self._likeness(text) if text else None
        has_chosen = text and self.store.readers.language(chat.address) and not message.is_in_askers_language
        reply = self.dossier_reply(question, language, likeness, language if has_chosen else None)
        if isinstance(question, Rate):
            rated = self.store.ratings.add(
                question.topic, reply.language, helped=question.helped, answer=question.answer
            )
            if await self.store.database.in_turn(rated) and self.numbers is not None:
                kind: CountKind = "helped" if question.helped else "failed"
                self.numbers.note(kind, chat.address.platform, reply.language, question.topic)
        is_unknown = own is None and isinstance(question, Command)
        said = f"{question.name} {question.argument}" if is_unknown and isinstance(question, Command) else text
        if said and reply.topic in (None, HELP) and not _is_check(question):
            offer = subscription_offer(said, self.live.dossier, reply.language)
            return only_visiting(reply.language) if offer and chat.is_guest else offer or reply
        return reply

    async def _reply_to_command(self, own: OwnCommand, command: Command, message: Message) -> Reply | None:
        """None if the command is for editors or owners and the asker is neither: to others it is an unknown command."""
        chat, in_turn = message.chat, self.store.database.in_turn
        match own.answered_by:
            case "subscription":
                return await in_turn(SubscriptionCommands(self.live, self.store).respond(command, chat))
            case "language":
                return await self._choose_language(message, command.argument)
            case "privacy":
                return await in_turn(privacy_reply(self.store, chat.address, command.argument, chat.language))
            case "tell me":
                private = await self._private_chat(message)
                if isinstance(private, Reply):
                    return private
                if command.argument.startswith(REPORT):
                    return await in_turn(self._report(command.argument, private, is_here=private is chat))
                return await in_turn(self.awaited.respond(command.argument, private))
            case "report":
                return self.reports.offered(command.argument, chat.language)
            case "wire" | "status" | "desk":
                return await self.staff.reply(own, command.argument, message)
            case "dossier":
                return None
            case _:
                assert_never(own.answered_by)

    async def _report(self, argument: str, chat: Chat, *, is_here: bool) -> Reply:
        reader = await self.store.readers.meet(chat.address, chat.kind, chat.title, chat.language)
        return await self.reports.respond(argument, reader.id, chat.language, is_here=is_here)

    async def _private_chat(self, message: Message) -> Chat | Reply:
        """The asker's private chat, or the reason why it cannot be opened."""
        if message.chat.kind == "private":
            return message.chat
        open_private_chat = message.asker.open_private_chat
        return await open_private_chat() if open_private_chat else outdated_button(message.chat.language)

    async def _choose_language(self, message: Message, wanted: str) -> Reply:
        dossier, readers, chat = self.live.dossier, self.store.readers, message.chat
        named = language_named(wanted, dossier)
        if named:
            work = readers.set_language(chat.address, named, chat.kind, chat.cause, chat.parent_id)
            await self.store.database.in_turn(work)
        chosen = readers.language(chat.address)
        language = dossier.language(chosen) if chosen and not message.is_in_askers_language else chat.language
        is_channel = chat.kind == "channel" and not message.is_in_askers_language
        for_bulletins = None
        if message.is_in_askers_language or chat.kind == "channel" or (chat.kind == "group" and chosen is None):
            for_bulletins = dossier.language(chosen) if chosen else await self._first_language(message)
        return language_panel(dossier, language, for_bulletins, "" if named else wanted, is_channel=is_channel)

    async def _first_language(self, message: Message) -> Language:
        """The chat's language at first contact; for an unknown chat, the language of the reply."""
        with suppress(*DATABASE_AWAY):
            reader = await self.store.database.in_turn(self.store.readers.get(message.chat.address))
            if reader is not None:
                return self.live.dossier.language(reader.detected_language)
        return message.chat.language

    async def _likeness(self, text: str) -> Likeness | None:
        """The likeness of a question in free text to the topics; None without a model or without text."""
        if not text:
            return None
        await self.live.build_index()
        likeness = await self.embeddings.likeness(text, self.live.dossier) if self.embeddings is not None else None
        async with self._turn:  # such a question takes milliseconds of the event loop: one in each round of it
            await asyncio.sleep(0)
        return likeness

    async def _once_more(self, question: FreeText | CheckText, language: Language) -> Reply:
        return self.dossier_reply(question, language, await self._likeness(question.text))

    def _count(self, platform: str, question: Question, reply: Reply, began: float, asker: str | None) -> None:
        if self.on_answer is not None:
            self.on_answer(platform, reply, perf_counter() - began)
        if self.numbers is not None:
            self.numbers.answered(platform, reply)
        if reply.verdict is not None and not reply.unanswered:
            if self.on_claim is not None and not reply.reviewed:
                self.on_claim(reply.language, wording(free_text(question)), asker)
        elif self.on_unanswered is not None and reply.unanswered:
            self.on_unanswered(reply.language, wording(free_text(question)), asker)

    def _with_feedback_buttons(self, reply: Reply, question: Question) -> Reply:
        """The reply with buttons for its only reader: to rate an answer, or to be told when there is one, or a verdict on a claim."""
        text, reply = free_text(question), with_offers(reply)
        if not text:
            return reply
        topic = self.live.dossier.topics.get(reply.topic) if reply.topic else None
        if topic is not None and topic.id not in LIST_IDS and not reply.unanswered:
            rating = rating_buttons(topic.id, reply.language, token_hex(4))
            reply = replace(reply, buttons=(*reply.buttons, *rating))
        if reply.awaits_verdict or (reply.unanswered and reply.verdict is None and not _is_check(question)):
            return self.awaited.offered(reply, text)
        return reply


def _is_check(question: Question) -> bool:
    return isinstance(question, CheckText | Chosen) or (isinstance(question, Command) and question.name in CHECK_NAMES)


def log_incident(event: str, error: Exception, **fields: object) -> str:
    """Logs the error and returns its id. An unreachable database takes one line; any other error has its traceback."""
    incident = token_hex(4)
    if isinstance(error, DATABASE_AWAY):
        reason = str(error)[:200] or type(error).__name__
        log.error(f"{event}: the database does not answer", why=reason, incident=incident, **fields)
    else:
        log.error(event, incident=incident, exc_info=error, **fields)
    return incident
