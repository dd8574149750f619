"""Which messages are meant for the bot, and what they ask. PURE."""

import re
from dataclasses import dataclass

from bot.answers.question import HELP, AboutTopic, Question, read
from bot.platforms.discord.messages import DEFAULT, REPLY, Message

_COMMAND = re.compile(r"</([^:>]+):\d+>")
_FORMATS = re.compile(r"<(?:@[!&]?|#|a?:\w+:|t:-?)\d+(?::\w)?>")
"""Names of people, roles and channels, emoji and times, as a message holds them (reference#message-formatting-formats)."""


@dataclass(frozen=True, slots=True)
class Me:
    """The bot's own account, and the role that Discord made for it in the guild: None where it is not known."""

    user_id: int
    role_id: int | None = None


def question_of(message: Message, me: Me) -> Question | None:
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


def is_for_us(message: Message, me: Me) -> bool:
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
