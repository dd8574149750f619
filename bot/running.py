"""The parts of the process, side by side, from the start to SIGTERM."""

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
from typing import Any, cast

import structlog
from aiohttp import web

from bot.platforms import PlatformFailure
from bot.platforms.web.connections import Connections, most_connections
from bot.platforms.web.health import Condition
from bot.settings import EVERYWHERE, Settings

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
    conditions: dict[str, Condition],
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
    else:
        conditions[name] = Condition(False, "ended")
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
    connections = Connections(cast(web.Server, runner.server), most_connections(files))
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


async def _listener(connections: Connections, settings: Settings) -> asyncio.Server:
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
