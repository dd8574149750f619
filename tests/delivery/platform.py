"""A platform in memory: the Sender port, with chats that can be looked into and outcomes that can be ordered."""

import asyncio
from collections import defaultdict, deque
from dataclasses import dataclass, field
from itertools import count

from bot.delivery.outcomes import CrosspostOutcome, Delivered, MessageGone, Outcome
from bot.delivery.rate_limiter import Limits
from bot.delivery.sender import OutgoingMessage
from bot.reader import Address
from bot.replies.reply import Reply

FAST = Limits(per_second=100_000, chat_seconds=0.0)


@dataclass
class Platform:
    """Keeps what was sent, by address and message id."""

    platform: str = "telegram"
    lease_name: str = "telegram:1"
    limits: Limits = FAST
    chats: dict[Address, dict[int, Reply]] = field(default_factory=lambda: defaultdict(dict))
    calls: list[tuple[str, Address, OutgoingMessage]] = field(default_factory=list)
    orders: dict[int | Address, deque[Outcome]] = field(default_factory=lambda: defaultdict(deque))
    delay: float = 0.0
    raises: Exception | None = None
    most_at_once: int = 0
    _under_way: int = 0
    _ids: "count[int]" = field(default_factory=lambda: count(1))

    def order(self, chat: int | Address, *outcomes: Outcome) -> None:
        """The next calls for the chat, or for the very address, lead to these."""
        self.orders[chat].extend(outcomes)

    async def send(self, address: Address, message: OutgoingMessage) -> Outcome:
        ordered = await self._call("send", address, message)
        if ordered is not None:
            return ordered
        message_id = next(self._ids)
        self.chats[address][message_id] = message.reply
        return Delivered(message_id)

    async def edit(self, address: Address, message_id: int, message: OutgoingMessage) -> Outcome:
        ordered = await self._call("edit", address, message)
        if ordered is not None:
            return ordered
        if message_id not in self.chats[address]:
            return MessageGone()
        self.chats[address][message_id] = message.reply
        return Delivered(message_id)

    async def crosspost(self, address: Address, message_id: int) -> CrosspostOutcome:
        """No message here is to be crossposted."""
        raise AssertionError(message_id)

    async def _call(self, method: str, address: Address, message: OutgoingMessage) -> Outcome | None:
        """Takes its time; the outcome that was ordered for the chat, if any was."""
        self.calls.append((method, address, message))
        self._under_way += 1
        self.most_at_once = max(self.most_at_once, self._under_way)
        await asyncio.sleep(self.delay)
        self._under_way -= 1
        if self.raises is not None:
            raise self.raises
        ordered = self.orders[address] or self.orders[address.chat_id]
        return ordered.popleft() if ordered else None

    def messages(self, address: Address) -> list[Reply]:
        """What stands in a chat, the oldest first."""
        return list(self.chats[address].values())
