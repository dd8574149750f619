"""The visibility of an answer in a channel: for everybody, or for the asker alone."""

from collections.abc import Callable

from bot.dossier.models import Dossier
from bot.platforms.discord.commands import PRIVATE
from bot.platforms.discord.types import CommandType, Interaction
from bot.replies.listings import is_about_dossier
from bot.replies.question import Command, Question, Whole
from bot.user_rate_limit import UserRateLimiter

PUBLIC_ANSWERS, PUBLIC_ANSWERS_SECONDS = 4, 30.0
"""This many public answers within this time fill about a screen. Only the asker sees further answers."""


def public_answer_limiter(clock: Callable[[], float]) -> UserRateLimiter:
    """Limits the public answers of each channel."""
    return UserRateLimiter(clock, burst=PUBLIC_ANSWERS, per_second=PUBLIC_ANSWERS / PUBLIC_ANSWERS_SECONDS)


def is_for_asker_alone(
    interaction: Interaction,
    question: Question,
    command: Command | None,
    dossier: Dossier,
    public_answers: UserRateLimiter,
) -> bool:
    """Whether only the asker sees the reply; a public one counts for the channel's limit.

    It is private if the asker wants it or the whole of a short answer, if the component belongs to a private reply, if the reply is not about the dossier (a chat's settings, the
    desk, the status), or if the channel's limit of public answers is reached. ``command``: the question if it is a command about the chat.
    """
    pressed = interaction.message
    is_message_command = interaction.data.type == CommandType.MESSAGE
    if interaction.is_in_bot_dm:  # nobody else is there, and what one person sees goes with the app's next start
        return False
    if (
        isinstance(question, Whole)
        or is_message_command
        or interaction.data.is_true(PRIVATE)
        or (pressed is not None and pressed.is_private)
    ):
        return True
    if command is not None or (pressed is None and not is_about_dossier(dossier, question)):
        return True
    if pressed is not None or interaction.channel_id is None:
        return False
    return not public_answers.try_take(str(interaction.channel_id))
