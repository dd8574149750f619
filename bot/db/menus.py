"""Which menus of commands we set for one chat or server alone."""

from dataclasses import dataclass

from sqlalchemy import delete, select

from bot.db.engine import Database, insert_into
from bot.db.schema import scoped_menus


@dataclass(frozen=True, slots=True)
class ScopedMenus:
    """Those of one platform. A scope is a text of the platform's own.

    A scope is added before its menu is set, and removed after the menu was taken away, so that none is forgotten.
    """

    database: Database
    platform: str

    async def all(self) -> set[str]:
        """The scopes that may have a menu."""
        statement = select(scoped_menus.c.scope).where(scoped_menus.c.platform == self.platform)
        async with self.database.read() as connection:
            return {row.scope for row in await connection.execute(statement)}

    async def add(self, scope: str) -> None:
        values = {"platform": self.platform, "scope": scope}
        async with self.database.write() as connection:
            await connection.execute(insert_into(self.database, scoped_menus).values(values).on_conflict_do_nothing())

    async def remove(self, scope: str) -> None:
        ours = (scoped_menus.c.platform == self.platform) & (scoped_menus.c.scope == scope)
        async with self.database.write() as connection:
            await connection.execute(delete(scoped_menus).where(ours))
