"""The web application on a loopback port, put together as it is when it runs."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from aiohttp import web

from bot.app.main import PAYLOADS
from bot.app.reload import follow, load_checked, stamps
from bot.conversation import Conversation
from bot.db.store import open_store
from bot.live_dossier import LiveDossier, Now, utc_now
from bot.pictures.service import Gallery, Shelf, Studio, png_of
from bot.platforms.web.app import Condition, add_pages
from bot.platforms.web.preview import Preview
from bot.platforms.web.public import Public
from tests.conftest import TODAY
from tests.databases import sqlite_url

NOW = datetime(2026, 11, 24, 12, 30, tzinfo=UTC)


@dataclass(frozen=True)
class Site:
    """What is served, and where (``http://127.0.0.1:…``)."""

    address: str
    preview: Preview

    @property
    def live(self) -> LiveDossier:
        return self.preview.conversation.live


async def fine() -> Condition:
    """A thing in order."""
    return Condition(True)


@asynccontextmanager
async def chatting(folder: Path, now: Now = utc_now) -> AsyncIterator[Preview]:
    """The preview of a folder, without HTTP."""
    loading = load_checked(folder, TODAY)
    assert loading.dossier is not None, loading.diagnostics
    live = LiveDossier(loading.dossier, loading.diagnostics, now)
    with TemporaryDirectory(prefix="nota-pictures-") as shelf:
        gallery = Gallery(Studio(Shelf(Path(shelf))), live, lambda: TODAY)
        async with open_store(sqlite_url()) as store:
            conversation = Conversation(live, store, lambda: TODAY)
            yield Preview(conversation, PAYLOADS, gallery.of_reply, lambda: NOW)


async def _reread(preview: Preview, folder: Path) -> None:
    await follow(preview.conversation.live, folder, stamps(folder), shows_diagnostics=True)


@asynccontextmanager
async def serving(
    folder: Path, *, follows: bool = False, rasterise: Callable[[str], bytes] = png_of, now: Now = utc_now
) -> AsyncIterator[Site]:
    """The site of a folder; ``follows``: which it reads again as files are saved. Its pictures are drawn anew."""
    with TemporaryDirectory(prefix="nota-pictures-") as shelf:
        async with chatting(folder, now) as preview:
            app = web.Application()
            gallery = Gallery(Studio(Shelf(Path(shelf)), rasterise), preview.conversation.live, lambda: TODAY)
            add_pages(app, {"content": fine}, Public(preview.conversation, gallery), preview)
            runner = web.AppRunner(app, handle_signals=False)
            await runner.setup()
            await web.TCPSite(runner, "127.0.0.1", 0, backlog=1024).start()
            following = asyncio.create_task(_reread(preview, folder)) if follows else None
            try:
                yield Site(f"http://127.0.0.1:{runner.addresses[0][1]}", preview)
            finally:
                if following:
                    following.cancel()
                    await asyncio.gather(following, return_exceptions=True)
                await runner.cleanup()
