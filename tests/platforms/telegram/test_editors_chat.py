"""The editors' chat becomes a supergroup, and Telegram says so only when it is asked about the group."""

from bot.db.store import Store
from bot.dossier.loader import load
from bot.dossier.models import Dossier
from bot.reader import Address
from tests.clocks import until
from tests.conftest import TINY, TODAY
from tests.platforms.telegram.conftest import talking_to
from tests.servers.telegram import bot_api

GROUP, MOVED = -1001234567890, -1009999
UPGRADED = "Bad Request: group chat was upgraded to a supergroup chat"


async def test_menus_and_rights_follow(database_url: str, store: Store) -> None:
    """The menus are set there, its admins are editors, and the readers have moved."""
    dossier = load(TINY, TODAY).dossier
    assert isinstance(dossier, Dossier)
    async with bot_api() as api:
        api.state.members[MOVED, 7] = "administrator"
        api.fault("getChat", 400, UPGRADED, migrate_to_chat_id=MOVED)
        api.fault("getChatAdministrators", 400, UPGRADED, migrate_to_chat_id=MOVED)
        chat = Address("telegram", str(GROUP))
        async with talking_to(api, "polling", dossier, database_url=database_url, editors=chat) as talk:
            editors = talk.conversation.staff.editors_chat
            assert editors is not None
            await until(lambda: {"type": "chat_administrators", "chat_id": MOVED} in menus(api.of("setMyCommands")))
            assert editors.address == Address("telegram", str(MOVED))
            assert await editors.includes("telegram:7")
            assert not await editors.includes("telegram:8")


def menus(calls: list[dict[str, object]]) -> list[object]:
    return [given.get("scope") for given in calls]
