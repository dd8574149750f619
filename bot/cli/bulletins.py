"""``nota bulletins``: what the desk sent, as files; and bulletin files as drafts of the desk."""

import argparse
import asyncio
import getpass
from datetime import date
from pathlib import Path
from typing import Any

from bot.app.content_check import today
from bot.cli.errors import CommandError, database_errors, valid_dossier
from bot.db.desk import Person
from bot.db.store import Store, open_store
from bot.dossier.loader import load
from bot.dossier.models import BulletinId, Dossier
from bot.dossier.yaml_reader import ReadError, read
from bot.newsroom.draft_content import bulletin_file, import_content, new_sources, source_names, title_of, to_yaml
from bot.settings import Settings


def add_to(commands: Any) -> None:
    """Adds the command to the parser."""
    parser = commands.add_parser("bulletins", help="write what the desk sent as files, or read files as drafts")
    parser.set_defaults(run=run)
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    export = actions.add_parser("export", help="write what the desk sent into a dossier's folder")
    export.add_argument(
        "folder", type=Path, help="the folder of a dossier: gets bulletins/ and entries in sources.yaml"
    )
    importing = actions.add_parser("import", help="make a draft of each bulletin file that is not in the dossier")
    importing.add_argument("folder", type=Path, help="a folder with bulletins/<date>-<slug>.yaml")


def run(given: argparse.Namespace, settings: Settings) -> int:
    """Exits with 1 if content, database or a file cannot be read."""
    dossier = valid_dossier(load(settings.content_dir, today()))
    with database_errors():
        return asyncio.run(_run(given, settings, dossier))


async def _run(given: argparse.Namespace, settings: Settings, dossier: Dossier) -> int:
    async with open_store(settings.database_url) as store:
        return await (_export if given.action == "export" else _import)(store, given.folder, dossier)


async def _export(store: Store, folder: Path, dossier: Dossier) -> int:
    """Writes the files that do not exist yet. What was withdrawn is not written."""
    (folder / "bulletins").mkdir(parents=True, exist_ok=True)
    sources: dict[str, Any] = {}
    for draft, content in await store.drafts.sent():
        name = draft.bulletin_id
        if name is None or name in dossier.bulletins:
            continue
        file = folder / "bulletins" / f"{name}.yaml"
        if not file.exists():
            file.write_text(bulletin_file(content, date.fromisoformat(name[:10])), encoding="utf-8")
            print(file)
        named = source_names(content)
        sources |= {key: each for key, each in new_sources(content).items() if key in named}
    _add_sources(folder / "sources.yaml", {key: each for key, each in sources.items() if key not in dossier.sources})
    return 0


def _add_sources(file: Path, entries: dict[str, Any]) -> None:
    """Appends the entries that the file does not have."""
    try:
        value = read(file).value if file.exists() else {}
    except ReadError as error:
        raise CommandError(f"{file}: {error.message}, {error.fix}") from error
    missing = {key: each for key, each in entries.items() if not isinstance(value, dict) or key not in value}
    if missing:
        before = file.read_text(encoding="utf-8").rstrip("\n") + "\n\n" if file.exists() else ""
        file.write_text(before + to_yaml(missing), encoding="utf-8")
        print(file)


async def _import(store: Store, folder: Path, dossier: Dossier) -> int:
    """Makes drafts; nothing is sent. A file whose id the dossier, the ledger or another draft has is left out, and said so."""
    async with store.database.read() as connection:
        taken = {*await store.bulletins.names(connection), *dossier.bulletins}
    taken |= {each.bulletin_id for each in await store.drafts.all() if each.bulletin_id}
    account = getpass.getuser()
    person = Person(f"shell:{account}"[:32], account, dossier.header.default_language)
    sources = _sources(folder / "sources.yaml")
    for file in sorted((folder / "bulletins").glob("*.yaml")):
        try:
            content = import_content(read(file).value, sources, dossier)
        except ReadError as error:
            raise CommandError(f"{file}:{error.line}: {error.message}, {error.fix}") from error
        if file.stem in taken:
            print(f"{file}: left out, {file.stem} is there already")
            continue
        async with store.database.write() as connection:
            now = await store.database.moment(connection)
            title = title_of(content, dossier.header.default_language)
            named = {"bulletin_id": BulletinId(file.stem), "day": file.stem[:10]}
            draft = await store.drafts.add(connection, person, title, content, now, **named)
        print(f"{file}: draft {draft.id}")
    return 0


def _sources(file: Path) -> dict[str, Any]:
    if not file.exists():
        return {}
    try:
        value = read(file).value
    except ReadError as error:
        raise CommandError(f"{file}:{error.line}: {error.message}, {error.fix}") from error
    return value if isinstance(value, dict) else {}
