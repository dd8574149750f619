"""When a chat may get its next message. PURE."""

from collections import deque
from dataclasses import dataclass, field

from bot.pacing import Limits

GROUP_MARGIN_SECONDS = 0.25
"""How much longer than the platform's window a group's message counts, against clocks that differ."""

_SWEPT_EVERY = 4096


@dataclass(slots=True)
class _Chat:
    free_from: float = float("-inf")
    answers: deque[float] | None = None


@dataclass(slots=True)
class Chats:
    """What each chat got lately; those that may get a message at any time are forgotten."""

    limits: Limits
    _chats: dict[int, _Chat] = field(default_factory=dict)
    _until_sweep: int = _SWEPT_EVERY

    def ready(self, chat_id: int) -> float:
        """The first moment at which the chat may get another; minus infinity where any will do."""
        chat = self._chats.get(chat_id)
        if chat is None:
            return float("-inf")
        full = chat.answers is not None and len(chat.answers) == chat.answers.maxlen
        window = self.limits.group_seconds + GROUP_MARGIN_SECONDS
        return max(chat.free_from, chat.answers[0] + window) if full and chat.answers else chat.free_from

    def answered(self, chat_id: int, is_group: bool, now: float) -> None:
        """The chat got a message, or refused one."""
        chat = self._chats.setdefault(chat_id, _Chat())
        chat.free_from = max(chat.free_from, now + self.limits.chat_seconds)
        if is_group and self.limits.group_messages:
            if chat.answers is None:
                chat.answers = deque(maxlen=self.limits.group_messages)
            chat.answers.append(now)
        self._until_sweep -= 1
        if self._until_sweep <= 0:
            self._sweep(now)

    def hold(self, chat_id: int, until: float) -> None:
        """The chat refuses until then."""
        chat = self._chats.setdefault(chat_id, _Chat())
        chat.free_from = max(chat.free_from, until)

    def _sweep(self, now: float) -> None:
        lately = now - self.limits.group_seconds - GROUP_MARGIN_SECONDS
        self._chats = {
            chat_id: chat
            for chat_id, chat in self._chats.items()
            if chat.free_from > now or (chat.answers and chat.answers[-1] > lately)
        }
        self._until_sweep = max(_SWEPT_EVERY, len(self._chats))
