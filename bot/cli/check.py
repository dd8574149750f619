"""``nota check``: prints every problem of the content, one a line."""

import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bot.app.content_check import check_files_of_sent, load_checked, today
from bot.cli import run_async, show
from bot.dossier.diagnostics import Diagnostic
from bot.dossier.models import Dossier
from bot.dossier.schema import schemas
from bot.replies.example_coverage import coverage
from bot.settings import Settings

EXAMPLES = (
    "nota check",
    "nota check my-dossier --strict",
    "nota check --json",
    "nota check --schema-files .schemas",
)


def add_to(commands: Any) -> None:
    """Adds the command to the parser."""
    parser = commands.add_parser("check", help="print every problem of the content; exit 1 if there is an error")
    parser.add_argument("path", nargs="?", type=Path, help="the dossier's folder (default: CONTENT_DIR)")
    parser.add_argument("--schema", action="store_true", help="print the JSON Schemas of the files instead")
    parser.add_argument(
        "--schema-files", type=Path, metavar="FOLDER", help="write the JSON Schemas to files instead, for a text editor"
    )
    parser.add_argument(
        "--coverage",
        action="store_true",
        help="print the number of examples of each topic, and the words of its titles that are in no example",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object per problem")
    parser.add_argument("--strict", action="store_true", help="exit 1 for warnings too")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Prints the diagnostics, with paths relative to the current folder; exit 1 if there is an error.

    For CONTENT_DIR they include sent bulletins whose files are missing, if the database can be read.
    """
    if args.schema:
        print(json.dumps(schemas(), indent=2, ensure_ascii=False))
        return 0
    if args.schema_files:
        return _write_schemas(args.schema_files)
    folder = args.path or settings.content_dir
    loading = load_checked(folder, today(), settings.platforms)
    diagnostics = [*loading.diagnostics]
    if loading.dossier is not None and args.path is None:
        diagnostics += run_async(check_files_of_sent(settings.database_url, loading.dossier))
    for diagnostic in diagnostics:
        show(_fields(diagnostic), _line(folder, diagnostic), args.json)
    if not diagnostics and loading.dossier and not args.json:
        print(_summary(loading.dossier))
    if args.coverage and loading.dossier:
        print("\n".join(_coverage(loading.dossier)))
    wrong = loading.dossier is None or any(args.strict or not diagnostic.is_warning for diagnostic in diagnostics)
    return 1 if wrong else 0


def _line(folder: Path, diagnostic: Diagnostic) -> str:
    return f"{folder.as_posix().rstrip('/')}/{diagnostic}" if folder.is_dir() else str(diagnostic)


def _fields(diagnostic: Diagnostic) -> dict[str, Any]:
    return {name: getattr(diagnostic, name) for name in ("path", "line", "severity", "message", "fix")}


def _write_schemas(folder: Path) -> int:
    """Writes a schema for each kind of file, and prints the setting for the YAML extension of Visual Studio Code."""
    folder.mkdir(parents=True, exist_ok=True)
    patterns: dict[str, str] = {}
    for pattern, schema in schemas().items():
        file = folder / f"{pattern.removesuffix('.yaml').removesuffix('/*')}.schema.json"
        file.write_text(json.dumps(schema, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        patterns[file.as_posix()] = f"content/{pattern}"
    print(json.dumps({"yaml.schemas": patterns}, indent=2))
    return 0


def _summary(dossier: Dossier) -> str:
    parts = [
        _counted(len(dossier.topics), "topic"),
        _counted(len(dossier.facts), "fact"),
        _counted(len(dossier.sources), "source"),
        _counted(len(dossier.bulletins), "bulletin"),
    ]
    return f"{dossier.header.id}: {', '.join(parts)} in {', '.join(dossier.languages)}: no problems"


def _coverage(dossier: Dossier) -> Iterator[str]:
    """A line for each topic, those with the fewest examples in a language first."""
    for row in coverage(dossier):
        (first, count), *others = row.examples.items()
        parts = [f"{_counted(count, 'example')} in {first}", *(f"{n} in {language}" for language, n in others)]
        unknown = [f"{' '.join(words)} ({language})" for language, words in row.unknown.items() if words]
        line = f"{row.topic}: {', '.join(parts)}"
        if unknown:
            total = sum(map(len, row.unknown.values()))
            are = "1 word of its titles is" if total == 1 else f"{total} words of its titles are"
            line += f"; {are} in no example: {', '.join(unknown)}"
        yield line


def _counted(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
