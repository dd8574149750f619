"""What answers everybody who asks on Telegram, however they ask."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import structlog

from bot.answers.question import Question
from bot.answers.reply import Reply
from bot.apologies import out_of_order, too_fast
from bot.conversation import Conversation
from bot.dossier.model import Language
from bot.incidents import incident_of
from bot.message import Message as Asked
from bot.platforms.telegram.addressed import Me
from bot.platforms.telegram.asker import PLATFORM, Asker
from bot.platforms.telegram.calls import Rendering
from bot.platforms.telegram.known import Known
from bot.platforms.telegram.payloads import Message
from bot.platforms.telegram.rights import Standing
from bot.store.database import LOST
from bot.throttle import Admission, Throttle

log = structlog.get_logger("bot.telegram")


@dataclass(slots=True)
class Answering:
    """Holds what an answer takes. ``standing`` asks Telegram what somebody is in the chat they write in."""

    conversation: Conversation
    throttle: Throttle
    standing: Callable[[Asker], Awaitable[Standing]]
    me: Me
    rendered: Rendering = field(default_factory=Rendering)
    known: Known = field(init=False)

    def __post_init__(self) -> None:
        self.known = Known(self.conversation, self.rendered)

    def at_once(self, message: Message) -> bytes | None:
        """The body that answers a message by webhook where that is known already; None where it is to be found out."""
        return self.known.body(message, self.throttle.has_room)

    def language(self, asker: Asker) -> Language:
        return self.conversation.language(asker.address, asker.language_tag)

    def cause(self, update_id: int) -> str:
        """Names the update, the same however often Telegram brings it."""
        return f"{PLATFORM}:{self.me.id}:{update_id}"

    async def reply(self, asker: Asker, question: Question, update_id: int) -> Reply | None:
        """The reply, its changes made once for each update.

        None where the asker asks too much and has been told so, and for an editors' command outside their chat.

        Raises:
            Any of LOST: the database is away, which the question needs.
        """
        if self.conversation.is_out_of_place(question, asker.address):
            return None

        async def is_admin() -> bool:
            return (await self.standing(asker)).is_admin

        async def is_anonymous() -> bool:
            return (await self.standing(asker)).is_anonymous

        admission = self.throttle.admit(asker.key)
        if admission is Admission.SILENCE:
            return None
        if admission is Admission.NOTICE:
            return too_fast(self.language(asker))
        try:
            return await self.conversation.respond(
                Asked(
                    asker.address,
                    asker.kind,
                    question,
                    asker.language_tag,
                    is_admin,
                    asker.chat.title or "",
                    is_anonymous=is_anonymous,
                    asker=f"{PLATFORM}:{asker.user.id}" if asker.user else None,
                    asker_name=asker.name,
                    cause=self.cause(update_id),
                )
            )
        except LOST:
            self.throttle.take_back(asker.key)
            raise
        except Exception as fault:
            incident = incident_of(log, "a question was not answered", fault)
            return out_of_order(self.language(asker), incident)
