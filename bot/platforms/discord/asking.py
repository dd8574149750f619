"""Who asks what, and in which language, by an interaction."""

from bot.answers.question import Command, Question, from_token, read
from bot.conversation import Conversation, Message
from bot.delivery import Address
from bot.dossier.model import Dossier, Language
from bot.platforms.discord.menu import IN_OUR_DM
from bot.platforms.discord.naming import LANGUAGE, PROGRAM, QUESTION
from bot.platforms.discord.payloads import Data, Interaction, Kind

PLATFORM = "discord"

_ARGUMENTS = {"program": PROGRAM, "language": LANGUAGE}
"""Command → the option that is its argument."""


def question_of(interaction: Interaction, dossier: Dossier) -> Question | None:
    """What is asked; None where it is something of an older release, or nothing that we know."""
    data = interaction.data
    if interaction.type == Kind.COMMAND and data.name:
        return _of_command(data)
    if interaction.type == Kind.PRESS:
        return from_token(data.values[0] if data.values else data.custom_id, dossier)
    return None


def _of_command(data: Data) -> Question:
    """A command and what was given to it. Instead of asking in words, one may have picked a command that we offered."""
    words = data.text(QUESTION).strip()
    if data.name == "ask":
        return read(words) if words.startswith("/") else Command("ask", words)
    return Command(data.name, data.text(_ARGUMENTS.get(data.name, "")).strip().removeprefix("/"))


def address_of(interaction: Interaction) -> Address:
    """A thread or a forum post is a channel of its own."""
    return Address(PLATFORM, interaction.channel_id or 0)


def language_of(interaction: Interaction, conversation: Conversation) -> Language:
    """The language to answer in."""
    address, own_first = address_of(interaction), not _is_our_dm(interaction)
    return conversation.language(address, _language_tag(interaction, conversation), own_first=own_first)


def message_of(interaction: Interaction, question: Question, conversation: Conversation) -> Message:
    """The question as the conversation takes it."""

    async def may_manage() -> bool:
        return interaction.may_manage

    return Message(
        address_of(interaction),
        "private" if interaction.guild_id is None else "group",
        question,
        _language_tag(interaction, conversation),
        may_manage,
        asker=f"{PLATFORM}:{interaction.asker}",
        own_language_first=not _is_our_dm(interaction),
    )


def _language_tag(interaction: Interaction, conversation: Conversation) -> str | None:
    """The asker's language, else the guild's; None where the dossier speaks neither."""
    dossier = conversation.edition.dossier
    tags = (interaction.locale, interaction.guild_locale)
    return next((tag for tag in tags if tag and dossier.speaks(tag)), None)


def _is_our_dm(interaction: Interaction) -> bool:
    """Whether it is asked in a direct message to us, where a language that was chosen was chosen by the asker."""
    return interaction.guild_id is None and interaction.context in (None, IN_OUR_DM)
