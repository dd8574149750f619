"""A platform in memory: the Sender port, with chats that can be looked into and outcomes that can be ordered."""

import asyncio
from collections import defaultdict, deque
from dataclasses import dataclass, field
from itertools import count

from bot.answers.reply import Reply
from bot.delivery import Address, Delivered, MessageGone, Outcome
from bot.outbox.sender import Outgoing
from bot.pacing import Limits

FAST = Limits(per_second=100_000, chat_seconds=0.0)


@dataclass
class Platform:
    """Keeps what was sent, by address and message id."""

    platform: str = "telegram"
    lane: str = "telegram:1"
    limits: Limits = FAST
    chats: dict[Address, dict[int, Reply]] = field(default_factory=lambda: defaultdict(dict))
    calls: list[tuple[str, Address, Outgoing]] = field(default_factory=list)
    orders: dict[int, deque[Outcome]] = field(default_factory=lambda: defaultdict(deque))
    delay: float = 0.0
    _ids: "count[int]" = field(default_factory=lambda: count(1))

    def order(self, chat_id: int, *outcomes: Outcome) -> None:
        """The next calls for the chat lead to these."""
        self.orders[chat_id].extend(outcomes)

    async def send(self, address: Address, message: Outgoing) -> Outcome:
        self.calls.append(("send", address, message))
        await asyncio.sleep(self.delay)
        if self.orders[address.chat_id]:
            return self.orders[address.chat_id].popleft()
        message_id = next(self._ids)
        self.chats[address][message_id] = message.reply
        return Delivered(message_id)

    async def edit(self, address: Address, message_id: int, message: Outgoing) -> Outcome:
        self.calls.append(("edit", address, message))
        await asyncio.sleep(self.delay)
        if self.orders[address.chat_id]:
            return self.orders[address.chat_id].popleft()
        if message_id not in self.chats[address]:
            return MessageGone()
        self.chats[address][message_id] = message.reply
        return Delivered(message_id)

    def messages(self, address: Address) -> list[Reply]:
        """What stands in a chat, the oldest first."""
        return list(self.chats[address].values())
