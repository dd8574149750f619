"""``nota claims``: the claims that people bring and no editor has reviewed, most frequent first."""

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
    parser = commands.add_parser("claims", help=f"list the claims of the last {KEPT_DAYS} days that nobody reviewed")
    parser.add_argument("--language", help="list only claims in this language (en, id, ru)")
    parser.add_argument("--limit", type=int, default=30, help="maximum number of claims (default: 30)")
    parser.add_argument("--json", action="store_true", help="print one JSON object per claim")
    parser.set_defaults(run=run)


def run(given: argparse.Namespace, settings: Settings) -> int:
    """Prints the claims, most frequent first."""
    with database_errors():
        found = asyncio.run(_commonest(settings, given.limit, given.language))
    for claim in found:
        print(_as_json(claim) if given.json else f"{claim.times:6}  {claim.language}  {claim.wording or _NOT_STORED}")
    if not found and not given.json:
        print(f"no claims in the last {KEPT_DAYS} days")
    return 0


async def _commonest(settings: Settings, limit: int, language: str | None) -> list[UnansweredQuestion]:
    async with open_store(settings.database_url) as store:
        return await store.unanswered.commonest(limit, language, "claim")


def _as_json(claim: UnansweredQuestion) -> str:
    fields = {"times": claim.times, "language": claim.language, "claim": claim.wording or None}
    return json.dumps(fields, ensure_ascii=False)
