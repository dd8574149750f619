"""Questions as platforms hand them to the conversation, with what a test needs."""

from collections.abc import Awaitable, Callable

from bot.dossier.models import Language
from bot.message import Asker, Chat, Message, Rights
from bot.reader import Address, ChatKind
from bot.replies.question import Question

ADA = Address("telegram", "5")


def asked(
    question: Question,
    address: Address = ADA,
    kind: ChatKind = "private",
    language: str = "en",
    *,
    is_admin: bool = True,
    account: str | None = None,
    title: str = "",
    cause: str | None = None,
    is_interaction: bool = False,
    rights: Callable[[], Awaitable[Rights]] | None = None,
) -> Message:
    """Somebody asks, by default in their private chat with the bot. ``rights`` goes before ``is_admin``."""

    async def stated() -> Rights:
        return Rights(is_admin)

    chat = Chat(address, kind, Language(language), title, cause)
    return Message(chat, Asker(rights or stated, account), question, is_interaction=is_interaction)
