"""``nota questions``: the questions that got no answer, most frequent first, for editors."""

import argparse
import asyncio
import json
from typing import Any

from bot.cli.errors import database_errors
from bot.db.questions import KEPT_DAYS, UnansweredQuestion
from bot.db.store import open_store
from bot.settings import Settings

_NOT_STORED = "(words not stored; STORE_QUESTIONS=1 stores them)"


def add_to(commands: Any) -> None:
    """Adds the command to the parser."""
    parser = commands.add_parser(
        "questions", help=f"list the questions of the last {KEPT_DAYS} days that got no answer"
    )
    parser.add_argument("--language", help="list only questions in this language (en, id, ru)")
    parser.add_argument("--limit", type=int, default=30, help="maximum number of questions (default: 30)")
    parser.add_argument("--json", action="store_true", help="print one JSON object per question")
    parser.set_defaults(run=run)


def run(given: argparse.Namespace, settings: Settings) -> int:
    """Prints the questions, most frequent first."""
    with database_errors():
        found = asyncio.run(_commonest(settings, given.limit, given.language))
    for asked in found:
        print(_as_json(asked) if given.json else f"{asked.times:6}  {asked.language}  {asked.wording or _NOT_STORED}")
    if not found and not given.json:
        print(f"no unanswered questions in the last {KEPT_DAYS} days")
    return 0


async def _commonest(settings: Settings, limit: int, language: str | None) -> list[UnansweredQuestion]:
    async with open_store(settings.database_url) as store:
        return await store.unanswered.commonest(limit, language)


def _as_json(asked: UnansweredQuestion) -> str:
    fields = {"times": asked.times, "language": asked.language, "question": asked.wording or None}
    return json.dumps(fields, ensure_ascii=False)
