"""``nota mcp``: answers an assistant on this machine over standard input and output (Model Context Protocol)."""

import argparse
import asyncio
import json
import sys
from contextlib import AsyncExitStack, suppress
from http import HTTPStatus
from typing import Any

from aiohttp import ClientSession

from bot.app.content_check import today
from bot.app.reload import follow, stamps
from bot.cli import in_force, run_async, valid_files
from bot.cli.ask import embeddings_for, likeness_to
from bot.conversation import NotAnswered
from bot.db.engine import UnusableDatabase
from bot.db.store import Store, open_store
from bot.dossier.loader import Loading
from bot.dossier.models import Language
from bot.embeddings import EmbeddingsFailed
from bot.live_dossier import LiveDossier
from bot.newsroom.correction_history import Corrections
from bot.newsroom.worker import follow_changes
from bot.platforms.web.mcp import Assistants, answer_line
from bot.platforms.web.page_context import PageContext
from bot.replies.answer import answer
from bot.replies.question import public_question
from bot.replies.reply import Reply
from bot.settings import Settings

EXAMPLES = ("nota mcp", "CONTENT_DIR=content nota mcp")


def add_to(commands: Any) -> None:
    """Adds the command to the parser."""
    commands.add_parser("mcp", help="answer an assistant on this machine, over standard input and output")


def run(_args: argparse.Namespace, settings: Settings) -> int:
    """Answers one message a line until standard input ends. Nothing is counted or stored."""
    return run_async(_serve(settings, valid_files(settings, fits=True)))


async def _serve(settings: Settings, files: Loading) -> int:
    loaded = stamps(settings.content_dir)
    async with AsyncExitStack() as stack:
        session = await stack.enter_async_context(ClientSession())
        live, store = await _live(settings, files, stack)
        embeddings = embeddings_for(settings, session)
        corrections = Corrections(store) if store else None
        following = asyncio.create_task(follow(live, settings.content_dir, loaded))
        stack.callback(following.cancel)

        def context(language: Language | None) -> PageContext:
            dossier, histories = live.dossier, corrections.histories if corrections else {}
            shown = language or dossier.header.default_language
            return PageContext(dossier, shown, today(), settings.public_url or "", histories=histories)

        async def reply(text: str, language: Language, *, is_claim: bool = False, is_named: bool = False) -> Reply:
            question, dossier = public_question(text, is_claim=is_claim), live.dossier
            if question is None:
                raise NotAnswered(HTTPStatus.BAD_REQUEST, "expected words")
            likeness = None
            with suppress(EmbeddingsFailed):  # words alone decide
                likeness = await likeness_to(dossier, question, embeddings)
            return answer(dossier, question, language, today(), likeness, "named" if is_named else "words")

        assistants = Assistants(context, reply)
        while line := await asyncio.to_thread(sys.stdin.readline):
            if store and corrections:
                await follow_changes(store, live)
                await corrections.update()
            if line.strip() and (response := await answer_line(assistants, line)) is not None:
                print(json.dumps(response, ensure_ascii=False), flush=True)
    return 0


async def _live(settings: Settings, files: Loading, stack: AsyncExitStack) -> tuple[LiveDossier, Store | None]:
    """The files with what changes have put in force; without a database the files alone, and None."""
    assert files.dossier is not None  # noqa: S101  valid
    try:
        store = await stack.enter_async_context(open_store(settings.database_url, only_reads=True))
    except UnusableDatabase as reason:
        print(f"the content files alone answer: {reason}", file=sys.stderr)
        live = LiveDossier(files.dossier)
        live.update(files)
        return live, None
    return await in_force(store, files, only_reads=True), store
