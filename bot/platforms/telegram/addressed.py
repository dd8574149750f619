"""Which messages are meant for the bot, and what they ask. PURE."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from bot.answers.question import HELP, AboutTopic, Command, Question, Words, read
from bot.platforms.telegram.payloads import Chat, Message

Kind = Literal["private", "group", "channel"]

MOST_CHARACTERS = 4096
"""Of a question, what is read: no message is longer (core.telegram.org/bots/api#message, ``text``)."""

_COMMAND = re.compile(r"/(\w{1,64})(?:@(\w{1,64}))?(?:\s+(.*))?", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Me:
    """The bot's own account; ``username`` without the @."""

    id: int
    username: str


def kind_of(chat: Chat) -> Kind:
    """A chat's kind; one yet unknown counts as a group, where we speak when spoken to."""
    match chat.type:
        case "private" | "channel":
            return chat.type
        case _:
            return "group"


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
