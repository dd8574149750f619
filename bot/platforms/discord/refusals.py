"""What cannot be done where somebody asks for it, and what to do about it. PURE."""

from bot.answers.phrases import phrases
from bot.answers.question import Command
from bot.answers.reply import Reply
from bot.dossier.model import Language
from bot.dossier.text import Paragraph, Span
from bot.platforms.discord.installing import FOR_BULLETINS
from bot.platforms.discord.menu import BY_GUILD, IN_PRIVATE_CHANNEL
from bot.platforms.discord.payloads import (
    ADMINISTRATOR,
    EMBED_LINKS,
    SEND_MESSAGES,
    SEND_MESSAGES_IN_THREADS,
    VIEW_CHANNEL,
    Interaction,
)


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
