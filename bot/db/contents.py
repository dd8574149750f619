"""What is in force, entry by entry, as every process loads it; and what files last said."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.db.engine import Database, upsert
from bot.db.schema import contents, dossier_versions, safeguards
from bot.dossier.entries import Content, Entry, Key, in_order


@dataclass(frozen=True, slots=True)
class StoredContents:
    """The entries. Every method runs in the transaction of its connection; the caller of one that writes holds the newsroom's lock."""

    database: Database

    async def tree(self, connection: AsyncConnection) -> str:
        """The files that were imported last, of which the entries are made, with all changes in force.

        "": the entries are not those in force. None were imported yet, or an earlier release has put something in force since.
        """
        latest = select(dossier_versions.c.version).order_by(dossier_versions.c.compared.desc()).limit(1)
        is_current = (safeguards.c.contents_stamp == safeguards.c.stamp) & (
            safeguards.c.tree == latest.scalar_subquery()
        )
        return (await connection.execute(select(safeguards.c.tree).where(is_current))).scalar_one_or_none() or ""

    async def read(self, connection: AsyncConnection) -> dict[Key, Entry]:
        """The entries in their order."""
        rows = await connection.execute(select(contents).order_by(contents.c.position))
        return {Key(row.key): Entry(row.content, row.file, row.gone) for row in rows}

    async def put(
        self, connection: AsyncConnection, files: Mapping[Key, Content], in_force: Mapping[Key, Content], now: float
    ) -> bool:
        """Makes these the entries in force, in the order of the files, and what no file has behind it. Returns whether that changed any."""
        before = await self.read(connection)
        found = dict[Key, tuple[int, Entry]]()
        for position, key in enumerate(in_order(files, before, in_force)):
            old, content = before.get(key, Entry(None)), in_force.get(key)
            gone = None if content is not None else old.gone or now
            found[key] = position, Entry(old.content if content is None else content, files.get(key), gone)
        places = {key: place for place, key in enumerate(before)}
        changed = [key for key, (place, entry) in found.items() if (places.get(key), before.get(key)) != (place, entry)]
        rows = [
            {"key": key, "position": place, "content": entry.content, "file": entry.file, "gone": entry.gone}
            for key, (place, entry) in found.items()
            if key in changed
        ]
        new = [row for row in rows if row["key"] not in before]
        if new:
            await connection.execute(insert(contents), new)
        for row in rows:
            if row["key"] in before:
                await connection.execute(update(contents).where(contents.c.key == row["key"]).values(row))
        return bool(changed)

    async def note(self, connection: AsyncConnection, **columns: str) -> None:
        """Notes that the entries are those in force under the present stamp. ``columns``: ``tree``, and another ``stamp``."""
        if columns:
            await connection.execute(upsert(self.database, safeguards, {"id": 1, **columns}, ["id"], columns))
        await connection.execute(update(safeguards).values(contents_stamp=safeguards.c.stamp))
