"""The commands of editors and owners of a bot under test."""

from collections.abc import Iterable
from functools import partial
from typing import Any

from bot.app.content_check import check_change
from bot.db.changes import Change, Person
from bot.db.store import Store
from bot.dossier.models import Language
from bot.live_dossier import LiveDossier
from bot.newsroom.change_rules import Rules
from bot.newsroom.desk import Desk
from bot.newsroom.editors import DeskCommand
from bot.newsroom.editors_chat import EditorsChat
from bot.newsroom.publisher import Newsroom
from bot.newsroom.worker import NewsroomWorker
from bot.status import StatusCommand, SystemStatus

ADDRESS = "https://nota.example/desk"


TWO = Rules(needs_two=True)
ANNA, BUDI = (Person(f"telegram:{n}", name, Language("en")) for n, name in enumerate(("Anna", "Budi")))


def desk_on(store: Store, live: LiveDossier, chat: EditorsChat | None = None, rules: Rules = TWO) -> Desk:
    """A desk that checks nothing."""
    return Desk(store, live, rules, lambda *_, **__: [], chat or EditorsChat(store))


async def nothing_new() -> None:
    """Reloads nothing."""


def worker_on(store: Store, live: LiveDossier, **more: Any) -> NewsroomWorker:
    """A newsroom that looks fifty times a second."""
    desk = desk_on(store, live)
    options = {"look_seconds": 0.02, "reload": nothing_new, "on_news": lambda: None, "process": "one", **more}
    return NewsroomWorker(Newsroom(store), live, desk, **options)


def desk_command(store: Store, live: LiveDossier, people: Iterable[str]) -> DeskCommand:
    """``/desk`` and ``/draft`` for these accounts."""
    chat = EditorsChat(store, named=frozenset(people))
    desk = Desk(store, live, Rules(needs_two=True), partial(check_change, live.loading), chat)
    return DeskCommand(chat, store.sign_ins, desk, ADDRESS)


def status_command(store: Store, owners: tuple[str, ...]) -> StatusCommand | None:
    """``/status`` for these accounts; all is well. None if there are none."""

    async def read() -> SystemStatus:
        is_stopped = (await store.safeguards.get()).stopped is not None
        return SystemStatus("0.1.0", 60, (), (), 0, 0.0, 42.0, {}, is_stopped, is_stopped)

    return StatusCommand(frozenset(owners), read, store.safeguards, takes_nothing) if owners else None


async def takes_nothing(owner: str, confirmation: str) -> None:
    """Nothing waits for an owner."""


async def drafts(store: Store) -> list[tuple[Change, dict[str, Any]]]:
    """The drafts with the title and text of their bulletin, the latest first."""
    async with store.database.read() as connection:
        found = []
        for change in await store.changes.all(connection, ["draft"], 100):
            [entry] = (await store.changes.entries(connection, change.id)).values()
            found.append((change, {key: (entry.content or {})[key] for key in ("title", "body")}))
        return found
