"""Compares the dossier in force with the ledger and writes what follows, all of it in one transaction or none.

Only a large audience is written in two (:mod:`bot.newsroom.releasing`).
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import assert_never

from bot.dossier.model import BulletinId, Dossier
from bot.newsroom.changes import (
    Appeared,
    Change,
    Redirected,
    Rescheduled,
    Revised,
    Withdrawn,
    changes,
    items_of,
)
from bot.newsroom.facts import fact_texts
from bot.newsroom.ledger import ORIGIN, columns_of, known_of, texts_of
from bot.newsroom.releasing import Releasing
from bot.store.engine import AnyRow, AsyncConnection
from bot.store.readers import Reader
from bot.store.store import Store


@dataclass(frozen=True, slots=True)
class Report:
    """What a comparison came to.

    Attributes:
        changes: what differed.
        published: bulletin → for how many readers deliveries were written.
        overtaken: another process holds an edition that was compared after ours: it may be what lies on our disk by now.
    """

    changes: tuple[Change, ...] = ()
    published: dict[BulletinId, int] = field(default_factory=dict)
    overtaken: bool = False

    def __bool__(self) -> bool:
        return bool(self.changes or self.published)


@dataclass(frozen=True, slots=True)
class Newsroom:
    """Publishes, corrects and withdraws. Any process may; they take turns."""

    store: Store

    @property
    def _releasing(self) -> Releasing:
        return Releasing(self.store)

    async def compare(self, dossier: Dossier, told: Iterable[BulletinId] = (), process: str | None = None) -> Report:
        """Brings the ledger to what the dossier says. An edition that was compared last is not compared again.

        ``process`` is who holds the edition from now on; None where nobody does, as on the command line. An edition that
        was compared before undoes no later one that another process holds: of several that see a file change one may
        still have what it read before, and one of an old release may start again while a new one rolls out.

        ``told`` are bulletins to be sent although they are history.
        """
        bulletins = self.store.bulletins
        async with self.store.database.write() as connection:
            now = await bulletins.take_turn(connection)
            latest = await bulletins.latest_edition(connection)
            if process is not None:
                await self.store.followers.follow(connection, process, dossier.version)
                if latest is not None and await self._is_overtaken(connection, dossier, latest, process):
                    return Report(overtaken=True)
            found: tuple[Change, ...] = ()
            first = latest is None
            if latest is None or latest.version != dossier.version or told:
                found = await self._differences(connection, dossier, now, first, frozenset(told))
                for change in found:
                    await self._record(connection, change, now)
                    is_sent = first and (isinstance(change, Withdrawn) or change.item.not_before <= now)
                    await (
                        self._take_as_shown(connection, change) if is_sent else self._deliver(connection, change, now)
                    )
                await bulletins.put_edition(connection, dossier.version, fact_texts(dossier), now)
            published = await self._releasing.begin(connection, now)
        return Report(found, await self._releasing.complete() if published is None else published)

    async def follow(self, dossier: Dossier, process: str) -> None:
        """Says that the process still holds the edition."""
        async with self.store.database.write() as connection:
            await self.store.followers.follow(connection, process, dossier.version)

    async def _is_overtaken(self, connection: AsyncConnection, dossier: Dossier, latest: AnyRow, process: str) -> bool:
        if latest.version == dossier.version:
            return False
        is_old = await self.store.bulletins.is_compared(connection, dossier.version)
        return is_old and await self.store.followers.others_follow(connection, process, latest.version)

    async def try_out(self, dossier: Dossier, name: BulletinId, reader: Reader) -> bool:
        """Sends a bulletin to one reader alone, before its audience; False where it is published already.

        Who got it in the trial gets no second message, but a correction where the words change before it is published.
        """
        item = next(item for item in items_of(dossier) if item.id == name)
        bulletins = self.store.bulletins
        async with self.store.database.write() as connection:
            now = await bulletins.take_turn(connection)
            found = known_of(await bulletins.known(connection, ORIGIN)).get(name)
            if found is not None and found.published:
                return False
            revision = found.revision + (found.digests != item.digests) if found else 1
            state = found.state if found and found.state != "retracted" else "trial"
            await bulletins.put(
                connection, name, {**columns_of(item), "state": state, "revision": revision}, texts_of(item), now
            )
            await self.store.fan_out.correct(connection, name, revision, item.articles, now)
            platform = reader.address.platform
            await self.store.fan_out.try_out(connection, name, revision, reader.id, platform, now)
        return True

    async def release(self) -> Report:
        """Publishes the scheduled bulletins whose time has come."""
        async with self.store.database.write() as connection:
            now = await self.store.bulletins.take_turn(connection)
            published = await self._releasing.begin(connection, now)
        return Report(published=await self._releasing.complete() if published is None else published)

    async def is_new(self, dossier: Dossier) -> bool:
        """Whether the edition is another than the one compared last."""
        async with self.store.database.read() as connection:
            latest = await self.store.bulletins.latest_edition(connection)
        return latest is None or latest.version != dossier.version

    async def has_compared(self) -> bool:
        """Whether any edition was compared, in this database or since a backup was imported into it."""
        async with self.store.database.read() as connection:
            return await self.store.bulletins.latest_edition(connection) is not None

    async def soonest(self) -> float | None:
        """In how many seconds the next scheduled bulletin is to be published; None where none is."""
        return await self.store.bulletins.soonest()

    async def differences(self, dossier: Dossier, told: Iterable[BulletinId] = ()) -> tuple[Change, ...]:
        """What :meth:`compare` would find, with nothing written."""
        async with self.store.database.read() as connection:
            now = await self.store.bulletins.moment(connection)
            first = await self.store.bulletins.latest_edition(connection) is None
            return await self._differences(connection, dossier, now, first, frozenset(told))

    async def _differences(
        self, connection: AsyncConnection, dossier: Dossier, now: float, first: bool, told: frozenset[BulletinId]
    ) -> tuple[Change, ...]:
        items = items_of(dossier)
        known = known_of(await self.store.bulletins.known(connection, ORIGIN, [item.id for item in items]))
        return tuple(changes(items, known, now, first, told))

    async def _record(self, connection: AsyncConnection, change: Change, now: float) -> None:
        """The bulletin as it is now."""
        bulletins = self.store.bulletins
        match change:
            case Appeared(item, state, revision) | Revised(item, state, revision):
                columns = {**columns_of(item), "state": state, "revision": revision}
                await bulletins.put(connection, item.id, columns, texts_of(item), now)
            case Rescheduled(item):
                columns = {name: columns_of(item)[name] for name in ("topics", "urgent", "not_before")}
                await bulletins.change(connection, item.id, **columns)
            case Redirected(item):
                await bulletins.change(connection, item.id, topics=list(item.topics))
            case Withdrawn(name, revision):
                await bulletins.retract(connection, name, revision, now)
            case _:
                assert_never(change)

    async def _deliver(self, connection: AsyncConnection, change: Change, now: float) -> None:
        """What readers see of it."""
        fan_out = self.store.fan_out
        match change:
            case Appeared(item, _, revision):
                await fan_out.correct(connection, item.id, revision, item.articles, now)
            case Revised(item, _, revision, languages, restored):
                await fan_out.correct(connection, item.id, revision, languages, now)
                if restored:
                    await fan_out.restore(connection, item.id, now)
            case Rescheduled(item, held_until):
                if held_until is not None:
                    await fan_out.hold(connection, item.id, held_until, max(now, item.not_before))
            case Redirected(item, revision, is_news):
                await fan_out.redirect(connection, item.id, item.topics, now)
                if is_news:
                    await fan_out.add(connection, item.id, revision, item.topics, item.urgent, now)
            case Withdrawn(name, revision):
                await fan_out.withdraw(connection, name, revision, now)
            case _:
                assert_never(change)

    async def _take_as_shown(self, connection: AsyncConnection, change: Change) -> None:
        """Readers have seen it: the database that a backup was made of went on after that."""
        match change:
            case Appeared(item, _, revision) | Revised(item, _, revision) | Redirected(item, revision):
                await self.store.fan_out.take_as_shown(connection, item.id, revision)
            case Rescheduled():
                pass
            case Withdrawn(name, revision):
                await self.store.fan_out.take_as_shown(connection, name, revision)
            case _:
                assert_never(change)
