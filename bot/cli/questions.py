"""``nota questions``: what people asked and got no answer to, the commonest first, for editors to write about."""

import argparse
import asyncio
import json
import sys
from typing import Any

from bot.db.engine import UnusableDatabase
from bot.db.questions import KEPT_DAYS, UnansweredQuestion
from bot.db.store import open_store
from bot.settings import Settings

_NOT_KEPT = "(words not kept; STORE_QUESTIONS=1 keeps them)"


def add_to(commands: Any) -> None:
    """Adds the command to the parser."""
    parser = commands.add_parser("questions", help=f"list what found no answer in the last {KEPT_DAYS} days")
    parser.add_argument("--language", help="only questions in this language")
    parser.add_argument("--limit", type=int, default=30, help="how many to list (default: 30)")
    parser.add_argument("--json", action="store_true", help="print one JSON object a question")
    parser.set_defaults(run=run)


def run(given: argparse.Namespace, settings: Settings) -> int:
    """Exit 1 where the database cannot be used."""
    try:
        found = asyncio.run(_commonest(settings, given.limit, given.language))
    except UnusableDatabase as unusable:
        print(unusable, file=sys.stderr)
        return 1
    for asked in found:
        print(_as_json(asked) if given.json else f"{asked.times:6}  {asked.language}  {asked.wording or _NOT_KEPT}")
    if not found and not given.json:
        print(f"Nothing in the last {KEPT_DAYS} days.")
    return 0


async def _commonest(settings: Settings, limit: int, language: str | None) -> list[UnansweredQuestion]:
    async with open_store(settings.database_url) as store:
        return await store.unanswered.commonest(limit, language)


def _as_json(asked: UnansweredQuestion) -> str:
    fields = {"times": asked.times, "language": asked.language, "question": asked.wording or None}
    return json.dumps(fields, ensure_ascii=False)
