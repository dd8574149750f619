"""An interaction in, a callback out: the one handler of both modes."""

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Any, TypeVar

import structlog

from bot.answers.question import AboutTopic, Command
from bot.answers.reply import Reply
from bot.apologies import out_of_order, outdated, too_fast
from bot.conversation import Conversation
from bot.dossier.model import Language, TopicId
from bot.gallery import Gallery
from bot.incidents import incident_of
from bot.platforms.discord.asking import (
    address_of,
    asker_of,
    is_our_dm,
    is_under_our_answer,
    language_of,
    message_of,
    question_of,
)
from bot.platforms.discord.bustle import Bustle
from bot.platforms.discord.calls import PONG, Call, Rendering, choices, under_answer
from bot.platforms.discord.limits import ANSWER_SECONDS
from bot.platforms.discord.menu import ABOUT_CHAT
from bot.platforms.discord.naming import PRIVATE
from bot.platforms.discord.payloads import Interaction, Kind
from bot.platforms.discord.pictures import picture_for, with_picture
from bot.platforms.discord.refusals import refusal
from bot.platforms.discord.suggestions import suggestions
from bot.throttle import Admission, Throttle

log = structlog.get_logger("bot.discord")

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
    """Answers interactions, however they came. Without a gallery, in words alone."""

    conversation: Conversation
    throttle: Throttle
    bustle: Bustle
    gallery: Gallery | None = None
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
        question = question_of(interaction, self.conversation.edition.dossier)
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
        shown = await picture_for(self.gallery, interaction, reply) if self.gallery else None
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
        return choices(suggestions(self.conversation.edition.dossier, name, typed, self._language(interaction)))
