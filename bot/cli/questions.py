"""``nota questions``: the questions that got no answer, and the answers that did not help, for editors."""

import argparse
import asyncio
import json
from typing import Any

from bot.cli.errors import database_errors
from bot.db.questions import KEPT_DAYS, Kind, Rating, UnansweredQuestion
from bot.db.store import open_store
from bot.settings import Settings

_NOT_STORED = "(words not stored; STORE_QUESTIONS=1 stores them)"


EXAMPLES = (
    "nota questions",
    "nota questions --language id --limit 50 --json",
)


def add_to(commands: Any) -> None:
    """Adds the command to the parser."""
    parser = commands.add_parser(
        "questions",
        help=f"list the questions of the last {KEPT_DAYS} days that got no answer, and how answers were rated",
    )
    add_options(parser, "question")
    parser.set_defaults(run=run)


def run(given: argparse.Namespace, settings: Settings) -> int:
    """Prints the questions, most frequent first, then how readers rated the answers, the worst first."""
    status = print_commonest(given, settings, "question", none="no unanswered questions")

    async def read() -> list[Rating]:
        async with open_store(settings.database_url) as store:
            return await store.ratings.by_topic(given.language)

    with database_errors():
        ratings = asyncio.run(read())
    for each in ratings[: given.limit]:
        fields = {"topic": each.topic, "language": each.language, "helped": each.helped, "did_not_help": each.failed}
        line = f"{each.failed:6} 👎 {each.helped:4} 👍  {each.language}  answers about {each.topic}"
        print(json.dumps(fields, ensure_ascii=False) if given.json else line)
    return status


def add_options(parser: argparse.ArgumentParser, kind: Kind) -> None:
    """Adds the options of :func:`print_commonest`."""
    parser.add_argument("--language", help=f"list only {kind}s in this language (en, id, ru)")
    parser.add_argument("--limit", type=int, default=30, help=f"maximum number of {kind}s (default: 30)")
    parser.add_argument("--json", action="store_true", help=f"print one JSON object per {kind}")


def print_commonest(given: argparse.Namespace, settings: Settings, kind: Kind, none: str) -> int:
    """Prints what was asked most often, a line each; ``none`` if there is nothing. Returns the exit status."""

    async def read() -> list[UnansweredQuestion]:
        async with open_store(settings.database_url) as store:
            return await store.unanswered.commonest(given.limit, given.language, kind)

    with database_errors():
        found = asyncio.run(read())
    for asked in found:
        fields = {"times": asked.times, "language": asked.language, kind: asked.wording or None}
        line = f"{asked.times:6}  {asked.language}  {asked.wording or _NOT_STORED}"
        print(json.dumps(fields, ensure_ascii=False) if given.json else line)
    if not found and not given.json:
        print(f"{none} in the last {KEPT_DAYS} days")
    return 0
