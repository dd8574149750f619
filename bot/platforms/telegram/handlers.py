"""Update → the calls that answer it. They are made in ``updates``; here Telegram is only asked for a user's rights."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from time import perf_counter, time
from typing import Any

from telegram import ChatMember, ReactionTypeEmoji
from telegram.error import BadRequest, Forbidden, TelegramError

from bot.conversation import (
    Conversation,
    admins_only,
    channel_panel,
    lost_rights,
    not_your_answer,
    old_panel,
    outdated_button,
)
from bot.conversation import Message as ConversationMessage
from bot.db.readers import Kind
from bot.dossier.models import Dossier, Language, Topic, TopicId
from bot.newsroom.draft_command import CANCEL, DRAFT, continued
from bot.platforms.telegram.api import Client, InvalidResponse
from bot.platforms.telegram.render import (
    NEW_MESSAGE,
    Call,
    about_channel,
    alert_text,
    channel_in,
    destination,
    private_chat,
    rendered,
)
from bot.platforms.telegram.types import (
    PLATFORM,
    Chat,
    InlineQuery,
    Me,
    MembershipChange,
    Message,
    Origin,
    Press,
    RepliedMessage,
    Update,
    kind_of,
    origin_of,
)
from bot.reader import Address
from bot.replies.cache import VersionedCache
from bot.replies.claims import asks_of_another
from bot.replies.dossier_texts import DossierTexts
from bot.replies.fallbacks import WORDLESS
from bot.replies.i18n import phrases_in
from bot.replies.listings import topic_of_command
from bot.replies.question import (
    CHECK_NAMES,
    HELP,
    AboutTopic,
    Command,
    FreeText,
    Question,
    Rate,
    Rumour,
    from_token,
    is_rating,
    parse_question,
    token,
)
from bot.replies.reply import Reply
from bot.subscriptions.service import COMMANDS
from bot.subscriptions.settings_panel import ZONE_EMOJI
from bot.user_rate_limit import RateLimitResult

MAX_QUESTION_CHARACTERS = 4096
"""No message is longer (core.telegram.org/bots/api#message, ``text``)."""

MAX_CACHED_ANSWERS = 4096
"""Then the cache starts empty again."""

MAX_CACHED_TEXT = 160
"""Characters of a text whose answer is cached: a command, the bot's name and an argument."""

INLINE_TOPICS = 10
"""Articles that answer one inline query; Telegram takes 50 (core.telegram.org/bots/api#answerinlinequery)."""

INLINE_CACHE_SECONDS = 60
"""How long Telegram may show the same user the same articles."""

ADMIN_STATUSES = frozenset({ChatMember.OWNER, ChatMember.ADMINISTRATOR})
_MEMBER_STATUSES = ADMIN_STATUSES | {ChatMember.MEMBER, ChatMember.RESTRICTED}

PANEL_SECONDS = 15 * 60.0
"""How long a panel in a group can be used after it was last shown."""

_PANEL_COMMANDS = frozenset({"settings", "unsubscribe", "why"})

_COMMAND = re.compile(r"/(\w{1,64})(?:@(\w{1,64}))?(?:\s+(.*))?", re.DOTALL)
_BODY_START = b'{"method":"sendMessage","chat_id":'


@dataclass(slots=True)
class Handlers:
    """Answers updates."""

    conversation: Conversation
    client: Client
    me: Me
    now: Callable[[], float] = time
    """The clock of Telegram's dates, in seconds since 1970."""
    _answers: VersionedCache[tuple[Reply, bytes]] = field(default_factory=lambda: VersionedCache(MAX_CACHED_ANSWERS))
    """Text and language → the reply, and the end of the webhook's response with it."""

    def cached_response(self, message: Message) -> bytes | None:
        """The webhook's response to a command in a private chat, if it was answered before; the question is counted.

        None if it is not cached, or if the user asks too much.
        """
        user, chat, conversation = message.from_, message.chat, self.conversation
        if user is None or user.is_bot or chat.type != "private" or message.is_topic_message or message.via_bot:
            return None
        if message.is_forwarded:
            return None
        began = perf_counter()
        answer = self._answers.get(conversation.version, self._cache_key(message))
        if answer is None or conversation.store.readers.is_suspended(Address(PLATFORM, chat.id)):
            return None
        reply, json_tail = answer
        if not conversation.user_limiter.try_take(f"{PLATFORM}:{user.id}"):
            return None
        if conversation.on_answer is not None:
            conversation.on_answer(PLATFORM, reply, perf_counter() - began)
        return b"%b%d%b" % (_BODY_START, chat.id, json_tail)

    def _cache_answer(self, message: Message, question: Question, reply: Reply) -> None:
        """Caches the reply to a command if everybody gets the same one."""
        if not isinstance(question, Command) or not message.text or len(message.text) > MAX_CACHED_TEXT:
            return
        if self.conversation.is_same_for_all(question, reply):
            answer = reply, rendered(reply).json_tail
            self._answers.put(self.conversation.version, self._cache_key(message), answer)

    def _cache_key(self, message: Message) -> tuple[str, str | None]:
        """The text, and the language that the chat chose or that of the user's app."""
        chosen = self.conversation.store.readers.language(Address(PLATFORM, message.chat.id))
        return message.text or "", chosen or (message.from_.language_code if message.from_ else None)

    async def calls(self, update: Update) -> list[Call]:
        """The calls that answer an update. The first may go into a webhook's response.

        Raises:
            Any of DATABASE_AWAY: the update needs the database, which is away.
        """
        origin = origin_of(update)
        if origin is None:
            return []
        calls = await self._answer(update, origin)
        if self._is_from_member_chat(update):
            await self.conversation.restore_reader(origin.address)
        return calls

    def needs_database(self, update: Update) -> bool:
        """Whether the update changes or shows what is stored."""
        if update.callback_query:
            question = self._question_of_press(update.callback_query)
        elif message := update.message or update.channel_post:
            if message.is_migration:
                return True
            question = self._question_of_message(message)
        else:
            return update.my_chat_member is not None
        return question is not None and self.conversation.needs_database(question)

    def _is_from_member_chat(self, update: Update) -> bool:
        """Whether the update shows that the bot is in the chat: somebody wrote or pressed there.

        A notice that the bot was removed does not show it (#message, ``left_chat_member``).
        """
        if update.callback_query:
            return update.callback_query.message is not None
        message = update.message or update.channel_post
        if message is None or message.is_migration:
            return False
        return message.left_chat_member is None or message.left_chat_member.id != self.me.id

    async def _answer(self, update: Update, origin: Origin) -> list[Call]:
        if message := update.message or update.channel_post:
            return await self._answer_message(message, origin, update.update_id)
        if update.callback_query:
            return await self._answer_press(update.callback_query, origin, update.update_id)
        if update.inline_query:
            return [self._answer_inline_query(update.inline_query, origin)]
        if update.guest_message:
            return await self._answer_guest(update.guest_message, origin, update.update_id)
        if update.my_chat_member:
            return await self._answer_membership_change(update.my_chat_member, origin, update.update_id)
        return []

    async def _answer_message(self, message: Message, origin: Origin, update_id: int) -> list[Call]:
        if message.migrate_to_chat_id is not None:
            await self.conversation.on_moved(PLATFORM, message.chat.id, message.migrate_to_chat_id)
            return []
        if message.migrate_from_chat_id is not None:
            await self.conversation.on_moved(PLATFORM, message.migrate_from_chat_id, message.chat.id)
            return []
        question = self._question_of_message(message)
        reply = (
            await self._reply(origin, question, update_id, is_new_message=True)
            if question
            else await self._correction(message, origin, update_id)
        )
        if reply is None:
            return []
        if reply.reaction and origin.kind == "group":
            return [_react(message, reply.reaction)]
        if question and origin.kind == "private":
            self._cache_answer(message, question, reply)
        parameters = destination(origin.address)
        if message.direct_messages_topic is not None:  # a channel's direct messages are one chat of many people
            parameters["direct_messages_topic_id"] = message.direct_messages_topic.topic_id
        if origin.kind == "group":
            parameters["reply_parameters"] = {"message_id": message.message_id, "allow_sending_without_reply": True}
        return [Call("sendMessage", parameters, rendered(reply))]

    async def _answer_guest(self, message: Message, origin: Origin, update_id: int) -> list[Call]:
        """Answers a mention in a chat of which the bot is no member (#answerguestquery). The result is an inline message."""
        question = self._question_of_message(message)
        if question is None or message.guest_query_id is None or self.conversation.needs_database(question):
            return []
        reply = await self._reply(replace(origin, kind="group"), question, update_id, is_new_message=False)
        if reply is None:
            return []
        article = _inline_article(question, replace(reply, picture_topic=None), reply.heading)
        return [Call("answerGuestQuery", {"guest_query_id": message.guest_query_id, "result": article})]

    def _question_of_message(self, message: Message) -> Question | None:
        kind = kind_of(message.chat)
        if message.is_wordless and kind == "private" and not _is_by_a_bot(message, self.me):
            return Command(WORDLESS)
        return question_of(message, kind, self.me, self.conversation.is_command)

    async def _answer_press(self, press: Press, origin: Origin, update_id: int) -> list[Call]:
        question = self._question_of_press(press)
        if question is None:
            return [_alert(press, outdated_button(self._language(origin)))]
        channel, _ = channel_in(press.data or "")
        if channel is not None:
            return await self._answer_about_channel(press, question, channel, update_id)
        if origin.kind == "group" and self._is_old_panel(press, question):
            return [_alert(press, old_panel(self._language(origin)))]
        is_new_message = (press.data or "").startswith(NEW_MESSAGE)
        reply = await self._reply(origin, question, update_id, is_new_message=is_new_message)
        if reply is None:
            return [_acknowledge(press)]
        if isinstance(question, Rate):
            return [_alert(press, reply, is_modal=False), *_without_rating(press)]
        if reply.private:
            return [_alert(press, reply)]
        if origin.kind == "group" and not is_new_message and not await self._may_edit(press, question, origin):
            url = private_chat(self.me.username)(question).get("url")
            return [_acknowledge(press, url) if url else _alert(press, not_your_answer(self._language(origin)))]
        if press.message is None and reply.picture_topic is not None:
            # Nothing can be uploaded to an inline message (#editmessagemedia): the app opens the private chat instead.
            return [_acknowledge(press, url=private_chat(self.me.username)(question).get("url"))]
        answer = self._answer_to_press(origin, press, reply)
        return [_acknowledge(press), answer] if answer else [_acknowledge(press)]

    async def _answer_about_channel(self, press: Press, question: Question, channel: int, update_id: int) -> list[Call]:
        """A press in an admin's private chat that is about a channel. The rights are those in the channel, asked for each time."""
        chat = Chat(id=channel, type="channel")
        origin = Origin(chat, Address(PLATFORM, channel), "channel", press.from_)
        is_allowed = isinstance(question, Command) and (question.name in COMMANDS or question.name == "language")
        if press.message is None or not is_allowed or not (await rights_of(self.client, origin)).is_admin:
            return [_alert(press, admins_only(self._language(origin)))]
        reply = await self._reply(origin, question, update_id, is_new_message=False)
        if reply is None:
            return [_acknowledge(press)]
        answer = rendered(reply, about_channel(channel))
        of_it = {"chat_id": press.message.chat.id, "message_id": press.message.message_id}
        again = Call("sendMessage", {"chat_id": press.message.chat.id}, answer)
        return [_acknowledge(press), Call("editMessageText", of_it, answer, fallback=again)]

    def _is_old_panel(self, press: Press, question: Question) -> bool:
        """Whether the button stands in an admins' panel that may show settings which no longer hold."""
        message = press.message
        if message is None or not isinstance(question, Command) or question.name not in _PANEL_COMMANDS:
            return False
        return self.now() - max(message.date or 0, message.edit_date or 0) > PANEL_SECONDS

    async def _may_edit(self, press: Press, question: Question, origin: Origin) -> bool:
        """Whether the answer may change for everybody: whoever asked may do that, and admins, whose rights commands ask for."""
        replied = press.message.reply_to_message if press.message else None
        if replied is not None and replied.from_ is not None and replied.from_.id == press.from_.id:
            return True
        try:
            return isinstance(question, Command) or (await rights_of(self.client, origin)).is_admin
        except TelegramError:
            return False

    def _question_of_press(self, press: Press) -> Question | None:
        """None for a button of an older dossier, and for a forged one."""
        _, data = channel_in((press.data or "").removeprefix(NEW_MESSAGE))
        return from_token(data, self.conversation.live.dossier) if data else None

    def _answer_to_press(self, origin: Origin, press: Press, reply: Reply) -> Call | None:
        """An edit of the message with the button; a new message if that one must stay or is gone."""
        message, answer = press.message, rendered(reply)
        if message is None:
            inline_id = press.inline_message_id
            return Call("editMessageText", {"inline_message_id": inline_id}, answer) if inline_id else None
        is_edit = message.is_accessible and not (press.data or "").startswith(NEW_MESSAGE)
        edited = {"chat_id": message.chat.id, "message_id": message.message_id}
        if reply.picture_topic is not None:
            text = rendered(self.conversation.dossier_reply(AboutTopic(reply.picture_topic), reply.language))
            new_text = Call("sendMessage", destination(origin.address), text)
            if not is_edit:
                return Call("sendPhoto", destination(origin.address), answer, new_text, picture_of=reply)
            edit_text = Call("editMessageText", edited, text, fallback=new_text)
            return Call("editMessageMedia", edited, answer, edit_text, picture_of=reply)
        new_message = Call("sendMessage", destination(origin.address), answer)
        if not is_edit:
            return new_message
        if message.photo:  # a photo cannot become text
            return replace(new_message, then=Call("deleteMessage", edited))
        return Call("editMessageText", edited, answer, fallback=new_message)

    def _answer_inline_query(self, query: InlineQuery, origin: Origin) -> Call:
        """Topics as articles; none for a user who asks too fast."""
        language = self._language(origin)
        is_admitted = self.conversation.user_limiter.admit(origin.rate_limit_key) is RateLimitResult.ANSWER
        text = query.query.strip()
        reply = self.conversation.dossier_reply(FreeText(text), language) if is_admitted and text else None
        topics = self._inline_topics(text, reply, language)[:INLINE_TOPICS] if is_admitted else []
        checked = [self._checked(text, reply)] if reply and reply.verdict and not reply.unanswered else []
        parameters = {
            "inline_query_id": query.id,
            "results": [*checked, *(self._article(topic, language) for topic in topics)][:INLINE_TOPICS],
            "cache_time": INLINE_CACHE_SECONDS,
            "is_personal": True,
        }
        if is_admitted and not parameters["results"]:
            label = phrases_in(language).say("Open Nota")
            parameters["button"] = {"text": label, "start_parameter": HELP}
        return Call("answerInlineQuery", parameters)

    def _inline_topics(self, text: str, reply: Reply | None, language: Language) -> list[Topic]:
        """The topics of the answer first, then those whose title or commands have a word that begins with the text."""
        dossier = self.conversation.live.dossier
        if reply is None:
            return [topic for topic in dossier.topics.values() if not topic.is_program]
        command = topic_of_command(dossier, text.removeprefix("/"))
        ids = [command, reply.topic, *reply.suggestions, *_topics_with_prefix(dossier, text.lower(), language)]
        return [dossier.topics[each] for each in dict.fromkeys(ids) if each is not None and each in dossier.topics]

    def _article(self, topic: Topic, language: Language) -> dict[str, Any]:
        question = AboutTopic(topic.id)
        summary = DossierTexts(self.conversation.live.dossier, language).line(topic.summary[language])
        return _inline_article(question, self.conversation.dossier_reply(question, language), summary)

    def _checked(self, text: str, reply: Reply) -> dict[str, Any]:
        """The article that says whether a claim is so."""
        return _inline_article(FreeText(text), reply, text)

    async def _answer_membership_change(self, change: MembershipChange, origin: Origin, update_id: int) -> list[Call]:
        """The chat's settings are suspended or restored, and it is greeted if a greeting is due."""
        member = change.new_chat_member
        if member.status not in _MEMBER_STATUSES or member.is_member is False:  # a restricted member may have left
            await self.conversation.on_left(origin.address, "blocked" if origin.kind == "private" else "left")
            return []
        greeting = await self.conversation.on_joined(
            origin.address, origin.kind, change.chat.title or "", origin.language_tag, self._cause(update_id)
        )
        told = {"chat_id": change.from_.id}
        if change.lost_rights and not change.from_.is_bot:
            notice = lost_rights(self._language(origin), change.chat.title or "", change.lost_rights)
            return [Call("sendMessage", told, rendered(notice))]
        if greeting is None or (origin.kind == "channel" and change.from_.is_bot):
            return []
        if origin.kind == "channel":  # whoever added the bot sets it up in private, so that readers see no panel
            panel = channel_panel(self._language(origin), change.chat.title or "", self.conversation.live.dossier)
            return [Call("sendMessage", told, rendered(panel, about_channel(change.chat.id)))]
        return [Call("sendMessage", destination(origin.address), rendered(greeting))]

    async def _reply(self, origin: Origin, question: Question, update_id: int, *, is_new_message: bool) -> Reply | None:
        """The reply; None if none is sent.

        ``is_new_message``: whether the reply is a message of its own, which counts against a group's limit; edits do not.

        Raises:
            Any of DATABASE_AWAY: the question needs the database, which is away.
        """
        message = self._asked(origin, question, update_id, is_new_message=is_new_message)
        return await self.conversation.reply(message)

    async def _correction(self, message: Message, origin: Origin, update_id: int) -> Reply | None:
        """The reply to a message forwarded in a group, unasked; None if none is sent."""
        rumour = forwarded_rumour(message, self.me) if origin.kind == "group" else None
        if rumour is None:
            return None
        return await self.conversation.correction(self._asked(origin, rumour, update_id, is_new_message=True))

    def _asked(
        self, origin: Origin, question: Question, update_id: int, *, is_new_message: bool
    ) -> ConversationMessage:
        async def is_admin() -> bool:
            return (await rights_of(self.client, origin)).is_admin

        async def is_anonymous() -> bool:
            return (await rights_of(self.client, origin)).is_anonymous

        return ConversationMessage(
            origin.address,
            origin.kind,
            question,
            origin.language_tag,
            is_admin,
            origin.chat.title or "",
            is_anonymous=is_anonymous,
            asker=f"{PLATFORM}:{origin.user.id}" if origin.user else None,
            asker_name=origin.user_name,
            cause=self._cause(update_id),
            rate_limit_key=origin.rate_limit_key,
            is_limited_group=is_new_message and origin.kind == "group",
            is_redelivered=True,
            sees_forwards=origin.kind == "group",
        )

    def _cause(self, update_id: int) -> str:
        """Names the update; the same each time Telegram delivers it."""
        return f"{PLATFORM}:{self.me.id}:{update_id}"

    def _language(self, origin: Origin) -> Language:
        return self.conversation.language(origin.address, origin.language_tag)


def _inline_article(question: Question, reply: Reply, description: str) -> dict[str, Any]:
    """An InlineQueryResultArticle (core.telegram.org/bots/api#inlinequeryresultarticle)."""
    message = rendered(reply).parameters
    content = {"message_text": message["text"]} | {key: message[key] for key in ("parse_mode", "link_preview_options")}
    article = {
        "type": "article",
        "id": token(question),
        "title": reply.heading,
        "description": description,
        "input_message_content": content,
    }
    return article | {key: message[key] for key in ("reply_markup",) if key in message}


def _react(message: Message, emoji: str) -> Call:
    """A reaction in place of a message (#setmessagereaction): in a group a line of small talk would disturb everybody."""
    reaction = [ReactionTypeEmoji(emoji)]
    of_it = {"chat_id": message.chat.id, "message_id": message.message_id}
    return Call("setMessageReaction", {**of_it, "reaction": reaction})


def _acknowledge(press: Press, url: str | None = None) -> Call:
    return Call("answerCallbackQuery", {"callback_query_id": press.id} | ({"url": url} if url else {}))


def _alert(press: Press, reply: Reply, *, is_modal: bool = True) -> Call:
    parameters = {"callback_query_id": press.id, "text": alert_text(reply), "show_alert": is_modal}
    return Call("answerCallbackQuery", parameters)


def _without_rating(press: Press) -> list[Call]:
    """Takes the buttons that rate the answer away, so that it is rated once."""
    message = press.message
    if message is None or message.reply_markup is None or not message.is_accessible:
        return []
    rows = [
        [button for button in row if not is_rating(str(button.get("callback_data", "")))]
        for row in message.reply_markup.inline_keyboard
    ]
    keyboard = {"inline_keyboard": [row for row in rows if row]}
    of_it = {"chat_id": message.chat.id, "message_id": message.message_id}
    return [Call("editMessageReplyMarkup", {**of_it, "reply_markup": keyboard})]


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

    In groups and channels, a command with another bot's name is that bot's; one without a name is ours if ``is_command``.
    In groups, a text is for us if it mentions us or replies to us (core.telegram.org/bots/features#privacy-mode); our name
    alone asks for help, or, in a reply to somebody else's message, whether that is so. A channel's text is for its readers. A
    forwarded message is never a command: whoever forwards it asks whether it is so, or what it asks.
    """
    full_text = message.text or message.caption
    if full_text is None or _is_by_a_bot(message, me):
        return None
    text = full_text[:MAX_QUESTION_CHARACTERS].strip()
    replied = message.reply_to_message
    replies_to_us = replied is not None and replied.from_ is not None and replied.from_.id == me.id
    if replies_to_us and not message.is_forwarded and (asked := _asked_by_reply(replied, text, kind)):
        return asked
    command = _COMMAND.fullmatch(text)
    if command and not message.is_forwarded:
        name, bot, argument = command[1].lower(), command[2], (command[3] or "").strip()
        if kind != "private" and not (bot.lower() == me.username.lower() if bot else is_command(name)):
            return None
        if name == DRAFT:
            return Command(name, argument)
        return Command(name, argument.replace("\n", " ") or (_heard(message, me) if name in CHECK_NAMES else ""))
    mention = re.compile(rf"@{re.escape(me.username)}\b", re.IGNORECASE)
    mentions_us = mention.search(text) is not None
    if kind == "channel" or (kind == "group" and not (mentions_us or replies_to_us)):
        return None
    question = mention.sub("", text).strip()
    heard = _heard(message, me)
    if heard and asks_of_another(question):
        return Rumour(heard)
    if not question:
        return AboutTopic(HELP) if mentions_us else None
    return Rumour(question) if message.is_forwarded else parse_question(question)


def _asked_by_reply(replied: RepliedMessage | None, text: str, kind: Kind) -> Command | None:
    """What a reply to a message of ours that asked for something says: the next part of a draft, or a city. None: neither."""
    shown = (replied.text if replied else None) or ""
    is_command = _COMMAND.fullmatch(text) is not None
    if kind == "private" and (not is_command or text == CANCEL):
        draft = continued(shown, text)
        if draft is not None:
            return Command(DRAFT, draft)
    if shown.startswith(ZONE_EMOJI) and not is_command and kind != "channel":
        return Command("settings", f"zone {text}")
    return None


def forwarded_rumour(message: Message, me: Me) -> Rumour | None:
    """What a forwarded message says; None if it has no text, or passes on what a bot wrote."""
    text = message.text or message.caption
    author = (message.forward_origin or {}).get("sender_user") or {}
    if not message.is_forwarded or not text or author.get("is_bot") or _is_by_a_bot(message, me):
        return None
    return Rumour(text[:MAX_QUESTION_CHARACTERS].strip())


def _heard(message: Message, me: Me) -> str:
    """The text that the message replies to, if somebody else wrote it."""
    replied = message.reply_to_message
    if replied is None or (replied.from_ is not None and replied.from_.id == me.id):
        return ""
    return (replied.text or replied.caption or "")[:MAX_QUESTION_CHARACTERS].strip()


def _is_by_a_bot(message: Message, me: Me) -> bool:
    """Another bot's message, one sent through us in inline mode, or a channel's post copied into its discussion group."""
    is_bot = message.from_ is not None and message.from_.is_bot and message.sender_chat is None
    is_own = message.via_bot is not None and message.via_bot.id == me.id
    return is_bot or is_own or message.is_automatic_forward


@dataclass(frozen=True, slots=True)
class Rights:
    """``is_anonymous``: an admin whom the chat does not name."""

    is_admin: bool
    is_anonymous: bool = False


async def rights_of(client: Client, origin: Origin) -> Rights:
    """What the user may do in the chat, as Telegram says now.

    In a private chat everyone is an admin. Who writes in the chat's own name is its channel or an anonymous admin
    (core.telegram.org/bots/api#message, ``sender_chat``); who writes in another chat's name has no rights. A press names the
    account of an anonymous admin all the same (#chatmemberadministrator, ``is_anonymous``).

    Raises:
        TelegramError: Telegram cannot be reached.
    """
    if origin.chat.type == "private":
        return Rights(is_admin=True)
    if origin.sender_chat is not None:
        is_own = origin.sender_chat.id == origin.chat.id
        return Rights(is_admin=is_own, is_anonymous=is_own)
    member = await _member(client, origin.chat.id, origin.user.id) if origin.user else None
    if member is None or member.status not in ADMIN_STATUSES:
        return Rights(is_admin=False)
    return Rights(is_admin=True, is_anonymous=getattr(member, "is_anonymous", False))


async def is_admin(client: Client, chat_id: int, user_id: int) -> bool:
    """Whether the user is an admin of the chat; in a private chat, whether it is the user's own.

    Raises:
        TelegramError: Telegram cannot be reached.
    """
    if chat_id > 0:
        return chat_id == user_id
    member = await _member(client, chat_id, user_id)
    return member is not None and member.status in ADMIN_STATUSES


async def _member(client: Client, chat_id: int, user_id: int) -> ChatMember | None:
    """The member; None if Telegram refuses to say, or if its answer cannot be read.

    ``getChatMember`` is only guaranteed to work if the bot is an admin of the chat; ``getChatAdministrators`` always works.
    """
    try:
        return await client.query(client.bot.get_chat_member, chat_id, user_id)
    except Forbidden:
        return None
    except (BadRequest, InvalidResponse):
        pass
    try:
        admins = await client.query(client.bot.get_chat_administrators, chat_id)
    except (BadRequest, Forbidden, InvalidResponse):
        return None
    return next((admin for admin in admins if admin.user.id == user_id), None)
