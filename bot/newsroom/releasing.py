"""Publishes what is ripe: a small audience in one transaction, a large one with a head start."""

from dataclasses import dataclass

from bot.dossier.model import BulletinId
from bot.store.engine import AsyncConnection
from bot.store.store import Store


@dataclass(frozen=True, slots=True)
class Releasing:
    """Writes the deliveries of scheduled bulletins whose time has come."""

    store: Store

    async def begin(self, connection: AsyncConnection, now: float) -> dict[BulletinId, int] | None:
        """Publishes what is ripe; None where the audience is so large that only a head start was written.

        The bulletin stays scheduled until :meth:`complete` has written the rest, in this process or, should it die, in the
        next that looks.
        """
        ripe = await self.store.bulletins.ripe(connection, now)
        if not ripe or not await self.store.fan_out.is_large(connection):
            return await self._publish(connection, now)
        for row in ripe:
            await self.store.fan_out.begin(connection, row.id, row.revision, row.topics, row.urgent, now)
        return None

    async def complete(self) -> dict[BulletinId, int]:
        """Publishes what is ripe to all whom it concerns: bulletin → to how many."""
        async with self.store.database.write() as connection:
            return await self._publish(connection, await self.store.bulletins.take_turn(connection))

    async def _publish(self, connection: AsyncConnection, now: float) -> dict[BulletinId, int]:
        published = {}
        for row in await self.store.bulletins.ripe(connection, now):
            await self.store.fan_out.restore(connection, row.id, now)
            count = await self.store.fan_out.publish(connection, row.id, row.revision, row.topics, row.urgent, now)
            await self.store.bulletins.change(connection, row.id, state="published", published=now)
            published[BulletinId(row.id)] = count
        return published
