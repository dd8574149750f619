"""``nota``: the command line. Each command has a module here that says how it is called and what it prints."""

import argparse
import sys
from collections.abc import Sequence

from bot import __version__
from bot.cli import ask, backup, check, deliveries, doctor, feeds, migrate, pictures, publish, questions, run, wire
from bot.settings import InvalidSettings, read_settings

COMMANDS = (run, ask, check, publish, deliveries, feeds, wire, migrate, doctor, backup, pictures, questions)


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command; returns the exit status: 0, 1 for a fault of content, settings or files, 2 for usage."""
    parser = argparse.ArgumentParser(prog="nota", description="A news desk in a chat.")
    parser.add_argument("--version", action="version", version=f"nota {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for module in COMMANDS:
        module.add_to(commands)
    given = parser.parse_args(arguments)
    try:
        return int(given.run(given, read_settings()))
    except InvalidSettings as error:
        print(error, file=sys.stderr)
        return 1
    except BrokenPipeError:
        return 0
    except OSError as error:
        if error.filename is None:
            raise
        print(f"{error.filename}: {error.strerror}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
