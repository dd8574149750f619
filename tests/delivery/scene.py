"""What a test of the outbox sits at: a store, a press, a platform, and an outbox that runs while the test looks on."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

from sqlalchemy import select, update

from bot.db.schema import deliveries
from bot.db.store import Store
from bot.delivery.worker import REST_SECONDS, DeliveryWorker
from bot.dossier.markdown import plain
from bot.reader import Address
from bot.replies.reply import Note, Reply
from bot.schedule import Subscription
from tests.clocks import MovedClock
from tests.delivery.platform import Platform
from tests.editor import Editor


@dataclass
class DeliveryScene:
    """One bot's."""

    store: Store
    clock: MovedClock
    editor: Editor
    platform: Platform = field(default_factory=Platform)

    async def subscribe(self, address: Address, language: str = "en", wanted: Subscription | None = None) -> None:
        kind = "private" if address.chat_id > 0 else "group"
        await self.store.readers.meet(address, kind, "A chat", language)  # type: ignore[arg-type]
        await self.store.subscriptions.put(address, wanted or Subscription())

    @asynccontextmanager
    async def sending(
        self, holder: str = "one", clock: Callable[[], float] = monotonic
    ) -> AsyncIterator[DeliveryWorker]:
        """An outbox that runs for the length of the block, once the lane has rested from the one before.

        ``clock`` is the process's own, which only goes forward.
        """
        self.clock.forward(seconds=REST_SECONDS)
        worker = DeliveryWorker(self.store, self.platform, holder, clock)
        task = asyncio.create_task(worker.run())
        try:
            yield worker
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def send_all(self) -> None:
        """Sends until nothing is due."""
        async with self.sending() as worker:
            await self.quiet(worker)

    async def quiet(self, worker: DeliveryWorker) -> None:
        """Until nothing is due and nothing under way."""

        async def is_quiet() -> bool:
            rows = await self.rows()
            open_rows = [row for row in rows if row.state in ("due", "retry") and row.due <= self.clock.now]
            return not open_rows and not any(row.state == "claimed" for row in rows)

        worker.nudge()
        async with asyncio.timeout(10):
            while not await is_quiet():  # noqa: ASYNC110  the database tells nobody
                await asyncio.sleep(0.01)

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


async def until(condition: Callable[[], bool], seconds: float = 10) -> None:
    """Waits for something to become so."""
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110  whatever it looks at tells nobody
            await asyncio.sleep(0.005)
