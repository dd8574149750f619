"""Errors that end a command: :func:`bot.cli.main` prints the message and exits with status 1."""

from collections.abc import Iterator
from contextlib import contextmanager

from bot.db.engine import DATABASE_AWAY, UnusableDatabase
from bot.dossier.loader import Loading
from bot.dossier.models import Dossier


class CommandError(Exception):
    """The command cannot do what was asked. The message says what is wrong and what is expected."""


def valid_dossier(loading: Loading) -> Dossier:
    """The dossier that was loaded.

    Raises:
        CommandError: the content has errors; the message lists them.
    """
    if loading.dossier is None:
        raise CommandError("\n".join(map(str, loading.diagnostics)))
    return loading.dossier


@contextmanager
def database_errors() -> Iterator[None]:
    """Turns a database that cannot be used, or does not answer, into a CommandError."""
    try:
        yield
    except UnusableDatabase as error:
        raise CommandError(str(error)) from error
    except DATABASE_AWAY as error:
        raise CommandError(f"DATABASE_URL: the database does not answer ({type(error).__name__})") from error
