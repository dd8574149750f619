"""Builds the parts of the process from the settings and runs them until SIGTERM or SIGINT."""

import asyncio
import errno
import gc
import logging
import os
import resource
import secrets
import signal
import socket
import threading
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

import structlog
from aiohttp import ClientSession, web

from bot.app.alarms import Owners, SendReply, install_alarms
from bot.app.content_check import today
from bot.app.desk import make_desk
from bot.app.health import Readiness, disk_warning
from bot.app.reload import Stamps, follow, reload, stamps
from bot.conversation import Conversation
from bot.db.engine import UnusableAddress, UnusableDatabase, folder_of
from bot.db.migrations import is_older
from bot.db.notifications import follow_changes, warn_of_missing_notifications
from bot.db.numbers import NumberCounter
from bot.db.questions import UnansweredCounter
from bot.db.store import Store, open_store
from bot.delivery.leader_election import LeaderElection, RunAsLeader
from bot.delivery.outcomes import Outcome
from bot.delivery.worker import DeliveryWorkers
from bot.dossier.loader import Loading, load
from bot.embeddings import Embeddings, LocalModel, Model, ServedModel, local_fault
from bot.feeds.review import Review, ReviewCommands
from bot.feeds.ssrf import policy
from bot.live_dossier import UNREAD, LiveDossier, utc_now
from bot.metrics import Metrics
from bot.newsroom.correction_history import Corrections
from bot.newsroom.editors import DeskCommand
from bot.newsroom.editors_chat import EditorsChat
from bot.newsroom.former_changes import in_force, move, refusal_to_migrate
from bot.newsroom.publisher import Newsroom
from bot.newsroom.worker import NewsroomWorker
from bot.pictures.service import PictureService, PictureStore, pictures_folder
from bot.platforms.base import PlatformFailure
from bot.platforms.platform import Bot, PageForm, Platform, Surroundings
from bot.platforms.web.addresses import SiteAddress, client_address
from bot.platforms.web.app import CheckResult, ConnectionLimiter, add_metrics, add_routes, max_connections
from bot.platforms.web.desk.links import SignInByAddress
from bot.platforms.web.desk.pages import DeskPages
from bot.platforms.web.desk.sign_in import HOME, SignIn
from bot.platforms.web.mistake_page import MistakePage
from bot.platforms.web.preview import Preview, PreviewRoutes, PreviewSender
from bot.platforms.web.public_routes import PublicPages
from bot.platforms.web.subscription_pages import Practice, SubscriptionPages
from bot.reader import Address
from bot.replies.reply import Reply
from bot.settings import ALL_INTERFACES, OFF, Settings
from bot.staff import Staff
from bot.status import StatusCommand

log = structlog.get_logger("bot")

EXIT_SECONDS = 9.0
"""The process exits this long after a signal, even if something is still running. A PaaS kills it after ten seconds."""

RESTART_SECONDS = 5.0
"""Pause before a background task that raised an exception is started again."""

REQUEST_SECONDS = 2.0
"""How long requests in progress may take after a signal."""

MAX_BODY_BYTES = 1024 * 1024
"""The largest body of a request."""

RECEIVE_BUFFER_BYTES = 16 * 1024
"""Bytes that the kernel buffers for a connection; Linux doubles the number (man 7 socket, SO_RCVBUF).

aiohttp parses what it reads at once without a pause: a body in chunks of one byte takes 1.4 µs for each byte sent, so ten
connections make the event loop late by a third of a second, and by 2.6 s with the kernel's usual buffers.
"""

Start = Callable[[], Coroutine[Any, Any, None]]
"""Returns the coroutine of a task that runs until it is cancelled."""


def stop_event() -> asyncio.Event:
    """An event that SIGTERM and SIGINT set. The process then exits within :data:`EXIT_SECONDS`."""
    stop = asyncio.Event()

    def on_signal() -> None:
        stop.set()
        timer = threading.Timer(EXIT_SECONDS, _exit)
        timer.daemon = True
        timer.start()

    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, on_signal)
    return stop


def _exit() -> None:
    """Exits although something is still running, such as a thread inside SQLite or a dead connection."""
    log.warning("exiting although not everything has ended", seconds=EXIT_SECONDS)
    os._exit(1)


async def run_until_stopped(
    stop: asyncio.Event,
    platforms: Mapping[str, Start],
    background: Mapping[str, Start],
    results: dict[str, CheckResult],
) -> None:
    """Runs all tasks until ``stop`` is set. If a platform ends, the others and the pages keep running.

    ``results`` receives the state of each platform, for ``/readyz``.
    """
    tasks = [asyncio.create_task(_restarted(name, start)) for name, start in background.items()]
    tasks += [asyncio.create_task(_supervised(name, start, results)) for name, start in platforms.items()]
    await stop.wait()
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def _supervised(name: str, start: Start, results: dict[str, CheckResult]) -> None:
    """Runs a platform. Its failure is logged and shown by ``/readyz``."""
    results[name] = CheckResult(False, "starting")
    try:
        await start()
    except PlatformFailure as failure:
        results[name] = CheckResult(False, str(failure))
        log.error(str(failure), platform=name)
    except Exception:
        results[name] = CheckResult(False, "ended by an error, see the log")
        log.exception("a platform ended", platform=name)
    else:
        results[name] = CheckResult(False, "ended")
        log.error("a platform ended", platform=name)


async def _restarted(name: str, start: Start) -> None:
    """Runs a background task, and starts it again if it raises. A task that returns has nothing more to do."""
    while True:
        try:
            return await start()
        except Exception:
            log.exception("a background task failed and is started again", part=name)
        await asyncio.sleep(RESTART_SECONDS)


class CannotListen(Exception):
    """The process cannot listen at HOST and PORT. The message says why."""

    def __init__(self, host: str, port: int, error: OSError) -> None:
        is_known = error.errno is not None and error.errno in errno.errorcode
        why = os.strerror(error.errno or 0) if is_known else error.strerror or str(error)
        super().__init__(
            f"HOST, PORT: cannot listen at {host}:{port} ({why}), expected an address of this machine and a free port"
        )


@asynccontextmanager
async def serving(app: web.Application, settings: Settings) -> AsyncIterator[None]:
    """Serves the app at HOST and PORT. Without a token, prints the address of the preview.

    Raises:
        CannotListen: the address is not free, or not of this machine.
    """
    # with auto_decompress aiohttp would unpack every body on the event loop, also one that no handler reads
    options: dict[str, Any] = {"handle_signals": False, "shutdown_timeout": REQUEST_SECONDS, "auto_decompress": False}
    runner = web.AppRunner(app, access_log=None, **options)
    await runner.setup()
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    connections = ConnectionLimiter(cast(web.Server, runner.server), max_connections(files))
    try:
        try:
            listener = await _listener(connections, settings)
        except OSError as error:
            raise CannotListen(settings.listen_host, settings.port, error) from error
        for listening in listener.sockets:  # connections inherit it
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER_BYTES)
        try:
            address = f"http://{_local_host(settings.listen_host)}:{listener.sockets[0].getsockname()[1]}"
            gc.freeze()
            log.info("ready", address=address)
            if not settings.has_platform:
                where = f"ask in the browser at {address}/preview, write bulletins at {address}/desk"
                print(f"No token is set: {where}", flush=True)
            yield
        finally:
            listener.close()
    finally:
        connections.close()
        await runner.cleanup()


async def _listener(connections: ConnectionLimiter, settings: Settings) -> asyncio.Server:
    """Listens at HOST and PORT; on all interfaces, by IPv6 and IPv4 if this machine has both.

    Heroku's Fir and Fly's private network use IPv6 (devcenter.heroku.com/articles/dyno-startup-behavior), others IPv4.
    """
    loop = asyncio.get_running_loop()
    if settings.listen_host == "::" or (settings.host is None and settings.listen_host == ALL_INTERFACES):
        with suppress(OSError):  # no IPv6 here, or the port is taken, which the next attempt reports
            both = socket.create_server(("", settings.port), family=socket.AF_INET6, dualstack_ipv6=True)
            return await loop.create_server(connections, sock=both)
    return await loop.create_server(connections, settings.listen_host, settings.port)


def _local_host(host: str) -> str:
    """The host in addresses for a browser on this machine."""
    here = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104
    return f"[{here}]" if ":" in here else here


async def run(settings: Settings) -> int:
    """Runs everything that the settings enable until SIGTERM or SIGINT. Returns the exit status.

    Raises:
        CancelledError: SIGTERM came while it was still starting.
    """
    loaded_files = stamps(settings.content_dir)
    if warning := disk_warning(settings):
        log.warning(warning)
    if (starting := asyncio.current_task()) is not None:
        # uvloop logs what a handler of bot/__main__.py raises as the error of the connection that it reads just then
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, starting.cancel)
    try:
        if await is_older(settings.database_url):  # the older release can still start on it
            files = _read_files(settings)
            if files.dossier is None:
                return os.EX_CONFIG
            if refusal := await refusal_to_migrate(settings.database_url, files.dossier):
                log.error(refusal)
                return os.EX_CONFIG
        async with open_store(settings.database_url) as store, ClientSession() as session:
            if (live := await _in_force(settings, store)) is None:
                return os.EX_CONFIG
            await _run(settings, live, loaded_files, store, session)
            return 0
    except (UnusableDatabase, CannotListen) as failure:
        log.error(str(failure))
        return os.EX_CONFIG if isinstance(failure, UnusableAddress) else 1


async def _in_force(settings: Settings, store: Store) -> LiveDossier | None:
    """What is in force; None: nothing can be. The files are read now only where they decide that, else behind the first answers."""
    if (live := await in_force(store, UNREAD)) is not None:
        return live
    files = _read_files(settings)
    if files.dossier is not None:
        await move(store, files)
    return await in_force(store, files)


def _read_files(settings: Settings) -> Loading:
    """The files, whose diagnostics are logged."""
    files = load(settings.content_dir, today())
    for diagnostic in files.diagnostics:
        log.log(logging.ERROR if diagnostic.blocks else logging.WARNING, str(diagnostic))
    return files


async def _compare(settings: Settings, newsroom: NewsroomWorker) -> None:
    """Compares content and ledger, once the files are read."""
    if newsroom.live.files is UNREAD:
        await newsroom.live.reload(partial(_read_files, settings))
    await newsroom.run()


async def _run(
    settings: Settings, live: LiveDossier, loaded_files: Stamps, store: Store, session: ClientSession
) -> None:
    metrics, alarms = Metrics(), install_alarms(settings.redaction)
    model = embeddings_model(settings, session)
    embeddings = Embeddings(model, vectors_folder(settings.database_url)) if model else None
    run_as_leader = LeaderElection(store.leases, process_id())
    readiness = Readiness(settings, live, store, metrics, alarms.counts, embeddings, run_as_leader.process)
    workers = DeliveryWorkers(store, run_as_leader.process, metrics.attempted)

    def on_decision() -> None:
        """Called after an editor has published, corrected or withdrawn a bulletin."""
        workers.nudge()
        newsroom.nudge()

    named, owners_ids = frozenset(settings.editors), frozenset(settings.owners)
    editors = EditorsChat(store, settings.editors_address, named | owners_ids, named, kind=settings.editors_kind)
    await editors.refresh()
    counter = partial(UnansweredCounter, store.unanswered, settings.store_questions, key=settings.askers_key)
    questions, claims, numbers = counter(), counter(kind="claim"), NumberCounter(store.numbers)
    public_desk = f"{settings.public_url}{HOME}" if settings.public_url else None
    desk = make_desk(settings, store, live, editors, on_decision, public_desk)
    reload_files = partial(reload, live, settings.content_dir, settings.platforms)
    newsroom = NewsroomWorker(
        Newsroom(store), live, desk, reload_files, workers.nudge, run_as_leader.process, readiness.record_comparison
    )
    review = Review(store, live, editors, desk, on_decision)
    desk_command = DeskCommand(editors, store.sign_ins, desk, f"{own_address(settings)}{HOME}")
    status = StatusCommand(owners_ids, readiness.status, store.safeguards, desk.take_many)
    staff, noted = Staff(status, ReviewCommands(review), desk_command), (questions.note, claims.note, questions.note)
    conversation = Conversation(live, store, today, metrics.answered, staff, *noted, numbers, embeddings)
    pictures = PictureService(PictureStore(pictures_folder(settings.database_url)), live, today)
    preview = Preview(conversation, settings.answering, pictures, utc_now) if settings.serves_preview else None
    app = web.Application(client_max_size=MAX_BODY_BYTES)
    surroundings = Surroundings(settings.public_url, session, conversation, pictures, metrics.limited, client_address)
    bots = [platform.start(settings.of(platform), surroundings) for platform in settings.enabled]
    senders: dict[str, SendReply] = {bot.sender.platform: bot.write_to for bot in bots}
    sign_in = make_sign_in(settings, editors, live, senders)
    desk_pages = DeskPages(desk, sign_in, settings.platforms, rates(settings), review, embeddings, senders)
    corrections = Corrections(store)
    public = PublicPages(conversation, pictures, corrections, settings.platforms)
    subscribing = SubscriptionPages(conversation, public, page_forms(settings, surroundings, bots), practice(settings))
    mistakes = MistakePage(conversation, public, workers.nudge)
    _add_web_routes(app, settings, readiness, public, preview, desk_pages, subscribing, mistakes)

    def start_of(platform: Platform[Any], bot: Bot) -> Start:
        bot.add_routes(app)
        run, report = partial(bot.run, run_as_leader=run_as_leader), readiness.reporter(platform.name)
        identify = partial(platform.identify, settings.of(platform))
        return partial(workers.run_beside, bot.sender, run, report, identify)

    platforms = {each.name: start_of(each, bot) for each, bot in zip(settings.enabled, bots, strict=True)}
    owners = Owners(settings.owners, lambda *person: conversation.language(Address(*person), None), senders)
    background: dict[str, Start] = {
        "content": partial(follow, live, settings.content_dir, loaded_files, shows_diagnostics=settings.serves_preview),
        "matcher": live.build_index,
        "readers of other processes": partial(follow_changes, store.database, store.readers, store.answered),
        "answered updates": store.answered.tell_others,
        "missing notifications": partial(warn_of_missing_notifications, store.database),
        "retention": partial(store.tidy, settings.ledger_days),
        "unanswered questions": questions.run,
        "claims": claims.run,
        "numbers": numbers.run,
        "newsroom": partial(_compare, settings, newsroom),
        "corrections": corrections.run,
        "awaited answers": partial(conversation.awaited.follow, workers.nudge),
        "event loop": metrics.watch_the_loop,
        "desk": desk.watch,
        "alarms": partial(alarms.run, store.database, owners.send),
    }
    background |= {"embeddings": partial(embeddings.follow, live)} if embeddings else {}
    background |= {"preview": partial(workers.run_alone, PreviewSender(preview))} if preview else {}
    background |= {"feeds": _feeds(settings, review, run_as_leader)} if settings.feeds else {}

    stop = stop_event()
    async with serving(app, settings):
        await run_until_stopped(stop, platforms, background, readiness.platforms)


def process_id() -> str:
    """An id for this process that no other process has or had."""
    return f"{socket.gethostname()[:32]}-{os.getpid()}-{secrets.token_hex(4)}"


def _feeds(settings: Settings, review: Review, run_as_leader: RunAsLeader) -> Start:
    """What fetches the feeds."""
    from bot.feeds.poller import poll_feeds  # noqa: PLC0415  8 MB, with feedparser, which only feeds need

    if not review.live.dossier.feeds:
        log.warning("FEEDS has no effect: feeds.yaml beside dossier.yaml names no feed")
    allowed = policy(settings.feeds_allow)
    return partial(poll_feeds, review, allowed, settings.public_url or "", run_as_leader)


def own_address(settings: Settings) -> str:
    """The public address; if it is not known, the address on this machine."""
    return settings.public_url or f"http://{_local_host(settings.listen_host)}:{settings.port}"


def rates(settings: Settings) -> dict[str, float]:
    """The rate of each platform in messages a second."""
    return {platform.name: platform.limits(settings.of(platform)).per_second for platform in settings.platforms}


def page_forms(settings: Settings, surroundings: Surroundings, bots: Sequence[Bot]) -> dict[str, tuple[str, PageForm]]:
    """The label and the form of each platform on which readers of the page can subscribe. ``bots``: of the enabled ones."""
    pairs = zip(settings.enabled, bots, strict=True)
    forms = ((each, each.page_form(settings.of(each), surroundings, bot)) for each, bot in pairs)
    return {platform.name: (platform.label, form) for platform, form in forms if form is not None}


def make_sign_in(
    settings: Settings, editors: EditorsChat, live: LiveDossier, senders: Mapping[str, SendReply]
) -> SignIn:
    """Who may sign in at the desk, and how."""
    is_open = not settings.has_platform and not settings.is_public
    by_address = sign_in_by_address(settings, editors, senders, f"{own_address(settings)}{HOME}")
    answers = any(platform.answers for platform in settings.enabled)
    return SignIn(editors.store.sign_ins, editors, live, settings.is_public, is_open, by_address, answers)


def sign_in_by_address(
    settings: Settings, editors: EditorsChat, senders: Mapping[str, SendReply], desk: str
) -> SignInByAddress | None:
    """What signs editors in by a link to their address; None: no platform that is on writes to addresses."""
    typed = {platform.name: platform.typed_account for platform in settings.enabled if platform.typed_account}

    def account_of(text: str) -> str | None:
        return next((f"{name}:{found}" for name, account in typed.items() if (found := account(text))), None)

    async def send(account: str, reply: Reply) -> Outcome:
        platform, _, user = account.partition(":")
        return await senders[platform](user, reply)

    return SignInByAddress(editors, editors.store.sign_ins, desk, account_of, send) if typed else None


def practice(settings: Settings) -> Practice:
    """What ``/privacy`` says of these settings."""
    chats = [platform.label for platform in settings.enabled if not platform.has_page_form]
    server = settings.embeddings if settings.embeddings not in (None, OFF) else None
    host = (urlsplit(server).hostname or "") if server else ""
    return Practice(chats, settings.ledger_days, settings.store_questions, host)


def embeddings_model(settings: Settings, session: ClientSession) -> Model | None:
    """The model of the settings: a server's, or the local one if it can be used; None: words alone decide."""
    if settings.embeddings == OFF:
        return None
    if settings.embeddings is None:
        return LocalModel() if local_fault() == "" else None
    key = settings.embeddings_key.get_secret_value() if settings.embeddings_key else None
    return ServedModel(session, settings.embeddings, settings.embeddings_model, key)


def vectors_folder(database_url: str | None) -> Path:
    """The folder for the embeddings of examples: beside the SQLite file; for another database, under ``data/``."""
    return (folder_of(database_url) or Path("data")) / "embeddings"


def _add_web_routes(
    app: web.Application,
    settings: Settings,
    readiness: Readiness,
    public: PublicPages,
    preview: Preview | None,
    desk: DeskPages,
    subscribing: SubscriptionPages,
    mistakes: MistakePage,
) -> None:
    """Adds health, metrics, the public page and the desk, and the preview if the settings enable it."""
    password = settings.preview_password.get_secret_value() if settings.preview_password else None
    content = None if settings.paas else settings.content_dir  # a PaaS loses changed files at the next start
    routes = PreviewRoutes(preview, password, is_public=bool(settings.preview), content=content) if preview else None
    address = SiteAddress(settings.public_url, settings.paas.client_header if settings.paas else None)
    add_routes(app, readiness.checks, public, routes, address, desk, settings.platforms, subscribing, mistakes)
    token = settings.metrics_token.get_secret_value() if settings.metrics_token else None
    add_metrics(app, readiness.collect, token, settings.is_public)
