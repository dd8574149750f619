"""``nota migrate``: the release step."""

import argparse
import asyncio
import sys
from functools import partial
from typing import Any

from bot import logs
from bot.releasing import release
from bot.rereading import proofread_for_all, today
from bot.settings import Settings


def add_to(commands: Any) -> None:
    """Adds the command to the parser."""
    parser = commands.add_parser("migrate", help="the release step: bring database, menus and webhook up to date")
    parser.set_defaults(run=run)


def run(_given: argparse.Namespace, settings: Settings) -> int:
    """Says what was done; exit 1 where the release should not go on, broken content included."""
    logs.set_up(settings.log_format, settings.secrets)
    loading = proofread_for_all(settings.content_dir, today())
    faults = [str(mistake) for mistake in loading.mistakes if not mistake.warning]
    if loading.dossier is None or faults:
        print("\n".join(faults), file=sys.stderr)
        return 1
    return asyncio.run(release(settings, loading.dossier, partial(print, flush=True)))
