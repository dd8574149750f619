"""``nota bulletins``: writes bulletins of the desk and of feeds as files, and imports files at the desk as drafts."""

import argparse
import getpass
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

from bot.app.content_check import check_draft
from bot.cli import CommandError, valid_dossier, with_store
from bot.db.desk import Draft, Person
from bot.db.store import Store
from bot.dossier.models import BulletinId, Dossier
from bot.feeds.published import bulletin_id, day_of, story_content
from bot.live_dossier import LiveDossier
from bot.newsroom.bulletin_files import UnusableFolder, contents, export
from bot.newsroom.desk_decisions import Check, Desk, DeskError
from bot.newsroom.desk_rules import Rules
from bot.newsroom.draft_content import Content, file_content, timed
from bot.newsroom.editors_chat import EditorsChat
from bot.settings import Settings

EXAMPLES = (
    "nota bulletins export content/bulletins",
    "nota bulletins import drafts",
)


def add_to(commands: Any) -> None:
    """Adds the command to the parser."""
    parser = commands.add_parser("bulletins", help="write published bulletins as files, or take files to the desk")
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    exporting = actions.add_parser(
        "export", help="write what the desk and feeds published as bulletin files, with their sources"
    )
    importing = actions.add_parser("import", help="take bulletin files to the desk as drafts, to be approved there")
    for command in (exporting, importing):
        command.add_argument("folder", type=Path, help="of a dossier, its bulletins/, or any other folder")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Exports or imports the bulletins; nothing at all if the folder cannot be used. Exits with 1 if a bulletin was left out."""
    dossier = valid_dossier(settings)
    exports = args.action == "export"
    check = partial(check_draft, platforms=settings.platforms)
    work = _export if exports else partial(_import, check)
    try:
        return with_store(settings, lambda store: work(store, dossier, args.folder), only_reads=exports)
    except UnusableFolder as error:
        raise CommandError(str(error)) from error


async def _export(store: Store, dossier: Dossier, folder: Path) -> int:
    """Writes the bulletins of the desk and of feeds as files."""
    async with store.database.read() as connection:
        now = await store.database.moment(connection)
    published = [
        (bulletin_id(story), day_of(story), story_content(story, dossier))
        for story in await store.candidates.in_state("published")
    ]
    for draft, content in await store.drafts.sent():
        if draft.bulletin_id and draft.day:
            # a scheduled bulletin keeps its time: from a file without it, the next deploy would send the bulletin
            send_at = draft.send_at if (draft.send_at or 0.0) > now else None
            published.append((draft.bulletin_id, date.fromisoformat(draft.day), timed(content, send_at)))
    for path in export(folder, published, dossier):
        print(path)
    return 0


async def _import(check: Check, store: Store, dossier: Dossier, folder: Path) -> int:
    """Saves each file as a draft, or as a new version of the draft with its id. Drafts are sent only after approval."""
    user = getpass.getuser()
    person = Person(f"cli:{user}", user, dossier.header.default_language)
    desk = Desk(store, LiveDossier(dossier), Rules(needs_two=True), check, EditorsChat(store))
    drafts = {draft.bulletin_id: draft for draft in await store.drafts.all() if draft.bulletin_id}
    left_out = 0
    for name, content in contents(folder, dossier).items():
        try:
            print(f"{name}: {await _taken(desk, person, name, content, drafts.get(name))}")
        except DeskError as error:
            print(f"{name}: not imported. {error}")
            left_out += 1
    return 1 if left_out else 0


async def _taken(desk: Desk, person: Person, name: BulletinId, content: Content, draft: Draft | None) -> str:
    if name in desk.live.complete.bulletins:
        raise DeskError("A file of the dossier has this bulletin: change it there.")
    if draft is None:
        return f"draft {(await desk.create(person, content, name)).id}"
    latest = await desk.store.drafts.version(draft.id, draft.version)
    day = date.fromisoformat(name[:10])
    if latest is not None and file_content(latest.content, day) == file_content(content, day):
        return f"draft {draft.id} has the same content"
    return f"version {(await desk.save(draft.id, draft.version, person, content)).version} of draft {draft.id}"
