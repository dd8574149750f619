"""A worker under test: a platform in memory, a newsroom that publishes, and a worker that sends while the test looks on."""

import asyncio
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from time import monotonic
from typing import Any

from sqlalchemy import exists, select, update

from bot.db.schema import deliveries
from bot.db.store import Store
from bot.delivery.outcomes import CrosspostOutcome, Delivered, MessageGone, Outcome
from bot.delivery.rate_limiter import Limits
from bot.delivery.sender import OutgoingMessage
from bot.delivery.worker import PAUSE_SECONDS, DeliveryWorker
from bot.dossier.markdown import plain
from bot.dossier.models import Bulletin
from bot.reader import Address
from bot.replies.reply import Note, Reply
from bot.schedule import Subscription
from tests.clocks import MovedClock, until
from tests.editor import Editor

ANN, BUDI = Address("telegram", "1"), Address("telegram", "2")

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
    closed: bool = False
    """Whether no call is answered until it is opened."""
    raises: Exception | None = None
    most_at_once: int = 0
    _under_way: int = 0
    _ids: "count[int]" = field(default_factory=lambda: count(1))

    def order(self, chat: str | Address, *outcomes: Outcome) -> None:
        """The next calls for the chat, or for the very address, lead to these."""
        self.orders[chat].extend(outcomes)

    def number_anew(self) -> None:
        """The next messages get the numbers of the first ones, as in a supergroup that a group became."""
        self._ids = count(1)

    def known_id(self, message: OutgoingMessage) -> str | None:
        return None

    async def send(self, address: Address, message: OutgoingMessage) -> Outcome:
        ordered = await self._call("send", address, message)
        if ordered is not None:
            return ordered
        message_id = str(next(self._ids))
        self.chats[address][message_id] = message.reply
        return Delivered(message_id)

    async def edit(self, address: Address, message_id: str, message: OutgoingMessage) -> Outcome:
        ordered = await self._call("edit", address, message)
        if ordered is not None:
            return ordered
        if message_id not in self.chats[address]:
            return MessageGone()
        self.chats[address][message_id] = message.reply
        return Delivered(message_id)

    async def crosspost(self, address: Address, message_id: str) -> CrosspostOutcome:
        """No message here is to be crossposted."""
        raise AssertionError(message_id)

    async def _call(self, method: str, address: Address, message: OutgoingMessage) -> Outcome | None:
        """Takes its time; the outcome that was ordered for the chat, if any was."""
        self.calls.append((method, address, message))
        self._under_way += 1
        self.most_at_once = max(self.most_at_once, self._under_way)
        await asyncio.sleep(self.delay)
        await until(lambda: not self.closed)
        self._under_way -= 1
        if self.raises is not None:
            raise self.raises
        ordered = self.orders[address] or self.orders[address.chat_id]
        return ordered.popleft() if ordered else None

    def messages(self, address: Address) -> list[Reply]:
        """What stands in a chat, the oldest first."""
        return list(self.chats[address].values())


@dataclass
class DeliveryScene:
    """One bot with its database, its platform and its editor."""

    store: Store
    clock: MovedClock
    editor: Editor
    platform: Platform = field(default_factory=Platform)
    bot: str = ""
    _workers: dict[str, DeliveryWorker] = field(default_factory=dict)

    async def subscribe(self, address: Address, language: str = "en", wanted: Subscription | None = None) -> None:
        kind = "private" if not address.chat_id.startswith("-") else "group"
        await self.store.readers.meet(address, kind, "A chat", language)  # type: ignore[arg-type]
        await self.store.subscriptions.put(address, wanted or Subscription())

    @asynccontextmanager
    async def sending(
        self, holder: str = "one", clock: Callable[[], float] = monotonic
    ) -> AsyncIterator[DeliveryWorker]:
        """A worker that runs for the length of the block, once the lease has rested from the one before.

        A process lives through all steps of a test: the next block of the same ``holder`` has the same worker, which knows every
        text that it has sent. ``clock`` is the process's own, which only goes forward; another clock means another process.
        """
        self.clock.forward(seconds=PAUSE_SECONDS)
        if holder not in self._workers or self._workers[holder].clock is not clock:
            self._workers[holder] = DeliveryWorker(self.store, self.platform, holder, clock)
        worker = self._workers[holder]
        await worker.until_bound(self.bot)
        task = asyncio.create_task(worker.run())
        try:
            yield worker
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def publish(self, *bulletins: Bulletin, forced: tuple[str, ...] = ()) -> None:
        """Publishes the dossier with these bulletins, and sends until nothing is due."""
        await self.editor.publish(*bulletins, forced=forced)
        await self.send_all()

    @asynccontextmanager
    async def half_way(self, calls: int = 20) -> AsyncIterator[DeliveryWorker]:
        """The block runs after so many calls, while the others wait in memory; then sends until nothing is due."""
        async with self.sending() as worker:
            await until(lambda: len(self.platform.calls) >= calls)
            yield worker
            await self.quiet(worker)

    async def send_all(self, holder: str = "one") -> None:
        """Sends until nothing is due. ``holder`` names the process."""
        async with self.sending(holder) as worker:
            await self.quiet(worker)

    async def quiet(self, worker: DeliveryWorker, seconds: float = 60) -> None:
        """Until nothing is due and nothing under way, at longest for so many seconds."""

        async def is_quiet() -> bool:
            waits = deliveries.c.state.in_(("due", "retry")) & (deliveries.c.due <= self.clock.now)
            unsent = select(exists().where(waits | (deliveries.c.state == "claimed")))
            async with self.store.database.read() as connection:
                return not (await connection.execute(unsent)).scalar_one()

        worker.nudge()
        async with asyncio.timeout(seconds):
            while not await is_quiet():  # noqa: ASYNC110  the database tells nobody
                await asyncio.sleep(0.01)

    async def held(self, holder: str) -> tuple[str, str]:
        """The lease, held by this process, and the process."""
        seen = await self.store.leases.read(self.platform.lease_name)
        assert await self.store.leases.take(self.platform.lease_name, holder, seen)
        return self.platform.lease_name, holder

    async def rows(self) -> list[Any]:
        """The ledger's deliveries."""
        async with self.store.database.read() as connection:
            return list((await connection.execute(select(deliveries).order_by(deliveries.c.id))).all())

    async def set_row(self, number: int, **values: object) -> None:
        """Puts a delivery, counted from 1, into a state that only a race brings about."""
        row = (await self.rows())[number - 1]
        async with self.store.database.write() as connection:
            await connection.execute(update(deliveries).where(deliveries.c.id == row.id).values(**values))

    def texts(self, address: Address) -> list[str]:
        """What a chat shows: headings and notes, a string for each message."""
        return [shown(reply) for reply in self.platform.messages(address)]


def shown(reply: Reply) -> str:
    """A message as a test compares it: its heading, and its notes behind bars."""
    notes = [plain(block.spans) for block in reply.blocks if isinstance(block, Note)]
    return " | ".join([reply.heading, *notes])
