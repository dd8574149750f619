"""Update → the calls that answer it. The update queue makes the calls; the only requests from here are for a user's rights."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from time import monotonic, time
from zlib import crc32

import structlog
from telegram import ChatMember
from telegram.error import TelegramError

from bot.commands import LANGUAGE, OWN, SETTINGS, SUBSCRIBE, TELL_ME
from bot.conversation import Conversation
from bot.dossier.models import Language
from bot.message import EDITED_SECONDS, Asker, Chat, Message
from bot.platforms.telegram.answer_visibility import (
    GROUP_BURST,
    GROUP_PER_SECOND,
    SEEN,
    EphemeralRefusals,
    copy_for,
    to_asker_alone,
    to_ephemeral_command,
    to_ephemeral_press,
    to_private_chat,
)
from bot.platforms.telegram.api import TelegramClient
from bot.platforms.telegram.inline import guest_answer, inline_answer
from bot.platforms.telegram.questions import channel_of, question_of, unasked_claim
from bot.platforms.telegram.render import (
    NEW_MESSAGE,
    Call,
    about_channel,
    acknowledgement,
    alert,
    channel_in,
    destination,
    new_message,
    private_chat,
    reaction,
    rendered,
    reply_to,
    same_message,
    start_link,
    start_parameter,
    with_channel_button,
)
from bot.platforms.telegram.rights import ADMIN_STATUSES, ChatRights
from bot.platforms.telegram.types import (
    PLATFORM,
    GuestMessage,
    InlineQuery,
    Me,
    MembershipChange,
    Origin,
    Press,
    PressedMessage,
    TelegramChat,
    TelegramMessage,
    Update,
    address_at,
    kind_of,
)
from bot.reader import Audience, ChatKind
from bot.replies.i18n import phrases_in
from bot.replies.listings import is_about_dossier, is_known, own_command
from bot.replies.notices import (
    LostRights,
    about,
    busy_group,
    channel_panel,
    choose_channel,
    lost_rights,
    not_your_answer,
    not_your_channel,
    old_panel,
    outdated_button,
)
from bot.replies.question import AboutTopic, Chosen, Command, Question, Rate, Whole, from_token, is_rating
from bot.replies.reply import Reply
from bot.subscriptions.settings_panel import CHANNELS, CHAT_SETTINGS, PANEL_SECONDS
from bot.user_rate_limit import RateLimitResult, UserRateLimiter

log = structlog.get_logger("bot.telegram")

_MEMBER_STATUSES = ADMIN_STATUSES | {ChatMember.MEMBER, ChatMember.RESTRICTED}

_RIGHTS = {
    "can_send_messages": "send messages",
    "can_send_photos": "send pictures",
    "can_post_messages": "post messages",
}

_MORE_SETTINGS: dict[ChatKind, tuple[str, ...]] = {"group": tuple(CHAT_SETTINGS), "private": (CHANNELS.argument,)}
"""The additional settings by kind of chat."""


@dataclass(slots=True)
class Handlers:
    """Answers updates."""

    conversation: Conversation
    client: TelegramClient
    me: Me
    now: Callable[[], float] = time
    """The clock of Telegram's dates, in seconds since 1970."""
    refusals: EphemeralRefusals = field(default_factory=lambda: EphemeralRefusals(monotonic))
    group_limiter: UserRateLimiter = field(
        default_factory=lambda: UserRateLimiter(monotonic, GROUP_BURST, GROUP_PER_SECOND)
    )
    """Counts the messages that everybody in a group sees, and the reactions to one person's questions beyond that person's limit."""
    rights: ChatRights = field(init=False)

    def __post_init__(self) -> None:
        self.rights = ChatRights(self.client, monotonic)

    async def calls(self, update: Update, origin: Origin) -> list[Call]:
        """The calls that answer an update, of which the first may be a webhook's response. After an error, which is logged, there are none."""
        try:
            if self.conversation.store.readers.is_suspended(origin.address) and self._is_from_member_chat(update):
                await self.conversation.membership.restore(origin.address)
            calls = await self._answer(update, origin._replace(update_id=update.update_id))
            if new := self.rights.moved.pop(origin.chat.id, None):  # what was stored moves, too
                await self.conversation.membership.moved(PLATFORM, str(origin.chat.id), str(new))
                there = {"chat_id": new}
                calls = [
                    each._replace(parameters=each.parameters | (there if "chat_id" in each.parameters else {}))
                    for each in calls
                ]
        except Exception:
            log.exception("an update was not handled", update_id=update.update_id)
            return []
        return calls

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
            return await self._answer_message(message, origin)
        if update.edited_message:
            return await self._answer_edited(update.edited_message, origin)
        if update.callback_query:
            return await self._answer_press(update.callback_query, origin)
        if update.inline_query:
            return [await self._answer_inline_query(update.inline_query, origin)]
        if update.guest_message:
            return await self._answer_guest(update.guest_message, origin)
        if update.my_chat_member:
            return await self._answer_membership_change(update.my_chat_member, origin)
        return []

    async def _answer_message(self, message: TelegramMessage, origin: Origin) -> list[Call]:
        if message.is_migration:
            old, new = message.migrate_from_chat_id or message.chat.id, message.migrate_to_chat_id or message.chat.id
            await self.conversation.membership.moved(PLATFORM, str(old), str(new))
            return []
        if message.chat_shared is not None and origin.kind == "private":
            shared = message.chat_shared
            return await self._show_channel(origin, Command(SETTINGS), shared.chat_id, shared.title or "")
        question = question_of(message, origin.kind, self.me, self._is_command)
        if question is None:
            reply = await self._correction(message, origin)
            return await self._send(message, origin, None, reply) if reply else []
        replied = message.reply_to_message
        channel = channel_of(replied) if replied is not None and origin.kind == "private" else None
        if channel is not None and _is_for_channels(question):
            return await self._show_channel(origin, question, channel)
        album = message.media_group_id  # all its pictures get one answer, and none behind a caption
        if album and self._is_known(f"album:{album}"[:48]) and not message.words:
            return []
        kept = self.conversation.kept_reply(PLATFORM, origin.rate_limit_key, question, self._language(origin))
        if kept is None and origin.kind == "private" and question == CHANNELS:
            return [self._ask_for_channel(origin)]
        reply = kept or await self.conversation.reply(self._message_for(origin, question))
        if reply is None:  # of a question: the sender asks too often, and was told so; a flood gets few reactions
            is_seen = self._is_answer(question) and origin.kind != "channel"
            key = f"{origin.rate_limit_key}:seen"
            return [reaction(message, SEEN)] if is_seen and self.group_limiter.try_take(key) else []
        if message.words:  # so that only another text of the same message is answered
            self.conversation.store.answered.add(_text_key(message))
        return await self._send(message, origin, question, reply)

    async def _answer_edited(self, message: TelegramMessage, origin: Origin) -> list[Call]:
        """Answers a question whose text was edited, below the message. Commands that change the chat are not repeated.

        Other changes, such as a reaction, may look like edits (github.com/tdlib/telegram-bot-api/issues/388), so answered texts are remembered.
        """
        is_recent = self.now() - (message.date or 0) <= EDITED_SECONDS
        question = question_of(message, origin.kind, self.me, self._is_command) if message.words else None
        if question is None or not is_recent or not self._is_answer(question):
            return []
        if self._is_known(_text_key(message)):
            return []
        reply = await self.conversation.reply(self._message_for(origin, question))
        return await self._send(message, origin, question, reply, is_reply=True) if reply else []

    def _is_known(self, key: str) -> bool:
        """Whether this or another process has noted the key before; notes it."""
        answered = self.conversation.store.answered
        is_known = answered.includes(key)
        if not is_known:
            answered.add(key)
        return is_known

    async def _send(
        self,
        message: TelegramMessage,
        origin: Origin,
        question: Question | None,
        reply: Reply,
        *,
        is_reply: bool = False,
    ) -> list[Call]:
        """The call that sends the reply. In a group it always replies to the message, in a private chat if ``is_reply``.

        A private reply whose button only the asker may press comes in the private chat.
        """
        if origin.kind == "group" or (origin.kind == "channel" and reply.private and reply.buttons):
            return await self._answer_in_group(message, origin, question, reply)
        parameters = destination(origin.address) | (reply_to(message.message_id) if is_reply else {})
        # A channel's buttons lead to the private chat, so that no reader changes the post for all others.
        is_answer = origin.kind == "channel" and question is not None and self._is_answer(question)
        target = private_chat(self.me.username) if is_answer else same_message
        return [Call("sendMessage", parameters, rendered(reply, target))]

    async def _answer_in_group(
        self, message: TelegramMessage, origin: Origin, question: Question | None, reply: Reply
    ) -> list[Call]:
        """The calls that answer in a group: for everybody, unless the question was ephemeral or the group's admins have chosen otherwise.

        Public messages count for the group's limit. Beyond the limit only admins' commands are answered.
        """
        if message.ephemeral_message_id is not None:
            return [to_ephemeral_command(message, origin, reply, self.me.username)]
        if reply.reaction:  # a message of small talk would disturb everybody
            return [reaction(message, reply.reaction)]
        parameters = destination(origin.address) | reply_to(message.message_id, is_needed=question is None)
        if message.direct_messages_topic_id is not None:  # a channel's direct messages are one chat of many people
            parameters["direct_messages_topic_id"] = message.direct_messages_topic_id
        shown = self._shown_to_all(origin, question, reply)
        public = Call("sendMessage", parameters, rendered(shown))
        is_answer = question is not None and self._is_answer(question)
        audience = self._audience(origin) if is_answer and _is_person(origin) else "everybody"
        if reply.private and reply.buttons:  # which nobody else may press
            audience = "private"
        if audience == "private":
            return [to_private_chat(public, shown, message, origin, reply, self.me.username, self._within_limit)]
        if audience == "asker" and not self.refusals.includes(origin.chat.id):
            return [to_asker_alone(public, origin, reply, self.refusals, self._within_limit)]
        if self.group_limiter.try_take(_group_key(origin)):
            return [public]
        if question is None:  # nobody asked
            return []
        if not is_answer and await self._is_admin(origin):
            return [public]
        return [self._within_limit(public, origin) or reaction(message, SEEN)]

    def _within_limit(self, public: Call, origin: Origin) -> Call | None:
        """The call that the group's limit allows: the message, a notice in its place, or None."""
        match self.group_limiter.admit(_group_key(origin)):
            case RateLimitResult.ANSWER:
                return public
            case RateLimitResult.NOTICE:
                return public._replace(rendered=rendered(self._busy(origin)))
            case RateLimitResult.SILENCE:
                return None

    def _busy(self, origin: Origin) -> Reply:
        return busy_group(self._language(origin), start_link(self.me.username))

    async def _is_admin(self, origin: Origin) -> bool:
        try:
            return (await self.rights.of(origin)).is_admin
        except TelegramError:
            return False

    def _audience(self, origin: Origin) -> Audience:
        return self.conversation.store.readers.of_group(origin.address).audience or "everybody"

    async def _answer_guest(self, message: GuestMessage, origin: Origin) -> list[Call]:
        """Answers a mention in a chat of which the bot is not a member (#answerguestquery). It never changes stored data."""
        question = question_of(message, kind_of(message.chat), self.me, self._is_command)
        if question is None or message.guest_query_id is None:
            return []
        asked = self._message_for(origin._replace(kind="group"), question, is_guest=True)
        reply = await self.conversation.reply(asked)
        # no question: the greeting of a group offers what this chat cannot have
        shown = reply and self.conversation.shown_to_all(reply, None, origin.address, "group")
        return [guest_answer(message.guest_query_id, question, shown, self.me.username)] if shown else []

    async def _answer_inline_query(self, query: InlineQuery, origin: Origin) -> Call:
        """Answers an inline query. Each letter is a query, so that these have a limit of their own, apart from questions in the chat."""
        is_admitted = self.conversation.user_limiter.try_take(f"{origin.rate_limit_key}:inline")
        language = self._language(origin)
        await self.conversation.live.build_index()
        return inline_answer(query, self.conversation, language, self.me.username, is_admitted=is_admitted)

    def _is_command(self, name: str) -> bool:
        return is_known(self.conversation.live.dossier, name)

    def _is_answer(self, question: Question) -> bool:
        return is_about_dossier(self.conversation.live.dossier, question)

    async def _answer_press(self, press: Press, origin: Origin) -> list[Call]:
        """Answers a press by an edit of the message with the button, if the user may change it for everybody.

        A press below an inline message, or by a channel's reader, opens the private chat.
        """
        question = self._question_of_press(press)
        if question is None:
            return [alert(press.id, outdated_button(self._language(origin)))]
        if press.message is None:  # an inline message, in a chat that the bot does not know
            return [acknowledgement(press.id, start_link(self.me.username, question))]
        channel, _ = channel_in(press.data or "")
        if channel is not None:
            return await self._answer_about_channel(press, press.message, question, channel, origin)
        if origin.kind == "private" and question == CHANNELS:
            return [acknowledgement(press.id), self._ask_for_channel(origin)]
        if origin.kind != "private" and self._is_old_panel(press, question):
            return [alert(press.id, old_panel(self._language(origin)))]
        asked = self.conversation.awaited.quoted(press.message.text or "")
        reply = await self.conversation.reply(self._message_for(origin, question, asked=asked))
        if reply is None:
            return [acknowledgement(press.id)]
        if isinstance(question, Rate):
            return [alert(press.id, reply, is_modal=False), *_without_rating(press)]
        if reply.private:
            return [alert(press.id, reply)]
        return await self._show_answer(press, press.message, question, origin, reply)

    async def _show_answer(
        self, press: Press, message: PressedMessage, question: Question, origin: Origin, reply: Reply
    ) -> list[Call]:
        if message.ephemeral_message_id is not None:
            return self._answer_ephemeral_press(press, message, question, origin, reply)
        if isinstance(question, Whole):
            return [self._show_whole(press, message, question, origin, reply)]
        is_new_message = (press.data or "").startswith(NEW_MESSAGE)
        is_edit = origin.kind == "channel" or (origin.kind == "group" and not is_new_message)
        if is_edit and not (_answers(message, press) or await self._is_admin(origin)):
            return [self._answer_for_another(press, question, origin, reply)]
        if origin.kind == "group" and is_new_message and not self.group_limiter.try_take(_group_key(origin)):
            return [alert(press.id, self._busy(origin))]
        shown = self._shown_to_all(origin, question, reply)
        return [acknowledgement(press.id), self._answer_to_press(origin, message, press, shown)]

    def _show_whole(
        self, press: Press, message: PressedMessage, question: Question, origin: Origin, reply: Reply
    ) -> Call:
        """Shows the whole of a short answer to the presser alone; if Telegram refuses that, in its place if it answers the presser."""
        if not _answers(message, press):
            return copy_for(press, origin, reply, acknowledgement(press.id, start_link(self.me.username, question)))
        in_place = self._answer_to_press(origin, message, press, reply)
        return copy_for(press, origin, reply, in_place._replace(then=acknowledgement(press.id)))

    def _shown_to_all(self, origin: Origin, question: Question | None, reply: Reply) -> Reply:
        return self.conversation.shown_to_all(reply, question, origin.address, origin.kind)

    def _answer_ephemeral_press(
        self, press: Press, message: TelegramMessage, question: Question, origin: Origin, reply: Reply
    ) -> list[Call]:
        """The reply stays ephemeral; that the chat subscribes is public; a picture is shown in the private chat."""
        if reply.picture_topic is not None:
            return [acknowledgement(press.id, start_link(self.me.username, question))]
        own = own_command(self.conversation.live.dossier, question.name) if isinstance(question, Command) else None
        if own is not None and own.about != "dossier" and not own.is_for_asker_alone:
            self.group_limiter.try_take(_group_key(origin))
            return [acknowledgement(press.id), Call("sendMessage", destination(origin.address), rendered(reply))]
        return [to_ephemeral_press(press, message, origin, reply)]

    def _answer_for_another(self, press: Press, question: Question, origin: Origin, reply: Reply) -> Call:
        """The reply to a press below an answer that must not change: another person's, or a channel's."""
        is_unseen = isinstance(question, Chosen) or (self._audience(origin) == "asker" and reply.picture_topic is None)
        if origin.kind == "group" and is_unseen:
            return copy_for(press, origin, reply, alert(press.id, not_your_answer(reply.language)))
        if origin.kind == "channel" or start_parameter(question):
            return acknowledgement(press.id, start_link(self.me.username, question))
        return alert(press.id, not_your_answer(self._language(origin)))

    async def _answer_about_channel(
        self, press: Press, message: TelegramMessage, question: Question, channel: int, origin: Origin
    ) -> list[Call]:
        """A press in an admin's private chat that is about a channel."""
        reply = await self._reply_about_channel(origin, question, channel)
        if reply is None:
            return [acknowledgement(press.id)]
        if reply.private:
            return [alert(press.id, reply)]
        answer = rendered(reply, about_channel(channel))
        edited = {"chat_id": message.chat.id, "message_id": message.message_id}
        again = Call("sendMessage", {"chat_id": message.chat.id}, answer)
        return [acknowledgement(press.id), Call("editMessageText", edited, answer, fallback=again)]

    async def _show_channel(self, origin: Origin, question: Question, channel: int, title: str = "") -> list[Call]:
        """The panel of a channel, as a new message in its admin's private chat."""
        reply = await self._reply_about_channel(origin, question, channel, title)
        return (
            [Call("sendMessage", destination(origin.address), rendered(reply, about_channel(channel)))] if reply else []
        )

    async def _reply_about_channel(
        self, asked: Origin, question: Question, channel: int, title: str = ""
    ) -> Reply | None:
        """The reply about a channel, under its name. Telegram is asked each time whether the user is an admin of it.

        ``asked``: in the user's private chat. ``title``: the title of a channel that is not stored.
        """
        chat = TelegramChat(id=channel, type="channel")
        origin = asked._replace(chat=chat, address=address_at(channel), kind="channel", sender_chat=None)
        if not _is_for_channels(question) or not await self._is_admin(origin):
            return not_your_channel(self._language(asked))
        reader = await self.conversation.store.readers.get(origin.address)
        title = (reader.title if reader else "") or title
        origin = origin._replace(chat=TelegramChat(id=channel, type="channel", title=title or None))
        reply = await self.conversation.reply(self._message_for(origin, question))
        return reply if reply is None or reply.private else about(title, reply)

    def _ask_for_channel(self, origin: Origin) -> Call:
        """The call that asks an admin for the channel to set up."""
        reply = choose_channel(self._language(origin))
        return Call("sendMessage", destination(origin.address) | with_channel_button(reply))

    def _is_old_panel(self, press: Press, question: Question) -> bool:
        """Whether the button belongs to an admins' panel that is too old, so that it may show outdated settings."""
        message = press.message
        own = OWN.get(question.name) if isinstance(question, Command) else None
        if message is None or own is None or own.about != "settings" or own.name in (SUBSCRIBE, LANGUAGE):
            return False
        return self.now() - max(message.date or 0, message.edit_date or 0) > PANEL_SECONDS

    def _question_of_press(self, press: Press) -> Question | None:
        """The question of a button; None for a button of an older dossier and for a forged one."""
        _, data = channel_in((press.data or "").removeprefix(NEW_MESSAGE))
        question = from_token(data, self.conversation.live.dossier) if data else None
        shown = press.message.text if press.message else None
        if isinstance(question, Command) and question.name == TELL_ME and shown:
            return self.conversation.awaited.whole(question, shown)
        return question

    def _answer_to_press(self, origin: Origin, message: PressedMessage, press: Press, reply: Reply) -> Call:
        """An edit of the message with the button; a new message if the message must stay or is gone."""
        answer = rendered(reply)
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
            return new_message._replace(then=Call("deleteMessage", edited))
        return Call("editMessageText", edited, answer, fallback=new_message)

    async def _answer_membership_change(self, change: MembershipChange, origin: Origin) -> list[Call]:
        """Suspends or restores the chat's settings, and greets the chat if a greeting is due."""
        member = change.new_chat_member
        if member.status not in _MEMBER_STATUSES or member.is_member is False:  # a restricted member may have left
            await self.conversation.membership.left(origin.address, "blocked" if origin.kind == "private" else "left")
            return []
        chat = self._chat(origin)
        title, language = chat.title, chat.language
        greeting = await self.conversation.membership.joined(chat)
        self.refusals.forget(change.chat.id)
        admin_chat = {"chat_id": change.from_.id}
        if change.lost_rights and not change.from_.is_bot:
            names = [phrases_in(language).say(_RIGHTS[right]) for right in change.lost_rights]
            notice = lost_rights(language, [LostRights(title, names)])
            return [Call("sendMessage", admin_chat, rendered(notice))]
        if greeting is None or (origin.kind == "channel" and change.from_.is_bot):
            return []
        if origin.kind == "channel":  # its admin gets the panel in private, so that readers do not see it
            panel = channel_panel(language, title, self.conversation.live.dossier)
            return [Call("sendMessage", admin_chat, rendered(panel, about_channel(change.chat.id)))]
        return [Call("sendMessage", destination(origin.address), rendered(greeting, new_message))]

    async def _correction(self, message: TelegramMessage, origin: Origin) -> Reply | None:
        """The unasked reply to a message in a group; None if there is none, or the group may see no more now: what is not posted counts nowhere."""
        is_possible = origin.kind == "group" and self.group_limiter.has_room(_group_key(origin))
        claim = unasked_claim(message, self.me) if is_possible else None
        return await self.conversation.correction(self._message_for(origin, claim)) if claim else None

    def _message_for(self, origin: Origin, question: Question, *, is_guest: bool = False, asked: str = "") -> Message:
        asker = Asker(partial(self.rights.of, origin), origin.rate_limit_key, origin.user_name)
        return Message(self._chat(origin, is_guest=is_guest), asker, question, asked=asked)

    def _chat(self, origin: Origin, *, is_guest: bool = False) -> Chat:
        return Chat(
            origin.address,
            origin.kind,
            self._language(origin),
            origin.chat.title or "",
            self.cause(origin.update_id),
            more_settings=_MORE_SETTINGS.get(origin.kind, ()),
            is_guest=is_guest,
        )

    def cause(self, update_id: int) -> str:
        """The update's name, which is the same at each delivery."""
        return f"{PLATFORM}:{self.me.id}:{update_id}"

    def _language(self, origin: Origin) -> Language:
        return self.conversation.language(origin.address, origin.language_tag)


def _answers(message: PressedMessage, press: Press) -> bool:
    """Whether the message answers the person who presses its button."""
    replied = message.reply_to_message
    return replied is not None and replied.from_ is not None and replied.from_.id == press.from_.id


def _is_for_channels(question: Question) -> bool:
    """Whether admins can use the command about a channel in their private chat."""
    own = OWN.get(question.name) if isinstance(question, Command) else None
    return own is not None and own.about == "settings"


def _is_person(origin: Origin) -> bool:
    """Whether Telegram can show an answer to the asker alone: not to an anonymous admin, and not to a channel."""
    return origin.user is not None and not origin.user.is_bot and origin.sender_chat is None


def _group_key(origin: Origin) -> str:
    """The group's key in the rate limiter. The topics of a forum share the group's limit."""
    return f"{PLATFORM}:{origin.chat.id}"


def _text_key(message: TelegramMessage) -> str:
    """The name of a message with its text, in less than 48 bytes and without spaces (:mod:`bot.db.answered_updates`)."""
    return f"text:{message.chat.id}:{message.message_id}:{crc32(message.words.encode(errors='replace')):x}"


def _without_rating(press: Press) -> list[Call]:
    """Removes the buttons that rate the answer, so that it is rated once."""
    message = press.message
    if message is None or message.reply_markup is None or not message.is_accessible:
        return []
    shown = message.reply_markup.inline_keyboard
    rows = [[button for button in row if not is_rating(str(button.get("callback_data", "")))] for row in shown]
    keyboard = {"inline_keyboard": [row for row in rows if row]}
    message_ref = {"chat_id": message.chat.id, "message_id": message.message_id}
    return [Call("editMessageReplyMarkup", {**message_ref, "reply_markup": keyboard})]
