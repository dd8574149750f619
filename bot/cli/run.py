"""``nota run``: runs the platforms that the settings enable, in one process."""

import argparse
import asyncio
import logging
import os
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import Any, NoReturn

import structlog

from bot import logs
from bot.app.main import run as run_everything
from bot.platforms import PLATFORMS
from bot.settings import Settings, misspelt_settings

log = structlog.get_logger("bot")

EXAMPLES = (
    "nota run                          # with no token: the preview, http://127.0.0.1:8080/preview",
    f"{PLATFORMS[0].enabled_by}=… nota run",
    "CONTENT_DIR=my-dossier nota run",
    "nota run --held                   # after an update: nothing new is sent before an owner says so",
)


def add_to(commands: Any) -> None:
    """Adds the command to the parser."""
    parser = commands.add_parser("run", help="run the bot; without a token, only the preview in the browser")
    parser.add_argument(
        "--held",
        action="store_true",
        help="print what new files would send, edit and withdraw, and wait with it until an owner starts sending again",
    )


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Runs the bot until SIGTERM or SIGINT, which end it with status 0. Exits with 1 if it cannot start, with 143 if SIGTERM comes before."""
    logs.set_up(settings.log_format, settings.redaction)
    for name, meant in misspelt_settings(os.environ, settings.platforms).items():
        log.warning(f"{name} is not a setting, so it is ignored: {meant} is one")
    for name, needed in settings.without_effect.items():
        log.warning(f"{name} has no effect: {needed} is not set")
    if args.held:
        from bot.cli.publish import dry_run  # noqa: PLC0415  else a start need not load it

        dry_run(settings, as_json=settings.log_format == "json", holds=True)
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        try:
            status = runner.run(run_everything(settings))
        except asyncio.CancelledError:
            return 128 + signal.SIGTERM
        if status == 0:
            _exit_at_once()
        return status


def _exit_at_once() -> NoReturn:
    """Exits without waiting for threads, as Python would do: they only compute (an index, a picture) or replace whole files."""
    logging.shutdown()
    with suppress(OSError):  # a pipe that nobody reads any more
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(0)


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """The event loop of uvloop (docs/decisions/0111); None, Python's own, where uvloop is not available (Windows, PyPy)."""
    try:
        import uvloop  # noqa: PLC0415
    except ImportError:
        return None
    return uvloop.new_event_loop
