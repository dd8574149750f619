"""``nota``: the command line. Each command is a module of this package.

A module has ``add_to(commands)``, ``run(args, settings)`` and ``EXAMPLES``, which ``--help`` shows. The shared functions are here:
they load the content, open the database and print results.
"""

import argparse
import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from importlib import import_module
from io import TextIOWrapper
from tempfile import TemporaryDirectory, gettempdir
from typing import Any, TypeVar

from bot.app.content_check import load_checked, today
from bot.db.backup import UnreadableBackup, copy
from bot.db.engine import DATABASE_AWAY, DatabaseUnavailable, UnusableAddress, UnusableDatabase, open_database
from bot.db.migrations import OutdatedSchema
from bot.db.store import Store, open_store
from bot.dossier.diagnostics import did_you_mean
from bot.dossier.loader import Loading, load
from bot.dossier.models import Dossier
from bot.live_dossier import LiveDossier
from bot.newsroom import former_changes
from bot.newsroom.former_changes import is_moved, move, refusal_to_migrate
from bot.platforms import PLATFORMS
from bot.platforms.platform import ENV_FILE, Platform
from bot.release import release
from bot.settings import InvalidSettings, Settings, read_settings, wrong_lines

COMMANDS = (
    *("run", "ask", "check", "new", "publish", "deliveries"),
    *("content", "feeds", "migrate", "doctor", "backup", "pictures", "questions", "mcp"),
)
"""The modules of this package that are commands."""


EXIT_STATUS = """exit status:
  0    done
  1    an error in content, settings, database or files, or the command cannot be carried out
  2    the arguments are wrong
  78   settings or content are wrong, of `run` and `migrate`: to start them again does not help
  130  interrupted (Ctrl+C)

Settings are environment variables; a .env file in the working folder is read as well. `nota doctor` tests them.
NO_COLOR=1 prints without colours."""


T = TypeVar("T")

STARTING = ("run", "migrate")
"""The commands of services. They tell with their status (EX_CONFIG of sysexits.h) that to start them again does not help."""


KEPT_BULLETINS = "0.8.0 stored bulletins and the values of facts: nothing else is compared, and answers come from these files at once"


class CommandError(Exception):
    """The command cannot be carried out. The message says what is wrong and what is expected; the exit status is 1."""


class InvalidContent(CommandError):
    """The content has errors, or is another dossier's. The message lists them, or says so."""


def valid_files(settings: Settings, *, fits: bool = False) -> Loading:
    """The files in CONTENT_DIR, whose dossier is not None; ``fits``: only if the platforms' limits are kept, too.

    Raises:
        InvalidContent: the content has errors.
    """
    day = today()
    loading = load_checked(settings.content_dir, day, settings.platforms) if fits else load(settings.content_dir, day)
    if loading.dossier is None:
        raise InvalidContent("\n".join(map(str, loading.diagnostics)))
    return loading


def valid_dossier(settings: Settings, *, fits: bool = False) -> Dossier:
    """The dossier of the files in CONTENT_DIR; ``fits`` as in :func:`valid_files`.

    Raises:
        InvalidContent: the content has errors.
    """
    dossier = valid_files(settings, fits=fits).dossier
    assert dossier is not None  # noqa: S101  as valid_files promises
    return dossier


async def in_force(store: Store, files: Loading, *, only_reads: bool = False) -> LiveDossier:
    """What is in force in the database; where no files were imported yet, these, which are valid. ``only_reads``: nothing is moved.

    Raises:
        UnusableDatabase: this release cannot read what is in force.
    """
    if not only_reads and await move(store, files):
        print(KEPT_BULLETINS, file=sys.stderr)
    live = await former_changes.in_force(store, files)
    assert live is not None  # noqa: S101  the files are valid
    return live


def run_async(work: Coroutine[Any, Any, T]) -> T:
    """Runs the work to its end.

    Raises:
        CommandError: the database or a backup cannot be used, or the database does not answer.
    """
    try:
        return asyncio.run(work)
    except (UnusableDatabase, UnreadableBackup) as error:
        raise CommandError(str(error)) from error
    except DATABASE_AWAY as error:
        raise CommandError(f"DATABASE_URL: the database does not answer ({type(error).__name__})") from error


STANDBY = "DATABASE_URL: this is a standby, expected the server that takes changes"


def with_store(
    settings: Settings,
    work: Callable[[Store], Awaitable[T]],
    *,
    only_reads: bool = False,
    makes: Dossier | None = None,
    on_copy: Callable[[Store], Awaitable[T]] | None = None,
) -> T:
    """Runs the work on the database. With ``only_reads``, nothing is changed or migrated.

    ``on_copy``: the work if this release was never started on it; it is done on a copy that has this release's tables, and may change it.

    A database that does not exist is made, and one of an older release migrated, only with ``makes``, the dossier of the files: no bot of this
    release runs on it.

    Raises:
        InvalidContent: it would be migrated, and belongs to another dossier than ``makes``.
        CommandError: the database cannot be used, does not answer, or is a standby, which takes no changes.
    """

    async def working() -> T:
        if makes and (refusal := await refusal_to_migrate(settings.database_url, makes)):
            raise InvalidContent(refusal)
        try:
            async with open_store(settings.database_url, only_reads=only_reads, makes=makes is not None) as store:
                if await store.database.is_standby():
                    if not only_reads:
                        raise CommandError(STANDBY)
                    print(f"{STANDBY}. What follows may be out of date", file=sys.stderr)
                if on_copy is None or await is_moved(store):
                    return await work(store)
        except OutdatedSchema:
            if on_copy is None:
                raise
        async with _copied(settings.database_url) as store:
            return await on_copy(store)

    return run_async(working())


@asynccontextmanager
async def _copied(url: str | None) -> AsyncIterator[Store]:
    """A copy of the database with this release's tables, which ends with the block.

    Raises:
        CommandError: it cannot be made, for example because there is no room for it.
    """
    print("this release was never started on the database: what follows is of a copy with its tables", file=sys.stderr)
    async with AsyncExitStack() as opened:
        database = await opened.enter_async_context(open_database(url, only_reads=True))
        try:
            folder = opened.enter_context(TemporaryDirectory(prefix="nota-"))
            store = await opened.enter_async_context(open_store(f"sqlite:///{folder}/copy.sqlite3"))
            await copy(database, store.database)
            await store.readers.load()
        except (OSError, DatabaseUnavailable, UnusableDatabase, UnreadableBackup) as error:
            raise CommandError(f"no copy can be made in {gettempdir()} (TMPDIR): {error}") from error
        yield store


def show(fields: object, text: str, as_json: bool) -> None:
    """Prints the fields as one line of JSON, or the text. The output is flushed, so that a pipe gets it at once."""
    print(json.dumps(fields, ensure_ascii=False) if as_json else text, flush=True)


def main(arguments: Sequence[str] | None = None, platforms: Sequence[Platform[Any]] = PLATFORMS) -> int:
    """Runs one command and returns the exit status: 0, or what :data:`EXIT_STATUS` says of an error in content, settings, database or files.

    Args:
        arguments: without the program's name; None: those of the process.
        platforms: those that there are.

    Raises:
        SystemExit: the arguments are wrong (status 2), or ``--help`` was args.
    """
    words = sys.argv[1:] if arguments is None else arguments
    for stream in (sys.stdin, sys.stdout, sys.stderr):
        # A file or pipe is in UTF-8, whatever the locale; a terminal keeps its encoding. Undecodable bytes become question
        # marks on input, and escapes in printed file names.
        if isinstance(stream, TextIOWrapper):
            encoding = stream.encoding if stream.isatty() else "utf-8"
            stream.reconfigure(encoding=encoding, errors="replace" if stream.readable() else "backslashreplace")
    args = _parser(words).parse_args(words)
    try:
        for line in wrong_lines():
            print(f"{ENV_FILE}:{line}: passed over, expected NAME=value", file=sys.stderr)
        return int(args.run(args, read_settings(platforms=platforms)))
    except (CommandError, InvalidSettings) as error:
        print(error, file=sys.stderr)
        is_lasting = isinstance(error, InvalidSettings | InvalidContent) or isinstance(error.__cause__, UnusableAddress)
        return os.EX_CONFIG if is_lasting and args.command in STARTING else 1
    except BrokenPipeError:
        return 0
    except OSError as error:
        if error.filename is None:
            raise
        print(f"{error.filename}: {error.strerror}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def _parser(words: Sequence[str]) -> argparse.ArgumentParser:
    """The parser of the command in ``words``, so that only its module is imported; of all commands if there is no command."""
    as_written = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(
        prog="nota", description="A news desk in a chat.", epilog=EXIT_STATUS, formatter_class=as_written
    )
    parser.add_argument("--version", action="version", version=f"nota {release()}" if "--version" in words else "")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    if words and words[0] not in COMMANDS and not words[0].startswith("-"):
        parser.error(f"no command {words[0]!r}: {did_you_mean(words[0], COMMANDS, 'a command', all_known=True)}")
    for name in [word for word in words[:1] if word in COMMANDS] or COMMANDS:
        module = import_module(f"{__name__}.{name}")
        module.add_to(commands)
        commands.choices[name].set_defaults(run=getattr(module, "run", None))  # a subcommand may have its own
        commands.choices[name].formatter_class = as_written
        commands.choices[name].epilog = "examples:\n" + "\n".join(f"  {line}" for line in module.EXAMPLES)
    return parser
