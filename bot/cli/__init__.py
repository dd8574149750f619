"""``nota``: the command line. Each command is a module of this package.

It has ``add_to(commands)``, ``run(given, settings)``, and ``EXAMPLES``, which ``--help`` shows.
"""

import argparse
import sys
import zoneinfo
from collections.abc import Sequence
from importlib import import_module
from io import TextIOWrapper

from bot import __version__
from bot.cli.errors import CommandError
from bot.settings import InvalidSettings, read_settings

COMMANDS = (
    *("run", "ask", "check", "new", "publish", "deliveries"),
    *("bulletins", "feeds", "migrate", "doctor", "backup", "pictures", "questions", "claims"),
)
"""The names of the modules of this package that hold a command."""


EXIT_STATUS = """exit status:
  0    done
  1    an error in content, settings, database or files, or what was asked for cannot be done
  2    the arguments are wrong
  130  interrupted (Ctrl+C)

Settings are environment variables; a .env file in the working folder is read as well. `nota doctor` tests them.
NO_COLOR=1 prints without colours."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command and returns the exit status: 0, or 1 for an error in content, settings, database or files.

    Args:
        arguments: without the program's name; None: those of the process.

    Raises:
        SystemExit: the arguments are wrong (status 2), or ``--help`` was given.
    """
    words = sys.argv[1:] if arguments is None else arguments
    zoneinfo.reset_tzpath(())  # use the tzdata package only, so that all replicas know the same time zones
    for stream in (sys.stdin, sys.stdout, sys.stderr):
        _use_utf8(stream)
    given = _parser(words).parse_args(words)
    try:
        return int(given.run(given, read_settings()))
    except (CommandError, InvalidSettings) as error:
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


def _use_utf8(stream: object) -> None:
    """Makes a file or pipe UTF-8 whatever the locale; a terminal keeps its encoding.

    Bytes that cannot be decoded become question marks on input, and escapes in the file names that are printed.
    """
    if isinstance(stream, TextIOWrapper):
        encoding = stream.encoding if stream.isatty() else "utf-8"
        stream.reconfigure(encoding=encoding, errors="replace" if stream.readable() else "backslashreplace")


def _parser(words: Sequence[str]) -> argparse.ArgumentParser:
    """The parser of the command that ``words`` names, so that only its module is imported; of all commands if they name none."""
    as_written = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(
        prog="nota", description="A news desk in a chat.", epilog=EXIT_STATUS, formatter_class=as_written
    )
    parser.add_argument("--version", action="version", version=f"nota {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name in [word for word in words[:1] if word in COMMANDS] or COMMANDS:
        module = import_module(f"{__name__}.{name}")
        module.add_to(commands)
        commands.choices[name].formatter_class = as_written
        commands.choices[name].epilog = "examples:\n" + "\n".join(f"  {line}" for line in module.EXAMPLES)
    return parser
