"""Commands in private chats that were answered before, answered again from memory.

By webhook these are nearly all that comes. What the usual way would find out anew each time (whether the text is a command,
which one, what the dossier says to it, how that is rendered) is known; what may differ is asked: the throttle, the language
chosen, the edition and the day. Anything else takes the usual way (docs/decisions/0012).
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from time import perf_counter

from bot.answers.question import Command, Question
from bot.answers.reply import Reply
from bot.conversation import Conversation
from bot.delivery import Address
from bot.platforms.telegram.asker import PLATFORM
from bot.platforms.telegram.calls import Rendering
from bot.platforms.telegram.payloads import Message

KEPT = 4096
"""How many answers are kept; then all are learnt anew."""

LONGEST = 160
"""Characters of a text that is kept: a command, the bot's name, and what stands behind it."""

_HEAD = b'{"method":"sendMessage","chat_id":'


@dataclass(slots=True)
class Known:
    """Answers of one issue of the conversation's, by text and language."""

    conversation: Conversation
    rendered: Rendering
    _issue: object = None
    _answers: dict[tuple[str, str | None], tuple[Reply, bytes]] = field(default_factory=dict)

    def body(self, message: Message, may_ask: Callable[[str], bool]) -> bytes | None:
        """The answer to a message, as a webhook's body; None where the usual way has to be taken.

        ``may_ask`` counts a question of the asker's; it is asked only where there is an answer.
        """
        user, chat = message.from_, message.chat
        if user is None or user.is_bot or chat.type != "private" or message.is_topic_message or message.via_bot:
            return None
        if message.is_forwarded:
            return None
        began = perf_counter()
        if self.conversation.issue() is not self._issue:
            return None
        address, readers = Address(PLATFORM, chat.id), self.conversation.store.readers
        language = readers.language(address) or user.language_code
        known = self._answers.get((message.text or "", language))
        if known is None or readers.is_suspended(address) or not may_ask(f"{PLATFORM}:{user.id}"):
            return None
        if self.conversation.answered_in is not None:
            self.conversation.answered_in(PLATFORM, known[0], perf_counter() - began)
        return b"%b%d%b" % (_HEAD, chat.id, known[1])

    def learn(self, message: Message, question: Question, reply: Reply) -> None:
        """Keeps an answer for the next who asks, where it is the same for all who ask so."""
        conversation = self.conversation
        if (
            message.from_ is None
            or not message.text
            or len(message.text) > LONGEST
            or not isinstance(question, Command)
            or not conversation.keeps(question, reply)
        ):
            return
        if conversation.issue() is not self._issue or len(self._answers) >= KEPT:
            self._answers.clear()
            self._issue = conversation.issue()
        chosen = conversation.store.readers.language(Address(PLATFORM, message.chat.id))
        key = message.text, chosen or message.from_.language_code
        self._answers[key] = reply, self.rendered(reply).json_tail
