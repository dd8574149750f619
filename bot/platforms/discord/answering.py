"""The answer to what people write to us, in direct messages and where they mention us."""

from dataclasses import dataclass

import structlog

from bot.answers.phrases import phrases
from bot.answers.question import Command, Question
from bot.answers.reply import Button, Reply
from bot.apologies import out_of_order, too_fast
from bot.conversation import Conversation
from bot.delivery import Address
from bot.dossier.model import Language
from bot.dossier.text import Paragraph, Span
from bot.incidents import incident_of
from bot.message import Message as Asked
from bot.platforms.discord.asking import PLATFORM
from bot.platforms.discord.bustle import Bustle
from bot.platforms.discord.buttons import is_usable
from bot.platforms.discord.menu import ABOUT_CHAT
from bot.platforms.discord.messages import Message
from bot.throttle import Admission, Throttle

log = structlog.get_logger("bot.discord")


@dataclass(slots=True)
class Answering:
    """Answers messages; the throttle is the one of interactions, so that nobody has two."""

    conversation: Conversation
    throttle: Throttle
    bustle: Bustle

    async def reply(self, message: Message, question: Question, guild_locale: str | None) -> Reply | None:
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
        return locale if locale and self.conversation.edition.dossier.speaks(locale) else None


def _asked(message: Message, where: Address, question: Question, tag: str | None) -> Asked:
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
