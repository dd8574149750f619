"""What is in force, entry by entry, as every process loads it; and what files last said."""

from collections.abc import Mapping
from dataclasses import dataclass
from secrets import token_hex
from typing import Any

from sqlalchemy import bindparam, delete, insert, select, update

from bot.db.connection import AsyncConnection
from bot.db.engine import Database
from bot.db.safeguards import Safeguards
from bot.db.schema import contents, safeguards
from bot.dossier.entries import Entry, Key


@dataclass(frozen=True, slots=True)
class StoredContents:
    """The entries. Every method runs in the transaction of its connection; the caller of one that writes holds the newsroom's lock."""

    database: Database

    async def tree(self, connection: AsyncConnection) -> str:
        """The files that were imported last; "": none were, or none since a restore."""
        return await connection.scalar(select(safeguards.c.tree)) or ""

    async def read(self, connection: AsyncConnection) -> dict[Key, Entry]:
        """The entries in their order."""
        rows = await connection.execute(select(contents).order_by(contents.c.position))
        # equal ones are once in memory
        files = ((each, each.content if each.file == each.content else each.file) for each in rows)
        return {Key(each.key): Entry(each.content, file, each.gone, each.was or {}) for each, file in files}

    async def put(
        self, connection: AsyncConnection, before: Mapping[Key, Entry], after: Mapping[Key, Entry], **columns: object
    ) -> None:
        """Makes the entries ``after`` of those ``before``, in their order, under another stamp. ``columns``: others of that row."""
        gone = before.keys() - after.keys()
        # none has a gap
        kept = {} if gone else {key: (place, entry) for place, (key, entry) in enumerate(before.items())}
        new, changed = list[dict[str, Any]](), list[dict[str, Any]]()
        for position, (key, entry) in enumerate(after.items()):
            if kept.get(key) != (position, entry):
                row = {"key": key, "position": position, "was": entry.was or None}
                row |= {"content": entry.content, "file": entry.file, "gone": entry.gone}
                (changed if key in before else new).append(row)
        if gone:
            await connection.execute(delete(contents).where(contents.c.key.in_(gone)))
        if new:
            await connection.execute(insert(contents), new)
        if changed:
            values: dict[str, Any] = {name: bindparam(f"new_{name}") for name in changed[0] if name != "key"}
            replaced = update(contents).where(contents.c.key == bindparam("new_key")).values(values)
            rows = [{f"new_{name}": value for name, value in row.items()} for row in changed]
            await connection.execute(replaced, rows)
        await Safeguards(self.database).change(connection, stamp=token_hex(8), **columns)
