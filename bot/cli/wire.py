"""``nota wire``: candidates that wait, decisions on them, and published stories as files of the dossier."""

import argparse
import asyncio
import getpass
import json
import sys
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from bot.app.reload import today
from bot.db.engine import UnusableDatabase
from bot.db.feeds import Candidate, CandidateId
from bot.db.store import open_store
from bot.dossier.loader import load
from bot.dossier.models import Dossier
from bot.feeds.published import bulletin_file, file_name, source_lines
from bot.feeds.review import Decision, Review, open_review
from bot.feeds.review_messages import CandidateMessage
from bot.live_dossier import LiveDossier
from bot.settings import Settings


async def with_review(settings: Settings, work: Callable[[Review], Awaitable[int]]) -> int:
    """The exit status of the work; 1 if content or database cannot be used. A running bot sends what is decided."""
    loading = load(settings.content_dir, today())
    if loading.dossier is None:
        print("\n".join(map(str, loading.diagnostics)), file=sys.stderr)
        return 1
    try:
        async with open_store(settings.database_url) as store:
            review = await open_review(store, LiveDossier(loading.dossier), settings.desk, lambda: None)
            return await work(review)
    except UnusableDatabase as unusable:
        print(unusable, file=sys.stderr)
        return 1


def add_to(commands: Any) -> None:
    """Adds the command to the parser."""
    parser = commands.add_parser(
        "wire", help="stories from feeds: what waits, decisions, and files of what was published"
    )
    parser.add_argument("--publish", type=int, metavar="ID", help="make a bulletin of it")
    parser.add_argument("--reject", type=int, metavar="ID", help="make nothing of it")
    parser.add_argument("--later", type=int, metavar="ID", help="let it come again in four hours")
    parser.add_argument(
        "--withdraw", type=int, metavar="ID", help="mark its bulletin as withdrawn wherever it was sent"
    )
    parser.add_argument("--correct", type=int, metavar="ID", help="put the --title or --line given into its bulletin")
    parser.add_argument("--title", help="with --correct")
    parser.add_argument("--line", help="with --correct")
    parser.add_argument(
        "--export", type=Path, metavar="FOLDER", help="write what was published as files for content/bulletins/"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object a story")
    parser.set_defaults(run=run)


def run(given: argparse.Namespace, settings: Settings) -> int:
    """Exit 1 if the content or the database cannot be used, or a decision did not count."""
    if given.correct is not None and not (given.title or given.line):
        print("--correct: expected --title or --line, or both", file=sys.stderr)
        return 1
    return asyncio.run(with_review(settings, lambda review: _run(review, given)))


async def _run(review: Review, given: argparse.Namespace) -> int:
    message = review.message(review.live.dossier.header.default_language)
    for name in ("publish", "reject", "later", "withdraw", "correct"):
        if getattr(given, name) is not None:
            return _print_decision(await _decide(review, name, CandidateId(getattr(given, name)), given), message)
    if given.export is not None:
        return _export(await review.store.candidates.in_state("published"), given.export, review.live.dossier)
    waiting = await review.store.candidates.in_state("waiting")
    for candidate in waiting:
        print(_as_json(candidate) if given.json else _as_text(candidate, message))
    if not waiting and not given.json:
        print("nothing is waiting for a decision")
    return 0


async def _decide(review: Review, word: str, name: CandidateId, given: argparse.Namespace) -> Decision | None:
    by = getpass.getuser()
    match word:
        case "publish":
            return await review.publish(name, by)
        case "reject":
            return await review.reject(name, by)
        case "later":
            return await review.put_off(name, by)
        case "withdraw":
            return await review.withdraw(name, by)
        case _:
            words = {"title": given.title, "line": given.line}
            return await review.correct(name, {key: value for key, value in words.items() if value is not None})


def _print_decision(decision: Decision | None, message: CandidateMessage) -> int:
    if decision is None:
        print("there is no such story (any more)", file=sys.stderr)
        return 1
    print(f"{decision.candidate.story.title}\n  {message.state(decision.candidate)}")
    return 0 if decision.counted else 1


def _export(published: Sequence[Candidate], folder: Path, dossier: Dossier) -> int:
    """Writes the files that do not exist yet, and prints the entries that sources.yaml needs for them."""
    folder.mkdir(parents=True, exist_ok=True)
    new = [each for each in reversed(published) if not (folder / file_name(each)).exists()]
    for candidate in new:
        (folder / file_name(candidate)).write_text(bulletin_file(candidate, dossier), encoding="utf-8")
        print(f"# {folder / file_name(candidate)}", file=sys.stderr)
    if new:
        print("# for sources.yaml:")
        print("".join(source_lines(candidate) for candidate in new), end="")
    return 0


def _as_text(candidate: Candidate, message: CandidateMessage) -> str:
    story = candidate.story
    lines = [
        f"{candidate.id}  {story.publisher} ({story.language}): {story.title}",
        story.line,
        story.link,
        f"matched: {', '.join(story.why) or 'every item matches'}; topics: {', '.join(story.topics) or 'none'}",
        message.state(candidate),
    ]
    return "\n    ".join(line for line in lines if line)


def _as_json(candidate: Candidate) -> str:
    fields = asdict(candidate)
    story = fields.pop("story")
    shown = {key: value for key, value in story.items() if key not in ("page", "headline")}
    return json.dumps({**fields, **shown}, ensure_ascii=False)
