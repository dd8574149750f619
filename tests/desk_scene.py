"""The commands of editors and owners of a bot under test."""

from collections.abc import Iterable

from functools import partial

from bot.app.content_check import check_change
from bot.db.store import Store
from bot.live_dossier import LiveDossier
from bot.newsroom.change_rules import Rules
from bot.newsroom.desk import Desk
from bot.newsroom.editors import DeskCommand
from bot.newsroom.editors_chat import EditorsChat
from bot.status import StatusCommand, SystemStatus

ADDRESS = "https://nota.example/desk"


def desk_command(store: Store, live: LiveDossier, people: Iterable[str]) -> DeskCommand:
    """``/desk`` and ``/draft`` for these accounts."""
    chat = EditorsChat(store, named=frozenset(people))
    desk = Desk(store, live, Rules(needs_two=True), partial(check_change, live.loading), chat)
    return DeskCommand(chat, store.sign_ins, desk, ADDRESS)


def status_command(store: Store, owners: tuple[str, ...]) -> StatusCommand | None:
    """``/status`` for these accounts; all is well. None if there are none."""

    async def read() -> SystemStatus:
        return SystemStatus("0.1.0", 60, (), (), 0, 0.0, 42.0, {})

    return StatusCommand(frozenset(owners), read, store.safeguards) if owners else None
