"""Update → calls that answer it. Sends nothing itself: see ``updates``."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from time import perf_counter
from typing import Any

import structlog
from telegram import ChatMember
from telegram.error import BadRequest, Forbidden

from bot.conversation import Conversation, apology, outdated_button, rate_limit_notice
from bot.conversation import Message as ConversationMessage
from bot.db.engine import DATABASE_AWAY
from bot.dossier.models import Dossier, Language, Topic, TopicId
from bot.logs import incident_of
from bot.platforms.telegram.api import Client
from bot.platforms.telegram.limits import TOAST_UNITS
from bot.platforms.telegram.render import NEW_MESSAGE, Call, PrivateLink, RenderCache, destination, toast
from bot.platforms.telegram.types import (
    PLATFORM,
    Asker,
    InlineQuery,
    Kind,
    Me,
    MembershipChange,
    Message,
    Press,
    Update,
    asker_of_inline_query,
    asker_of_membership,
    asker_of_message,
    asker_of_press,
    kind_of,
)
from bot.reader import Address
from bot.replies.answer import topic_of_command
from bot.replies.composer import Composer
from bot.replies.question import HELP, AboutTopic, Command, FreeText, Question, from_token, parse_question, token
from bot.replies.reply import Reply
from bot.user_rate_limit import RateLimitResult, UserRateLimiter

log = structlog.get_logger("bot.telegram")

MAX_QUESTION_CHARACTERS = 4096
"""No message is longer (core.telegram.org/bots/api#message, ``text``)."""

MAX_CACHED_ANSWERS = 4096
"""Then the cache starts empty again."""

MAX_CACHED_TEXT = 160
"""Characters of a text whose answer is cached: a command, the bot's name and an argument."""

INLINE_TOPICS = 10
"""Articles that answer one inline query; Telegram takes 50 (core.telegram.org/bots/api#answerinlinequery)."""

INLINE_CACHE_SECONDS = 60
"""How long Telegram may show the same person the same articles."""

ADMIN_STATUSES = frozenset({ChatMember.OWNER, ChatMember.ADMINISTRATOR})
_MEMBER_STATUSES = ADMIN_STATUSES | {ChatMember.MEMBER, ChatMember.RESTRICTED}

_COMMAND = re.compile(r"/(\w{1,64})(?:@(\w{1,64}))?(?:\s+(.*))?", re.DOTALL)
_BODY_START = b'{"method":"sendMessage","chat_id":'


@dataclass(slots=True)
class Handlers:
    """What answers updates."""

    conversation: Conversation
    rate_limiter: UserRateLimiter
    client: Client
    me: Me
    rendered: RenderCache = field(default_factory=RenderCache)
    _cache: "AnswerCache" = field(init=False)

    def __post_init__(self) -> None:
        self._cache = AnswerCache(self.conversation, self.rendered)

    def cached(self, message: Message) -> bytes | None:
        """The webhook's response to a message if its answer is cached."""
        return self._cache.body(message, self.rate_limiter.has_room)

    async def calls(self, update: Update) -> list[Call]:
        """The calls that answer an update. The first may go into a webhook's response.

        Raises:
            Any of DATABASE_AWAY: the update needs the database, which is away.
        """
        calls = await self._answer(update)
        if (address := self._address_of_writer(update)) is not None:
            await self.conversation.restore_reader(address)
        return calls

    def needs_database(self, update: Update) -> bool:
        """Whether the update changes or shows what is stored."""
        if update.callback_query:
            question = self._question_of_press(update.callback_query)
        elif message := update.message or update.channel_post:
            if message.is_migration:
                return True
            question = question_of(message, kind_of(message.chat), self.me, self.conversation.is_command)
        else:
            return update.my_chat_member is not None
        return question is not None and self.conversation.needs_database(question)

    def _address_of_writer(self, update: Update) -> Address | None:
        """Where somebody wrote or pressed, so that the bot is in that chat. A notice that it was removed does not count."""
        if update.callback_query:
            return asker_of_press(update.callback_query).address if update.callback_query.message else None
        message = update.message or update.channel_post
        if message is None or message.is_migration:
            return None
        left = message.left_chat_member
        return None if left is not None and left.id == self.me.id else asker_of_message(message).address

    async def _answer(self, update: Update) -> list[Call]:
        if message := update.message or update.channel_post:
            return await self._message(message, update.update_id)
        if update.callback_query:
            return await self._press(update.callback_query, update.update_id)
        if update.inline_query:
            return [self._inline_query(update.inline_query)]
        if update.my_chat_member:
            return await self._membership(update.my_chat_member, update.update_id)
        return []

    async def _message(self, message: Message, update_id: int) -> list[Call]:
        if (
            message.migrate_to_chat_id is not None
        ):  # a group became a supergroup: both chats say so, each with the other's id
            await self.conversation.on_moved(PLATFORM, message.chat.id, message.migrate_to_chat_id)
            return []
        if message.migrate_from_chat_id is not None:
            await self.conversation.on_moved(PLATFORM, message.migrate_from_chat_id, message.chat.id)
            return []
        asker = asker_of_message(message)
        question = question_of(message, asker.kind, self.me, self.conversation.is_command)
        if question is None:
            return []
        reply = await self._reply(asker, question, update_id)
        if reply is None:
            return []
        if asker.kind == "private":
            self._cache.add(message, question, reply)
        where = destination(asker.address)
        if message.direct_messages_topic is not None:  # a channel's direct messages are one chat of many people
            where["direct_messages_topic_id"] = message.direct_messages_topic.topic_id
        if asker.kind == "group":
            where["reply_parameters"] = {"message_id": message.message_id, "allow_sending_without_reply": True}
        return [Call("sendMessage", where, self.rendered(reply))]

    async def _press(self, press: Press, update_id: int) -> list[Call]:
        asker = asker_of_press(press)
        question = self._question_of_press(press)
        if question is None:
            return [_toast(press, outdated_button(self._language(asker)))]
        reply = await self._reply(asker, question, update_id)
        if reply is None:
            return [_acknowledge(press)]
        if reply.private:
            return [_toast(press, reply)]
        if press.message is None and reply.shows is not None:
            # Nothing can be uploaded to an inline message (#editmessagemedia): the app opens the private chat.
            return [_acknowledge(press, url=PrivateLink(self.me.username)(question).get("url"))]
        answer = self._answer_to_press(asker, press, reply)
        return [_acknowledge(press), answer] if answer else [_acknowledge(press)]

    def _question_of_press(self, press: Press) -> Question | None:
        """None for a button of an older dossier, or a forged one."""
        data = (press.data or "").removeprefix(NEW_MESSAGE)
        return from_token(data, self.conversation.live.dossier) if data else None

    def _answer_to_press(self, asker: Asker, press: Press, reply: Reply) -> Call | None:
        """An edit of the message with the button; a new message if that must stay or is gone."""
        rendered = self.rendered(reply)
        message = press.message
        if message is None:
            inline = press.inline_message_id
            return Call("editMessageText", {"inline_message_id": inline}, rendered) if inline else None
        is_edit = message.is_accessible and not (press.data or "").startswith(NEW_MESSAGE)
        where = {"chat_id": message.chat.id, "message_id": message.message_id}
        if reply.shows is not None:
            words = self.rendered(self.conversation.dossier_reply(AboutTopic(reply.shows), reply.language))
            new_message = Call("sendMessage", destination(asker.address), words)
            if not is_edit:
                return Call("sendPhoto", destination(asker.address), rendered, new_message, picture_of=reply)
            in_words = Call("editMessageText", where, words, fallback=new_message)
            return Call("editMessageMedia", where, rendered, in_words, picture_of=reply)
        new_message = Call("sendMessage", destination(asker.address), rendered)
        if not is_edit:
            return new_message
        if message.photo:
            return replace(new_message, then=Call("deleteMessage", where))
        return Call("editMessageText", where, rendered, fallback=new_message)

    def _inline_query(self, query: InlineQuery) -> Call:
        """Topics as articles; none for somebody who asks too fast."""
        asker = asker_of_inline_query(query)
        is_admitted = self.rate_limiter.admit(asker.key) is RateLimitResult.ANSWER
        language = self._language(asker)
        topics = self._inline_topics(query.query.strip(), language) if is_admitted else []
        given = {
            "inline_query_id": query.id,
            "results": [self._article(topic, language) for topic in topics[:INLINE_TOPICS]],
            "cache_time": INLINE_CACHE_SECONDS,
            "is_personal": True,
        }
        return Call("answerInlineQuery", given)

    def _inline_topics(self, text: str, language: Language) -> list[Topic]:
        """The topics of the answer first, then those whose title or commands have a word that begins with the text."""
        dossier = self.conversation.live.dossier
        if not text:
            return [topic for topic in dossier.topics.values() if not topic.is_program]
        reply = self.conversation.dossier_reply(FreeText(text), language)
        command = topic_of_command(dossier, text.removeprefix("/"))
        ids = [command, reply.topic, *reply.suggestions, *_topics_with_prefix(dossier, text.lower(), language)]
        return [dossier.topics[each] for each in dict.fromkeys(ids) if each is not None and each in dossier.topics]

    def _article(self, topic: Topic, language: Language) -> dict[str, Any]:
        """An InlineQueryResultArticle (core.telegram.org/bots/api#inlinequeryresultarticle)."""
        question = AboutTopic(topic.id)
        reply = self.conversation.dossier_reply(question, language)
        message = self.rendered(reply).parameters
        content = {"message_text": message["text"]} | {
            key: message[key] for key in ("parse_mode", "link_preview_options")
        }
        article = {
            "type": "article",
            "id": token(question),
            "title": reply.heading,
            "description": Composer(self.conversation.live.dossier, language).line(topic.summary[language]),
            "input_message_content": content,
        }
        return article | {key: message[key] for key in ("reply_markup",) if key in message}

    async def _membership(self, change: MembershipChange, update_id: int) -> list[Call]:
        """A greeting if one is due. The chat's settings are suspended or count again."""
        asker = asker_of_membership(change)
        member = change.new_chat_member
        if member.status not in _MEMBER_STATUSES or member.is_member is False:  # a restricted member may have left
            await self.conversation.on_left(asker.address, "blocked" if asker.kind == "private" else "left")
            return []
        greeting = await self.conversation.on_joined(
            asker.address, asker.kind, change.chat.title or "", asker.language_tag, self._cause(update_id)
        )
        if greeting is None or asker.kind == "channel":
            return []
        return [Call("sendMessage", destination(asker.address), self.rendered(greeting))]

    async def _reply(self, asker: Asker, question: Question, update_id: int) -> Reply | None:
        """The reply; its changes are made once for each update.

        None if the asker asks too fast and was told so, and for an editors' command outside their chat.

        Raises:
            Any of DATABASE_AWAY: the question needs the database, which is away.
        """
        if self.conversation.is_outside_editors_chat(question, asker.address):
            return None
        admission = self.rate_limiter.admit(asker.key)
        if admission is RateLimitResult.SILENCE:
            return None
        if admission is RateLimitResult.NOTICE:
            return rate_limit_notice(self._language(asker))

        async def is_admin() -> bool:
            return (await rights_of(self.client, asker)).is_admin

        async def is_anonymous() -> bool:
            return (await rights_of(self.client, asker)).is_anonymous

        message = ConversationMessage(
            asker.address,
            asker.kind,
            question,
            asker.language_tag,
            is_admin,
            asker.chat.title or "",
            is_anonymous=is_anonymous,
            asker=f"{PLATFORM}:{asker.user.id}" if asker.user else None,
            asker_name=asker.name,
            cause=self._cause(update_id),
        )
        try:
            return await self.conversation.respond(message)
        except DATABASE_AWAY:
            self.rate_limiter.take_back(asker.key)
            raise
        except Exception as error:
            return apology(self._language(asker), incident_of(log, "a question was not answered", error))

    def _cause(self, update_id: int) -> str:
        """Names the update, the same each time Telegram delivers it."""
        return f"{PLATFORM}:{self.me.id}:{update_id}"

    def _language(self, asker: Asker) -> Language:
        return self.conversation.language(asker.address, asker.language_tag)


def _acknowledge(press: Press, url: str | None = None) -> Call:
    return Call("answerCallbackQuery", {"callback_query_id": press.id} | ({"url": url} if url else {}))


def _toast(press: Press, reply: Reply) -> Call:
    given = {"callback_query_id": press.id, "text": toast(reply, TOAST_UNITS), "show_alert": True}
    return Call("answerCallbackQuery", given)


def _topics_with_prefix(dossier: Dossier, prefix: str, language: Language) -> list[TopicId]:
    return [
        topic.id
        for topic in dossier.topics.values()
        if any(
            word.startswith(prefix)
            for word in (topic.command_word, *topic.all_aliases, *topic.title[language].lower().split())
        )
    ]


def question_of(message: Message, kind: Kind, me: Me, is_command: Callable[[str], bool]) -> Question | None:
    """The question in a message's text or caption; None if it asks nothing, or asks somebody else.

    In groups and channels a command with another bot's name is that bot's; one without a name is ours if ``knows`` it.
    In groups, words are ours if they mention us or reply to us (core.telegram.org/bots/features#privacy-mode); our name
    alone asks for help. Words of a channel are for its readers. A forwarded message is never a command: whoever forwards it
    may only want to know what it is about.
    """
    full_text = message.text or message.caption
    if full_text is None or _is_by_a_bot(message, me):
        return None
    text = full_text[:MAX_QUESTION_CHARACTERS].strip()
    command = _COMMAND.fullmatch(text)
    if command and not message.is_forwarded:
        name, bot, argument = command[1].lower(), command[2], (command[3] or "").strip()
        if kind != "private" and not (bot.lower() == me.username.lower() if bot else is_command(name)):
            return None
        return Command(name, argument.replace("\n", " "))
    mention = re.compile(rf"@{re.escape(me.username)}\b", re.IGNORECASE)
    mentions_us = mention.search(text) is not None
    replied = message.reply_to_message
    replies_to_us = replied is not None and replied.from_ is not None and replied.from_.id == me.id
    if kind == "channel" or (kind == "group" and not (mentions_us or replies_to_us)):
        return None
    words = mention.sub("", text).strip()
    if not words:
        return AboutTopic(HELP) if mentions_us else None
    return FreeText(words) if message.is_forwarded else parse_question(words)


def _is_by_a_bot(message: Message, me: Me) -> bool:
    """Other bots, what was sent through us in inline mode, and a channel's post copied into its discussion group."""
    is_bot = message.from_ is not None and message.from_.is_bot and message.sender_chat is None
    is_own = message.via_bot is not None and message.via_bot.id == me.id
    return is_bot or is_own or message.is_automatic_forward


@dataclass(frozen=True, slots=True)
class Rights:
    """``is_anonymous``: an admin whom the chat does not name."""

    is_admin: bool
    is_anonymous: bool = False


async def rights_of(client: Client, asker: Asker) -> Rights:
    """What the asker may do in the chat, as Telegram says now.

    In a private chat everyone is an admin. Who writes in the chat's own name is its channel or an anonymous admin
    (core.telegram.org/bots/api#message, ``sender_chat``); who writes in another chat's name has no rights. A press names the
    account of an anonymous admin all the same (#chatmemberadministrator, ``is_anonymous``).

    Raises:
        TelegramError: Telegram cannot be reached.
    """
    if asker.chat.type == "private":
        return Rights(is_admin=True)
    if asker.sender_chat is not None:
        is_own = asker.sender_chat.id == asker.chat.id
        return Rights(is_admin=is_own, is_anonymous=is_own)
    member = await _member(client, asker.chat.id, asker.user.id) if asker.user else None
    if member is None or member.status not in ADMIN_STATUSES:
        return Rights(is_admin=False)
    return Rights(is_admin=True, is_anonymous=getattr(member, "is_anonymous", False))


async def _member(client: Client, chat_id: int, user_id: int) -> ChatMember | None:
    """``getChatMember`` is only guaranteed to work for admins; ``getChatAdministrators`` works for everyone."""
    try:
        return await client.query(client.bot.get_chat_member, chat_id, user_id)
    except Forbidden:
        return None
    except BadRequest:
        pass
    try:
        admins = await client.query(client.bot.get_chat_administrators, chat_id)
    except (BadRequest, Forbidden):
        return None
    return next((admin for admin in admins if admin.user.id == user_id), None)


@dataclass(slots=True)
class AnswerCache:
    """Rendered answers to commands in private chats, by text and language, while the conversation's own cache is valid."""

    conversation: Conversation
    rendered: RenderCache
    _valid_for: object = None
    _answers: dict[tuple[str, str | None], tuple[Reply, bytes]] = field(default_factory=dict)

    def body(self, message: Message, has_room: Callable[[str], bool]) -> bytes | None:
        """The answer as a webhook's response; None if it is not cached. ``has_room`` counts the asker's question."""
        user, chat = message.from_, message.chat
        if user is None or user.is_bot or chat.type != "private" or message.is_topic_message or message.via_bot:
            return None
        if message.is_forwarded:
            return None
        began = perf_counter()
        if self.conversation.issue() is not self._valid_for:
            return None
        address, readers = Address(PLATFORM, chat.id), self.conversation.store.readers
        answer = self._answers.get((message.text or "", readers.language(address) or user.language_code))
        if answer is None or readers.is_suspended(address) or not has_room(f"{PLATFORM}:{user.id}"):
            return None
        if self.conversation.on_answer is not None:
            self.conversation.on_answer(PLATFORM, answer[0], perf_counter() - began)
        return b"%b%d%b" % (_BODY_START, chat.id, answer[1])

    def add(self, message: Message, question: Question, reply: Reply) -> None:
        """Caches the reply if everybody gets the same one."""
        conversation = self.conversation
        if (
            message.from_ is None
            or not message.text
            or len(message.text) > MAX_CACHED_TEXT
            or not isinstance(question, Command)
            or not conversation.keeps(question, reply)
        ):
            return
        if conversation.issue() is not self._valid_for or len(self._answers) >= MAX_CACHED_ANSWERS:
            self._answers.clear()
            self._valid_for = conversation.issue()
        chosen = conversation.store.readers.language(Address(PLATFORM, message.chat.id))
        self._answers[message.text, chosen or message.from_.language_code] = reply, self.rendered(reply).json_tail
