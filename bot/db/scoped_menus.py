"""Command menus that we set for a single chat or server."""

from dataclasses import dataclass

from sqlalchemy import delete, select

from bot.db.engine import Database, insert_into
from bot.db.schema import scoped_menus


@dataclass(frozen=True, slots=True)
class ScopedMenus:
    """The menus of one platform. A scope is the platform's own name for a chat or server.

    Add a scope before its menu is set and remove it after the menu was removed, so that no menu is forgotten.
    """

    database: Database
    platform: str

    async def all(self) -> set[str]:
        """The scopes that may have a menu."""
        statement = select(scoped_menus.c.scope).where(scoped_menus.c.platform == self.platform)
        return {row.scope for row in await self.database.rows(statement)}

    async def add(self, scope: str) -> None:
        values = {"platform": self.platform, "scope": scope}
        await self.database.change(insert_into(self.database, scoped_menus).values(values).on_conflict_do_nothing())

    async def remove(self, scope: str) -> None:
        ours = (scoped_menus.c.platform == self.platform) & (scoped_menus.c.scope == scope)
        await self.database.change(delete(scoped_menus).where(ours))
