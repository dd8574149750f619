"""The desk as the settings make it: who decides, and what every change is checked for."""

import getpass
from collections.abc import Callable
from datetime import date

from bot.app.content_check import check_change
from bot.db.changes import Person
from bot.db.store import Store
from bot.dossier.diagnostics import Diagnostic
from bot.live_dossier import LiveDossier
from bot.newsroom.change_content import Contents
from bot.newsroom.change_rules import Rules
from bot.newsroom.desk import Desk
from bot.newsroom.editors_chat import EditorsChat
from bot.settings import Settings


def desk_rules(settings: Settings) -> Rules:
    """A second editor must approve if EDITORS names several people or a writer, or EDITORS_CHAT is set."""
    writers = frozenset(account for account, role in settings.roles.items() if role == "writer")
    owners, editors = frozenset(settings.owners), frozenset(settings.editors)
    needs_two = len(editors) > 1 or bool(writers) or settings.editors_chat is not None
    approvers = (editors - writers) | owners
    return Rules(needs_two, owners, writers, approvers if settings.editors_chat is None else None)


def make_desk(
    settings: Settings,
    store: Store,
    live: LiveDossier,
    editors: EditorsChat,
    on_news: Callable[[], None] = lambda: None,
    address: str | None = None,
) -> Desk:
    """The desk; the last three arguments are those of :class:`~bot.newsroom.desk.Desk`."""

    def check(contents: Contents, day: date, *, alone: bool) -> list[Diagnostic]:
        return check_change(live.loading, contents, day, settings.platforms, alone=alone)

    return Desk(store, live, desk_rules(settings), check, editors, on_news, address)


def desk_of_shell(settings: Settings, store: Store, live: LiveDossier) -> tuple[Desk, Person]:
    """The desk for a command, and who gives it. The bot that runs sends the messages."""
    user = getpass.getuser()
    person = Person(f"cli:{user}", user, live.complete.header.default_language)
    return make_desk(settings, store, live, EditorsChat(store, settings.editors_address)), person
