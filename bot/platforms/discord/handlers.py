"""An interaction in, a callback out: the one handler of both modes."""

import asyncio
import re
from collections import OrderedDict, deque
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar

import structlog

from bot.chat_queue import ChatQueue
from bot.conversation import Conversation, Message, out_of_order, outdated, too_fast
from bot.conversation import Message as Asked
from bot.db.readers import Kind as ChatKind
from bot.dossier.markdown import Paragraph, Span
from bot.dossier.models import Dossier, Language, TopicId
from bot.logs import incident_of
from bot.pictures.service import PictureService
from bot.platforms.discord.api import Client, Sleep
from bot.platforms.discord.commands import (
    ABOUT_CHAT,
    BY_GUILD,
    IN_OUR_DM,
    IN_PRIVATE_CHANNEL,
    LANGUAGE,
    PRIVATE,
    PROGRAM,
    QUESTION,
    suggestions,
)
from bot.platforms.discord.guilds import FOR_BULLETINS, Guilds
from bot.platforms.discord.limits import ANSWER_SECONDS
from bot.platforms.discord.render import (
    ANSWERS,
    PONG,
    Call,
    Rendering,
    choices,
    is_usable,
    marked,
    picture_for,
    render,
    under_answer,
    with_picture,
)
from bot.platforms.discord.sender import posted
from bot.platforms.discord.types import (
    ADMINISTRATOR,
    DEFAULT,
    EMBED_LINKS,
    PLATFORM,
    REPLY,
    SEND_MESSAGES,
    SEND_MESSAGES_IN_THREADS,
    VIEW_CHANNEL,
    Data,
    DiscordMessage,
    Interaction,
    Kind,
    Me,
)
from bot.reader import Address
from bot.replies.i18n import phrases
from bot.replies.question import HELP, AboutTopic, Command, Question, from_token, read
from bot.replies.reply import Button, Reply
from bot.user_rate_limit import Admission, Throttle

_COMMAND = re.compile(r"</([^:>]+):\d+>")


_FORMATS = re.compile(r"<(?:@[!&]?|#|a?:\w+:|t:-?)\d+(?::\w)?>")
"""Names of people, roles and channels, emoji and times, as a message holds them (reference#message-formatting-formats)."""


def words_of(message: DiscordMessage, me: Me) -> Question | None:
    """What the message asks us; None where it asks nothing, or somebody else.

    In servers words are ours where they mention us or reply to us with a ping; who only mentions us is shown what can
    be asked. Where everybody is called, we are not meant.
    """
    if not is_for_us(message, me):
        return None
    words = _FORMATS.sub(" ", _COMMAND.sub(r"/\1", message.content)).strip()
    if not words:
        return AboutTopic(HELP) if _names(message.content, me) else None
    return read(words)


def is_for_us(message: DiscordMessage, me: Me) -> bool:
    """Whether a person wrote it, to us."""
    author = message.author
    if author.bot or author.system or author.id == me.user_id or message.webhook_id is not None:
        return False
    if message.type not in (DEFAULT, REPLY) or message.to_everyone:
        return False
    if message.guild_id is None:
        return True
    if any(user.id == me.user_id for user in message.mentions) or me.role_id in message.mention_roles:
        return True
    return _names(message.content, me)


def _names(content: str, me: Me) -> bool:
    return any(f"<@{sign}{me.user_id}>" in content for sign in ("", "!")) or f"<@&{me.role_id}>" in content


def refusal(interaction: Interaction, command: Command, language: Language) -> Reply | None:
    """The reply to a command about the whole chat that cannot be done; None where nothing stands in the way.

    Whether the asker may do it, the conversation decides.
    """
    if not _is_ours(interaction):
        return _not_here(language)
    missing = _missing(interaction)
    return _cannot_write(missing, language) if command.name == "subscribe" and missing else None


def _is_ours(interaction: Interaction) -> bool:
    """Whether we are in that chat, if it is said which; where Discord does not say who installed us, it is taken for granted."""
    if interaction.context == IN_PRIVATE_CHANNEL or interaction.channel_id is None:
        return False
    return interaction.guild_id is None or not interaction.owners or str(BY_GUILD) in interaction.owners


def _missing(interaction: Interaction) -> int:
    """The permissions that we lack to send bulletins there."""
    ours = interaction.permissions
    if interaction.guild_id is None or ours is None or ours & ADMINISTRATOR:
        return 0
    in_thread = interaction.channel is not None and interaction.channel.is_thread
    needless = SEND_MESSAGES if in_thread else SEND_MESSAGES_IN_THREADS
    return FOR_BULLETINS & ~needless & ~ours


def _not_here(language: Language) -> Reply:
    tongue = phrases(language)
    words = tongue.say(
        "You brought me along, but I am not a member here, so I can answer and nothing more. "
        "/about has the link with which somebody who manages this server can add me."
    )
    return _refused(language, "🚪", tongue.say("I am only visiting"), words)


def _cannot_write(missing: int, language: Language) -> Reply:
    tongue = phrases(language)
    names = {
        VIEW_CHANNEL: tongue.say("View Channel"),
        SEND_MESSAGES: tongue.say("Send Messages"),
        SEND_MESSAGES_IN_THREADS: tongue.say("Send Messages in Threads"),
        EMBED_LINKS: tongue.say("Embed Links"),
    }
    wanted = ", ".join(name for flag, name in names.items() if missing & flag)
    words = tongue.say(
        "Bulletins would not arrive: I lack permissions in this channel. Please allow me: {names}.", names=wanted
    )
    return _refused(language, "🔇", tongue.say("I cannot write here"), words)


def _refused(language: Language, emoji: str, title: str, words: str) -> Reply:
    return Reply(None, language, title, emoji, (Paragraph((Span(words),)),), private=True)


REMEMBERED = 1000
"""Messages that we know again when Discord brings them twice, as it may after a resumed connection."""


DRAIN_SECONDS = 5.0
"""How long answers under way may take once we are told to stop."""


@dataclass(slots=True)
class Bustle:
    """The last answers of each channel; ``clock`` gives seconds and never goes back."""

    clock: Callable[[], float]
    _answers: dict[int, deque[float]] = field(default_factory=dict)

    def is_busy(self, channel_id: int) -> bool:
        """Whether one more answer would push the others off the screen."""
        answers = self._answers.get(channel_id)
        return answers is not None and len(answers) == BUSY_ANSWERS and self.clock() - answers[0] < WINDOW_SECONDS

    def note(self, channel_id: int) -> None:
        """We answer there for all to see."""
        if channel_id not in self._answers:
            if len(self._answers) >= _KEPT:
                self._answers.clear()
            self._answers[channel_id] = deque(maxlen=BUSY_ANSWERS)
        self._answers[channel_id].append(self.clock())


@dataclass(slots=True)
class Answering:
    """Answers messages; the throttle is the one of interactions, so that nobody has two."""

    conversation: Conversation
    throttle: Throttle
    bustle: Bustle

    async def reply(self, message: DiscordMessage, question: Question, guild_locale: str | None) -> Reply | None:
        """The reply, its changes made once for each message.

        None where the author asks too much and has been told so, and for an editors' command outside their chat.
        ``guild_locale`` is the server's language; None where it is not known, and in direct messages.
        """
        where, tag = Address(PLATFORM, message.channel_id), self._spoken(guild_locale)
        if self.conversation.is_out_of_place(question, where):
            return None
        admission = self.throttle.admit(f"{PLATFORM}:{message.author.id}")
        if admission is Admission.SILENCE:
            return None
        language = self.conversation.language(where, tag)
        if admission is Admission.NOTICE:
            return too_fast(language)
        try:
            if message.guild_id is not None:
                self.bustle.note(message.channel_id)
                if isinstance(question, Command) and question.name in ABOUT_CHAT:
                    return by_button(question, language)
            return await self.conversation.respond(_asked(message, where, question, tag))
        except Exception as fault:
            incident = incident_of(log, "a message was not answered", fault, message=message.id)
            return out_of_order(language, incident)

    def _spoken(self, locale: str | None) -> str | None:
        return locale if locale and self.conversation.live.dossier.speaks(locale) else None


@dataclass(slots=True)
class Words:
    """Answers messages, in order within a channel, each once."""

    client: Client
    answering: Answering
    guilds: Guilds
    sleep: Sleep = asyncio.sleep
    _lanes: ChatQueue = field(default_factory=ChatQueue)
    _seen: OrderedDict[int, None] = field(default_factory=OrderedDict)

    async def hear(self, message: DiscordMessage, my_id: int) -> None:
        """Answers in the background what is for us, and passes over the rest."""
        if not is_for_us(message, self.guilds.me(message.guild_id, my_id)) or message.id in self._seen:
            return
        self._seen[message.id] = None
        if len(self._seen) > REMEMBERED:
            self._seen.popitem(last=False)
        await self._lanes.put(message.channel_id, self._answer(message, my_id))

    async def drain(self) -> None:
        """Lets answers under way end."""
        await self._lanes.drain(DRAIN_SECONDS)

    async def _answer(self, message: DiscordMessage, my_id: int) -> None:
        question = words_of(message, self.guilds.me(message.guild_id, my_id))
        if question is None:
            return
        reply = await self.answering.reply(message, question, self.guilds.locale(message.guild_id))
        if reply is not None:
            await posted(partial(self._create, message, reply), self.sleep)

    async def _create(self, message: DiscordMessage, reply: Reply) -> None:
        """In servers as a reply to the question, so that it is clear who asked; nobody is pinged by it."""
        payload = render(reply)
        payload["components"] = marked(payload["components"])
        reply_to = None if message.guild_id is None else message.id
        await self.client.create(message.channel_id, payload, f"a{message.id}", reply_to=reply_to)


_ARGUMENTS = {"program": PROGRAM, "language": LANGUAGE}
"""Command → the option that is its argument."""


def question_of(interaction: Interaction, dossier: Dossier) -> Question | None:
    """What is asked; None where it is something of an older release, or nothing that we know."""
    data = interaction.data
    if interaction.type == Kind.COMMAND and data.name:
        return _of_command(data)
    if interaction.type == Kind.PRESS:
        return from_token(data.values[0] if data.values else data.custom_id.removeprefix(ANSWERS), dossier)
    return None


def is_under_our_answer(interaction: Interaction) -> bool:
    """Whether somebody pressed under an answer that we sent as a message of our own."""
    return interaction.type == Kind.PRESS and interaction.data.custom_id.startswith(ANSWERS)


def _of_command(data: Data) -> Question:
    """A command and what was given to it. Instead of asking in words, one may have picked a command that we offered."""
    if data.name == "ask":
        words = data.text(QUESTION).strip()
        return read(words) if words.startswith("/") else Command("ask", words)
    argument = _ARGUMENTS.get(data.name)
    return Command(data.name, data.text(argument).strip().removeprefix("/") if argument else "")


def asker_of(interaction: Interaction) -> str:
    """Tells askers apart."""
    return f"{PLATFORM}:{interaction.asker}"


def address_of(interaction: Interaction) -> Address:
    """A thread or a forum post is a channel of its own."""
    return Address(PLATFORM, interaction.channel_id or 0)


def language_of(interaction: Interaction, conversation: Conversation) -> Language:
    """The language to answer in."""
    address, own_first = address_of(interaction), not is_our_dm(interaction)
    return conversation.language(address, _language_tag(interaction, conversation), own_first=own_first)


def message_of(interaction: Interaction, question: Question, conversation: Conversation) -> Message:
    """The question as the conversation takes it."""

    async def may_manage() -> bool:
        return interaction.may_manage

    return Message(
        address_of(interaction),
        _kind(interaction),
        question,
        _language_tag(interaction, conversation),
        may_manage,
        title=(interaction.channel.name if interaction.channel else None) or "",
        asker=asker_of(interaction),
        asker_name=interaction.asker_name,
        own_language_first=not is_our_dm(interaction),
        cause=f"{PLATFORM}:{interaction.id}",
        parent_id=interaction.parent_id,
    )


def _kind(interaction: Interaction) -> ChatKind:
    if interaction.guild_id is None:
        return "private"
    return "channel" if interaction.has_followers else "group"


def _language_tag(interaction: Interaction, conversation: Conversation) -> str | None:
    """The asker's language, else the guild's; None where the dossier speaks neither."""
    speaks = conversation.live.dossier.speaks
    if interaction.locale and speaks(interaction.locale):
        return interaction.locale
    return interaction.guild_locale if interaction.guild_locale and speaks(interaction.guild_locale) else None


def is_our_dm(interaction: Interaction) -> bool:
    """Whether it is asked in a direct message to us, where a language that was chosen was chosen by the asker."""
    return interaction.guild_id is None and interaction.context in (None, IN_OUR_DM)


log = structlog.get_logger("bot.discord")


def _asked(message: DiscordMessage, where: Address, question: Question, tag: str | None) -> Asked:
    """The question as the conversation takes it. What somebody may do in a server, a message does not tell."""
    is_direct = message.guild_id is None

    async def may_manage() -> bool:
        return is_direct

    return Asked(
        where,
        "private" if is_direct else "group",
        question,
        tag,
        may_manage,
        asker=f"{PLATFORM}:{message.author.id}",
        asker_name=message.author_name,
        cause=f"{PLATFORM}:{message.id}",
    )


def by_button(command: Command, language: Language) -> Reply:
    """What a command about the whole chat, typed in a server, is answered with: a press tells who may do it."""
    tongue = phrases(language)
    words = tongue.say("Press the button: that tells me whether you may do this here. A typed message does not.")
    whole, short = (Button(f"▶️ /{each.name}", each) for each in (command, Command(command.name)))
    button = whole if is_usable(whole) else short
    title = tongue.say("One more press")
    return Reply(None, language, title, "👉", (Paragraph((Span(words),)),), buttons=(button,))


BUSY_ANSWERS = 4


WINDOW_SECONDS = 30.0
"""So many answers for all to see within so many seconds make a channel busy: about a screen of them."""


_KEPT = 10_000


Result = TypeVar("Result")


PATIENCE_SECONDS = ANSWER_SECONDS - 1.0
"""For how long the database may keep us; then the asker is told to try again, while that can still be told."""


_given_up: set[asyncio.Task[Any]] = set()


async def in_time(work: Coroutine[Any, Any, Result], seconds: float) -> Result:
    """What the work returns, where it does in time; else it is stopped, which is not waited for.

    SQLite's thread, or a server that has stopped answering, may hold the stopping up for as long as it likes.

    Raises:
        TimeoutError: it did not.
    """
    task = asyncio.create_task(work)
    try:
        await asyncio.wait({task}, timeout=seconds)
        if task.done():
            return task.result()
        raise TimeoutError
    finally:
        if not task.done():
            task.cancel()
            _given_up.add(task)
            task.add_done_callback(_over)


def _over(task: asyncio.Task[Any]) -> None:
    _given_up.discard(task)
    if not task.cancelled():
        task.exception()  # told already: it was given up


@dataclass(slots=True)
class Listener:
    """Answers interactions, however they came. Without ``pictures``, in words alone."""

    conversation: Conversation
    throttle: Throttle
    bustle: Bustle
    pictures: PictureService | None = None
    rendering: Rendering = field(default_factory=Rendering)

    async def respond(self, interaction: Interaction) -> Call:
        """The callback; whatever goes wrong, it is one that Discord takes."""
        if interaction.type == Kind.PING:
            return PONG
        try:
            made = await self._respond(interaction)
            return under_answer(made) if is_under_our_answer(interaction) else made
        except Exception as fault:
            incident = incident_of(log, "an interaction failed", fault, interaction=interaction.id)
            return self.rendering.new(out_of_order(self._language(interaction), incident), private=True)

    async def _respond(self, interaction: Interaction) -> Call:
        if interaction.type == Kind.TYPING:
            return self._offered(interaction)
        if self.throttle.admit(asker_of(interaction)) is not Admission.ANSWER:
            return self.rendering.new(too_fast(self._language(interaction)), private=True)
        question = question_of(interaction, self.conversation.live.dossier)
        if question is None or self.conversation.is_out_of_place(question, address_of(interaction)):
            log.info("an interaction of an older release", interaction=interaction.id, type=interaction.type)
            return self.rendering.new(outdated(self._language(interaction)), private=True)
        if isinstance(question, Command) and question.name in ABOUT_CHAT:
            reply = await self._set_up(interaction, question)
        else:
            reply = await self.conversation.respond(message_of(interaction, question, self.conversation))
        return await self._pictured(interaction, reply, reply.shows) if reply.shows else self._shown(interaction, reply)

    def _language(self, interaction: Interaction) -> Language:
        return language_of(interaction, self.conversation)

    async def _set_up(self, interaction: Interaction, question: Command) -> Reply:
        """The reply to what concerns the chat. The database must not keep Discord waiting longer than it does."""
        refused = refusal(interaction, question, self._language(interaction))
        if refused:
            return refused
        return await in_time(
            self.conversation.respond(message_of(interaction, question, self.conversation)), PATIENCE_SECONDS
        )

    def _shown(self, interaction: Interaction, reply: Reply) -> Call:
        """In place of what was pressed, or anew: for all, or for the asker alone.

        A bulletin stays as it is, since others read it too: pressing under it answers the presser alone.
        """
        source = interaction.message
        if interaction.type != Kind.PRESS or source is None:
            return self.rendering.new(reply, private=self._is_private(interaction, reply))
        is_answer = source.is_answer or is_under_our_answer(interaction)
        if source.is_private or (is_answer and not reply.private):
            return self.rendering.in_place(reply)
        return self.rendering.new(reply, private=True)

    async def _pictured(self, interaction: Interaction, reply: Reply, topic: TopicId) -> Call:
        """The picture, or the words that it goes with."""
        words = self._shown(interaction, self.conversation.answered(AboutTopic(topic), reply.language))
        shown = await picture_for(self.pictures, interaction, reply) if self.pictures else None
        return with_picture(words, reply, shown) if shown else words

    def _is_private(self, interaction: Interaction, reply: Reply) -> bool:
        if reply.private or interaction.data.is_set(PRIVATE):
            return True
        if is_our_dm(interaction) or interaction.channel_id is None:
            return False
        if self.bustle.is_busy(interaction.channel_id):
            return True
        self.bustle.note(interaction.channel_id)
        return False

    def _offered(self, interaction: Interaction) -> Call:
        option = interaction.data.focused
        typed = option.value if option and isinstance(option.value, str) else ""
        name = option.name if option else ""
        return choices(suggestions(self.conversation.live.dossier, name, typed, self._language(interaction)))
