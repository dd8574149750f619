"""Interactions and typed messages → replies."""

import asyncio
from collections import OrderedDict
from dataclasses import dataclass, field
from functools import partial
from time import time

import structlog

from bot.chat_queue import MAX_PENDING, ChatQueue
from bot.commands import DRAFT, MISTAKE, TELL_ME
from bot.conversation import Conversation, log_incident
from bot.dossier.models import Dossier, Language
from bot.message import EDITED_SECONDS, Asker, Chat, Message, Refused, Rights
from bot.pictures.service import PictureService
from bot.platforms.discord.answer_visibility import is_for_asker_alone
from bot.platforms.discord.api import DiscordClient, HttpError, Sleep
from bot.platforms.discord.commands import suggestions
from bot.platforms.discord.forms import draft_form, form, form_of
from bot.platforms.discord.guilds import GuildCache
from bot.platforms.discord.limits import ANSWER_SECONDS
from bot.platforms.discord.outcomes import FAILURES
from bot.platforms.discord.questions import prefix_of, question_of, question_of_message
from bot.platforms.discord.refusals import (
    is_member,
    no_direct_messages,
    press_to_confirm,
    refusal,
    with_missing_permissions,
)
from bot.platforms.discord.render import (
    ANSWER_PREFIX,
    PONG,
    Callback,
    CallbackType,
    Mentions,
    answer_prefix,
    autocomplete_result,
    picture_for,
    render,
    render_message,
    render_update,
    unescape,
    with_picture,
)
from bot.platforms.discord.sender import made_at, send_now
from bot.platforms.discord.types import (
    EPHEMERAL,
    PLATFORM,
    ChannelType,
    DiscordMessage,
    Interaction,
    InteractionType,
    PressedMessage,
    address_at,
)
from bot.reader import Address, ChatKind
from bot.replies.listings import is_about_dossier, own_command
from bot.replies.notices import apology, outdated_button, try_again
from bot.replies.question import AboutTopic, Command, Question, Rate
from bot.replies.reply import Reply
from bot.subscriptions.settings_panel import LENGTH
from bot.user_rate_limit import UserRateLimiter

log = structlog.get_logger("bot.discord")

DEFER_SECONDS = ANSWER_SECONDS / 2
"""After this time an answer is deferred. The other half is for the way, and for a busy machine."""

DRAIN_SECONDS = 5.0
"""How long answers under way may take at shutdown."""

MAX_SEEN = 1000
"""The most ids of messages that are kept, to recognise messages that come twice after a resumed connection."""


NEW_EDIT_SECONDS = 120.0
"""An update that comes later than this after the last edit is no edit but another change, such as a pin."""


@dataclass(slots=True)
class InteractionHandler:
    """Answers interactions.

    Attributes:
        public_answers: limits the public answers of a channel; further answers are shown to the asker alone.
        client: opens direct messages with people who want an answer later.
        mentions: the registered commands, for mentions in replies.
        pictures: draws pictures; None: replies have none.
    """

    conversation: Conversation
    public_answers: UserRateLimiter
    client: DiscordClient
    mentions: Mentions = field(default_factory=Mentions)
    pictures: PictureService | None = None
    _late: ChatQueue = field(default_factory=partial(ChatQueue, max_running=MAX_PENDING))

    async def respond(self, interaction: Interaction) -> Callback:
        """The callback, in time. An answer that takes longer is deferred, and filled in when it is there.

        See interactions/receiving-and-responding#followup-messages. Who will see the answer is not known by then, and cannot be changed afterwards: it is shown to the asker alone.
        """
        if interaction.type == InteractionType.PING:
            return PONG
        if kept := self._kept(interaction):
            return kept
        answer = asyncio.create_task(self._answer(interaction))
        await asyncio.wait((answer,), timeout=DEFER_SECONDS)
        if answer.done() or interaction.type == InteractionType.AUTOCOMPLETE:
            return await answer
        await self._late.put(interaction.id, self._fill_in(interaction, answer))
        if interaction.message is not None:
            return Callback(CallbackType.DEFERRED_UPDATE)
        return Callback(CallbackType.DEFERRED_MESSAGE, {} if interaction.is_in_bot_dm else {"flags": EPHEMERAL})

    async def drain(self) -> None:
        """Fills in the deferred answers."""
        await self._late.drain(DRAIN_SECONDS)

    def _kept(self, interaction: Interaction) -> Callback | None:
        """The callback of a command that waits for nothing (:meth:`~bot.conversation.Conversation.kept_reply`); None: answer it."""
        question = self._question(interaction) if interaction.type == InteractionType.COMMAND else None
        if question is None or self.conversation.store.readers.is_suspended(_address(interaction)):
            return None
        account, language = f"{PLATFORM}:{interaction.asker_id}", self._language(interaction)
        reply = self.conversation.kept_reply(PLATFORM, account, question, language)
        if reply is None:
            return None
        dossier = self.conversation.live.dossier
        private = is_for_asker_alone(interaction, question, None, dossier, self.public_answers)
        shown = reply if private else self._shown_to_all(interaction, question, reply)
        return self._message_callback(shown, private=private)

    async def _fill_in(self, interaction: Interaction, answer: asyncio.Task[Callback]) -> None:
        callback = await answer
        if callback.type is CallbackType.MODAL:  # only a first answer opens a form
            callback = self._private(try_again(self._language(interaction)))
        await send_now(partial(self.client.fill_in, interaction, callback), asyncio.sleep)

    async def _answer(self, interaction: Interaction) -> Callback:
        """The callback. An error becomes an apology."""
        try:
            if is_member(interaction):
                await self.conversation.membership.restore(_address(interaction))
            return await self._respond(interaction)
        except Exception as error:
            incident = log_incident("an interaction failed", error, interaction=interaction.id)
            return self._private(apology(self._language(interaction), incident))

    async def _respond(self, interaction: Interaction) -> Callback:
        conversation, language = self.conversation, self._language(interaction)
        if interaction.type == InteractionType.AUTOCOMPLETE:
            option = interaction.data.focused
            typed = option.value if option and isinstance(option.value, str) else ""
            name = option.name if option else ""
            return autocomplete_result(suggestions(self.conversation.live.dossier, name, typed, language))
        question = self._question(interaction)
        if question is None:
            log.info("an interaction is outdated", interaction=interaction.id, type=interaction.type)
            return self._private(outdated_button(language))
        message = self._message(interaction, question, language)
        if opened := await self._form(interaction, message):
            return opened
        command = _chat_command(question, conversation.live.dossier)
        refusal_reply = refusal(interaction, question, command, language)
        reply = await conversation.reply(message, refusal_reply) or outdated_button(language)
        if refusal_reply is None:
            reply = with_missing_permissions(interaction, command, reply)
        if isinstance(question, Rate):
            return self._private(reply)  # the answer stays
        if reply.picture_topic is None:
            return self._callback(interaction, message, reply)
        text = conversation.dossier_reply(AboutTopic(reply.picture_topic), reply.language)
        fallback = self._callback(interaction, message, text)
        picture = await picture_for(self.pictures, interaction, reply) if self.pictures else None
        if picture is None:
            return fallback
        return with_picture(fallback, reply, picture, prefix_of(interaction), self.mentions.commands)

    async def _form(self, interaction: Interaction, message: Message) -> Callback | None:
        """The form that ``/draft`` or a button of the settings opens; None if there is none, or the asker may not use it.

        Discord does not accept a form as the answer to another form.
        """
        conversation, question, language = self.conversation, message.question, message.chat.language
        is_submitted = interaction.type == InteractionType.MODAL_SUBMIT
        if not is_submitted and await _is_draft(conversation, message):
            return draft_form(language)
        name = form_of(question) if interaction.type == InteractionType.COMPONENT else None
        if name is None or not interaction.may_manage or not is_member(interaction):
            return None
        current = await conversation.store.subscriptions.get(_address(interaction))
        return form(name, current, conversation.live.dossier, language, prefix_of(interaction)) if current else None

    def _question(self, interaction: Interaction) -> Question | None:
        question = question_of(interaction, self.conversation.live.dossier)
        if isinstance(question, Command) and question.name == TELL_ME and interaction.message:
            return self.conversation.awaited.whole(question, unescape(interaction.message.description))
        return question

    async def _open_direct_message(self, interaction: Interaction, language: Language) -> Chat:
        """Opens the asker's direct messages. Discord limits how many a bot may open at a time, for all people together.

        Raises:
            Refused: Discord does not open them, or not now.
        """
        try:
            channel_id = await self.client.direct_channel(interaction.asker_id)
        except FAILURES as error:
            log.info("no direct message could be opened", error=str(error))
            is_refused = isinstance(error, HttpError) and not error.may_pass
            raise Refused(no_direct_messages if is_refused else try_again) from None
        return Chat(address_at(channel_id), "private", language)

    def _callback(self, interaction: Interaction, message: Message, reply: Reply) -> Callback:
        """The callback with the reply. For a command it is a new message; for a component or its form it replaces the answer with the component.

        A private reply does not replace an answer that others can read, and a notice, which has no buttons, replaces nothing. Another person's answer
        and a bulletin are not replaced, either: the reply is then a new message that only the asker sees.
        """
        pressed, is_private = interaction.message, reply.private or message.is_private
        shown = reply if is_private else self._shown_to_all(interaction, message.question, reply)
        if pressed is None:
            return self._message_callback(shown, private=is_private)
        is_notice = reply.private and not reply.buttons
        if not is_notice and (pressed.is_private or (not is_private and _is_for_asker(interaction, pressed))):
            shown = reply if pressed.is_private else shown
            return render_update(shown, prefix_of(interaction), self.mentions.commands)
        return self._private(reply)

    def _shown_to_all(self, interaction: Interaction, question: Question, reply: Reply) -> Reply:
        return self.conversation.shown_to_all(reply, question, _address(interaction), _kind(interaction))

    def _private(self, reply: Reply) -> Callback:
        return self._message_callback(reply, private=True)

    def _message_callback(self, reply: Reply, *, private: bool) -> Callback:
        return render_message(reply, private=private, names=self.mentions.commands)

    def _language(self, interaction: Interaction) -> Language:
        own_first = not interaction.is_in_bot_dm
        return self.conversation.language(_address(interaction), self._locale(interaction), own_first=own_first)

    def _locale(self, interaction: Interaction) -> str | None:
        """The user's locale, else the server's; None if the dossier has neither language."""
        speaks = self.conversation.live.complete.speaks
        for locale in (interaction.locale, interaction.guild_locale):
            if locale and speaks(locale):
                return locale
        return None

    def _message(self, interaction: Interaction, question: Question, language: Language) -> Message:
        async def rights() -> Rights:
            return Rights(interaction.may_manage)

        chat = Chat(
            _address(interaction),
            _kind(interaction),
            language,
            (interaction.channel.name if interaction.channel else None) or "",
            f"{PLATFORM}:{interaction.id}",
            str(interaction.parent_id) if interaction.parent_id else None,
            more_settings=() if interaction.is_in_bot_dm else (LENGTH.name,),
            is_guest=not is_member(interaction),
        )
        asker = Asker(
            rights,
            f"{PLATFORM}:{interaction.asker_id}",
            interaction.asker_name,
            partial(self._open_direct_message, interaction, language),
        )
        dossier = self.conversation.live.dossier
        command = _chat_command(question, dossier)
        is_private = is_for_asker_alone(interaction, question, command, dossier, self.public_answers)
        pressed = interaction.message
        asked = self.conversation.awaited.quoted(unescape(pressed.description)) if pressed else ""
        return Message(chat, asker, question, is_interaction=True, is_private=is_private, asked=asked)


async def _is_draft(conversation: Conversation, message: Message) -> bool:
    """Whether an editor wants to begin a draft, for which a form opens."""
    question, dossier = message.question, conversation.live.dossier
    own = own_command(dossier, question.name) if isinstance(question, Command) else None
    return own is not None and own.name == DRAFT and await conversation.staff.is_editor(message)


def _address(interaction: Interaction) -> Address:
    """The address of the channel or thread, which is a channel of its own; 0, which no reader has, if Discord names none."""
    return address_at(interaction.channel_id or 0)


def _chat_command(question: Question, dossier: Dossier) -> Command | None:
    """The question if it is a command about the chat. A topic with the same command comes first."""
    own = own_command(dossier, question.name) if isinstance(question, Command) else None
    return question if isinstance(question, Command) and own and own.about in ("settings", "chat") else None


def _kind(interaction: Interaction) -> ChatKind:
    if interaction.is_in_bot_dm:
        return "private"
    is_announced = interaction.channel is not None and interaction.channel.type == ChannelType.ANNOUNCEMENT
    return "channel" if is_announced else "group"


def _is_for_asker(interaction: Interaction, pressed: PressedMessage) -> bool:
    """Whether the message answers the person who uses its component."""
    typed = ANSWER_PREFIX.match(interaction.data.custom_id)
    return interaction.asker_id == (int(typed[1]) if typed else pressed.asker_id)


def _is_new_edit(message: DiscordMessage) -> bool:
    """Whether a recent message was edited just now. Another change of it, such as a pin, keeps the time of the last edit."""
    now, edited = time(), message.edited_timestamp
    is_new = edited is not None and now - edited.timestamp() <= NEW_EDIT_SECONDS
    return is_new and now - made_at(message.id) <= EDITED_SECONDS


@dataclass(slots=True)
class _Answered:
    """An answered message. ``answer_id``: the id of the answer; None if there is none yet."""

    content: str
    answer_id: int | None = None


@dataclass(slots=True)
class MessageHandler:
    """Answers typed messages in the background, in order for each channel: each message once, and again after an edit."""

    client: DiscordClient
    conversation: Conversation
    public_answers: UserRateLimiter
    guilds: GuildCache
    mentions: Mentions = field(default_factory=Mentions)
    sleep: Sleep = asyncio.sleep
    _queue: ChatQueue = field(default_factory=ChatQueue)
    _seen: OrderedDict[int, _Answered] = field(default_factory=OrderedDict)

    async def handle(self, message: DiscordMessage, bot_id: int, *, is_edit: bool = False) -> None:
        """Answers a message. After an edit the answer is edited, too. Commands that change the chat are not repeated."""
        question = question_of_message(message, bot_id, self.guilds.get(message.guild_id).role_id)
        seen = self._seen.get(message.id)
        if question is None or (seen is not None and (not is_edit or seen.content == message.content)):
            return
        if is_edit and seen is None and not _is_new_edit(message):
            return
        if is_edit and not is_about_dossier(self.conversation.live.dossier, question):
            return
        seen = self._seen.setdefault(message.id, _Answered(message.content))
        seen.content = message.content
        if len(self._seen) > MAX_SEEN:
            self._seen.popitem(last=False)
        await self._queue.put(message.channel_id, self._answer(message, question, seen))

    async def drain(self) -> None:
        """Finishes the answers in progress."""
        await self._queue.drain(DRAIN_SECONDS)

    async def _answer(self, message: DiscordMessage, question: Question, seen: _Answered) -> None:
        await self.conversation.membership.restore(address_at(message.channel_id))
        reply = await self._reply(message, question)
        if reply is not None:
            await send_now(partial(self._send, message, reply, seen), self.sleep)

    async def _send(self, message: DiscordMessage, reply: Reply, seen: _Answered) -> None:
        """Sends the reply. In a server it replies to the question, which shows who asked. Nobody is pinged."""
        reply_to = None if message.guild_id is None else message.id
        payload = render(reply, answer_prefix(message.author.id), self.mentions.commands)
        if seen.answer_id is None:
            nonce, edited = f"a{message.id}", message.edited_timestamp
            seen.answer_id = await self.client.create(message.channel_id, payload, nonce, reply_to=reply_to)
            if edited is None or made_at(seen.answer_id) >= edited.timestamp():  # not an earlier process's answer
                return
        await self.client.edit(message.channel_id, seen.answer_id, payload)

    async def _reply(self, message: DiscordMessage, question: Question) -> Reply | None:
        is_direct, address = message.guild_id is None, address_at(message.channel_id)
        language = self.conversation.language(address, self._locale(message))

        async def rights() -> Rights:
            return Rights(is_admin=is_direct)

        own = own_command(self.conversation.live.dossier, question.name) if isinstance(question, Command) else None
        if own is not None and own.name == MISTAKE and not is_direct:
            # words that all can read are not passed on: the reply names the command to use
            question = Command(own.name)
        chat = Chat(address, "private" if is_direct else "group", language, cause=f"{PLATFORM}:{message.id}")
        asked = Message(chat, Asker(rights, f"{PLATFORM}:{message.author.id}", message.author_name), question)
        if is_direct:
            is_drafting = await _is_draft(self.conversation, asked)  # only a press opens a form
            confirm = press_to_confirm(Command(DRAFT), language) if is_drafting else None
            return await self.conversation.reply(asked, confirm)
        command = _chat_command(question, self.conversation.live.dossier)
        confirm = press_to_confirm(command, language) if command else None
        reply = await self.conversation.reply(asked, confirm)
        if reply is not None:
            # The answer counts for the limit, but is always sent: only an answer to an interaction can be private.
            self.public_answers.try_take(str(message.channel_id))
            reply = self.conversation.shown_to_all(reply, question, address, "group")
        return reply

    def _locale(self, message: DiscordMessage) -> str | None:
        """The server's locale if the dossier has its language. A message does not contain the author's locale."""
        locale = self.guilds.get(message.guild_id).locale
        return locale if locale and self.conversation.live.dossier.speaks(locale) else None
