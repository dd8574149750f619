"""Interaction or typed message → its question. PURE."""

import re

from bot.commands import ASK, OWN
from bot.dossier.models import Dossier
from bot.platforms.discord.forms import command_of
from bot.platforms.discord.render import ANSWER_PREFIX
from bot.platforms.discord.types import (
    CommandType,
    DiscordMessage,
    Interaction,
    InteractionType,
    MessageType,
    TargetMessage,
    Written,
)
from bot.replies.heard import Heard, question_in
from bot.replies.question import CheckText, Command, Doubt, Question, from_token, parse_question

_COMMAND = re.compile(r"</([^:>]{1,100}):\d+>")
_MENTION_OR_EMOJI = re.compile(r"<(?:@[!&]?|#|a?:\w+:|t:-?)\d+(?::\w)?>")
"""Mentions, emoji and timestamps in a message's content (reference#message-formatting-formats)."""

_LINK = re.compile(r"\[([^\[\]\n]+)\]\(<?https?://[^()\s<>]+>?\)")
"""A link with a text of its own."""

_MARKUP = re.compile(r"\*\*|\|\||`+|__(?=[^\W_])|(?<=[^\W_])__|^[ \t]*(?:-?#{1,3}|>{1,3})[ \t]+", re.MULTILINE)
"""Bold and underlined type, spoilers, code, and the marks of headings and quotations. What is struck out stays marked (:mod:`bot.claims.statements`)."""

MAX_CHECKED_CHARACTERS = 4096
"""What is longer is cut: the embeds of a message may have 6,000 characters in sum (resources/message#embed-object-embed-limits)."""

_WRITTEN_BY_PEOPLE = frozenset(MessageType)


def question_of(interaction: Interaction, dossier: Dossier) -> Question | None:
    """The question of an interaction; None for an unknown or outdated one."""
    data = interaction.data
    if interaction.type == InteractionType.COMMAND and data.type == CommandType.MESSAGE:
        return _check_of(data.target, interaction.application_id) if data.target else None
    if interaction.type == InteractionType.COMMAND and data.name:
        # the question of a command with its argument
        own = OWN.get(data.name)
        text = data.text(own.argument).strip() if own and own.argument else ""
        if data.name == ASK and text.startswith("/"):
            return parse_question(text)
        return Command(data.name, text if data.name == ASK else text.removeprefix("/"))
    if interaction.type == InteractionType.COMPONENT:
        custom_id = data.custom_id.removeprefix(prefix_of(interaction))
        return from_token(data.values[0] if data.values else custom_id, dossier)
    if interaction.type == InteractionType.MODAL_SUBMIT:
        return command_of(data.custom_id.removeprefix(prefix_of(interaction)), data.inputs)
    return None


def _check_of(target: TargetMessage, bot_id: int) -> CheckText | Doubt:
    """The text on which the message command is used, or a doubt about the bot's own message: its answers quote what others claim."""
    if target.author is not None and target.author.id == bot_id:
        return Doubt(*_doubted(target))
    return CheckText(_claimed(target.whole_text))


def _doubted(message: Written) -> tuple[str, tuple[str, ...]]:
    """The text of the bot's own message, and the tokens of its buttons."""
    buttons = (each for row in message.components or () for each in row.get("components", ()))
    return _claimed(message.text), tuple(ANSWER_PREFIX.sub("", each.get("custom_id", "")) for each in buttons)


def question_of_message(message: DiscordMessage, bot_id: int, role_id: int | None) -> Question | None:
    """The question of a message; None if the message is not for the bot, or has no text.

    In a server a message is for the bot if it mentions the bot, or replies to it with a ping. Discord gives the text of a forwarded message only in
    direct messages.
    """
    if not is_for_bot(message, bot_id, role_id):
        return None
    replied = message.referenced_message
    is_own = replied is not None and replied.author.id == bot_id
    forwarded = _claimed("\n".join(snapshot.message.text for snapshot in message.message_snapshots or ()))
    return question_in(
        Heard(
            forwarded or _plain(_MARKUP.sub("", _COMMAND.sub(r"/\1", message.content))),
            bool(forwarded),
            (_claimed(replied.text) if replied and not is_own else "") or None,
            _mentions(message.content, bot_id, role_id),
            message.guild_id is None and message.is_wordless,
            _doubted(replied) if replied and is_own else None,
        )
    )


def _claimed(text: str) -> str:
    """The text of another's message, cut, without the Markdown in which bots write: links become their text."""
    return _plain(_MARKUP.sub("", _LINK.sub(r"\1", text[:MAX_CHECKED_CHARACTERS])))


def _plain(content: str) -> str:
    """A message's text without mentions, emoji and timestamps."""
    return _MENTION_OR_EMOJI.sub(" ", content).strip()


def is_for_bot(message: DiscordMessage, bot_id: int, role_id: int | None) -> bool:
    """Whether a person wrote the message to the bot. ``role_id``: the role that Discord made for the bot.

    Messages by bots, webhooks and the system, and messages to everyone, do not count.
    """
    author = message.author
    if author.bot or author.system or author.id == bot_id or message.webhook_id is not None:
        return False
    if message.type not in _WRITTEN_BY_PEOPLE or message.mention_everyone:
        return False
    if message.guild_id is None:
        return True
    if any(user.id == bot_id for user in message.mentions) or role_id in message.mention_roles:
        return True
    return _mentions(message.content, bot_id, role_id)


def _mentions(content: str, bot_id: int, role_id: int | None) -> bool:
    return any(mention in content for mention in (f"<@{bot_id}>", f"<@!{bot_id}>", f"<@&{role_id}>"))


def prefix_of(interaction: Interaction) -> str:
    """The prefix of the custom_ids under the answer to a typed message; "" elsewhere."""
    match = ANSWER_PREFIX.match(interaction.data.custom_id)
    return match[0] if match else ""
