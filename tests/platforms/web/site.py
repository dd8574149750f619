"""The web application on a loopback port, assembled as it is when it runs."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import aiohttp
from aiohttp import web
from aiohttp.typedefs import Handler

from bot.app.content_check import load_checked
from bot.app.reload import follow, stamps
from bot.conversation import Conversation
from bot.db.store import open_store
from bot.dossier.loader import Loading
from bot.live_dossier import LiveDossier, Now, utc_now
from bot.newsroom.correction_history import Corrections
from bot.pictures.service import PictureService, PictureStore, render_png
from bot.platforms import PLATFORMS
from bot.platforms.platform import PageForm
from bot.platforms.web.addresses import SiteAddress
from bot.platforms.web.app import CheckResult, add_routes
from bot.platforms.web.mistake_page import MistakePage
from bot.platforms.web.preview import Preview, PreviewRoutes
from bot.platforms.web.public_routes import PublicPages
from bot.platforms.web.streams import EventStreams
from bot.platforms.web.subscription_pages import Practice, SubscriptionPages
from tests.conftest import CONTENT, HERE, TODAY
from tests.databases import sqlite_url

NOW = datetime(2026, 11, 28, 12, 30, tzinfo=UTC)


@dataclass(frozen=True)
class Site:
    """What is served, and where (``http://127.0.0.1:…``)."""

    address: str
    preview: Preview
    corrections: Corrections

    @property
    def live(self) -> LiveDossier:
        return self.preview.conversation.live


Asking = AbstractAsyncContextManager[aiohttp.ClientResponse]


async def status_of(asking: Asking) -> int:
    """The status of an answer."""
    async with asking as answer:
        return answer.status


async def text_of(asking: Asking, status: int | None = 200) -> str:
    """The text of an answer, which has this status. None: any."""
    async with asking as answer:
        assert status in (None, answer.status)
        return await answer.text()


async def fine() -> CheckResult:
    return CheckResult(True)


def coming_from(address: str) -> Callable[[web.Request, Handler], Awaitable[web.StreamResponse]]:
    """A middleware: requests come from this address."""

    @web.middleware
    async def come(request: web.Request, handler: Handler) -> web.StreamResponse:
        return await handler(request.clone(remote=address))

    return come


@cache
def _never_written(folder: Path) -> Loading:
    """A dossier of the repository, loaded and checked once."""
    return load_checked(folder, TODAY)


@asynccontextmanager
async def chatting(
    folder: Path,
    now: Now = utc_now,
    rasterise: Callable[[str], bytes] = render_png,
    streams: EventStreams | None = None,
    today: date = TODAY,
) -> AsyncIterator[Preview]:
    """The preview of a content folder, without HTTP."""
    is_ours = folder == CONTENT or folder.is_relative_to(HERE / "dossiers")
    loading = _never_written(folder) if is_ours else load_checked(folder, today)
    assert loading.dossier is not None, loading.diagnostics
    live = LiveDossier(loading.dossier, loading.diagnostics, now=now)
    with TemporaryDirectory(prefix="nota-pictures-") as stored:
        pictures = PictureService(PictureStore(Path(stored)), live, lambda: today, rasterise)
        async with open_store(sqlite_url()) as store:
            conversation = Conversation(live, store, lambda: today)
            answering = [platform for platform in PLATFORMS if platform.answers]
            yield Preview(conversation, answering, pictures, lambda: NOW, streams=streams or EventStreams())


@asynccontextmanager
async def serving(
    folder: Path,
    *,
    follows: bool = False,
    rasterise: Callable[[str], bytes] = render_png,
    now: Now = utc_now,
    streams: EventStreams | None = None,
    address: SiteAddress = SiteAddress(),  # noqa: B008  immutable
    forms: Callable[[Conversation], dict[str, tuple[str, PageForm]]] = lambda _: {},
    practice: Practice = Practice(),  # noqa: B008  immutable
    more_routes: Callable[[web.Application], None] = lambda _: None,
    today: date = TODAY,
) -> AsyncIterator[Site]:
    """The site of a content folder; ``follows``: it reloads files as they are saved."""
    async with chatting(folder, now, rasterise, streams, today) as preview:
        app = web.Application()
        live = preview.conversation.live
        corrections = Corrections(preview.conversation.store)
        public = PublicPages(preview.conversation, preview.pictures, corrections, PLATFORMS)
        subscribing = SubscriptionPages(preview.conversation, public, forms(preview.conversation), practice)
        routes = PreviewRoutes(preview, content=folder)
        mistakes = MistakePage(preview.conversation, public)
        add_routes(
            app,
            {"content": fine},
            public,
            routes,
            address,
            platforms=PLATFORMS,
            subscribing=subscribing,
            mistakes=mistakes,
        )
        more_routes(app)
        runner = web.AppRunner(app, handle_signals=False)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0, backlog=1024).start()
        reloading = (
            asyncio.create_task(follow(live, folder, stamps(folder), shows_diagnostics=True)) if follows else None
        )
        try:
            yield Site(f"http://127.0.0.1:{runner.addresses[0][1]}", preview, corrections)
        finally:
            if reloading:
                reloading.cancel()
                with suppress(asyncio.CancelledError):
                    await reloading
            await runner.cleanup()
