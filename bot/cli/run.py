"""``nota run``: whatever the settings enable, in one process."""

import argparse
import asyncio
from typing import Any

from bot import logs
from bot.settings import Settings
from bot.wiring import run as run_everything


def add_to(commands: Any) -> None:
    """Adds the command to the parser."""
    parser = commands.add_parser("run", help="run the bot; with no token, a preview in the browser")
    parser.set_defaults(run=run)


def run(_given: argparse.Namespace, settings: Settings) -> int:
    """Runs until SIGTERM or SIGINT; exit 1 where nothing could be started."""
    logs.set_up(settings.log_format, settings.secrets)
    return asyncio.run(run_everything(settings))
