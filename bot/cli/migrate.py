"""``nota migrate``: updates database, command menus and webhook; run once before each release."""

import argparse
import asyncio
import os
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy.exc import DBAPIError

from bot import logs
from bot.cli import STANDBY, CommandError, run_async, show, valid_dossier
from bot.db.engine import DatabaseUnavailable, UnusableAddress, UnusableDatabase, open_database
from bot.db.migrations import migrate
from bot.db.store import open_store
from bot.dossier.models import Dossier
from bot.newsroom.former_changes import refusal_to_migrate
from bot.newsroom.publisher import Newsroom
from bot.platforms.base import PlatformFailure, PlatformUnreachable
from bot.platforms.platform import Platform
from bot.replies.i18n import counted
from bot.settings import Settings

PLATFORM_TIMEOUT = 60.0
"""Seconds. A platform that cannot be reached for longer does not stop a release: each process tries again when it starts."""

ReleaseStep = Awaitable[list[str]]


@dataclass(frozen=True, slots=True)
class StepResult:
    """The result of a step. ``of``: ``database``, ``dossier`` or a platform. ``stops``: whether the release must stop."""

    of: str
    text: str
    stops: bool = False

    def __str__(self) -> str:
        return f"{self.of}: {self.text}"


Tell = Callable[[StepResult], None]


async def release(
    settings: Settings, dossier: Dossier, tell: Tell, adopts: bool = False, bots: Sequence[str] = ()
) -> int:
    """Migrates the database, then sets commands and webhook on the platforms. Passes each result to ``tell``.

    Args:
        settings: the settings.
        dossier: the content.
        tell: called with each result.
        adopts: gives the database to this dossier, whatever dossier it belonged to.
        bots: the bots, as platform:id, to which readers are given, whatever bot they belonged to.

    Returns:
        0, or 1 if the release must stop: the database cannot be used (78 if DATABASE_URL is wrong, or it is an older release's and another
        dossier's), or a bot of ``bots`` gets no readers. A platform that refuses its settings, whose readers belong to another bot, or that
        cannot be reached does not stop it: `nota run` goes on without it, too.
    """
    try:
        if not adopts and (refusal := await refusal_to_migrate(settings.database_url, dossier)):
            tell(StepResult("dossier", refusal, stops=True))
            return os.EX_CONFIG
        tell(StepResult("database", await _migrated(settings.database_url)))
        if message := await _bound(settings.database_url, dossier, adopts):
            tell(StepResult("dossier", message))
    except UnusableDatabase as unusable:
        tell(StepResult("database", str(unusable), stops=True))
        return os.EX_CONFIG if isinstance(unusable, UnusableAddress) else 1
    status = 0
    for platform in settings.enabled:
        works = await _run_step(platform.name, _bound_bot(settings, platform, bots), tell)
        if works and (step := platform.release(settings.of(platform), settings.deployment(platform), dossier)):
            works = await _run_step(platform.name, step, tell)
        if not works and any(bot.startswith(f"{platform.name}:") for bot in bots):
            status = 1
    return status


async def _migrated(url: str | None) -> str:
    async with open_database(url) as database:
        with suppress(DatabaseUnavailable, DBAPIError):  # of which the migration says more
            if await database.is_standby():
                raise UnusableDatabase(STANDBY)
        before, after = await migrate(database)
    return f"{'is' if before == after else f'was at version {before}, is'} at version {after}"


async def _bound(url: str | None, dossier: Dossier, adopts: bool) -> str:
    """A message about the database's dossier, or "". A mismatch does not stop the release, because nothing is published then."""
    async with open_store(url) as store:
        newsroom = Newsroom(store)
        if adopts and await newsroom.adopt(dossier):
            return (
                f"the database belongs to {dossier.header.id} from now on; the content of its files counts as published"
            )
        return await newsroom.refusal(dossier)


async def _bound_bot(settings: Settings, platform: Platform[Any], adopting: Sequence[str]) -> list[str]:
    """Gives the platform's readers to this bot if that is asked for.

    Raises:
        PlatformFailure: they belong to another bot. This one would send nothing, and its menus and webhook may be another deployment's.
    """
    bot = await platform.identify(settings.of(platform), lambda _: None)
    async with open_store(settings.database_url) as store:
        if not (refusal := await store.safeguards.refusal(platform.name, bot)):
            return []
        if f"{platform.name}:{bot}" not in adopting:
            raise PlatformFailure(refusal)
        number = await store.readers.change_bot(platform.name, bot)
        readers = counted(number, "reader")
        return [f"the database belongs to {bot} from now on; the next bulletin tries {readers} of the former one"]


async def _run_step(name: str, step: ReleaseStep, tell: Tell) -> bool:
    """Whether the platform accepts its settings, as far as can be known now."""
    try:
        async with asyncio.timeout(PLATFORM_TIMEOUT):
            for line in await step:
                tell(StepResult(name, line))
    except PlatformFailure as failure:
        tell(StepResult(name, f"does not work, and Nota starts without it: {failure}"))
        return False
    except (PlatformUnreachable, TimeoutError) as error:
        why = str(error) or "no answer"
        tell(StepResult(name, f"cannot be reached now ({why}); the web process will try again"))
    return True


EXAMPLES = ("nota migrate", "nota migrate --json", "nota migrate --dossier ferry", "nota migrate --bot PLATFORM:123")


def add_to(commands: Any) -> None:
    """Adds the command to the parser."""
    parser = commands.add_parser("migrate", help="update database, command menus and webhook; run before each release")
    parser.add_argument("--json", action="store_true", help="print one JSON object per step")
    parser.add_argument(
        "--dossier",
        metavar="ID",
        help="give the database to the dossier with this id, which is in CONTENT_DIR, whatever dossier it was used with",
    )
    give = "give the readers of a platform to the bot with this id, whose token or key is set, whatever bot they belonged to"
    parser.add_argument("--bot", metavar="PLATFORM:ID", action="append", default=[], help=give)


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Runs all steps. Exits with 1 if the release must stop; invalid content stops it, too."""
    enabled = [platform.name for platform in settings.enabled]
    for bot in args.bot:
        if bot.partition(":")[0] not in enabled:
            raise CommandError(
                f"--bot {bot}: expected PLATFORM:ID of a platform that is on ({', '.join(enabled) or 'none is'})"
            )
    logs.set_up(settings.log_format, settings.redaction)
    dossier = valid_dossier(settings, fits=True)
    if args.dossier not in (None, dossier.header.id):
        raise CommandError(f"--dossier {args.dossier}: the dossier in CONTENT_DIR is {dossier.header.id}")

    def tell(result: StepResult) -> None:
        show(asdict(result), str(result), args.json)

    return run_async(release(settings, dossier, tell, adopts=args.dossier is not None, bots=args.bot))
