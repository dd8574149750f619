"""The wire's desk for commands: content and database opened, or a line that says why not."""

import sys
from collections.abc import Awaitable, Callable

from bot.dossier.loading import load
from bot.edition import Edition
from bot.rereading import today
from bot.settings import Settings
from bot.store.database import UnusableDatabase
from bot.store.store import open_store
from bot.wire.desk import EditorsDesk
from bot.wire.opening import open_wire


async def at_the_desk(settings: Settings, work: Callable[[EditorsDesk], Awaitable[int]]) -> int:
    """The exit status of the work; 1 where there is no desk to work at. A running bot sends what is decided."""
    loading = load(settings.content_dir, today())
    if loading.dossier is None:
        print("\n".join(map(str, loading.mistakes)), file=sys.stderr)
        return 1
    try:
        async with open_store(settings.database_url) as store:
            wire = await open_wire(store, Edition(loading.dossier), settings.desk, lambda: None)
            return await work(wire.desk)
    except UnusableDatabase as unusable:
        print(unusable, file=sys.stderr)
        return 1
