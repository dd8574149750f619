"""How fast a lane may send: limits, and what 429s teach. PURE: moments come in as arguments, in seconds of any one clock."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """What a platform lets one bot send, edits included.

    Attributes:
        per_second: messages in any second, over all chats.
        chat_seconds: between two messages to one chat.
        group_messages: to one group or channel in any ``group_seconds``; None: no such limit.
        in_flight: messages under way at once.
    """

    per_second: float
    chat_seconds: float
    group_messages: int | None = None
    group_seconds: float = 60.0
    in_flight: int = 16
