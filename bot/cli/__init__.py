"""``nota``: the command line. Each command has a module here that says how it is called and what it prints."""

import argparse
import sys
import zoneinfo
from collections.abc import Sequence
from importlib import import_module
from io import TextIOWrapper

from bot import __version__
from bot.settings import InvalidSettings, read_settings

COMMANDS = (
    *("run", "ask", "check", "new", "publish", "deliveries", "feeds", "wire"),
    *("migrate", "doctor", "backup", "pictures", "questions"),
)
"""Each is in the module here of its name."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command; returns the exit status: 0, 1 for an error in content, settings or files, 2 for usage."""
    words = sys.argv[1:] if arguments is None else arguments
    zoneinfo.reset_tzpath(())  # the tzdata package alone: a zone that one machine of several has stops none of them
    for stream in (sys.stdin, sys.stdout, sys.stderr):
        _in_utf8(stream)
    given = _parser(words).parse_args(words)
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


def _in_utf8(stream: object) -> None:
    """What files and pipes hold, whatever the locale; a terminal holds what it says.

    Of a file name that is no text the bytes are shown; what comes in and is none becomes question marks.
    """
    if isinstance(stream, TextIOWrapper):
        encoding = stream.encoding if stream.isatty() else "utf-8"
        stream.reconfigure(encoding=encoding, errors="replace" if stream.readable() else "backslashreplace")


def _parser(words: Sequence[str]) -> argparse.ArgumentParser:
    """Of the command that is named, whose module alone is imported; of all commands where none is."""
    parser = argparse.ArgumentParser(prog="nota", description="A news desk in a chat.")
    parser.add_argument("--version", action="version", version=f"nota {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    named = [word for word in words[:1] if word in COMMANDS]
    for name in named or COMMANDS:
        import_module(f"{__name__}.{name}").add_to(commands)
    return parser
