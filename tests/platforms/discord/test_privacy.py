"""/privacy on Discord: what is stored, "delete mine" with what the database holds afterwards, and bulletins in one's own language only."""

import pytest
from sqlalchemy import select

from bot.db.schema import metadata
from bot.db.store import Store
from bot.dossier.models import Dossier
from tests.platforms.discord.conftest import QUICK_MODE_FIRST, Talk, talking
from tests.servers.discord_people import MANAGER
from tests.tables import cases


@pytest.fixture(params=QUICK_MODE_FIRST)
def mode(request: pytest.FixtureRequest) -> str:
    """Interactions by the gateway, and by HTTP."""
    return str(request.param)


async def stored(store: Store) -> dict[str, int]:
    """Table → rows, of those tables that hold something about chats."""
    tables = [table for table in metadata.sorted_tables if "reader_id" in table.c or table.name == "readers"]
    async with store.database.read() as connection:
        return {table.name: len((await connection.execute(select(table))).all()) for table in tables}


def store_of(talk: Talk) -> Store:
    return talk.conversation.store


class TestDeleteMine:
    """Everything about the chat goes, and what is asked afterwards stores nothing."""

    @cases("locale, title, delete, confirm, deleted")
    async def test_in_direct_messages(
        self, dossier: Dossier, mode: str, locale: str, title: str, delete: str, confirm: str, deleted: str
    ) -> None:
        """
        en-US | 🔏 Stored about this chat | 🗑 Delete it | 🗑 Yes, delete it | 🗑 Deleted
        id | 🔏 Yang disimpan tentang obrolan ini | 🗑 Hapus | 🗑 Ya, hapus | 🗑 Sudah terhapus
        ru | 🔏 Что хранится об этом чате | 🗑 Удалить | 🗑 Да, удалить | 🗑 Всё удалено
        """
        async with talking(mode, dossier) as talk:
            person = talk.somebody(locale=locale)
            person.channel = talk.discord.world.direct(person.id)
            await person.use("subscribe")
            declined = await person.use("ask", question="🦒🦒🦒")
            await person.press(declined, next(token for label, token in declined.buttons.items() if label[0] == "🔔"))
            held = await stored(store_of(talk))
            assert (held["readers"], held["subscriptions"], held["awaited_questions"]) == (1, 1, 1)
            shown = await person.use("privacy")
            assert shown.title == title
            asked = await person.press(shown, shown.buttons[delete])
            assert (await stored(store_of(talk)))["readers"] == 1
            done = await person.press(asked, asked.buttons[confirm])
            assert done.title == deleted
            assert set((await stored(store_of(talk))).values()) == {0}
            await person.use("ask", question="how long does it last")
            assert set((await stored(store_of(talk))).values()) == {0}

    async def test_in_a_server_only_who_manages_it(self, dossier: Dossier, mode: str) -> None:
        """Everybody may read what is stored; the panel is theirs alone."""
        async with talking(mode, dossier) as talk:
            manager = talk.somebody(permissions=MANAGER)
            await manager.use("subscribe")
            member = talk.somebody(manager.channel)
            shown = await member.use("privacy")
            assert shown.is_private
            assert (await member.press(shown, shown.buttons["🗑 Delete it"])).title == "🔒 For admins"
            assert (await stored(store_of(talk)))["subscriptions"] == 1
            asked = await manager.press(await manager.use("privacy"), "c/privacy/delete")
            await manager.press(asked, asked.buttons["🗑 Yes, delete it"])
            assert set((await stored(store_of(talk))).values()) == {0}
