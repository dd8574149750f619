"""Who asks what, and in which language, by an interaction."""

from bot.answers.question import Command, Question, from_token, read
from bot.conversation import Conversation
from bot.delivery import Address
from bot.dossier.model import Dossier, Language
from bot.message import Message
from bot.platforms.discord.buttons import ANSWERS
from bot.platforms.discord.menu import IN_OUR_DM
from bot.platforms.discord.naming import LANGUAGE, PROGRAM, QUESTION
from bot.platforms.discord.payloads import Data, Interaction, Kind
from bot.store.readers import Kind as ChatKind

PLATFORM = "discord"

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
    speaks = conversation.edition.dossier.speaks
    if interaction.locale and speaks(interaction.locale):
        return interaction.locale
    return interaction.guild_locale if interaction.guild_locale and speaks(interaction.guild_locale) else None


def is_our_dm(interaction: Interaction) -> bool:
    """Whether it is asked in a direct message to us, where a language that was chosen was chosen by the asker."""
    return interaction.guild_id is None and interaction.context in (None, IN_OUR_DM)
