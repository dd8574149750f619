"""``nota claims``: the claims that people bring and no editor has reviewed, most frequent first."""

import argparse
from typing import Any

from bot.cli.questions import add_options, print_commonest
from bot.db.questions import KEPT_DAYS
from bot.settings import Settings

EXAMPLES = (
    "nota claims",
    "nota claims --language id --limit 50 --json",
)


def add_to(commands: Any) -> None:
    """Adds the command to the parser."""
    parser = commands.add_parser("claims", help=f"list the claims of the last {KEPT_DAYS} days that nobody reviewed")
    add_options(parser, "claim")
    parser.set_defaults(run=run)


def run(given: argparse.Namespace, settings: Settings) -> int:
    """Prints the claims, most frequent first."""
    return print_commonest(given, settings, "claim", none="no claims")
