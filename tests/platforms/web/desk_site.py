"""A whole newsroom with its desk over HTTP, for the desk's tests with and without a browser."""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from types import MappingProxyType

from aiohttp import web

from bot.app.content_check import check_change
from bot.db.changes import Change, ChangeId
from bot.db.store import Store
from bot.dossier.diagnostics import Diagnostic
from bot.dossier.entries import Content, Key
from bot.feeds.review import Review
from bot.live_dossier import LiveDossier
from bot.newsroom.change_content import Contents
from bot.newsroom.change_rules import Rules
from bot.newsroom.desk import Desk
from bot.newsroom.editors_chat import EditorsChat
from bot.newsroom.publisher import Newsroom
from bot.newsroom.worker import NewsroomWorker
from bot.platforms import PLATFORMS
from bot.platforms.web.desk.change import Senders
from bot.platforms.web.desk.pages import DeskPages
from bot.platforms.web.desk.sign_in import SignIn
from bot.platforms.web.security_headers import add_security_headers
from bot.platforms.web.static_files import add_static_files
from tests.conftest import checked, not_none
from tests.databases import reading
from tests.platforms.web.site import coming_from


@dataclass
class Served:
    """A newsroom with its desk over HTTP. Nothing happens by itself: a test says when the worker looks."""

    address: str
    store: Store
    live: LiveDossier
    desk: Desk
    editors: EditorsChat
    worker: NewsroomWorker
    folder: Path

    async def look(self, times: int = 3) -> None:
        """The worker looks at the database."""
        for _ in range(times):
            await self.worker.look()

    async def deploy(self) -> None:
        """The files have changed."""
        await self.worker.reload()
        await self.look()

    async def change(self, number: int = 1) -> Change:
        """A change, as it is stored."""
        return not_none(await reading(self.store, self.store.changes.read, ChangeId(number)))

    async def contents(self, number: int = 1) -> dict[Key, Content | None]:
        """The contents of its entries."""
        entries = await reading(self.store, self.store.changes.entries, ChangeId(number))
        return {key: entry.content for key, entry in entries.items()}


@asynccontextmanager
async def served_desk(
    store: Store,
    folder: Path,
    people: Iterable[str],
    rules: Rules,
    *,
    comes_from: str = "127.0.0.1",
    static: bool = False,
    senders: Senders = MappingProxyType({}),
) -> AsyncIterator[Served]:
    """The newsroom of a folder. Without people it is the demo editor's, as without tokens.

    Args:
        store: its database.
        folder: its files, which are in force at once.
        people: the editors' accounts.
        rules: who decides.
        comes_from: the address from which requests seem to come.
        static: whether style sheets and scripts are served, too, as a browser needs them.
        senders: what writes to an editor.
    """
    named = frozenset(people)
    files = checked(folder)
    assert files.dossier is not None, files.diagnostics
    live = LiveDossier(files.dossier)
    live.update(files)
    editors = EditorsChat(store, named=named)

    def check(contents: Contents, day: date, *, alone: bool = False) -> list[Diagnostic]:
        return check_change(live.loading, contents, day, alone=alone)

    desk = Desk(store, live, rules, check, editors)

    async def reload() -> None:
        await live.reload(lambda: checked(folder))

    worker = NewsroomWorker(Newsroom(store), live, desk, reload, lambda: None, "one")
    sign_in = SignIn(store.sign_ins, editors, live, is_demo=not named)
    review = Review(store, live, editors, desk, lambda: None)
    app = web.Application(middlewares=[coming_from(comes_from)])
    add_security_headers(app)
    if static:
        add_static_files(app, PLATFORMS)
    DeskPages(desk, sign_in, PLATFORMS, {}, review, senders=senders).add_routes(app)
    runner = web.AppRunner(app, handle_signals=False, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    served = Served(f"http://127.0.0.1:{runner.addresses[0][1]}", store, live, desk, editors, worker, folder)
    try:
        await served.look(1)
        yield served
    finally:
        await runner.cleanup()
