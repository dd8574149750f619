"""Updates in, method calls out. Sends nothing itself: see ``webhook`` and ``polling``."""

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from time import perf_counter
from typing import Any

import structlog
from telegram.error import BadRequest, Forbidden

from bot.conversation import Conversation, out_of_order, outdated, too_fast
from bot.conversation import Message as Asked
from bot.db.engine import LOST
from bot.dossier.models import Dossier, Language, Topic, TopicId
from bot.logs import incident_of
from bot.platforms.telegram.api import Client
from bot.platforms.telegram.limits import TOAST_UNITS
from bot.platforms.telegram.render import ANEW, Call, InPrivate, Rendering, destination, toast
from bot.platforms.telegram.types import (
    PLATFORM,
    Asker,
    InlineQuery,
    Kind,
    Me,
    Membership,
    Message,
    Press,
    Update,
    kind_of,
    of_inline_query,
    of_membership,
    of_message,
    of_press,
)
from bot.reader import Address
from bot.replies.answer import topic_of_command
from bot.replies.composer import Composer
from bot.replies.question import HELP, AboutTopic, Command, Question, Words, from_token, read, token
from bot.replies.reply import Reply
from bot.user_rate_limit import Admission, Throttle

MOST_CHARACTERS = 4096
"""Of a question, what is read: no message is longer (core.telegram.org/bots/api#message, ``text``)."""


_COMMAND = re.compile(r"/(\w{1,64})(?:@(\w{1,64}))?(?:\s+(.*))?", re.DOTALL)


def question_of(message: Message, kind: Kind, me: Me, knows: Callable[[str], bool]) -> Question | None:
    """What the message asks us, in its text or under a picture; None where it asks nothing or somebody else.

    In groups and channels a command with another bot's name is that bot's, and one without a name is ours where we know
    it. In groups words are ours where they name us or reply to us (core.telegram.org/bots/features#privacy-mode), and our bare
    name asks for help; a channel that names us in a post speaks to its readers. A forwarded message gives no command, since
    whoever forwards it may only want to know what it is about.
    """
    said = message.text or message.caption
    if said is None or _is_no_person(message, me):
        return None
    text = said[:MOST_CHARACTERS].strip()
    command = _COMMAND.fullmatch(text)
    if command and not message.is_forwarded:
        return _command(command, kind, me, knows)
    mention = re.compile(rf"@{re.escape(me.username)}\b", re.IGNORECASE)
    names_us = mention.search(text) is not None
    if kind == "channel" or (kind == "group" and not (names_us or _replies_to(message, me))):
        return None
    words = mention.sub("", text).strip()
    if not words:
        return AboutTopic(HELP) if names_us else None
    return Words(words) if message.is_forwarded else read(words)


def _command(command: re.Match[str], kind: Kind, me: Me, knows: Callable[[str], bool]) -> Question | None:
    name, bot, argument = command[1].lower(), command[2], (command[3] or "").strip()
    if kind != "private" and not (bot.lower() == me.username.lower() if bot else knows(name)):
        return None
    return Command(name, argument.replace("\n", " "))


def _is_no_person(message: Message, me: Me) -> bool:
    """Other bots, what was sent through us in inline mode, and a channel's post repeated in its discussion group."""
    is_bot = message.from_ is not None and message.from_.is_bot and message.sender_chat is None
    is_own = message.via_bot is not None and message.via_bot.id == me.id
    return is_bot or is_own or message.is_automatic_forward


def _replies_to(message: Message, me: Me) -> bool:
    replied = message.reply_to_message
    return replied is not None and replied.from_ is not None and replied.from_.id == me.id


ADMINS = frozenset({"creator", "administrator"})
"""The statuses of those who run a chat (core.telegram.org/bots/api#chatmember)."""


@dataclass(frozen=True, slots=True)
class Standing:
    """``is_admin``: runs the chat. ``is_anonymous``: as one of its admins whom it does not name."""

    is_admin: bool
    is_anonymous: bool = False


NOBODY = Standing(is_admin=False)


async def standing(client: Client, asker: Asker) -> Standing:
    """What the asker is in the chat, by what Telegram says now.

    In a private chat everyone runs it. Who speaks in the chat's own name is its channel or an anonymous admin
    (core.telegram.org/bots/api#message, ``sender_chat``); who speaks in another chat's name is nobody here. A press names the
    account of an anonymous admin all the same, so the member is asked for (#chatmemberadministrator, ``is_anonymous``).

    Raises:
        TelegramError: Telegram could not be asked.
    """
    if asker.chat.type == "private":
        return Standing(is_admin=True)
    if asker.sender_chat is not None:
        is_own = asker.sender_chat.id == asker.chat.id
        return Standing(is_admin=is_own, is_anonymous=is_own)
    if asker.user is None:
        return NOBODY
    return _of(await _member(client, asker.chat.id, asker.user.id))


def _of(member: Mapping[str, Any]) -> Standing:
    is_admin = member.get("status") in ADMINS
    return Standing(is_admin, is_anonymous=is_admin and member.get("is_anonymous") is True)


async def _member(client: Client, chat_id: int, user_id: int) -> Mapping[str, Any]:
    """The member; where members are hidden from us, from the list of admins, which nobody hides; nothing for anybody else.

    Only to admins is ``getChatMember`` promised an answer (core.telegram.org/bots/api#getchatmember).
    """
    try:
        member: Mapping[str, Any] = await client.ask("getChatMember", {"chat_id": chat_id, "user_id": user_id})
    except Forbidden:
        return {}
    except BadRequest:
        return await _listed(client, chat_id, user_id)
    return member


async def _listed(client: Client, chat_id: int, user_id: int) -> Mapping[str, Any]:
    try:
        admins = await client.ask("getChatAdministrators", {"chat_id": chat_id})
    except (BadRequest, Forbidden):
        return {}
    return next((admin for admin in admins if admin.get("user", {}).get("id") == user_id), {})


_IN = frozenset({"creator", "administrator", "member", "restricted"})


_WORDS = {"private": "blocked"}


@dataclass(slots=True)
class Known:
    """Answers of one issue of the conversation's, by text and language."""

    conversation: Conversation
    rendered: Rendering
    _issue: object = None
    _answers: dict[tuple[str, str | None], tuple[Reply, bytes]] = field(default_factory=dict)

    def body(self, message: Message, may_ask: Callable[[str], bool]) -> bytes | None:
        """The answer to a message, as a webhook's body; None where the usual way has to be taken.

        ``may_ask`` counts a question of the asker's; it is asked only where there is an answer.
        """
        user, chat = message.from_, message.chat
        if user is None or user.is_bot or chat.type != "private" or message.is_topic_message or message.via_bot:
            return None
        if message.is_forwarded:
            return None
        began = perf_counter()
        if self.conversation.issue() is not self._issue:
            return None
        address, readers = Address(PLATFORM, chat.id), self.conversation.store.readers
        language = readers.language(address) or user.language_code
        known = self._answers.get((message.text or "", language))
        if known is None or readers.is_suspended(address) or not may_ask(f"{PLATFORM}:{user.id}"):
            return None
        if self.conversation.answered_in is not None:
            self.conversation.answered_in(PLATFORM, known[0], perf_counter() - began)
        return b"%b%d%b" % (_HEAD, chat.id, known[1])

    def learn(self, message: Message, question: Question, reply: Reply) -> None:
        """Keeps an answer for the next who asks, where it is the same for all who ask so."""
        conversation = self.conversation
        if (
            message.from_ is None
            or not message.text
            or len(message.text) > LONGEST
            or not isinstance(question, Command)
            or not conversation.keeps(question, reply)
        ):
            return
        if conversation.issue() is not self._issue or len(self._answers) >= KEPT:
            self._answers.clear()
            self._issue = conversation.issue()
        chosen = conversation.store.readers.language(Address(PLATFORM, message.chat.id))
        key = message.text, chosen or message.from_.language_code
        self._answers[key] = reply, self.rendered(reply).json_tail


@dataclass(slots=True)
class Answering:
    """Holds what an answer takes. ``standing`` asks Telegram what somebody is in the chat they write in."""

    conversation: Conversation
    throttle: Throttle
    standing: Callable[[Asker], Awaitable[Standing]]
    me: Me
    rendered: Rendering = field(default_factory=Rendering)
    known: Known = field(init=False)

    def __post_init__(self) -> None:
        self.known = Known(self.conversation, self.rendered)

    def at_once(self, message: Message) -> bytes | None:
        """The body that answers a message by webhook where that is known already; None where it is to be found out."""
        return self.known.body(message, self.throttle.has_room)

    def language(self, asker: Asker) -> Language:
        return self.conversation.language(asker.address, asker.language_tag)

    def cause(self, update_id: int) -> str:
        """Names the update, the same however often Telegram brings it."""
        return f"{PLATFORM}:{self.me.id}:{update_id}"

    async def reply(self, asker: Asker, question: Question, update_id: int) -> Reply | None:
        """The reply, its changes made once for each update.

        None where the asker asks too much and has been told so, and for an editors' command outside their chat.

        Raises:
            Any of LOST: the database is away, which the question needs.
        """
        if self.conversation.is_out_of_place(question, asker.address):
            return None

        async def is_admin() -> bool:
            return (await self.standing(asker)).is_admin

        async def is_anonymous() -> bool:
            return (await self.standing(asker)).is_anonymous

        admission = self.throttle.admit(asker.key)
        if admission is Admission.SILENCE:
            return None
        if admission is Admission.NOTICE:
            return too_fast(self.language(asker))
        try:
            return await self.conversation.respond(
                Asked(
                    asker.address,
                    asker.kind,
                    question,
                    asker.language_tag,
                    is_admin,
                    asker.chat.title or "",
                    is_anonymous=is_anonymous,
                    asker=f"{PLATFORM}:{asker.user.id}" if asker.user else None,
                    asker_name=asker.name,
                    cause=self.cause(update_id),
                )
            )
        except LOST:
            self.throttle.take_back(asker.key)
            raise
        except Exception as fault:
            incident = incident_of(log, "a question was not answered", fault)
            return out_of_order(self.language(asker), incident)


async def membership_changed(answering: Answering, change: Membership, update_id: int) -> list[Call]:
    """The greeting where one is due; what the chat set is kept, or counts again."""
    asker = of_membership(change)
    conversation = answering.conversation
    if not _is_in(change):
        await conversation.left(asker.address, _WORDS.get(asker.kind, "left"))
        return []
    title, cause = change.chat.title or "", answering.cause(update_id)
    greeting = await conversation.joined(asker.address, asker.kind, title, asker.language_tag, cause)
    if greeting is None or asker.kind == "channel":
        return []
    return [Call("sendMessage", destination(asker.address), answering.rendered(greeting))]


async def moved(answering: Answering, message: Message) -> None:
    """A group became a supergroup: everything it had is taken along.

    Both chats say it, the old one with the new id and the new one with the old (#message, ``migrate_to_chat_id``).
    """
    if message.migrate_to_chat_id is not None:
        await answering.conversation.moved(PLATFORM, message.chat.id, message.migrate_to_chat_id)
    elif message.migrate_from_chat_id is not None:
        await answering.conversation.moved(PLATFORM, message.migrate_from_chat_id, message.chat.id)


def _is_in(change: Membership) -> bool:
    """A restricted member may have left (#chatmemberrestricted, ``is_member``)."""
    now = change.new_chat_member
    return now.status in _IN and now.is_member is not False


KEPT = 4096
"""How many answers are kept; then all are learnt anew."""


LONGEST = 160
"""Characters of a text that is kept: a command, the bot's name, and what stands behind it."""


_HEAD = b'{"method":"sendMessage","chat_id":'


log = structlog.get_logger("bot.telegram")


OFFERED = 10
"""Articles that answer one query; Telegram takes 50 (core.telegram.org/bots/api#answerinlinequery)."""


CACHE_SECONDS = 60
"""How long Telegram may show the same person the same articles."""


async def offered(answering: Answering, query: InlineQuery) -> list[Call]:
    """The call that answers an inline query; for a flood of them, with nothing."""
    asker = of_inline_query(query)
    admitted = answering.throttle.admit(asker.key) is Admission.ANSWER
    language = answering.language(asker)
    found = _topics(answering, query.query.strip(), language) if admitted else []
    results = [_article(answering, topic, language) for topic in found[:OFFERED]]
    given = {"inline_query_id": query.id, "results": results, "cache_time": CACHE_SECONDS, "is_personal": True}
    return [Call("answerInlineQuery", given)]


def _topics(answering: Answering, text: str, language: Language) -> list[Topic]:
    """The topics to offer: those of the answer first, then those whose title or commands begin with a word of it."""
    dossier = answering.conversation.edition.dossier
    if not text:
        return [topic for topic in dossier.topics.values() if not topic.is_program]
    reply = answering.conversation.answered(Words(text), language)
    command = topic_of_command(dossier, text.removeprefix("/"))
    ids = [command, reply.topic, *reply.suggestions, *_beginning_with(dossier, text, language)]
    return [dossier.topics[each] for each in dict.fromkeys(ids) if each is not None and each in dossier.topics]


def _beginning_with(dossier: Dossier, text: str, language: Language) -> list[TopicId]:
    wanted = text.lower()
    return [
        topic.id
        for topic in dossier.topics.values()
        if any(word.startswith(wanted) for word in _words(topic, language))
    ]


def _words(topic: Topic, language: Language) -> list[str]:
    return [topic.command_word, *topic.all_aliases, *topic.title[language].lower().split()]


def _article(answering: Answering, topic: Topic, language: Language) -> dict[str, Any]:
    """An InlineQueryResultArticle (core.telegram.org/bots/api#inlinequeryresultarticle)."""
    question = AboutTopic(topic.id)
    reply = answering.conversation.answered(question, language)
    shown = answering.rendered(reply).parameters
    content = {"message_text": shown["text"]} | {key: shown[key] for key in ("parse_mode", "link_preview_options")}
    summary = Composer(answering.conversation.edition.dossier, language).line(topic.summary[language])
    article = {
        "type": "article",
        "id": token(question),
        "title": reply.heading,
        "description": summary,
        "input_message_content": content,
    }
    return article | {key: shown[key] for key in ("reply_markup",) if key in shown}


async def pressed(answering: Answering, press: Press, update_id: int) -> list[Call]:
    """The calls that answer a press."""
    asker = of_press(press)
    question = question_of_press(answering, press)
    reply = await answering.reply(asker, question, update_id) if question else outdated(answering.language(asker))
    if reply is None:
        return [_press_answered(press)]
    if question is None or reply.private:
        return [_press_answered(press, reply)]
    if press.message is None and reply.shows is not None:
        return [_to_private(answering, press, question)]
    shown = _shown(answering, asker, press, reply)
    return [_press_answered(press), shown] if shown else [_press_answered(press)]


def _to_private(answering: Answering, press: Press, question: Question) -> Call:
    """A picture cannot be uploaded to a message of inline mode (#editmessagemedia): the app opens the chat with us."""
    way = InPrivate(answering.me.username)(question)
    return Call("answerCallbackQuery", {"callback_query_id": press.id} | ({"url": way["url"]} if "url" in way else {}))


def question_of_press(answering: Answering, press: Press) -> Question | None:
    """What the button asks; None for one of an older edition, or a forged one."""
    data = (press.data or "").removeprefix(ANEW)
    return from_token(data, answering.conversation.edition.dossier) if data else None


def _press_answered(press: Press, reply: Reply | None = None) -> Call:
    given: dict[str, Any] = {"callback_query_id": press.id}
    if reply is not None:
        given |= {"text": toast(reply, TOAST_UNITS), "show_alert": True}
    return Call("answerCallbackQuery", given)


def _shown(answering: Answering, asker: Asker, press: Press, reply: Reply) -> Call | None:
    """The edit, or a message where there is nothing (any more) to edit."""
    rendered = answering.rendered(reply)
    if press.message is None:
        inline = press.inline_message_id
        return Call("editMessageText", {"inline_message_id": inline}, rendered) if inline else None
    if reply.shows is not None:
        return _pictured(answering, asker, press, reply, reply.shows)
    anew = Call("sendMessage", destination(asker.address), rendered)
    if not _changes_in_place(press):
        return anew
    where = _place(press.message)
    if press.message.photo:
        return replace(anew, then=Call("deleteMessage", where))
    return Call("editMessageText", where, rendered, otherwise=anew)


def _pictured(answering: Answering, asker: Asker, press: Press, reply: Reply, topic: TopicId) -> Call:
    """The picture in place of the words; should it fail, the words in place of themselves."""
    rendered = answering.rendered(reply)
    words = answering.rendered(answering.conversation.answered(AboutTopic(topic), reply.language))
    anew = Call("sendMessage", destination(asker.address), words)
    if press.message is None or not _changes_in_place(press):
        return Call("sendPhoto", destination(asker.address), rendered, anew, pictured=reply)
    where = _place(press.message)
    in_words = Call("editMessageText", where, words, otherwise=anew)
    return Call("editMessageMedia", where, rendered, in_words, pictured=reply)


def _changes_in_place(press: Press) -> bool:
    is_there = press.message is not None and press.message.is_accessible
    return is_there and not (press.data or "").startswith(ANEW)


def _place(message: Message) -> dict[str, Any]:
    return {"chat_id": message.chat.id, "message_id": message.message_id}


async def hear(answering: Answering, update: Update) -> list[Call]:
    """The calls that answer an update, the first of which may go into a webhook's answer; none where it asks nothing.

    Raises:
        Any of LOST: the database is away, which the update needs.
    """
    calls = await _answered(answering, update)
    if (place := _heard_from(answering, update)) is not None:
        await answering.conversation.heard_from(place)
    return calls


def needs_database(answering: Answering, update: Update) -> bool:
    """Whether the update changes or shows what is stored."""
    if update.callback_query is not None:
        question = question_of_press(answering, update.callback_query)
    elif (message := update.message or update.channel_post) is not None:
        if message.is_migration:
            return True
        question = question_of(message, kind_of(message.chat), answering.me, answering.conversation.knows)
    else:
        return update.my_chat_member is not None
    return question is not None and answering.conversation.needs_database(question)


def _heard_from(answering: Answering, update: Update) -> Address | None:
    """Where somebody wrote or pressed; None where nobody did, as where a group says that we were removed."""
    if update.callback_query is not None:
        return of_press(update.callback_query).address if update.callback_query.message else None
    message = update.message or update.channel_post
    if message is None or message.is_migration:
        return None
    left = message.left_chat_member
    return None if left is not None and left.id == answering.me.id else of_message(message).address


async def _answered(answering: Answering, update: Update) -> list[Call]:
    if update.message is not None:
        return await _said(answering, update.message, update.update_id)
    if update.callback_query is not None:
        return await pressed(answering, update.callback_query, update.update_id)
    if update.inline_query is not None:
        return await offered(answering, update.inline_query)
    if update.channel_post is not None:
        return await _said(answering, update.channel_post, update.update_id)
    if update.my_chat_member is not None:
        return await membership_changed(answering, update.my_chat_member, update.update_id)
    return []


async def _said(answering: Answering, message: Message, update_id: int) -> list[Call]:
    if message.is_migration:
        await moved(answering, message)
        return []
    asker = of_message(message)
    question = question_of(message, asker.kind, answering.me, answering.conversation.knows)
    if question is None:
        return []
    reply = await answering.reply(asker, question, update_id)
    if reply is None:
        return []
    if asker.kind == "private":
        answering.known.learn(message, question, reply)
    return [_answer(answering, asker, message, reply)]


def _answer(answering: Answering, asker: Asker, message: Message, reply: Reply) -> Call:
    """In groups as a reply to the question, so that it is clear who asked.

    A channel's direct messages are a chat of many, where each message must say whose it is (#sendmessage).
    """
    where = destination(asker.address)
    if message.direct_messages_topic is not None:
        where["direct_messages_topic_id"] = message.direct_messages_topic.topic_id
    if asker.kind == "group":
        where["reply_parameters"] = {"message_id": message.message_id, "allow_sending_without_reply": True}
    return Call("sendMessage", where, answering.rendered(reply))
