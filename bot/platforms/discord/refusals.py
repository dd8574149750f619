"""Replies that refuse a question in its place, with the reason: not a member, no permission to write, nothing to check, a press is needed. PURE."""

from dataclasses import replace
from functools import partial

from bot.dossier.markdown import Span
from bot.dossier.models import Language
from bot.platforms.discord.guilds import FOR_BULLETINS, permission_names
from bot.platforms.discord.types import (
    Installation,
    Interaction,
    InteractionContext,
    Permission,
)
from bot.replies.i18n import phrases_in
from bot.replies.question import CheckText, Command, Question
from bot.replies.reply import Button, Note, Reply, said_reply, text_reply

_notice = partial(said_reply, private=True)
"""Makes a reply of one sentence that only the asker sees."""


def refusal(interaction: Interaction, question: Question, command: Command | None, language: Language) -> Reply | None:
    """The reply that refuses the question; None if it can be answered there. The asker's rights are checked elsewhere.

    ``command``: the question if it is a command about the chat.
    """
    if question == CheckText(""):
        text = "That message has no text. I can check words, not pictures, files or recordings."
        return _notice(language, "🔎", "Nothing to check", text)
    if command is None:
        return None
    if not is_member(interaction):
        return _not_a_member(language)
    missing = _missing_permissions(interaction)
    return _cannot_write(missing, language) if command.name == "subscribe" and missing else None


def is_member(interaction: Interaction) -> bool:
    """Whether the bot is a member of the chat; assumed if Discord does not say who installed it."""
    if interaction.context == InteractionContext.PRIVATE_CHANNEL or interaction.channel_id is None:
        return False
    installations = interaction.installations
    return interaction.guild_id is None or not installations or str(int(Installation.GUILD)) in installations


def _missing_permissions(interaction: Interaction) -> Permission:
    """The permissions that the bot lacks to send bulletins to the channel or thread."""
    in_thread = interaction.channel is not None and interaction.channel.is_thread
    not_needed = Permission.SEND_MESSAGES if in_thread else Permission.SEND_MESSAGES_IN_THREADS
    return interaction.missing(FOR_BULLETINS & ~not_needed)


def _not_a_member(language: Language) -> Reply:
    text = (
        "You brought me along, but I am not a member here, so I can answer and nothing more. "
        "/about has the link with which somebody who manages this server can add me."
    )
    return _notice(language, "🚪", "I am only visiting", text)


def _cannot_write(missing: Permission, language: Language) -> Reply:
    title = phrases_in(language).say("I cannot write here")
    return text_reply(language, "🔇", title, _missing_in_words(missing, language), private=True)


def with_missing_permissions(interaction: Interaction, command: Command | None, reply: Reply) -> Reply:
    """The reply. In a panel about bulletins, an admin also sees which permissions the bot lacks."""
    if command is None or command.name not in ("settings", "why") or not interaction.may_manage:
        return reply
    missing = _missing_permissions(interaction)
    if not missing:
        return reply
    return replace(reply, blocks=(Note((Span(f"🔇 {_missing_in_words(missing, reply.language)}"),)), *reply.blocks))


def _missing_in_words(missing: Permission, language: Language) -> str:
    listed = ", ".join(permission_names(missing, language))
    return phrases_in(language).say(
        "Bulletins would not arrive: I lack permissions in this channel. Please allow me: {names}.", names=listed
    )


def no_direct_messages(language: Language) -> Reply:
    text = "Discord does not let me write to you directly. Send me a direct message first, and ask there."
    return _notice(language, "🔕", "I cannot write to you", text)


def press_to_confirm(command: Command, language: Language) -> Reply:
    """The reply to a command about the chat that was typed in a server.

    A message does not contain its author's permissions, but a press of the button does. The button has the command's name alone: whoever presses
    it does not carry out what another person has typed.
    """
    text = "Press the button: that tells me whether you may do this here. A typed message does not."
    button = Button(f"▶️ /{command.name}", Command(command.name))
    return said_reply(language, "👉", "One more press", text, button)
