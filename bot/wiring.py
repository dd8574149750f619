"""Builds everything; the only place that knows everyone."""

import asyncio
import gc
import signal
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from typing import Any

import aiohttp
import structlog
from aiohttp import web

from bot.answers.reply import Reply
from bot.conversation import Conversation
from bot.dossier.loading import Loading, load
from bot.edition import Edition
from bot.gallery import Gallery, gallery_of
from bot.metrics import Metrics
from bot.newsroom.comparing import Newsroom
from bot.newsroom.watching import Watching
from bot.outbox.serving import Outboxes
from bot.pictures.faults import picture_faults
from bot.platforms import PlatformFailure
from bot.platforms.discord import faults as discord_faults
from bot.platforms.discord.render import render as render_for_discord
from bot.platforms.telegram import faults as telegram_faults
from bot.platforms.telegram.render import call as telegram_call
from bot.platforms.web.health import Condition
from bot.platforms.web.metrics import add_metrics
from bot.platforms.web.pages import add_pages
from bot.platforms.web.preview import Preview
from bot.platforms.web.public import Public
from bot.proofreading import proofread
from bot.readiness import Readiness, disk_warning
from bot.settings import Settings
from bot.store.database import UnusableDatabase
from bot.store.following import follow_changes
from bot.store.store import Store, open_store
from bot.store.tidying import tidy

log = structlog.get_logger("bot")

MAX_BODY_BYTES = 1024 * 1024

PAYLOADS: dict[str, Callable[[Reply], dict[str, Any]]] = {
    "telegram": telegram_call,
    "discord": render_for_discord,
}
"""Platform → what it would be sent for a reply."""


@dataclass(frozen=True, slots=True)
class Desk:
    """What a platform is given to work with."""

    settings: Settings
    edition: Edition
    store: Store
    conversation: Conversation
    session: aiohttp.ClientSession
    app: web.Application
    metrics: Metrics
    readiness: Readiness
    gallery: Gallery
    outboxes: Outboxes


Part = Coroutine[Any, Any, None]
"""Something that runs until it is cancelled."""


def today() -> date:
    """Today in UTC: what "as of" and "days left" go by."""
    return datetime.now(UTC).date()


def proofread_for_all(folder: Path, day: date) -> Loading:
    """The content checked for every platform."""
    faults = (telegram_faults, discord_faults)
    of_dossiers = [*(each.command_faults for each in faults), partial(picture_faults, today=day)]
    return proofread(folder, day, [each.reply_faults for each in faults], of_dossiers)


async def run(settings: Settings) -> int:
    """Runs whatever the settings enable until SIGTERM or SIGINT. Returns the exit status."""
    loading = load(settings.content_dir, today())
    for mistake in loading.mistakes:
        log.log(30 if mistake.warning else 40, str(mistake))
    if loading.dossier is None:
        return 1
    edition = Edition(loading.dossier, loading.mistakes)
    if warning := disk_warning(settings):
        log.warning(warning)
    try:
        async with open_store(settings.database_url) as store, aiohttp.ClientSession() as session:
            metrics = Metrics()
            conversation = Conversation(edition, store, today, metrics.answered)
            app = web.Application(client_max_size=MAX_BODY_BYTES)
            readiness = Readiness(settings, edition, store.database, metrics)
            gallery = gallery_of(edition, today)
            outboxes = Outboxes(store, metrics.attempted)
            desk = Desk(settings, edition, store, conversation, session, app, metrics, readiness, gallery, outboxes)
            _add_pages(desk)
            return await _run_parts(desk, _platforms(desk))
    except UnusableDatabase as unusable:
        log.error(str(unusable))
        return 1


def _add_pages(desk: Desk) -> None:
    """Health and metrics always; the preview where only we can reach it, or behind its password."""
    settings, readiness = desk.settings, desk.readiness
    password = settings.preview_password.get_secret_value() if settings.preview_password else None
    preview = Preview(desk.conversation, PAYLOADS, desk.gallery.of_reply, lambda: datetime.now(UTC))
    public = Public(desk.conversation, desk.gallery, settings.public_url)
    add_pages(desk.app, readiness.checks, public, preview if settings.serves_preview else None, password)
    token = settings.metrics_token.get_secret_value() if settings.metrics_token else None
    add_metrics(desk.app, readiness.collect, token, settings.is_public)


def _platforms(desk: Desk) -> dict[str, Part]:
    """The platforms that the settings enable; each adds its routes to the app before it is served."""
    settings = desk.settings
    parts: dict[str, Part] = {}
    if settings.telegram_token:
        from bot.platforms.telegram.platform import Telegram  # noqa: PLC0415  costs memory where it is not enabled

        token, rate = settings.telegram_token.get_secret_value(), settings.telegram_messages_per_second
        bot = Telegram(token, settings.telegram_api_url, settings.public_url, rate, desk.session, desk.app)
        answering = bot.run(desk.conversation, desk.readiness.reporter("telegram"), desk.gallery)
        parts["telegram"] = desk.outboxes.beside(bot.sender, answering)
    if settings.discord_token:
        parts["discord"] = _discord(desk, settings.discord_token.get_secret_value())
    return parts


def _discord(desk: Desk, token: str) -> Part:
    from bot.platforms.discord.platform import Discord  # noqa: PLC0415  costs memory where it is not enabled

    settings = desk.settings
    if settings.public_url and not settings.discord_public_key:
        log.warning("DISCORD_PUBLIC_KEY is not set: interactions come by the gateway, PUBLIC_URL notwithstanding")
    public_key = settings.discord_public_key if settings.public_url else None
    api_url, shards, url = settings.discord_api_url, settings.discord_shards, settings.public_url
    bot = Discord(token, api_url, public_key, shards, desk.conversation, desk.app, url, desk.gallery)
    return desk.outboxes.beside(bot.sender, bot.run(desk.readiness.reporter("discord")))


async def _run_parts(desk: Desk, platforms: dict[str, Part]) -> int:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with _serving(desk):
        background = asyncio.create_task(_in_the_background(desk))
        conditions = desk.readiness.platforms
        supervised = [asyncio.create_task(_supervised(name, part, conditions)) for name, part in platforms.items()]
        ended = asyncio.gather(*supervised) if supervised else asyncio.get_running_loop().create_future()
        await asyncio.wait([ended, stopped := asyncio.create_task(stop.wait())], return_when=asyncio.FIRST_COMPLETED)
        for task in (*supervised, ended, background, stopped):
            task.cancel()
        await asyncio.gather(*supervised, ended, background, stopped, return_exceptions=True)
    return 0 if stop.is_set() else 1


async def _in_the_background(desk: Desk) -> None:
    await asyncio.gather(
        follow(desk.edition, desk.settings.content_dir),
        follow_changes(desk.store.database, desk.store.readers),
        tidy(desk.store.database),
        Watching(Newsroom(desk.store), desk.edition, desk.outboxes.nudge).run(),
        desk.metrics.watch_the_loop(),
    )


async def _supervised(name: str, part: Part, conditions: dict[str, Condition]) -> None:
    """One platform's failure is a line in the log and in /readyz, and the others' business goes on."""
    conditions[name] = Condition(False, "starting")
    try:
        await part
    except PlatformFailure as failure:
        conditions[name] = Condition(False, str(failure))
        log.error(str(failure), platform=name)
    except Exception:
        conditions[name] = Condition(False, "ended by a fault, see the log")
        log.exception("a platform ended", platform=name)


@asynccontextmanager
async def _serving(desk: Desk) -> AsyncIterator[None]:
    runner = web.AppRunner(desk.app, access_log=None, handle_signals=False)
    await runner.setup()
    settings = desk.settings
    try:
        await web.TCPSite(runner, settings.listen_host, settings.port, reuse_port=None).start()
        host, port = runner.addresses[0][:2]
        address = f"http://{'127.0.0.1' if host == '0.0.0.0' else host}:{port}"  # noqa: S104
        gc.freeze()
        log.info("ready", address=address)
        if not (settings.telegram_token or settings.discord_token):
            print(f"No token is set: ask in the browser at {address}/preview", flush=True)
        yield
    finally:
        await runner.cleanup()


async def follow(edition: Edition, folder: Path) -> None:
    """Proofreads once at leisure, then again whenever a file of the dossier changes."""
    from watchfiles import awatch  # noqa: PLC0415  a compiled library that only this needs

    edition.take(await asyncio.to_thread(proofread_for_all, folder, today()))
    with suppress(asyncio.CancelledError):
        async for _ in awatch(folder, debounce=200, step=50):
            edition.take(await asyncio.to_thread(proofread_for_all, folder, today()))
            log.info("content read again", mistakes=len(edition.mistakes))
