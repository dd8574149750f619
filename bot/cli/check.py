"""``nota check``: prints every problem of the content, one a line, and with ``--against`` what an edit of it changes for readers."""

import argparse
import json
import re
import subprocess
import sys
import tarfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tqdm import tqdm

from bot.app.content_check import check_files_of_sent, load_checked, today
from bot.cli import CommandError, run_async, show, with_store
from bot.cli.publish import dry_run
from bot.cli.questions import NOT_STORED
from bot.db.questions import QuestionKind, UnansweredQuestion
from bot.db.store import Store
from bot.dossier.diagnostics import Diagnostic
from bot.dossier.loader import load
from bot.dossier.models import Dossier, Language
from bot.dossier.schema import schemas
from bot.newsroom.consequences import (
    ChangedExample,
    ChangedPicture,
    ChangedReply,
    ChangedVerdict,
    Consequences,
    consequences,
)
from bot.newsroom.ledger_diff import BulletinChange
from bot.platforms.platform import Platform
from bot.replies.i18n import counted
from bot.replies.readiness import Lack, readiness
from bot.replies.word_diff import Words, excerpt
from bot.settings import Settings
from bot.subprocesses import child_environment

MOST_ASKED = 20
"""The questions, and the claims, that ``--readiness`` prints."""

_BRINGS: Mapping[QuestionKind, str] = {
    "question": "as a question of a topic it is answered (`nota questions add`)",
    "claim": "with a sentence of a fact or a file in claims/ it gets a verdict",
}

EXAMPLES = (
    "nota check",
    "nota check my-dossier --strict",
    "nota check --json",
    "nota check --against HEAD~1   # what the last commit changed for readers",
    "nota check --against ../content-in-force --json",
    "nota check --against sqlite:///data/nota.sqlite3   # what a deploy of it would send, edit and withdraw",
    "nota check --readiness   # how far the dossier is",
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
        "--readiness",
        "--coverage",
        action="store_true",
        help="also print what the dossier lacks without being wrong, and what each would bring: questions, sentences of facts, texts,"
        " and what readers asked in vain, by the database of --against or, for CONTENT_DIR, of the settings",
    )
    parser.add_argument(
        "--against",
        metavar="REF|FOLDER|URL",
        help="also print what readers see otherwise than with the content of another folder, or of a revision in git; or what the"
        " import of the files into a database would do, as `nota publish --dry-run`",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object per problem, or per change")
    parser.add_argument("--strict", action="store_true", help="exit 1 for warnings too")


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
    if args.readiness and loading.dossier:
        url = args.against if "://" in (args.against or "") else None
        _show_lacks(loading.dossier, settings, url, with_asked=bool(url) or args.path is None, as_json=args.json)
    if args.against is not None and "://" in args.against:
        if loading.dossier is not None:
            own = settings.model_copy(update={"database_url": args.against, "content_dir": folder})
            dry_run(own, as_json=args.json)
    elif args.against is not None:
        _show_changes(args.against, folder, loading.dossier, settings.platforms, args.json)
    wrong = loading.dossier is None or any(args.strict or not diagnostic.is_warning for diagnostic in diagnostics)
    return 1 if wrong else 0


def _show_changes(
    against: str, folder: Path, after: Dossier | None, platforms: Sequence[Platform[Any]], as_json: bool
) -> None:
    """Prints what readers see otherwise than with the content of ``against``."""
    with _content_of(against, folder) as former:
        if after is None:
            if not as_json:
                print(f"against {against}: not compared, for the content has mistakes")
            return
        loading = load(former, today())
        if loading.dossier is None:
            mistakes = "\n".join(f"  {each}" for each in loading.diagnostics if each.blocks)
            raise _refusal(against, f"this content has mistakes, so there is nothing to compare with\n{mistakes}")
        if loading.dossier.header.id != after.header.id:
            raise _refusal(against, f"expected the dossier {after.header.id!r}, not {loading.dossier.header.id!r}")
        with tqdm(total=100, desc="compared", unit="%", disable=None, leave=False) as bar:
            found = consequences(
                loading.dossier,
                after,
                {platform.name: platform for platform in platforms if platform.answers},
                datetime.now(UTC),
                lambda share: bar.update(round(100 * share) - bar.n) and None,
            )
    for fields, line in described(found):
        show(fields, line, as_json)
    if not found and not as_json:
        print(f"against {against}: readers see no difference")


def _refusal(against: str, why: str) -> CommandError:
    return CommandError(f"--against {against}: {why}")


@contextmanager
def _content_of(against: str, folder: Path) -> Iterator[Path]:
    """The folder that holds the content of ``against``: a folder, or a revision in git of ``folder``.

    Raises:
        CommandError: it is neither.
    """
    if Path(against).is_dir():
        yield Path(against)
        return
    # in a folder, git packs that folder alone, with paths relative to it (git-scm.com/docs/git-archive, "path")
    command = ["git", "-C", str(folder), "archive", "--format=tar", against]
    if against.startswith("-"):
        raise _refusal(against, "expected a folder or a revision")
    try:
        packed = subprocess.run(command, capture_output=True, check=True, env=child_environment(), timeout=60)  # noqa: S603
    except FileNotFoundError as error:
        raise _refusal(against, "no such folder, and git, which knows revisions, is not installed") from error
    except subprocess.TimeoutExpired as error:
        raise _refusal(against, "git does not answer") from error
    except subprocess.CalledProcessError as error:
        said = error.stderr.decode(errors="replace").strip().splitlines() or ["git refuses"]
        raise _refusal(against, f"neither a folder nor a revision that has {folder} ({said[0]})") from error
    with TemporaryDirectory(prefix="nota-check-") as made:
        with tarfile.open(fileobj=BytesIO(packed.stdout)) as archive:
            archive.extractall(made, filter="data")
        yield Path(made)


def described(found: Consequences) -> Iterator[tuple[dict[str, Any], str]]:
    """Each change as the object of ``--json``, and as a line."""
    for reply in found.replies:
        yield _reply(reply)
    for picture in found.pictures:
        yield _picture(picture)
    for example in found.examples:
        yield _example(example)
    for verdict in found.verdicts:
        yield _verdict(verdict)
    for bulletin in found.bulletins:
        yield _bulletin(bulletin)


_CONTEXT = 4
"""The words that are printed beside a change."""


def _reply(reply: ChangedReply) -> tuple[dict[str, Any], str]:
    where = f"{reply.subject} ({', '.join((reply.language, *reply.platforms))})"
    fields = {**asdict(reply), "words": [asdict(each) for each in reply.words]}
    line = {"new": "new reply", "gone": "no reply any more"}.get(reply.state) or in_one_line(reply.words)
    return {"change": "reply", **fields}, f"{where}: {line}"


def in_one_line(words: Sequence[Words]) -> str:
    """The changed words with a few others beside them, marked as git marks words: ``costs [-$5-]{+$6+} a month``."""
    line = ""
    for each in excerpt(words, _CONTEXT):
        text = re.sub(r"[ \t\r\n]+", " ", each.text)
        space = " " * (text[:1] == " " and not (each.mark == "inserted" and line.endswith("-]")))
        text = text.removeprefix(" ")
        line += space + {"deleted": f"[-{text}-]", "inserted": f"{{+{text}+}}"}.get(each.mark, text)
    return line.strip()


def _picture(picture: ChangedPicture) -> tuple[dict[str, Any], str]:
    texts = {name: shown and shown.alt for name, shown in (("before", picture.before), ("after", picture.after))}
    what = "new picture" if not picture.before else "no picture any more" if not picture.after else "another picture"
    fields = {"change": "picture", "subject": picture.subject, "language": picture.language, **texts}
    return fields, f"{picture.subject} ({picture.language}): {what}: {texts['after'] or texts['before']}"


def _example(example: ChangedExample) -> tuple[dict[str, Any], str]:
    before, after = (" and ".join(found) or "no topic for sure" for found in (example.before, example.after))
    new = "new example " * example.is_new
    line = f"{new}“{example.question}” ({example.language}) finds {before} → {after}"
    return {"change": "example", **asdict(example)}, line


def _verdict(verdict: ChangedVerdict) -> tuple[dict[str, Any], str]:
    before, after = (found or "no verdict" for found in (verdict.before, verdict.after))
    line = f"{verdict.subject} ({verdict.language}): “{verdict.sentence}”: {before} → {after}"
    return {"change": "verdict", **asdict(verdict)}, line


def _bulletin(bulletin: BulletinChange) -> tuple[dict[str, Any], str]:
    languages = f", in {', '.join(bulletin.languages)}" if bulletin.edit == "corrected" else ""
    return {"change": "bulletin", **asdict(bulletin)}, f"bulletins/{bulletin.id}: {bulletin.edit}{languages}"


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
        counted(len(dossier.topics), "topic"),
        counted(len(dossier.facts), "fact"),
        counted(len(dossier.sources), "source"),
        counted(len(dossier.bulletins), "bulletin"),
    ]
    return f"{dossier.header.id}: {', '.join(parts)} in {', '.join(dossier.languages)}: no problems"


def _show_lacks(dossier: Dossier, settings: Settings, url: str | None, *, with_asked: bool, as_json: bool) -> None:
    """Prints what the dossier lacks, and ``with_asked`` what readers asked in vain; ``url``: of the database, None: that of the settings."""
    for lack in (*readiness(dossier), *(_asked_in_vain(settings, url) if with_asked else ())):
        show(asdict(lack), str(lack), as_json)


def _asked_in_vain(settings: Settings, url: str | None) -> Iterator[Lack]:
    async def read(store: Store) -> list[tuple[QuestionKind, UnansweredQuestion]]:
        return [(kind, asked) for kind in _BRINGS for asked in await store.unanswered.commonest(MOST_ASKED, kind=kind)]

    try:
        own = settings.model_copy(update={"database_url": url or settings.database_url})
        every = with_store(own, read, only_reads=True)
    except CommandError as error:
        if url:
            raise
        print(f"what readers asked in vain is not shown: {error}", file=sys.stderr)
        every = []
    for kind, asked in every:
        words = f"“{asked.wording}”" if asked.wording else NOT_STORED
        what = "an answer" if kind == "question" else "a verdict"
        lacks = f"{counted(asked.times, 'time')} in {asked.language} without {what}"
        yield Lack(kind, words, lacks, _BRINGS[kind], [Language(asked.language)])
