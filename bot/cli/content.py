"""``nota content``: changes in force into files, files to the desk as one change, and what was decided there."""

import argparse
import shutil
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from bot.app.content_check import today
from bot.app.desk import desk_of_shell
from bot.cli import CommandError, in_force, show, valid_files, with_store
from bot.db.changes import Change
from bot.db.store import Store
from bot.dossier.entries import (
    FILES_ALONE,
    HEADER,
    Content,
    Edition,
    Entry,
    Key,
    Unit,
    entries_of,
    key_at,
    merge,
    place_of,
    with_entries,
)
from bot.dossier.entry_fields import NAMES_TOPICS, topic_key, topic_of
from bot.dossier.entry_files import with_contents
from bot.dossier.loader import Loading, checked, load, load_contents
from bot.dossier.models import BulletinId, Moment, TopicId
from bot.dossier.yaml_reader import MAX_BYTES, ReadError, Value, parse
from bot.dossier.yaml_writer import written
from bot.live_dossier import LiveDossier
from bot.newsroom.decision_export import as_csv, as_json
from bot.newsroom.desk import OPEN, Desk, DeskError
from bot.replies.i18n import counted
from bot.settings import Settings

EXAMPLES = (
    "nota content export",
    "nota content export ../newer-checkout/content --json",
    "nota content import drafts",
    "nota content decisions > decisions.csv",
)


def add_to(commands: Any) -> None:
    """Adds the command to the parser."""
    parser = commands.add_parser("content", help="write changes in force into files, or take files to the desk")
    actions = parser.add_subparsers(dest="action", metavar="export|import|decisions", required=True)
    exporting = actions.add_parser("export", help="write what changes have put in force into a dossier's files")
    exporting.add_argument("folder", type=Path, nargs="?", help="of a dossier (default: CONTENT_DIR)")
    importing = actions.add_parser("import", help="make one draft of the files that differ from what is in force")
    importing.add_argument("folder", type=Path, help="of a dossier, or of some of its files in its folders")
    deciding = actions.add_parser("decisions", help="print every decision and comment, for an audit")
    deciding.set_defaults(folder=None)
    for command in (exporting, importing, deciding):
        words = "print JSON, not CSV" if command is deciding else "print JSON"
        command.add_argument("--json", action="store_true", help=words)


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Nothing is written or imported if anything in the folder stands in the way."""
    folder = (args.folder or settings.content_dir).resolve()
    if args.action == "decisions":
        return with_store(settings, lambda store: _decisions(store, args.json), only_reads=True)
    if args.action == "import":
        return with_store(settings, lambda store: _import(store, settings, folder, args.json))
    return with_store(settings, lambda store: _export(store, folder, args.json), only_reads=True)


async def _decisions(store: Store, is_json: bool) -> int:
    async with store.database.read() as connection:
        rows = await store.changes.every_decision(connection)
    print(as_json(rows) if is_json else as_csv(rows), end="\n" if is_json else "", flush=True)
    return 0


# Export


@dataclass(slots=True)
class _Export:
    """What is to be written.

    Attributes:
        texts: path → the file's new text; None: it is removed.
        lost: path → the comments that stood in what changed, with their lines.
        left_out: entry → why it is not written.
        differing: entries whose files in this folder differ otherwise from what is in force.
    """

    texts: dict[str, str | None] = field(default_factory=dict)
    lost: dict[str, tuple[tuple[int, str], ...]] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)
    differing: list[str] = field(default_factory=list)

    def fields(self) -> dict[str, Any]:
        """For ``--json``."""
        return {
            "written": [path for path, text in self.texts.items() if text is not None],
            "removed": [path for path, text in self.texts.items() if text is None],
            "lost_comments": [
                {"path": path, "line": line, "comment": comment}
                for path, found in self.lost.items()
                for line, comment in found
            ],
            "left_out": self.left_out,
            "differing": self.differing,
        }

    def lines(self) -> Iterator[str]:
        """For people."""
        yield from (f"{path}: {'removed' if text is None else 'written'}" for path, text in self.texts.items())
        for path, found in self.lost.items():
            yield from (
                f"{path}:{line}: this comment was in what has changed, and is lost: {words}" for line, words in found
            )
        yield from (f"{key}: not written: {why}" for key, why in self.left_out.items())
        for key in self.differing:
            yield f"{key}: written over this folder's own version, so it differs from what is in force"
        if not self.texts and not self.left_out:
            yield "the files have everything that is in force"


async def _export(store: Store, folder: Path, as_json: bool) -> int:
    files = load(folder, today())
    if files.dossier is None:
        raise CommandError("\n".join(map(str, files.diagnostics)))
    async with store.database.read() as connection:
        bound = await store.safeguards.dossier(connection)
        edition = await store.changes.edition(connection)
    if bound not in (None, files.dossier.header.id):
        raise CommandError(f"{folder}: the dossier {files.dossier.header.id}, expected {bound}, whose database it is")
    found = _exported(folder, files, edition)
    _write(folder, found.texts)
    show(found.fields(), "\n".join(found.lines()), as_json)
    return 0


def _exported(folder: Path, files: Loading, edition: Edition) -> _Export:
    """The changed files: what decisions changed, merged into the folder's own values, and only what is valid as a file."""
    found, whole = _Export(), load_contents(edition.contents, today())
    there, contents = entries_of(files.documents), dict[Key, Content | None]()
    for key, entry in edition.entries.items():
        if entry.in_force == entry.file:
            if mark := _held_mark(entry, there.get(key)):
                contents[key] = {**there[key], **mark}
            continue
        merged = merge(key, entry.file, entry.in_force, there.get(key))
        if merged.differing:
            found.left_out[key] = _differs(key, merged.differing, there)
        elif merged.content != there.get(key):
            contents[key] = merged.content
    found.left_out |= _unwritable(contents, whole)
    contents = {key: content for key, content in contents.items() if key not in found.left_out}
    loading = _as_files(files, contents)
    while wrong := _invalid(loading, contents) or _unused(files, whole, loading, contents):
        for key, why in wrong.items():
            found.left_out[key] = why
            contents.pop(key)
        loading = _as_files(files, contents)
    found.differing = [key for key, content in contents.items() if content != edition.contents.get(key)]
    _edit(folder, contents, found)
    _check(files, contents, found.texts)
    return found


def _edit(folder: Path, contents: Mapping[Key, Content | None], found: _Export) -> None:
    """Notes the files' new texts, and the comments that they lose."""
    by_path: dict[str, dict[Key, Content | None]] = {}
    for key, content in contents.items():
        by_path.setdefault(place_of(key)[0], {})[key] = content
    for path, changed in sorted(by_path.items()):
        file = folder / path
        before = file.read_bytes().decode("utf-8-sig") if file.exists() else ""
        edited = with_contents(path, before, changed)
        if edited.text != before:
            found.texts[path] = edited.text
            if edited.lost:
                found.lost[path] = edited.lost


def _held_mark(entry: Entry, there: Content | None) -> Content:
    """The withdrawal in force that a folder of former files does not have: with what is written beside, it is new, and would end it."""
    content = entry.in_force or {}
    is_held = there is not None and "withdrawn" in content and "withdrawn" not in there
    return {"withdrawn": content["withdrawn"]} if is_held else {}


def _differs(key: Key, differing: Collection[Unit], there: Mapping[Key, Content]) -> str:
    """Why an entry is not written that the folder has changed as well."""
    path, place = place_of(key)
    if key not in there:
        return f"this folder has no {path}" if not place else f"{path} has no {place[0]}"
    names = ", ".join(filter(None, differing))
    return f"the files have changed it, too ({names})" if names else "the files have changed it, too"


def _check(files: Loading, contents: Mapping[Key, Content | None], texts: Mapping[str, str | None]) -> None:
    """Refuses texts that would not make the folder say what it is to say."""
    documents = {path: document for path, document in files.documents.items() if path not in texts}
    for path, text in texts.items():
        if text is None:
            continue
        if len(text.encode()) > MAX_BYTES:
            raise CommandError(f"{path}: would be larger than 256 KiB, which cannot be read: nothing was written")
        try:
            documents[path] = parse(text.encode())
        except ReadError as error:
            raise CommandError(f"{path}:{error}: nothing was written") from error
    loading = checked(documents, today())
    if loading.dossier is None:
        raise CommandError("\n".join(("nothing was written:", *map(str, loading.diagnostics))))
    if entries_of(documents) != entries_of(with_entries(files.documents, contents)):
        raise CommandError(f"{', '.join(texts)}: would not say what is in force: nothing was written")


def _unwritable(contents: Mapping[Key, Content | None], whole: Loading) -> dict[str, str]:
    """The entries that no file can hold, and bulletins without a text in some language."""
    untranslated = whole.dossier.untranslated if whole.dossier else {}
    found = dict[str, str]()
    for key, content in contents.items():
        missing = untranslated.get(BulletinId(key.removeprefix("bulletins/")), frozenset())
        if missing and key.startswith("bulletins/"):
            found[key] = f"it has no text in {', '.join(sorted(missing))}, which a file needs"
        elif why := _unreadable(content):
            found[key] = why
    return found


def _unreadable(content: Content | None) -> str:
    """Why no file can hold the entry; "": one can."""
    try:
        parse(written(content or {}).encode())
    except ReadError as error:
        return f"{error.message}, {error.fix}"
    return ""


def _as_files(files: Loading, contents: Mapping[Key, Content | None]) -> Loading:
    return checked(with_entries(files.documents, contents), today())


def _unused(files: Loading, whole: Loading, loading: Loading, contents: Mapping[Key, Content | None]) -> dict[Key, str]:
    """The new sources and facts that something in force uses, but nothing in the files as they would be."""
    there = entries_of(files.documents)

    def warned(each: Loading) -> set[Key | None]:
        warnings = (found for found in each.diagnostics if found.is_warning)
        return {key_at(at.path, at.place) for at in warnings if at.path in ("sources.yaml", "facts.yaml")}

    unused = warned(loading) - warned(whole)
    return {key: "only what is not written uses it" for key in contents if key in unused and key not in there}


def _invalid(loading: Loading, contents: Mapping[Key, Content | None]) -> dict[Key, str]:
    """The entries that would be a mistake in a file, and why."""
    found: dict[Key, str] = {}
    for each in loading.diagnostics:
        if not each.blocks:
            continue
        keys = [key_at(each.path, each.place), key_at(*each.because) if each.because else None]
        key = next((key for key in keys if key in contents), None)
        if key is not None:
            found.setdefault(key, f"{each.message}, {each.fix}")
    if not found and loading.dossier is None and contents:
        return dict.fromkeys(contents, "it does not fit the files of this folder")
    return found


def _write(folder: Path, texts: Mapping[str, str | None]) -> None:
    """Writes all of them or none: each stands on the disk beside its file before the first one takes its place.

    Sources and facts, which others name, come first, and removals last.

    Raises:
        CommandError: one cannot be written; nothing was changed.
    """
    files = {path: (folder / path).resolve() for path in texts}
    made: list[Path] = []
    for path, text in texts.items():
        file = files[path]
        if text is None:
            continue
        new = _beside(file)
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            new.write_bytes(text.encode())
            made.append(new)
            if file.exists():
                shutil.copymode(file, new)
        except OSError as error:
            for each in made:
                each.unlink(missing_ok=True)
            raise CommandError(f"{path}: cannot be written ({error.strerror}): nothing was written") from error
    for path in sorted(texts, key=lambda path: (texts[path] is None, path not in ("sources.yaml", "facts.yaml"), path)):
        if texts[path] is None:
            files[path].unlink(missing_ok=True)
        else:
            _beside(files[path]).replace(files[path])


def _beside(file: Path) -> Path:
    """Where a file's new text stands until all are written. The loader ignores hidden files."""
    return file.with_name(f".{file.name}.new")


# Import

_MOMENT: TypeAdapter[datetime] = TypeAdapter(Moment)


async def _import(store: Store, settings: Settings, folder: Path, as_json: bool) -> int:
    """Missing files remove nothing. What is under embargo by a file is planned for the end of that, with all the rest."""
    live = await in_force(store, valid_files(settings))
    now = await store.database.moment()
    contents, planned = _without_embargoes(_differing_entries(folder, live), live, now)
    if not contents:
        show({"change": None, "entries": []}, "nothing differs from what is in force", as_json)
        return 0
    desk, person = desk_of_shell(settings, store, live)
    title = f"Imported from {folder.name}"
    change = await _same_draft(desk, title, contents)
    said = f"change {change.id} has the same content" if change else ""
    if change is None:
        try:
            change = await desk.create(person, title, contents, planned=planned)
        except DeskError as error:
            raise CommandError(f"{folder}: {error}") from error
        said = f"change {change.id}: {counted(len(contents), 'entry', 'entries')}, a draft at the desk"
    mistakes = [str(each) for each in await desk.errors(change, contents) if not each.is_warning]
    lines = [said, *sorted(contents), *mistakes]
    lines += [f"planned for {datetime.fromtimestamp(planned).astimezone().isoformat()}"] if planned else []
    fields = {"change": change.id, "entries": sorted(contents), "planned": planned, "mistakes": mistakes}
    show(fields, "\n".join(lines), as_json)
    return 0


def _differing_entries(folder: Path, live: LiveDossier) -> dict[Key, Content]:
    """The folder's entries that differ from what is in force.

    Raises:
        CommandError: there are none at all, a file cannot be read, or they are of another dossier.
    """
    loading = load(folder, today())
    unreadable = {path for path, document in loading.documents.items() if not document.lines}
    problems = [str(each) for each in loading.diagnostics if each.path in unreadable or each.place == ("not_before",)]
    for path, document in loading.documents.items():
        value = document.value
        parts = list(value.values()) if isinstance(value, dict) and path in ("sources.yaml", "facts.yaml") else [value]
        if path not in unreadable and path != "feeds.yaml" and not all(isinstance(part, dict) for part in parts):
            problems.append(f"{path}:1: not an entry, expected key: value lines")
    found = entries_of(loading.documents)
    if not found and not problems:
        problems = [str(each) for each in loading.diagnostics] or [f"{folder}: no files of a dossier"]
    own = live.contents[HEADER]
    if HEADER in found and found[HEADER].get("id") != own.get("id"):
        problems.append(f"{folder}: the dossier {found[HEADER].get('id')}, expected {own.get('id')}")
    if problems:
        raise CommandError("\n".join(problems))
    if HEADER in found:  # the rest of it is files' alone
        found[HEADER] = {**found[HEADER], **{name: own[name] for name in FILES_ALONE if name in own}}
    return _of_renamed_topics(found, live)


def _of_renamed_topics(found: Mapping[Key, Content], live: LiveDossier) -> dict[Key, Content]:
    """What differs from what is in force, where topics were renamed at the desk and the files have their former ids.

    As with a deploy: the file of a former id is about what the topic has become, and what names the former id means that. Of the file
    counts what it says otherwise than the deployed one: the rest is older than the rename.
    """
    former: Mapping[str, TopicId] = {str(name): topic for name, topic in live.complete.former_ids.items()}
    deployed, present = live.edition.files, dict[Key, Content]()
    for key, content in found.items():
        topic = former.get(topic_of(key))
        new = topic_key(topic) if topic and key.startswith(("topics/", "programs/")) else key
        if new == key or key in live.contents or new in found:
            present[key] = content
            continue
        before, now = deployed.get(key, {}), live.contents[new]
        kept = {name: value for name, value in now.items() if name == "was" or name not in before or name in content}
        said = {name: value for name, value in content.items() if before.get(name) != value}
        present[new] = {**kept, **said}

    def named(value: Value) -> Value:
        return [named(each) for each in value] if isinstance(value, list) else former.get(str(value), value)

    def compared(content: Content | None) -> Content | None:
        return content and {name: named(value) if name in NAMES_TOPICS else value for name, value in content.items()}

    return {key: content for key, content in present.items() if compared(live.contents.get(key)) != compared(content)}


def _without_embargoes(
    contents: Mapping[Key, Content], live: LiveDossier, now: float
) -> tuple[dict[Key, Content | None], float | None]:
    """A change has one time, so its bulletins have none of their own: the latest one counts.

    Raises:
        CommandError: all that is new of a bulletin is a later time. A change holds nothing back.
    """
    moments, found = list[float](), dict[Key, Content | None]()
    for key, content in contents.items():
        if not key.startswith("bulletins/"):
            found[key] = content
            continue
        (words, moment), there = _embargo(content), _embargo(live.contents.get(key, {}))
        if words != there[0] or moment < there[1]:
            found[key] = words
            moments.append(moment)
        elif moment > now:
            raise CommandError(
                f"{key}.yaml: only its not_before is new, expected other words, too: a change holds nothing back"
            )
    return found, max(moments, default=0.0) or None


def _embargo(content: Content) -> tuple[Content, float]:
    """The content without its ``not_before``, and that in seconds since 1970; 0.0: none."""
    words = {name: value for name, value in content.items() if name != "not_before"}
    moment = content.get("not_before")
    return words, 0.0 if moment is None else _MOMENT.validate_python(moment).timestamp()


async def _same_draft(desk: Desk, title: str, contents: Mapping[Key, Content | None]) -> Change | None:
    async with desk.store.database.read() as connection:
        for change in await desk.store.changes.all(connection, OPEN, 200):
            if change.title == title:
                entries = await desk.store.changes.entries(connection, change.id)
                if {key: entry.content for key, entry in entries.items()} == contents:
                    return change
    return None
