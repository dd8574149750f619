"""Builds everything; the only place that knows everyone."""

import asyncio
import errno
import gc
import os
import resource
import signal
import socket
import threading
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any, cast

import structlog
from aiohttp import ClientSession, web

from bot.app.alerts import Alarms, Owners, sounding
from bot.app.health import Readiness, disk_warning
from bot.app.reload import Stamps, follow, reload, stamps, today
from bot.conversation import Conversation
from bot.db.engine import UnusableDatabase
from bot.db.questions import UnansweredCounter
from bot.db.replication import follow_changes, warn_of_missing_notices
from bot.db.retention import tidy
from bot.db.store import Store, open_store
from bot.delivery.worker import DeliveryWorkers
from bot.dossier.loader import load
from bot.feeds.poller import poll_feeds
from bot.feeds.published import PublishedStories
from bot.feeds.review import Review, ReviewCommands, open_review
from bot.feeds.ssrf import policy
from bot.live_dossier import LiveDossier
from bot.metrics import Metrics
from bot.newsroom.publisher import Newsroom, NewsroomWorker
from bot.pictures.service import PictureService, PictureStore, pictures_folder
from bot.platforms.base import PlatformFailure, Report
from bot.platforms.discord.bot import Discord
from bot.platforms.discord.render import render as render_for_discord
from bot.platforms.telegram.bot import Telegram
from bot.platforms.telegram.render import payload as telegram_payload
from bot.platforms.web.app import CheckResult, ConnectionLimiter, add_metrics, add_pages, max_connections
from bot.platforms.web.auth import SiteAddress
from bot.platforms.web.preview import Preview, PreviewRoutes, PreviewSender
from bot.platforms.web.public import PublicPages
from bot.reader import Address
from bot.replies.reply import Reply
from bot.settings import EVERYWHERE, Settings
from bot.status import StatusCommand

log = structlog.get_logger("bot")


LAST_SECONDS = 9.0
"""After which a process that was told to stop leaves, though something goes on."""


AGAIN_SECONDS = 5.0
"""Before something in the background that ended by a fault is begun again."""


ANSWER_SECONDS = 2.0
"""How long requests under way may take to be answered at a stop."""


Part = Coroutine[Any, Any, None]
"""Something that runs until it is cancelled."""


def stopping() -> asyncio.Event:
    """Set by SIGTERM or SIGINT, from now on. The process ends within ten seconds of them, after which PaaSes kill."""
    stop = asyncio.Event()

    def begin() -> None:
        stop.set()
        last = threading.Timer(LAST_SECONDS, _leave)
        last.daemon = True
        last.start()

    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, begin)
    return stop


def _leave() -> None:
    """Whatever still waits, as a thread within SQLite or a connection that is dead: nothing more can be saved."""
    log.warning("left before everything had ended", seconds=LAST_SECONDS)
    os._exit(1)


async def run_until_stopped(
    stop: asyncio.Event,
    platforms: Mapping[str, Part],
    background: Mapping[str, Callable[[], Part]],
    conditions: dict[str, CheckResult],
) -> None:
    """Runs everything until ``stop`` is set; where a platform ends, the others and the pages go on.

    ``conditions`` learns how each platform is.
    """
    tasks = [asyncio.create_task(_kept_up(name, begin)) for name, begin in background.items()]
    tasks += [asyncio.create_task(_supervised(name, part, conditions)) for name, part in platforms.items()]
    await stop.wait()
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def _supervised(name: str, part: Part, conditions: dict[str, CheckResult]) -> None:
    """One platform's failure is a line in the log and in /readyz, and the others' business goes on."""
    conditions[name] = CheckResult(False, "starting")
    try:
        await part
    except PlatformFailure as failure:
        conditions[name] = CheckResult(False, str(failure))
        log.error(str(failure), platform=name)
    except Exception:
        conditions[name] = CheckResult(False, "ended by a fault, see the log")
        log.exception("a platform ended", platform=name)
    else:
        conditions[name] = CheckResult(False, "ended")
        log.error("a platform ended", platform=name)


async def _kept_up(name: str, begin: Callable[[], Part]) -> None:
    """Begins it again when it ends by a fault; once it ends by itself it has done what it had to do."""
    while True:
        try:
            return await begin()
        except Exception:
            log.exception("something in the background ended, and begins again", part=name)
        await asyncio.sleep(AGAIN_SECONDS)


class CannotListen(Exception):
    """HOST and PORT name a place that we cannot listen at; says so."""

    def __init__(self, host: str, port: int, error: OSError) -> None:
        is_known = error.errno is not None and error.errno in errno.errorcode
        why = os.strerror(error.errno or 0) if is_known else error.strerror or str(error)
        super().__init__(
            f"HOST, PORT: {host}:{port} cannot be listened at ({why}), expected an address of ours and a free port"
        )


@asynccontextmanager
async def serving(app: web.Application, settings: Settings, waiting: Iterable[Part] = ()) -> AsyncIterator[None]:
    """Serves the app where the settings say, and prints the way to the preview where nothing else is enabled.

    ``waiting``: what is to run meanwhile.

    Raises:
        CannotListen: nothing can be served there; what was waiting never begins.
    """
    runner = web.AppRunner(app, access_log=None, handle_signals=False, shutdown_timeout=ANSWER_SECONDS)
    await runner.setup()
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    connections = ConnectionLimiter(cast(web.Server, runner.server), max_connections(files))
    try:
        try:
            listener = await _listener(connections, settings)
        except OSError as error:
            for part in waiting:
                part.close()
            raise CannotListen(settings.listen_host, settings.port, error) from error
        try:
            address = f"http://{_reached_at(settings.listen_host)}:{listener.sockets[0].getsockname()[1]}"
            gc.freeze()
            log.info("ready", address=address)
            if not (settings.telegram_token or settings.discord_token):
                print(f"No token is set: ask in the browser at {address}/preview", flush=True)
            yield
        finally:
            listener.close()
    finally:
        connections.close()
        await runner.cleanup()


async def _listener(connections: ConnectionLimiter, settings: Settings) -> asyncio.Server:
    """Where the settings say; where that is every interface, by IPv6 as well as by IPv4, if this machine has both.

    Heroku's Fir and Fly's private network come by IPv6 (devcenter.heroku.com/articles/dyno-startup-behavior), others by IPv4.
    """
    loop = asyncio.get_running_loop()
    if settings.listen_host == "::" or (settings.host is None and settings.listen_host == EVERYWHERE):
        with suppress(OSError):  # no IPv6 here, or the port is taken, of which the other attempt tells
            both = socket.create_server(("", settings.port), family=socket.AF_INET6, dualstack_ipv6=True)
            return await loop.create_server(connections, sock=both)
    return await loop.create_server(connections, settings.listen_host, settings.port)


def _reached_at(host: str) -> str:
    """The host as a browser on this machine writes it, where we listen on it."""
    here = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104
    return f"[{here}]" if ":" in here else here


MAX_BODY_BYTES = 1024 * 1024


PAYLOADS: dict[str, Callable[[Reply], dict[str, Any]]] = {
    "telegram": telegram_payload,
    "discord": render_for_discord,
}
"""Platform → what it would be sent for a reply."""


@dataclass(frozen=True, slots=True)
class Desk:
    """What a platform is given to work with; ``seen`` are the content's stamps of when the dossier was read."""

    settings: Settings
    live: LiveDossier
    seen: Stamps
    store: Store
    conversation: Conversation
    session: ClientSession
    app: web.Application
    metrics: Metrics
    readiness: Readiness
    pictures: PictureService
    workers: DeliveryWorkers
    alarms: Alarms
    owners: Owners
    preview: Preview | None
    tally: UnansweredCounter
    review: Review
    stories: PublishedStories


async def run(settings: Settings) -> int:
    """Runs whatever the settings enable until SIGTERM or SIGINT. Returns the exit status."""
    seen = stamps(settings.content_dir)
    loading = load(settings.content_dir, today())
    for diagnostic in loading.diagnostics:
        log.log(40 if diagnostic.blocks else 30, str(diagnostic))
    if loading.dossier is None:
        return 1
    live = LiveDossier(loading.dossier, loading.diagnostics)
    if warning := disk_warning(settings):
        log.warning(warning)
    try:
        async with open_store(settings.database_url) as store, ClientSession() as session:
            desk = await _desk(settings, live, seen, store, session)
            _add_pages(desk)
            stop, platforms = stopping(), _platforms(desk)
            async with serving(desk.app, settings, platforms.values()):
                await run_until_stopped(stop, platforms, _background(desk), desk.readiness.platforms)
                return 0
    except (UnusableDatabase, CannotListen) as unusable:
        log.error(str(unusable))
        return 1


async def _desk(settings: Settings, live: LiveDossier, seen: Stamps, store: Store, session: ClientSession) -> Desk:
    metrics, alarms = Metrics(), sounding(settings.secrets)
    readiness = Readiness(settings, live, store.database, metrics, alarms.counts)
    tally = UnansweredCounter(store.unanswered, settings.store_questions)
    pictures = PictureService(PictureStore(pictures_folder(settings.database_url)), live, today)
    workers = DeliveryWorkers(store, metrics.attempted)
    stories = PublishedStories(store, live)

    def on_news() -> None:
        workers.nudge()
        stories.nudge()

    review = await open_review(store, live, settings.desk, on_news)
    conversation = Conversation(
        live,
        store,
        today,
        metrics.answered,
        StatusCommand(frozenset(settings.owners), readiness.state),
        tally.note,
        ReviewCommands(review, settings.desk, frozenset(settings.editors)),
    )
    preview = Preview(conversation, PAYLOADS, pictures, lambda: datetime.now(UTC))
    return Desk(
        settings,
        live,
        seen,
        store,
        conversation,
        session,
        web.Application(client_max_size=MAX_BODY_BYTES),
        metrics,
        readiness,
        pictures,
        workers,
        alarms,
        Owners(settings.owners, lambda *person: conversation.language(Address(*person), None)),
        preview if settings.serves_preview else None,
        tally,
        review,
        stories,
    )


def _add_pages(desk: Desk) -> None:
    """Health and metrics always; the preview for this machine, behind its password, or as it was asked for."""
    settings, readiness = desk.settings, desk.readiness
    password = settings.preview_password.get_secret_value() if settings.preview_password else None
    preview = PreviewRoutes(desk.preview, password, is_public=bool(settings.preview)) if desk.preview else None
    public = PublicPages(desk.conversation, desk.pictures)
    address = SiteAddress(settings.public_url, settings.paas is not None)
    add_pages(desk.app, readiness.checks, public, preview, address)
    token = settings.metrics_token.get_secret_value() if settings.metrics_token else None
    add_metrics(desk.app, readiness.collect, token, settings.is_public)


def _platforms(desk: Desk) -> dict[str, Part]:
    """The platforms that the settings enable; each adds its routes to the app before it is served."""
    settings = desk.settings
    parts: dict[str, Part] = {}
    if settings.telegram_token:
        token, rate = settings.telegram_token.get_secret_value(), settings.telegram_messages_per_second
        api_url, limited = settings.telegram_api_url, partial(desk.metrics.limited, "telegram")
        bot = Telegram(token, api_url, settings.public_url, rate, desk.session, limited)
        bot.add_routes(desk.app)
        desk.owners.writers["telegram"] = bot.write_to

        def answering(report: Report) -> Part:
            return bot.run(desk.conversation, report, desk.pictures, desk.workers.run_as_leader)

        parts["telegram"] = desk.workers.run_beside(bot.sender, answering, desk.readiness.reporter("telegram"))
    if settings.discord_token:
        parts["discord"] = _discord(desk, settings.discord_token.get_secret_value())
    return parts


def _discord(desk: Desk, token: str) -> Part:
    settings = desk.settings
    if settings.public_url and not settings.discord_public_key:
        log.warning("DISCORD_PUBLIC_KEY is not set: interactions come by the gateway, PUBLIC_URL notwithstanding")
    public_key = settings.discord_public_key if settings.public_url else None
    api_url, shards, url = settings.discord_api_url, settings.discord_shards, settings.public_url
    limited = partial(desk.metrics.limited, "discord")
    bot = Discord(token, api_url, public_key, shards, desk.conversation, url, desk.pictures, limited)
    bot.add_routes(desk.app)
    desk.owners.writers["discord"] = bot.write_to
    answering = partial(bot.run, run_as_leader=desk.workers.run_as_leader)
    return desk.workers.run_beside(bot.sender, answering, desk.readiness.reporter("discord"))


def _background(desk: Desk) -> dict[str, Callable[[], Part]]:
    """What goes on beside the platforms."""
    store, live, folder = desk.store, desk.live, desk.settings.content_dir
    reread = partial(reload, live, folder)
    looked = desk.readiness.looked
    newsroom_worker = NewsroomWorker(Newsroom(store), live, reread, desk.workers.nudge, looked)
    to_preview = {"preview": partial(desk.workers.run_alone, PreviewSender(desk.preview))} if desk.preview else {}
    allowed, url = policy(desk.settings.feeds_allow), desk.settings.public_url or ""
    polling = partial(poll_feeds, desk.review, allowed, url, desk.workers.run_as_leader)
    feeds = {"feeds": polling} if desk.settings.feeds else {}
    parts = {
        "content": lambda: follow(live, folder, desk.seen, shows_diagnostics=bool(desk.preview)),
        "words": live.understand,
        "changes": lambda: follow_changes(store.database, store.readers),
        "notices": lambda: warn_of_missing_notices(store.database),
        "tidying": lambda: tidy(store, desk.settings.ledger_days),
        "unanswered": desk.tally.run,
        "newsroom": newsroom_worker.run,
        "loop": desk.metrics.watch_the_loop,
        "stories": desk.stories.run,
        "alarms": lambda: desk.alarms.run(store.database, desk.owners.tell),
    }
    return to_preview | feeds | parts
