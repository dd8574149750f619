"""The desk of a bot under test, and the command that leads to it."""

from collections.abc import Iterable

from bot.app.content_check import check_draft
from bot.db.store import Store
from bot.live_dossier import LiveDossier
from bot.newsroom.desk import Rules
from bot.newsroom.desk_decisions import Desk
from bot.newsroom.editors import DeskCommand, Editors

ADDRESS = "https://nota.example/desk"


def desk_command(store: Store, live: LiveDossier, people: Iterable[str]) -> DeskCommand:
    """``/desk`` and ``/draft`` for these accounts."""
    desk = Desk(store, live, Rules(needs_two=True), check_draft)
    return DeskCommand(Editors(frozenset(people)), store.sign_ins, desk, ADDRESS)
