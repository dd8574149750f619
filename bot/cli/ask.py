"""``nota ask``: the reply to a question, as text, as JSON, or as a platform would get it."""

import argparse
import json
import sys
from collections.abc import Iterator, Mapping
from typing import Any

from bot.app.content_check import load_checked, today
from bot.app.main import RENDERERS
from bot.dossier.models import Dossier
from bot.live_dossier import utc_now
from bot.matching.analyzer import Token
from bot.matching.intents import Verdict
from bot.platforms.text import render
from bot.replies.answer import answer, matcher_for
from bot.replies.question import Command, FreeText, parse_question, token
from bot.replies.reply import Button, Reply
from bot.settings import Settings

_SHOWN = 5

_MARKS = {"light": "·", "content": "?", "other": "≠"}

_KEY = "· carries no subject, ≠ of other subjects, ? not in the dossier, (…) sense shared with other words"


def verdict_on(dossier: Dossier, question: str, language: str | None) -> Verdict | None:
    """How the words were understood; None where the question is a command."""
    asked = parse_question(question)
    match asked:
        case FreeText(text) | Command(name="ask", argument=text) if text:
            return matcher_for(dossier).decide(text, dossier.language(language))
        case _:
            return None


def explanation(dossier: Dossier, verdict: Verdict) -> Iterator[str]:
    """A few lines for a terminal."""
    matcher = matcher_for(dossier)
    words = " ".join(_word(token, is_known=matcher.index.is_known(token)) for token in verdict.reading.tokens)
    yield f"read as {verdict.language}: {words or '(no words)'}   ({_KEY})"
    yield f"decided: {verdict.kind} {' '.join(verdict.topics)}{verdict.talk}   (answered from {matcher.weights['sure']:.0%})"
    for each in verdict.candidates[:_SHOWN]:
        name, like = matcher.index.topics[each.topic], f", like “{each.example}”" if each.example else ""
        yield f"  {each.probability:4.0%}  {name}: {_numbers(each.features)}{like}"
    if verdict.candidates:
        none = 1 - sum(each.probability for each in verdict.candidates)
        yield f"  {none:4.0%}  none of them: {_numbers(verdict.none)}"


def as_fields(dossier: Dossier, verdict: Verdict) -> dict[str, Any]:
    """The same for ``--json``."""
    index = matcher_for(dossier).index
    return {
        "kind": verdict.kind,
        "words": [
            {
                "typed": each.typed,
                "word": each.word,
                "kind": each.kind,
                "known": index.is_known(each),
                "senses": _senses(each),
            }
            for each in verdict.reading.tokens
        ],
        "candidates": [
            {
                "topic": index.topics[each.topic],
                "probability": round(each.probability, 3),
                **{name: round(value, 3) for name, value in each.features.items()},
                "example": each.example,
            }
            for each in verdict.candidates[:_SHOWN]
        ],
        "none": {name: round(value, 3) for name, value in verdict.none.items()},
    }


def _word(token: Token, *, is_known: bool) -> str:
    word = token.word if token.word == token.typed else f"{token.typed}→{token.word}"
    senses = _senses(token) if token.kind != "light" else []
    mark = "" if is_known and token.kind != "light" else _MARKS[token.kind]
    return f"{word}{mark}" + (f"({', '.join(senses)})" if senses else "")


def _senses(token: Token) -> list[str]:
    return [term.removeprefix("=") for term in token.terms if term.startswith("=")]


def _numbers(features: Mapping[str, float]) -> str:
    return " ".join(f"{name} {value:.2f}" for name, value in features.items())


_BYTE_ORDER_MARK = "\ufeff"
"""What some programs begin a file with."""


def add_to(commands: Any) -> None:
    """Adds the command to the parser."""
    parser = commands.add_parser("ask", help="answer a question, or each line of standard input")
    parser.add_argument("question", nargs="?", help='a command ("/duration") or words')
    parser.add_argument("--language", help="the language to answer in (default: the dossier's)")
    parser.add_argument("--platform", choices=["text", *RENDERERS], default="text", help="whose form to show")
    parser.add_argument("--json", action="store_true", help="print one JSON object a question")
    parser.add_argument("--explain", action="store_true", help="say how the words were understood, and why so")
    parser.set_defaults(run=run)


def run(given: argparse.Namespace, settings: Settings) -> int:
    """Answers; exit 1 where the content has errors."""
    loading = load_checked(settings.content_dir, today())
    if loading.dossier is None:
        print("\n".join(map(str, loading.diagnostics)), file=sys.stderr)
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
    payload = RENDERERS[given.platform](reply) if given.platform in RENDERERS else None
    verdict = verdict_on(dossier, question, language) if given.explain else None
    if given.json:
        explained = {"explain": as_fields(dossier, verdict)} if verdict else {}
        return json.dumps(_fields(question, reply, payload) | explained, ensure_ascii=False)
    shown = json.dumps(payload, ensure_ascii=False, indent=2) if payload else _with_ways_on(reply)
    return "\n".join([*explanation(dossier, verdict), "", shown]) if verdict else shown


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
        "verdict": reply.verdict,
        "text": render(reply),
        "sources": [
            {
                "id": source.id,
                "publisher": source.publisher,
                "title": source.title,
                "url": source.url,
                "kind": source.kind,
                "published": source.published.isoformat() if source.published else None,
                "archived": source.archived,
                "number": number if number <= reply.cited else None,
            }
            for number, source in enumerate(reply.sources, start=1)
        ],
        "buttons": [_button(button) for button in reply.buttons],
    }
    return fields | ({"payload": payload} if payload else {})


def _button(button: Button) -> dict[str, str]:
    if button.question is None:
        return {"label": button.label, "url": button.url or ""}
    return {"label": button.label, "token": token(button.question)}
