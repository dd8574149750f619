"""``nota ask``: the reply to a question, as text, as JSON, or as a platform would get it."""

import argparse
import json
import sys
from collections.abc import Iterator
from typing import Any

from bot.answers.answer import answer
from bot.answers.question import token
from bot.answers.reply import Button, Reply
from bot.cli.explaining import as_fields, explanation, verdict_on
from bot.dossier.model import Dossier
from bot.edition import utc_now
from bot.platforms.text.render import render
from bot.rereading import proofread_for_all, today
from bot.settings import Settings
from bot.wiring import PAYLOADS

_BYTE_ORDER_MARK = "\ufeff"
"""What some programs begin a file with."""


def add_to(commands: Any) -> None:
    """Adds the command to the parser."""
    parser = commands.add_parser("ask", help="answer a question, or each line of standard input")
    parser.add_argument("question", nargs="?", help='a command ("/duration") or words')
    parser.add_argument("--language", help="the language to answer in (default: the dossier's)")
    parser.add_argument("--platform", choices=["text", *PAYLOADS], default="text", help="whose form to show")
    parser.add_argument("--json", action="store_true", help="print one JSON object a question")
    parser.add_argument("--explain", action="store_true", help="say how the words were understood, and why so")
    parser.set_defaults(run=run)


def run(given: argparse.Namespace, settings: Settings) -> int:
    """Answers; exit 1 where the content has mistakes."""
    loading = proofread_for_all(settings.content_dir, today())
    if loading.dossier is None:
        print("\n".join(map(str, loading.mistakes)), file=sys.stderr)
        return 1
    asked = [(given.question, given.language)] if given.question is not None else _lines(given.language)
    for question, language in asked:
        print(_shown(loading.dossier.published(utc_now()), question, language, given), flush=given.question is None)
    return 0


def _lines(language: str | None) -> Iterator[tuple[str, str | None]]:
    """Questions of standard input: plain text, or objects with ``q`` and maybe ``language``.

    What is no text (bytes that are not UTF-8, halves of surrogate pairs) is a question mark, and is asked like that.
    """
    for line in sys.stdin:
        text = line.removeprefix(_BYTE_ORDER_MARK).rstrip("\n")
        if text.strip():
            yield _parsed(text, language)


def _parsed(text: str, language: str | None) -> tuple[str, str | None]:
    if text.lstrip().startswith("{"):
        try:
            asked = json.loads(text)
        except ValueError:
            return text, language
        if isinstance(asked, dict) and isinstance(asked.get("q"), str):
            wanted = asked.get("language")
            return asked["q"].encode(errors="replace").decode(), wanted if wanted and isinstance(
                wanted, str
            ) else language
    return text, language


def _shown(dossier: Dossier, question: str, language: str | None, given: argparse.Namespace) -> str:
    reply = answer(dossier, question, language or dossier.header.default_language, today())
    payload = PAYLOADS[given.platform](reply) if given.platform in PAYLOADS else None
    verdict = verdict_on(dossier, question, language) if given.explain else None
    if given.json:
        explained = {"explain": as_fields(verdict)} if verdict else {}
        return json.dumps(_fields(question, reply, payload) | explained, ensure_ascii=False)
    shown = json.dumps(payload, ensure_ascii=False, indent=2) if payload else _with_ways_on(reply)
    return "\n".join([*explanation(verdict), "", shown]) if verdict else shown


def _with_ways_on(reply: Reply) -> str:
    """As a person reads it: nothing can be pressed here, but what is offered belongs to the words."""
    ways = " ".join(f"[{button.label}]" for button in reply.buttons)
    return "\n".join([render(reply), *([ways] if ways else [])])


def _fields(question: str, reply: Reply, payload: Any) -> dict[str, Any]:
    fields = {
        "question": question,
        "language": reply.language,
        "topic": reply.topic,
        "suggestions": list(reply.suggestions),
        "text": render(reply),
        "sources": [
            {"id": source.id, "publisher": source.publisher, "title": source.title, "url": source.url}
            for source in reply.sources
        ],
        "buttons": [_button(button) for button in reply.buttons],
    }
    return fields | ({"payload": payload} if payload else {})


def _button(button: Button) -> dict[str, str]:
    if button.question is None:
        return {"label": button.label, "url": button.url or ""}
    return {"label": button.label, "token": token(button.question)}
