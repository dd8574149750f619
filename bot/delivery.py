"""Who receives, what became of sending, and what to do next. PURE."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Address:
    """Where a message goes: a chat or channel on a platform, and the forum topic or thread in it (None: the chat itself).

    ``chat_id`` is Telegram's chat id, or Discord's channel id (a thread or forum post being a channel of its own).
    """

    platform: str
    chat_id: int
    thread_id: int | None = None
