"""Message → reply: rate limits, commands that change a chat, the dossier's answers, apologies. Independent of platforms."""

import asyncio
from collections.abc import Callable, Coroutine, Hashable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import lru_cache, partial
from hashlib import sha256
from http import HTTPStatus
from math import ceil
from secrets import token_hex
from time import monotonic, perf_counter, thread_time
from typing import Any

import structlog

from bot.commands import (
    ASK,
    CANCEL,
    CHECK,
    CHECK_NAMES,
    DESK,
    DRAFT,
    LANGUAGE,
    MISTAKE,
    NONE_OF_THESE,
    PRIVACY,
    PROGRAM,
    SETTINGS,
    START,
    STATUS,
    SUBSCRIBE,
    TELL_ME,
    UNSUBSCRIBE,
    WHY,
    WIRE,
    WORDLESS,
    OwnCommand,
)
from bot.db.applied_updates import AlreadyApplied, is_within_an_hour
from bot.db.engine import DATABASE_AWAY, TURN_SECONDS, TURN_STEPS, Sleep, within
from bot.db.numbers import NumberCounter
from bot.db.store import Store
from bot.dossier.models import Language, TopicId
from bot.embeddings import Embeddings
from bot.live_dossier import LiveDossier
from bot.matching.decision import Decision
from bot.matching.meanings import Likeness
from bot.matching.tokenizer import wording
from bot.membership import Membership
from bot.message import Message, Refused
from bot.newsroom.reports import REPORT, ReaderReports
from bot.reader import LINES_AN_HOUR, Address, ChatKind
from bot.replies.answer import Asked, InLanguage, answer, matcher_for
from bot.replies.cache import VersionedCache
from bot.replies.claims import with_offers
from bot.replies.fallbacks import none_of_these, rating_buttons, subscription_offer
from bot.replies.i18n import phrases_in
from bot.replies.listings import is_about_dossier, own_command
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
    Whole,
    free_text,
    is_cacheable,
    public_question,
    readable,
    token,
)
from bot.replies.reply import Button, Reply
from bot.replies.topics import short_form
from bot.staff import Staff
from bot.subscriptions.awaited import AwaitedAnswers
from bot.subscriptions.chat_language import ChatLanguage
from bot.subscriptions.privacy import privacy_reply
from bot.subscriptions.service import SubscriptionCommands, greeting
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


OnChoice = Callable[[str, str, str | None, str], None]
"""Called like :data:`OnUnanswered` when a reader has chosen one of what was offered for the question, with :func:`choice_of`."""

Work = Coroutine[Any, Any, Reply | None]
"""What uses the database. It raises AlreadyApplied if the change was made before."""

PUBLIC_AT_ONCE, PUBLIC_PER_SECOND = 15, 0.5
"""The limit of questions from one address on the page, by programs and by assistants together."""

PUBLIC_RETRY_SECONDS = ceil(1 / PUBLIC_PER_SECOND)
"""After this long another question is admitted."""

TOO_MANY = f"Too many questions from this address. Wait {PUBLIC_RETRY_SECONDS} seconds before the next one."


class NotAnswered(Exception):
    """A question from outside of chats gets no answer. ``detail``: tells a program why; ``notice``: tells a person, None where there is nothing to tell."""

    def __init__(self, status: HTTPStatus, detail: str, notice: Callable[[Language], Reply] | None = None) -> None:
        super().__init__(detail)
        self.status, self.detail, self.notice = status, detail, notice

    @property
    def retry_seconds(self) -> int | None:
        return PUBLIC_RETRY_SECONDS if self.status is HTTPStatus.TOO_MANY_REQUESTS else None


@lru_cache(maxsize=512)
def _interned(reply: Reply) -> Reply:
    """The first reply that is equal: after a reload each platform finds what it has rendered by identity, and compares no fifty parts."""
    return reply


_public_limiter = partial(UserRateLimiter, monotonic, PUBLIC_AT_ONCE, PUBLIC_PER_SECOND)


@dataclass(slots=True)
class Conversation:
    """Answers messages from the dossier in force.

    Attributes:
        today: returns the day for which answers hold.
        staff: answers editors and owners.
        numbers: counts by day; None: nothing is counted.
        embeddings: compares questions by their meaning; None: words alone decide.
        user_limiter: limits the questions of one person in chats.
        public_limiter: limits those from one address outside of chats.
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
    on_choice: OnChoice | None = None
    numbers: NumberCounter | None = None
    embeddings: Embeddings | None = None
    user_limiter: UserRateLimiter = field(default_factory=partial(UserRateLimiter, monotonic))
    public_limiter: UserRateLimiter = field(default_factory=_public_limiter)
    sleep: Sleep = asyncio.sleep
    awaited: AwaitedAnswers = field(init=False)
    chat_language: ChatLanguage = field(init=False)
    membership: Membership = field(init=False)
    reports: ReaderReports = field(init=False)
    _replies: VersionedCache[Reply] = field(default_factory=lambda: VersionedCache(MAX_CACHED_REPLIES))
    _kept: VersionedCache[Reply] = field(default_factory=lambda: VersionedCache(MAX_CACHED_REPLIES))
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    _public_turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    _last_public: float = float("-inf")
    _invitations: dict[str, Callable[[Language], Iterable[Button]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.membership = Membership(self.live, self.store, self.staff.editors_chat, self.sleep)
        address = self.staff.desk.desk.address if self.staff.desk is not None else None
        self.reports = ReaderReports(self.store, self.live, self.staff.editors_chat, address)
        self.chat_language = ChatLanguage(self.live, self.store)
        self.awaited = AwaitedAnswers(self.live, self.store, self._once_more, self.today)

    def kept_reply(self, platform: str, account: str, question: Question, language: Language) -> Reply | None:
        """What :meth:`reply` said to this question in this language and would say again, whoever asks and wherever; None: ask it.

        So no :class:`Message` has to be made first, which takes longer. It counts alike.
        """
        began = perf_counter()
        reply = self._kept.get(self.version, (question, language))
        if reply is None or not self.user_limiter.try_take(account):
            return None
        self._count(platform, question, reply, began, account)
        return reply

    async def reply(self, message: Message, refusal: Reply | None = None) -> Reply | None:
        """The reply to a message: the answer, the reason why there is none, or an apology for an error.

        None if nothing is sent: the notice about the rate limit was sent before, or the message is an editors' command in another group. An
        interaction always gets a reply. Changes are made once, even if the platform delivers the same update again.

        ``refusal``: the platform's own reply, which replaces the answer. The question counts for the limit nevertheless.
        """
        if isinstance(message.question, Whole):
            chat = replace(message.chat, language=message.question.language)
            message = replace(message, chat=chat, question=message.question.question)
        began, chat, asked = perf_counter(), message.chat, message.question
        question, own = self._read(asked)
        if question is not message.question:
            message = replace(message, question=question)
        try:
            self._admit(own, message)
            self.note_choice(message.asked, question, message.asker.account)
            if own is not None and own.name == WIRE:
                await within(TURN_SECONDS, self.staff.refuse_elsewhere(message), TURN_STEPS)
            if refusal is not None:
                return refusal
            reply = await self._act(own, message) if own is not None and own.about != "dossier" else None
            reply = reply or await self._answer(message, is_known=own is not None)
        except Refused as refused:
            return refused.notice(chat.language) if refused.notice else None
        except Exception as error:
            return apology(chat.language, log_incident("a question was not answered", error, cause=chat.cause))
        self._count(chat.address.platform, question, reply, began, message.asker.account)
        is_dossiers = is_cacheable(asked) and (own is None or own.about == "dossier")
        if is_dossiers and reply is self._replies.get(self.version, (question, chat.language)):
            self._kept.put(self.version, (asked, chat.language), reply)  # nothing of the chat or the asker is in it
        is_seen_by_asker_alone = chat.kind == "private" or message.is_private
        return self._with_feedback_buttons(reply, question) if is_seen_by_asker_alone else reply

    def _read(self, question: Question) -> tuple[Question, OwnCommand | None]:
        """The question as a reader sees it, and the bot's own command, if it is one."""
        question = readable(question)
        own = own_command(self.live.dossier, question.name) if isinstance(question, Command) else None
        if own is not None and isinstance(question, Command) and own.name != question.name:
            question = Command(own.name, question.argument)
        return question, own

    def _admit(self, own: OwnCommand | None, message: Message) -> None:
        """Counts the question for its sender's limit; raises :class:`Refused` beyond it.

        What is not about the dossier has a limit of its own, so that many questions never block /unsubscribe.
        """
        account = message.asker.account
        if account is None:
            return
        result = self.user_limiter.admit(account if own is None or own.about == "dossier" else f"{account}:settings")
        if result is not RateLimitResult.ANSWER:
            is_told = result is RateLimitResult.NOTICE or message.is_interaction
            raise Refused(rate_limit_notice if is_told else None)

    async def _act(self, own: OwnCommand, message: Message) -> Reply | None:
        """Does what the command asks for; None if to this asker it is an unknown command."""
        command, asker = message.question, message.asker
        assert isinstance(command, Command)  # noqa: S101  which own_command has seen
        if message.chat.is_guest and not (own.about == "asker" and asker.open_private_chat):
            raise Refused(only_visiting)
        if "admin" in (own.who, own.changes if command.argument else None) and not (await asker.rights()).is_admin:
            raise Refused(admins_only)
        if own.name == TELL_ME and message.chat.kind != "private":
            if asker.open_private_chat is None:
                raise Refused(outdated_button)
            message = replace(message, chat=await asker.open_private_chat(), is_elsewhere=True)
        handler = HANDLERS[own.name]
        work = handler(self, command, message) if handler is not None else None
        if work is None or isinstance(work, Reply):
            return work
        if own.is_for_readers:
            return await self.store.database.in_turn(self._once(own, work, message))
        return await within(TURN_SECONDS, work, TURN_STEPS)  # behind no crowd of readers

    async def _once(self, own: OwnCommand, work: Work, message: Message) -> Reply | None:
        """The reply of the work; the present panel if the change was made before, perhaps by a call that timed out before it read that."""
        try:
            return await work
        except AlreadyApplied:
            await self.store.readers.refresh([message.chat.address])
            if own.name == LANGUAGE:
                return await self.chat_language.panel(message)
            return await SubscriptionCommands(self.live, self.store).respond(Command(SETTINGS), message.chat)

    async def public_reply(
        self,
        text: str,
        language: Language,
        client: str | None = None,
        *,
        is_claim: bool = False,
        is_named: bool = False,
    ) -> Reply:
        """The dossier's reply to words from outside of chats: the page, programs, assistants. It is counted like other answers.

        Args:
            text: may have any length and any characters.
            language: of a reply whose words decide on none.
            client: the address whose limit the question counts for; None: an assistant's, counted already.
            is_claim: whether the words are a claim to be checked.
            is_named: whether the asker named the language, so that the reply is in it.

        Raises:
            NotAnswered: there are no words, or too many questions, or an error, which is logged.
        """
        began, question = perf_counter(), public_question(text, is_claim=is_claim)
        if question is None:
            raise NotAnswered(HTTPStatus.BAD_REQUEST, f"expected a {'claim' if is_claim else 'question'}")
        if client is not None and not self.public_limiter.try_take(client):
            raise NotAnswered(HTTPStatus.TOO_MANY_REQUESTS, TOO_MANY, rate_limit_notice)
        try:
            question, own = self._read(question)
            async with self._public_turn:
                await self._others_first()
                self._last_public = perf_counter()
            in_language: InLanguage = "named" if is_named else "words"
            reply = self.dossier_reply(question, language, await self._likeness(free_text(question)), in_language)
            if own is not None and own.about != "dossier":  # it needs a chat
                reply = replace(reply, buttons=(*reply.buttons, *self.invitations(reply.language)))
            self._count("web", question, reply, began, client)
        except Exception as error:
            incident = log_incident("a question from outside of chats was not answered", error)
            detail, notice = f"Not answered. Incident: {incident}", partial(apology, incident=incident)
            raise NotAnswered(HTTPStatus.INTERNAL_SERVER_ERROR, detail, notice) from error
        return reply

    def note_choice(self, asked: str, question: Question, asker: str | None) -> None:
        """Counts what a reader chose below the reply to a question without an answer; nothing if ``asked`` is ""."""
        choice = choice_of(question) if asked else ""
        if choice and self.on_choice is not None:
            self.on_choice("", wording(asked), asker, choice)

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
        """The unasked reply to a message in a group, whose question is a :class:`CheckText`.

        None unless the chat's admins switched that on, a declared sentence or a review contradicts the whole message, and neither the limit that they
        chose nor the sender's is reached. Only a reply counts for the limits.
        """
        address, claim, account = message.chat.address, message.question, message.asker.account
        chosen, began = self.store.readers.of_group(address), perf_counter()
        if not chosen.checks_forwards or not isinstance(claim, CheckText):
            return None
        await self.live.build_index()
        async with self._turn:
            await asyncio.sleep(0)
        check = Asked(self.live.dossier, message.chat.language, self.today()).check(claim.text)
        if not check.is_false_unasked or (account is not None and not self.user_limiter.try_take(account)):
            return None
        group = sha256(f"{address.platform}:{address.chat_id}".encode()).hexdigest()[:16]
        if not await is_within_an_hour(self.store.database, group, chosen.lines_an_hour or LINES_AN_HOUR):
            return None
        reply = self.dossier_reply(claim, message.chat.language)
        # the database was asked meanwhile: the content and the setting may be others
        if reply.verdict != "contradicts" or not self.store.readers.of_group(address).checks_forwards:
            return None
        self._count(message.chat.address.platform, message.question, reply, began, account)
        return reply

    def dossier_reply(
        self,
        question: Question,
        language: Language,
        likeness: Likeness | None = None,
        in_language: InLanguage = "words",
    ) -> Reply:
        """The dossier's reply, which is the same in every chat.

        ``likeness``: the likeness of a question in free text to the topics; None: words decide. ``in_language``: what decides on the language of
        the reply to free text.
        """
        version = self.version  # before the dossier: an embargo may end between the two
        dossier, today = self.live.dossier, self.today()
        topic_or_reply = None
        if isinstance(question, FreeText):
            topic_or_reply = Asked(dossier, language, today, likeness, in_language).in_words(question.text)
        if isinstance(topic_or_reply, Reply):
            return replace(topic_or_reply, colour=dossier.header.colour)
        if topic_or_reply is not None:  # a question about a topic gets the same reply as the topic's button
            question, language = AboutTopic(topic_or_reply[0]), topic_or_reply[1]
        kept = self._replies.get(version, (question, language)) if is_cacheable(question) else None
        if kept is not None:
            return kept
        reply = answer(dossier, question, language, today, likeness, in_language)
        if reply.topic == ABOUT and self._invitations:
            reply = replace(reply, buttons=(*reply.buttons, *self.invitations(reply.language)))
        if reply.topic is not None and is_cacheable(question):
            reply = self._replies.put(version, (question, language), _interned(reply))
        return reply

    def shown_to_all(self, reply: Reply, question: Question | None, address: Address, kind: ChatKind) -> Reply:
        """The reply as everybody in a chat sees it: an answer in its short form, unless the admins of the group want it whole."""
        if kind != "group" or isinstance(question, Whole) or self.store.readers.of_group(address).whole_answers:
            return reply
        if isinstance(question, Command) and question.name == START and reply.more is None:
            return greeting(self.live.dossier, reply.language)
        is_answer = reply.short is not None or question is None or is_about_dossier(self.live.dossier, question)
        return short_form(reply) if is_answer else reply

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
            return self.live.complete.language(user_language)
        return self.live.complete.language(self.store.readers.language(address) or user_language)

    def on_connected(self, platform: str, invitations: Callable[[Language], Iterable[Button]]) -> None:
        """Called when a platform has connected. ``invitations``: makes the buttons that add the bot there, for the topic :data:`ABOUT`."""
        self._invitations[platform] = invitations

    def invitations(self, language: Language) -> tuple[Button, ...]:
        """The buttons that add the bot, of all connected platforms."""
        return tuple(button for buttons in self._invitations.values() for button in buttons(language))

    async def _answer(self, message: Message, *, is_known: bool) -> Reply:
        """The dossier's reply. ``is_known``: whether the question is a command of the bot's own."""
        chat, question, text = message.chat, message.question, free_text(message.question)
        likeness = await self._likeness(text) if text else None
        has_chosen = text and self.store.readers.language(chat.address) and not message.is_in_askers_language
        reply = self.dossier_reply(question, chat.language, likeness, "chosen" if has_chosen else "words")
        if isinstance(question, Rate):
            to = question.topic, chat.address.platform, reply.language
            rating = self.store.numbers.rate(*to, helped=question.helped, answer=question.answer)
            await self.store.database.in_turn(rating)
        said = text if is_known or not isinstance(question, Command) else f"{question.name} {question.argument}"
        if said and reply.topic in (None, HELP) and not _is_check(question):
            offer = subscription_offer(said, self.live.dossier, reply.language)
            return only_visiting(reply.language) if offer and chat.is_guest else offer or reply
        return reply

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
        text = free_text(question)
        if reply.offers:
            reply = with_offers(reply)
        if not text:
            return reply
        topic = self.live.dossier.topics.get(reply.topic) if reply.topic else None
        if topic is not None and topic.id not in LIST_IDS and not reply.unanswered:
            rating = rating_buttons(topic.id, reply.language, token_hex(4))
            reply = replace(reply, buttons=(*reply.buttons, *rating))
        is_open = reply.awaits_verdict if reply.verdict else reply.unanswered and not _is_check(question)
        if is_open:
            kind = "check" if reply.awaits_verdict else "ask"
            if reply.offers or reply.suggestions:
                none = Button(phrases_in(reply.language).say("None of these"), Command(NONE_OF_THESE, kind))
                reply = replace(reply, buttons=(*reply.buttons, none))
            return self.awaited.offered(reply, text, is_claim=kind == "check")
        return reply


Handler = Callable[[Conversation, Command, Message], Reply | Work]
"""Answers a command at once, or does work on the database."""


def _settings(talk: Conversation, command: Command, message: Message) -> Work:
    return SubscriptionCommands(talk.live, talk.store).respond(command, message.chat)


def _privacy(talk: Conversation, command: Command, message: Message) -> Work:
    return privacy_reply(talk.store, message.chat.address, command.argument, message.chat.language)


def _tell_me(talk: Conversation, command: Command, message: Message) -> Work:
    if command.argument.startswith(REPORT):
        return talk.reports.respond(command.argument, message.chat, is_here=not message.is_elsewhere)
    return talk.awaited.respond(command.argument, message.chat)


def _none_of_these(talk: Conversation, command: Command, message: Message) -> Reply:
    reply, is_claim = none_of_these(talk.live.dossier, message.chat.language), command.argument == "check"
    return talk.awaited.offered(reply, message.asked, is_claim=is_claim) if message.asked else reply


HANDLERS: Mapping[str, Handler | None] = {
    **dict.fromkeys((ASK, CHECK, PROGRAM, START, CANCEL, WORDLESS)),
    **dict.fromkeys((SUBSCRIBE, UNSUBSCRIBE, SETTINGS, WHY), _settings),
    LANGUAGE: lambda talk, command, message: talk.chat_language.respond(command.argument, message),
    PRIVACY: _privacy,
    MISTAKE: lambda talk, command, message: talk.reports.offered(command.argument, message.chat.language),
    TELL_ME: _tell_me,
    NONE_OF_THESE: _none_of_these,
    **dict.fromkeys((WIRE, DESK, DRAFT, STATUS), lambda talk, command, message: talk.staff.reply(command, message)),
}
"""Command → the function that answers it; None: the dossier does (:mod:`bot.replies.answer`), everywhere."""


def choice_of(question: Question) -> str:
    """A topic, a declared sentence or "none of these" in at most 64 bytes, without the reader's values; "" for what is no choice."""
    match question:
        case AboutTopic(topic) if topic != HELP:
            return token(AboutTopic(topic))
        case Chosen(sentence):
            return token(Chosen(sentence))
        case Command(name) if name == NONE_OF_THESE:
            return token(Command(name))
        case _:
            return ""


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
